"""The published set-ups as data, each value with its source."""

from tf_gans.recipes import dcgan, gaussian, mnist

__all__ = ["dcgan", "gaussian", "mnist"]
