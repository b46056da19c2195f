"""The training room, with the quickest of the image scripts."""

import json
import os
import shutil
import time
import types

import numpy as np
import pytest
from PIL import Image

from tests import script_runner
from tests.script_runner import assert_same_weights, count_frames
from tf_gans import export
from tf_gans.errors import RunError
from tf_gans.plotting import images
from tf_gans.plotting.text import column_heads
from tf_gans.runs.directory import RunDirectory

DCGAN = script_runner.load("dcgan")
MNIST = script_runner.load("mnist")
FLAGS = ["--network", "dense", "--batch-size", 16, "--log-every", 1]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "my digits.npz"
    rng = np.random.default_rng(0)
    np.savez(path, x_train=rng.integers(0, 256, (64, 28, 28), np.uint8))
    return path


def run(cwd, *arguments, code=0):
    return script_runner.run(MNIST, *arguments, cwd=cwd, code=code)


def config(run_dir):
    return json.loads((run_dir / "config.json").read_text())["config"]


@pytest.mark.slow
def test_what_a_resume_changes_is_kept(data, tmp_path):
    """More epochs, asked for once; from anywhere, with a relative path."""
    os.symlink(data, tmp_path / "here.npz")
    new = [*FLAGS, "--data", "here.npz", "--run-dir", "run", "--epochs", 1]
    run(tmp_path, *new)
    (tmp_path / "else").mkdir()
    resume = ["--run-dir", tmp_path / "run", "--resume"]
    out, _ = run(tmp_path / "else", *resume, "--epochs", 2)
    assert "after 4 steps" in out
    assert config(tmp_path / "run")["epochs"] == 2
    out, _ = run(tmp_path / "else", *resume)
    assert "has nothing left to train" in out
    run(tmp_path, *FLAGS, "--data", data, "--run-dir", "whole", "--epochs", 2)
    assert_same_weights(tmp_path / "whole", tmp_path / "run")


def test_a_run_that_is_still_training_is_refused(data, tmp_path):
    run(tmp_path, *FLAGS, "--data", data, "--epochs", 1, "--run-dir", "run")
    before = sorted(p.name for p in (tmp_path / "run").iterdir())
    other = RunDirectory.resume(tmp_path / "run")
    other.lock()
    try:
        line = script_runner.refused(
            MNIST, "--run-dir", "run", "--resume", cwd=tmp_path
        )
    finally:
        other.unlock()
    assert f"run: is being trained by process {os.getpid()} on " in line
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == before


def test_a_start_that_fails_leaves_nothing(data, tmp_path):
    flags = ["--data", data, "--batch-size", 999]
    for where in ([], ["--run-dir", "deep/run"]):
        script_runner.refused(MNIST, *flags, *where, cwd=tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_a_directory_of_something_else_is_refused(data, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").touch()
    line = script_runner.refused(
        MNIST, "--data", data, "--run-dir", "thesis", cwd=tmp_path
    )
    assert "thesis: holds something else, such as chapter.tex" in line


@pytest.mark.slow
def test_a_film_that_fails_is_drawn_again_whole(data, tmp_path, monkeypatch):
    """With its last frame; and the line that says how can be typed."""

    def fail(self, *arguments):
        raise RunError("no more")

    film = ["--anim-path", "my film.gif", "--anim-every", 3]
    new = [*FLAGS, "--data", data, "--epochs", 2, "--run-dir", "my run"]
    with monkeypatch.context() as patch:
        patch.setattr(images.GridFilm, "add", fail)
        _, err = run(tmp_path, *new, *film, code=1)
    assert "all else is kept: draw it again with python " in err
    assert "--run-dir 'my run' --resume --anim-path 'my film.gif'" in err
    assert not (tmp_path / "my film.gif").exists()
    run(tmp_path, "--run-dir", "my run", "--resume", *film)
    # After 0, 3 and 6 steps, and at the end, after 8.
    assert count_frames(tmp_path / "my film.gif") == 4


@pytest.mark.slow
def test_a_film_whose_drawing_is_killed_is_drawn_again_whole(data, tmp_path):
    """With the frame of the step that is left; the half film is swept."""
    film = ["--anim-path", "film.mp4", "--anim-every", 1]
    new = [*FLAGS, "--data", data, "--epochs", 15, "--run-dir", "run"]
    child = script_runner.start(tmp_path, "mnist", *new, *film)
    while child.poll() is None and not list(tmp_path.glob(".*.mp4")):
        time.sleep(0.005)
    child.kill()
    child.wait()
    assert list(tmp_path.glob(".*.mp4"))
    assert not (tmp_path / "film.mp4").exists()
    out, _ = run(tmp_path, "--run-dir", "run", "--resume", *film)
    assert "nothing left to train" in out
    assert count_frames(tmp_path / "film.mp4") == 61
    assert {p.name for p in tmp_path.iterdir()} == {"run", "film.mp4"}


def test_captions_of_a_film_have_no_gaps(monkeypatch):
    """A number has the room that it takes."""
    captions = []
    monkeypatch.setattr(
        images.GridFilm, "add", lambda film, grid, words: captions.append(words)
    )
    monkeypatch.setattr(images.GridFilm, "__exit__", lambda *_: None)
    training = MNIST.Mnist()
    monkeypatch.setattr(training, "steps_per_epoch", lambda _: 100)
    session = types.SimpleNamespace(
        args=types.SimpleNamespace(anim_path="film.mp4"),
        model=types.SimpleNamespace(num_classes=None),
        about=None,
    )
    with training.open_film(session) as film:
        film.add(
            steps=[0, 250, 12_000],
            images=np.zeros((3, 4, 2, 2, 1), np.uint8),
        )
    assert captions == [
        "epoch 0.0, step 0",
        "epoch 2.5, step 250",
        "epoch 120.0, step 12,000",
    ]


@pytest.mark.slow
def test_a_late_film_has_no_frames(data, tmp_path):
    """One that was not asked for while it trained."""
    new = [*FLAGS, "--data", data, "--epochs", 1, "--run-dir", "run"]
    run(tmp_path, *new)
    film = ["--anim-path", "film.gif"]
    _, err = run(tmp_path, "--run-dir", "run", "--resume", *film, code=1)
    assert "no frames were recorded" in err
    assert "draw it again" not in err
    assert not (tmp_path / "film.gif").exists()


@pytest.mark.slow
def test_a_film_is_not_replaced_unasked(data, tmp_path):
    """But for the run's own, which it draws again when it goes on."""
    path = tmp_path / "film.gif"
    path.write_text("precious")
    film = ["--anim-path", "film.gif", "--anim-every", 2]
    new = [*FLAGS, "--data", data, "--run-dir", "run", "--epochs", 1, *film]
    line = script_runner.refused(MNIST, *new, cwd=tmp_path)
    assert line.endswith(
        "--anim-path film.gif: exists; name another file, or add --overwrite "
        "to replace it"
    )
    assert path.read_text() == "precious"
    assert not (tmp_path / "run").exists()
    run(tmp_path, *new, "--overwrite")
    assert count_frames(path) == 3
    resume = ["--run-dir", "run", "--resume", "--epochs"]
    run(tmp_path, *resume, 2, "--anim-path", tmp_path / "other.gif")
    path.write_text("precious")
    script_runner.refused(MNIST, *resume, 3, *film, cwd=tmp_path)
    run(tmp_path, *resume, 3)
    own = ["--anim-path", "other.gif", "--anim-every", 1]
    run(tmp_path, *resume, 4, *own)
    assert count_frames(tmp_path / "other.gif") == 5
    assert path.read_text() == "precious"


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """A conditional run on images whose labels are words."""
    cwd = tmp_path_factory.mktemp("named")
    rng = np.random.default_rng(0)
    np.savez(
        cwd / "data.npz",
        x_train=rng.integers(0, 256, (32, 28, 28), np.uint8),
        y_train=["dog", "cat"] * 16,
    )
    flags = ["--data", "data.npz", "--conditional", "--width", 4]
    flags += ["--batch-size", 16, "--epochs", 1, "--run-dir", "run"]
    film = ["--anim-path", "film.gif", "--anim-every", 1]
    script_runner.run(DCGAN, *flags, *film, "--export", "saved", cwd=cwd)
    return cwd


def test_pictures_name_the_classes(named, tmp_path):
    """The grids, the film, the configuration and the export."""
    assert config(named / "run")["classes"] == ["cat", "dog"]
    description = named / "saved/1" / export.DESCRIPTION
    assert json.loads(description.read_text())["classes"] == ["cat", "dog"]
    pictures = [(named / "run/samples.png", 2)]
    pictures += [(p, 1) for p in (named / "run/samples").iterdir()]
    assert len(pictures) > 1
    for path, scale in pictures:
        with Image.open(path) as picture:
            made = np.asarray(picture)
        heads = column_heads(["cat", "dog"], made.shape[1])
        np.testing.assert_array_equal(made[: len(heads)], heads)
        assert len(made) == len(heads) + scale * (8 * 30 + 2)
    with Image.open(named / "film.gif") as film:
        made = np.asarray(film.convert("RGB")).astype(int)
    heads = column_heads(["cat", "dog"], 9 * 62, 14)
    assert np.abs(made[: len(heads)] - heads).max() < 16


def test_a_run_that_does_not_know_its_classes_goes_on(named, tmp_path):
    """One of the first release; it learns them."""
    shutil.copytree(named / "run", tmp_path / "run")
    document = json.loads((tmp_path / "run/config.json").read_text())
    del document["config"]["classes"], document["id"], document["sha256"]
    (tmp_path / "run/config.json").write_text(json.dumps(document))
    for path in (tmp_path / "run/checkpoints").glob("*.json"):
        seal = json.loads(path.read_text())
        path.write_text(json.dumps({**seal, "run": None}))
    flags = ["--run-dir", tmp_path / "run", "--resume", "--epochs", 2]
    script_runner.run(DCGAN, *flags, cwd=named)
    assert config(tmp_path / "run")["classes"] == ["cat", "dog"]
