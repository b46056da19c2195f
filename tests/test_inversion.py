"""`find_latents` on generators whose inverse is known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import image_models
from tf_gans import latents
from tf_gans.inversion import find_latents
from tf_gans.recipes import mnist

NORMAL = latents.Normal((5,))
UNIFORM = latents.Uniform((5,))


def matrix(rows=5, columns=12):
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, columns)).astype(np.float32)


def linear(z):
    return tf.reshape(z @ matrix(), (-1, 3, 4, 1))


def nonlinear(z):
    """A small network with one z for each sample."""
    # Of a convex function the gradient, and so it takes no value twice.
    hidden = z + tf.tanh(z @ matrix(5, 5) @ matrix(5, 5).T / 4)
    return tf.reshape(hidden @ matrix(), (-1, 3, 4, 1))


def draw(prior, count, seed=9):
    return prior.draw(seed, "test", 0, 1, count)[0].numpy()


@pytest.mark.parametrize("generator", [linear, nonlinear])
@pytest.mark.parametrize("prior", [NORMAL, UNIFORM])
def test_z_is_recovered(generator, prior):
    z = draw(prior, 20)
    images = generator(z).numpy()
    found = find_latents(generator, images, prior, num_steps=600)
    assert found.z.shape == z.shape
    assert found.distances.shape == (20,)
    assert found.starts.shape == (4, 20)
    assert found.distances.max() < 1e-3
    np.testing.assert_allclose(found.z, z, atol=0.02)
    np.testing.assert_array_equal(found.distances, found.starts.min(axis=0))
    again = ((generator(found.z) - images) ** 2).numpy().sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found.distances, again, rtol=1e-4, atol=1e-6)


def test_the_least_squares_of_images_that_it_cannot_make():
    images = np.random.default_rng(1).normal(size=(7, 3, 4, 1))
    found = find_latents(linear, images, NORMAL, num_steps=800)
    flat = images.reshape(7, -1).T
    z, squares, *_ = np.linalg.lstsq(matrix().T, flat, rcond=None)
    np.testing.assert_allclose(found.z, z.T, atol=0.01)
    np.testing.assert_allclose(found.distances, squares, rtol=1e-4)


def test_the_compiler_changes_nothing():
    images = nonlinear(draw(NORMAL, 6)).numpy()
    plain, compiled = (
        find_latents(nonlinear, images, NORMAL, num_steps=50, jit_compile=jit)
        for jit in (False, True)
    )
    np.testing.assert_allclose(compiled.z, plain.z, atol=1e-3)
    np.testing.assert_allclose(compiled.distances, plain.distances, rtol=1e-2)


def test_masks():
    """What they hide may be anything; weights are those of least squares."""
    z = draw(NORMAL, 6)
    images = linear(z).numpy()
    mask = np.ones((3, 4, 1))
    mask[1, 1:] = 0
    spoiled = np.where(mask > 0, images, 50)
    found = find_latents(linear, spoiled, NORMAL, mask=mask, num_steps=800)
    np.testing.assert_allclose(found.z, z, atol=0.03)
    assert found.distances.max() < 1e-3
    without = find_latents(linear, spoiled, NORMAL, num_steps=50)
    assert without.distances.min() > 100

    weights = np.random.default_rng(2).uniform(0, 2, (6, 3, 4, 1))
    noisy = images + np.random.default_rng(3).normal(size=images.shape)
    found = find_latents(linear, noisy, NORMAL, mask=weights, num_steps=800)
    for number in range(6):
        roots = np.sqrt(weights[number].ravel())
        expected, squares, *_ = np.linalg.lstsq(
            (matrix() * roots).T, noisy[number].ravel() * roots, rcond=None
        )
        np.testing.assert_allclose(found.z[number], expected, atol=0.02)
        np.testing.assert_allclose(
            found.distances[number], squares[0], rtol=1e-3
        )


def test_a_penalty():
    """Ridge regression, in closed form; the distance is told without it."""
    images = np.random.default_rng(1).normal(size=(4, 3, 4, 1))
    found = find_latents(
        *(linear, images, NORMAL),
        penalty=lambda z, samples: 3 * tf.reduce_sum(z**2, axis=1),
        num_steps=800,
    )
    a, x = matrix().T, images.reshape(4, -1).T
    z = np.linalg.solve(a.T @ a + 3 * np.eye(5), a.T @ x)
    np.testing.assert_allclose(found.z, z.T, atol=0.01)
    np.testing.assert_allclose(
        found.distances, ((a @ z - x) ** 2).sum(axis=0), rtol=1e-2
    )


@pytest.mark.parametrize(
    ("prior", "bound"),
    [(UNIFORM, (-1, 1)), (latents.Uniform((5,), 0, 0.5), (0, 0.5))],
)
def test_z_stays_within_a_bounded_prior(prior, bound):
    images = linear(np.full((3, 5), 4, np.float32)).numpy()
    z = find_latents(linear, images, prior, num_steps=300).z
    assert z.min() >= bound[0]
    assert z.max() == bound[1]
    free = find_latents(linear, images, NORMAL, num_steps=600).z
    np.testing.assert_allclose(free, 4, atol=0.05)


def test_an_image_does_not_depend_on_the_others():
    z = draw(NORMAL, 11)
    images = nonlinear(z).numpy()
    together = find_latents(nonlinear, images, NORMAL, num_steps=40)
    few = find_latents(nonlinear, images[3:5], NORMAL, num_steps=40)
    chunks = find_latents(nonlinear, images, NORMAL, num_steps=40, batch_size=7)
    np.testing.assert_allclose(together.z[3:5], few.z, atol=1e-4)
    np.testing.assert_allclose(together.z, chunks.z, atol=1e-4)
    np.testing.assert_allclose(together.starts, chunks.starts, rtol=1e-3)
    other = find_latents(nonlinear, images, NORMAL, num_steps=40, seed=1)
    assert not np.allclose(other.starts, together.starts, rtol=1e-3)
    again = find_latents(nonlinear, images, NORMAL, num_steps=40)
    np.testing.assert_array_equal(again.z, together.z)


def test_starts_that_are_chosen():
    """The search begins at the candidates that fit best, the best one first."""
    images = nonlinear(draw(NORMAL, 3)).numpy()
    options = {"num_starts": 2, "num_candidates": 30, "num_frames": 2}
    found = find_latents(nonlinear, images, NORMAL, num_steps=1, **options)
    drawn = NORMAL.draw(0, "inversion", 0, 1, 30)[0]
    differences = nonlinear(drawn)[:, tf.newaxis] - images
    distances = tf.reduce_sum(differences**2, (2, 3, 4)).numpy()
    best = np.argsort(distances, axis=0)[:2]
    for i, place in enumerate(found.path[0]):
        assert any(np.array_equal(place, drawn[row]) for row in best[:, i])
        assert (found.starts[:, i] <= 1.0001 * distances[best[:, i], i]).all()
    alone = find_latents(
        *(nonlinear, images[1:2], NORMAL), num_steps=1, batch_size=7, **options
    )
    np.testing.assert_allclose(alone.z[0], found.z[1], atol=1e-5)
    # Chosen of as many as there are: the same ones.
    few = {"num_steps": 20, "num_starts": 3}
    plain = find_latents(nonlinear, images, NORMAL, **few)
    same = find_latents(nonlinear, images, NORMAL, num_candidates=3, **few)
    np.testing.assert_allclose(same.z, plain.z, atol=1e-4)


def test_the_best_z_on_the_way_counts():
    """With steps so long that the search leaves the minimum again."""
    images = linear(draw(NORMAL, 5)).numpy()
    options = {"num_starts": 1, "learning_rate": 3.0}
    distances = [
        find_latents(linear, images, NORMAL, num_steps=n, **options).distances
        for n in range(1, 25)
    ]
    assert (np.diff(distances, axis=0) <= 1e-3).all()
    start = NORMAL.draw(0, "inversion", 0, 1, 1)[0]
    before = ((linear(start) - images) ** 2).numpy().sum(axis=(1, 2, 3))
    assert (distances[0] <= 1.0001 * before).all()


def test_adam_is_keras_adam():
    images = linear(draw(NORMAL, 1)).numpy()
    z = tf.Variable(NORMAL.draw(0, "inversion", 0, 1, 1)[0])
    adam = keras.optimizers.Adam(0.01, epsilon=1e-8)
    for _ in range(20):
        with tf.GradientTape() as tape:
            distance = tf.reduce_sum((linear(z) - images) ** 2)
        adam.apply_gradients([(tape.gradient(distance, z), z)])
    found = find_latents(
        *(linear, images, NORMAL),
        num_steps=20,
        num_starts=1,
        learning_rate=0.01,
    )
    # Each step is nearer than the one before it.
    np.testing.assert_allclose(found.z, z.numpy(), atol=1e-4)


def test_a_model():
    """A recipe's, by its average, with its prior and range."""
    gan = mnist.build("dense", seed=1, ema_decay=0.9)
    z = gan.latents.draw(4, "test", 0, 1, 3)[0]
    images = gan(z).numpy()
    before = [w.numpy() for w in gan.variables]
    found = find_latents(gan, images, num_steps=150, num_starts=2)
    made = gan(found.z).numpy()
    np.testing.assert_allclose(
        found.distances,
        ((made - images) ** 2).sum(axis=(1, 2, 3)),
        rtol=1e-3,
        atol=1e-4,
    )
    spread = ((images - images.mean(axis=0)) ** 2).sum(axis=(1, 2, 3))
    assert (found.distances < spread / 5).all()
    for weight, value in zip(gan.variables, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    with pytest.raises(ValueError, match=r"range, from -1 to 1\. .* to 1\.\d+"):
        find_latents(gan, images + 1)


def test_a_conditional_model():
    gan = image_models.build(num_classes=3, size=28)
    z = gan.latents.draw(4, "test", 0, 1, 4)[0]
    labels = np.array([0, 1, 2, 1])
    images = gan((z, tf.constant(labels))).numpy()
    options = {"num_steps": 60, "num_starts": 2}
    right = find_latents(gan, images, labels=labels, **options)
    wrong = find_latents(gan, images, labels=(labels + 1) % 3, **options)
    assert (right.distances < wrong.distances).all()
    with pytest.raises(ValueError, match="`labels` must be given"):
        find_latents(gan, images)
    with pytest.raises(ValueError, match=r"from 0 to 2.*to 3"):
        find_latents(gan, images, labels=labels + 1)
    with pytest.raises(ValueError, match=r"integers of shape \(4,\)"):
        find_latents(gan, images, labels=labels[:2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"images": np.zeros((2, 4, 3, 1))},
            r"samples' shape, \(3, 4, 1\).*\(4, 3, 1\)",
        ),
        ({"images": np.zeros((0, 3, 4, 1))}, r"\(0, 3, 4, 1\)"),
        ({"images": np.zeros((2, 3, 4, 1), np.uint8)}, "floats.*uint8"),
        ({"images": np.full((2, 3, 4, 1), np.nan)}, "finite"),
        ({"mask": np.ones((3, 5, 1))}, r"broadcast to .*\(3, 5, 1\)"),
        ({"mask": np.ones((1, 2, 3, 4, 1))}, "broadcast"),
        ({"mask": -np.ones((3, 4, 1))}, "at least 0.*from -1"),
        ({"mask": np.zeros((3, 4, 1))}, "only zeros"),
        ({"latents": None}, "`latents` must be given"),
        ({"model": 3}, "`model` must be a generative model"),
        ({"model": lambda z: tf.zeros((1, 3, 4, 1))}, "differentiable"),
        ({"model": lambda z: tf.stop_gradient(linear(z))}, "differentiable"),
        ({"model": lambda z: linear(z) * np.nan}, "finite samples"),
        ({"num_steps": 0}, "`num_steps` must be a positive"),
        ({"num_starts": 1.5}, "`num_starts` must be a positive"),
        ({"batch_size": 0}, "`batch_size` must be a positive"),
        ({"learning_rate": 0}, "`learning_rate` must be"),
        ({"seed": 0.5}, "`seed` must be an integer"),
        ({"norm": "largest"}, "`norm` must be one of"),
        ({"num_frames": 1}, "`num_frames` must be 0, or 2"),
        ({"observe": lambda x: x[:, 1:]}, r"samples' shape, \(2, 4, 1\)"),
        ({"labels": [0.5, 1]}, "`labels` must be integers"),
        ({"num_candidates": 3}, "`num_candidates` must be an .* least 4"),
    ],
)
def test_mistakes(change, words):
    arguments = {
        "model": linear,
        "images": np.zeros((2, 3, 4, 1)),
        "latents": NORMAL,
        **change,
    }
    with pytest.raises(ValueError, match=words):
        find_latents(**arguments)
