"""What every trained model has: blocks of steps, data, exact resume."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gans import layers
from tf_gans.callbacks.probe import Probe
from tf_gans.data.source import Source
from tf_gans.errors import check_positive_int
from tf_gans.models import blocks, feeding

# Up to this many trainable parameters a step costs less than starting it, and
# `steps_per_execution="auto"` runs blocks of `_BLOCK_STEPS` steps.
_SMALL_MODEL = 100_000
_SMALL_SAMPLE = 100  # numbers; a block's real batches are drawn at once
_BLOCK_STEPS = 1000


class Trained(keras.Model):
    """A model whose training is a function of (`seed`, step), run in blocks.

    `fit` runs blocks of steps inside one compiled program, wherever the data
    come from. Everything random is a function of (`seed`, step): the batches
    of a `Source` and what `_draw` draws. Both are weights of the model, so
    one whose weights are loaded goes on with exactly the numbers that the
    saved one would have seen next.

    A subclass builds its networks in its constructor and then calls `_track`.
    It implements `train_step`, where it needs random numbers `_draw`, and
    where it has more than one optimizer a `compile` that names them.

    Args:
        seed: int, at least 0. Defaults to `0`.
    """

    headline: tuple[str, ...] = ()
    """The logs that tell in a few words how a training goes."""

    sample_shape: tuple[int, ...] = ()
    """The shape of one sample of the data; a block of large ones is short."""

    _arguments: tuple[str, ...] = ()
    """The constructor's arguments, each kept in an attribute of its name.

    All but `name` and `seed`: they make the configuration.
    """

    def __init__(self, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.step = self._counter("step", 0)
        self.seed = self._counter("seed", seed)
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
    def batches_per_step(self):
        """How many batches of data a step takes."""
        return 1

    @property
    def metrics(self):
        return list(self._trackers.values())

    # The step --------------------------------------------------------------

    def train_step(self, data):
        """One step of the algorithm.

        Args:
            data: a triple: the step's batches, a tensor of shape
                `(batches_per_step, batch, ...)` or, where `parts_of` has
                several parts, a tuple of such tensors; the step's row of what
                `_draw` drew; and the step's number, from 0, an int or a scalar
                int64 tensor.

        Returns:
            A dict of float32 scalars, one for each name that is tracked.
        """
        raise NotImplementedError

    def _draw(self, seed, first_step, num_steps, batch_size):
        """Draws the random numbers of a block of steps.

        Args:
            seed, first_step: scalar int64 tensors.
            num_steps: int.
            batch_size: int or scalar int32 tensor.

        Returns:
            A nest of tensors with a leading axis of `num_steps`, whose row
            `i` depends on `(seed, first_step + i)` alone.
        """
        del seed, first_step, num_steps, batch_size
        return {}

    def parts_of(self, element):
        """What is used of an element of the data.

        Args:
            element: a batch, as a source draws it or a dataset yields it, or
                its spec: a tensor or a tuple of tensors.

        Returns:
            A list of tensors; by default all of them.
        """
        return list(element) if isinstance(element, tuple) else [element]

    # Compiling -------------------------------------------------------------

    def compile(
        self,
        optimizer,
        jit_compile="auto",
        steps_per_execution="auto",
        run_eagerly=False,
    ):
        """Configures the model for training.

        Args:
            optimizer: `keras.optimizers.Optimizer`. Where a layer computes in
                `"mixed_float16"` it is put into a `LossScaleOptimizer`.
            jit_compile: bool or `"auto"`. Whether the block of steps is
                compiled with XLA; `"auto"` asks `default_jit_compile`.
            steps_per_execution: int or `"auto"`. The steps of a block. With
                `"auto"`, 1000 for models of up to 100,000 parameters whose
                samples have up to 100 numbers, and 1 for larger ones.
            run_eagerly: bool. Runs the steps one by one in Python, to debug.
        """
        self._compile(
            {"optimizer": (optimizer, self._learned_variables())},
            jit_compile,
            steps_per_execution,
            run_eagerly,
        )

    def _learned_variables(self):
        """What the one optimizer of `compile` updates, in its order."""
        return self.trainable_variables

    def _compile(
        self, optimizers, jit_compile, steps_per_execution, run_eagerly
    ):
        """Configures the model for training; see `compile`.

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
        steps_per_execution = check_positive_int(
            "steps_per_execution", steps_per_execution
        )
        # Keras would make an optimizer of its own: there is none to make.
        super().compile(
            optimizer=None,
            jit_compile=jit_compile and not run_eagerly,
            steps_per_execution=steps_per_execution,
            run_eagerly=run_eagerly,
        )
        self._optimizer_names = tuple(optimizers)
        for name, (optimizer, variables) in optimizers.items():
            optimizer = self._with_loss_scale(optimizer)
            setattr(self, name, optimizer)
            # Now, so that a checkpoint's optimizer state has a place to go.
            optimizer.build(variables)
        self.train_function = None

    def _with_loss_scale(self, optimizer):
        """Scales the losses of float16, as `keras.Model.compile` does."""
        scale = keras.optimizers.LossScaleOptimizer
        half = any(
            layer.dtype_policy.name == "mixed_float16"
            for layer in layers.walk(self)
        )
        if half and not isinstance(optimizer, scale):
            return scale(optimizer, name="loss_scale_optimizer")
        return optimizer

    @property
    def optimizers(self):
        """The optimizers by their names; none before `compile`."""
        return {name: getattr(self, name) for name in self._optimizer_names}

    # Training --------------------------------------------------------------

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
                takes as samples: a `tf.data.Dataset` or arrays. `parts_of`
                says what is used of its elements. A dataset's batches must be
                of one size (`drop_remainder=True`); each step takes
                `batches_per_step` of them.
            epochs: int. Defaults to `1`.
            steps_per_epoch: int. Training steps in an epoch. A source without
                an end needs it.
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
            x = feeding.count_in_steps(
                x, self.batches_per_step, steps_per_epoch
            )
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

    def make_train_function(self, force=False):
        """Builds the function that Keras' `fit` calls for each block."""
        if self.train_function is not None and not force:
            return self.train_function
        size = self.steps_per_execution
        run_block, next_block = self._run_block, self._next_block
        if not self.run_eagerly:
            run_block = tf.function(
                run_block, jit_compile=self.jit_compile, autograph=False
            )
            next_block = tf.function(next_block, autograph=False)

        def train_function(iterator):
            parts, count = None, min(size, self._position.remaining)
            # Python numbers would be compiled into the program.
            if self._source is None:
                parts, count = next_block(iterator, tf.constant(count))
                count = int(count)
                if count == 0:
                    raise StopIteration
            first_step = int(self.step.numpy())
            losses, measured = run_block(parts, tf.constant(count))
            values = losses.numpy()[:, :count]
            self.step_losses = dict(zip(self._trackers, values, strict=True))
            if self._probe is not None:
                self._probe.receive(first_step, count, measured)
            return self.get_metrics_result()

        self.train_function = train_function
        return train_function

    def _next_block(self, iterator, num_steps):
        return feeding.next_block(
            iterator,
            num_steps,
            self.steps_per_execution,
            self.batches_per_step,
            self.parts_of,
        )

    def _run_block(self, parts, num_steps):
        """Runs a block, see `blocks.run_block`, and tracks its logs."""
        losses, measured = blocks.run_block(
            self, self._source, self._probe, parts, num_steps
        )
        ran = tf.range(self.steps_per_execution) < num_steps
        for tracker, values in zip(
            self._trackers.values(), tf.unstack(losses), strict=True
        ):
            tracker.update_state(values, tf.cast(ran, tf.float32))
        return losses, measured

    # Saving ----------------------------------------------------------------

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            **{key: serialize(getattr(self, key)) for key in self._arguments},
            "seed": int(self.seed.numpy()),
        }

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        return cls(
            **{
                key: deserialize(value) if isinstance(value, dict) else value
                for key, value in config.items()
            }
        )

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
    return not any("Conv" in type(x).__name__ for x in layers.walk(model))
