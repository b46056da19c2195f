"""`complete` on generators whose inverse is known."""

import numpy as np
import pytest
import tensorflow as tf

from tests import image_models
from tf_gans import completion, latents, masks, recipes
from tf_gans.completion import BlockMeans, Masked, complete, judge_of

UNIFORM = latents.Uniform((4,))
MASK = masks.make_mask("center", 8, 8)


def generator(z):
    """Linear, with one z for each sample."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(4, 64)).astype(np.float32) / 4
    return tf.reshape(z @ matrix, (-1, 8, 8, 1))


def by_class(inputs):
    """Each class has a brightness of its own."""
    z, labels = inputs
    return generator(z) + tf.reshape(tf.cast(labels, tf.float32), (-1, 1, 1, 1))


def draw(count, seed=9):
    return UNIFORM.draw(seed, "test", 0, 1, count)[0].numpy()


@pytest.mark.parametrize("window", [7, None])
def test_a_sample_is_completed_exactly(window):
    images = generator(draw(5)).numpy()
    hidden = np.where(MASK[..., None], images, 77)  # counts for nothing
    found = complete(
        *(generator, hidden, Masked(MASK), UNIFORM),
        window=window,
        num_steps=400,
        learning_rate=0.03,
    )
    np.testing.assert_allclose(found.z, draw(5), atol=0.05)
    np.testing.assert_allclose(found.completed, images, atol=0.06)
    known = np.broadcast_to(MASK[..., None], images.shape)
    np.testing.assert_array_equal(found.completed[known], images[known])
    np.testing.assert_allclose(found.samples, generator(found.z), atol=1e-5)
    assert found.labels is None
    assert found.path is None
    weights = masks.context_weights(MASK) if window else MASK
    differences = np.abs(found.samples - images)[..., 0] * weights
    np.testing.assert_allclose(
        found.objectives, differences.sum(axis=(1, 2)), rtol=1e-3, atol=1e-4
    )


def test_low_resolution():
    observation = BlockMeans(2, 8, 8)
    images = generator(draw(5)).numpy()
    means = observation.see(images)
    for row, column in np.ndindex(4, 4):
        np.testing.assert_allclose(
            means[:, row, column],
            images[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].mean(
                axis=(1, 2)
            ),
            atol=1e-6,
        )
    np.testing.assert_allclose(observation.observe(images), means, atol=1e-6)
    found = complete(
        *(generator, images, observation, UNIFORM),
        num_steps=400,
        learning_rate=0.03,
    )
    np.testing.assert_allclose(found.completed, images, atol=0.1)
    other = generator(draw(5, seed=1)).numpy()
    blended = observation.blend(images, other)
    np.testing.assert_allclose(observation.see(blended), means, atol=1e-6)
    inside = blended - other  # is constant in each block
    np.testing.assert_allclose(
        inside[:, ::2, ::2], inside[:, 1::2, 1::2], atol=1e-6
    )
    np.testing.assert_allclose(observation.see(observation.fill(images)), means)


def test_what_is_shown_and_filled():
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 3))
    observation = Masked(MASK)
    filled = observation.fill(images)
    for number, channel in np.ndindex(2, 3):
        channels = images[number, ..., channel]
        expected = np.where(MASK, channels, channels[MASK].mean())
        np.testing.assert_allclose(filled[number, ..., channel], expected)
    np.testing.assert_array_equal(observation.see(images)[:, ~MASK], 0)
    np.testing.assert_array_equal(observation.show(images, 0.5)[:, ~MASK], 0.5)


def test_an_image_does_not_depend_on_the_others():
    images = np.random.default_rng(2).normal(size=(6, 8, 8, 1))
    options = {
        "num_steps": 40,
        "judge": lambda samples, labels: tf.reduce_sum(samples, (1, 2, 3)),
        "prior_weight": 0.1,
    }
    together = complete(generator, images, Masked(MASK), UNIFORM, **options)
    alone = complete(generator, images[4:5], Masked(MASK), UNIFORM, **options)
    np.testing.assert_allclose(together.z[4:5], alone.z, atol=1e-4)
    chunks = complete(
        *(generator, images, Masked(MASK), UNIFORM), batch_size=5, **options
    )
    np.testing.assert_allclose(together.z, chunks.z, atol=1e-4)
    np.testing.assert_allclose(together.samples, chunks.samples, atol=1e-4)


def test_the_prior_loss():
    """In one dimension, against a search of all z."""
    prior = latents.Uniform((1,))

    def line(z):
        return tf.reshape(z, (-1, 1, 1, 1)) * tf.ones((1, 4, 4, 1))

    def judge(samples, labels):
        assert labels is None
        return 6 * samples[:, 0, 0, 0]

    images = np.full((1, 4, 4, 1), -0.2, np.float32)
    known = masks.make_mask("center", 4, 4)
    z = np.linspace(-1, 1, 20_001)
    weights = masks.context_weights(known).sum()
    context = weights * np.abs(z + 0.2)
    for weight in (0, 1, 5):
        prior_loss = weight * np.log1p(-1 / (1 + np.exp(-6 * z)))
        objective = context + prior_loss
        found = complete(
            *(line, images, Masked(known), prior),
            judge=judge,
            prior_weight=weight,
            num_steps=300,
            learning_rate=0.01,
        )
        assert found.z[0, 0] == pytest.approx(z[objective.argmin()], abs=0.02)
        assert found.objectives[0] == pytest.approx(objective.min(), abs=0.02)
    assert found.z[0, 0] > 0.9  # and is led away from the context


def test_classes_are_tried():
    labels = np.array([2, 0, 1, 2])
    images = by_class((draw(4), labels)).numpy()
    arguments = by_class, images, Masked(MASK), UNIFORM
    options = {"num_steps": 300, "learning_rate": 0.03}
    found = complete(*arguments, num_classes=3, **options)
    assert found.labels.tolist() == labels.tolist()
    np.testing.assert_allclose(found.completed, images, atol=0.1)
    told = complete(*arguments, labels=labels, num_classes=3, **options)
    np.testing.assert_allclose(told.z, found.z, atol=1e-4)
    wrong = complete(
        *arguments, labels=(labels + 1) % 3, num_classes=3, **options
    )
    assert (wrong.objectives > found.objectives + 0.1).all()


def test_the_way_of_the_search():
    images = generator(draw(3)).numpy()
    arguments = generator, images, Masked(MASK), UNIFORM
    found = complete(*arguments, num_steps=60, num_frames=7, num_starts=2)
    plain = complete(*arguments, num_steps=60, num_starts=2)
    np.testing.assert_array_equal(found.z, plain.z)
    assert found.path.shape == (7, 3, 4)
    np.testing.assert_array_equal(found.path[-1], found.z)
    starts = UNIFORM.draw(0, "inversion", 0, 1, 2)[0].numpy()
    for first in found.path[0]:
        assert any(np.array_equal(first, start) for start in starts)
    # A frame in between is where a search with fewer steps would be.
    errors = np.abs(found.path - draw(3)).mean(axis=(1, 2))
    assert errors[3] < errors[0]


def test_what_judges():
    gan = image_models.build()
    judge = judge_of(gan)
    samples = gan.sample(3, seed=1)
    np.testing.assert_allclose(
        tf.sigmoid(judge(samples, None)), gan.discriminate(samples), rtol=1e-5
    )
    assert judge_of(generator) is None


@pytest.mark.parametrize("name", ["acgan", "cgan"])
def test_what_judges_of_labels(name):
    """CGAN's is told the label; ACGAN's tells it."""
    gan = recipes.family.build(
        name, size=12, channels=1, width=4, num_classes=3, seed=1
    )
    labels = np.array([2, 0, 1])
    samples = gan.sample(3, labels=labels, seed=1)
    rows = (samples, labels) if name == "cgan" else samples
    np.testing.assert_allclose(
        tf.sigmoid(judge_of(gan)(samples, tf.constant(labels))),
        gan.discriminate(rows),
        rtol=1e-5,
    )


def test_a_model():
    """Of which the discriminator has its say, and nothing changes."""
    gan = image_models.build()
    images = gan.sample(2, seed=5).numpy()
    observation = Masked(masks.make_mask("left", 16, 16))
    before = [w.numpy() for w in gan.variables]
    options = {"num_steps": 20, "num_starts": 2}
    found = complete(gan, images, observation, **options)
    logits = judge_of(gan)(found.samples, None).numpy()
    weights = observation.weights(7)
    context = (weights * np.abs(found.samples - images)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(
        found.objectives,
        context - 0.003 * np.logaddexp(0, logits),
        rtol=1e-4,
    )
    for weight, value in zip(gan.variables, before, strict=True):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": np.zeros((2, 8, 9, 1))}, r"the mask's size, \(8, 8\)"),
        ({"prior_weight": -1}, "`prior_weight` must be finite"),
        ({"window": 2}, "`window` must be odd"),
        ({"num_frames": 1}, "`num_frames` must be 0, or 2"),
        ({"num_frames": -1}, "`num_frames` must be an integer of at least 0"),
        ({"latents": None}, "`latents` must be given"),
    ],
)
def test_mistakes(change, words):
    arguments = {
        "model": generator,
        "images": np.zeros((2, 8, 8, 1)),
        "observation": Masked(MASK),
        "latents": UNIFORM,
        **change,
    }
    with pytest.raises(ValueError, match=words):
        complete(**arguments)


@pytest.mark.parametrize("block", [1, 3, 16])
def test_blocks_that_do_not_fit(block):
    with pytest.raises(ValueError, match="`block` must be 2 or more"):
        completion.BlockMeans(block, 8, 8)
