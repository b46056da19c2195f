import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import layers
from tf_gans.layers import MinibatchDiscrimination, SmallDense, batch_similarity


def similarity_by_loops(points):
    """The definition, written with loops: (batch, kernels, dim) in numpy."""
    batch, kernels, dim = points.shape
    features = np.zeros((batch, kernels))
    for i in range(batch):
        for b in range(kernels):
            for j in range(batch):
                distance = 0.0
                for d in range(dim):
                    distance += abs(points[i, b, d] - points[j, b, d])
                features[i, b] += np.exp(-distance)
    return features


def naive_similarity(points):
    """The batch by batch by kernels by dim form, left to autodiff."""
    gaps = points[:, tf.newaxis] - points[tf.newaxis]
    return tf.reduce_sum(tf.exp(-tf.reduce_sum(tf.abs(gaps), -1)), axis=1)


def draw(*shape, scale=1.0, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return (scale * values).astype(np.float32)


@pytest.fixture
def small_chunks(monkeypatch):
    """Makes batches of 8 and more be worked through some rows at a time."""
    monkeypatch.setattr(layers, "_MAX_PAIRS", 100)


class TestMinibatchDiscrimination:
    @pytest.mark.parametrize("include_self", [True, False])
    def test_agrees_with_the_definition(self, include_self):
        layer = MinibatchDiscrimination(
            num_kernels=4,
            kernel_dim=2,
            include_self=include_self,
            kernel_initializer=keras.initializers.RandomNormal(
                stddev=0.5, seed=1
            ),
        )
        x = draw(7, 3)
        y = layer(x).numpy()
        kernel, bias = layer.get_weights()
        points = (x @ kernel + bias).reshape(7, 4, 2)
        expected = similarity_by_loops(points) - (0 if include_self else 1)
        assert (
            y.shape == (7, 3 + 4) == tuple(layer.compute_output_shape(x.shape))
        )
        np.testing.assert_array_equal(y[:, :3], x)
        np.testing.assert_allclose(y[:, 3:], expected, rtol=1e-5, atol=1e-5)
        # Neither all alike nor all apart, which any formula would get right.
        assert expected.std() > 0.1

    @pytest.mark.parametrize("include_self", [True, False])
    def test_identical_rows_and_rows_far_apart(self, include_self):
        layer = MinibatchDiscrimination(
            include_self=include_self, kernel_initializer="ones"
        )
        alike = layer(np.ones((8, 2), np.float32)).numpy()[:, 2:]
        np.testing.assert_allclose(alike, 8 if include_self else 7, rtol=1e-6)
        rows = np.arange(8, dtype=np.float32)[:, np.newaxis] * [[1e3, 1e3]]
        apart = layer(rows.astype(np.float32)).numpy()[:, 2:]
        np.testing.assert_allclose(apart, 1 if include_self else 0, atol=1e-6)

    def test_the_order_of_the_batch_moves_with_the_rows(self):
        layer = MinibatchDiscrimination(kernel_initializer="glorot_normal")
        x = draw(6, 3)
        order = [3, 0, 5, 1, 4, 2]
        np.testing.assert_allclose(
            layer(x[order]), layer(x).numpy()[order], rtol=1e-5
        )

    def test_weights(self):
        layer = MinibatchDiscrimination(num_kernels=100, kernel_dim=5)
        layer.build((None, 64))
        kernel, bias = layer.trainable_variables
        assert tuple(kernel.shape) == (64, 500)
        assert tuple(bias.shape) == (500,)
        assert np.std(kernel) == pytest.approx(0.02, rel=0.05)
        assert not np.any(bias)
        layer = MinibatchDiscrimination(use_bias=False)
        layer.build((None, 3))
        assert len(layer.weights) == 1

    def test_survives_saving(self, tmp_path):
        layer = MinibatchDiscrimination(
            num_kernels=3,
            kernel_dim=2,
            include_self=False,
            use_bias=False,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.7),
        )
        copy = MinibatchDiscrimination.from_config(layer.get_config())
        assert copy.get_config() == layer.get_config()
        model = keras.Sequential([keras.Input((4,)), layer])
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        x = draw(5, 4)
        np.testing.assert_array_equal(loaded(x), model(x))
        assert loaded.layers[0].include_self is False
        assert len(loaded.layers[0].weights) == 1

    def test_the_batch_may_be_unknown_when_traced(self):
        layer = MinibatchDiscrimination(kernel_initializer="glorot_normal")
        x = draw(9, 3)
        expected = layer(x)
        spec = [tf.TensorSpec((None, 3))]
        np.testing.assert_allclose(
            tf.function(layer, input_signature=spec)(x), expected, rtol=1e-5
        )

    @pytest.mark.parametrize("shape", [(2, 3, 4), (3,), (2, None)], ids=str)
    def test_bad_inputs(self, shape):
        with pytest.raises(ValueError, match=r"\(batch, features\)"):
            MinibatchDiscrimination().build(shape)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("num_kernels", 0),
            ("num_kernels", 2.5),
            ("kernel_dim", -1),
            ("kernel_dim", True),
        ],
    )
    def test_bad_arguments(self, name, value):
        with pytest.raises(ValueError, match=f"{name}.*{value}"):
            MinibatchDiscrimination(**{name: value})


def dynamic(function):
    spec = [tf.TensorSpec((None, 3, 2))]
    return tf.function(function, input_signature=spec, autograph=False)


def static(function):
    return tf.function(function, autograph=False)


def xla(function):
    return tf.function(function, autograph=False, jit_compile=True)


class TestGroups:
    """Distances within groups of neighbouring rows alone."""

    @staticmethod
    def by_loops(points, size):
        groups = [points[i : i + size] for i in range(0, len(points), size)]
        return np.concatenate([similarity_by_loops(group) for group in groups])

    # Groups that divide the batch, that do not, and one that is too large.
    @pytest.mark.parametrize("size", [2, 3, 4, 5, 12, 20])
    @pytest.mark.parametrize("chunks", [False, True])
    def test_agrees_with_the_definition(self, monkeypatch, size, chunks):
        if chunks:
            monkeypatch.setattr(layers, "_MAX_PAIRS", 30)
        points = draw(12, 3, 2)
        np.testing.assert_allclose(
            layers.group_similarity(tf.constant(points), size),
            self.by_loops(points, size),
            rtol=1e-5,
        )

    @pytest.mark.parametrize("batch", [0, 3, 4, 11, 12])
    def test_the_batch_may_be_unknown_when_traced(self, batch):
        points = draw(batch, 3, 2)
        received = dynamic(lambda p: layers.group_similarity(p, 4))(points)
        assert received.shape == (batch, 3)
        if batch:
            np.testing.assert_allclose(
                received, self.by_loops(points, 4), rtol=1e-5
            )

    @pytest.mark.parametrize(
        "wrap",
        [static, pytest.param(dynamic, marks=pytest.mark.slow), xla],
    )
    def test_first_and_second_order(self, wrap):
        """Against all pairs, of which those of two groups are left out."""
        points, upstream = draw(12, 3, 2), tf.constant(draw(12, 3, seed=1))
        group = np.arange(12) // 4
        same = (group[:, None] == group)[..., None].astype(np.float32)

        def naive(points):
            gaps = points[:, tf.newaxis] - points[tf.newaxis]
            near = tf.exp(-tf.reduce_sum(tf.abs(gaps), -1))
            return tf.reduce_sum(same * near, axis=1)

        def grouped(points):
            return layers.group_similarity(points, 4)

        points = tf.constant(points)
        for received, expected in zip(
            wrap(lambda p: gradients_of(grouped, p, upstream))(points),
            gradients_of(naive, points, upstream),
            strict=True,
        ):
            np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)
        expected = second_order_of(naive, points)
        np.testing.assert_allclose(
            wrap(lambda p: second_order_of(grouped, p))(points),
            expected,
            rtol=1e-4,
            atol=1e-5 * np.abs(expected).max(),
        )

    def layer(self, size, **options):
        return MinibatchDiscrimination(
            group_size=size,
            kernel_initializer=keras.initializers.RandomNormal(seed=1),
            **options,
        )

    @pytest.mark.parametrize("include_self", [True, False])
    def test_a_group_sees_no_other(self, include_self):
        x = draw(8, 3)
        layer = self.layer(4, include_self=include_self)
        before = layer(x, training=True)
        x[4:] += 1  # of the second group
        after = layer(x, training=True)
        np.testing.assert_array_equal(before[:4], after[:4])
        # One group of all is what there is without a size.
        np.testing.assert_array_equal(self.layer(8)(x), self.layer(None)(x))

    def test_divides_the_batch_of_a_training(self):
        layer = self.layer(4)
        with pytest.raises(ValueError, match=r"of 6 samples.*group_size=4"):
            layer(draw(6, 3), training=True)
        assert layer(draw(6, 3)).shape == (6, 8)  # as where it is served

    @pytest.mark.parametrize("size", [0, 1, 2.5, True])
    def test_bad_sizes(self, size):
        with pytest.raises(ValueError, match=f"group_size.*{size}"):
            MinibatchDiscrimination(group_size=size)

    def test_survives_saving(self):
        layer = self.layer(4)
        copy = MinibatchDiscrimination.from_config(layer.get_config())
        assert copy.group_size == 4


def gradients_of(similarity, points, upstream):
    """The features, and their gradient against `upstream`."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        features = similarity(points)
    return features, tape.gradient(features, points, upstream)


def second_order_of(similarity, points):
    """The gradient of a gradient's squared norm, as in the R1 penalty."""
    with tf.GradientTape() as outer:
        outer.watch(points)
        with tf.GradientTape() as inner:
            inner.watch(points)
            features = tf.reduce_sum(similarity(points) ** 2)
        penalty = tf.reduce_sum(inner.gradient(features, points) ** 2)
    return outer.gradient(penalty, points)


def check_against_naive(wrap=lambda function: function, batch=12):
    points = tf.constant(draw(batch, 3, 2))
    upstream = tf.constant(draw(batch, 3, seed=1))
    first = wrap(lambda p: gradients_of(batch_similarity, p, upstream))
    second = wrap(lambda p: second_order_of(batch_similarity, p))
    features, gradient = first(points)
    expected = gradients_of(naive_similarity, points, upstream)
    np.testing.assert_allclose(features, expected[0], rtol=1e-5)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-4, atol=1e-5)
    expected = second_order_of(naive_similarity, points)
    scale = np.abs(expected).max()
    assert scale > 1
    np.testing.assert_allclose(
        second(points), expected, rtol=1e-4, atol=1e-5 * scale
    )


class TestBatchSimilarity:
    @pytest.mark.parametrize("wrap", [static, dynamic, xla])
    def test_first_and_second_order(self, wrap):
        check_against_naive(wrap)

    # Batches that the chunks divide, and that they do not.
    @pytest.mark.parametrize(
        ("wrap", "batch"),
        [
            (static, 12),
            (dynamic, 11),
            (xla, 11),
            (xla, 12),
            pytest.param(static, 11, marks=pytest.mark.slow),
            pytest.param(dynamic, 12, marks=pytest.mark.slow),
        ],
    )
    def test_in_chunks(self, small_chunks, wrap, batch):
        check_against_naive(wrap, batch)

    def test_one_row_at_a_time(self, monkeypatch):
        """Where a single row's pairs are already more than the bound."""
        monkeypatch.setattr(layers, "_MAX_PAIRS", 1)
        check_against_naive(static, 5)
        check_against_naive(dynamic, 5)

    def test_chunks_bound_the_memory(self, monkeypatch):
        """No tensor of forward or backward holds more pairs than allowed."""

        def largest_tensor():
            upstream = tf.ones((40, 2))
            function = static(
                lambda p: gradients_of(batch_similarity, p, upstream)
            )
            spec = tf.TensorSpec((40, 2, 2))
            graph = function.get_concrete_function(spec).graph
            definition = graph.as_graph_def(add_shapes=True)
            nodes = list(definition.node)
            for body in definition.library.function:
                nodes += body.node_def
            return max(
                int(np.prod([d.size for d in shape.dim]))
                for node in nodes
                for shape in node.attr["_output_shapes"].list.shape
            )

        assert largest_tensor() == 40 * 40 * 2
        monkeypatch.setattr(layers, "_MAX_PAIRS", 400)  # 5 rows at a time
        assert largest_tensor() == 5 * 40 * 2

    def test_coinciding_points_have_no_gradient(self):
        points = tf.ones((6, 3, 2))
        _, gradient = gradients_of(batch_similarity, points, tf.ones((6, 3)))
        np.testing.assert_array_equal(gradient, np.zeros((6, 3, 2)))

    def test_analytic_gradient(self):
        """Two points at distance x: o = 1 + e^-x each, so do/dx = -e^-x."""
        points = tf.constant([[[0.0]], [[0.5]]])
        _, gradient = gradients_of(batch_similarity, points, tf.ones((2, 1)))
        slope = 2 * np.exp(-0.5)
        np.testing.assert_allclose(np.ravel(gradient), [slope, -slope], 1e-6)


class TestSmallDense:
    # One product that is written out, and one that is left to matmul.
    @pytest.mark.parametrize("batch", [8, 300])
    @pytest.mark.parametrize("use_bias", [True, False])
    def test_is_keras_dense(self, batch, use_bias):
        options = {"units": 5, "activation": "tanh", "use_bias": use_bias}
        ours, theirs = SmallDense(**options), keras.layers.Dense(**options)
        x = draw(batch, 6)
        ours.build(x.shape)
        theirs.build(x.shape)
        assert [w.name for w in ours.weights] == [
            w.name for w in theirs.weights
        ]
        theirs.set_weights(ours.get_weights())
        results = []
        for layer in (ours, theirs):
            with tf.GradientTape() as tape:
                y = layer(x)
            results.append((y, *tape.gradient(y, layer.trainable_variables)))
        for a, b in zip(*results, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
        assert ours.compute_output_shape(x.shape) == (batch, 5)

    def test_takes_leading_axes_and_an_unknown_batch(self):
        ours, theirs = SmallDense(3), keras.layers.Dense(3)
        x = draw(2, 4, 5)
        ours.build(x.shape)
        theirs.build(x.shape)
        theirs.set_weights(ours.get_weights())
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-6)
        spec = [tf.TensorSpec((None, 4, 5))]
        traced = tf.function(ours, input_signature=spec)
        np.testing.assert_allclose(traced(x), theirs(x), rtol=1e-5, atol=1e-6)

    def test_writes_small_products_out(self):
        """The reason that it exists: XLA hands each matmul to a library."""

        def matmuls(batch):
            layer = SmallDense(8)
            layer.build((None, 8))
            function = tf.function(layer)
            graph = function.get_concrete_function(tf.TensorSpec((batch, 8)))
            return [
                op for op in graph.graph.get_operations() if op.type == "MatMul"
            ]

        assert not matmuls(8)
        assert not matmuls(16)  # 16 * 8 * 8 = 1024 multiplications
        assert matmuls(17)

    def test_config(self):
        layer = SmallDense(4, activation="relu", name="small")
        copy = SmallDense.from_config(layer.get_config())
        assert copy.get_config() == layer.get_config()


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("scale", [0.0, 0.05])
def test_minibatch_discrimination_sums_in_32_bits(dtype, scale):
    """Half of 16 bits' numbers are below 1: they do not count to 4,096."""
    initializer = keras.initializers.RandomNormal(stddev=0.5, seed=1)
    x = draw(4096, 3, scale=scale)
    narrow, wide = (
        MinibatchDiscrimination(2, 2, kernel_initializer=initializer, dtype=d)
        for d in (dtype, "float32")
    )
    features = narrow(x)
    assert features.dtype == dtype.removeprefix("mixed_")
    ours = tf.cast(features[:, 3:], tf.float32)
    np.testing.assert_allclose(ours, wide(x)[:, 3:], rtol=0.01)


class TestLookingInside:
    def model(self, layer):
        """A layer within a model within a model."""
        inner = keras.Sequential([keras.Input((3,)), layer])
        return keras.Sequential([inner, keras.layers.Dense(1)])

    def test_walk_finds_each_layer_once(self):
        shared = keras.layers.Dense(3)
        wrapper = layers.SpectralNormalization(keras.layers.Dense(3))
        x = keras.Input((3,))
        model = keras.Model(x, wrapper(shared(shared(x))))
        found = layers.walk(model)
        for layer in (model, shared, wrapper, wrapper.layer):
            assert sum(layer is other for other in found) == 1

    @pytest.mark.parametrize(
        ("layer", "normalises", "sees"),
        [
            (keras.layers.BatchNormalization, True, False),
            (MinibatchDiscrimination, False, True),
            (lambda: keras.layers.Dense(2), False, False),
        ],
    )
    def test_what_mixes_a_batch(self, layer, normalises, sees):
        model = self.model(layer())
        assert layers.has_batch_norm(model) is normalises
        assert layers.sees_batch(model) is sees

    def test_whose_kernels_a_call_overwrites(self):
        keras_s = keras.layers.SpectralNormalization(keras.layers.Dense(2))
        ours = layers.SpectralNormalization(keras.layers.Dense(2))
        assert layers.overwrites_kernels(self.model(keras_s)) is True
        assert layers.overwrites_kernels(self.model(ours)) is False


def test_smooth_leaky_relu():
    x = np.array([-50, -1, 0, 1, 50], np.float32)
    expected = 0.2 * x + 0.8 * np.log1p(np.exp(x.astype(np.float64)))
    y = layers.smooth_leaky_relu(x)
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    # It is saved by its name.
    config = keras.activations.serialize(layers.smooth_leaky_relu)
    assert keras.activations.deserialize(config) is layers.smooth_leaky_relu


def splitmix64(z):
    """SplitMix64's function, in Python's integers."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ z >> shift) * factor % 2**64
    return z ^ z >> 31


def kept_by_loops(z, units, rate, seed):
    """Which units `latent_dropout` keeps, number by number."""
    golden = 0x9E3779B97F4A7C15
    kept = np.zeros((len(z), units), bool)
    for i, row in enumerate(np.float32(z).view(np.uint32)):
        key = seed + sum(
            splitmix64((int(word) + k * golden) % 2**64)
            for k, word in enumerate(row)
        )
        for j in range(units):
            place = splitmix64(key % 2**64) + (j + 1) * golden
            kept[i, j] = splitmix64(place % 2**64) >> 40 >= rate * 2**24
    return kept


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.5])
def test_what_latent_dropout_leaves_out(rate):
    """tests/networks/test_family.py has how it is distributed."""
    x, z = draw(6, 40), draw(6, 3, seed=1)
    y = layers.latent_dropout(x, z, rate, seed=5)
    kept = kept_by_loops(z, 40, rate, seed=5)
    np.testing.assert_allclose(y, np.where(kept, x / (1 - rate), 0), rtol=1e-6)
    assert kept.all() == (rate == 0)
