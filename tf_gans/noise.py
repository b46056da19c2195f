"""Noise on what the discriminator sees."""

import math

import keras
import tensorflow as tf

from tf_gans import random
from tf_gans.errors import check_positive_int


@keras.saving.register_keras_serializable(package="tf_gans")
class InstanceNoise:
    """Gaussian noise on real and generated samples alike.

    Early in a training the two distributions hardly overlap, and a
    discriminator can tell them apart without telling the generator anything.
    The same noise on both makes them overlap, and the generator of the noisy
    problem has the same optimum. It is then taken away slowly.

    Its standard deviation in a training step is
    `stddev * max(0, 1 - step / decay_steps)`.

    Args:
        stddev: float, finite and at least 0, in the samples' units. The
            standard deviation at step 0. Defaults to `0.1`.
        decay_steps: int, or None. The step from which on there is no noise.
            Without it the noise stays as it is. Defaults to `None`.

    Example:

    >>> noise = InstanceNoise(stddev=0.5, decay_steps=1000)
    >>> [float(noise.scale(step)) for step in (0, 500, 2000)]
    [0.5, 0.25, 0.0]

    Reference:
    - [Sønderby et al., 2016](https://arxiv.org/abs/1610.04490): instance noise
    - [Arjovsky and Bottou, 2017](https://arxiv.org/abs/1701.04862): why noise
      on both gives the generator a gradient
    """

    def __init__(self, stddev=0.1, decay_steps=None):
        if not (stddev >= 0 and math.isfinite(stddev)):
            raise ValueError(
                "`stddev` must be finite and at least 0. "
                f"Received: stddev={stddev}"
            )
        if decay_steps is not None:
            decay_steps = check_positive_int("decay_steps", decay_steps)
        self.stddev = float(stddev)
        self.decay_steps = decay_steps

    def scale(self, step):
        """The noise's standard deviation.

        Args:
            step: int or integer tensor. Numbers of training steps, from 0.

        Returns:
            A float32 tensor of the same shape.
        """
        step = tf.cast(step, tf.float32)
        if self.decay_steps is None:
            return tf.fill(tf.shape(step), self.stddev)
        return self.stddev * tf.nn.relu(1 - step / self.decay_steps)

    def draw(
        self, seed, first_step, num_steps, count, batch_size, sample_shape
    ):
        """Draws the noise of a run of training steps, to be added as it is.

        Args:
            seed: int or scalar integer tensor.
            first_step: int or scalar integer tensor.
            num_steps: int.
            count: int. How many batches of samples a step gives noise to.
            batch_size: int or scalar int32 tensor.
            sample_shape: tuple of ints. The shape of one sample.

        Returns:
            A float32 tensor of shape `(num_steps, count, batch_size,
            *sample_shape)` with the steps' standard deviations, whose row `i`
            depends on `(seed, first_step + i)` alone.
        """
        shape = (count, batch_size, *sample_shape)
        noise = random.normal(
            seed, "instance_noise", first_step, num_steps, shape
        )
        steps = tf.cast(first_step, tf.int64) + tf.range(
            num_steps, dtype=tf.int64
        )
        scales = tf.reshape(self.scale(steps), (num_steps, *(1 for _ in shape)))
        return scales * noise

    def get_config(self):
        return {"stddev": self.stddev, "decay_steps": self.decay_steps}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
