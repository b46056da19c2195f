"""The models that ship, in the loaders and servers that others have written.

TensorFlow's own loaders are in tests/test_export.py; Ray Serve is in
tests/test_ray_serve.py.
"""

import shutil
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from tests.paths import ROOT
from tf_gans.errors import UserError
from tf_gans.serving.client import RestClient

MODELS = ROOT / "saved_models"
NAMES = ["gaussian", "gaussian_minibatch", "triangles"]
SERVER = shutil.which("tensorflow_model_server")


def load(name):
    return tf.saved_model.load(str(MODELS / name / "1"))


@pytest.mark.slow
def test_saved_model_cli(tmp_path):
    """The command that comes with TensorFlow: it shows, and it runs."""
    tool = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli"]
    model = str(MODELS / "triangles" / "1")
    tags = ["--dir", model, "--tag_set", "serve"]
    shown = subprocess.run(
        [*tool, "show", "--dir", model, "--all"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for signature in load("triangles").signatures:
        assert f"signature_def['{signature}']" in shown
    subprocess.run(
        [
            *(*tool, "run", *tags, "--signature_def", "sample"),
            *("--input_exprs", "seeds=[3, 4]"),
            *("--outdir", str(tmp_path)),
        ],
        check=True,
        capture_output=True,
    )
    seeds = tf.constant([3, 4], tf.int64)
    expected = load("triangles").signatures["sample"](seeds=seeds)["samples"]
    np.testing.assert_array_equal(np.load(tmp_path / "samples.npy"), expected)


@pytest.mark.parametrize("name", NAMES)
def test_openvino(name):
    """It reads the SavedModel itself, of which it takes `serving_default`."""
    openvino = pytest.importorskip(
        "openvino", reason="the extra openvino is not installed"
    )
    model = openvino.Core().compile_model(
        str(MODELS / name / "1"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    (size,) = model.input(0).partial_shape[1:]
    z = np.random.default_rng(0).uniform(-1, 1, (5, size.get_length()))
    z = z.astype(np.float32)
    expected = load(name).signatures["serving_default"](z=tf.constant(z))
    np.testing.assert_allclose(model([z])[0], expected["samples"], atol=1e-5)


@pytest.mark.skipif(
    SERVER is None, reason="tensorflow_model_server is not on the PATH"
)
@pytest.mark.parametrize("batching", [False, True])
def test_the_model_server(tmp_path, batching):
    """All models at once, warmed up, by the files that ship."""
    shutil.copytree(MODELS, tmp_path / "models")
    config = tmp_path / "models" / "models.config"
    config.write_text(
        config.read_text().replace("/models/", f"{tmp_path}/models/")
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    flags = ["--enable_batching", "--enable_per_model_batching_parameters"]
    child = subprocess.Popen(
        [
            *(SERVER, "--port=0", f"--rest_api_port={port}"),
            f"--model_config_file={config}",
            f"--monitoring_config_file={config.with_name('monitoring.config')}",
            *(flags if batching else []),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for name in NAMES:
            client = wait_for(f"http://127.0.0.1:{port}", name)
            made = client.predict("sample", seeds=[1, 2])["samples"]
            seeds = tf.constant([1, 2], tf.int64)
            expected = load(name).signatures["sample"](seeds=seeds)["samples"]
            np.testing.assert_allclose(made, expected, atol=1e-5)
    finally:
        child.terminate()
        child.wait(timeout=60)


def wait_for(url, name, seconds=120):
    end = time.monotonic() + seconds
    while True:
        try:
            return RestClient(url, name)
        except UserError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
