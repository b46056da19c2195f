"""The family of GANs that the surveys compare, and the VAE.

All have InfoGAN's networks (`tf_gans.networks.infogan`), as in the large
comparison, so that what differs is the objective. Each has a preset `paper`,
what its paper says, and where a well-known program does otherwise, `code`.
The values and their sources are in `tf_gans.recipes.members`.
"""

import dataclasses

from tf_gans.recipes.catalogue import lookup
from tf_gans.recipes.members import NAMES, OPTIONS, PRESETS, RECIPES
from tf_gans.recipes.objectives import OPTIMIZERS, GANObjective
from tf_gans.recipes.pairs import NETWORKS

__all__ = ["NAMES", "OPTIONS", "PRESETS", "build", "get"]

# Off by default: a value that is false asks for nothing.
_ADDITIONS = (
    "label_smoothing",
    "instance_noise",
    "instance_noise_steps",
    "dropout",
    "feature_matching",
    "historical_averaging",
    "penalty_weight",
    "clip",
    "spectral_norm",
    "critic_norm",
)
_OF_THE_DATA = ("batch_size", "epochs")


def get(name, preset="paper", size=28):
    """The values of a recipe.

    Args:
        name: one of `NAMES`.
        preset: one of `PRESETS`. A member whose well-known programs do as the
            paper says has one set-up under both names.
        size: int. The images' sides: a program may have a set-up for digits of
            its own.

    Returns:
        A `tf_gans.recipes.objectives.Recipe`.

    Raises:
        ValueError: there is no such recipe.
    """
    paper = lookup({n: RECIPES[n, "paper"] for n in NAMES}, name)
    presets = {p: RECIPES.get((name, p), paper) for p in PRESETS}
    recipe = lookup(presets, preset, "preset")
    return RECIPES.get((name, preset, size), recipe)


def build(
    name,
    preset="paper",
    *,
    size=28,
    channels=1,
    num_classes=None,
    seed=0,
    ema_decay=None,
    dtype=None,
    jit_compile="auto",
    **options,
):
    """Builds a compiled member of the family for images.

    Args:
        name: one of `NAMES`.
        preset: one of `PRESETS`.
        size: int. The images' sides, a multiple of 4.
        channels: int.
        num_classes: int or None. How many labels the data have, for the
            members that learn them.
        seed: int.
        ema_decay: as for `GAN`.
        dtype: the networks' dtype or dtype policy. Defaults to Keras' global.
        jit_compile: as for `GAN.compile`.
        **options: other values than the recipe's, of `OPTIONS`: the attributes
            of its objective, such as `critic_steps` or `label_smoothing`
            (`tf_gans.recipes.objectives`), of its networks, such as
            `batch_norm` or `critic_norm` (`tf_gans.recipes.pairs`), of its
            optimizer, such as `generator_learning_rate` or `beta_1`; and
            `latent_dim`, `normal`, `networks`, one of `"infogan"`,
            `"wgan-gp"`, `"began"` and `"dense"`, and `optimizer`, `"adam"` or
            `"rmsprop"`.

    Returns:
        A compiled `tf_gans.GAN`, `ACGAN`, `InfoGAN`, `BEGAN` or `VAE`. Its
        `value_range` says what range the images must have.

    Raises:
        ValueError: options contradict each other or the recipe.
    """
    recipe = _changed(name, get(name, preset, size), options)
    if recipe.objective.labelled and not num_classes:
        raise ValueError(
            f"{name} learns labels, and `num_classes` must say how many there "
            f"are. Received: num_classes={num_classes}"
        )
    try:
        pair = recipe.networks.pair(
            recipe.objective.opponent,
            recipe.latent_dim,
            recipe.objective.options_of_pair(num_classes),
            size=size,
            channels=channels,
            seed=seed,
            dtype=dtype,
        )
        return recipe.compiled(
            *pair, jit_compile=jit_compile, ema_decay=ema_decay, seed=seed
        )
    except ValueError as error:
        raise ValueError(_naming(options, str(error))) from error


def _naming(options, message):
    """A mistake's message, which names an option that was given.

    A recipe by itself has no contradictions, so one of the options is the
    cause, though a model knows it by another name: `clip` as its constraint.
    """
    given = [
        option
        for option, value in options.items()
        if value is not None and value is not False  # 0 is a value
    ]
    if not given or any(f"`{o}" in message for o in given):
        return message
    return f"{' or '.join(f'`{o}`' for o in given)}: {message}"


def _changed(name, recipe, options):
    """The recipe with other values, each in the part that has it."""
    left = dict(options)
    for field, kinds in (
        ("networks", NETWORKS),
        ("optimizer", OPTIMIZERS),
    ):
        if field in left:
            kind = lookup(kinds, left.pop(field), field)
            changed = _converted(getattr(recipe, field), kind)
            recipe = dataclasses.replace(recipe, **{field: changed})
    for field in ("objective", "networks", "optimizer"):
        part = getattr(recipe, field)
        own = {o: left.pop(o) for o in part.options() if o in left}
        changed = dataclasses.replace(part, **own)
        recipe = dataclasses.replace(recipe, **{field: changed})
    own = {o: left.pop(o) for o in ("latent_dim", "normal") if o in left}
    recipe = dataclasses.replace(recipe, **own)
    idle = {*left, *_idle(recipe)}
    for option, value in options.items():
        if option in left and option not in (*OPTIONS, *_OF_THE_DATA):
            raise TypeError(f"build() got an unexpected option {option!r}")
        is_off = not value or value == "none"
        if option in idle and not (is_off and option in _ADDITIONS):
            raise ValueError(
                f"`{option}` does nothing in the recipe {name}, of "
                f"{recipe.source}. Received: {option}={value}"
            )
    return recipe


def _converted(part, kind):
    """A part of another kind, with what the two have in common."""
    shared = {o: getattr(part, o) for o in kind.options() if hasattr(part, o)}
    return kind(**shared)


def _idle(recipe):
    """The options that do nothing, the others being as they are."""
    objective, networks = recipe.objective, recipe.networks
    if objective.opponent not in networks.opponents:
        raise ValueError(
            f"`networks` must have {_article(objective.opponent)}, which the "
            f"objective needs. Received: {type(networks).__name__}"
        )
    idle = objective.idle() | networks.idle() | recipe.optimizer.idle()
    if "discriminator" not in objective.players:
        idle.add("discriminator_learning_rate")
    if not isinstance(objective, GANObjective):
        idle |= {"spectral_norm", "critic_norm"}
    return idle


def _article(noun):
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
