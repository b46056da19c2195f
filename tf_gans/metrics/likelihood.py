"""The likelihood of real samples by a Parzen window around fake ones.

It is here because papers of the time state it, and to be seen failing. Above a
few dimensions it follows neither the likelihood nor the quality of samples:
the estimate needs a number of samples that is exponential in the dimension,
the centres of k-means score better than the data themselves, and the ranking
of models depends on the bandwidth. `docs/parzen.md` measures all three.
"""

import warnings
from typing import NamedTuple

import numpy as np

from tf_gans.metrics.arguments import check_features, check_same_size

_FEW = 4  # dimensions in which the estimate can be trusted
_BLOCK = 1024
_FRACTION = 0.1  # of the points, for the bandwidth


class ParzenLogLikelihood(NamedTuple):
    """In nats for each point: mean, its standard error, and the bandwidth."""

    mean: float
    standard_error: float
    bandwidth: float


def parzen_log_likelihood(samples, points, bandwidth=None, seed=0):
    """The mean log likelihood of points under a kernel density estimate.

    The density is the mean of normal distributions of one standard deviation,
    the bandwidth, around each sample. Higher is said to be better. Do not
    trust it above a few dimensions: `points` of the training set, means of
    clusters, and models that are plainly worse can all have more of it than
    the data's own distribution (Theis et al., 2016, section 3.2). A warning
    says so.

    Args:
        samples: array of shape `(n, d)`, `(n,)`, generated.
        points: array of shape `(m, d)`, `(m,)`, real, and not trained on.
        bandwidth: float or None, in the numbers' units. Defaults to `None`: a
            tenth of the points, drawn at random, chooses it (see
            `parzen_bandwidth`), and the others are measured.
        seed: int. Of the points that choose. Defaults to `0`.

    Returns:
        `ParzenLogLikelihood(mean, standard_error, bandwidth)`, in nats.

    Raises:
        ValueError: too few samples or points, different d, a bandwidth that is
            not positive, or numbers that are none.

    Reference:
    - [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), section 5
    - [Theis, van den Oord & Bethge, 2016](https://arxiv.org/abs/1511.01844),
      section 3.2: why not to
    """
    samples, points = _check(samples, points, 1 if bandwidth else 2)
    if samples.shape[1] > _FEW:
        warnings.warn(
            f"Parzen-window likelihoods in d={samples.shape[1]} dimensions "
            "rank models neither by likelihood nor by quality "
            "(arXiv 1511.01844, section 3.2): do not choose by them.",
            stacklevel=2,
        )
    if bandwidth is None:
        order = np.random.default_rng(seed).permutation(len(points))
        chosen = max(1, int(_FRACTION * len(points)))
        bandwidth = parzen_bandwidth(samples, points[order[:chosen]])
        points = points[order[chosen:]]
    if not (np.isfinite(bandwidth) and bandwidth > 0):
        raise ValueError(
            f"`bandwidth` must be positive. Received: bandwidth={bandwidth!r}"
        )
    values = _log_densities(samples, points, [bandwidth])[0]
    error = values.std() / np.sqrt(max(len(values) - 1, 1))
    return ParzenLogLikelihood(
        float(values.mean()), float(error), float(bandwidth)
    )


def parzen_bandwidth(samples, points, candidates=None):
    """The bandwidth that gives points the largest likelihood.

    Args:
        samples: array of shape `(n, d)`, `(n,)`, generated.
        points: array of shape `(m, d)`, `(m,)`: a validation set.
        candidates: sequence of floats or None. Defaults to `None`: 41 values,
            in equal ratios from 1/100 of the samples' standard deviation (the
            root of the mean over the dimensions of their variance) to twice
            it.

    Returns:
        float, one of the candidates.

    Raises:
        ValueError: there is no positive candidate, the samples are all the
            same, or numbers that are none.
    """
    samples, points = _check(samples, points, 1)
    if candidates is None:
        spread = np.sqrt(samples.var(axis=0, dtype=np.float64).mean())
        if not spread > 0:
            raise ValueError(
                "`samples` must not be all the same, for a bandwidth to be "
                f"chosen. Received: {len(samples)} equal samples"
            )
        candidates = spread * np.geomspace(0.01, 2, 41)
    candidates = np.asarray(candidates, np.float64)
    if candidates.ndim != 1 or not candidates.size or not candidates.min() > 0:
        raise ValueError(
            "`candidates` must be positive numbers. "
            f"Received: candidates={candidates}"
        )
    means = _log_densities(samples, points, candidates).mean(axis=1)
    return float(candidates[means.argmax()])


def _check(samples, points, least):
    samples = check_features("samples", samples)
    points = check_features("points", points, least)
    check_same_size("samples", samples.shape[1], "points", points.shape[1])
    return samples, points


def _log_densities(samples, points, bandwidths):
    """Returns a float64 array of shape `(bandwidths, points)`."""
    centre = samples.mean(axis=0, dtype=np.float64)
    x, y = samples - centre, points - centre
    values = np.empty((len(bandwidths), len(y)))
    for start in range(0, len(y), _BLOCK):
        part = slice(start, start + _BLOCK)
        squares = _squares(y[part], x)
        nearest = squares.min(axis=1)
        squares -= nearest[:, None]
        for i, h in enumerate(bandwidths):
            exponents = -squares / (2 * h**2)
            total = np.exp(exponents, out=exponents).sum(axis=1)
            values[i, part] = np.log(total) - nearest / (2 * h**2)
    size = x.shape[1]
    units = [size / 2 * np.log(2 * np.pi * h**2) for h in bandwidths]
    return values - np.log(len(x)) - np.array(units)[:, None]


def _squares(y, x):
    squares = -2 * y @ x.T
    squares += np.square(y).sum(axis=1)[:, None]
    squares += np.square(x).sum(axis=1)
    return np.maximum(squares, 0, out=squares)
