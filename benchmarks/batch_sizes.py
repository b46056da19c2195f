"""The original's batch size, with and without minibatch discrimination.

    python -m benchmarks.batch_sizes [--seeds 50] [--keep] [--plot FILE.png]

The article of the 1-D Gaussian ends on the remark that minibatch
discrimination made the batch size matter, and that it had to stay below about
16. This trains the listing's set-up (the recipe `code`, 5,000 steps, on logits)
with batches of 2 to 128, and in large ones with minibatch discrimination among
8 samples each, and prints a Markdown table. What is measured is kept in
benchmarks/batch_sizes.json, and a call that was cut short goes on from there.
"""

import argparse
import json
import pathlib

import numpy as np
from tqdm import tqdm

from benchmarks.seeds import NUM_POINTS, restart
from tf_gans import data
from tf_gans.toys.gaussian import recipes
from tf_gans.toys.gaussian.metrics import wasserstein_1
from tf_gans.toys.gaussian.probe import generated_samples

SIZES = (2, 4, 8, 16, 32, 64, 128)
GROUP = 8
KINDS: dict[str, dict] = {
    "plain": {},
    "minibatch": {"minibatch": True},
    "groups": {"minibatch": True, "group_size": GROUP},
}
LABELS = {
    "plain": "plain",
    "minibatch": "minibatch discrimination",
    "groups": f"in groups of {GROUP}",
}
RESULTS = pathlib.Path(__file__).with_name("batch_sizes.json")


def sizes(kind):
    """The batch sizes that a kind has rows of."""
    return [n for n in SIZES if kind != "groups" or n > GROUP]


def measure(kind, batch_size, seeds):
    """Trains, a seed after the other.

    Returns:
        A dict of lists over the seeds: `w1`, `std`.
    """
    target = data.Gaussian(batch_size)
    steps = recipes.get("code", kind != "plain").num_steps + 1
    options = {**KINDS[kind], "steps_per_execution": steps}
    gan = recipes.build("code", target, **options)
    result: dict[str, list] = {"w1": [], "std": []}
    title = f"batches of {batch_size}, {kind}"
    for seed in tqdm(range(seeds), desc=title, disable=None):
        restart(gan, recipes.build("code", target, seed=seed, **options))
        gan.fit(target, steps_per_epoch=steps, verbose=0)
        samples = generated_samples(gan, NUM_POINTS)
        result["w1"].append(round(wasserstein_1(samples, target), 5))
        result["std"].append(round(float(samples.std()), 5))
    return result


def plot(kept, path):
    """Draws W1 over the batch size: medians, and the middle half of seeds."""
    from matplotlib.figure import Figure

    from tf_gans.plotting.picture import (
        BLUE,
        GREEN,
        VERMILION,
        save_figure,
        style,
    )

    with style():
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes = figure.subplots()
        for kind, colour, mark in zip(
            KINDS, (BLUE, VERMILION, GREEN), "os^", strict=True
        ):
            rows = [kept[f"{kind}, {size}"]["w1"] for size in sizes(kind)]
            low, middle, high = np.quantile(rows, (0.25, 0.5, 0.75), axis=1)
            x = sizes(kind)
            axes.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
            axes.plot(x, middle, f"{mark}-", color=colour, label=LABELS[kind])
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks(SIZES, [str(size) for size in SIZES])
        axes.set_xlabel("Batch size")
        axes.set_ylabel("W1 to the data, median and quartiles")
        figure.legend(loc="outside upper center", ncols=3, frameon=False)
        save_figure(path, figure)


def main():
    """Measures what is missing, prints the table, draws the figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument(
        "--keep", action="store_true", help="print what was measured before"
    )
    parser.add_argument("--plot", type=pathlib.Path)
    arguments = parser.parse_args()
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    heads = [f"{kind}: W1, median | std | W1 > 1" for kind in KINDS]
    print(f"| batch size | {' | '.join(heads)} |")
    print("|---" * (1 + 3 * len(KINDS)) + "|")
    for size in SIZES:
        cells = [str(size)]
        for kind in KINDS:
            if size not in sizes(kind):
                cells += 3 * [""]
                continue
            key = f"{kind}, {size}"
            if key not in kept and not arguments.keep:
                kept[key] = measure(kind, size, arguments.seeds)
                RESULTS.write_text(json.dumps(kept, sort_keys=True) + "\n")
            w1, std = (np.array(kept[key][name]) for name in ("w1", "std"))
            cells += [
                f"{np.median(w1):.3f}",
                f"{np.median(std):.2f}",
                f"{(w1 > 1).sum()} of {len(w1)}",
            ]
        print("| " + " | ".join(cells) + " |", flush=True)
    if arguments.plot:
        plot(kept, arguments.plot)


if __name__ == "__main__":
    main()
