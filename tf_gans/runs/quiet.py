"""Keeps TensorFlow's harmless notes off the screen while a script trains."""

import contextlib

import keras

from tf_gans.runs import streams


class QuietFirstStep(keras.callbacks.Callback):
    """Holds TensorFlow's notes on the first block back; a context manager.

    See `streams.quiet_first_step`. Use it as a context manager around `fit`,
    too, so that what was said is shown where the first block fails.
    """

    def __init__(self):
        super().__init__()
        self._stack = contextlib.ExitStack()
        self._begun = False

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def on_train_batch_begin(self, batch, logs=None):
        if not self._begun:
            self._begun = True
            self._stack.enter_context(streams.quiet_first_step())

    def on_train_batch_end(self, batch, logs=None):
        self._stack.close()
