"""The networks for points in the plane."""

import numpy as np
import pytest

from tests.contracts.networks import Case, NetworkContract, check_count, params
from tf_gans import layers
from tf_gans.toys.mixtures import networks as points

SMALL = {"hidden_size": 6, "num_layers": 2}
UNITS = {"shift": (0.5, -0.25), "scale": 0.5}

CASES = [
    Case(points.Generator, SMALL),
    Case(points.Generator, {**SMALL, "latent_dim": 3, **UNITS}),
    Case(points.Discriminator, SMALL),
    Case(points.Discriminator, {**SMALL, **UNITS}),
    Case(points.Discriminator, {**SMALL, "minibatch": True}),
    Case(points.Discriminator, {**SMALL, "spectral_norm": True}),
    Case(points.Autoencoder, {**SMALL, **UNITS}),
    Case(points.Encoder, {**SMALL, **UNITS}),
]


class TestContract(NetworkContract):
    @pytest.fixture(params=params(CASES))
    def case(self, request):
        return request.param


@pytest.mark.parametrize(
    ("network", "options", "count"),
    [
        (points.Generator, {}, 8642),
        (points.Discriminator, {}, 8577),
        (points.Discriminator, {"minibatch": True}, 9557),
        (points.Autoencoder, {}, 17_155),
        (points.Encoder, {}, 8772),
    ],
)
def test_parameter_counts(network, options, count):
    check_count(network(**options), count)


def test_the_generator_by_hand():
    network = points.Generator(seed=1, shift=(1, 2), scale=3, **SMALL)
    network.build()
    z = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    w = network.get_weights()
    x = np.maximum(z @ w[0] + w[1], 0)
    x = np.maximum(x @ w[2] + w[3], 0)
    expected = np.array([1, 2]) + 3 * (x @ w[4] + w[5])
    np.testing.assert_allclose(network(z), expected, rtol=1e-4, atol=1e-5)


def test_the_discriminator_by_hand():
    network = points.Discriminator(seed=1, shift=(1, 2), scale=3, **SMALL)
    network.build()
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    w = network.get_weights()
    h = (x - np.array([1, 2])) / 3
    for kernel, bias in ((w[0], w[1]), (w[2], w[3])):
        h = h @ kernel + bias
        h = np.where(h > 0, h, 0.2 * h)
    expected = h @ w[4] + w[5]
    np.testing.assert_allclose(network(x), expected, rtol=1e-4, atol=1e-5)


def test_spectral_normalisation_is_of_every_kernel():
    network = points.Discriminator(spectral_norm=True, seed=1, **SMALL)
    network.build()
    for layer in (*network.hidden, network.head):
        assert isinstance(layer, layers.SpectralNormalization)
        values = np.linalg.svd(layer.normalized_kernel(), compute_uv=False)
        assert values[0] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": 0}, "`hidden_size` must be a positive integer"),
        ({"num_layers": 1.5}, "`num_layers` must be a positive integer"),
        ({"scale": 0}, "`scale` must be positive"),
        ({"latent_dim": 0}, "`latent_dim` must be a positive integer"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        points.Generator(**options)
