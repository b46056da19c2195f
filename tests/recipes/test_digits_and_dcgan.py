"""The recipes for images: their values, and a few steps of each."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import data, latents, losses, random
from tf_gans.networks import mnist as mnist_networks
from tf_gans.recipes import dcgan, mnist

BATCH = 8


class Pictures(data.Source):
    """Noise that is the same in each run, as a model wants its images."""

    batch_size = BATCH

    def __init__(self, gan):
        self.sample_shape = tuple(gan.sample_shape)
        self.value_range = gan.value_range
        self.num_classes = gan.num_classes

    def draw(self, seed, first_step, num_steps):
        shape = (self.batch_size, *self.sample_shape)
        low, high = self.value_range
        images = random.uniform(seed, "images", first_step, num_steps, shape)
        images = low + (high - low) * images
        if self.num_classes is None:
            return images
        labels = tf.tile(tf.range(self.batch_size)[None], [num_steps, 1])
        return images, labels % self.num_classes


def digits(network):
    return lambda **options: mnist.build(network, **options)


def deep(name, **sizes):
    return lambda **options: dcgan.build(name, **sizes, **options)


DIGITS = {"size": 28, "channels": 1, "width": 8}
SET_UPS = {
    "mnist conv": digits("conv"),
    "mnist dense": digits("dense"),
    "dcgan 16": deep("paper", size=16, channels=1, width=8),
    "dcgan 32": deep("carpedm20", size=32, channels=3, width=8),
    "dcgan 28": deep("paper", **DIGITS),
    "dcgan classes": deep("paper", num_classes=10, **DIGITS),
    "dcgan code": deep("carpedm20", num_classes=10, **DIGITS),
}
# The others take XLA a minute and more together.
QUICK_TO_COMPILE = ("mnist dense",)
each_set_up = pytest.mark.parametrize("name", SET_UPS)


def train(gan, steps=2):
    """The losses of each step."""
    rows = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rows.extend(
            np.stack(list(gan.step_losses.values()), axis=1)
        )
    )
    gan.fit(Pictures(gan), steps_per_epoch=steps, verbose=0, callbacks=[record])
    assert list(gan.step_losses) == ["d_loss", "g_loss", "d_real", "d_fake"]
    return np.array(rows)


@functools.cache
def plain_losses(name):
    """Those of two steps in float32, without XLA, from seed 3."""
    return train(SET_UPS[name](seed=3, jit_compile=False))


# Values ----------------------------------------------------------------------


def check_adam(optimizer, rate):
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert float(optimizer.learning_rate) == pytest.approx(rate)
    assert (optimizer.beta_1, optimizer.beta_2) == (0.5, 0.999)
    assert optimizer.epsilon == 1e-8


def check_common(gan, latent_dim, rate):
    prior = latents.Uniform((latent_dim,), -1, 1)
    assert gan.latents.get_config() == prior.get_config()
    assert isinstance(gan.adversarial_loss, losses.NonSaturating)
    assert gan.penalty is None
    assert gan.critic_steps == 1
    assert gan.track_outputs
    assert gan.sampler is gan.generator
    check_adam(gan.generator_optimizer, rate)
    check_adam(gan.discriminator_optimizer, rate)
    assert gan.generator_optimizer is not gan.discriminator_optimizer


def test_the_article_and_the_assignment():
    assert mnist.NAMES == ("conv", "dense")
    pairs = {
        "conv": (mnist_networks.Generator, mnist_networks.Discriminator),
        "dense": (
            mnist_networks.DenseGenerator,
            mnist_networks.DenseDiscriminator,
        ),
    }
    for name, pair in pairs.items():
        recipe = mnist.get(name)
        assert (recipe.batch_size, recipe.epochs) == (128, 10)
        gan = mnist.build(name)
        check_common(gan, 96, 1e-3)
        assert (type(gan.generator), type(gan.discriminator)) == pair
        assert gan.generator_steps == 1
        assert gan.fresh_latents
        assert gan.sample_shape == (28, 28, 1)
        assert gan.value_range == (-1, 1)
    assert mnist.build().generator.count_params() == 6_689_729


@pytest.mark.parametrize(
    ("name", "batch", "steps", "fresh"),
    [("paper", 128, 1, True), ("carpedm20", 64, 2, False)],
)
def test_the_paper_and_the_code(name, batch, steps, fresh):
    recipe = dcgan.get(name)
    assert (recipe.batch_size, recipe.epochs) == (batch, 25)
    gan = dcgan.build(name, size=32, channels=1, width=4)
    check_common(gan, 100, 2e-4)
    assert (gan.generator_steps, gan.fresh_latents) == (steps, fresh)
    for network in (gan.generator, gan.discriminator):
        assert network.variant == name
        assert (network.size, network.channels, network.width) == (32, 1, 4)
        assert network.num_classes is None
    assert gan.value_range == (-1, 1)


def test_the_paper_is_the_default():
    assert dcgan.NAMES == ("paper", "carpedm20")
    assert dcgan.get() == dcgan.get("paper")
    gan = dcgan.build()
    assert gan.generator.variant == "paper"
    assert gan.sample_shape == (64, 64, 3)
    assert gan.generator.count_params() == 5_137_283
    assert gan.discriminator.count_params() == 4_318_337


@pytest.mark.parametrize("name", dcgan.NAMES)
def test_digits_with_labels(name):
    gan = dcgan.build(name, **DIGITS, num_classes=7)
    assert gan.num_classes == 7
    assert gan.value_range == (0, 1)
    assert gan.sample_shape == (28, 28, 1)
    samples = gan.sample(14).numpy()
    assert samples.min() > 0 and samples.max() < 1


def test_unknown_recipes():
    with pytest.raises(ValueError, match=r"conv, dense\..*network='flat'"):
        mnist.build("flat")
    with pytest.raises(ValueError, match=r"did you mean 'carpedm20'.*name="):
        dcgan.get("carpedm")


def test_bad_size():
    with pytest.raises(ValueError, match="Received: size=50"):
        dcgan.build(size=50)


@each_set_up
def test_seeds(name):
    one, same, other = (SET_UPS[name](seed=s).get_weights() for s in (1, 1, 2))
    same_again = 0
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        same_again += np.array_equal(a, c)
        assert a.ndim < 2 or not np.array_equal(a, c)
    assert same_again < len(one)


# Training --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=() if name in QUICK_TO_COMPILE else pytest.mark.slow
        )
        for name in SET_UPS
    ],
)
def test_a_step_under_xla_is_the_same(name):
    compiled = SET_UPS[name](seed=3, jit_compile=True)
    assert compiled.jit_compile
    one, two = plain_losses(name), train(compiled)
    assert one.shape == (2, 4)
    assert np.isfinite(one).all()
    np.testing.assert_allclose(one[0], two[0], rtol=1e-3)
    # Adam's first step is the sign of the gradient, rounding errors and all.
    np.testing.assert_allclose(one[1], two[1], rtol=2e-2, atol=2e-3)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("mnist dense", "mixed_float16"),
        ("dcgan 16", "mixed_bfloat16"),
        *(
            pytest.param(name, dtype, marks=pytest.mark.slow)
            for name, dtype in (
                ("mnist dense", "mixed_bfloat16"),
                ("mnist conv", "mixed_bfloat16"),
                ("mnist conv", "mixed_float16"),
                ("dcgan 28", "mixed_bfloat16"),
                ("dcgan 32", "mixed_bfloat16"),
                ("dcgan 32", "mixed_float16"),
                ("dcgan classes", "mixed_bfloat16"),
                ("dcgan code", "mixed_bfloat16"),
                ("dcgan code", "mixed_float16"),
            )
        ),
    ],
)
def test_mixed_precision(name, dtype):
    gan = SET_UPS[name](seed=3, dtype=dtype, jit_compile=False, ema_decay=0.9)
    scaled = isinstance(
        gan.generator_optimizer, keras.optimizers.LossScaleOptimizer
    )
    assert scaled == (dtype == "mixed_float16")
    before = [v.numpy() for v in gan.trainable_variables]
    received = train(gan)
    assert np.isfinite(received).all()
    for old, variable in zip(before, gan.trainable_variables, strict=True):
        assert variable.dtype == "float32"
        # A bias before a normalisation has no gradient but rounding errors.
        if variable.name != "bias":
            assert np.any(old != variable.numpy()), variable.path
    assert gan.sample(2).dtype == tf.float32
    expected = plain_losses(name)
    # But for the generator's loss, these are from before any update, which
    # the search for a loss scale may skip.
    known = [0, 2, 3]
    np.testing.assert_allclose(
        received[0, known], expected[0, known], rtol=0.05, atol=0.02
    )


@pytest.mark.parametrize(
    "name",
    [
        "mnist dense",
        pytest.param("dcgan code", marks=pytest.mark.slow),
        pytest.param("mnist conv", marks=pytest.mark.slow),
    ],
)
def test_survives_saving(name, tmp_path):
    gan = SET_UPS[name](seed=3, ema_decay=0.9, jit_compile=False)
    train(gan, 1)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.sample(3), gan.sample(3))
    np.testing.assert_array_equal(train(loaded, 1), train(gan, 1))


def test_ema_has_the_policy_and_the_statistics():
    gan = dcgan.build(
        size=16, width=4, dtype="mixed_bfloat16", ema_decay=0.5, seed=1
    )
    average = gan.ema_generator
    assert average.dtype_policy == gan.generator.dtype_policy
    train(gan, 3)
    for one, other in zip(average.weights, gan.generator.weights, strict=True):
        if "moving" in one.path:
            assert np.any(one != other)
            assert np.any(one.numpy() != one.numpy()[0])


def test_the_assignments_check_vectors():
    """CS231n's gan-checks-tf.npz: logits, and what their losses must be."""
    real = [
        0.93487311, -1.01698916, -0.57304769, -0.88162704, -1.40129389,
        -1.45395693, -1.54239755, -0.57273325, 0.98584429, 0.13312152,
    ]  # fmt: skip
    fake = [
        -1.80865868, 0.09030055, -0.4428902, -0.07879368, -0.37655044,
        0.32084742, -0.28590837, 1.01376281, 0.99241439, 0.39394346,
    ]  # fmt: skip
    real, fake = tf.constant(real), tf.constant(fake)
    loss = losses.NonSaturating()
    np.testing.assert_allclose(
        loss.discriminator(real, fake), 1.84239839, rtol=1e-6
    )
    np.testing.assert_allclose(loss.generator(fake), 0.77128620, rtol=1e-6)


@pytest.mark.parametrize(
    "build", [digits("dense"), deep("paper", size=16, width=2)]
)
def test_what_is_added(build):
    gan = build(feature_matching=True, historical_averaging=0.25)
    assert gan.feature_matching
    assert gan.generator_history.weight == 0.25
    assert gan.discriminator_history.weight == 0.25
