"""How well generated points cover the parts of a distribution in the plane.

The target is anything with `num_modes`, `sample` and `locate`, such as
`tf_gans.toys.mixtures.Ring`.

The definitions are PacGAN's, which are VEEGAN's made exact. Others are in use,
and their numbers cannot be compared with these: a box in the place of the
circle, in which 99.46 % of real points lie; for the divergence, all points
in the place of the good ones; other numbers of samples.
"""

import math

import numpy as np

from tf_gans.metrics.distances import baseline

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


def mixture_baseline(target, size=NUM_SAMPLES, repetitions=100, seed=0):
    """The real-vs-real score; see `tf_gans.metrics.baseline`.

    Returns:
        A dict of floats: the means of `modes`, `high_quality` and
        `reverse_kl`.
    """
    return baseline(mixture_metrics, target, size, repetitions, seed)
