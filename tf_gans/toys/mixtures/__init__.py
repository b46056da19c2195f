"""Points in the plane: rings, grids and a spiral."""

from tf_gans.toys.mixtures.data import Grid, Mixture, Ring, SwissRoll
from tf_gans.toys.mixtures.networks import (
    Autoencoder,
    Discriminator,
    Encoder,
    Generator,
)
from tf_gans.toys.mixtures.recipes import NAMES, build, get

__all__ = [
    "NAMES",
    "Autoencoder",
    "Discriminator",
    "Encoder",
    "Generator",
    "Grid",
    "Mixture",
    "Ring",
    "SwissRoll",
    "build",
    "get",
]
