"""The players of the Dirac GAN, a number each.

Reference:
- [Mescheder et al., 2018](https://arxiv.org/abs/1801.04406), definition 2.1
"""

import keras
import tensorflow as tf
from keras.saving import register_keras_serializable

from tf_gans.networks.base import Network, full_precision


class _Number(Network):
    """A network whose only weight is a number.

    Args:
        start: float. Where it begins. Defaults to `1`.
    """

    pair = "dirac"
    sample_shape = (1,)

    def __init__(self, start=1.0, **options):
        super().__init__(**options)
        self.start = float(start)

    def build(self, input_shape=None):
        self.number = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(self.start),
            name="number",
        )


@register_keras_serializable(package="tf_gans.dirac")
class Generator(_Number):
    """Makes the number theta of every z.

    One parameter.

    Args:
        start: float. Where it begins. Defaults to `1`.

    Input shape: `(batch, 1)`.
    Output shape: `(batch, 1)`, float32.
    """

    role = "generator"
    latent_dim = 1

    def call(self, z, training=None):
        return full_precision(tf.zeros_like(z) + self.number)


@register_keras_serializable(package="tf_gans.dirac")
class Discriminator(_Number):
    """Maps x to the logit `psi x`.

    One parameter: it says on which side of 0 the samples are that it takes for
    real, and how sure it is.

    Args:
        start: float. Where it begins. Defaults to `1`.

    Input shape: `(batch, 1)`.
    Output shape: `(batch, 1)`, float32.
    """

    role = "discriminator"

    def call(self, x, training=None):
        return full_precision(x * self.number)
