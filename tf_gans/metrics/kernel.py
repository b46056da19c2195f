"""The kernel distance: KID, with features of InceptionV3."""

from typing import NamedTuple

import numpy as np

from tf_gans.errors import check_positive_int
from tf_gans.metrics.arguments import check_pair


class KernelDistance(NamedTuple):
    """Mean and standard deviation over the subsets; lower is better."""

    mean: float
    std: float


def kernel_distance(real, fake, num_subsets=100, subset_size=1000, seed=0):
    """The squared maximum mean discrepancy, without bias, over subsets.

    The kernel is `(x.y / d + 1)^3`. A subset is drawn from either set without
    replacement, and of each pair of subsets the unbiased estimate is taken, in
    which no sample meets itself. It may be negative. Lower is better. Its
    expectation depends neither on the numbers of samples nor on the subsets'
    size, its standard deviation on both.

    Args:
        real: array of shape `(n, d)`, features of real samples.
        fake: array of shape `(m, d)`.
        num_subsets: int. Defaults to `100`, as published.
        subset_size: int. At most the samples in either set, at least 2.
            Defaults to `1000`, as published.
        seed: int. Of the subsets. Defaults to `0`.

    Returns:
        `KernelDistance(mean, std)`, over the subsets.

    Raises:
        ValueError: too few samples, different d, or numbers that are none.

    Reference:
    - [Bińkowski et al., 2018](https://arxiv.org/abs/1801.01401), section 4;
      mbinkowski/MMD-GAN, gan/compute_scores.py, lines 210-302
    """
    num_subsets = check_positive_int("num_subsets", num_subsets)
    subset_size = check_positive_int("subset_size", subset_size)
    real, fake = check_pair(real, fake, least=2)
    most = min(len(real), len(fake))
    if not 2 <= subset_size <= most:
        raise ValueError(
            "`subset_size` must be from 2 to the number of samples in the "
            f"smaller set, {most}. Received: subset_size={subset_size}"
        )
    generator = np.random.default_rng(seed)
    estimates = []
    for _ in range(num_subsets):
        x, y = (
            values[generator.permutation(len(values))[:subset_size]]
            for values in (real, fake)
        )
        estimates.append(squared_discrepancy(x, y))
    return KernelDistance(float(np.mean(estimates)), float(np.std(estimates)))


def squared_discrepancy(x, y):
    """The unbiased estimate of one pair of sets of the same size m.

    Args:
        x, y: arrays of shape `(m, d)`.

    Returns:
        float, which may be negative.
    """
    both = np.concatenate([x, y]).astype(np.float64)
    size = len(x)
    # One symmetric product has all three blocks.
    kernel = (both @ both.T / both.shape[1] + 1) ** 3
    sums = [
        block.sum() - block.trace()
        for block in (kernel[:size, :size], kernel[size:, size:])
    ]
    between = kernel[:size, size:].sum() / size**2
    return float(sum(sums) / (size * (size - 1)) - 2 * between)
