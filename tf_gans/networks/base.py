"""What the networks share: their base, and the checks of their options."""

import inspect
import math
import numbers
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gans.errors import check_positive_int
from tf_gans.layers import SpectralNormalization, WeightNormalization
from tf_gans.random import derive_seed
from tf_gans.sample_norm import SampleNormalization

# What a generator's last function may be, and the values that it lies between.
OUTPUTS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}

# How a critic may be normalised without one sample seeing another.
CRITIC_NORMS = ("none", "layer", "instance", "group", "weight")

_GROUPS = 32  # of channels: Wu and He, 2018, https://arxiv.org/abs/1803.08494
_LEAST = 8  # units of a dense layer's group

# Keras has a property of the name `output`, so its value is kept elsewhere.
_KEPT_AS = {"output": "output_activation"}


class Network(keras.Model):
    """A network that is written as its paper's table is.

    A subclass makes its layers in `__init__`, with `_dense`, `_conv`,
    `_deconv` and `_norm`, and connects them in `call`. The rest is here:

    - The initial weights follow from `seed`: each layer's from the pair, the
      role and the layer's name, so no two of them start alike.
    - Every layer has the network's precision and takes the channels last,
      whatever `keras.json` says.
    - `build` needs no shape. It sends one sample of zeros through `call`, and
      each layer is built as it is come to.
    - The configuration is made of the arguments of all constructors down to
      this one, so a subclass keeps each of its own as an attribute of the same
      name (`output` as `output_activation`).

    A subclass sets `pair`, `role` and `sample_shape`, and a generator also
    `latent_dim` and `value_range`. To add a published pair:

    ```python
    @keras.saving.register_keras_serializable(package="sngan")
    class Generator(Network):
        pair, role = "sngan", "generator"
        sample_shape = (32, 32, 3)
        value_range = (-1.0, 1.0)
        batch_norm = True
        convolution = {"kernel_size": 4, "strides": 2}

        def __init__(self, latent_dim=128, width=64, **options):
            super().__init__(**options)
            self.latent_dim = check_positive_int("latent_dim", latent_dim)
            self.width = check_positive_int("width", width)
            self.dense = self._dense(4 * 4 * 8 * width, "dense")
            filters = [4 * width, 2 * width, width]
            self.deconvs = [self._deconv(n, f"deconv_{n}") for n in filters]
            self.norms = [self._norm(f"norm_{n}") for n in filters]
            self.last = self._conv(3, "last", kernel_size=3, strides=1)

        def call(self, z, training=None):
            x = tf.reshape(self.dense(z), (-1, 4, 4, 8 * self.width))
            for deconv, norm in zip(self.deconvs, self.norms, strict=True):
                x = tf.nn.relu(norm(deconv(x), training=training))
            return tf.tanh(full_precision(self.last(x)))  # (batch, 32, 32, 3)
    ```

    Args:
        seed: int or None. The seed of the initial weights. Defaults to `None`.
        name: str or None. Defaults to the role.
        **kwargs: those of `keras.Model`, such as `dtype`.
    """

    pair = ""  # the pair's name and the network's role: they keep the
    role = ""  # seeds of all networks apart
    sample_shape: tuple = ()  # without the batch
    num_classes = None  # of a network that takes labels with its input
    batch_norm = False  # whether the samples of a batch see each other
    spectral_norm = False  # whether kernels are divided by their norm
    critic_norm = "none"  # of `CRITIC_NORMS`

    # What all of a pair's layers of a kind have in common.
    convolution: dict = {}
    normalization: dict = {}

    def __init__(self, seed=None, name=None, **kwargs):
        super().__init__(name=name or self.role or None, **kwargs)
        self.seed = seed

    @property
    def input_shape(self):
        """The shape of z for a generator, and of samples for the others."""
        if self.role == "generator":
            return (None, self.latent_dim)
        return (None, *self.sample_shape)

    def build(self, input_shape=None):
        """Builds the layers. The shape is the network's own, always."""
        # Not `compute_output_spec`: within it, a weight is drawn anew wherever
        # it is read, and `SpectralNormalization` reads each a hundred times.
        sample = tf.zeros((1, *self.input_shape[1:]), self.compute_dtype)
        if self.num_classes is None:
            self.call(sample, training=False)
        else:
            self.call((sample, tf.zeros((1,), tf.int32)), training=False)

    def get_config(self):
        config = super().get_config()
        classes = type(self).__mro__
        for cls in classes[: classes.index(Network) + 1]:
            if "__init__" not in vars(cls):
                continue
            arguments = inspect.getfullargspec(vars(cls)["__init__"])
            for name in (*arguments.args, *arguments.kwonlyargs):
                if name in ("self", "name"):
                    continue
                value = getattr(self, _KEPT_AS.get(name, name))
                if callable(value):
                    value = keras.activations.serialize(value)
                config[name] = value
        return config

    def _split(self, inputs):
        """The inputs and, of a conditional network, the labels as one-hot."""
        if self.num_classes is None:
            return inputs, None
        x, labels = inputs
        dtype = tf.as_dtype(self.compute_dtype)
        labels = tf.one_hot(labels, self.num_classes, dtype=dtype)
        return tf.cast(x, dtype), labels

    def _seed(self, name):
        if self.seed is None:
            return None
        if self.pair:
            name = f"{self.pair}/{self.role}/{name}"
        return derive_seed(self.seed, name)

    def _initializer(self, name):
        """What kernels start as: Keras' default, unless a pair has another."""
        return keras.initializers.GlorotUniform(self._seed(name))

    def _dense(self, units, name, **options):
        return self._layer(keras.layers.Dense, name, units=units, **options)

    def _conv(self, filters, name, **options):
        return self._convolution(keras.layers.Conv2D, filters, name, options)

    def _deconv(self, filters, name, **options):
        layer = keras.layers.Conv2DTranspose
        return self._convolution(layer, filters, name, options)

    def _convolution(self, layer, filters, name, options):
        options = {"padding": "same", **self.convolution, **options}
        return self._layer(
            layer, name, filters=filters, data_format="channels_last", **options
        )

    def _layer(self, layer, name, **options):
        """A layer with a kernel."""
        options = {"kernel_initializer": self._initializer(name), **options}
        layer = layer(name=name, dtype=self.dtype_policy, **options)
        if self.critic_norm == "weight":
            return WeightNormalization(layer, name=f"wn_{name}")
        if not self.spectral_norm:
            return layer
        seed = self._seed(f"{name}/u")
        return SpectralNormalization(layer, seed=seed, name=f"sn_{name}")

    def _norm(self, name, **options):
        """A batch normalisation, or None where there is none."""
        if not self.batch_norm:
            return None
        options = {**self.normalization, **options}
        return keras.layers.BatchNormalization(
            axis=-1, name=name, dtype=self.dtype_policy, **options
        )

    def _set_critic_norm(self, kind):
        """Sets a critic's `critic_norm`, before its layers are made.

        - `"layer"`: over all numbers of a sample, a gain and a shift for each
          channel, as in igul222/improved_wgan_training.
        - `"instance"`: over the pixels of each channel; layers without pixels
          are not normalised.
        - `"group"`: over the pixels of groups of channels, 32 of them where
          the number of channels allows.
        - `"weight"`: the kernels, by `WeightNormalization`.

        The first three stand where batch normalisation would. Their
        statistics, of one sample each, are in 32 bits.

        Raises:
            ValueError: there is no such kind, or it contradicts the network's
                `batch_norm` or `spectral_norm`.
        """
        if kind not in CRITIC_NORMS:
            raise ValueError(
                f"`critic_norm` must be one of {', '.join(CRITIC_NORMS)}. "
                f"Received: critic_norm={kind!r}"
            )
        others = {
            "batch_norm": "it stands where batch normalisation would",
            "spectral_norm": "both divide the kernels",
        }
        if kind != "weight":
            others.pop("spectral_norm")
        for name, reason in others.items():
            if kind != "none" and getattr(self, name):
                raise ValueError(
                    f"`critic_norm` cannot be used with `{name}`: {reason}. "
                    f"Received: critic_norm={kind!r}, {name}=True"
                )
        self.critic_norm = kind

    def _sample_norm(self, channels, name, has_pixels=True):
        """A critic's normalisation of each sample, or None.

        Args:
            channels: int. Those of the layer's inputs.
            name: str.
            has_pixels: bool. Whether the inputs are maps.
        """
        # A group of a single number would be 0, whatever it was.
        fitting = channels if has_pixels else channels // _LEAST
        groups = {
            "layer": 1,
            "instance": channels if has_pixels else None,
            "group": math.gcd(_GROUPS, fitting),
        }.get(self.critic_norm)
        if groups is None:
            return None
        return SampleNormalization(groups, name=name, dtype=self.dtype_policy)


class Judge:
    """What makes a `Network` one that says its features, too.

    It stands first among the bases of a discriminator, which has in the place
    of `call` a `_features`, up to what its last layer sees, and that layer as
    `head`. `_says` is overridden where more is said than the head does.

    With minibatch discrimination the features contain the similarities, and of
    a conditional network, where the last layer is given it, the label.
    """

    _features: Any
    head: Any
    compute_dtype: str

    def call(self, inputs, training=None):
        return self._says(self._features(inputs, training), training)

    def features_and_logits(self, inputs, training=None):
        """What the last layer sees, and what the network says.

        Args:
            inputs: what the network is called with.
            training: bool, as for `call`.

        Returns:
            The features, a float tensor of 32 bits or more and of shape
            `(batch, units)`, and what `call` returns.
        """
        features = self._features(self._converted(inputs), training)
        return full_precision(features), self._says(features, training)

    def _converted(self, inputs):
        """The inputs in the network's precision, as Keras' `__call__` has."""

        def converted(x):
            x = tf.convert_to_tensor(x)
            is_float = x.dtype.is_floating
            return tf.cast(x, self.compute_dtype) if is_float else x

        return tf.nest.map_structure(converted, inputs)

    def _says(self, features, training):
        """What the network says of samples with these features."""
        del training
        return full_precision(self.head(features))


class ImageNetwork(Network):
    """A network that takes or makes square images.

    Args:
        size: int. The images' sides, a multiple of 4 from 8.
        channels: int.
        **options: those of `Network`.
    """

    def __init__(self, size, channels, **options):
        super().__init__(**options)
        self.size = self.check_size(size)
        self.channels = check_positive_int("channels", channels)

    @property
    def sample_shape(self):
        return (self.size, self.size, self.channels)

    @staticmethod
    def check_size(size):
        """Returns `size` if the pair can have it, or raises a `ValueError`."""
        if check_positive_int("size", size) % 4 or size < 8:
            raise ValueError(
                "`size` must be a multiple of 4, and at least 8: 28, 32, 64 "
                f"and so on. Received: size={size}"
            )
        return int(size)


class SquashedNetwork(ImageNetwork):
    """A network that makes images, of values between 0 and 1 or -1 and 1.

    Args:
        output: `"sigmoid"` for images in (0, 1), or `"tanh"` for (-1, 1).
            Defaults to `"sigmoid"`.
        **options: those of `ImageNetwork`.
    """

    def __init__(self, *args, output="sigmoid", **options):
        super().__init__(*args, **options)
        if output not in OUTPUTS:
            raise ValueError(
                f"`output` must be one of {tuple(OUTPUTS)}. "
                f"Received: output={output!r}"
            )
        self.output_activation = output

    @property
    def value_range(self):
        """The pair of values that the output lies between."""
        return OUTPUTS[self.output_activation]

    def _squash(self, x):
        return getattr(tf, self.output_activation)(full_precision(x))


class ScaledNetwork(Network):
    """A network with units of its own, which are not those of the data.

    `data = shift + scale * network units`. Both are constants, not weights.

    Args:
        shift: float, or one for each component of a sample. Defaults to `0`.
        scale: float. Defaults to `1`.
        **options: those of `Network`.
    """

    def __init__(self, shift=0.0, scale=1.0, **options):
        super().__init__(**options)
        if not scale > 0:
            raise ValueError(
                f"`scale` must be positive. Received: scale={scale}"
            )
        is_one = np.ndim(shift) == 0
        self.shift = float(shift) if is_one else tuple(map(float, shift))
        self.scale = float(scale)

    # What changes nothing is left out: a tiny network's step would feel it.

    def _to_units(self, x):
        if np.any(self.shift):
            x = x - tf.constant(self.shift, x.dtype)
        return x / self.scale if self.scale != 1 else x

    def _from_units(self, x):
        x = full_precision(x)
        if self.scale != 1:
            x = x * self.scale
        return x + tf.constant(self.shift, x.dtype) if np.any(self.shift) else x


def join(x, y):
    """Appends the one-hot label, where there is one, to x's channels."""
    if y is None:
        return x
    if len(x.shape) == 4:
        height, width = x.shape[1:3]
        y = y[:, tf.newaxis, tf.newaxis] * tf.ones(
            (1, height, width, 1), y.dtype
        )
    return tf.concat([x, y], axis=-1)


def full_precision(x):
    """Brings 16 bits to 32: outputs and losses need them."""
    return tf.cast(x, tf.float32) if x.dtype.size < 4 else x


def check_fraction(name, value):
    """Returns `value` as a float in [0, 1), or raises a `ValueError`."""
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_real or not 0 <= value < 1:
        raise ValueError(
            f"`{name}` must be at least 0 and below 1. "
            f"Received: {name}={value!r}"
        )
    return float(value)
