"""Peak memory of the scripts for images, as the system counts it.

Whole processes, so the libraries are in it, and the data.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile

from benchmarks.measuring import ENVIRONMENT, ROOT, Row, progress

LIMIT = 1500  # MB, for the training


def peak(*command, stop_at=None):
    """Runs a Python command line and returns its peak memory in MB.

    Args:
        command: strs, what follows `python`.
        stop_at: int or None. The step at whose line of the log the process is
            sent what Ctrl-C sends.
    """
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=ENVIRONMENT | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        expected = 0
        for line in process.stdout:
            step = re.match(r"(\d+): ", line)
            if stop_at is not None and step and int(step[1]) >= stop_at:
                process.send_signal(signal.SIGINT)
                expected, stop_at = 130, None
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != expected:
            errors.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{errors.read()}")
    return usage.ru_maxrss / 1000  # Linux counts in kB


def run(quick=False):
    """Measures a training, and the making of few and of many images."""
    import numpy as np

    few, many = (64, 256) if quick else (2000, 100_000)
    steps = 10 if quick else 100
    with tempfile.TemporaryDirectory() as directory:
        data, run_dir = f"{directory}/data.npz", f"{directory}/run"
        # As many images as MNIST has.
        images = np.random.default_rng(0).integers(
            0, 256, (60_000, 28, 28), np.uint8
        )
        np.savez(data, x_train=images)
        training = peak(
            "scripts/mnist.py",
            *("--data", data, "--run-dir", run_dir),
            # All that a long run does from time to time.
            *("--log-every", str(steps // 5)),
            *("--sample-every", str(steps // 2)),
            *("--checkpoint-every", str(steps // 2)),
            stop_at=steps,
        )
        progress(f"training: {training:.0f} MB")
        made = {}
        for count in (few, many):
            made[count] = peak(
                *("scripts/generate.py", run_dir, "-n", str(count)),
                *("--npz", f"{directory}/{count}.npz"),
            )
            progress(f"{count} images: {made[count]:.0f} MB")
    return [
        Row(
            f"mnist.py, {len(images):,} images, batch 128, {steps} steps: peak "
            "memory against the limit",
            [training],
            [LIMIT],
            "MB",
            more_is_better=False,
            goal=1.0,
        ),
        Row(
            f"generate.py, {many:,} images: peak memory against that of "
            f"{few:,}",
            [made[many]],
            [made[few]],
            "MB",
            more_is_better=False,
            # The images themselves would be 77 MB more, a tenth of the whole.
            goal=0.95,
        ),
    ]
