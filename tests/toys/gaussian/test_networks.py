import functools

import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.networks import Case, NetworkContract, params
from tf_gans.toys.gaussian import networks as gaussian


def column(*values):
    return tf.constant(values, tf.float32, shape=(len(values), 1))


GRID = column(*np.linspace(-3, 5, 8))


def make(network, **options):
    network = network(**options)
    network.build()
    return network


def shapes(network):
    return [tuple(v.shape) for v in network.trainable_variables]


UNITS = {"hidden_size": 3, "stddev": 0.5, "shift": 4.0, "scale": 2.0}
CASES = [
    Case(gaussian.Generator),
    Case(gaussian.Generator, {**UNITS, "activation": "leaky_relu"}),
    Case(gaussian.Discriminator),
    Case(gaussian.Discriminator, {**UNITS, "spread": 5.0}),
    Case(gaussian.Discriminator, {**UNITS, "minibatch": True}),
]


class TestContract(NetworkContract):
    @pytest.fixture(params=params(CASES))
    def case(self, request):
        return request.param

    def test_compiles_with_xla(self, case):
        """Not only with the slow tests: it is how these networks train."""
        super().test_compiles_with_xla(case)


@pytest.mark.parametrize(
    "network", [gaussian.Generator, gaussian.Discriminator]
)
class TestBoth:
    def test_stddev_whatever_the_fan_in(self, network):
        made = make(network, hidden_size=200, stddev=0.25, seed=0)
        for weight in made.get_weights():
            if weight.ndim == 1:
                assert not np.any(weight)
            else:
                assert np.std(weight) == pytest.approx(0.25, rel=0.15)

    def test_bad_options(self, network):
        for scale in (0, -1, np.nan):
            with pytest.raises(ValueError, match=f"scale={scale}"):
                network(scale=scale)
        for size in (0, -4, 2.5):
            with pytest.raises(ValueError, match=f"hidden_size={size}"):
                network(hidden_size=size)


class TestGenerator:
    make = staticmethod(functools.partial(make, gaussian.Generator))

    def test_is_the_original(self):
        network = self.make()
        assert network.count_params() == 13
        assert shapes(network) == [(1, 4), (4,), (4, 1), (1,)]

    def test_formula(self):
        network = self.make(hidden_size=2)
        weights = [[[1, -2]], [0.5, 0], [[3], [-1]], [0.25]]
        network.set_weights([np.array(w) for w in weights])
        z = np.array([-1.0, 0.0, 2.0])
        expected = (
            3 * np.log1p(np.exp(z + 0.5)) - np.log1p(np.exp(-2 * z)) + 0.25
        )
        y = network(column(*z)).numpy().ravel()
        np.testing.assert_allclose(y, expected, rtol=1e-5)

    def test_shift_and_scale_move_the_samples(self):
        plain, moved = self.make(seed=1), self.make(seed=1, shift=100, scale=3)
        np.testing.assert_allclose(
            moved(GRID), 100 + 3 * plain(GRID), rtol=1e-6
        )
        assert moved.count_params() == 13


class TestDiscriminator:
    make = staticmethod(functools.partial(make, gaussian.Discriminator))

    def test_is_the_original(self):
        network = self.make()
        assert network.count_params() == 169
        assert shapes(network) == [
            (1, 8), (8,), (8, 8), (8,), (8, 8), (8,), (8, 1), (1,),
        ]  # fmt: skip

    def test_formula(self):
        network = self.make(hidden_size=1, activation="tanh")
        kernels = [[[1.0, 2.0]], np.eye(2), [[0.5, 0], [0, -1]], [[1.0], [3.0]]]
        biases = [[0.1, 0], [0, 0.2], [0, 0], [0.7]]
        network.set_weights(
            [
                np.array(w)
                for pair in zip(kernels, biases, strict=True)
                for w in pair
            ]
        )
        h = np.array([[-1.0], [0.5]])
        for kernel, bias in zip(kernels[:3], biases[:3], strict=True):
            h = np.tanh(h @ np.array(kernel) + bias)
        expected = h @ kernels[3] + biases[3]
        np.testing.assert_allclose(
            network(column(-1, 0.5)), expected, rtol=1e-5
        )

    def test_shift_and_scale_bring_samples_back(self):
        plain, moved = self.make(seed=1), self.make(seed=1, shift=100, scale=4)
        np.testing.assert_allclose(
            moved(100 + 4 * GRID), plain(GRID), rtol=1e-4, atol=1e-4
        )

    def test_without_minibatch_samples_are_judged_alone(self):
        network = self.make(seed=0)
        np.testing.assert_allclose(
            network(GRID)[:1], network(GRID[:1]), rtol=1e-5
        )

    def test_spread_places_the_bends(self):
        network = self.make(hidden_size=200, spread=5.0, seed=0)
        kernel, bias = network.first.get_weights()
        bends = -bias / kernel[0]
        assert -5 <= bends.min() < -4.5
        assert 4.5 < bends.max() <= 5
        same = self.make(hidden_size=200, spread=5.0, seed=0)
        np.testing.assert_array_equal(same.first.bias, bias)
        for weight in network.get_weights()[3::2]:
            assert not np.any(weight)
        assert type(network).from_config(network.get_config()).spread == 5


class TestMinibatchDiscriminator:
    make = staticmethod(
        functools.partial(make, gaussian.Discriminator, minibatch=True)
    )

    def test_is_the_original(self):
        network = self.make()
        assert network.count_params() == 237
        assert shapes(network) == [
            (1, 8), (8,), (8, 8), (8,), (8, 15), (15,), (13, 1), (1,),
        ]  # fmt: skip
        assert network.get_config()["minibatch"] is True

    def test_stddev_whatever_the_fan_in(self):
        """The minibatch layer's kernel keeps its own."""
        network = self.make(hidden_size=200, stddev=0.25, seed=0)
        spreads = [np.std(w) for w in network.get_weights() if w.ndim == 2]
        np.testing.assert_allclose(spreads, [0.25, 0.25, 0.02, 0.25], rtol=0.15)

    def test_samples_are_judged_together(self):
        network = self.make(seed=0)
        together = network(GRID).numpy()
        alone = network(GRID[:1]).numpy()
        assert np.abs(together[:1] - alone).max() > 0.01
