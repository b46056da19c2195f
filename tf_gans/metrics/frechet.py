"""The Fréchet distance between two normal distributions: FID, with features."""

import warnings
from typing import Any

import numpy as np

from tf_gans.metrics.arguments import check_features, check_same_size

_ROWS = 4096  # that are made float64 at a time


class Moments:
    """Count, mean and covariance of samples that come in batches.

    In 64 bits, and by the differences from each batch's own mean, so that a
    mean far from 0 costs no accuracy.

    Attributes:
        count: int. Samples so far.
        mean: float64 array of shape `(d,)`; None before the first sample.

    Example:

    >>> real = Moments()
    >>> for images in batches:
    ...     real.update(features(images))
    >>> frechet_distance(real, fake)
    """

    def __init__(self):
        self.count = 0
        self.mean: Any = None
        # The sum of the differences' outer products.
        self._scatter: Any = None

    @classmethod
    def of(cls, features):
        """Returns the moments of an array of shape `(n, d)` or `(n,)`."""
        moments = cls()
        moments.update(features)
        return moments

    @classmethod
    def from_sums(cls, count, mean, scatter):
        """Returns moments that were computed elsewhere.

        Args:
            count: int. At least 1.
            mean: float64 array of shape `(d,)`.
            scatter: float64 array of shape `(d, d)`: the sum of the outer
                products of the samples' differences from the mean.
        """
        moments = cls()
        moments._add(int(count), np.asarray(mean), np.asarray(scatter))
        return moments

    def update(self, features):
        """Takes more samples into account.

        Args:
            features: array of shape `(n, d)`, or `(n,)` for single numbers.

        Raises:
            ValueError: their d differs, or a number is none.
        """
        features = check_features("features", features)
        if self.count:
            check_same_size(
                "features", features.shape[1], "the moments", len(self.mean)
            )
        for start in range(0, len(features), _ROWS):
            part = features[start : start + _ROWS].astype(np.float64)
            mean = part.mean(axis=0)
            part -= mean
            self._add(len(part), mean, part.T @ part)

    def merge(self, other):
        """Takes the samples of other moments into account.

        Args:
            other: `Moments`, which stay as they are.
        """
        if other.count:
            if self.count:
                check_same_size(
                    "other", len(other.mean), "the moments", len(self.mean)
                )
            self._add(other.count, other.mean, other._scatter)

    def _add(self, count, mean, scatter):
        if not self.count:
            self.count = count
            self.mean, self._scatter = mean.copy(), scatter.copy()
            return
        # Chan, Golub and LeVeque's formula.
        total = self.count + count
        apart = mean - self.mean
        self.mean = self.mean + apart * (count / total)
        self._scatter += scatter
        apart *= np.sqrt(self.count * count / total)
        self._scatter += np.outer(apart, apart)
        self.count = total

    @property
    def scatter(self):
        """The covariance times `count - 1`; see `from_sums`."""
        return self._scatter

    @property
    def covariance(self):
        """The unbiased covariance (n - 1), float64 of shape `(d, d)`."""
        if self.count < 2:
            raise ValueError(
                "A covariance must be of at least 2 samples. "
                f"Received: {self.count}"
            )
        return self._scatter / (self.count - 1)


def frechet_distance(real, fake):
    """The Fréchet distance between the normal distributions of two sets.

    `|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))`, the squared Wasserstein-2
    distance between normal distributions of the samples' means m and
    covariances S. In features of InceptionV3 it is the FID. Lower is better, 0
    is the least.

    It depends on the number of samples, and for few of them it is too large:
    compare values of equal numbers only, and with what as many real samples
    score (`tf_gans.metrics.real_baseline`). With fewer samples than numbers in
    each the covariance has no inverse; the distance is still defined, but
    little of it is about the distribution, which a warning says.

    The trace is that of `(A S2 A)^(1/2)` with `A = S1^(1/2)`, of symmetric
    matrices, so that nothing complex can appear. Covariances divide by n - 1.

    Args:
        real: features of real samples, an array of shape `(n, d)`, or `(n,)`
            for single numbers; or their `Moments`.
        fake: features of generated samples, of the same d; or their `Moments`.

    Returns:
        float, at least 0.

    Raises:
        ValueError: fewer than 2 samples, different d, or numbers that are
            none.

    Reference:
    - [Heusel et al., 2017](https://arxiv.org/abs/1706.08500), equation 6
    - google/compare_gan (623f646), classifier_metrics_impl.py, lines
      401-440 and 515-584
    """
    first, second = _moments("real", real), _moments("fake", fake)
    check_same_size("real", len(first.mean), "fake", len(second.mean))
    for name, moments in (("real", first), ("fake", second)):
        if moments.count <= len(moments.mean):
            warnings.warn(
                f"`{name}` has n={moments.count} samples of "
                f"d={len(moments.mean)} numbers: too few for a Fréchet "
                "distance that says much, n should be several times d.",
                stacklevel=2,
            )
    apart = first.mean - second.mean
    traces = first.covariance.trace() + second.covariance.trace()
    squared = apart @ apart + traces - 2 * _trace_of_root(first, second)
    return float(max(squared, 0.0))  # rounding can leave less than 0


def _trace_of_root(first, second):
    """`tr((A S2 A)^(1/2))`, `A = S1^(1/2)`.

    In the basis of S1's eigenvectors, and without those of eigenvalue 0:
    their rounding errors have roots that are not small.
    """
    if first.count > second.count:  # the smaller rank, for the smaller product
        first, second = second, first
    values, vectors = np.linalg.eigh(first.covariance)
    kept = np.arange(len(values)) > len(values) - first.count
    rounding = np.sqrt(len(values)) * np.finfo(np.float64).eps
    kept &= values > rounding * max(values[-1], 0.0)
    half = vectors[:, kept] * np.sqrt(values[kept])
    # The entries grow towards the last one. Reduced from there, by the upper
    # triangle, small eigenvalues keep their digits, and their roots too.
    product = half.T @ second.covariance @ half
    values = np.linalg.eigvalsh(product, UPLO="U")
    return np.sqrt(np.maximum(values[-(second.count - 1) :], 0.0)).sum()


def _moments(name, samples):
    if isinstance(samples, Moments):
        moments = samples
    else:
        moments = Moments.of(check_features(name, samples))
    if moments.count < 2:
        raise ValueError(
            f"`{name}` must have at least 2 samples. Received: {moments.count}"
        )
    return moments
