"""The classic GANs of TensorFlow 1, on TensorFlow 2 and Keras 3."""

from tf_gans import (
    callbacks,
    data,
    latents,
    layers,
    losses,
    networks,
    optimizers,
    penalties,
)
from tf_gans.gan import GAN
from tf_gans.version import __version__

__all__ = [
    "GAN",
    "__version__",
    "callbacks",
    "data",
    "latents",
    "layers",
    "losses",
    "networks",
    "optimizers",
    "penalties",
]
