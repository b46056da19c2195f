"""What the recipes of the 1-D Gaussian reach, over many seeds.

    python -m benchmarks.seeds [--seeds 100] [--only stable]

Trains every recipe, plain and with minibatch discrimination, on logits and
with the original's clamp, for its own number of steps, and prints a Markdown
table. A run is *frozen* when both losses stand still, to the last bit, over
its last 100 steps; *good* when W1 <= 0.10 and the standard deviation is within
15 % of the data's.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from tf_gans import data
from tf_gans.metrics import scalar_floors, wasserstein_1
from tf_gans.recipes import gaussian as recipes

NUM_POINTS = 10_000

ROWS = (
    ("stable", True, "logits"),
    ("stable", False, "logits"),
    ("code", True, "logits"),
    ("code", False, "logits"),
    ("code", True, "clamped"),
    ("code", False, "clamped"),
    ("article", True, "logits"),
    ("article", False, "logits"),
    ("article", True, "clamped"),
    ("article", False, "clamped"),
)


def restart(gan, fresh):
    """Puts a compiled model into the state of a new one of another seed."""
    for new, old in (
        (fresh, gan),
        (fresh.generator_optimizer, gan.generator_optimizer),
        (fresh.discriminator_optimizer, gan.discriminator_optimizer),
    ):
        for source, target in zip(new.variables, old.variables, strict=True):
            target.assign(source)


def measure(name, minibatch, loss, seeds):
    """Trains one row of the table, a seed after the other.

    Returns:
        A dict of arrays over the seeds: `w1`, `std`, `frozen`.
    """
    recipe = recipes.get(name, minibatch)
    target = data.Gaussian(recipe.batch_size)
    z = tf.linspace(-recipes.RANGE, recipes.RANGE, NUM_POINTS)[:, tf.newaxis]
    options = {"minibatch": minibatch, "loss": loss}
    # One block, so that its losses are those of the whole run.
    steps = recipe.num_steps + 1
    options["steps_per_execution"] = steps
    gan = recipes.build(name, target, **options)
    result = {"w1": [], "std": [], "frozen": []}
    title = f"{name}{' minibatch' if minibatch else ''} {loss}"
    for seed in tqdm(range(seeds), desc=title, disable=None):
        restart(gan, recipes.build(name, target, seed=seed, **options))
        gan.fit(target, steps_per_epoch=steps, verbose=0)
        samples = gan(z).numpy()
        result["w1"].append(wasserstein_1(samples, target))
        result["std"].append(float(samples.std()))
        losses = np.stack(list(gan.step_losses.values()))[:, -100:]
        result["frozen"].append(bool((np.ptp(losses, axis=1) == 0).all()))
    return {key: np.array(values) for key, values in result.items()}


def main():
    """Prints the table and writes it to benchmarks/seeds.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", choices=recipes.NAMES)
    arguments = parser.parse_args()
    floor = scalar_floors(data.Gaussian(8), NUM_POINTS)["w1"]
    print(
        "| recipe | minibatch | loss | seeds | good | W1 median | W1 95 % | "
        "W1 largest | std median | std range | W1 > 1 | frozen |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    rows = []
    for name, minibatch, loss in ROWS:
        if arguments.only in (None, name):
            result = measure(name, minibatch, loss, arguments.seeds)
            w1, std = result["w1"], result["std"]
            good = (w1 <= 0.10) & (np.abs(std / 0.5 - 1) <= 0.15)
            print(
                f"| `{name}` | {'yes' if minibatch else 'no'} | {loss} | "
                f"{len(w1)} | {good.sum()} | {np.median(w1):.3f} | "
                f"{np.quantile(w1, 0.95):.3f} | {w1.max():.3f} | "
                f"{np.median(std):.3f} | {std.min():.3f} to {std.max():.3f} | "
                f"{(w1 > 1).sum()} | {result['frozen'].sum()} |",
                flush=True,
            )
            rows.append(
                {
                    "recipe": name,
                    "minibatch": minibatch,
                    "loss": loss,
                    **{k: v.tolist() for k, v in result.items()},
                }
            )
    print(
        f"\nW1 of {NUM_POINTS:,} perfect samples: {floor:.4f}", file=sys.stderr
    )
    if arguments.only is None:
        path = pathlib.Path(__file__).with_name("seeds.json")
        path.write_text(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
