"""What few labels are worth: test accuracy over subsets of labels.

    python -m benchmarks.semi_supervised --data mnist.npz --subsets 10
    python -m benchmarks.semi_supervised --preset paper --steps 5000

Each subset is of as many labels of each class. The semi-supervised GAN, and
its classifier trained on the labels alone for as many steps, are asked for the
test images. A line for each goes to --out, and those that stand there already
are not trained again. Prints the table of docs/semi_supervised.md.
"""

import argparse
import json
import pathlib
import time

from tf_gans.runs import classifying

KINDS = ("semi-supervised", "labels alone")


def open_data(arguments):
    """Training and test images with their labels."""
    from tf_gans import data

    named = {"path": arguments.data}
    if arguments.data is None:
        named = {"dataset": "mnist"}
    return [
        data.load_images(**named, with_labels=True, split=split)
        for split in ("train", "test")
    ]


def train(kind, arguments, subset, images, test):
    """Trains one classifier.

    Returns:
        A dict of its accuracy on the test images and of the seconds it took.
    """
    from tf_gans import data, pixels, recipes

    recipe = recipes.semi_supervised.get(arguments.preset)
    rate = arguments.average_rate
    if kind == "labels alone":
        build, options = recipes.semi_supervised.build_supervised, {}
    else:
        build, options = recipes.semi_supervised.build, {}
        if rate is not None:
            options = {"average_rate": rate, "average_from_zero": False}
    model = build(arguments.preset, seed=subset, **options)
    value_range = (0, 1) if recipe.low == 0 else (-1, 1)
    source = data.SemiSupervised(
        images.images,
        images.labels,
        arguments.labels,
        recipe.batch_size,
        seed=subset,
        unlabelled=recipe.unlabelled,
        value_range=value_range,
    )
    start = time.perf_counter()
    model.fit(source, steps_per_epoch=arguments.steps, verbose=0)
    seconds = time.perf_counter() - start
    samples = pixels.to_samples(test.images, value_range)
    found = {"accuracy": model.accuracy(samples, test.labels)}
    if getattr(model, "average_classifier", None) is not None:
        model.average_classifier = None  # and the network itself
        found["not averaged"] = model.accuracy(samples, test.labels)
    return {**found, "seconds": round(seconds, 1)}


def read(path):
    """The lines of a file, if there is one, as dicts."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def key(row):
    """What a line is of."""
    return tuple(
        row[name]
        for name in (
            *("preset", "labels", "steps", "average_rate", "subset", "kind"),
        )
    )


def table(rows):
    """Means with their intervals, as lines of markdown."""
    lines = [
        "| preset | labels | steps | trained on | subsets | test accuracy |",
        "|---|---|---|---|---|---|",
    ]
    groups: dict = {}
    for row in rows:
        name = (row["preset"], row["labels"], row["steps"], row["kind"])
        groups.setdefault(name, []).append(100 * row["accuracy"])
    for (preset, labels, steps, kind), values in groups.items():
        said = f"{values[0]:.1f} %"
        if len(values) > 1:
            mean, low, high = classifying.interval(values)
            said = f"{mean:.1f} % ({low:.1f} to {high:.1f})"
        lines.append(
            f"| {preset} | {labels} | {steps:,} | {kind} | {len(values)} | "
            f"{said} |"
        )
    return "\n".join(lines)


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--preset", choices=("paper", "book"), default="book")
    add("--labels", type=int, default=100)
    add("--subsets", type=int, default=10)
    add("--steps", type=int, default=8000)
    add(
        "--average-rate",
        type=float,
        help="classify by an average of such a rate, not from 0 (default: the "
        "preset's)",
    )
    add("--data", type=pathlib.Path, help="an .npz file (default: MNIST)")
    add(
        "--out",
        type=pathlib.Path,
        default=pathlib.Path("semi_supervised.jsonl"),
    )
    return parser.parse_args()


def main():
    """Trains what is not there yet, and prints the table."""
    arguments = parse_arguments()
    done = {key(row) for row in read(arguments.out)}
    images = None
    for subset in range(arguments.subsets):
        for kind in KINDS:
            row = {
                "preset": arguments.preset,
                "labels": arguments.labels,
                "steps": arguments.steps,
                "average_rate": arguments.average_rate,
                "subset": subset,
                "kind": kind,
            }
            if key(row) in done:
                continue
            images = images or open_data(arguments)
            row |= train(kind, arguments, subset, *images)
            with arguments.out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
    print(table(read(arguments.out)))


if __name__ == "__main__":
    main()
