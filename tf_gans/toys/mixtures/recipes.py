"""One budget for the whole family on points in the plane.

A recipe of `tf_gans.recipes.family` says what is minimised: the loss, the
penalty, the clipping or the spectral normalisation, the critic's updates in a
step, BEGAN's equilibrium, the VAE. All else is the same for all of them and
stands here: the networks, the optimizer and its rates, the batch, the number of
steps, the prior and the moving average. So what differs between two trainings
is the objective.

The values of the budget were chosen by trials with `stable` over seeds.
"""

import dataclasses
import functools
from typing import Any

import keras

from tf_gans import latents, penalties
from tf_gans.optimizers import FusedAdam
from tf_gans.recipes import family
from tf_gans.recipes.catalogue import PROBLEMS, lookup
from tf_gans.toys.mixtures import networks

# This project's own: the non-saturating loss with R1, of this weight where data
# have a standard deviation of 1.
STABLE = "stable"
_R1_WEIGHT = 0.03

NAMES = PROBLEMS["mixtures"].recipes


@dataclasses.dataclass(frozen=True)
class Budget:
    """What all recipes have in common.

    Attributes:
        hidden_size, num_layers: of each network.
        latent_dim: components of z ~ N(0, I).
        batch_size: points in a batch.
        num_steps: training steps: updates of the generator. As in gan-intro,
            step 0 counts extra.
        generator_learning_rate, discriminator_learning_rate: at the beginning.
            They fall to 0 along half a cosine.
        beta_1, beta_2: of Adam.
        ema_decay: of the generator that samples are drawn from.
    """

    hidden_size: int = 64
    num_layers: int = 3
    latent_dim: int = 2
    # Batches of 64 leave twice as many samples between the grid's modes.
    batch_size: int = 128
    num_steps: int = 15_000
    # High: samples lie between the modes until the generator leaps from one to
    # the next, and at 1e-3 it takes several times as long to become so steep.
    generator_learning_rate: float = 6e-3
    discriminator_learning_rate: float = 3e-3
    # Momentum is what harms most: with 0.9, hardly a sample is good after
    # 6,000 steps on the grid; 0 is better than 0.5.
    beta_1: float = 0.0
    beta_2: float = 0.99
    ema_decay: float = 0.998


BUDGET = Budget()


def get(name, preset="paper"):
    """The objective of a recipe.

    Args:
        name: one of `NAMES`.
        preset: `"paper"` or `"code"`; see `tf_gans.recipes.family`. `stable`
            has one set-up under both names.

    Returns:
        A `tf_gans.recipes.objectives.Recipe`, of whose values only those count
        that are no part of the budget.

    Raises:
        ValueError: there is no such recipe.
    """
    recipes = {n: (n, preset) for n in NAMES} | {STABLE: ("ns", "paper")}
    recipe = family.get(*lookup(recipes, name))
    if name != STABLE:
        return recipe
    return dataclasses.replace(
        recipe,
        source="this project: the non-saturating loss with R1",
        objective=dataclasses.replace(
            recipe.objective, penalty=penalties.R1, penalty_weight=_R1_WEIGHT
        ),
    )


def build(
    name,
    data,
    *,
    preset="paper",
    minibatch=False,
    feature_matching=False,
    historical_averaging=None,
    num_steps=None,
    seed=0,
    jit_compile="auto",
    steps_per_execution="auto",
    run_eagerly=False,
):
    """Builds a compiled model from a recipe and the budget.

    The networks work in units in which the data have mean 0 and standard
    deviation 1, and so does the objective: a slope of 1, a move of the data by
    DRAGAN and an error of BEGAN's autoencoder are those in these units. So
    rings of any radius are learned alike. WGAN-GP's toy program divides its
    data likewise.

    Args:
        name: one of `NAMES`.
        data: source of points with `mean`, `std` and `sigma`, such as
            `tf_gans.toys.mixtures.data.Ring`.
        preset: see `get`.
        minibatch: bool. Whether the discriminator has minibatch
            discrimination. Defaults to `False`.
        feature_matching, historical_averaging: as for `tf_gans.GAN`; the
            second also for BEGAN.
        num_steps: int, or None for the budget's.
        seed: int.
        jit_compile, steps_per_execution, run_eagerly: as for `GAN.compile`.

    Returns:
        A compiled `tf_gans.GAN`, `BEGAN` or `VAE`.

    Raises:
        ValueError: the recipe has no discriminator that minibatch
            discrimination fits into, or whose features could be matched, or
            no second player.
    """
    recipe = get(name, preset)
    if minibatch:
        _check_minibatch(name, recipe.objective)
    recipe = _with_additions(
        name,
        recipe,
        {
            "feature_matching": feature_matching,
            "historical_averaging": historical_averaging,
        },
    )
    num_steps = num_steps or BUDGET.num_steps
    units = {
        "hidden_size": BUDGET.hidden_size,
        "num_layers": BUDGET.num_layers,
        "shift": tuple(data.mean),
        "scale": data.std,
        "seed": seed,
    }
    generator = networks.Generator(BUDGET.latent_dim, **units)
    kinds: dict[str, tuple[Any, dict, Any]] = {
        "discriminator": (
            networks.Discriminator,
            {
                "minibatch": minibatch,
                "spectral_norm": getattr(
                    recipe.networks, "spectral_norm", False
                ),
            },
            _fitted_penalty,
        ),
        "autoencoder": (networks.Autoencoder, {}, _fitted_balance),
        "encoder": (
            networks.Encoder,
            {"latent_dim": BUDGET.latent_dim},
            _fitted_likelihood,
        ),
    }
    opponent, own, fitted = kinds[recipe.objective.opponent]
    objective = fitted(recipe.objective, data)
    model = objective.model(
        generator,
        opponent(**own, **units),
        latents.Normal((BUDGET.latent_dim,)),
        ema_decay=BUDGET.ema_decay,
        seed=seed,
    )
    updates = {
        "generator": num_steps + 1,
        "discriminator": model.critic_steps * (num_steps + 1),
    }
    unit = data.std if objective.opponent == "autoencoder" else 1.0
    model.compile(
        *(_adam(player, updates[player], unit) for player in objective.players),
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
        run_eagerly=run_eagerly,
    )
    return model


def _adam(player, updates, unit):
    """A player's Adam, whose rate falls to 0 in its updates.

    Args:
        player: `"generator"` or `"discriminator"`.
        updates: int.
        unit: float. What the loss is multiplied with if the data are; Adam's
            epsilon is of the size of a gradient.
    """
    rate = getattr(BUDGET, f"{player}_learning_rate")
    falling = keras.optimizers.schedules.CosineDecay(rate, updates)
    return FusedAdam(falling, BUDGET.beta_1, BUDGET.beta_2, 1e-7 * unit)


def _fitted_penalty(objective, data):
    """The objective with its penalty in the networks' units.

    A gradient in the data's units is `1 / data.std` times the networks'.
    """
    penalty = objective.make_penalty()
    if penalty is None:
        return objective
    config = penalty.get_config()
    config["weight"] *= data.std**2
    if "target" in config:
        config["target"] /= data.std
    if config.get("noise") == "gaussian":
        # Noise of the other kind is in units of the batch's deviation.
        config["scale"] *= data.std
    return dataclasses.replace(
        objective,
        penalty=functools.partial(penalty.from_config, config),
        penalty_weight=None,
    )


def _fitted_balance(objective, data):
    """BEGAN's objective with its equilibrium in the networks' units.

    The errors, and so the balance that k follows, are in the data's.
    """
    return dataclasses.replace(
        objective,
        lambda_k=objective.lambda_k / data.std,
        # The budget's rates fall by themselves, whatever M_global does.
        patience=None,
    )


def _fitted_likelihood(objective, data):
    """The VAE's objective for points, whose noise is known."""
    return dataclasses.replace(
        objective, likelihood="gaussian", stddev=data.sigma
    )


def _with_additions(name, recipe, additions):
    """The recipe with what is asked for of its objective besides.

    Args:
        name: str, of the recipe.
        recipe: `tf_gans.recipes.objectives.Recipe`.
        additions: dict of options; those that are off ask for nothing.
    """
    wanted = {option: value for option, value in additions.items() if value}
    for option, value in wanted.items():
        if option not in recipe.objective.options():
            raise ValueError(
                f"`{option}` does nothing in the recipe {name}, of "
                f"{recipe.source}. Received: {option}={value}"
            )
    return recipe.with_objective(**wanted)


def _check_minibatch(name, objective):
    if objective.opponent != "discriminator":
        raise ValueError(
            f"`minibatch=True` is for a discriminator that judges, and {name} "
            f"has none. Received: name={name!r}, minibatch=True"
        )
    if getattr(objective.make_penalty(), "batch_norm", "") == "refuse":
        raise ValueError(
            "`minibatch=True` mixes the samples of a batch, and the penalty of "
            f"{name} is a norm for each of them. Received: name={name!r}, "
            "minibatch=True"
        )
