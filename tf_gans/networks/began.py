"""BEGAN's generators and the autoencoders that are its discriminators.

`Generator` and `Autoencoder` are the paper's, as its best known program has
them: 3x3 convolutions with ELUs, and images doubled by repeating pixels.
`ConvAutoencoder` is the small one that the comparison of the family sets
against InfoGAN's generator.

References:
- the paper: [Berthelot et al., 2017](https://arxiv.org/abs/1703.10717)
- carpedm20's code: https://github.com/carpedm20/BEGAN-tensorflow, models.py
- the comparison: [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), and
  its code, https://github.com/google/compare_gan, version 1
"""

import tensorflow as tf
from keras.saving import register_keras_serializable

from tf_gans.errors import check_positive_int
from tf_gans.networks import infogan
from tf_gans.networks.base import (
    ImageNetwork,
    SquashedNetwork,
    full_precision,
)

_SMALLEST = 7  # sides that are not halved any more: 64 to 8, 28 to 7


class _Network(ImageNetwork):
    """What the paper's two networks share: the decoder.

    Kernels start as those of TensorFlow's slim do, which is Keras' default.
    """

    pair = "began"
    value_range = (-1.0, 1.0)
    convolution = {"kernel_size": 3, "activation": "elu"}

    def __init__(self, size=64, channels=3, filters=128, **options):
        super().__init__(size, channels, **options)
        self.filters = check_positive_int("filters", filters)
        # carpedm20's sides are powers of two, which start at 8; 28 starts at 7.
        self.first_side, self.blocks = self.size, 1
        while self.first_side % 2 == 0 and self.first_side >= 2 * _SMALLEST:
            self.first_side //= 2
            self.blocks += 1
        self.first_dense = self._dense(
            self.first_side**2 * self.filters, "first_dense"
        )
        self.deconvs = [
            self._conv(self.filters, f"deconv_{i}")
            for i in range(2 * self.blocks)
        ]
        self.last_conv = self._conv(self.channels, "last_conv", activation=None)

    def _decode(self, code):
        side = self.first_side
        x = self.first_dense(code)
        x = tf.reshape(x, (-1, side, side, self.filters))
        for i, conv in enumerate(self.deconvs):
            if i and i % 2 == 0:  # twice the sides, by repeating pixels
                x = tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)
            x = conv(x)
        return full_precision(self.last_conv(x))


@register_keras_serializable(package="tf_gans.models.began")
class Generator(_Network):
    """Maps z to an image, by pairs of convolutions and doubled pixels.

    1,716,611 parameters at the default size. A dense layer makes an image of
    8x8 pixels (7x7 where the sides are 28); between two pairs of convolutions
    the sides are doubled.

    Args:
        size: int. The images' sides, a multiple of 4 from 8. They are halved
            as long as they are even and not below 14; what is left are the
            sides of the first image. Defaults to `64`.
        channels: int. Defaults to `3`.
        filters: int. The channels of every convolution: the program's other
            choice is `64`. Defaults to `128`.
        latent_dim: int. The components of z: the program's other choice is
            `128`. Defaults to `64`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, latent_dim)`.
    Output shape: `(batch, size, size, channels)`, float32. The data lie in
        `value_range`, (-1, 1); the last layer is linear and may leave it.

    Reference:
    - [Berthelot et al., 2017](https://arxiv.org/abs/1703.10717), figure 1
    """

    role = "generator"

    def __init__(
        self, size=64, channels=3, filters=128, latent_dim=64, **options
    ):
        super().__init__(size, channels, filters, **options)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)

    def call(self, z, training=None):
        return self._decode(z)


@register_keras_serializable(package="tf_gans.models.began")
class Autoencoder(_Network):
    """Maps an image to a code and the code to an image.

    13,405,379 parameters at the default size. The encoder's pairs of
    convolutions have `filters`, `2 * filters`, `3 * filters` and so on, and a
    convolution with stride 2 follows each but the last; the decoder is the
    generator over again.

    Args:
        filters: int. The channels of the first convolutions. Defaults to
            `128`.
        code_dim: int. The components of the code. Defaults to `64`.
        size, channels, seed: those of `Generator`.

    Input shape: `(batch, size, size, channels)`.
    Output shape: that of the input, float32 and unbounded.

    Reference:
    - [Berthelot et al., 2017](https://arxiv.org/abs/1703.10717), figure 1
    """

    role = "autoencoder"

    def __init__(
        self, size=64, channels=3, filters=128, code_dim=64, **options
    ):
        super().__init__(size, channels, filters, **options)
        self.code_dim = check_positive_int("code_dim", code_dim)
        self.convs = [self._conv(self.filters, "conv_in")]
        for i in range(self.blocks):
            width = (i + 1) * self.filters
            self.convs += [
                self._conv(width, f"conv_{i}_0"),
                self._conv(width, f"conv_{i}_1"),
            ]
            if i < self.blocks - 1:
                self.convs.append(self._conv(width, f"conv_{i}_2", strides=2))
        self.code = self._dense(self.code_dim, "code")

    def call(self, x, training=None):
        for conv in self.convs:
            x = conv(x)
        x = tf.reshape(x, (-1, self.first_side**2 * x.shape[-1]))
        return self._decode(self.code(x))


@register_keras_serializable(package="tf_gans.models.began")
class ConvAutoencoder(SquashedNetwork, infogan.ConvNetwork):
    """Maps an image to a code and back, with InfoGAN's convolutions.

    1,073,601 parameters at the default size. The second convolution has no
    activation. It is the comparison's, for its generator of the same kind; it
    has no batch normalisation there either.

    Args:
        code_dim: int. The components of the code. Defaults to `64`.
        batch_norm: bool. Whether the dense layers and the first transposed
            convolution are normalised. Defaults to `False`.
        output: `"sigmoid"` for images in (0, 1), or `"tanh"` for (-1, 1).
            Defaults to `"sigmoid"`.
        size, channels, width, bn_momentum, bn_epsilon, seed: those of InfoGAN's
            networks. Default to `28`, `1`, `64`, `0.999`, `1e-3` and `None`.

    Input shape: `(batch, size, size, channels)`.
    Output shape: that of the input, float32 in `value_range`.

    Reference:
    - [Lucic et al., 2018](https://arxiv.org/abs/1711.10337); compare_gan,
      version 1, BEGAN.py:66-96
    """

    pair = "began"
    role = "conv_autoencoder"

    def __init__(
        self,
        size=28,
        channels=1,
        code_dim=64,
        batch_norm=False,
        *,
        bn_momentum=0.999,
        bn_epsilon=1e-3,
        name="autoencoder",
        **options,
    ):
        super().__init__(
            size,
            channels,
            batch_norm=batch_norm,
            bn_momentum=bn_momentum,
            bn_epsilon=bn_epsilon,
            name=name,
            **options,
        )
        self.code_dim = check_positive_int("code_dim", code_dim)
        self.conv_0 = self._conv(self.width, "conv_0")
        self.conv_1 = self._conv(2 * self.width, "conv_1")
        self.dense_0 = self._dense(self.code_dim, "dense_0")
        self.norm_0 = self._norm("norm_0")
        self.dense_1 = self._dense(2 * self.width * self.sides**2, "dense_1")
        self.norm_1 = self._norm("norm_1")
        self.deconv_0 = self._deconv(self.width, "deconv_0")
        self.norm_2 = self._norm("norm_2")
        self.deconv_1 = self._deconv(self.channels, "deconv_1")

    def call(self, x, training=None):
        x = self._hidden(self.conv_0(x), None, training)  # half the sides
        x = self.conv_1(x)  # (batch, sides, sides, 2 width)
        x = tf.reshape(x, (-1, 2 * self.width * self.sides**2))
        x = self._hidden(self.dense_0(x), self.norm_0, training)
        # (batch, code_dim)
        x = self._hidden(self.dense_1(x), self.norm_1, training)
        x = tf.reshape(x, (-1, self.sides, self.sides, 2 * self.width))
        x = self._hidden(self.deconv_0(x), self.norm_2, training)
        return self._squash(self.deconv_1(x))  # (batch, size, size, channels)
