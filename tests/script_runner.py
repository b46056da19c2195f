"""Runs scripts: in the tests' own process, which saves the imports, or as one.

A process proves what only a process can: that a killed run goes on, what a
signal does, what is not imported, that nothing else speaks.
"""

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
from unittest import mock

import numpy as np

from tests.paths import SCRIPTS
from tf_gans.runs import cli
from tf_gans.runs.session import HOLD_SECONDS


def load(name):
    """The script `name` as a module."""
    spec = importlib.util.spec_from_file_location(
        f"script_{name}", SCRIPTS / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def run(module, *arguments, cwd=".", code=0):
    """Runs a script's `main` as from a command line.

    Returns:
        What it printed, to the standard output and to the standard error.
    """
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with (
        mock.patch.object(sys, "argv", [module.__file__, *map(str, arguments)]),
        mock.patch.dict(os.environ),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        os.environ.pop("DISPLAY", None)
        try:
            cli.run(module.main)
        except SystemExit as end:
            status = end.code
    out, err = out.getvalue(), err.getvalue()
    assert (status or 0) == code, out + err
    return out, err


def refused(module, *arguments, cwd="."):
    """Runs a script that a mistake ends; returns the one line it prints."""
    out, err = run(module, *arguments, cwd=cwd, code=2)
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err.rstrip("\n")


def command(name, *arguments):
    """The command line of a process."""
    return [sys.executable, str(SCRIPTS / f"{name}.py"), *map(str, arguments)]


def environment(cwd, **variables):
    """A process' environment: of a user without settings or a display."""
    values = dict(os.environ, HOME=str(cwd.parent), **variables)
    values.pop("DISPLAY", None)
    return values


def process(cwd, name, *arguments, code=0, **variables):
    """Runs a script as a user does.

    Returns:
        The `subprocess.CompletedProcess`.
    """
    done = subprocess.run(
        command(name, *arguments),
        cwd=cwd,
        env=environment(cwd, **variables),
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def start(cwd, name, *arguments, **options):
    """Starts a script as a user does; returns the `subprocess.Popen`."""
    return subprocess.Popen(
        command(name, *arguments),
        cwd=cwd,
        env=environment(cwd),
        **{"stdout": subprocess.DEVNULL, "text": True, **options},
    )


def weights(run_dir):
    """All arrays of the newest checkpoint, by name."""
    with np.load(sorted(run_dir.glob("checkpoints/*.npz"))[-1]) as arrays:
        return dict(arrays)


def assert_same_weights(one, other):
    """Two run directories end with the same bits."""
    one, other = weights(one), weights(other)
    assert one.keys() == other.keys()
    assert len(one) > 10
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


def count_frames(path):
    """The frames of a run's film, without those that hold the last one."""
    import imageio_ffmpeg

    count, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    if str(path).endswith(".gif"):  # whose last frame is a long one
        return count
    return count - round(HOLD_SECONDS * count / seconds)
