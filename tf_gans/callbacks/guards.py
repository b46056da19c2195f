"""What ends a training early."""

import keras
import numpy as np

from tf_gans.errors import RunError


class StopOnNonFinite(keras.callbacks.Callback):
    """Ends the run when a loss is not a finite number.

    Every step of the block is looked at, so the step that is named is the
    first one.

    Args:
        last_good: called without arguments; returns what to go back to, for
            the message, or None.

    Raises:
        RunError: from within `fit`.
    """

    def __init__(self, last_good=lambda: None):
        super().__init__()
        self.last_good = last_good

    def on_train_batch_end(self, batch, logs=None):
        losses = self.model.step_losses
        values = np.stack(list(losses.values()))  # (names, steps)
        bad = ~np.isfinite(values)
        if not bad.any():
            return
        place = int(np.argmax(bad.any(axis=0)))
        step = int(self.model.step.numpy()) - values.shape[1] + place
        name = list(losses)[int(np.argmax(bad[:, place]))]
        good = self.last_good()
        where = (
            f"the last good checkpoint is {good}"
            if good
            else ("there is no checkpoint before it")
        )
        value = values[list(losses).index(name), place]
        raise RunError(
            f"training diverged: {name} is {value} at step {step}; {where}"
        )


class StopAt(keras.callbacks.Callback):
    """Ends the training when a distance to the data is small enough.

    The early stop that the article of the 1-D demonstration proposes, with any
    distance as the measure of similarity. It is looked at between blocks of
    steps: compile the model with `steps_per_execution` to set how often.

    Args:
        measure: called with the model; returns the distance. Where it is
            measured elsewhere and less often, infinity between.
        threshold: float. Stops at this distance or less.

    Attributes:
        stopped_step: the number of steps trained when it stopped, or None.
    """

    def __init__(self, measure, threshold):
        super().__init__()
        self.measure = measure
        self.threshold = threshold
        self.stopped_step = None

    def is_reached(self, model):
        """Whether the model's samples are close enough."""
        return self.measure(model) <= self.threshold

    def on_train_batch_end(self, batch, logs=None):
        if self.is_reached(self.model):
            self.stopped_step = int(self.model.step.numpy())
            self.model.stop_training = True


StopAtW1 = StopAt  # its first name
