"""Set-ups of the quadratic curves.

`code` is the listing of a blog article on GANs in PyTorch (in Chinese, October
2018), which changes the "artist" of Mo's tutorial (MorvanZhou/PyTorch-Tutorial,
406_GAN.py) to five numbers of noise, the first loss of Goodfellow et al. and
both players' losses from one forward pass. `stable` is this project's own.

In the listing both losses come from one forward pass on one z. The
discriminator is then updated, and only afterwards the generator's loss is
differentiated, through a graph that holds the discriminator's weights. Since
PyTorch 1.5 that is an error ("modified by an inplace operation"). Before, the
optimizer changed the weights behind the graph's back: the logits and the ReLUs
were those of the old discriminator, and the matrices that the gradient was
multiplied with those of the new one. At a rate of 1e-4 they hardly differ: the
generator's gradient was within 1 % of that through the old discriminator, and
within 2 % of that through the new one (relative norms at five steps of three
runs, in PyTorch). Here both gradients are taken before either update, which is
what the losses on paper say.
"""

import dataclasses
from collections.abc import Callable, Mapping

import keras

from tf_gans import latents, losses
from tf_gans.models.gan import GAN
from tf_gans.optimizers import FusedAdam
from tf_gans.recipes.catalogue import PROBLEMS, lookup
from tf_gans.toys.quadratics import networks

LOSSES = {
    "minimax": losses.Minimax,
    "non-saturating": losses.NonSaturating,
}


@dataclasses.dataclass(frozen=True)
class CurveRecipe:
    """One set-up: optimizers, sizes, units.

    Attributes:
        source: where the values are from, for a reader.
        num_steps: training steps. As in the listing, step 0 counts extra.
        optimizers: called with the number of steps, returns the generator's
            and the discriminator's.
        follow_data: whether the networks' units are scaled to the data.
        schedule: whether the optimizer depends on the number of steps, which
            can then not be changed when a run resumes.
        hidden_size, batch_size, latent_dim: sizes.
        loss: one of `LOSSES`.
        sources: a dict of where values are from, under their names; behind a
            bar, what is otherwise there.
    """

    source: str
    num_steps: int
    optimizers: Callable
    follow_data: bool = False
    schedule: bool = False
    hidden_size: int = 128
    batch_size: int = 64
    latent_dim: int = 5
    loss: str = "minimax"
    sources: Mapping[str, str] = dataclasses.field(default_factory=dict)


def _code_optimizers(num_steps):
    # The listing's LR_G and LR_D; torch.optim.Adam's other defaults.
    def adam():
        return FusedAdam(1e-4, beta_1=0.9, beta_2=0.999, epsilon=1e-8)

    return adam(), adam()


def _stable_optimizers(num_steps):
    # Ten times the listing's rate, falling to 0 along half a cosine.
    def adam():
        falling = keras.optimizers.schedules.CosineDecay(1e-3, num_steps + 1)
        # beta_1: Radford et al., 2015, arXiv 1511.06434, section 4.
        return FusedAdam(falling, beta_1=0.5, beta_2=0.999)

    return adam(), adam()


_LISTING = {
    "hidden_size": "the listing's `GNet` and `DNet`",
    "batch_size": "its BATCH_SIZE",
    "latent_dim": "its NOISE_COMPONENTS",
    "loss": "its `G_loss` | of probabilities",
}

_RECIPES = {
    "stable": CurveRecipe(
        source="this project",
        num_steps=10_000,
        optimizers=_stable_optimizers,
        follow_data=True,
        schedule=True,
        sources={
            **_LISTING,
            "num_steps": "trials over seeds",
            "optimizers": "trials over seeds; beta_1 as DCGAN's",
        },
    ),
    "code": CurveRecipe(
        source="the listing",
        num_steps=400,
        optimizers=_code_optimizers,
        sources={
            **_LISTING,
            "num_steps": "`range(401)`, with step 0",
            "optimizers": "LR_G, LR_D and torch.optim.Adam's defaults | the "
            "generator's gradient is taken through weights that have changed",
        },
    ),
}

NAMES = PROBLEMS["curves"].recipes


def get(name):
    """The values of a recipe.

    Args:
        name: one of `NAMES`.

    Returns:
        A `CurveRecipe`.

    Raises:
        ValueError: there is no such recipe.
    """
    return lookup(_RECIPES, name)


def build(
    name,
    data,
    *,
    hidden_size=None,
    num_steps=None,
    loss=None,
    seed=0,
    jit_compile="auto",
    steps_per_execution="auto",
):
    """Builds a compiled GAN from a recipe.

    Args:
        name: one of `NAMES`.
        data: `tf_gans.toys.quadratics.data.Quadratics` to learn.
        hidden_size: int, or None for the recipe's.
        num_steps: int, or None for the recipe's.
        loss: one of `LOSSES`, or None for the recipe's.
        seed: int.
        jit_compile: as for `GAN.compile`.
        steps_per_execution: as for `GAN.compile`.

    Returns:
        `tf_gans.GAN`, compiled.
    """
    recipe = get(name)
    options = {
        "num_points": data.sample_shape[0],
        "hidden_size": hidden_size or recipe.hidden_size,
        "shift": data.mean if recipe.follow_data else 0.0,
        "scale": data.std if recipe.follow_data else 1.0,
        "seed": seed,
    }
    gan = GAN(
        networks.Generator(latent_dim=recipe.latent_dim, **options),
        networks.Discriminator(**options),
        latents=latents.Normal((recipe.latent_dim,)),
        loss=lookup(LOSSES, loss or recipe.loss, "loss")(),
        # One z and one forward pass for both players' updates.
        simultaneous=True,
        track_outputs=True,
        seed=seed,
    )
    generator_optimizer, discriminator_optimizer = recipe.optimizers(
        num_steps or recipe.num_steps
    )
    gan.compile(
        generator_optimizer=generator_optimizer,
        discriminator_optimizer=discriminator_optimizer,
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
    )
    return gan
