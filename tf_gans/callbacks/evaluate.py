"""Measures a model while it is trained."""

import numbers

from tf_gans.callbacks.every import EveryNSteps


class Evaluate(EveryNSteps):
    """Measures the model after each `every` steps and at the end.

    The model is looked at between blocks of steps. Where a block is longer
    than one step, it is measured at the end of the block in which a multiple
    of `every` was reached, and the step that is named is that end.

    A measure that draws its samples from a seed of its own changes nothing of
    the training, and a training that is resumed is measured as one that was
    not interrupted.

    Args:
        every: int. Steps from one measurement to the next.
        measure: function of the model that returns a dict from names to
            numbers.
        receiver: called with the number of steps trained and the dict, its
            values floats.

    Example:

    >>> def measure(gan):
    ...     fake = features(gan.sample(5000, seed=0))
    ...     return {"fid": tf_gans.metrics.frechet_distance(real, fake)}
    >>> gan.fit(source, epochs=10, callbacks=[Evaluate(1000, measure, print)])
    """

    def __init__(self, every, measure, receiver):
        super().__init__(every)
        for name, value in (("measure", measure), ("receiver", receiver)):
            if not callable(value):
                raise ValueError(
                    f"`{name}` must be a function. Received: {name}={value!r}"
                )
        self.measure = measure
        self.receiver = receiver

    def _send(self):
        scores = self.measure(self.model)
        if not isinstance(scores, dict) or not all(
            isinstance(value, numbers.Real) for value in scores.values()
        ):
            raise ValueError(
                f"`measure` must return a dict of numbers. Received: {scores!r}"
            )
        scores = {name: float(value) for name, value in scores.items()}
        self.receiver(self._step, scores)
