"""The one place where pixels and samples meet.

Pixels are what files and screens have: uint8, from 0 to 255. Samples are what
networks have: floats within a value range, (-1, 1) where the generator ends in
a tanh and (0, 1) where it ends in a sigmoid.
"""

import numpy as np
import tensorflow as tf


def to_samples(images, value_range=(-1.0, 1.0)):
    """Turns pixels into samples: 0 becomes `low`, and 255 becomes `high`.

    The ends are exact, and the numbers are the same with and without XLA.

    Args:
        images: uint8 tensor or array of any shape.
        value_range: pair of floats, `(low, high)`. Defaults to `(-1, 1)`.

    Returns:
        A float32 tensor of the same shape.

    Example:

    >>> to_samples(np.array([0, 51, 255], np.uint8)).numpy()
    array([-1. , -0.6,  1. ], dtype=float32)
    """
    images = tf.convert_to_tensor(images)
    if images.dtype != tf.uint8:
        raise ValueError(
            f"`images` must be uint8. Received: dtype={images.dtype.name}"
        )
    low, high = check_value_range(value_range)
    x = tf.cast(images, tf.float32)
    # The sum is exact for ranges of whole numbers, so that the product is the
    # only operation that rounds, whatever a compiler joins together. It would
    # also make a product of a quotient.
    return (x * (high - low) + 255 * low) * np.float32(1 / 255)


def to_pixels(samples, value_range=(-1.0, 1.0)):
    """Turns samples into pixels: the inverse of `to_samples`, rounded.

    What lies beyond the range becomes its nearer end, and NaN becomes 0.

    Args:
        samples: float tensor or array of any shape.
        value_range: pair of floats, `(low, high)`. Defaults to `(-1, 1)`.

    Returns:
        uint8 of the same shape: a tensor for a tensor, an array for an array.
    """
    low, high = check_value_range(value_range)
    is_tensor = tf.is_tensor(samples)
    if not is_tensor:
        samples = np.asarray(samples)
    if not tf.as_dtype(samples.dtype).is_floating:
        raise ValueError(
            "`samples` must be floats. "
            f"Received: dtype={tf.as_dtype(samples.dtype).name}"
        )
    scale = 255 / (high - low)
    if is_tensor:
        x = tf.cast(samples, tf.float32)
        x = tf.where(tf.math.is_nan(x), low, tf.clip_by_value(x, low, high))
        return tf.cast(tf.round((x - low) * scale), tf.uint8)
    x = np.clip(samples.astype(np.float32), low, high)
    x = np.where(np.isnan(x), np.float32(low), x)
    return np.round((x - np.float32(low)) * np.float32(scale)).astype(np.uint8)


def check_value_range(value_range):
    """Returns `(low, high)` as floats, or raises a `ValueError`."""
    low, high = (float(end) for end in value_range)
    if not -np.inf < low < high < np.inf:
        raise ValueError(
            "`value_range` must be a pair of finite numbers, the lower one "
            f"first. Received: value_range={value_range}"
        )
    return low, high
