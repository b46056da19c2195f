"""Runs a script inside the tests' own process, which saves it the imports."""

import contextlib
import importlib.util
import io
import sys
from unittest import mock

from tests.paths import SCRIPTS
from tf_gans.runs import cli


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


def run(module, *arguments, code=0):
    """Runs a script's `main` as from a command line.

    Returns:
        What it printed, to the standard output and to the standard error.
    """
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with (
        mock.patch.object(sys, "argv", [module.__file__, *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.run(module.main)
        except SystemExit as end:
            status = end.code
    out, err = out.getvalue(), err.getvalue()
    assert (status or 0) == code, out + err
    return out, err


def refused(module, *arguments):
    """Runs a script that a mistake ends; returns the one line it prints."""
    out, err = run(module, *arguments, code=2)
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err.rstrip("\n")
