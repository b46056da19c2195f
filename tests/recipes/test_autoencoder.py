"""The recipes of autoencoders: their values, and what may be changed."""

import re

import keras
import numpy as np
import pytest

from tf_gans import VAE, AdversarialAutoencoder, Autoencoder, data
from tf_gans.recipes import autoencoder


def build(name, **options):
    return autoencoder.build(name, jit_compile=False, seed=1, **options)


def count(*networks):
    return sum(network.count_params() for network in networks)


def test_the_tutorial_s():
    for name, number, noise, code in (
        ("dense", 101_200, 0, (64,)),
        ("denoising", 3_217, 0.2, (7, 7, 8)),
    ):
        recipe, model = autoencoder.get(name), build(name)
        assert (recipe.batch_size, recipe.epochs) == (32, 10)
        assert type(model) is Autoencoder
        assert count(model.encoder, model.decoder) == number
        assert (model.noise, model.reconstruction) == (noise, "mse")
        assert model.code_shape == code
        assert not autoencoder.has_prior(name)
        optimizer = model.optimizer
        assert float(optimizer.learning_rate) == pytest.approx(1e-3)
        assert (optimizer.beta_1, optimizer.epsilon) == (0.9, 1e-7)


def test_the_paper_s():
    """Its prior of deviation 5 is N(0, I), times 5 in the networks."""
    recipe, model = autoencoder.get("aae"), build("aae")
    assert (recipe.batch_size, recipe.epochs) == (100, 50)
    assert type(model) is AdversarialAutoencoder
    assert model.latents.shape == (8,)
    assert type(model.latents).__name__ == "Normal"
    for network in (model.encoder, model.generator, model.discriminator):
        assert network.hidden == (1000, 1000)
        assert (network.stddev, network.code_scale) == (0.01, 5.0)
    found = {
        name: (float(o.learning_rate), o.momentum)
        for name, o in model.optimizers.items()
    }
    assert found == {
        "reconstruction_optimizer": (pytest.approx(0.01), 0.9),
        "discriminator_optimizer": (pytest.approx(0.1), 0.1),
        "encoder_optimizer": (pytest.approx(0.1), 0.1),
    }


def test_the_book_s():
    recipe, model = autoencoder.get("book"), build("book")
    assert (recipe.batch_size, recipe.epochs) == (100, 50)
    assert type(model) is VAE
    assert count(model.encoder, model.generator) == 404_244
    assert model.latents.shape == (2,)
    assert type(model.optimizer) is keras.optimizers.RMSprop
    assert model.optimizer.rho == 0.9


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dense", {"code_dim": 3, "noise": 0.1, "reconstruction": "bernoulli"}),
        *(
            pytest.param(name, options, marks=pytest.mark.slow)
            for name, options in (
                ("aae", {"code_dim": 2, "reconstruction": "mse"}),
                ("book", {"code_dim": 3}),
                ("denoising", {"noise": 0.0}),
            )
        ),
    ],
)
def test_options(name, options):
    model = build(name, size=8, channels=3, **options)
    assert model.sample_shape == (8, 8, 3)
    shape = getattr(model, "code_shape", None) or model.latents.shape
    if "code_dim" in options:
        assert shape == (options["code_dim"],)
    for option in ("noise", "reconstruction"):
        if option in options:
            assert getattr(model, option) == options[option]
    images = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 3), np.uint8)
    source = data.Images(images, 8, value_range=model.value_range)
    model.fit(source, epochs=1, verbose=0)
    assert all(np.isfinite(v).all() for v in model.step_losses.values())


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("denoising", "code_dim", 2),
        ("aae", "noise", 0.1),
        ("book", "noise", 0.1),
        ("book", "reconstruction", "mse"),
        ("dense", "spread", "softplus"),
    ],
)
def test_what_does_nothing_is_refused(name, option, value):
    message = f"`{option}` does nothing.*{name}.*{option}={value}"
    with pytest.raises(ValueError, match=message):
        build(name, **{option: value})


def test_an_average_of_no_samples():
    with pytest.raises(ValueError, match=r"`ema`.*without a prior"):
        build("dense", ema_decay=0.9)
    assert build("book", size=8, ema_decay=0.9).ema_generator is not None


def test_other_names():
    with pytest.raises(ValueError, match=re.escape("did you mean 'dense'")):
        autoencoder.get("dens")
