"""Metrics of samples, each with its baseline: what real samples score.

The functions are of samples, or of features of them, real ones first. The
objects of `keras_metrics`, which take batches, are imported when they are first
used, for they need TensorFlow.
"""

import importlib

from tf_gans import moved
from tf_gans.metrics.baselines import real_baseline
from tf_gans.metrics.detection import detection_auc
from tf_gans.metrics.distances import (
    baseline,
    kolmogorov_smirnov,
    wasserstein_1,
)
from tf_gans.metrics.duplicates import closest_pairs, support_size
from tf_gans.metrics.frechet import Moments, frechet_distance
from tf_gans.metrics.inception_score import inception_score
from tf_gans.metrics.kernel import kernel_distance
from tf_gans.metrics.likelihood import (
    parzen_bandwidth,
    parzen_log_likelihood,
)
from tf_gans.metrics.manifold import (
    ManifoldScores,
    manifold_scores,
    memorised_distances,
)
from tf_gans.metrics.ms_ssim import ms_ssim, ms_ssim_diversity
from tf_gans.metrics.neighbours import (
    density_coverage,
    nearest_neighbours,
    prdc,
    precision_recall,
)
from tf_gans.metrics.prd import (
    curve_of_histograms,
    f_scores,
    precision_recall_curve,
)
from tf_gans.metrics.sliced import sliced_wasserstein_2
from tf_gans.metrics.triangles import NearestTriangles, nearest_triangles

_OF_KERAS = (
    "FrechetDistance",
    "InceptionScore",
    "KernelDistance",
    "PrecisionRecall",
)

__all__ = [
    *_OF_KERAS,
    "ManifoldScores",
    "Moments",
    "NearestTriangles",
    "baseline",
    "closest_pairs",
    "curve_of_histograms",
    "density_coverage",
    "detection_auc",
    "f_scores",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "kolmogorov_smirnov",
    "manifold_scores",
    "memorised_distances",
    "ms_ssim",
    "ms_ssim_diversity",
    "nearest_neighbours",
    "nearest_triangles",
    "parzen_bandwidth",
    "parzen_log_likelihood",
    "prdc",
    "precision_recall",
    "precision_recall_curve",
    "real_baseline",
    "sliced_wasserstein_2",
    "support_size",
    "wasserstein_1",
]

_moved = moved.attributes(__name__)


def __getattr__(name):
    if name in _OF_KERAS:
        module = importlib.import_module("tf_gans.metrics.keras_metrics")
        return getattr(module, name)
    return _moved(name)


def __dir__():
    return sorted(__all__)
