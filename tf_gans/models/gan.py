"""The generative adversarial network: a Keras model with two players."""

import keras
import tensorflow as tf

from tf_gans import losses as losses_module
from tf_gans.class_losses import matching_loss
from tf_gans.errors import check_choice, check_positive_int
from tf_gans.models import checks, gan_draws
from tf_gans.models.networks import with_labels
from tf_gans.models.outputs import LOGIT, PROBABILITY, Judgement, even_of_none
from tf_gans.models.two_player import TwoPlayerModel


@keras.saving.register_keras_serializable(package="tf_gans")
class GAN(TwoPlayerModel):
    """Trains a generator against a discriminator.

    One training step is `critic_steps` updates of the discriminator, each on a
    fresh real batch and fresh z, then `generator_steps` updates of the
    generator, each on fresh z.

    Networks with a `num_classes` are conditional: each is called with a pair,
    `(z, labels)` or `(samples, labels)`, and the real batches are pairs of
    samples and labels. The generator is trained on the labels of the last
    real batch, and with a loss that pairs samples (`pairs_real`) or with
    `feature_matching` against it.

    Args:
        generator: `keras.Model` from z, `(batch, *latents.shape)`, to samples.
        discriminator: `keras.Model` from samples to logits, `(batch, 1)`.
        latents: `tf_gans.latents.Latents`. The prior of z.
        loss: an adversarial loss (`tf_gans.losses`). Defaults to
            `NonSaturating()`.
        penalty: a penalty (`tf_gans.penalties`) added to the discriminator's
            loss, or None. Defaults to `None`.
        constraint: `tf_gans.penalties.WeightClipping`, applied to the
            discriminator's variables after each of its updates, or None.
            Defaults to `None`.
        critic_steps: int. Discriminator updates in a step. Defaults to `1`.
        generator_steps: int. Generator updates in a step. Defaults to `1`.
        fresh_latents: bool. Whether each update has z of its own. With False,
            all updates of a step share one z. Defaults to `True`.
        generator_latents: `"fresh"`, or `"last"`: the generator's updates see
            the z of the discriminator's last one, as in google/compare_gan,
            version 1. Defaults to `"fresh"`.
        simultaneous: bool. With True, both players' gradients come from one
            forward pass on one z, before either is updated. Defaults to
            `False`.
        instance_noise: `tf_gans.noise.InstanceNoise`, added to all that the
            discriminator sees, or None. Defaults to `None`.
        feature_matching: bool. With True the generator minimises, in place of
            its adversarial loss, `tf_gans.class_losses.matching_loss`: the
            mean over features of the squared difference of the batches' means
            of what the discriminator's last layer sees. That needs a
            `features_and_logits(samples, training)`, which this package's
            discriminators have. Defaults to `False`.
        historical_averaging: float above 0, or None; see `TwoPlayerModel`.
            Defaults to `None`.
        ema_decay: float in [0, 1), or None. With it, `sampler` is a copy of
            the generator whose weights are an exponential moving average; see
            `GenerativeModel`. Defaults to `None`.
        track_outputs: bool. Whether the logs also hold `d_real` and `d_fake`,
            the means over the batch of what the discriminator says of real
            and of generated samples (the loss' `output`), in its last update.
            Defaults to `False`.
        seed: int, at least 0. Defaults to `0`.

    Raises:
        ValueError: if options contradict each other: `constraint` with
            `penalty`, a gradient penalty on a discriminator with batch
            normalisation, `simultaneous` with several updates a step,
            `feature_matching` with a discriminator that has no features.

    Example:

    >>> gan = GAN(
    ...     gaussian.Generator(),
    ...     gaussian.Discriminator(minibatch=True),
    ...     latents=latents.Stratified(-8, 8),
    ... )
    >>> gan.compile(
    ...     generator_optimizer=keras.optimizers.Adam(1e-3),
    ...     discriminator_optimizer=keras.optimizers.Adam(1e-3),
    ... )
    >>> history = gan.fit(gaussian.Gaussian(batch_size=8), steps_per_epoch=5000)

    Reference:
    - [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), algorithm 1
    - feature matching, historical averaging: [Salimans et al., 2016](
      https://arxiv.org/abs/1606.03498), sections 3.1 and 3.3
    """

    _arguments = (
        *TwoPlayerModel._arguments,
        "penalty",
        "constraint",
        "instance_noise",
        "critic_steps",
        "generator_steps",
        "fresh_latents",
        "generator_latents",
        "simultaneous",
        "feature_matching",
        "track_outputs",
    )

    def __init__(
        self,
        generator,
        discriminator,
        latents,
        loss=None,
        penalty=None,
        constraint=None,
        critic_steps=1,
        generator_steps=1,
        fresh_latents=True,
        generator_latents="fresh",
        simultaneous=False,
        instance_noise=None,
        feature_matching=False,
        historical_averaging=None,
        ema_decay=None,
        track_outputs=False,
        seed=0,
        name="gan",
        **kwargs,
    ):
        super().__init__(
            generator,
            discriminator,
            latents,
            historical_averaging=historical_averaging,
            ema_decay=ema_decay,
            seed=seed,
            name=name,
            **kwargs,
        )
        self.adversarial_loss = loss or losses_module.NonSaturating()
        self.penalty = penalty
        self.constraint = constraint
        self.critic_steps = check_positive_int("critic_steps", critic_steps)
        self.generator_steps = check_positive_int(
            "generator_steps", generator_steps
        )
        self.fresh_latents = bool(fresh_latents)
        self.generator_latents = check_choice(
            "generator_latents", generator_latents, ("fresh", "last")
        )
        self.simultaneous = bool(simultaneous)
        self.instance_noise = instance_noise
        self.feature_matching = bool(feature_matching)
        self.track_outputs = bool(track_outputs)
        checks.check_options(self)
        names = ["d_loss", "g_loss"] + (["penalty"] if penalty else [])
        names += self.adversarial_loss.measures
        names += ["d_real", "d_fake"] if self.track_outputs else []
        self._track(names + self._own_logs())

    def _own_logs(self):
        """The names of what a subclass logs besides."""
        return []

    def check_networks(self):
        checks.check_discriminator(self)

    # The algorithm ---------------------------------------------------------

    def train_step(self, data):
        """`critic_steps` updates of D, then `generator_steps` of G.

        Returns the logs of the last of each, from before that update.
        """
        real, draws, step = data
        update = self._update_discriminator
        if self.simultaneous:
            update = self._update_both
        for (samples, labels), numbers in zip(
            self._batches(real), draws["discriminator"], strict=True
        ):
            logs = update(samples, labels, numbers)
            if self.constraint is not None:
                self.constraint.apply(self.discriminator.trainable_variables)
        for numbers in draws["generator"]:  # none, where both were updated
            logs |= self._update_generator(labels, numbers, samples)
        self._update_average(step)
        return logs

    def _discriminator_loss(self, real, fake, labels, numbers):
        if "noise" in numbers:
            # All that D sees has noise, the penalty's samples, too.
            real = real + numbers["real_noise"]
            fake = fake + numbers["noise"]
            numbers = {k: v for k, v in numbers.items() if k != "noise"}
        real_said = self._judge(real, labels, numbers)
        fake_said = self._judge(fake, labels, numbers)
        loss, logs = self._adversarial(real_said, fake_said)
        loss = self._with_penalty(loss, logs, real, fake, labels, numbers)
        return loss, logs, (fake_said, real_said)

    def _adversarial(self, real, fake):
        """D's adversarial loss, given two `Judgement`s, and its logs."""
        adversarial = self.adversarial_loss
        loss = adversarial.discriminator(real.logits, fake.logits)
        logs = {"d_loss": loss}
        logs |= adversarial.measure(real.logits, fake.logits)
        if self.track_outputs:
            for name, said in (("d_real", real), ("d_fake", fake)):
                logs[name] = tf.reduce_mean(adversarial.output(said.logits))
        return loss, logs

    def _with_penalty(self, loss, logs, real, fake, labels, numbers):
        """The loss with the penalty, if there is any, which is logged."""
        if self.penalty is None:
            return loss

        def critic(samples):
            return self._judge(samples, labels, {}).logits

        logs["penalty"] = self.penalty(
            critic, real, fake, numbers.get("penalty")
        )
        return loss + logs["penalty"]

    @property
    def sees_real(self):
        """Whether the generator's updates look at the real batch."""
        return self.feature_matching or self.adversarial_loss.pairs_real

    def _generator_judgement(self, fake, real, labels, numbers):
        fake_said = self._judge(fake, labels, numbers)
        if not self.sees_real:
            return fake_said, None
        if "noise" in numbers:
            numbers = {"noise": numbers["real_noise"]}
        return fake_said, self._judge(real, labels, numbers)

    def _generator_loss(self, judgement):
        fake, real = judgement
        if self.feature_matching:
            return matching_loss(real.features, fake.features, "squared")
        if not self.adversarial_loss.pairs_real:
            return self.adversarial_loss.generator(fake.logits)
        return self.adversarial_loss.generator(fake.logits, real.logits)

    def _judge(self, samples, labels, numbers):
        """A `Judgement` of samples, with instance noise if there is any."""
        features, logits = self._said(samples, labels, numbers)
        return Judgement(logits, features)

    def _said(self, samples, labels, numbers):
        """The features, where they are matched, and what `call` returns."""
        if "noise" in numbers:
            samples = samples + numbers["noise"]
        judge = self.discriminator
        inputs = with_labels(samples, labels if self.judged_classes else None)
        if self.feature_matching:
            return judge.features_and_logits(inputs, training=True)
        return None, judge(inputs, training=True)

    def _draw(self, seed, first_step, num_steps, batch_size):
        block = (seed, first_step, num_steps)
        return gan_draws.of_updates(self, *block, batch_size)

    @property
    def equilibrium(self):
        """What the logs show at the equilibrium: a dict from their names."""
        values = self.adversarial_loss.equilibrium
        if self.feature_matching:  # the features' means are the same there
            values = {**values, "g_loss": 0.0}
        return values

    # What it says of samples -----------------------------------------------

    @property
    def discriminator_output(self):
        return PROBABILITY if self.adversarial_loss.probabilistic else LOGIT

    def discriminate(self, samples):
        said = self.signatures()["discriminate"](samples)
        return tf.reshape(said.get("probabilities", said["logits"]), [-1])

    def signatures(self):
        def discriminate(samples):
            return self._verdict(self.discriminator(samples, training=False))

        return {"discriminate": even_of_none(discriminate)}

    def _verdict(self, logits):
        """What `discriminate` says in an export: logits, in words."""
        logits = tf.cast(logits, tf.float32)
        said = {"logits": logits}
        if self.adversarial_loss.probabilistic:
            said["probabilities"] = tf.sigmoid(logits)
        return said

    def get_config(self):
        # Keras has a use of its own for the attribute `loss`.
        loss = keras.saving.serialize_keras_object(self.adversarial_loss)
        return {**super().get_config(), "loss": loss}
