"""`scripts/evaluate.py`."""

import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from tests import image_models, script_runner
from tests.paths import ROOT
from tf_gans import data, export
from tf_gans.runs import evaluation

COUNT = 40
METRICS = {
    *("fid", "kid", "precision", "recall", "density", "coverage", "prd_f8"),
    *("prd_f1_8", "sliced_w2", "ms_ssim", "nearest", "copies"),
    "duplicates",
}


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.fixture(scope="module")
def script():
    return script_runner.load("evaluate")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory with data, a network, runs and an export."""
    directory = tmp_path_factory.mktemp("evaluate")
    labels = np.arange(COUNT) % 3
    for name, shape in {
        "grey": (16, 16),
        "large": (28, 28),
        "colour": (16, 16, 3),
    }.items():
        np.savez(
            directory / f"{name}.npz",
            x_train=noise(2 * COUNT, *shape),
            y_train=np.arange(2 * COUNT) % 3,
            x_test=noise(COUNT, *shape, seed=1),
            y_test=labels,
        )
    np.savez(directory / "no_test.npz", x_train=noise(2 * COUNT, 16, 16))
    np.savez(
        directory / "classes.npz",
        x_train=noise(COUNT, 28, 28),
        y_train=np.arange(COUNT) % 4,
        x_test=noise(COUNT, 28, 28),
        y_test=labels,
    )
    write_network(directory / "net.keras", (16, 16, 1))
    write_run(directory / "halves", directory / "no_test.npz")
    gan = write_run(directory / "run", directory / "grey.npz")
    export.export_saved_model(gan, directory / "exported")
    write_run(directory / "conditional", directory / "large.npz", num_classes=3)
    return directory


def write_network(path, shape, classes=4):
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input(shape)
    x = keras.layers.Conv2D(6, 3, 2)(keras.layers.Rescaling(1 / 255)(x))
    features = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(classes, activation="softmax")(features)
    keras.Model(inputs, [features, outputs]).save(path)


def write_run(path, npz, num_classes=None):
    conditional = num_classes is not None
    images = data.load_images(path=npz, with_labels=conditional)
    options = {
        "num_classes": num_classes,
        "conditional": conditional,
        "size": images.images.shape[1],
        "dataset": None,
        "data": str(npz),
        "identity": images.identity,
    }
    gan = image_models.build(**options)
    image_models.write_run(path, gan, **options)
    return gan


def copy(place, name, tmp_path):
    """A run that may be written into."""
    return shutil.copytree(place / name, tmp_path / name)


class TestImages:
    def test_a_run_against_its_own_test_images(self, script, place, tmp_path):
        run = copy(place, "run", tmp_path)
        before = {p.name for p in run.iterdir()}
        arguments = [run, "--features", place / "net.keras"]
        out, err = script_runner.run(script, *arguments)
        assert err == ""
        assert {p.name for p in run.iterdir()} - before == {
            "evaluation.json",
            "evaluation-neighbours.png",
        }
        document = json.loads((run / "evaluation.json").read_text())
        assert document["metrics"].keys() == METRICS | {"inception_score"}
        assert document["reference"] == "test images of grey"
        assert document["num_real"] == COUNT
        assert document["num_fake"] == document["num_baseline"] == 2 * COUNT
        assert document["features"]["name"].startswith("net-")
        assert document["features"]["size"] == 6
        assert document["checkpoint"] == "step-000000000"
        lines = out.splitlines()
        for name, entry in document["metrics"].items():
            (line,) = [x for x in lines if x.split()[0] == name]
            value, baseline = map(float, line.split()[1:3])
            assert value == pytest.approx(entry["value"], rel=1e-3)
            assert baseline == pytest.approx(entry["baseline"], rel=1e-3)
        with Image.open(run / "evaluation-neighbours.png") as picture:
            assert picture.width > 20 * 16
        # Nothing is replaced unasked.
        line = script_runner.refused(script, *arguments)
        assert "evaluation.json: exists" in line
        script_runner.run(script, *arguments, "--overwrite")
        again = json.loads((run / "evaluation.json").read_text())
        for name, entry in again["metrics"].items():
            assert entry["value"] == document["metrics"][name]["value"], name

    def test_halves_where_there_are_no_test_images(
        self, script, place, tmp_path
    ):
        path = tmp_path / "numbers.json"
        script_runner.run(
            script,
            *[place / "halves", "--features", place / "net.keras"],
            *["--json", path, "--num-samples", 30],
        )
        document = json.loads(path.read_text())
        assert document["reference"] == "half of the training images of no_test"
        assert document["num_real"] == COUNT
        assert document["num_fake"] == document["num_baseline"] == 30
        assert (tmp_path / "numbers-neighbours.png").is_file()

    def test_an_export_writes_nothing_unasked(self, script, place, tmp_path):
        before = set(place.rglob("*"))
        out, _ = script_runner.run(
            script,
            *[place / "exported", "--data", place / "grey.npz"],
            *["--features", place / "net.keras"],
            cwd=tmp_path,
        )
        assert "fid " in out
        assert "Numbers" not in out
        assert set(place.rglob("*")) == before
        assert list(tmp_path.iterdir()) == []

    def test_real_images_of_another_size(self, script, place, tmp_path):
        path = tmp_path / "numbers.json"
        script_runner.run(
            script,
            *[place / "run", "--data", place / "colour.npz", "--resize"],
            *["--features", place / "net.keras", "--json", path],
        )
        assert json.loads(path.read_text())["data"]["name"] == "colour"

    @pytest.mark.slow
    def test_comparing(self, script, place, tmp_path):
        """With the same features only, and with as many images."""
        base = [place / "run", "--features", place / "net.keras"]
        paths = [tmp_path / f"{name}.json" for name in "abcd"]
        script_runner.run(script, *base, "--json", paths[0])
        out, _ = script_runner.run(
            script,
            *[*base, "--json", paths[1], "--seed", 0, "--compare", paths[0]],
        )
        (line,) = [x for x in out.splitlines() if x.startswith("fid ")]
        assert float(line.split()[3]) == 0
        other = tmp_path / "net.keras"
        write_network(other, (16, 16, 1), classes=5)
        refused = script_runner.refused(
            script,
            *[place / "run", "--features", other, "--json", paths[2]],
            *["--compare", paths[0]],
        )
        assert "same features" in refused
        refused = script_runner.refused(
            script,
            *[*base, "--json", paths[2], "--compare", paths[0], "-n", 50],
        )
        assert "same num_fake" in refused
        assert not paths[2].exists()


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["none"], "none: does not exist"),
            ([ROOT / "docs"], "is neither a run directory"),
            (["exported"], "does not know its data; name them with --dataset"),
            (["run", "--features", "dogits"], "must be digits, inception, pix"),
            (["run", "--features", "none.keras"], "a .keras file that exists"),
            (["run", "--data", "large.npz"], "must have images of 16x16x1"),
            (["run", "--data", "colour.npz"], "received 16x16x3"),
            (
                ["run", "--dataset", "mnist", "--data", "grey.npz"],
                "cannot be used together with --dataset",
            ),
            (
                ["run", "--features", "pixels"],
                "40 real images: must be more than the 256 features of pixels",
            ),
            (
                ["run", "--features", "pixels", "--num-real", "19"],
                "19 real images: must be 20 at least",
            ),
            (["run", "--json", "numbers.txt"], "must end in .json"),
            (["run", "--compare", "none.json"], "none.json: does not exist"),
            (["run", "--compare", "run/config.json"], "is no evaluation"),
            (["run", "--repeats", "3"], "--repeats: needs --classifier"),
            (["run", "--generated", "run"], "--generated"),
            (["run", "--classifier"], "makes images without labels"),
            (["conditional", "--classifier", "-n", "9"], "--num-samples"),
            (
                ["conditional", "--classifier", "--data", "no_test.npz"],
                "needs test images",
            ),
            (
                ["conditional", "--classifier", "--data", "classes.npz"],
                "must have the model's 3 classes",
            ),
            (
                ["conditional", "--classifier", "--per-class", "10,30"],
                "--per-class 30: there are only 26 images of the class 2",
            ),
            (
                ["conditional", "--classifier", "--per-class", "30,10"],
                "must rise",
            ),
            (
                ["conditional", "--classifier", "--repeats", "1"],
                "from 2 to 20",
            ),
        ],
        ids=str,
    )
    def test_one_line(self, script, place, arguments, message):
        before = set(place.rglob("*"))
        line = script_runner.refused(script, *arguments, cwd=place)
        assert message in line
        assert set(place.rglob("*")) == before

    def test_data_that_have_changed(self, script, place, tmp_path):
        run = tmp_path / "run"
        shutil.copy(place / "grey.npz", tmp_path / "x.npz")
        write_run(run, tmp_path / "x.npz")
        np.savez(tmp_path / "x.npz", x_train=noise(2 * COUNT, 16, 16, seed=9))
        arguments = [run, "--features", place / "net.keras"]
        line = script_runner.refused(script, *arguments)
        assert "its data, x, have changed since" in line
        assert not (run / "evaluation.json").exists()

    def test_samples_that_are_no_numbers(
        self, script, place, tmp_path, monkeypatch
    ):
        from tf_gans.runs.sampler import Sampler

        made = Sampler.samples

        def samples(self, z, labels=None):
            result = made(self, z, labels)
            result[-1, 0, 0, 0] = np.nan
            return result

        monkeypatch.setattr(Sampler, "samples", samples)
        line = script_runner.refused(
            script,
            *[place / "run", "--features", place / "net.keras", "-n", 20],
        )
        assert "that of seed 19 has NaN" in line
        assert not (place / "run/evaluation.json").exists()

    def test_mistakes_are_answered_before_tensorflow_is_loaded(self, place):
        code = (
            "import sys; sys.argv[1:] = ['none']\n"
            "import scripts.evaluate\n"
            "try:\n    scripts.evaluate.main()\n"
            "except Exception as error:\n    print(error)\n"
            "assert 'tensorflow' not in sys.modules\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.stdout == "none: does not exist\n", done.stderr
        assert done.returncode == 0


class TestClassifier:
    def test_the_numbers_and_the_picture(self, script, place, tmp_path):
        run = copy(place, "conditional", tmp_path)
        out, err = script_runner.run(
            script,
            *[run, "--classifier", "--per-class", "5,10"],
            *["--repeats", 2, "--steps", 5],
        )
        assert err == ""
        document = json.loads((run / "classifier.json").read_text())
        assert document["per_class"] == [5, 10]
        assert document["flip"] is False
        assert document["num_test"] == COUNT
        for points in document["accuracies"].values():
            for values in points.values():
                assert len(values) == 2
                assert all(0 <= value <= 1 for value in values)
        with Image.open(run / "classifier.png") as picture:
            assert picture.width > 600
        for kind in document["accuracies"]:
            assert f"\n{kind} " in out
        assert not (run / "evaluation.json").exists()

    @pytest.mark.slow
    def test_a_set_that_was_generated(self, script, place, tmp_path):
        """The same images, of a file: the same numbers."""
        run = copy(place, "conditional", tmp_path)
        make = script_runner.load("generate")
        path = tmp_path / "set.npz"
        script_runner.run(make, run, "--per-class", 10, "--npz", path)
        found = []
        for flags in ([], ["--generated", path]):
            script_runner.run(
                script,
                *[run, "--classifier", "--per-class", "5,10", "--overwrite"],
                *["--repeats", 2, "--steps", 5, *flags],
            )
            document = json.loads((run / "classifier.json").read_text())
            found.append(document["accuracies"])
        assert found[0] == found[1]
        for flags, words in (
            (["--per-class", "11"], "only 10 images of the class"),
            (["--per-class", "5", "--data", path], "needs test images"),
        ):
            line = script_runner.refused(
                script,
                *[run, "--classifier", "--generated", path, "--overwrite"],
                *flags,
            )
            assert words in line


class TestSmallProblems:
    @pytest.mark.parametrize(
        ("name", "count", "metrics"),
        [
            ("gaussian", 10_000, {"mean_error", "std_error", "w1", "ks"}),
            pytest.param(
                *("mixtures", 2500, {"modes", "high_quality", "reverse_kl"}),
                marks=pytest.mark.slow,
            ),
            pytest.param(
                *("curves", 10_000, {"inside", "residual", "a_w1"}),
                marks=pytest.mark.slow,
            ),
        ],
    )
    def test_each_has_its_own(self, script, tmp_path, name, count, metrics):
        run = tmp_path / name
        script_runner.run(
            script_runner.load(name),
            *["--num-steps", 20, "--run-dir", run],
            cwd=tmp_path,
        )
        out, _ = script_runner.run(script, run)
        document = json.loads((run / "evaluation.json").read_text())
        assert document["metrics"].keys() == metrics
        assert document["num_fake"] == count
        assert all(name in out for name in metrics)
        if name == "gaussian":  # what the training itself measures
            own = json.loads((run / "summary.json").read_text())["samples"]
            w1 = document["metrics"]["w1"]["value"]
            assert w1 == pytest.approx(own["w1"], abs=0.05)
        assert not (run / "evaluation-neighbours.png").exists()
        for flag in ("--classifier", "--resize"):
            line = script_runner.refused(script, run, flag, "--overwrite")
            assert f"{flag}: is for images" in line


def test_seeds_have_no_sample_in_common():
    """As the next image's seed is the last one's plus 1."""
    assert evaluation.SEEDS > 10**6
