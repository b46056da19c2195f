import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans.toys.gaussian import networks as gaussian


def column(*values):
    return tf.constant(values, tf.float32, shape=(len(values), 1))


GRID = column(*np.linspace(-3, 5, 8))


def build(network, batch=None):
    network.build((batch, 1))
    return network


def shapes(network):
    return [tuple(v.shape) for v in network.trainable_variables]


class NetworkContract:
    """What both networks promise. A subclass sets `network_class`."""

    network_class = None

    def make(self, **options):
        return build(self.network_class(**options))

    def test_any_batch(self):
        network = self.make(seed=0)
        for size in (1, 5, 200):
            y = network(tf.zeros((size, 1)), training=True)
            assert y.shape == (size, 1)
            assert y.dtype == tf.float32

    def test_same_seed_same_weights(self):
        one, same, other, none = (
            self.make(seed=seed).get_weights() for seed in (3, 3, 4, None)
        )
        for a, b in zip(one, same, strict=True):
            np.testing.assert_array_equal(a, b)
        assert not np.array_equal(one[0], other[0])
        assert not np.array_equal(one[0], none[0])
        # No two kernels start from the same numbers.
        starts = [w.ravel()[0] for w in one if w.ndim == 2]
        assert len(set(starts)) == len(starts)

    def test_stddev_whatever_the_fan_in(self):
        network = self.make(hidden_size=200, stddev=0.25, seed=0)
        for weight in network.get_weights():
            if weight.ndim == 1:
                assert not np.any(weight)
            else:
                assert np.std(weight) == pytest.approx(0.25, rel=0.15)

    def test_survives_saving(self, tmp_path):
        options = {
            "hidden_size": 3,
            "activation": "leaky_relu",
            "stddev": 0.5,
            "shift": 4.0,
            "scale": 2.0,
            "seed": 9,
        }
        network = self.make(**options)
        config = network.get_config()
        assert {key: config[key] for key in options} == options
        copy = self.network_class.from_config(config)
        assert copy.get_config() == config
        network.save(tmp_path / "network.keras")
        loaded = keras.saving.load_model(tmp_path / "network.keras")
        np.testing.assert_array_equal(loaded(GRID), network(GRID))

    def test_compiles_with_xla(self):
        network = self.make(seed=0)

        def output_and_gradients(x):
            with tf.GradientTape() as tape:
                y = network(x, training=True)
                loss = tf.reduce_sum(tf.sin(y))
            return y, *tape.gradient(loss, network.trainable_variables)

        compiled = tf.function(
            output_and_gradients, jit_compile=True, autograph=False
        )
        for a, b in zip(
            compiled(GRID), output_and_gradients(GRID), strict=True
        ):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)

    @pytest.mark.parametrize("scale", [0, -1, np.nan])
    def test_bad_scale(self, scale):
        with pytest.raises(ValueError, match=f"scale={scale}"):
            self.network_class(scale=scale)

    @pytest.mark.parametrize("size", [0, -4, 2.5])
    def test_bad_hidden_size(self, size):
        with pytest.raises(ValueError, match=f"hidden_size={size}"):
            self.network_class(hidden_size=size)


class TestGenerator(NetworkContract):
    network_class = gaussian.Generator

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


class TestDiscriminator(NetworkContract):
    network_class = gaussian.Discriminator

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


class TestMinibatchDiscriminator(NetworkContract):
    network_class = gaussian.Discriminator

    def make(self, **options):
        return super().make(minibatch=True, **options)

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
