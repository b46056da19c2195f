"""Images of every origin: their sizes, their identity, a first look."""

import functools

import numpy as np
import pytest
from PIL import Image

from tests.data.user_data import (
    load,
    load_saying,
    noise,
    real_file,
    save_npz,
    write_images,
)
from tf_gans import data
from tf_gans.data import archives, downloads, folders
from tf_gans.errors import UserError


class TestPeek:
    """What can be known, and refused, before the pictures are read."""

    @pytest.fixture(autouse=True)
    def no_reading(self, monkeypatch):
        def fail(*_, **__):
            raise AssertionError("pictures were read")

        monkeypatch.setattr(folders, "_decode", fail)
        monkeypatch.setattr(archives._Archive, "read", fail)
        monkeypatch.setattr(downloads, "load", fail)

    def test_a_folder(self, tmp_path):
        write_images(tmp_path / "a", 3)
        write_images(tmp_path / "b", 3)
        peek = functools.partial(data.peek_images, path=tmp_path)
        facts = peek(size=30, with_labels=True)
        assert facts == data.ImageFacts(6, 30, 30, None)
        assert peek(size=30, channels=1).channels == 1
        with pytest.raises(UserError, match="--size"):
            peek()
        write_images(tmp_path, 1)
        with pytest.raises(UserError, match="1 images lie in none"):
            peek(size=30, with_labels=True)

    def test_an_npz(self, tmp_path):
        for x, shape in (
            (noise(5, 6, 8), (5, 6, 8, 1)),
            (noise(5, 3, 6, 8), (5, 6, 8, 3)),
            (noise(5, 6, 8, 4) / 255, (5, 6, 8, 3)),
        ):
            path = save_npz(tmp_path / "x.npz", images=x)
            assert data.peek_images(path=path) == data.ImageFacts(*shape)
        facts = data.peek_images(path=path, size=30, channels=1)
        assert facts == data.ImageFacts(5, 30, 30, 1)
        save_npz(path, x_train=noise(5, 6))
        with pytest.raises(UserError, match="images must be of shape"):
            data.peek_images(path=path)
        with pytest.raises(UserError, match="does not exist"):
            data.peek_images(path=tmp_path / "none")

    def test_a_data_set(self):
        facts = data.peek_images("cifar10", channels=1)
        assert facts == data.ImageFacts(50_000, 32, 32, 1)
        assert data.peek_images("triangles", size=30).height == 30
        with pytest.raises(UserError, match="no labels"):
            data.peek_images("triangles", with_labels=True)
        with pytest.raises(UserError, match="must be one of mnist"):
            data.peek_images("svhn")


class TestSizesAndChannels:
    @pytest.mark.parametrize("shape", [(3, 28, 28, 1), (3, 20, 31, 3)])
    @pytest.mark.parametrize("size", [16, 32])
    @pytest.mark.parametrize("channels", [None, 1, 3])
    def test_the_shape(self, tmp_path, shape, size, channels):
        path = save_npz(tmp_path / "x.npz", x_train=noise(*shape))
        images = load(path, size=size, channels=channels).images
        assert images.shape == (3, size, size, channels or shape[-1])
        assert images.dtype == np.uint8
        alone = load(path, channels=channels).images
        assert alone.shape == (*shape[:3], channels or shape[-1])

    def test_the_same_size_changes_nothing(self, tmp_path):
        x = noise(3, 20, 20, 3)
        path = save_npz(tmp_path / "x.npz", x_train=x)
        np.testing.assert_array_equal(load(path, size=20, channels=3).images, x)

    def test_the_middle_is_cut_out(self, tmp_path):
        """By whole pixels: what need not be resized stays as sharp."""
        x = noise(4, 10, 17, 3)
        path = save_npz(tmp_path / "wide.npz", x_train=x)
        np.testing.assert_array_equal(load(path, size=10).images, x[:, :, 3:13])
        path = save_npz(tmp_path / "tall.npz", x_train=x.transpose(0, 2, 1, 3))
        np.testing.assert_array_equal(
            load(path, size=10).images, x.transpose(0, 2, 1, 3)[:, 3:13]
        )

    def test_resizing_keeps_the_mean_and_is_smooth(self, tmp_path):
        ramp = np.linspace(20, 230, 64).astype(np.uint8)
        x = np.broadcast_to(ramp[:, np.newaxis], (2, 64, 64)).copy()
        path = save_npz(tmp_path / "x.npz", x_train=x)
        small = load(path, size=16).images[0, ..., 0].astype(float)
        blocks = x[0].reshape(16, 4, 16, 4).mean(axis=(1, 3))
        np.testing.assert_allclose(small[1:-1], blocks[1:-1], atol=1.01)
        large = load(path, size=128).images[0, ..., 0].astype(float)
        assert large.mean() == pytest.approx(x[0].mean(), abs=0.5)
        assert np.all(np.diff(large, axis=0) >= -1)

    def test_grey_is_luminance(self, tmp_path):
        x = noise(20, 5, 5, 3)
        path = save_npz(tmp_path / "x.npz", x_train=x)
        expected = x @ np.array([0.299, 0.587, 0.114])
        np.testing.assert_allclose(
            load(path, channels=1).images[..., 0], expected, atol=0.51
        )

    def test_colour_repeats_grey(self, tmp_path):
        x = noise(20, 5, 5, 1)
        path = save_npz(tmp_path / "x.npz", x_train=x)
        images = load(path, channels=3).images
        np.testing.assert_array_equal(images, np.repeat(x, 3, axis=-1))
        resized = load(path, size=9, channels=3).images
        grey = load(path, size=9).images
        np.testing.assert_array_equal(resized, np.repeat(grey, 3, axis=-1))


class TestIdentity:
    def test_it_is_that_of_the_first_release(self, tmp_path):
        """A run that goes on compares it with what it wrote down then."""
        x = (np.arange(5 * 48) % 251).astype(np.uint8).reshape(5, 4, 4, 3)
        y = np.arange(5)
        path = save_npz(tmp_path / "x.npz", x_train=x, y_train=y)
        assert load(path).identity.startswith("690e55c3dfbcf2df")
        assert load(path, with_labels=True).identity.startswith(
            "b153af8fddc9231b"
        )
        for i, pixels in enumerate(x):
            (tmp_path / f"{i % 2}").mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / f"{i % 2}" / f"{i}.png")
        path.unlink()
        images, _ = load_saying(tmp_path, size=3, with_labels=True)
        assert images.identity.startswith("34ed3e738c6582ce")

    def test_it_tells_images_apart(self, tmp_path):
        x = noise(5, 4, 4)
        path = save_npz(tmp_path / "x.npz", x_train=x, y_train=np.arange(5))
        identity = load(path).identity
        assert len(identity) == 64
        # Not the file's: the path, the time and the compression play no part.
        np.savez_compressed(tmp_path / "y.npz", x_train=x)
        assert load(tmp_path / "y.npz").identity == identity
        others = [
            load(path, with_labels=True),
            load(path, channels=3),
            load(path, size=8),
            load(save_npz(tmp_path / "z.npz", x_train=x[::-1])),
            load(save_npz(tmp_path / "z.npz", x_train=x[:4])),
            load(save_npz(tmp_path / "z.npz", x_train=x.reshape(5, 2, 8))),
            load(
                save_npz(
                    tmp_path / "z.npz", x_train=x, y_train=np.zeros(5, int)
                ),
                with_labels=True,
            ),
        ]
        assert len({identity, *(other.identity for other in others)}) == 8

    def test_a_folder_has_it_from_its_content(self, tmp_path):
        write_images(tmp_path / "a", 5)
        write_images(tmp_path / "b", 5)
        a, b = (load(tmp_path / name, size=8) for name in "ab")
        assert a.identity == b.identity
        (tmp_path / "b" / "000.png").rename(tmp_path / "b" / "9.png")
        assert load(tmp_path / "b", size=8).identity != a.identity


class TestRealFiles:
    def test_mnist(self):
        images = load(real_file("mnist.npz"), with_labels=True)
        assert images.images.shape == (60_000, 28, 28, 1)
        assert images.images.mean() / 255 == pytest.approx(0.1307, abs=1e-4)
        assert np.bincount(images.labels).tolist() == (
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
        )

    def test_cifar10(self):
        images = load(real_file("cifar10.npz"), with_labels=True)
        assert images.images.shape[1:] == (32, 32, 3)
        assert set(np.bincount(images.labels)) == {2500}

    @pytest.mark.slow
    def test_fashion_mnist_as_larger_colours(self):
        path = real_file("fashion_mnist.npz")
        images = load(path, size=32, channels=3).images
        assert images.shape == (60_000, 32, 32, 3)
        assert images.mean() / 255 == pytest.approx(0.2860, abs=5e-3)

    def test_faces_as_a_folder(self, tmp_path):
        """The way of a user's photographs: the same pictures, as JPEGs."""
        with np.load(real_file("faces64.npz")) as arrays:
            faces = arrays["x_train"][:300]
        for i, face in enumerate(faces):
            image = Image.fromarray(face).resize((256, 256))
            image.save(tmp_path / f"{i:03d}.jpg", quality=95)
        images = load(tmp_path, size=64).images
        assert images.shape == (300, 64, 64, 3)
        error = images.astype(float) - faces
        assert np.sqrt(np.mean(error**2)) < 6
        assert abs(np.mean(error)) < 0.5


@pytest.mark.parametrize(
    "arguments",
    [{}, {"dataset": "mnist", "path": "x.npz"}],
)
def test_a_set_or_a_path(arguments):
    with pytest.raises(ValueError, match="Either `dataset` or `path`"):
        data.load_images(**arguments)


def test_bad_arguments():
    with pytest.raises(ValueError, match="`size` must be a positive"):
        data.load_images("triangles", size=0)
    with pytest.raises(ValueError, match="`channels` must be 1, 3 or None"):
        data.load_images("triangles", channels=4)


class TestTheTestSplit:
    """What no training sees."""

    def test_an_archive(self, tmp_path):
        x, test = noise(6, 4, 4), noise(3, 4, 4, seed=1)
        path = save_npz(
            tmp_path / "x.npz",
            x_train=x,
            x_test=test,
            y_train=np.arange(6),
            y_test=np.array([2, 0, 1]),
        )
        assert data.has_test_images(path=path)
        loaded = load(path, split="test", with_labels=True)
        np.testing.assert_array_equal(loaded.images[..., 0], test)
        np.testing.assert_array_equal(loaded.labels, [2, 0, 1])
        np.testing.assert_array_equal(load(path).images[..., 0], x)
        assert data.peek_images(path=path, split="test").num_images == 3

    def test_an_archive_without(self, tmp_path):
        path = save_npz(tmp_path / "x.npz", x_train=noise(6, 4, 4))
        assert not data.has_test_images(path=path)
        with pytest.raises(UserError, match="must hold the test images as x_t"):
            load(path, split="test")
        empty = save_npz(
            tmp_path / "y.npz", x_train=noise(6, 4, 4), x_test=noise(0, 4, 4)
        )
        assert not data.has_test_images(path=empty)

    def test_a_folder_has_none(self, tmp_path):
        assert not data.has_test_images(path=tmp_path)
        with pytest.raises(UserError, match="a folder has no test images"):
            load(tmp_path, split="test", size=4)

    def test_triangles(self):
        test = load(dataset="triangles", split="test").images
        assert test.shape == (10_000, 28, 28, 1)
        train = data.draw_triangles(60_000)
        # None of them is a training image.
        seen = {image.tobytes() for image in train}
        assert not any(image.tobytes() in seen for image in test)

    def test_a_word_that_is_no_split(self):
        with pytest.raises(ValueError, match="`split` must be one of"):
            load(dataset="mnist", split="valid")
