"""`scripts/mnist.py` and `scripts/dcgan.py`."""

import json
import random
import re
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from tests import script_runner
from tests.paths import REAL
from tests.script_runner import assert_same_weights, start
from tf_gans.errors import UserError
from tf_gans.runs import load

MNIST = script_runner.load("mnist")


def run(cwd, script, *arguments):
    """Runs a script in this process; returns what it printed."""
    module = script_runner.load(script[:-3])
    return script_runner.run(module, *arguments, cwd=cwd)[0]


def refused(cwd, script, *arguments):
    """The one line that a mistake is answered with."""
    module = script_runner.load(script[:-3])
    line = script_runner.refused(module, *arguments, cwd=cwd)
    assert line.startswith(f"{script}: ")
    assert not (cwd / "runs").exists()
    return line


def write_npz(path, count=64, size=28, channels=None, classes=4):
    rng = np.random.default_rng(0)
    shape = (count, size, size) + ((channels,) if channels else ())
    np.savez(
        path,
        x_train=rng.integers(0, 256, shape, np.uint8),
        y_train=np.arange(count) % classes,
    )
    return path


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    """A run of the quickest network with everything on."""
    cwd = tmp_path_factory.mktemp("dense")
    write_npz(cwd / "data.npz")
    said = script_runner.run(
        MNIST,
        *["--data", "data.npz", "--network", "dense", "--batch-size", 16],
        *["--epochs", 5, "--log-every", 5, "--sample-every", 8],
        *["--ema", 0.9, "--anim-path", "film.mp4", "--anim-every", 4],
        *["--export", "saved", "--run-dir", "run"],
        cwd=cwd,
    )
    return cwd, *said


class TestDense:
    def test_everything_is_there(self, dense):
        cwd, out, _ = dense
        for name in (
            "run/config.json",
            "run/summary.json",
            "run/real.png",
            "run/samples.png",
            "run/curves.png",
            "run/report.html",
            "run/samples/step-000000000.png",
            "run/samples/step-000000016.png",
            "run/samples/step-000000020.png",
            "film.mp4",
            "saved/1/saved_model.pb",
        ):
            assert (cwd / name).stat().st_size > 0, name
        assert list((cwd / "run/tensorboard").iterdir())
        assert not (cwd / "run/frames").exists()
        for name in ("Samples", "Curves", "Film", "SavedModel", "Report"):
            assert f"{name}: " in out

    def test_lines_and_log(self, dense):
        cwd, out, err = dense
        rows = [
            json.loads(line)
            for line in (cwd / "run/log.jsonl").read_text().splitlines()
        ]
        assert [row["step"] for row in rows] == [0, 5, 10, 15]
        for row in rows:
            assert f"{row['step']}: {row['d_loss']:.4f}\t" in out
            assert 0 < row["d_real"] < 1
            assert 0 < row["d_fake"] < 1
        assert err == ""

    def test_samples_are_pictures(self, dense):
        picture = np.asarray(Image.open(dense[0] / "run/samples.png"))
        assert picture.dtype == np.uint8
        assert picture.std() > 5

    def test_pictures_say_what_they_are(self, dense):
        def said(name):
            with Image.open(dense[0] / "run" / name) as picture:
                return json.loads(picture.text["Comment"])

        common = {"script": "mnist", "seed": 42}
        for name, step, generated in (
            ("samples.png", 20, True),
            ("samples/step-000000016.png", 16, True),
            ("curves.png", 20, False),
            ("real.png", 0, False),
        ):
            about = said(name)
            assert about.items() >= common.items(), name
            assert (about["step"], about["generated"]) == (step, generated)
            assert "data" not in str(about)
        film = (dense[0] / "film.mp4").read_bytes()
        assert json.dumps(said("samples.png")).encode() in film

    @pytest.mark.slow
    def test_continues_with_more_epochs(self, dense, tmp_path):
        cwd, *_ = dense
        flags = ["--network", "dense", "--batch-size", 16, "--ema", 0.9]
        data = ["--data", cwd / "data.npz"]
        run(
            tmp_path,
            "mnist.py",
            *[*data, *flags, "--epochs", 3, "--run-dir", "run"],
        )
        said = run(
            tmp_path,
            "mnist.py",
            *["--run-dir", "run", "--resume", "--epochs", 5],
        )
        assert "after 12 steps" in said
        assert_same_weights(tmp_path / "run", cwd / "run")

    def test_other_values_are_refused(self, dense):
        cwd, *_ = dense
        line = refused(
            cwd,
            "mnist.py",
            *["--run-dir", "run", "--resume", "--batch-size", 32],
        )
        assert "batch_size was 16, received 32" in line

    def test_other_images_are_refused(self, dense, tmp_path):
        cwd, *_ = dense
        other = write_npz(tmp_path / "other.npz", count=80)
        line = refused(
            cwd, "mnist.py", "--run-dir", "run", "--resume", "--data", other
        )
        assert "other data: they differ in identity" in line

    def test_damaged_checkpoints_are_no_model(self, dense, tmp_path):
        cwd, *_ = dense
        shutil.copytree(cwd / "run", tmp_path / "run")
        for path in tmp_path.glob("run/checkpoints/*.npz"):
            path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(UserError, match="no checkpoint that is whole"):
            load.load_run(tmp_path / "run")

    def test_a_run_is_not_overwritten(self, dense):
        cwd, *_ = dense
        line = refused(
            cwd, "mnist.py", "--data", "data.npz", "--run-dir", "run"
        )
        assert "--resume" in line


@pytest.mark.slow
def test_killed_at_random_ends_with_the_same_bits(tmp_path):
    write_npz(tmp_path / "data.npz", count=256)
    flags = [
        *["--data", "data.npz", "--batch-size", 16, "--epochs", 3],
        *["--checkpoint-every", 8, "--seed", 7],
    ]
    run(tmp_path, "mnist.py", *flags, "--run-dir", "whole")
    arguments = [*flags, "--run-dir", "cut"]
    chance = random.Random(1)
    for kill in range(5):
        child = start(tmp_path, "mnist", *arguments, stderr=subprocess.DEVNULL)
        arguments = ["--run-dir", "cut", "--resume"]
        # Until it trains, then a little.
        target = 1 + 8 * kill
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and child.poll() is None:
            checkpoints = sorted(tmp_path.glob("cut/checkpoints/*.json"))
            if checkpoints and int(checkpoints[-1].stem[5:]) >= target:
                break
            time.sleep(0.05)
        time.sleep(chance.random())
        child.send_signal(signal.SIGKILL)
        child.wait()
    run(tmp_path, "mnist.py", *arguments)
    assert_same_weights(tmp_path / "whole", tmp_path / "cut")


@pytest.mark.slow
def test_interrupted_saves_and_says_how_to_go_on(tmp_path):
    write_npz(tmp_path / "data.npz")
    child = start(
        tmp_path,
        "mnist",
        *["--data", "data.npz", "--network", "dense", "--batch-size", 8],
        *["--epochs", 100_000, "--run-dir", "run", "--log-every", 1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    for line in child.stdout:
        if re.match(r"\d+: ", line):
            break
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 130
    assert "mnist.py --run-dir run --resume" in errors
    assert list(tmp_path.glob("run/checkpoints/*.npz"))


@pytest.mark.skipif(
    not (REAL / "mnist.npz").exists(), reason="needs shared/data"
)
def test_real_digits(tmp_path):
    """A few steps move the samples towards the digits."""
    with np.load(REAL / "mnist.npz") as digits:
        np.savez(tmp_path / "few.npz", x_train=digits["x_train"][:320])
    run(
        tmp_path,
        "mnist.py",
        *["--data", "few.npz", "--batch-size", 16, "--epochs", 3],
        *["--run-dir", "run", "--batch-statistics", "--log-every", 1],
    )
    real = np.asarray(Image.open(tmp_path / "run/real.png").convert("L"))
    first, last = (
        np.asarray(
            Image.open(tmp_path / f"run/samples/step-{step:09d}.png")
        ).mean()
        for step in (0, 60)
    )
    assert abs(last - real.mean()) < abs(first - real.mean())


class TestDcgan:
    @pytest.mark.slow
    def test_conditional(self, tmp_path):
        write_npz(tmp_path / "data.npz")
        run(
            tmp_path,
            "dcgan.py",
            *["--data", "data.npz", "--conditional", "--width", 4],
            *["--batch-size", 16, "--epochs", 1, "--run-dir", "run"],
            *["--export", "saved"],
        )
        config = json.loads((tmp_path / "run/config.json").read_text())
        assert config["config"]["num_classes"] == 4

    @pytest.mark.slow
    def test_a_folder_in_mixed_precision(self, tmp_path):
        rng = np.random.default_rng(0)
        (tmp_path / "pictures").mkdir()
        for i in range(10):
            shape = (rng.integers(40, 90), rng.integers(40, 90), 3)
            Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(
                tmp_path / f"pictures/{i}.{'png' if i % 2 else 'jpg'}"
            )
        run(
            tmp_path,
            "dcgan.py",
            *["--data", "pictures", "--size", 32, "--width", 4],
            *["--batch-size", 5, "--epochs", 1, "--run-dir", "run"],
            *["--mixed-precision", "--recipe", "carpedm20"],
        )
        config = json.loads((tmp_path / "run/config.json").read_text())
        assert config["config"]["size"] == 32
        assert config["config"]["channels"] == 3
        assert config["config"]["mixed_precision"] == "bfloat16"

    @pytest.mark.skipif(
        not (REAL / "faces64.npz").exists(), reason="needs shared/data"
    )
    @pytest.mark.slow
    def test_real_faces(self, tmp_path):
        with np.load(REAL / "faces64.npz") as faces:
            np.savez(tmp_path / "few.npz", x_train=faces["x_train"][:16])
        run(
            tmp_path,
            "dcgan.py",
            *["--data", "few.npz", "--size", 64, "--width", 8],
            *["--batch-size", 8, "--epochs", 1, "--run-dir", "run"],
        )
        picture = np.asarray(Image.open(tmp_path / "run/real.png"))
        assert picture.shape[-1] == 3


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--epochs", "0"], "--epochs"),
            (["--batch-size", "1"], "from 2 to 4096"),
            (["--data", "nowhere"], "'nowhere' does not exist"),
            (["--data", ".", "--dataset", "mnist"], "--dataset"),
            (["--resume"], "--run-dir"),
            (["--ema", "1"], "--ema"),
            (["--historical-averaging", "-1"], "--historical-averaging"),
            (["--dataset", "cats"], "cats"),
            (["--mixed-precision", "int8"], "int8"),
        ],
    )
    def test_flags(self, tmp_path, arguments, said):
        assert said in refused(tmp_path, "mnist.py", *arguments)

    def test_a_film_of_unknown_kind(self, tmp_path):
        line = refused(
            tmp_path,
            "mnist.py",
            "--dataset",
            "triangles",
            "--anim-path",
            "a.avi",
        )
        assert ".mp4, .gif or .webm" in line

    def test_a_batch_larger_than_the_data(self, tmp_path):
        write_npz(tmp_path / "data.npz", count=20)
        line = refused(tmp_path, "mnist.py", "--data", "data.npz")
        assert "--batch-size 128" in line
        assert "20" in line

    def test_a_folder_without_images(self, tmp_path):
        (tmp_path / "empty").mkdir()
        assert "empty" in refused(tmp_path, "dcgan.py", "--data", "empty")

    def test_a_size_that_the_networks_cannot_make(self, tmp_path, monkeypatch):
        """Before all pictures are read."""
        write_npz(tmp_path / "data.npz", size=40, count=130)
        monkeypatch.setattr("tf_gans.data.load_images", None)
        line = refused(tmp_path, "dcgan.py", "--data", "data.npz", "--size", 40)
        assert "--size must be" in line
        assert "size=40" in line

    def test_images_that_are_not_square(self, tmp_path):
        images = np.zeros((130, 20, 32), np.uint8)
        np.savez(tmp_path / "data.npz", x_train=images)
        line = refused(tmp_path, "dcgan.py", "--data", "data.npz")
        assert "must be square, or be cropped with --size" in line
        assert line.endswith("received 32x20")

    def test_labels_missing(self, tmp_path):
        images = np.zeros((130, 28, 28), np.uint8)
        np.savez(tmp_path / "data.npz", x_train=images)
        line = refused(
            tmp_path, "dcgan.py", "--data", "data.npz", "--conditional"
        )
        assert "y_train" in line

    def test_conditional_of_another_size(self, tmp_path):
        write_npz(tmp_path / "data.npz", count=130)
        line = refused(
            tmp_path,
            "dcgan.py",
            *["--data", "data.npz", "--conditional", "--size", 32],
        )
        assert "28" in line
