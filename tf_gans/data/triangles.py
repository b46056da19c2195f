"""Triangles: images whose manifold is known, drawn here and not downloaded."""

import numpy as np

from tf_gans.errors import check_positive_int

_SUB = 8  # a pixel's grey is counted on a grid of 8 by 8 points
_SHIFT = 3  # of a pixel's grid: from 3 points before its corner to 4 after
_CHUNK = 128  # images; the arrays of a chunk fit a processor's cache


def draw_triangles(num_images=60_000, seed=0, size=28):
    """Draws the images of triangles of "Are GANs created equal?".

    One black triangle on white: three angles on a circle whose diameter is 3/4
    of the image, one from each third, and the triangle's centre of mass in the
    image's centre. Anti-aliased: 65 grey levels.

    The published program has two quirks, and they are kept, because numbers
    can be compared only on the same distribution:

    - The turn of the whole triangle, meant to be any, is of 0 to 6.28 degrees,
      because radians are converted to radians. The manifold's dimension is
      therefore 3 rather than 4.
    - The gap between two corners, seen from the circle's centre and meant to
      be at least 20 degrees, is at least 10, because a third loses half of the
      gap on one side, not on both.

    With 28 pixels, they are the images that the published program draws for
    the same number and seed. The paper trains on 60,000.

    Args:
        num_images: int. Defaults to `60000`.
        seed: int. Defaults to `0`.
        size: int. Height and width in pixels. The triangle grows with them.
            Defaults to `28`.

    Returns:
        A uint8 array of shape `(num_images, size, size, 1)`: 0 is black.

    Reference:
    - [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), section 4
    - [google/compare_gan, colabs/Convex_Polygons_Dataset.ipynb](
      https://github.com/google/compare_gan)
    """
    num_images = check_positive_int("num_images", num_images)
    size = check_positive_int("size", size)
    corners = _draw_corners(num_images, seed) * (0.75 * size)
    corners += size / 2 - corners.mean(axis=1, keepdims=True)
    greys = np.round(255 / _SUB**2 * np.arange(_SUB**2, -1, -1))
    greys = greys.astype(np.uint8)
    images = np.empty((num_images, size, size, 1), np.uint8)
    for i in range(0, num_images, _CHUNK):
        part = slice(i, i + _CHUNK)
        images[part, ..., 0] = greys[_count_black(corners[part], size)]
    return images


def _draw_corners(num_images, seed):
    """Corners in a circle of diameter 1: `(num_images, 3, 2)`, (row, column).

    They are in anti-clockwise order if rows are x and columns y.
    """
    # The published program's generator, whose numbers never change.
    generator = np.random.RandomState(seed)
    u = generator.rand(num_images, 4)
    u = u[generator.permutation(num_images)]
    angles = np.radians(120 * np.arange(3) + 10 + 110 * u[:, :3])
    row, column = np.cos(angles) / 2, np.sin(angles) / 2
    turn = np.radians(2 * np.pi * u[:, 3:])  # radians, taken for degrees
    cos, sin = np.cos(turn), np.sin(turn)
    return np.stack([row * cos + column * sin, column * cos - row * sin], -1)


def _count_black(corners, size):
    """How many points of each pixel's grid lie within its triangle.

    The points of a row that lie within a convex shape are consecutive, so they
    are found as an interval, and not one by one.

    Args:
        corners: float64 array of shape `(images, 3, 2)`, in pixels.
        size: int. Height and width in pixels.

    Returns:
        A uint8 array of shape `(images, size, size)`, from 0 to 64.
    """
    row, column = np.moveaxis(_SUB * corners[..., np.newaxis], 2, 0)
    # `points` leaves out the last ones, which lie in no pixel's grid.
    points = np.arange(size * _SUB) - _SHIFT
    d_row = np.roll(row, -1, axis=1) - row  # (images, 3, 1): the edges
    d_column = np.roll(column, -1, axis=1) - column
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where an edge crosses a row of points: (images, 3, points).
        crossing = column + (points - row) * (d_column / d_row)
    low = np.where(d_row >= 0, crossing, -np.inf)
    high = np.where(d_row < 0, crossing, np.inf)
    # `fmax` leaves out NaN: an edge that lies in the row bounds nothing in it.
    begin = np.ceil(np.fmax.reduce(low, axis=1)).clip(0, size * _SUB)
    end = np.floor(np.fmin.reduce(high, axis=1)).clip(-1, size * _SUB - 1) + 1
    outside = (end < begin) | (points < 0)
    end = np.where(outside, begin, end)
    # Of the first `k` points of a row, how many lie in each pixel.
    k = np.arange(size * _SUB + 1)[:, np.newaxis]
    pixel = _SUB * np.arange(size) - _SHIFT
    first = (k - pixel).clip(0, _SUB).astype(np.uint8)
    inside = first[end.astype(np.intp)] - first[begin.astype(np.intp)]
    inside = inside.reshape(len(corners), size, _SUB, size)
    return inside.sum(axis=2, dtype=np.uint8)
