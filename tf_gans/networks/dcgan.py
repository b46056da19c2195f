"""The deep convolutional GAN, for images of several sizes.

The paper's networks, and the variants of two programs: the authors' own and
the one in TensorFlow 1 that most people met.

References:
- the paper: [Radford et al., 2015](https://arxiv.org/abs/1511.06434)
- the authors' code: https://github.com/Newmu/dcgan_code
- carpedm20's code: https://github.com/carpedm20/DCGAN-tensorflow, model.py and
  ops.py
"""

import keras
import tensorflow as tf

from tf_gans.errors import check_positive_int
from tf_gans.random import derive_seed

VARIANTS = ("paper", "carpedm20")

# The paper, section 4: weights from N(0, 0.02), leaky ReLU with slope 0.2.
_STDDEV = 0.02
_SLOPE = 0.2
_FC = 1024  # units of the 28x28 pair's dense layers, in both programs


class _Network(keras.Model):
    """What the two networks share: their sizes, their labels, their layers."""

    role = ""  # keeps the seeds of the two players apart

    def __init__(
        self, size, channels, width, num_classes, variant, seed, **kwargs
    ):
        super().__init__(**kwargs)
        self.size = check_size(size)
        self.channels = check_positive_int("channels", channels)
        self.width = check_positive_int("width", width)
        self.num_classes = num_classes
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
        self.seed = seed

    @property
    def _carpedm20_digits(self):
        """Whether this is carpedm20's 28x28 network, which is conditional."""
        return self.variant == "carpedm20" and self.num_classes is not None

    def _seed(self, name):
        if self.seed is None:
            return None
        return derive_seed(self.seed, f"dcgan/{self.role}/{name}")

    def _options(self, name, truncated=False):
        """What layers with a kernel share."""
        initializers = keras.initializers
        normal = (
            initializers.TruncatedNormal
            if truncated and self.variant == "carpedm20"  # ops.py:52-63
            else initializers.RandomNormal
        )
        return {
            "kernel_initializer": normal(0.0, _STDDEV, seed=self._seed(name)),
            "name": name,
            "dtype": self.dtype_policy,
        }

    def _dense(self, units, name):
        return keras.layers.Dense(units, **self._options(name))

    def _conv(self, filters, name):
        return keras.layers.Conv2D(
            filters,
            kernel_size=5,
            strides=2,
            padding="same",
            **self._options(name, truncated=True),
        )

    def _deconv(self, filters, name):
        return keras.layers.Conv2DTranspose(
            filters,
            kernel_size=5,
            strides=2,
            padding="same",
            **self._options(name),
        )

    def _norm(self, name):
        # The authors' gains start as N(1, 0.02), carpedm20's as 1. Momentum
        # and epsilon are carpedm20's (ops.py:29-43): the authors always used
        # the batch's statistics.
        gamma = keras.initializers.RandomNormal(
            1.0, _STDDEV, seed=self._seed(name)
        )
        return keras.layers.BatchNormalization(
            momentum=0.9,
            epsilon=1e-5,
            gamma_initializer="ones" if self.variant == "carpedm20" else gamma,
            name=name,
            dtype=self.dtype_policy,
        )

    def _split(self, inputs):
        """The inputs and, of a conditional network, the labels as one-hot."""
        if self.num_classes is None:
            return inputs, None
        x, labels = inputs
        dtype = tf.as_dtype(self.compute_dtype)
        return tf.cast(x, dtype), tf.one_hot(
            labels, self.num_classes, dtype=dtype
        )

    def _with_classes(self, *shape):
        """The shape of what `_join` makes."""
        return (None, *shape[:-1], shape[-1] + (self.num_classes or 0))

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "channels": self.channels,
            "width": self.width,
            "num_classes": self.num_classes,
            "variant": self.variant,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tf_gans.dcgan")
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

    Input shape:
        `(batch, latent_dim)`; with `num_classes`, a pair of this and of the
        labels, ints of shape `(batch,)`.

    Output shape:
        `(batch, size, size, channels)`, float32 in `value_range`.

    Reference:
    - [Radford et al., 2015](https://arxiv.org/abs/1511.06434), figure 1
    """

    role = "generator"

    def __init__(
        self,
        size=64,
        channels=3,
        width=64,
        latent_dim=100,
        num_classes=None,
        variant="paper",
        seed=None,
        name="generator",
        **kwargs,
    ):
        super().__init__(
            size,
            channels,
            width,
            num_classes,
            variant,
            seed,
            name=name,
            **kwargs,
        )
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        if self.size == 28:
            # Newmu, train_cond_dcgan.py:73-76; carpedm20, model.py:397-421.
            first = (7, 7, 2 * self.width)
            filters = [(2 if self._carpedm20_digits else 1) * self.width]
            units = [_FC, _volume(first)]
        else:
            stages = _stages(self.size)
            first = (4, 4, self.width * 2 ** (stages - 1))
            filters = [self.width * 2**k for k in reversed(range(stages - 1))]
            units = [_volume(first)]
        self.first_shape = first
        self.denses = [
            self._dense(n, f"dense_{i}") for i, n in enumerate(units)
        ]
        self.norms = [
            self._norm(f"norm_{i}") for i in range(len(units) + len(filters))
        ]
        self.deconvs = [
            self._deconv(n, f"deconv_{i}")
            for i, n in enumerate([*filters, self.channels])
        ]

    @property
    def value_range(self):
        """The pair of values that the output lies between."""
        return (0.0, 1.0) if self.size == 28 else (-1.0, 1.0)

    def build(self, input_shape=None):
        units = self.latent_dim
        norms = iter(self.norms)
        for dense in self.denses:
            dense.build(self._with_classes(units))
            units = dense.units
            if self.size == 28:
                next(norms).build((None, units))
        height, width, channels = self.first_shape
        if self.size != 28:
            # By channel; the 28x28 pair's dense layers unit by unit
            # (carpedm20, model.py:366-421).
            next(norms).build((None, height, width, channels))
        for deconv in self.deconvs:
            deconv.build(self._with_classes(height, width, channels))
            height, width, channels = 2 * height, 2 * width, deconv.filters
            if deconv is not self.deconvs[-1]:
                next(norms).build((None, height, width, channels))

    def call(self, inputs, training=None):
        x, y = self._split(inputs)
        norms = iter(self.norms)

        def normalised(x):
            return tf.nn.relu(next(norms)(x, training=training))

        for dense in self.denses:
            x = dense(_join(x, y))  # (batch, units)
            if self.size == 28:
                x = normalised(x)
        x = tf.reshape(x, (-1, *self.first_shape))
        if self.size != 28:
            x = normalised(x)
        *deconvs, last = self.deconvs
        for deconv in deconvs:
            x = normalised(deconv(_join(x, y)))  # twice the sides
        x = tf.cast(last(_join(x, y)), tf.float32)
        return tf.sigmoid(x) if self.size == 28 else tf.tanh(x)

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim}


@keras.saving.register_keras_serializable(package="tf_gans.dcgan")
class Discriminator(_Network):
    """Maps an image to a logit, by convolutions that halve its sides.

    Each stage halves the sides and doubles the channels, from `width` after
    the first one, down to 4x4 pixels. For 28x28 there are two stages and a
    dense layer. There is no normalisation of the first stage. With
    `num_classes`, the one-hot label is appended to the input of every layer.

    4,316,545 trainable parameters at the default size, 4,318,337 in all.

    Args:
        size: int. The images' sides: 28, or 16, 32, 64, 128 and so on.
            Defaults to `64`.
        channels: int. Defaults to `3`.
        width: int. The channels after the first stage. Defaults to `64`.
        num_classes: int or None. The number of labels, with `size=28` only.
            Defaults to `None`.
        variant: `"paper"` or `"carpedm20"`. The second one's gains start at 1,
            and its conditional pair has other widths. Defaults to `"paper"`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, size, size, channels)`; with `num_classes`, a pair of this and
        of the labels, ints of shape `(batch,)`.

    Output shape:
        `(batch, 1)`, float32.

    Reference:
    - [Radford et al., 2015](https://arxiv.org/abs/1511.06434), section 3
    """

    role = "discriminator"

    def __init__(
        self,
        size=64,
        channels=3,
        width=64,
        num_classes=None,
        variant="paper",
        seed=None,
        name="discriminator",
        **kwargs,
    ):
        super().__init__(
            size,
            channels,
            width,
            num_classes,
            variant,
            seed,
            name=name,
            **kwargs,
        )
        if self._carpedm20_digits:
            # model.py:346-362 of carpedm20.
            filters = [self.channels + num_classes, self.width + num_classes]
        else:
            stages = 2 if self.size == 28 else _stages(self.size)
            filters = [self.width * 2**k for k in range(stages)]
        units = [_FC] if self.size == 28 else []
        self.convs = [self._conv(n, f"conv_{i}") for i, n in enumerate(filters)]
        self.denses = [
            self._dense(n, f"dense_{i}") for i, n in enumerate(units)
        ]
        self.norms = [
            self._norm(f"norm_{i}")
            for i in range(len(filters) - 1 + len(units))
        ]
        self.head = self._dense(1, "head")

    def build(self, input_shape=None):
        side, channels = self.size, self.channels
        norms = iter(self.norms)
        for conv in self.convs:
            conv.build(self._with_classes(side, side, channels))
            side, channels = side // 2, conv.filters
            if conv is not self.convs[0]:
                next(norms).build((None, side, side, channels))
        units = side * side * channels
        for dense in self.denses:
            dense.build(self._with_classes(units))
            units = dense.units
            next(norms).build((None, units))
        self.head.build(self._with_classes(units))

    def call(self, inputs, training=None):
        x, y = self._split(inputs)
        norms = iter(self.norms)

        def normalised(x):
            return tf.nn.leaky_relu(next(norms)(x, training=training), _SLOPE)

        first, *convs = self.convs
        x = tf.nn.leaky_relu(first(_join(x, y)), _SLOPE)  # half the sides
        for conv in convs:
            x = normalised(conv(_join(x, y)))  # half the sides
        x = tf.reshape(x, (-1, _volume(x.shape[1:])))
        for dense in self.denses:
            x = normalised(dense(_join(x, y)))  # (batch, units)
        return tf.cast(self.head(_join(x, y)), tf.float32)


def check_size(size):
    """Returns `size` if the networks can have it, or raises a `ValueError`."""
    size = check_positive_int("size", size)
    if size != 28 and (size < 16 or size & (size - 1)):
        raise ValueError(
            "`size` must be 28, or 4 times a power of two: 16, 32, 64, 128 and "
            f"so on. Received: size={size}"
        )
    return size


def _stages(size):
    """How often 4 must be doubled to be `size`."""
    return (size // 4).bit_length() - 1


def _volume(shape):
    height, width, channels = shape
    return height * width * channels


def _join(x, y):
    """Appends the one-hot label, where there is one, to x's channels."""
    if y is None:
        return x
    if len(x.shape) == 4:
        height, width = x.shape[1:3]
        y = y[:, tf.newaxis, tf.newaxis] * tf.ones(
            (1, height, width, 1), y.dtype
        )
    return tf.concat([x, y], axis=-1)
