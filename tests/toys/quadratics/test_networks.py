"""The networks of the quadratic curves."""

import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.networks import Case, NetworkContract, check_count, params
from tf_gans.toys.quadratics import networks as curves

CASES = [
    Case(curves.Generator),
    Case(curves.Discriminator),
    Case(
        curves.Generator,
        {
            "num_points": 4,
            "latent_dim": 2,
            "hidden_size": 32,
            "shift": 4.0,
            "scale": 2.0,
        },
    ),
    Case(
        curves.Discriminator,
        {"num_points": 4, "hidden_size": 32, "shift": 4.0, "scale": 2.0},
    ),
]


class TestContract(NetworkContract):
    @pytest.fixture(params=params(CASES))
    def case(self, request):
        return request.param

    def test_same_seed_same_weights(self, case):
        """All weights are random, biases too."""
        one = case.fresh.get_weights()
        same, other, none = (
            case.make(seed=seed).get_weights() for seed in (0, 4, None)
        )
        assert len(one) == 4
        assert len({w.ravel()[0] for w in one}) == 4
        for a, b, c, d in zip(one, same, other, none, strict=True):
            np.testing.assert_array_equal(a, b)
            assert not np.array_equal(a, c)
            assert not np.array_equal(a, d)


def test_published_sizes():
    check_count(curves.Generator(), 5 * 128 + 128 + 128 * 15 + 15)
    check_count(curves.Discriminator(), 15 * 128 + 128 + 128 + 1)
    assert curves.Generator().latent_dim == 5


@pytest.mark.parametrize(
    ("network", "fan_in"),
    [(curves.Generator, 5), (curves.Discriminator, 15)],
)
def test_initial_weights_are_pytorchs(network, fan_in):
    network = network(hidden_size=4000, seed=0)
    network.build()
    for layer, inputs in ((network.hidden, fan_in), (network.head, 4000)):
        bound = inputs**-0.5
        for weight in (layer.kernel, layer.bias):
            values = np.ravel(weight) / bound
            assert np.abs(values).max() <= 1
            if values.size > 1000:
                assert values.std() == pytest.approx(3**-0.5, rel=0.05)
                assert values.mean() == pytest.approx(0, abs=0.05)


def test_formula():
    generator = curves.Generator(2, 2, 3, shift=4.0, scale=10.0)
    discriminator = curves.Discriminator(2, 3, shift=4.0, scale=10.0)
    rng = np.random.default_rng(0)
    x = rng.normal(4, 10, (6, 2)).astype(np.float32)
    for network, scaled in ((generator, x), (discriminator, (x - 4) / 10)):
        network.build()
        weights = [rng.normal(size=w.shape) for w in network.get_weights()]
        network.set_weights(weights)
        kernel, bias, head, last = weights
        expected = np.maximum(scaled @ kernel + bias, 0) @ head + last
        if network is generator:
            expected = 4 + 10 * expected
        np.testing.assert_allclose(network(x), expected, rtol=1e-4, atol=1e-4)


def test_batches_of_any_size_without_a_build():
    assert curves.Generator()(tf.zeros((3, 5))).shape == (3, 15)
    assert curves.Discriminator()(tf.zeros((1, 15))).shape == (1, 1)


@pytest.mark.parametrize("network", [curves.Generator, curves.Discriminator])
def test_bad_options(network):
    for scale in (0, -1, np.nan):
        with pytest.raises(ValueError, match=f"scale={scale}"):
            network(scale=scale)
    for size in (0, 2.5):
        with pytest.raises(ValueError, match=f"hidden_size={size}"):
            network(hidden_size=size)
        with pytest.raises(ValueError, match=f"num_points={size}"):
            network(num_points=size)
    with pytest.raises(ValueError, match="latent_dim=0"):
        curves.Generator(latent_dim=0)
