"""Adversarial losses: what the discriminator and the generator minimise.

Each loss is an object with a name and a paper, and sees logits, the output of
the discriminator's last layer: `D(x) = sigmoid(logit)` is never formed to take
its logarithm, because `log D` computed from a rounded probability loses its
gradient. `ClampedNonSaturating` is the one exception and exists to reproduce a
program that did it. Logits in 16 bits are computed with in 32.
"""

import math

import keras
import tensorflow as tf

from tf_gans.adversarial_loss import AdversarialLoss, widened


class _CrossEntropy(AdversarialLoss):
    """What the two losses of the first GAN paper share: the discriminator's.

    Args:
        label_smoothing: float in [0, 0.5). The discriminator's target for real
            samples is `1 - label_smoothing`; that for generated ones stays 0,
            because otherwise it would reward the generator where it already
            is. Defaults to `0`.
    """

    probabilistic = True

    def __init__(self, label_smoothing=0.0):
        if not 0 <= label_smoothing < 0.5:
            raise ValueError(
                "`label_smoothing` must lie in [0, 0.5). "
                f"Received: label_smoothing={label_smoothing}"
            )
        self.label_smoothing = float(label_smoothing)

    @property
    def equilibrium(self):
        target = 1 - self.label_smoothing
        d = target / 2  # the best discriminator, at every sample
        real = -target * math.log(d) - (1 - target) * math.log(1 - d)
        return {
            "d_loss": real - math.log(1 - d),
            "g_loss": self._generator_equilibrium(d),
            "d_real": d,
            "d_fake": d,
        }

    def _real(self, logits):
        values = tf.nn.softplus(-logits)  # -log D
        if not self.label_smoothing:
            return values
        # -(1 - s) log D - s log(1 - D), where softplus(l) - softplus(-l) = l.
        return values + self.label_smoothing * logits

    def _fake(self, logits):
        return tf.nn.softplus(logits)  # -log(1 - D)

    def _generator_equilibrium(self, d):
        """The generator's loss where every probability is `d`."""
        raise NotImplementedError

    def get_config(self):
        return {"label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable(package="tf_gans")
class Minimax(_CrossEntropy):
    """The zero-sum game of the first GAN paper.

    The discriminator minimises `-log D(x) - log(1 - D(G(z)))`, the generator
    `log(1 - D(G(z)))`. At the equilibrium, where every logit is 0, they are
    `2 ln 2` and `-ln 2`. The generator's gradient vanishes where it loses
    clearly, which is where it needs it most: see `NonSaturating`.

    Args:
        label_smoothing: float in [0, 0.5). One-sided: the discriminator's
            target for real samples is `1 - label_smoothing`. Defaults to `0`.

    Example:

    >>> loss = Minimax()
    >>> float(loss.generator(tf.zeros((8, 1))))
    -0.6931471824645996

    Reference:
    - [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), equation 1
    - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.4:
      one-sided label smoothing
    """

    def _generator(self, logits):
        return -tf.nn.softplus(logits)  # log(1 - D)

    def _generator_equilibrium(self, d):
        return math.log(1 - d)


@keras.saving.register_keras_serializable(package="tf_gans")
class NonSaturating(_CrossEntropy):
    """The non-saturating loss of the first GAN paper.

    The discriminator minimises `-log D(x) - log(1 - D(G(z)))`, the generator
    `-log D(G(z))`. At the equilibrium, where every logit is 0, they are
    `2 ln 2` and `ln 2`.

    Args:
        label_smoothing: float in [0, 0.5). One-sided: the discriminator's
            target for real samples is `1 - label_smoothing`. Defaults to `0`.

    Example:

    >>> loss = NonSaturating()
    >>> float(loss.generator(tf.zeros((8, 1))))
    0.6931471824645996

    Reference:
    - [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), section 3
    - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.4:
      one-sided label smoothing
    """

    def _generator(self, logits):
        return tf.nn.softplus(-logits)  # -log D

    def _generator_equilibrium(self, d):
        return -math.log(d)


@keras.saving.register_keras_serializable(package="tf_gans")
class ClampedNonSaturating(AdversarialLoss):
    """The non-saturating loss with the arithmetic of the original script.

    `-log(max(p, 1e-5))` of a probability `p`. Where `p` is below the floor the
    gradient is exactly zero, so a network that lands there stays there: the
    loss stands at `-ln 1e-5 = 11.5129` for ever. It is here to reproduce
    that; use `NonSaturating` to train.

    Args:
        floor: float in (0, 1). Defaults to `1e-5`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 106-113 and 147-148](
      https://github.com/AYLIEN/gan-intro)
    """

    probabilistic = True

    def __init__(self, floor=1e-5):
        if not 0 < floor < 1:
            raise ValueError(
                f"`floor` must lie in (0, 1). Received: floor={floor}"
            )
        self.floor = floor

    @property
    def equilibrium(self):
        value = -math.log(max(0.5, self.floor))
        return {
            "d_loss": 2 * value,
            "g_loss": value,
            "d_real": 0.5,
            "d_fake": 0.5,
        }

    def _real(self, logits):
        return self._negative_log(tf.sigmoid(logits))

    def _fake(self, logits):
        return self._negative_log(1 - tf.sigmoid(logits))

    def _generator(self, logits):
        return self._negative_log(tf.sigmoid(logits))

    def _negative_log(self, probability):
        return -tf.math.log(tf.maximum(probability, self.floor))

    def get_config(self):
        return {"floor": self.floor}


@keras.saving.register_keras_serializable(package="tf_gans")
class LeastSquares(AdversarialLoss):
    """The least-squares loss of LSGAN.

    The discriminator minimises `1/2 (D(x) - b)^2 + 1/2 (D(G(z)) - a)^2`, the
    generator `1/2 (D(G(z)) - c)^2`. D is the logit: no sigmoid, whose flat
    ends would bring back the vanishing gradient that the squares are there to
    avoid. At the equilibrium D is `(a + b) / 2` at every sample.

    A sample that is on the right side but far from its target is pulled, too.
    With `b - c = 1` and `b - a = 2`, for example `(-1, 1, 0)`, the game
    minimises a Pearson chi-squared divergence.

    Args:
        a: float. The target for generated samples. Defaults to `0`.
        b: float, above `a`. The target for real samples. Defaults to `1`.
        c: float, above `a`. What the generator wants the discriminator to say
            of its samples. Defaults to `1`.

    Example:

    >>> loss = LeastSquares()
    >>> float(loss.generator(tf.zeros((8, 1))))
    0.5

    Reference:
    - [Mao et al., 2017](https://arxiv.org/abs/1611.04076), equation 2; the
      defaults are those of equation 9, with its halves and its means
    """

    def __init__(self, a=0.0, b=1.0, c=1.0):
        if not (a < b and a < c and all(map(math.isfinite, (a, b, c)))):
            raise ValueError(
                "`a`, the target for generated samples, must be less than "
                "both `b` and `c`, and all must be finite. "
                f"Received: a={a}, b={b}, c={c}"
            )
        self.a = float(a)
        self.b = float(b)
        self.c = float(c)

    @property
    def equilibrium(self):
        d = (self.a + self.b) / 2
        return {
            "d_loss": 0.5 * (d - self.b) ** 2 + 0.5 * (d - self.a) ** 2,
            "g_loss": 0.5 * (d - self.c) ** 2,
            "d_real": d,
            "d_fake": d,
        }

    def _real(self, logits):
        return 0.5 * tf.square(logits - self.b)

    def _fake(self, logits):
        return 0.5 * tf.square(logits - self.a)

    def _generator(self, logits):
        return 0.5 * tf.square(logits - self.c)

    def get_config(self):
        return {"a": self.a, "b": self.b, "c": self.c}


@keras.saving.register_keras_serializable(package="tf_gans")
class Wasserstein(AdversarialLoss):
    """The Wasserstein loss, of a critic that scores without a bound.

    The critic minimises `-D(x) + D(G(z))`, the generator `-D(G(z))`. Alone it
    has no minimum: the critic must be kept Lipschitz, by `WeightClipping`, by
    a `GradientPenalty` or by spectral normalisation. Then `-d_loss`, logged as
    `wasserstein`, estimates the distance of the two distributions up to the
    Lipschitz constant, and falling means that the samples get better. A level
    to which the critic's scores tend there is not: only their differences
    count, so `equilibrium` is empty.

    Example:

    >>> loss = Wasserstein()
    >>> real, fake = tf.fill((8, 1), 3.0), tf.fill((8, 1), 1.0)
    >>> float(loss.measure(real, fake)["wasserstein"])
    2.0

    Reference:
    - [Arjovsky et al., 2017](https://arxiv.org/abs/1701.07875), algorithm 1;
      its figure 3 for the estimate during training
    """

    measures = ("wasserstein",)

    def measure(self, real_logits, fake_logits):
        real = tf.reduce_mean(widened(real_logits))
        fake = tf.reduce_mean(widened(fake_logits))
        return {"wasserstein": real - fake}

    def _real(self, logits):
        return -logits

    def _fake(self, logits):
        return tf.identity(logits)

    def _generator(self, logits):
        return -logits


@keras.saving.register_keras_serializable(package="tf_gans")
class Hinge(AdversarialLoss):
    """The hinge loss of Geometric GAN, which SN-GAN made usual.

    The discriminator minimises `max(0, 1 - D(x)) + max(0, 1 + D(G(z)))`, the
    generator `-D(G(z))`. Samples beyond the margin, which the discriminator
    already gets right by 1, no longer count. At the equilibrium the logits
    are 0 and the losses 2 and 0.

    Example:

    >>> loss = Hinge()
    >>> zeros = tf.zeros((8, 1))
    >>> float(loss.discriminator(zeros, zeros))
    2.0

    Reference:
    - [Lim and Ye, 2017](https://arxiv.org/abs/1705.02894)
    - [Miyato et al., 2018](https://arxiv.org/abs/1802.05957), equations 16
      and 17
    """

    @property
    def equilibrium(self):
        return {"d_loss": 2.0, "g_loss": 0.0, "d_real": 0.0, "d_fake": 0.0}

    def _real(self, logits):
        return tf.nn.relu(1 - logits)

    def _fake(self, logits):
        return tf.nn.relu(1 + logits)

    def _generator(self, logits):
        return -logits


@keras.saving.register_keras_serializable(package="tf_gans")
class RelativisticPairing(AdversarialLoss):
    """The relativistic pairing loss, which R3GAN is trained with.

    Each generated sample is compared with one real sample, that of the same
    place in the batch. With `f(t) = softplus(-t) = -log sigmoid(t)`, the
    discriminator minimises `f(D(x) - D(G(z)))` and the generator
    `f(D(G(z)) - D(x))`. A generator cannot win by moving all of its samples to
    one side of a boundary: where it drops a mode, the real samples of that mode
    stay ahead of their partners and the loss stays high.

    Only differences count, so a level to which D's outputs tend there is not.
    At the equilibrium they are all alike, and both losses are `ln 2`.

    Alone it need not converge: R3GAN adds `penalties.R1R2`.

    Example:

    >>> loss = RelativisticPairing()
    >>> fake, real = tf.zeros((8, 1)), tf.zeros((8, 1))
    >>> float(loss.generator(fake, real))
    0.6931471824645996

    Reference:
    - [Jolicoeur-Martineau, 2019](https://arxiv.org/abs/1807.00734): the
      relativistic discriminator
    - [Huang et al., 2024](https://arxiv.org/abs/2501.05441), section 2
    - [brownvc/R3GAN, R3GAN/Trainer.py, lines 14-44](
      https://github.com/brownvc/R3GAN)
    """

    pairs_real = True

    @property
    def equilibrium(self):
        return {"d_loss": math.log(2), "g_loss": math.log(2)}

    def discriminator(self, real_logits, fake_logits):
        return _softplus_of_minus(
            _lead("fake_logits", real_logits, fake_logits)
        )

    def generator(self, fake_logits, real_logits=None):
        return _softplus_of_minus(
            _lead("real_logits", fake_logits, real_logits)
        )


def _lead(name, logits, others):
    """How far logits are ahead of those they are paired with."""
    if others is None or logits.shape.rank != others.shape.rank:
        received = others if others is None else f"shape {others.shape}"
        raise ValueError(
            f"`{name}` must be one logit for each of the others, which it is "
            f"paired with. Received: {name}={received}"
        )
    return widened(logits) - widened(others)


def _softplus_of_minus(leads):
    return tf.reduce_mean(tf.nn.softplus(-leads))
