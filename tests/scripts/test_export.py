"""`scripts/export.py`."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests import image_models, script_runner
from tf_gans.export import DESCRIPTION
from tf_gans.runs.load import open_sampler

OPTIONS = {"ema": 0.9}


@pytest.fixture(scope="module")
def script():
    return script_runner.load("export")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    return image_models.write_run(
        path, image_models.build(**OPTIONS), **OPTIONS
    )


def test_a_saved_model(script, run, tmp_path):
    for version in "12":
        out, _ = script_runner.run(script, run, "--to", "digits", cwd=tmp_path)
        assert out == f"SavedModel: digits/{version}\n"
    about = json.loads((tmp_path / "digits/2" / DESCRIPTION).read_text())
    assert about["max_samples"] == 10_000
    loaded = tf.saved_model.load(str(tmp_path / "digits/2"))
    seeds = np.arange(4)
    samples = loaded.signatures["sample"](seeds=tf.constant(seeds))["samples"]
    sampler = open_sampler(run)
    expected = sampler.samples(sampler.draw_each(seeds))
    np.testing.assert_allclose(samples, expected, atol=1e-5)


def test_the_limit(script, run, tmp_path):
    arguments = [run, "--to", "digits", "--max-samples", 3]
    script_runner.run(script, *arguments, cwd=tmp_path)
    loaded = tf.saved_model.load(str(tmp_path / "digits/1"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="from 1 to 3"):
        loaded.signatures["generate"](
            num_samples=tf.constant(4), seed=tf.constant(0, tf.int64)
        )


@pytest.mark.slow
def test_raw_weights(script, run, tmp_path):
    """Those that are trained, and not their average."""
    z = image_models.build().latents.draw(0, "test", 0, 1, 3)[0]
    samples = {}
    for weights in ("average", "raw"):
        arguments = ["--to", weights, "--weights", weights]
        script_runner.run(script, run, *arguments, cwd=tmp_path)
        loaded = tf.saved_model.load(str(tmp_path / weights / "1"))
        samples[weights] = loaded.signatures["serving_default"](z=z)["samples"]
    gan = image_models.build(**OPTIONS)
    for weights, network in (
        ("average", gan.ema_generator),
        ("raw", gan.generator),
    ):
        expected = network(z, training=False)
        np.testing.assert_allclose(samples[weights], expected, atol=1e-5)
    assert np.abs(samples["average"] - samples["raw"]).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "modules", "file"),
    [
        ("onnx", ["tf2onnx", "onnxruntime"], "digits.onnx"),
        ("litert", ["ai_edge_litert"], "digits.tflite"),
        ("openvino", ["openvino"], "digits.xml"),
    ],
)
def test_other_formats(script, run, tmp_path, name, modules, file):
    for module in modules:
        pytest.importorskip(module, reason=f"extra {name} is not installed")
    arguments = [run, "--to", "digits", "--format", name]
    out, _ = script_runner.run(script, *arguments, cwd=tmp_path)
    first, second = out.splitlines()
    assert first == f"{name}: {file}"
    assert second.startswith(f"largest difference to Keras, in {modules[-1]}: ")
    assert float(second.rpartition(" ")[2]) <= 1e-5
    made = {path.name for path in tmp_path.iterdir()}
    more = {"digits.bin"} if name == "openvino" else set()
    assert made == {file, f"{file}.json", *more}
    line = script_runner.refused(script, *arguments, cwd=tmp_path)
    assert f"--to {file}: exists; name another file" in line
    script_runner.run(script, *arguments, "--overwrite", cwd=tmp_path)


class TestMistakes:
    def test_no_run(self, script, tmp_path):
        line = script_runner.refused(script, "x", "--to", "y", cwd=tmp_path)
        assert line == "export.py: x: does not exist"

    def test_an_exported_model(self, script, run, tmp_path):
        script_runner.run(script, run, "--to", "digits", cwd=tmp_path)
        line = script_runner.refused(
            script, "digits", "--to", "again", cwd=tmp_path
        )
        assert line.endswith(
            "digits: is exported already; name a run directory"
        )
        assert not (tmp_path / "again").exists()

    def test_no_whole_checkpoint(self, script, tmp_path):
        path = tmp_path / "run"
        image_models.write_run(path, image_models.build())
        for file in path.glob("checkpoints/*.npz"):
            file.write_bytes(file.read_bytes()[:-1])
        line = script_runner.refused(script, path, "--to", tmp_path / "model")
        assert "has no checkpoint that is whole" in line
        assert not (tmp_path / "model").exists()

    def test_an_unknown_format(self, script, run, tmp_path):
        line = script_runner.refused(
            script, run, "--to", tmp_path / "x", "--format", "tfjs"
        )
        assert "'tfjs'" in line
        assert "onnx" in line

    def test_flags_of_another_format(self, script, run, tmp_path):
        to = ["--to", tmp_path / "x"]
        line = script_runner.refused(script, run, *to, "--overwrite")
        assert "the next version is written" in line
        line = script_runner.refused(
            script, run, *to, "--format", "onnx", "--max-samples", 5
        )
        assert "--max-samples: needs --format saved_model" in line
        line = script_runner.refused(script, run, *to, "--max-samples", 0)
        assert "--max-samples" in line
        assert not list(tmp_path.iterdir())
