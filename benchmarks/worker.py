"""The process of a `measuring.Worker`: measures once for each line it reads."""

import contextlib
import importlib
import json
import os
import sys


def main():
    """Prepares the measurement that the command line names, and repeats it."""
    module, function, options = sys.argv[1:]
    # The libraries may print what they like: answers have their own stream.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    with contextlib.redirect_stdout(sys.stderr):
        prepare = getattr(
            importlib.import_module(f"benchmarks.{module}"), function
        )
        measure = prepare(**json.loads(options))
        for _ in sys.stdin:
            print(json.dumps(measure()), file=answers, flush=True)


if __name__ == "__main__":
    main()
