"""Generators in other runtimes, compared with Keras in each of them."""

import json
import sys

import numpy as np
import pytest

from tests import image_models
from tf_gans import export
from tf_gans.errors import RunError, UserError
from tf_gans.serving import formats

INSTALLED = {
    "onnx": ("tf2onnx", "onnxruntime"),
    "litert": ("ai_edge_litert",),
    "openvino": ("openvino",),
}
MODELS = {
    "plain": {},
    "colour, with an average": {"channels": 3, "ema": 0.9},
    "conditional": {"size": 28, "num_classes": 3},
    "of 16 bits": {"mixed_precision": "float16"},
}


def needs(name):
    for module in INSTALLED[name]:
        pytest.importorskip(module, reason=f"the extra {name} is not installed")


@pytest.fixture(scope="module", params=MODELS)
def gan(request):
    return image_models.build(**MODELS[request.param])


@pytest.mark.parametrize("name", INSTALLED)
def test_is_what_keras_makes(gan, name, tmp_path):
    needs(name)
    path = tmp_path / f"g{formats.FORMATS[name].suffix}"
    formats.export_generator(gan, path, name, export.describe(gan))
    difference = formats.largest_difference(gan, path, name)
    assert 0 <= difference <= 1e-5
    about = json.loads((tmp_path / f"{path.name}.json").read_text("utf-8"))
    assert about["sample_shape"] == list(gan.sample_shape)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", INSTALLED)
def test_another_generator_differs(name, tmp_path):
    """As a comparison that cannot fail would not find."""
    needs(name)
    gan = image_models.build()
    path = tmp_path / f"g{formats.FORMATS[name].suffix}"
    formats.export_generator(gan, path, name, {})
    gan.generator.set_weights([0.9 * w for w in gan.generator.get_weights()])
    assert formats.largest_difference(gan, path, name) > 1e-3


def test_inputs_and_outputs_have_names(tmp_path):
    """Of ONNX, whose clients ask by name; any number of rows."""
    needs("onnx")
    import onnxruntime

    gan = image_models.build(size=28, num_classes=3)
    path = tmp_path / "g.onnx"
    formats.export_generator(gan, path, "onnx", {})
    session = onnxruntime.InferenceSession(str(path))
    z = gan.latents.draw(1, "test", 0, 1, 5)[0].numpy()
    labels = np.array([2, 0, 1, 2, 2], np.int32)
    for rows in (1, 5):
        (samples,) = session.run(
            ["samples"], {"z": z[:rows], "labels": labels[:rows]}
        )
        expected = gan.sampler((z[:rows], labels[:rows]), training=False)
        np.testing.assert_allclose(samples, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["onnx", "openvino"])
def test_a_converter_that_is_not_installed(name, monkeypatch):
    find = formats.importlib.util.find_spec
    missing = formats.FORMATS[name].converters[0]
    monkeypatch.setattr(
        formats.importlib.util,
        "find_spec",
        lambda module: None if module == missing else find(module),
    )
    message = (
        rf"--format {name}: needs the package {missing}; install tf_gans\["
    )
    with pytest.raises(UserError, match=message):
        formats.check_format(name)


def test_a_runtime_that_is_not_installed(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    monkeypatch.setattr(
        formats.importlib.util, "find_spec", lambda module: None
    )
    gan = image_models.build()
    assert formats.largest_difference(gan, tmp_path / "g", "litert") is None


def test_a_conversion_that_fails_leaves_nothing(tmp_path, monkeypatch):
    needs("onnx")

    def fail(self, path, **options):
        with open(path, "wb") as file:
            file.write(b"half")
        raise TypeError("cannot convert\nand pages of more")

    monkeypatch.setattr(formats._Named, "export", fail)
    gan = image_models.build()
    with pytest.raises(RunError, match=r"to onnx failed: cannot convert$"):
        formats.export_generator(gan, tmp_path / "g.onnx", "onnx", {})
    assert not list(tmp_path.iterdir())


def test_a_directory_that_cannot_be_written(tmp_path):
    needs("onnx")
    (tmp_path / "file").write_text("")
    gan = image_models.build()
    with pytest.raises(UserError, match=r"g\.onnx: cannot be written"):
        formats.export_generator(gan, tmp_path / "file/g.onnx", "onnx", {})
