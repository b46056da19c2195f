"""The deep convolutional GAN, for images of several sizes.

The paper's networks, and the variants of two programs: the authors' own and
the one in TensorFlow 1 that most people met.

References:
- the paper: [Radford et al., 2015](https://arxiv.org/abs/1511.06434)
- the authors' code: https://github.com/Newmu/dcgan_code
- carpedm20's code: https://github.com/carpedm20/DCGAN-tensorflow, model.py and
  ops.py
"""

import math
import types

import keras
import tensorflow as tf
from keras.saving import register_keras_serializable

from tf_gans.errors import check_positive_int
from tf_gans.networks.base import ImageNetwork, Judge, full_precision, join

# The paper, section 4: weights from N(0, 0.02), leaky ReLU with slope 0.2.
_STDDEV = 0.02
_SLOPE = 0.2
_FC = 1024  # units of the 28x28 pair's dense layers, in both programs


def _normal(seed):
    return keras.initializers.RandomNormal(0.0, _STDDEV, seed)


# In what the two programs differ: how a convolution's kernel and a
# normalisation's gain start, and the filters of the conditional pair, of the
# generator's without the last layer's.
_VARIANTS = {
    # Newmu/dcgan_code, train_cond_dcgan.py:72-83.
    "paper": types.SimpleNamespace(
        conv=_normal,
        gain=lambda seed: keras.initializers.RandomNormal(1.0, _STDDEV, seed),
        deconvs=lambda net: [net.width],
        convs=lambda net: [net.width, 2 * net.width],
    ),
    # carpedm20/DCGAN-tensorflow, ops.py:52-63, model.py:397-421 and 346-362.
    "carpedm20": types.SimpleNamespace(
        conv=lambda s: keras.initializers.TruncatedNormal(0.0, _STDDEV, s),
        gain=lambda seed: keras.initializers.Ones(),
        deconvs=lambda net: [2 * net.width],
        convs=lambda net: [
            n + net.num_classes for n in (net.channels, net.width)
        ],
    ),
}
VARIANTS = tuple(_VARIANTS)


class _Network(ImageNetwork):
    """What the two networks share: their sizes, their labels, their layers."""

    pair = "dcgan"
    batch_norm = True
    convolution = {"kernel_size": 5, "strides": 2}
    # carpedm20's (ops.py:29-43): the authors always used the batch's
    # statistics.
    normalization = {"momentum": 0.9, "epsilon": 1e-5}

    def __init__(
        self,
        size=64,
        channels=3,
        width=64,
        num_classes=None,
        variant="paper",
        **options,
    ):
        super().__init__(size, channels, **options)
        self.width = check_positive_int("width", width)
        if num_classes is not None:
            self.num_classes = check_positive_int("num_classes", num_classes)
            if self.size != 28:
                raise ValueError(
                    "`num_classes` needs size=28: only that pair is "
                    f"conditional. Received: size={size}, "
                    f"num_classes={num_classes}"
                )
        if variant not in VARIANTS:
            raise ValueError(
                f"`variant` must be one of {VARIANTS}. "
                f"Received: variant={variant!r}"
            )
        self.variant = variant

    @staticmethod
    def check_size(size):
        size = check_positive_int("size", size)
        if size != 28 and (size < 16 or size & (size - 1)):
            raise ValueError(
                "`size` must be 28, or 4 times a power of two: 16, 32, 64, 128 "
                f"and so on. Received: size={size}"
            )
        return size

    @property
    def _stages(self):
        """How often 4 must be doubled, or 7, to be `size`."""
        return 2 if self.size == 28 else (self.size // 4).bit_length() - 1

    def _initializer(self, name):
        return _normal(self._seed(name))

    def _conv(self, filters, name):
        initializer = _VARIANTS[self.variant].conv(self._seed(name))
        return super()._conv(filters, name, kernel_initializer=initializer)

    def _norm(self, name):
        gain = _VARIANTS[self.variant].gain(self._seed(name))
        return super()._norm(name, gamma_initializer=gain)


@register_keras_serializable(package="tf_gans.dcgan")
class Generator(_Network):
    """Maps z to an image, by transposed convolutions that double its sides.

    The images' sides are 4 times a power of two: a dense layer makes an image
    of 4x4 pixels, and each stage doubles its sides and halves its channels,
    down to `width` before the last one. Or the sides are 28: two dense layers
    make an image of 7x7 pixels, and two stages follow; the output is a sigmoid
    there, and a tanh otherwise. With `num_classes`, the one-hot label is
    appended to the input of every layer.

    5,135,363 trainable parameters at the default size, 5,137,283 in all.

    Args:
        size: int. The images' sides: 28, or 16, 32, 64, 128 and so on.
            Defaults to `64`.
        channels: int. Defaults to `3`.
        width: int. The channels before the last stage. The paper's largest
            models have 128. Defaults to `64`.
        latent_dim: int. The components of z. Defaults to `100`.
        num_classes: int or None. The number of labels, with `size=28` only.
            Defaults to `None`.
        variant: `"paper"` or `"carpedm20"`. The second one's gains start at 1,
            and its conditional pair has other widths. Defaults to `"paper"`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, latent_dim)`; with `num_classes`, a pair of this
        and of the labels, ints of shape `(batch,)`.
    Output shape: `(batch, size, size, channels)`, float32 in `value_range`.

    Reference:
    - [Radford et al., 2015](https://arxiv.org/abs/1511.06434), figure 1
    """

    role = "generator"

    def __init__(
        self, size=64, channels=3, width=64, latent_dim=100, **options
    ):
        super().__init__(size, channels, width, **options)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        width, stages = self.width, self._stages
        filters = [width * 2**k for k in reversed(range(stages - 1))]
        if self.num_classes:
            filters = _VARIANTS[self.variant].deconvs(self)
        if self.size == 28:  # train_cond_dcgan.py, model.py, as above
            self.first_shape = (7, 7, 2 * width)
            units = [_FC, math.prod(self.first_shape)]
        else:
            self.first_shape = (4, 4, width * 2 ** (stages - 1))
            units = [math.prod(self.first_shape)]
        norms = range(len(units) + len(filters))
        filters.append(self.channels)
        self.denses = [
            self._dense(n, f"dense_{i}") for i, n in enumerate(units)
        ]
        self.norms = [self._norm(f"norm_{i}") for i in norms]
        self.deconvs = [
            self._deconv(n, f"deconv_{i}") for i, n in enumerate(filters)
        ]

    @property
    def value_range(self):
        """The pair of values that the output lies between."""
        return (0.0, 1.0) if self.size == 28 else (-1.0, 1.0)

    def call(self, inputs, training=None):
        x, y = self._split(inputs)
        norms = iter(self.norms)

        def hidden(x):
            return tf.nn.relu(next(norms)(x, training=training))

        if self.size == 28:
            # Normalised unit by unit (carpedm20, model.py:397-421).
            for dense in self.denses:
                x = hidden(dense(join(x, y)))  # (batch, units)
            x = tf.reshape(x, (-1, *self.first_shape))
        else:
            x = tf.reshape(self.denses[0](x), (-1, *self.first_shape))
            x = hidden(x)  # by channel
        *deconvs, last = self.deconvs
        for deconv in deconvs:
            x = hidden(deconv(join(x, y)))  # twice the sides
        x = full_precision(last(join(x, y)))
        return tf.sigmoid(x) if self.size == 28 else tf.tanh(x)


@register_keras_serializable(package="tf_gans.dcgan")
class Discriminator(Judge, _Network):
    """Maps an image to a logit, by convolutions that halve its sides.

    Each stage halves the sides and doubles the channels, from `width` after
    the first one, down to 4x4 pixels. For 28x28 there are two stages and a
    dense layer. There is no normalisation of the first stage. With
    `num_classes`, the one-hot label is appended to the input of every layer.

    4,316,545 trainable parameters at the default size, 4,318,337 in all.

    Args:
        width: int. The channels after the first stage. Defaults to `64`.
        size, channels, num_classes, variant, seed: those of `Generator`.

    Input shape: `(batch, size, size, channels)`; with `num_classes`, a
        pair of this and of the labels, ints of shape `(batch,)`.
    Output shape: `(batch, 1)`, float32.

    Reference:
    - [Radford et al., 2015](https://arxiv.org/abs/1511.06434), section 3
    """

    role = "discriminator"

    def __init__(self, **options):
        super().__init__(**options)
        filters = [self.width * 2**k for k in range(self._stages)]
        if self.num_classes:
            filters = _VARIANTS[self.variant].convs(self)
        units = [_FC] if self.size == 28 else []
        norms = range(len(filters) - 1 + len(units))
        self.convs = [self._conv(n, f"conv_{i}") for i, n in enumerate(filters)]
        self.denses = [
            self._dense(n, f"dense_{i}") for i, n in enumerate(units)
        ]
        self.norms = [self._norm(f"norm_{i}") for i in norms]
        self.head = self._dense(1, "head")

    def _features(self, inputs, training):
        x, y = self._split(inputs)
        norms = iter(self.norms)

        def hidden(x):
            return tf.nn.leaky_relu(next(norms)(x, training=training), _SLOPE)

        first, *convs = self.convs
        x = tf.nn.leaky_relu(first(join(x, y)), _SLOPE)  # half the sides
        for conv in convs:
            x = hidden(conv(join(x, y)))  # half the sides
        x = tf.reshape(x, (-1, math.prod(x.shape[1:])))
        for dense in self.denses:
            x = hidden(dense(join(x, y)))  # (batch, units)
        return join(x, y)
