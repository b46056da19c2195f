"""Inversion: the z whose sample is nearest to an image that is given."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_gans import latents as latents_module
from tf_gans.errors import (
    check_choice,
    check_integer,
    check_positive_int,
)
from tf_gans.searching import Objective, compile_search, survey

_NORMS = {"squared": tf.square, "absolute": tf.abs}


class Inversion(NamedTuple):
    """What was found for each of n images.

    Attributes:
        z: float32 array of shape `(n, *latents.shape)`.
        distances: float32 array of shape `(n,)`. The squared distance of the
            sample of z, summed over an image, in the generator's units.
        starts: float32 array of shape `(num_starts, n)`. The distance that was
            found from each start. How much the least of the first few falls
            when there are more says whether there were enough.
        objectives: float32 array of shape `(n,)`. The least value of what was
            minimised: the distance and the penalty.
        path: float32 array of shape `(num_frames, n, *latents.shape)`. Where
            the search that found z was at even steps, from its start to z.
            None where no frames were asked for.
    """

    z: np.ndarray
    distances: np.ndarray
    starts: np.ndarray
    objectives: np.ndarray
    path: np.ndarray | None = None


def find_latents(
    model,
    images,
    latents=None,
    mask=None,
    labels=None,
    penalty=None,
    num_steps=200,
    num_starts=4,
    learning_rate=0.1,
    seed=0,
    batch_size=256,
    jit_compile=False,
    norm="squared",
    observe=None,
    num_frames=0,
    num_candidates=None,
):
    """Finds the z whose sample is nearest to each image.

    Minimises `sum(mask * (observe(G(z)) - x)^2) + penalty(z, G(z))` over z by
    Adam, for many images and from several starts at a time, in one compiled
    program. Where the prior is bounded, z is clipped to its support after each
    step. The best z on the way counts, not the last one.

    The starts are the same for all images, or chosen for each one from
    candidates that are, so that what is found for an image does not depend on
    the others, but for a kernel's roundings. The distance is an upper bound of
    the least one, and falls with more steps, starts and candidates.

    Args:
        model: a generative model, such as `GAN` or `VAE`, whose `sampler` is
            inverted; or a function that TensorFlow can differentiate, from z,
            for a conditional one the pair of z and labels, to samples.
        images: float array of shape `(n, ...)`, in the units of the samples;
            of a model with a `value_range`, within it. Where `observe` is
            given, what it is to make of the samples.
        latents: `tf_gans.latents.Latents`, the prior of z, for a function.
            Defaults to that of the model.
        mask: array of weights, at least 0, that can be broadcast to `images`,
            such as `(height, width, 1)` for one mask or `(n, height, width,
            1)` for one each: 1 counts, 0 does not. Defaults to `None`: all
            counts.
        labels: int array of shape `(n,)`, for a conditional model. Defaults to
            `None`.
        penalty: function from the generator's inputs - z, of shape `(batch,
            *latents.shape)`, for a conditional one the pair of z and labels -
            and its samples to what is added to each one's distance, of shape
            `(batch,)`; for example what a discriminator says of the sample.
            Defaults to `None`.
        num_steps: int. Adam's steps from each start. Defaults to `200`.
        num_starts: int. Defaults to `4`.
        learning_rate: float. Adam's, in the units of z. Defaults to `0.1`.
        seed: int. Of the starts, which are drawn from the prior. Defaults to
            `0`.
        batch_size: int. How many searches are under way at a time, which is
            what takes memory: an image takes `num_starts` of them. Defaults to
            `256`.
        jit_compile: bool. Whether XLA compiles the program, too. Defaults to
            `False`.
        norm: `"squared"` or `"absolute"`. Of which differences a distance is
            the sum. Defaults to `"squared"`.
        observe: function from samples to what is compared with `images`, such
            as their means over blocks. Defaults to `None`: the samples.
        num_frames: int. How many z of the search are kept; see `Inversion`.
            0, or 2 or more. Defaults to `0`.
        num_candidates: int, at least `num_starts`. How many z are drawn from
            the prior; an image's starts are those for which what is minimised
            is least. A candidate's sample is made once for all images, so
            that candidates are much cheaper than steps. Defaults to `None`:
            the starts are as they are drawn.

    Returns:
        An `Inversion`.

    Raises:
        ValueError: an argument is not what it should be.

    Example:

    >>> gan = keras.saving.load_model("gan.keras")
    >>> found = find_latents(gan, images)  # float32, in gan.value_range
    >>> nearest = gan(found.z)

    Reference:
    - [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), section 5: the
      recall; neither optimiser nor steps are published
    - [Metz et al., 2017](https://arxiv.org/abs/1611.02163), section 3.4:
      inference via optimisation, as a measure of what a generator can make
    """
    for name, value in (
        ("num_steps", num_steps),
        ("num_starts", num_starts),
        ("batch_size", batch_size),
    ):
        check_positive_int(name, value)
    check_integer("seed", seed)
    if not 0 < learning_rate < np.inf:
        raise ValueError(
            "`learning_rate` must be finite and above 0. "
            f"Received: learning_rate={learning_rate}"
        )
    check_choice("norm", norm, tuple(_NORMS))
    check_integer("num_frames", num_frames, least=0)
    if num_frames == 1:
        raise ValueError(
            "`num_frames` must be 0, or 2 or more. "
            f"Received: num_frames={num_frames}"
        )
    if num_candidates is None:
        num_candidates, is_chosen = num_starts, False
    else:
        check_integer("num_candidates", num_candidates, least=num_starts)
        is_chosen = True
    generator, latents = _generator(model, latents)
    images = _check_images(images, getattr(model, "value_range", None))
    mask = _check_mask(mask, images.shape)
    labels = _check_labels(labels, len(images), model)
    drawn = latents.draw(seed, "inversion", 0, 1, num_candidates)[0].numpy()
    support = getattr(latents, "support", None)
    objective = Objective(generator, observe, _NORMS[norm], penalty)
    search = compile_search(
        objective, support, learning_rate, num_frames, jit_compile
    )
    _check_generator(generator, observe, drawn, labels, images.shape[1:])
    starts = drawn[:, np.newaxis]  # by start, and by image or of all
    if is_chosen:
        values = survey(objective, drawn, images, mask, labels, batch_size)
        starts = drawn[np.argsort(values, axis=0, kind="stable")[:num_starts]]

    # Search number s n + i is that of image i from start s.
    count = len(images)
    total = num_starts * count
    found_z = np.empty((total, *latents.shape), np.float32)
    found = np.empty((2, total), np.float32)  # what is minimised, distances
    paths = np.empty((num_frames, total, *latents.shape), np.float32)
    size = min(batch_size, total)
    for first in range(0, total, size):
        # The last batch is filled up, so that one program is compiled.
        numbers = np.arange(first, first + size) % total
        kept = min(size, total - first)
        i = numbers % count
        z, *values, path = search(
            tf.constant(starts[numbers // count, i % starts.shape[1]]),
            tf.constant(images[i]),
            None if mask is None else tf.constant(mask[i % len(mask)]),
            None if labels is None else tf.constant(labels[i]),
            tf.constant(num_steps),
        )
        found_z[first : first + kept] = z.numpy()[:kept]
        for row, value in zip(found, values, strict=True):
            row[first : first + kept] = value.numpy()[:kept]
        if num_frames:
            paths[:-1, first : first + kept] = path.numpy()[:, :kept]
    values, distances = found.reshape(2, num_starts, count)
    rows = np.argmin(values, axis=0), np.arange(count)
    # What is NaN is never the best.
    if np.isinf(values[rows]).any():
        raise ValueError(
            "`model` must make finite samples. Received: NaN or Inf from each "
            "start"
        )
    z = found_z.reshape(num_starts, count, *latents.shape)[rows]
    if num_frames:
        paths[-1] = found_z
        paths = paths.reshape(num_frames, num_starts, count, *latents.shape)
        paths = paths[:, *rows]
    return Inversion(
        *(z, distances[rows], distances, values[rows]),
        paths if num_frames else None,
    )


# What is given ----------------------------------------------------------------


def _generator(model, latents):
    """The function to invert, and the prior."""
    if hasattr(model, "sampler") and hasattr(model, "latents"):
        sampler = model.sampler

        def generator(inputs):
            return sampler(inputs, training=False)

        return generator, latents_module.get(latents or model.latents)
    if not callable(model):
        raise ValueError(
            "`model` must be a generative model, or a function from z to "
            f"samples. Received: {model!r}"
        )
    if latents is None:
        raise ValueError(
            "`latents` must be given for a function, which has no prior."
        )
    return model, latents_module.get(latents)


def _check_images(images, value_range):
    images = np.asarray(images)
    if images.ndim < 2 or not images.size:
        raise ValueError(
            "`images` must be of shape (n, ...), with n of at least 1. "
            f"Received: images of shape {images.shape}"
        )
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(
            "`images` must be floats in the units of the samples; see "
            "`tf_gans.pixels.to_samples`. "
            f"Received: images of dtype {images.dtype}"
        )
    if not np.isfinite(images).all():
        raise ValueError("`images` must be finite. Received: NaN or Inf")
    if value_range is not None:
        low, high = value_range
        least, most = images.min(), images.max()
        slack = 1e-5 * (high - low)
        if least < low - slack or most > high + slack:
            raise ValueError(
                f"`images` must lie in the model's range, from {low:g} to "
                f"{high:g}. Received: values from {least:g} to {most:g}"
            )
    return images.astype(np.float32)


def _check_mask(mask, shape):
    """The mask with an axis of images in front: one for each, or for all."""
    if mask is None:
        return None
    mask = np.asarray(mask, np.float32)
    try:
        is_fitting = np.broadcast_shapes(mask.shape, shape) == shape
    except ValueError:
        is_fitting = False
    if not is_fitting:
        raise ValueError(
            f"`mask` must be of a shape that can be broadcast to {shape}. "
            f"Received: mask of shape {mask.shape}"
        )
    if not (np.isfinite(mask) & (mask >= 0)).all():
        raise ValueError(
            "`mask` must hold finite weights of at least 0. Received: values "
            f"from {mask.min():g} to {mask.max():g}"
        )
    mask = mask.reshape((1,) * (len(shape) - mask.ndim) + mask.shape)
    if not mask.any(axis=tuple(range(1, mask.ndim))).all():
        raise ValueError(
            "`mask` must leave something of each image. Received: only zeros"
        )
    return mask


def _check_labels(labels, count, model):
    num_classes = getattr(model, "num_classes", None)
    if labels is None:
        if num_classes:
            raise ValueError(
                "`labels` must be given for a conditional model, one of "
                f"{num_classes} for each image."
            )
        return None
    if not num_classes and hasattr(model, "sampler"):
        raise ValueError(
            "`labels` are for conditional models, and this one is not."
        )
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"`labels` must be integers of shape ({count},). "
            f"Received: {labels.dtype} of shape {labels.shape}"
        )
    if num_classes and (labels.min() < 0 or labels.max() >= num_classes):
        raise ValueError(
            f"`labels` must lie from 0 to {num_classes - 1}. "
            f"Received: labels from {labels.min()} to {labels.max()}"
        )
    return labels.astype(np.int32)


def _check_generator(generator, observe, starts, labels, shape):
    """Raises where its samples have another shape, or no derivative."""
    z = tf.constant(starts[:1])
    inputs = z if labels is None else (z, tf.constant(labels[:1]))
    with tf.GradientTape() as tape:
        tape.watch(z)
        samples = generator(inputs)
        if observe is not None:
            samples = observe(tf.cast(samples, tf.float32))
    allowed = tuple(samples.shape[1:])
    if shape != allowed:
        raise ValueError(
            f"`images` must be of the samples' shape, {allowed}. "
            f"Received: images of shape {shape}"
        )
    try:
        gradient = tape.gradient(samples, z)
    except LookupError:  # an operation without a gradient
        gradient = None
    if gradient is None:
        raise ValueError(
            "`model` must be differentiable by TensorFlow from z to samples. "
            "Received: samples without a gradient"
        )
