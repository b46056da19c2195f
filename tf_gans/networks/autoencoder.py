"""Encoders and decoders of images, dense and convolutional.

The dense ones are a stack of layers whose sizes are options: those of
TensorFlow's tutorial, of the adversarial autoencoder and of the VAE of "GANs
in Action" differ in little else.

References:
- the tutorial: "Intro to Autoencoders", https://github.com/tensorflow/docs,
  site/en/tutorials/generative/autoencoder.ipynb, commit 38360b0
- the paper: [Makhzani et al., 2015](https://arxiv.org/abs/1511.05644),
  appendix A
- the book: Langr & Bok, "GANs in Action", chapter 2
"""

import keras
import tensorflow as tf
from keras.saving import register_keras_serializable

from tf_gans.errors import check_positive_int
from tf_gans.networks.base import (
    ImageNetwork,
    Network,
    SquashedNetwork,
    full_precision,
)


class _Dense(Network):
    """A stack of dense layers with ReLUs, and a head.

    Args:
        hidden: sequence of ints. The units of the hidden layers.
        stddev: float, or None. Kernels start as N(0, stddev^2); with None as
            Keras' do.
        **options: those of `Network`.

    Attributes:
        code_scale: float. What a unit of the code, which is that of its prior
            N(0, I), is in the network's own units. So a paper's prior of
            another deviation is N(0, I) here, as for all models.
    """

    pair = "dense_autoencoder"
    code_scale = 1.0

    def __init__(self, hidden, stddev, **options):
        super().__init__(**options)
        self.hidden = tuple(check_positive_int("hidden", n) for n in hidden)
        self.stddev = stddev

    def _initializer(self, name):
        if self.stddev is None:
            return super()._initializer(name)
        return keras.initializers.RandomNormal(
            0.0, self.stddev, self._seed(name)
        )

    def _add_hidden(self):
        self.denses = [
            self._dense(units, f"dense_{i}", activation="relu")
            for i, units in enumerate(self.hidden)
        ]

    def _through_hidden(self, x):
        for dense in self.denses:
            x = dense(x)
        return x

    def _to_network(self, code):
        return code * self.code_scale if self.code_scale != 1 else code

    def _to_code(self, x):
        x = full_precision(x)
        return x / self.code_scale if self.code_scale != 1 else x


@register_keras_serializable(package="tf_gans.autoencoder")
class DenseEncoder(_Dense, ImageNetwork):
    """Maps an image to its code, by dense layers.

    50,240 parameters at the default size, the tutorial's: with the decoder
    101,200.

    Args:
        size: int. The images' sides, a multiple of 4 from 8. Defaults to `28`.
        channels: int. Defaults to `1`.
        code_dim: int. The components of the code. Defaults to `64`.
        hidden: sequence of ints. The units of the hidden layers. Defaults to
            `()`: none.
        activation: the code's: `"relu"` as in the tutorial, or `"linear"`.
            Defaults to `"relu"`.
        stddev: float, or None. Kernels start as N(0, stddev^2), the paper's
            0.01; with None as Keras' do. Defaults to `None`.
        code_scale: float above 0. The code is the head's output over it.
            Defaults to `1`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, size, size, channels)`.
    Output shape: `(batch, code_dim)`, float32.
    """

    role = "encoder"

    def __init__(
        self,
        size=28,
        channels=1,
        code_dim=64,
        hidden=(),
        activation="relu",
        stddev=None,
        code_scale=1.0,
        **options,
    ):
        super().__init__(
            hidden, stddev, size=size, channels=channels, **options
        )
        self.code_scale = _check_scale(code_scale)
        self.code_dim = check_positive_int("code_dim", code_dim)
        self.activation = activation
        self._add_hidden()
        self.head = self._dense(self.code_dim, "head", activation=activation)

    def call(self, x, training=None):
        x = tf.reshape(x, (-1, self.size**2 * self.channels))
        return self._to_code(self.head(self._through_hidden(x)))


@register_keras_serializable(package="tf_gans.autoencoder")
class GaussianEncoder(_Dense, ImageNetwork):
    """Maps an image to the parameters of z's distribution, for the VAE.

    201,988 parameters at the default size, the book's: with the decoder
    404,244.

    Args:
        latent_dim: int. The components of z. Defaults to `2`.
        hidden: sequence of ints. Defaults to `(256,)`.
        size, channels, stddev, seed: those of `DenseEncoder`.

    Input shape: `(batch, size, size, channels)`.
    Output shape: a pair of `(batch, latent_dim)`, float32: the mean, and the
        logarithm of the variance.
    """

    role = "gaussian_encoder"

    def __init__(
        self,
        size=28,
        channels=1,
        latent_dim=2,
        hidden=(256,),
        stddev=None,
        **options,
    ):
        super().__init__(
            hidden, stddev, size=size, channels=channels, **options
        )
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self._add_hidden()
        self.mean = self._dense(self.latent_dim, "mean")
        self.log_variance = self._dense(self.latent_dim, "log_variance")

    def call(self, x, training=None):
        x = tf.reshape(x, (-1, self.size**2 * self.channels))
        x = self._through_hidden(x)
        return full_precision(self.mean(x)), full_precision(
            self.log_variance(x)
        )


@register_keras_serializable(package="tf_gans.autoencoder")
class DenseDecoder(_Dense, SquashedNetwork):
    """Maps a code to an image, by dense layers.

    50,960 parameters at the default size, the tutorial's.

    Args:
        latent_dim: int. The components of the code. Defaults to `64`.
        hidden: sequence of ints. The units of the hidden layers. Defaults to
            `()`.
        output: `"sigmoid"` for images in (0, 1), or `"tanh"` for (-1, 1).
            Defaults to `"sigmoid"`.
        code_scale: float above 0. The first layer sees the code times it.
            Defaults to `1`.
        size, channels, stddev, seed: those of `DenseEncoder`.

    Input shape: `(batch, latent_dim)`.
    Output shape: `(batch, size, size, channels)`, float32 in `value_range`.
    """

    role = "generator"

    def __init__(
        self,
        size=28,
        channels=1,
        latent_dim=64,
        hidden=(),
        stddev=None,
        code_scale=1.0,
        **options,
    ):
        super().__init__(
            hidden, stddev, size=size, channels=channels, **options
        )
        self.code_scale = _check_scale(code_scale)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self._add_hidden()
        self.head = self._dense(self.size**2 * self.channels, "head")

    def call(self, z, training=None):
        return self._squash(self.logits(z, training))

    def logits(self, z, training=None):
        """The output before its last function, of the same shape."""
        x = self.head(self._through_hidden(self._to_network(z)))
        return tf.reshape(x, (-1, self.size, self.size, self.channels))


@register_keras_serializable(package="tf_gans.autoencoder")
class CodeDiscriminator(_Dense):
    """Maps a code to a logit: whether it was drawn from the prior.

    1,011,001 parameters at the default size.

    Args:
        code_dim: int. The components of the code. Defaults to `8`.
        hidden: sequence of ints. Defaults to `(1000, 1000)`.
        stddev, code_scale, seed: those of `DenseDecoder`.

    Input shape: `(batch, code_dim)`.
    Output shape: `(batch, 1)`, float32.
    """

    role = "code_discriminator"

    def __init__(
        self,
        code_dim=8,
        hidden=(1000, 1000),
        stddev=None,
        code_scale=1.0,
        **options,
    ):
        super().__init__(hidden, stddev, **options)
        self.code_scale = _check_scale(code_scale)
        self.code_dim = check_positive_int("code_dim", code_dim)
        self._add_hidden()
        self.head = self._dense(1, "head")

    @property
    def sample_shape(self):
        return (self.code_dim,)

    def call(self, code, training=None):
        x = self.head(self._through_hidden(self._to_network(code)))
        return full_precision(x)


class _Conv(ImageNetwork):
    pair = "conv_autoencoder"
    convolution = {"kernel_size": 3, "strides": 2, "activation": "relu"}

    @property
    def code_shape(self):
        """The shape of a code: maps of a quarter of the sides."""
        return (self.size // 4, self.size // 4, 8)


@register_keras_serializable(package="tf_gans.autoencoder")
class ConvEncoder(_Conv):
    """Maps an image to 8 maps of a quarter of its sides, by convolutions.

    1,320 parameters at the default size, the tutorial's: with the decoder
    3,217.

    Args:
        size, channels, seed: those of `DenseEncoder`.

    Input shape: `(batch, size, size, channels)`.
    Output shape: `(batch, size / 4, size / 4, 8)`, float32.
    """

    role = "encoder"

    def __init__(self, size=28, channels=1, **options):
        super().__init__(size, channels, **options)
        self.conv_0 = self._conv(16, "conv_0")
        self.conv_1 = self._conv(8, "conv_1")

    def call(self, x, training=None):
        return full_precision(self.conv_1(self.conv_0(x)))


@register_keras_serializable(package="tf_gans.autoencoder")
class ConvDecoder(_Conv, SquashedNetwork):
    """Maps the maps of `ConvEncoder` to an image, by its mirror image.

    1,897 parameters at the default size, the tutorial's.

    Args:
        output: `"sigmoid"` for images in (0, 1), or `"tanh"` for (-1, 1).
            Defaults to `"sigmoid"`.
        size, channels, seed: those of `DenseEncoder`.

    Input shape: `(batch, size / 4, size / 4, 8)`.
    Output shape: `(batch, size, size, channels)`, float32 in `value_range`.
    """

    role = "decoder"

    def __init__(self, size=28, channels=1, **options):
        super().__init__(size, channels, **options)
        self.deconv_0 = self._deconv(8, "deconv_0")
        self.deconv_1 = self._deconv(16, "deconv_1")
        self.head = self._conv(
            self.channels, "head", strides=1, activation=None
        )

    @property
    def input_shape(self):
        """The shape of a batch of codes."""
        return (None, *self.code_shape)

    def call(self, code, training=None):
        return self._squash(self.logits(code, training))

    def logits(self, code, training=None):
        """The output before its last function, of the same shape."""
        return self.head(self.deconv_1(self.deconv_0(code)))


def _check_scale(code_scale):
    if not code_scale > 0:
        raise ValueError(
            f"`code_scale` must be positive. Received: code_scale={code_scale}"
        )
    return float(code_scale)
