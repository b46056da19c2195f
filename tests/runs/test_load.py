"""Images from runs and from exports, and what is said when there are none."""

import functools
import json
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests import image_models, script_runner
from tests.paths import ROOT
from tf_gans import export
from tf_gans.errors import UserError
from tf_gans.pixels import to_pixels
from tf_gans.runs.load import find_labels, find_model, open_sampler

OPTIONS = {
    "plain": {"channels": 3, "ema": 0.5},
    "conditional": {"size": 28, "num_classes": 3},
}


class Case:
    """A model, its run, its export."""

    def __init__(self, name, directory):
        self.gan = image_models.build(**OPTIONS[name])
        self.run = image_models.write_run(
            directory / "run", self.gan, **OPTIONS[name]
        )
        self.model = directory / "model"
        export.export_saved_model(self.gan, self.model)

    def expected(self, seeds, labels=None):
        """What the model itself makes of seeds."""
        z = self.gan.latents.draw_each(np.asarray(seeds))
        inputs = z if labels is None else (z, np.asarray(labels, np.int32))
        samples = self.gan.sampler(inputs, training=False)
        return to_pixels(samples.numpy(), self.gan.value_range)


@pytest.fixture(scope="module")
def make_case(tmp_path_factory):
    """Makes each only once, in whatever order the tests run."""
    return functools.cache(
        lambda name: Case(name, tmp_path_factory.mktemp(name))
    )


@pytest.fixture(scope="module", params=OPTIONS)
def case(request, make_case):
    return make_case(request.param)


@pytest.fixture(scope="module", params=["run", "model"])
def sampler(request, case):
    return open_sampler(getattr(case, request.param), batch_size=8)


def assert_about_equal(images, expected):
    """But for roundings, which move few pixels by one level."""
    assert images.dtype == expected.dtype == np.uint8
    assert images.shape == expected.shape
    difference = np.abs(images.astype(int) - expected)
    assert difference.max(initial=0) <= 1
    assert (difference > 0).mean() < 1e-3


def test_a_sampler_knows_its_model(sampler, case):
    gan = case.gan
    assert type(sampler.latents) is type(gan.latents)
    assert sampler.latents.get_config() == gan.latents.get_config()
    assert sampler.sample_shape == tuple(gan.sample_shape)
    assert sampler.value_range == gan.value_range
    assert sampler.num_classes == gan.num_classes


def test_each_seed_has_its_z(sampler, case):
    seeds = np.array([7, 0, 7, 2**40])
    z = sampler.draw_each(seeds)
    assert z.dtype == np.float32
    np.testing.assert_array_equal(z, case.gan.latents.draw_each(seeds))
    np.testing.assert_array_equal(sampler.draw_each(seeds[1:2]), z[1:2])


def test_images_are_the_model_s(sampler, case):
    seeds = np.arange(21)
    labels = np.arange(21)[::-1] % 3 if sampler.num_classes else None
    images = sampler.images(sampler.draw_each(seeds), labels)
    assert_about_equal(images, case.expected(seeds, labels))
    assert images.std() > 20  # Something is to be seen.


def test_run_and_export_agree(case):
    z = case.gan.latents.draw_each(np.arange(30)).numpy()
    images = [open_sampler(p).images(z) for p in (case.run, case.model)]
    assert_about_equal(*images)


def test_the_first_images_do_not_depend_on_how_many_follow(sampler):
    z = sampler.draw_each(np.arange(19))
    whole = sampler.images(z)
    for count in (0, 1, 7, 8, 9, 16, 18):
        np.testing.assert_array_equal(sampler.images(z[:count]), whole[:count])


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 5, 64])
def test_batches_of_any_size(case, sampler, batch_size):
    z = sampler.draw_each(np.arange(19))
    other = open_sampler(case.run, batch_size)
    assert_about_equal(other.images(z), sampler.images(z))


def test_labels_default_to_all_in_turn(case):
    sampler = open_sampler(case.run)
    z = sampler.draw_each(np.arange(7))
    if sampler.num_classes:
        np.testing.assert_array_equal(
            sampler.images(z), sampler.images(z, [0, 1, 2, 0, 1, 2, 0])
        )
        assert (sampler.images(z, [1] * 7) != sampler.images(z)).any()
    else:
        with pytest.raises(ValueError, match="conditional"):
            sampler.images(z, [0] * 7)


@pytest.mark.parametrize("case", ["conditional"], indirect=True)
@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 3], "0 to 2.*Received: 3"),
        ([-1, 0], "0 to 2.*Received: -1"),
        ([0], r"shape \(2,\).*\(1,\)"),
    ],
)
def test_wrong_labels(case, labels, words):
    sampler = open_sampler(case.run)
    with pytest.raises(ValueError, match=words):
        sampler.images(sampler.draw_each([0, 1]), labels)


def test_wrong_z(sampler):
    with pytest.raises(ValueError, match=r"of shape \(2, 3\)"):
        sampler.images(np.zeros((2, 3), np.float32))


def test_batch_statistics(case):
    """As in training: an image depends on its batch, and nothing changes."""
    sampler = open_sampler(case.run, 8, batch_statistics=True)
    z = sampler.draw_each(np.arange(8))
    labels = np.arange(8, dtype=np.int32) % 3
    inputs = (z, labels) if sampler.num_classes else z
    before = case.gan.sampler.get_weights()
    expected = case.gan.sampler(inputs, training=True)
    case.gan.sampler.set_weights(before)
    expected = to_pixels(expected.numpy(), case.gan.value_range)
    images = sampler.images(z)
    assert_about_equal(images, expected)
    np.testing.assert_array_equal(sampler.images(z), images)
    with_averages = open_sampler(case.run, 8).images(z)
    assert np.abs(with_averages.astype(int) - images).max() > 3


def test_an_export_has_no_batch_statistics(case):
    with pytest.raises(UserError, match="name a run directory"):
        open_sampler(case.model, batch_statistics=True)


# Finding a model --------------------------------------------------------------


def make(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_find_a_run(tmp_path):
    make(tmp_path / "config.json", tmp_path / "1" / "saved_model.pb")
    assert find_model(tmp_path) == ("run", tmp_path)
    assert find_model(str(tmp_path)) == ("run", tmp_path)


def test_find_a_version(tmp_path):
    for name in ("9", "10", "11x", "latest", "\N{SUPERSCRIPT TWO}"):
        make(tmp_path / name / "saved_model.pb")
    (tmp_path / "12").mkdir()  # with nothing in it
    make(tmp_path / "13")
    assert find_model(tmp_path) == ("export", tmp_path / "10")
    assert find_model(tmp_path / "9") == ("export", tmp_path / "9")


def test_find_nothing(tmp_path):
    with pytest.raises(UserError, match="missing: does not exist"):
        find_model(tmp_path / "missing")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(UserError, match="neither a run directory"):
            find_model(path)
        make(tmp_path / "file")


# What cannot be opened --------------------------------------------------------


@pytest.fixture
def copy(case, tmp_path):
    return pathlib.Path(shutil.copytree(case.model / "1", tmp_path / "1"))


@pytest.mark.parametrize("case", ["plain"], indirect=True)
class TestDamage:
    def test_without_a_description(self, copy):
        (copy / export.DESCRIPTION).unlink()
        with pytest.raises(UserError) as error:
            open_sampler(copy)
        assert str(error.value).startswith(
            f"{copy}: lacks assets.extra/tf_gans.json, which says"
        )

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{}",
            '{"value_range": null, "sample_shape": [1], "num_classes": null, '
            '"latents": 3}',
            '{"value_range": null, "sample_shape": [1], "num_classes": null, '
            '"latents": {"class_name": "Nothing", "config": {}}}',
        ],
    )
    def test_a_damaged_description(self, copy, text):
        (copy / export.DESCRIPTION).write_text(text)
        with pytest.raises(UserError, match=r"tf_gans\.json: cannot be read"):
            open_sampler(copy)

    def test_what_is_no_image(self, copy):
        path = copy / export.DESCRIPTION
        about = json.loads(path.read_text("utf-8"))
        path.write_text(
            json.dumps({**about, "value_range": None, "sample_shape": [1]})
        )
        with pytest.raises(UserError, match=r"shape \(1,\), which are not"):
            open_sampler(copy)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("sample_shape", None),
            ("sample_shape", [16, "16", 3]),
            ("value_range", [1]),
            ("value_range", 3),
        ],
    )
    @pytest.mark.parametrize("only_images", [False, True])
    def test_a_wrong_value(self, copy, name, value, only_images):
        path = copy / export.DESCRIPTION
        about = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**about, name: value}))
        with pytest.raises(UserError, match=r"json: cannot be read: ") as error:
            open_sampler(copy, only_images=only_images)
        if name == "sample_shape":
            assert "`sample_shape` is " in str(error.value)
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize("signature", ["other", "serving_default"])
    def test_without_its_signature(self, copy, tmp_path, signature):
        """A SavedModel of somebody else, or one of other inputs."""
        module = tf.Module()
        module.f = tf.function(
            lambda x: {"samples": x}, [tf.TensorSpec((None, 100), name="x")]
        )
        other = str(tmp_path / "other")
        tf.saved_model.save(module, other, {signature: module.f})
        shutil.copytree(copy / "assets.extra", f"{other}/assets.extra")
        with pytest.raises(UserError) as error:
            open_sampler(other)
        assert str(error.value) == (
            f"{other}: lacks the signature serving_default, from z to samples; "
            "export the model again"
        )

    @pytest.mark.parametrize(
        "name",
        ["saved_model.pb", "variables/variables.index"],
    )
    def test_a_damaged_model(self, copy, name):
        (copy / name).write_bytes(b"damaged")
        with pytest.raises(UserError, match="1: cannot be read") as error:
            open_sampler(copy)
        assert "\n" not in str(error.value)

    def test_a_run_without_a_checkpoint(self, case, tmp_path):
        shutil.copy(case.run / "config.json", tmp_path)
        with pytest.raises(UserError, match="no checkpoint"):
            open_sampler(tmp_path)


# What is no image -------------------------------------------------------------


@pytest.mark.parametrize("name", ["gaussian", "gaussian_minibatch"])
def test_the_models_that_ship(name):
    """Numbers, in the data's own units."""
    path = ROOT / "saved_models" / name
    with pytest.raises(UserError, match=r"shape \(1,\), which are not images"):
        open_sampler(path)
    sampler = open_sampler(path, only_images=False)
    samples = sampler.samples(sampler.draw_each(np.arange(2000)))
    assert (samples.dtype, samples.shape) == (np.float32, (2000, 1))
    assert abs(samples.mean() - 4) < 0.1
    assert abs(samples.std() - 0.5) < 0.1
    with pytest.raises(ValueError, match="must be images"):
        sampler.images(sampler.draw_each([0]))


def test_samples_are_what_images_are_made_of(sampler):
    z = sampler.draw_each(np.arange(11))
    samples = sampler.samples(z)
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(
        to_pixels(samples, sampler.value_range), sampler.images(z)
    )


def test_a_run_whose_data_are_gone(tmp_path):
    """The networks of a small problem follow its data."""
    data = tmp_path / "numbers.txt"
    data.write_text("\n".join(str(n / 7) for n in range(50)))
    gaussian = script_runner.load("gaussian")
    flags = ["--recipe", "code", "--num-steps", 2, "--run-dir", "run"]
    script_runner.run(gaussian, *flags, "--data", data, cwd=tmp_path)
    sampler = open_sampler(tmp_path / "run", only_images=False)
    assert sampler.samples(sampler.draw_each([1, 2])).shape == (2, 1)
    data.unlink()
    with pytest.raises(UserError, match=r"numbers\.txt") as error:
        open_sampler(tmp_path / "run", only_images=False)
    assert "\n" not in str(error.value)


# The names of classes ---------------------------------------------------------


def test_classes_without_names(sampler):
    if not sampler.num_classes:
        assert sampler.classes == []
        with pytest.raises(UserError, match="--labels: the model is not a con"):
            find_labels(sampler, "--labels", ["0"])
        return
    assert sampler.classes == ["0", "1", "2"]
    assert find_labels(sampler, "--labels", ["2", "0"]) == [2, 0]
    for name in ("3", "x", "", "-1", "\N{SUPERSCRIPT TWO}"):
        with pytest.raises(UserError) as error:
            find_labels(sampler, "--labels", ["0", name])
        assert str(error.value) == (
            f"--labels: must lie from 0 to 2; received {name}"
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["run", "model"])
def test_classes_with_names(make_case, tmp_path, kind):
    """A name that looks like a number is a name, as pictures show it."""
    names = ["cat", "dog", "0"]
    gan, options = make_case("conditional").gan, OPTIONS["conditional"]
    if kind == "run":
        image_models.write_run(tmp_path / "m", gan, **options, classes=names)
    else:
        export.export_saved_model(gan, tmp_path / "m", names)
    sampler = open_sampler(tmp_path / "m")
    assert sampler.classes == names
    assert find_labels(sampler, "--label", ["dog", "2", "0", "1"]) == [
        *(1, 2, 2, 1)
    ]
    with pytest.raises(UserError) as error:
        find_labels(sampler, "--label", ["cow"])
    assert str(error.value) == (
        "--label: must lie from 0 to 2, or be one of cat, dog, 0; received cow"
    )
