"""The published set-ups as data, each value with its source."""

from tf_gans.recipes import gaussian

__all__ = ["gaussian"]
