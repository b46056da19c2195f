"""The command `tf-gans`."""

import sys
import tomllib

import pytest

from tests.paths import ROOT, SCRIPTS
from tf_gans.runs import console

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["tf-gans", *arguments])
    console.main()


def test_it_is_installed_with_the_scripts():
    assert PROJECT["project"]["scripts"] == {
        "tf-gans": "tf_gans.runs.console:main"
    }
    assert {p.stem for p in SCRIPTS.glob("[a-z]*.py")} == set(console.COMMANDS)
    setup = PROJECT["tool"]["setuptools"]
    assert setup["package-dir"] == {"tf_gans.commands": "scripts"}
    packages = {
        str(p.parent.relative_to(ROOT)).replace("/", ".")
        for p in ROOT.glob("tf_gans/**/__init__.py")
    }
    assert set(setup["packages"]) == packages | {"tf_gans.commands"}


def test_help_names_every_command(monkeypatch, capsys):
    call(monkeypatch)
    out = capsys.readouterr().out
    assert all(f"  {name}" in out for name in console.COMMANDS)


def test_an_unknown_command(monkeypatch, capsys):
    with pytest.raises(SystemExit) as end:
        call(monkeypatch, "gausian")
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tf-gans: ")
    assert "did you mean 'gaussian'?" in line


def test_it_is_the_script(monkeypatch, capsys):
    """Its name stands in the messages as it was typed."""
    import scripts.gaussian

    monkeypatch.setitem(
        sys.modules, "tf_gans.commands.gaussian", scripts.gaussian
    )
    with pytest.raises(SystemExit) as end:
        call(monkeypatch, "gaussian", "--num-steps", "0")
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tf-gans gaussian: argument --num-steps: must be")
