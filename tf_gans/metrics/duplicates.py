"""How much samples repeat themselves: the birthday paradox as a test.

Among s samples of a uniform distribution over N things, two are the same with
probability 1/2 as soon as s is about `1.18 sqrt(N)`. Near-duplicates in a
sample of a few hundred tell of a support that is not larger than its square.
"""

from typing import NamedTuple

import numpy as np

from tf_gans.errors import check_positive_int
from tf_gans.metrics.arguments import check_features
from tf_gans.metrics.pairwise import Pairs, nearest


class ClosestPairs(NamedTuple):
    """Distances `(p,)`, the least first, and indices `(p, 2)`."""

    distances: np.ndarray
    indices: np.ndarray


class SupportSize(NamedTuple):
    """How many pairs were duplicates, and the estimate from that.

    `size` is infinite where there was none: then the sample was too small.
    """

    num_duplicates: int
    size: float


def closest_pairs(samples, num_pairs=20):
    """The pairs of samples that are most alike, to be looked at.

    Whether a pair is a duplicate is for the eye to say: distances between
    pixels rank the pairs, and are no verdict.

    Args:
        samples: array of shape `(n, ...)`, features or images; at least 2.
        num_pairs: int. Defaults to `20`, as published.

    Returns:
        `ClosestPairs(distances, indices)`: Euclidean, in the numbers' units,
        float64 of shape `(p,)` in ascending order, and int64 of shape `(p, 2)`
        with the lower index first. p is less than `num_pairs` where there are
        not as many pairs. Equal distances are in the order of the indices.

    Raises:
        ValueError: fewer than 2 samples, or numbers that are none.

    Reference:
    - [Arora & Zhang, 2017](https://arxiv.org/abs/1706.08224), section 3
    """
    num_pairs = check_positive_int("num_pairs", num_pairs)
    samples = check_features("samples", samples, least=2, flat=True)
    pairs = Pairs(samples)
    limit = _limit(pairs, num_pairs)
    best = np.empty(0), np.empty((0, 2), np.int64)
    for rows, columns in pairs.blocks(half=True):
        i, j = _pairs_within(pairs, rows, columns, limit)
        squares = np.concatenate([best[0], pairs.exact(i, j)])
        indices = np.concatenate([best[1], np.stack([i, j], axis=1)])
        order = np.lexsort((indices[:, 1], indices[:, 0], squares))[:num_pairs]
        best = squares[order], indices[order]
        if len(order) == num_pairs:
            limit = best[0][-1]
    return ClosestPairs(np.sqrt(best[0]), best[1])


def support_size(samples, distance):
    """How many different samples a generator seems to have.

    Of `n (n - 1) / 2` pairs c are duplicates: `c / pairs` estimates, without
    bias, the probability that two samples are the same, and its inverse is the
    number of equally likely samples that would repeat themselves as often. The
    support may be larger, where some of it is rare.

    Args:
        samples: array of shape `(n, ...)`, features or images; at least 2.
        distance: float. Up to which a pair is a duplicate; to be chosen by
            looking at `closest_pairs`.

    Returns:
        `SupportSize(num_duplicates, size)`.

    Raises:
        ValueError: fewer than 2 samples, numbers that are none, or a distance
            below 0.

    Reference:
    - [Arora & Zhang, 2017](https://arxiv.org/abs/1706.08224), sections 2 and 3,
      who take the square of the sample at which half of the trials have a
      duplicate
    """
    samples = check_features("samples", samples, least=2, flat=True)
    if not (np.isfinite(distance) and distance >= 0):
        raise ValueError(
            f"`distance` must be at least 0. Received: distance={distance!r}"
        )
    pairs = Pairs(samples)
    count = sum(
        len(_pairs_within(pairs, rows, columns, float(distance) ** 2)[0])
        for rows, columns in pairs.blocks(half=True)
    )
    total = len(samples) * (len(samples) - 1) // 2
    return SupportSize(count, total / count if count else float("inf"))


def _limit(pairs, num_pairs):
    """A squared distance within which there are as many pairs, if any is."""
    squares, places = nearest(pairs, 1)
    own = np.arange(pairs.shape[0])
    # A pair that is nearest to each other is found twice.
    once = ~((places[places[:, 0], 0] == own) & (places[:, 0] < own))
    squares = np.sort(squares[once, 0])
    return squares[num_pairs - 1] if len(squares) >= num_pairs else np.inf


def _pairs_within(pairs, rows, columns, limit):
    """The pairs of a block, each once, of at most a squared distance."""
    limits = np.full((1, columns.stop - columns.start), limit)
    i, j = np.nonzero(pairs.block(rows, columns).inside(limits))
    i, j = i + rows.start, j + columns.start
    return i[i < j], j[i < j]
