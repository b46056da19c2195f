""".npz files in the layouts that people save, and what is wrong with them."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.data.user_data import (
    check_refused,
    load,
    load_saying,
    noise,
    save_npz,
)
from tf_gans.data import arrays
from tf_gans.errors import UserError


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


def test_a_nan_of_any_kind_is_told_in_one_line(tmp_path):
    """A signalling NaN makes numpy warn where another one does not."""
    images = np.full((4, 5, 5), 0x7D00, np.uint16).view(np.float16)
    with pytest.raises(UserError, match="must be uint8") as told:
        arrays.to_images("x.npz", images, pytest.fail)
    assert len(str(told.value).splitlines()) == 1
