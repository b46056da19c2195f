"""Boundary equilibrium GAN: the discriminator is an autoencoder."""

import math

import keras
import tensorflow as tf

from tf_gans import replicas
from tf_gans.errors import check_positive_int
from tf_gans.models import checks
from tf_gans.models.outputs import ERROR, even_of_none
from tf_gans.models.two_player import TwoPlayerModel

# The plateau is looked for in a mean over about this many steps of M_global,
# which a batch of 16 makes noisy, and a fall of a hundredth is progress.
_AVERAGED_STEPS = 1000.0
_PROGRESS = 0.01


@keras.saving.register_keras_serializable(package="tf_gans")
class BEGAN(TwoPlayerModel):
    """Trains a generator against an autoencoder.

    With `L(v) = mean |v - D(v)|`, how badly the autoencoder D reproduces v:

    - D minimises `L(x) - k L(G(z_D))`, G minimises `L(G(z_G))`;
    - `k <- clip(k + lambda_k (gamma L(x) - L(G(z_G))), 0, 1)`, from 0, keeps
      `L(G(z))` at `gamma L(x)`, which is what the two are in balance at;
    - `M_global = L(x) + |gamma L(x) - L(G(z_G))|` measures the convergence.

    Each loss here is the one that its player then descends, before that
    update: as in `GAN`, D's comes first, and `L(G(z_G))` is what the updated D
    says. With `simultaneous` all are from before both updates.

    Args:
        generator: `keras.Model` from z to samples.
        discriminator: `keras.Model` from samples to samples.
        latents: `tf_gans.latents.Latents`.
        gamma: float in [0, 1]. The diversity ratio: less of it gives samples
            that are better and more alike. Defaults to `0.5`.
        lambda_k: float above 0. The learning rate of k. Defaults to `0.001`.
        simultaneous: bool. With True both players' gradients come from one
            forward pass on one z, before either is updated, as in carpedm20's
            program; the paper has a z for each. Defaults to `False`.
        patience: int or None. After this many steps without a fall of the mean
            of M_global by a hundredth, both learning rates are halved, as the
            paper does where it stalls. Defaults to `None`: never.
        min_learning_rate: float, at least 0. The rates are not halved below
            it. Defaults to `2e-5`, the lower limit of carpedm20's program.
        ema_decay, seed: as for `tf_gans.GAN`.
        **kwargs: `historical_averaging`, as for `tf_gans.GAN`; `k` and
            `m_global` are of the errors alone.

    Logs:
        `d_loss`, `g_loss`, `k` and `m_global`.

    Reference:
    - [Berthelot et al., 2017](https://arxiv.org/abs/1703.10717), section 3.4
    - [carpedm20/BEGAN-tensorflow, trainer.py, lines 196-210](
      https://github.com/carpedm20/BEGAN-tensorflow)
    """

    _arguments = (
        *TwoPlayerModel._arguments,
        "gamma",
        "lambda_k",
        "simultaneous",
        "patience",
        "min_learning_rate",
    )

    def __init__(
        self,
        generator,
        discriminator,
        latents,
        gamma=0.5,
        lambda_k=0.001,
        simultaneous=False,
        patience=None,
        min_learning_rate=2e-5,
        ema_decay=None,
        seed=0,
        name="began",
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
        if not 0 <= gamma <= 1:
            raise ValueError(
                f"`gamma` must lie in [0, 1]. Received: gamma={gamma}"
            )
        if not 0 < lambda_k < math.inf:
            raise ValueError(
                f"`lambda_k` must be above 0. Received: lambda_k={lambda_k}"
            )
        if not 0 <= min_learning_rate < math.inf:
            raise ValueError(
                "`min_learning_rate` must be at least 0. "
                f"Received: min_learning_rate={min_learning_rate}"
            )
        self._refuse_classes()
        self.gamma = float(gamma)
        self.lambda_k = float(lambda_k)
        self.simultaneous = bool(simultaneous)
        self.patience = patience
        if patience is not None:
            self.patience = check_positive_int("patience", patience)
        self.min_learning_rate = float(min_learning_rate)
        self.k = self._state("k", 0.0)
        if self.patience:
            self._mean = self._state("mean_of_m", 0.0)
            self._best = self._state("best_mean_of_m", math.inf)
            self._stalled = self._counter("stalled_steps", 0)
        self._track(["d_loss", "g_loss", "k", "m_global"])

    def _state(self, name, value):
        return self.add_weight(
            name=name,
            shape=(),
            dtype="float32",
            initializer=keras.initializers.Constant(value),
            trainable=False,
        )

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        jit_compile="auto",
        steps_per_execution="auto",
        run_eagerly=False,
    ):
        """Configures the model for training; see `TwoPlayerModel.compile`.

        Raises:
            ValueError: `patience` is given and an optimizer follows a schedule
                of its own.
        """
        for optimizer in (generator_optimizer, discriminator_optimizer):
            optimizer = keras.optimizers.get(optimizer)
            # A loss scale's optimizer has its rate from the one inside.
            inner = getattr(optimizer, "inner_optimizer", optimizer)
            rate = inner.get_config().get("learning_rate")
            if self.patience and isinstance(rate, dict):
                raise ValueError(
                    "`patience` halves the learning rates, which cannot also "
                    f"follow a schedule. Received: patience={self.patience} "
                    f"and learning_rate={rate['class_name']}"
                )
        super().compile(
            generator_optimizer,
            discriminator_optimizer,
            jit_compile,
            steps_per_execution,
            run_eagerly,
        )

    def check_networks(self):
        checks.check_autoencoder(self)

    # The algorithm ---------------------------------------------------------

    def train_step(self, data):
        """An update of each player, then of k."""
        real, draws, step = data
        ((samples, labels),) = self._batches(real)
        (numbers,) = draws["discriminator"]
        if self.simultaneous:
            logs = self._update_both(samples, labels, numbers)
        else:
            logs = self._update_discriminator(samples, labels, numbers)
        for numbers in draws["generator"]:  # none, where both were updated
            logs |= self._update_generator(labels, numbers, samples)
        real_error, fake_error = replicas.mean(
            (logs.pop("real_error"), logs["g_loss"])
        )
        balance = self.gamma * real_error - fake_error
        self.k.assign(
            tf.clip_by_value(self.k + self.lambda_k * balance, 0.0, 1.0)
        )
        logs["k"] = self.k + 0.0
        logs["m_global"] = real_error + tf.abs(balance)
        if self.patience:
            self._watch(logs["m_global"], step)
        self._update_average(step)
        return logs

    def _discriminator_loss(self, real, fake, labels, numbers):
        real_error = self._judge(real, labels, numbers)
        fake_error = self._judge(fake, labels, numbers)
        loss = real_error - self.k * fake_error
        return loss, {"d_loss": loss, "real_error": real_error}, fake_error

    def _generator_loss(self, fake_error):
        return fake_error

    def _judge(self, samples, labels, numbers):
        del labels, numbers
        return self.reconstruction_error(samples, training=True)

    def reconstruction_error(self, samples, training=False):
        """L(v): the mean over all components of `|v - D(v)|`, a scalar."""
        restored = self.discriminator(samples, training=training)
        # A mean over a batch of images has more terms than 16 bits can tell.
        samples, restored = (
            tf.cast(t, tf.float32) for t in (samples, restored)
        )
        return tf.reduce_mean(tf.abs(samples - restored))

    def _draw(self, seed, first_step, num_steps, batch_size):
        """Draws the z of each player's update; see `GAN._draw`."""
        z = self._draw_latents(
            seed, first_step, num_steps, batch_size, 2 - self.simultaneous
        )
        draws = [{"z": each} for each in z]
        return {"discriminator": draws[:1], "generator": draws[1:]}

    def _watch(self, m_global, step):
        """Halves the learning rates where M_global stalls."""
        # The mean of the first steps is that of all so far.
        count = tf.minimum(tf.cast(step + 1, tf.float32), _AVERAGED_STEPS)
        share = 1 / count
        mean = self._mean + share * (m_global - self._mean)
        falls = mean < (1 - _PROGRESS) * self._best
        stalled = tf.where(falls, tf.zeros((), tf.int64), self._stalled + 1)
        halve = stalled >= self.patience
        self._mean.assign(mean)
        # After a halving the count begins anew, from where the mean is now.
        self._best.assign(tf.where(falls | halve, mean, self._best))
        self._stalled.assign(tf.where(halve, tf.zeros_like(stalled), stalled))
        for optimizer in self.optimizers.values():
            rate = optimizer.learning_rate
            floor = tf.constant(self.min_learning_rate, rate.dtype)
            lower = tf.maximum(rate / 2, tf.minimum(rate, floor))
            rate.assign(tf.where(halve, lower, rate))

    # What it says of samples -----------------------------------------------

    discriminator_output = ERROR

    def discriminate(self, samples):
        errors = self.signatures()["discriminate"](samples)["errors"]
        return tf.cast(errors, tf.float32)

    def signatures(self):
        def discriminate(samples):
            restored = self.discriminator(samples, training=False)
            restored = tf.cast(restored, tf.float32)
            errors = tf.abs(samples - restored)
            axes = list(range(1, samples.shape.rank))
            return {
                "reconstructions": restored,
                "errors": tf.reduce_mean(errors, axes),
            }

        return {"discriminate": even_of_none(discriminate)}
