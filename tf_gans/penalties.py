"""What constrains a discriminator beside its adversarial loss."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tf_gans")
class R1:
    """Half the squared norm of the discriminator's gradient at real samples.

    `weight / 2 * E[||grad_x D(x)||^2]`, with `D` the logit. It makes a
    discriminator that is steep at the data pay for it, which lets simultaneous
    gradient descent converge where it would otherwise circle.

    Args:
        weight: float, at least 0. The gamma of the paper, in units of the
            squared data. Defaults to `1`.

    Reference:
    - [Mescheder et al., 2018](https://arxiv.org/abs/1801.04406), equation 9
    """

    def __init__(self, weight=1.0):
        if not weight >= 0:
            raise ValueError(
                f"`weight` must be at least 0. Received: weight={weight}"
            )
        self.weight = float(weight)

    def __call__(self, discriminator, real, fake):
        """Returns the penalty, a scalar.

        Args:
            discriminator: a callable from samples to logits.
            real: tensor of shape `(batch, ...)`.
            fake: ignored; penalties share one signature.
        """
        del fake
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(real)
            logits = discriminator(real)
        gradient = tape.gradient(logits, real)
        # Squared norm over everything but the batch, then the batch's mean.
        axes = list(range(1, gradient.shape.rank))
        squared_norm = tf.reduce_sum(tf.square(gradient), axes)  # (batch,)
        return 0.5 * self.weight * tf.reduce_mean(squared_norm)

    def get_config(self):
        return {"weight": self.weight}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
