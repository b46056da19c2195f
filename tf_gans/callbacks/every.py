"""What is done every N steps, or at moments, whatever the blocks are."""

import keras
import numpy as np

from tf_gans.errors import check_positive_int


def moments(last_step, count):
    """The steps of a story: dense where it begins, sparse where it ends.

    A GAN finds the data in its first steps and then refines what it found.
    The moments begin one step apart and follow a square law: of `count` of
    them, the one at the share t lies at about the share t^2 of the steps.

    Args:
        last_step: int of at least 0.
        count: int of at least 2. How many, where there are as many steps.

    Returns:
        An ascending int64 array from 0 to `last_step`; every step, where there
        are fewer than `count`.
    """
    intervals = min(check_positive_int("count", count) - 1, last_step)
    place = np.arange(intervals + 1)
    share = place / max(intervals, 1)
    # Each is at least one step after the one before.
    further = (last_step - intervals) * share**2
    return place + np.round(further).astype(np.int64)


def check_every(every):
    """Checks an interval, or an ascending sequence of steps.

    Returns:
        An int, or an int64 array.

    Raises:
        ValueError: it is neither.
    """
    if np.ndim(every) == 0:
        return check_positive_int("every", every)
    steps = np.asarray(every)
    is_good = steps.ndim == 1 and len(steps) and steps.dtype.kind in "iu"
    if not is_good or steps[0] < 0 or (np.diff(steps) <= 0).any():
        raise ValueError(
            "`every` must be a positive integer, or ascending steps of at "
            f"least 0. Received: every={every!r}"
        )
    return steps.astype(np.int64)


class EveryNSteps(keras.callbacks.Callback):
    """Calls `_send` whenever a block has passed a moment of `every`.

    And at the end of the training, unless that is where it was called last. A
    subclass implements `_send`.

    Args:
        every: int, or an ascending sequence of ints. Steps from one call to
            the next, or the steps themselves, such as `moments`.
    """

    def __init__(self, every):
        super().__init__()
        self.every = check_every(every)
        self._step = 0  # how far the training was when it was last looked at
        self._sent_step = None

    def on_train_begin(self, logs=None):
        self._sent_step = None
        self._step = int(self.model.step.numpy())

    def on_train_batch_end(self, batch, logs=None):
        before, self._step = self._step, int(self.model.step.numpy())
        if self._count(self._step) > self._count(before):
            self._now()

    def _count(self, step):
        """How many moments there are up to a step, but for step 0."""
        if isinstance(self.every, int):
            return step // self.every
        return int(np.searchsorted(self.every, step, "right"))

    def _is_moment(self, step):
        if isinstance(self.every, int):
            return step % self.every == 0
        return bool((self.every == step).any())

    def on_train_end(self, logs=None):
        if self._step != self._sent_step:
            self._now()

    def _now(self):
        self._send()
        self._sent_step = self._step

    def _send(self):
        """What is done at `self._step`."""
