"""`scripts/generate.py`."""

import json
import os
import pathlib
import resource
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests import image_models, script_runner
from tests.paths import ROOT
from tf_gans import data, export
from tf_gans.plotting import class_grid, image_grid
from tf_gans.runs.load import open_sampler

PLAIN = {"channels": 3}
CONDITIONAL = {"size": 28, "num_classes": 3}


@pytest.fixture(scope="module")
def script():
    return script_runner.load("generate")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A directory with runs of two models and an export of the first."""
    directory = tmp_path_factory.mktemp("models")
    gan = image_models.build(**PLAIN)
    image_models.write_run(directory / "plain", gan, **PLAIN)
    export.export_saved_model(gan, directory / "exported")
    gan = image_models.build(**CONDITIONAL)
    image_models.write_run(directory / "conditional", gan, **CONDITIONAL)
    return directory


@pytest.fixture
def npz(script, models, tmp_path):
    """Runs the script on a model and reads the archive it writes."""

    def make(model, *arguments):
        path = tmp_path / "samples.npz"
        script_runner.run(
            script,
            *[models / model, "--npz", path, "--overwrite", *arguments],
        )
        with np.load(path) as arrays:
            return dict(arrays)

    return make


def assert_about_equal(images, expected):
    """But for roundings, which move few pixels by one level."""
    assert images.shape == expected.shape
    difference = np.abs(images.astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def read_folder(path):
    names = sorted(p.name for p in path.iterdir())
    return names, np.stack([np.asarray(Image.open(path / n)) for n in names])


def test_all_outputs(script, models, tmp_path):
    out, err = script_runner.run(
        script,
        *[models / "exported", "-n", "10", "--seed", "5"],
        *["--batch-size", "4", "--grid", "deep/grid.png"],
        *["--columns", "4", "--npz", "samples.npz", "--png-dir", "pngs"],
        cwd=tmp_path,
    )
    assert out == (
        "PNG files: pngs\nGrid: deep/grid.png\nArchive: samples.npz\n"
    )
    assert err == ""
    left = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.*")}
    assert left == {
        "deep/grid.png",
        "samples.npz",
        *(f"pngs/{seed:010d}.png" for seed in range(5, 15)),
    }
    with np.load(tmp_path / "samples.npz") as arrays:
        arrays = dict(arrays)
    assert arrays.keys() == {"samples", "seeds"}
    images = arrays["samples"]
    assert (images.dtype, images.shape) == (np.uint8, (10, 16, 16, 3))
    assert arrays["seeds"].dtype == np.int64
    np.testing.assert_array_equal(arrays["seeds"], np.arange(5, 15))
    np.testing.assert_array_equal(read_folder(tmp_path / "pngs")[1], images)
    grid = np.asarray(Image.open(tmp_path / "deep/grid.png"))
    np.testing.assert_array_equal(grid, image_grid(images, 4, scale=4))
    sampler = open_sampler(models / "plain")
    z = sampler.draw_each(arrays["seeds"])
    assert_about_equal(images, sampler.images(z))
    assert images.std() > 20
    for path in (tmp_path / "pngs").iterdir():
        with Image.open(path) as image:
            about = json.loads(image.text["Comment"])
        assert about["generated"] and about["z_seed"] == int(path.stem)


@pytest.mark.slow
def test_an_image_is_the_same_among_any_number(npz):
    whole = npz("plain", "-n", 13, "--batch-size", 4)["samples"]
    for count in (1, 4, 7):
        some = npz("plain", "-n", count, "--batch-size", 4)["samples"]
        np.testing.assert_array_equal(some, whole[:count])
    others = npz("plain", "-n", 8, "--batch-size", 4, "--seed", 5)["samples"]
    assert_about_equal(others, whole[5:])


def test_batches_of_any_size(npz):
    whole = npz("plain", "-n", 13)["samples"]
    for size in (1, 5, 13):
        other = npz("plain", "-n", 13, "--batch-size", size)["samples"]
        assert_about_equal(other, whole)


def test_the_same_command_writes_the_same_bytes(script, models, tmp_path):
    for name in "ab":
        script_runner.run(
            script,
            *[models / "plain", "-n", 3, "--npz", tmp_path / f"{name}.npz"],
            *["--grid", tmp_path / f"{name}.png"],
        )
    for suffix in (".npz", ".png"):
        first, second = (tmp_path / f"{n}{suffix}" for n in "ab")
        assert first.read_bytes() == second.read_bytes()


def test_an_archive_is_plain(npz, tmp_path):
    npz("conditional", "-n", 4)
    with zipfile.ZipFile(tmp_path / "samples.npz") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["samples.npy", "seeds.npy", "labels.npy"]
    np.load(tmp_path / "samples.npz", allow_pickle=False)["samples"]


def test_long_properties_are_written_in_parts(script, npz, monkeypatch):
    monkeypatch.setattr(script, "CHUNK", 3)
    arrays = npz("conditional", "-n", 10, "--seed", 2)
    np.testing.assert_array_equal(arrays["seeds"], np.arange(2, 12))
    np.testing.assert_array_equal(arrays["labels"], np.arange(10) % 3)


@pytest.mark.parametrize(
    ("flags", "labels"),
    [
        ([], [0, 1, 2, 0, 1]),
        (["--labels", "2"], [2] * 5),
        (["--labels", "2,0"], [2, 0, 2, 0, 2]),
    ],
)
def test_labels(npz, models, flags, labels):
    arrays = npz("conditional", "-n", 5, "--batch-size", 2, *flags)
    assert arrays["labels"].dtype == np.int32
    np.testing.assert_array_equal(arrays["labels"], labels)
    sampler = open_sampler(models / "conditional")
    expected = sampler.images(sampler.draw_each(arrays["seeds"]), labels)
    assert_about_equal(arrays["samples"], expected)


def test_a_balanced_set(script, models, tmp_path):
    """With the names of arrays that `--data` of all scripts takes."""
    path = tmp_path / "set.npz"
    script_runner.run(
        script, *[models / "conditional", "--per-class", 3, "--npz", path]
    )
    with np.load(path) as arrays:
        arrays = dict(arrays)
    assert arrays.keys() == {"x_train", "seeds", "y_train"}
    assert arrays["x_train"].shape == (9, 28, 28, 1)
    np.testing.assert_array_equal(arrays["y_train"], np.arange(9) % 3)
    loaded = data.load_images(path=str(path), with_labels=True)
    np.testing.assert_array_equal(loaded.images, arrays["x_train"])
    np.testing.assert_array_equal(loaded.labels, arrays["y_train"])
    sampler = open_sampler(models / "conditional")
    z = sampler.draw_each(arrays["seeds"])
    assert_about_equal(arrays["x_train"], sampler.images(z, arrays["y_train"]))
    script_runner.run(
        script,
        *[models / "conditional", "--per-class", 2, "--labels", "2,0"],
        *["--npz", path, "--overwrite"],
    )
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["y_train"], [2, 0, 2, 0])


def test_grey_png_files(script, models, tmp_path):
    """Into a folder that exists, and is empty."""
    folder = tmp_path / "pngs"
    folder.mkdir()
    script_runner.run(
        script,
        *[models / "conditional", "-n", 2, "--png-dir", folder],
        *["--seed", 2**31 - 1],
    )
    names, images = read_folder(folder)
    assert names == ["2147483647.png", "2147483648.png"]
    assert images.shape == (2, 28, 28)


def test_batch_statistics(npz, models):
    flags = ["-n", 6, "--batch-size", 4, "--batch-statistics"]
    images = npz("plain", *flags)["samples"]
    sampler = open_sampler(models / "plain", 4, batch_statistics=True)
    # The last batch is a whole one, too.
    expected = sampler.images(sampler.draw_each(np.arange(8)))[:6]
    np.testing.assert_array_equal(images, expected)
    other = npz("plain", "-n", 6)["samples"]
    assert np.abs(other.astype(int) - images).max() > 3


# Mistakes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plain"], "needs --png-dir DIR, --grid FILE.png or --npz FILE.npz"),
        (["plain", "--npz", "a.zip"], "must end in .npz; received 'a.zip'"),
        (["plain", "--grid", "a.jpg"], "must end in .png; received 'a.jpg'"),
        (["plain", "--grid", "a.png", "-n", "0"], "from 1 to 10000000"),
        (["plain", "--grid", "a.png", "-n", "10001"], "up to 10000 images"),
        (["plain", "--npz", "a.npz", "--columns", "3"], "needs --grid"),
        (["plain", "--npz", "a.npz", "--seed", "-1"], "from 0 to 2147483647"),
        (["conditional", "--npz", "a.npz", "--labels", "1,x"], "received x"),
        (["conditional", "--npz", "a.npz", "--labels", "1,,2"], "received "),
        (["plain", "--npz", "file/a.npz"], "file is not a directory"),
        (["plain", "--png-dir", "file"], "Not a directory"),
        (["plain", "--png-dir", "full"], "full: is in use; name a new"),
        (["plain", "--png-dir", "."], "is in use; name a new folder"),
        (["plain", "--png-dir", "file/x"], "Not a directory"),
        (["missing", "--npz", "a.npz"], "missing: does not exist"),
        (["x" * 300, "--npz", "a.npz"], "x: does not exist"),
        (["full", "--npz", "a.npz"], "full: is neither a run directory"),
        (["plain", "--npz", "a.npz", "--labels", "0"], "not a conditional"),
        (
            ["plain", "--npz", "a.npz", "--per-class", "5"],
            "--per-class: plain makes images without labels",
        ),
        (
            ["conditional", "--npz", "a.npz", "--per-class", "5", "-n", "9"],
            "--per-class: cannot be used together with --num-images",
        ),
        (
            ["conditional", "--npz", "a.npz", "--per-class", "5", "-n", "64"],
            "--per-class: cannot be used together with --num-images",
        ),
        (
            ["conditional", "--npz", "a.npz", "--per-class", "5"]
            + ["--labels", "2,0,2"],
            "--labels: must name a class once",
        ),
        (
            ["conditional", "--grid", "a.png", "--per-class", "3334"],
            "--per-class 3334: there may be 10000 images in a grid",
        ),
        (
            ["conditional", "--npz", "a.npz", "--labels", "0,3"],
            "--labels: must lie from 0 to 2; received 3",
        ),
        (
            ["exported", "--npz", "a.npz", "--batch-statistics"],
            "--batch-statistics: exported/1 is an exported model",
        ),
    ],
)
def test_mistakes(script, models, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    for path in models.iterdir():
        pathlib.Path(path.name).symlink_to(path)
    pathlib.Path("file").write_text("text")
    pathlib.Path("full").mkdir()
    pathlib.Path("full/file").write_text("text")
    before = sorted(tmp_path.rglob("*"))
    line = script_runner.refused(script, *arguments)
    assert line.startswith("generate.py: ")
    assert words in line
    assert sorted(tmp_path.rglob("*")) == before


def test_mistakes_are_answered_before_tensorflow_is_loaded(tmp_path):
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['generate.py', 'missing', '--npz', 'a.npz']\n"
        "try:\n"
        f"    runpy.run_path({str(script_runner.SCRIPTS / 'generate.py')!r}, "
        "run_name='__main__')\n"
        "finally:\n"
        "    assert 'tensorflow' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == "generate.py: missing: does not exist\n"


def test_channels_that_no_png_has(script, tmp_path):
    options = {"channels": 2}
    gan = image_models.build(**options)
    run = image_models.write_run(tmp_path / "run", gan, **options)
    line = script_runner.refused(script, run, "--grid", tmp_path / "a.png")
    assert "makes images of 2 channels" in line
    script_runner.run(script, run, "-n", 2, "--npz", tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["samples"].shape == (2, 16, 16, 2)


@pytest.mark.parametrize("flag", ["--npz", "--png-dir"])
def test_a_full_disk(script, models, tmp_path, flag):
    """No file may grow beyond some bytes."""
    path = tmp_path / ("a.npz" if flag == "--npz" else "pngs")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))
    try:
        line = script_runner.refused(
            script, models / "plain", "-n", 8, flag, path
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert line == f"generate.py: {path}: cannot be written: File too large"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_leaves_nothing(
    script, models, tmp_path, monkeypatch
):
    from tf_gans.runs.load import Sampler

    images, calls = Sampler.images, []

    def interrupted(self, z, labels):
        calls.append(len(z))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return images(self, z, labels)

    monkeypatch.setattr(Sampler, "images", interrupted)
    _, err = script_runner.run(
        script,
        *[models / "plain", "-n", 20, "--batch-size", 4],
        *["--npz", tmp_path / "a.npz", "--png-dir", tmp_path / "pngs"],
        *["--grid", tmp_path / "grid.png"],
        code=130,
    )
    assert err == "generate.py: interrupted\n"
    assert list(tmp_path.iterdir()) == []


def test_what_stood_there_is_kept_when_it_fails(
    script, models, tmp_path, monkeypatch
):
    path = tmp_path / "a.npz"
    path.write_text("precious")
    monkeypatch.setattr(
        script, "generate", lambda *_: os.stat(tmp_path / "missing")
    )
    flags = ["--npz", path, "--overwrite"]
    script_runner.refused(script, models / "plain", *flags)
    assert path.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.parametrize("flag", ["--grid", "--npz"])
def test_files_are_not_replaced_unasked(script, models, tmp_path, flag):
    path = tmp_path / ("a.png" if flag == "--grid" else "a.npz")
    path.write_text("precious")
    arguments = [models / "plain", "-n", 2, flag, path]
    assert script_runner.refused(script, *arguments) == (
        f"generate.py: {flag} {path}: exists; name another file, or add "
        "--overwrite to replace it"
    )
    assert path.read_text() == "precious"
    script_runner.run(script, *arguments, "--overwrite")
    assert path.stat().st_size > 100


def test_the_models_that_ship(script, tmp_path):
    """Samples that are no images: any shape into an archive, none to draw."""
    model = ROOT / "saved_models/gaussian"
    path = tmp_path / "numbers.npz"
    script_runner.run(script, model, "-n", 500, "--npz", path)
    with np.load(path) as arrays:
        arrays = dict(arrays)
    assert arrays.keys() == {"samples", "seeds"}
    samples = arrays["samples"]
    assert (samples.dtype, samples.shape) == (np.float32, (500, 1))
    assert abs(samples.mean() - 4) < 0.1
    for flag, name in (("--grid", "a.png"), ("--png-dir", "pngs")):
        line = script_runner.refused(script, model, flag, tmp_path / name)
        assert line.endswith("samples of shape (1,), which are not images")
    assert [p.name for p in tmp_path.iterdir()] == ["numbers.npz"]


@pytest.mark.slow
def test_labels_by_name(script, tmp_path):
    gan = image_models.build(**CONDITIONAL)
    export.export_saved_model(gan, tmp_path / "model", ["cat", "dog", "cow"])
    script_runner.run(
        script,
        *[tmp_path / "model", "-n", 3, "--npz", tmp_path / "a.npz"],
        *["--labels", "dog,0"],
    )
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_array_equal(arrays["labels"], [1, 0, 1])


@pytest.mark.slow
def test_grids_name_the_classes(script, models, tmp_path):
    grids = {}
    for name, flags in (
        ("all", []),
        ("two", ["--labels", "2,1"]),
        ("below", ["--columns", 4]),
        ("one", ["--labels", "2"]),
    ):
        path = tmp_path / f"{name}.png"
        archive = tmp_path / f"{name}.npz"
        script_runner.run(
            script,
            *[models / "conditional", "-n", 12, *flags],
            *["--grid", path, "--npz", archive],
        )
        grids[name] = np.asarray(Image.open(path)), np.load(archive)["samples"]
    for name, words, columns in (
        ("all", ["0", "1", "2"], 3),
        ("two", ["2", "1"], None),
        ("below", ["0", "1", "2"], 4),
        ("one", [], None),
    ):
        grid, images = grids[name]
        expected = class_grid(images, words, columns, scale=2)
        np.testing.assert_array_equal(grid, expected)
