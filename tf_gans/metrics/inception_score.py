"""The Inception Score, of any classifier's probabilities."""

import itertools
from typing import NamedTuple

import numpy as np

from tf_gans.errors import check_positive_int
from tf_gans.metrics.arguments import check_finite

_TOLERANCE = 1e-3  # of a softmax in 16 bits


class InceptionScore(NamedTuple):
    """Mean and standard deviation over the parts; higher is better."""

    mean: float
    std: float


def inception_score(probabilities, num_splits=10, seed=None):
    """How sure a classifier is of each sample, and how unsure of all.

    `exp(mean KL(p(y|x) || p(y)))`, from 1 to the number of classes, for each
    of some parts of the samples; `p(y)` is the part's own mean. Higher is
    better. It knows nothing of real samples, and one good sample of each class
    has the best score. Only scores by the same classifier, of parts of the
    same size, can be compared.

    Args:
        probabilities: array of shape `(n, k)`, of generated samples; each row
            sums to 1.
        num_splits: int. Parts, of samples that follow one another. Defaults to
            `10`, as published, of 50,000 samples.
        seed: int or None. Of a random order of the samples; None to leave them
            in theirs, as published. Defaults to `None`.

    Returns:
        `InceptionScore(mean, std)`, over the parts.

    Raises:
        ValueError: these are no probabilities, or fewer than `num_splits`.

    Reference:
    - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 4;
      openai/improved-gan, inception_score/model.py
    """
    num_splits = check_positive_int("num_splits", num_splits)
    p = check_probabilities(probabilities)
    if len(p) < num_splits:
        raise ValueError(
            f"`probabilities` must be of at least num_splits={num_splits} "
            f"samples. Received: {len(p)}"
        )
    if seed is not None:
        p = np.random.default_rng(seed).permutation(p)
    ends = [i * len(p) // num_splits for i in range(num_splits + 1)]
    scores = []
    for start, end in itertools.pairwise(ends):
        part = p[start:end]
        mean = part.mean(axis=0)
        # The mean divergence is an entropy less a mean entropy.
        gain = _entropies(mean) - _entropies(part).mean()
        scores.append(np.exp(gain))
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)))


def check_probabilities(probabilities):
    """Returns them in 64 bits, or raises a `ValueError`."""
    p = np.asarray(probabilities)
    if p.dtype.kind != "f" or p.ndim != 2 or not p.size:
        raise ValueError(
            "`probabilities` must be floats of shape (n, k). "
            f"Received: {p.dtype} of shape {p.shape}"
        )
    check_finite("probabilities", p)
    p = p.astype(np.float64)
    sums = p.sum(axis=1)
    if p.min() < 0 or np.abs(sums - 1).max() > _TOLERANCE:
        raise ValueError(
            "`probabilities` must be at least 0 and sum to 1 in each row. "
            f"Received: a least of {p.min():.4g}, and sums from "
            f"{sums.min():.4g} to {sums.max():.4g}"
        )
    return p


def _entropies(p):
    """In nats, of the last axis; `0 log 0` is 0."""
    return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=-1)
