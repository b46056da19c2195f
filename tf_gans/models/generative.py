"""What all generative models here share: data, blocks of steps, averages.

A model's `train_step` is the algorithm box of its paper. Around it, `fit` runs
blocks of steps inside one compiled program: a tiny network's step takes
microseconds, and starting a program takes longer than that.
"""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gans.callbacks.probe import Probe
from tf_gans.data.source import Source
from tf_gans.errors import check_positive_int

# Up to this many trainable parameters a step costs less than starting it, and
# `steps_per_execution="auto"` runs blocks of `_BLOCK_STEPS` steps.
_SMALL_MODEL = 100_000
_SMALL_SAMPLE = 100  # numbers; a block's real batches are drawn at once
_BLOCK_STEPS = 1000


class GenerativeModel(keras.Model):
    """A generator, and the blocks of steps in which it is trained.

    A subclass builds its other networks in its constructor and then calls
    `_track`. It implements `train_step`, `_draw` and a `compile` that names its
    optimizers, and says in `critic_steps` how many real batches a step takes.

    Everything random is a function of (`seed`, step): z, the batches of a
    `Source`, a penalty's draws. A model whose weights are loaded goes on with
    exactly the numbers that the saved one would have seen next.

    Args:
        generator: `keras.Model` from z, `(batch, *latents.shape)`, to samples.
        latents: `tf_gans.latents.Latents`. The prior of z.
        ema_decay: float in [0, 1), or None. With it, `sampler` is a copy of
            the generator whose weights are an exponential moving average,
            `w_ema <- w_ema + (1 - decay) (w - w_ema)`; in the first steps the
            decay is at most `(1 + t) / (10 + t)`. The moving statistics of
            batch normalisation are averaged, too. Defaults to `None`.
        seed: int, at least 0. Defaults to `0`.
    """

    critic_steps = 1

    def __init__(self, generator, latents, ema_decay=None, seed=0, **kwargs):
        super().__init__(**kwargs)
        if ema_decay is not None and not 0 <= ema_decay < 1:
            raise ValueError(
                "`ema_decay` must lie in [0, 1). "
                f"Received: ema_decay={ema_decay}"
            )
        self.generator = generator
        self.latents = latents
        self.ema_decay = ema_decay
        self.step = self._counter("step", 0)
        self.seed = self._counter("seed", seed)

        label_shape = (None,) if self.num_classes else None
        latent_shape = with_labels((None, *latents.shape), label_shape)
        if not generator.built:
            generator.build(latent_shape)
        self.sample_shape = self.sample_spec.shape[1:]
        self.ema_generator = None
        if ema_decay is not None:
            self.ema_generator = type(generator).from_config(
                {**generator.get_config(), "name": "ema_generator"}
            )
            self.ema_generator.build(latent_shape)
            self.ema_generator.set_weights(generator.get_weights())
        self._optimizer_names: tuple = ()
        self._source: Any = None  # a Source
        self._probe: Any = None  # a Probe

    def _track(self, names):
        """Ends the construction: these are the logs of `train_step`."""
        self._trackers = {n: keras.metrics.Mean(name=n) for n in names}
        self.step_losses = {n: np.zeros(0, np.float32) for n in names}
        self.built = True

    def _counter(self, name, value):
        return self.add_weight(
            name=name,
            shape=(),
            dtype="int64",
            initializer=lambda shape, dtype: tf.constant(value, tf.int64),
            trainable=False,
        )

    @property
    def metrics(self):
        return list(self._trackers.values())

    @property
    def num_classes(self):
        """How many labels a conditional model knows; otherwise None."""
        return getattr(self.generator, "num_classes", None)

    @property
    def value_range(self):
        """The pair of values that stand for black and white, or None.

        None where the samples are not images.
        """
        return getattr(self.generator, "value_range", None)

    @property
    def sample_spec(self):
        """The samples' shape, with None for the batch, and dtype."""
        z = keras.KerasTensor((None, *self.latents.shape), dtype="float32")
        labels = None
        if self.num_classes:
            labels = keras.KerasTensor((None,), dtype="int32")
        return self.generator.compute_output_spec(
            with_labels(z, labels), training=False
        )

    @property
    def sampler(self):
        """The generator to draw samples with: the average where one is kept."""
        return self.ema_generator or self.generator

    def _refuse_classes(self):
        """For the algorithms that have no conditional form."""
        if self.num_classes:
            raise ValueError(
                f"{type(self).__name__} has no conditional form. Received: a "
                f"`generator` with num_classes={self.num_classes}"
            )

    def call(self, latents, training=False):
        return self.sampler(latents, training=training)

    def call_with_batch_statistics(self, latents):
        """Samples whose batch normalisation uses the batch's own statistics.

        As in training, so that a sample depends on those beside it, but no
        moving average changes.

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

    def judgements(self):
        """What a trained model can say of samples.

        Returns:
            A dict of functions by their names, each from samples (for a
            conditional model, the pair of samples and labels) to a dict of
            tensors. Exports have them as signatures.
        """
        return {}

    def sample(self, num_samples, seed=0, labels=None):
        """Draws samples.

        Args:
            num_samples: int.
            seed: int. Independent of the seed of the training.
            labels: int array of shape `(num_samples,)`, for a conditional
                model. Defaults to 0, 1, 2 and so on in turn.

        Returns:
            A tensor of shape `(num_samples, *sample_shape)`.
        """
        z = self.latents.draw(seed, "sample", 0, 1, num_samples)[0]
        if not self.num_classes and labels is not None:
            raise ValueError(
                "`labels` are for conditional models, and this one is not. "
                f"Received: labels={labels}"
            )
        if self.num_classes:
            if labels is None:
                labels = np.arange(num_samples) % self.num_classes
            labels = tf.constant(labels, tf.int32)
        return self(with_labels(z, labels))

    # Compiling -------------------------------------------------------------

    def _compile(
        self, optimizers, jit_compile, steps_per_execution, run_eagerly
    ):
        """Configures the model for training; see `TwoPlayerModel.compile`.

        Args:
            optimizers: dict. For each optimizer, by its name as an attribute,
                a pair of it and the variables that it updates.
            jit_compile, steps_per_execution, run_eagerly: of `compile`.
        """
        if jit_compile == "auto":
            jit_compile = default_jit_compile(self)
        if steps_per_execution == "auto":
            size = sum(
                math.prod(variable.shape)
                for _, variables in optimizers.values()
                for variable in variables
            )
            small = (
                size <= _SMALL_MODEL
                and math.prod(self.sample_shape) <= _SMALL_SAMPLE
            )
            steps_per_execution = _BLOCK_STEPS if small else 1
        # Keras would make an optimizer of its own: there is none to make.
        super().compile(
            optimizer=None,
            jit_compile=jit_compile and not run_eagerly,
            steps_per_execution=steps_per_execution,
            run_eagerly=run_eagerly,
        )
        self._optimizer_names = tuple(optimizers)
        for name, (optimizer, variables) in optimizers.items():
            setattr(self, name, optimizer)
            # Now, so that a checkpoint's optimizer state has a place to go.
            optimizer.build(variables)
        self.train_function = None

    @property
    def optimizers(self):
        """The optimizers by their names; none before `compile`."""
        return {name: getattr(self, name) for name in self._optimizer_names}

    def get_compile_config(self):
        if not self.compiled:
            return None
        serialize = keras.saving.serialize_keras_object
        return {
            **{name: serialize(o) for name, o in self.optimizers.items()},
            "jit_compile": self.jit_compile,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config):
        self.compile(
            **{
                key: keras.saving.deserialize_keras_object(value)
                for key, value in config.items()
            }
        )

    # The algorithm ---------------------------------------------------------

    def train_step(self, data):
        """One step of the algorithm.

        Args:
            data: a pair: real samples of shape `(critic_steps, batch,
                *sample_shape)`, for a conditional model beside labels of shape
                `(critic_steps, batch)`; and the step's row of what `_draw`
                drew.

        Returns:
            A dict of scalars, one for each name that is tracked.
        """
        raise NotImplementedError

    def _draw(self, seed, first_step, num_steps, batch_size):
        """Draws the random numbers of a block of steps.

        Args:
            seed, first_step: scalar int64 tensors.
            num_steps: int.
            batch_size: int or scalar int32 tensor.

        Returns:
            A dict of tensors with a leading axis of `num_steps`, whose row `i`
            depends on `(seed, first_step + i)` alone.
        """
        raise NotImplementedError

    def _draw_latents(self, seed, first_step, num_steps, batch_size, draws):
        """Draws z `draws` times a step: `(num_steps, draws, batch, ...)`."""
        z = self.latents.draw(
            seed, "latents", first_step * draws, num_steps * draws, batch_size
        )
        return tf.reshape(
            z, (num_steps, draws, batch_size, *self.latents.shape)
        )

    def _update_average(self, updates):
        """Moves the average on, after the generator's `updates`-th update."""
        if self.ema_generator is None:
            return
        t = tf.cast(updates, tf.float32)
        rate = 1 - tf.minimum(self.ema_decay, (1 + t) / (10 + t))
        for average, weight in zip(
            self.ema_generator.weights, self.generator.weights, strict=True
        ):
            # A counter, such as that of a layer's random numbers, is copied.
            if weight.dtype.startswith(("float", "bfloat")):
                average.assign_add(rate * (weight - average))
            else:
                average.assign(weight)

    # Blocks of steps -------------------------------------------------------

    def fit(
        self,
        x=None,
        *,
        epochs=1,
        steps_per_epoch=None,
        callbacks=None,
        **kwargs,
    ):
        """Trains the model.

        Args:
            x: a `tf_gans.data.Source`, or anything that `keras.Model.fit`
                takes as samples: a `tf.data.Dataset` or arrays. Of pairs, the
                first element is used, or both by a conditional model. A
                dataset's batches must be of one size (`drop_remainder=True`);
                each step takes `critic_steps` of them.
            epochs: int. Defaults to `1`.
            steps_per_epoch: int. Generator updates in an epoch. A source
                without an end needs it.
            callbacks: list of callbacks. At most one may be a
                `tf_gans.callbacks.Probe`, whose measurements become part of
                the compiled program.
            **kwargs: the other arguments of `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History` of the losses' means over each epoch.
        """
        callbacks = list(callbacks or [])
        probes = [c for c in callbacks if isinstance(c, Probe)]
        if len(probes) > 1:
            raise ValueError(
                "`callbacks` may hold one Probe. "
                f"Received: {len(probes)} of them"
            )
        probe = probes[0] if probes else None
        source = x if isinstance(x, Source) else None
        if (source, probe) != (self._source, self._probe):
            self._source, self._probe = source, probe
            self.train_function = None
        position = _Position()
        if source is None:
            kwargs["steps_per_epoch"] = steps_per_epoch
            if steps_per_epoch is not None:
                position.steps = steps_per_epoch
            x = self._count_in_steps(x, steps_per_epoch)
        else:
            steps = steps_per_epoch or getattr(source, "steps_per_epoch", None)
            if steps is None:
                raise ValueError(
                    "`steps_per_epoch` is needed: the source has no end."
                )
            position.steps = check_positive_int("steps_per_epoch", steps)
            # The program draws its own batches. Keras counts these.
            x = tf.data.Dataset.range(position.steps)
        if isinstance(x, tf.data.Dataset):
            # Keras warns that its default does not apply.
            kwargs.setdefault("shuffle", False)
        self._position = position
        return super().fit(
            x, epochs=epochs, callbacks=[position, *callbacks], **kwargs
        )

    def _count_in_steps(self, x, steps_per_epoch):
        """Makes Keras' count of a dataset's elements one of training steps."""
        if self.critic_steps > 1:
            if not isinstance(x, tf.data.Dataset):
                raise ValueError(
                    "With `critic_steps` above 1, `x` must be a Source or a "
                    f"tf.data.Dataset. Received: x of type {type(x).__name__}"
                )
            x = x.batch(self.critic_steps, drop_remainder=True)
        if steps_per_epoch is not None and isinstance(x, tf.data.Dataset):
            # Against a known length Keras would count whole blocks, and start
            # the data again where a block could have reached their end.
            x = x.filter(lambda *_: True)
        return x

    def make_train_function(self, force=False):
        """Builds the function that Keras' `fit` calls for each block."""
        if self.train_function is not None and not force:
            return self.train_function
        size = self.steps_per_execution
        run_block, next_reals = self._run_block, self._next_reals
        if not self.run_eagerly:
            run_block = tf.function(
                run_block, jit_compile=self.jit_compile, autograph=False
            )
            next_reals = tf.function(next_reals, autograph=False)

        def train_function(iterator):
            real, count = None, min(size, self._position.remaining)
            # Python numbers would be compiled into the program.
            if self._source is None:
                real, count = next_reals(iterator, tf.constant(count))
                count = int(count)
                if count == 0:
                    raise StopIteration
            first_step = int(self.step.numpy())
            losses, measured = run_block(real, tf.constant(count))
            values = losses.numpy()[:, :count]
            self.step_losses = dict(zip(self._trackers, values, strict=True))
            if self._probe is not None:
                self._probe.receive(first_step, count, measured)
            return self.get_metrics_result()

        self.train_function = train_function
        return train_function

    def _next_reals(self, iterator, num_steps):
        """Takes the real batches of up to `num_steps` from an iterator.

        Returns:
            The batches, `(block, critic_steps, batch, *sample_shape)`, and
            how many steps of the block they suffice for.
        """
        specs = self._parts(iterator.element_spec)
        size, critics = self.steps_per_execution, self.critic_steps
        whole = all(spec.shape.is_fully_defined() for spec in specs)
        if not whole and size * critics > 1:
            raise ValueError(
                "The dataset's batches must all be of one size; batch it with "
                f"`drop_remainder=True`. Received: element_spec={specs}"
            )

        def take(count, batches, optional):
            parts = self._parts(optional.get_value())
            batches = [
                array.write(count, part)
                for array, part in zip(batches, parts, strict=True)
            ]
            more = count + 1 < num_steps
            following = tf.cond(
                more,
                iterator.get_next_as_optional,
                lambda: tf.experimental.Optional.empty(iterator.element_spec),
            )
            return count + 1, batches, following

        count, batches, _ = tf.while_loop(
            lambda count, batches, optional: optional.has_value(),
            take,
            (
                0,
                [
                    tf.TensorArray(spec.dtype, size, element_shape=spec.shape)
                    for spec in specs
                ],
                iterator.get_next_as_optional(),
            ),
        )

        def block(array, spec):
            if size > 1:
                real = array.stack()
            else:
                # At the data's end nothing says how large a batch would be.
                real = tf.cond(
                    count > 0,
                    lambda: array.read(0),
                    lambda: tf.zeros([s or 0 for s in spec.shape], spec.dtype),
                )[tf.newaxis]
            return real if critics > 1 else real[:, tf.newaxis]

        real = [block(a, s) for a, s in zip(batches, specs, strict=True)]
        return tuple(real) if self.num_classes else real[0], count

    def _parts(self, element):
        """What is used of a dataset's element: samples, and perhaps labels."""
        if not self.num_classes:
            return [element[0] if isinstance(element, tuple) else element]
        if not isinstance(element, tuple) or len(element) < 2:
            raise ValueError(
                "A conditional model needs pairs of samples and labels. "
                f"Received: {element}"
            )
        return list(element[:2])

    def _run_block(self, real, num_steps):
        """Runs up to `steps_per_execution` training steps.

        Args:
            real: tensor of shape `(block, critic_steps, batch,
                *sample_shape)`, for a conditional model beside labels of shape
                `(block, critic_steps, batch)`; or None to draw them from the
                source.
            num_steps: scalar int32 tensor. How many steps to run.

        Returns:
            The losses, `(number of losses, block)`, and what the probe
            measured: a dict of tensors with a leading axis of moments.
        """
        size, critics = self.steps_per_execution, self.critic_steps
        first = self.step + 0
        seed = self.seed + 0
        if real is None:
            real = self._source.draw(seed, first * critics, size * critics)
            parts = [
                tf.reshape(part, (size, critics, *part.shape[1:]))
                for part in self._parts(real)
            ]
            real = tuple(parts) if self.num_classes else parts[0]
        samples = tf.nest.flatten(real)[0]
        batch = samples.shape[2] or tf.shape(samples)[2]
        data = (real, self._draw(seed, first, size, batch))

        def step(i, losses):
            logs = self.train_step(tf.nest.map_structure(lambda t: t[i], data))
            row = tf.stack([logs[name] for name in self._trackers])
            return i + 1, losses.write(i, row)

        def steps(start, stop, losses):
            if size == 1 and self._probe is None:
                # A loop of one: TensorFlow would run its body's convolutions
                # without the optimisations that straight code gets.
                return step(0, losses)[1]
            return tf.while_loop(
                lambda i, losses: i < stop,
                step,
                (start, losses),
                parallel_iterations=1,
            )[1]

        losses = tf.TensorArray(
            tf.float32, size, element_shape=(len(self._trackers),)
        )
        measured = {}
        if self._probe is None:
            losses = steps(0, num_steps, losses)
        else:
            losses, measured = self._steps_with_probe(
                steps, first, num_steps, losses
            )
        self.step.assign_add(tf.cast(num_steps, tf.int64))
        losses = tf.transpose(losses.stack())  # (names, block)
        ran = tf.cast(tf.range(size) < num_steps, tf.float32)
        for tracker, values in zip(
            self._trackers.values(), tf.unstack(losses), strict=True
        ):
            tracker.update_state(values, sample_weight=ran)
        return losses, measured

    def _steps_with_probe(self, steps, first, num_steps, losses):
        """Runs the block's steps, stopping at the probe's moments.

        A moment follows each step whose number is a multiple of `every`. A
        last, incomplete stretch also ends with a measurement, which the caller
        leaves out.
        """
        probe = self._probe
        every = probe.every
        moments = self.steps_per_execution // every + 2
        specs = tf.function(probe.measure, autograph=False)
        specs = specs.get_concrete_function(self).structured_outputs
        arrays = {
            name: tf.TensorArray(spec.dtype, moments, element_shape=spec.shape)
            for name, spec in specs.items()
        }
        # Of the step numbers in the block, the first that is a multiple.
        lead = tf.cast(-first % every, tf.int32)

        def stretch(start, moment, losses, arrays):
            stop = tf.minimum(lead + moment * every + 1, num_steps)
            losses = steps(start, stop, losses)
            values = probe.measure(self)
            arrays = {n: a.write(moment, values[n]) for n, a in arrays.items()}
            return stop, moment + 1, losses, arrays

        _, _, losses, arrays = tf.while_loop(
            lambda start, *_: start < num_steps,
            stretch,
            (0, 0, losses, arrays),
            parallel_iterations=1,
        )
        return losses, {name: array.stack() for name, array in arrays.items()}


def with_labels(inputs, labels):
    """What a network is called with: the pair where there are labels."""
    return inputs if labels is None else (inputs, labels)


class TwoPlayerModel(GenerativeModel):
    """A generator against a discriminator, each with its optimizer.

    Args:
        generator, latents, ema_decay, seed: of `GenerativeModel`.
        discriminator: `keras.Model` from samples.
    """

    def __init__(self, generator, discriminator, latents, **kwargs):
        super().__init__(generator, latents, **kwargs)
        self.discriminator = discriminator
        self._check_classes()
        if not discriminator.built:
            labels = (None,) if self.num_classes else None
            discriminator.build(with_labels((None, *self.sample_shape), labels))

    def _check_classes(self):
        classes = [
            getattr(network, "num_classes", None)
            for network in (self.generator, self.discriminator)
        ]
        if classes[0] != classes[1]:
            raise ValueError(
                "`generator` and `discriminator` must agree in `num_classes`. "
                f"Received: {classes[0]} and {classes[1]}"
            )

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
            generator_optimizer: `keras.optimizers.Optimizer`.
            discriminator_optimizer: another one.
            jit_compile: bool or `"auto"`. Whether the block of steps is
                compiled with XLA; `"auto"` asks `default_jit_compile`.
            steps_per_execution: int or `"auto"`. The steps of a block. With
                `"auto"`, 1000 for models of up to 100,000 parameters whose
                samples have up to 100 numbers, and 1 for larger ones.
            run_eagerly: bool. Runs the steps one by one in Python, to debug.
        """
        if generator_optimizer is discriminator_optimizer:
            raise ValueError(
                "`generator_optimizer` and `discriminator_optimizer` must be "
                "two optimizers. Received the same one twice."
            )
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

    def _apply(self, tape, loss, player):
        """Updates the `"generator"` or the `"discriminator"` by its gradient.

        Args:
            tape: `tf.GradientTape` that watched the loss.
            loss: scalar, scaled by the player's optimizer.
            player: str.
        """
        variables = getattr(self, player).trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizers[f"{player}_optimizer"].apply(gradients, variables)


class _Position(keras.callbacks.Callback):
    """Knows how much of the epoch is left when a block begins."""

    steps = math.inf
    _begin = 0

    def on_train_batch_begin(self, batch, logs=None):
        self._begin = batch

    @property
    def remaining(self):
        return self.steps - self._begin


def default_jit_compile(model):
    """Whether XLA makes the training steps of a model faster here.

    On a GPU it does. On a CPU it does for small dense networks, whose steps are
    mostly the cost of starting operations; it does not for convolutions, which
    run many times slower than in oneDNN. Under `tf.distribute` it must be off,
    because it cannot compile the exchange of gradients.

    Args:
        model: a `keras.Model`.

    Returns:
        bool.
    """
    if tf.distribute.has_strategy():
        return False
    if tf.config.list_physical_devices("GPU"):
        return True
    layers = model._flatten_layers()
    return not any("Conv" in type(layer).__name__ for layer in layers)
