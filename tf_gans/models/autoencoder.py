"""The autoencoder: samples to codes and back, without a prior of the codes."""

import math

import keras
import tensorflow as tf

from tf_gans import layers, pixels, random, replicas
from tf_gans.models import checks, networks
from tf_gans.models import reconstruction as costs
from tf_gans.models.outputs import even_of_none
from tf_gans.models.trained import Trained


@keras.saving.register_keras_serializable(package="tf_gans")
class Autoencoder(Trained):
    """Trains an encoder and a decoder to reproduce samples.

    With `noise` the encoder sees samples to which noise was added, clipped to
    the range of the values, and what is reproduced is the sample without it:
    a denoising autoencoder.

    It has no prior of its codes, and so makes no samples.

    Args:
        encoder: `keras.Model` from samples to codes, which says the shape of a
            sample: a network of this package, or one with an input.
        decoder: `keras.Model` from codes to samples.
        reconstruction: what is minimised, `"mse"`, `"euclidean"` or
            `"bernoulli"`, for which the decoder needs a method `logits`; see
            `tf_gans.models.reconstruction.loss_of`. Defaults to `"mse"`.
        noise: float, at least 0. The standard deviation of the noise, in units
            of the data. Defaults to `0`.
        seed: int, at least 0. Defaults to `0`.
        value_range: pair of floats, the values of black and of white; or None
            for the decoder's own. Defaults to `None`.

    Logs:
        `loss`.

    Raises:
        ValueError: if the decoder does not make samples of the encoder's
            shape, or an option is not what it must be.

    Reference:
    - [Vincent et al., 2008](https://doi.org/10.1145/1390156.1390294), for the
      noise
    - "Intro to Autoencoders", https://github.com/tensorflow/docs,
      site/en/tutorials/generative/autoencoder.ipynb
    """

    headline = ("loss",)
    num_classes = None
    _arguments = ("encoder", "decoder", "reconstruction", "noise")

    def __init__(
        self,
        encoder,
        decoder,
        reconstruction="mse",
        noise=0.0,
        seed=0,
        value_range=None,
        name="autoencoder",
        **kwargs,
    ):
        super().__init__(seed, name=name, **kwargs)
        if value_range is None:
            value_range = getattr(decoder, "value_range", None)
        if value_range is not None:
            value_range = pixels.check_value_range(value_range)
        if not 0 <= noise < math.inf:
            raise ValueError(
                f"`noise` must be at least 0. Received: noise={noise}"
            )
        self.value_range = value_range
        self.reconstruction = costs.check_loss(
            reconstruction, decoder, value_range
        )
        self.noise = float(noise)
        self.encoder = encoder
        self.decoder = decoder
        self.sample_shape = _sample_shape(encoder)
        networks.build(encoder, self.sample_shape)
        self.code_shape = _shape_after(encoder, self.sample_shape)
        networks.build(decoder, self.code_shape)
        restored = _shape_after(decoder, self.code_shape)
        if restored != self.sample_shape:
            raise ValueError(
                "`decoder` must return samples, of the shape that the "
                f"`encoder` takes, {self.sample_shape}. Received: samples of "
                f"shape {restored}"
            )
        self._track(["loss"])

    def get_config(self):
        value_range = self.value_range and list(self.value_range)
        return {**super().get_config(), "value_range": value_range}

    # What it is trained on -------------------------------------------------

    def parts_of(self, element):
        """Of a pair, such as samples and labels, the samples."""
        return [element[0] if isinstance(element, tuple) else element]

    def prepared(self, parts):
        """Samples as floats."""
        return [tf.cast(parts[0], tf.float32)]

    def check_source(self, source):
        checks.check_shape(tuple(source.sample_shape), self.sample_shape)
        source_range = getattr(source, "value_range", None)
        checks.check_ranges(source_range, self.value_range)
        if source_range is None and self.value_range is not None:
            drawn = source.draw(int(self.seed.numpy()), 0, 1)
            parts = [part[tf.newaxis] for part in self.parts_of(drawn)]
            self.check_batches(parts, is_first=True)

    def check_batches(self, parts, is_first):
        if is_first:
            checks.check_shape(tuple(parts[0].shape[3:]), self.sample_shape)
            checks.check_values(parts[0], self.value_range)

    # The algorithm ---------------------------------------------------------

    def _learned_variables(self):
        return [
            *self.encoder.trainable_variables,
            *self.decoder.trainable_variables,
        ]

    def _draw(self, seed, first_step, num_steps, batch_size):
        """Draws the noise, of the shape `(num_steps, batch, ...)`."""
        if not self.noise:
            return {}
        shape = (batch_size, *self.sample_shape)
        normal = random.normal(seed, "corruption", first_step, num_steps, shape)
        return {"noise": self.noise * normal}

    def train_step(self, data):
        """One update of both networks; returns the loss, from before."""
        real, draws, _ = data
        samples = seen = real[0]
        if self.noise:
            seen = costs.corrupted(samples, draws["noise"], self.value_range)
        for network in (self.encoder, self.decoder):
            layers.update_power_iterations(network)
        variables = self._learned_variables()

        def compute():
            with tf.GradientTape() as tape:
                codes = self.encoder(seen, training=True)
                loss = costs.loss_of(
                    self.reconstruction,
                    *(samples, self.decoder, codes),
                    training=True,
                )
                scaled = self.optimizer.scale_loss(replicas.share(loss))
            return tape.gradient(scaled, variables), loss

        gradients, loss = self._computed(compute)
        self.optimizer.apply(gradients, variables)
        return {"loss": loss}

    # What it says of samples -----------------------------------------------

    def call(self, samples, training=False):
        codes = self.encoder(samples, training=training)
        return tf.cast(self.decoder(codes, training=training), tf.float32)

    def encode(self, samples):
        """The codes of samples.

        Args:
            samples: float tensor of shape `(batch, *sample_shape)`.

        Returns:
            A float32 tensor of shape `(batch, *code_shape)`.
        """
        return tf.cast(self.encoder(samples, training=False), tf.float32)

    def decode(self, codes):
        """The samples of codes.

        Args:
            codes: float tensor of shape `(batch, *code_shape)`.

        Returns:
            A float32 tensor of shape `(batch, *sample_shape)`.
        """
        return tf.cast(self.decoder(codes, training=False), tf.float32)

    def reconstruct(self, samples):
        """What becomes of samples on the way through their codes.

        No noise is added to them: a denoising autoencoder takes them as they
        are.

        Args:
            samples: float tensor of shape `(batch, *sample_shape)`.

        Returns:
            A float32 tensor of the same shape.
        """
        return self.decode(self.encode(samples))

    def errors(self, samples):
        """How badly each sample is reproduced, to find anomalies by.

        Args:
            samples: float tensor of shape `(batch, *sample_shape)`.

        Returns:
            A float32 tensor of shape `(batch,)`: the mean squared difference
            over a sample's components.
        """
        return costs.squared_errors(samples, self.reconstruct(samples))

    def corrupt(self, samples, seed=0):
        """Samples with the noise that the encoder learns to take away.

        Args:
            samples: float tensor of shape `(batch, *sample_shape)`.
            seed: int. Independent of the training's. Defaults to `0`.

        Returns:
            A tensor of the same shape; the samples, where there is no noise.
        """
        samples = tf.convert_to_tensor(samples)
        if not self.noise:
            return samples
        count = samples.shape[0] or tf.shape(samples)[0]
        shape = (count, *self.sample_shape)
        normal = random.normal(seed, "corrupt", 0, 1, shape)[0]
        return costs.corrupted(samples, self.noise * normal, self.value_range)

    @property
    def sample_spec(self):
        """The samples' shape, with None for the batch, and dtype."""
        return keras.KerasTensor((None, *self.sample_shape), dtype="float32")

    @property
    def code_spec(self):
        """The codes' shape, with None for the batch, and dtype."""
        return keras.KerasTensor((None, *self.code_shape), dtype="float32")

    @property
    def signature_inputs(self):
        """Of signatures that take no samples: what, and its spec."""
        return {"decode": ("codes", self.code_spec)}

    def signatures(self):
        """What it can be asked; see `GenerativeModel.signatures`."""
        return {
            "encode": even_of_none(lambda x: {"codes": self.encode(x)}),
            "decode": even_of_none(lambda c: {"samples": self.decode(c)}),
            "reconstruct": even_of_none(
                lambda x: {"reconstructions": self.reconstruct(x)}
            ),
            "errors": even_of_none(lambda x: {"errors": self.errors(x)}),
        }


def _sample_shape(encoder):
    """The shape of one sample, as an encoder says it."""
    shape = getattr(encoder, "sample_shape", None)
    if shape is None:
        # Of a model that was not called yet, Keras knows no shape.
        try:
            shape = encoder.input_shape[1:]
        except (AttributeError, TypeError):
            raise ValueError(
                "`encoder` must say the shape of a sample: give it a "
                "keras.Input, or an attribute `sample_shape`. Received: "
                f"{type(encoder).__name__}"
            ) from None
    return tuple(shape)


def _shape_after(network, shape):
    """The shape of one output of a network with one output."""
    spec = network.compute_output_spec(keras.KerasTensor((None, *shape)))
    if isinstance(spec, list | tuple | dict):
        raise ValueError(
            "The networks of an autoencoder must return one tensor. Received: "
            f"{type(spec).__name__} of {type(network).__name__}"
        )
    return tuple(spec.shape[1:])
