"""Triangles as shapes: where their corners are drawn, and their pixels.

The data set of `tf_gans.data.triangles` and the metric of
`tf_gans.metrics.triangles` are the same shapes by the same pixels. NumPy alone.
"""

import numpy as np

SIDE = 28  # pixels: of the published images
POINTS = 64  # of a pixel's grid: the largest count

_SUB = 8  # a pixel's grey is counted on a grid of 8 by 8 points
_SHIFT = 3  # of a pixel's grid: from 3 points before its corner to 4 after
_CHUNK = 128  # images; the arrays of a chunk fit a processor's cache


def draw_places(num_images, seed, shuffle=True):
    """Draws what the published program draws for each image.

    Args:
        num_images: int.
        seed: int.
        shuffle: bool. Whether the images are put into the order in which the
            program saves them, a permutation of the one in which it draws
            them. Defaults to `True`.

    Returns:
        A float64 array of shape `(num_images, 4)` in [0, 1): the places of the
        three corners in their thirds of the circle, and of the turn.
    """
    # The published program's generator, whose numbers never change.
    generator = np.random.RandomState(seed)
    u = generator.rand(num_images, 4)
    return u[generator.permutation(num_images)] if shuffle else u


def place_corners(places, size=SIDE, legacy_rotation=True, legacy_min_gap=True):
    """The corners at the places that were drawn.

    Args:
        places: float64 array of shape `(images, 4)`; see `draw_places`.
        size: int. Height and width of the image in pixels. Defaults to `28`.
        legacy_rotation, legacy_min_gap: see `data.draw_triangles`.

    Returns:
        A float64 array of shape `(images, 3, 2)` in pixels, (row, column). The
        corners are in anti-clockwise order if rows are x and columns y.
    """
    width = 110 if legacy_min_gap else 100  # degrees, of a third's 120
    angles = np.radians(120 * np.arange(3) + 10 + width * places[:, :3])
    row, column = np.cos(angles) / 2, np.sin(angles) / 2
    turn = 2 * np.pi * places[:, 3:]
    if legacy_rotation:
        turn = np.radians(turn)  # radians, taken for degrees
    cos, sin = np.cos(turn), np.sin(turn)
    corners = np.stack([row * cos + column * sin, column * cos - row * sin], -1)
    corners *= 0.75 * size
    corners += size / 2 - corners.mean(axis=1, keepdims=True)
    return corners


def count_black(corners, size=SIDE):
    """How many of the 64 points of each pixel lie within its triangle.

    Args:
        corners: float64 array of shape `(images, 3, 2)`, in pixels, (row,
            column). In anti-clockwise order, as `place_corners` has them; of a
            triangle in the other order, nothing is black.
        size: int. Height and width in pixels. Defaults to `28`.

    Returns:
        A uint8 array of shape `(images, size, size)`, from 0 to 64.
    """
    counts = np.empty((len(corners), size, size), np.uint8)
    for i in range(0, len(corners), _CHUNK):
        part = slice(i, i + _CHUNK)
        counts[part] = _count_chunk(corners[part], size)
    return counts


def _count_chunk(corners, size):
    # The points of a row that lie within a convex shape are consecutive, so
    # they are found as an interval, and not one by one.
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
