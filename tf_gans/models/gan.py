"""The generative adversarial network: a Keras model with two players."""

import itertools
import warnings

import keras
import tensorflow as tf

from tf_gans import layers
from tf_gans import losses as losses_module
from tf_gans.errors import check_positive_int
from tf_gans.models.generative import TwoPlayerModel, with_labels


@keras.saving.register_keras_serializable(package="tf_gans")
class GAN(TwoPlayerModel):
    """Trains a generator against a discriminator.

    One training step is `critic_steps` updates of the discriminator, each on a
    fresh real batch and fresh z, then `generator_steps` updates of the
    generator, each on fresh z.

    Networks with a `num_classes` are conditional: each is called with a pair,
    `(z, labels)` or `(samples, labels)`, and the real batches are pairs of
    samples and labels. The generator is trained on the labels of the last
    real batch.

    Everything random is a function of (`seed`, step): z, the batches of a
    `Source`, a penalty's draws. A model whose weights are loaded goes on with
    exactly the numbers that the saved one would have seen next.

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
            the generator whose weights are an exponential moving average,
            `w_ema <- w_ema + (1 - decay) (w - w_ema)`; in the first steps the
            decay is at most `(1 + t) / (10 + t)`. The moving statistics of
            batch normalisation are averaged, too. Defaults to `None`.
        track_outputs: bool. Whether the logs also hold `d_real` and `d_fake`,
            the means over the batch of what the discriminator says of real
            and of generated samples (the loss' `output`), in its last update.
            Defaults to `False`.
        seed: int, at least 0. Defaults to `0`.

    Raises:
        ValueError: if options contradict each other: `constraint` beside
            `penalty`, a gradient penalty on a discriminator with batch
            normalisation, `simultaneous` with several updates a step.

    Example:

    >>> gan = GAN(
    ...     networks.gaussian.Generator(),
    ...     networks.gaussian.Discriminator(minibatch=True),
    ...     latents=latents.Stratified(-8, 8),
    ... )
    >>> gan.compile(
    ...     generator_optimizer=keras.optimizers.Adam(1e-3),
    ...     discriminator_optimizer=keras.optimizers.Adam(1e-3),
    ... )
    >>> history = gan.fit(data.Gaussian(batch_size=8), steps_per_epoch=5000)

    Reference:
    - [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), algorithm 1
    """

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
        if generator_latents not in ("fresh", "last"):
            raise ValueError(
                '`generator_latents` must be "fresh" or "last". '
                f"Received: generator_latents={generator_latents!r}"
            )
        self.generator_latents = generator_latents
        self.simultaneous = bool(simultaneous)
        self.instance_noise = instance_noise
        self.track_outputs = bool(track_outputs)
        self._check_options()
        names = ["d_loss", "g_loss"] + (["penalty"] if penalty else [])
        names += self.adversarial_loss.measures
        names += ["d_real", "d_fake"] if self.track_outputs else []
        self._track(names)

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
        if self.penalty is None or not layers.has_batch_norm(
            self.discriminator
        ):
            return
        message = (
            f"`penalty={type(self.penalty).__name__}` is a norm for each "
            "sample, which batch normalisation in the `discriminator` mixes "
            "with the others of its batch."
        )
        if self.penalty.batch_norm == "refuse":
            raise ValueError(f"{message} Build it without.")
        if self.penalty.batch_norm == "warn":
            warnings.warn(f"{message} Better build it without.", stacklevel=3)

    # The algorithm ---------------------------------------------------------

    def train_step(self, data):
        """One step of the algorithm.

        Args:
            data: a pair: real samples of shape `(critic_steps, batch,
                *sample_shape)`, for a conditional model beside labels of shape
                `(critic_steps, batch)`; and a dict of the step's random
                numbers: `"z"` of shape `(critic_steps + generator_steps,
                batch, *latents.shape)`, or fewer where updates share
                z: the last one is the last ones'; the penalty's, `"penalty"`,
                with a leading axis of `critic_steps`; and `"noise"`, of shape
                `(2 * critic_steps + generator_steps, batch, *sample_shape)`,
                without the generator's where both players share a pass.

        Returns:
            A dict of scalars: the losses of the last discriminator update and
            of the last generator update, each before its update, and what else
            is tracked.
        """
        real, draws = data
        real, labels = real if self.num_classes else (real, None)
        z = tf.unstack(draws["z"])
        z = itertools.chain(z, itertools.repeat(z[-1]))
        noise = itertools.repeat(None)
        if self.instance_noise is not None:
            noise = iter(tf.unstack(draws["noise"]))

        for k in range(self.critic_steps):
            label = None if labels is None else labels[k]
            layers.update_power_iterations(self.discriminator)
            batch = {
                "real": _add(real[k], next(noise)),
                "labels": label,
                "fake_noise": next(noise),
                "penalty_noise": _row(draws.get("penalty"), k),
            }
            if self.simultaneous:
                logs = self._update_both(next(z), batch)
            else:
                logs = self._update_discriminator(next(z), batch)
        for _ in range(0 if self.simultaneous else self.generator_steps):
            logs["g_loss"] = self._update_generator(next(z), label, next(noise))
        self._update_average(self.generator_optimizer.iterations)
        return logs

    @property
    def _different_latents(self):
        """How many z a step draws; the last one is the rest's, too."""
        if self.simultaneous or not self.fresh_latents:
            return 1
        if self.generator_latents == "last":
            return self.critic_steps
        return self.critic_steps + self.generator_steps

    def _draw(self, seed, first_step, num_steps, batch_size):
        critics = self.critic_steps
        block = (seed, first_step, num_steps, batch_size)
        draws = {"z": self._draw_latents(*block, self._different_latents)}
        if self.penalty is not None:
            noise = self.penalty.draw(
                seed,
                first_step * critics,
                num_steps * critics,
                batch_size,
                self.sample_shape,
            )
            if noise is not None:
                draws["penalty"] = tf.nest.map_structure(
                    lambda t: _split_steps(t, num_steps, critics), noise
                )
        if self.instance_noise is not None:
            shared = self.simultaneous  # the generator has no pass of its own
            draws["noise"] = self.instance_noise.draw(
                seed,
                first_step,
                num_steps,
                2 * critics + (0 if shared else self.generator_steps),
                batch_size,
                self.sample_shape,
            )
        return draws

    def _critic_loss(self, fake, batch):
        """What the discriminator minimises, and its logs.

        Args:
            fake: generated samples, without the noise.
            batch: dict of what the update sees; see `train_step`.

        Returns:
            The loss with the penalty, the logs, and the logits of the
            generated samples.
        """

        def critic(samples):
            inputs = with_labels(samples, batch["labels"])
            return self.discriminator(inputs, training=True)

        real, fake = batch["real"], _add(fake, batch["fake_noise"])
        real_logits = critic(real)
        fake_logits = critic(fake)
        adversarial = self.adversarial_loss
        loss = adversarial.discriminator(real_logits, fake_logits)
        logs = {"d_loss": loss}
        if self.penalty is not None:
            logs["penalty"] = self.penalty(
                critic, real, fake, batch["penalty_noise"]
            )
            loss = loss + logs["penalty"]
        logs |= adversarial.measure(real_logits, fake_logits)
        if self.track_outputs:
            for name, logits in (
                ("d_real", real_logits),
                ("d_fake", fake_logits),
            ):
                logs[name] = tf.reduce_mean(adversarial.output(logits))
        return loss, logs, fake_logits

    def _update_discriminator(self, z, batch):
        fake = self.generator(with_labels(z, batch["labels"]), training=True)
        with tf.GradientTape() as tape:
            loss, logs, _ = self._critic_loss(fake, batch)
            loss = self.discriminator_optimizer.scale_loss(loss)
        self._apply_to_discriminator(tape, loss)
        return logs

    def _update_generator(self, z, labels, noise):
        with tf.GradientTape() as tape:
            fake = self.generator(with_labels(z, labels), training=True)
            inputs = with_labels(_add(fake, noise), labels)
            fake_logits = self.discriminator(inputs, training=True)
            loss = self.adversarial_loss.generator(fake_logits)
            scaled = self.generator_optimizer.scale_loss(loss)
        self._apply(tape, scaled, "generator")
        return loss

    def _update_both(self, z, batch):
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(
                with_labels(z, batch["labels"]), training=True
            )
            d_loss, logs, fake_logits = self._critic_loss(fake, batch)
            d_loss = self.discriminator_optimizer.scale_loss(d_loss)
            logs["g_loss"] = self.adversarial_loss.generator(fake_logits)
            g_loss = self.generator_optimizer.scale_loss(logs["g_loss"])
        # Both gradients before either update.
        g_variables = self.generator.trainable_variables
        g_gradients = tape.gradient(g_loss, g_variables)
        self._apply_to_discriminator(tape, d_loss)
        self.generator_optimizer.apply(g_gradients, g_variables)
        return logs

    def _apply_to_discriminator(self, tape, loss):
        self._apply(tape, loss, "discriminator")
        if self.constraint is not None:
            self.constraint.apply(self.discriminator.trainable_variables)

    def judgements(self):
        def discriminate(samples):
            logits = self.discriminator(samples, training=False)
            said = {"logits": logits}
            if self.adversarial_loss.probabilistic:
                said["probabilities"] = tf.sigmoid(logits)
            return said

        return {"discriminate": discriminate}

    # Saving ----------------------------------------------------------------

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            **{key: serialize(getattr(self, key)) for key in _OBJECTS},
            "loss": serialize(self.adversarial_loss),
            "critic_steps": self.critic_steps,
            "generator_steps": self.generator_steps,
            "fresh_latents": self.fresh_latents,
            "generator_latents": self.generator_latents,
            "simultaneous": self.simultaneous,
            "ema_decay": self.ema_decay,
            "track_outputs": self.track_outputs,
            "seed": int(self.seed.numpy()),
        }

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        return cls(
            **{
                key: deserialize(value)
                if key in (*_OBJECTS, "loss") and value
                else value
                for key, value in config.items()
            }
        )


_OBJECTS = (
    "generator",
    "discriminator",
    "latents",
    "penalty",
    "constraint",
    "instance_noise",
)


def _add(samples, noise):
    """Adds instance noise, where there is any."""
    return samples if noise is None else samples + noise


def _row(draws, k):
    """The draws of the k-th update, where there are any."""
    if draws is None:
        return None
    return tf.nest.map_structure(lambda t: t[k], draws)


def _split_steps(draws, num_steps, updates):
    """`(num_steps * updates, ...)` -> `(num_steps, updates, ...)`."""
    sizes = zip(draws.shape, tf.unstack(tf.shape(draws)), strict=True)
    # What is known of the shape stays known.
    shape = [known or dynamic for known, dynamic in sizes][1:]
    return tf.reshape(draws, (num_steps, updates, *shape))
