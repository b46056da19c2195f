"""The losses of single steps, printed and logged."""

import keras
import numpy as np

from tf_gans.errors import check_positive_int


class StepLog(keras.callbacks.Callback):
    """Reports the losses of every Nth step.

    Keras' logs hold means over an epoch so far; this takes the losses of the
    steps themselves from `GAN.step_losses`.

    Args:
        every: int. Reports the steps whose number, from 0, is a multiple.
        report: called for each block with a list of dicts, `{"step": int,
            "d_loss": float, "g_loss": float, ...}`, in the model's order.
        advance: called for each block with the number of steps done.
    """

    def __init__(self, every, report, advance=lambda steps: None):
        super().__init__()
        self.every = check_positive_int("every", every)
        self.report = report
        self.advance = advance

    def on_train_batch_end(self, batch, logs=None):
        losses = self.model.step_losses
        count = len(next(iter(losses.values())))
        first = int(self.model.step.numpy()) - count
        steps = np.arange(first, first + count)
        rows = [
            {"step": int(step)}
            | {
                name: float(values[step - first])
                for name, values in losses.items()
            }
            for step in steps[steps % self.every == 0]
        ]
        if rows:
            self.report(rows)
        self.advance(count)
