"""Measurements that are part of the compiled training program."""

import keras
import numpy as np

from tf_gans.errors import check_positive_int


class Probe(keras.callbacks.Callback):
    """Measures something every so many steps, inside the compiled program.

    A callback runs between blocks of steps, so it cannot see the middle of a
    block. A probe can: `GAN.fit` compiles its `measure` into the block.

    A subclass implements `measure` and `on_measured`.

    Args:
        every: int. Measures after each step whose number, from 0, is a
            multiple of it.
    """

    def __init__(self, every=1):
        super().__init__()
        self.every = check_positive_int("every", every)

    def measure(self, gan):
        """Returns a dict of tensors of fixed shapes; runs inside the program.

        Args:
            gan: the model, after the step.
        """
        raise NotImplementedError

    def on_measured(self, steps, values):
        """Takes a block's measurements.

        Args:
            steps: int array of shape `(moments,)`, the steps' numbers.
            values: dict of arrays whose first axis is `moments`.
        """
        raise NotImplementedError

    def receive(self, first_step, num_steps, measured):
        """Called by `GAN` after each block."""
        steps = np.arange(first_step, first_step + num_steps)
        steps = steps[steps % self.every == 0]
        if len(steps):
            values = {n: v.numpy()[: len(steps)] for n, v in measured.items()}
            self.on_measured(steps, values)
