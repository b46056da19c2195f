"""Samples beside the training images that are nearest to them."""

import numpy as np

from tf_gans.plotting.images import labelled_grid


def neighbours_grid(samples, references, indices, distances=None, scale=1):
    """Places samples in the left column, each one's neighbours right of it.

    A sample that has been learned by heart is seen at once. `indices` and
    `distances` are those of `tf_gans.metrics.nearest_neighbours`.

    Args:
        samples: uint8 array of shape `(n, height, width, channels)`.
        references: uint8 array of shape `(m, height, width, channels)`, the
            training images.
        indices: int array of shape `(n, k)`, into the references, the nearest
            first.
        distances: array of shape `(n, k)`, written below the images, or None.
            Defaults to `None`.
        scale: int. Each pixel becomes a square of this side. Defaults to `1`.

    Returns:
        A uint8 array of shape `(height, width, 3)`.

    Raises:
        ValueError: the shapes do not belong together, or an index is none.

    Example:

    >>> distances, indices = tf_gans.metrics.nearest_neighbours(
    ...     samples, train, k=5
    ... )
    >>> write_png("nearest.png", neighbours_grid(samples, train, indices))
    """
    samples, references = np.asarray(samples), np.asarray(references)
    indices = np.asarray(indices)
    _check(samples, references, indices, distances)
    images = np.concatenate([samples[:, None], references[indices]], axis=1)
    columns = images.shape[1]
    captions = []
    if distances is not None:
        for row in np.asarray(distances):
            captions += ["", *map(_digits, row)]
    return labelled_grid(
        images.reshape(-1, *samples.shape[1:]),
        columns,
        scale,
        heads=["sample", "nearest", *map(str, range(2, columns))],
        captions=captions,
    )


def _digits(distance):
    return f"{distance:.0f}" if distance >= 100 else f"{distance:.3g}"


def _check(samples, references, indices, distances):
    if samples.ndim != 4 or samples.shape[1:] != references.shape[1:]:
        raise ValueError(
            "`samples` and `references` must be images of the same shape. "
            f"Received: {samples.shape} and {references.shape}"
        )
    if (
        indices.dtype.kind not in "iu"
        or indices.ndim != 2
        or not indices.size
        or len(indices) != len(samples)
        or indices.min() < 0
        or indices.max() >= len(references)
    ):
        raise ValueError(
            f"`indices` must be integers of shape ({len(samples)}, k), from 0 "
            f"to {len(references) - 1}. "
            f"Received: {indices.dtype} of shape {indices.shape}"
        )
    if distances is not None and np.shape(distances) != indices.shape:
        raise ValueError(
            "`distances` must have the shape of `indices`, "
            f"{indices.shape}. Received: {np.shape(distances)}"
        )
