"""Real samples: where a training step's batch comes from."""

from tf_gans.data.curves import Quadratics
from tf_gans.data.distributions import Empirical, Gaussian
from tf_gans.data.images import Images
from tf_gans.data.loading import DATASETS, ImageSet, load_images
from tf_gans.data.source import Source
from tf_gans.data.triangles import draw_triangles

__all__ = [
    "DATASETS",
    "Empirical",
    "Gaussian",
    "ImageSet",
    "Images",
    "Quadratics",
    "Source",
    "draw_triangles",
    "load_images",
]
