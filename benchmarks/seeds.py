"""What the recipes of the 1-D Gaussian reach, over many seeds.

    python -m benchmarks.seeds [--seeds 100] [--only stable] [--keep]

Trains every recipe, plain and with minibatch discrimination, on logits and
with the original's clamp, for its own number of steps, and prints a Markdown
table. A run is *frozen* when both losses stand still, to the last bit, over
its last 100 steps; *good* when W1 <= 0.10 and the standard deviation is within
15 % of the data's.
"""

import argparse
import json
import pathlib

import numpy as np
from tqdm import tqdm

from tf_gans import data
from tf_gans.toys.gaussian import recipes
from tf_gans.toys.gaussian.metrics import scalar_baseline, wasserstein_1
from tf_gans.toys.gaussian.probe import generated_samples

NUM_POINTS = 10_000
RESULTS = pathlib.Path(__file__).with_name("seeds.json")

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
        A dict of lists over the seeds: `w1`, `std`, `frozen`.
    """
    recipe = recipes.get(name, minibatch)
    target = data.Gaussian(recipe.batch_size)
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
        samples = generated_samples(gan, NUM_POINTS)
        result["w1"].append(round(wasserstein_1(samples, target), 5))
        result["std"].append(round(float(samples.std()), 5))
        losses = np.stack(list(gan.step_losses.values()))[:, -100:]
        result["frozen"].append(bool((np.ptp(losses, axis=1) == 0).all()))
    return result


def row(name, minibatch, loss, result):
    """Returns a line of the table."""
    w1, std = (np.array(result[key]) for key in ("w1", "std"))
    good = (w1 <= 0.10) & (np.abs(std / 0.5 - 1) <= 0.15)
    cells = (
        f"`{name}`",
        "yes" if minibatch else "no",
        loss,
        f"{good.sum()} of {len(w1)}",
        f"{np.median(w1):.3f}",
        f"{np.quantile(w1, 0.95):.3f}",
        f"{w1.max():.3f}",
        f"{np.median(std):.3f}",
        f"{std.min():.3f} to {std.max():.3f}",
        f"{(w1 > 1).sum()}",
        f"{sum(result['frozen'])}",
    )
    return "| " + " | ".join(cells) + " |"


HEADER = """\
| recipe | minibatch | loss | good | W1: median | 95 % | largest | \
std: median | range | W1 > 1 | frozen |
|---|---|---|---|---|---|---|---|---|---|---|"""


def main():
    """Prints the table and keeps its numbers in benchmarks/seeds.json."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", choices=recipes.NAMES)
    parser.add_argument(
        "--keep", action="store_true", help="print what was measured before"
    )
    arguments = parser.parse_args()
    print(HEADER)
    for name, minibatch, loss in ROWS:
        if arguments.only not in (None, name):
            continue
        key = f"{name}, {'minibatch' if minibatch else 'plain'}, {loss}"
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        if not arguments.keep:
            kept[key] = measure(name, minibatch, loss, arguments.seeds)
            # 100 seeds is what the README states; fewer are for a quick look.
            if arguments.seeds == 100:
                RESULTS.write_text(json.dumps(kept, sort_keys=True) + "\n")
        print(row(name, minibatch, loss, kept[key]), flush=True)
    baseline = scalar_baseline(data.Gaussian(8), NUM_POINTS)["w1"]
    print(f"\nW1 of {NUM_POINTS:,} real samples: {baseline:.4f}")


if __name__ == "__main__":
    main()
