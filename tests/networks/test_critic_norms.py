"""Critics that are normalised without one sample seeing another."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import penalties
from tf_gans.layers import WeightNormalization
from tf_gans.networks import infogan, mnist
from tf_gans.networks.base import CRITIC_NORMS
from tf_gans.recipes import family
from tf_gans.sample_norm import SampleNormalization

KINDS = [kind for kind in CRITIC_NORMS if kind != "none"]
SAMPLE_KINDS = [kind for kind in KINDS if kind != "weight"]
each_kind = pytest.mark.parametrize("kind", KINDS)


def critic_of(kind, size=8, width=24, **options):
    critic = infogan.Discriminator(
        size=size,
        width=width,
        batch_norm=False,
        critic_norm=kind,
        **{"seed": 1, "dtype": "float64"} | options,
    )
    critic.build()
    return critic


def images(batch, size=8, seed=0):
    rng = np.random.default_rng(seed)
    return tf.constant(rng.uniform(size=(batch, size, size, 1)))


def normalised(x, groups):
    """By loops: each sample's group of channels has mean 0 and variance 1."""
    x = np.array(x, np.float64)
    channels = x.shape[-1] // groups
    for sample in x:
        for g in range(groups):
            part = sample[..., g * channels : (g + 1) * channels]
            part -= part.mean()
            part /= np.sqrt(np.mean(part**2) + 1e-5)
    return x


@pytest.mark.parametrize(
    ("kind", "groups", "dense_groups"),
    # 48 channels of maps, 384 units: 32 divides neither 48 nor 384 / 8.
    [("layer", 1, 1), ("instance", 48, None), ("group", 16, 16)],
)
def test_values(kind, groups, dense_groups):
    critic = critic_of(kind)
    rng = np.random.default_rng(0)
    maps = rng.normal(3.0, 2.0, (3, 2, 2, 48))
    np.testing.assert_allclose(
        critic.norm_0(maps), normalised(maps, groups), atol=1e-6
    )
    if dense_groups is None:
        assert critic.norm_1 is None
    else:
        units = rng.normal(3.0, 2.0, (3, 384))
        np.testing.assert_allclose(
            critic.norm_1(units), normalised(units, dense_groups), atol=1e-6
        )
    # As in batch normalisation, a gain and a shift for each channel.
    assert critic.norm_0.gamma.shape == critic.norm_0.beta.shape == (48,)


def test_weight_normalisation_is_of_all_kernels():
    critic, plain = critic_of("weight"), critic_of("none")
    wrapped = [critic.conv_0, critic.conv_1, critic.dense_0, critic.head]
    assert all(type(layer) is WeightNormalization for layer in wrapped)
    # It begins as the critic without it.
    np.testing.assert_allclose(critic(images(3)), plain(images(3)), rtol=1e-9)


@each_kind
def test_each_sample_is_judged_alone(kind):
    critic, x = critic_of(kind), images(4)
    together = critic(x, training=True)
    alone = [critic(x[i : i + 1], training=True)[0] for i in range(4)]
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-12)


def shaken(critic):
    """The critic with weights that are nowhere special."""
    rng = np.random.default_rng(3)
    for weight in critic.trainable_variables:
        weight.assign(weight + 0.1 * rng.normal(size=weight.shape))
    return critic


@each_kind
def test_gradient_penalty_by_differences(kind):
    """Each sample's slope, from the critic's values at moved pixels."""
    critic = shaken(critic_of(kind, width=2))
    penalty = penalties.GradientPenalty(10.0)
    real, fake = images(2), images(2, seed=1)
    alpha = penalty.draw(0, 0, 1, 2, (8, 8, 1))[0]
    value = penalty(critic, real, fake, alpha)
    expected = []
    for r, f, a in zip(real, fake, np.float64(alpha), strict=True):
        y, step = np.array(r + a * (f - r)), 1e-5
        moves = step * np.eye(64).reshape(64, 8, 8, 1)
        slopes = (critic(y + moves) - critic(y - moves)) / (2 * step)
        expected.append(10 * (np.linalg.norm(slopes) - 1) ** 2)
    np.testing.assert_allclose(value, np.mean(expected), rtol=1e-5)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.slow if kind == "weight" else ())
        for kind in KINDS
    ],
)
def test_what_the_penalty_teaches_the_weights(kind):
    """The gradient of a gradient, against differences, of every weight."""
    critic = shaken(critic_of(kind, width=2))
    penalty = penalties.GradientPenalty(10.0)
    real, fake = images(2), images(2, seed=1)
    alpha = penalty.draw(0, 0, 1, 2, (8, 8, 1))[0]
    weights = critic.trainable_variables

    def value():
        return penalty(critic, real, fake, alpha)

    with tf.GradientTape() as tape:
        here = value()
    gradients = tape.gradient(here, weights)
    rng, step = np.random.default_rng(5), 1e-6
    for weight, gradient in zip(weights, gradients, strict=True):
        direction = rng.normal(size=weight.shape)
        start, values = weight.numpy(), []
        for sign in (1, -1):
            weight.assign(start + sign * step * direction)
            values.append(float(value()))
        weight.assign(start)
        # A bias that only says which units are on has no gradient.
        slope = 0.0 if gradient is None else np.sum(gradient * direction)
        np.testing.assert_allclose(
            slope,
            (values[0] - values[1]) / (2 * step),
            rtol=1e-3,
            atol=1e-5,
            err_msg=weight.path,
        )


def test_groups_of_a_single_number_there_are_not():
    """Their output would be the shift, and the layer dead."""
    critic = critic_of("group", width=2)  # 32 units
    x = images(2)
    assert critic.norm_1.groups == 4
    assert np.ptp(critic(x)) > 0
    with pytest.raises(ValueError, match="groups=5 of 32 channels"):
        SampleNormalization(5).build((None, 32))


@pytest.mark.parametrize("kind", SAMPLE_KINDS)
@pytest.mark.parametrize(
    "dtype",
    [
        "mixed_float16",
        pytest.param("mixed_bfloat16", marks=pytest.mark.slow),
    ],
)
def test_statistics_in_32_bits(kind, dtype):
    """Squares of 1,000 are beyond a float16."""
    norm = critic_of(kind, dtype=dtype).norm_0
    x = 1000 * np.random.default_rng(0).normal(size=(2, 2, 2, 48))
    low = tf.cast(x, norm.compute_dtype)
    assert norm.gamma.dtype == "float32"
    received = norm(low)
    assert received.dtype == norm.compute_dtype
    expected = critic_of(kind, dtype="float32").norm_0(tf.cast(low, tf.float32))
    np.testing.assert_array_equal(received, tf.cast(expected, received.dtype))


@each_kind
def test_survives_saving(kind):
    critic = critic_of(kind)
    copy = infogan.Discriminator.from_config(critic.get_config())
    assert copy.critic_norm == kind
    copy.build()
    assert [w.path for w in copy.weights] == [w.path for w in critic.weights]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        *(
            ({"critic_norm": kind, "batch_norm": True}, ["batch_norm", kind])
            for kind in KINDS
        ),
        (
            {"critic_norm": "weight", "spectral_norm": True},
            ["spectral_norm=True", "both divide"],
        ),
        ({"critic_norm": "batch"}, [*CRITIC_NORMS, "critic_norm='batch'"]),
    ],
)
def test_contradictions(options, words):
    with pytest.raises(ValueError, match="`critic_norm`") as error:
        infogan.Discriminator(**{"batch_norm": False} | options)
    for word in words:
        assert word in str(error.value)


def test_beside_spectral_normalisation():
    """Only weight normalisation is of the kernels, too."""
    critic = critic_of("layer", spectral_norm=True, dtype="float32")
    assert np.isfinite(critic(tf.cast(images(2), tf.float32))).all()


class TestDense:
    """The dense pair of digits."""

    @pytest.mark.parametrize("kind", ["layer", "group", "weight"])
    def test_each_sample_is_judged_alone(self, kind):
        critic = mnist.DenseDiscriminator(critic_norm=kind, seed=1)
        x = tf.cast(images(3, size=28), tf.float32)
        np.testing.assert_allclose(
            critic(x), [critic(x[i : i + 1])[0] for i in range(3)], rtol=1e-4
        )
        if kind == "weight":
            assert type(critic.fc3) is WeightNormalization
        else:
            assert critic.norm1.groups == {"layer": 1, "group": 32}[kind]

    def test_has_no_pixels(self):
        with pytest.raises(ValueError, match="Instance normalisation is over"):
            mnist.DenseDiscriminator(critic_norm="instance")

    @pytest.mark.parametrize(
        ("name", "options", "normalised"),
        [
            ("wgan", {}, (False, "none")),
            pytest.param(
                *("wgan-gp", {"critic_norm": "layer"}, (False, "layer")),
                marks=pytest.mark.slow,
            ),
            pytest.param(
                *("hinge", {}, (True, "none")), marks=pytest.mark.slow
            ),
        ],
    )
    def test_as_a_pair_of_the_family(self, name, options, normalised):
        gan = family.build(name, networks="dense", seed=0, **options)
        assert type(gan.generator) is mnist.DenseGenerator
        critic = gan.discriminator
        assert type(critic) is mnist.DenseDiscriminator
        assert (critic.spectral_norm, critic.critic_norm) == normalised
        assert gan.value_range == (-1, 1)
        assert gan.latents.shape == (family.get(name).latent_dim,)

    @pytest.mark.parametrize("shape", [{"size": 32}, {"channels": 3}])
    def test_other_images(self, shape):
        with pytest.raises(ValueError, match="grey images of 28x28"):
            family.build("wgan", networks="dense", **shape)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind == "layer" else pytest.mark.slow)
        for kind in KINDS
    ],
)
@pytest.mark.parametrize(
    "dtype",
    ["float32", pytest.param("mixed_bfloat16", marks=pytest.mark.slow)],
)
def test_trains_in_wgan_gp(kind, dtype):
    gan = family.build("wgan-gp", size=8, width=4, critic_norm=kind, seed=3,
                       dtype=dtype)  # fmt: skip
    assert gan.discriminator.critic_norm == kind
    gan.run_eagerly = True
    before = gan.discriminator.get_weights()
    real = tf.random.stateless_uniform((10, 4, 8, 8, 1), (1, 2))
    data = tf.data.Dataset.from_tensor_slices(tf.reshape(real, (40, 8, 8, 1)))
    gan.fit(data.batch(4, drop_remainder=True), epochs=1, verbose=0)
    for values in gan.step_losses.values():
        assert np.isfinite(values).all()
    moved = zip(before, gan.discriminator.get_weights(), strict=True)
    # The last bias moves no difference of logits.
    assert all(np.any(a != b) for a, b in list(moved)[:-1])
    keras.backend.clear_session()


@pytest.mark.parametrize(
    ("name", "preset"),
    [("began", "paper"), ("vae", "paper"), ("wgan-gp", "code")],
)
def test_is_for_a_discriminator_of_the_comparison(name, preset):
    with pytest.raises(ValueError, match="`critic_norm` does nothing"):
        family.build(name, preset, size=8, critic_norm="layer")


def test_off_is_no_option():
    family.build("vae", size=8, width=2, critic_norm="none")
