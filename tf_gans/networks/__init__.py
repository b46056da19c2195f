"""The published pairs of networks, one module a pair."""

from tf_gans.networks import (
    began,
    curves,
    dcgan,
    gaussian,
    infogan,
    mnist,
    points,
    wgan_gp,
)

__all__ = [
    "began",
    "curves",
    "dcgan",
    "gaussian",
    "infogan",
    "mnist",
    "points",
    "wgan_gp",
]
