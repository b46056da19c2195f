"""Metrics of samples, each with its baseline: what real samples score."""

from tf_gans import moved
from tf_gans.metrics.distances import (
    baseline,
    kolmogorov_smirnov,
    wasserstein_1,
)
from tf_gans.metrics.frechet import Moments, frechet_distance
from tf_gans.metrics.manifold import (
    ManifoldScores,
    manifold_scores,
    memorised_distances,
)
from tf_gans.metrics.triangles import NearestTriangles, nearest_triangles

__all__ = [
    "ManifoldScores",
    "Moments",
    "NearestTriangles",
    "baseline",
    "frechet_distance",
    "kolmogorov_smirnov",
    "manifold_scores",
    "memorised_distances",
    "nearest_triangles",
    "wasserstein_1",
]
__getattr__ = moved.attributes(__name__)
