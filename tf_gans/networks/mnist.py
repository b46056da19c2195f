"""The networks of everybody's first GANs on digits: 28x28 images, one channel.

`Generator` and `Discriminator` are the convolutional pair, `DenseGenerator`
and `DenseDiscriminator` the fully connected one. Both are from the third
assignment of Stanford's course CS231n, where many tutorials have them from.

References:
- the article: a tutorial by Mo (momodel.cn), in Chinese, that builds the
  convolutional pair in TensorFlow 1
- the assignment: [CS231n, assignment 3](https://cs231n.github.io/), GANs
"""

import tensorflow as tf
from keras.saving import register_keras_serializable

from tf_gans.errors import check_positive_int
from tf_gans.networks.base import Judge, Network, full_precision

SIZE = 28
_SLOPE = 0.01  # of the leaky ReLU, in the article and in the assignment


class _DigitNetwork(Network):
    """Kernels start as TensorFlow 1's and Keras' layers do by default."""

    pair = "mnist"
    role = "discriminator"
    sample_shape = (SIZE, SIZE, 1)
    normalization = {"momentum": 0.99, "epsilon": 1e-3}


class _DigitGenerator(_DigitNetwork):
    role = "generator"
    value_range = (-1.0, 1.0)

    def __init__(self, latent_dim=96, **options):
        super().__init__(**options)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)


@register_keras_serializable(package="tf_gans.mnist")
class Generator(_DigitGenerator):
    """Maps z to an image, by two dense layers and two transposed convolutions.

    6,675,009 trainable parameters at the default size, 6,689,729 in all. As in
    the article, batch normalisation comes after the ReLU, and its layers have
    the defaults that TensorFlow 1 and Keras share.

    Args:
        latent_dim: int. The components of z. Defaults to `96`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, latent_dim)`.
    Output shape: `(batch, 28, 28, 1)`, float32 in (-1, 1).
    """

    batch_norm = True
    convolution = {"kernel_size": 4, "strides": 2}

    def __init__(self, latent_dim=96, **options):
        super().__init__(latent_dim, **options)
        self.fc1 = self._dense(1024, "fc1", activation="relu")
        self.bn1 = self._norm("bn1")
        self.fc2 = self._dense(7 * 7 * 128, "fc2", activation="relu")
        self.bn2 = self._norm("bn2")
        self.deconv1 = self._deconv(64, "deconv1", activation="relu")
        self.bn3 = self._norm("bn3")
        self.deconv2 = self._deconv(1, "deconv2")

    def call(self, z, training=None):
        x = self.bn1(self.fc1(z), training=training)  # (batch, 1024)
        x = self.bn2(self.fc2(x), training=training)  # (batch, 7 * 7 * 128)
        x = tf.reshape(x, (-1, 7, 7, 128))
        x = self.bn3(self.deconv1(x), training=training)  # (batch, 14, 14, 64)
        x = self.deconv2(x)  # (batch, 28, 28, 1)
        return tf.tanh(full_precision(x))


@register_keras_serializable(package="tf_gans.mnist")
class Discriminator(Judge, _DigitNetwork):
    """Maps an image to a logit, by two convolutions and two dense layers.

    1,102,721 parameters.

    Args:
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, 28, 28, 1)`.
    Output shape: `(batch, 1)`, float32.
    """

    convolution = {"kernel_size": 5, "padding": "valid"}

    def __init__(self, **options):
        super().__init__(**options)
        self.conv1 = self._conv(32, "conv1")
        self.conv2 = self._conv(64, "conv2")
        self.fc1 = self._dense(1024, "fc1")
        self.fc2 = self._dense(1, "fc2")

    @property
    def head(self):
        """The last layer; files know it by its own name."""
        return self.fc2

    def _features(self, x, training):
        del training
        x = _pooled_leaky_relu(self.conv1(x))  # (batch, 12, 12, 32)
        x = _pooled_leaky_relu(self.conv2(x))  # (batch, 4, 4, 64)
        x = tf.reshape(x, (-1, 4 * 4 * 64))
        return _leaky_relu(self.fc1(x))  # (batch, 1024)


@register_keras_serializable(package="tf_gans.mnist")
class DenseGenerator(_DigitGenerator):
    """Maps z to an image, by dense layers of 1024, 1024 and 784 units.

    1,952,528 parameters at the default size.

    Args:
        latent_dim: int. The components of z. Defaults to `96`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, latent_dim)`.
    Output shape: `(batch, 28, 28, 1)`, float32 in (-1, 1).
    """

    def __init__(self, latent_dim=96, **options):
        super().__init__(latent_dim, **options)
        self.fc1 = self._dense(1024, "fc1", activation="relu")
        self.fc2 = self._dense(1024, "fc2", activation="relu")
        self.fc3 = self._dense(SIZE * SIZE, "fc3")

    def call(self, z, training=None):
        x = self.fc3(self.fc2(self.fc1(z)))  # (batch, 784)
        x = tf.tanh(full_precision(x))
        return tf.reshape(x, (-1, SIZE, SIZE, 1))


@register_keras_serializable(package="tf_gans.mnist")
class DenseDiscriminator(Judge, _DigitNetwork):
    """Maps an image to a logit, by dense layers of 256, 256 and 1 units.

    267,009 parameters.

    Args:
        spectral_norm: bool. Whether every kernel is divided by its largest
            singular value. Defaults to `False`.
        critic_norm: `"layer"`, `"group"` or `"weight"`, for a gradient
            penalty; see `Network._set_critic_norm`. Defaults to `"none"`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, 28, 28, 1)`.
    Output shape: `(batch, 1)`, float32.
    """

    def __init__(self, spectral_norm=False, critic_norm="none", **options):
        super().__init__(**options)
        self.spectral_norm = bool(spectral_norm)
        self._set_critic_norm(critic_norm)
        if critic_norm == "instance":
            raise ValueError(
                "Instance normalisation is over the pixels of a map, and dense "
                "layers have none. Received: critic_norm='instance'"
            )
        self.fc1 = self._dense(256, "fc1")
        self.norm1 = self._sample_norm(256, "norm1", has_pixels=False)
        self.fc2 = self._dense(256, "fc2")
        self.norm2 = self._sample_norm(256, "norm2", has_pixels=False)
        self.fc3 = self._dense(1, "fc3")

    @property
    def head(self):
        """The last layer; files know it by its own name."""
        return self.fc3

    def _features(self, x, training):
        del training
        x = tf.reshape(x, (-1, SIZE * SIZE))
        for layer, norm in ((self.fc1, self.norm1), (self.fc2, self.norm2)):
            x = layer(x)  # (batch, 256)
            x = _leaky_relu(norm(x) if norm else x)
        return x


def _leaky_relu(x):
    return tf.nn.leaky_relu(x, _SLOPE)


def _pooled_leaky_relu(x):
    """The maximum over 2x2 pixels of the leaky ReLU.

    The function never falls, so the maximum may be taken first: the same
    numbers from a quarter of the work.
    """
    return _leaky_relu(tf.nn.max_pool2d(x, 2, 2, "VALID"))
