"""The published set-ups as data, each value with its source.

A recipe is imported when it is first used: the names of all recipes are in
`tf_gans.recipes.catalogue`, which loads no TensorFlow.
"""

import importlib
import pkgutil

from tf_gans import moved

__all__ = [m.name for m in pkgutil.iter_modules(__path__)]
_moved = moved.attributes(__name__)


def __getattr__(name):
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    return _moved(name)
