"""`scripts/semi_supervised.py`."""

import json
import re

import numpy as np
import pytest
import tensorflow as tf

from tests import script_runner
from tf_gans.runs import load

SCRIPT = script_runner.load("semi_supervised")
BOOK = ["--preset", "book", "--batch-size", 8, "--labels", 8]


def write_npz(path, labels=True, test=True):
    rng = np.random.default_rng(0)
    arrays = {"x_train": rng.integers(0, 256, (40, 28, 28), np.uint8)}
    if labels:
        arrays["y_train"] = np.arange(40) % 4
    if test:
        arrays["x_test"] = rng.integers(0, 256, (20, 28, 28), np.uint8)
        arrays["y_test"] = np.arange(20) % 4
    np.savez(path / "data.npz", **arrays)
    return path


def refused(cwd, *arguments):
    """The one line that a mistake is answered with."""
    line = script_runner.refused(SCRIPT, *arguments, cwd=cwd)
    assert line.startswith("semi_supervised.py: ")
    assert not (cwd / "runs").exists() or not list((cwd / "runs").iterdir())
    return line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--labels", 7], "--labels must be a multiple of the 4 classes"),
        (["--labels", 3], "such as 4"),
        (["--labels", 44], "11 of each, and class 0 has 10"),
        (["--labels", 0], "argument --labels"),
        (["--steps", 3, "--epochs", 2], "--epochs"),
        (
            [*BOOK, "--unlabelled-weight", 2],
            "--unlabelled-weight does nothing in the recipe book",
        ),
        ([*BOOK, "--average-from-zero"], "--average-from-zero does nothing"),
        (
            ["--labels", 40, "--preset", "book", "--batch-size", 8],
            "number of unlabelled images",
        ),
    ],
)
def test_mistakes(tmp_path, arguments, said):
    write_npz(tmp_path)
    common = ["--data", "data.npz", "--batch-size", 8]
    assert said in refused(tmp_path, *common, *arguments)


def test_no_labels(tmp_path):
    write_npz(tmp_path, labels=False, test=False)
    line = refused(tmp_path, "--data", "data.npz", "--batch-size", 8)
    assert "label" in line or "y_train" in line
    assert "triangles" in refused(tmp_path, "--dataset", "triangles")


@pytest.mark.slow
def test_a_run(tmp_path):
    """Trained, stopped, gone on with, exported: and what it says of itself."""
    write_npz(tmp_path)
    flags = ["--data", "data.npz", *BOOK, "--log-every", 1]
    out, err = script_runner.run(
        *(SCRIPT, *flags, "--steps", 4, "--run-dir", "whole"),
        *("--export", "saved"),
        cwd=tmp_path,
    )
    assert err == ""
    assert "8 labels of 4 classes, subset 0" in out
    accuracy, alone = (
        re.search(rf"{said}: (\S+)%, (\d+) errors of 20", out)
        for said in ("Test accuracy", "labels alone")
    )
    summary = json.loads((tmp_path / "whole/summary.json").read_text())
    found = json.dumps(summary)
    assert '"labels_alone"' in found and '"accuracy"' in found
    for said in (accuracy, alone):
        share = 1 - int(said[2]) / 20
        assert float(said[1]) == pytest.approx(100 * share)
    for name in ("real.png", "samples.png", "curves.png", "report.html"):
        assert (tmp_path / "whole" / name).stat().st_size > 0
    script_runner.run(
        *(SCRIPT, *flags, "--steps", 2, "--run-dir", "parts"),
        "--no-baseline",
        cwd=tmp_path,
    )
    out, _ = script_runner.run(
        *(SCRIPT, "--run-dir", "parts", "--resume", "--steps", 4),
        "--no-baseline",
        cwd=tmp_path,
    )
    assert "labels alone" not in out
    whole, parts = (
        load.load_run(tmp_path / name) for name in ("whole", "parts")
    )
    for a, b in zip(whole.weights, parts.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    loaded = tf.saved_model.load(str(tmp_path / "saved/1"))
    x = tf.zeros((3, 28, 28, 1))
    said = loaded.signatures["classify"](samples=x)
    np.testing.assert_allclose(
        said["probabilities"], whole.classify(x)["probabilities"], rtol=1e-4
    )


@pytest.mark.slow
def test_without_test_images(tmp_path):
    write_npz(tmp_path, test=False)
    out, _ = script_runner.run(
        *(SCRIPT, "--data", "data.npz", *BOOK, "--steps", 1),
        cwd=tmp_path,
    )
    assert "There are no test images" in out
