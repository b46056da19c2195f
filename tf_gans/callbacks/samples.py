"""The generator's samples of the same latents, as it is trained."""

from typing import Any

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.every import EveryNSteps
from tf_gans.errors import check_positive_int
from tf_gans.pixels import to_pixels


class SampleGrid(EveryNSteps):
    """Draws the same latents again and again, to see the generator learn.

    Draws before the first step, after each `every` steps and at the end. It
    changes nothing of the model and its latents depend on `seed` alone, so a
    training that is resumed sends the pictures that an uninterrupted one would
    have sent. Where it goes on at a multiple of `every`, it sends that step's
    picture again.

    The model is looked at between blocks of steps. Where a block is longer
    than one step, it draws at the end of the block in which a multiple of
    `every` was reached, and the step that it names is that end.

    Args:
        every: int. Steps from picture to picture; or the ascending steps of
            the pictures, such as `moments`, in place of all multiples.
        receiver: called with the number of steps trained and the samples, a
            uint8 array of shape `(num_samples, height, width, channels)`.
        num_samples: int. Defaults to `64`.
        seed: int. Independent of the seed of the training. Defaults to `0`.
        batch_statistics: bool. Batch normalisation uses the statistics of
            these samples, as in training, in place of its moving averages.
            Defaults to `False`.

    A conditional generator gets the labels 0, 1, 2, ... in turn: with as many
    columns as classes, `tf_gans.plotting.image_grid` shows a class in each
    column. So do the categories of a prior that has them (`latents.Codes`).

    Example:

    >>> def receiver(step, images):
    ...     write_png(f"step-{step}.png", image_grid(images))
    >>> gan.fit(source, epochs=10, callbacks=[SampleGrid(100, receiver)])
    """

    def __init__(
        self, every, receiver, num_samples=64, seed=0, batch_statistics=False
    ):
        super().__init__(every)
        self.receiver = receiver
        self.num_samples = check_positive_int("num_samples", num_samples)
        self.seed = seed
        self.batch_statistics = batch_statistics
        self._gan: Any = None  # what `_draw` draws

    def draw(self, gan):
        """Draws the samples of a model as it is now.

        Args:
            gan: `tf_gans.GAN` of images.

        Returns:
            A uint8 array of shape `(num_samples, height, width, channels)`.
        """
        self._prepare(gan)
        return self._draw(self._inputs).numpy()

    def _prepare(self, gan):
        """Draws z and makes the program, once for a model."""
        if gan is self._gan:
            return
        value_range = gan.value_range
        if value_range is None:
            raise ValueError(
                "The generator must have a `value_range`, such as (-1, 1), to "
                f"make pixels of its samples. Received: {gan.generator}"
            )
        z = gan.latents.draw(self.seed, "grid", 0, 1, self.num_samples)[0]
        if getattr(gan.latents, "num_categories", None):
            turns = np.arange(self.num_samples) % gan.latents.num_categories
            z = tf.constant(gan.latents.with_codes(z, turns))
        self._inputs = z
        if gan.num_classes:
            labels = np.arange(self.num_samples) % gan.num_classes
            self._inputs = (z, tf.constant(labels, tf.int32))

        def draw(inputs):
            if self.batch_statistics:
                samples = gan.call_with_batch_statistics(inputs)
            else:
                samples = gan.sampler(inputs, training=False)
            return to_pixels(samples, value_range)

        # Not XLA: compiling takes longer than all pictures of a training.
        self._draw = tf.function(draw, jit_compile=False, autograph=False)
        self._gan = gan

    def on_train_begin(self, logs=None):
        self._prepare(self.model)
        super().on_train_begin(logs)
        if self._is_moment(self._step):
            self._now()

    def _send(self):
        self.receiver(self._step, self.draw(self.model))
