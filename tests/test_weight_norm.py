"""Weight normalisation against numpy in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import layers, weight_norm
from tf_gans.layers import WeightNormalization

# Name: a layer, its inputs, and where its outputs stand in the kernel.
LAYERS = {
    "dense": (lambda **o: keras.layers.Dense(6, **o), (10,), 1),
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


def make(name, built=True, wrapped=None, **options):
    layer, shape, _ = LAYERS[name]
    normal = keras.initializers.RandomNormal
    options = {
        "kernel_initializer": normal(stddev=0.5, seed=0),
        "bias_initializer": normal(seed=1),
        **options,
    }
    wrapper = WeightNormalization(layer(**options), **(wrapped or {}))
    if built:
        wrapper.build((None, *shape))
    return wrapper


def inputs(name, batch=4, seed=0):
    shape = LAYERS[name][1]
    values = np.random.default_rng(seed).normal(0.3, size=(batch, *shape))
    return tf.constant(values, tf.float32)


def normalised(name, kernel, gain):
    """g v / ||v||, output by output."""
    kernel = np.array(kernel, np.float64)
    axis = LAYERS[name][2]
    for k in range(kernel.shape[axis]):
        one = [slice(None)] * kernel.ndim
        one[axis] = k
        v = kernel[tuple(one)]
        kernel[tuple(one)] = gain[k] * v / np.sqrt((v**2).sum())
    return kernel


def plain_output(name, kernel, bias, x, **options):
    """The layer of Keras with these values, in float64."""
    layer, shape, _ = LAYERS[name]
    plain = layer(dtype="float64", **options)
    plain.build((None, *shape))
    plain.set_weights([kernel, bias])
    return plain(tf.cast(x, tf.float64))


@each_layer
def test_output_is_that_of_the_normalised_kernel(name):
    wrapper = make(name, activation="tanh")
    outputs = LAYERS[name][2]
    assert wrapper.g.shape == (wrapper.layer.kernel.shape[outputs],)
    gain = np.random.default_rng(2).normal(size=wrapper.g.shape)
    wrapper.g.assign(gain)
    expected = normalised(name, wrapper.layer.kernel, gain)
    np.testing.assert_allclose(
        wrapper.normalized_kernel(), expected, rtol=1e-5, atol=1e-6
    )
    x = inputs(name)
    bias = wrapper.layer.bias.numpy()
    y = plain_output(name, expected, bias, x, activation="tanh")
    np.testing.assert_allclose(wrapper(x), y, rtol=1e-4, atol=1e-5)


@each_layer
def test_starts_as_the_layer_inside(name):
    wrapper = make(name)
    x = inputs(name)
    np.testing.assert_allclose(
        wrapper(x), wrapper.layer(x), rtol=1e-5, atol=1e-5
    )


def test_gain_initializer():
    wrapper = make("dense", wrapped={"gain_initializer": "ones"})
    np.testing.assert_array_equal(wrapper.g, np.ones(6))
    lengths = np.linalg.norm(wrapper.normalized_kernel(), axis=0)
    np.testing.assert_allclose(lengths, 1, rtol=1e-6)


@each_layer
def test_without_gain(name):
    wrapper = make(name, wrapped={"gain": False})
    assert len(wrapper.trainable_weights) == 2
    kernel = wrapper.normalized_kernel()
    ones = np.ones(kernel.shape[LAYERS[name][2]])
    np.testing.assert_allclose(
        kernel,
        normalised(name, wrapper.layer.kernel, ones),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("train_gain", [True, False])
def test_who_learns(train_gain):
    wrapper = make("dense", wrapped={"train_gain": train_gain})
    names = {v.name for v in wrapper.trainable_variables}
    assert names == {"kernel", "bias", *(["g"] if train_gain else [])}
    assert len(wrapper.variables) == 3


@each_layer
def test_gradients_are_the_papers(name):
    """Equation 3: those of g and v from that of w."""
    wrapper = make(name)
    x = inputs(name)
    with tf.GradientTape(persistent=True) as tape:
        kernel = wrapper.normalized_kernel()
        loss = tf.reduce_sum(tf.sin(wrapper(x)))
    of_v, of_g = tape.gradient(loss, [wrapper.layer.kernel, wrapper.g])
    del tape
    other = make(name)
    other.layer.kernel.assign(kernel)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(other.layer(x)))
    axis = LAYERS[name][2]

    def rows(values):
        values = np.asarray(values, np.float64)
        return np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)

    of_w = rows(tape.gradient(loss, other.layer.kernel))
    v, g = rows(wrapper.layer.kernel), wrapper.g.numpy()[:, np.newaxis]
    length = np.linalg.norm(v, axis=1, keepdims=True)
    expected_g = (of_w * v).sum(1, keepdims=True) / length
    expected_v = g / length * of_w - g * expected_g / length**2 * v
    np.testing.assert_allclose(of_g, expected_g[:, 0], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(rows(of_v), expected_v, rtol=1e-3, atol=1e-4)


def test_kernel_of_zeros():
    """One unit of zeros: no NaN, forwards or backwards."""
    wrapper = make("dense")
    kernel = wrapper.layer.kernel.numpy()
    kernel[:, 2] = 0
    wrapper.layer.kernel.assign(kernel)
    with tf.GradientTape() as tape:
        y = wrapper(inputs("dense"))
        loss = tf.reduce_sum(tf.square(y))
    np.testing.assert_allclose(y[:, 2], [wrapper.layer.bias[2]] * 4)
    for gradient in tape.gradient(loss, wrapper.trainable_variables):
        assert np.isfinite(gradient).all()


def test_calls_change_nothing():
    wrapper = make("conv2d")
    before = [w.numpy() for w in wrapper.weights]
    for training in (False, True, None):
        wrapper(inputs("conv2d"), training=training)
    for value, weight in zip(before, wrapper.weights, strict=True):
        np.testing.assert_array_equal(value, weight)


def network(wrapped=None, **options):
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            make("conv2d", built=False, activation="relu", **options),
            keras.layers.Flatten(),
            WeightNormalization(
                keras.layers.Dense(
                    7,
                    kernel_initializer=keras.initializers.RandomNormal(seed=4),
                ),
                **(wrapped or {}),
            ),
        ]
    )
    return model, [model.layers[0], model.layers[-1]]


@pytest.mark.parametrize("stddev", [1.0, 0.5])
def test_initialize(stddev):
    """Mean 0 and one deviation before each activation, layer after layer."""
    model, (first, last) = network({"train_gain": False})
    directions = [layer.layer.kernel.numpy() for layer in (first, last)]
    x = inputs("conv2d", batch=50)
    weight_norm.initialize(model, x, stddev=stddev)
    with tf.GradientTape():  # outside of `initialize` nothing is set
        y = model(x).numpy()
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(0), stddev, rtol=1e-4)
    before = plain_output(
        "conv2d",
        normalised("conv2d", directions[0], first.g.numpy()),
        first.layer.bias.numpy(),
        x,
    )
    np.testing.assert_allclose(np.mean(before, (0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(np.std(before, (0, 1, 2)), stddev, rtol=1e-4)
    for layer, direction in zip((first, last), directions, strict=True):
        np.testing.assert_array_equal(layer.layer.kernel, direction)
    assert first.layer.activation is keras.activations.relu


def test_initialize_twice_is_once():
    model, _ = network()
    x = inputs("conv2d", batch=50)
    weight_norm.initialize(model, x)
    once = model.get_weights()
    weight_norm.initialize(model, x)
    for a, b in zip(once, model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_initialize_without_bias():
    wrapper = make("dense", use_bias=False)
    x = inputs("dense", batch=50)
    weight_norm.initialize(wrapper, x)
    squares = np.mean(np.square(wrapper(x)), axis=0)
    np.testing.assert_allclose(squares, 1, rtol=1e-4)


def test_initialize_takes_rows_by_seed():
    x = inputs("dense", batch=50)

    def gains(**options):
        wrapper = make("dense")
        weight_norm.initialize(wrapper, x, **options)
        return wrapper.g.numpy()

    some = gains(num_samples=20, seed=1)
    np.testing.assert_array_equal(some, gains(num_samples=20, seed=1))
    assert np.abs(some - gains(num_samples=20, seed=2)).max() > 1e-3
    rows = np.random.default_rng(1).permutation(50)[:20]
    wrapper = make("dense")
    weight_norm.initialize(wrapper, tf.gather(x, rows))
    np.testing.assert_array_equal(some, wrapper.g)


def test_initialize_leaves_out_what_cannot_be():
    """A layer without g, and a unit that says the same of everything."""
    bare = make("dense", wrapped={"gain": False})
    before = [w.numpy() for w in bare.weights]
    weight_norm.initialize(bare, inputs("dense"))
    for a, b in zip(before, bare.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    wrapper = make("dense")
    gain = wrapper.g.numpy()
    weight_norm.initialize(wrapper, tf.zeros((4, 10)))
    np.testing.assert_array_equal(wrapper.g, gain)
    np.testing.assert_array_equal(wrapper.layer.bias, np.zeros(6))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_samples": 5}, "`num_samples` must be at most"),
        ({"num_samples": 0}, "`num_samples` must be"),
        ({"stddev": 0.0}, "`stddev` must be above 0"),
        ({"seed": -1}, "`seed` must be"),
    ],
)
def test_initialize_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        weight_norm.initialize(make("dense"), inputs("dense"), **options)


def test_initialize_in_a_program():
    @tf.function(autograph=False)
    def program():
        weight_norm.initialize(make("dense"), inputs("dense"))

    with pytest.raises(ValueError, match=r"within a tf\.function"):
        program()


@pytest.mark.parametrize("jit_compile", [True, False])
def test_in_a_compiled_step(jit_compile):
    wrapper = make("dense")
    x = inputs("dense")

    @tf.function(jit_compile=jit_compile, autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(wrapper(x) - 1))
        return tape.gradient(loss, wrapper.trainable_variables)

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(wrapper(x) - 1))
    expected = tape.gradient(loss, wrapper.trainable_variables)
    for a, b in zip(step(), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "wrapped",
    [{}, {"gain": False}, {"train_gain": False, "gain_initializer": "ones"}],
)
def test_survives_saving(wrapped, tmp_path):
    model, (_, last) = network(wrapped)
    config = last.get_config()
    copy = WeightNormalization.from_config(last.get_config())
    assert copy.get_config() == config
    if last.g is not None:
        last.g.assign(np.arange(7))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = inputs("conv2d")
    np.testing.assert_array_equal(loaded(x), model(x))
    names = [w.name for w in model.trainable_weights]
    assert [w.name for w in loaded.trainable_weights] == names
    assert loaded.output_shape == (None, 7)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", ["dense", "deconv2d"])
def test_norms_have_32_bits(name, dtype):
    exact, mixed = make(name), make(name, dtype=dtype)
    model = keras.Sequential([keras.Input(LAYERS[name][1]), mixed])
    x = inputs(name)
    y = model(x)
    assert y.dtype == tf.as_dtype(dtype.removeprefix("mixed_"))
    np.testing.assert_allclose(tf.cast(y, tf.float32), exact(x), atol=0.1)
    assert {w.dtype for w in mixed.weights} == {"float32"}
    assert mixed.normalized_kernel().dtype == tf.float32
    np.testing.assert_array_equal(
        mixed.normalized_kernel(), exact.normalized_kernel()
    )


@pytest.mark.parametrize(
    "layer",
    [keras.layers.BatchNormalization(), keras.layers.DepthwiseConv2D(3), None],
    ids=lambda layer: type(layer).__name__,
)
def test_bad_layer(layer):
    with pytest.raises(
        ValueError, match="`layer` must be one of Dense, Conv1D"
    ):
        WeightNormalization(layer)


@pytest.mark.parametrize(
    "options", [{"train_gain": False}, {"gain_initializer": "ones"}]
)
def test_options_of_no_gain(options):
    with pytest.raises(ValueError, match="gain=False"):
        WeightNormalization(keras.layers.Dense(3), gain=False, **options)
