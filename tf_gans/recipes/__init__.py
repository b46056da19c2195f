"""The published set-ups as data, each value with its source."""

from tf_gans.recipes import (
    curves,
    dcgan,
    family,
    gaussian,
    mnist,
    points,
)

__all__ = ["curves", "dcgan", "family", "gaussian", "mnist", "points"]
