"""What the models say of samples, and of which kind it is."""

import numpy as np
import pytest

from tests.contracts.training import (
    Autoencoder,
    Discriminator,
    Encoder,
    Generator,
    Pictures,
    prior,
)
from tf_gans import BEGAN, GAN, VAE, losses
from tf_gans.models.outputs import ERROR, LOGIT, PROBABILITY

X = Pictures().draw(0, 0, 1)[0]


def gan(**options):
    return GAN(Generator(), Discriminator(seed=1), prior(), **options)


def logits(model):
    return model.discriminator(X).numpy()[:, 0]


def errors(restored):
    return np.mean(np.abs(X - restored), axis=(1, 2, 3))


CASES = {
    "probability": (
        gan,
        PROBABILITY,
        lambda model: 1 / (1 + np.exp(-logits(model))),
    ),
    "critic": (lambda: gan(loss=losses.Wasserstein()), LOGIT, logits),
    "began": (
        lambda: BEGAN(Generator(), Autoencoder(seed=1), prior()),
        ERROR,
        lambda model: errors(model.discriminator(X)),
    ),
    "vae": (
        lambda: VAE(Encoder(seed=1), Generator(), prior(normal=True)),
        ERROR,
        lambda model: errors(model.generator(model.encode(X)[0])),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_number_of_a_known_kind(name):
    make, kind, expected = CASES[name]
    model = make()
    assert model.discriminator_output is kind
    values = model.discriminate(X)
    assert values.shape == (len(X),) and values.dtype == "float32"
    np.testing.assert_allclose(values, expected(model), rtol=1e-5)
    assert np.std(values) > 1e-4
    if kind.bounds is not None:
        low, high = kind.bounds
        assert np.all((low < values.numpy()) & (values.numpy() < high))


def test_which_way_is_real():
    assert PROBABILITY.higher_is_real and LOGIT.higher_is_real
    assert not ERROR.higher_is_real


@pytest.mark.parametrize("name", CASES)
def test_headlines_are_logs(name):
    model = CASES[name][0]()
    assert model.headline and set(model.headline) <= set(model.step_losses)


@pytest.mark.parametrize("name", CASES)
def test_the_seed_is_0_unless_it_is_given(name):
    model = CASES[name][0]()
    assert int(model.seed.numpy()) == int(model.step.numpy()) == 0
    assert model.ema_generator is None
