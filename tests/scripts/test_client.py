"""scripts/client.py against the package's own server."""

import socket
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests import script_runner
from tests.paths import ROOT
from tests.serving import models
from tf_gans.plotting.images import image_grid
from tf_gans.serving.server import Server


@pytest.fixture(scope="module")
def script():
    return script_runner.load("client")


@pytest.fixture(scope="module")
def gaussian():
    with Server(models.model("gaussian")) as server:
        server.start()
        yield server.url


@pytest.fixture(scope="module")
def classes():
    with Server(models.model("classes")) as server:
        server.start()
        yield server.url


def test_samples_are_printed(script, gaussian):
    """The name of explore.py's one model need not be said."""
    model = models.model("gaussian")
    samples = model.run("sample", {"seeds": np.arange(3, 15)})["samples"]
    lines = [
        f"seeds {3 + i}  samples {x:.4g}" for i, (x,) in enumerate(samples)
    ]
    expected = "\n".join([*lines[:10], "... and 2 more", ""])
    for arguments in (
        [gaussian],
        [gaussian, "--model", "gaussian"],
        [f"{gaussian}v1/models/gaussian"],
    ):
        out, err = script_runner.run(script, *arguments, "-n", 12, "--seed", 3)
        assert (out, err) == (expected, "")


def test_what_the_discriminator_says(script, gaussian):
    out, _ = script_runner.run(
        script, gaussian, "--signature", "discriminate", "-n", 2
    )
    model = models.model("gaussian")
    samples = model.run("sample", {"seeds": np.arange(2)})
    said = model.run("discriminate", samples)
    for line, row in zip(out.splitlines(), range(2), strict=True):
        for name in ("logits", "probabilities"):
            assert f"{name} {said[name][row, 0]:.4g}" in line


def test_generate(script, gaussian, tmp_path):
    script_runner.run(
        script,
        *[gaussian, "--signature", "generate", "--seed", 5, "-n", 4],
        *["--npz", "a.npz"],
        cwd=tmp_path,
    )
    inputs = {"num_samples": np.int32(4), "seed": np.int64(5)}
    expected = models.model("gaussian").run("generate", inputs)
    with np.load(tmp_path / "a.npz") as archive:
        assert set(archive) == {"samples", "z"}
        for name in archive:
            np.testing.assert_array_equal(archive[name], expected[name])


def test_pictures(script, classes, tmp_path):
    out, _ = script_runner.run(
        script,
        *[classes, "-n", 4, "--labels", "2,0", "--grid", "a.png"],
        *["--png-dir", "pngs", "--npz", "a.npz"],
        cwd=tmp_path,
    )
    assert out == "PNG files: pngs\nGrid: a.png\nArchive: a.npz\n"
    inputs = {"seeds": np.arange(4), "labels": np.array([2, 0, 2, 0], np.int32)}
    pngs = models.model("classes").run("sample_png", inputs)["png_bytes"]
    files = sorted((tmp_path / "pngs").iterdir())
    assert [file.name for file in files] == [f"{i:010d}.png" for i in range(4)]
    assert [file.read_bytes() for file in files] == list(pngs)
    images = np.stack([np.asarray(Image.open(file)) for file in files])
    grid = np.asarray(Image.open(tmp_path / "a.png"))
    np.testing.assert_array_equal(grid, image_grid(images, scale=2))
    with np.load(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(archive["samples"], images)
        assert archive["labels"].tolist() == [2, 0, 2, 0]


def test_large_samples_are_summed_up(script, classes):
    out, _ = script_runner.run(script, classes, "-n", 2)
    assert out.startswith("seeds 0  labels 0\nseeds 1  labels 0\n")
    assert "samples: float32 of shape (2, 28, 28, 3), from " in out


def test_grpc(script, tmp_path):
    pytest.importorskip(
        "tensorflow_serving", reason="tensorflow-serving-api is not installed"
    )
    from tests.serving_helpers import loopback

    with loopback.serve(models.path("classes"), "classes") as ports:
        for name, address in (
            ("grpc", ["--grpc", f"127.0.0.1:{ports[0]}"]),
            ("rest", [f"http://127.0.0.1:{ports[1]}"]),
        ):
            script_runner.run(
                script,
                *[*address, "--model", "classes", "-n", 2],
                *["--npz", f"{name}.npz"],
                cwd=tmp_path,
            )
    with (
        np.load(tmp_path / "grpc.npz") as one,
        np.load(tmp_path / "rest.npz") as other,
    ):
        assert set(one) == set(other) == {"seeds", "labels", "samples"}
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_no_server(script):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for model in ([], ["--model", "digits"]):
        out, err = script_runner.run(script, url, *model, code=2)
        assert out == ""
        first, second, docker, server = err.splitlines()
        assert first == (
            f"client.py: {url}: does not answer: Connection refused"
        )
        assert second == "These commands start a server:"
        assert docker.startswith("  docker run ")
        assert server.startswith("  tensorflow_model_server ")
        assert f"name={model[1] if model else 'NAME'} " in server


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needs URL or --grpc HOST:PORT; received neither"),
        (["URL", "--grpc", "a:1"], "received both"),
        (["--grpc", "a:1"], "argument --grpc: needs --model NAME"),
        (["--grpc", "http://a:1", "--model", "m"], "must be HOST:PORT"),
        (["localhost:8501"], "must be an address such as"),
        (["URL", "-n", "0"], "must be a whole number from 1 to 10000"),
        (["URL", "--labels", "a"], "must be a whole number"),
        (["URL", "--labels", "1"], "gaussian is not a conditional model"),
        (["URL", "--model", "m"], 'no model "m" is served here'),
        (["URL", "--signature", "sampel"], "has no signature sampel; it has"),
        (["URL", "--grid", "a.png"], "has no signature sample_png; it has"),
        (["URL", "--grid", "a.jpg"], "must end in .png"),
        (
            ["URL", "--grid", "a.png", "--signature", "generate"],
            "is for the signature sample_png; received --signature generate",
        ),
        (["URL", "--npz", "there.npz"], "there.npz: exists"),
        (["URL", "--png-dir", "."], "exists; name a new folder"),
        (
            ["URL", "--signature", "serving_default"],
            "takes z, which this program has no flags for",
        ),
    ],
)
def test_mistakes(script, gaussian, tmp_path, arguments, words):
    (tmp_path / "there.npz").write_text("precious")
    arguments = [gaussian if a == "URL" else a for a in arguments]
    line = script_runner.refused(script, *arguments, cwd=tmp_path)
    assert line.startswith("client.py: ")
    assert words in line
    assert [path.name for path in tmp_path.iterdir()] == ["there.npz"]
    assert (tmp_path / "there.npz").read_text() == "precious"


def test_a_label_that_is_not_there(script, classes):
    line = script_runner.refused(script, classes, "--labels", "3")
    assert 'input "labels" must be from 0 to 2; received 3' in line


def test_it_needs_no_tensorflow():
    """Over REST it starts as fast as Python does."""
    done = script_runner.process(
        ROOT, "client", "http://127.0.0.1:9", "--model", "m", code=2
    )
    assert "does not answer" in done.stderr
    code = (
        "import sys; sys.argv = ['client.py', '--help']; import scripts.client;"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
