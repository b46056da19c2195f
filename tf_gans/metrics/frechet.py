"""The Frechet distance of two sets of features: FID, in Inception's."""

import warnings

import numpy as np

from tf_gans.metrics.arguments import check_features


class Moments:
    """The mean and the covariance of features, from one batch or many.

    Features are added up in float64, about the mean so far, so that a large
    mean costs no digits of the covariance.

    Attributes:
        count: int. How many features there were.
        mean: float64 array of shape `(d,)`.
    """

    def __init__(self):
        self.count = 0
        self.mean = None
        self._scatter = None

    @classmethod
    def of(cls, features):
        """The moments of one array, or of an array's moments themselves."""
        if isinstance(features, cls):
            return features
        moments = cls()
        moments.update(features)
        return moments

    def update(self, features):
        """Adds features.

        Args:
            features: array of shape `(n, d)`, or `(n,)` for numbers.

        Raises:
            ValueError: they are no such array, of another d than before, or
                not finite.
        """
        batch = Moments()
        x = check_features("features", features)
        batch.count = len(x)
        batch.mean = x.mean(axis=0, dtype=np.float64)
        x = x - batch.mean  # float64
        batch._scatter = x.T @ x
        self.merge(batch)

    def merge(self, other):
        """Adds what another object has seen."""
        if not other.count:
            return
        if not self.count:
            self.count, self.mean = other.count, other.mean
            self._scatter = other._scatter
            return
        if other.mean.shape != self.mean.shape:
            raise ValueError(
                f"`features` must be of shape (n, {len(self.mean)}), as those "
                f"before. Received: d = {len(other.mean)}"
            )
        total = self.count + other.count
        step = other.mean - self.mean
        between = np.outer(step, step) * (self.count * other.count / total)
        self._scatter = self._scatter + other._scatter + between
        self.mean = self.mean + step * (other.count / total)
        self.count = total

    @property
    def covariance(self):
        """The unbiased covariance, float64 of shape `(d, d)`."""
        if self.count < 2:
            raise ValueError(
                "A covariance needs at least 2 samples. "
                f"Received: {self.count}"
            )
        return self._scatter / (self.count - 1)


def frechet_distance(real, fake):
    """The Frechet distance of the Gaussians with the moments of two sets.

    `|m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2))`, the square of the
    Wasserstein-2 distance of the Gaussians. Lower is better, 0 the best. In
    the features of Inception it is FID. It falls with the number of samples
    for no other reason than their number: compare equal numbers only, and with
    the baseline of real samples.

    The trace of the root is the sum of the singular values of `R1^T R2`, where
    `R R^T` is a covariance: real by construction, and right for covariances
    that have no inverse.

    Args:
        real, fake: arrays of shape `(n, d)`, or `(n,)` for numbers; or
            `Moments`. Symmetric.

    Returns:
        float, at least 0.

    Raises:
        ValueError: they are of different d, are not finite, or of one sample.

    Warns:
        of fewer samples than dimensions: the value is that of these samples,
        and far above what more of them would give.

    Reference:
    - [Heusel et al., 2017](https://arxiv.org/abs/1706.08500), equation 6
    - the unbiased covariance: google/compare_gan, first commit,
      classifier_metrics_impl.py:551-582
    """
    real, fake = Moments.of(real), Moments.of(fake)
    if real.mean.shape != fake.mean.shape:
        raise ValueError(
            "`real` and `fake` must have the same number of features. "
            f"Received: {len(real.mean)} and {len(fake.mean)}"
        )
    d, n = len(real.mean), min(real.count, fake.count)
    if n <= d:
        warnings.warn(
            f"a Frechet distance of {n} samples in {d} dimensions: their "
            "covariance is not of full rank, and the distance far too large",
            stacklevel=2,
        )
    step = real.mean - fake.mean
    s1, s2 = real.covariance, fake.covariance
    values = np.linalg.svd(_root(s1).T @ _root(s2), compute_uv=False)
    distance = step @ step + np.trace(s1) + np.trace(s2) - 2 * values.sum()
    return float(max(distance, 0.0))  # rounding may be below


def _root(covariance):
    """A matrix R with `R R^T` the covariance."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))
