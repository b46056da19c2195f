"""The Dirac GAN: two numbers, and why training circles."""

from tf_gans.toys.dirac.data import Point
from tf_gans.toys.dirac.networks import Discriminator, Generator
from tf_gans.toys.dirac.recipes import NAMES, build, get

__all__ = ["NAMES", "Discriminator", "Generator", "Point", "build", "get"]
