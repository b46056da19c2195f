"""Dense networks for points in the plane.

One pair for every recipe, so that what differs between two trainings is the
recipe. They are this project's own; the published programs on these data have
one pair each.
"""

import keras
import numpy as np
import tensorflow as tf
from keras.saving import register_keras_serializable

from tf_gans.errors import check_positive_int
from tf_gans.layers import MinibatchDiscrimination
from tf_gans.networks.base import Judge, ScaledNetwork, full_precision

# Of the minibatch discrimination: kernels, their dimensions, and the standard
# deviation of what they begin with. Fewer and smaller kernels than the paper's
# 100 of 5, for a batch's distances are most of a step's time here.
_KERNELS, _KERNEL_DIM, _KERNEL_STDDEV = 5, 3, 0.1


class PointNetwork(ScaledNetwork):
    """What the networks share: hidden layers, and where the data lie.

    Networks work where data have mean 0 and standard deviation 1.

    Args:
        hidden_size: int. The units of a hidden layer. Defaults to `64`.
        num_layers: int. The hidden layers; an autoencoder has as many on
            either side of the code. Defaults to `3`.
        activation: theirs. Defaults to `"leaky_relu"`, of slope 0.2.
        shift: float or pair of floats. Where the data's mean lies. Defaults to
            `0`.
        scale: float. The data's standard deviation. Samples that a network
            makes are `shift + scale * output`, and those that it takes are
            seen as `(x - shift) / scale`. Defaults to `1`.
        seed: int or None. The seed of the initial weights.
    """

    pair = "points"
    sample_shape = (2,)

    def __init__(
        self,
        hidden_size=64,
        num_layers=3,
        activation="leaky_relu",
        shift=0.0,
        **options,
    ):
        super().__init__(np.broadcast_to(shift, (2,)), **options)
        self.hidden_size = check_positive_int("hidden_size", hidden_size)
        self.num_layers = check_positive_int("num_layers", num_layers)
        self.activation = keras.activations.get(activation)

    def _initializer(self, name):
        # He et al., 2015: https://arxiv.org/abs/1502.01852
        return keras.initializers.HeNormal(self._seed(name))

    def _stack(self, prefix=""):
        """A new list of hidden layers."""
        return [
            self._dense(
                self.hidden_size, f"{prefix}{i}", activation=self.activation
            )
            for i in range(self.num_layers)
        ]


@register_keras_serializable(package="tf_gans.points")
class Generator(PointNetwork):
    """Maps z to a point.

    Hidden layers of ReLUs, then a linear one: 8,642 parameters at the default
    sizes.

    Args:
        latent_dim: int. The components of z. Defaults to `2`.
        activation: theirs. Defaults to `"relu"`. The corners of a ReLU can
            stand close together, where the units of a smooth one would need
            large weights: a generator of these leaps from one narrow mode to
            the next, and leaves few samples between.
        hidden_size, num_layers, shift, scale, seed: those of `PointNetwork`.

    Input shape: `(batch, latent_dim)`.
    Output shape: `(batch, 2)`.
    """

    role = "generator"

    def __init__(self, latent_dim=2, *, activation="relu", **options):
        super().__init__(activation=activation, **options)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self.hidden = self._stack()
        self.head = self._dense(2, "head")

    def call(self, z, training=None):
        return self._from_units(_chain(z, *self.hidden, self.head))


@register_keras_serializable(package="tf_gans.points")
class Discriminator(Judge, PointNetwork):
    """Maps a point to a logit.

    Hidden layers of leaky ReLUs of slope 0.2, with `minibatch` then
    `MinibatchDiscrimination`, then a linear layer: 8,577 parameters, or
    9,557, at the default sizes.

    Args:
        minibatch: bool. Whether minibatch discrimination stands before the
            last layer. Defaults to `False`.
        spectral_norm: bool. Whether all kernels are divided by their largest
            singular value. Defaults to `False`.
        hidden_size, num_layers, activation, shift, scale, seed: those of
            `PointNetwork`.

    Input shape: `(batch, 2)`. With `minibatch`, the batch is one group.
    Output shape: `(batch, 1)`.
    """

    role = "discriminator"

    def __init__(self, minibatch=False, spectral_norm=False, **options):
        super().__init__(**options)
        self.minibatch = bool(minibatch)
        self.spectral_norm = bool(spectral_norm)
        self.hidden = self._stack()
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
        self.head = self._dense(1, "head")

    def _features(self, x, training):
        del training
        x = _chain(self._to_units(x), *self.hidden)
        return self.similarity(x) if self.similarity else x


@register_keras_serializable(package="tf_gans.points")
class Autoencoder(PointNetwork):
    """Maps a point to its reconstruction from a code.

    BEGAN's discriminator: hidden layers, the code, and as many hidden layers
    again, then a linear one. The code has one component: with two, the network
    would learn to reproduce any point, and data and samples alike.

    Args:
        code_dim: int. The components of the code. Defaults to `1`.
        hidden_size, num_layers, activation, shift, scale, seed: those of
            `PointNetwork`.

    Input shape: `(batch, 2)`.
    Output shape: `(batch, 2)`.

    Reference:
    - [Berthelot et al., 2017](https://arxiv.org/abs/1703.10717)
    """

    role = "autoencoder"

    def __init__(self, code_dim=1, *, name="discriminator", **options):
        super().__init__(name=name, **options)
        self.code_dim = check_positive_int("code_dim", code_dim)
        self.hidden = self._stack("encoder")
        self.code = self._dense(self.code_dim, "code")
        self.decoder = self._stack("decoder")
        self.head = self._dense(2, "head")

    def call(self, x, training=None):
        x = _chain(self._to_units(x), *self.hidden, self.code)
        return self._from_units(_chain(x, *self.decoder, self.head))


@register_keras_serializable(package="tf_gans.points")
class Encoder(PointNetwork):
    """Maps a point to a distribution of z, for the VAE.

    Args:
        latent_dim: int. The components of z. Defaults to `2`.
        hidden_size, num_layers, activation, shift, scale, seed: those of
            `PointNetwork`.

    Input shape: `(batch, 2)`.
    Output shape: a pair of `(batch, latent_dim)`: the mean, and the number
        for the spread that the VAE asks for.
    """

    role = "encoder"

    def __init__(self, latent_dim=2, **options):
        super().__init__(**options)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)
        self.hidden = self._stack()
        self.head = self._dense(2 * self.latent_dim, "head")

    def call(self, x, training=None):
        x = _chain(self._to_units(x), *self.hidden, self.head)
        mean, spread = tf.split(full_precision(x), 2, axis=-1)
        return mean, spread


def _chain(x, *layers):
    for layer in layers:
        x = layer(x)
    return x
