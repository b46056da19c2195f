"""The published set-ups as data, each value with its source.

A recipe is imported when it is first used: the names of all recipes are in
`tf_gans.recipes.catalogue`, which loads no TensorFlow.
"""

import importlib

from tf_gans import moved

__all__ = [
    "autoencoder",
    "catalogue",
    "dcgan",
    "family",
    "mnist",
    "semi_supervised",
]
_moved = moved.attributes(__name__)


def __getattr__(name):
    if name in __all__:
        return importlib.import_module(f"tf_gans.recipes.{name}")
    return _moved(name)
