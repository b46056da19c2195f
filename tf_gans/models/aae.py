"""The adversarial autoencoder: codes that are distributed as a prior."""

import keras
import tensorflow as tf

from tf_gans import layers, replicas
from tf_gans import losses as losses_module
from tf_gans.models import networks
from tf_gans.models import reconstruction as costs
from tf_gans.models.generative import GenerativeModel
from tf_gans.models.outputs import ERROR, even_of_none


@keras.saving.register_keras_serializable(package="tf_gans")
class AdversarialAutoencoder(GenerativeModel):
    """Trains an autoencoder whose codes a discriminator compares with a prior.

    A step has three updates on one batch of samples:

    1. *reconstruction*: encoder and decoder reproduce the samples;
    2. *regularisation*: the discriminator learns to tell z of the prior, the
       real ones, from the samples' codes;
    3. and the encoder, as the generator of codes, learns to deceive it.

    Each update sees what the ones before it have changed. The encoder is a
    function, the paper's first choice: what is random in a code is the sample.
    In the end the decoder maps z of the prior to samples.

    Args:
        encoder: `keras.Model` from samples to codes of the shape of z.
        generator: `keras.Model` from z to samples: the decoder.
        discriminator: `keras.Model` from codes to logits, one a code.
        latents: `tf_gans.latents.Latents`, the prior; or an int, for a standard
            normal of so many components.
        reconstruction: what the first update minimises, `"mse"`,
            `"euclidean"` or `"bernoulli"`, for which the generator needs a
            method `logits`; see `tf_gans.models.reconstruction.loss_of`.
            Defaults to `"mse"`.
        adversarial_loss: `tf_gans.losses.AdversarialLoss` of the other two.
            Defaults to `NonSaturating()`.
        ema_decay, seed: as for `tf_gans.GAN`.

    Logs:
        `reconstruction_loss`, `d_loss` and `g_loss`, which is the encoder's,
        each from before its update.

    Raises:
        ValueError: if the networks do not fit each other, or the generator is
            conditional.

    Reference:
    - [Makhzani et al., 2015](https://arxiv.org/abs/1511.05644), section 2
    """

    headline = ("reconstruction_loss", "d_loss", "g_loss")
    _arguments = (
        *GenerativeModel._arguments,
        "encoder",
        "discriminator",
        "reconstruction",
        "adversarial_loss",
    )

    def __init__(
        self,
        encoder,
        generator,
        discriminator,
        latents,
        reconstruction="mse",
        adversarial_loss=None,
        ema_decay=None,
        seed=0,
        name="adversarial_autoencoder",
        **kwargs,
    ):
        super().__init__(
            generator,
            latents,
            ema_decay=ema_decay,
            seed=seed,
            name=name,
            **kwargs,
        )
        self._refuse_classes()
        self.reconstruction = costs.check_loss(
            reconstruction, generator, self.value_range
        )
        self.adversarial_loss = (
            adversarial_loss or losses_module.NonSaturating()
        )
        self.encoder = encoder
        self.discriminator = discriminator
        z_shape = self.latents.shape
        networks.build(encoder, self.sample_shape)
        networks.build(discriminator, z_shape)
        for name, network, shape, expected in (
            ("encoder", encoder, self.sample_shape, z_shape),
            ("discriminator", discriminator, z_shape, (1,)),
        ):
            spec = network.compute_output_spec(
                keras.KerasTensor((None, *shape))
            )
            shapes = [tuple(t.shape[1:]) for t in tf.nest.flatten(spec)]
            if shapes != [tuple(expected)]:
                raise ValueError(
                    f"`{name}` must return one tensor of shape "
                    f"{(None, *expected)}. Received: outputs of shape "
                    f"{[(None, *s) for s in shapes]}"
                )
        self._track(["reconstruction_loss", "d_loss", "g_loss"])

    # Compiling -------------------------------------------------------------

    def compile(
        self,
        reconstruction_optimizer,
        discriminator_optimizer,
        encoder_optimizer,
        jit_compile="auto",
        steps_per_execution="auto",
        run_eagerly=False,
    ):
        """Configures the model for training.

        Args:
            reconstruction_optimizer: `keras.optimizers.Optimizer` of encoder
                and decoder.
            discriminator_optimizer: that of the discriminator.
            encoder_optimizer: that of the encoder as its opponent.
            jit_compile, steps_per_execution, run_eagerly: as for
                `tf_gans.models.trained.Trained.compile`.
        """
        encoder = self.encoder.trainable_variables
        autoencoder = [*encoder, *self.generator.trainable_variables]
        discriminator = self.discriminator.trainable_variables
        self._compile(
            {
                "reconstruction_optimizer": (
                    reconstruction_optimizer,
                    autoencoder,
                ),
                "discriminator_optimizer": (
                    discriminator_optimizer,
                    discriminator,
                ),
                "encoder_optimizer": (encoder_optimizer, encoder),
            },
            jit_compile,
            steps_per_execution,
            run_eagerly,
        )

    # The algorithm ---------------------------------------------------------

    def _draw(self, seed, first_step, num_steps, batch_size):
        """Draws z of the prior, `(num_steps, batch, *latents.shape)`."""
        block = (seed, first_step, num_steps, batch_size)
        (z,) = self._draw_latents(*block, 1)
        return {"z": z}

    def train_step(self, data):
        """The three updates; returns their losses, each from before it."""
        real, draws, step = data
        samples, z = real[0], draws["z"]
        logs = {
            "reconstruction_loss": self._update(
                "reconstruction_optimizer",
                (self.encoder, self.generator),
                lambda: costs.loss_of(
                    self.reconstruction,
                    samples,
                    self.generator,
                    self.encoder(samples, training=True),
                    training=True,
                ),
            ),
            "d_loss": self._update(
                "discriminator_optimizer",
                (self.discriminator,),
                lambda: self.adversarial_loss.discriminator(
                    self.discriminator(z, training=True), self._judged(samples)
                ),
            ),
            "g_loss": self._update(
                "encoder_optimizer",
                (self.encoder,),
                lambda: self.adversarial_loss.generator(self._judged(samples)),
            ),
        }
        self._update_average(step)
        return logs

    def _judged(self, samples):
        """What the discriminator says of the samples' codes, in training."""
        codes = self.encoder(samples, training=True)
        return self.discriminator(codes, training=True)

    def _update(self, name, players, loss_of):
        """Updates some networks; returns the loss, from before."""
        for network in players:
            layers.update_power_iterations(network)
        optimizer = getattr(self, name)
        variables = [v for n in players for v in n.trainable_variables]

        def compute():
            with tf.GradientTape() as tape:
                loss = loss_of()
                scaled = optimizer.scale_loss(replicas.share(loss))
            return tape.gradient(scaled, variables), loss

        gradients, loss = self._computed(compute)
        optimizer.apply(gradients, variables)
        return loss

    # What it says of samples -----------------------------------------------

    discriminator_output = ERROR

    def encode(self, samples):
        """The codes of samples, `(batch, *latents.shape)` in 32 bits."""
        return tf.cast(self.encoder(samples, training=False), tf.float32)

    def reconstruct(self, samples):
        """The samples of their codes, of the same shape, in 32 bits."""
        return self(self.encode(samples))

    def errors(self, samples):
        """How badly each sample is reproduced; see `Autoencoder.errors`."""
        return costs.squared_errors(samples, self.reconstruct(samples))

    def discriminate(self, samples):
        return self.errors(samples)

    def signatures(self):
        return {
            "encode": even_of_none(lambda x: {"codes": self.encode(x)}),
            "reconstruct": even_of_none(
                lambda x: {"reconstructions": self.reconstruct(x)}
            ),
            "errors": even_of_none(lambda x: {"errors": self.errors(x)}),
        }
