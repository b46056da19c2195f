"""The variational autoencoder, which GANs are compared with."""

import math

import keras
import tensorflow as tf

from tf_gans import layers, replicas
from tf_gans.errors import check_choice
from tf_gans.latents import Normal
from tf_gans.models import networks
from tf_gans.models.generative import GenerativeModel
from tf_gans.models.outputs import ERROR, even_of_none

LIKELIHOODS = ("bernoulli", "gaussian")
SPREADS = ("log_variance", "softplus")
_MIN_STDDEV = 1e-6


@keras.saving.register_keras_serializable(package="tf_gans")
class VAE(GenerativeModel):
    """Trains a generator as the decoder of a variational autoencoder.

    The encoder gives each sample x a distribution of z, `q(z|x) = N(mu,
    sigma^2)`; the loss is the negative evidence lower bound, summed over
    components and averaged over the batch:

        E_q[-log p(x|z)] + KL(q(z|x) || N(0, I))

    with one z for each x, `mu + sigma * epsilon`, and the divergence in closed
    form, `1/2 sum(mu^2 + sigma^2 - 1 - log sigma^2)`.

    Args:
        encoder: `keras.Model` from samples to a pair of tensors of the shape
            of z: the mean, and a number for the spread.
        generator: `keras.Model` from z to samples: the mean of `p(x|z)`.
        latents: `tf_gans.latents.Normal`, the prior that the divergence is
            from.
        likelihood: `"bernoulli"`, for images in [0, 1], where the generator
            has a method `logits`; or `"gaussian"`, with the standard
            deviation `stddev`. Defaults to `"bernoulli"`.
        stddev: float above 0. Of the Gaussian likelihood, in units of the
            data. Defaults to `1`.
        spread: what the encoder's second output is: `"log_variance"`, as in
            the paper, or `"softplus"`, of which `sigma = 1e-6 + softplus(.)`,
            as in the collections. Defaults to `"log_variance"`.
        ema_decay, seed: as for `tf_gans.GAN`.

    Logs:
        `loss`, and its parts `reconstruction` and `kl`, in nats a sample.

    Raises:
        ValueError: if the prior is not normal, the encoder's outputs have not
            the shape of z, the generator's range is not that of the
            likelihood, or the generator is conditional.

    Reference:
    - [Kingma & Welling, 2014](https://arxiv.org/abs/1312.6114), equation 10
      and appendix B
    - [google/compare_gan, version 1, VAE.py, lines 99-112](
      https://github.com/google/compare_gan)
    """

    headline = ("loss",)
    _arguments = (
        *GenerativeModel._arguments,
        "encoder",
        "likelihood",
        "stddev",
        "spread",
    )

    def __init__(
        self,
        encoder,
        generator,
        latents,
        likelihood="bernoulli",
        stddev=1.0,
        spread="log_variance",
        ema_decay=None,
        seed=0,
        name="vae",
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
        check_choice("likelihood", likelihood, LIKELIHOODS)
        check_choice("spread", spread, SPREADS)
        if not 0 < stddev < math.inf:
            raise ValueError(
                f"`stddev` must be above 0. Received: stddev={stddev}"
            )
        if likelihood == "bernoulli" and not hasattr(generator, "logits"):
            raise ValueError(
                'With `likelihood="bernoulli"` the `generator` needs a method '
                f"`logits`. Received: {type(generator).__name__}"
            )
        if likelihood == "bernoulli" and self.value_range not in (None, (0, 1)):
            raise ValueError(
                '`likelihood="bernoulli"` is for samples in [0, 1]. Received '
                f"a `generator` of value_range={self.value_range}"
            )
        latents = self.latents
        if not isinstance(latents, Normal):
            raise ValueError(
                "`latents` must be Normal, the prior that the divergence is "
                f"from. Received: latents={latents}"
            )
        self._refuse_classes()
        self.encoder = encoder
        self.likelihood = likelihood
        self.stddev = float(stddev)
        self.spread = spread
        networks.build(encoder, self.sample_shape)
        outputs = encoder.compute_output_spec(
            keras.KerasTensor((None, *self.sample_shape))
        )
        shapes = [tuple(output.shape) for output in outputs]
        if shapes != 2 * [(None, *latents.shape)]:
            raise ValueError(
                "`encoder` must return a pair of tensors of the shape of z, "
                f"{(None, *latents.shape)}. Received: shapes {shapes}"
            )
        self._track(["loss", "reconstruction", "kl"])

    def _learned_variables(self):
        return [
            *self.encoder.trainable_variables,
            *self.generator.trainable_variables,
        ]

    def encode(self, samples, training=False):
        """The distribution of z that the encoder gives samples.

        Args:
            samples: tensor of shape `(batch, *sample_shape)`.

        Returns:
            A pair of tensors of shape `(batch, *latents.shape)`: mean and
            standard deviation.
        """
        mean, stddev, _ = self._posterior(samples, training)
        return mean, stddev

    def _posterior(self, samples, training):
        """Mean, standard deviation and logarithm of the variance of z."""
        mean, raw = (
            tf.cast(values, tf.float32)
            for values in self.encoder(samples, training=training)
        )
        if self.spread == "softplus":
            stddev = _MIN_STDDEV + tf.nn.softplus(raw)
            return mean, stddev, 2 * tf.math.log(stddev)
        # Not the logarithm of its own exponential, which may be 0.
        return mean, tf.exp(0.5 * raw), raw

    # The algorithm ---------------------------------------------------------

    def train_step(self, data):
        """One update of both networks; returns the logs, from before."""
        real, draws, step = data
        for network in (self.encoder, self.generator):
            layers.update_power_iterations(network)
        variables = self._learned_variables()

        def compute():
            with tf.GradientTape() as tape:
                reconstruction, kl = self.bound(
                    real[0], draws["epsilon"], training=True
                )
                loss = reconstruction + kl
                scaled = self.optimizer.scale_loss(replicas.share(loss))
            logs = {"loss": loss, "reconstruction": reconstruction, "kl": kl}
            return tape.gradient(scaled, variables), logs

        gradients, logs = self._computed(compute)
        self.optimizer.apply(gradients, variables)
        self._update_average(step)
        return logs

    def _draw(self, seed, first_step, num_steps, batch_size):
        """Draws epsilon, of the shape `(num_steps, batch, *latents.shape)`."""
        block = (seed, first_step, num_steps, batch_size)
        (epsilon,) = self._draw_latents(*block, 1)
        return {"epsilon": epsilon}

    def bound(self, samples, epsilon, training=False):
        """The two parts of the negative evidence lower bound.

        Args:
            samples: tensor of shape `(batch, *sample_shape)`.
            epsilon: standard normal numbers of shape `(batch,
                *latents.shape)`.

        Returns:
            A pair of scalars, means over the batch of sums over components.
        """
        mean, stddev, log_variance = self._posterior(samples, training)
        # The bound is in 32 bits, whatever the networks have.
        samples, epsilon = (tf.cast(t, tf.float32) for t in (samples, epsilon))
        z = mean + stddev * epsilon
        if self.likelihood == "bernoulli":
            logits = self.generator.logits(z, training=training)
            logits = tf.cast(logits, tf.float32)
            nll = tf.nn.sigmoid_cross_entropy_with_logits(samples, logits)
        else:
            restored = tf.cast(self.generator(z, training=training), tf.float32)
            nll = 0.5 * tf.square((samples - restored) / self.stddev)
            nll += math.log(self.stddev) + 0.5 * math.log(2 * math.pi)
        kl = 0.5 * (tf.square(mean) + tf.square(stddev) - 1 - log_variance)
        return tuple(
            tf.reduce_mean(tf.reduce_sum(_flat(values), axis=1))
            for values in (nll, kl)
        )

    # What it says of samples -----------------------------------------------

    discriminator_output = ERROR

    def discriminate(self, samples):
        said = self.signatures()["reconstruct"](samples)
        errors = tf.abs(tf.cast(samples, tf.float32) - said["reconstructions"])
        return tf.reduce_mean(_flat(errors), axis=1)

    def signatures(self):
        def encode(samples):
            mean, stddev = self.encode(samples)
            return {"mean": mean, "stddev": stddev}

        def reconstruct(samples):
            mean, _ = self.encode(samples)
            restored = self.sampler(mean, training=False)
            return {"reconstructions": tf.cast(restored, tf.float32)}

        return {
            "encode": even_of_none(encode),
            "reconstruct": even_of_none(reconstruct),
        }


def _flat(values):
    return tf.reshape(values, (tf.shape(values)[0], -1))
