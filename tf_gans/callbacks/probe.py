"""Measurements that are part of the compiled training program."""

import keras
import numpy as np
import tensorflow as tf

from tf_gans.callbacks.every import check_every


class Probe(keras.callbacks.Callback):
    """Measures something at chosen steps, inside the compiled program.

    A callback runs between blocks of steps, so it cannot see the middle of a
    block. A probe can: `GAN.fit` compiles its `measure` into the block.

    A subclass implements `measure`.

    Args:
        receiver: function that takes each block's measurements: `steps`, an int
            array of shape `(measurements,)`, the steps' numbers, and, by
            their names, the arrays that were measured, whose first axis is
            `measurements`. A `Film`'s `add` is one. None, where nothing is
            sent. Defaults to `None`.
        every: int. Measures after each step whose number, from 0, is a
            multiple of it; or an ascending sequence of ints, the numbers of
            the steps to measure after, such as `moments`. Defaults to `1`.
    """

    def __init__(self, receiver=None, every=1):
        super().__init__()
        self.receiver = receiver
        self.every = check_every(every)

    def measure(self, model):
        """Returns a dict of tensors of fixed shapes; runs inside the program.

        Args:
            model: `GAN`, `BEGAN` or `VAE`, after the step.
        """
        raise NotImplementedError

    def once(self, model):
        """Measures a model as it is now.

        Args:
            model: see `measure`.

        Returns:
            A dict of numpy arrays and scalars, those of one measurement.
        """
        # Not XLA: for a single call, compiling takes longer than running.
        measure = tf.function(
            lambda: self.measure(model), jit_compile=False, autograph=False
        )
        return {name: value.numpy() for name, value in measure().items()}

    def on_measured(self, steps, values):
        """Takes a block's measurements; sends them to the receiver.

        Args:
            steps: int array of shape `(measurements,)`, the steps' numbers.
            values: dict of arrays whose first axis is `measurements`.
        """
        if self.receiver:
            self.receiver(steps, **values)

    def receive(self, first_step, num_steps, measured):
        """Called by `GAN` after each block."""
        steps = np.arange(first_step, first_step + num_steps)
        if isinstance(self.every, int):
            steps = steps[steps % self.every == 0]
        else:
            steps = steps[np.isin(steps, self.every)]
        if len(steps):
            values = {n: v.numpy()[: len(steps)] for n, v in measured.items()}
            self.on_measured(steps, values)
