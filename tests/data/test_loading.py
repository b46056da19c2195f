"""Images from data sets, .npz files and folders, and all that can be wrong."""

import contextlib
import functools
import io
import os
import pathlib
import socket
import urllib.error
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image, features

from tests.paths import REAL
from tf_gans import data
from tf_gans.data import archives, arrays, downloads, folders, user_files
from tf_gans.errors import UserError


def real_file(name):
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"{name} is not in {REAL}")
    return path


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def say_nothing(line):
    raise AssertionError(f"nothing was to be said: {line}")


def load(path=None, dataset=None, say=say_nothing, **arguments):
    return data.load_images(dataset, path, say=say, **arguments)


def check_refused(message, path=None, dataset=None, **arguments):
    with pytest.raises(UserError, match=message) as caught:
        load(path, dataset, **arguments)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert str(path or dataset) in str(caught.value)


def save_npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def write_images(folder, count=4, size=(10, 8), mode="RGB", suffix=".png"):
    """Images of noise, which differ."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
        pixels = noise(size[1], size[0], *channels, seed=i)
        Image.fromarray(pixels).save(folder / f"{i:03d}{suffix}")
    return folder


class TestNpz:
    @pytest.mark.parametrize(
        "shape",
        [(5, 4, 4), (5, 4, 4, 1), (5, 4, 4, 3), (5, 4, 6, 3), (2, 1, 1)],
    )
    def test_images_come_as_they_are(self, tmp_path, shape):
        x = noise(*shape)
        path = save_npz(tmp_path / "some.npz", x_train=x, x_test=x[:0])
        images = load(path)
        expected = x if x.ndim == 4 else x[..., np.newaxis]
        np.testing.assert_array_equal(images.images, expected)
        assert images.images.dtype == np.uint8
        assert images.labels is None
        assert images.name == "some"
        assert images.source == str(path.resolve())

    @pytest.mark.parametrize("shape", [(5,), (5, 1)])
    @pytest.mark.parametrize("dtype", ["uint8", "int64", "int32"])
    def test_labels(self, tmp_path, shape, dtype):
        y = np.array([0, 3, 1, 2, 3], dtype).reshape(shape)
        path = save_npz(tmp_path / "x.npz", x_train=noise(5, 4, 4), y_train=y)
        assert load(path).labels is None
        labels = load(path, with_labels=True).labels
        assert labels.dtype == np.int32
        np.testing.assert_array_equal(labels, [0, 3, 1, 2, 3])

    def test_the_suffix_in_capitals_and_the_path_as_text(self, tmp_path):
        np.savez(tmp_path / "x.npz", x_train=noise(3, 4, 4))
        (tmp_path / "x.npz").rename(tmp_path / "X.NPZ")
        assert len(load(str(tmp_path / "X.NPZ")).images) == 3

    def test_compressed_and_in_another_order(self, tmp_path):
        x = np.asfortranarray(noise(6, 4, 5, 3))
        np.savez_compressed(tmp_path / "x.npz", x_train=x)
        images = load(tmp_path / "x.npz").images
        np.testing.assert_array_equal(images, x)
        assert images.flags.c_contiguous

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({"x_test": noise(5, 4, 4)}, "images as x_train; received x_test"),
            ({}, "images as x_train; received no arrays"),
            ({"x_train": np.ones((5, 4, 4))}, "uint8.*received float64"),
            ({"x_train": np.ones((5, 4, 4), np.int64)}, "uint8.*int64"),
            ({"x_train": np.ones((5, 4, 4), bool)}, "uint8.*bool"),
            ({"x_train": noise(5, 16)}, r"received \(5, 16\)"),
            ({"x_train": noise(5, 3, 4, 4)}, r"received \(5, 3, 4, 4\)"),
            ({"x_train": noise(5, 4, 4, 4)}, r"1 or 3 channels"),
            ({"x_train": noise(5, 4, 4, 2)}, r"1 or 3 channels"),
            ({"x_train": noise(5, 0, 4, 1)}, r"received \(5, 0, 4, 1\)"),
            ({"x_train": np.uint8(5)}, r"received \(\)"),
            ({"x_train": noise(5, 64)}, r"save x\.reshape\(-1, 8, 8\)"),
            (
                {"x_train": noise(5, 3, 4, 4)},
                r"save x\.transpose\(0, 2, 3, 1\)",
            ),
            # An array of ones may be black or white, or both with a half.
            ({"x_train": np.eye(4)[np.newaxis].repeat(2, 0) - 0.1}, "save np"),
            ({"x_train": np.full((5, 4, 4), np.nan)}, "float64 from nan"),
            ({"x_train": np.arange(32).reshape(2, 4, 4) * 9}, "0 to 279"),
            ({"x_train": np.arange(32.0).reshape(2, 4, 4) / 8}, "0 to 3.875"),
            ({"images": noise(5, 4, 4), "arr_0": noise(5, 4, 4)}, "as x_train"),
            ({"x_train": noise(1, 4, 4)}, "at least 2 images; received 1"),
            ({"x_train": noise(0, 4, 4)}, "at least 2 images; received 0"),
        ],
    )
    def test_wrong_images(self, tmp_path, arrays, message):
        check_refused(message, save_npz(tmp_path / "x.npz", **arrays))

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            (None, "labels as y_train; received x_train"),
            (np.arange(4), r"each of the 5 images; received shape \(4,\)"),
            (np.ones((5, 3), int), r"shape \(5, 3\) must be one-hot.*argmax"),
            (np.eye(5)[..., np.newaxis], r"received shape \(5, 5, 1\)"),
            (np.eye(4), r"each of the 5 images; received shape \(4, 4\)"),
            (np.arange(5.0), r"integers; received float64; save y\.astype"),
            (np.arange(5) - 1, "from 0 to 65535; received -1 to 3"),
            (np.arange(5) + 2**20, "from 0 to 65535; received 1048576"),
            (np.full(5, 2**63, np.uint64), "received 9223372036854775808"),
        ],
    )
    def test_wrong_labels(self, tmp_path, labels, message):
        arrays = {"x_train": noise(5, 4, 4)}
        if labels is not None:
            arrays["y_train"] = labels
        path = save_npz(tmp_path / "x.npz", **arrays)
        assert load(path).labels is None
        check_refused(message, path, with_labels=True)

    def test_pickled_objects_are_refused(self, tmp_path):
        class Trap:
            def __reduce__(self):
                return (Image.new, ("L", (1, 1)))

        objects = np.empty(3, object)
        objects[:] = [Trap(), noise(4, 4), None]
        path = tmp_path / "x.npz"
        np.savez(path, allow_pickle=True, x_train=objects)
        check_refused("x_train holds pickled objects", path)
        np.savez(
            path, allow_pickle=True, x_train=noise(3, 4, 4), y_train=objects
        )
        check_refused("y_train holds pickled objects", path, with_labels=True)

    def test_broken_files(self, tmp_path):
        path = tmp_path / "x.npz"
        path.write_bytes(b"")
        check_refused("is not an .npz file", path)
        path.write_bytes(noise(1000).tobytes())
        check_refused("is not an .npz file", path)
        np.save(tmp_path / "x.npy", noise(5, 4, 4))
        (tmp_path / "x.npy").rename(path)
        check_refused("is not an .npz file", path)

        np.savez(path, x_train=noise(50, 4, 4))
        whole = path.read_bytes()
        path.write_bytes(whole[:-200])
        check_refused("is not an .npz file, or not a whole one", path)
        damaged = bytearray(whole)
        damaged[500] ^= 255
        path.write_bytes(damaged)
        check_refused("cannot be read: .*CRC", path)

    def test_a_header_that_is_not_whole(self, tmp_path):
        path = save_npz(tmp_path / "x.npz", x_train=noise(50, 4, 4))
        content = io.BytesIO()
        np.save(content, noise(50, 4, 4))
        for old, new, message in (
            (b"}", b" ", "is not a whole .npz file"),
            (b"(50, ", b"(5e, ", "x_train: "),
            (b"(50, ", b"(99, ", "x_train is not whole.*(99, 4, 4)"),
        ):
            with zipfile.ZipFile(path, "w") as file:
                damaged = content.getvalue().replace(old, new, 1)
                file.writestr("x_train.npy", damaged)
            check_refused(message, path)

    def test_members_that_are_no_arrays(self, tmp_path):
        path = tmp_path / "x.npz"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("x_train.npy", b"not an array")
        check_refused("x_train", path)
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("x_train", b"not an array")
        check_refused("x_train must be an array", path)
        content = io.BytesIO()
        np.save(content, noise(50, 4, 4))
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("x_train.npy", content.getvalue()[:-100])
        check_refused("x_train", path)

    def test_other_files(self, tmp_path):
        check_refused("does not exist", tmp_path / "none.npz")
        check_refused("does not exist", tmp_path / "none")
        for name in ("x.npy", "x.png", "x"):
            (tmp_path / name).write_bytes(b"1")
            check_refused("must be a folder of images or", tmp_path / name)


def load_saying(path, **arguments):
    """The images, and all that was said, which named the path."""
    lines = []
    images = load(path, say=lines.append, **arguments)
    assert all(line.startswith(str(path)) for line in lines)
    assert not any("\n" in line for line in lines)
    return images, " | ".join(lines)


class TestNpzOfOthers:
    """Layouts that can be read in one way only are converted, and it is said."""

    @pytest.mark.parametrize(
        "key", ["arr_0", "images", "train_images", "x", "X", "data"]
    )
    def test_other_names(self, tmp_path, key):
        x = noise(5, 6, 6)
        path = save_npz(tmp_path / "x.npz", **{key: x}, others=np.arange(3))
        images, said = load_saying(path)
        np.testing.assert_array_equal(images.images[..., 0], x)
        assert said == f"{path}: the images are {key}"

    def test_other_names_of_labels(self, tmp_path):
        np.savez(tmp_path / "x.npz", noise(5, 6, 6), np.arange(5))
        images, said = load_saying(tmp_path / "x.npz", with_labels=True)
        np.testing.assert_array_equal(images.labels, np.arange(5))
        assert said.endswith("the images are arr_0, the labels are arr_1")

    def test_the_name_of_keras_goes_before(self, tmp_path):
        x = noise(5, 6, 6)
        path = save_npz(tmp_path / "x.npz", images=noise(3, 6, 6), x_train=x)
        np.testing.assert_array_equal(load(path).images[..., 0], x)

    @pytest.mark.parametrize("channels", [1, 3])
    def test_channels_first(self, tmp_path, channels):
        x = noise(5, channels, 6, 7)
        path = save_npz(tmp_path / "x.npz", x_train=x)
        images, said = load_saying(path)
        np.testing.assert_array_equal(images.images, x.transpose(0, 2, 3, 1))
        assert images.images.flags.c_contiguous
        assert "channels come first" in said

    @pytest.mark.parametrize("axis", [1, 3])
    def test_an_alpha_channel(self, tmp_path, axis):
        x = np.zeros((5, 6, 7, 4), np.uint8)
        x[:2] = 9, 8, 7, 255
        x[2] = 0, 0, 0, 51  # a fifth of black
        path = save_npz(tmp_path / "x.npz", x_train=np.moveaxis(x, 3, axis))
        images, said = load_saying(path)
        assert images.images.shape == (5, 6, 7, 3)
        np.testing.assert_array_equal(
            images.images[:, 2, 2],
            [[9, 8, 7]] * 2 + [[204] * 3] + [[255] * 3] * 2,
        )
        assert "transparent becomes white" in said

    @pytest.mark.parametrize(
        ("convert", "said"),
        [
            (lambda x: x.astype(np.int64), "int64 values 0 to 255"),
            (lambda x: x.astype(np.uint16), "uint16 values 0 to 255"),
            (lambda x: x.astype(np.float32), "float32 values 0 to 255"),
            (lambda x: x / np.float32(255), "float32 values 0 to 1"),
            (lambda x: (x / 255).astype(np.float16), "float16 values 0 to 1"),
            (lambda x: x / 127.5 - 1, "float64 values -1 to 1"),
        ],
    )
    @pytest.mark.parametrize("chunk", [2**22, 200])
    def test_numbers_that_are_pixels(
        self, tmp_path, monkeypatch, convert, said, chunk
    ):
        """All 256 greys come back, also where they are converted in parts."""
        monkeypatch.setattr(arrays, "_CHUNK", chunk)
        x = np.arange(5 * 64).astype(np.uint8).reshape(5, 8, 8)
        path = save_npz(tmp_path / "x.npz", x_train=convert(x))
        images, lines = load_saying(path)
        np.testing.assert_array_equal(images.images[..., 0], x)
        assert images.images.dtype == np.uint8
        assert said in lines
        plain = load(save_npz(tmp_path / "y.npz", x_train=x))
        assert images.identity == plain.identity

    def test_all_at_once(self, tmp_path):
        x = noise(5, 4, 8, 8)
        x[:, 3] = 255
        path = save_npz(tmp_path / "x.npz", images=x / 255)
        np.testing.assert_array_equal(
            load_saying(path)[0].images, x[:, :3].transpose(0, 2, 3, 1)
        )

    @pytest.mark.parametrize("dtype", ["int64", "float32", "bool"])
    def test_one_hot_labels(self, tmp_path, dtype):
        y = np.eye(4, dtype=dtype)[[3, 0, 1, 3, 2]]
        path = save_npz(tmp_path / "x.npz", x_train=noise(5, 4, 4), y_train=y)
        images, said = load_saying(path, with_labels=True)
        np.testing.assert_array_equal(images.labels, [3, 0, 1, 3, 2])
        assert images.labels.dtype == np.int32
        assert "one-hot labels become 0 to 3" in said
        assert images.classes is None

    @pytest.mark.parametrize("dtype", ["U", "S"])
    @pytest.mark.parametrize("shape", [(5,), (5, 1)])
    def test_labels_that_are_names(self, tmp_path, dtype, shape):
        y = np.array(["dog", "cat", "emu", "cat", "dog"], dtype).reshape(shape)
        path = save_npz(tmp_path / "x.npz", x_train=noise(5, 4, 4), y_train=y)
        images, said = load_saying(path, with_labels=True)
        np.testing.assert_array_equal(images.labels, [1, 0, 2, 0, 1])
        assert images.classes == ("cat", "dog", "emu")
        assert "labels: 0 cat, 1 dog, 2 emu" in said
        assert load(path).classes is None

    def test_names_that_are_numbers(self, tmp_path):
        y = np.array(["10", "9", "0", "10", "9"])
        path = save_npz(tmp_path / "x.npz", x_train=noise(5, 4, 4), y_train=y)
        images, _ = load_saying(path, with_labels=True)
        assert images.classes == ("0", "9", "10")
        np.testing.assert_array_equal(images.labels, [2, 1, 0, 2, 1])


class TestMemory:
    """A megabyte of archive may be gigabytes of zeros."""

    def test_an_archive_that_unpacks_to_more_than_there_is(
        self, tmp_path, monkeypatch
    ):
        path = tmp_path / "x.npz"
        np.savez_compressed(path, x_train=np.zeros((100, 128, 128), np.uint8))
        assert path.stat().st_size < 10_000
        assert len(load(path).images) == 100
        monkeypatch.setattr(user_files, "available_memory", lambda: 2**20)
        check_refused(
            "unpacked x_train take 1.6 MiB of memory, and 1.0 MiB are", path
        )

    def test_what_it_is_resized_to_counts_too(self, tmp_path, monkeypatch):
        path = save_npz(tmp_path / "x.npz", x_train=noise(10, 8, 8))
        monkeypatch.setattr(user_files, "available_memory", lambda: 2**20)
        assert load(path, size=256, channels=1).images.shape[1] == 256
        message = "10 images of 512x512 take 2.5 MiB.*smaller --size"
        check_refused(message, path, size=512)
        write_images(tmp_path / "a", 10)
        message = "10 images of 512x512 pixels take 7.5 MiB.*smaller --size"
        check_refused(message, tmp_path / "a", size=512)
        check_refused("triangles: .*MiB", dataset="triangles")

    def test_there_is_some(self):
        """And a number that the machine could have."""
        assert user_files.available_memory() > 2**20


class TestOddPaths:
    """What is no file, has no end, or rings the bell."""

    @pytest.fixture
    def pipe(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.png")
        return tmp_path / "pipe.png"

    def test_a_pipe(self, pipe):
        check_refused("must be a file or a folder; received a pipe", pipe)
        with pytest.raises(UserError, match="received a pipe"):
            data.peek_images(path=pipe)
        check_refused("received a pipe", "/dev/null")

    def test_a_pipe_in_a_folder(self, pipe):
        write_images(pipe.parent, 3)
        os.mkfifo(pipe.parent / "x")
        with socket.socket(socket.AF_UNIX) as listener:
            with contextlib.chdir(pipe.parent):  # a short name
                listener.bind("s")
            images, said = load_saying(pipe.parent, size=4)
        assert len(images.images) == 3
        assert "3 pipe, socket or device" in said

    @pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + ".npz", "a\0b"])
    def test_impossible_names(self, tmp_path, name):
        with pytest.raises(UserError, match="cannot be read: ") as caught:
            load(str(tmp_path / name))
        assert "\n" not in str(caught.value)
        assert "\0" not in str(caught.value)

    def test_a_circle_of_links(self, tmp_path):
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        check_refused("symbolic links", tmp_path / "a")

    def test_names_are_printed_on_one_line_without_codes(self, tmp_path):
        folder = tmp_path / "new\nline\x1b[31m"
        for name in ("red\x1b[31m", "two\nlines"):
            write_images(folder / name, 3)
        (folder / "red\x1b[31m" / "0\n.png").write_bytes(b"broken")
        (folder / "bell.\a").write_bytes(b"nothing")
        lines = []
        images = load(folder, size=4, with_labels=True, say=lines.append)
        assert len(lines) == 3
        assert all(line.isprintable() for line in lines)
        assert "new\\nline\\x1b[31m" in lines[0]
        # What is kept is the name itself, and what is printed is not.
        assert images.classes == ("red\x1b[31m", "two\nlines")
        assert images.name.isprintable()
        with pytest.raises(UserError) as caught:
            load(folder)
        assert str(caught.value).isprintable()


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


class TestFolders:
    def test_order_and_content(self, tmp_path):
        """Sorted by path, whatever the order in which files came to be."""
        names = ["b/2.png", "a.png", "b/1.PNG", "c/d/e.Bmp", "a-.png", "b.png"]
        for i, name in enumerate(names):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(noise(6, 6, 3, seed=i)).save(path)
        images = load(tmp_path, size=6)
        order = sorted(names, key=lambda name: pathlib.Path(name).parts)
        expected = [noise(6, 6, 3, seed=names.index(name)) for name in order]
        np.testing.assert_array_equal(images.images, expected)
        assert images.name == tmp_path.name
        assert images.source == str(tmp_path.resolve())
        assert images.labels is None

    def test_hidden_files_are_ignored(self, tmp_path):
        write_images(tmp_path, 3)
        write_images(tmp_path / ".thumbnails", 2)
        (tmp_path / "._000.png").write_bytes(b"a resource fork")
        assert len(load(tmp_path, size=4).images) == 3

    def test_links_to_folders(self, tmp_path):
        """They are followed, but not in a circle."""
        write_images(tmp_path / "elsewhere", 3)
        root = tmp_path / "root"
        write_images(root / "b", 2)
        (root / "a").symlink_to(tmp_path / "elsewhere")
        (root / "b" / "up").symlink_to(root)
        assert len(load(root, size=4).images) == 5

    @pytest.mark.parametrize("suffix", folders.SUFFIXES)
    def test_formats(self, tmp_path, suffix):
        shade = np.full((20, 24, 3), (200, 100, 50), np.uint8)
        for i in range(2):
            Image.fromarray(shade).save(tmp_path / f"{i}{suffix}")
        images = load(tmp_path, size=5).images
        np.testing.assert_allclose(
            images, np.broadcast_to(shade[0, 0], (2, 5, 5, 3)), atol=8
        )

    def test_sizes_may_differ(self, tmp_path):
        for i, size in enumerate([(1, 1), (3, 500), (500, 3), (40, 40)]):
            Image.new("RGB", size, (10, 20, 30)).save(tmp_path / f"{i}.png")
        images = load(tmp_path, size=8).images
        np.testing.assert_array_equal(
            images, np.broadcast_to(np.uint8([10, 20, 30]), (4, 8, 8, 3))
        )

    def test_the_middle_is_cut_out(self, tmp_path):
        pixels = noise(12, 25, 3)
        for i in range(2):
            Image.fromarray(pixels).save(tmp_path / f"{i}.png")
        np.testing.assert_array_equal(
            load(tmp_path, size=12).images[1], pixels[:, 6:18]
        )

    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_turned_by_exif(self, tmp_path, suffix, orientation):
        upright = np.zeros((80, 80), np.uint8)
        upright[:40, :40], upright[:40, 40:], upright[40:, :40] = 250, 170, 80
        # How the camera stores it, for each orientation that it then names.
        stored = {
            1: upright,
            2: upright[:, ::-1],
            3: upright[::-1, ::-1],
            4: upright[::-1],
            5: upright.T,
            6: np.rot90(upright),
            7: upright[::-1, ::-1].T,
            8: np.rot90(upright, -1),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        for i in range(2):
            image = Image.fromarray(np.ascontiguousarray(stored))
            image.save(tmp_path / f"{i}{suffix}", exif=exif, quality=95)
        image = load(tmp_path, size=8, channels=1).images[0, ..., 0]
        corners = image[[1, 1, 6, 6], [1, 6, 1, 6]]
        np.testing.assert_allclose(corners, [250, 170, 80, 0], atol=4)

    def test_damaged_exif_is_no_damage(self, tmp_path):
        for i in range(2):
            Image.new("RGB", (9, 9), (90, 90, 90)).save(
                tmp_path / f"{i}.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\x7fxx"
            )
        assert np.all(load(tmp_path, size=9).images == 90)

    def test_transparent_is_white(self, tmp_path):
        pixels = np.zeros((8, 8, 4), np.uint8)
        pixels[:4] = 255, 0, 0, 255
        pixels[4:] = 0, 0, 0, 51  # a fifth of black
        rgba = Image.fromarray(pixels)
        rgba.save(tmp_path / "0.png")
        rgba.convert("LA").save(tmp_path / "1.png")
        palette = Image.fromarray(np.repeat(np.uint8([[0], [1]]), 4, 0), "L")
        palette = palette.resize((8, 8), Image.Resampling.NEAREST)
        palette = Image.frombytes("P", (8, 8), palette.tobytes())
        palette.putpalette([255, 0, 0, 0, 0, 0])
        palette.save(tmp_path / "2.png", transparency=1)
        palette.save(tmp_path / "3.gif", transparency=1)
        palette.save(tmp_path / "4.png", transparency=bytes([255, 51]))
        plain = Image.fromarray(np.full((8, 8, 3), 7, np.uint8))
        plain.save(tmp_path / "5.png", transparency=(7, 7, 7))
        images = load(tmp_path, size=8).images
        top, bottom = images[:, 1, 1], images[:, 6, 6]
        red, white = [255, 0, 0], [255] * 3
        np.testing.assert_array_equal(
            top, [red, [76] * 3, red, red, red, white]
        )
        np.testing.assert_array_equal(
            bottom, [[204] * 3, [204] * 3, white, white, [204] * 3, white]
        )

    def test_modes_of_pillow(self, tmp_path):
        """Palette, 1 bit, 16 bits, CMYK: all become 8 bits a channel."""
        Image.new("RGB", (8, 8), (0, 0, 255)).quantize(8).save(
            tmp_path / "0.png"
        )
        Image.new("1", (8, 8), 1).save(tmp_path / "1.png")
        deep = np.full((8, 8), 0x8000, np.uint16)
        Image.fromarray(deep).save(tmp_path / "2.png")
        Image.fromarray(deep).save(tmp_path / "3.tif")
        Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(tmp_path / "4.jpg")
        Image.fromarray(deep.astype(np.int32)).save(tmp_path / "5.tif")
        images = load(tmp_path, size=4).images
        expected = [[0, 0, 255], [255] * 3, *[[128] * 3] * 2, [255] * 3]
        np.testing.assert_array_equal(images[:5, 0, 0], expected)
        np.testing.assert_array_equal(images[5, 0, 0], [128] * 3)

    def test_the_first_frame_of_an_animation(self, tmp_path):
        frames = [Image.new("L", (8, 8), grey) for grey in (10, 200)]
        for i in range(2):
            frames[0].save(
                tmp_path / f"{i}.gif",
                save_all=True,
                append_images=frames[1:],
            )
        assert np.all(load(tmp_path, size=8).images == 10)

    def test_channels(self, tmp_path):
        """Those of the data: 1 if nothing has a colour, else 3."""
        write_images(tmp_path, 3, mode="L")
        grey = load(tmp_path, size=8).images
        assert grey.shape == (3, 8, 8, 1)
        assert grey.flags.c_contiguous
        # Grey, in the guise of colours.
        Image.fromarray(noise(8, 8)).convert("RGB").save(tmp_path / "001.png")
        same = load(tmp_path, size=8)
        assert same.images.shape == (3, 8, 8, 1)
        np.testing.assert_array_equal(
            load(tmp_path, size=8, channels=1).images, same.images
        )
        coloured = load(tmp_path, size=8, channels=3).images
        np.testing.assert_array_equal(coloured, same.images.repeat(3, -1))
        Image.new("RGB", (8, 8), (10, 10, 11)).save(tmp_path / "002.png")
        images = load(tmp_path, size=8).images
        assert images.shape == (3, 8, 8, 3)
        np.testing.assert_array_equal(images[:2], coloured[:2])
        assert load(tmp_path, size=8, channels=1).images.shape == (3, 8, 8, 1)

    def test_labels_are_the_names_of_folders(self, tmp_path):
        for name, count in (("dog", 2), ("cat", 3), ("Emu/deep", 1)):
            write_images(tmp_path / name, count)
        (tmp_path / "without images").mkdir()
        lines = []
        images = load(tmp_path, size=4, with_labels=True, say=lines.append)
        np.testing.assert_array_equal(images.labels, [0, 1, 1, 1, 2, 2])
        assert images.labels.dtype == np.int32
        assert lines == [f"{tmp_path}: labels: 0 Emu, 1 cat, 2 dog"]
        assert images.classes == ("Emu", "cat", "dog")
        assert load(tmp_path, size=4).labels is None
        assert load(tmp_path, size=4).classes is None

    @pytest.mark.parametrize(
        ("names", "order"),
        [
            (range(12), range(12)),
            (["3", "20", "100"], ["3", "20", "100"]),
            (["10", "9", "x"], ["10", "9", "x"]),
        ],
    )
    def test_numbers_in_the_order_of_numbers(self, tmp_path, names, order):
        """The files stay in the order of their names."""
        for i, name in enumerate(names):
            folder = tmp_path / str(name)
            folder.mkdir()
            Image.new("L", (4, 4), i).save(folder / "0.png")
        images, said = load_saying(tmp_path, size=4, with_labels=True)
        assert images.classes == tuple(map(str, order))
        assert said.endswith(f"{len(order) - 1} {list(order)[-1]}")
        values = images.images[:, 0, 0, 0]
        np.testing.assert_array_equal(images.labels, values)
        by_name = sorted(range(len(names)), key=lambda i: str(list(names)[i]))
        np.testing.assert_array_equal(values, by_name)

    def test_whatever_the_ending(self, tmp_path):
        """What Pillow reads is taken; what is left out is counted."""
        write_images(tmp_path, 1, suffix=".jpg")
        for name, kind in (
            *(("a.jfif", "JPEG"), ("b.jpe", "JPEG"), ("c.ppm", "PPM")),
            *(("d.pgm", "PPM"), ("e.tga", "TGA"), ("f", "PNG")),
            *(("g.dat", "GIF"), ("h.PNG", "PNG"), ("i.jp2", "JPEG2000")),
        ):
            Image.fromarray(noise(8, 8)).save(tmp_path / name, kind)
        for name in ("a.heic", "b.heic", "notes.txt", "README", "z.eps"):
            (tmp_path / name).write_bytes(b"#define x\nP5 no image")
        Image.new("RGB", (9, 9)).save(tmp_path / "z.eps")  # drawn by a program
        images, said = load_saying(tmp_path, size=8)
        assert len(images.images) == 10
        assert "10 images" in said
        for part in ("2 .heic (not an image)", "1 .txt", "1 without an ending"):
            assert part in said
        assert "1 .eps" in said

    def test_avif(self, tmp_path):
        if not features.check("avif"):
            pytest.skip("this Pillow has no AVIF")
        write_images(tmp_path, 2, suffix=".avif")
        assert len(load(tmp_path, size=8).images) == 2

    def test_dark_images_of_16_bits_are_told(self, tmp_path):
        """Those of 12 bits, which stay as they are, and those that are not."""
        deep = np.linspace(0, 4095, 64).astype(np.uint16).reshape(8, 8)
        for i in range(2):
            Image.fromarray(deep).save(tmp_path / f"{i}.png")
        images, said = load_saying(tmp_path, size=8, channels=1)
        assert images.images.max() == 15
        assert "2 images of 16 bits have values up to 4095 of 65535" in said
        assert "multiply them by 16 " in said
        Image.fromarray(deep * 16).save(tmp_path / "0.png")
        load(tmp_path, size=8)

    def test_labels_of_what_was_skipped_go_too(self, tmp_path):
        write_images(tmp_path / "a", 60)
        write_images(tmp_path / "b", 60)
        (tmp_path / "a" / "000.png").write_bytes(b"broken")
        images = load(tmp_path, size=4, with_labels=True, say=lambda line: None)
        assert len(images.images) == len(images.labels) == 119
        assert np.bincount(images.labels).tolist() == [59, 60]
        np.testing.assert_array_equal(images.images[0], images.images[60])

    def test_labels_that_are_missing(self, tmp_path):
        write_images(tmp_path, 3)
        message = "names of sub-folders, and there are none"
        check_refused(message, tmp_path, size=4, with_labels=True)
        write_images(tmp_path / "a", 3)
        message = "3 images lie in none; the first: 000.png"
        check_refused(message, tmp_path, size=4, with_labels=True)

    def test_a_size_is_needed(self, tmp_path):
        write_images(tmp_path)
        check_refused("--size", tmp_path)

    def test_too_few_images(self, tmp_path):
        check_refused(r"no images, .*\.png, \.jpg", tmp_path, size=4)
        (tmp_path / "notes.txt").write_text("not an image")
        message = r"no images, .*received 1 \.txt \(not an image\)"
        check_refused(message, tmp_path, size=4)
        (tmp_path / "notes.txt").unlink()
        write_images(tmp_path, 1)
        check_refused("at least 2 images; received 1", tmp_path, size=4)

    def test_a_size_beyond_the_memory(self, tmp_path):
        write_images(tmp_path, 2)
        check_refused("GiB of memory.*--size", tmp_path, size=10**8)


class TestBrokenFiles:
    @pytest.fixture
    def folder(self, tmp_path):
        """100 images, of which one may be broken."""
        return write_images(tmp_path, 100, suffix=".jpg", size=(40, 40))

    def load_without_one(self, folder, name="042.jpg"):
        lines = []
        images = load(folder, size=8, say=lines.append).images
        assert len(images) == 99
        (line,) = lines
        assert "\n" not in line
        assert line.startswith(f"{folder / name}: skipped: ")
        return images, line.partition("skipped: ")[2]

    def test_it_is_named_and_skipped(self, folder):
        whole = load(folder, size=8).images
        (folder / "042.jpg").write_bytes(b"this is not an image")
        images, reason = self.load_without_one(folder)
        assert reason == "not an image"
        np.testing.assert_array_equal(images, np.delete(whole, 42, axis=0))

    @pytest.mark.parametrize("share", [0, 0.05, 0.5, 0.95])
    def test_cut_off(self, folder, share):
        path = folder / "042.jpg"
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])
        self.load_without_one(folder)

    def test_all_zeros(self, folder):
        (folder / "042.jpg").write_bytes(bytes(10_000))
        self.load_without_one(folder)

    def test_a_damaged_png(self, folder):
        (folder / "042.jpg").unlink()
        Image.fromarray(noise(40, 40, 3)).save(folder / "042.png")
        content = bytearray((folder / "042.png").read_bytes())
        content[1000:1100] = bytes(100)
        (folder / "042.png").write_bytes(content)
        self.load_without_one(folder, "042.png")

    def test_a_folder_with_the_name_of_an_image(self, folder):
        (folder / "042.jpg").unlink()
        (folder / "042.jpg").mkdir()
        assert len(load(folder, size=8).images) == 99  # not an image at all

    def test_a_link_to_nothing(self, folder):
        (folder / "042.jpg").unlink()
        (folder / "042.jpg").symlink_to(folder / "gone")
        _, reason = self.load_without_one(folder)
        assert reason == "No such file or directory"

    def test_numbers_that_are_no_pixels(self, folder):
        (folder / "042.jpg").unlink()
        path = folder / "042.tif"
        Image.fromarray(np.ones((9, 9), np.float32)).save(path)
        _, reason = self.load_without_one(folder, path.name)
        assert reason == "its pixels are floating-point numbers"
        Image.fromarray(np.full((9, 9), 2**20, np.int32)).save(path)
        _, reason = self.load_without_one(folder, path.name)
        assert reason == "its pixels have more than 16 bits"

    @pytest.mark.parametrize("pixels", [3000, 10_000])
    def test_too_large(self, folder, monkeypatch, pixels):
        """Below and above where Pillow's warning becomes an error."""
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
        Image.new("L", (100, pixels // 100)).save(folder / "042.jpg")
        _, reason = self.load_without_one(folder)
        assert reason.startswith(f"too large: Image size ({pixels} pixels)")

    def test_twenty_thousand_pixels_wide(self, tmp_path):
        """A panorama is read; a square of that size is named as too large."""
        for name, size in (
            ("0.png", (20_000, 30)),
            ("1.jpg", (20_000, 1000)),
            ("2.png", (30, 20_000)),
        ):
            Image.new("L", size, 77).save(tmp_path / name)
        assert np.all(load(tmp_path, size=16).images == 77)
        image = Image.new("1", (20_000, 20_000))
        image.save(tmp_path / "3.png")
        lines = []
        assert len(load(tmp_path, size=16, say=lines.append).images) == 3
        (line,) = lines
        assert "3.png: skipped: too large" in line

    def test_a_few_are_allowed_whatever_the_count(self, tmp_path):
        write_images(tmp_path, 10)
        names = ("003.png", "005.png", "008.png")
        for name in names:
            (tmp_path / name).write_bytes(b"")
        lines = []
        images = load(tmp_path, size=8, say=lines.append).images
        assert len(images) == 7
        assert lines == [
            f"{tmp_path / name}: skipped: not an image" for name in names
        ]

    def test_more_than_a_few_are_refused_and_named(self, folder):
        for i in (13, 42, 57, 90):
            (folder / f"{i:03d}.jpg").write_bytes(b"broken")
        message = (
            r"4 of 100 images cannot be read, more than 3 and more than 1%: "
            r"013\.jpg: not an image; 042\.jpg: .*; 057\.jpg: .*; 090\.jpg: "
        )
        check_refused(message, folder, size=8)

    def test_one_in_a_hundred_of_many_is_allowed(self, tmp_path):
        write_images(tmp_path, 500, size=(2, 2))
        for i in range(5):
            (tmp_path / f"{i:03d}.png").write_bytes(b"broken")
        images = load(tmp_path, size=2, say=lambda line: None).images
        assert len(images) == 495

    def test_all_of_them(self, tmp_path):
        for i in range(40):
            (tmp_path / f"{i}.png").write_bytes(b"broken")
        message = "40 of 40 images cannot be read.*; and 20 more"
        check_refused(message, tmp_path, size=8)

    def test_too_few_are_left(self, tmp_path):
        write_images(tmp_path, 3)
        for name in ("000.png", "001.png"):
            (tmp_path / name).write_bytes(b"broken")
        with pytest.raises(UserError, match="at least 2 images; received 1"):
            load(tmp_path, size=8, say=lambda line: None)


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
        assert downloads._keras_directory().name == ".keras"
        monkeypatch.delenv("KERAS_HOME")
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / ".keras").mkdir()
        assert downloads._keras_directory() == tmp_path / ".keras"

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
