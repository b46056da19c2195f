"""The names of all recipes, presets, data sets and choices of each problem.

Command lines and recipes both read them here, and nothing here loads
TensorFlow, so that a mistake in a flag is answered at once.
"""

import dataclasses
import difflib

from tf_gans.recipes import members


@dataclasses.dataclass(frozen=True)
class Problem:
    """What one problem has to choose from.

    Attributes:
        module: the module of its recipes, with their `build` and `get`.
        recipes: names, for `build` of the problem's recipes.
        default: the recipe that is taken where none is named.
        presets: variants of a recipe, or none. The first is the default.
        datasets: names of data, or none. The first is the default.
        losses: names of losses, or none. The first is the default, unless the
            recipe says otherwise.
        options: names of what `build` can change of a recipe, where these are
            many.
        source: the module with the `open_source` of its data, where they are
            no images.
        metrics: of these: the module, its function of samples and data that
            returns the numbers, and the one of their baseline.
    """

    module: str
    recipes: tuple[str, ...]
    default: str
    presets: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    source: str | None = None
    metrics: tuple[str, ...] = ()


PROBLEMS = {
    "gaussian": Problem(
        module="tf_gans.toys.gaussian.recipes",
        source="tf_gans.toys.gaussian.data",
        metrics=(
            "tf_gans.toys.gaussian.metrics",
            "scalar_metrics",
            "scalar_baseline",
        ),
        recipes=("stable", "code", "article"),
        default="stable",
        losses=("logits", "clamped"),
    ),
    "curves": Problem(
        module="tf_gans.toys.quadratics.recipes",
        source="tf_gans.toys.quadratics.data",
        metrics=(
            "tf_gans.toys.quadratics.metrics",
            "curve_metrics",
            "curve_baseline",
        ),
        recipes=("stable", "code"),
        default="stable",
        losses=("minimax", "non-saturating"),
    ),
    "mixtures": Problem(
        module="tf_gans.toys.mixtures.recipes",
        source="tf_gans.toys.mixtures.data",
        metrics=(
            "tf_gans.toys.mixtures.metrics",
            "mixture_metrics",
            "mixture_baseline",
        ),
        recipes=("stable", *members.OF_POINTS),
        default="stable",
        presets=members.PRESETS,
        datasets=("ring", "grid", "swiss-roll"),
    ),
    "mnist": Problem(
        module="tf_gans.recipes.mnist",
        recipes=("conv", "dense"),
        default="conv",
        datasets=("mnist", "fashion_mnist", "triangles"),
    ),
    "dcgan": Problem(
        module="tf_gans.recipes.dcgan",
        recipes=("paper", "carpedm20"),
        default="paper",
        datasets=("cifar10", "mnist", "fashion_mnist", "triangles"),
    ),
    "autoencoder": Problem(
        module="tf_gans.recipes.autoencoder",
        recipes=("dense", "denoising", "aae", "book"),
        default="dense",
        datasets=("fashion_mnist", "mnist", "triangles"),
    ),
    "variants": Problem(
        module="tf_gans.recipes.family",
        recipes=members.NAMES,
        default="ns",
        presets=members.PRESETS,
        datasets=("mnist", "fashion_mnist", "cifar10", "triangles"),
        options=members.OPTIONS,
    ),
    "semi_supervised": Problem(
        module="tf_gans.recipes.semi_supervised",
        recipes=("paper", "book"),
        default="paper",
        datasets=("mnist", "fashion_mnist"),
        options=(
            *("generator_loss", "unlabelled_weight"),
            *("average_rate", "average_from_zero"),
        ),
    ),
}


DIRAC = ("xy", "ns", "wgan", "wgan-gp", "noise", "r1")
"""The trainings of the Dirac GAN, which has no data to choose from."""


def lookup(table, name, what="name"):
    """What stands under a name in a table.

    Args:
        table: a mapping from names.
        name: one of its names.
        what: str. The option that the name is the value of.

    Raises:
        ValueError: there is no such name. The message lists those that there
            are, and the nearest.
    """
    if name in table:
        return table[name]
    raise ValueError(unknown(table, name, what))


def unknown(table, name, what):
    """What is said of a name that is not in a table; see `lookup`."""
    near = difflib.get_close_matches(str(name), table, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return (
        f"`{what}` must be one of {', '.join(table)}{hint} "
        f"Received: {what}={name!r}"
    )
