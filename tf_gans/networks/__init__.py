"""The published pairs of networks, one module a pair."""

from tf_gans.networks import dcgan, gaussian, mnist

__all__ = ["dcgan", "gaussian", "mnist"]
