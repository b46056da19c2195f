"""What the image networks of several pairs share."""

import numbers

import keras
import tensorflow as tf

from tf_gans.errors import check_positive_int
from tf_gans.random import derive_seed

# What a generator's last layer may be, and the values that it lies between.
OUTPUTS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}


class ImageNetwork(keras.Model):
    """A network that takes or makes square images.

    Args:
        size: int. The images' sides, a multiple of 4 from 8.
        channels: int.
        seed: int or None. The seed of the initial weights.
    """

    family = ""  # the pair's name and the network's role: they keep the
    role = ""  # seeds of all networks apart
    batch_norm = False  # whether the samples of a batch see each other

    def __init__(self, size, channels, seed, **kwargs):
        super().__init__(**kwargs)
        self.size = check_size(size)
        self.channels = check_positive_int("channels", channels)
        self.seed = seed

    def _seed(self, name):
        if self.seed is None:
            return None
        return derive_seed(self.seed, f"{self.family}/{self.role}/{name}")

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "channels": self.channels,
            "seed": self.seed,
        }


def check_size(size):
    """Returns `size` if the networks can have it, or raises a `ValueError`."""
    if check_positive_int("size", size) % 4 or size < 8:
        raise ValueError(
            "`size` must be a multiple of 4, and at least 8: 28, 32, 64 and so "
            f"on. Received: size={size}"
        )
    return int(size)


def check_output(output):
    """Returns `output` if it is in `OUTPUTS`, or raises a `ValueError`."""
    if output not in OUTPUTS:
        raise ValueError(
            f"`output` must be one of {tuple(OUTPUTS)}. "
            f"Received: output={output!r}"
        )
    return output


def check_fraction(name, value):
    """Returns `value` as a float in [0, 1), or raises a `ValueError`."""
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_real or not 0 <= value < 1:
        raise ValueError(
            f"`{name}` must be at least 0 and below 1. "
            f"Received: {name}={value!r}"
        )
    return float(value)


def squash(x, output):
    """Brings the last layer's values, in float32, into the output's range."""
    x = tf.cast(x, tf.float32)
    return tf.sigmoid(x) if output == "sigmoid" else tf.tanh(x)
