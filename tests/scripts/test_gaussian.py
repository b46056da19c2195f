"""`scripts/gaussian.py`, as a process, as a user runs it, and in this one."""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time
import types

import numpy as np
import pytest

from tests import script_runner
from tests.paths import REAL
from tests.script_runner import (
    assert_same_weights,
    count_frames,
    process,
    start,
)

DIGITS = REAL / "mnist.npz"

# Small enough to be quick, and with every part of the machine at work.
QUICK = ["--recipe", "code", "--num-steps", "200"]


@pytest.fixture(scope="module")
def script():
    return script_runner.load("gaussian")


@pytest.fixture
def here(script, tmp_path, monkeypatch):
    """Runs the script in this process and an empty directory."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: script_runner.run(script, *arguments)[0]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A run with everything on."""
    cwd = tmp_path_factory.mktemp("quick")
    done = process(
        cwd,
        "gaussian",
        *QUICK,
        "--minibatch",
        "--run-dir",
        "run",
        "--anim-path",
        "film.mp4",
        "--anim-every",
        20,
        "--export",
        "saved",
    )
    return cwd, done


def test_the_printed_lines_are_the_originals(quick):
    lines = quick[1].stdout.splitlines()
    steps = [line for line in lines if re.match(r"\d+: ", line)]
    assert len(steps) == 21
    assert all(
        re.fullmatch(r"\d+: -?\d+\.\d{4}\t-?\d+\.\d{4}", line) for line in steps
    )
    assert [int(line.split(":")[0]) for line in steps] == list(
        range(0, 201, 10)
    )


def test_the_log_says_the_same(quick):
    cwd, done = quick
    rows = map(json.loads, (cwd / "run/log.jsonl").read_text().splitlines())
    printed = [
        f"{row['step']}: {row['d_loss']:.4f}\t{row['g_loss']:.4f}"
        for row in rows
    ]
    assert "\n".join(printed) in done.stdout


def test_the_last_line_names_the_report(quick):
    assert quick[1].stdout.splitlines()[-1] == "Report: run/report.html"


def test_nothing_but_the_script_speaks(quick):
    assert quick[1].stderr == ""


def test_what_is_left(quick):
    cwd, _ = quick
    names = {p.name for p in cwd.iterdir()}
    assert names == {"run", "film.mp4", "saved"}
    assert {p.name for p in (cwd / "run").iterdir()} == {
        "checkpoints",
        "config.json",
        "curves.png",
        "frames",
        "gaussian.png",
        "log.jsonl",
        "report.html",
        "summary.json",
    }
    assert (cwd / "saved/1/saved_model.pb").is_file()


def test_the_summary(quick):
    cwd, done = quick
    summary = json.loads((cwd / "run/summary.json").read_text())
    assert summary["steps"] == 201
    assert re.search(r"^201 steps in \d+ s, [\d,]+ steps/s$", done.stdout, re.M)
    assert summary["baseline"]["w1"] == pytest.approx(0.0063, rel=0.2)
    for name in ("mean", "std", "W1", "KS", "Baseline"):
        assert re.search(rf"^{name}\b", done.stdout, re.MULTILINE)
    assert f"{summary['samples']['w1']:.4g}" in done.stdout


def test_the_film_has_a_frame_for_each_moment(quick):
    assert count_frames(quick[0] / "film.mp4") == 11


def test_the_export_samples_what_the_run_trained(quick):
    import tensorflow as tf

    cwd, _ = quick
    loaded = tf.saved_model.load(cwd / "saved/1")
    z = tf.linspace(-8.0, 8.0, 10_000)[:, tf.newaxis]
    samples = loaded.signatures["serving_default"](z=z)["samples"].numpy()
    summary = json.loads((cwd / "run/summary.json").read_text())
    assert samples.mean() == pytest.approx(summary["samples"]["mean"], rel=1e-4)


@pytest.mark.slow
def test_the_default_agrees_with_the_data(tmp_path):
    """What a newcomer sees first: `make gaussian` asks for a film, too."""
    film = ["--anim-path", "film.mp4", "--anim-every", 100]
    process(tmp_path, "gaussian", "--minibatch", "--log-every", 1000, *film)
    assert (tmp_path / "film.mp4").stat().st_size > 0
    path = tmp_path / "runs/gaussian-001/summary.json"
    summary = json.loads(path.read_text())
    assert summary["steps"] == 5001
    assert summary["samples"]["w1"] <= 0.05
    assert summary["samples"]["ks"] <= 0.05  # the two curves agree


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights(quick, here, tmp_path):
    runs = tmp_path / "runs"
    here(*QUICK, "--minibatch")
    assert_same_weights(runs / "gaussian-001", quick[0] / "run")


@pytest.mark.slow
def test_another_seed_gives_other_weights(quick, here, tmp_path):
    here(*QUICK, "--minibatch", "--seed", 7, "--run-dir", "run")
    with pytest.raises(AssertionError):
        assert_same_weights(tmp_path / "run", quick[0] / "run")


@pytest.mark.parametrize(
    ("flags", "times"),
    [
        pytest.param(
            "--recipe code --num-steps 100000", 5, marks=pytest.mark.slow
        ),
        pytest.param(
            "--recipe stable --num-steps 10000 --batch-size 16",
            2,
            marks=pytest.mark.slow,
        ),
        ("--recipe code --num-steps 8000", 1),
    ],
)
def test_killed_and_resumed_is_the_same(here, tmp_path, flags, times):
    """SIGKILL at arbitrary moments; the undisturbed twin trains in here."""
    flags = f"{flags} --minibatch --checkpoint-every 1000".split()
    often = ["--log-every", "100"]
    here(*flags, *often, "--run-dir", "whole")
    run_dir = tmp_path / "killed"
    arguments = [*flags, *often, "--run-dir", run_dir]
    kills = 0
    for wait in np.random.default_rng(0).uniform(0, 0.3, times):
        child = start(tmp_path, "gaussian", *arguments)
        # The clock starts when the training does.
        log = run_dir / "log.jsonl"
        before = log.stat().st_mtime_ns if log.exists() else 0
        while child.poll() is None:
            if log.exists() and log.stat().st_mtime_ns > before:
                break
            time.sleep(0.01)
        time.sleep(wait)
        kills += child.poll() is None
        child.kill()
        child.wait()
        arguments = [*often, "--run-dir", run_dir, "--resume"]
    assert kills >= min(times, 2)
    here(*arguments)
    assert_same_weights(tmp_path / "whole", run_dir)
    whole, killed = (
        (tmp_path / name / "log.jsonl").read_text()
        for name in ("whole", "killed")
    )
    assert whole == killed
    assert list(run_dir.rglob(".*")) == []


@pytest.mark.slow
def test_a_film_of_a_run_that_was_killed_is_whole(here, tmp_path):
    film = ["--anim-every", 100, "--anim-path", "film.mp4"]
    flags = ["--recipe", "code", "--num-steps", 20_000, "--log-every", 1000]
    often = ["--checkpoint-every", 1000, "--run-dir", "run"]
    child = start(tmp_path, "gaussian", *flags, *often, *film)
    seals = tmp_path / "run/checkpoints"
    while child.poll() is None and not list(seals.glob("step-*.json")):
        time.sleep(0.005)
    child.kill()
    child.wait()
    assert not (tmp_path / "film.mp4").exists()
    here("--run-dir", "run", "--resume", *film)
    assert count_frames(tmp_path / "film.mp4") == 201


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    flags = ["--num-steps", 10**7, "--recipe", "code", "--run-dir", "run"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = start(tmp_path, "gaussian", *flags, "--log-every", 1000, **pipes)
    log = tmp_path / "run/log.jsonl"
    while child.poll() is None and not log.exists():
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    (line,) = err.splitlines()
    assert "--run-dir run --resume" in line
    steps = int(re.search(r"after (\d+) steps", line)[1])
    assert (tmp_path / f"run/checkpoints/step-{steps:09d}.npz").exists()
    assert out.splitlines()[-1] == "Report: run/report.html"
    page = (tmp_path / "run/report.html").read_text()
    assert f"Stopped after {steps:,} steps of 10,000,001" in page


@pytest.mark.slow
def test_more_steps_where_nothing_depends_on_their_number(
    quick, here, tmp_path
):
    shutil.copytree(quick[0] / "run", tmp_path / "run")
    out = here("--run-dir", "run", "--resume", "--num-steps", 300)
    assert "after 201 steps" in out
    assert "300: " in out


def test_other_hyper_parameters_are_refused(quick, script):
    with contextlib.chdir(quick[0]):
        line = script_runner.refused(
            script,
            *["--run-dir", "run", "--resume", "--seed", 3],
            *["--batch-size", 16, "--recipe", "code", "--no-jit-compile"],
        )
    assert "seed was 42, received 3" in line
    assert "batch_size was 8, received 16" in line
    assert "jit_compile was True, received False" in line
    assert "recipe" not in line


@pytest.mark.slow
def test_a_schedule_fixes_the_number_of_steps(here, script):
    here("--num-steps", 50, "--run-dir", "run")
    flags = ["--run-dir", "run", "--resume", "--num-steps", 60]
    line = script_runner.refused(script, *flags)
    assert "num_steps was 50, received 60" in line


def test_without_xla(here, tmp_path):
    flags = ["--num-steps", 20, "--recipe", "article", "--no-jit-compile"]
    here(*flags, "--run-dir", "run")
    config = json.loads((tmp_path / "run/config.json").read_text())["config"]
    assert config["jit_compile"] is False


@pytest.mark.slow
def test_the_early_stop(here, tmp_path):
    out = here("--minibatch", "--stop-at-w1", 0.5, "--run-dir", "run")
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert summary["samples"]["w1"] <= 0.5
    assert summary["steps"] < 5001
    assert summary["steps"] % 100 == 0
    assert f"Stopped after {summary['steps']} steps" in out
    out = here("--run-dir", "run", "--resume", "--stop-at-w1", 0.5)
    assert "nothing left to train" in out


def test_an_early_stop_that_never_comes_is_said(script, capsys):
    training = script.Gaussian()
    training.stop = types.SimpleNamespace(stopped_step=None)
    args = types.SimpleNamespace(stop_at_w1=0.2)
    training.end(types.SimpleNamespace(step=201, args=args))
    assert capsys.readouterr().out == (
        "W1 was above 0.2 in all 201 steps: there was no early stop.\n"
    )


def test_captions_say_which_loss_is_not_the_default(script):
    training = script.Gaussian()
    training.scores, training.baseline = {"w1": 0.2789}, {"w1": 0.0064}
    config = {"recipe": "code", "minibatch": True, "loss": "clamped"}
    session = types.SimpleNamespace(step=201, config=config)
    assert training.caption(session) == (
        "Step 200 of the recipe code with minibatch discrimination, "
        "clamped loss\nW1 0.279, of real samples 0.0064"
    )
    config["loss"] = "logits"
    assert "loss" not in training.caption(session)


@pytest.mark.parametrize(
    ("mean", "std", "ends"),
    [
        (4.0, 0.5, (-8.0, 8.0)),
        (-6.0, 0.5, (-8.0, 8.0)),
        (-3000.0, 40.0, (-3960.0, -2680.0)),
        (4.0, 0.001, (3.976, 4.008)),
        (7.0, 0.5, (-5.0, 11.0)),
    ],
)
def test_the_axis_fits_the_data(script, mean, std, ends):
    data = types.SimpleNamespace(mean=mean, std=std)
    assert script.picture_range(data) == pytest.approx(ends)


@pytest.mark.slow
def test_own_numbers(here, script, tmp_path):
    """A real column: the mean brightness of handwritten digits, in percent."""
    if not DIGITS.exists():
        pytest.skip("needs shared/data, which only this project's CI has")
    with np.load(DIGITS) as images:
        brightness = images["x_train"][:5000].mean(axis=(1, 2)) / 2.55
    np.savetxt(tmp_path / "x.csv", brightness, header="brightness", comments="")
    here("--data", "x.csv", "--minibatch", "--run-dir", "run")
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert summary["data"]["mean"] == pytest.approx(brightness.mean(), rel=1e-5)
    assert summary["samples"]["w1"] <= 0.25 * brightness.std()

    (tmp_path / "x.csv").write_text("1\n2\n3\n")
    line = script_runner.refused(script, "--run-dir", "run", "--resume")
    assert "other data: they differ in data_sha256" in line


@pytest.mark.slow
def test_own_numbers_of_another_size(here, tmp_path):
    values = np.random.default_rng(0).normal(-3000, 40, 400)
    np.save(tmp_path / "x.npy", values)
    here("--data", "x.npy", "--minibatch", "--run-dir", "run")
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert summary["samples"]["w1"] <= 0.25 * values.std()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--num-steps", "0"], "--num-steps: must be a whole number from 1"),
        (["--batch-size", "-8"], "--batch-size: must be .*received '-8'"),
        (["--batch-size", "1"], "--batch-size: must be .*from 2 to 4096"),
        (["--hidden-size", "2.5"], "--hidden-size: must be .*received '2.5'"),
        (["--hidden-size", "1e9"], "--hidden-size: must be .*received '1e9'"),
        (["--seed", "-1"], "--seed: must be"),
        (["--sigma", "0"], "--sigma: must be a number above 0"),
        (["--mu", "nan"], "--mu: must be a number"),
        (["--mu", "1e6", "--sigma", "1"], "--mu, --sigma: .*1/10000"),
        (["--stop-at-w1", "0"], "--stop-at-w1: must be a number above 0"),
        (["--recipe", "magic"], "--recipe: invalid choice: 'magic'"),
        (["--group-size", "4"], "--group-size: needs --minibatch"),
        (["--group-size", "1", "--minibatch"], "--group-size: must be a whole"),
        (
            ["--group-size", "5", "--minibatch"],
            "--group-size must divide the batch, of 32 .*group_size=5",
        ),
        (["--loss", "hinge"], "--loss: invalid choice: 'hinge'"),
        (["--resume"], "--resume: needs --run-dir"),
        (["--resume", "--run-dir", "none"], "none: holds no run to resume"),
        (["--run-dir", "file"], "not a directory|Not a directory"),
        (["--anim-path", "film.avi"], r"film\.avi: .*received \.avi"),
        (["--anim-path", "film"], "film: .*received no suffix"),
        (["--anim-path", "file/film.mp4"], "file is not a directory"),
        (["--export", "file"], "file is not a directory"),
        (["--data", "none.csv"], "--data: .*'none.csv' does not exist"),
        (["--data", "text.csv"], r"text\.csv, line 2: .*received 'two'"),
        (["--data", "text.csv", "--mu", "4"], "--data: .*together with --mu"),
    ],
)
def test_mistakes(script, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "text.csv").write_text("1\ntwo\n3\n")
    before = sorted(p.name for p in tmp_path.iterdir())
    line = script_runner.refused(script, *arguments)
    assert line.startswith("gaussian.py: ")
    assert re.search(message, line), line
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_mistake_is_answered_at_once(tmp_path):
    """As a process, without loading what it takes to train."""
    # Modules of these names are in the way: importing one would be seen.
    for name in ("tensorflow", "seaborn"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('too early')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    flags = ["--resume", "--run-dir", "none"]
    done = process(tmp_path, "gaussian", *flags, code=2, PYTHONPATH=path)
    (line,) = done.stderr.splitlines()
    assert line.startswith("gaussian.py: ")
    assert "none: holds no run to resume" in line
    assert done.stdout == ""


def test_a_full_disk(script, tmp_path):
    """A limit on the size of files stands in for it."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8000, limits[1]))
    try:
        flags = [*QUICK, "--run-dir", "run"]
        _, err = script_runner.run(script, *flags, cwd=tmp_path, code=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    (line,) = err.splitlines()
    assert "cannot be written" in line
    assert list(tmp_path.rglob("*.npz")) == []


@pytest.mark.slow
def test_a_film_that_fails_costs_no_training(here, tmp_path):
    """An ffmpeg that dies half-way: training and picture are kept."""
    import imageio_ffmpeg

    fake = tmp_path / "bin/ffmpeg"
    fake.parent.mkdir()
    real = imageio_ffmpeg.get_ffmpeg_exe()
    fake.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *-encoders*) exec "{real}" "$@";; esac\n'
        "head -c 1000000 >/dev/null\n"
        "kill -9 $$\n"
    )
    fake.chmod(0o755)
    flags = [*QUICK, "--run-dir", "run", "--anim-path", "film.mp4"]
    path = f"{fake.parent}:{os.environ['PATH']}"
    done = process(tmp_path, "gaussian", *flags, code=1, PATH=path)
    (line,) = done.stderr.splitlines()
    assert re.search(r"film\.mp4: ffmpeg was killed by signal 9", line)
    assert "--resume --anim-path" in line
    assert not (tmp_path / "film.mp4").exists()
    assert (tmp_path / "run/gaussian.png").is_file()
    here("--run-dir", "run", "--resume", "--anim-path", "film.mp4")
    assert count_frames(tmp_path / "film.mp4") == 201


def test_help(here):
    out = here("--help")
    assert "python scripts/gaussian.py --minibatch --anim-path film.mp4" in out
    for flag in (
        "--num-steps",
        "--hidden-size",
        "--batch-size",
        "--minibatch",
        "--log-every",
        "--anim-path",
        "--anim-every",
    ):
        assert flag in out  # the original's
