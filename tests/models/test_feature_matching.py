"""Feature matching: whose means, what the generator learns of them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import (
    SEED,
    Discriminator,
    Featured,
    Generator,
    data_of,
    numbers,
    prior,
    source_of,
)
from tf_gans import GAN, latents, losses
from tf_gans.models.outputs import Judgement
from tf_gans.noise import InstanceNoise
from tf_gans.recipes import family
from tf_gans.toys.mixtures import networks as points

STILL = {"run_eagerly": True}


def still(gan):
    """The model, whose updates move nothing."""
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), **STILL)
    return gan


def generated(gan, z):
    """What the generator makes in training; no average moves."""
    network = gan.generator
    return network.stateless_call(
        network.trainable_variables,
        network.non_trainable_variables,
        z,
        training=True,
    )[0]


def distance(discriminator, real, fake):
    """The mean square of the gaps of the features' means, in float64."""
    means = [
        np.float64(discriminator.features_and_logits(x, training=True)[0])
        for x in (real, fake)
    ]
    return np.mean((means[0].mean(axis=0) - means[1].mean(axis=0)) ** 2)


@pytest.mark.parametrize(
    "loss", [losses.NonSaturating(), losses.RelativisticPairing()]
)
def test_the_means_of_the_last_batch_and_of_the_samples(loss):
    """Both of them noisy, and all of the batch; whatever the D's loss is."""
    gan = still(
        GAN(
            Generator(),
            Featured(),
            prior(),
            loss=loss,
            critic_steps=2,
            instance_noise=InstanceNoise(0.1),
            feature_matching=True,
            seed=SEED,
        )
    )
    data = data_of(gan)
    (own,) = data[1]["generator"]
    expected = distance(
        gan.discriminator,
        data[0][1] + own["real_noise"],
        generated(gan, own["z"]) + own["noise"],
    )
    assert expected > 1e-4
    logs = gan.train_step(data)
    assert float(logs["g_loss"]) == pytest.approx(expected, rel=1e-4)


def test_the_discriminator_keeps_its_loss():
    gans = [
        still(
            GAN(
                Generator(),
                Featured(),
                prior(),
                feature_matching=matching,
                seed=SEED,
            )
        )
        for matching in (True, False)
    ]
    logs = [gan.train_step(data_of(gan)) for gan in gans]
    assert float(logs[0]["d_loss"]) == float(logs[1]["d_loss"])
    assert float(logs[0]["g_loss"]) != float(logs[1]["g_loss"])


@pytest.mark.parametrize(
    "minibatch", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_the_generator_s_gradient_by_differences(minibatch):
    """In float64; with minibatch discrimination, through it as well."""
    options = {"hidden_size": 4, "num_layers": 1, "dtype": "float64"}
    gan = GAN(
        points.Generator(seed=1, **options),
        points.Discriminator(minibatch=minibatch, seed=2, **options),
        latents.Normal((2,)),
        feature_matching=True,
        seed=SEED,
    )
    gan.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(1.0), **STILL)
    (own,) = numbers(gan, batch_size=6)["generator"]
    rng = np.random.default_rng(0)
    real = tf.constant(rng.normal(size=(6, 2)))
    for player in (gan.generator, gan.discriminator):
        # Biases of 0 would put samples at a unit's very bend.
        player.set_weights(
            [w + 0.3 * rng.normal(size=w.shape) for w in player.get_weights()]
        )
    weights = gan.generator.get_weights()

    def cost():
        return distance(gan.discriminator, real, gan.generator(own["z"]))

    differences = []
    for i, weight in enumerate(weights):
        slopes = np.zeros_like(weight)
        for place in np.ndindex(weight.shape):
            ends = []
            for step in (1e-6, -1e-6):
                changed = [w.copy() for w in weights]
                changed[i][place] += step
                gan.generator.set_weights(changed)
                ends.append(cost())
            slopes[place] = (ends[0] - ends[1]) / 2e-6
        differences.append(slopes)
    gan.generator.set_weights(weights)
    gan._update_generator(None, own, real)
    assert max(np.abs(slopes).max() for slopes in differences) > 0.01
    for before, after, slopes in zip(
        weights, gan.generator.get_weights(), differences, strict=True
    ):
        np.testing.assert_allclose(before - after, slopes, atol=1e-7)


def test_the_similarities_of_a_batch_are_features():
    """So a generator that says one thing over and over is told so."""
    critic = points.Discriminator(minibatch=True, seed=1)
    plain = points.Discriminator(seed=1)
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    for network, more in ((critic, points._KERNELS), (plain, 0)):
        network.build()
        features, _ = network.features_and_logits(x)
        assert features.shape == (5, 64 + more)


def test_inputs_are_in_the_network_s_precision():
    """As where Keras calls it."""
    critic = points.Discriminator(scale=3.0, seed=1, dtype="mixed_bfloat16")
    critic.build()
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    features, logits = critic.features_and_logits(x, training=True)
    assert features.dtype == logits.dtype == tf.float32
    np.testing.assert_array_equal(logits, critic(x, training=True))


def test_one_pass_for_both():
    gan = still(
        GAN(
            Generator(),
            Featured(),
            prior(),
            feature_matching=True,
            simultaneous=True,
            seed=SEED,
        )
    )
    data = data_of(gan)
    (own,) = data[1]["discriminator"]
    expected = distance(gan.discriminator, data[0][0], generated(gan, own["z"]))
    logs = gan.train_step(data)
    assert float(logs["g_loss"]) == pytest.approx(expected, rel=1e-4)


def test_what_is_said_has_features_only_where_they_are_matched():
    gan = GAN(Generator(), Featured(), prior(), seed=SEED)
    real = source_of(gan).draw(SEED, 0, 1)[0]
    said = gan._judge(real, None, {})
    assert isinstance(said, Judgement) and said.features is None
    assert not gan.sees_real


def test_a_discriminator_without_features():
    with pytest.raises(ValueError, match="`features_and_logits") as error:
        GAN(Generator(), Discriminator(), prior(), feature_matching=True)
    assert "a Discriminator" in str(error.value)


@pytest.mark.parametrize("name", ["cgan", "acgan", "infogan"])
@pytest.mark.slow
def test_labels_and_codes(name):
    """The matching takes the adversarial loss' place, and no other's."""
    gan = family.build(
        name,
        size=8,
        width=2,
        num_classes=3,
        seed=SEED,
        feature_matching=True,
        historical_averaging=0.1,
    )
    still(gan)
    rng = np.random.default_rng(0)
    real = tf.constant(rng.uniform(size=(1, 6, 8, 8, 1)), tf.float32)
    labels = tf.constant(rng.integers(0, 3, (1, 6)), tf.int32)
    draws = numbers(gan, batch_size=6)
    data = ((real, labels) if gan.num_classes else real, draws, 0)
    z = draws["generator"][0]["z"]
    fake = generated(gan, (z, labels[0]) if gan.num_classes else z)
    seen = [real[0], fake]
    if gan.judged_classes:
        seen = [(x, labels[0]) for x in seen]
    expected = distance(gan.discriminator, *seen)
    logs = gan.train_step(data)
    assert float(logs["g_loss"]) == pytest.approx(expected, rel=1e-3)
    assert float(logs["g_pull"]) == 0


def test_the_equilibrium_of_the_curves():
    """The generator's loss is a distance there, and the discriminator's not."""
    plain, matching = (
        GAN(Generator(), Featured(), latents=prior(), feature_matching=on)
        for on in (False, True)
    )
    assert plain.equilibrium == plain.adversarial_loss.equilibrium
    assert matching.equilibrium == {**plain.equilibrium, "g_loss": 0.0}
    assert plain.equilibrium["g_loss"] == pytest.approx(np.log(2))
