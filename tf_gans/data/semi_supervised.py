"""Images of which few have labels, as a source of batches."""

import numpy as np
import tensorflow as tf

from tf_gans import pixels, random
from tf_gans.data.source import Source
from tf_gans.errors import check_choice, check_integer, check_positive_int


class SemiSupervised(Source):
    """Batches of labelled images, and of images whose labels are not shown.

    The labelled images are as many of each class, taken at random: which ones
    is a function of `seed` alone, so the subsets of seeds 0, 1, ... are those
    of every training. A step has a batch of them, with their labels, and two
    batches of the others. Each goes through its images in random orders, an
    epoch after the other, and takes none twice in one; where the labelled
    images are fewer than a batch, it has several of their epochs.

    Args:
        images: uint8 array of shape `(num_images, height, width, channels)`.
        labels: integer array of shape `(num_images,)`, counted from 0, each
            class of them with an image.
        num_labelled: int. A multiple of the number of classes.
        batch_size: int. Of each of the batches.
        seed: int, at least 0. Which images are labelled. Defaults to `0`.
        unlabelled: `"all"`, so that the labelled images are among them without
            their labels, as in the paper's program, or `"rest"`, as in the
            book's. Defaults to `"all"`.
        value_range: pair of floats. What the pixels 0 and 255 become: the
            range of the generator's output. Defaults to `(-1, 1)`.
        name: str. Defaults to `"images"`.

    Raises:
        ValueError: a class has not as many images, or the number of classes
            does not divide that of labels.

    Example:

    >>> source = SemiSupervised(images, labels, num_labelled=100, batch_size=64)
    >>> labelled, numbers, unlabelled, others = source.draw(0, 0, 10)
    >>> unlabelled.shape
    TensorShape([10, 64, 28, 28, 1])

    Reference:
    - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498);
      train_mnist_feature_matching.py of
      https://github.com/openai/improved-gan, lines 96-136
    """

    def __init__(
        self,
        images,
        labels,
        num_labelled,
        batch_size,
        seed=0,
        unlabelled="all",
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
        self.batch_size = check_positive_int("batch_size", batch_size)
        check_choice("unlabelled", unlabelled, ("all", "rest"))
        index = labelled_subset(labels, num_labelled, seed)
        labels = np.asarray(labels)
        if len(labels) != len(images):
            raise ValueError(
                "`labels` must be one an image. "
                f"Received: {len(labels)} for {len(images)} images"
            )
        self.labelled_index = index
        self.num_images = len(images)
        self.num_labelled = len(index)
        self.num_classes = int(labels.max()) + 1
        self.unlabelled = unlabelled
        self.sample_shape = images.shape[1:]
        self.value_range = pixels.check_value_range(value_range)
        self.name = name
        self._labelled = tf.constant(images[index])
        self._labels = tf.constant(labels[index], tf.int32)
        if unlabelled == "rest":
            images = np.delete(images, index, axis=0)
        self.num_unlabelled = len(images)
        self.steps_per_epoch = self.num_unlabelled // self.batch_size
        if not self.steps_per_epoch:
            raise ValueError(
                "`batch_size` must be at most the number of unlabelled images. "
                f"Received: batch_size={batch_size} for {len(images)} images"
            )
        self._unlabelled = tf.constant(images)

    def draw(self, seed, first_step, num_steps):
        """Draws the batches of a run of steps.

        Args:
            seed: int or scalar integer tensor. It orders the images; which
                ones have labels does not depend on it.
            first_step: int or scalar integer tensor, counted from 0.
            num_steps: int.

        Returns:
            Four tensors: the labelled images, float32 of shape `(num_steps,
            batch_size, *sample_shape)`; their labels, int32 of shape
            `(num_steps, batch_size)`; and two batches of unlabelled images,
            of the labelled ones' shape.
        """
        steps = tf.cast(first_step, tf.int64) + np.arange(num_steps)
        rows = np.arange(self.batch_size)
        # One epoch of the labelled images goes on in the batch that the last
        # one has ended in.
        place = steps[:, tf.newaxis] * self.batch_size + rows
        epoch = place // self.num_labelled
        labelled = random.permuted(
            *(seed, "labelled", epoch),
            *(place - epoch * self.num_labelled, self.num_labelled),
        )
        epoch = steps // self.steps_per_epoch
        begin = (steps - epoch * self.steps_per_epoch) * self.batch_size
        place = begin[:, tf.newaxis] + rows
        first, second = (
            random.permuted(
                *(seed, stream, epoch[:, tf.newaxis]),
                *(place, self.num_unlabelled),
            )
            for stream in ("unlabelled", "matched")
        )
        return (
            self._samples(self._labelled, labelled),
            tf.gather(self._labels, labelled),
            self._samples(self._unlabelled, first),
            self._samples(self._unlabelled, second),
        )

    def _samples(self, images, index):
        return pixels.to_samples(tf.gather(images, index), self.value_range)

    def __repr__(self):
        return (
            f"SemiSupervised(name={self.name!r}, num_images={self.num_images}, "
            f"num_labelled={self.num_labelled}, "
            f"num_classes={self.num_classes}, "
            f"sample_shape={tuple(self.sample_shape)}, "
            f"batch_size={self.batch_size}, value_range={self.value_range})"
        )


def labelled_subset(labels, num_labelled, seed=0):
    """Takes as many of each class, at random.

    Args:
        labels: integer array of shape `(num_images,)`, counted from 0.
        num_labelled: int. A multiple of the number of classes.
        seed: int, at least 0. Which ones.

    Returns:
        An int64 array of shape `(num_labelled,)`: their places, class by
        class.

    Raises:
        ValueError: it cannot be balanced.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
        raise ValueError(
            "`labels` must be integers, one an image. "
            f"Received: {labels.dtype} of shape {labels.shape}"
        )
    if labels.min() < 0:
        raise ValueError(
            f"`labels` must be counted from 0. Received: {labels.min()}"
        )
    num_labelled = check_positive_int("num_labelled", num_labelled)
    check_integer("seed", seed, least=0)
    counts = np.bincount(labels)
    each, left = divmod(num_labelled, len(counts))
    if left or not each:
        nearest = max(1, each) * len(counts)
        raise ValueError(
            f"`num_labelled` must be a multiple of the {len(counts)} classes, "
            f"as many labels of each, such as {nearest}. "
            f"Received: num_labelled={num_labelled}"
        )
    if counts.min() < each:
        raise ValueError(
            f"`num_labelled` must leave each class enough images: {each} of "
            f"each, and class {counts.argmin()} has {counts.min()}. "
            f"Received: num_labelled={num_labelled}"
        )
    order = np.random.default_rng(seed).permutation(len(labels))
    return np.concatenate(
        [order[labels[order] == k][:each] for k in range(len(counts))]
    )
