"""Real samples: where a training step's batch comes from."""

from tf_gans.data.curves import Quadratics
from tf_gans.data.distributions import Empirical, Gaussian
from tf_gans.data.images import Images
from tf_gans.data.loading import DATASETS, ImageSet, load_images
from tf_gans.data.mixtures import Grid, Mixture, Ring, SwissRoll
from tf_gans.data.source import Source
from tf_gans.data.triangles import draw_triangles

__all__ = [
    "DATASETS",
    "Empirical",
    "Gaussian",
    "Grid",
    "ImageSet",
    "Images",
    "Mixture",
    "Quadratics",
    "Ring",
    "Source",
    "SwissRoll",
    "draw_triangles",
    "load_images",
]
