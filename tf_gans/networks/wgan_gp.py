"""The convolutional pairs of the WGAN-GP paper's program.

`Generator` and `Critic` are those for MNIST, `CifarGenerator` and
`CifarCritic` those for CIFAR-10: the same with twice the channels, tanh and,
in the generator, batch normalisation. No critic has any, since the penalty on
a sample's gradient needs a critic that sees samples one by one (the paper,
section 4).

References:
- the paper: [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028)
- the authors' code: https://github.com/igul222/improved_wgan_training,
  gan_mnist.py and gan_cifar.py
"""

import math

import keras
import tensorflow as tf
from keras.saving import register_keras_serializable

from tf_gans.errors import check_positive_int
from tf_gans.networks.base import (
    ImageNetwork,
    Judge,
    SquashedNetwork,
)

_KERNEL = 5  # sides of the kernels
_SLOPE = 0.2  # of the leaky ReLU


class _Network(ImageNetwork):
    """What the networks share: their width, and how they start."""

    pair = "wgan_gp"
    convolution = {"kernel_size": _KERNEL, "strides": 2}
    # The program normalises by the batch always, and keeps no averages.
    normalization = {"momentum": 0.9, "epsilon": 1e-5}

    def __init__(self, size, channels, width=64, **options):
        super().__init__(size, channels, **options)
        self.width = check_positive_int("width", width)
        # 28 -> 14 -> 7 -> 4: the sides rounded up, as padding does.
        self.first_side = -(-self.size // 8)

    def _conv(self, inputs, filters, name):
        initializer = self._uniform(inputs + filters / 4, name)
        return super()._conv(filters, name, kernel_initializer=initializer)

    def _deconv(self, inputs, filters, name):
        initializer = self._uniform(inputs / 4 + filters, name)
        return super()._deconv(filters, name, kernel_initializer=initializer)

    def _uniform(self, fans, name):
        """How the kernel of a convolution with stride 2 starts.

        Uniform with variance 4 / (fan_in + fan_out), where a fan counts what
        one pixel meets (tflib/ops/conv2d.py:55-75, deconv2d.py:48-55).
        """
        limit = math.sqrt(12 / (_KERNEL**2 * fans))
        return keras.initializers.RandomUniform(-limit, limit, self._seed(name))


@register_keras_serializable(package="tf_gans.wgan_gp")
class Generator(SquashedNetwork, _Network):
    """Maps z to an image, by a dense layer and three transposed convolutions.

    1,554,177 parameters at the default size. The sides are doubled from 4
    three times; for 28x28 the image of 8x8 loses its last row and column.

    Args:
        size: int. The images' sides, a multiple of 4 from 8. Defaults to `28`.
        channels: int. Defaults to `1`.
        width: int. The channels before the last layer. Defaults to `64`.
        latent_dim: int. The components of z. Defaults to `128`.
        batch_norm: bool. Whether the hidden layers are normalised. Defaults to
            `False`.
        output: `"sigmoid"` for images in (0, 1), or `"tanh"` for (-1, 1).
            Defaults to `"sigmoid"`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, latent_dim)`.
    Output shape: `(batch, size, size, channels)`, float32 in `value_range`.

    Reference:
    - igul222/improved_wgan_training, gan_mnist.py:55-80
    """

    role = "generator"

    def __init__(
        self,
        size=28,
        channels=1,
        width=64,
        latent_dim=128,
        batch_norm=False,
        output="sigmoid",
        **options,
    ):
        super().__init__(size, channels, width, output=output, **options)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self.batch_norm = bool(batch_norm)
        width = self.width
        self.dense = self._dense(self.first_side**2 * 4 * width, "dense")
        self.deconvs = [
            self._deconv(4 * width, 2 * width, "deconv_0"),
            self._deconv(2 * width, width, "deconv_1"),
            self._deconv(width, self.channels, "deconv_2"),
        ]
        norms = range(3 if self.batch_norm else 0)
        self.norms = [self._norm(f"norm_{i}") for i in norms]

    def call(self, z, training=None):
        norms = iter(self.norms)

        def hidden(x):
            if self.batch_norm:
                x = next(norms)(x, training=training)
            return tf.nn.relu(x)

        side, quarter = self.first_side, self.size // 4
        first, second, last = self.deconvs
        # The dense layer is normalised unit by unit (gan_cifar.py:52).
        x = hidden(self.dense(z))
        x = tf.reshape(x, (-1, side, side, 4 * self.width))
        x = hidden(first(x))  # (batch, 2 * side, 2 * side, 2 * width)
        x = x[:, :quarter, :quarter]  # 8x8 to 7x7, where the image is 28x28
        x = hidden(second(x))  # (batch, size / 2, size / 2, width)
        return self._squash(last(x))  # (batch, size, size, channels)


@register_keras_serializable(package="tf_gans.wgan_gp")
class CifarGenerator(Generator):
    """The `Generator` for 32x32 colour images.

    5,179,907 trainable parameters, 5,197,059 in all. The program says of its
    width that 64 overfits less.

    Args:
        size, channels, width, latent_dim, batch_norm, output, seed: those of
            `Generator`. Default to `32`, `3`, `128`, `128`, `True`, `"tanh"`
            and `None`.

    Reference:
    - igul222/improved_wgan_training, gan_cifar.py:47-68
    """

    def __init__(
        self,
        size=32,
        channels=3,
        width=128,
        latent_dim=128,
        batch_norm=True,
        output="tanh",
        **options,
    ):
        super().__init__(
            size, channels, width, latent_dim, batch_norm, output, **options
        )


@register_keras_serializable(package="tf_gans.wgan_gp")
class Critic(Judge, _Network):
    """Maps an image to a number, by three convolutions and a dense layer.

    1,030,145 parameters at the default size. There is no normalisation.

    Args:
        width: int. The channels after the first layer. Defaults to `64`.
        size, channels, seed: those of `Generator`.

    Input shape: `(batch, size, size, channels)`.
    Output shape: `(batch, 1)`, float32.

    Reference:
    - igul222/improved_wgan_training, gan_mnist.py:82-101
    """

    role = "critic"

    def __init__(self, size=28, channels=1, width=64, **options):
        super().__init__(size, channels, width, **options)
        width = self.width
        self.convs = [
            self._conv(self.channels, width, "conv_0"),
            self._conv(width, 2 * width, "conv_1"),
            self._conv(2 * width, 4 * width, "conv_2"),
        ]
        self.head = self._dense(1, "head")

    def _features(self, x, training):
        del training
        for conv in self.convs:
            x = tf.nn.leaky_relu(conv(x), _SLOPE)  # half the sides
        return tf.reshape(x, (-1, self.first_side**2 * 4 * self.width))


@register_keras_serializable(package="tf_gans.wgan_gp")
class CifarCritic(Critic):
    """The `Critic` for 32x32 colour images: 4,114,689 parameters.

    Args:
        size, channels, width, seed: those of `Critic`. Default to `32`, `3`,
            `128` and `None`.

    Reference:
    - igul222/improved_wgan_training, gan_cifar.py:70-89
    """

    def __init__(self, size=32, channels=3, width=128, **options):
        super().__init__(size, channels, width, **options)
