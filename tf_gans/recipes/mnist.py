"""Set-ups of the first GANs on digits.

References:
- the article: a tutorial by Mo (momodel.cn), in Chinese, that builds the
  convolutional pair in TensorFlow 1
- the assignment: [CS231n, assignment 3](https://cs231n.github.io/), GANs,
  which the article follows and which has the fully connected pair, too
"""

import dataclasses
import functools
from typing import ClassVar

from tf_gans.recipes.catalogue import PROBLEMS, lookup
from tf_gans.recipes.objectives import (
    Adam,
    GANObjective,
    Lazy,
    Part,
    Recipe,
)

NAMES = PROBLEMS["mnist"].recipes


@dataclasses.dataclass(frozen=True)
class MnistPair(Part):
    """A pair of `tf_gans.networks.mnist`.

    Attributes:
        kind: how the names of its classes begin.
    """

    opponents: ClassVar[tuple[str, ...]] = ("discriminator",)

    kind: str = ""

    def pair(self, latent_dim, **options):
        """The generator and the discriminator.

        Args:
            latent_dim: int.
            **options: `seed` and `dtype`.
        """
        return (
            Lazy(f"networks.mnist.{self.kind}Generator")(latent_dim, **options),
            Lazy(f"networks.mnist.{self.kind}Discriminator")(**options),
        )


# What is the same for both.
_Recipe = functools.partial(
    Recipe,
    objective=GANObjective(Lazy("losses.NonSaturating")),
    latent_dim=96,
    optimizer=Adam(1e-3, 1e-3, beta_1=0.5),
    batch_size=128,
    epochs=10,
)
_BOTH = {
    "objective": "the assignment and the article",
    "updates": "the assignment and the article",
    "z": "the assignment's NOISE_DIM and `sample_noise`",
    "optimizer": "the assignment's `get_solvers`; the rest is TensorFlow 1's "
    "default",
    "batch_size": "the article's `run_a_gan`",
    "epochs": "the article's `run_a_gan` | 5 for the convolutional pair in the "
    "assignment",
}

_RECIPES = {
    "conv": _Recipe(
        source="the article's convolutional pair",
        networks=MnistPair(),
        sources={
            **_BOTH,
            "networks": "the article's and the assignment's | the batch's "
            "statistics when sampling, too",
        },
    ),
    "dense": _Recipe(
        source="the assignment's fully connected pair",
        networks=MnistPair("Dense"),
        sources={**_BOTH, "networks": "the assignment's"},
    ),
}


def get(network="conv"):
    """The values of a recipe.

    Args:
        network: one of `NAMES`.

    Returns:
        A `tf_gans.recipes.objectives.Recipe`.

    Raises:
        ValueError: there is no such recipe.
    """
    return lookup(_RECIPES, network, "network")


def build(
    network="conv",
    *,
    feature_matching=False,
    historical_averaging=None,
    seed=0,
    ema_decay=None,
    dtype=None,
    jit_compile="auto",
):
    """Builds a compiled GAN for 28x28 images of one channel in [-1, 1].

    Args:
        network: one of `NAMES`.
        feature_matching, historical_averaging: as for `GAN`.
        seed: int.
        ema_decay: as for `GAN`.
        dtype: the networks' dtype or dtype policy, for example
            `"mixed_bfloat16"`. Defaults to Keras' global one.
        jit_compile: as for `GAN.compile`.

    Returns:
        `tf_gans.GAN`, compiled.
    """
    recipe = get(network).with_objective(
        feature_matching=feature_matching,
        historical_averaging=historical_averaging,
    )
    pair = recipe.networks.pair(recipe.latent_dim, seed=seed, dtype=dtype)
    return recipe.compiled(
        *pair, jit_compile=jit_compile, ema_decay=ema_decay, seed=seed
    )
