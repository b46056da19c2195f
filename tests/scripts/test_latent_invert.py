"""`latent.py invert`, and the commands that go on from what it finds."""

import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import image_models, script_runner
from tf_gans import export, latent_space
from tf_gans.plotting import labelled_grid
from tf_gans.runs.load import open_sampler

SEEDS = [5, 6]


@pytest.fixture(scope="module")
def script():
    return script_runner.load("latent")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A directory with a run, an export and pictures that both can make."""
    path = tmp_path_factory.mktemp("invert")
    gan = image_models.build(channels=3)
    image_models.write_run(path / "run", gan, channels=3)
    export.export_saved_model(gan, path / "export")
    sampler = open_sampler(path / "run")
    images = sampler.images(sampler.draw_each(SEEDS))
    for name, image in zip(("one", "two"), images, strict=True):
        Image.fromarray(image).save(path / f"{name}.png")
    np.savez(path / "other.npz", z=np.zeros((1, 7), np.float32))
    np.savez(path / "whole.npz", z=np.zeros((1, 100), np.int32))
    np.savez(path / "nan.npz", z=np.full((1, 100), np.nan, np.float32))
    np.savez(path / "single.npz", z=np.ones((1, 100), np.float32))
    np.savez(path / "images.npz", x_train=images)
    (path / "broken.npz").write_bytes(b"PK")
    (path / "text.png").write_text("no picture")
    return path


@pytest.fixture(scope="module")
def inverted(script, work):
    """What the command leaves, of the run."""
    out, err = script_runner.run(
        script,
        *["invert", "run", "one.png", "two.png", "--num-starts", 4],
        *["--num-steps", 200, "--z", "z.npz", "--out", "pairs.png"],
        cwd=work,
    )
    assert err == ""
    with np.load(work / "z.npz") as arrays:
        return out, dict(arrays)


def test_the_pictures_are_found(work, inverted):
    out, arrays = inverted
    sampler = open_sampler(work / "run")
    images = sampler.images(sampler.draw_each(SEEDS)) / 255
    made = sampler.images(arrays["z"]) / 255
    # In squared distances of pixels in [0, 1],
    distances = ((images - made) ** 2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(
        arrays["distances"], distances, rtol=0.1, atol=0.05
    )
    # each is nearer than the other one is.
    apart = ((images[0] - images[1]) ** 2).sum()
    assert (arrays["distances"] < apart / 10).all()
    assert list(arrays["names"]) == ["one", "two"]
    lines = out.splitlines()
    for line, name, distance in zip(
        lines, ("one", "two"), arrays["distances"], strict=False
    ):
        told = re.fullmatch(
            rf"{name}\.png: squared distance (.+), of pixels in \[0, 1\]", line
        )
        assert float(told[1]) == pytest.approx(distance, rel=1e-3)
    assert lines[2:] == ["z: z.npz", "Picture: pairs.png"]


def test_the_picture(work, inverted):
    _, arrays = inverted
    sampler = open_sampler(work / "run")
    images = sampler.images(sampler.draw_each(SEEDS))
    made = sampler.images(arrays["z"])
    one, two = (f"{distance:.2f}" for distance in arrays["distances"])
    expected = labelled_grid(
        *(np.stack([images[0], made[0], images[1], made[1]]), 2, 4),
        heads=["picture", "nearest"],
        captions=["one", one, "two", two],
    )
    with Image.open(work / "pairs.png") as picture:
        difference = np.asarray(picture).astype(int) - expected
    assert np.abs(difference).max() <= 1


def test_an_export_and_a_picture_of_another_size(script, work, tmp_path):
    with Image.open(work / "one.png") as image:
        wide = image.resize((64, 64), Image.Resampling.NEAREST)
    whole = Image.new("RGB", (96, 64), "red")
    whole.paste(wide, (16, 0))  # in the middle, which is what counts
    whole.save(tmp_path / "wide.jpg", quality=95)
    script_runner.run(
        script,
        *["invert", work / "export", "wide.jpg", "--num-starts", 4],
        *["--num-steps", 200],
        cwd=tmp_path,
    )
    with np.load(tmp_path / "invert.npz") as arrays:
        assert arrays["distances"] < 10
    assert (tmp_path / "invert.png").is_file()


def test_the_way_from_a_picture(script, work, inverted, tmp_path):
    _, arrays = inverted
    script_runner.run(
        script,
        *["interpolate", work / "run", "--seeds", f"{work / 'z.npz'},17"],
        *["--steps", 3, "--out", tmp_path / "way.png"],
    )
    sampler = open_sampler(work / "run")
    ends = [*arrays["z"], *sampler.draw_each([17])]
    z = np.concatenate(
        [
            latent_space.lerp(ends[0], ends[1], [0, 0.5, 1]),
            latent_space.lerp(ends[1], ends[2], [0, 0.5, 1]),
        ]
    )
    expected = labelled_grid(
        *(sampler.images(z), 3, 4),
        captions=["one", "", "two", "two", "", "17"],
    )
    with Image.open(tmp_path / "way.png") as picture:
        difference = np.asarray(picture).astype(int) - expected
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["arithmetic", "--a", "z.npz", "--b", "1", "--c", "z.npz,3"],
        ["sweep", "--seed", "single.npz", "--dimensions", "0", "--steps", "2"],
        [
            "turn",
            "--left",
            "z.npz",
            "--right",
            "2",
            "--seeds",
            "z.npz,single.npz",
        ],
    ],
)
def test_files_stand_where_seeds_stand(
    script, work, inverted, tmp_path, arguments
):
    command, *flags = arguments
    script_runner.run(
        script,
        *[command, "run", *flags, "--out", tmp_path / "a.png"],
        cwd=work,
    )
    with Image.open(tmp_path / "a.png") as picture:
        assert len(np.unique(picture)) > 50


@pytest.mark.slow
def test_a_conditional_model(script, work, tmp_path):
    gan = image_models.build(size=28, num_classes=3)
    image_models.write_run(tmp_path / "run", gan, size=28, num_classes=3)
    sampler = open_sampler(tmp_path / "run")
    (image,) = sampler.images(sampler.draw_each([5]), [2])
    Image.fromarray(image[..., 0]).save(tmp_path / "two.png")
    distances = []
    for label in (2, 1):
        script_runner.run(
            script,
            *["invert", "run", "two.png", "--label", label, "--overwrite"],
            *["--num-steps", 30, "--num-starts", 2],
            cwd=tmp_path,
        )
        with np.load(tmp_path / "invert.npz") as arrays:
            distances.append(arrays["distances"][0])
    assert distances[0] < distances[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["invert", "run"], "required: IMAGE"),
        (["invert", "run", "none.png"], "'none.png' does not exist"),
        (["invert", "run", "text.png"], "text.png: cannot be read"),
        (["invert", "run", "one.png", "--z", "a.npy"], "end in .npz"),
        (["invert", "run", "one.png", "--z", "other.npz"], "other.npz: exists"),
        (["invert", "run", "one.png", "--num-steps", "0"], "from 1 to"),
        (["invert", "run", "one.png", "--label", "0"], "not a conditional"),
        (["interpolate", "run", "--seeds", "none.npz,1"], "does not exist"),
        (
            ["interpolate", "run", "--seeds", "single.npz"],
            "--seeds: must be 2 z",
        ),
        (["interpolate", "run", "--seeds", "1,other.npz"], "of shape (7,)"),
        (["interpolate", "run", "--seeds", "1,whole.npz"], "received int32"),
        (["interpolate", "run", "--seeds", "1,nan.npz"], "must be finite"),
        (["interpolate", "run", "--seeds", "1,images.npz"], "with z in it"),
        (["interpolate", "run", "--seeds", "1,broken.npz"], "with z in it"),
        (
            ["sweep", "run", "--seed", "z.npz"],
            "must hold a single z; received 2",
        ),
        (["sweep", "run", "--seed", "one.png"], "whole number"),
    ],
)
def test_mistakes(script, work, inverted, arguments, words):
    before = sorted(work.rglob("*"))
    line = script_runner.refused(script, *arguments, cwd=work)
    assert line.startswith("latent.py")
    assert words in line
    assert sorted(work.rglob("*")) == before


@pytest.mark.slow
def test_a_model_without_a_gradient(script, tmp_path):
    """Such as one that another program has saved."""
    gan = image_models.build(channels=3)
    export.export_saved_model(gan, tmp_path / "model")

    class Steps(tf.Module):
        """Its samples are rounded, which has no slope."""

        @tf.function(
            input_signature=[tf.TensorSpec((None, 100), tf.float32, "z")]
        )
        def __call__(self, z):
            samples = tf.round(gan.sampler(z, training=False))
            return {"samples": tf.cast(tf.cast(samples, tf.int32), tf.float32)}

    steps = Steps()
    steps.parts = gan.sampler
    path = tmp_path / "model/1"
    description = (path / export.DESCRIPTION).read_bytes()
    tf.saved_model.save(
        steps, str(path), signatures={"serving_default": steps.__call__}
    )
    (path / export.DESCRIPTION).write_bytes(description)
    Image.new("RGB", (16, 16)).save(tmp_path / "a.png")
    line = script_runner.refused(
        script, "invert", "model", "a.png", cwd=tmp_path
    )
    assert "model: cannot be inverted: `model` must be differentiable" in line
    assert not (tmp_path / "invert.npz").exists()
