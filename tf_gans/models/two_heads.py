"""A GAN whose discriminator says two things of a sample, in one pass."""

from tf_gans.models import checks
from tf_gans.models.gan import GAN
from tf_gans.models.outputs import Judgement, even_of_none
from tf_gans.networks.base import full_precision


class TwoHeadedGAN(GAN):
    """Base of the GANs whose discriminator has a second head.

    The discriminator is called with samples alone and returns a pair: logits,
    `(batch, 1)`, and what its second head says. Both heads learn from one pass
    by one optimizer. A subclass says what the second head is for.

    Args:
        **options: those of `GAN`.
    """

    @property
    def judged_classes(self):
        return None

    @property
    def head_size(self):
        """How many numbers the second head says of a sample."""
        raise NotImplementedError

    def check_networks(self):
        checks.check_heads(self, self.head_size)

    # What a subclass says --------------------------------------------------

    def _second_loss(self, real, fake):
        """What the discriminator minimises because of its second head.

        Args:
            real, fake: `Judgement`s.

        Returns:
            A scalar, and a dict of logs.
        """
        raise NotImplementedError

    # The algorithm ---------------------------------------------------------

    def _judge(self, samples, labels, numbers):
        features, (logits, second) = self._said(samples, labels, numbers)
        second = full_precision(second)
        return Judgement(logits, features, second, labels, numbers.get("z"))

    def _discriminator_loss(self, real, fake, labels, numbers):
        loss, logs, (fake_said, real_said) = super()._discriminator_loss(
            real, fake, labels, numbers
        )
        second, more = self._second_loss(real_said, fake_said)
        return loss + second, logs | more, (fake_said, real_said)

    # What it says of samples -----------------------------------------------

    def signatures(self):
        def discriminate(samples):
            logits, _ = self.discriminator(samples, training=False)
            return self._verdict(logits)

        return {"discriminate": even_of_none(discriminate)}
