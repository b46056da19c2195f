"""Exports to serve: the one that ships, and small untrained ones of images."""

import functools
import pathlib
import tempfile

from tests import image_models
from tests.paths import ROOT
from tf_gans import export
from tf_gans.serving.model import SavedModel

CLASSES = ("cat", "dog", "cow")
# What each is: the flags of a small DCGAN.
IMAGES = {
    "grey": {},
    "classes": {"size": 28, "channels": 3, "num_classes": 3},
}
_DIRECTORY = tempfile.TemporaryDirectory(prefix="tf_gans-test-")


@functools.cache
def path(name):
    """The path of an exported version, made once."""
    if name == "gaussian":
        return ROOT / "saved_models/gaussian/1"
    gan = image_models.build(**IMAGES[name])
    classes = CLASSES if gan.num_classes else None
    directory = pathlib.Path(_DIRECTORY.name) / name
    return export.export_saved_model(gan, directory, classes)


@functools.cache
def model(name):
    """The same, loaded."""
    return SavedModel(path(name), name)
