"""The published pairs of networks for images, one module a pair."""

import importlib
import pkgutil

from tf_gans import moved

__all__ = [m.name for m in pkgutil.iter_modules(__path__) if m.name != "base"]
for _name in __all__:
    # A pair is registered with Keras, so that files which hold it open.
    importlib.import_module(f"{__name__}.{_name}")
__getattr__ = moved.attributes(__name__)
