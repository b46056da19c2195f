"""Command lines and run directories that nobody meant."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
from unittest import mock

import pytest
from hypothesis import strategies as st

from tests import script_runner
from tests.fuzzing import damaged, fuzzed, told
from tf_gans import data, files
from tf_gans.runs import lines, load
from tf_gans.runs.directory import RunDirectory
from tf_gans.toys.gaussian import recipes

SOURCE = data.Gaussian(8)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["format", "config", "id", "step", "script"]),
            inner,
        )
    ),
)


def one_line(text):
    assert len(text.splitlines()) == 1, text


def run_of(folder):
    return RunDirectory.create(pathlib.Path(folder, "run"), {"seed": 1})


@pytest.fixture(scope="module")
def model():
    return recipes.build("stable", SOURCE, hidden_size=4, seed=0)


def made():
    with tempfile.TemporaryDirectory() as folder:
        return (run_of(folder).path / "config.json").read_bytes()


@fuzzed(
    st.one_of(
        damaged(st.builds(made)),
        JSON.map(lambda value: json.dumps(value).encode()),
        st.builds(
            lambda value: json.dumps({"format": 1, "config": value}).encode(),
            JSON,
        ),
    )
)
def test_configurations(content):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "config.json")
        path.write_bytes(content)
        run = told(lambda: RunDirectory.resume(folder))
        if run is not None:
            assert isinstance(run.config, dict)


@pytest.mark.parametrize("config", [{}, {"script": 5}, {"jit_compile": None}])
def test_a_configuration_of_no_model(tmp_path, config, model):
    run = RunDirectory.create(tmp_path, config)
    run.save_checkpoint(model)
    with pytest.raises(load.UserError, match="describes no model"):
        load.load_run(tmp_path)


def test_json_without_end(tmp_path):
    deep = "[" * 100_000
    (tmp_path / "config.json").write_text(deep)
    assert told(lambda: RunDirectory.resume(tmp_path)) is None
    (tmp_path / "log.jsonl").write_text(f'{{"step": 1}}\n{deep}\n')
    assert lines.read(tmp_path / "log.jsonl") == [{"step": 1}]


@fuzzed(
    st.one_of(
        damaged(st.just(b'{"step": 0}\n{"step": 10}\n{"step": 20}\n')),
        st.lists(JSON).map(
            lambda rows: "\n".join(map(json.dumps, rows)).encode()
        ),
    ),
    st.integers(-1, 30),
)
def test_logs(content, step):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "log.jsonl")
        path.write_bytes(content)
        lines.truncate(path, step, one_line)
        assert all(row["step"] <= step for row in lines.read(path))


@pytest.mark.parametrize(
    "count", [10, pytest.param(1000, marks=pytest.mark.slow)]
)
def test_checkpoints(count, model, tmp_path):
    """Also where the checksum is that of what is damaged."""
    from hypothesis import given

    from tests.fuzzing import _settings

    run = RunDirectory.create(tmp_path, {})
    path = run.save_checkpoint(model)
    whole, seal = path.read_bytes(), path.with_suffix(".json")
    sealed = json.loads(seal.read_text())

    @_settings(count)
    @given(damaged(st.just(whole)), st.booleans())
    def check(content, agrees):
        path.write_bytes(content)
        digest = files.sha256(path) if agrees else sealed["sha256"]
        seal.write_text(json.dumps({**sealed, "sha256": digest}))
        step = told(lambda: run.load_checkpoint(model, one_line))
        assert step in (None, 0)

    check()


GAUSSIAN = script_runner.load("gaussian")
FLAGS = st.sampled_from(
    [
        *("--seed", "--num-steps", "--batch-size", "--recipe", "--loss"),
        *("--data", "--column", "--run-dir", "--resume", "--minibatch"),
        *("--anim-every", "--stop-at-w1", "--log-every", "--evaluate-every"),
        *("--no-jit-compile", "--hidden-size", "--", "-x", "--nothing"),
    ]
)
VALUES = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=8),
    st.sampled_from(["code", "1e3", "-1", "\0", "x" * 300, "9" * 5000]),
)


@fuzzed(st.lists(st.one_of(FLAGS, VALUES), max_size=6))
def test_command_lines(arguments):
    """Values, or one line and exit code 2."""
    training = next(
        value
        for value in vars(GAUSSIAN).values()
        if isinstance(value, type) and getattr(value, "name", "") == "gaussian"
    )()
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["gaussian.py", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            told(training.parse)
        except SystemExit as end:
            is_help = "-h" in "".join(arguments)
            assert end.code == 2 or (is_help and end.code == 0)
            if end.code:
                one_line(err.getvalue())
