"""InfoGAN's pair for MNIST, on which the members of the family are compared.

Two convolutions and two dense layers, and their mirror image. Chen et al. drew
them for digits; the collections and the comparison named below use them for
every loss, with batch normalisation or without it, and for every data set.

References:
- the networks: [Chen et al., 2016](https://arxiv.org/abs/1606.03657),
  appendix C.1
- the comparison: [Lucic et al., 2018](https://arxiv.org/abs/1711.10337); its
  code, https://github.com/google/compare_gan, version 1, has leaky ReLUs in
  the generator too and another batch normalisation
- hwalsuklee's collection, whose values are the defaults here:
  https://github.com/hwalsuklee/tensorflow-generative-model-collections
"""

import keras
import tensorflow as tf

from tf_gans.errors import check_positive_int
from tf_gans.layers import SpectralNormalization, latent_dropout
from tf_gans.networks.base import (
    OUTPUTS,
    ImageNetwork,
    check_fraction,
    check_output,
    squash,
)
from tf_gans.random import derive_seed

_FC = 1024  # units of the dense layer
_STDDEV = 0.02  # of the initial kernels
_SLOPE = 0.2  # of the leaky ReLU


class Network(ImageNetwork):
    """What the networks share: their layers and their normalisation.

    Args:
        size, channels, seed: those of `ImageNetwork`.
        batch_norm: bool.
        bn_momentum, bn_epsilon: floats. Those of `BatchNormalization`.
        spectral_norm: bool.
    """

    family = "infogan"

    def __init__(
        self,
        size,
        channels,
        batch_norm,
        bn_momentum,
        bn_epsilon,
        seed,
        spectral_norm=False,
        **kwargs,
    ):
        super().__init__(size, channels, seed, **kwargs)
        self.batch_norm = bool(batch_norm)
        self.bn_momentum = check_fraction("bn_momentum", bn_momentum)
        self.bn_epsilon = float(bn_epsilon)
        self.spectral_norm = bool(spectral_norm)

    @property
    def sides(self):
        """The images' sides between the convolutions and the dense layers."""
        return self.size // 4

    def _options(self, name, truncated=False):
        """What layers with a kernel share."""
        initializers = keras.initializers
        # The convolutions' are truncated and the others' are not, in both
        # programs (ops.py:42-91 of compare_gan).
        normal = (
            initializers.TruncatedNormal
            if truncated
            else initializers.RandomNormal
        )
        return {
            "kernel_initializer": normal(0.0, _STDDEV, seed=self._seed(name)),
            "name": name,
            "dtype": self.dtype_policy,
        }

    def _normalized(self, layer):
        """The layer, with its kernel divided by its norm where that is on."""
        if not self.spectral_norm:
            return layer
        return SpectralNormalization(
            layer,
            seed=self._seed(f"{layer.name}/u"),
            name=f"sn_{layer.name}",
        )

    def _dense(self, units, name):
        layer = keras.layers.Dense(units, **self._options(name))
        return self._normalized(layer)

    def _conv(self, filters, name):
        layer = keras.layers.Conv2D(
            filters,
            kernel_size=4,
            strides=2,
            padding="same",
            **self._options(name, truncated=True),
        )
        return self._normalized(layer)

    def _deconv(self, filters, name):
        return keras.layers.Conv2DTranspose(
            filters,
            kernel_size=4,
            strides=2,
            padding="same",
            **self._options(name),
        )

    def _norm(self, name):
        """A batch normalisation, or None where there is none."""
        if not self.batch_norm:
            return None
        return keras.layers.BatchNormalization(
            momentum=self.bn_momentum,
            epsilon=self.bn_epsilon,
            name=name,
            dtype=self.dtype_policy,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "batch_norm": self.batch_norm,
            "bn_momentum": self.bn_momentum,
            "bn_epsilon": self.bn_epsilon,
        }


@keras.saving.register_keras_serializable(package="tf_gans.infogan")
class Generator(Network):
    """Maps z to an image, by two dense layers and two transposed convolutions.

    6,640,193 trainable parameters at the default size, 6,654,913 in all. The
    second dense layer makes images of a quarter of the sides, 7x7 for 28x28.

    Args:
        size: int. The images' sides, a multiple of 4 from 8. Defaults to `28`.
        channels: int. Defaults to `1`.
        latent_dim: int. The components of z. Defaults to `62`.
        slope: float in [0, 1). The slope of the hidden ReLUs below 0; that of
            compare_gan is `0.2`. Defaults to `0`.
        batch_norm: bool. Whether the hidden layers are normalised. Defaults to
            `True`.
        dropout: float in [0, 1). The share of the dense layers' units that is
            left out, of every sample others, in training and when sampling.
            It is advice 17 of ganhacks, which takes 0.5, and replaces no
            noise: a sample's units are a function of its z. Defaults to `0`.
        output: `"sigmoid"` for images in (0, 1), or `"tanh"` for (-1, 1).
            Defaults to `"sigmoid"`.
        bn_momentum, bn_epsilon: floats. Those of the batch normalisation;
            compare_gan's are `0.999` and `1e-3`. Default to `0.9` and `1e-5`.
        seed: int or None. The seed of the initial weights and of dropout.

    Input shape:
        `(batch, latent_dim)`.

    Output shape:
        `(batch, size, size, channels)`, float32 in `value_range`.

    Reference:
    - [Chen et al., 2016](https://arxiv.org/abs/1606.03657), table 1
    - ganhacks, advice 17: https://github.com/soumith/ganhacks
    """

    role = "generator"

    def __init__(
        self,
        size=28,
        channels=1,
        latent_dim=62,
        slope=0.0,
        batch_norm=True,
        dropout=0.0,
        output="sigmoid",
        bn_momentum=0.9,
        bn_epsilon=1e-5,
        seed=None,
        name="generator",
        **kwargs,
    ):
        super().__init__(
            size,
            channels,
            batch_norm,
            bn_momentum,
            bn_epsilon,
            seed,
            name=name,
            **kwargs,
        )
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self.slope = check_fraction("slope", slope)
        self.dropout = check_fraction("dropout", dropout)
        self.output_activation = check_output(output)
        self.dense_0 = self._dense(_FC, "dense_0")
        self.norm_0 = self._norm("norm_0")
        self.dense_1 = self._dense(128 * self.sides**2, "dense_1")
        self.norm_1 = self._norm("norm_1")
        self.deconv_0 = self._deconv(64, "deconv_0")
        self.norm_2 = self._norm("norm_2")
        self.deconv_1 = self._deconv(self.channels, "deconv_1")

    @property
    def value_range(self):
        """The pair of values that the output lies between."""
        return OUTPUTS[self.output_activation]

    def build(self, input_shape=None):
        shapes = [
            (None, _FC),
            (None, 128 * self.sides**2),
            (None, 2 * self.sides, 2 * self.sides, 64),
        ]
        self.dense_0.build((None, self.latent_dim))
        self.dense_1.build(shapes[0])
        self.deconv_0.build((None, self.sides, self.sides, 128))
        self.deconv_1.build(shapes[2])
        if self.batch_norm:
            for norm, shape in zip(
                (self.norm_0, self.norm_1, self.norm_2), shapes, strict=True
            ):
                norm.build(shape)

    def call(self, z, training=None):
        return squash(self.logits(z, training), self.output_activation)

    def logits(self, z, training=None):
        """The output before its last function, of the same shape."""
        x = self._hidden(self.dense_0(z), self.norm_0, training)
        x = self._dropped(x, z, "dense_0")  # (batch, 1024)
        x = self._hidden(self.dense_1(x), self.norm_1, training)
        x = self._dropped(x, z, "dense_1")  # (batch, size^2 / 16 * 128)
        x = tf.reshape(x, (-1, self.sides, self.sides, 128))
        x = self._hidden(self.deconv_0(x), self.norm_2, training)
        return self.deconv_1(x)  # (batch, size, size, channels)

    def _hidden(self, x, norm, training):
        if norm is not None:
            x = norm(x, training=training)
        if not self.slope:
            return tf.nn.relu(x)
        return tf.nn.leaky_relu(x, self.slope)

    def _dropped(self, x, z, name):
        if not self.dropout:
            return x
        seed = derive_seed(self.seed or 0, f"infogan/dropout/{name}")
        return latent_dropout(x, z, self.dropout, seed)

    def get_config(self):
        return {
            **super().get_config(),
            "latent_dim": self.latent_dim,
            "slope": self.slope,
            "dropout": self.dropout,
            "output": self.output_activation,
        }


class _Trunk(Network):
    """Two convolutions that halve the sides, a dense layer, and a head."""

    def __init__(self, outputs, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.conv_0 = self._conv(64, "conv_0")
        self.conv_1 = self._conv(128, "conv_1")
        self.norm_0 = self._norm("norm_0")
        self.dense_0 = self._dense(_FC, "dense_0")
        self.norm_1 = self._norm("norm_1")
        self.head = self._dense(outputs, "head")

    def build(self, input_shape=None):
        side = self.sides
        self.conv_0.build((None, self.size, self.size, self.channels))
        self.conv_1.build((None, 2 * side, 2 * side, 64))
        self.dense_0.build((None, 128 * side**2))
        self.head.build((None, _FC))
        if self.batch_norm:
            self.norm_0.build((None, side, side, 128))
            self.norm_1.build((None, _FC))

    def call(self, x, training=None):
        x = self._hidden(self.conv_0(x), None, training)  # half the sides
        x = self._hidden(self.conv_1(x), self.norm_0, training)  # a quarter
        x = tf.reshape(x, (-1, 128 * self.sides**2))
        x = self._hidden(self.dense_0(x), self.norm_1, training)
        return tf.cast(self.head(x), tf.float32)

    def _hidden(self, x, norm, training):
        if norm is not None:
            x = norm(x, training=training)
        return tf.nn.leaky_relu(x, _SLOPE)


@keras.saving.register_keras_serializable(package="tf_gans.infogan")
class Discriminator(_Trunk):
    """Maps an image to a logit, by two convolutions and two dense layers.

    6,559,169 trainable parameters at the default size, 6,561,473 in all. The
    first convolution is not normalised. A gradient penalty holds for each
    sample by itself, so it needs `batch_norm=False`.

    Args:
        size: int. The images' sides, a multiple of 4 from 8. Defaults to `28`.
        channels: int. Defaults to `1`.
        batch_norm: bool. Whether the second and the third layer are
            normalised. Defaults to `True`.
        spectral_norm: bool. Whether every kernel is divided by its largest
            singular value; see `SpectralNormalization`. Defaults to `False`.
        bn_momentum, bn_epsilon: floats. Those of the batch normalisation;
            compare_gan's are `0.999` and `1e-3`. Default to `0.9` and `1e-5`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, size, size, channels)`.

    Output shape:
        `(batch, 1)`, float32.

    Reference:
    - [Chen et al., 2016](https://arxiv.org/abs/1606.03657), table 1
    """

    role = "discriminator"

    def __init__(
        self,
        size=28,
        channels=1,
        batch_norm=True,
        spectral_norm=False,
        bn_momentum=0.9,
        bn_epsilon=1e-5,
        seed=None,
        name="discriminator",
        **kwargs,
    ):
        super().__init__(
            1,
            size,
            channels,
            batch_norm,
            bn_momentum,
            bn_epsilon,
            seed,
            spectral_norm=spectral_norm,
            name=name,
            **kwargs,
        )

    def get_config(self):
        return {**super().get_config(), "spectral_norm": self.spectral_norm}


@keras.saving.register_keras_serializable(package="tf_gans.infogan")
class Encoder(_Trunk):
    """Maps an image to the parameters of z's distribution, for the VAE.

    The discriminator with `2 * latent_dim` outputs: 6,685,244 trainable
    parameters at the default size.

    Args:
        size: int. The images' sides, a multiple of 4 from 8. Defaults to `28`.
        channels: int. Defaults to `1`.
        latent_dim: int. The components of z. Defaults to `62`.
        batch_norm: bool. Whether the second and the third layer are
            normalised. Defaults to `True`.
        bn_momentum, bn_epsilon: floats. Those of the batch normalisation.
            Default to `0.9` and `1e-5`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, size, size, channels)`.

    Output shape:
        A pair of `(batch, latent_dim)`, float32: the mean, and a number for
        the spread that the VAE makes positive.

    Reference:
    - [Lucic et al., 2018](https://arxiv.org/abs/1711.10337)
    """

    role = "encoder"

    def __init__(
        self,
        size=28,
        channels=1,
        latent_dim=62,
        batch_norm=True,
        bn_momentum=0.9,
        bn_epsilon=1e-5,
        seed=None,
        name="encoder",
        **kwargs,
    ):
        latent_dim = check_positive_int("latent_dim", latent_dim)
        super().__init__(
            2 * latent_dim,
            size,
            channels,
            batch_norm,
            bn_momentum,
            bn_epsilon,
            seed,
            name=name,
            **kwargs,
        )
        self.latent_dim = latent_dim

    def call(self, x, training=None):
        mean, raw = tf.split(super().call(x, training=training), 2, axis=-1)
        return mean, raw

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim}
