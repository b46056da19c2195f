"""Completion: the part of an image that is not known, by a trained generator.

What is known of an image is an observation: some of its pixels (`Masked`), or
the means of its blocks (`BlockMeans`). The generator's sample that fits the
observation best, and that the discriminator finds real, says the rest.

References:
- [Yeh et al., 2017](https://arxiv.org/abs/1607.07539): the weighted context
  loss, the prior loss, the blending
- bamos/dcgan-completion.tensorflow, model.py, lines 132-143 and 268-292: the
  same without weights; low resolution
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_gans import layers
from tf_gans.errors import check_positive_int
from tf_gans.inversion import find_latents
from tf_gans.masks import check_mask, context_weights, poisson_blend


class Completion(NamedTuple):
    """What was found for each of n images.

    Attributes:
        z: float32 array of shape `(n, *latents.shape)`.
        labels: int32 array of shape `(n,)`, or None if there are none.
        samples: float32 array of shape `(n, height, width, channels)`. What
            the generator makes of z.
        completed: float32 array of the same shape. The samples, and the known
            pixels in their places.
        objectives: float32 array of shape `(n,)`. The least value of what was
            minimised.
        path: float32 array of shape `(num_frames, n, *latents.shape)`, or
            None; see `tf_gans.inversion.Inversion`.
    """

    z: np.ndarray
    labels: np.ndarray | None
    samples: np.ndarray
    completed: np.ndarray
    objectives: np.ndarray
    path: np.ndarray | None


# What is known ----------------------------------------------------------------


class Masked:
    """Some pixels of an image.

    Args:
        known: bool array of shape `(height, width)`; see
            `tf_gans.masks.make_mask`.

    Attributes:
        known: see above.
        hole: the opposite.
    """

    observe = None  # samples are compared as they are

    def __init__(self, known):
        self.known = check_mask(known)
        self.hole = ~self.known

    def see(self, images):
        """The images with 0 in the hole, of whose content nothing is left."""
        return np.where(self.known[..., None], images, np.zeros_like(images))

    def weights(self, window):
        """The weights of pixels; see `masks.context_weights`."""
        if window is None:
            return self.known[..., None].astype(np.float32)
        return context_weights(self.known, window)[..., None]

    def fill(self, images):
        """The images with the mean of their known pixels in the hole."""
        known = self.known[..., None]
        mean = np.mean(images, axis=(1, 2), keepdims=True, where=known)
        return self.paste(images, mean)

    def show(self, images, grey):
        """What is known of the images, with a grey hole."""
        return self.paste(images, grey)

    def paste(self, images, samples):
        """The samples in the hole of the images."""
        return np.where(self.known[..., None], images, samples)

    def blend(self, images, samples):
        """The samples without a seam; see `masks.poisson_blend`."""
        return poisson_blend(images, samples, self.known)


class BlockMeans:
    """The means of an image's square blocks, as one of low resolution has them.

    Args:
        block: int. The side of a block, in pixels.
        height, width: ints. Of the images; multiples of `block`.

    Attributes:
        block: see above.
        hole: bool array of shape `(height, width)`: no pixel is known.
    """

    def __init__(self, block, height, width):
        self.block = check_positive_int("block", block)
        if height % block or width % block or block < 2:
            raise ValueError(
                "`block` must be 2 or more, and divide the height and the "
                f"width. Received: {block} for {height}x{width}"
            )
        self.hole = np.ones((height, width), bool)

    def observe(self, samples):
        """The means of a tensor's blocks."""
        return tf.nn.avg_pool2d(samples, self.block, self.block, "VALID")

    def see(self, images):
        """The means of an array's blocks."""
        count, height, width, channels = images.shape
        down, across = height // self.block, width // self.block
        shape = (count, down, self.block, across, self.block, channels)
        return images.reshape(shape).mean(axis=(2, 4), dtype=np.float32)

    def weights(self, window):
        """All alike: None."""

    def fill(self, images):
        """The images with each block's mean in its place."""
        return self._enlarge(self.see(images))

    def show(self, images, grey):
        """What is known of the images."""
        return self.fill(images)

    def paste(self, images, samples):
        """The samples, as no pixel is known."""
        return samples

    def blend(self, images, samples):
        """The samples, moved in each block to the mean that is known."""
        return samples + self._enlarge(self.see(images) - self.see(samples))

    def _enlarge(self, means):
        return means.repeat(self.block, axis=1).repeat(self.block, axis=2)


# The search -------------------------------------------------------------------


def complete(
    model,
    images,
    observation,
    latents=None,
    labels=None,
    num_classes=None,
    judge=None,
    prior_weight=0.003,
    window=7,
    **options,
):
    """Completes images.

    Minimises over z the context loss, the weighted sum of the absolute
    differences between what is observed of G(z) and of the image, and
    `prior_weight log(1 - D(G(z)))`. All images are searched for at a time; see
    `find_latents`. What is found for an image does not depend on the others.

    Args:
        model, latents: see `find_latents`.
        images: float array of shape `(n, height, width, channels)`, in the
            units of the samples. What lies in the hole may be anything finite.
        observation: `Masked` or `BlockMeans`.
        labels: int array of shape `(n,)`. Defaults to `None`: for a conditional
            model, all classes are tried and the best one counts.
        num_classes: int, for a conditional function. Defaults to that of the
            model.
        judge: function from samples and labels, which are None where there
            are none, to the logits of the probability of real, of shape
            `(batch,)`. Defaults to `judge_of(model)`.
        prior_weight: float, at least 0. The paper's, by default, is `0.003`;
            bamos/dcgan-completion.tensorflow has 0.1.
        window: int, odd, see `tf_gans.masks.context_weights`; or None, where
            all known pixels count alike. Defaults to `7`.
        **options: `num_steps`, `num_starts`, `learning_rate`, `seed`,
            `batch_size`, `jit_compile`, `num_frames` and `num_candidates` of
            `find_latents`.

    Returns:
        A `Completion`.

    Raises:
        ValueError: an argument is not what it should be.

    Example:

    >>> observation = Masked(masks.make_mask("center", 28, 28))
    >>> found = complete(gan, images, observation)
    >>> blended = observation.blend(images, found.samples)
    """
    images = np.asarray(images, np.float32)
    if images.shape[1:3] != observation.hole.shape:
        raise ValueError(
            f"`images` must be of the mask's size, {observation.hole.shape}. "
            f"Received: images of shape {images.shape}"
        )
    if not 0 <= prior_weight < np.inf:
        raise ValueError(
            "`prior_weight` must be finite and at least 0. "
            f"Received: prior_weight={prior_weight}"
        )
    judge = judge or judge_of(model)
    num_classes = num_classes or getattr(model, "num_classes", None)
    is_searched = labels is None and bool(num_classes)
    times, tried = 1, labels
    if is_searched:
        times = num_classes
        tried = np.repeat(np.arange(num_classes), len(images))

    def prior_loss(inputs, samples):
        its_labels = inputs[1] if tried is not None else None
        # log(1 - D) of the logit of D.
        return -prior_weight * tf.nn.softplus(judge(samples, its_labels))

    seen = observation.see(images)
    found = find_latents(
        model,
        np.tile(seen, (times, 1, 1, 1)),
        latents,
        mask=observation.weights(window),
        labels=tried,
        penalty=prior_loss if judge and prior_weight else None,
        norm="absolute",
        observe=observation.observe,
        **options,
    )
    objectives = found.objectives.reshape(times, len(images))
    rows = np.argmin(objectives, axis=0) * len(images) + np.arange(len(images))
    z = found.z[rows]
    if is_searched:
        labels = tried[rows].astype(np.int32)
    samples = _samples(model, z, labels, options.get("batch_size", 256))
    return Completion(
        *(z, labels, samples, observation.paste(images, samples)),
        found.objectives[rows],
        None if found.path is None else found.path[:, rows],
    )


def judge_of(model):
    """What a model's discriminator says of samples, for `complete`.

    Args:
        model: what `complete` takes.

    Returns:
        A function from samples and labels to logits; or None where there is
        none: the model has no discriminator, its discriminator gives no
        probability, or judges a sample by the others of its batch.
    """
    output = getattr(model, "discriminator_output", None)
    if output is None or output.name != "probability":
        return None
    if layers.sees_batch(model.discriminator):
        return None
    discriminate = model.signatures()["discriminate"]

    def judge(samples, labels):
        # There are models of labels whose discriminator is not told any.
        rows = (samples, labels) if model.judged_classes else samples
        return tf.reshape(discriminate(rows)["logits"], [-1])

    return judge


def _samples(model, z, labels, batch_size):
    generator = getattr(model, "sampler", model)
    made = []
    for first in range(0, len(z), batch_size):
        part = slice(first, first + batch_size)
        inputs = tf.constant(z[part])
        if labels is not None:
            inputs = inputs, tf.constant(labels[part], tf.int32)
        if generator is model:
            samples = generator(inputs)
        else:
            samples = generator(inputs, training=False)
        made.append(tf.cast(samples, tf.float32).numpy())
    return np.concatenate(made)
