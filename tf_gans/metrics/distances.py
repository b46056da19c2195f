"""Distances between samples and a distribution, and what real samples score.

The target is anything with the methods that a metric asks for: the quantile
function `ppf`, the distribution function `cdf`, `sample(generator, size)`.
"""

import numpy as np


def wasserstein_1(samples, target):
    """The Wasserstein-1 distance between samples and a distribution.

    The mean distance that the samples' mass has to travel, in the data's
    units: `mean_i |x_(i) - F^-1((i - 1/2) / n)|` over the sorted samples.

    Args:
        samples: array of n numbers.
        target: object with the quantile function `ppf`.

    Returns:
        float, at least 0.
    """
    x = np.sort(np.asarray(samples, np.float64).ravel())
    places = (np.arange(x.size) + 0.5) / x.size
    return float(np.mean(np.abs(x - target.ppf(places))))


def kolmogorov_smirnov(samples, target):
    """The largest distance between the two distribution functions.

    Args:
        samples: array of n numbers.
        target: object with the distribution function `cdf(x, left=False)`,
            whose `left=True` is the limit from below.

    Returns:
        float in [0, 1].
    """
    x = np.sort(np.asarray(samples, np.float64).ravel())
    # F_n rises from `below` to `up_to` at x, also where samples coincide.
    up_to = np.searchsorted(x, x, side="right") / x.size
    below = np.searchsorted(x, x, side="left") / x.size
    above_target = np.max(up_to - target.cdf(x))
    below_target = np.max(target.cdf(x, left=True) - below)
    return float(max(above_target, below_target))


def baseline(measure, target, size, repetitions=100, seed=0):
    """The real-vs-real score: what independent real samples score.

    No model does better, but by chance; a metric alone says little, for it
    depends on the number of samples.

    Args:
        measure: function of samples and target that returns a dict of numbers.
        target: the distribution, with `sample(generator, size)`.
        size: int. Samples in each set.
        repetitions: int. How many sets are drawn. Defaults to `100`.
        seed: int. Defaults to `0`.

    Returns:
        A dict of floats, the means over the sets.
    """
    generator = np.random.default_rng(seed)
    scores = [
        measure(target.sample(generator, size), target)
        for _ in range(repetitions)
    ]
    return {
        name: float(np.mean([score[name] for score in scores]))
        for name in scores[0]
    }
