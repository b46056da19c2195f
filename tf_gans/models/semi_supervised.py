"""The semi-supervised GAN: a classifier that is the discriminator."""

import keras
import tensorflow as tf

from tf_gans import layers, replicas
from tf_gans.class_losses import (
    labelled_loss,
    matching_loss,
    realness,
    share_right,
    unlabelled_loss,
)
from tf_gans.errors import check_choice, check_positive_int
from tf_gans.models import checks, classifier, networks
from tf_gans.models.classifier import Classifying
from tf_gans.models.outputs import PROBABILITY, even_of_none
from tf_gans.models.two_player import TwoPlayerModel

GENERATOR_LOSSES = ("squared", "absolute", "adversarial")
UPDATES = ("one", "three")


@keras.saving.register_keras_serializable(package="tf_gans")
class SemiSupervisedGAN(Classifying, TwoPlayerModel):
    """Trains a classifier on few labels, with the help of a generator.

    The discriminator is a classifier with K logits `l`, and "generated" is a
    class whose logit is 0. With `s = logsumexp(l)` the probability that a
    sample is real is `e^s / (e^s + 1) = sigmoid(s)`, and no exponential is
    ever taken of a logit. The discriminator minimises

        labelled:    mean of  s - l_y
        unlabelled:  1/2 mean softplus(-s(x)) + 1/2 mean softplus(s(G(z)))

    and the generator, by default, the distance of the means of a batch's
    features, real and generated: feature matching.

    A step takes labelled samples with their labels and unlabelled samples;
    the data are triples of them, or have a second batch of unlabelled samples
    for the generator's update. `tf_gans.data.SemiSupervised` gives those.

    Args:
        generator: `keras.Model` from z to samples.
        discriminator: `keras.Model` from samples to logits, one a class, with
            a method `features_and_logits(samples, training, noise)` where
            features are matched. Where it has a method `draw_noise`, each pass
            gets random numbers of its own as `noise`; see
            `tf_gans.networks.semi_supervised`.
        latents: `tf_gans.latents.Latents`.
        generator_loss: what the generator minimises: the mean over features of
            the `"squared"` or the `"absolute"` difference of the batches'
            means, or `"adversarial"`, the mean of `softplus(-s(G(z)))`.
            Defaults to `"squared"`.
        updates: the discriminator's in a step. `"one"` minimises labelled +
            `unlabelled_weight` * unlabelled. `"three"` minimises `s - l_y`,
            `softplus(-s(x))` and `softplus(s(G(z)))` one after the other, the
            first of them with an optimizer of its own, as the book's program
            does. Defaults to `"one"`.
        unlabelled_weight: float above 0. With `updates="one"`. Defaults to
            `1.0`.
        average_rate: float in (0, 1], or None. With it, samples are classified
            by an average of the classifier, `a <- a + rate (p - a)` after each
            step. Defaults to `None`: by the classifier itself.
        average_from_zero: bool. Whether the average starts at 0, as in the
            paper's program: after t steps it is `1 - (1 - rate)^t` of a
            weighted mean, 63 % after `1 / rate` steps. Without, it is that
            mean itself. Defaults to `False`.
        initial_samples: int or None. The unlabelled samples that set the
            discriminator's weight-normalised layers before the first step; see
            `tf_gans.weight_norm.initialize`. Defaults to `None`.
        ema_decay, seed: as for `tf_gans.GAN`; the first is of the generator.
        **kwargs: `historical_averaging` too, with `updates="one"`.

    Logs:
        `d_loss`, the labelled and the unlabelled part together, `g_loss`, and
        the parts, `labelled` and `unlabelled`; `accuracy`, on the labelled
        batch.

    Reference:
    - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 5;
      train_mnist_feature_matching.py of
      https://github.com/openai/improved-gan, lines 64-88
    - Langr and Bok, 2019, GANs in Action, chapter 7
    """

    _arguments = (
        *TwoPlayerModel._arguments,
        "generator_loss",
        "updates",
        "unlabelled_weight",
        "average_rate",
        "average_from_zero",
        "initial_samples",
    )

    def __init__(
        self,
        generator,
        discriminator,
        latents,
        generator_loss="squared",
        updates="one",
        unlabelled_weight=1.0,
        average_rate=None,
        average_from_zero=False,
        initial_samples=None,
        ema_decay=None,
        seed=0,
        name="semi_supervised_gan",
        **kwargs,
    ):
        super().__init__(
            generator,
            discriminator,
            latents,
            ema_decay=ema_decay,
            seed=seed,
            name=name,
            **kwargs,
        )
        self._refuse_classes()
        self.generator_loss = check_choice(
            "generator_loss", generator_loss, GENERATOR_LOSSES
        )
        self.updates = check_choice("updates", updates, UPDATES)
        self.unlabelled_weight = float(unlabelled_weight)
        self.average_rate = average_rate
        self.average_from_zero = bool(average_from_zero)
        self.initial_samples = initial_samples
        if initial_samples is not None:
            check_positive_int("initial_samples", initial_samples)
        self._check_options()
        self.classes = classifier.count_classes(
            discriminator, self.sample_shape
        )
        self.average_classifier = None
        if average_rate is not None:
            self.average_classifier = self._averaged()
        self._track(["d_loss", "g_loss", "labelled", "unlabelled", "accuracy"])

    def _check_options(self):
        if not 0 < self.unlabelled_weight < float("inf"):
            raise ValueError(
                "`unlabelled_weight` must be above 0. "
                f"Received: unlabelled_weight={self.unlabelled_weight}"
            )
        if self.updates == "three" and self.unlabelled_weight != 1:
            raise ValueError(
                "`unlabelled_weight` weighs the parts of one loss: with "
                '`updates="three"` there is none. Received: '
                f"unlabelled_weight={self.unlabelled_weight}"
            )
        rate = self.average_rate
        if rate is not None and not 0 < rate <= 1:
            raise ValueError(
                "`average_rate` must be above 0 and at most 1. "
                f"Received: average_rate={rate}"
            )
        if rate is None and self.average_from_zero:
            raise ValueError(
                "`average_from_zero` is of the average that `average_rate` "
                "makes. Received: average_rate=None"
            )
        if self.updates == "three":
            checks.check_no_history(self, 'updates="three"')
        if self.generator_loss != "adversarial":
            checks.check_features(self.discriminator, "training, noise")

    def _averaged(self):
        """A copy of the classifier, to hold its average."""
        average = networks.copy(self.discriminator, "average_classifier")
        networks.build(average, self.sample_shape)
        average.set_weights(self.discriminator.get_weights())
        if self.average_from_zero:
            for variable in average.trainable_variables:
                variable.assign(tf.zeros_like(variable))
        for variable in average.variables:
            variable.trainable = False
        return average

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        classifier_optimizer=None,
        jit_compile="auto",
        steps_per_execution="auto",
        run_eagerly=False,
    ):
        """Configures the model for training; see `TwoPlayerModel.compile`.

        Args:
            generator_optimizer, discriminator_optimizer: as for `tf_gans.GAN`.
            classifier_optimizer: with `updates="three"`, that of the labelled
                loss.
            jit_compile, steps_per_execution, run_eagerly: see
                `Trained.compile`.
        """
        if (classifier_optimizer is None) == (self.updates == "three"):
            raise ValueError(
                "`classifier_optimizer` is that of the labelled loss with "
                f'`updates="three"`, and of nothing else. Received: '
                f"classifier_optimizer={classifier_optimizer!r} with "
                f"updates={self.updates!r}"
            )
        judge = self.discriminator.trainable_variables
        optimizers = {
            "generator_optimizer": (
                generator_optimizer,
                self.generator.trainable_variables,
            ),
            "discriminator_optimizer": (discriminator_optimizer, judge),
        }
        if classifier_optimizer is not None:
            optimizers["classifier_optimizer"] = (classifier_optimizer, judge)
        self._compile(optimizers, jit_compile, steps_per_execution, run_eagerly)

    # The data --------------------------------------------------------------

    def parts_of(self, element):
        """The labelled samples, their labels, and one or two unlabelled."""
        if not isinstance(element, tuple) or len(element) not in (3, 4):
            raise ValueError(
                "The data must be triples of labelled samples, their labels "
                "and unlabelled samples, or have a second batch of those. "
                f"Received: {element}"
            )
        return list(element)

    def prepared(self, parts):
        return classifier.prepared(parts)

    def check_source(self, source):
        classifier.check_classes(source, self.classes)
        super().check_source(source)
        if self._is_to_be_set:
            size = -(-self.initial_samples // source.batch_size)
            self._set_by(source.draw(int(self.seed.numpy()), 0, size)[2])

    def check_batches(self, parts, is_first):
        labelled, labels, *unlabelled = parts
        for samples in (labelled, *unlabelled):
            super().check_batches([samples], is_first)
        checks.check_one_a_sample(labels)
        checks.check_labels(labels, self.classes)
        if is_first and self._is_to_be_set:
            self._set_by(unlabelled[0])

    @property
    def _is_to_be_set(self):
        return bool(self.initial_samples) and int(self.step.numpy()) == 0

    def _set_by(self, unlabelled):
        samples = tf.cast(unlabelled, tf.float32)
        samples = tf.reshape(samples, (-1, *self.sample_shape))
        self._set_lengths(self.discriminator, samples[: self.initial_samples])

    # The algorithm ---------------------------------------------------------

    def train_step(self, data):
        """The discriminator's one or three updates, then the generator's."""
        real, draws, step = data
        labelled, labels, *unlabelled = (part[0] for part in real)
        (numbers,) = draws["discriminator"]
        update = self._update_discriminator
        if self.updates == "three":
            update = self._update_three_times
        logs = update((labelled, unlabelled[0]), labels, numbers)
        (numbers,) = draws["generator"]
        logs |= self._update_generator(None, numbers, unlabelled[-1])
        self._update_average(step)
        self._update_average_classifier(step)
        return logs

    def _generate(self, labels, numbers):
        del labels  # of the labelled samples
        return super()._generate(None, numbers)

    def _discriminator_loss(self, real, fake, labels, numbers):
        labelled, unlabelled = real
        says = self._says
        logits = says(labelled, numbers["labelled"])[1]
        real_logits = says(unlabelled, numbers["unlabelled"])[1]
        judgement = says(fake, numbers["fake"])
        supervised = labelled_loss(logits, labels)
        unsupervised = unlabelled_loss(real_logits, judgement[1])
        loss = supervised + self.unlabelled_weight * unsupervised
        logs = {
            "d_loss": loss,
            "labelled": supervised,
            "unlabelled": unsupervised,
            "accuracy": share_right(logits, labels),
        }
        return loss, logs, judgement

    def _update_three_times(self, real, labels, numbers):
        """An update for each kind of samples, one after the other.

        Returns the logs of each, from before its own update.
        """
        labelled, unlabelled = real

        def supervised():
            logits = self._says(labelled, numbers["labelled"])[1]
            return labelled_loss(logits, labels), share_right(logits, labels)

        def is_real(samples, name, sign):
            logits = self._says(samples, numbers[name])[1]
            loss = tf.reduce_mean(tf.nn.softplus(-sign * realness(logits)))
            return loss, loss

        fake = self._generate(None, numbers)
        of_labels, accuracy = self._descend(
            self.classifier_optimizer, supervised
        )
        judge = self.discriminator_optimizer
        of_real, _ = self._descend(
            judge, lambda: is_real(unlabelled, "unlabelled", 1)
        )
        of_fake, _ = self._descend(judge, lambda: is_real(fake, "fake", -1))
        unsupervised = (of_real + of_fake) / 2
        return {
            "d_loss": of_labels + unsupervised,
            "labelled": of_labels,
            "unlabelled": unsupervised,
            "accuracy": accuracy,
        }

    def _descend(self, optimizer, compute_loss):
        """Updates the discriminator; returns a loss and what comes with it."""
        layers.update_power_iterations(self.discriminator)
        variables = self.discriminator.trainable_variables

        def compute():
            with tf.GradientTape() as tape:
                loss, other = compute_loss()
                scaled = optimizer.scale_loss(replicas.share(loss))
            return tape.gradient(scaled, variables), (loss, other)

        gradients, logs = self._computed(compute)
        optimizer.apply(gradients, variables)
        return logs

    def _says(self, samples, numbers):
        """The discriminator's features, where it has them, and logits."""
        if hasattr(self.discriminator, "features_and_logits"):
            return self.discriminator.features_and_logits(
                samples, training=True, **numbers
            )
        return None, self.discriminator(samples, training=True, **numbers)

    def _generator_judgement(self, fake, real, labels, numbers):
        del labels
        matched = None
        if self.generator_loss != "adversarial":
            matched = self._says(real, numbers["unlabelled"])
        return self._says(fake, numbers["fake"]), matched

    def _generator_loss(self, judgement):
        (features, logits), matched = judgement
        if matched is None:
            return tf.reduce_mean(tf.nn.softplus(-realness(logits)))
        return matching_loss(matched[0], features, self.generator_loss)

    def _update_average_classifier(self, step):
        if self.average_classifier is None:
            return
        rate = tf.constant(self.average_rate, tf.float32)
        if not self.average_from_zero:
            count = tf.cast(step + 1, tf.float32)
            rate /= -tf.math.expm1(count * tf.math.log1p(-rate))
        trained = {id(v) for v in self.discriminator.trainable_variables}
        for average, weight in zip(
            self.average_classifier.weights,
            self.discriminator.weights,
            strict=True,
        ):
            if id(weight) in trained:
                average.assign_add(
                    tf.cast(rate, weight.dtype) * (weight - average)
                )
            else:
                average.assign(weight)

    def _draw(self, seed, first_step, num_steps, batch_size):
        """Draws z and the discriminator's own numbers, update by update.

        Returns:
            A dict of lists of one: for the update of the `"discriminator"` and
            of the `"generator"` a dict of `"z"` and, for each pass of the
            discriminator, `"labelled"`, `"unlabelled"` and `"fake"`, a dict
            with its `"noise"` where it has any.
        """
        block = (first_step, num_steps, batch_size)
        z = self._draw_latents(seed, *block, 2)
        passes = {
            "discriminator": ("labelled", "unlabelled", "fake"),
            "generator": ("unlabelled", "fake"),
        }
        return {
            player: [
                {
                    "z": own,
                    **{
                        name: self._noise(
                            self.discriminator, f"{player}/{name}", seed, *block
                        )
                        for name in names
                    },
                }
            ]
            for own, (player, names) in zip(z, passes.items(), strict=True)
        }

    # What it says of samples -----------------------------------------------

    @property
    def _classifier(self):
        return self.average_classifier or self.discriminator

    discriminator_output = PROBABILITY

    def discriminate(self, samples):
        said = self.signatures()["discriminate"](samples)
        return tf.reshape(said["probabilities"], [-1])

    def signatures(self):
        def discriminate(samples):
            logits = self.discriminator(samples, training=False)
            logits = realness(tf.cast(logits, tf.float32))[:, tf.newaxis]
            return {"logits": logits, "probabilities": tf.sigmoid(logits)}

        return {
            "discriminate": even_of_none(discriminate),
            "classify": self.classify,
        }
