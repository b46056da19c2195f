"""Adversarial losses: what the discriminator and the generator minimise.

Each loss is an object with a name, a paper and two methods, and both see
logits: `D(x) = sigmoid(logit)` is never formed, because `log D` computed from
a rounded probability loses its gradient. `ClampedNonSaturating` is the one
exception and exists to reproduce a program that did it.
"""

import keras
import tensorflow as tf


class AdversarialLoss:
    """Base class of the adversarial losses.

    A subclass says, for each sample, what the discriminator pays for a real
    and for a fake logit, and what the generator pays for a fake one.

    Args:
        reduction: `"mean"` (the default) for scalars, or `None` for one value
            a sample.
    """

    def __init__(self, reduction="mean"):
        if reduction not in ("mean", None):
            raise ValueError(
                '`reduction` must be "mean" or None. '
                f"Received: reduction={reduction!r}"
            )
        self.reduction = reduction

    def discriminator(self, real_logits, fake_logits):
        """The discriminator's loss.

        Args:
            real_logits: float tensor, its logits for real samples.
            fake_logits: float tensor of the same shape, for generated ones.

        Returns:
            A scalar, or with `reduction=None` a tensor of the logits' shape.
        """
        real = self._reduce(self._real(real_logits))
        fake = self._reduce(self._fake(fake_logits))
        return real + fake

    def generator(self, fake_logits):
        """The generator's loss.

        Args:
            fake_logits: float tensor, the discriminator's logits for
                generated samples.

        Returns:
            A scalar, or with `reduction=None` a tensor of the logits' shape.
        """
        return self._reduce(self._generator(fake_logits))

    def _real(self, logits):
        raise NotImplementedError

    def _fake(self, logits):
        raise NotImplementedError

    def _generator(self, logits):
        raise NotImplementedError

    def _reduce(self, values):
        return tf.reduce_mean(values) if self.reduction else values

    def get_config(self):
        return {"reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable(package="tf_gans")
class NonSaturating(AdversarialLoss):
    """The non-saturating loss of the first GAN paper.

    The discriminator minimises `-log D(x) - log(1 - D(G(z)))`, the generator
    `-log D(G(z))`. At the equilibrium, where every logit is 0, they are
    `2 ln 2` and `ln 2`.

    Example:

    >>> loss = NonSaturating()
    >>> float(loss.generator(tf.zeros((8, 1))))
    0.6931471824645996

    Reference:
    - [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), section 3
    """

    def _real(self, logits):
        return tf.nn.softplus(-logits)  # -log D

    def _fake(self, logits):
        return tf.nn.softplus(logits)  # -log(1 - D)

    def _generator(self, logits):
        return tf.nn.softplus(-logits)  # -log D


@keras.saving.register_keras_serializable(package="tf_gans")
class ClampedNonSaturating(AdversarialLoss):
    """The non-saturating loss with the arithmetic of the original script.

    `-log(max(p, 1e-5))` of a probability `p`. Where `p` is below the floor the
    gradient is exactly zero, so a network that lands there stays there: the
    loss stands at `-ln 1e-5 = 11.5129` for ever. It is here to reproduce
    that; use `NonSaturating` to train.

    Args:
        floor: float in (0, 1). Defaults to `1e-5`.
        reduction: `"mean"` (the default) or `None`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 106-113 and 147-148](
      https://github.com/AYLIEN/gan-intro)
    """

    def __init__(self, floor=1e-5, reduction="mean"):
        super().__init__(reduction)
        if not 0 < floor < 1:
            raise ValueError(
                f"`floor` must lie in (0, 1). Received: floor={floor}"
            )
        self.floor = floor

    def _real(self, logits):
        return self._negative_log(tf.sigmoid(logits))

    def _fake(self, logits):
        return self._negative_log(1 - tf.sigmoid(logits))

    def _generator(self, logits):
        return self._negative_log(tf.sigmoid(logits))

    def _negative_log(self, probability):
        return -tf.math.log(tf.maximum(probability, self.floor))

    def get_config(self):
        return {**super().get_config(), "floor": self.floor}
