"""A model with replicas: on several devices, in one process or in several.

What `tf.distribute` asks of a training, and what it would leave silently
wrong, is here; `tf_gans.replicas` is what a step itself sees of it.
"""

import contextlib
import functools
from typing import Any

import keras
import tensorflow as tf

from tf_gans import layers, replicas

_KINDS = (
    tf.distribute.MirroredStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
)


class Replicated(keras.Model):
    """A model that a strategy has replicas of, or one on a single device.

    Attributes:
        strategy: the `tf.distribute.Strategy` in whose scope the model was
            made, or None for one device.
        interrupted: bool. Set it to end `fit` from outside. After `fit` it
            tells whether it, or that of another worker, was set.
    """

    interrupted = False

    _in_fit = False
    _stops = False
    _wants_to_stop = False
    strategy: Any = None

    def _join_strategy(self):
        """Notes the strategy whose scope this is; the constructor's part.

        Raises:
            ValueError: it is of a kind that would train wrongly.
        """
        # Keras would share the data out, which `blocks` does by rows.
        self._distribute_strategy = None
        strategy = tf.distribute.get_strategy()
        one = tf.distribute.OneDeviceStrategy
        if not tf.distribute.has_strategy() or isinstance(strategy, one):
            return
        if not isinstance(strategy, _KINDS):
            raise ValueError(
                "Of `tf.distribute`, MirroredStrategy and "
                "MultiWorkerMirroredStrategy are supported: replicas that are "
                f"equal after each step. Received: {type(strategy).__name__}"
            )
        self.strategy = strategy

    @property
    def num_replicas(self):
        """How many replicas train together."""
        return self.strategy.num_replicas_in_sync if self.strategy else 1

    @property
    def has_workers(self):
        """Whether other processes train with this one."""
        return bool(
            self.strategy and self.strategy.extended._in_multi_worker_mode()
        )

    @property
    def distribute_strategy(self):
        """What Keras distributes its own iterator by: nothing."""
        return _Undistributed if self._in_fit else tf.distribute.get_strategy()

    def _scope(self):
        """Where the variables of the model and of its optimizers are made."""
        return self.strategy.scope() if self.strategy else _NOTHING

    # Before the first step -------------------------------------------------

    def _check_scope(self):
        """Refuses the scope of another strategy than the model was made in."""
        inside = tf.distribute.get_strategy() if _has_scope() else self.strategy
        if inside is not self.strategy:
            raise ValueError(
                "A model is made, compiled and trained in one strategy's "
                f"scope. Received: a model made {_where(self.strategy)}, and "
                f"a call {_where(inside)}"
            )

    def _check_replicas(self, optimizers, run_eagerly):
        """Refuses what replicas would do differently; `compile`'s part.

        Args:
            optimizers: list of `keras.optimizers.Optimizer`.
            run_eagerly: of `compile`.
        """
        self._check_scope()
        if self.strategy is None:
            return
        for variable in self.variables:
            if not self.strategy.extended.variable_created_in_scope(
                variable.value
            ):
                raise ValueError(
                    "All networks must be made in the strategy's scope, so "
                    "that each replica has its own weights. Received: "
                    f"{variable.path}, made outside of it"
                )
        for optimizer in optimizers:
            inner = getattr(optimizer, "inner_optimizer", optimizer)
            if inner is not optimizer:
                raise ValueError(
                    "A loss scale, which float16 needs, would follow each "
                    'replica\'s own gradients: use "mixed_bfloat16" under a '
                    f"strategy. Received: {type(optimizer).__name__}"
                )
            if inner._distribution_strategy is not self.strategy:
                raise ValueError(
                    "Optimizers must be made in the strategy's scope. "
                    f"Received: {inner.name}, made outside of it"
                )
        if run_eagerly:
            raise ValueError(
                "`run_eagerly` is for one device, where a step can be "
                "followed. Received: run_eagerly=True under a "
                f"{type(self.strategy).__name__}"
            )
        self._synchronise()

    def _computed(self, compute):
        """The results of a function of a step that exchanges nothing.

        On one device the whole block of steps is one program of XLA. It cannot
        compile the exchange of gradients, so of replicas it compiles what is
        between.

        Args:
            compute: function without arguments that returns a nest of tensors.
        """
        if self.strategy is None or not self.jit_compile:
            return compute()

        def alone():
            with replicas.without_exchange():
                return compute()

        return tf.function(alone, jit_compile=True, autograph=False)()

    def _synchronise(self):
        """Lets layers that see a batch see the whole one.

        Raises:
            ValueError: a layer draws numbers of its own, which all replicas
                would draw alike.
        """
        if self.num_replicas == 1:
            return
        for layer in layers.walk(self):
            if isinstance(layer, keras.layers.BatchNormalization):
                _normalise_whole_batches(layer)
            if layer._seed_generators:
                raise ValueError(
                    "All replicas would draw the same numbers in a random "
                    "layer of Keras; tf_gans.layers.latent_dropout is a "
                    f"function of z. Received: {layer.name}, a "
                    f"{type(layer).__name__}"
                )
            if isinstance(layer, keras.layers.SpectralNormalization):
                raise ValueError(
                    "keras.layers.SpectralNormalization overwrites the "
                    "kernels, of each replica on its own; use that of "
                    f"tf_gans.layers. Received: {layer.name}"
                )

    def check_rows(self, batch_size, draws):
        """Refuses what the replicas cannot share out evenly.

        Args:
            batch_size: int, or None where it is not known yet.
            draws: nest of tensors, what `_draw` drew for a block.
        """
        if batch_size is None:
            return
        if batch_size % self.num_replicas:
            raise ValueError(
                "The batch must be a multiple of the number of replicas. "
                f"Received: batches of {batch_size} for {self.num_replicas} "
                "replicas"
            )
        for values in tf.nest.flatten(draws):
            if values.shape[1:2] != [batch_size]:
                raise ValueError(
                    "Under a strategy, all that is drawn has one row a sample: "
                    f"shapes of (steps, {batch_size}, ...). Received: "
                    f"{values.shape}"
                )

    # The end, which all workers must come to at the same step ---------------

    @property
    def stop_training(self):
        """Whether `fit` ends after this block; of all workers alike."""
        return self._stops

    @stop_training.setter
    def stop_training(self, value):
        self._wants_to_stop = bool(value)
        if not value:
            self.interrupted = False
        if not (value and self.has_workers):
            self._stops = bool(value)

    @property
    def _wishes(self):
        """What this worker would have all of them do: two numbers."""
        return tf.constant([self._wants_to_stop, self.interrupted], tf.float32)

    def _sum_of_workers(self, values):
        """The sum of each worker's tensor; inside of a program."""
        return self.strategy.reduce(
            tf.distribute.ReduceOp.SUM,
            self.strategy.run(lambda: values),
            axis=None,
        )

    def _agree(self, wishes):
        """Does what one of the workers wished.

        Args:
            wishes: float tensor of shape (2,), the sum of theirs.
        """
        stop, interrupt = (bool(wish) for wish in wishes.numpy())
        self.interrupted = self.interrupted or interrupt
        self._stops = stop or interrupt


def _normalise_whole_batches(layer):
    """Lets a `keras.layers.BatchNormalization` see the rows of all replicas.

    Its own way, of `synchronized=True`, is `E[x^2] - E[x]^2`, which loses what
    a small variance is made of; this is the variance about the common mean.
    """
    if not isinstance(layer._moments, functools.partial):  # compiled before
        layer.synchronized = True
        layer._moments = functools.partial(_moments, layer, layer._moments)


def _moments(layer, keras_moments, inputs, mask=None):
    """The means and the variances of a layer's inputs, of all replicas.

    Args:
        layer: the `keras.layers.BatchNormalization`.
        keras_moments: its own method, for inputs with a mask.
        inputs, mask: its arguments.
    """
    if mask is not None:
        return keras_moments(inputs, mask)
    x = tf.convert_to_tensor(inputs)
    wide = tf.cast(x, tf.float32) if x.dtype.size < 4 else x
    axes = layer._reduction_axes
    mean = replicas.mean(tf.reduce_mean(wide, axes, keepdims=True))
    squares = tf.math.squared_difference(wide, mean)
    variance = replicas.mean(tf.reduce_mean(squares, axes))
    mean = tf.squeeze(mean, axes)
    return tf.cast(mean, x.dtype), tf.cast(variance, x.dtype)


class _Undistributed:
    """A strategy that leaves Keras' datasets as they are."""

    scope = contextlib.nullcontext

    @staticmethod
    def experimental_distribute_dataset(dataset):
        return dataset


_NOTHING = contextlib.nullcontext()


def _has_scope():
    return tf.distribute.has_strategy() and isinstance(
        tf.distribute.get_strategy(), _KINDS
    )


def _where(strategy):
    if strategy is None:
        return "outside of a scope"
    return f"in that of a {type(strategy).__name__}"
