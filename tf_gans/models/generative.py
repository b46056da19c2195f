"""What all generative models share: generator, prior, moving average."""

import importlib

import keras
import numpy as np
import tensorflow as tf

from tf_gans import latents as latents_module
from tf_gans import layers, pixels
from tf_gans.errors import check_integer
from tf_gans.models import checks, networks
from tf_gans.models.networks import with_labels
from tf_gans.models.outputs import DiscriminatorOutput
from tf_gans.models.trained import Trained, default_jit_compile

__all__ = ["GenerativeModel", "default_jit_compile", "with_labels"]


class GenerativeModel(Trained):
    """A generator with the prior of its z, and how it is trained.

    A subclass builds its other networks in its constructor and then calls
    `_track`; see `Trained`.

    Everything random is a function of (`seed`, step): z, the batches of a
    `Source`, a penalty's draws. A model whose weights are loaded goes on with
    exactly the numbers that the saved one would have seen next.

    Where the samples are images, the generator says between which values they
    lie: its attribute `value_range` is the pair of those for black and white.
    The networks of this package have it; a network of one's own is given it,
    `generator.value_range = (-1, 1)`, or the model is, as an argument. The
    model keeps it when it is saved. Real samples outside of the range are
    refused before the first step, as no generator could make them.

    Args:
        generator: `keras.Model` from z, `(batch, *latents.shape)`, to samples.
        latents: `tf_gans.latents.Latents`, the prior of z; or an int, for a
            standard normal of so many components.
        ema_decay: float in [0, 1), or None. With it, `sampler` is a copy of
            the generator whose weights are an exponential moving average,
            `w_ema <- w_ema + (1 - decay) (w - w_ema)`; in the first steps the
            decay is at most `(1 + t) / (10 + t)`, where t counts the
            generator's updates, those that a loss scale leaves out among them.
            The moving statistics of batch normalisation are averaged, too.
            Defaults to `None`.
        seed: int, at least 0. Defaults to `0`.
        value_range: pair of floats, or None for the generator's own. Defaults
            to `None`.
    """

    critic_steps = 1
    """Updates of a second player in a step, each on real samples of its own."""

    generator_steps = 1
    """Updates of the generator in a step."""

    _arguments: tuple[str, ...] = ("generator", "latents", "ema_decay")

    def __init__(
        self,
        generator,
        latents,
        ema_decay=None,
        seed=0,
        value_range=None,
        **kwargs,
    ):
        super().__init__(seed, **kwargs)
        if ema_decay is not None and not 0 <= ema_decay < 1:
            raise ValueError(
                "`ema_decay` must lie in [0, 1). "
                f"Received: ema_decay={ema_decay}"
            )
        latents = latents_module.get(latents)
        # Of a plain network, to which the attribute was added, no file keeps
        # it: then it is the model's.
        if value_range is None:
            value_range = vars(generator).get("value_range")
        if value_range is not None:
            value_range = pixels.check_value_range(value_range)
        self._value_range = value_range
        self.generator = generator
        self.latents = latents
        self.ema_decay = ema_decay

        networks.build(generator, latents.shape, self.num_classes)
        self.sample_shape = self.sample_spec.shape[1:]
        self.ema_generator = None
        if ema_decay is not None:
            self.ema_generator = networks.copy(generator, "ema_generator")
            networks.build(self.ema_generator, latents.shape, self.num_classes)
            self.ema_generator.set_weights(generator.get_weights())
            # The variables, not the layers: those would normalise batches
            # another way in `call_with_batch_statistics`.
            for variable in self.ema_generator.variables:
                variable.trainable = False

    @property
    def batches_per_step(self):
        return self.critic_steps

    @property
    def num_classes(self):
        """How many labels a conditional model knows; otherwise None."""
        return getattr(self.generator, "num_classes", None)

    @property
    def judged_classes(self):
        """How many labels `discriminate` takes with samples, or None."""
        return self.num_classes

    @property
    def value_range(self):
        """The pair of values that stand for black and white, or None.

        None where the samples are not images.
        """
        if self._value_range is not None:
            return tuple(self._value_range)
        return getattr(self.generator, "value_range", None)

    @property
    def sample_spec(self):
        """The samples' shape, with None for the batch, and dtype."""
        z = keras.KerasTensor((None, *self.latents.shape), dtype="float32")
        labels = None
        if self.num_classes:
            labels = keras.KerasTensor((None,), dtype="int32")
        # Without `training`, which not every network's `call` has.
        spec = self.generator.compute_output_spec(with_labels(z, labels))
        return keras.KerasTensor(spec.shape, dtype="float32")

    def _refuse_classes(self):
        """For the algorithms that have no conditional form."""
        if self.num_classes:
            raise ValueError(
                f"{type(self).__name__} has no conditional form. Received: a "
                f"`generator` with num_classes={self.num_classes}"
            )

    def parts_of(self, element):
        """Of a pair, the samples; of a conditional model, the labels too."""
        if isinstance(element, dict):
            raise ValueError(
                "The data must be samples, or pairs of samples and labels; map "
                "a dataset of dicts to them. Received: a dict of "
                f"{sorted(element)}"
            )
        if not self.num_classes:
            return [element[0] if isinstance(element, tuple) else element]
        if not isinstance(element, tuple) or len(element) < 2:
            raise ValueError(
                "A conditional model needs pairs of samples and labels. "
                f"Received: {element}"
            )
        return list(element[:2])

    def prepared(self, parts):
        """Samples as floats, and labels one a sample."""
        samples = _floats(parts[0])
        if not self.num_classes:
            return [samples]
        labels = tf.cast(parts[1], tf.int32)
        return [samples, labels if labels.shape.rank == 3 else labels[..., 0]]

    # Before the first step -------------------------------------------------

    def check_source(self, source):
        checks.check_shape(tuple(source.sample_shape), self.sample_shape)
        source_range = getattr(source, "value_range", None)
        checks.check_ranges(source_range, self._data_range)
        if source_range is None and self._data_range is not None:
            self.check_batches(self._first_batches(source), is_first=True)
        if hasattr(source, "num_classes"):
            checks.check_classes(source.num_classes, self.num_classes)

    def _first_batches(self, source):
        """The parts of a source's first batch, as `check_batches` has them."""
        drawn = source.draw(int(self.seed.numpy()), 0, 1)
        return [part[tf.newaxis] for part in self.parts_of(drawn)]

    def check_batches(self, parts, is_first):
        if is_first:
            checks.check_shape(tuple(parts[0].shape[3:]), self.sample_shape)
            checks.check_values(parts[0], self._data_range)
        if self.num_classes:
            checks.check_one_a_sample(parts[1])
            checks.check_labels(parts[1], self.num_classes)

    @property
    def _data_range(self):
        """The range that real samples must have, or None.

        Of images whose generator does not say it, that of its last function.
        """
        if self.value_range is not None or len(self.sample_shape) < 3:
            return self.value_range
        return checks.output_range(self.generator)

    def get_config(self):
        config = super().get_config()
        if self._value_range is not None:
            config["value_range"] = list(self._value_range)
        return config

    # Samples ---------------------------------------------------------------

    @property
    def sampler(self):
        """The generator to draw samples with: the average where one is kept."""
        return self.ema_generator or self.generator

    def call(self, latents, training=False):
        # A network of 16 bits may end in them, and what is measured, drawn and
        # exported has 32.
        return _floats(self.sampler(latents, training=training))

    def call_with_batch_statistics(self, latents):
        """Samples whose batch normalisation uses the batch's own statistics.

        As in training, so that a sample depends on the others of its batch,
        but no moving average changes.

        Args:
            latents: z of shape `(batch, *latents.shape)`, or the pair of z and
                labels.

        Returns:
            A tensor of shape `(batch, *sample_shape)`.
        """
        samples, _ = self.sampler.stateless_call(
            self.sampler.trainable_variables,
            self.sampler.non_trainable_variables,
            latents,
            training=True,
        )
        return samples

    def sample(self, num_samples, seed=0, labels=None):
        """Draws samples.

        Args:
            num_samples: int, at least 0.
            seed: int. Independent of the seed of the training.
            labels: int array of shape `(num_samples,)`, for a conditional
                model. Defaults to 0, 1, 2 and so on in turn.

        Returns:
            A float32 tensor of shape `(num_samples, *sample_shape)`.
        """
        check_integer("num_samples", num_samples, least=0)
        check_integer("seed", seed)
        z = self.latents.draw(seed, "sample", 0, 1, num_samples)[0]
        if not self.num_classes and labels is not None:
            raise ValueError(
                "`labels` are for conditional models, and this one is not. "
                f"Received: labels={labels}"
            )
        if self.num_classes:
            if labels is None:
                labels = np.arange(num_samples) % self.num_classes
            checks.check_labels(labels, self.num_classes)
            if np.shape(labels) != (num_samples,):
                raise ValueError(
                    f"`labels` must be one a sample, of shape ({num_samples},)"
                    f". Received: shape {np.shape(labels)}"
                )
            labels = tf.constant(labels, tf.int32)
        return self(with_labels(z, labels))

    def signatures(self):
        """What a trained model can be asked about samples.

        Returns:
            A dict of functions by their names, each from samples (for a
            conditional model, the pair of samples and labels) to a dict of
            tensors. Exports have them as signatures.
        """
        return {}

    @property
    def discriminator_output(self) -> DiscriminatorOutput | None:
        """What `discriminate` says, where the model can say it."""
        return None

    def discriminate(self, samples):
        """How real the model finds samples.

        Args:
            samples: float tensor of shape `(batch, *sample_shape)`, for a
                conditional model the pair of samples and labels.

        Returns:
            A float32 tensor of shape `(batch,)`, of the kind that
            `discriminator_output` describes.
        """
        raise NotImplementedError

    # Parts of a step -------------------------------------------------------

    def _draw_latents(self, seed, first_step, num_steps, batch_size, count):
        """Draws z `count` times a step.

        Returns:
            A list of `count` tensors of shape `(num_steps, batch, ...)`.
        """
        z = self.latents.draw(
            seed, "latents", first_step * count, num_steps * count, batch_size
        )
        shape = (num_steps, count, batch_size, *self.latents.shape)
        return tf.unstack(tf.reshape(z, shape), count, axis=1)

    def _update_average(self, step):
        """Moves the average on, after the generator's updates of a step.

        Args:
            step: the step's number, from 0. (The optimizer's count would begin
                anew with each `compile`, and throw the average away.)
        """
        if self.ema_generator is None:
            return
        t = tf.cast((step + 1) * self.generator_steps, tf.float32)
        rate = 1 - tf.minimum(self.ema_decay, (1 + t) / (10 + t))
        for average, weight in zip(
            self.ema_generator.weights, self.generator.weights, strict=True
        ):
            # A counter, such as that of a layer's random numbers, is copied.
            if weight.dtype.startswith(("float", "bfloat")):
                move = tf.cast(rate, weight.dtype) * (weight - average)
                average.assign_add(move)
            else:
                average.assign(weight)
        # An average of unit vectors is shorter than one.
        layers.update_power_iterations(self.ema_generator)


def _floats(samples):
    """Numbers of any type in 32 bits."""
    return tf.cast(samples, tf.float32)


def __getattr__(name):
    # It was here in the first release, and is built on what is here.
    if name == "TwoPlayerModel":
        module = importlib.import_module("tf_gans.models.two_player")
        return module.TwoPlayerModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
