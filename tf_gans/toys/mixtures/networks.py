"""Dense networks for points in the plane.

One pair for every recipe, so that what differs between two trainings is the
recipe. They are this project's own; the published programs on these data have
one pair each.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gans.errors import check_positive_int
from tf_gans.layers import MinibatchDiscrimination, SpectralNormalization
from tf_gans.random import derive_seed

# Of the minibatch discrimination: kernels, their dimensions, and the standard
# deviation of what they begin with. Fewer and smaller kernels than the paper's
# 100 of 5, for a batch's distances are most of a step's time here.
_KERNELS, _KERNEL_DIM, _KERNEL_STDDEV = 5, 3, 0.1


class _PointNetwork(keras.Model):
    """What the networks share: hidden layers, and where the data lie.

    Networks work where data have mean 0 and standard deviation 1:
    `data = shift + scale * network units`. Both are constants, not weights.
    """

    role = ""

    def __init__(
        self,
        hidden_size,
        num_layers,
        activation,
        shift,
        scale,
        seed,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not scale > 0:
            raise ValueError(
                f"`scale` must be positive. Received: scale={scale}"
            )
        self.hidden_size = check_positive_int("hidden_size", hidden_size)
        self.num_layers = check_positive_int("num_layers", num_layers)
        self.activation = keras.activations.get(activation)
        self.shift = tuple(float(x) for x in np.broadcast_to(shift, (2,)))
        self.scale = float(scale)
        self.seed = seed

    def _stack(self, prefix=""):
        """A new list of hidden layers."""
        return [
            self._dense(self.hidden_size, f"{prefix}{i}", self.activation)
            for i in range(self.num_layers)
        ]

    def _dense(self, units, name, activation=None):
        # He et al., 2015: https://arxiv.org/abs/1502.01852
        initializer = keras.initializers.HeNormal(seed=self._seed(name))
        return keras.layers.Dense(
            units,
            activation=activation,
            kernel_initializer=initializer,
            name=name,
            dtype=self.dtype_policy,
        )

    def _seed(self, name):
        if self.seed is None:
            return None
        return derive_seed(self.seed, f"points/{self.role}/{name}")

    def _to_units(self, x):
        return (x - tf.constant(self.shift, x.dtype)) / self.scale

    def _from_units(self, x):
        x = tf.cast(x, tf.float32)
        return tf.constant(self.shift, x.dtype) + self.scale * x

    def get_config(self):
        return {
            **super().get_config(),
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "activation": keras.activations.serialize(self.activation),
            "shift": self.shift,
            "scale": self.scale,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tf_gans.points")
class Generator(_PointNetwork):
    """Maps z to a point.

    Hidden layers of ReLUs, then a linear one: 8,642 parameters at the default
    sizes.

    Args:
        latent_dim: int. The components of z. Defaults to `2`.
        hidden_size: int. The units of a hidden layer. Defaults to `64`.
        num_layers: int. The hidden layers. Defaults to `3`.
        activation: theirs. Defaults to `"relu"`. The corners of a ReLU can
            stand close together, where the units of a smooth one would need
            large weights: a generator of these leaps from one narrow mode to
            the next, and leaves few samples between.
        shift: float or pair of floats, and
        scale: float. Samples are `shift + scale * output`. Default to `0` and
            `1`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, latent_dim)`.

    Output shape:
        `(batch, 2)`.
    """

    role = "generator"

    def __init__(
        self,
        latent_dim=2,
        hidden_size=64,
        num_layers=3,
        activation="relu",
        shift=0.0,
        scale=1.0,
        seed=None,
        name="generator",
        **kwargs,
    ):
        super().__init__(
            hidden_size,
            num_layers,
            activation,
            shift,
            scale,
            seed,
            name=name,
            **kwargs,
        )
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self.hidden = self._stack()
        self.head = self._dense(2, "head")

    def build(self, input_shape=None):
        _build_chain([*self.hidden, self.head], self.latent_dim)

    def call(self, z, training=None):
        for layer in self.hidden:
            z = layer(z)
        return self._from_units(self.head(z))

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim}


@keras.saving.register_keras_serializable(package="tf_gans.points")
class Discriminator(_PointNetwork):
    """Maps a point to a logit.

    Hidden layers of leaky ReLUs of slope 0.2, with `minibatch` then
    `MinibatchDiscrimination`, then a linear layer: 8,577 parameters, or
    9,557, at the default sizes.

    Args:
        minibatch: bool. Whether minibatch discrimination stands before the
            last layer. Defaults to `False`.
        spectral_norm: bool. Whether all kernels are divided by their largest
            singular value. Defaults to `False`.
        hidden_size: int. The units of a hidden layer. Defaults to `64`.
        num_layers: int. The hidden layers. Defaults to `3`.
        activation: theirs. Defaults to `"leaky_relu"`.
        shift: float or pair of floats, and
        scale: float. The network sees `(x - shift) / scale`. Default to `0`
            and `1`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, 2)`. With `minibatch`, the batch is one group.

    Output shape:
        `(batch, 1)`.
    """

    role = "discriminator"

    def __init__(
        self,
        minibatch=False,
        spectral_norm=False,
        hidden_size=64,
        num_layers=3,
        activation="leaky_relu",
        shift=0.0,
        scale=1.0,
        seed=None,
        name="discriminator",
        **kwargs,
    ):
        super().__init__(
            hidden_size,
            num_layers,
            activation,
            shift,
            scale,
            seed,
            name=name,
            **kwargs,
        )
        self.minibatch = bool(minibatch)
        self.spectral_norm = bool(spectral_norm)
        self.hidden = [self._normalized(layer) for layer in self._stack()]
        self.similarity = None
        if self.minibatch:
            self.similarity = MinibatchDiscrimination(
                num_kernels=_KERNELS,
                kernel_dim=_KERNEL_DIM,
                include_self=False,  # as the paper's program
                kernel_initializer=keras.initializers.RandomNormal(
                    stddev=_KERNEL_STDDEV, seed=self._seed("minibatch")
                ),
                name="minibatch",
                dtype=self.dtype_policy,
            )
        self.head = self._normalized(self._dense(1, "head"))

    def _normalized(self, layer):
        if not self.spectral_norm:
            return layer
        seed = self._seed(f"{layer.name}/u")
        return SpectralNormalization(layer, seed=seed, dtype=self.dtype_policy)

    def build(self, input_shape=None):
        layers = [*self.hidden, self.similarity, self.head]
        _build_chain([layer for layer in layers if layer], 2)

    def call(self, x, training=None):
        x = self._to_units(x)
        for layer in self.hidden:
            x = layer(x)
        if self.similarity:
            x = self.similarity(x)
        return tf.cast(self.head(x), tf.float32)

    def get_config(self):
        return {
            **super().get_config(),
            "minibatch": self.minibatch,
            "spectral_norm": self.spectral_norm,
        }


@keras.saving.register_keras_serializable(package="tf_gans.points")
class Autoencoder(_PointNetwork):
    """Maps a point to its reconstruction from a code.

    BEGAN's discriminator: hidden layers, the code, and as many hidden layers
    again, then a linear one. The code has one component: with two, the network
    would learn to reproduce any point, and data and samples alike.

    Args:
        code_dim: int. The components of the code. Defaults to `1`.
        hidden_size: int. The units of a hidden layer. Defaults to `64`.
        num_layers: int. The hidden layers before the code, and those behind
            it. Defaults to `3`.
        activation: theirs. Defaults to `"leaky_relu"`.
        shift: float or pair of floats, and
        scale: float. The network sees `(x - shift) / scale`, and its output is
            brought back. Default to `0` and `1`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, 2)`.

    Output shape:
        `(batch, 2)`.

    Reference:
    - [Berthelot et al., 2017](https://arxiv.org/abs/1703.10717)
    """

    role = "autoencoder"

    def __init__(
        self,
        code_dim=1,
        hidden_size=64,
        num_layers=3,
        activation="leaky_relu",
        shift=0.0,
        scale=1.0,
        seed=None,
        name="discriminator",
        **kwargs,
    ):
        super().__init__(
            hidden_size,
            num_layers,
            activation,
            shift,
            scale,
            seed,
            name=name,
            **kwargs,
        )
        self.code_dim = check_positive_int("code_dim", code_dim)
        self.hidden = self._stack("encoder")
        self.code = self._dense(self.code_dim, "code")
        self.decoder = self._stack("decoder")
        self.head = self._dense(2, "head")

    @property
    def _chain(self):
        return [*self.hidden, self.code, *self.decoder, self.head]

    def build(self, input_shape=None):
        _build_chain(self._chain, 2)

    def call(self, x, training=None):
        x = self._to_units(x)
        for layer in self._chain:
            x = layer(x)
        return self._from_units(x)

    def get_config(self):
        return {**super().get_config(), "code_dim": self.code_dim}


@keras.saving.register_keras_serializable(package="tf_gans.points")
class Encoder(_PointNetwork):
    """Maps a point to a distribution of z, for the VAE.

    Args:
        latent_dim: int. The components of z. Defaults to `2`.
        hidden_size: int. The units of a hidden layer. Defaults to `64`.
        num_layers: int. The hidden layers. Defaults to `3`.
        activation: theirs. Defaults to `"leaky_relu"`.
        shift: float or pair of floats, and
        scale: float. The network sees `(x - shift) / scale`. Default to `0`
            and `1`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, 2)`.

    Output shape:
        A pair of `(batch, latent_dim)`: the mean, and the number for the
        spread that the VAE asks for.
    """

    role = "encoder"

    def __init__(
        self,
        latent_dim=2,
        hidden_size=64,
        num_layers=3,
        activation="leaky_relu",
        shift=0.0,
        scale=1.0,
        seed=None,
        name="encoder",
        **kwargs,
    ):
        super().__init__(
            hidden_size,
            num_layers,
            activation,
            shift,
            scale,
            seed,
            name=name,
            **kwargs,
        )
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self.hidden = self._stack()
        self.head = self._dense(2 * self.latent_dim, "head")

    def build(self, input_shape=None):
        _build_chain([*self.hidden, self.head], 2)

    def call(self, x, training=None):
        x = self._to_units(x)
        for layer in self.hidden:
            x = layer(x)
        mean, spread = tf.split(tf.cast(self.head(x), tf.float32), 2, axis=-1)
        return mean, spread

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim}


def _build_chain(layers, size):
    """Builds layers, each for the output of the one before."""
    shape = (None, size)
    for layer in layers:
        layer.build(shape)
        shape = layer.compute_output_shape(shape)
