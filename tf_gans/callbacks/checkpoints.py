"""Checkpoints while a training runs."""

import time

import keras


class Checkpoints(keras.callbacks.Callback):
    """Saves a checkpoint from time to time and at the end.

    Place it after `StopOnNonFinite`, which keeps it from saving a model that
    has diverged.

    Args:
        save: called without arguments.
        every_steps: int or None. Saves at the end of the first block
            after every `every_steps` steps. Defaults to `None`: by time.
        every_seconds: float. Saves at most this often if `every_steps` is None.
            Defaults to `2`.
    """

    def __init__(self, save, every_steps=None, every_seconds=2.0):
        super().__init__()
        self.save = save
        self.every_steps = every_steps
        self.every_seconds = every_seconds
        self._saved_step = 0
        self._saved_time = 0.0

    def on_train_begin(self, logs=None):
        self._saved_step = int(self.model.step.numpy())
        self._saved_time = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.step.numpy())
        if self.every_steps:
            due = (
                step // self.every_steps > self._saved_step // self.every_steps
            )
        else:
            due = time.monotonic() - self._saved_time > self.every_seconds
        if due:
            self._save(step)

    def on_train_end(self, logs=None):
        step = int(self.model.step.numpy())
        if step != self._saved_step:
            self._save(step)

    def _save(self, step):
        self.save()
        self._saved_step = step
        self._saved_time = time.monotonic()
