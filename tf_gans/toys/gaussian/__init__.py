"""The 1-D distribution that gan-intro learns."""

from tf_gans.toys.gaussian.data import Empirical, Gaussian
from tf_gans.toys.gaussian.networks import Discriminator, Generator
from tf_gans.toys.gaussian.recipes import NAMES, build, get

__all__ = [
    "NAMES",
    "Discriminator",
    "Empirical",
    "Gaussian",
    "Generator",
    "build",
    "get",
]
