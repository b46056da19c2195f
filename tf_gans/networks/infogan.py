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
from keras.saving import register_keras_serializable

from tf_gans.errors import check_positive_int
from tf_gans.layers import latent_dropout
from tf_gans.networks.base import (
    ImageNetwork,
    SquashedNetwork,
    check_fraction,
    full_precision,
    join,
)
from tf_gans.random import derive_seed

_STDDEV = 0.02  # of the initial kernels


class ConvNetwork(ImageNetwork):
    """What the networks share: how they start and how they are normalised.

    Args:
        size: int. The images' sides, a multiple of 4 from 8. Defaults to `28`.
        channels: int. Defaults to `1`.
        width: int. The filters of the widest images' layer; the layer with a
            quarter of the sides has twice, the dense layer 16 times as many.
            Defaults to `64`.
        batch_norm: bool. Defaults to `True`.
        bn_momentum, bn_epsilon: floats. Those of the batch normalisation;
            compare_gan's are `0.999` and `1e-3`. Default to `0.9` and `1e-5`.
        seed: int or None. The seed of the initial weights.
    """

    pair = "infogan"
    convolution = {"kernel_size": 4, "strides": 2}
    slope = 0.2  # of the leaky ReLU

    def __init__(
        self,
        size=28,
        channels=1,
        batch_norm=True,
        bn_momentum=0.9,
        bn_epsilon=1e-5,
        *,
        width=64,
        **options,
    ):
        super().__init__(size, channels, **options)
        self.width = check_positive_int("width", width)
        self.batch_norm = bool(batch_norm)
        self.bn_momentum = check_fraction("bn_momentum", bn_momentum)
        self.bn_epsilon = float(bn_epsilon)

    @property
    def sides(self):
        """The images' sides between the convolutions and the dense layers."""
        return self.size // 4

    @property
    def units(self):
        """The units of the dense layer next to z or to the head."""
        return 16 * self.width

    @property
    def normalization(self):
        return {"momentum": self.bn_momentum, "epsilon": self.bn_epsilon}

    # The convolutions' kernels are truncated and the others' are not, in both
    # programs (ops.py:42-91 of compare_gan).

    def _initializer(self, name):
        return keras.initializers.RandomNormal(0.0, _STDDEV, self._seed(name))

    def _conv(self, filters, name):
        truncated = keras.initializers.TruncatedNormal(
            0.0, _STDDEV, self._seed(name)
        )
        return super()._conv(filters, name, kernel_initializer=truncated)

    def _hidden(self, x, norm, training):
        if norm is not None:
            x = norm(x, training=training)
        return tf.nn.leaky_relu(x, self.slope) if self.slope else tf.nn.relu(x)


@register_keras_serializable(package="tf_gans.infogan")
class Generator(SquashedNetwork, ConvNetwork):
    """Maps z to an image, by two dense layers and two transposed convolutions.

    6,640,193 trainable parameters at the default size, 6,654,913 in all. The
    second dense layer makes images of a quarter of the sides, 7x7 for 28x28.

    Args:
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
        num_classes: int or None. The number of labels, each of which is
            appended to its z as one-hot. Defaults to `None`.
        seed: int or None. The seed of the initial weights and of dropout.
        size, channels, width, bn_momentum, bn_epsilon: those of `ConvNetwork`.

    Input shape: `(batch, latent_dim)`; with `num_classes`, a pair of this
        and of the labels, ints of shape `(batch,)`.
    Output shape: `(batch, size, size, channels)`, float32 in `value_range`.

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
        *,
        num_classes=None,
        **options,
    ):
        super().__init__(size, channels, batch_norm=batch_norm, **options)
        self.num_classes = _check_classes(num_classes)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self.slope = check_fraction("slope", slope)
        self.dropout = check_fraction("dropout", dropout)
        self.dense_0 = self._dense(self.units, "dense_0")
        self.norm_0 = self._norm("norm_0")
        self.dense_1 = self._dense(2 * self.width * self.sides**2, "dense_1")
        self.norm_1 = self._norm("norm_1")
        self.deconv_0 = self._deconv(self.width, "deconv_0")
        self.norm_2 = self._norm("norm_2")
        self.deconv_1 = self._deconv(self.channels, "deconv_1")

    def call(self, z, training=None):
        return self._squash(self.logits(z, training))

    def logits(self, z, training=None):
        """The output before its last function, of the same shape."""
        z, y = self._split(z)
        x = self._hidden(self.dense_0(join(z, y)), self.norm_0, training)
        x = self._dropped(x, z, "dense_0")  # (batch, units)
        x = self._hidden(self.dense_1(x), self.norm_1, training)
        x = self._dropped(x, z, "dense_1")  # (batch, sides^2 * 2 width)
        x = tf.reshape(x, (-1, self.sides, self.sides, 2 * self.width))
        x = self._hidden(self.deconv_0(x), self.norm_2, training)
        return self.deconv_1(x)  # (batch, size, size, channels)

    def _dropped(self, x, z, name):
        if not self.dropout:
            return x
        seed = derive_seed(self.seed or 0, f"infogan/dropout/{name}")
        return latent_dropout(x, z, self.dropout, seed)


class _Trunk(ConvNetwork):
    """Two convolutions that halve the sides, a dense layer, and a head."""

    def _add_layers(self, outputs):
        filters = 2 * self.width
        self.conv_0 = self._conv(self.width, "conv_0")
        self.conv_1 = self._conv(filters, "conv_1")
        self.norm_0 = self._norm("norm_0") or self._sample_norm(
            filters, "norm_0"
        )
        self.dense_0 = self._dense(self.units, "dense_0")
        self.norm_1 = self._norm("norm_1") or self._sample_norm(
            self.units, "norm_1", has_pixels=False
        )
        self.head = self._dense(outputs, "head")

    def call(self, x, training=None):
        return full_precision(self.head(self._features(x, training)))

    def _features(self, x, training):
        """What the head sees, of shape `(batch, units)`."""
        x = self._hidden(self.conv_0(x), None, training)  # half the sides
        x = self._hidden(self.conv_1(x), self.norm_0, training)  # a quarter
        x = tf.reshape(x, (-1, 2 * self.width * self.sides**2))
        return self._hidden(self.dense_0(x), self.norm_1, training)


@register_keras_serializable(package="tf_gans.infogan")
class Discriminator(_Trunk):
    """Maps an image to a logit, by two convolutions and two dense layers.

    6,559,169 trainable parameters at the default size, 6,561,473 in all. The
    first convolution is not normalised. A gradient penalty holds for each
    sample by itself, so it needs `batch_norm=False`.

    Args:
        batch_norm: bool. Whether the second and the third layer are
            normalised. Defaults to `True`.
        spectral_norm: bool. Whether every kernel is divided by its largest
            singular value; see `SpectralNormalization`. Defaults to `False`.
        critic_norm: `"layer"`, `"instance"`, `"group"` or `"weight"`, which
            normalise each sample by itself and so suit a gradient penalty;
            see `Network._set_critic_norm`. The first three stand where batch
            normalisation would. Defaults to `"none"`.
        num_classes: int or None. The number of labels, each of which is
            appended to its image as channels that are 0 or 1 all over.
            Defaults to `None`.
        size, channels, width, bn_momentum, bn_epsilon, seed: those of
            `ConvNetwork`.

    Input shape: `(batch, size, size, channels)`; with `num_classes`, a
        pair of this and of the labels, ints of shape `(batch,)`.
    Output shape: `(batch, 1)`, float32.

    Reference:
    - [Chen et al., 2016](https://arxiv.org/abs/1606.03657), table 1
    - [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028), section 4:
      layer normalisation in a critic
    """

    role = "discriminator"

    def __init__(
        self,
        size=28,
        channels=1,
        batch_norm=True,
        spectral_norm=False,
        *,
        critic_norm="none",
        num_classes=None,
        **options,
    ):
        super().__init__(size, channels, batch_norm, **options)
        self.num_classes = _check_classes(num_classes)
        self.spectral_norm = bool(spectral_norm)
        self._set_critic_norm(critic_norm)
        self._add_layers(1)

    def call(self, x, training=None):
        return super().call(join(*self._split(x)), training=training)


@register_keras_serializable(package="tf_gans.infogan")
class TwoHeadedDiscriminator(_Trunk):
    """Maps an image to a logit, and to something else that it says of it.

    The discriminator, whose dense layer has a second head: InfoGAN's Q with a
    layer between, or ACGAN's classes without it. Q has 133,262 trainable
    parameters at the default size, beside the discriminator's 6,559,169.

    Args:
        num_outputs: int. Of the second head. Defaults to `14`: the logits of
            10 categories, and the mean and the spread of 2 continuous codes.
        hidden: bool. Whether `2 * width` units stand before the second head.
            Defaults to `True`.
        batch_norm: bool. Whether the second and the third layer are
            normalised, and the hidden one of the second head. Defaults to
            `True`.
        spectral_norm: bool. As for `Discriminator`. Defaults to `False`.
        size, channels, width, bn_momentum, bn_epsilon, seed: those of
            `ConvNetwork`.

    Input shape: `(batch, size, size, channels)`.
    Output shape: a pair, `(batch, 1)` and `(batch, num_outputs)`, float32.

    Reference:
    - [Chen et al., 2016](https://arxiv.org/abs/1606.03657), table 1
    - [openai/InfoGAN, regularized_gan.py, lines 44-49](
      https://github.com/openai/InfoGAN)
    """

    role = "discriminator"

    def __init__(
        self,
        size=28,
        channels=1,
        num_outputs=14,
        hidden=True,
        batch_norm=True,
        spectral_norm=False,
        **options,
    ):
        super().__init__(size, channels, batch_norm, **options)
        self.num_outputs = check_positive_int("num_outputs", num_outputs)
        self.hidden = bool(hidden)
        self.spectral_norm = bool(spectral_norm)
        self._add_layers(1)
        if self.hidden:
            self.dense_1 = self._dense(2 * self.width, "dense_1")
            self.norm_2 = self._norm("norm_2")
        self.second_head = self._dense(self.num_outputs, "second_head")

    def call(self, x, training=None):
        x = self._features(x, training)
        logits = full_precision(self.head(x))
        if self.hidden:
            x = self._hidden(self.dense_1(x), self.norm_2, training)
        return logits, full_precision(self.second_head(x))


@register_keras_serializable(package="tf_gans.infogan")
class Encoder(_Trunk):
    """Maps an image to the parameters of z's distribution, for the VAE.

    The discriminator with `2 * latent_dim` outputs: 6,685,244 trainable
    parameters at the default size.

    Args:
        latent_dim: int. The components of z. Defaults to `62`.
        batch_norm: bool. Whether the second and the third layer are
            normalised. Defaults to `True`.
        size, channels, width, bn_momentum, bn_epsilon, seed: those of
            `ConvNetwork`.

    Input shape: `(batch, size, size, channels)`.
    Output shape: a pair of `(batch, latent_dim)`, float32: the mean, and a
        number for the spread that the VAE makes positive.

    Reference:
    - [Lucic et al., 2018](https://arxiv.org/abs/1711.10337)
    """

    role = "encoder"

    def __init__(
        self, size=28, channels=1, latent_dim=62, batch_norm=True, **options
    ):
        super().__init__(size, channels, batch_norm, **options)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self._add_layers(2 * self.latent_dim)

    def call(self, x, training=None):
        mean, raw = tf.split(super().call(x, training=training), 2, axis=-1)
        return mean, raw


def _check_classes(num_classes):
    if num_classes is None:
        return None
    return check_positive_int("num_classes", num_classes)
