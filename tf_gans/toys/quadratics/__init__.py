"""The quadratic curves, y = a x^2 + a - 1."""

from tf_gans.toys.quadratics.data import Quadratics
from tf_gans.toys.quadratics.networks import Discriminator, Generator
from tf_gans.toys.quadratics.recipes import NAMES, build, get

__all__ = ["NAMES", "Discriminator", "Generator", "Quadratics", "build", "get"]
