"""Spectral normalisation against the singular values of numpy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import layers
from tf_gans.layers import SpectralNormalization, update_power_iterations

# Name: a layer, its inputs, and where its outputs stand in the kernel.
LAYERS = {
    "dense": (lambda **o: keras.layers.Dense(6, **o), (10,), 1),
    "wide": (lambda **o: keras.layers.Dense(12, **o), (5,), 1),
    "one": (lambda **o: keras.layers.Dense(1, **o), (5,), 1),
    "conv1d": (lambda **o: keras.layers.Conv1D(6, 3, **o), (7, 2), 2),
    "conv2d": (
        lambda **o: keras.layers.Conv2D(5, 3, 2, "same", **o),
        (6, 6, 2),
        3,
    ),
    "conv3d": (lambda **o: keras.layers.Conv3D(3, 2, **o), (3, 3, 3, 2), 4),
    "deconv1d": (
        lambda **o: keras.layers.Conv1DTranspose(6, 3, **o),
        (7, 2),
        1,
    ),
    "deconv2d": (
        lambda **o: keras.layers.Conv2DTranspose(5, 4, 2, "same", **o),
        (3, 3, 2),
        2,
    ),
    "small": (lambda **o: layers.SmallDense(6, **o), (10,), 1),
}
each_layer = pytest.mark.parametrize("name", LAYERS)


def make(name, built=True, seed=0, dtype=None, **options):
    layer, shape, _ = LAYERS[name]
    options = {
        "kernel_initializer": keras.initializers.RandomNormal(
            stddev=0.5, seed=seed
        ),
        "bias_initializer": keras.initializers.RandomNormal(seed=seed + 1),
        "dtype": dtype,
        **options,
    }
    wrapper = SpectralNormalization(layer(**options), seed=seed)
    if built:
        wrapper.build((None, *shape))
    return wrapper


def inputs(name, batch=4, seed=0):
    shape = LAYERS[name][1]
    values = np.random.default_rng(seed).normal(size=(batch, *shape))
    return tf.constant(values, tf.float32)


def matrix(name, kernel):
    """(inputs, outputs), in float64."""
    kernel = np.asarray(kernel, np.float64)
    axis = LAYERS[name][2]
    return np.moveaxis(kernel, axis, -1).reshape(-1, kernel.shape[axis])


def norm(name, kernel):
    return np.linalg.svd(matrix(name, kernel), compute_uv=False)[0]


def settle(wrapper, updates=300):
    def body(i):
        wrapper.update()
        return (i + 1,)

    @tf.function(autograph=False)
    def run():
        tf.while_loop(lambda i: i < updates, body, (0,))

    run()


@each_layer
def test_sigma_is_the_largest_singular_value(name):
    wrapper = make(name)
    expected = norm(name, wrapper.layer.kernel)
    # A good estimate at once, from below, and an exact one after updates.
    assert 0.97 < wrapper.sigma() / expected < 1 + 1e-6
    assert norm(name, wrapper.normalized_kernel()) == pytest.approx(1, abs=0.03)
    settle(wrapper)
    assert wrapper.sigma().numpy() == pytest.approx(expected, rel=1e-5)
    assert norm(name, wrapper.normalized_kernel()) == pytest.approx(1, abs=1e-5)


@each_layer
def test_update_is_one_power_iteration(name):
    wrapper = make(name)
    w = matrix(name, wrapper.layer.kernel)
    u = np.random.default_rng(3).normal(size=w.shape[1])
    wrapper.u.assign(u / np.linalg.norm(u))
    for _ in range(2):
        u = w.T @ (w @ u)
        wrapper.update()
        np.testing.assert_allclose(
            wrapper.u, u / np.linalg.norm(u), rtol=1e-4, atol=1e-6
        )
    expected = np.linalg.norm(w @ u) / np.linalg.norm(u)
    assert wrapper.sigma().numpy() == pytest.approx(expected, rel=1e-5)


@each_layer
def test_calls_change_nothing(name):
    """A step makes several calls; Keras' layer overwrites the kernel in one."""
    wrapper = make(name)
    wrapper.u.assign(np.eye(wrapper.u.shape[0])[0])  # far from settled
    before = [w.numpy() for w in wrapper.weights]
    for training in (False, True, None):
        wrapper(inputs(name), training=training)
    for value, weight in zip(before, wrapper.weights, strict=True):
        np.testing.assert_array_equal(value, weight)
    wrapper.update()
    changed = [
        weight.name
        for value, weight in zip(before, wrapper.weights, strict=True)
        if not np.array_equal(value, weight)
    ]
    assert changed == ([] if name == "one" else ["u"])


@each_layer
def test_output_is_that_of_the_divided_kernel(name):
    wrapper = make(name, activation="tanh")
    kernel = wrapper.layer.kernel.numpy()
    x = inputs(name)
    y = wrapper(x)
    sigma = wrapper.sigma().numpy()
    wrapper.layer.kernel.assign(kernel / sigma)
    np.testing.assert_allclose(y, wrapper.layer(x), rtol=1e-5, atol=1e-6)
    # The bias and the activation come after the division.
    if name == "dense":
        expected = np.tanh(x @ (kernel / sigma) + wrapper.layer.bias)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def weighted_output(name, kernel, bias, x, weights):
    """sum(weights * tanh(layer(x))) with numpy's sigma, in float64."""
    layer, shape, _ = LAYERS[name]
    plain = layer(dtype="float64", activation="tanh")
    plain.build((None, *shape))
    plain.set_weights([kernel / norm(name, kernel), bias])
    return float(tf.reduce_sum(plain(tf.cast(x, tf.float64)) * weights))


@each_layer
def test_gradient_against_finite_differences(name):
    """The derivative through numpy's singular value, sigma's term included."""
    wrapper = make(name, activation="tanh")
    settle(wrapper)
    x = inputs(name, batch=2)
    rng = np.random.default_rng(5)
    with tf.GradientTape() as tape:
        y = wrapper(x)
        weights = rng.normal(size=y.shape)
        loss = tf.reduce_sum(y * tf.constant(weights, tf.float32))
    kernel = wrapper.layer.kernel
    gradient = tape.gradient(loss, kernel).numpy()

    bias = wrapper.layer.bias.numpy()
    start = np.asarray(kernel, np.float64)
    for _ in range(4):
        direction = rng.normal(size=start.shape)
        direction /= np.linalg.norm(direction)
        ends = [
            weighted_output(name, start + h * direction, bias, x, weights)
            for h in (1e-5, -1e-5)
        ]
        slope = (ends[0] - ends[1]) / 2e-5
        scale = float(np.linalg.norm(gradient))
        assert np.sum(gradient * direction) == pytest.approx(
            slope, abs=1e-3 * scale + 1e-6
        )


@each_layer
def test_gradient_is_orthogonal_to_the_kernel(name):
    """The output does not depend on the kernel's length.

    True of any u, settled or not; without sigma's own term it is false.
    """
    wrapper = make(name)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(wrapper(inputs(name))))
    kernel = wrapper.layer.kernel
    gradient = tape.gradient(loss, kernel).numpy()
    along = np.sum(gradient * kernel)
    lengths = np.linalg.norm(gradient) * np.linalg.norm(kernel)
    assert abs(along) < 1e-5 * lengths + 1e-6

    sigma = wrapper.sigma().numpy()  # a number: the layer without that term
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(wrapper.layer(inputs(name) / sigma)))
    gradient = tape.gradient(loss, kernel).numpy()
    lengths = np.linalg.norm(gradient) * np.linalg.norm(kernel)
    assert abs(np.sum(gradient * kernel)) > 1e-3 * lengths


def test_gradient_by_the_documented_formula():
    wrapper = make("dense", use_bias=False)
    x = inputs("dense")
    weights = np.random.default_rng(1).normal(size=(4, 6))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(wrapper(x) * tf.constant(weights, tf.float32))
    gradient = tape.gradient(loss, wrapper.layer.kernel)
    w = matrix("dense", wrapper.layer.kernel)
    u = wrapper.u.numpy().astype(np.float64)
    sigma = np.linalg.norm(w @ u)
    outer = np.outer(w @ u / sigma, u)
    plain = np.asarray(x, np.float64).T @ weights
    expected = (plain - np.sum(plain * w / sigma) * outer) / sigma
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


def test_keras_layer_does_otherwise():
    """Row 23 of the ledger: why this layer is here."""
    x = inputs("dense")
    theirs = keras.layers.SpectralNormalization(keras.layers.Dense(6))
    theirs.build(x.shape)
    before = theirs.layer.kernel.numpy()
    theirs(x, training=True)
    assert not np.allclose(before, theirs.layer.kernel, rtol=1e-3)


def test_update_of_a_model():
    """Once for each, however deep it is, and nothing else."""
    inner = keras.Sequential(
        [keras.Input((10,)), make("dense", built=False)], name="inner"
    )
    shared = make("dense", built=False, seed=7)
    x = keras.Input((10,))
    y = keras.layers.BatchNormalization()(inner(x)) + shared(x) + shared(-x)
    model = keras.Model(x, y)
    wrappers = [inner.layers[-1], shared]
    expected = []
    for wrapper in wrappers:
        w = matrix("dense", wrapper.layer.kernel)
        wrapper.u.assign(np.eye(6)[0])
        u = w.T @ w[:, 0]
        expected.append(u / np.linalg.norm(u))
    weights = {id(v): v.numpy() for v in model.variables}
    update_power_iterations(model)
    for wrapper, u in zip(wrappers, expected, strict=True):
        np.testing.assert_allclose(wrapper.u, u, rtol=1e-4, atol=1e-6)
    moved = [v for v in model.variables if np.any(weights[id(v)] != v)]
    assert {id(v) for v in moved} == {id(w.u) for w in wrappers}


def test_update_of_a_model_without():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    before = model.get_weights()
    update_power_iterations(model)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("jit_compile", [True, False])
def test_one_update_a_step_keeps_up(jit_compile):
    """Training in one compiled loop: sigma stays close to 1."""
    # With other weights the two largest singular values change places, and the
    # estimate follows in some steps only.
    keras.utils.set_random_seed(1)
    wrapper = make("conv2d")
    head = SpectralNormalization(keras.layers.Dense(1), seed=3)
    model = keras.Sequential(
        [keras.Input((6, 6, 2)), wrapper, keras.layers.Flatten(), head]
    )
    start = wrapper.layer.kernel.numpy()
    optimizer = keras.optimizers.Adam(1e-2, beta_1=0.5)
    optimizer.build(model.trainable_variables)
    x = inputs("conv2d", batch=16)
    target = inputs("conv2d", batch=16, seed=1)[:, 0, 0, :1]

    def step(i):
        update_power_iterations(model)
        with tf.GradientTape() as tape:
            for _ in range(3):  # a step makes several calls
                loss = tf.reduce_mean(
                    tf.square(model(x, training=True) - target)
                )
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return i + 1

    @tf.function(jit_compile=jit_compile, autograph=False)
    def train(steps):
        tf.while_loop(lambda i: i < steps, step, (0,))

    for number in range(71):
        train(tf.constant(1))
        effective = norm("conv2d", wrapper.normalized_kernel())
        assert effective == pytest.approx(1, abs=0.05), number
    assert np.abs(wrapper.layer.kernel - start).max() > 0.1


@each_layer
def test_survives_saving(name, tmp_path):
    shape = LAYERS[name][1]
    model = keras.Sequential([keras.Input(shape), make(name, built=False)])
    wrapper = model.layers[-1]
    wrapper.u.assign(np.ones(wrapper.u.shape) / wrapper.u.shape[0] ** 0.5)
    config = wrapper.get_config()
    assert config["seed"] == 0
    copy = SpectralNormalization.from_config(wrapper.get_config())
    assert copy.get_config() == config
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.layers[-1].u, wrapper.u)
    x = inputs(name)
    np.testing.assert_array_equal(loaded(x), model(x))
    assert (
        loaded.output_shape == model.output_shape == (None, *model(x).shape[1:])
    )


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
@each_layer
def test_sigma_has_32_bits(name, dtype):
    exact, mixed = make(name), make(name, dtype=dtype)
    model = keras.Sequential([keras.Input(LAYERS[name][1]), mixed])
    x = inputs(name)
    y = model(x)
    assert y.dtype == tf.as_dtype(dtype.removeprefix("mixed_"))
    np.testing.assert_allclose(tf.cast(y, tf.float32), exact(x), atol=0.05)
    assert {w.dtype for w in mixed.weights} == {"float32"}
    assert mixed.sigma().numpy() == exact.sigma().numpy()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.cast(model(x), tf.float32))
    for gradient in tape.gradient(loss, mixed.trainable_variables):
        assert gradient.dtype == tf.float32
        assert np.isfinite(gradient).all()


def test_sigma_inside_a_16_bit_network_has_32_bits():
    """The kernel is not rounded before sigma is worked out."""
    received = []

    class Spy(SpectralNormalization):
        def sigma(self):
            value = super().sigma()
            received.append(value)
            return value

    class Network(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.layer = Spy(
                keras.layers.Dense(6, dtype=self.dtype_policy),
                seed=0,
                dtype=self.dtype_policy,
            )

        def call(self, x):
            return self.layer(x)

    network = Network(dtype="mixed_bfloat16")
    network(inputs("dense"))  # traced for its shapes, then run
    assert len(received) == 2
    assert {sigma.dtype for sigma in received} == {tf.float32}
    outside = network.layer.sigma().numpy()
    assert received[1].numpy() == pytest.approx(outside, rel=1e-6)


def test_a_kernel_of_zeros():
    wrapper = make("dense", kernel_initializer="zeros")
    x = inputs("dense")
    bias = np.tile(wrapper.layer.bias.numpy(), (4, 1))
    with tf.GradientTape() as tape:
        y = wrapper(x)
        loss = tf.reduce_sum(y)
    np.testing.assert_array_equal(y, bias)
    gradient = tape.gradient(loss, wrapper.layer.kernel).numpy()
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() < 100
    with tf.GradientTape() as tape:
        sigma = wrapper.sigma()
    np.testing.assert_array_equal(
        tape.gradient(sigma, wrapper.layer.kernel), np.zeros((10, 6))
    )
    u = wrapper.u.numpy()
    assert np.linalg.norm(u) == pytest.approx(1, rel=1e-5)
    wrapper.update()
    np.testing.assert_array_equal(u, wrapper.u)
    # And it comes to life again.
    wrapper.layer.kernel.assign(np.random.default_rng(0).normal(size=(10, 6)))
    settle(wrapper)
    assert norm("dense", wrapper.normalized_kernel()) == pytest.approx(1)


def test_a_kernel_of_zeros_divides_by_nothing():
    """A NaN in a branch not taken would end a search for NaNs here."""
    wrapper = make("dense", kernel_initializer="zeros")
    tf.debugging.enable_check_numerics()
    try:
        wrapper.update()
        y = wrapper(inputs("dense"))
    finally:
        tf.debugging.disable_check_numerics()
    np.testing.assert_allclose(y - wrapper.layer.bias, np.zeros((4, 6)))


def test_sigma_is_positive_though_u_is_old():
    """A kernel may change its sign between two updates, the output not."""
    wrapper = make("dense")
    sigma = wrapper.sigma()
    wrapper.layer.kernel.assign(-wrapper.layer.kernel)
    assert wrapper.sigma() == sigma > 0


def test_gradient_of_a_gradient():
    """|grad_x D| of a linear critic is 1 whatever its kernel: no pull."""
    wrapper = SpectralNormalization(keras.layers.Dense(1), seed=0)
    x = inputs("dense")
    wrapper(x)
    wrapper.layer.kernel.assign(3.0 * wrapper.layer.kernel)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = wrapper(x)
        slope = inner.gradient(y, x)
        norms = tf.norm(slope, axis=1)
        loss = tf.reduce_mean(tf.square(norms - 0.25))
    np.testing.assert_allclose(norms, 1, rtol=1e-5)
    gradient = outer.gradient(loss, wrapper.layer.kernel)
    np.testing.assert_allclose(gradient, 0, atol=1e-5)


def test_takes_values_from_outside():
    """Keras' stateless calls see the variables that they are given."""
    wrapper, other = make("dense"), make("dense", seed=9)
    x = inputs("dense")
    y, _ = wrapper.stateless_call(
        [v.value for v in other.trainable_variables],
        [v.value for v in other.non_trainable_variables],
        x,
    )
    np.testing.assert_allclose(y, other(x), rtol=1e-6)


def test_built_while_shapes_are_worked_out():
    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = make("dense", built=False)

        def call(self, x):
            return self.layer(x)

    network = Network()
    spec = network.compute_output_spec(keras.KerasTensor((None, 10)))
    assert spec.shape == (None, 6)
    np.testing.assert_allclose(
        network(inputs("dense")), make("dense")(inputs("dense")), rtol=1e-5
    )


def test_seed():
    def first_u(seed):
        # Of a kernel of zeros, whose u no iteration moves.
        layer = keras.layers.Dense(6, kernel_initializer="zeros")
        wrapper = SpectralNormalization(layer, seed=seed)
        wrapper.build((None, 10))
        assert np.linalg.norm(wrapper.u) == pytest.approx(1, rel=1e-5)
        return wrapper.u.numpy()

    np.testing.assert_array_equal(first_u(2), first_u(2))
    for seed in (3, None):
        assert np.abs(first_u(2) - first_u(seed)).max() > 0.01


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.BatchNormalization(),
        keras.layers.DepthwiseConv2D(3),
        keras.layers.SeparableConv2D(3, 3),
        keras.layers.Embedding(3, 4),
        None,
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_bad_layer(layer):
    with pytest.raises(
        ValueError, match="`layer` must be one of Dense, Conv1D"
    ):
        SpectralNormalization(layer)
