"""The generative adversarial network: a Keras model with two players."""

import keras
import tensorflow as tf

from tf_gans import losses as losses_module
from tf_gans.errors import check_choice, check_positive_int
from tf_gans.models import checks
from tf_gans.models.networks import with_labels
from tf_gans.models.outputs import LOGIT, PROBABILITY, even_of_none
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
    real batch, and with a loss that pairs samples (`pairs_real`) against it.

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
            normalisation, `simultaneous` with several updates a step.

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
        self.track_outputs = bool(track_outputs)
        self._check_options()
        names = ["d_loss", "g_loss"] + (["penalty"] if penalty else [])
        names += self.adversarial_loss.measures
        names += ["d_real", "d_fake"] if self.track_outputs else []
        self._track(names + self._own_logs())

    def _own_logs(self):
        """The names of what a subclass logs besides."""
        return []

    def _check_options(self):
        if self.constraint is not None and self.penalty is not None:
            raise ValueError(
                "`constraint` and `penalty` are two ways to the same end and "
                "cannot be used together. Received: "
                f"constraint={type(self.constraint).__name__}, "
                f"penalty={type(self.penalty).__name__}"
            )
        if self.simultaneous and self.critic_steps + self.generator_steps > 2:
            raise ValueError(
                "With `simultaneous=True` each player has one update a step. "
                f"Received: critic_steps={self.critic_steps}, "
                f"generator_steps={self.generator_steps}"
            )
        if self.penalty is not None:
            checks.check_penalty(self.penalty, self.discriminator)

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
            logs["g_loss"] = self._update_generator(labels, numbers, samples)
        self._update_average(step)
        return logs

    def _discriminator_loss(self, real, fake, labels, numbers):
        def critic(samples):
            return self._judge(samples, labels, {})

        if "noise" in numbers:
            real = real + numbers["real_noise"]
            fake = fake + numbers["noise"]
        real_logits, fake_logits = critic(real), critic(fake)
        loss = self.adversarial_loss.discriminator(real_logits, fake_logits)
        logs = self._logs(loss, real_logits, fake_logits)
        if self.penalty is not None:
            penalty = self.penalty(critic, real, fake, numbers.get("penalty"))
            logs["penalty"] = penalty
            loss = loss + penalty
        return loss, logs, (fake_logits, real_logits)

    def _generator_judgement(self, fake, real, labels, numbers):
        fake_logits = self._judge(fake, labels, numbers)
        if not self.adversarial_loss.pairs_real:
            return fake_logits, None
        if "noise" in numbers:
            numbers = {"noise": numbers["real_noise"]}
        return fake_logits, self._judge(real, labels, numbers)

    def _generator_loss(self, judgement):
        if not self.adversarial_loss.pairs_real:
            judgement = judgement[:1]
        return self.adversarial_loss.generator(*judgement)

    def _judge(self, samples, labels, numbers):
        """The logits of samples, with instance noise if there is any."""
        if "noise" in numbers:
            samples = samples + numbers["noise"]
        return self.discriminator(with_labels(samples, labels), training=True)

    def _logs(self, loss, real_logits, fake_logits):
        adversarial = self.adversarial_loss
        logs = {"d_loss": loss, **adversarial.measure(real_logits, fake_logits)}
        if self.track_outputs:
            logs["d_real"] = tf.reduce_mean(adversarial.output(real_logits))
            logs["d_fake"] = tf.reduce_mean(adversarial.output(fake_logits))
        return logs

    def _draw(self, seed, first_step, num_steps, batch_size):
        """Draws the random numbers of a block of steps, update by update.

        Returns:
            A dict of lists: for each update of the `"discriminator"` and of
            the `"generator"` in a step, a dict of tensors of shape
            `(num_steps, batch, ...)`: `"z"`; with instance noise `"noise"`,
            for the generated samples, and `"real_noise"`, of the generator
            where its loss looks at real samples; and the penalty's,
            `"penalty"`. Where both players share a pass, it is the
            discriminator's.
        """
        block = (seed, first_step, num_steps)
        critics = self.critic_steps
        generators = 0 if self.simultaneous else self.generator_steps
        different = 1
        if self.fresh_latents:
            fresh = 0 if self.generator_latents == "last" else generators
            different = critics + fresh
        z = self._draw_latents(*block, batch_size, different)
        z += z[-1:] * (critics + generators - different)
        draws = [{"z": each} for each in z]
        discriminator, generator = draws[:critics], draws[critics:]
        if self.instance_noise is not None:
            # Of each pass of the discriminator, in their order.
            pairs = self.adversarial_loss.pairs_real
            passes = 2 * critics + (1 + pairs) * generators
            noise = self.instance_noise.draw(
                *block, passes, batch_size, self.sample_shape
            )
            noise = tf.unstack(noise, passes, axis=1)
            for numbers in discriminator:
                numbers["real_noise"] = noise.pop(0)
                numbers["noise"] = noise.pop(0)
            for numbers in generator:
                numbers["noise"] = noise.pop(0)
                if pairs:
                    numbers["real_noise"] = noise.pop(0)
        if self.penalty is not None:
            noise = self.penalty.draw(
                seed,
                first_step * critics,
                num_steps * critics,
                batch_size,
                self.sample_shape,
            )
            for k, numbers in enumerate(discriminator):
                if noise is not None:  # every `critics`-th row, from the k-th
                    numbers["penalty"] = tf.nest.map_structure(
                        lambda t, k=k: t[k::critics], noise
                    )
        return {"discriminator": discriminator, "generator": generator}

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
