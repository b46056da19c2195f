"""How far one-dimensional samples are from the distribution they imitate.

The target is anything with `mean`, `std`, `ppf`, `cdf` and `sample`, such as
`tf_gans.data.Gaussian`.
"""

import numpy as np

SCALAR_METRICS = ("mean", "std", "w1", "ks")


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


def scalar_floors(target, size, repetitions=100, seed=0):
    """What perfect samples score, on average, at a given sample size.

    Draws `repetitions` sets of independent samples from the target itself.

    Args:
        target: the distribution.
        size: int. Samples in each set.
        repetitions: int. Defaults to `100`.
        seed: int. Defaults to `0`.

    Returns:
        A dict of floats: the mean absolute error of `mean` and of `std`, and
        the mean `w1` and `ks`.
    """
    generator = np.random.default_rng(seed)
    scores = []
    for _ in range(repetitions):
        score = scalar_metrics(target.sample(generator, size), target)
        score["mean"] = abs(score["mean"] - target.mean)
        score["std"] = abs(score["std"] - target.std)
        scores.append(score)
    return {
        name: float(np.mean([score[name] for score in scores]))
        for name in SCALAR_METRICS
    }
