"""How far images are from the nearest triangle: a manifold that is known.

The distance of an image x is `min_t |x - pixels(t)|^2` over the triangles t,
summed over the pixels in [0, 1]. It is not convex in the corners. Each search
begins at triangles that are near already, and goes on by Levenberg and
Marquardt's method, many images at a time; what counts at last is the exact
distance in the data set's own pixels of 65 grey levels.
"""

import functools
from typing import NamedTuple

import numpy as np

from tf_gans import triangles
from tf_gans.errors import check_choice, check_positive_int

NUM_PIXELS = triangles.SIDE**2

_TABLE = 10_000  # triangles, of which the nearest begin a search
_CHUNK = 256  # searches at a time: a Jacobian of them takes 10 MB
_SAMPLES = 128  # of an edge, for its integrals; the longest have 21 pixels
_STEPS = 30
_FOUND = 1e-3  # the distance that is near enough; 4 points of the pixels' grids
_GIVEN_UP = 1e4  # the damping at which a search has stopped to move


class NearestTriangles(NamedTuple):
    """The triangles that were found.

    Attributes:
        distances: float64 array of shape `(n,)`. Squared distances, summed
            over the pixels in [0, 1].
        corners: float64 array of shape `(n, 3, 2)`, in pixels, (row, column).
    """

    distances: np.ndarray
    corners: np.ndarray


def nearest_triangles(images, manifold="generator", num_starts=2):
    """Finds the triangle that is nearest to each image.

    Lower is better; the images of the data set have 0, but for what the search
    leaves. What a search finds is an upper bound of the distance. It ends
    where the bound is at most 0.001.

    There are two manifolds, and they differ much: a triangle that is moved by
    one pixel is 10 from the first and 0 from the second.

    - `"generator"`: what the published program draws, a triangle on a circle
      around the image's centre; 3 dimensions. The measure of what was to be
      learned.
    - `"free"`: any triangle, 6 dimensions, as the paper describes its
      descent "on the vertices of the triangle". A triangle may be as small as
      one likes, so a white image is 0 from it.

    Args:
        images: uint8 array of shape `(n, 28, 28)` or `(n, 28, 28, 1)`, or
            floats in [0, 1]; the triangle is 0.
        manifold: `"generator"` or `"free"`. Defaults to `"generator"`.
        num_starts: int. From how many triangles each search begins: the
            nearest of a table of 10,000, which for `"free"` are moved to where
            the image is black; for `"free"` as many again of the image's
            second moments. Defaults to `2`.

    Returns:
        `NearestTriangles`.

    Reference:
    - [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), section 5: the
      distance. Its optimiser is not published; this one is our own.
    """
    black = 1 - check_images("images", images)
    check_choice("manifold", manifold, MANIFOLDS)
    num_starts = check_positive_int("num_starts", num_starts)
    places = _nearest_places(black, num_starts)
    distances = np.full(len(black), np.inf)
    corners = np.zeros((len(black), 3, 2))
    for number in range(num_starts):
        for family, start in _STARTS[manifold]:
            for i in range(0, len(black), _CHUNK):
                # Nothing is nearer than 0.
                rows = i + np.flatnonzero(distances[i : i + _CHUNK] > _FOUND)
                parameters = start(
                    black[rows], places[rows, number], number / num_starts
                )
                d, c = _search(family, parameters, black[rows])
                nearer = d < distances[rows]
                distances[rows[nearer]] = d[nearer]
                corners[rows[nearer]] = c[nearer]
    return NearestTriangles(distances, corners)


def check_images(name, images):
    """Returns images as float32 of shape `(n, 28, 28)` in [0, 1].

    Raises:
        ValueError: they are of another shape, type or range.
    """
    images = np.asarray(images)
    side = triangles.SIDE
    if images.shape[1:] not in ((side, side), (side, side, 1)):
        raise ValueError(
            f"`{name}` must be of shape (n, {side}, {side}) or (n, {side}, "
            f"{side}, 1). Received: {name} of shape {images.shape}"
        )
    images = images.reshape(-1, side, side)
    if images.dtype == np.uint8:
        return images / np.float32(255)
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(
            f"`{name}` must be uint8 or floats in [0, 1]. "
            f"Received: {name} of dtype {images.dtype}"
        )
    images = images.astype(np.float32)
    # NaN is in no range.
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(
            f"`{name}` must lie in [0, 1]. Received: values from "
            f"{images.min()} to {images.max()}"
        )
    return images


def nearest_distances(images, references):
    """The squared distance of each image to the nearest of others.

    Args:
        images: float32 array of shape `(n, d)`.
        references: float32 array of shape `(m, d)`.

    Returns:
        A float64 array of shape `(n,)`.
    """
    rows = _nearest(images, references, 1)
    found = references[rows[:, 0]].astype(np.float64)
    return ((images - found) ** 2).sum(axis=1)


# The start --------------------------------------------------------------------


@functools.cache
def _table():
    """Places of triangles, and the share of each pixel that is black."""
    places = triangles.draw_places(_TABLE, 1, shuffle=False)
    counts = triangles.count_black(triangles.place_corners(places))
    return places, _share(counts).reshape(_TABLE, -1)


def _nearest_places(black, count):
    """The places of the nearest triangles of the table, (n, count, 4)."""
    places, pixels = _table()
    return places[_nearest(black.reshape(len(black), -1), pixels, count)]


def _nearest(queries, references, count, block=256):
    """The rows of the `count` nearest references, `(n, count)`, in order."""
    squares = np.einsum("ij,ij->i", references, references)
    rows = np.empty((len(queries), count), np.intp)
    for i in range(0, len(queries), block):
        part = slice(i, i + block)
        d = squares - 2 * (queries[part] @ references.T)
        near = np.argpartition(d, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(d, near, axis=1), axis=1)
        rows[part] = np.take_along_axis(near, order, axis=1)
    return rows


def _moments(black):
    """The centre of what is black, `(n, 2)`, and its covariance, in pixels."""
    weights = black.astype(np.float64)
    # A pixel's grid of points has its centre a little after the pixel's.
    places = np.arange(triangles.SIDE) + triangles.GRID_CENTRE
    mass = weights.sum(axis=(1, 2))
    safe = np.maximum(mass, 1e-9)
    rows, columns = weights.sum(axis=2), weights.sum(axis=1)
    centre = np.stack([rows @ places, columns @ places], -1)
    centre /= safe[:, np.newaxis]
    # An image without any black has no centre; its own will do.
    centre[mass == 0] = triangles.SIDE / 2
    from_centre = places - centre[..., np.newaxis]  # (n, 2, side)
    down, across = from_centre[:, 0], from_centre[:, 1]
    both = np.einsum("nij,ni,nj->n", weights, down, across)
    squares = [(rows * down**2).sum(axis=1), (columns * across**2).sum(axis=1)]
    covariance = np.stack([squares[0], both, both, squares[1]], -1)
    return centre, (covariance / safe[:, np.newaxis]).reshape(-1, 2, 2)


def _as_drawn(black, places, phase):
    """The triangle of the table, as it is."""
    return places


def _moved(black, places, phase):
    """That triangle, moved until its centre is where the image is black."""
    corners = triangles.place_corners(places)
    centre, _ = _moments(black)
    move = centre - corners.mean(axis=1)
    return (corners + move[:, np.newaxis]).reshape(-1, 6)


def _with_moments(black, places, phase):
    """A triangle of the image's centre and covariance, one of a whole circle.

    A triangle's covariance is a twelfth of its corners' sum of squares.
    """
    centre, covariance = _moments(black)
    values, vectors = np.linalg.eigh(covariance)
    lengths = np.sqrt(8 * np.maximum(values, 0.1))
    angles = 2 * np.pi / 3 * (np.arange(3) + phase)
    circle = np.stack([np.cos(angles), np.sin(angles)], -1)
    # The symmetric root, which turns no triangle the other way around.
    root = (vectors * lengths[:, np.newaxis]) @ np.swapaxes(vectors, 1, 2)
    corners = centre[:, np.newaxis] + circle @ root
    return corners.reshape(-1, 6)


# The search -------------------------------------------------------------------


class _Free:
    """Triangles by the coordinates of their corners."""

    low, high = -np.inf, np.inf

    @staticmethod
    def corners(parameters):
        return parameters.reshape(-1, 3, 2)

    @staticmethod
    def slopes(parameters, of_corners):
        """From slopes by the corners, `(n, pixels, 6)`, to the parameters'."""
        return of_corners


class _Generator:
    """Triangles by the places that the published program draws."""

    low, high = 0.0, 1.0

    @staticmethod
    def corners(parameters):
        return triangles.place_corners(parameters)

    @staticmethod
    def slopes(parameters, of_corners):
        step = 1e-6
        moved = parameters[:, np.newaxis] + step * np.eye(4)
        moved = triangles.place_corners(moved.reshape(-1, 4))
        here = triangles.place_corners(parameters).reshape(-1, 1, 6)
        by_place = (moved.reshape(-1, 4, 6) - here) / step
        return of_corners @ np.swapaxes(by_place, 1, 2)


def _search(family, parameters, black):
    """Levenberg and Marquardt's steps, each image with its own damping."""
    target = black.reshape(len(black), NUM_PIXELS)
    parameters = parameters.copy()
    residuals = _pixels(family, parameters) - target
    distances = (residuals**2).sum(axis=1)
    damping = np.full(len(black), 1e-2)
    for _ in range(_STEPS):
        active = np.flatnonzero((damping < _GIVEN_UP) & (distances > _FOUND))
        if not active.size:
            break
        step = _step(
            family, parameters[active], residuals[active], damping[active]
        )
        trial = (parameters[active] + step).clip(family.low, family.high)
        new = _pixels(family, trial) - target[active]
        d = (new**2).sum(axis=1)
        is_better = d < distances[active]
        damping[active] *= np.where(is_better, 0.2, 8)
        better = active[is_better]
        parameters[better], residuals[better] = trial[is_better], new[is_better]
        distances[better] = d[is_better]
    return distances, family.corners(parameters)


def _step(family, parameters, residuals, damping):
    """The step of each image, of shape `(n, parameters)`."""
    slopes = family.slopes(parameters, _slopes(family.corners(parameters)))
    gradient = np.einsum("npk,np->nk", slopes, residuals)
    # At a bound, what goes on beyond it is not moved.
    fixed = (parameters <= family.low) & (gradient > 0)
    fixed |= (parameters >= family.high) & (gradient < 0)
    slopes = np.where(fixed[:, np.newaxis], 0, slopes)
    gradient = np.where(fixed, 0, gradient)
    curvature = np.swapaxes(slopes, 1, 2) @ slopes
    k = np.arange(curvature.shape[-1])
    curvature[:, k, k] *= 1 + damping[:, np.newaxis]
    curvature[:, k, k] += 1e-6
    return -np.linalg.solve(curvature, gradient[..., np.newaxis])[..., 0]


def _pixels(family, parameters):
    counts = triangles.count_black(family.corners(parameters))
    return _share(counts).reshape(len(counts), NUM_PIXELS)


def _share(counts):
    return counts / np.float32(triangles.POINTS)


def _slopes(corners):
    """How each pixel's black changes with the corners' coordinates.

    The exact pixels are steps; their slope is that of the area within each
    pixel's grid. An area grows by the integral over its border of the border's
    outward move, and on an edge from a to b, at a + t (b - a), that is the move
    of a times 1 - t and the move of b times t.

    Returns:
        A float64 array of shape `(n, 784, 6)`.
    """
    count, side = len(corners), triangles.SIDE
    t = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    following = np.roll(corners, -1, axis=1)
    edges = following - corners  # (n, 3, 2)
    points = (
        corners[:, :, np.newaxis] + t[:, np.newaxis] * edges[:, :, np.newaxis]
    )
    pixels = np.floor(points - triangles.GRID_CENTRE + 0.5)
    is_inside = ((pixels >= 0) & (pixels < side)).all(axis=-1)
    edge = np.arange(count * 3).reshape(count, 3, 1)
    where = edge * side**2 + pixels[..., 0] * side + pixels[..., 1]
    where = where[is_inside].astype(np.intp)
    slopes = np.zeros((count, side**2, 3, 2))
    outward = np.stack([edges[..., 1], -edges[..., 0]], -1)  # times the length
    for weights, corner in ((1 - t, [0, 1, 2]), (t, [1, 2, 0])):
        weights = np.broadcast_to(weights, is_inside.shape)[is_inside]
        shares = np.bincount(where, weights, count * 3 * side**2) / _SAMPLES
        shares = shares.reshape(count, 3, side**2).swapaxes(1, 2)
        slopes[:, :, corner] += shares[..., np.newaxis] * outward[:, np.newaxis]
    return slopes.reshape(count, side**2, 6)


# By the manifold: how its triangles are described, and where a search begins.
# A start is a function of the images, of places in the table, and of a number
# from 0 to 1 that differs from start to start; it returns parameters.
_STARTS: dict[str, list] = {
    "generator": [(_Generator, _as_drawn)],
    "free": [(_Free, _moved), (_Free, _with_moments)],
}
MANIFOLDS = tuple(_STARTS)
