"""Dense networks for points in the plane.

One pair for every recipe, so that what differs between two trainings is the
recipe. They are this project's own; the published programs on these data have
one pair each.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gans.errors import check_positive_int
from tf_gans.layers import MinibatchDiscrimination, smooth_leaky_relu
from tf_gans.random import derive_seed


class _PointNetwork(keras.Model):
    """What the networks share: hidden layers, and where the data lie.

    Networks work where data have mean 0 and standard deviation 1:
    `data = shift + scale * network units`. Both are constants, not weights.
    """

    role = ""

    def __init__(
        self,
        hidden_size,
        num_layers,
        activation,
        shift,
        scale,
        seed,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not scale > 0:
            raise ValueError(
                f"`scale` must be positive. Received: scale={scale}"
            )
        self.hidden_size = check_positive_int("hidden_size", hidden_size)
        self.num_layers = check_positive_int("num_layers", num_layers)
        self.activation = keras.activations.get(activation)
        self.shift = tuple(float(x) for x in np.broadcast_to(shift, (2,)))
        self.scale = float(scale)
        self.seed = seed

    def _stack(self, prefix=""):
        """A new list of hidden layers."""
        return [
            self._dense(self.hidden_size, f"{prefix}{i}", self.activation)
            for i in range(self.num_layers)
        ]

    def _dense(self, units, name, activation=None):
        # He et al., 2015: https://arxiv.org/abs/1502.01852
        initializer = keras.initializers.HeNormal(seed=self._seed(name))
        return keras.layers.Dense(
            units,
            activation=activation,
            kernel_initializer=initializer,
            name=name,
            dtype=self.dtype_policy,
        )

    def _seed(self, name):
        if self.seed is None:
            return None
        return derive_seed(self.seed, f"points/{self.role}/{name}")

    def _to_units(self, x):
        return (x - tf.constant(self.shift, x.dtype)) / self.scale

    def _from_units(self, x):
        x = tf.cast(x, tf.float32)
        return tf.constant(self.shift, x.dtype) + self.scale * x

    def get_config(self):
        return {
            **super().get_config(),
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "activation": keras.activations.serialize(self.activation),
            "shift": self.shift,
            "scale": self.scale,
            "seed": self.seed,
        }
