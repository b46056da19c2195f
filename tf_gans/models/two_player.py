"""Two players: the updates that all adversarial models have in common."""

import keras
import tensorflow as tf

from tf_gans import layers, replicas
from tf_gans.historical_average import HistoricalAverage
from tf_gans.models import networks
from tf_gans.models.generative import GenerativeModel
from tf_gans.models.networks import with_labels


class TwoPlayerModel(GenerativeModel):
    """A generator against a discriminator, each with its optimizer.

    A subclass says how the discriminator judges samples (`_judge`) and what
    each player minimises (`_discriminator_loss`, `_generator_loss`); its
    `train_step` is a sequence of the updates here. Each update is given its
    own random numbers, a dict with `"z"`: `_draw` returns a list of them for
    each player.

    Args:
        generator, latents, ema_decay, seed: of `GenerativeModel`.
        discriminator: `keras.Model` from samples.
        historical_averaging: float above 0, or None. With it, each player's
            updates minimise that much of the squared distance of its
            parameters from the mean of all their values so far, too; see
            `tf_gans.historical_average.HistoricalAverage`. What it costs is
            logged as `d_pull` and `g_pull`, and is no part of the losses that
            are logged. Defaults to `None`.
    """

    headline = ("d_loss", "g_loss")

    _arguments: tuple[str, ...] = (
        *GenerativeModel._arguments,
        "discriminator",
        "historical_averaging",
    )

    def __init__(
        self,
        generator,
        discriminator,
        latents,
        historical_averaging=None,
        **kwargs,
    ):
        super().__init__(generator, latents, **kwargs)
        self.discriminator = discriminator
        self._check_classes()
        networks.build(discriminator, self.sample_shape, self.judged_classes)
        self.historical_averaging = historical_averaging
        self.generator_history = self.discriminator_history = None
        if historical_averaging is not None:
            self.generator_history, self.discriminator_history = (
                HistoricalAverage(
                    historical_averaging,
                    network.trainable_variables,
                    name=f"{player}_history",
                )
                for player, network in (
                    ("generator", generator),
                    ("discriminator", discriminator),
                )
            )

    def _track(self, names):
        if self.historical_averaging is not None:
            names = [*names, "d_pull", "g_pull"]
        super()._track(names)

    def _check_classes(self):
        received = getattr(self.discriminator, "num_classes", None)
        if received != self.judged_classes:
            raise ValueError(
                "`generator` and `discriminator` must agree in `num_classes`. "
                f"Received: {self.num_classes} and {received}"
            )

    @property
    def judged_spec(self):
        """What the discriminator is called with, as `keras.KerasTensor`s."""
        samples = keras.KerasTensor((None, *self.sample_shape))
        labels = None
        if self.judged_classes:
            labels = keras.KerasTensor((None,), dtype="int32")
        return with_labels(samples, labels)

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        jit_compile="auto",
        steps_per_execution="auto",
        run_eagerly=False,
    ):
        """Configures the model for training.

        Args:
            generator_optimizer: `keras.optimizers.Optimizer` or its name; see
                `Trained.compile`.
            discriminator_optimizer: another one.
            jit_compile, steps_per_execution, run_eagerly: see
                `Trained.compile`.
        """
        self._compile(
            {
                "generator_optimizer": (
                    generator_optimizer,
                    self.generator.trainable_variables,
                ),
                "discriminator_optimizer": (
                    discriminator_optimizer,
                    self.discriminator.trainable_variables,
                ),
            },
            jit_compile,
            steps_per_execution,
            run_eagerly,
        )

    # What a subclass says --------------------------------------------------

    def _judge(self, samples, labels, numbers):
        """What the discriminator says of samples, in training.

        Args:
            samples: float tensor of shape `(batch, *sample_shape)`.
            labels: int tensor of shape `(batch,)`, or None.
            numbers: dict of the update's random numbers.
        """
        raise NotImplementedError

    def _discriminator_loss(self, real, fake, labels, numbers):
        """What the discriminator minimises.

        Args:
            real, fake: float tensors of shape `(batch, *sample_shape)`.
            labels, numbers: see `_judge`.

        Returns:
            The loss, a scalar; a dict of logs; and what
            `_generator_judgement` would return.
        """
        raise NotImplementedError

    def _generator_judgement(self, fake, real, labels, numbers):
        """What the discriminator says in the generator's update.

        Args:
            fake, real: float tensors of shape `(batch, *sample_shape)`. Only a
                loss that compares the two looks at the real ones.
            labels, numbers: see `_judge`.

        Returns:
            What `_generator_loss` takes: here `_judge` of the fakes.
        """
        del real
        return self._judge(fake, labels, numbers)

    def _generator_loss(self, judgement):
        """What the generator minimises, given `_generator_judgement`."""
        raise NotImplementedError

    def _generator_auxiliary(self, judgement):
        """What the generator minimises besides: a scalar, or None.

        It is no part of the loss that is logged.
        """
        return None

    # The updates -----------------------------------------------------------

    def _batches(self, real):
        """A step's batches: a list of pairs of samples and labels, or None."""
        samples, labels = real if self.num_classes else (real, None)
        samples = tf.unstack(samples)
        labels = [None] * len(samples) if labels is None else tf.unstack(labels)
        return list(zip(samples, labels, strict=True))

    def _generate(self, labels, numbers):
        return self.generator(with_labels(numbers["z"], labels), training=True)

    def _prepare(self, network, history):
        """What is done with a player's parameters before their update."""
        layers.update_power_iterations(network)
        if history is not None:
            history.take(network.trainable_variables)

    def _d_whole(self, loss, logs):
        """All that the discriminator minimises; adds to the logs."""
        return _with_pull(
            loss,
            logs,
            "d_pull",
            self.discriminator_history,
            self.discriminator,
        )

    def _g_whole(self, judgement, logs):
        """All that the generator minimises; adds to the logs."""
        loss = logs["g_loss"] = self._generator_loss(judgement)
        more = self._generator_auxiliary(judgement)
        return _with_pull(
            loss if more is None else loss + more,
            logs,
            "g_pull",
            self.generator_history,
            self.generator,
        )

    def _update_discriminator(self, real, labels, numbers):
        """Updates the discriminator; returns its logs, from before."""
        self._prepare(self.discriminator, self.discriminator_history)
        optimizer = self.discriminator_optimizer
        variables = self.discriminator.trainable_variables

        def compute():
            fake = self._generate(labels, numbers)
            with tf.GradientTape() as tape:
                loss, logs, _ = self._discriminator_loss(
                    real, fake, labels, numbers
                )
                loss = self._d_whole(loss, logs)
                loss = optimizer.scale_loss(replicas.share(loss))
            return tape.gradient(loss, variables), logs

        gradients, logs = self._computed(compute)
        optimizer.apply(gradients, variables)
        return logs

    def _update_generator(self, labels, numbers, real):
        """Updates the generator; returns its logs, from before."""
        self._prepare(self.generator, self.generator_history)
        optimizer = self.generator_optimizer
        variables = self.generator.trainable_variables

        def compute():
            logs: dict = {}
            with tf.GradientTape() as tape:
                fake = self._generate(labels, numbers)
                judgement = self._generator_judgement(
                    fake, real, labels, numbers
                )
                loss = self._g_whole(judgement, logs)
                scaled = optimizer.scale_loss(replicas.share(loss))
            return tape.gradient(scaled, variables), logs

        gradients, logs = self._computed(compute)
        optimizer.apply(gradients, variables)
        return logs

    def _update_both(self, real, labels, numbers):
        """Updates both players by one pass on one z; returns the logs.

        Both gradients are from before either update.
        """
        self._prepare(self.discriminator, self.discriminator_history)
        self._prepare(self.generator, self.generator_history)
        d_optimizer = self.discriminator_optimizer
        g_optimizer = self.generator_optimizer
        d_variables = self.discriminator.trainable_variables
        g_variables = self.generator.trainable_variables

        def compute():
            with tf.GradientTape(persistent=True) as tape:
                fake = self._generate(labels, numbers)
                d_loss, logs, judgement = self._discriminator_loss(
                    real, fake, labels, numbers
                )
                d_loss = self._d_whole(d_loss, logs)
                d_scaled = d_optimizer.scale_loss(replicas.share(d_loss))
                g_loss = self._g_whole(judgement, logs)
                g_scaled = g_optimizer.scale_loss(replicas.share(g_loss))
            d_gradients = tape.gradient(d_scaled, d_variables)
            g_gradients = tape.gradient(g_scaled, g_variables)
            return d_gradients, g_gradients, logs

        d_gradients, g_gradients, logs = self._computed(compute)
        d_optimizer.apply(d_gradients, d_variables)
        g_optimizer.apply(g_gradients, g_variables)
        return logs


def _with_pull(loss, logs, name, history, network):
    """A player's loss with the pull to its history, which is logged.

    In the loss, not in the gradients, so that the loss scale and the number of
    replicas are those of all else.
    """
    if history is None:
        return loss
    logs[name] = history.price(network.trainable_variables)
    return loss + tf.cast(logs[name], loss.dtype)
