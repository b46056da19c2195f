"""How far one-dimensional samples are from the distribution they imitate.

The target is anything with `mean`, `std`, `ppf`, `cdf` and `sample`, such as
`tf_gans.toys.gaussian.Gaussian`.
"""

import numpy as np

from tf_gans.metrics.distances import (
    baseline,
    kolmogorov_smirnov,
    wasserstein_1,
)

SCALAR_METRICS = ("mean", "std", "w1", "ks")


def scalar_metrics(samples, target):
    """Measures samples against a distribution.

    Args:
        samples: array of numbers.
        target: the distribution they imitate.

    Returns:
        A dict of floats: `mean` and `std` of the samples, `w1`, `ks`.
    """
    samples = np.asarray(samples, np.float64)
    return {
        "mean": float(samples.mean()),
        "std": float(samples.std()),
        "w1": wasserstein_1(samples, target),
        "ks": kolmogorov_smirnov(samples, target),
    }


def scalar_baseline(target, size, repetitions=100, seed=0):
    """The real-vs-real score; see `tf_gans.metrics.baseline`.

    Returns:
        A dict of floats: the mean absolute error of `mean` and of `std`, and
        the mean `w1` and `ks`.
    """

    def errors(samples, target):
        score = scalar_metrics(samples, target)
        return score | {
            name: abs(score[name] - getattr(target, name))
            for name in ("mean", "std")
        }

    return baseline(errors, target, size, repetitions, seed)
