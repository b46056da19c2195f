"""`scripts/autoencoder.py`, and what the other scripts say of its runs."""

import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import image_models, script_runner
from tests.script_runner import assert_same_weights
from tf_gans import data, pixels
from tf_gans.errors import UserError
from tf_gans.runs import autoencoders, load

SCRIPT = script_runner.load("autoencoder")
SHORT = ("--batch-size", 8, "--no-jit-compile", "--log-every", 1)


def run(cwd, *arguments):
    return script_runner.run(SCRIPT, *arguments, cwd=cwd)[0]


def refused(cwd, *arguments):
    line = script_runner.refused(SCRIPT, *arguments, cwd=cwd)
    assert line.startswith("autoencoder.py: ")
    assert not (cwd / "runs").exists()
    return line


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """80 little images, and 20 that are for testing."""
    path = tmp_path_factory.mktemp("images") / "data.npz"
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (100, 12, 12), np.uint8)
    labels = np.arange(100) % 4
    np.savez(
        path,
        **{"x_train": pixels[:80], "y_train": labels[:80]},
        **{"x_test": pixels[80:], "y_test": labels[80:]},
    )
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory, images):
    """Two epochs of a denoising one of two components, with an export."""
    cwd = tmp_path_factory.mktemp("trained")
    out = run(
        *(cwd, "--data", images, *SHORT, "--code-dim", 2, "--noise", 0.3),
        *("--epochs", 2, "--sample-every", 5, "--run-dir", "run"),
        *("--anomaly", images, "--export", "export", "--anim-path", "a.gif"),
    )
    return cwd, out


class TestARun:
    def test_what_it_leaves(self, trained):
        cwd, out = trained
        assert "Reconstructions of test images: mean squared error" in out
        assert "area under the curve of 0.5000" in out  # the same images
        names = {path.name for path in (cwd / "run").iterdir()}
        assert {"real.png", "reconstructions.png", "codes.png"} < names
        assert {"curves.png", "report.html", "summary.json"} < names
        # Without a prior there is neither of these.
        assert not {"samples.png", "manifold.png"} & names
        grids = sorted(p.name for p in (cwd / "run/samples").iterdir())
        assert grids == [f"step-{n:09d}.png" for n in (0, 5, 10, 15, 20)]
        assert script_runner.count_frames(cwd / "a.gif") == 21
        rows = (cwd / "run/log.jsonl").read_text().splitlines()
        assert [json.loads(row)["step"] for row in rows] == [*range(20)]
        page = (cwd / "run/report.html").read_text()
        assert "Reconstructions at the end" in page
        assert "generate.py" not in page and "evaluate.py" not in page

    def test_the_numbers(self, trained, images):
        """Those of the test images, by hand."""
        cwd, _ = trained
        summary = json.loads((cwd / "run/summary.json").read_text())
        model = load.load_run(cwd / "run")
        with np.load(images) as arrays:
            x = tf.constant(arrays["x_test"][..., None] / 255, tf.float32)
        found = summary["reconstructions"]
        assert found["of"] == "test images"
        noisy = model.corrupt(x, 0)
        for name, images_ in (("psnr", model(noisy)), ("noisy_psnr", noisy)):
            errors = np.mean(np.square(images_ - x), axis=(1, 2, 3))
            expected = np.mean(-10 * np.log10(errors))
            assert found[name] == pytest.approx(expected, abs=1e-3)
            if name == "psnr":
                assert found["mse"] == pytest.approx(errors.mean(), rel=1e-4)
        assert summary["anomalies"]["auc"] == 0.5

    def test_the_grid_is_the_model_s(self, trained, images):
        """The images, the noisy ones and what becomes of them, in rows."""
        cwd, _ = trained
        model = load.load_run(cwd / "run")
        with np.load(images) as arrays:
            shown = arrays["x_test"][: autoencoders.SHOWN, ..., None]
        x = pixels.to_samples(shown, (0, 1))
        noisy = model.corrupt(x, 42)
        rows = [pixels.to_pixels(t, (0, 1)) for t in (x, noisy, model(noisy))]
        grid = np.asarray(Image.open(cwd / "run/reconstructions.png"))
        # 12 x 12 pixels and gaps of 2, all twice as large, from the corner.
        for row, expected in enumerate(reversed(rows)):
            end = len(grid) - 4 - 28 * row
            last = grid[end - 24 : end : 2, -28:-4:2, 0]
            difference = np.abs(last.astype(int) - expected[-1][..., 0])
            assert difference.max() <= 1

    @pytest.mark.slow
    def test_resumes_bit_for_bit(self, trained, images, tmp_path):
        cwd, _ = trained
        flags = ("--code-dim", 2, "--noise", 0.3, "--run-dir", "run")
        run(tmp_path, "--data", images, *SHORT, *flags, "--epochs", 1)
        run(tmp_path, "--run-dir", "run", "--resume", "--epochs", 2)
        assert_same_weights(tmp_path / "run", cwd / "run")
        name = "reconstructions.png"
        grids = [
            np.asarray(Image.open(p / "run" / name)) for p in (cwd, tmp_path)
        ]
        np.testing.assert_array_equal(*grids)


class TestAnExport:
    """In a plain `tf.saved_model.load`, without this package's help."""

    def test_signatures(self, trained, images):
        cwd, _ = trained
        model = load.load_run(cwd / "run")
        served = tf.saved_model.load(str(cwd / "export/1")).signatures
        assert set(served) == {
            *("serving_default", "encode", "decode", "reconstruct", "errors")
        }
        with np.load(images) as arrays:
            x = tf.constant(arrays["x_test"][..., None] / 255, tf.float32)
        codes = served["encode"](samples=x)["codes"]
        np.testing.assert_allclose(codes, model.encode(x), rtol=1e-4, atol=1e-6)
        decoded = served["decode"](codes=codes)["samples"]
        for name in ("reconstruct", "serving_default"):
            restored = served[name](samples=x)["reconstructions"]
            np.testing.assert_allclose(restored, model(x), atol=1e-5)
            np.testing.assert_allclose(restored, decoded, atol=1e-5)
        errors = np.mean(np.square(restored - x), axis=(1, 2, 3))
        np.testing.assert_allclose(
            served["errors"](samples=x)["errors"], errors, rtol=1e-4
        )
        none = served["decode"](codes=tf.zeros((0, 2)))["samples"]
        assert none.shape == (0, 12, 12, 1)

    def test_its_description(self, trained):
        cwd, _ = trained
        text = (cwd / "export/1/assets.extra/tf_gans.json").read_text()
        about = json.loads(text)
        assert about["latents"] is None
        assert about["sample_shape"] == [12, 12, 1]
        assert about["value_range"] == [0, 1]


@pytest.mark.parametrize("what", ["run", "export"])
@pytest.mark.parametrize(
    "command",
    [
        ("generate", "--npz", "new.npz"),
        ("latent", "sheet"),
        ("evaluate", "--data"),
        ("explore", "--no-browser", "--port", "0"),
        ("export", "--format", "onnx", "--to", "new.onnx"),
    ],
    ids=lambda words: words[0],
)
def test_where_no_samples_are(trained, images, what, command):
    """One line, and nothing is left."""
    cwd, _ = trained
    name, *flags = command
    if (name, what) == ("export", "export"):
        return  # of runs alone
    if name == "export":
        pytest.importorskip("tf2onnx", reason="the extra onnx")
    if name == "latent":
        flags = [*flags, what, "--out", "new.png"]
    else:
        flags = [what, *flags]
    if name == "evaluate":
        flags.append(images)
    line = script_runner.refused(script_runner.load(name), *flags, cwd=cwd)
    assert "without a prior" in line or "describes no generator" in line
    assert not list(cwd.glob("new*"))
    assert not (cwd / "run/evaluation.json").exists()


class TestOthers:
    @pytest.mark.slow
    def test_with_a_prior(self, images, tmp_path):
        """Samples as of any model, and the plane of two components."""
        out = run(
            *(tmp_path, "--data", images, *SHORT, "--recipe", "book"),
            *("--epochs", 1, "--run-dir", "run", "--ema", 0.9),
        )
        assert out.startswith("data: 80 images of 12x12x1")
        names = {path.name for path in (tmp_path / "run").iterdir()}
        assert {"samples.png", "reconstructions.png"} < names
        assert {"codes.png", "manifold.png"} < names
        plane = np.asarray(Image.open(tmp_path / "run/manifold.png"))
        assert plane.shape == (15 * 12, 15 * 12, 3)
        script = script_runner.load("generate")
        script_runner.run(script, "run", "--npz", "x.npz", cwd=tmp_path)

    @pytest.mark.slow
    def test_the_adversarial_one(self, images, tmp_path):
        run(
            *(tmp_path, "--data", images, *SHORT, "--recipe", "aae"),
            *("--epochs", 1, "--run-dir", "run", "--export", "export"),
        )
        served = tf.saved_model.load(str(tmp_path / "export/1")).signatures
        wanted = {"sample", "generate", "sample_png", "serving_default"}
        assert wanted | {"encode", "reconstruct", "errors"} == set(served)

    @pytest.mark.slow
    def test_triangles_and_maps(self, tmp_path, monkeypatch):
        """Without labels, and with a code that is no vector."""
        from tf_gans.data import downloads
        from tf_gans.data.triangles import draw_triangles

        monkeypatch.setattr(
            downloads, "draw_triangles", lambda *a, **k: draw_triangles(32, 0)
        )
        run(
            *(tmp_path, "--dataset", "triangles", *SHORT),
            *("--recipe", "denoising", "--epochs", 1, "--run-dir", "run"),
        )
        assert (tmp_path / "run/reconstructions.png").is_file()
        assert not (tmp_path / "run/codes.png").exists()


def test_codes_of_a_run(trained, tmp_path):
    """`latent.py plane`; other models have none, and no export its images."""
    cwd, _ = trained
    script = script_runner.load("latent")
    out = tmp_path / "drawn.png"
    script_runner.run(script, "plane", "run", "--out", out, cwd=cwd)
    pictures = [np.asarray(Image.open(p)) for p in (out, cwd / "run/codes.png")]
    np.testing.assert_array_equal(*pictures)
    again = script_runner.refused(script, "plane", "run", "--out", out, cwd=cwd)
    assert "--overwrite" in again
    line = script_runner.refused(script, "plane", "export", cwd=cwd)
    assert "name a run" in line
    gan = image_models.write_run(tmp_path / "gan", image_models.build())
    line = script_runner.refused(script, "plane", gan, cwd=tmp_path)
    assert "no codes of two components" in line


@pytest.mark.slow
def test_codes_of_a_vae(images, tmp_path):
    script_runner.run(
        script_runner.load("variants"),
        *("--gan", "vae", "--latent-dim", 2, "--data", images, *SHORT),
        *("--epochs", 1, "--run-dir", "run"),
        cwd=tmp_path,
    )
    script_runner.run(
        script_runner.load("latent"), "plane", "run", cwd=tmp_path
    )
    assert (tmp_path / "plane-decoded.png").is_file()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--recipe", "vae"], "argument --recipe"),
        (["--noise", "-1"], "argument --noise"),
        (["--code-dim", "0"], "argument --code-dim"),
        (["--recipe", "aae", "--noise", "0.1"], "--noise does nothing"),
        (["--recipe", "denoising", "--code-dim", "2"], "--code-dim does"),
        (["--recipe", "book", "--reconstruction", "mse"], "--reconstruction"),
        (["--ema", "0.9"], "--ema is an average"),
        (["--evaluate-every", "5"], "--evaluate-every: measures samples"),
        (["--batch-statistics"], "argument --batch-statistics"),
        (["--size", "30"], "--size must be a multiple of 4"),
        (["--anomaly", "nowhere"], "argument --anomaly"),
    ],
)
def test_mistakes(images, tmp_path, flags, words):
    line = refused(tmp_path, "--data", images, "--batch-size", "8", *flags)
    assert words in line


def test_anomalies_are_read_before_the_training(images, tmp_path):
    (tmp_path / "text.png").write_text("text")
    flags = ["--batch-size", "8", "--epochs", "1", "--anomaly", "text.png"]
    line = refused(tmp_path, "--data", images, *flags)
    assert line.startswith("autoencoder.py: --anomaly: text.png")


def test_advice_for_anomalies(monkeypatch):
    """A message that speaks of the data's flags speaks of this one."""

    def load(**options):
        raise UserError("x: take --data FILE.npz, or --dataset triangles")

    class Model:
        sample_shape = (12, 12, 1)

    monkeypatch.setattr(data, "load_images", load)
    with pytest.raises(UserError) as error:
        autoencoders.load_anomalies("triangles", Model)
    assert str(error.value) == (
        "--anomaly: x: take --anomaly FILE.npz, or --anomaly triangles"
    )
