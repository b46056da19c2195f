"""Precision and recall as a curve, of clusters' histograms."""

from typing import NamedTuple

import numpy as np

from tf_gans.errors import check_positive_int
from tf_gans.metrics.arguments import check_features, check_pair
from tf_gans.metrics.clusters import k_means

_ANGLE = 1e-10  # how near the slopes come to 0 and to infinity


class PRDCurve(NamedTuple):
    """Precision and recall, float64 of shape `(num_angles,)`, in [0, 1]."""

    precision: np.ndarray
    recall: np.ndarray


class FScores(NamedTuple):
    """Largest F scores: `f8` favours recall, `f1_8` precision."""

    f8: float
    f1_8: float


def precision_recall_curve(
    real, fake, num_clusters=20, num_angles=1001, num_runs=10, seed=0
):
    """The attainable pairs of precision and recall (PRD).

    Both sets are put into the same clusters by k-means on their union, and the
    curve is that of the two histograms; see `curve_of_histograms`. It is the
    mean over several clusterings. Higher is better, for both.

    The order of the arguments is real, fake. The published program's is the
    other one, and exchanging them exchanges precision and recall.

    Args:
        real: array of shape `(n, d)`, features of real samples.
        fake: array of shape `(n, d)`: as many, as the published program has
            it, for otherwise one set would decide where the clusters are.
        num_clusters: int. Defaults to `20`, as published.
        num_angles: int. Points of the curve, at least 3. Defaults to `1001`.
        num_runs: int. Clusterings. Defaults to `10`.
        seed: int. Of the clusterings. Defaults to `0`.

    Returns:
        `PRDCurve(precision, recall)`, from recall 1 to precision 1.

    Raises:
        ValueError: different n or d, fewer samples than clusters, or numbers
            that are none.

    Reference:
    - [Sajjadi et al., 2018](https://arxiv.org/abs/1806.00035), section 3;
      msmsajjadi/precision-recall-distributions, prd_score.py, lines 48-262.
      Its k-means is another one, so its numbers differ as two runs' do.
    """
    num_clusters = check_positive_int("num_clusters", num_clusters)
    num_runs = check_positive_int("num_runs", num_runs)
    real, fake = check_pair(real, fake)
    if len(real) != len(fake):
        raise ValueError(
            "`real` and `fake` must have as many samples. "
            f"Received: {len(real)} and {len(fake)}"
        )
    check_features("real", real, least=num_clusters)
    union = np.concatenate([real, fake])
    generator = np.random.default_rng(seed)
    curves = []
    for _ in range(num_runs):
        clusters = k_means(union, num_clusters, generator)
        in_real, in_fake = (
            np.bincount(part, minlength=num_clusters)
            for part in np.split(clusters, 2)
        )
        curves.append(curve_of_histograms(in_real, in_fake, num_angles))
    return PRDCurve(*np.mean(curves, axis=0))


def curve_of_histograms(real, fake, num_angles=1001):
    """The curve of two distributions over the same finite set.

    For slopes `t`, tangents of evenly spaced angles, precision is
    `sum min(t real, fake)` and recall `sum min(real, fake / t)`.

    Args:
        real: array of shape `(k,)`, counts or shares.
        fake: array of shape `(k,)`.
        num_angles: int. At least 3. Defaults to `1001`.

    Returns:
        `PRDCurve(precision, recall)`.

    Raises:
        ValueError: these are no two histograms of the same set.

    Reference:
    - [Sajjadi et al., 2018](https://arxiv.org/abs/1806.00035), theorem 2
    """
    num_angles = check_positive_int("num_angles", num_angles)
    if num_angles < 3:
        raise ValueError(
            "`num_angles` must be at least 3. "
            f"Received: num_angles={num_angles}"
        )
    real, fake = _shares("real", real), _shares("fake", fake)
    if real.shape != fake.shape:
        raise ValueError(
            "`real` and `fake` must be counts of the same things. "
            f"Received: shapes {real.shape} and {fake.shape}"
        )
    slopes = np.tan(np.linspace(_ANGLE, np.pi / 2 - _ANGLE, num_angles))
    precision = np.minimum(slopes[:, None] * real, fake).sum(axis=1)
    recall = precision / slopes
    return PRDCurve(np.clip(precision, 0, 1), np.clip(recall, 0, 1))


def f_scores(precision, recall, beta=8):
    """The largest `F_beta` and `F_(1/beta)` on a curve.

    `(1 + b^2) p r / (b^2 p + r)`: for b = 8 of little but recall, for b = 1/8
    of little but precision. Both in [0, 1]; higher is better.

    Args:
        precision, recall: arrays of shape `(num_angles,)`, as from
            `precision_recall_curve`.
        beta: float. At least 1. Defaults to `8`, as published.

    Returns:
        `FScores(f8, f1_8)`.

    Raises:
        ValueError: the shapes differ, or beta is less than 1.

    Reference:
    - [Sajjadi et al., 2018](https://arxiv.org/abs/1806.00035), section 4.1
    """
    precision = np.asarray(precision, np.float64)
    recall = np.asarray(recall, np.float64)
    if precision.shape != recall.shape or not precision.size:
        raise ValueError(
            "`precision` and `recall` must be arrays of one shape. "
            f"Received: shapes {precision.shape} and {recall.shape}"
        )
    if not beta >= 1:
        raise ValueError(f"`beta` must be at least 1. Received: beta={beta}")
    scores = []
    for b in (beta, 1 / beta):
        below = b**2 * precision + recall
        above = (1 + b**2) * precision * recall
        both = np.divide(above, below, np.zeros_like(above), where=below > 0)
        scores.append(float(both.max()))
    return FScores(*scores)


def _shares(name, histogram):
    histogram = np.asarray(histogram)
    if (
        histogram.dtype.kind not in "fiu"
        or histogram.ndim != 1
        or not np.isfinite(histogram).all()
        or (histogram < 0).any()
        or not histogram.sum() > 0
    ):
        raise ValueError(
            f"`{name}` must be a histogram: of shape (k,), finite, at least 0 "
            f"and not all 0. Received: {histogram.dtype} of shape "
            f"{histogram.shape}"
        )
    return histogram / histogram.sum()
