"""Mini-batch k-means."""

import numpy as np

_BATCH = 1024
_STEPS = 100
_STARTS = 10  # sets of first centres, of which the best is taken
_ROWS = 4096  # whose distances are computed at a time


def k_means(points, num_clusters, generator):
    """Finds centres by mini-batches and returns each point's nearest one.

    The first centres are drawn by k-means++, several times, and the set with
    the least squared distances of a batch is taken. A centre then moves
    towards each batch's points that are nearest to it, by the share that they
    have among all it has seen.

    Args:
        points: array of shape `(n, d)`, at least `num_clusters` of them.
        num_clusters: int.
        generator: `numpy.random.Generator`.

    Returns:
        An int array of shape `(n,)`, in `[0, num_clusters)`.

    Reference:
    - [Sculley, 2010](https://dl.acm.org/doi/10.1145/1772690.1772862),
      algorithm 1
    """
    points = points.astype(np.float32)
    # Squares of small differences of large numbers would have no digits left.
    points -= points.mean(axis=0, dtype=np.float64).astype(np.float32)
    reach = np.abs(points).max()
    if reach:
        points /= reach
    size = min(len(points), max(_BATCH, 3 * num_clusters))

    def draw():
        return points[generator.choice(len(points), size, replace=False)]

    batch = draw()
    starts = [
        _plus_plus(draw(), num_clusters, generator) for _ in range(_STARTS)
    ]
    centres = min(
        starts, key=lambda start: _distances(batch, start).min(1).sum()
    )
    seen = np.zeros(num_clusters)
    for _ in range(_STEPS):
        batch = draw()
        nearest = _distances(batch, centres).argmin(axis=1)
        member = (nearest == np.arange(num_clusters)[:, None]).astype(
            np.float32
        )
        counts = member.sum(axis=1)
        seen += counts
        moved = member @ batch - counts[:, None] * centres
        centres += (moved / np.maximum(seen, 1)[:, None]).astype(np.float32)
    return np.concatenate(
        [
            _distances(points[start : start + _ROWS], centres).argmin(axis=1)
            for start in range(0, len(points), _ROWS)
        ]
    )


def _plus_plus(points, num_clusters, generator):
    """Draws centres, each with a chance as its squared distance from them."""
    centres = points[generator.integers(len(points), size=1)]
    nearest = _distances(points, centres)[:, 0].astype(np.float64)
    while len(centres) < num_clusters:
        total = nearest.sum()
        chances = nearest / total if total > 0 else None
        centre = points[generator.choice(len(points), size=1, p=chances)]
        nearest = np.minimum(nearest, _distances(points, centre)[:, 0])
        centres = np.concatenate([centres, centre])
    return centres


def _distances(points, centres):
    """Squared distances, of shape `(points, centres)`."""
    norms = np.square(points).sum(axis=1, keepdims=True)
    squares = norms + np.square(centres).sum(axis=1) - 2 * points @ centres.T
    return np.maximum(squares, 0)
