"""Set-ups of the Dirac GAN: who circles, and what ends it.

References:
- the example and what converges: [Mescheder et al., 2018](
  https://arxiv.org/abs/1801.04406), sections 2 to 4
- the xy game, V(x, y) = x y: the exercises of [Goodfellow, 2016](
  https://arxiv.org/abs/1701.00160)
"""

import dataclasses

import keras

from tf_gans import latents
from tf_gans.recipes.catalogue import DIRAC, lookup
from tf_gans.recipes.objectives import GANObjective, Lazy
from tf_gans.toys.dirac import networks


@dataclasses.dataclass(frozen=True)
class DiracRecipe:
    """One set-up.

    Attributes:
        title: what it is, in a line.
        objective: what the two numbers minimise.
        converges: whether the paper proves that it does, near the equilibrium.
        source: where that stands.
        batch_size: samples in a batch; what is random needs many.
    """

    title: str
    objective: GANObjective
    converges: bool
    source: str
    batch_size: int = 1


_WASSERSTEIN = GANObjective(Lazy("losses.Wasserstein"))
_NS = GANObjective(Lazy("losses.NonSaturating"))

# The weights of penalties and noise are not the paper's, which names none:
# they are what shows within a few hundred steps.
_RECIPES = {
    "xy": DiracRecipe(
        "the xy game, both at once",
        dataclasses.replace(_WASSERSTEIN, simultaneous=True),
        False,
        "section 2; Goodfellow 2016",
    ),
    "ns": DiracRecipe(
        "ns, in turns",
        _NS,
        False,
        "section 2",
    ),
    "wgan": DiracRecipe(
        "wgan, clipped to [-1, 1]",
        dataclasses.replace(_WASSERSTEIN, clip=1.0),
        False,
        "section 3: Wasserstein GANs",
    ),
    "wgan-gp": DiracRecipe(
        "wgan-gp, lambda 1",
        dataclasses.replace(
            _WASSERSTEIN,
            penalty=Lazy("penalties.GradientPenalty"),
            penalty_weight=1.0,
        ),
        False,
        "section 3: Wasserstein GANs",
    ),
    "noise": DiracRecipe(
        "ns with instance noise",
        dataclasses.replace(_NS, instance_noise=1.0),
        True,
        "section 3: instance noise",
        batch_size=512,
    ),
    "r1": DiracRecipe(
        "ns with R1, gamma 0.3",
        dataclasses.replace(
            _NS, penalty=Lazy("penalties.R1"), penalty_weight=0.3
        ),
        True,
        "section 3: zero-centred penalties; theorem 4.1",
    ),
}

NAMES = DIRAC


def get(name):
    """The values of a recipe.

    Args:
        name: one of `NAMES`.

    Returns:
        A `DiracRecipe`.

    Raises:
        ValueError: there is no such recipe.
    """
    return lookup(_RECIPES, name)


def build(
    name,
    *,
    start=(1.0, 1.0),
    learning_rate=0.1,
    seed=0,
    jit_compile="auto",
):
    """Builds a compiled Dirac GAN, trained by plain gradient descent.

    Args:
        name: one of `NAMES`.
        start: pair of floats: theta, the generator's number, and psi, the
            discriminator's. Defaults to `(1, 1)`.
        learning_rate: float, of both. Defaults to `0.1`.
        seed: int.
        jit_compile: as for `GAN.compile`.

    Returns:
        `tf_gans.GAN`, compiled.
    """
    objective = get(name).objective
    gan = objective.model(
        networks.Generator(start[0]),
        networks.Discriminator(start[1]),
        latents.Normal((1,)),
        seed=seed,
    )
    gan.compile(
        keras.optimizers.SGD(learning_rate),
        keras.optimizers.SGD(learning_rate),
        jit_compile=jit_compile,
    )
    return gan
