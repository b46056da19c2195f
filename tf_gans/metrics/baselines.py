"""What real images score against other real images."""

import numpy as np

from tf_gans.errors import check_positive_int


def real_baseline(measure, real, num_fake=None, seed=0, num_real=None):
    """The real-vs-real score: one part of the real samples in the fakes' place.

    No generator does better, but by chance. Most measures depend on the
    numbers of samples, so the parts are to be as large as the sets that were
    scored. They are disjoint: no sample is compared with itself.

    Args:
        measure: function of real and fake samples, in this order, such as
            `tf_gans.metrics.frechet_distance`.
        real: array whose first axis is the samples. As many as both parts
            need.
        num_fake: int or None. The fakes that were scored. Defaults to `None`:
            half of `real`.
        seed: int. Of the random split. Defaults to `0`.
        num_real: int or None. The real samples that they were compared with.
            Defaults to `None`: as many as the fakes.

    Returns:
        What `measure` returns.

    Raises:
        ValueError: there are fewer real samples than both parts need.

    Example:

    >>> score = frechet_distance(real[:5000], fake)  # 5,000 of each
    >>> baseline = real_baseline(frechet_distance, real, num_fake=5000)
    """
    real = np.asarray(real)
    if real.ndim < 1 or len(real) < 2:
        raise ValueError(
            f"`real` must have at least 2 samples. Received: shape {real.shape}"
        )
    if num_fake is None:
        num_fake = len(real) // 2
    num_fake = check_positive_int("num_fake", num_fake)
    if num_real is None:
        num_real = num_fake
    num_real = check_positive_int("num_real", num_real)
    if num_real + num_fake > len(real):
        raise ValueError(
            f"`real` must have {num_real + num_fake} samples, to split them "
            f"into {num_real} and {num_fake}. Received: {len(real)}"
        )
    order = np.random.default_rng(seed).permutation(len(real))
    return measure(
        real[order[:num_real]], real[order[num_real : num_real + num_fake]]
    )
