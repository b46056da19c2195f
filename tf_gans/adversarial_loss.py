"""What an adversarial loss is; `tf_gans.losses` has them all."""

import tensorflow as tf


class AdversarialLoss:
    """Base class of the adversarial losses.

    A subclass says, for each sample, what the discriminator pays for a real
    and for a fake logit, and what the generator pays for a fake one. It may
    also say what the logs show when the game is at its equilibrium, and which
    measures of convergence the logits give. A loss is the mean over the batch.
    """

    measures: tuple[str, ...] = ()
    """The names of the scalars that `measure` returns."""

    probabilistic = False
    """Whether `output` is the probability of a sample being real."""

    pairs_real = False
    """Whether `generator` needs real logits, too, one for each fake one."""

    def discriminator(self, real_logits, fake_logits):
        """The discriminator's loss.

        Args:
            real_logits: float tensor, its logits for real samples.
            fake_logits: float tensor of the same shape, for generated ones.

        Returns:
            A scalar, float32, or float64 where the logits are.
        """
        real = tf.reduce_mean(self._real(widened(real_logits)))
        fake = tf.reduce_mean(self._fake(widened(fake_logits)))
        return real + fake

    def generator(self, fake_logits, real_logits=None):
        """The generator's loss.

        Args:
            fake_logits: float tensor, the discriminator's logits for
                generated samples.
            real_logits: float tensor of the same shape, for real ones, where
                the loss `pairs_real`. Others do not look at it.

        Returns:
            A scalar, float32, or float64 where the logits are.
        """
        del real_logits
        return tf.reduce_mean(self._generator(widened(fake_logits)))

    def output(self, logits):
        """What the discriminator says of each sample, to log and to plot.

        The logit itself, unless the loss takes it for that of a probability.

        Args:
            logits: float tensor.

        Returns:
            A float tensor of the same shape.
        """
        logits = widened(logits)
        return tf.sigmoid(logits) if self.probabilistic else logits

    @property
    def equilibrium(self):
        """The logs where generated samples are distributed as real ones.

        A dict of floats: the losses `"d_loss"` and `"g_loss"` of the best
        discriminator against such a generator, and the means of its output,
        `"d_real"` and `"d_fake"`. Empty where the loss fixes no values.
        """
        return {}

    def measure(self, real_logits, fake_logits):
        """Measures how far the game has converged.

        Args:
            real_logits, fake_logits: those of `discriminator`.

        Returns:
            A dict of scalars, one for each name in `measures`.
        """
        del real_logits, fake_logits
        return {}

    def _real(self, logits):
        raise NotImplementedError

    def _fake(self, logits):
        raise NotImplementedError

    def _generator(self, logits):
        raise NotImplementedError

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        # Files of the first release say how the values are reduced.
        if config.pop("reduction", "mean") != "mean":
            raise ValueError("A loss is a mean. Received: reduction=None")
        return cls(**config)


def widened(logits):
    """The logits in at least 32 bits.

    Squares of a few hundred overflow float16, and a mean over a batch rounds
    in bfloat16's 8 bits of significand to two or three digits.
    """
    logits = tf.convert_to_tensor(logits)
    return tf.cast(logits, tf.float32) if logits.dtype.size < 4 else logits
