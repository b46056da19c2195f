"""The published pairs of networks for images, one module a pair."""

from tf_gans import moved
from tf_gans.networks import (
    autoencoder,
    began,
    dcgan,
    infogan,
    mnist,
    semi_supervised,
    wgan_gp,
)

__all__ = [
    "autoencoder",
    "began",
    "dcgan",
    "infogan",
    "mnist",
    "semi_supervised",
    "wgan_gp",
]
__getattr__ = moved.attributes(__name__)
