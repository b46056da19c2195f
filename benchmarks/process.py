"""Whole commands, from the shell's point of view: import, train, draw, save."""

import functools
import tempfile

from benchmarks.measuring import REPEATS, Row, process_seconds, take_turns


def ours(num_steps, *flags):
    """Runs `scripts/gaussian.py` in a new run directory."""
    with tempfile.TemporaryDirectory() as directory:
        return process_seconds(
            "scripts/gaussian.py",
            *("--minibatch", "--no-window"),
            *("--num-steps", str(num_steps)),
            *("--run-dir", f"{directory}/run"),
            *flags,
        )


def tf1(num_steps):
    """Runs the original program."""
    with tempfile.TemporaryDirectory() as directory:
        return process_seconds(
            *("-m", "benchmarks.tf1_gaussian", "--minibatch"),
            *("--num-steps", str(num_steps)),
            *("--figure-path", f"{directory}/gan.png"),
        )


def run(quick=False):
    """Compares the commands at 5,000 steps, and at 200,000."""
    short, long = (1000, 20_000) if quick else (5000, 200_000)
    rows = []
    # A long run of the original takes minutes, and little of it is noise.
    for steps, goal, repeats in ((short, 1.0, REPEATS), (long, 10.0, 1)):
        competitors = {
            "recipe code": functools.partial(ours, steps, "--recipe", "code"),
            "default recipe": functools.partial(ours, steps),
            "TensorFlow 1": functools.partial(tf1, steps),
        }
        seconds = take_turns(competitors, 1 if quick else repeats)
        rows += [
            Row(
                f"whole process, {steps:,} steps: {name}, minibatch",
                seconds[name],
                seconds["TensorFlow 1"],
                "s",
                more_is_better=False,
                # The default recipe's networks and batches are larger.
                goal=goal if name == "recipe code" or goal == 1 else None,
            )
            for name in ("recipe code", "default recipe")
        ]
    return rows
