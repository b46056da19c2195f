"""Precision, recall and F1 where the manifold of the images is known.

Two sets of squared distances go in, summed over pixels in [0, 1]:

- of generated images to the manifold, for the precision:
  `metrics.triangles.nearest_triangles(fake).distances`;
- of real images that were not trained on to the nearest image that the
  generator makes, for the recall: `tf_gans.inversion.find_latents`, whose
  distances are in the generator's range.
"""

from typing import NamedTuple

import numpy as np

from tf_gans.metrics import triangles

DELTA = 0.75


class ManifoldScores(NamedTuple):
    """Precision, recall and their harmonic mean: floats, or arrays of them.

    Higher is better; the best is 1.
    """

    precision: float | np.ndarray
    recall: float | np.ndarray
    f1: float | np.ndarray


def manifold_scores(real_distances, fake_distances, delta=DELTA):
    """Counts how many images are near the other ones' manifold.

    - precision: the share of generated images whose distance to the manifold
      is below delta;
    - recall: the share of real images whose distance to the generator's
      nearest image is below delta. That image was searched for, so the recall
      is a lower bound, which grows with the search;
    - F1: `2 p r / (p + r)`, and 0 where both are.

    The paper has delta 0.75 and 1024 images of each kind. One delta tells
    little, so give an array of them for the whole curve. A model that has
    learned a set by heart has a precision of 1, too, and the recall of
    `memorised_distances`, which belongs beside every score.

    Args:
        real_distances: array of shape `(n,)`. Squared distances.
        fake_distances: array of shape `(m,)`. Squared distances.
        delta: float, or array of any shape. Defaults to `0.75`.

    Returns:
        `ManifoldScores`: floats, or arrays of the shape of `delta`.

    Reference:
    - [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), section 5
    """
    delta = np.asarray(delta, np.float64)
    if delta.size == 0 or not (np.isfinite(delta) & (delta > 0)).all():
        raise ValueError(
            f"`delta` must be finite and above 0. Received: delta={delta}"
        )
    recall = _share_below("real_distances", real_distances, delta)
    precision = _share_below("fake_distances", fake_distances, delta)
    both = precision + recall
    f1 = 2 * precision * recall / np.where(both > 0, both, 1)
    if delta.ndim == 0:
        return ManifoldScores(float(precision), float(recall), float(f1))
    return ManifoldScores(precision, recall, f1)


def memorised_distances(real, stored):
    """How far real images are from the nearest of stored ones.

    The recall of a model that does nothing but give `stored` back, which are
    training images; in the place of `real_distances`, it is the baseline of
    `manifold_scores`. A set of 60,000 triangles is so dense that 99 % of the
    test images are below 0.75.

    Args:
        real: images that are not among the stored ones; see
            `triangles.nearest_triangles`.
        stored: images.

    Returns:
        A float64 array of shape `(n,)`. Squared distances.
    """
    real, stored = (
        triangles.check_images(name, images).reshape(-1, triangles.NUM_PIXELS)
        for name, images in (("real", real), ("stored", stored))
    )
    if not len(stored):
        raise ValueError("`stored` must hold images. Received: none")
    return triangles.nearest_distances(real, stored)


def _share_below(name, distances, delta):
    distances = np.asarray(distances, np.float64)
    if distances.ndim != 1 or not distances.size:
        raise ValueError(
            f"`{name}` must be of shape (n,), with n of at least 1. "
            f"Received: {name} of shape {distances.shape}"
        )
    if not (np.isfinite(distances) & (distances >= 0)).all():
        raise ValueError(
            f"`{name}` must be squared distances: finite, and at least 0. "
            f"Received: values from {distances.min()} to {distances.max()}"
        )
    below = np.searchsorted(np.sort(distances), delta, side="left")
    return below / distances.size
