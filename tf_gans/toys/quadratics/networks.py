"""The networks of the quadratic curves: one hidden layer of ReLUs each.

They are those of a PyTorch listing, initial weights included: PyTorch's
`Linear` draws kernels and biases from U(-b, b) with `b = 1 / sqrt(fan_in)`.

Reference:
- [pytorch/pytorch, torch/nn/modules/linear.py, `reset_parameters`](
  https://github.com/pytorch/pytorch)
"""

import math

import keras
from keras.saving import register_keras_serializable

from tf_gans.errors import check_positive_int
from tf_gans.networks.base import Judge, ScaledNetwork


class _CurveNetwork(ScaledNetwork):
    """What the two networks share: their options and their layers."""

    pair = "curves"

    def __init__(self, num_points=15, hidden_size=128, **options):
        super().__init__(**options)
        self.num_points = check_positive_int("num_points", num_points)
        self.hidden_size = check_positive_int("hidden_size", hidden_size)

    @property
    def sample_shape(self):
        return (self.num_points,)

    def _add_layers(self, inputs, outputs):
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
        return self._dense(
            units,
            name,
            activation=activation,
            kernel_initializer=kernel,
            bias_initializer=bias,
        )


@register_keras_serializable(package="tf_gans.curves")
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

    Input shape: `(batch, latent_dim)`.
    Output shape: `(batch, num_points)`, float32.
    """

    role = "generator"

    def __init__(self, num_points=15, latent_dim=5, hidden_size=128, **options):
        super().__init__(num_points, hidden_size, **options)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self._add_layers(self.latent_dim, self.num_points)

    def call(self, z, training=None):
        return self._from_units(self.head(self.hidden(z)))


@register_keras_serializable(package="tf_gans.curves")
class Discriminator(Judge, _CurveNetwork):
    """Maps the heights of a curve to a logit.

    2,177 parameters at the default size. The listing's `sigmoid` is left to
    the loss.

    Args:
        shift, scale: floats. The network sees `(y - shift) / scale`. Default
            to `0` and `1`.
        num_points, hidden_size, seed: those of `Generator`.

    Input shape: `(batch, num_points)`.
    Output shape: `(batch, 1)`, float32.
    """

    role = "discriminator"

    def __init__(self, num_points=15, hidden_size=128, **options):
        super().__init__(num_points, hidden_size, **options)
        self._add_layers(self.num_points, 1)

    def _features(self, y, training):
        del training
        return self.hidden(self._to_units(y))
