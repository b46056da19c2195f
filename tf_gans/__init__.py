"""The classic GANs of TensorFlow 1, on TensorFlow 2 and Keras 3.

The parts are imported when they are first used, so that a command line can
answer a mistake in its flags before it has loaded TensorFlow.
"""

import importlib
import os
import sys

from tf_gans import moved
from tf_gans.version import __version__

if "keras" not in sys.modules:
    # Whatever other programs of this user have: there is no other here.
    os.environ["KERAS_BACKEND"] = "tensorflow"
elif sys.modules["keras"].config.backend() != "tensorflow":
    raise ImportError(
        "tf_gans needs Keras' backend tensorflow: import it before keras, or "
        "set KERAS_BACKEND=tensorflow. Received: the backend "
        f"{sys.modules['keras'].config.backend()}"
    )
moved.install()

_MODULES = (
    "callbacks",
    "completion",
    "data",
    "export",
    "features",
    "inversion",
    "latent_space",
    "latents",
    "layers",
    "losses",
    "masks",
    "metrics",
    "networks",
    "noise",
    "optimizers",
    "penalties",
    "pixels",
    "plotting",
    "recipes",
    "toys",
)

# The models, by the modules of `tf_gans.models` that they are in.
_MODELS = {
    "ACGAN": "acgan",
    "AdversarialAutoencoder": "aae",
    "Autoencoder": "autoencoder",
    "BEGAN": "began",
    "GAN": "gan",
    "InfoGAN": "info_gan",
    "SemiSupervisedGAN": "semi_supervised",
    "SupervisedClassifier": "classifier",
    "VAE": "vae",
}

_moved = moved.attributes(__name__)

__all__ = [*_MODELS, "__version__", *_MODULES]


def __getattr__(name):
    if name in _MODELS:
        module = importlib.import_module(f"tf_gans.models.{_MODELS[name]}")
        return getattr(module, name)
    if name in _MODULES:
        return importlib.import_module(f"tf_gans.{name}")
    return _moved(name)


def __dir__():
    return sorted(__all__)
