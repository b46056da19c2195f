"""The auxiliary classifier GAN: the discriminator tells the class, too."""

import math

import keras
import tensorflow as tf

from tf_gans.models.outputs import even_of_none
from tf_gans.models.two_heads import TwoHeadedGAN


@keras.saving.register_keras_serializable(package="tf_gans")
class ACGAN(TwoHeadedGAN):
    """Trains a conditional generator against a discriminator that classifies.

    The generator is given z and a label; the discriminator sees the sample
    alone and says whether it is real and of which class it is. With the cross
    entropy `H(x, c) = -log P(C = c | x)`:

    - D minimises `L_S + w_r H(x, c) + w_f H(G(z, c), c)`, where `L_S` is the
      adversarial loss;
    - G minimises its adversarial loss `+ H(G(z, c), c)`.

    In the paper both weights are 1: D is also taught that bad samples are of
    their class. Where `w_f` is 0, it learns the classes from real samples.
    The generator is trained on the labels of the last real batch.

    Args:
        generator: `keras.Model` from pairs of z and labels to samples, with
            `num_classes`.
        discriminator: `keras.Model` from samples to a pair: logits, `(batch,
            1)`, and the classes' logits, `(batch, num_classes)`.
        latents: `tf_gans.latents.Latents`.
        real_class_weight, fake_class_weight: floats, at least 0. Those above.
            Default to `1`.
        name, **options: those of `GAN`.

    Logs:
        Those of `GAN`, whose losses are the adversarial ones; and `class_real`
        and `class_fake`, the cross entropies of D's last update in nats.

    Raises:
        ValueError: a weight is negative, or the generator takes no labels.

    Reference:
    - [Odena et al., 2017](https://arxiv.org/abs/1610.09585), equations 2 and 3
    - [keras-team/keras, examples/mnist_acgan.py](
      https://github.com/keras-team/keras), of Keras 2: weights of 2 and 0
    """

    _arguments = (
        *TwoHeadedGAN._arguments,
        "real_class_weight",
        "fake_class_weight",
    )

    def __init__(
        self,
        generator,
        discriminator,
        latents,
        real_class_weight=1.0,
        fake_class_weight=1.0,
        name="acgan",
        **options,
    ):
        for weight, value in (
            ("real_class_weight", real_class_weight),
            ("fake_class_weight", fake_class_weight),
        ):
            if not 0 <= value < math.inf:
                raise ValueError(
                    f"`{weight}` must be at least 0. Received: {weight}={value}"
                )
        if not getattr(generator, "num_classes", None):
            raise ValueError(
                "The `generator` of an ACGAN must take labels, and have a "
                f"`num_classes`. Received: {type(generator).__name__}"
            )
        super().__init__(
            generator, discriminator, latents, name=name, **options
        )
        self.real_class_weight = float(real_class_weight)
        self.fake_class_weight = float(fake_class_weight)

    def _own_logs(self):
        return ["class_real", "class_fake"]

    @property
    def head_size(self):
        return self.num_classes

    def _second_loss(self, real, fake):
        logs = {
            "class_real": _cross_entropy(real),
            "class_fake": _cross_entropy(fake),
        }
        # Left out where it is 0: a discriminator that has gone far says
        # infinity of samples, and 0 of that is no number.
        loss = self.real_class_weight * logs["class_real"]
        if self.fake_class_weight:
            loss += self.fake_class_weight * logs["class_fake"]
        return loss, logs

    def _generator_auxiliary(self, judgement):
        fake, _ = judgement
        return _cross_entropy(fake)

    def classify(self, samples):
        """The probabilities of the classes.

        Args:
            samples: float tensor of shape `(batch, *sample_shape)`.

        Returns:
            A float32 tensor of shape `(batch, num_classes)`.
        """
        _, logits = self.discriminator(samples, training=False)
        return tf.nn.softmax(tf.cast(logits, tf.float32))

    def signatures(self):
        def classify(samples):
            return {"class_probabilities": self.classify(samples)}

        return {**super().signatures(), "classify": even_of_none(classify)}


def _cross_entropy(judgement):
    """The mean of `-log P(C = c | x)`, a scalar."""
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(
            judgement.labels, judgement.second
        )
    )
