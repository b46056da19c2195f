"""The data sets that have names."""

import pathlib
import urllib.error

import keras
import numpy as np
import pytest

from tests.data.user_data import (
    check_refused,
    load,
    noise,
    real_file,
)
from tf_gans import data
from tf_gans.data import downloads
from tf_gans.errors import UserError


class FakeKeras:
    """Stands in for a data set of Keras."""

    def __init__(self, result):
        self.result = result

    def load_data(self):
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class TestDatasets:
    def test_mnist(self, monkeypatch):
        x, y = noise(6, 28, 28), np.arange(6, dtype=np.uint8)
        fake = FakeKeras(((x, y), (x[:1], y[:1])))
        monkeypatch.setattr(keras.datasets, "mnist", fake)
        images = load(dataset="mnist")
        np.testing.assert_array_equal(images.images, x[..., np.newaxis])
        assert images.labels is None
        assert images.name == images.source == "mnist"
        images = load(dataset="mnist", with_labels=True, size=32, channels=3)
        np.testing.assert_array_equal(images.labels, np.arange(6))
        assert images.images.shape == (6, 32, 32, 3)

    def test_cifar10(self, monkeypatch):
        # As Keras gives it: another order of the axes in memory.
        x = noise(6, 3, 32, 32).transpose(0, 2, 3, 1)
        y = np.arange(6, dtype=np.uint8)[:, np.newaxis]
        fake = FakeKeras(((x, y), (x, y)))
        monkeypatch.setattr(keras.datasets, "cifar10", fake)
        images = load(dataset="cifar10", with_labels=True)
        np.testing.assert_array_equal(images.images, x)
        np.testing.assert_array_equal(images.labels, np.arange(6))
        assert images.images.flags.c_contiguous
        assert images.identity

    def test_fashion_mnist_is_checked(self, monkeypatch):
        """Keras checks the other two itself."""
        with np.load(real_file("fashion_mnist.npz")) as arrays:
            x, y = arrays["x_train"], arrays["y_train"]
        fake = FakeKeras(((x, y), (x, y)))
        monkeypatch.setattr(keras.datasets, "fashion_mnist", fake)
        images = load(dataset="fashion_mnist", with_labels=True)
        np.testing.assert_array_equal(images.images[..., 0], x)
        # What stands first in the published file is a boot.
        assert images.classes[images.labels[0]] == "Ankle boot"
        assert load(dataset="fashion_mnist").classes is None
        y = y.copy()
        y[7] ^= 1
        fake.result = ((x, y), (x, y))
        message = "ubyte.gz are not the published files"
        check_refused(message, dataset="fashion_mnist")

    @pytest.mark.parametrize(
        ("name", "published", "file"),
        [
            ("mnist", "mnist.npz", "datasets/mnist.npz"),
            (
                "fashion_mnist",
                "-ubyte.gz",
                "datasets/fashion-mnist/{train,t10k}-"
                "{images-idx3,labels-idx1}-ubyte.gz",
            ),
            (
                "cifar10",
                "cifar-10-python.tar.gz",
                "datasets/cifar-10-batches-py-target_archive",
            ),
        ],
    )
    @pytest.mark.parametrize(
        "error",
        [
            Exception("URL fetch failure on https://x.test/a: None -- [Errno]"),
            urllib.error.URLError("no network"),
            EOFError("Compressed file\nended"),
            ValueError("Incomplete or corrupted file detected."),
        ],
    )
    def test_without_a_network(
        self, monkeypatch, tmp_path, name, published, file, error
    ):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        monkeypatch.setattr(keras.datasets, name, FakeKeras(error))
        with pytest.raises(UserError) as caught:
            load(dataset=name)
        message = str(caught.value)
        assert "\n" not in message
        assert message.startswith(f"{name}: cannot be loaded: ")
        assert str(error).split()[0] in message
        assert f"{published} at {tmp_path / file}" in message
        assert "--data FILE.npz" in message
        assert "--dataset triangles" in message

    def test_the_files_are_where_keras_looks_for_them(
        self, monkeypatch, tmp_path
    ):
        """By Keras' own code, with all but the download in place."""
        asked = []

        def retrieve(url, target, *_):
            asked.append((url, target))
            raise urllib.error.URLError("no network")

        monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", retrieve)
        monkeypatch.setattr(
            "keras.src.backend.config._KERAS_DIR", str(tmp_path)
        )
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        for name in ("mnist", "fashion_mnist", "cifar10"):
            with pytest.raises(UserError, match="no network") as caught:
                load(dataset=name)
            url, target = asked[-1]
            if name == "fashion_mnist":
                target = str(pathlib.Path(target).parent)
            assert f" at {target}" in str(caught.value)
            if name != "fashion_mnist":
                assert url.rpartition("/")[2] in str(caught.value)

    def test_where_keras_goes_if_it_cannot_write(self, monkeypatch, tmp_path):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "none"))
        assert downloads.keras_directory().name == ".keras"
        monkeypatch.delenv("KERAS_HOME")
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / ".keras").mkdir()
        assert downloads.keras_directory() == tmp_path / ".keras"

    def test_triangles(self, monkeypatch):
        monkeypatch.setattr(
            downloads,
            "draw_triangles",
            lambda size: data.draw_triangles(30, size=size),
        )
        images = load(dataset="triangles")
        np.testing.assert_array_equal(images.images, data.draw_triangles(30))
        large = load(dataset="triangles", size=40, channels=3)
        np.testing.assert_array_equal(
            large.images, data.draw_triangles(30, size=40).repeat(3, -1)
        )
        assert images.name == "triangles"
        check_refused("no labels", dataset="triangles", with_labels=True)

    def test_the_number_of_triangles(self):
        assert load(dataset="triangles").images.shape == (60_000, 28, 28, 1)

    def test_other_names(self):
        check_refused("must be one of mnist, .*received svhn", dataset="svhn")
