"""What an autoencoder makes of the same images, as it is trained."""

from typing import Any

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.every import EveryNSteps
from tf_gans.pixels import to_pixels, to_samples


class ReconstructionGrid(EveryNSteps):
    """Reconstructs the same images again and again, to see it learn.

    Draws when `SampleGrid` does, and changes nothing of the model either. The
    noise of a denoising autoencoder is the same each time.

    Args:
        every: int, or ascending steps; see `SampleGrid`.
        receiver: called with the number of steps trained and what `draw`
            returns.
        images: uint8 array of shape `(n, height, width, channels)`.
        seed: int, of the noise. Defaults to `0`.
    """

    def __init__(self, every, receiver, images, seed=0):
        super().__init__(every)
        self.receiver = receiver
        self.images = np.asarray(images)
        self.seed = seed
        self._drawn: Any = None  # the model of `_draw`

    def draw(self, model):
        """Draws the images as a model makes them now.

        Args:
            model: with a signature `reconstruct`, such as `Autoencoder`,
                `AdversarialAutoencoder` or `VAE`, of images.

        Returns:
            A uint8 array of shape `(rows * n, height, width, channels)`: the
            images, where there is noise the noisy ones, and what becomes of
            them; see `rows_of`.
        """
        if model is not self._drawn:
            self._prepare(model)
        rows = [self.images, *(row.numpy() for row in self._draw(self._seen))]
        return np.concatenate(rows)

    def _prepare(self, model):
        value_range = model.value_range
        samples = to_samples(self.images, value_range)
        is_noisy = getattr(model, "noise", 0) > 0
        self._seen = model.corrupt(samples, self.seed) if is_noisy else samples
        reconstruct = model.signatures()["reconstruct"]

        def draw(seen):
            rows = [seen] if is_noisy else []
            rows.append(reconstruct(seen)["reconstructions"])
            return [to_pixels(row, value_range) for row in rows]

        # Not XLA: compiling takes longer than all pictures of a training.
        self._draw = tf.function(draw, jit_compile=False, autograph=False)
        self._drawn = model

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        if self._is_moment(self._step):
            self._now()

    def _send(self):
        self.receiver(self._step, self.draw(self.model))


def rows_of(model):
    """What the rows of `ReconstructionGrid.draw` are, as words.

    Args:
        model: see there.
    """
    noisy = ["noisy"] if getattr(model, "noise", 0) > 0 else []
    return ["image", *noisy, "restored"]
