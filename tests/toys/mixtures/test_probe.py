"""The frames of the 2-D demonstration, against brute force."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gans
from tf_gans import data, latents, losses
from tf_gans.models.outputs import ERROR, LOGIT, PROBABILITY
from tf_gans.toys.mixtures import networks as points
from tf_gans.toys.mixtures.probe import MixtureProbe

SMALL = {"hidden_size": 6, "num_layers": 1, "seed": 1}
ROLL = data.SwissRoll(7, scale=0.1, sigma=0.02)  # its mean is not 0


def make(kind, **options):
    generator = points.Generator(**SMALL)
    z = latents.Normal((2,))
    if kind == "vae":
        model = tf_gans.VAE(
            points.Encoder(**SMALL), generator, z, likelihood="gaussian"
        )
        model.compile(keras.optimizers.Adam(1e-3))
        return model
    if kind == "began":
        model = tf_gans.BEGAN(generator, points.Autoencoder(**SMALL), z)
    else:
        critic = points.Discriminator(minibatch=kind == "minibatch", **SMALL)
        model = tf_gans.GAN(generator, critic, z, **options)
    model.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    return model


def cells(resolution):
    """The cells' centres, one after the other."""
    (x, y), reach = ROLL.mean, ROLL.extent
    step = 2 * reach / resolution
    return np.array(
        [
            (x - reach + (column + 0.5) * step, y - reach + (row + 0.5) * step)
            for row in range(resolution)
            for column in range(resolution)
        ],
        np.float32,
    )


def critic_map(model, resolution):
    return MixtureProbe(None, ROLL, 1, resolution).once(model)["critic"]


@pytest.mark.parametrize(
    ("kind", "options", "output"),
    [
        ("gan", {}, PROBABILITY),
        ("gan", {"loss": losses.Wasserstein()}, LOGIT),
        ("gan", {"loss": losses.LeastSquares()}, LOGIT),
        ("began", {}, ERROR),
        ("vae", {}, ERROR),
    ],
)
def test_the_map_is_what_the_model_says(kind, options, output):
    model = make(kind, **options)
    assert model.discriminator_output is output
    x = cells(6)
    if output is ERROR:
        judge = "reconstruct" if kind == "vae" else "discriminate"
        restored = model.signatures()[judge](tf.constant(x))["reconstructions"]
        expected = np.abs(x - restored).mean(axis=1)
    else:
        expected = model.discriminator(x).numpy()[:, 0]
        if output is PROBABILITY:
            expected = 1 / (1 + np.exp(-expected))
    actual = critic_map(model, 6)
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected.reshape(6, 6), rtol=1e-4)


def test_a_minibatch_sees_the_whole_picture():
    """Each cell is judged in a group of the batch's size, mixed by places."""
    model = make("minibatch")
    x = cells(5)
    order = np.random.default_rng(0).permutation(25)
    expected = np.full(25, np.nan)
    for start in range(0, 25, 7):
        group = np.arange(start, start + 7) % 25
        logits = model.discriminator(x[order[group]]).numpy()[:, 0]
        for place, logit in zip(group, logits, strict=True):
            if place >= start:
                expected[order[place]] = 1 / (1 + np.exp(-logit))
    actual = critic_map(model, 5)
    np.testing.assert_allclose(actual.ravel(), expected, rtol=1e-4)


def test_the_probe_in_a_training():
    frames = []
    model = make("gan", ema_decay=0.9)
    probe = MixtureProbe(
        lambda steps, **values: frames.append((steps, values)),
        ROLL,
        num_samples=11,
        resolution=4,
        every=3,
    )
    model.fit(ROLL, steps_per_epoch=10, callbacks=[probe], verbose=0)
    steps = np.concatenate([steps for steps, _ in frames])
    np.testing.assert_array_equal(steps, [0, 3, 6, 9])
    last = {name: values[-1] for name, values in frames[-1][1].items()}
    assert last["samples"].shape == (11, 2)
    z = model.latents.draw(0, "probe", 0, 1, 11)[0]
    expected = model.ema_generator(z)
    np.testing.assert_allclose(last["samples"], expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(last["critic"], critic_map(model, 4), rtol=1e-4)


@pytest.mark.parametrize("name", ["num_samples", "resolution", "every"])
def test_refusals(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive"):
        MixtureProbe(None, ROLL, **{name: 0})
