"""What exported models of images promise, besides what all exports do."""

import io
import json
import os
import re
import urllib.request

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import image_models
from tests.paths import ROOT
from tests.test_export import (
    HELPERS,
    TENSORFLOW,
    Exported,
    as_json,
    check_standalone,
    from_json,
    run_helper,
    run_in_c_api,
)
from tf_gans import export, latents
from tf_gans.pixels import to_pixels

OPTIONS = {
    "grey": {},
    "rgb": {"channels": 3, "ema": 0.9},
    "conditional": {"size": 28, "num_classes": 3},
}
OUTPUTS = {
    "serving_default": {"samples"},
    "sample": {"samples"},
    "sample_png": {"png_bytes"},
    "generate": {"samples", "z"},
    "discriminate": {"logits", "probabilities"},
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("saved_models")


def make(name, directory):
    gan = image_models.build(**OPTIONS[name])
    with pytest.MonkeyPatch.context() as patch:
        if name == "rgb":  # Take it for a large one.
            patch.setattr(export, "_ROW_BY_ROW", 0)
        path = export.export_saved_model(gan, directory / name)
    return Exported(name, gan, path)


@pytest.fixture(scope="module")
def conditional(directory):
    return make("conditional", directory)


@pytest.fixture(scope="module")
def grey(directory):
    return make("grey", directory)


@pytest.fixture(scope="module", params=OPTIONS)
def exported(request, directory):
    if request.param == "rgb":
        return make("rgb", directory)
    return request.getfixturevalue(request.param)


def labels_for(exported, count):
    """The `labels` input of `count` rows, where the model takes one."""
    if not exported.gan.num_classes:
        return {}
    return {"labels": np.arange(count, dtype=np.int32)[::-1] % 3}


def sampled(exported, z, labels):
    """What the model itself makes of z."""
    inputs = (z, labels["labels"]) if labels else z
    return exported.gan.sampler(inputs, training=False)


def calls_for(exported):
    """One call of each signature: `[(signature, inputs)]`."""
    rng = np.random.default_rng(0)
    labels = labels_for(exported, 4)
    shape = (4, *exported.gan.sample_shape)
    z = rng.uniform(-1, 1, (4, *exported.gan.latents.shape))
    samples = rng.uniform(-1, 1, shape).astype(np.float32)
    seeds = np.array([0, -1, 2**62, 7], np.int64)
    count = labels or {"num_samples": np.int32(6)}
    return [
        ("serving_default", {"z": z.astype(np.float32), **labels}),
        ("sample", {"seeds": seeds, **labels}),
        ("sample_png", {"seeds": seeds, **labels}),
        ("generate", {"seed": np.int64(2**40), **count}),
        ("discriminate", {"samples": samples, **labels}),
    ]


def expected_for(exported):
    return [(*c, exported(c[0], **c[1])) for c in calls_for(exported)]


def test_signatures_are_named(exported):
    signatures = exported.loaded.signatures
    assert signatures.keys() == OUTPUTS.keys()
    for name, inputs in calls_for(exported):
        specs = signatures[name].structured_input_signature[1]
        assert specs.keys() == inputs.keys()
        assert signatures[name].structured_outputs.keys() == OUTPUTS[name]
        if "labels" in specs:
            assert specs["labels"].dtype == tf.int32
            assert specs["labels"].shape.as_list() == [None]
    png = signatures["sample_png"].structured_outputs["png_bytes"]
    assert (png.dtype, png.shape.as_list()) == (tf.string, [None])


def test_serving_default_is_the_sampler(exported):
    z = exported.gan.latents.draw(1, "test", 0, 1, 5)[0]
    labels = labels_for(exported, 5)
    samples = exported("serving_default", z=z, **labels)["samples"]
    expected = sampled(exported, z, labels)
    np.testing.assert_allclose(samples, expected, rtol=1e-5, atol=1e-5)
    low, high = exported.gan.value_range
    assert low <= samples.min() < samples.max() <= high
    # Something is to be seen.
    assert samples.std() > 0.1 * (high - low)


def test_rows_of_sample_do_not_depend_on_the_batch(exported):
    seeds = np.arange(-20, 30)
    labels = labels_for(exported, 50)
    whole = exported("sample", seeds=seeds, **labels)["samples"]
    z = exported.gan.latents.draw_each(seeds)
    np.testing.assert_allclose(
        whole, sampled(exported, z, labels), rtol=1e-5, atol=1e-5
    )
    for part in (slice(1), slice(7), slice(37, 50), slice(50, 0, -1)):
        rows = exported(
            "sample",
            seeds=seeds[part],
            **{name: value[part] for name, value in labels.items()},
        )["samples"]
        if exported.name == "grey":  # the small one
            np.testing.assert_array_equal(rows, whole[part])
        np.testing.assert_allclose(rows, whole[part], rtol=1e-5, atol=1e-5)
    none = {name: value[:0] for name, value in labels.items()}
    none = exported("sample", seeds=seeds[:0], **none)["samples"]
    assert none.shape == (0, *whole.shape[1:])


def test_png_files_hold_the_samples(exported):
    seeds = np.array([5, -9, 5, 2**62], np.int64)
    labels = labels_for(exported, 4)
    samples = exported("sample", seeds=seeds, **labels)["samples"]
    files = exported("sample_png", seeds=seeds, **labels)["png_bytes"]
    with Image.open(io.BytesIO(files[0])) as image:
        assert json.loads(image.text["Comment"])["generated"]
    pixels = to_pixels(samples, exported.gan.value_range)
    assert files.shape == (4,)
    for file, image in zip(files, pixels, strict=True):
        picture = Image.open(io.BytesIO(file))
        assert picture.format == "PNG"
        assert picture.mode == ("RGB" if image.shape[-1] == 3 else "L")
        read = np.asarray(picture).reshape(image.shape)
        np.testing.assert_array_equal(read, image)
    none = {name: value[:0] for name, value in labels.items()}
    none = exported("sample_png", seeds=seeds[:0], **none)["png_bytes"]
    assert none.shape == (0,)


@pytest.mark.parametrize(
    ("shape", "is_picture"),
    [
        ((8, 6, 1), True),
        ((8, 6, 3), True),
        ((8, 6, 2), False),
        ((8, 6, 4), False),
        ((8, 6), False),
        ((1,), False),
    ],
)
def test_what_a_png_holds(shape, is_picture):
    assert export._is_picture(shape) == is_picture


def test_no_rows(exported):
    """As convolutions refuse them, and a server may be asked."""
    for name, inputs in calls_for(exported):
        if name == "generate":  # has another answer; see tests/serving
            continue
        none = {k: v[:0] if np.ndim(v) else v for k, v in inputs.items()}
        whole = exported(name, **inputs)
        for key, values in exported(name, **none).items():
            assert values.shape == (0, *whole[key].shape[1:])
    samples = tf.zeros((0, *exported.gan.sample_shape))
    labels = tf.zeros((0,), tf.int32)
    judged = (samples, labels) if exported.gan.num_classes else samples
    assert exported.gan.discriminate(judged).shape == (0,)


def test_discriminate(exported):
    labels = labels_for(exported, 6)
    samples = exported.gan.sample(6, seed=1)
    outputs = exported("discriminate", samples=samples, **labels)
    inputs = (samples, labels["labels"]) if labels else samples
    logits = exported.gan.discriminator(inputs, training=False)
    np.testing.assert_allclose(outputs["logits"], logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        outputs["probabilities"],
        1 / (1 + np.exp(-outputs["logits"].astype(float))),
        rtol=1e-5,
    )


def test_graph_stands_alone(exported):
    check_standalone(exported.path)


@pytest.mark.slow
def test_runs_in_the_c_api_without_xla(exported):
    if not (TENSORFLOW / "libtensorflow_cc.so.2").exists():
        pytest.skip("this TensorFlow has no libtensorflow_cc.so.2")
    expected = expected_for(exported)
    answers = run_in_c_api(exported.path, calls_for(exported))
    for (signature, _, values), answer in zip(expected, answers, strict=True):
        assert answer.keys() == values.keys(), signature
        for name in values:
            np.testing.assert_array_equal(answer[name], values[name])


# Conditional models -----------------------------------------------------------


def test_generate_makes_a_sample_for_each_label(conditional):
    labels = np.array([2, 2, 0, 1, 0], np.int32)
    outputs = conditional("generate", labels=labels, seed=np.int64(-3))
    gan = conditional.gan
    z = gan.latents.draw(-3, "sample", 0, 1, 5)[0]
    np.testing.assert_array_equal(outputs["z"], z)
    np.testing.assert_allclose(
        outputs["samples"],
        gan.sample(5, seed=-3, labels=labels),
        rtol=1e-5,
        atol=1e-5,
    )


def test_labels_make_a_difference(conditional):
    seeds = np.full(3, 8)
    samples = conditional(
        "sample", seeds=seeds, labels=np.arange(3, dtype=np.int32)
    )["samples"]
    assert np.abs(samples[0] - samples[1]).max() > 0.05
    assert np.abs(samples[1] - samples[2]).max() > 0.05


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 3], "`labels` must be less than 3"),
        ([0, -1], "`labels` has a negative one"),
        ([0], "`labels` must be one a row"),
        ([0, 1, 2], "`labels` must be one a row"),
    ],
)
@pytest.mark.parametrize("signature", ["sample", "sample_png"])
def test_wrong_labels_are_refused(conditional, signature, labels, words):
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        conditional(
            signature, seeds=np.arange(2), labels=np.array(labels, np.int32)
        )


def test_small_conditional_models_go_row_by_row(monkeypatch, tmp_path):
    """The same numbers, from one row at a time."""
    gan = image_models.build(**OPTIONS["conditional"])
    monkeypatch.setattr(export, "_ROW_BY_ROW", 10**9)
    archive, _ = export._archive(gan, export.MAX_SAMPLES, {})
    seeds = np.array([4, 9, 4])
    labels = np.array([0, 1, 2], np.int32)
    rows = archive._tf_trackable.sample(seeds, labels)["samples"]
    expected = gan.sampler((gan.latents.draw_each(seeds), labels))
    np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-5)


# Where this package, Keras or Python is not -----------------------------------


@pytest.mark.slow
def test_loads_where_keras_and_tf_gans_are_absent(conditional, tmp_path):
    packages, empty = tmp_path / "packages", tmp_path / "empty"
    packages.mkdir()
    empty.mkdir()
    for path in TENSORFLOW.parent.iterdir():
        if not path.name.startswith(("keras", "tf_gans", "__editable__")):
            (packages / path.name).symlink_to(path)
    expected = expected_for(conditional)
    answers = run_helper(
        ["-S", HELPERS / "plain_tensorflow.py", conditional.path],
        [
            [name, {k: as_json(v) for k, v in inputs.items()}]
            for name, inputs, _ in expected
        ],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(packages)},
    )
    for (_, _, values), answer in zip(expected, answers, strict=True):
        assert answer.keys() == values.keys()
        for name in values:
            np.testing.assert_array_equal(from_json(answer[name]), values[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["grey", "conditional"])
def test_png_files_over_rest(request, name):
    pytest.importorskip(
        "tensorflow_serving", reason="tensorflow-serving-api is not installed"
    )
    from tests.serving_helpers import loopback

    exported = request.getfixturevalue(name)
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    ((path, body),) = re.findall(
        r"curl http://127.0.0.1:8501(/\S+) \\\n +-d '(.*)'", text
    )
    request = json.loads(body)
    labels = labels_for(exported, 3)
    if labels:
        request["instances"] = [
            {"seeds": seed, "labels": int(label)}
            for seed, label in zip(
                request["instances"], labels["labels"], strict=True
            )
        ]
    with loopback.serve(exported.path, "digits") as ports:
        url = f"http://127.0.0.1:{ports[1]}{path}"
        data = json.dumps(request).encode()
        with urllib.request.urlopen(url, data, timeout=30) as response:
            predictions = json.load(response)["predictions"]
    expected = exported("sample_png", seeds=np.arange(1, 4), **labels)
    strings = from_json(["string", [3], [p["b64"] for p in predictions]])
    np.testing.assert_array_equal(strings, expected["png_bytes"])


# What a version says of itself ------------------------------------------------


def test_description(exported):
    about = json.loads((exported.path / export.DESCRIPTION).read_text("utf-8"))
    gan = exported.gan
    assert about["format"] == 1
    assert tuple(about["sample_shape"]) == tuple(gan.sample_shape)
    assert tuple(about["value_range"]) == gan.value_range
    assert about["num_classes"] == gan.num_classes
    assert about["classes"] is None
    named = export.describe(gan, ("cat", "dog", "cow"))
    assert named["classes"] == ["cat", "dog", "cow"]
    assert about["versions"]["tensorflow"] == tf.__version__
    prior = keras.saving.deserialize_keras_object(about["latents"])
    assert isinstance(prior, latents.Uniform)
    assert prior.get_config() == gan.latents.get_config()


def test_description_of_what_is_no_image():
    import tf_gans.toys.gaussian

    gan = tf_gans.GAN(
        tf_gans.toys.gaussian.networks.Generator(),
        tf_gans.toys.gaussian.networks.Discriminator(),
        tf_gans.latents.Stratified(),
    )
    about = json.loads(json.dumps(export.describe(gan)))
    assert about["sample_shape"] == [1]
    assert about["value_range"] is None
    assert about["num_classes"] is None
    prior = keras.saving.deserialize_keras_object(about["latents"])
    assert isinstance(prior, latents.Stratified)
