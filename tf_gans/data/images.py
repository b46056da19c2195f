"""Images in the device's memory, as a source of batches."""

import numpy as np
import tensorflow as tf

from tf_gans import pixels, random
from tf_gans.data.source import Source
from tf_gans.errors import check_positive_int


class Images(Source):
    """Batches of images, shuffled anew for every epoch.

    The images are held once, as uint8, where the training runs. A step works
    its own places in the epoch's order out, gathers them and scales them, so
    nothing waits for a pipeline, and a resumed run needs only its step.

    Each epoch has `num_images // batch_size` steps and takes no image twice;
    what does not fill a batch is left out, and is another part every time.

    Args:
        images: uint8 array of shape `(num_images, height, width, channels)`.
        batch_size: int, at most `num_images`.
        labels: integer array of shape `(num_images,)`, counted from 0, or
            None. With it, `draw` returns pairs. Defaults to `None`.
        value_range: pair of floats. What the pixels 0 and 255 become: the
            range of the generator's output. Defaults to `(-1, 1)`.
        name: str. Defaults to `"images"`.

    Example:

    >>> source = Images(np.zeros((1000, 28, 28, 1), np.uint8), batch_size=64)
    >>> source.draw(seed=0, first_step=0, num_steps=2).shape
    TensorShape([2, 64, 28, 28, 1])
    """

    def __init__(
        self,
        images,
        batch_size,
        labels=None,
        value_range=(-1.0, 1.0),
        name="images",
    ):
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 4:
            raise ValueError(
                "`images` must be a uint8 array of shape (num_images, height, "
                f"width, channels). Received: {images.dtype} of shape "
                f"{images.shape}"
            )
        self.num_images = len(images)
        self.batch_size = check_positive_int("batch_size", batch_size)
        if self.batch_size > self.num_images:
            raise ValueError(
                "`batch_size` must be at most the number of images. Received: "
                f"batch_size={self.batch_size} for {self.num_images} images"
            )
        self.sample_shape = images.shape[1:]
        self.steps_per_epoch = self.num_images // self.batch_size
        self.value_range = pixels.check_value_range(value_range)
        self.name = name
        # Tensors of their own: a program takes them as its inputs, where an
        # array would become a part of the program.
        self._images = tf.constant(images)
        self._labels = None
        self.num_classes = None
        if labels is not None:
            labels = np.asarray(labels)
            _check_labels(labels, self.num_images)
            self._labels = tf.constant(labels, tf.int32)
            self.num_classes = int(labels.max()) + 1

    def draw(self, seed, first_step, num_steps):
        """Draws the batches of a run of steps.

        Args:
            seed: int or scalar integer tensor.
            first_step: int or scalar integer tensor, counted from 0.
            num_steps: int.

        Returns:
            A float32 tensor of shape `(num_steps, batch_size, *sample_shape)`,
            or, where there are labels, the pair of it and an int32 tensor of
            shape `(num_steps, batch_size)`.
        """
        steps = tf.cast(first_step, tf.int64) + np.arange(num_steps)
        epoch = steps // self.steps_per_epoch  # (num_steps,)
        begin = (steps - epoch * self.steps_per_epoch) * self.batch_size
        positions = begin[:, tf.newaxis] + np.arange(self.batch_size)
        index = random.permuted(
            seed, "real", epoch[:, tf.newaxis], positions, self.num_images
        )  # (num_steps, batch)
        samples = pixels.to_samples(
            tf.gather(self._images, index), self.value_range
        )
        if self._labels is None:
            return samples
        return samples, tf.gather(self._labels, index)

    def __repr__(self):
        return (
            f"Images(name={self.name!r}, num_images={self.num_images}, "
            f"sample_shape={tuple(self.sample_shape)}, "
            f"batch_size={self.batch_size}, num_classes={self.num_classes}, "
            f"value_range={self.value_range})"
        )


def _check_labels(labels, num_images):
    if labels.shape != (num_images,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"`labels` must be integers of shape ({num_images},). "
            f"Received: {labels.dtype} of shape {labels.shape}"
        )
    if labels.min() < 0:
        raise ValueError(
            f"`labels` must be counted from 0. Received: {labels.min()}"
        )
