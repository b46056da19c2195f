import numpy as np
import pytest
import tensorflow as tf

from tf_gans import pixels

RANGES = [(-1.0, 1.0), (0.0, 1.0), (-0.5, 0.5), (-3.0, 7.0), (0.1, 0.7)]
ALL = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize("value_range", RANGES)
class TestRanges:
    def test_samples_follow_the_definition(self, value_range):
        low, high = value_range
        x = pixels.to_samples(ALL, value_range)
        assert x.dtype == tf.float32
        expected = low + (high - low) * ALL / 255
        np.testing.assert_allclose(x, expected, rtol=1e-6, atol=1e-6)

    def test_there_and_back(self, value_range):
        x = pixels.to_samples(ALL, value_range)
        np.testing.assert_array_equal(pixels.to_pixels(x, value_range), ALL)
        np.testing.assert_array_equal(
            pixels.to_pixels(x.numpy(), value_range), ALL
        )


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 1), (-3, 7)])
def test_xla_gives_the_same_bits(value_range):
    images = tf.constant(ALL)
    compiled = tf.function(
        lambda x: pixels.to_samples(x, value_range), jit_compile=True
    )
    np.testing.assert_array_equal(
        compiled(images), pixels.to_samples(images, value_range)
    )


@pytest.mark.parametrize("value_range", RANGES[:2])
def test_the_ends_are_exact(value_range):
    x = pixels.to_samples(np.array([0, 255], np.uint8), value_range)
    assert tuple(x.numpy()) == value_range


def test_the_kind_and_the_shape_stay():
    x = np.zeros((2, 3, 4, 1), np.float32)
    for kind in (x, tf.constant(x)):
        y = pixels.to_pixels(kind)
        assert type(y) is type(kind)
        assert y.dtype == np.uint8
        assert y.shape == x.shape
    assert pixels.to_samples(ALL.reshape(2, 128)).shape == (2, 128)


def test_a_list_and_a_program_s_tensor():
    """Not only what has its numbers at hand, and a dtype."""
    np.testing.assert_array_equal(pixels.to_pixels([-1.0, 1.0]), [0, 255])
    compiled = tf.function(pixels.to_pixels, autograph=False)
    np.testing.assert_array_equal(compiled(tf.constant([-1.0, 1])), [0, 255])


def test_the_range_is_that_of_a_tanh_unless_told_otherwise():
    x = np.array([-1, 0.2, 1], np.float32)
    np.testing.assert_array_equal(
        pixels.to_samples(ALL), pixels.to_samples(ALL, (-1, 1))
    )
    for kind in (x, tf.constant(x)):
        np.testing.assert_array_equal(pixels.to_pixels(kind), [0, 153, 255])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_samples_of_other_precision(dtype):
    x = tf.cast([-1.0, 0.5, 1.0], dtype)
    np.testing.assert_array_equal(pixels.to_pixels(x), [0, 191, 255])
    np.testing.assert_array_equal(pixels.to_pixels(x.numpy()), [0, 191, 255])


def test_what_lies_beyond_the_range():
    x = np.array([-1.5, -np.inf, 1.01, np.inf, 3e38, np.nan], np.float32)
    for kind in (x, tf.constant(x)):
        np.testing.assert_array_equal(
            pixels.to_pixels(kind), [0, 0, 255, 255, 255, 0]
        )


def test_rounding_is_to_the_nearest():
    x = (np.array([0.4, 0.6, 100.4, 100.6, 254.6]) / 255).astype(np.float32)
    for kind in (x, tf.constant(x)):
        np.testing.assert_array_equal(
            pixels.to_pixels(kind, (0, 1)), [0, 1, 100, 101, 255]
        )


def test_wrong_types():
    with pytest.raises(
        ValueError, match=r"must be uint8\. Received: .*float32"
    ):
        pixels.to_samples(np.zeros(3, np.float32))
    for wrong in (ALL, tf.constant(ALL)):
        with pytest.raises(ValueError, match=r"must be floats\. .*uint8"):
            pixels.to_pixels(wrong)


@pytest.mark.parametrize(
    "value_range", [(1, -1), (0, 0), (0, np.inf), (np.nan, 1)]
)
def test_wrong_ranges(value_range):
    with pytest.raises(ValueError, match="`value_range` must be a pair"):
        pixels.to_samples(ALL, value_range)
    with pytest.raises(ValueError, match="`value_range` must be a pair"):
        pixels.to_pixels(np.zeros(1), value_range)
