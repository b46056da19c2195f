""".npz files of images and labels."""

import tokenize
import zipfile
import zlib

import numpy as np

from tf_gans.data import arrays
from tf_gans.data.user_files import (
    check_memory,
    one_line,
    reason,
    size_text,
)
from tf_gans.errors import UserError, shown

# Keras' name first: it is taken whatever else there is.
_KEYS = {
    "images": (
        *("x_train", "images", "train_images", "X_train"),
        *("x", "X", "data", "arr_0"),
    ),
    "test images": ("x_test", "test_images", "X_test"),
    "test labels": ("y_test", "test_labels", "Y_test"),
    "labels": (
        *("y_train", "labels", "train_labels", "Y_train"),
        *("y", "Y", "targets", "arr_1"),
    ),
}
_PARTS = {
    "train": ("images", "labels"),
    "test": ("test images", "test labels"),
}
_LARGE = 2**30  # bytes, whose number is said
# Damage, encryption, no permission, more than the memory holds; and what
# numpy's reader of a header raises where its text stops half-way.
_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, EOFError, tokenize.TokenError),
    *(RuntimeError, OSError, MemoryError),
)


def has_test(path):
    """Whether an .npz file has images that no training sees, two or more."""
    with _Archive(path) as archive:
        if not archive.has("test images"):
            return False
        shape, _ = archive.read_header(archive.find("test images"))
        return bool(shape) and shape[0] > 1


def peek(path, split="train"):
    """The shape of an .npz file's images, of which only a header is read."""
    with _Archive(path) as archive:
        key = archive.find(_PARTS[split][0])
        return arrays.read_layout(path, archive.read_header(key)[0]).shape


def load(path, with_labels, say, split="train"):
    """Loads the images of an .npz file, and labels where they are wanted.

    Args:
        path: `pathlib.Path`.
        with_labels: bool.
        say: function that is called with a line of text.
        split: `"train"`, or `"test"` for the images that no training sees.

    Returns:
        uint8 images of shape `(n, height, width, 1 or 3)`, int32 labels or
        None, and the names of the classes or None.
    """
    with _Archive(path) as archive:
        images, labels = _PARTS[split]
        keys = [archive.find(images)]
        arrays.read_layout(path, archive.read_header(keys[0])[0])
        if with_labels:
            keys.append(archive.find(labels))
        archive.check_memory(keys, say)
        x, *y = (archive.read(key) for key in keys)
    plain = {names[0] for names in _KEYS.values()}
    renamed = [key for key in keys if key not in plain]
    if renamed:
        what = ["the images are", "the labels are"]
        taken = [f"{what[i]} {key}" for i, key in enumerate(keys)]
        say(f"{shown(path)}: {', '.join(taken)}")
    images = arrays.to_images(path, x, say)
    if not with_labels:
        return images, None, None
    return images, *arrays.to_labels(path, y[0], len(images), say)


class _Archive:
    """An open .npz file, whose every fault is a `UserError`."""

    def __init__(self, path):
        self._path = path
        if path.suffix.lower() != ".npz":
            raise UserError(
                f"{shown(path)}: must be a folder of images or an .npz file; "
                f"received {shown(path.suffix) or 'no suffix'}"
            )

    def __enter__(self):
        no_archive = UserError(
            f"{shown(self._path)}: is not an .npz file, or not a whole one"
        )
        try:
            if not zipfile.is_zipfile(self._path):
                raise no_archive
            self._file = open(self._path, "rb")
        except _ERRORS as error:
            raise self._unreadable(error) from None
        try:
            self._arrays = np.load(self._file, allow_pickle=False)
        except ValueError:  # an archive after something else
            self._file.close()
            raise no_archive from None
        except _ERRORS as error:
            self._file.close()  # numpy leaves it open
            raise self._unreadable(error) from None
        return self

    def __exit__(self, error_type, error, traceback):
        self._arrays.close()
        self._file.close()

    def _unreadable(self, error):
        if isinstance(error, tokenize.TokenError):
            return UserError(f"{shown(self._path)}: is not a whole .npz file")
        return UserError(
            f"{shown(self._path)}: cannot be read: {reason(error)}"
        )

    def has(self, what):
        """Whether there are such images or labels, under one of their names."""
        return any(key in self._arrays for key in _KEYS[what])

    def find(self, what):
        """The key of the images or the labels."""
        keras_key, *others = _KEYS[what]
        if keras_key in self._arrays:
            return keras_key
        found = [key for key in others if key in self._arrays]
        if len(found) == 1:
            return found[0]
        received = ", ".join(map(shown, self._arrays)) or "no arrays"
        raise UserError(
            f"{shown(self._path)}: must hold the {what} as {keras_key}; "
            f"received {received}"
        )

    def _member(self, key):
        names = self._arrays.zip.namelist()
        return key if key in names else f"{key}.npy"

    def read_header(self, key):
        """The shape and the dtype of an array that is not read."""
        try:
            with self._arrays.zip.open(self._member(key)) as file:
                version = np.lib.format.read_magic(file)
                if version == (1, 0):
                    header = np.lib.format.read_array_header_1_0(file)
                else:
                    header = np.lib.format.read_array_header_2_0(file)
        except ValueError as error:
            if self._member(key) == key:
                message = f"{key} must be an array of numbers"
            else:
                message = f"{key}: {one_line(error)}"
            raise UserError(f"{shown(self._path)}: {message}") from None
        except _ERRORS as error:
            raise self._unreadable(error) from None
        shape, _, dtype = header
        if dtype.hasobject:
            raise UserError(
                f"{shown(self._path)}: {key} holds pickled objects, which "
                "could run any program when they are read; it must be an array "
                "of numbers"
            )
        return shape, dtype

    def check_memory(self, keys, say):
        """Raises a `UserError` where the unpacked arrays are too large."""
        sizes = []
        for key in keys:
            shape, dtype = self.read_header(key)
            size = np.prod(shape, dtype=float) * dtype.itemsize
            # A header may promise more than the archive holds, and reading
            # makes room for it first.
            if size > self._arrays.zip.getinfo(self._member(key)).file_size:
                raise UserError(
                    f"{shown(self._path)}: {key} is not whole: its header "
                    f"speaks of shape {shape}, and fewer values follow"
                )
            sizes.append(size)
        if sum(sizes) >= _LARGE:
            say(
                f"{shown(self._path)}: {', '.join(keys)} unpacked: "
                f"{size_text(sum(sizes))}"
            )
        check_memory(
            *(self._path, f"its unpacked {', '.join(keys)}", sum(sizes)),
            "save fewer images",
        )

    def read(self, key):
        try:
            return self._arrays[key]
        except ValueError as error:
            raise UserError(
                f"{shown(self._path)}: {key}: {one_line(error)}"
            ) from None
        except _ERRORS as error:
            raise self._unreadable(error) from None
