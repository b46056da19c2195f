"""The family on points in the plane: quality over seeds, and speed.

    python -m benchmarks.mixtures [--seeds 10] [--only stable ns] [--keep]

trains every recipe under the one budget of `tf_gans.toys.mixtures.recipes`, on
the ring and on the grid, a seed after the other, and prints a Markdown table of
PacGAN's three numbers: means over the seeds and their standard errors. What is
measured is kept at once in benchmarks/mixtures.json, and a call that was cut
short goes on from there.

    python -m benchmarks.mixtures --added [--seeds 3]

does the same of what Salimans et al. add to a GAN's objective, here to `ns`'s.

    python -m benchmarks mixtures

compares the speed of `fit` with that of the same model's eager loop.
"""

import argparse
import dataclasses
import functools
import json
import pathlib
import time

import numpy as np

from benchmarks.measuring import REPEATS, Row, take_turns_as_workers

RESULTS = pathlib.Path(__file__).with_name("mixtures.json")

DATA_SETS = ("ring", "grid")

# The name of a recipe, and whether with minibatch discrimination.
ROWS = (
    ("stable", False),
    ("stable", True),
    ("ns", False),
    ("ns", True),
    ("mm", False),
    ("ls", False),
    ("hinge", False),
    ("dragan", False),
    ("vae", False),
    ("began", False),
    ("wgan", False),
    ("wgan-gp", False),
    ("r3gan", False),
)

# What is added to the plain `ns`, and its options.
ADDED: dict[str, dict] = {
    "nothing": {},
    "feature matching": {"feature_matching": True},
    "feature matching, minibatch": {
        "feature_matching": True,
        "minibatch": True,
    },
    "historical averaging 0.0001": {"historical_averaging": 0.0001},
    "historical averaging 0.001": {"historical_averaging": 0.001},
    "historical averaging 0.01": {"historical_averaging": 0.01},
}

# Modes, share of high quality in percent and reverse KL divergence, as
# published: PacGAN's table 1; of minibatch discrimination, its later version.
REPORTED = {
    "GAN": ((6.3, 98.2, 0.45), (17.3, 94.8, 0.70)),
    "minibatch discrimination": ((4.3, 36.6, 1.93), (23.8, 79.9, 0.17)),
    "PacGAN2": ((7.9, 95.6, 0.07), (23.8, 91.3, 0.13)),
    "PacGAN4": ((7.8, 95.9, 0.07), (24.8, 93.6, 0.04)),
}


def source(data_set):
    """The data, with the budget's batches."""
    from tf_gans import data
    from tf_gans.toys.mixtures import recipes as points

    kind = {"ring": data.Ring, "grid": data.Grid}[data_set]
    return kind(points.BUDGET.batch_size)


def restart(model, fresh):
    """Puts a compiled model into the state of a new one of another seed."""
    pairs = [(fresh, model)]
    pairs += zip(
        fresh.optimizers.values(), model.optimizers.values(), strict=True
    )
    for new, old in pairs:
        for value, variable in zip(new.variables, old.variables, strict=True):
            variable.assign(value)


def measure(name, minibatch, data_set, seeds, added=()):
    """Trains and yields the scores of one seed after the other.

    Args:
        name, minibatch: of `ROWS`.
        data_set: of `DATA_SETS`.
        seeds: iterable of ints.
        added: dict, the options of one of `ADDED`.

    Yields:
        A dict of the metrics.
    """
    from tf_gans.toys.mixtures import recipes as points
    from tf_gans.toys.mixtures.metrics import mixture_metrics

    data = source(data_set)
    model = None
    for seed in seeds:
        options = {"minibatch": minibatch, **dict(added)}
        fresh = points.build(name, data, seed=seed, **options)
        if model is None:
            model = fresh
        else:
            restart(model, fresh)
        model.fit(data, steps_per_epoch=points.BUDGET.num_steps + 1, verbose=0)
        scores = mixture_metrics(model.sample(2500).numpy(), data)
        if np.isnan(scores["reverse_kl"]):
            scores["reverse_kl"] = None  # JSON has no NaN
        yield scores


def load():
    """What was measured under this budget."""
    from tf_gans.toys.mixtures import recipes as points

    budget = dataclasses.asdict(points.BUDGET)
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if kept.get("budget") != budget:
        kept = {"budget": budget, "rows": {}}
    kept.setdefault("added", {})
    return kept


def title(name, minibatch):
    """What a row is called."""
    return f"{name}, minibatch" if minibatch else name


def cells(results, num_modes):
    """The three cells of a recipe's results on one data set."""
    modes = [result["modes"] for result in results]
    shares = [100 * result["high_quality"] for result in results]
    divergences = [
        result["reverse_kl"]
        for result in results
        if result["reverse_kl"] is not None
    ]
    return (
        f"{_mean(modes, 1)} of {num_modes}",
        f"{_mean(shares, 1)} %",
        _mean(divergences, 3) if divergences else "none",
    )


def _mean(values, digits):
    """The mean and its standard error."""
    text = f"{np.mean(values):.{digits}f}"
    if len(values) > 1:
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        text += f" ± {error:.{digits}f}"
    return text


HEADER = """\
| recipe | seeds | ring: modes | high quality | reverse KL \
| grid: modes | high quality | reverse KL |
|---|---|---|---|---|---|---|---|"""


def print_table(rows):
    """Prints what was measured, the baseline and the published numbers."""
    from tf_gans.toys.mixtures.metrics import mixture_baseline

    print(HEADER)
    for name, minibatch in ROWS:
        both = [
            rows.get(f"{title(name, minibatch)}, {data_set}", [])
            for data_set in DATA_SETS
        ]
        if not all(both):
            continue
        counts = " and ".join(str(n) for n in dict.fromkeys(map(len, both)))
        line = [f"`{title(name, minibatch)}`", counts]
        for results, num_modes in zip(both, (8, 25), strict=True):
            line += cells(results, num_modes)
        print("| " + " | ".join(line) + " |")
    line = ["real samples", ""]
    for data_set in DATA_SETS:
        baseline = mixture_baseline(source(data_set))
        line += [
            f"{baseline['modes']:.1f}",
            f"{100 * baseline['high_quality']:.1f} %",
            f"{baseline['reverse_kl']:.4f}",
        ]
    print("| " + " | ".join(line) + " |")
    for name, both in REPORTED.items():
        line = [f"{name}, as published", "10"]
        for modes, share, divergence in both:
            line += [f"{modes}", f"{share} %", f"{divergence}"]
        print("| " + " | ".join(line) + " |")


def complete(kept, part, key, seeds, measured):
    """Trains the seeds of a row that are missing, and keeps each at once.

    Args:
        kept: what `load` returned.
        part: `"rows"` or `"added"`.
        key: str, the row and the data set.
        seeds: int, how many there are to be.
        measured: function from an iterable of seeds to their scores.
    """
    results = kept[part].setdefault(key, [])
    for result in measured(range(len(results), seeds)):
        results.append(result)
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
        print(key, result, flush=True)


def print_added(kept):
    """Prints what the additions make of `ns`, with as many seeds of it."""
    print(HEADER.replace("recipe", "ns, and what is added", 1))
    for name in ADDED:
        both = [kept["added"].get(f"{name}, {d}", []) for d in DATA_SETS]
        if not all(both):
            continue
        counts = " and ".join(str(n) for n in dict.fromkeys(map(len, both)))
        line = [name, counts]
        for results, modes in zip(both, (8, 25), strict=True):
            line += cells(results, modes)
        print("| " + " | ".join(line) + " |")


def main():
    """Trains what is missing, and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument(
        "--only",
        nargs="+",
        default=[title(*row) for row in ROWS],
        metavar="ROW",
        help='such as stable or "ns, minibatch"',
    )
    parser.add_argument(
        "--keep", action="store_true", help="print what was measured before"
    )
    parser.add_argument(
        "--added", action="store_true", help="of what is added to ns"
    )
    arguments = parser.parse_args()
    kept = load()
    if arguments.added:
        for name, options in ADDED.items():
            for data_set in () if arguments.keep else DATA_SETS:
                complete(
                    kept,
                    "added",
                    f"{name}, {data_set}",
                    arguments.seeds,
                    functools.partial(
                        measure, "ns", False, data_set, added=options
                    ),
                )
        print_added(kept)
        return
    for name, minibatch in ROWS:
        if title(name, minibatch) not in arguments.only or arguments.keep:
            continue
        for data_set in DATA_SETS:
            complete(
                kept,
                "rows",
                f"{title(name, minibatch)}, {data_set}",
                arguments.seeds,
                functools.partial(measure, name, minibatch, data_set),
            )
    print_table(kept["rows"])


# Speed -----------------------------------------------------------------------


def ours(name, num_steps):
    """`fit`, with its default block."""
    return _loop(name, num_steps)


def eager(name, num_steps):
    """The same model, run step by step in Python."""
    return _loop(name, num_steps, run_eagerly=True, steps_per_execution=1)


def _loop(name, num_steps, **options):
    from tf_gans.toys.mixtures import recipes as points

    data = source("ring")
    model = points.build(name, data, **options)

    def steps_per_second():
        start = time.perf_counter()
        model.fit(data, steps_per_epoch=num_steps, verbose=0)
        return num_steps / (time.perf_counter() - start)

    return steps_per_second


def run(quick=False):
    """Compares every recipe's loop on the ring with its eager one."""
    from tf_gans.toys.mixtures import recipes as points

    repeats, steps = (1, 500) if quick else (REPEATS, 2000)
    rows = []
    for name in points.NAMES:
        speeds = take_turns_as_workers(
            {
                "fit": (
                    "mixtures",
                    "ours",
                    {"name": name, "num_steps": steps},
                ),
                "eager": (
                    "mixtures",
                    "eager",
                    {"name": name, "num_steps": steps // 100},
                ),
            },
            repeats,
        )
        rows.append(
            Row(
                f"ring, {name}: fit against its eager loop",
                speeds["fit"],
                speeds["eager"],
                "steps/s",
                goal=20,
            )
        )
    return rows


if __name__ == "__main__":
    main()
