"""Normalisation of each sample by itself, which gradient penalties allow."""

import keras
import tensorflow as tf

from tf_gans.errors import check_positive_int


@keras.saving.register_keras_serializable(package="tf_gans")
class SampleNormalization(keras.layers.Layer):
    """Normalises groups of a sample's channels, over them and the pixels.

    One group is layer normalisation, a group for each channel instance
    normalisation, and what lies between group normalisation. Then each channel
    has a gain and a shift. The statistics are in at least 32 bits.

    The variance is differentiated as often as it is asked for. That of
    `tf.nn.moments`, which Keras' normalisations have, takes the mean in it for
    a constant: right once, and wrong in the gradient of a gradient penalty.

    Args:
        groups: int, a divisor of the number of channels. Defaults to `1`.
        epsilon: float. Added to the variance. Defaults to `1e-5`.

    Input shape: `(batch, ..., channels)`.
    Output shape: the same.

    Reference:
    - [Ba et al., 2016](https://arxiv.org/abs/1607.06450)
    - [Ulyanov et al., 2016](https://arxiv.org/abs/1607.08022)
    - [Wu and He, 2018](https://arxiv.org/abs/1803.08494)
    """

    def __init__(self, groups=1, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.groups = check_positive_int("groups", groups)
        self.epsilon = float(epsilon)

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels is None or channels % self.groups:
            raise ValueError(
                "`groups` must divide the number of channels. Received: "
                f"groups={self.groups} of {channels} channels"
            )
        self.gamma = self.add_weight(
            name="gamma", shape=(channels,), initializer="ones"
        )
        self.beta = self.add_weight(
            name="beta", shape=(channels,), initializer="zeros"
        )

    def call(self, inputs):
        x = inputs
        if x.dtype.size < 4:
            x = tf.cast(x, tf.float32)
        *_, channels = x.shape
        parts = tf.reshape(
            x, (-1, *x.shape[1:-1], self.groups, channels // self.groups)
        )
        axes = [*range(1, parts.shape.rank - 2), parts.shape.rank - 1]
        mean = tf.reduce_mean(parts, axes, keepdims=True)
        centred = parts - mean
        variance = tf.reduce_mean(tf.square(centred), axes, keepdims=True)
        parts = centred * tf.math.rsqrt(variance + self.epsilon)
        parts = tf.reshape(parts, (-1, *x.shape[1:]))
        gamma, beta = (
            tf.cast(tf.convert_to_tensor(v.value), x.dtype)
            for v in (self.gamma, self.beta)
        )
        return tf.cast(parts * gamma + beta, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "groups": self.groups,
            "epsilon": self.epsilon,
        }
