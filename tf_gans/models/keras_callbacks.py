"""What callbacks of Keras see of a training in blocks, of two players."""

import keras


class BlockCallbacks(keras.callbacks.CallbackList):
    """Tells callbacks of the steps that were, where Keras counts whole blocks.

    Their `batch` is the number of the block's last step in its epoch, and the
    progress bar ends where the epoch does. A block without a step, at the end
    of data that are shorter than was thought, is not told of.

    Args:
        callbacks: list of callbacks.
        model: the `Trained` model.
        feed: its feed, see `tf_gans.models.feeding`.
        verbose, epochs: of `fit`.
    """

    def __init__(self, callbacks, model, feed, verbose, epochs):
        super().__init__(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            model=model,
            verbose=verbose,
            epochs=epochs,
            steps=feed.steps,
        )
        self._feed = feed
        self._done = 0  # steps of this epoch

    def on_epoch_begin(self, epoch, logs=None):
        self._feed.begin_epoch()
        self._done = 0
        self._aim_at(self._feed.steps)
        super().on_epoch_begin(epoch, logs)

    def on_train_batch_end(self, batch, logs=None):
        count = len(next(iter(self.model.step_losses.values())))
        if count == 0:
            return
        self._done += count
        batch = self._done - 1
        super().on_train_batch_end(batch, logs)
        for callback in self.callbacks:
            # It looks for a loss of this name, which two players do not have
            # (keras/src/callbacks/terminate_on_nan.py).
            is_blind = logs and "loss" not in logs
            if is_blind and isinstance(
                callback, keras.callbacks.TerminateOnNaN
            ):
                total = sum(float(value) for value in logs.values())
                callback.on_batch_end(batch, {"loss": total})

    def on_epoch_end(self, epoch, logs=None):
        self._aim_at(self._done)
        super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs=None):
        self._feed.close()
        super().on_train_end(logs)

    def _aim_at(self, steps):
        """Tells the progress bar how many steps the epoch has."""
        if self._progbar is not None:
            self._progbar.target = steps
            if self._progbar.progbar is not None:
                self._progbar.progbar.target = steps


class LogMean(keras.metrics.Mean):
    """A mean of logs that all replicas agree on already.

    Keras' own keeps a part of it on each replica, which may only be updated
    there.
    """

    def add_variable(
        self, shape, initializer, dtype=None, aggregation="none", name=None
    ):
        del aggregation
        return keras.Variable(
            keras.initializers.get(initializer),
            shape=shape,
            dtype=dtype,
            trainable=False,
            name=name,
        )


class Players:
    """The optimizers of several players, where Keras looks for one.

    `LearningRateScheduler` and `ReduceLROnPlateau` take several of them
    (keras/src/callbacks/learning_rate_scheduler.py:74), and log the rate of
    each by its name.

    Args:
        optimizers: dict of optimizers by their names as attributes.
    """

    built = True

    def __init__(self, optimizers):
        self.optimizers = [
            _Player(name.removesuffix("_optimizer"), optimizer)
            for name, optimizer in optimizers.items()
        ]

    @property
    def variables(self):
        return [v for player in self.optimizers for v in player.variables]


class _Player:
    """An optimizer under the name of its player."""

    def __init__(self, name, optimizer):
        self.name = name
        self._optimizer = optimizer

    @property
    def variables(self):
        return self._optimizer.variables

    @property
    def learning_rate(self):
        return self._optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self._optimizer.learning_rate = value
