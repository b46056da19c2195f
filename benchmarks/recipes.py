"""docs/recipes.md: every value of every recipe, with its source.

    python -m benchmarks.recipes --write docs/recipes.md
    python -m benchmarks.recipes                         prints it

The tables are made of the recipes' own data, and a test compares the document
with them.
"""

import argparse
import dataclasses
import pathlib

from tf_gans.recipes.objectives import GANObjective

HEAD = """\
# The recipes, value by value

Made from the recipes' own data by `python -m benchmarks.recipes --write \
docs/recipes.md`. A preset `paper` is what the paper says, `code` what a \
well-known program does. The last column says what is otherwise in the source; \
[deviations.md](deviations.md) says why, and what programs do besides.
"""
FAMILY = """\
All members have InfoGAN's networks and, where nothing else is said, the \
values of the large comparison: [Lucic et al., 2018](\
https://arxiv.org/abs/1711.10337) and its program, version 1 of \
[google/compare_gan](https://github.com/google/compare_gan). "The collection" \
is [hwalsuklee's](\
https://github.com/hwalsuklee/tensorflow-generative-model-collections). A \
member that has no `code` here has its paper's values under both names.
"""
MIXTURES = """\
The objectives are those of the family, with all numbers in units in which the \
data have a standard deviation of 1; `stable` is the non-saturating loss with \
R1. All else is one budget.
"""


def number(value):
    """A value as a reader writes it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def described(thing):
    """An object's class and its configuration."""
    config = thing.get_config()
    options = ", ".join(f"{k} {number(v)}" for k, v in config.items())
    return type(thing).__name__ + (f" ({options})" if options else "")


def fields(part, *left_out):
    """A part's options that do something, with their values."""
    return ", ".join(
        f"{option} {number(value)}"
        for option in part.options()
        if option not in {*left_out, *part.idle()}
        and (value := getattr(part, option)) not in (None, "")
    )


def objective(part):
    """What is minimised."""
    if not hasattr(part, "loss"):
        return fields(part, "simultaneous", "updates")
    things = (
        part.loss(),
        part.make_penalty(),
        part.constraint and part.constraint(),
    )
    loss, *others = things
    if part.label_smoothing:
        loss = part.loss(label_smoothing=part.label_smoothing)
    whole = [described(thing) for thing in (loss, *others) if thing]
    own = [o for o in type(part).options() if o not in GANObjective.options()]
    whole += [", ".join(f"{o} {number(getattr(part, o))}" for o in own)]
    return "; ".join(filter(None, whole))


def updates(part):
    """The updates of a step, and the z that they see."""
    if hasattr(part, "phases"):
        return part.phases
    if len(part.players) == 1:
        return "one, of both networks"
    if "classifier" in part.players:
        return "3 of the discriminator, 1 of G; z anew for each of the two"
    if getattr(part, "simultaneous", False):
        return "both players at once, from one z"
    critics = getattr(part, "critic_steps", 1)
    generators = getattr(part, "generator_steps", 1)
    z = "z anew for each"
    if not getattr(part, "fresh_latents", True):
        z = "one z for all"
    elif getattr(part, "generator_latents", "") == "last":
        z = "z anew for each of D, and its last one for G"
    return f"{critics} of the {part.opponent}, {generators} of G; {z}"


def optimizer(part, players):
    """The optimizer, and its rates in the players' order."""
    rates = [f"{player}_learning_rate" for player in players]
    numbers = " and ".join(number(getattr(part, rate)) for rate in rates)
    schedule = ", halved each 100,000 steps" if part.schedule else ""
    every = [o for o in part.options() if o.endswith("_rate")]
    options = fields(part, "schedule", *every)
    return f"{type(part).__name__} {numbers}{schedule}; {options}".strip("; ")


def of_images(recipe):
    """The values of a recipe for images, by `objectives.VALUES`."""
    low = number(getattr(recipe, "low", -1))
    prior = "N(0, 1)" if recipe.normal else f"U({low}, 1)"
    if hasattr(recipe.objective, "categories"):
        prior += ", codes among them"
    z = f"from {prior}"
    if not getattr(recipe.objective, "has_prior", True):
        z = "of a code without a prior"
    networks = fields(recipe.networks)
    return {
        "objective": objective(recipe.objective),
        "updates": updates(recipe.objective),
        "networks": f"{type(recipe.networks).__name__}: {networks}".strip(": "),
        "z": f"{recipe.latent_dim} {z}",
        "optimizer": optimizer(recipe.optimizer, recipe.objective.players),
        "batch_size": number(recipe.batch_size),
        "epochs": number(recipe.epochs),
        **{
            name: number(getattr(recipe, name))
            for name in ("unlabelled",)
            if hasattr(recipe, name)
        },
    }


def of_a_toy(recipe):
    """The values of a recipe of a small problem that have a source."""
    values = {}
    for name in recipe.sources:
        value = getattr(recipe, name)
        if name == "optimizers":
            players = map(of_an_optimizer, value(recipe.num_steps))
            value = " and ".join(dict.fromkeys(players))
        elif name == "prior":
            value = described(value())
        elif callable(value):
            value = value.__name__
        values[name] = number(value)
    return values


def of_an_optimizer(optimizer):
    """A Keras optimizer's class and what matters of its configuration."""
    config = optimizer.get_config()
    rate = config["learning_rate"]
    if isinstance(rate, dict):
        options = ", ".join(
            f"{k} {number(v)}"
            for k, v in rate["config"].items()
            if v and k != "name"
        )
        rate = f"{rate['class_name']} ({options})"
    else:
        rate = f"{rate:g}"
    names = ("beta_1", "beta_2", "epsilon", "momentum")
    options = [f"{k} {number(config[k])}" for k in names if k in config]
    return ", ".join([f"{type(optimizer).__name__} {rate}", *options])


def table(title, source, values, sources):
    """One recipe's section."""
    lines = [
        f"### {title}",
        "",
        f"From {source}.",
        "",
        "| what | value | source | otherwise there |",
        "|---|---|---|---|",
    ]
    for name, value in values.items():
        where, _, otherwise = sources[name].partition(" | ")
        what = name.replace("_", " ")
        lines.append(f"| {what} | {value} | {where} | {otherwise} |")
    return "\n".join(lines) + "\n"


def document():
    """The text of docs/recipes.md."""
    from tf_gans.recipes import (
        autoencoder,
        dcgan,
        members,
        mnist,
        semi_supervised,
    )
    from tf_gans.toys.gaussian import recipes as gaussian
    from tf_gans.toys.mixtures import recipes as mixtures
    from tf_gans.toys.quadratics import recipes as quadratics

    parts = [HEAD, "## The family\n", FAMILY]
    for (name, preset, *size), recipe in members.RECIPES.items():
        title = f"{name}, {preset}"
        if size:
            title += f", {size[0]}x{size[0]}"
        elif any(key[:2] == (name, preset) for key in _with_size(members)):
            title += ", other sizes"
        parts.append(
            table(title, recipe.source, of_images(recipe), recipe.sources)
        )
    for title, module, names in (
        ("The MNIST conv GAN and its dense twin", mnist, mnist.NAMES),
        ("DCGAN", dcgan, dcgan.NAMES),
        ("Autoencoders", autoencoder, autoencoder.NAMES),
        ("Few labels", semi_supervised, semi_supervised.NAMES),
        ("The 1-D Gaussian", gaussian, gaussian.NAMES),
        ("The quadratic curves", quadratics, quadratics.NAMES),
    ):
        parts.append(f"## {title}\n")
        for name in names:
            recipe = module.get(name)
            images = hasattr(recipe, "objective")
            values = of_images(recipe) if images else of_a_toy(recipe)
            parts.append(table(name, recipe.source, values, recipe.sources))
    budget = {
        k: number(v) for k, v in dataclasses.asdict(mixtures.BUDGET).items()
    }
    trials = dict.fromkeys(budget, "trials with `stable` over seeds")
    parts += [
        "## Points in the plane\n",
        MIXTURES,
        table("The budget", "this project", budget, trials),
    ]
    return "\n".join(parts)


def _with_size(members):
    """The keys of the recipes that are for one size."""
    return [key for key in members.RECIPES if len(key) == 3]


def main():
    """Prints the document, or writes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.write:
        arguments.write.write_text(document())
    else:
        print(document(), end="")


if __name__ == "__main__":
    main()
