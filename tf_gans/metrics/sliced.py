"""The sliced Wasserstein-2 distance."""

import numpy as np

from tf_gans.errors import check_positive_int
from tf_gans.metrics.arguments import check_pair

_DIRECTIONS = 64  # that are projected to at a time


def sliced_wasserstein_2(real, fake, num_projections=1000, seed=0):
    """The Wasserstein-2 distance of projections to random lines.

    The root of the mean, over directions drawn uniformly from the sphere, of
    the squared Wasserstein-2 distance between the projected samples, which is
    exact: the mean squared difference of their quantile functions. So the sets
    may have different sizes. In the numbers' units; lower is better. Samples
    that are one number each have one direction, and nothing is drawn.

    Args:
        real: array of shape `(n, d)` or `(n,)`.
        fake: array of shape `(m, d)` or `(m,)`.
        num_projections: int. Defaults to `1000`.
        seed: int. Of the directions. Defaults to `0`.

    Returns:
        float, at least 0.

    Raises:
        ValueError: no samples, different d, or numbers that are none.

    Reference:
    - [Bonneel et al., 2015](https://hal.science/hal-00881872), section 2
    """
    num_projections = check_positive_int("num_projections", num_projections)
    real, fake = check_pair(real, fake)
    if real.shape[1] == 1:
        directions = np.ones((1, 1))
    else:
        generator = np.random.default_rng(seed)
        directions = generator.normal(size=(num_projections, real.shape[1]))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    steps = _steps(len(real), len(fake))
    total = 0.0
    for start in range(0, len(directions), _DIRECTIONS):
        some = directions[start : start + _DIRECTIONS]
        x, y = (np.sort(some @ values.T, axis=1) for values in (real, fake))
        total += _squared_distances(x, y, *steps).sum()
    return float(np.sqrt(total / len(directions)))


def _steps(n, m):
    """The pieces between which neither quantile function jumps.

    Returns:
        Each piece's share of [0, 1], and where its values are among the sorted
        samples of either set.
    """
    # In units of 1 / (n m), in which all jumps are at integers.
    jumps = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    shares = np.diff(jumps, prepend=0) / (n * m)
    return shares, (jumps - 1) // m, (jumps - 1) // n


def _squared_distances(x, y, shares, in_x, in_y):
    return np.square(x[:, in_x] - y[:, in_y]) @ shares
