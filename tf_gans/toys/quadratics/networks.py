"""The networks of the quadratic curves: one hidden layer of ReLUs each.

They are those of a PyTorch listing, initial weights included: PyTorch's
`Linear` draws kernels and biases from U(-b, b) with `b = 1 / sqrt(fan_in)`.

Reference:
- [pytorch/pytorch, torch/nn/modules/linear.py, `reset_parameters`](
  https://github.com/pytorch/pytorch)
"""

import math

import keras
import tensorflow as tf

from tf_gans.errors import check_positive_int
from tf_gans.random import derive_seed


class _CurveNetwork(keras.Model):
    """What the two networks share: their options and their layers.

    `shift` and `scale` say where the data lie: `data = shift + scale * network
    units`. They are constants, not weights.
    """

    role = ""

    def __init__(self, num_points, hidden_size, shift, scale, seed, **kwargs):
        super().__init__(**kwargs)
        if not scale > 0:
            raise ValueError(
                f"`scale` must be positive. Received: scale={scale}"
            )
        self.num_points = check_positive_int("num_points", num_points)
        self.hidden_size = check_positive_int("hidden_size", hidden_size)
        self.shift = float(shift)
        self.scale = float(scale)
        self.seed = seed

    def _add_layers(self, inputs, outputs):
        self._inputs = inputs
        self.hidden = self._linear(inputs, self.hidden_size, "hidden", "relu")
        self.head = self._linear(self.hidden_size, outputs, "head")

    def _linear(self, inputs, units, name, activation=None):
        """A dense layer that starts as PyTorch's."""
        bound = 1 / math.sqrt(inputs)
        kernel, bias = (
            keras.initializers.RandomUniform(
                -bound, bound, seed=self._seed(f"{name}/{part}")
            )
            for part in ("kernel", "bias")
        )
        return keras.layers.Dense(
            units,
            activation=activation,
            kernel_initializer=kernel,
            bias_initializer=bias,
            name=name,
            dtype=self.dtype_policy,
        )

    def _seed(self, name):
        if self.seed is None:
            return None
        return derive_seed(self.seed, f"curves/{self.role}/{name}")

    def build(self, input_shape=None):
        self.hidden.build((None, self._inputs))
        self.head.build((None, self.hidden_size))

    def get_config(self):
        return {
            **super().get_config(),
            "num_points": self.num_points,
            "hidden_size": self.hidden_size,
            "shift": self.shift,
            "scale": self.scale,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tf_gans.curves")
class Generator(_CurveNetwork):
    """Maps z to the heights of a curve.

    2,703 parameters at the default size.

    Args:
        num_points: int. The points of a curve. Defaults to `15`.
        latent_dim: int. The size of z. Defaults to `5`.
        hidden_size: int. The units of the hidden layer. Defaults to `128`.
        shift, scale: floats. Curves are `shift + scale * output`. Default to
            `0` and `1`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, latent_dim)`.

    Output shape:
        `(batch, num_points)`, float32.
    """

    role = "generator"

    def __init__(
        self,
        num_points=15,
        latent_dim=5,
        hidden_size=128,
        shift=0.0,
        scale=1.0,
        seed=None,
        name="generator",
        **kwargs,
    ):
        super().__init__(
            num_points, hidden_size, shift, scale, seed, name=name, **kwargs
        )
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self._add_layers(self.latent_dim, self.num_points)

    def call(self, z, training=None):
        y = tf.cast(self.head(self.hidden(z)), tf.float32)
        return y * self.scale + self.shift

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim}


@keras.saving.register_keras_serializable(package="tf_gans.curves")
class Discriminator(_CurveNetwork):
    """Maps the heights of a curve to a logit.

    2,177 parameters at the default size. The listing's `sigmoid` is left to
    the loss.

    Args:
        num_points: int. The points of a curve. Defaults to `15`.
        hidden_size: int. The units of the hidden layer. Defaults to `128`.
        shift, scale: floats. The network sees `(y - shift) / scale`. Default
            to `0` and `1`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, num_points)`.

    Output shape:
        `(batch, 1)`, float32.
    """

    role = "discriminator"

    def __init__(
        self,
        num_points=15,
        hidden_size=128,
        shift=0.0,
        scale=1.0,
        seed=None,
        name="discriminator",
        **kwargs,
    ):
        super().__init__(
            num_points, hidden_size, shift, scale, seed, name=name, **kwargs
        )
        self._add_layers(self.num_points, 1)

    def call(self, y, training=None):
        y = (y - self.shift) / self.scale
        return tf.cast(self.head(self.hidden(y)), tf.float32)
