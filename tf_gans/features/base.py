"""Images to features: the first step of every measure that a network takes."""

import hashlib

import numpy as np

from tf_gans.errors import check_positive_int


class Features:
    """A function from images to features that knows which one it is.

    A score is a property of the samples and of the network that looks at them:
    another network, other weights or another rule of resizing give another
    number, so all of them are in the `name`, and a `Score` compares it.

    Args:
        compute: function of a uint8 tensor of images, `(n, height, width,
            channels)`. Returns features, `(n, size)`, or a pair of them and
            the probabilities of classes, `(n, num_classes)`; tensors or arrays.
        name: str. What the network is called.
        digest: str. A hash of its weights: hexadecimal digits, at least 8.
        size: int, the number of features.
        resize: str. How images of other sizes are brought to the network's.
        num_classes: int, or None where there are no probabilities.
        channels: tuple of the numbers of channels that images may have.
            Defaults to `(1, 3)`.
        batch_size: int. How many images are computed at a time. Defaults to
            `128`.

    Attributes:
        name: str that names the network and the first digits of its hash, such
            as `"digits-1f0c2d3e"`.
        digest, size, resize, num_classes: see above.
    """

    def __init__(
        self,
        compute,
        name,
        digest,
        size,
        resize,
        num_classes=None,
        channels=(1, 3),
        batch_size=128,
    ):
        self.name = f"{name}-{digest[:8]}"
        self.digest = digest
        self.size = check_positive_int("size", size)
        self.resize = resize
        self.num_classes = num_classes
        self.channels = tuple(channels)
        self.batch_size = check_positive_int("batch_size", batch_size)
        self._compute = compute

    def __call__(self, images):
        """The features of images.

        Args:
            images: uint8 array of shape `(n, height, width, channels)`.

        Returns:
            A float32 array of shape `(n, size)`.

        Raises:
            ValueError: they are no such images, or a feature is not finite.
        """
        return self.both(images)[0]

    def probabilities(self, images):
        """The probabilities of the classes.

        Args:
            images: see `__call__`.

        Returns:
            A float32 array of shape `(n, num_classes)`, whose rows sum to 1.

        Raises:
            ValueError: as `__call__`, or the network has no classes.
        """
        if not self.num_classes:
            raise ValueError(
                "The features must have classes, for probabilities. "
                f"Received: {self.name}, which has none"
            )
        return self.both(images)[1]

    def both(self, images, each=None):
        """Features and probabilities, computed in one pass.

        Args:
            images: see `__call__`.
            each: function that is called with a number of images whenever as
                many more are done, or None.

        Returns:
            A pair of arrays, as the two methods above return them. The second
            is None where the network has no classes.
        """
        images = self._check(images)
        features = np.empty((len(images), self.size), np.float32)
        classes = self.num_classes and np.empty(
            (len(images), self.num_classes), np.float32
        )
        for first in range(0, len(images), self.batch_size):
            part = slice(first, first + self.batch_size)
            batch = images[part]
            # Whole batches, so that one program is compiled.
            rows = np.arange(min(self.batch_size, len(images))) % len(batch)
            made = self._compute(batch[rows])
            made = made if isinstance(made, (tuple, list)) else (made,)
            count = len(batch)
            features[part] = self._part("features", made[0], self.size, count)
            if classes is not None:
                classes[part] = self._part(
                    "probabilities", made[1], self.num_classes, count
                )
            if each:
                each(count)
        return features, classes

    def _check(self, images):
        images = np.asarray(images)
        if (
            images.dtype != np.uint8
            or images.ndim != 4
            or images.shape[-1] not in self.channels
            or not images.size
        ):
            channels = " or ".join(map(str, self.channels))
            raise ValueError(
                f"`images` must be uint8 of shape (n, height, width, "
                f"{channels}). Received: {images.dtype} of shape {images.shape}"
            )
        return images

    def _part(self, what, values, size, count):
        values = np.asarray(values, np.float32)
        if values.ndim != 2 or len(values) < count or values.shape[1] != size:
            raise ValueError(
                f"{self.name}: the {what} of n images must be of shape "
                f"(n, {size}). Received: shape {values.shape}"
            )
        if not np.isfinite(values[:count]).all():
            raise ValueError(
                f"{self.name}: the {what} must be finite numbers. Received: "
                "NaN or infinity"
            )
        return values[:count]

    def __repr__(self):
        return (
            f"Features(name={self.name!r}, size={self.size}, "
            f"resize={self.resize!r}, num_classes={self.num_classes})"
        )


def digest_of(arrays):
    """The SHA-256 of arrays: of their shapes and their float32 values."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr(tuple(np.shape(array))).encode())
        digest.update(np.ascontiguousarray(array, "<f4").tobytes())
    return digest.hexdigest()


def resized(images, size):
    """Resizes float32 images bilinearly, without anti-aliasing.

    Pixels' centres are half-way between their edges, as TensorFlow 2 has it.
    Images of that size are left as they are.

    Args:
        images: float32 tensor of shape `(n, height, width, channels)`.
        size: int, or a pair: the new height and width.
    """
    import tensorflow as tf

    shape = (size, size) if isinstance(size, int) else tuple(size)
    if tuple(images.shape[1:3]) == shape:
        return images
    return tf.image.resize(images, shape, "bilinear")


def channels_as(images, channels):
    """Makes images grey, by the luma of ITU-R BT.601, or repeats the grey.

    Args:
        images: float tensor of shape `(n, height, width, 1 or 3)`.
        channels: 1 or 3.
    """
    import tensorflow as tf

    if images.shape[-1] == channels:
        return images
    if channels == 3:
        return tf.repeat(images, 3, axis=-1)
    return tf.image.rgb_to_grayscale(images)
