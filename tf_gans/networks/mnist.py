"""The networks of everybody's first GANs on digits: 28x28 images, one channel.

`Generator` and `Discriminator` are the convolutional pair, `DenseGenerator`
and `DenseDiscriminator` the fully connected one. Both are from the third
assignment of Stanford's course CS231n, where many tutorials have them from.

References:
- the article: a tutorial by Mo (momodel.cn), in Chinese, that builds the
  convolutional pair in TensorFlow 1
- the assignment: [CS231n, assignment 3](https://cs231n.github.io/), GANs
"""

import keras
import tensorflow as tf

from tf_gans.errors import check_positive_int
from tf_gans.random import derive_seed

SIZE = 28
_SLOPE = 0.01  # of the leaky ReLU, in the article and in the assignment


class _DigitNetwork(keras.Model):
    """What the networks share: their seed and their layers."""

    role = ""  # keeps the seeds of the two players apart

    def __init__(self, seed, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed

    def _options(self, name):
        """What layers with a kernel share.

        Kernels start as TensorFlow 1's and Keras' layers do by default.
        """
        seed = None
        if self.seed is not None:
            seed = derive_seed(self.seed, f"mnist/{self.role}/{name}")
        return {
            "kernel_initializer": keras.initializers.GlorotUniform(seed),
            "name": name,
            "dtype": self.dtype_policy,
        }

    def _dense(self, units, name, activation=None):
        options = self._options(name)
        return keras.layers.Dense(units, activation=activation, **options)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


class _DigitGenerator(_DigitNetwork):
    role = "generator"
    value_range = (-1.0, 1.0)

    def __init__(self, latent_dim, seed, **kwargs):
        super().__init__(seed, **kwargs)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim}


@keras.saving.register_keras_serializable(package="tf_gans.mnist")
class Generator(_DigitGenerator):
    """Maps z to an image, by two dense layers and two transposed convolutions.

    6,675,009 trainable parameters at the default size, 6,689,729 in all. As in
    the article, batch normalisation comes after the ReLU, and its layers have
    the defaults that TensorFlow 1 and Keras share.

    Args:
        latent_dim: int. The components of z. Defaults to `96`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, latent_dim)`.

    Output shape:
        `(batch, 28, 28, 1)`, float32 in (-1, 1).
    """

    def __init__(self, latent_dim=96, seed=None, name="generator", **kwargs):
        super().__init__(latent_dim, seed, name=name, **kwargs)
        self.fc1 = self._dense(1024, "fc1", "relu")
        self.bn1 = self._norm("bn1")
        self.fc2 = self._dense(7 * 7 * 128, "fc2", "relu")
        self.bn2 = self._norm("bn2")
        self.deconv1 = self._deconv(64, "deconv1", "relu")
        self.bn3 = self._norm("bn3")
        self.deconv2 = self._deconv(1, "deconv2")

    def _norm(self, name):
        return keras.layers.BatchNormalization(
            momentum=0.99, epsilon=1e-3, name=name, dtype=self.dtype_policy
        )

    def _deconv(self, filters, name, activation=None):
        return keras.layers.Conv2DTranspose(
            filters,
            kernel_size=4,
            strides=2,
            padding="same",
            activation=activation,
            **self._options(name),
        )

    def build(self, input_shape=None):
        self.fc1.build((None, self.latent_dim))
        self.bn1.build((None, 1024))
        self.fc2.build((None, 1024))
        self.bn2.build((None, 7 * 7 * 128))
        self.deconv1.build((None, 7, 7, 128))
        self.bn3.build((None, 14, 14, 64))
        self.deconv2.build((None, 14, 14, 64))

    def call(self, z, training=None):
        x = self.bn1(self.fc1(z), training=training)  # (batch, 1024)
        x = self.bn2(self.fc2(x), training=training)  # (batch, 7 * 7 * 128)
        x = tf.reshape(x, (-1, 7, 7, 128))
        x = self.bn3(self.deconv1(x), training=training)  # (batch, 14, 14, 64)
        x = self.deconv2(x)  # (batch, 28, 28, 1)
        return tf.tanh(tf.cast(x, tf.float32))


@keras.saving.register_keras_serializable(package="tf_gans.mnist")
class Discriminator(_DigitNetwork):
    """Maps an image to a logit, by two convolutions and two dense layers.

    1,102,721 parameters.

    Args:
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, 28, 28, 1)`.

    Output shape:
        `(batch, 1)`, float32.
    """

    role = "discriminator"

    def __init__(self, seed=None, name="discriminator", **kwargs):
        super().__init__(seed, name=name, **kwargs)
        self.conv1 = self._conv(32, "conv1")
        self.conv2 = self._conv(64, "conv2")
        self.fc1 = self._dense(1024, "fc1")
        self.fc2 = self._dense(1, "fc2")

    def _conv(self, filters, name):
        return keras.layers.Conv2D(
            filters, kernel_size=5, padding="valid", **self._options(name)
        )

    def build(self, input_shape=None):
        self.conv1.build((None, SIZE, SIZE, 1))
        self.conv2.build((None, 12, 12, 32))
        self.fc1.build((None, 4 * 4 * 64))
        self.fc2.build((None, 1024))

    def call(self, x, training=None):
        x = _pooled_leaky_relu(self.conv1(x))  # (batch, 12, 12, 32)
        x = _pooled_leaky_relu(self.conv2(x))  # (batch, 4, 4, 64)
        x = tf.reshape(x, (-1, 4 * 4 * 64))
        x = _leaky_relu(self.fc1(x))  # (batch, 1024)
        return tf.cast(self.fc2(x), tf.float32)


@keras.saving.register_keras_serializable(package="tf_gans.mnist")
class DenseGenerator(_DigitGenerator):
    """Maps z to an image, by dense layers of 1024, 1024 and 784 units.

    1,952,528 parameters at the default size.

    Args:
        latent_dim: int. The components of z. Defaults to `96`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, latent_dim)`.

    Output shape:
        `(batch, 28, 28, 1)`, float32 in (-1, 1).
    """

    def __init__(self, latent_dim=96, seed=None, name="generator", **kwargs):
        super().__init__(latent_dim, seed, name=name, **kwargs)
        self.fc1 = self._dense(1024, "fc1", "relu")
        self.fc2 = self._dense(1024, "fc2", "relu")
        self.fc3 = self._dense(SIZE * SIZE, "fc3")

    def build(self, input_shape=None):
        self.fc1.build((None, self.latent_dim))
        self.fc2.build((None, 1024))
        self.fc3.build((None, 1024))

    def call(self, z, training=None):
        x = self.fc3(self.fc2(self.fc1(z)))  # (batch, 784)
        x = tf.tanh(tf.cast(x, tf.float32))
        return tf.reshape(x, (-1, SIZE, SIZE, 1))


@keras.saving.register_keras_serializable(package="tf_gans.mnist")
class DenseDiscriminator(_DigitNetwork):
    """Maps an image to a logit, by dense layers of 256, 256 and 1 units.

    267,009 parameters.

    Args:
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, 28, 28, 1)`.

    Output shape:
        `(batch, 1)`, float32.
    """

    role = "discriminator"

    def __init__(self, seed=None, name="discriminator", **kwargs):
        super().__init__(seed, name=name, **kwargs)
        self.fc1 = self._dense(256, "fc1")
        self.fc2 = self._dense(256, "fc2")
        self.fc3 = self._dense(1, "fc3")

    def build(self, input_shape=None):
        self.fc1.build((None, SIZE * SIZE))
        self.fc2.build((None, 256))
        self.fc3.build((None, 256))

    def call(self, x, training=None):
        x = tf.reshape(x, (-1, SIZE * SIZE))
        x = _leaky_relu(self.fc1(x))  # (batch, 256)
        x = _leaky_relu(self.fc2(x))  # (batch, 256)
        return tf.cast(self.fc3(x), tf.float32)


def _leaky_relu(x):
    return tf.nn.leaky_relu(x, _SLOPE)


def _pooled_leaky_relu(x):
    """The maximum over 2x2 pixels of the leaky ReLU.

    The function never falls, so the maximum may be taken first: the same
    numbers from a quarter of the work.
    """
    return _leaky_relu(tf.nn.max_pool2d(x, 2, 2, "VALID"))
