"""Pictures of the documents, from real trainings.

    python -m benchmarks.pictures             of docs/reading-the-curves.md
    python -m benchmarks.pictures clipping    of docs/family.md
    python -m benchmarks.pictures gamma       the same: a quarter of an hour

Of the first, each is one training of the 1-D Gaussian, 5,000 steps, drawn by
the function that draws every run's curves. The seeds were picked from those
that `python -m benchmarks.seeds` found to go this way.
"""

import argparse
import dataclasses
import pathlib

import keras

from benchmarks import clipping, gamma
from tf_gans import data, plotting, recipes
from tf_gans.models.gan import GAN

DIRECTORY = pathlib.Path(__file__).parents[1] / "docs/images"
NUM_STEPS = 5000
EVERY = 10  # steps from one drawn value to the next


@dataclasses.dataclass(frozen=True)
class Picture:
    """One training: its set-up, and how its picture is called."""

    name: str
    title: str
    recipe: str
    minibatch: bool
    loss: str
    seed: int
    learning_rate: float | None = None  # of Adam; None for the recipe's


PICTURES = (
    Picture(
        "curves-equilibrium",
        "stable, minibatch discrimination, seed 42: the equilibrium",
        *("stable", True, "logits", 42),
    ),
    Picture(
        "curves-frozen",
        "code, minibatch discrimination, clamped loss, seed 1: frozen",
        *("code", True, "clamped", 1),
    ),
    Picture(
        "curves-collapse",
        "code, minibatch discrimination, seed 28: collapse",
        *("code", True, "logits", 28),
    ),
    Picture(
        "curves-oscillation",
        "code, minibatch discrimination, Adam 0.02, seed 42: oscillation",
        *("code", True, "logits", 42, 0.02),
    ),
    Picture(
        "curves-dead",
        "code, no minibatch discrimination, Adam 0.03, seed 42: dead ReLUs",
        *("code", False, "logits", 42, 0.03),
    ),
)


def train(picture):
    """Trains; returns the model, the rows of its log, and samples."""
    source = data.Gaussian(recipes.gaussian.get(picture.recipe).batch_size)
    plain = recipes.gaussian.build(
        picture.recipe,
        source,
        minibatch=picture.minibatch,
        loss=picture.loss,
        seed=picture.seed,
    )
    # The same training; its logs also hold D(x) and D(G(z)).
    gan = GAN.from_config({**plain.get_config(), "track_outputs": True})
    rate = picture.learning_rate
    if rate:
        optimizers = [
            keras.optimizers.Adam(rate, epsilon=1e-8) for _ in range(2)
        ]
    else:
        recipe = recipes.gaussian.get(picture.recipe)
        optimizers = recipe.optimizers(NUM_STEPS)
    gan.compile(*optimizers, jit_compile=plain.jit_compile)
    rows = []

    def keep(step):
        losses = gan.step_losses
        for i in range(0, len(losses["d_loss"]), EVERY):
            values = {name: float(v[i]) for name, v in losses.items()}
            rows.append({"step": step + i, **values})

    for step in range(0, NUM_STEPS, 1000):
        gan.fit(source, steps_per_epoch=1000, verbose=0)
        keep(step)
    samples = gan.sample(10_000).numpy()
    return gan, rows, samples


def main():
    """Trains and draws what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=("curves", "clipping", "gamma"),
        default="curves",
    )
    parser.add_argument(
        "--data",
        type=pathlib.Path,
        help="of gamma: an .npz file of digits (default: MNIST)",
    )
    arguments = parser.parse_args()
    if arguments.data is not None and arguments.what != "gamma":
        parser.error("--data: only gamma takes it")
    if arguments.what == "clipping":
        clipping.draw(DIRECTORY / "clipping.png")
        return
    if arguments.what == "gamma":
        gamma.draw(DIRECTORY / "began-gamma.png", arguments.data)
        return
    for picture in PICTURES:
        gan, rows, samples = train(picture)
        plotting.plot_curves(
            DIRECTORY / f"{picture.name}.png",
            rows,
            title=picture.title,
            equilibrium=gan.equilibrium,
        )
        last = ", ".join(f"{k} {v:.3f}" for k, v in rows[-1].items())
        print(
            f"{picture.name}: {last}; samples {samples.mean():.3f} +- "
            f"{samples.std():.3f}"
        )


if __name__ == "__main__":
    main()
