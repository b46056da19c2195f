"""InfoGAN: codes in z that can be told from the samples."""

import math

import keras
import tensorflow as tf

from tf_gans.latents import Codes
from tf_gans.models.outputs import even_of_none
from tf_gans.models.two_heads import TwoHeadedGAN


@keras.saving.register_keras_serializable(package="tf_gans")
class InfoGAN(TwoHeadedGAN):
    """Trains a generator whose codes the discriminator's second head reads.

    A part of z are codes c: a category, and continuous ones. The second head
    is Q(c | x), a distribution of them: a categorical one and a normal one
    for each continuous code. What it knows is a lower bound on the mutual
    information of codes and samples,

        I = E[log Q(c | G(z))] + H(c)

    and D, with Q, and G all minimise their adversarial loss `- weight * I`.
    H(c), the entropy of the prior, is a constant: log of the number of
    categories, and log 2 for each continuous code of U(-1, 1). With
    `fixed_stddev` Q's normal distributions have standard deviation 1, so that
    a continuous code's part is `-1/2 (c - mean)^2` and constants; it is then at
    most log 2 - 1/2 log(2 pi) = -0.23, for Q is never that sure.

    Args:
        generator: `keras.Model` from z to samples.
        discriminator: `keras.Model` from samples to a pair: logits, `(batch,
            1)`, and Q's numbers, `(batch, latents.num_parameters)`: the
            categories' logits, then the means, then the logarithms of the
            variances.
        latents: `tf_gans.latents.Codes`.
        information_weight: float, at least 0. Defaults to `1`.
        fixed_stddev: bool. Whether Q's standard deviations are 1, and its
            outputs for them are left alone. Defaults to `False`.
        name, **options: those of `GAN`.

    Logs:
        Those of `GAN`, whose losses are the adversarial ones; and the parts of
        I in D's last update, in nats: `mi_category` and `mi_continuous`, of
        those codes that there are.

    Raises:
        ValueError: the prior has no codes, the weight is negative, or the
            generator is conditional.

    Reference:
    - [Chen et al., 2016](https://arxiv.org/abs/1606.03657), equations 5 and 6
    - [openai/InfoGAN, infogan_trainer.py, lines 58-97](
      https://github.com/openai/InfoGAN)
    """

    _arguments = (
        *TwoHeadedGAN._arguments,
        "information_weight",
        "fixed_stddev",
    )

    def __init__(
        self,
        generator,
        discriminator,
        latents,
        information_weight=1.0,
        fixed_stddev=False,
        name="info_gan",
        **options,
    ):
        if not isinstance(latents, Codes):
            raise ValueError(
                "`latents` must be Codes, which says what in z is a code. "
                f"Received: latents={latents}"
            )
        if not 0 <= information_weight < math.inf:
            raise ValueError(
                "`information_weight` must be at least 0. Received: "
                f"information_weight={information_weight}"
            )
        super().__init__(
            generator, discriminator, latents, name=name, **options
        )
        self._refuse_classes()
        self.information_weight = float(information_weight)
        self.fixed_stddev = bool(fixed_stddev)

    def _own_logs(self):
        names = ["mi_category"] if self.latents.categories else []
        return names + (["mi_continuous"] if self.latents.continuous else [])

    @property
    def head_size(self):
        return self.latents.num_parameters

    def information(self, second, z):
        """The lower bound on the mutual information, part by part.

        Args:
            second: float tensor, what the second head says of samples.
            z: float tensor, what they were made of.

        Returns:
            A dict of scalars, in nats: `mi_category` and `mi_continuous`, of
            those codes that there are.
        """
        prior, parts = self.latents, {}
        _, category, codes = prior.split(tf.cast(z, second.dtype))
        logits, mean, log_variance = self._parameters(second)
        if prior.categories:
            known = tf.reduce_sum(category * tf.nn.log_softmax(logits), axis=1)
            entropy = math.log(prior.categories)
            parts["mi_category"] = tf.reduce_mean(known) + entropy
        if prior.continuous:
            squares = tf.square(codes - mean) * tf.exp(-log_variance)
            known = -0.5 * (squares + log_variance + math.log(2 * math.pi))
            known = tf.reduce_sum(known, axis=1)
            entropy = prior.continuous * math.log(prior.high - prior.low)
            parts["mi_continuous"] = tf.reduce_mean(known) + entropy
        return parts

    def _parameters(self, second):
        """Q's logits, means and logarithms of variances."""
        prior = self.latents
        sizes = [prior.categories, prior.continuous, prior.continuous]
        logits, mean, log_variance = tf.split(second, sizes, axis=1)
        if self.fixed_stddev:
            log_variance = tf.zeros_like(log_variance)
        return logits, mean, log_variance

    # The algorithm ---------------------------------------------------------

    def _second_loss(self, real, fake):
        del real  # nobody knows its codes
        parts = self.information(fake.second, fake.z)
        return self._price(parts), parts

    def _generator_auxiliary(self, judgement):
        fake, _ = judgement
        return self._price(self.information(fake.second, fake.z))

    def _price(self, parts):
        return -self.information_weight * tf.add_n(list(parts.values()))

    # What it says of samples -----------------------------------------------

    def encode(self, samples):
        """The distribution of the codes that Q gives samples.

        Args:
            samples: float tensor of shape `(batch, *sample_shape)`.

        Returns:
            A dict of float32 tensors, of those codes that there are:
            `category_probabilities` of shape `(batch, categories)`; `mean` and
            `stddev` of shape `(batch, continuous)`.
        """
        _, second = self.discriminator(samples, training=False)
        logits, mean, log_variance = self._parameters(
            tf.cast(second, tf.float32)
        )
        said = {}
        if self.latents.categories:
            said["category_probabilities"] = tf.nn.softmax(logits)
        if self.latents.continuous:
            said |= {"mean": mean, "stddev": tf.exp(0.5 * log_variance)}
        return said

    def signatures(self):
        return {**super().signatures(), "encode": even_of_none(self.encode)}
