"""Inception, with weights that the test makes: the others are a download."""

import keras
import numpy as np
import pytest

from tf_gans.errors import UserError
from tf_gans.features import inception
from tf_gans.features.inception import FILE


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return keras.applications.InceptionV3(
        weights=None, classifier_activation=None
    )


@pytest.fixture(scope="module")
def weights(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("inception") / "random.weights.h5"
    network.save_weights(path)
    return path


@pytest.mark.slow
def test_the_pool_and_the_classes(network, weights):
    features = inception(weights, batch_size=2)
    assert (features.size, features.num_classes) == (2048, 1000)
    assert features.name.startswith("inception-")
    images = noise(3, 299, 299, 3)
    made, shares = features.both(images)
    x = keras.applications.inception_v3.preprocess_input(
        images.astype(np.float32)
    )
    pool = keras.Model(network.input, network.get_layer("avg_pool").output)
    np.testing.assert_allclose(made, pool(x), rtol=1e-3, atol=1e-5)
    logits = network(x).numpy().astype(float)
    expected = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, expected, rtol=1e-3)
    assert made.std() > 0


@pytest.mark.slow
def test_small_grey_images(weights):
    """They grow to 299 and are repeated to three channels."""
    features = inception(weights, batch_size=2)
    grey = noise(2, 28, 28, 1)
    np.testing.assert_allclose(
        features(grey), features(np.repeat(grey, 3, -1)), rtol=1e-5
    )
    assert features.resize == "bilinear to 299x299, colour"


def test_without_a_network(monkeypatch, tmp_path):
    """By Keras' own code, with all but the download in place."""
    asked = []

    def retrieve(url, target, *_):
        asked.append((url, target))
        raise OSError("no network")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", retrieve)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(UserError) as caught:
        inception()
    message = str(caught.value)
    assert "\n" not in message
    ((url, target),) = asked
    assert url.endswith(FILE)
    assert f"put the published {FILE} at {tmp_path / 'models' / FILE}" in (
        message
    )
    assert str(target).startswith(str(tmp_path / "models"))


def test_files_that_are_no_weights(tmp_path):
    with pytest.raises(UserError, match="must be a file of Inception's"):
        inception(tmp_path / "none.weights.h5")
    path = tmp_path / "text.weights.h5"
    path.write_text("nothing")
    with pytest.raises(UserError, match="must hold the weights") as caught:
        inception(path)
    assert "\n" not in str(caught.value)
