"""What every trained model has: blocks of steps, data, exact resume."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gans import layers
from tf_gans.callbacks.probe import Probe
from tf_gans.errors import check_integer, check_positive_int
from tf_gans.models import blocks, checks, feeding
from tf_gans.models.fit_alone import FitAlone
from tf_gans.models.keras_callbacks import BlockCallbacks, LogMean, Players
from tf_gans.models.replicated import Replicated
from tf_gans.models.saving import Saved

# Up to this many trainable parameters a step costs less than starting it, and
# `steps_per_execution="auto"` runs blocks of `_BLOCK_STEPS` steps.
_SMALL_MODEL = 100_000
_SMALL_SAMPLE = 100  # numbers; a block's real batches are drawn at once
_BLOCK_STEPS = 1000


class Trained(FitAlone, Saved, Replicated):
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

    def __init__(self, seed=0, **kwargs):
        check_integer("seed", seed, least=0)
        super().__init__(**kwargs)
        self._join_strategy()
        self.step = self._counter("step", 0)
        self.seed = self._counter("seed", seed)
        self._optimizer_names: tuple = ()
        self._source: Any = None  # a Source
        self._probe: Any = None  # a Probe

    def _track(self, names):
        """Ends the construction: these are the logs of `train_step`."""
        self._trackers = {n: LogMean(name=n) for n in names}
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
            `i` depends on `(seed, first_step + i)` alone. The second axis is
            the batch's, by which replicas share the numbers out.
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

    def prepared(self, parts):
        """The parts of a block's batches as `train_step` takes them.

        Args:
            parts: list of tensors of shape `(steps, batches_per_step, batch,
                ...)`.

        Returns:
            A list of tensors.
        """
        return parts

    # Before the first step -------------------------------------------------

    def check_networks(self):
        """Raises a `ValueError` where the networks cannot be trained."""

    def check_source(self, source):
        """Raises a `ValueError` where a `Source` does not suit the model."""

    def check_batches(self, parts, is_first):
        """Raises a `ValueError` where batches of a dataset do not suit it.

        Args:
            parts: list of tensors of shape `(steps, batches_per_step, batch,
                ...)`, the parts of a block's batches.
            is_first: bool. Whether the block is the first of a `fit`.
        """

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
        checks.check_optimizers({n: o for n, (o, _) in optimizers.items()})
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
        with self._scope():
            made = {
                name: self._with_loss_scale(keras.optimizers.get(optimizer))
                for name, (optimizer, _) in optimizers.items()
            }
            self._check_replicas(made.values(), run_eagerly)
            # Keras would make an optimizer of its own: there is none to make.
            super().compile(
                optimizer=None,
                jit_compile=jit_compile and not run_eagerly,
                steps_per_execution=steps_per_execution,
                run_eagerly=run_eagerly,
            )
            self._optimizer_names = tuple(made)
            for name, optimizer in made.items():
                setattr(self, name, optimizer)
                # Now, so that a checkpoint's state has a place to go.
                optimizer.build(optimizers[name][1])
        if len(optimizers) > 1:
            self.optimizer: Any = Players(self.optimizers)
        self.train_function = None

    def _with_loss_scale(self, optimizer):
        """Scales the losses of float16, as `keras.Model.compile` does."""
        scale = keras.optimizers.LossScaleOptimizer
        half = any(
            layer.dtype_policy.name == "mixed_float16"
            for layer in layers.walk(self)
        )
        if half and self._adds_loss_scale and not isinstance(optimizer, scale):
            return scale(optimizer, name="loss_scale_optimizer")
        return optimizer

    @property
    def optimizers(self) -> dict[str, Any]:
        """The optimizers by their names; none before `compile`."""
        return {name: getattr(self, name) for name in self._optimizer_names}

    # Training --------------------------------------------------------------

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        *,
        epochs=1,
        verbose="auto",
        steps_per_epoch=None,
        callbacks=None,
        shuffle=True,
        initial_epoch=0,
        **unsupported,
    ):
        """Trains the model.

        Args:
            x: a `tf_gans.data.Source`, or anything that `keras.Model.fit`
                takes as samples: a `tf.data.Dataset` or arrays. `parts_of`
                says what is used of its elements; each step takes
                `batches_per_step` of them. In blocks all batches have one
                size: a smaller one is left out, with a warning.
            y: labels, where `x` is an array.
            batch_size: int. Samples in a batch of arrays. Defaults to 32.
            epochs: int. Defaults to `1`.
            verbose: as for `keras.Model.fit`.
            steps_per_epoch: int. Training steps in an epoch. By default an
                epoch is a pass through the data; a source without an end
                needs it.
            callbacks: a callback or a list of them. At most one may be a
                `tf_gans.callbacks.Probe`, whose measurements become part of
                the compiled program.
            shuffle: bool. Whether arrays are shuffled for each epoch.
            initial_epoch: int. The epoch to begin with.
            **unsupported: other arguments of `keras.Model.fit`, which are
                refused.

        Returns:
            A `keras.callbacks.History` of the losses' means over each epoch.
        """
        self._refuse_of_fit(unsupported)
        callbacks = tf.nest.flatten(
            getattr(callbacks, "callbacks", callbacks) or []
        )
        probes = [c for c in callbacks if isinstance(c, Probe)]
        if len(probes) > 1:
            raise ValueError(
                "`callbacks` may hold one Probe. "
                f"Received: {len(probes)} of them"
            )
        self._assert_compile_called("fit")
        self._check_scope()
        probe = probes[0] if probes else None
        feed = feeding.make_feed(
            self,
            x,
            steps_per_epoch,
            y=y,
            batch_size=batch_size,
            shuffle=shuffle,
        )
        if (feed.source, probe) != (self._source, self._probe):
            self._source, self._probe = feed.source, probe
            self.train_function = None
        self.check_networks()
        if feed.source is not None:
            self.check_source(feed.source)
        self._feed, self._is_first = feed, True
        self._in_fit = True
        try:
            return super().fit(
                feed.blocks(),
                epochs=epochs,
                verbose=verbose,
                callbacks=BlockCallbacks(
                    callbacks, self, feed, verbose, epochs
                ),
                shuffle=False,
                initial_epoch=initial_epoch,
            )
        finally:
            self._in_fit = False

    def steps_per_epoch(self, source):
        """The steps that are one pass through a source.

        Args:
            source: a `tf_gans.data.Source`.

        Returns:
            int, or None for a source without an end. An epoch has at least
            one step.
        """
        batches = getattr(source, "steps_per_epoch", None)
        if batches is None:
            return None
        return max(1, batches // self.batches_per_step)

    def make_train_function(self, force=False):
        """Builds the function that Keras' `fit` calls for each block."""
        if self.train_function is not None and not force:
            return self.train_function
        run_block, next_block = self._run_block, self._next_block
        if not self.run_eagerly:
            # Of replicas XLA compiles parts; see `_computed`.
            jit_compile = self.jit_compile and self.strategy is None
            run_block = tf.function(
                run_block, jit_compile=jit_compile, autograph=False
            )
            next_block = tf.function(next_block, autograph=False)

        def train_function(iterator):
            del iterator  # by which Keras counts the blocks
            parts, count = self._feed.take(next_block)
            if count == 0:
                none = np.zeros(0, np.float32)
                self.step_losses = dict.fromkeys(self._trackers, none)
                return self.get_metrics_result()
            if parts is not None:
                whole = count == self.steps_per_execution
                self.check_batches(
                    parts if whole else [part[:count] for part in parts],
                    self._is_first,
                )
                self._is_first = False
            first_step = int(self.step.numpy())
            # A Python number would be compiled into the program.
            block = (parts, tf.constant(count))
            if self.has_workers:
                losses, measured, wishes = run_block(*block, self._wishes)
                self._agree(wishes)
            else:
                losses, measured = run_block(*block)
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

    def _run_block(self, parts, num_steps, wishes=None):
        """Runs a block, see `blocks.run_block`, and tracks its logs.

        Returns:
            What `blocks.run_block` does; where there are `wishes` of this
            worker, a tensor, also the sum of all workers'.
        """
        losses, measured = blocks.run_block(
            self, self._source, self._probe, parts, num_steps
        )
        ran = tf.range(self.steps_per_execution) < num_steps
        for tracker, values in zip(
            self._trackers.values(), tf.unstack(losses), strict=True
        ):
            tracker.update_state(values, tf.cast(ran, tf.float32))
        if wishes is None:
            return losses, measured
        return losses, measured, self._sum_of_workers(wishes)


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
    if getattr(model, "strategy", None) or tf.distribute.has_strategy():
        return False
    if tf.config.list_physical_devices("GPU"):
        return True
    return not any("Conv" in type(x).__name__ for x in layers.walk(model))
