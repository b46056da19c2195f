"""Classifiers of digits that are discriminators, and their generators.

`DenseGenerator` and `DenseClassifier` are those of the paper's MNIST program;
`Generator` and `Classifier` the convolutional pair of a textbook's. A
classifier has a logit for each class and none for "generated": see
`tf_gans.models.semi_supervised`.

References:
- the paper: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498); its
  program, https://github.com/openai/improved-gan,
  mnist_svhn_cifar10/train_mnist_feature_matching.py and nn.py
- the book: Langr and Bok, 2019, GANs in Action, chapter 7; its program,
  https://github.com/GANs-in-Action/gans-in-action, chapter-7
"""

import keras
import tensorflow as tf
from keras.saving import register_keras_serializable

from tf_gans import random
from tf_gans.errors import check_positive_int
from tf_gans.networks.base import Network, full_precision
from tf_gans.weight_norm import WeightNormalization

SIZE = 28
_SLOPE = 0.01  # of the book's leaky ReLU


class _Pair(Network):
    """What the networks share."""

    pair = "semi_supervised"
    sample_shape = (SIZE, SIZE, 1)


class _Generator(_Pair):
    role = "generator"

    def __init__(self, latent_dim=100, **options):
        super().__init__(**options)
        self.latent_dim = check_positive_int("latent_dim", latent_dim)


class _Classifier(_Pair):
    """A network with a logit for each class.

    Its random numbers come from outside, so that a step's are a function of
    the seed and the step: `draw_noise` draws them, and the call that is given
    none has none.
    """

    role = "discriminator"

    def __init__(self, classes=10, **options):
        super().__init__(**options)
        self.classes = check_positive_int("classes", classes)

    def call(self, x, training=None, noise=None):
        return self.features_and_logits(x, training, noise)[1]

    def features_and_logits(self, x, training=None, noise=None):
        """What the last hidden layer and the network itself say.

        Args:
            x: float tensor of shape `(batch, 28, 28, 1)`.
            training: bool. Whether batches are normalised by their own
                statistics.
            noise: a step of what `draw_noise` returned, or None.

        Returns:
            Two float32 tensors: the features, `(batch, units)`, and the
            logits, `(batch, classes)`.
        """
        raise NotImplementedError

    def draw_noise(self, seed, stream, first_step, num_steps, batch_size):
        """Draws the random numbers of passes through the network.

        Args:
            seed, first_step, num_steps, batch_size: as for
                `tf_gans.random.uniform`.
            stream: str. Distinguishes the passes of a step.

        Returns:
            A list of float32 tensors of shape `(num_steps, batch_size, ...)`.
        """
        raise NotImplementedError


@register_keras_serializable(package="tf_gans.semi_supervised")
class DenseGenerator(_Generator):
    """Maps z to an image, by dense layers of 500, 500 and 784 units.

    Kernels and biases are 693,784 parameters, with the last layer's gains
    694,568. The hidden layers are softplus of a batch normalisation without a
    gain; the last one's kernels are normalised.

    Args:
        latent_dim: int. The components of z. Defaults to `100`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, latent_dim)`.
    Output shape: `(batch, 28, 28, 1)`, float32 in (0, 1).

    Reference:
    - train_mnist_feature_matching.py, lines 29-33; nn.py, `BatchNormLayer`
      and `l2normalize`
    """

    value_range = (0.0, 1.0)
    batch_norm = True
    normalization = {"momentum": 0.9, "epsilon": 1e-6, "scale": False}

    def __init__(self, latent_dim=100, **options):
        super().__init__(latent_dim, **options)
        # The normalisation's shift is their bias.
        self.fc1 = self._dense(500, "fc1", use_bias=False)
        self.bn1 = self._norm("bn1")
        self.fc2 = self._dense(500, "fc2", use_bias=False)
        self.bn2 = self._norm("bn2")
        self.fc3 = WeightNormalization(
            self._dense(SIZE * SIZE, "fc3"),
            gain_initializer="ones",
            name="wn_fc3",
        )

    def call(self, z, training=None):
        x = tf.nn.softplus(self.bn1(self.fc1(z), training=training))
        x = tf.nn.softplus(self.bn2(self.fc2(x), training=training))
        x = tf.sigmoid(full_precision(self.fc3(x)))  # (batch, 784)
        return tf.reshape(x, (-1, SIZE, SIZE, 1))


@register_keras_serializable(package="tf_gans.semi_supervised")
class DenseClassifier(_Classifier):
    """Maps a noisy image to logits, by five hidden layers and a head.

    Kernels and biases are 1,538,760 parameters with 10 classes, with the
    head's gains 1,538,770; the hidden layers' 2,250 gains are what
    `weight_norm.initialize` makes them. The noise is normal: of deviation 0.3
    on the image, of 0.5 on what each hidden layer says to the next one.

    Args:
        classes: int. Defaults to `10`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, 28, 28, 1)`, in [0, 1].
    Output shape: `(batch, classes)`, float32.

    Reference:
    - train_mnist_feature_matching.py, lines 36-49; nn.py, `DenseLayer` and
      `GaussianNoiseLayer`
    """

    units = (1000, 500, 250, 250, 250)
    deviations = (0.3, 0.5, 0.5, 0.5, 0.5, 0.5)

    def __init__(self, classes=10, **options):
        super().__init__(classes, **options)
        self.hidden = [
            self._normalised(units, f"fc{i + 1}", train_gain=False)
            for i, units in enumerate(self.units)
        ]
        self.head = self._normalised(self.classes, "head")

    def _normalised(self, units, name, **options):
        layer = self._dense(units, name)
        options["gain_initializer"] = "ones"
        return WeightNormalization(layer, name=f"wn_{name}", **options)

    def _initializer(self, name):
        return keras.initializers.RandomNormal(0.0, 0.1, self._seed(name))

    def features_and_logits(self, x, training=None, noise=None):
        noise = list(noise) if noise else [None] * len(self.deviations)

        def noisy(x):
            own = noise.pop(0)
            return x if own is None else x + tf.cast(own, x.dtype)

        x = noisy(tf.reshape(x, (-1, SIZE * SIZE)))
        for layer in self.hidden:
            features = tf.nn.relu(layer(x))
            x = noisy(features)
        return full_precision(features), full_precision(self.head(x))

    def draw_noise(self, seed, stream, first_step, num_steps, batch_size):
        noise = []
        widths = (SIZE * SIZE, *self.units)
        for i, units in enumerate(widths):
            normal = random.normal(
                *(seed, f"{stream}/{i}", first_step, num_steps),
                (batch_size, units),
            )
            noise.append(self.deviations[i] * normal)
        return noise


@register_keras_serializable(package="tf_gans.semi_supervised")
class Generator(_Generator):
    """Maps z to an image, by a dense and three transposed convolutions.

    1,636,737 trainable parameters, 1,637,121 in all.

    Args:
        latent_dim: int. The components of z. Defaults to `100`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, latent_dim)`.
    Output shape: `(batch, 28, 28, 1)`, float32 in (-1, 1).

    Reference:
    - the book's program, `build_generator`
    """

    value_range = (-1.0, 1.0)
    batch_norm = True
    convolution = {"kernel_size": 3, "strides": 2}

    def __init__(self, latent_dim=100, **options):
        super().__init__(latent_dim, **options)
        self.fc = self._dense(7 * 7 * 256, "fc")
        self.deconv1 = self._deconv(128, "deconv1")
        self.bn1 = self._norm("bn1")
        self.deconv2 = self._deconv(64, "deconv2", strides=1)
        self.bn2 = self._norm("bn2")
        self.deconv3 = self._deconv(1, "deconv3")

    def call(self, z, training=None):
        x = tf.reshape(self.fc(z), (-1, 7, 7, 256))
        x = _leaky_relu(self.bn1(self.deconv1(x), training=training))
        x = _leaky_relu(self.bn2(self.deconv2(x), training=training))
        return tf.tanh(full_precision(self.deconv3(x)))


@register_keras_serializable(package="tf_gans.semi_supervised")
class Classifier(_Classifier):
    """Maps an image to logits, by three convolutions and a head.

    113,546 trainable parameters with 10 classes, 113,930 in all. Half of what
    the last convolution says is left out in training, of each sample another.

    Args:
        classes: int. Defaults to `10`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, 28, 28, 1)`, in [-1, 1].
    Output shape: `(batch, classes)`, float32.

    Reference:
    - the book's program, `build_discriminator_net`
    """

    batch_norm = True
    convolution = {"kernel_size": 3, "strides": 2}
    dropout = 0.5

    def __init__(self, classes=10, **options):
        super().__init__(classes, **options)
        self.conv1 = self._conv(32, "conv1")
        self.conv2 = self._conv(64, "conv2")
        self.bn2 = self._norm("bn2")
        self.conv3 = self._conv(128, "conv3")
        self.bn3 = self._norm("bn3")
        self.head = self._dense(self.classes, "head")

    def features_and_logits(self, x, training=None, noise=None):
        x = _leaky_relu(self.conv1(x))  # (batch, 14, 14, 32)
        x = _leaky_relu(self.bn2(self.conv2(x), training=training))
        x = _leaky_relu(self.bn3(self.conv3(x), training=training))
        features = x = tf.reshape(x, (-1, 4 * 4 * 128))
        if noise:
            x *= tf.cast(noise[0], x.dtype)
        return full_precision(features), full_precision(self.head(x))

    def draw_noise(self, seed, stream, first_step, num_steps, batch_size):
        """What the features are multiplied by: 0, or 2 for what is kept."""
        u = random.uniform(
            seed, stream, first_step, num_steps, (batch_size, 4 * 4 * 128)
        )
        kept = tf.cast(u >= self.dropout, tf.float32)
        return [kept / (1 - self.dropout)]


def _leaky_relu(x):
    return tf.nn.leaky_relu(x, _SLOPE)
