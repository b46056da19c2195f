"""A trained generator, from seeds to z and from z to pixels."""

import numpy as np

BATCH_SIZE = 64


class Sampler:
    """A trained generator, from seeds to z and from z to samples or pixels.

    The generator is always given whole batches of `batch_size`; the last one
    is filled up with z that it has already, and what comes of them is left
    out. So one program is compiled, and the first images do not depend on how
    many follow. In another place of a batch, or in a batch of another size, a
    kernel may round differently: by some 1e-6 of the value range, which moves
    a pixel by one grey level at most, and very few of them.

    Args:
        generator: called with z, `(batch, *latents.shape)`, and labels,
            `(batch,)` or None, arrays or tensors, returns samples.
        latents: `tf_gans.latents.Latents`. The prior of z.
        sample_shape: tuple of ints; of images, `(height, width, channels)`.
        value_range: pair of floats: the values of black and of white. None
            if the samples are not images.
        num_classes: int, or None if the model is not conditional.
        batch_size: int.
        classes: sequence of str, the names of the classes, or None.
        about: dict of what is known of the samples, or None; see
            `tf_gans.provenance.comment`.
        judge: what `tf_gans.completion.judge_of` returns. Defaults to `None`.

    Attributes:
        generator, latents, sample_shape, value_range, num_classes, batch_size,
        judge: see above.
        about: dict of what is known of the samples.
        classes: list of str, which are numbers where the classes have no
            names. Empty if the model is not conditional.
    """

    def __init__(
        self,
        generator,
        latents,
        sample_shape,
        value_range,
        num_classes=None,
        batch_size=BATCH_SIZE,
        classes=None,
        about=None,
        judge=None,
    ):
        import tensorflow as tf

        self.latents = latents
        self.sample_shape = tuple(sample_shape)
        self.value_range = value_range and tuple(value_range)
        self.num_classes = num_classes
        self.classes = list(classes or map(str, range(num_classes or 0)))
        self.batch_size = batch_size
        self.about = {"generated": True, **(about or {})}
        self.generator = generator
        self.judge = judge
        self._draw_each = tf.function(
            latents.draw_each,
            input_signature=[tf.TensorSpec((None,), tf.int64)],
            autograph=False,
        )

    def draw_each(self, seeds):
        """Draws one z for each seed, whatever the other seeds are.

        Args:
            seeds: int64 array of shape `(n,)`.

        Returns:
            A float32 array of shape `(n, *latents.shape)`.
        """
        return self._draw_each(np.asarray(seeds, np.int64)).numpy()

    def images(self, z, labels=None):
        """Makes images.

        Args:
            z: float32 array of shape `(n, *latents.shape)`.
            labels: int array of shape `(n,)`, for a conditional model.
                Defaults to 0, 1, 2 and so on in turn.

        Returns:
            A uint8 array of shape `(n, *sample_shape)`.
        """
        if self.value_range is None:
            raise ValueError(
                "The samples must be images, and have a `value_range`. "
                f"Received: samples of shape {self.sample_shape}"
            )
        from tf_gans.pixels import to_pixels

        return self._make(
            z,
            labels,
            np.uint8,
            lambda samples: to_pixels(samples, self.value_range),
        )

    def samples(self, z, labels=None):
        """Makes samples in the data's own units; of images, in their range.

        Args:
            z, labels: see `images`.

        Returns:
            A float32 array of shape `(n, *sample_shape)`.
        """
        return self._make(z, labels, np.float32, lambda samples: samples)

    def _make(self, z, labels, dtype, convert):
        z = np.asarray(z, np.float32)
        if z.shape[1:] != self.latents.shape:
            raise ValueError(
                f"`z` must be of shape (n, *{self.latents.shape}). "
                f"Received: z of shape {z.shape}"
            )
        if labels is None and self.num_classes:
            labels = np.arange(len(z)) % self.num_classes
        if labels is not None:
            labels = self._check_labels(labels, len(z))
        made = np.empty((len(z), *self.sample_shape), dtype)
        for first in range(0, len(z), self.batch_size):
            part = slice(first, first + self.batch_size)
            samples = self._batch(
                z[part], None if labels is None else labels[part]
            )
            made[part] = convert(samples)
        return made

    def _check_labels(self, labels, count):
        labels = np.asarray(labels, np.int32)
        if not self.num_classes:
            raise ValueError(
                "`labels` are for conditional models, and this one is not."
            )
        if labels.shape != (count,):
            raise ValueError(
                f"`labels` must be of shape {(count,)}. "
                f"Received: labels of shape {labels.shape}"
            )
        outside = labels[(labels < 0) | (labels >= self.num_classes)]
        if outside.size:
            raise ValueError(
                f"`labels` must lie from 0 to {self.num_classes - 1}. "
                f"Received: {outside[0]}"
            )
        return labels

    def _batch(self, z, labels):
        rows = np.arange(self.batch_size) % len(z)
        samples = self.generator(
            z[rows], None if labels is None else labels[rows]
        )
        return samples.numpy()[: len(z)]
