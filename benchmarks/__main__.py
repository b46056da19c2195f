"""`python -m benchmarks`: see the package."""

import argparse
import importlib
import importlib.util
import json
import pathlib
import sys

import benchmarks
from benchmarks import measuring
from tf_gans.errors import UserError

CLAIMS = (
    "loop",
    "process",
    "animation",
    "minibatch_layer",
    "images",
    "image_memory",
    "mixtures",
    "gradient_penalty",
    "inversion",
    "replicas",
    "metrics",
    "serving",
    "explorer",
)
# What needs a GPU is measured where it is named.
WITH_GPU = ("gpu",)
# What a claim is measured against, where that is another package.
PACKAGES = {
    "loop": ("jax", "optax"),
    "images": ("torch",),
    "metrics": ("scipy",),
}
RESULTS = pathlib.Path(__file__).parent / "results.json"


def main():
    """Measures the claims, prints the table and keeps the numbers."""
    arguments = parse_arguments()
    names = arguments.names or CLAIMS
    check_packages(names)
    results = {}
    facts = measuring.machine()
    for name in names:
        print(f"{name} ...", file=sys.stderr)
        claim = importlib.import_module(f"benchmarks.{name}")
        options = {"on_cpu": arguments.on_cpu} if name in WITH_GPU else {}
        try:
            results[name] = claim.run(quick=arguments.quick, **options)
        except UserError as error:
            print(f"python -m benchmarks: {error}", file=sys.stderr)
            return error.exit_code
        if not arguments.quick:
            save({name: results[name]}, facts)
    rows = [row for name in names for row in results[name]]
    if arguments.quick:
        for row in rows:
            row.goal = None  # goals are for the full sizes
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    print()
    print(measuring.HEADER)
    for row in rows:
        print(row.markdown())
    return int(any(row.missed for row in rows))


def check_packages(names):
    """Ends the program with one line where a claim's packages are missing."""
    missing = [
        package
        for name in names
        for package in PACKAGES.get(name, ())
        if importlib.util.find_spec(package) is None
    ]
    if missing:
        print(
            f"python -m benchmarks: needs {', '.join(missing)}, of the extra "
            "bench: pip install -c constraints.txt -e '.[bench]'",
            file=sys.stderr,
        )
        sys.exit(2)


def save(results, facts):
    """Writes the numbers, with those of the claims measured earlier."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name, rows in results.items():
        kept[name] = {
            "machine": facts,
            "rows": [
                {
                    "claim": row.claim,
                    "unit": row.unit,
                    "ours": [_round(v) for v in row.ours],
                    "theirs": [_round(v) for v in row.theirs],
                    "ratio": _round(row.ratio),
                    "goal": row.goal,
                }
                for row in rows
            ],
        }
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")


def _round(value):
    return float(f"{value:.4g}")


def parse_arguments():
    """Parses the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=benchmarks.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help=f"of {', '.join(CLAIMS)} (default: all of these), "
        f"{', '.join(WITH_GPU)}",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="measure once, at small sizes, and keep nothing",
    )
    parser.add_argument(
        "--on-cpu",
        action="store_true",
        help="with gpu and --quick: go on without a GPU, to see whether it "
        "runs",
    )
    arguments = parser.parse_args()
    known = (*CLAIMS, *WITH_GPU)
    unknown = set(arguments.names) - set(known)
    if unknown:
        parser.error(
            f"no such claim: {', '.join(sorted(unknown))}; "
            f"there are {', '.join(known)}"
        )
    if arguments.on_cpu and not (
        arguments.quick and set(arguments.names) <= set(WITH_GPU)
    ):
        parser.error("argument --on-cpu: is for gpu alone, with --quick")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
