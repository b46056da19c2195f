"""`scripts/curves.py`, as a process, as a user runs it, and in this one."""

import json
import re
import signal
import subprocess
import time

import numpy as np
import pytest

from tests import script_runner
from tests.script_runner import assert_same_weights, count_frames, start
from tf_gans.runs.frames import FrameStore


@pytest.fixture(scope="module")
def script():
    return script_runner.load("curves")


@pytest.fixture
def here(script, tmp_path, monkeypatch):
    """Runs the script in this process and an empty directory."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: script_runner.run(script, *arguments)[0]


@pytest.fixture(scope="module")
def article(script, tmp_path_factory):
    """The article's set-up, with everything on."""
    cwd = tmp_path_factory.mktemp("article")
    flags = ["--recipe", "code", "--run-dir", "run", "--log-every", 50]
    film = ["--anim-path", "film.mp4", "--anim-every", 20]
    flags += [*film, "--export", "saved"]
    return cwd, *script_runner.run(script, *flags, cwd=cwd)


def test_the_articles_steps(article):
    cwd, out, _ = article
    lines = [x for x in out.splitlines() if re.match(r"\d+: ", x)]
    assert all(
        re.fullmatch(r"\d+: -?\d+\.\d{4}\t-?\d+\.\d{4}", line) for line in lines
    )
    steps = [int(line.split(":")[0]) for line in lines]
    assert steps == list(range(0, 401, 50))
    rows = [
        json.loads(line)
        for line in (cwd / "run/log.jsonl").read_text().splitlines()
    ]
    for row, line in zip(rows, lines, strict=True):
        assert line == (
            f"{row['step']}: {row['d_loss']:.4f}\t{row['g_loss']:.4f}"
        )
        assert 0 < row["d_fake"] < row["d_real"] + 0.3 < 1.3


def test_nothing_but_the_script_speaks(article):
    assert article[2] == ""


def test_what_is_left(article):
    cwd, *_ = article
    assert {p.name for p in cwd.iterdir()} == {"run", "film.mp4", "saved"}
    assert {p.name for p in (cwd / "run").iterdir()} == {
        "checkpoints",
        "config.json",
        "curves.png",
        "frames",
        "log.jsonl",
        "quadratics.png",
        "report.html",
        "summary.json",
    }
    assert (cwd / "saved/1/saved_model.pb").is_file()
    config = json.loads((cwd / "run/config.json").read_text())["config"]
    assert config["script"] == "curves"
    assert config["num_steps"] == 400
    assert (config["batch_size"], config["hidden_size"]) == (64, 128)


def test_the_film_has_a_frame_for_each_moment(article):
    assert count_frames(article[0] / "film.mp4") == 21


def test_the_summary(article):
    cwd, out, _ = article
    summary = json.loads((cwd / "run/summary.json").read_text())
    assert summary["steps"] == 401
    assert summary["n_fake"] == 10_000
    assert summary["baseline"]["inside"] == 1
    assert summary["baseline"]["residual"] < 1e-6
    # 401 steps are far too few.
    assert summary["samples"]["inside"] < 0.1
    for name in ("inside", "residual", "a_w1"):
        number = f"{summary['samples'][name]:.4g}"
        assert re.search(rf"^{name} +{re.escape(number)} ", out, re.M)


def test_the_export_samples_what_the_run_trained(article):
    import tensorflow as tf

    from tf_gans import data, metrics

    loaded = tf.saved_model.load(article[0] / "saved/1")
    generate = loaded.signatures["generate"]
    samples = generate(
        num_samples=tf.constant(10_000), seed=tf.constant(0, tf.int64)
    )
    samples = samples["samples"].numpy()
    assert samples.shape == (10_000, 15)
    scores = metrics.curve_metrics(samples, data.Quadratics(8))
    summary = json.loads((article[0] / "run/summary.json").read_text())
    for name, value in summary["samples"].items():
        assert scores[name] == pytest.approx(value, rel=0.05)


@pytest.mark.slow
def test_the_default_gives_right_curves(here, tmp_path):
    """What a newcomer sees first, with a film."""
    here("--anim-path", "film.mp4", "--log-every", 5000)
    path = tmp_path / "runs/curves-001"
    summary = json.loads((path / "summary.json").read_text())
    assert summary["steps"] == 10_001
    assert summary["samples"]["inside"] >= 0.97
    assert summary["samples"]["residual"] <= 0.03
    assert summary["samples"]["a_w1"] <= 0.04
    assert count_frames(tmp_path / "film.mp4") == 255


@pytest.mark.slow  # quick is that of gaussian.py, by the same code
def test_killed_and_resumed_is_the_same(here, tmp_path):
    """SIGKILL twice, at arbitrary moments; the film is whole, too."""
    flags = ["--recipe", "code", "--num-steps", 30_000, "--hidden-size", 16]
    often = ["--log-every", 100, "--checkpoint-every", 1000]
    film = ["--anim-path", "film.mp4", "--anim-every", 1000]
    here(*flags, *often, *film, "--run-dir", "whole")
    assert count_frames(tmp_path / "film.mp4") == 31
    (tmp_path / "film.mp4").unlink()
    run_dir = tmp_path / "killed"
    arguments = [*flags, *often, *film, "--run-dir", run_dir]
    log = run_dir / "log.jsonl"
    kills = 0
    for wait in (0.1, 0.25):
        child = start(tmp_path, "curves", *arguments)
        # The clock starts when the training does.
        before = log.stat().st_mtime_ns if log.exists() else 0
        while child.poll() is None:
            if log.exists() and log.stat().st_mtime_ns > before:
                break
            time.sleep(0.01)
        time.sleep(wait)
        kills += child.poll() is None
        child.kill()
        child.wait()
        arguments = [*often, *film, "--run-dir", run_dir, "--resume"]
    assert kills == 2
    assert not (tmp_path / "film.mp4").exists()
    here(*arguments)
    assert_same_weights(tmp_path / "whole", run_dir)
    assert (tmp_path / "whole/log.jsonl").read_text() == log.read_text()
    assert count_frames(tmp_path / "film.mp4") == 31
    assert list(run_dir.rglob(".*")) == []
    whole, killed = (
        FrameStore(path / "frames").together()
        for path in (tmp_path / "whole", run_dir)
    )
    assert whole.keys() == killed.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(values, killed[name], err_msg=name)


@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    flags = ["--num-steps", 10**7, "--recipe", "code", "--run-dir", "run"]
    child = start(tmp_path, "curves", *flags, stderr=subprocess.PIPE)
    log = tmp_path / "run/log.jsonl"
    while child.poll() is None and not log.exists():
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    (line,) = err.splitlines()
    assert line.startswith("curves.py: stopped after")
    assert "curves.py --run-dir run --resume" in line
    steps = int(re.search(r"after (\d+) steps", line)[1])
    assert (tmp_path / f"run/checkpoints/step-{steps:09d}.npz").exists()


@pytest.mark.slow
def test_more_steps_and_other_values(script, here, tmp_path):
    """Of `code`, more steps may be asked for; nothing else."""
    flags = ["--run-dir", "run", "--no-jit-compile"]
    here("--recipe", "code", "--num-steps", 20, *flags)
    config = json.loads((tmp_path / "run/config.json").read_text())["config"]
    assert config["jit_compile"] is False
    resume = ["--run-dir", "run", "--resume"]
    other = ["--loss", "non-saturating", "--seed", 3, "--recipe", "code"]
    line = script_runner.refused(script, *resume, *other)
    assert "seed was 42, received 3" in line
    assert "loss was 'minimax', received 'non-saturating'" in line
    assert "recipe" not in line
    out = here(*resume, "--num-steps", 30, "--log-every", 10)
    assert "after 21 steps" in out
    assert "30: " in out
    assert "after 31 steps" in here(*resume)


def test_a_schedule_fixes_the_number_of_steps(script, here, tmp_path):
    flags = ["--run-dir", "run", "--no-jit-compile", "--num-steps"]
    here(*flags, 20, "--loss", "non-saturating")
    log = (tmp_path / "run/log.jsonl").read_text()
    assert json.loads(log.splitlines()[0])["g_loss"] > 0  # -log D
    flags = ["--run-dir", "run", "--resume", "--num-steps", 30]
    line = script_runner.refused(script, *flags)
    assert "num_steps was 20, received 30" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--num-steps", "0"], "--num-steps: must be a whole number from 1"),
        (["--batch-size", "1"], "--batch-size: must be .*from 2 to 4096"),
        (["--hidden-size", "2.5"], "--hidden-size: must be .*received '2.5'"),
        (["--seed", "-1"], "--seed: must be"),
        (["--recipe", "magic"], "--recipe: invalid choice: 'magic'"),
        (["--loss", "hinge"], "--loss: invalid choice: 'hinge'"),
        (["--resume"], "--resume: needs --run-dir"),
        (["--resume", "--run-dir", "none"], "none: holds no run to resume"),
        (
            ["--resume", "--run-dir", "gaussian"],
            r"gaussian: is not a run of curves\.py",
        ),
        (["--run-dir", "gaussian"], "gaussian: already holds a run"),
        (["--run-dir", "file"], "not a directory|Not a directory"),
        (["--anim-path", "film.avi"], r"film\.avi: .*received \.avi"),
        (["--anim-path", "file/film.mp4"], "file is not a directory"),
        (["--export", "file"], "file is not a directory"),
    ],
)
def test_mistakes(script, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "gaussian").mkdir()
    (tmp_path / "gaussian/config.json").write_text(
        '{"format": 1, "config": {"recipe": "stable"}}'
    )
    before = sorted(p.name for p in tmp_path.iterdir())
    line = script_runner.refused(script, *arguments)
    assert line.startswith("curves.py: ")
    assert re.search(message, line), line
    assert sorted(p.name for p in tmp_path.iterdir()) == before
