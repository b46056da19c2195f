"""`latent.py complete`."""

import json

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from tests import image_models, script_runner
from tests.paths import REAL
from tf_gans import export, masks
from tf_gans.plotting import labelled_grid
from tf_gans.runs.load import open_sampler

SEEDS = [5, 6]
QUICK = ["--num-starts", 2, "--num-steps", 60, "--num-candidates", 50]


@pytest.fixture(scope="module")
def script():
    return script_runner.load("latent")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A directory with a run, an export, pictures and masks."""
    path = tmp_path_factory.mktemp("complete")
    gan = image_models.build(channels=3)
    image_models.write_run(path / "run", gan, channels=3)
    export.export_saved_model(gan, path / "export")
    sampler = open_sampler(path / "run")
    images = sampler.images(sampler.draw_each(SEEDS))
    for name, image in zip(("one", "two"), images, strict=True):
        Image.fromarray(image).save(path / f"{name}.png")
    rng = np.random.default_rng(0)
    others = rng.integers(256, size=(20, 16, 16, 3), dtype=np.uint8)
    training = np.concatenate([others, images[::-1]])
    np.savez(path / "training.npz", x_train=training)
    left = np.full((16, 16), 255, np.uint8)
    left[:, :8] = 20  # nearly black
    for name, mask in {
        "mask": left,
        "small": left[:8],
        "white": np.full_like(left, 255),
        "black": np.zeros_like(left),
    }.items():
        Image.fromarray(mask).save(path / f"{name}.png")
    (path / "text.png").write_text("no picture")
    (path / "there.json").write_text("{}")
    return path


@pytest.fixture(scope="module")
def completed(script, work):
    """What the command leaves, of the run."""
    out, err = script_runner.run(
        script,
        *["complete", "run", "one.png", "two.png", "--mask", "center"],
        *[*QUICK, "--out", "picture.png", "--json", "center.json"],
        *["--data", "training.npz"],
        cwd=work,
    )
    assert err == ""
    return out, json.loads((work / "center.json").read_text())


def test_what_is_measured(completed):
    out, document = completed
    lines = out.splitlines()
    assert lines[0] == "PSNR of the hole, 64 pixels, in dB"
    assert lines[2].split()[0] == "one"
    assert lines[4].startswith("all 2")
    assert lines[5:] == ["Measurements: center.json", "Picture: picture.png"]
    names = ["completed", "blended", "nearest", "hole's mean", "known mean"]
    assert list(document["psnr"]) == names
    assert document["prior_weight"] == 0.003
    assert document["num_candidates"] == 50
    assert document["hole"] == 64
    for image in document["images"]:
        # The training images hold what is hidden, which JSON has no number for.
        assert image["psnr"]["nearest"] is None
        assert image["label"] is None
        assert image["psnr"]["completed"] > image["psnr"]["known mean"]
    for number, name in enumerate(names[:2] + names[3:]):
        ratios = [image["psnr"][name] for image in document["images"]]
        pooled = -10 * np.log10(np.mean([10 ** (-r / 10) for r in ratios]))
        assert document["psnr"][name] == pytest.approx(pooled), number


def test_the_means(work, completed):
    _, document = completed
    hole = ~masks.make_mask("center", 16, 16)
    for image in document["images"]:
        with Image.open(work / f"{image['name']}.png") as picture:
            pixels = np.asarray(picture) / 255
        for name, part in (("hole's mean", hole), ("known mean", ~hole)):
            error = np.square(pixels[hole] - pixels[part].mean(axis=0)).mean()
            # But for the rounding of the mean to a pixel.
            assert image["psnr"][name] == pytest.approx(
                -10 * np.log10(error), abs=0.05
            )


def test_the_picture(work, completed):
    """Originals, holes and copies are where the heads say."""
    sampler = open_sampler(work / "run")
    originals = sampler.images(sampler.draw_each(SEEDS))
    hole = ~masks.make_mask("center", 16, 16)
    masked = originals.copy()
    masked[:, hole] = 128
    heads = ["original", "masked", "completed", "blended", "nearest"]
    rows = [
        [original, grey, original, original, original]
        for original, grey in zip(originals, masked, strict=True)
    ]
    _, document = completed
    captions = [
        words
        for image in document["images"]
        for words in (
            *(image["name"], ""),
            *(f"{image['psnr'][name]:.2f}" for name in heads[2:4]),
            "exact",
        )
    ]
    expected = labelled_grid(
        np.reshape(rows, (-1, 16, 16, 3)), 5, 4, heads=heads, captions=captions
    )
    with Image.open(work / "picture.png") as picture:
        difference = np.abs(np.asarray(picture).astype(int) - expected)
    # All but the holes of what is completed and blended.
    assert difference.shape == expected.shape
    changed = (difference.max(axis=2) > 1).mean()
    assert 0 < changed < 4 * 64 / (10 * 256)
    columns = np.nonzero((difference.max(axis=2) > 1).any(axis=0))[0]
    fifth = expected.shape[1] / 5
    assert columns.min() > 2 * fifth
    assert columns.max() < 4 * fifth


def test_an_export_a_mask_of_ones_own_and_a_film(script, work, tmp_path):
    out, err = script_runner.run(
        script,
        *["complete", work / "export", work / "one.png", *QUICK],
        *["--mask", work / "mask.png", "--window", 0],
        *["--num-candidates", 2],  # which are the starts
        *["--anim-path", "way.gif", "--frames", 5],
        cwd=tmp_path,
    )
    assert "has no discriminator that says how probably" in err
    assert err.count("\n") == 1
    assert out.endswith("Film: way.gif\n")
    document = json.loads((tmp_path / "complete.json").read_text())
    assert document["hole"] == 128
    assert document["num_candidates"] is None
    assert document["prior_weight"] is None
    assert "nearest" not in document["psnr"]
    frames, _ = imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "way.gif"))
    assert frames == 5


@pytest.mark.slow
@pytest.mark.parametrize("mask", ["random", "left", "grid", "lowres"])
def test_other_masks(script, work, tmp_path, mask):
    script_runner.run(
        script,
        *["complete", work / "run", work / "one.png", "--mask", mask],
        *[*QUICK, "--prior-weight", 0],
        cwd=tmp_path,
    )
    document = json.loads((tmp_path / "complete.json").read_text())
    hidden = {"left": 128, "grid": 240, "lowres": 256}
    assert document["hole"] == hidden.get(mask, pytest.approx(51, abs=20))
    assert document["psnr"]["completed"] > document["psnr"]["known mean"]


@pytest.mark.slow
def test_a_conditional_model(script, tmp_path):
    """Without --label, the class is found."""
    gan = image_models.build(size=28, num_classes=3)
    image_models.write_run(tmp_path / "run", gan, size=28, num_classes=3)
    sampler = open_sampler(tmp_path / "run")
    (image,) = sampler.images(sampler.draw_each([5]), [2])
    Image.fromarray(image[..., 0]).save(tmp_path / "two.png")
    arguments = ["complete", "run", "two.png", "--mask", "left", *QUICK]
    labels = []
    for more in ([], ["--label", 1]):
        script_runner.run(
            script,
            *[*arguments, *more, "--overwrite"],
            *["--anim-path", "way.gif", "--frames", 3],
            cwd=tmp_path,
        )
        document = json.loads((tmp_path / "complete.json").read_text())
        labels.append(document["images"][0]["label"])
    assert labels == ["2", "1"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: --mask"),
        (["--mask", "centre"], "must be one of center, random"),
        (["--mask", "small.png"], "images' size, 16x16; received 16x8"),
        (["--mask", "white.png"], "must leave a hole, and something"),
        (["--mask", "black.png"], "must leave a hole, and something"),
        (["--mask", "text.png"], "--mask text.png: cannot be read"),
        (["--mask", "lowres", "--block", "5"], "--block 5: must divide"),
        (["--mask", "left", "--window", "4"], "--window: must be odd"),
        (["--mask", "left", "--window", "1"], "3 or more, or 0; received 1"),
        (["--mask", "left", "--prior-weight", "-1"], "number from 0"),
        (["--mask", "left", "--num-candidates", "-1"], "number from 0"),
        (["--mask", "left", "--json", "there.json"], "there.json: exists"),
        (["--mask", "left", "--json", "a.txt"], "must end in .json"),
        (["--mask", "left", "--label", "0"], "not a conditional"),
        (["--mask", "left", "--data", "none.npz"], "does not exist"),
        (
            ["--mask", "left", "--data", "training.npz", "--dataset", "mnist"],
            "together with --dataset",
        ),
    ],
)
def test_mistakes(script, work, completed, arguments, words):
    before = sorted(work.rglob("*"))
    line = script_runner.refused(
        script, "complete", "run", "one.png", *arguments, cwd=work
    )
    assert line.startswith("latent.py")
    assert words in line
    assert sorted(work.rglob("*")) == before


def test_what_is_no_image(script, work):
    line = script_runner.refused(
        *(script, "complete", "run", "text.png", "--mask", "left"), cwd=work
    )
    assert "text.png: cannot be read" in line


@pytest.mark.slow
@pytest.mark.skipif(
    not (REAL / "mnist.npz").is_file(), reason="needs shared/data/mnist.npz"
)
def test_real_digits(tmp_path):
    """A briefly trained pair knows more of the hole than its surroundings."""
    script_runner.process(
        tmp_path,
        *("mnist", "--network", "dense", "--data", REAL / "mnist.npz"),
        *("--epochs", 1, "--ema", 0.99, "--run-dir", "run"),
    )
    with np.load(REAL / "mnist.npz") as arrays:
        digits = arrays["x_test"][:16]
    for number, digit in enumerate(digits):
        Image.fromarray(digit).save(tmp_path / f"{number}.png")
    script_runner.process(
        tmp_path,
        *("latent", "complete", "run"),
        *(f"{number}.png" for number in range(16)),
        # After one epoch a centre hole is beyond what the pair can tell.
        *("--mask", "random", "--data", REAL / "mnist.npz"),
    )
    ratios = json.loads((tmp_path / "complete.json").read_text())["psnr"]
    assert ratios["completed"] > ratios["known mean"]
