"""Measuring while training, with the quickest of the scripts."""

import json
import math
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests import script_runner
from tests.paths import REAL
from tests.script_runner import assert_same_weights
from tf_gans.runs.evaluating import Measurement

MNIST = script_runner.load("mnist")
EVALUATE = script_runner.load("evaluate")
FLAGS = ["--network", "dense", "--batch-size", 16, "--epochs", 1]
EVERY = ["--evaluate-every", 4, "--evaluate-samples", 130]
STEPS = [4, 8, 9]  # of 150 images, 16 in a batch


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.fixture(scope="module")
def cwd(tmp_path_factory):
    """Data, a run that is evaluated and one that is not."""
    cwd = tmp_path_factory.mktemp("evaluated")
    train, test = noise(150, 28, 28), noise(140, 28, 28, seed=1)
    np.savez(cwd / "x.npz", x_train=train, x_test=test)
    flags = ["--data", "x.npz", *FLAGS]
    script_runner.run(MNIST, *flags, "--run-dir", "plain", cwd=cwd)
    out, _ = script_runner.run(
        MNIST, *flags, *EVERY, "--keep-best", "--run-dir", "run", cwd=cwd
    )
    (cwd / "run.txt").write_text(out)
    return cwd


def rows(run):
    lines = (run / "evaluations.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def best_step(run):
    """The step of the one checkpoint that is kept."""
    (path,) = run.glob("best/step-*.npz")
    assert path.with_suffix(".json").is_file()
    return int(path.stem.removeprefix("step-"))


class TestImages:
    def test_nothing_of_the_training_changes(self, cwd):
        assert_same_weights(cwd / "plain", cwd / "run")
        log = (cwd / "plain/log.jsonl").read_text()
        assert (cwd / "run/log.jsonl").read_text() == log
        assert not (cwd / "plain/evaluations.jsonl").exists()
        assert not (cwd / "plain/best").exists()

    def test_where_the_numbers_go(self, cwd):
        run, out = cwd / "run", (cwd / "run.txt").read_text()
        found = rows(run)
        assert [row["step"] for row in found] == STEPS
        for row in found:
            assert row["num_real"] == row["num_fake"] == 130
            assert row["features"].startswith("digits-")
            assert row["reference"] == "test images of x"
            assert f"{row['step']} evaluated: fid {row['fid']:.4g}" in out
        summary = json.loads((run / "summary.json").read_text())["evaluation"]
        best = min(found, key=lambda row: row["fid"])
        assert summary["samples"] == {"fid": found[-1]["fid"]}
        assert summary["baseline"] == found[-1]["baseline"]
        assert 0 < summary["baseline"]["fid"] < best["fid"]
        assert summary["best"] == {"step": best["step"], "fid": best["fid"]}
        assert best_step(run) == summary["kept_step"] == best["step"]
        (events,) = run.glob("tensorboard/*")
        scalars = {
            event.step: tf.make_ndarray(value.tensor)
            for event in tf.compat.v1.train.summary_iterator(str(events))
            for value in event.summary.value
            if value.tag == "fid"
        }
        expected = {row["step"]: np.float32(row["fid"]) for row in found}
        assert scalars == expected

    @pytest.mark.slow
    def test_evaluate_finds_the_same(self, cwd, tmp_path):
        """Of the run, and of the best one, which is another model."""
        found = {row["step"]: row["fid"] for row in rows(cwd / "run")}
        flags = ["-n", 130, "--num-real", 130, "--json"]
        steps = {"run": 9, "run/best": best_step(cwd / "run")}
        for name, step in steps.items():
            path = tmp_path / "numbers.json"
            arguments = [cwd / name, *flags, path, "--overwrite"]
            script_runner.run(EVALUATE, *arguments)
            document = json.loads(path.read_text())
            value = document["metrics"]["fid"]["value"]
            assert value == pytest.approx(found[step], rel=1e-4), name
            assert document["checkpoint"] == f"step-{step:09d}"

    def test_a_killed_run_has_the_same_evaluations(self, cwd, tmp_path):
        """Without its flags, which it knows, and with a line half written."""
        shutil.copytree(cwd / "run", tmp_path / "run")
        for path in (tmp_path / "run/checkpoints").iterdir():
            if path.stem not in ("step-000000000", "step-000000004"):
                path.unlink()
        with open(tmp_path / "run/evaluations.jsonl", "a") as file:
            file.write('{"step": 1')
        (tmp_path / "run/summary.json").unlink()
        resume = ["--run-dir", tmp_path / "run", "--resume"]
        script_runner.run(MNIST, *resume, cwd=tmp_path)
        assert rows(tmp_path / "run") == rows(cwd / "run")
        assert_same_weights(tmp_path / "run", cwd / "run")
        assert best_step(tmp_path / "run") == best_step(cwd / "run")
        one, other = (
            json.loads((place / "run/summary.json").read_text())["evaluation"]
            for place in (cwd, tmp_path)
        )
        assert one == other
        # And again, with nothing left to train or to measure.
        flags = ["--evaluate-samples", 135]
        line = script_runner.refused(MNIST, *resume, *flags, cwd=tmp_path)
        assert "evaluate_samples was 130, received 135" in line

    @pytest.mark.slow
    def test_the_early_stop(self, cwd, tmp_path):
        new = ["--data", cwd / "x.npz", *FLAGS, *EVERY, "--run-dir", "run"]
        out, _ = script_runner.run(
            MNIST, *new, "--stop-at-fid", 1e9, cwd=tmp_path
        )
        assert "Stopped after 4 steps: the FID is at most 1e+09." in out
        assert [row["step"] for row in rows(tmp_path / "run")] == [4]
        resume = ["--run-dir", "run", "--resume"]
        out, _ = script_runner.run(MNIST, *resume, cwd=tmp_path)
        assert "has nothing left to train" in out
        out, err = script_runner.run(
            MNIST, *resume, "--stop-at-fid", 1e-9, cwd=tmp_path
        )
        assert "there was no early stop" in out
        assert "is less than what real images score" in err
        assert rows(tmp_path / "run") == rows(cwd / "run")
        assert_same_weights(tmp_path / "run", cwd / "run")

    @pytest.mark.parametrize(
        ("flags", "message"),
        [
            (["--keep-best"], "--keep-best: needs --evaluate-every N"),
            (["--stop-at-fid", 9], "--stop-at-fid: needs --evaluate-every N"),
            (
                ["--evaluate-samples", 500],
                "--evaluate-samples: needs --evaluate-every N",
            ),
            (["--evaluate-every", 0], "--evaluate-every: must be a whole"),
            ([*EVERY, "--stop-at-fid", 0], "--stop-at-fid: must be a number"),
            ([*EVERY, "--stop-at-fid", -1], "--stop-at-fid: must be a number"),
            (
                [*EVERY[:2], "--evaluate-samples", 128],
                "--evaluate-samples 128: must be more than the 128 features",
            ),
            (
                [*EVERY[:2], "--evaluate-samples", 141],
                "--evaluate-samples 141: there are only 140 real images",
            ),
        ],
        ids=str,
    )
    def test_mistakes(self, cwd, tmp_path, flags, message):
        line = script_runner.refused(
            MNIST, "--data", cwd / "x.npz", *FLAGS, *flags, cwd=tmp_path
        )
        assert message in line
        assert list(tmp_path.iterdir()) == []

    def test_too_few_images(self, tmp_path):
        np.savez(tmp_path / "few.npz", x_train=noise(250, 28, 28))
        flags = ["--data", "few.npz", *FLAGS, *EVERY[:2]]
        line = script_runner.refused(MNIST, *flags, cwd=tmp_path)
        assert "--evaluate-every: needs more real images than the 128" in line
        assert "125 on each side (half of the training images of few" in line
        assert not (tmp_path / "runs").exists()

    def test_inception_is_missing(self, tmp_path, monkeypatch):
        """Before the training, which leaves nothing."""

        def retrieve(*_):
            raise OSError("no network")

        retriever = "keras.src.utils.file_utils.urlretrieve"
        monkeypatch.setattr(retriever, retrieve)
        kept = tmp_path / "keras"
        monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(kept))
        monkeypatch.setenv("KERAS_HOME", str(kept))
        np.savez(tmp_path / "x.npz", x_train=noise(40, 16, 16))
        flags = ["--data", "x.npz", "--width", 4, "--batch-size", 16]
        _, err = script_runner.run(
            script_runner.load("dcgan"),
            *[*flags, "--evaluate-every", 5],
            cwd=tmp_path,
            code=2,
        )
        assert "inception: its weights cannot be loaded" in err
        assert err.count("\n") == 1
        assert not (tmp_path / "runs").exists()

    def test_a_run_that_had_none(self, cwd, tmp_path):
        """It gets the number of its end, though nothing is left to train."""
        shutil.copytree(cwd / "plain", tmp_path / "run")
        resume = ["--run-dir", "run", "--resume", "--data", cwd / "x.npz"]
        line = script_runner.refused(
            MNIST, *resume, "--keep-best", cwd=tmp_path
        )
        assert "--keep-best: needs --evaluate-every N" in line
        script_runner.run(MNIST, *resume, *EVERY, "--keep-best", cwd=tmp_path)
        assert rows(tmp_path / "run") == rows(cwd / "run")[-1:]
        assert best_step(tmp_path / "run") == 9

    @pytest.mark.slow
    def test_real_digits(self, tmp_path):
        """A generator that has learned a little is nearer to digits."""
        if not (REAL / "mnist.npz").is_file():
            pytest.skip(f"mnist.npz is not in {REAL}")
        script_runner.run(
            MNIST,
            *["--data", REAL / "mnist.npz", "--network", "dense"],
            *["--epochs", 1, "--run-dir", "run"],
            *["--evaluate-every", 100, "--evaluate-samples", 500],
            cwd=tmp_path,
        )
        found = rows(tmp_path / "run")
        assert [row["step"] for row in found] == [100, 200, 300, 400, 468]
        assert found[-1]["reference"] == "test images of mnist"
        assert 0 < found[-1]["baseline"]["fid"] < 5
        assert 10 < found[-1]["fid"] < found[0]["fid"] / 2


class TestSmallProblems:
    @pytest.mark.parametrize(
        ("name", "metrics"),
        [
            pytest.param("gaussian", {"w1", "ks"}, marks=pytest.mark.slow),
            pytest.param(
                *("mixtures", {"modes", "high_quality", "reverse_kl"}),
                marks=pytest.mark.slow,
            ),
            pytest.param(
                *("curves", {"inside", "residual", "a_w1"}),
                marks=pytest.mark.slow,
            ),
        ],
    )
    def test_each_has_its_own(self, tmp_path, name, metrics):
        script = script_runner.load(name)
        flags = ["--num-steps", 20, "--log-every", 20]
        script_runner.run(script, *flags, "--run-dir", "plain", cwd=tmp_path)
        script_runner.run(
            script,
            *[*flags, "--evaluate-every", 8, "--keep-best"],
            *["--run-dir", "run"],
            cwd=tmp_path,
        )
        assert_same_weights(tmp_path / "plain", tmp_path / "run")
        found = rows(tmp_path / "run")
        assert [row["step"] for row in found] == [8, 16, 21]
        summary = json.loads((tmp_path / "run/summary.json").read_text())
        for metric in metrics:  # what the script measures at its end
            assert found[-1][metric] == summary["samples"][metric]
            baseline = found[-1]["baseline"][metric]
            assert baseline == summary["baseline"][metric]
        assert best_step(tmp_path / "run") in (8, 16, 21)
        line = script_runner.refused(
            script, "--evaluate-every", 8, "--stop-at-fid", 9, cwd=tmp_path
        )
        assert "--stop-at-fid" in line


def test_which_row_is_better():
    judged = {"modes": "higher", "high_quality": "higher", "w1": "lower"}
    rank = Measurement(len, {}, {}, judged).rank
    ordered = [
        {"modes": 8, "high_quality": 0.5, "w1": 0.1},
        {"modes": 8, "high_quality": 0.5, "w1": 0.2},
        {"modes": 8, "high_quality": 0.4, "w1": 0.0},
        {"modes": 7, "high_quality": 0.9, "w1": 0.0},
        {"modes": 7, "high_quality": None, "w1": 0.0},
        {"modes": None},
    ]
    shuffled = [ordered[i] for i in (3, 5, 0, 4, 2, 1)]
    assert sorted(shuffled, key=rank) == ordered
    assert rank({})[0] == math.inf
