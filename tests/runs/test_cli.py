"""What the command lines share."""

import os
import re
import subprocess
import sys

import pytest

from tf_gans.runs import cli


def make_parser():
    parser = cli.Parser(prog="prog")
    parser.add_argument("--count", type=cli.integer(1, 10), default=3)
    parser.add_argument("--rate", type=cli.number(0, 1), default=0.5)
    parser.add_argument("--scale", type=cli.number(high=9, above=0))
    parser.add_argument("--file", type=cli.existing_file)
    parser.add_argument("--on", action="store_true")
    return parser


def test_values_and_named():
    values, named = make_parser().parse(["--count", "4", "--on"])
    assert (values.count, values.rate, values.on) == (4, 0.5, True)
    assert named == {"count": 4, "on": True}


def test_a_default_that_is_named_counts_as_named():
    _, named = make_parser().parse(["--rate", "0.5"])
    assert named == {"rate": 0.5}


def test_a_parser_can_be_used_again():
    parser = make_parser()
    parser.parse(["--count", "4"])
    values, named = parser.parse([])
    assert (values.count, named) == (3, {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--count", "0"],
            "--count: must be a whole number from 1 to 10; received '0'",
        ),
        (["--count", "-4"], "--count: must be .* received '-4'"),
        (["--count", "2.5"], "--count: must be .* received '2.5'"),
        (["--count", "1e99"], "--count: must be .* received '1e99'"),
        (
            ["--rate", "nan"],
            "--rate: must be a number from 0 to 1; received 'nan'",
        ),
        (["--rate", "inf"], "--rate: must be .* received 'inf'"),
        (["--rate", "x"], "--rate: must be .* received 'x'"),
        (
            ["--scale", "0"],
            "--scale: must be a number above 0 to 9; received '0'",
        ),
        (["--file", "none"], "--file: must name a file; 'none' does not exist"),
        (["--file", "x" * 300], "--file: must name a file; 'x+' does not"),
        (["--file", "."], "--file: must name a file; '.' is not a file"),
        (["--what"], "unrecognized arguments: --what"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        make_parser().parse(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert re.search(message, line), line


def run_python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )


def test_nothing_heavy_is_imported():
    # A mistake in the flags is answered before TensorFlow is loaded.
    code = """
import sys
import tf_gans.runs.cli, tf_gans.errors
heavy = {"tensorflow", "keras", "matplotlib"} & set(sys.modules)
sys.exit(", ".join(heavy) or 0)
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr


def test_quiet_imports_shows_what_was_said_if_the_import_fails():
    code = """
import os
from tf_gans.runs import streams
with streams.quiet_imports():
    os.write(2, b"a note from C++\\n")
    {statement}
print("after")
"""
    quiet = run_python(code.format(statement="pass"))
    assert (quiet.stdout, quiet.stderr) == ("after\n", "")
    loud = run_python(code.format(statement="import no_such_module"))
    assert "a note from C++" in loud.stderr
    assert "no_such_module" in loud.stderr


@pytest.mark.parametrize(("error", "code"), [("UserError", 2), ("RunError", 1)])
def test_run_prints_one_line(error, code):
    done = run_python(f"""
from tf_gans.runs import cli
from tf_gans import (errors)
def main():
    raise errors.{error}("the disk is full")
cli.run(main)
""")
    assert done.returncode == code
    assert done.stderr.splitlines() == ["-c: the disk is full"]


def test_the_nearest_choice_is_named(capsys):
    parser = cli.Parser(prog="prog")
    parser.add_argument("--gan", choices=("wgan", "wgan-gp", "vae"))
    for text, hint in (("wgangp", "; did you mean 'wgan-gp'?"), ("x", "")):
        with pytest.raises(SystemExit):
            parser.parse(["--gan", text])
        (line,) = capsys.readouterr().err.splitlines()
        assert f"invalid choice: '{text}'" in line
        assert line.endswith(f"{hint}" or ")")


# The standard output ---------------------------------------------------------


def run_main(body, **options):
    """A program whose `main` prints, in a process of its own."""
    code = (
        "import os, sys\n"
        "from tf_gans.runs import cli\n"
        "def main():\n"
        f"    {body}\n"
        "    print('done', file=sys.stderr)\n"
        "cli.run(main)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


LINES = "for _ in range(3000): print('line', flush=True)"


def test_a_closed_output_ends_no_run():
    reader, writer = os.pipe()
    os.close(reader)
    done = run_main(LINES, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "done\n")


@pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="this system has no /dev/full"
)
def test_a_full_output_ends_no_run():
    with open("/dev/full", "w") as full:
        done = run_main(LINES, stdout=full)
    first, second = done.stderr.splitlines()
    assert "cannot be written (No space left on device)" in first
    assert (done.returncode, second) == (0, "done")


def test_any_name_can_be_printed():
    environment = dict(os.environ, PYTHONIOENCODING="cp1252")
    done = run_main("print('\\u043a')", stdout=subprocess.PIPE, env=environment)
    assert (done.returncode, done.stdout) == (0, "\\u043a\n")


def test_a_notebooks_backend_does_not_matter(monkeypatch):
    value = "module://a_package_that_is_not_here"
    monkeypatch.setenv("MPLBACKEND", value)
    cli.run(lambda: None)
    assert "MPLBACKEND" not in os.environ


def test_kerass_backend_is_tensorflows():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import tf_gans.data, keras; print(keras.config.backend())",
        ],
        env=dict(os.environ, KERAS_BACKEND="jax"),
        capture_output=True,
        text=True,
    )
    assert done.stdout == "tensorflow\n", done.stderr


@pytest.mark.parametrize("name", ["a\nb", "\x1b]0;", "\x1e", "\u2028"])
def test_a_mistake_is_one_line_whatever_its_name(name, capsys):
    """Without codes, which a terminal would obey."""
    parser = cli.Parser(prog="gaussian.py")
    with pytest.raises(SystemExit):
        parser.parse([name])
    with pytest.raises(SystemExit):
        cli.run(lambda: (_ for _ in ()).throw(cli.UserError(name)))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_warnings_are_lines():
    """Without the code that warns; other kinds are shown as ever."""
    body = (
        "import warnings; warnings.warn('Take care.'); "
        "warnings.warn('Soon gone.', FutureWarning)"
    )
    done = run_main(body)
    first, *others = done.stderr.splitlines()
    assert first.endswith(": Take care.") and "UserWarning" not in first
    assert "FutureWarning: Soon gone." in others[0]
