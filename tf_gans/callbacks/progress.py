"""How far a training is, and how fast it goes."""

import sys
import time
from typing import Any

import keras
import tensorflow as tf
from tqdm import tqdm

from tf_gans.errors import check_positive_int

# Fits into 80 columns.
_BAR = (
    "{desc}{percentage:3.0f}%|{bar}| {elapsed}<{remaining}, "
    "{rate_noinv_fmt}{postfix}"
)

# Seconds that a step takes to compile, for each array that an update changes:
# without XLA and with it. On 2 cores the image recipes took 0.04 to 0.06, and
# the small ones, under XLA, 0.2 to 0.5.
_COMPILING = {False: 0.05, True: 0.3}

# Where there is no bar: seconds from line to line, at least and at most.
_LEAST, _MOST = 1, 60


def compiling(model):
    """What a bar says until a model's first block is done.

    Args:
        model: a compiled `Trained`.

    Returns:
        A str, with the seconds that it takes on a CPU, to a factor of two. How
        long a GPU's compiler looks for its algorithms is not known.
    """
    if tf.config.list_physical_devices("GPU"):
        return "compiling"
    # Of two players one is updated for each batch.
    updates = (1 + model.batches_per_step) / 2
    arrays = len(model.trainable_variables)
    seconds = arrays * updates * _COMPILING[bool(model.jit_compile)]
    return f"compiling, about {max(1, round(seconds))} s"


class ImageProgress(keras.callbacks.Callback):
    """Shows the epoch, images per second, the time left and the losses.

    A bar on a terminal. Elsewhere, as in a file or in the log of a server, a
    line at the end of each epoch: one a minute where epochs take longer, and
    one a second at most.

    Use it as a context manager around `fit`, too, where the training may fail,
    so that no bar is left over.

    Args:
        total_steps: int. The steps of the whole training.
        batch_size: int. Real images in a step.
        steps_per_epoch: int.
        initial_step: int. The steps that were trained before. Defaults to `0`.
    """

    def __init__(
        self, total_steps, batch_size, steps_per_epoch, initial_step=0
    ):
        super().__init__()
        self.total_steps = check_positive_int("total_steps", total_steps)
        self.batch_size = check_positive_int("batch_size", batch_size)
        self.steps_per_epoch = check_positive_int(
            "steps_per_epoch", steps_per_epoch
        )
        self._step = initial_step
        # Of the last line; None before the first block, which compiles.
        self._line_step, self._line_time = initial_step, None
        self._bar: Any = None  # a tqdm

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def on_train_begin(self, logs=None):
        self._bar = tqdm(
            total=self.total_steps * self.batch_size,
            initial=self._step * self.batch_size,
            unit=" images",
            disable=None,  # where the standard error stream is no terminal
            leave=False,
            bar_format=_BAR,
            smoothing=0.1,
            dynamic_ncols=True,
        )
        if not self._bar.disable:
            self._bar.set_description(compiling(self.model))

    def on_train_batch_end(self, batch, logs=None):
        losses = self.model.step_losses
        latest = ", ".join(
            f"{name} {values[-1]:.3f}"
            for name, values in list(losses.items())[:2]
        )
        count = len(next(iter(losses.values())))
        epoch = self._step // self.steps_per_epoch
        self._step += count
        if not self._bar.disable:
            self._bar.set_description(self._epoch(epoch), refresh=False)
            self._bar.set_postfix_str(latest, refresh=False)
            self._bar.update(count * self.batch_size)
            return
        now = time.monotonic()
        if self._line_time is not None:
            waited = now - self._line_time
            is_epoch_end = self._step // self.steps_per_epoch > epoch
            if waited < (_LEAST if is_epoch_end else _MOST):
                return
            self.write(self._describe(epoch, latest, waited))
        self._line_step, self._line_time = self._step, now

    def on_train_end(self, logs=None):
        self.close()

    def write(self, line):
        """Prints a line, above the bar where there is one."""
        tqdm.write(line, file=sys.stdout)
        sys.stdout.flush()

    def close(self):
        """Removes the bar."""
        if self._bar is not None:
            self._bar.close()

    def _epoch(self, epoch):
        total = -(-self.total_steps // self.steps_per_epoch)
        return f"epoch {epoch + 1}/{total}"

    def _describe(self, epoch, losses, seconds):
        speed = (self._step - self._line_step) / seconds  # steps/s
        left = tqdm.format_interval((self.total_steps - self._step) / speed)
        return (
            f"{self._epoch(epoch)}, step {self._step:,}/{self.total_steps:,}: "
            f"{losses}, {speed * self.batch_size:,.0f} images/s, {left} left"
        )


class StepProgress(keras.callbacks.Callback):
    """A bar of the steps on a terminal; only printed lines elsewhere.

    Args:
        total_steps: int. The steps of the whole training.
        initial_step: int. The steps that were trained before.
    """

    def __init__(self, total_steps, initial_step):
        super().__init__()
        self._bar = tqdm(
            total=total_steps,
            initial=initial_step,
            unit=" steps",
            disable=None,
            leave=False,
            smoothing=0.1,
        )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._bar.close()

    def on_train_begin(self, logs=None):
        if not self._bar.disable:
            self._bar.set_description(compiling(self.model))

    def write(self, line):
        """Prints a line, above the bar where there is one."""
        self._bar.write(line, file=sys.stdout)

    def on_train_batch_end(self, batch, logs=None):
        self._bar.set_description("training", refresh=False)
        losses = self.model.step_losses
        self._bar.update(len(next(iter(losses.values()))))
