"""Nearest neighbours: precision and recall, density and coverage.

Each point of a set has a ball around it that reaches to its k-th nearest
neighbour in the set, itself not counted. The balls are the set's manifold, and
the measures count which points of one set lie in the balls of the other.

k-NN precision and recall of two sets of the same distribution are far from 1
(0.48 of 10,000 points of a 1,000-dimensional normal distribution, k = 5): show
what real samples score, too (`tf_gans.metrics.real_baseline`).
"""

from typing import NamedTuple

import numpy as np

from tf_gans.errors import check_positive_int
from tf_gans.metrics.arguments import (
    check_features,
    check_pair,
    check_same_size,
)
from tf_gans.metrics.pairwise import Pairs, ahead, nearest


class PrecisionRecall(NamedTuple):
    """Shares in [0, 1]; higher is better."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Density, which can exceed 1, and coverage in [0, 1]; higher is better."""

    density: float
    coverage: float


class PRDC(NamedTuple):
    """All four; higher is better."""

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall(real, fake, k=3):
    """The shares of fakes among the real samples, and of these among fakes.

    Precision is the share of fakes that lie in the ball of at least one real
    sample, recall that of real samples in the ball of at least one fake. A
    point on a ball's surface is in it. Higher is better.

    Args:
        real: array of shape `(n, d)`, features of real samples; at least k + 1.
        fake: array of shape `(m, d)`.
        k: int. Defaults to `3`, as published, with 50,000 samples of each.

    Returns:
        `PrecisionRecall(precision, recall)`.

    Raises:
        ValueError: too few samples, different d, or numbers that are none.

    Reference:
    - [Kynkäänniemi et al., 2019](https://arxiv.org/abs/1904.06991), equations
      1 and 2; kynkaat/improved-precision-and-recall-metric,
      precision_recall.py, lines 57-188
    """
    return PrecisionRecall(*_prdc(real, fake, k, None)[:2])


def density_coverage(real, fake, k=5):
    """How many real balls a fake lies in, and how many balls have a fake.

    Density is the mean number of balls of real samples around a fake, divided
    by k; coverage the share of real samples with a fake in their ball. A point
    on a ball's surface is outside of it. Higher is better. Where both sets
    have one distribution, the expected density is 1, and the coverage, for
    many samples, `1 - 2^-k`.

    Args:
        real: array of shape `(n, d)`, features of real samples; at least k + 1.
        fake: array of shape `(m, d)`.
        k: int. Defaults to `5`, as published, with 10,000 samples of each.

    Returns:
        `DensityCoverage(density, coverage)`.

    Raises:
        ValueError: too few samples, different d, or numbers that are none.

    Reference:
    - [Naeem et al., 2020](https://arxiv.org/abs/2002.09797), section 3;
      clovaai/generative-evaluation-prdc, prdc/prdc.py, lines 54-97
    """
    return DensityCoverage(*_prdc(real, fake, None, k)[2:])


def prdc(real, fake, precision_k=3, density_k=5):
    """`precision_recall` and `density_coverage` at once, in half of the time.

    Args:
        real: array of shape `(n, d)`, features of real samples.
        fake: array of shape `(m, d)`.
        precision_k: int. For precision and recall. Defaults to `3`.
        density_k: int. For density and coverage. Defaults to `5`.

    Returns:
        `PRDC(precision, recall, density, coverage)`.

    Raises:
        ValueError: too few samples, different d, or numbers that are none.
    """
    return PRDC(*_prdc(real, fake, precision_k, density_k))


def nearest_neighbours(queries, references, k=1):
    """The references that are nearest to each query.

    Of generated images the nearest training images, for one: a generator that
    has learned its data by heart is told by its distances being smaller than
    those of other real images.

    Args:
        queries: array of shape `(n, ...)`, features or images.
        references: array of shape `(m, ...)`.
        k: int. How many for each. Defaults to `1`.

    Returns:
        The distances, Euclidean, in the numbers' units, a float64 array of
        shape `(n, k)`, the nearest first; and which of the references they
        are, int64 of the same shape. Of equal distances the first reference
        comes first.

    Raises:
        ValueError: too few references, different shapes, or numbers that are
            none.
    """
    k = check_positive_int("k", k)
    queries = check_features("queries", queries, flat=True)
    references = check_features("references", references, least=k, flat=True)
    check_same_size(
        "queries", queries.shape[1], "references", references.shape[1]
    )
    squares, places = nearest(Pairs(queries, references), k)
    return np.sqrt(squares), places


def _prdc(real, fake, precision_k, density_k):
    """All four; None for those whose k is None."""
    ks = []
    for name, k in (("precision_k", precision_k), ("density_k", density_k)):
        if k is not None:
            ks.append(check_positive_int(name, k))
    real, fake = check_pair(real, fake, least=1)
    check_features("real", real, least=max(ks) + 1)
    real_balls = nearest(Pairs(real), max(ks))[0]
    pairs = Pairs(real, fake)
    precision = recall = density = coverage = None
    if precision_k:
        check_features("fake", fake, least=precision_k + 1)
        fake_balls = nearest(Pairs(fake), precision_k)[0][:, -1]
        precise, recalled = np.zeros(len(fake), bool), np.zeros(len(real), bool)
    covered, count = np.zeros(len(real), bool), 0
    for (rows, columns), block in ahead(pairs.block, pairs.blocks()):
        if precision_k:
            balls = real_balls[rows, precision_k - 1, None]
            precise[columns] |= block.inside(balls).any(axis=0)
            balls = fake_balls[None, columns]
            recalled[rows] |= block.inside(balls).any(axis=1)
        if density_k:
            balls = real_balls[rows, density_k - 1, None]
            within = block.inside(balls, strict=True)
            covered[rows] |= within.any(axis=1)
            count += int(np.count_nonzero(within))
    if precision_k:
        precision, recall = float(precise.mean()), float(recalled.mean())
    if density_k:
        density = float(count / (density_k * len(fake)))
        coverage = float(covered.mean())
    return precision, recall, density, coverage
