"""scripts/explore.py: the page of an export, of a run, of a remote server."""

import contextlib
import json
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from tests import image_models, script_runner
from tests.paths import ROOT
from tests.serving import models
from tf_gans.serving.server import Server

GAUSSIAN = ROOT / "saved_models/gaussian"


@pytest.fixture(scope="module")
def script():
    return script_runner.load("explore")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "small"
    flags = {"classes": ["cat", "dog", "cow"], "num_classes": 3, "size": 28}
    return image_models.write_run(path, image_models.build(**flags), **flags)


@contextlib.contextmanager
def page(cwd, *arguments):
    """Starts the page as a user does; yields the process and its address."""
    with script_runner.start(
        cwd,
        "explore",
        *arguments,
        *["--port", 0],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            line = process.stdout.readline()
            found = re.fullmatch(
                r"Explorer: (http://127\.0\.0\.1:\d+/)\n", line
            )
            assert found, line
            yield process, found[1]
        finally:
            process.kill()


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def end(process, number):
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (out, err) == ("", "")
    return process.returncode


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)],
)
def test_an_export(tmp_path, number):
    """Neither a browser without a display, nor a word at the end."""
    with page(tmp_path, GAUSSIAN) as (process, url):
        about = json.loads(get(f"{url}description"))
        assert about["name"] == "gaussian"
        assert b"<html" in get(url)
        assert b"AVAILABLE" in get(f"{url}v1/models/gaussian")
        assert end(process, number) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_run(tmp_path, run_dir, monkeypatch):
    """It is exported, and the export is gone at the end."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = sorted(run_dir.rglob("*"))
    with page(tmp_path, run_dir, "--model", "pets") as (process, url):
        about = json.loads(get(f"{url}description"))
        assert about["name"] == "pets"
        assert about["classes"] == ["cat", "dog", "cow"]
        (version,) = tmp_path.glob("tf_gans-*/pets/1")
        assert end(process, signal.SIGINT) == 0
    assert not version.parents[1].exists()
    assert sorted(run_dir.rglob("*")) == before


@pytest.mark.parametrize(
    "with_export", [True, pytest.param(False, marks=pytest.mark.slow)]
)
def test_a_remote_server(tmp_path, with_export):
    with Server(models.model("gaussian")) as server:
        server.start()
        flags = [GAUSSIAN] if with_export else ["--model", "gaussian"]
        flags += ["--server", server.url]
        with page(tmp_path, *flags) as (process, url):
            about = json.loads(get(f"{url}description"))
            assert about["remote"] == server.url.rstrip("/")
            assert about.get("assumed", False) is not with_export
            metadata = get(f"{url}v1/models/gaussian/metadata")
            assert b"signature_def" in metadata
            assert end(process, signal.SIGINT) == 0


@pytest.mark.slow
@pytest.mark.parametrize("flags", [[], ["--no-browser"]])
def test_the_browser(tmp_path, monkeypatch, flags):
    """It is opened where there is a display, unless told not to."""
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho $1 > {tmp_path}/opened\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with page(tmp_path, GAUSSIAN, *flags) as (process, url):
        opened = tmp_path / "opened"
        for _ in range(100):
            if flags or opened.exists():
                break
            time.sleep(0.05)
        assert end(process, signal.SIGINT) == 0
    assert opened.exists() is not bool(flags)
    if not flags:
        assert opened.read_text().strip() == url


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needs MODEL_OR_RUN, or --server URL"),
        (["missing"], "missing: does not exist"),
        (["."], "is neither a run directory"),
        (
            [GAUSSIAN, "--port", "65536"],
            "--port: must be a whole number from 0",
        ),
        ([GAUSSIAN, "--server", "gpu:8501"], "must be an address such as"),
        ([GAUSSIAN, "--server", "http://"], "received 'http://'"),
        (["--server", "http://127.0.0.1:9"], "needs --model NAME or MODEL"),
        ([GAUSSIAN, "--model", "a/b"], "digits, dots and dashes; received"),
        (
            [GAUSSIAN, "--server", "http://127.0.0.1:9"],
            "--server http://127.0.0.1:9: does not answer: Connection refused",
        ),
    ],
)
def test_mistakes(script, tmp_path, arguments, words):
    line = script_runner.refused(script, *arguments, cwd=tmp_path)
    assert line.startswith("explore.py: ")
    assert words in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        ("export", "saved_models/digits/3", "digits"),
        ("export", "saved_models/digits", "digits"),
        ("run", "runs/mnist-001", "mnist-001"),
        ("run", "runs/mnist-001/best", "mnist-001"),
        ("run", "runs/my run (ü)", "my-run"),
        ("run", "runs/..hidden", "hidden"),
        ("run", "runs/ü", "model"),
    ],
)
def test_names(script, tmp_path, kind, path, name):
    assert script.name_of(kind, tmp_path / path) == name
    assert script.NAME.fullmatch(name)
    for wrong in ("..", ".x", "a/b", "", "ü"):
        assert not script.NAME.fullmatch(wrong)


def test_a_port_in_use(script):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = script_runner.refused(script, GAUSSIAN, "--port", port)
    assert line == (
        f"explore.py: --port {port}: cannot be had: Address already in use; "
        "name another one, or 0 for any that is free"
    )


def test_a_run_without_a_whole_checkpoint(script, run_dir, tmp_path):
    path = tmp_path / "run"
    shutil.copytree(run_dir, path)
    for file in (path / "checkpoints").iterdir():
        file.write_bytes(b"half")
    line = script_runner.refused(script, path)
    assert "checkpoint" in line
