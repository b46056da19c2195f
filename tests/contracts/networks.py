"""What every network promises, whichever pair it belongs to.

A test class inherits `NetworkContract` and has a fixture `case` that gives its
networks, small ones, as `Case`s. For the published parameter counts there is
`check_count`.
"""

import dataclasses
import functools
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans.layers import has_batch_norm
from tf_gans.networks.base import Judge


@dataclasses.dataclass
class Case:
    """A network, and options that make it small.

    `bounded` says that a generator's output stays in its `value_range`.
    """

    network: Callable
    options: dict = dataclasses.field(default_factory=dict)
    bounded: bool = True

    @property
    def id(self):
        package = self.network.__module__.removesuffix(".networks")
        values = [f"{k}={v}" for k, v in self.options.items()]
        names = [package.rpartition(".")[2], self.network.__name__]
        return "-".join([*names, *values])

    def make(self, **options):
        network = self.network(**{**self.options, **options})
        network.build()
        return network

    @functools.cached_property
    def fresh(self):
        """The network with seed 0, which no test trains."""
        return self.make(seed=0)

    @functools.cached_property
    def used(self):
        """The network with seed 1, which tests may call in training."""
        return self.make(seed=1)

    def inputs(self, batch, seed=0):
        """Numbers in (-1, 1) that 16 bits hold exactly, and labels."""
        rng = np.random.default_rng(seed)
        shape = (batch, *self.fresh.input_shape[1:])
        x = tf.constant(rng.integers(-127, 128, shape) / 128, tf.float32)
        if classes := self.fresh.num_classes:
            labels = rng.integers(0, classes, batch)
            return x, tf.constant(labels, tf.int32)
        return x

    def output_shapes(self, batch):
        """Those that the last word of the network's name stands for."""
        name = self.network.__name__
        if name.endswith(("Generator", "Autoencoder")):
            return [(batch, *self.fresh.sample_shape)]
        if name.endswith("Encoder"):
            return [(batch, self.fresh.latent_dim)] * 2
        if name.startswith("TwoHeaded"):
            return [(batch, 1), (batch, self.fresh.num_outputs)]
        return [(batch, 1)]


def params(cases):
    """The cases as a fixture takes them, each with a name."""
    return [pytest.param(case, id=case.id) for case in cases]


def count(variables):
    return sum(int(np.prod(v.shape)) for v in variables)


def check_count(network, trainable, total=None):
    """Checks the published numbers of parameters.

    `total` counts what is not trained too: the averages of a batch
    normalisation, for which there may be no published number.
    """
    network.build()
    assert count(network.trainable_variables) == trainable
    if total or not has_batch_norm(network):
        assert network.count_params() == (total or trainable)


class NetworkContract:
    @pytest.fixture
    def case(self):
        raise NotImplementedError("the class's own cases")

    def test_what_it_says_comes_of_its_features(self, case):
        """Of those that have them: one row a sample, and `call` goes on."""
        network = case.used
        if not isinstance(network, Judge):
            return
        x = case.inputs(3)
        features, said = network.features_and_logits(x, training=False)
        assert features.dtype == tf.float32 and features.shape[0] == 3
        assert features.shape.rank == 2
        said, called = map(tf.nest.flatten, (said, network(x, training=False)))
        for one, other in zip(said, called, strict=True):
            np.testing.assert_array_equal(one, other)
        if "Encoder" not in case.network.__name__:
            logits = network.head(features)
            np.testing.assert_allclose(logits, said[0], rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize(
        ("dtype", "training"),
        [
            ("float32", False),
            ("mixed_bfloat16", True),
            ("mixed_float16", False),
            pytest.param("float32", True, marks=pytest.mark.slow),
            pytest.param("mixed_bfloat16", False, marks=pytest.mark.slow),
            pytest.param("mixed_float16", True, marks=pytest.mark.slow),
        ],
    )
    def test_any_batch_any_precision(self, case, dtype, training):
        network = case.used
        if dtype != "float32":
            network = case.make(seed=1, dtype=dtype)
            network.set_weights(case.used.get_weights())
        assert {w.dtype for w in network.weights} == {"float32"}
        for batch in (1, 3):
            outputs = tf.nest.flatten(
                network(case.inputs(batch), training=training)
            )
            assert [y.shape for y in outputs] == case.output_shapes(batch)
            for y in outputs:
                assert y.dtype == tf.float32
                assert np.isfinite(y).all()
                if hasattr(network, "value_range") and case.bounded:
                    low, high = network.value_range
                    assert np.min(y) >= low and np.max(y) <= high
        if dtype != "float32":
            exact = case.used(case.inputs(3), training=training)
            for y, e in zip(outputs, tf.nest.flatten(exact), strict=True):
                assert not np.array_equal(e, y)
                scale = max(1, np.abs(e).max())
                np.testing.assert_allclose(y / scale, e / scale, atol=0.1)

    def test_shape_without_data(self, case):
        inputs = tf.nest.map_structure(
            lambda x: keras.KerasTensor(
                (None, *x.shape[1:]), dtype=x.dtype.name
            ),
            case.inputs(2),
        )
        specs = case.fresh.compute_output_spec(inputs, training=False)
        specs = tf.nest.flatten(specs)
        assert [s.shape for s in specs] == case.output_shapes(None)
        assert {s.dtype for s in specs} == {"float32"}

    def test_same_seed_same_weights(self, case):
        one = case.fresh.get_weights()
        same, other, none = (
            case.make(seed=seed).get_weights() for seed in (0, 4, None)
        )
        for a, b in zip(one, same, strict=True):
            np.testing.assert_array_equal(a, b)
        # Biases and moving averages start alike; everything else is random.
        random = [
            i
            for i, w in enumerate(one)
            if w.ndim > 1
            or (w.size > 1 and not (np.all(w == 0) or np.all(w == 1)))
        ]
        assert sum(one[i].ndim > 1 for i in random) >= 2
        starts = [one[i].ravel()[0] for i in random]
        assert len(set(starts)) == len(starts)
        for i in random:
            assert not np.array_equal(one[i], other[i])
            assert not np.array_equal(one[i], none[i])

    def test_channels_are_last_whatever_keras_is_told(self, case):
        inputs = case.inputs(2)
        before = keras.config.image_data_format()
        keras.config.set_image_data_format("channels_first")
        try:
            outputs = case.make(seed=0)(inputs)
        finally:
            keras.config.set_image_data_format(before)
        tf.nest.map_structure(
            np.testing.assert_array_equal, outputs, case.fresh(inputs)
        )

    def test_survives_saving(self, case, tmp_path):
        network = case.make(seed=0, dtype="mixed_bfloat16")
        config = network.get_config()
        for option, value in case.options.items():
            assert config[option] == value
        copy = case.network.from_config(config)
        assert copy.get_config() == config
        assert copy.dtype_policy.name == "mixed_bfloat16"
        network.save(tmp_path / "network.keras")
        loaded = keras.saving.load_model(tmp_path / "network.keras")
        inputs = case.inputs(2)
        for a, b in zip(
            tf.nest.flatten(loaded(inputs)),
            tf.nest.flatten(network(inputs)),
            strict=True,
        ):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.slow
    def test_compiles_with_xla(self, case):
        network = case.used

        def outputs_and_gradients(inputs):
            with tf.GradientTape() as tape:
                outputs = tf.nest.flatten(network(inputs, training=True))
                loss = sum(tf.reduce_sum(tf.sin(3 * y) ** 2) for y in outputs)
            return *outputs, *tape.gradient(loss, network.trainable_variables)

        results = [
            tf.function(
                outputs_and_gradients, jit_compile=jit, autograph=False
            )(case.inputs(4))
            for jit in (True, False)
        ]
        largest = max(np.abs(b).max() for b in results[1])
        for a, b in zip(*results, strict=True):
            # A bias before a normalisation has rounding errors for a gradient.
            scale = max(np.abs(b).max(), largest / 100)
            np.testing.assert_allclose(a / scale, b / scale, atol=2e-3)

    def test_learns_through_every_weight(self, case):
        """Every weight has a gradient, but biases before a normalisation."""
        network = case.used
        with tf.GradientTape() as tape:
            outputs = tf.nest.flatten(network(case.inputs(5), training=True))
            loss = sum(
                tf.reduce_sum(y * tf.random.stateless_normal(y.shape, (1, 2)))
                for y in outputs
            )
        variables = network.trainable_variables
        for variable, gradient in zip(
            variables, tape.gradient(loss, variables), strict=True
        ):
            assert gradient is not None, variable.path
            if variable.name != "bias":
                assert np.abs(gradient).max() > 1e-6, variable.path

    def test_what_lets_samples_see_each_other(self, case):
        """Batch normalisation in training, and minibatch discrimination.

        A penalty on each sample's own gradient asks for neither.
        """
        network = case.used
        inputs = case.inputs(6)
        first = tf.nest.map_structure(lambda x: x[:3], inputs)

        def largest_change(training):
            alone = tf.nest.flatten(network(first, training=training))
            beside = tf.nest.flatten(network(inputs, training=training))
            return max(
                np.abs(a - b[:3]).max()
                for a, b in zip(alone, beside, strict=True)
            )

        assert network.batch_norm == has_batch_norm(network)
        always = getattr(network, "minibatch", False)
        in_training = always or network.batch_norm
        assert (largest_change(training=False) > 1e-5) == always
        assert (largest_change(training=True) > 1e-5) == in_training
