"""Set-ups of the deep convolutional GAN.

`paper` is what the paper says, with the authors' code where it says nothing.
`carpedm20` is the program in TensorFlow 1 that most people met.

References:
- the paper: [Radford et al., 2015](https://arxiv.org/abs/1511.06434)
- the authors' code: https://github.com/Newmu/dcgan_code; for 64x64,
  faces/train_uncond_dcgan.py, for 28x28, mnist/train_cond_dcgan.py
- carpedm20's code: https://github.com/carpedm20/DCGAN-tensorflow, main.py and
  model.py
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

NAMES = PROBLEMS["dcgan"].recipes


@dataclasses.dataclass(frozen=True)
class DCGANPair(Part):
    """The pair of `tf_gans.networks.dcgan`.

    Attributes:
        variant: one of its `VARIANTS`.
    """

    opponents: ClassVar[tuple[str, ...]] = ("discriminator",)

    variant: str

    def pair(self, latent_dim, **options):
        """The generator and the discriminator.

        Args:
            latent_dim: int.
            **options: of both networks.
        """
        options["variant"] = self.variant
        return (
            Lazy("networks.dcgan.Generator")(latent_dim=latent_dim, **options),
            Lazy("networks.dcgan.Discriminator")(**options),
        )


# What is the same for both.
_Recipe = functools.partial(
    Recipe,
    latent_dim=100,
    optimizer=Adam(2e-4, 2e-4, beta_1=0.5),
    epochs=25,
)
_BOTH = {
    "objective": "the paper and both programs",
    "z": "the paper, section 4; both programs",
    "optimizer": "the paper, section 4; beta_2 and epsilon are both programs' "
    "default | the authors: a weight decay of 1e-5, for digits 2.5e-5 and a "
    "rate that falls",
    "epochs": "both programs, for faces | the authors, for digits: 200",
}

_RECIPES = {
    "paper": _Recipe(
        source="the paper and its authors' code",
        objective=GANObjective(
            Lazy("losses.NonSaturating"),
            generator_steps=1,
        ),
        networks=DCGANPair("paper"),
        batch_size=128,
        sources={
            **_BOTH,
            "updates": "the authors' train_uncond_dcgan.py, k = 1 | on "
            "batches of their own, the generator first",
            "networks": "the paper's architecture guidelines and figure 1; "
            "train_uncond_dcgan.py, `gen` and `discrim` | 128 filters next to "
            "the image; the batch's statistics when sampling, too",
            "batch_size": "the paper, section 4",
        },
    ),
    "carpedm20": _Recipe(
        source="carpedm20's code",
        objective=GANObjective(
            Lazy("losses.NonSaturating"),
            generator_steps=2,
            fresh_latents=False,
        ),
        networks=DCGANPair("carpedm20"),
        batch_size=64,
        sources={
            **_BOTH,
            "updates": "model.py:251-262 and 282-290",
            "networks": "model.py:338-421; ops.py:29-109",
            "batch_size": "main.py, batch_size",
        },
    ),
}


def get(name="paper"):
    """The values of a recipe.

    Args:
        name: one of `NAMES`.

    Returns:
        A `tf_gans.recipes.objectives.Recipe`.

    Raises:
        ValueError: there is no such recipe.
    """
    return lookup(_RECIPES, name)


def build(
    name="paper",
    *,
    size=64,
    channels=3,
    width=64,
    num_classes=None,
    feature_matching=False,
    historical_averaging=None,
    seed=0,
    ema_decay=None,
    dtype=None,
    jit_compile="auto",
):
    """Builds a compiled GAN from a recipe.

    Args:
        name: one of `NAMES`.
        size: int. The images' sides: 28, or 16, 32, 64, 128 and so on.
        channels: int.
        width: int. The channels next to the images.
        num_classes: int or None. The number of labels that the networks are
            conditioned on, with `size=28` only.
        feature_matching, historical_averaging: as for `GAN`.
        seed: int.
        ema_decay: as for `GAN`.
        dtype: the networks' dtype or dtype policy, for example
            `"mixed_bfloat16"`. Defaults to Keras' global one.
        jit_compile: as for `GAN.compile`.

    Returns:
        `tf_gans.GAN`, compiled. Its `value_range` says what range the images
        must have.
    """
    recipe = get(name).with_objective(
        feature_matching=feature_matching,
        historical_averaging=historical_averaging,
    )
    pair = recipe.networks.pair(
        recipe.latent_dim,
        size=size,
        channels=channels,
        width=width,
        num_classes=num_classes,
        seed=seed,
        dtype=dtype,
    )
    return recipe.compiled(
        *pair, jit_compile=jit_compile, ema_decay=ema_decay, seed=seed
    )
