"""What is done each so many steps, whatever the blocks are."""

import keras

from tf_gans.errors import check_positive_int


class EveryNSteps(keras.callbacks.Callback):
    """Calls `_send` whenever a block has passed a multiple of `every`.

    And at the end of the training, unless that is where it was called last. A
    subclass implements `_send`.

    Args:
        every: int. Steps from one call to the next.
    """

    def __init__(self, every):
        super().__init__()
        self.every = check_positive_int("every", every)
        self._step = 0  # how far the training was when it was last looked at
        self._sent_step = None

    def on_train_begin(self, logs=None):
        self._sent_step = None
        self._step = int(self.model.step.numpy())

    def on_train_batch_end(self, batch, logs=None):
        before, self._step = self._step, int(self.model.step.numpy())
        if self._step // self.every > before // self.every:
            self._now()

    def on_train_end(self, logs=None):
        if self._step != self._sent_step:
            self._now()

    def _now(self):
        self._send()
        self._sent_step = self._step

    def _send(self):
        """What is done at `self._step`."""
