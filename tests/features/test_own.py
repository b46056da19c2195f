"""Features by what a user brings."""

import keras
import numpy as np
import pytest

from tf_gans.errors import UserError
from tf_gans.features import Features, of_file, of_model, pixels


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def network(height=8, width=8, channels=3, classes=False, seed=0):
    keras.utils.set_random_seed(seed)
    x = inputs = keras.Input((height, width, channels))
    features = keras.layers.GlobalAveragePooling2D()(
        keras.layers.Conv2D(5, 3)(x)
    )
    if not classes:
        return keras.Model(inputs, features)
    shares = keras.layers.Dense(4, activation="softmax")(features)
    return keras.Model(inputs, [features, shares])


class TestAModel:
    def test_it_is_given_what_it_takes(self):
        model = network()
        features = of_model(model, "mine", value_range=(-1, 1))
        assert isinstance(features, Features)
        assert (features.size, features.num_classes) == (5, None)
        images = noise(5, 8, 8, 3)
        expected = model(images / 127.5 - 1)
        np.testing.assert_allclose(features(images), expected, atol=1e-5)

    def test_sizes_and_channels(self):
        model = network()
        features = of_model(model, "mine")
        assert features.resize == "bilinear to 8x8, colour"
        images = noise(3, 16, 16, 1)
        halved = images.reshape(3, 8, 2, 8, 2, 1).mean((2, 4), dtype=float)
        expected = model(np.repeat(halved, 3, axis=-1))
        np.testing.assert_allclose(
            features(images), expected, rtol=1e-4, atol=1e-3
        )

    def test_any_size(self):
        features = of_model(network(None, None), "mine")
        assert features.resize == "colour"
        assert features(noise(2, 11, 7, 3)).shape == (2, 5)

    def test_probabilities(self):
        features = of_model(network(classes=True), "mine")
        assert features.num_classes == 4
        shares = features.probabilities(noise(6, 8, 8, 3))
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)

    def test_the_name_follows_the_weights_and_the_range(self):
        names = {
            of_model(network(seed=seed), "mine", value_range=value_range).name
            for seed in (0, 1)
            for value_range in ((0, 255), (-1, 1))
        }
        assert len(names) == 4
        assert of_model(network(), "mine").name in names

    @pytest.mark.parametrize(
        "model",
        [
            keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]),
            keras.Sequential(
                [keras.Input((8, 8, 3)), keras.layers.Conv2D(5, 3)]
            ),
            keras.Sequential([keras.Input((8, 8, 2)), keras.layers.Flatten()]),
        ],
    )
    def test_others_are_refused(self, model):
        with pytest.raises(ValueError, match="The model must take images"):
            of_model(model, "mine")

    def test_what_a_model_tells_itself(self):
        with pytest.raises(ValueError, match="a model tells them itself"):
            of_model(network(), "mine", size=5)


class TestAFunction:
    def test_it_is_given_the_pixels(self):
        features = of_model(
            lambda x: np.asarray(x).mean((1, 2)), "mine", size=3, version="1"
        )
        images = noise(5, 8, 8, 3)
        np.testing.assert_allclose(
            features(images), images.mean((1, 2)), rtol=1e-5
        )

    def test_the_version_is_part_of_the_name(self):
        one, two = (
            of_model(np.asarray, "mine", size=3, version=version)
            for version in "12"
        )
        assert one.name != two.name

    @pytest.mark.parametrize(
        "options", [{"size": 3}, {"version": "1"}, {"size": 3, "version": ""}]
    )
    def test_what_it_needs(self, options):
        with pytest.raises(ValueError, match="A function needs `size`"):
            of_model(np.asarray, "mine", **options)

    def test_what_is_no_function(self):
        with pytest.raises(ValueError, match="must be a Keras model or a func"):
            of_model(3, "mine")


class TestAFile:
    def test_it_is_the_model(self, tmp_path):
        model = network()
        model.save(tmp_path / "net.keras")
        features = of_file(tmp_path / "net.keras")
        images = noise(3, 8, 8, 3)
        np.testing.assert_allclose(
            features(images), of_model(model, "net")(images), rtol=1e-5
        )
        assert features.name.startswith("net-")

    def test_what_is_refused(self, tmp_path):
        (tmp_path / "text.keras").write_text("no model")
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).save(
            tmp_path / "flat.keras"
        )
        for name, message in {
            "none.keras": "must be a .keras file that exists",
            "text.npz": "must be a .keras file that exists",
            "text.keras": "cannot be used",
            "flat.keras": "cannot be used: The model must take images",
        }.items():
            with pytest.raises(UserError, match=message) as caught:
                of_file(tmp_path / name)
            assert "\n" not in str(caught.value)


class TestPixels:
    def test_they_are_the_pixels(self):
        images = noise(5, 4, 6, 3)
        features = pixels((4, 6, 3))
        assert features.size == 72
        np.testing.assert_allclose(
            features(images), images.reshape(5, 72) / 255, rtol=1e-6
        )

    def test_another_shape_is_refused(self):
        with pytest.raises(ValueError, match=r"of shape \(n, 4, 6, 3\)"):
            pixels((4, 6, 3))(noise(2, 6, 4, 3))
        assert pixels((4, 6, 3)).name != pixels((6, 4, 3)).name
