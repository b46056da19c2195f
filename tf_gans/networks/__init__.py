"""The published pairs of networks, one module a pair."""

from tf_gans.networks import gaussian

__all__ = ["gaussian"]
