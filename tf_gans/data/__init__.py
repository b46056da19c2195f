"""Real samples: where a training step's batch comes from."""

from tf_gans import moved
from tf_gans.data.downloads import DATASETS
from tf_gans.data.images import Images
from tf_gans.data.loading import (
    ImageFacts,
    ImageSet,
    has_test_images,
    load_images,
    peek_images,
)
from tf_gans.data.semi_supervised import SemiSupervised, labelled_subset
from tf_gans.data.source import Source
from tf_gans.data.triangles import draw_triangles, load_triangles

__all__ = [
    "DATASETS",
    "ImageFacts",
    "ImageSet",
    "Images",
    "SemiSupervised",
    "Source",
    "draw_triangles",
    "has_test_images",
    "labelled_subset",
    "load_images",
    "load_triangles",
    "peek_images",
]
__getattr__ = moved.attributes(__name__)
