"""The classifier of digits that ships: its weights, and what they reach."""

import json
import math
import re
import sys

import numpy as np
import pytest

from tests.paths import REAL, ROOT
from tf_gans.features import digits as digits_features
from tf_gans.features.base import digest_of
from tf_gans.features.digits import FACTS, WEIGHTS, classifier, read_weights


@pytest.fixture(scope="module")
def features():
    return digits_features()


@pytest.fixture(scope="module")
def test_digits():
    path = REAL / "mnist.npz"
    if not path.is_file():
        pytest.skip(f"mnist.npz is not in {REAL}")
    with np.load(path) as file:
        return file["x_test"][..., np.newaxis], file["y_test"]


def test_it_tells_the_test_digits_apart(features, test_digits):
    images, labels = test_digits
    shares = features.probabilities(images)
    accuracy = np.mean(shares.argmax(axis=1) == labels)
    facts = json.loads(FACTS.read_text("utf-8"))
    assert accuracy >= 0.993
    # Another machine's rounding may move a digit or two.
    assert abs(accuracy - facts["test_accuracy"]) <= 2e-4
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)


def test_the_features_are_the_mean_of_the_last_layer(features):
    import keras

    model = classifier()
    model.set_weights(read_weights())
    last = next(
        layer
        for layer in reversed(model.layers)
        if isinstance(layer, keras.layers.ReLU)
    )
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1), np.uint8)
    maps = keras.Model(model.input, last.output)(images / 255, training=False)
    assert maps.shape == (5, 5, 5, 128)
    np.testing.assert_allclose(
        features(images), np.mean(maps, (1, 2)), rtol=1e-4, atol=1e-6
    )
    assert features.size == 128
    assert features.num_classes == 10


def test_an_image_s_features_do_not_depend_on_the_others(features):
    images = np.random.default_rng(1).integers(
        0, 256, (150, 28, 28, 1), np.uint8
    )
    whole = features(images)
    np.testing.assert_allclose(whole[:3], features(images[:3]), atol=1e-5)
    np.testing.assert_allclose(whole[140:], features(images[140:]), atol=1e-5)


def test_larger_and_coloured_digits(features, test_digits):
    """They are resized and become grey, and are the same digits."""
    images, labels = (part[:500] for part in test_digits)
    large = images.repeat(2, axis=1).repeat(2, axis=2).repeat(3, axis=3)
    np.testing.assert_allclose(features(large), features(images), atol=1e-3)
    accuracy = (features.probabilities(large).argmax(axis=1) == labels).mean()
    assert accuracy > 0.98


def test_the_facts_are_of_the_weights():
    facts = json.loads(FACTS.read_text("utf-8"))
    assert facts["sha256"] == digest_of(read_weights())
    assert facts["test_accuracy"] >= 0.993
    parameters = sum(math.prod(w.shape) for w in classifier().trainable_weights)
    assert facts["parameters"] == parameters
    assert WEIGHTS.stat().st_size < 1.5e6
    module = re.match(r"python -m ([\w.]+) ", facts["trained_by"])[1]
    assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
    documented = (ROOT / "tf_gans/features/digits.py").read_text("utf-8")
    assert f"{parameters:,} trainable parameters" in documented


def test_other_weights_are_noticed(tmp_path, monkeypatch):
    with np.load(WEIGHTS) as file:
        arrays = dict(file)
    arrays["00"] = arrays["00"] + np.float32(1e-3)
    path = tmp_path / "digits.npz"
    np.savez(path, **arrays)
    module = sys.modules["tf_gans.features.digits"]
    monkeypatch.setattr(module, "WEIGHTS", path)
    with pytest.raises(ValueError, match="must hold the weights that digits"):
        read_weights()


def test_they_are_installed():
    """As data of the package, which a wheel has only where it is told."""
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        setuptools = tomllib.load(file)["tool"]["setuptools"]
    assert "tf_gans.features" in setuptools["packages"]
    assert set(setuptools["package-data"]["tf_gans.features"]) == {
        WEIGHTS.name,
        FACTS.name,
    }
