"""Metrics of samples, each with its baseline: what real samples score."""

from tf_gans import moved
from tf_gans.metrics.distances import (
    baseline,
    kolmogorov_smirnov,
    wasserstein_1,
)

__all__ = ["baseline", "kolmogorov_smirnov", "wasserstein_1"]
__getattr__ = moved.attributes(__name__)
