"""How well generated points cover the parts of a distribution in the plane.

The target is anything with `num_modes`, `sample` and `locate`, such as
`tf_gans.data.Ring`.

The definitions are PacGAN's, which are VEEGAN's made exact. Others are in use,
and their numbers cannot be compared with these: a box in the place of the
circle, in which 99.46 % of perfect points lie; for the divergence, all points
in the place of the good ones; other numbers of samples.
"""

import math

import numpy as np

MIXTURE_METRICS = ("modes", "high_quality", "reverse_kl")

NUM_SAMPLES = 2500  # of the published numbers

_RADIUS = 3  # standard deviations


def mixture_metrics(samples, target):
    """Measures points against a distribution of equally likely parts.

    A point is of high quality when it lies within 3 standard deviations of the
    part that is nearest to it. `modes` counts the parts that are nearest to at
    least one such point; `high_quality` is their share, in [0, 1];
    `reverse_kl` the Kullback-Leibler divergence, in nats, of their shares of
    the parts from the uniform distribution, `log(num_modes) - entropy`.

    Args:
        samples: array of shape `(n, 2)`. The published numbers are for n =
            2500, and the divergence depends on n.
        target: the distribution they imitate.

    Returns:
        A dict: `modes`, an int, and the floats `high_quality` and
        `reverse_kl`, which is not a number where no point is of high quality.

    Reference:
    - [Lin et al., 2018](https://arxiv.org/abs/1712.04086), section 4.1, and
      fjxmlzn/PacGAN, extensions.py, lines 154-175
    - [Srivastava et al., 2017](https://arxiv.org/abs/1705.07761), section 4.1
    """
    samples = np.asarray(samples)
    if samples.ndim != 2 or samples.shape[-1] != 2 or not len(samples):
        raise ValueError(
            "`samples` must be an array of shape (n, 2). "
            f"Received: shape {samples.shape}"
        )
    modes, distances = target.locate(samples)
    good = distances < _RADIUS
    counts = np.bincount(modes[good], minlength=target.num_modes)
    return {
        "modes": int(np.count_nonzero(counts)),
        "high_quality": float(good.mean()),
        "reverse_kl": _divergence_from_uniform(counts),
    }


def _divergence_from_uniform(counts):
    """`sum p log(p K)` over the K shares of the counts, in nats."""
    total = counts.sum()
    if not total:
        return math.nan
    shares = counts[counts > 0] / total
    return float(np.sum(shares * np.log(shares * len(counts))))


def mixture_floors(target, size=NUM_SAMPLES, repetitions=100, seed=0):
    """What perfect samples score, on average, at a given sample size.

    Draws `repetitions` sets of independent samples from the target itself.

    Args:
        target: the distribution.
        size: int. Samples in each set. Defaults to `2500`.
        repetitions: int. Defaults to `100`.
        seed: int. Defaults to `0`.

    Returns:
        A dict of floats: the means of `modes`, `high_quality` and
        `reverse_kl`.
    """
    generator = np.random.default_rng(seed)
    scores = [
        mixture_metrics(target.sample(generator, size), target)
        for _ in range(repetitions)
    ]
    return {
        name: float(np.mean([score[name] for score in scores]))
        for name in MIXTURE_METRICS
    }
