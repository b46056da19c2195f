"""What minibatch discrimination reaches with fewer samples in each distance.

    python -m benchmarks.groups [--seeds 20]

Trains recipes of the 1-D Gaussian with groups of several sizes, each for its
own number of steps, and prints the table of docs/family.md. The last row of a
recipe is the whole batch, and the first is without the layer.
"""

import argparse

import numpy as np

from benchmarks import seeds
from tf_gans.toys.gaussian import recipes

# The recipe's name, and its group sizes; None is the whole batch.
ROWS = (("stable", (2, 4, 8, None)), ("code", (2, 4, None)))

HEADER = """\
| recipe | batch | group | W1: median | largest | std: median | range |
|---|---|---|---|---|---|---|"""


def row(name, group, result):
    """Returns a line of the table."""
    w1, std = (np.array(result[key]) for key in ("w1", "std"))
    cells = (
        f"`{name}`",
        f"{recipes.get(name, True).batch_size}",
        group,
        f"{np.median(w1):.3f}",
        f"{w1.max():.3f}",
        f"{np.median(std):.3f}",
        f"{std.min():.3f} to {std.max():.3f}",
    )
    return "| " + " | ".join(cells) + " |"


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument(
        "--only", choices=[name for name, _ in ROWS], help="one recipe"
    )
    arguments = parser.parse_args()
    print(HEADER, flush=True)
    for name, sizes in ROWS:
        if arguments.only not in (None, name):
            continue
        plain = seeds.measure(name, False, "logits", arguments.seeds)
        print(row(name, "no layer", plain), flush=True)
        for size in sizes:
            result = seeds.measure(
                name, True, "logits", arguments.seeds, group_size=size
            )
            print(row(name, str(size or "batch"), result), flush=True)


if __name__ == "__main__":
    main()
