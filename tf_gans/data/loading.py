"""Images from data sets, .npz files and folders: one uint8 array each.

A folder is decoded once, by several threads, and kept as the array that the
training draws from. No epoch reads a file again.
"""

import concurrent.futures
import contextlib
import dataclasses
import functools
import hashlib
import os
import pathlib
import tempfile
import textwrap
import threading
import warnings
import zipfile
import zlib

import keras
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from tqdm import tqdm

from tf_gans.data.triangles import draw_triangles
from tf_gans.errors import UserError, check_positive_int

# Where Keras keeps each set's files, below its own directory.
_KERAS_FILES = {
    "mnist": "datasets/mnist.npz",
    "fashion_mnist": "datasets/fashion-mnist/"
    "{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz",
    "cifar10": "datasets/cifar-10-batches-py-target_archive",
}
DATASETS = (*_KERAS_FILES, "triangles")

# Of the training images and labels. Keras checks the files of the other two.
_FASHION_MNIST_SHA256 = (
    "add1583fa1282e41dc1661524d893d7879b03d4c49f0df04b635298bf09d7646"
)

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
# Damage, encryption, no permission, more than the memory holds.
_NPZ_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, EOFError),
    *(RuntimeError, OSError, MemoryError),
)
_MAX_BROKEN = 0.01  # of a folder's files
_MAX_CLASSES = 65_536
_CHUNK = 32  # files in a thread's task
_LARGE = 2**24  # pixels; of such images, one is decoded at a time
_large_images = threading.Lock()


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """Images in memory.

    Attributes:
        images: uint8 array of shape `(num_images, height, width, channels)`.
        labels: int32 array of shape `(num_images,)`, or None.
        name: str. What to call them.
        source: str. Where they are from.
    """

    images: np.ndarray
    labels: np.ndarray | None
    name: str
    source: str

    @functools.cached_property
    def identity(self):
        """SHA-256 of the images and labels: a resumed run compares it."""
        if self.labels is None:
            return _sha256(self.images)
        return _sha256(self.images, self.labels)


def _sha256(*arrays):
    """SHA-256 of the arrays' shapes and bytes, in hexadecimal."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def load_images(
    dataset=None,
    path=None,
    size=None,
    channels=None,
    with_labels=False,
    say=print,
):
    """Loads a data set's training images, or a user's.

    Images of another size are cropped to the square in their middle and
    resized. What is transparent becomes white.

    Args:
        dataset: one of `DATASETS`, or None where `path` is given.
        path: of an .npz file in Keras' layout, with uint8 images as `x_train`
            and labels as `y_train`, or of a folder, which is searched with its
            sub-folders for files that end in one of `SUFFIXES`. None where
            `dataset` is given.
        size: int, the height and width, or None to keep the data's. A folder
            needs it.
        channels: 1 to make all images grey, 3 to make all coloured, or None to
            keep the data's. A folder has 3 if any image in it has a colour.
        with_labels: bool. Whether to load labels. A folder's are its
            sub-folders, in the order of their names. Defaults to `False`.
        say: function that is called with a line of text, for example for each
            file that cannot be read. Defaults to `print`.

    Returns:
        An `ImageSet`.

    Raises:
        UserError: there are fewer than two images, more than 1% of a folder's
            files cannot be read, or the data are not what they should be.
    """
    if (dataset is None) == (path is None):
        raise ValueError(
            "Either `dataset` or `path` must be given. "
            f"Received: dataset={dataset!r}, path={path!r}"
        )
    if size is not None:
        size = check_positive_int("size", size)
    if channels not in (None, 1, 3):
        raise ValueError(
            f"`channels` must be 1, 3 or None. Received: channels={channels!r}"
        )
    if dataset is not None:
        name, source = dataset, dataset
        images, labels = _load_dataset(dataset, size, with_labels)
    else:
        path = pathlib.Path(path)
        name, source = path.resolve().stem, str(path.resolve())
        if path.is_dir():
            name = path.resolve().name
            images, labels = _load_folder(
                path, size, channels, with_labels, say
            )
        else:
            images, labels = _load_npz(path, with_labels)
    images = _fit_all(images, size, channels)
    return ImageSet(np.ascontiguousarray(images), labels, name, source)


# Data sets -------------------------------------------------------------------


def _load_dataset(name, size, with_labels):
    if name not in DATASETS:
        raise UserError(
            f"the data set must be one of {', '.join(DATASETS)}; "
            f"received {name}"
        )
    if name == "triangles":
        if with_labels:
            raise UserError("triangles: there are no labels to learn")
        return draw_triangles(size=size or 28), None
    where = _keras_directory() / _KERAS_FILES[name]
    try:
        (x, y), _ = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a plain Exception
        raise UserError(
            f"{name}: cannot be loaded: {_one_line(error)}. Without a network, "
            f"put the published {_published_name(name)} at {where}, or name a "
            "file of your own with --data FILE.npz, or use --dataset "
            "triangles, which needs no file"
        ) from error
    if name == "fashion_mnist" and _sha256(x, y) != _FASHION_MNIST_SHA256:
        raise UserError(
            f"{name}: {where} are not the published files: remove them, and "
            "they are downloaded again"
        )
    return _check_arrays(name, x, y if with_labels else None)


def _published_name(name):
    """What the file that Keras keeps is called where it is published."""
    if name == "cifar10":
        return "cifar-10-python.tar.gz"
    return pathlib.Path(_KERAS_FILES[name]).name


def _keras_directory():
    """Where Keras keeps its files; the second place if it cannot write."""
    home = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    if os.access(home, os.W_OK):
        return home
    return pathlib.Path(tempfile.gettempdir(), ".keras")


# .npz files ------------------------------------------------------------------


def _load_npz(path, with_labels):
    if not path.exists():
        raise UserError(f"{path}: does not exist")
    if path.suffix.lower() != ".npz":
        raise UserError(
            f"{path}: must be a folder of images or an .npz file; "
            f"received {path.suffix or 'no suffix'}"
        )
    try:
        if not zipfile.is_zipfile(path):
            raise UserError(f"{path}: is not an .npz file, or not a whole one")
        with np.load(path, allow_pickle=False) as arrays:
            x = _read_array(path, arrays, "x_train")
            y = _read_array(path, arrays, "y_train") if with_labels else None
    except _NPZ_ERRORS as error:
        raise UserError(f"{path}: cannot be read: {_reason(error)}") from None
    return _check_arrays(path, x, y)


def _read_array(path, arrays, key):
    if key not in arrays:
        what = {"x_train": "images", "y_train": "labels"}[key]
        raise UserError(
            f"{path}: must hold the {what} as {key}; "
            f"received {', '.join(arrays) or 'no arrays'}"
        )
    try:
        array = arrays[key]
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise UserError(
                f"{path}: {key} holds pickled objects, which could run any "
                "program when they are read; it must be an array of numbers"
            ) from None
        raise UserError(f"{path}: {key}: {_one_line(error)}") from None
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path}: {key} must be an array of numbers")
    return array


def _check_arrays(name, x, y):
    """Checks Keras' arrays: `(n, height, width, channels)` and `(n,)`."""
    if x.dtype != np.uint8:
        raise UserError(
            f"{name}: the images must be uint8, from 0 to 255; "
            f"received {x.dtype}"
        )
    if x.ndim == 3:
        x = x[..., np.newaxis]
    if x.ndim != 4 or x.shape[-1] not in (1, 3) or 0 in x.shape[1:]:
        raise UserError(
            f"{name}: the images must be of shape (n, height, width), with 1 "
            f"or 3 channels as a last axis or without; received {x.shape}"
        )
    _check_count(name, len(x))
    if y is None:
        return x, None
    if y.dtype.kind not in "iu":
        raise UserError(f"{name}: labels must be integers; received {y.dtype}")
    if y.shape not in ((len(x),), (len(x), 1)):
        raise UserError(
            f"{name}: there must be one label for each of the {len(x)} images; "
            f"received shape {y.shape}"
        )
    if y.min() < 0 or y.max() >= _MAX_CLASSES:
        raise UserError(
            f"{name}: labels must be from 0 to {_MAX_CLASSES - 1}; "
            f"received {y.min()} to {y.max()}"
        )
    return x, y.ravel().astype(np.int32)


def _check_count(name, count):
    if count < 2:
        raise UserError(
            f"{name}: there must be at least 2 images; received {count}"
        )


# Folders ---------------------------------------------------------------------


def _load_folder(folder, size, channels, with_labels, say):
    if size is None:
        raise UserError(
            f"{folder}: the images of a folder need a size: name it with --size"
        )
    files = _find_images(folder)
    if not files:
        raise UserError(
            f"{folder}: there are no images, which are files that end in "
            f"{', '.join(SUFFIXES)}"
        )
    _check_count(folder, len(files))
    labels = _labels_of_folders(folder, files, say) if with_labels else None
    images, coloured, broken = _decode_all(folder, files, size, channels)
    if len(broken) > _MAX_BROKEN * len(files):
        index, reason = broken[0]
        raise UserError(
            f"{folder}: {len(broken)} of {len(files)} images cannot be read, "
            f"more than 1%; the first: {files[index]}: {reason}"
        )
    if broken:
        for index, reason in broken:
            say(f"{folder / files[index]}: skipped: {reason}")
        rows = [index for index, _ in broken]
        images = np.delete(images, rows, axis=0)
        labels = None if labels is None else np.delete(labels, rows)
    if channels is None and not coloured:
        images = images[..., :1]
    return images, labels


def _find_images(folder):
    """Paths of the images in a folder, relative to it, in a fixed order."""

    def fail(error):
        raise UserError(f"{error.filename}: cannot be read: {error.strerror}")

    files = []
    visited = set()
    for directory, names, others in os.walk(
        folder, onerror=fail, followlinks=True
    ):
        real = os.path.realpath(directory)
        if real in visited:  # a link to a folder above it
            names.clear()
            continue
        visited.add(real)
        names[:] = sorted(name for name in names if not name.startswith("."))
        files += [
            pathlib.Path(directory, name).relative_to(folder)
            for name in others
            if name.lower().endswith(SUFFIXES) and not name.startswith(".")
        ]
    return sorted(files, key=lambda path: path.parts)


def _labels_of_folders(folder, files, say):
    names = sorted({file.parts[0] for file in files if len(file.parts) > 1})
    if not names:
        raise UserError(
            f"{folder}: labels are the names of sub-folders, and there are none"
        )
    outside = [file for file in files if len(file.parts) == 1]
    if outside:
        raise UserError(
            f"{folder}: labels are the names of sub-folders, and "
            f"{len(outside)} images lie in none; the first: {outside[0]}"
        )
    listed = ", ".join(f"{i} {name}" for i, name in enumerate(names))
    say(f"{folder}: labels: {textwrap.shorten(listed, 400)}")
    number = {name: i for i, name in enumerate(names)}
    return np.array([number[file.parts[0]] for file in files], np.int32)


def _decode_all(folder, files, size, channels):
    """Reads the files, with several threads and a bar where somebody watches.

    Returns:
        The images, whether any has a colour, and for each file that could not
        be read its index, whose row is then empty, and the reason.
    """
    shape = (len(files), size, size, channels or 3)
    try:
        images = np.zeros(shape, np.uint8)
    except (MemoryError, ValueError):
        raise UserError(
            f"{folder}: {len(files)} images of {size}x{size} pixels take "
            f"{np.prod(shape, dtype=float) / 2**30:,.0f} GiB of memory, more "
            "than there is; name a smaller --size"
        ) from None

    def decode(chunk):
        broken, coloured = [], False
        for i in chunk:
            try:
                pixels = _decode(folder / files[i], size, shape[-1])
            except Exception as error:  # a decoder may raise anything
                broken.append((i, _reason(error)))
                continue
            images[i] = pixels
            coloured = coloured or bool((pixels != pixels[..., :1]).any())
        return len(chunk), coloured, broken

    chunks = [
        range(i, min(i + _CHUNK, len(files)))
        for i in range(0, len(files), _CHUNK)
    ]
    threads = min(os.cpu_count() or 1, 16)
    executor = concurrent.futures.ThreadPoolExecutor(threads)
    any_coloured, all_broken = False, []
    with warnings.catch_warnings():
        # What Pillow thinks of odd files is no news to the user, but for what
        # it thinks too large to be honest. The filters are those of all
        # threads.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        bar = tqdm(
            total=len(files), desc="reading images", disable=None, leave=False
        )
        try:
            for count, coloured, broken in executor.map(decode, chunks):
                any_coloured = any_coloured or coloured
                all_broken += broken
                bar.update(count)
        finally:
            executor.shutdown(cancel_futures=True)
            bar.close()
    return images, any_coloured, all_broken


def _decode(path, size, channels):
    """Reads one file as an array of shape `(size, size, channels)`."""
    with Image.open(path) as image:
        # A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, which saves most
        # of the work. Twice the size that is needed leaves the filter enough.
        image.draft(None, (2 * size, 2 * size))
        is_large = image.width * image.height > _LARGE
        with _large_images if is_large else contextlib.nullcontext():
            image.load()
            # Damaged EXIF data say nothing about the pixels.
            with contextlib.suppress(Exception):
                ImageOps.exif_transpose(image, in_place=True)
            plain = _flatten(image, "L" if channels == 1 else "RGB")
            return _fit(plain, size)


def _flatten(image, mode):
    """Makes an image of any kind one of 8 bits without transparency."""
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if image.mode.startswith("I"):  # of 16 bits, in whatever they are kept
        values = np.asarray(image)
        if values.min() < 0 or values.max() >= 2**16:
            raise ValueError("its pixels have more than 16 bits")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert(mode)


def _reason(error):
    """Why a file could not be read, in a few words."""
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    if isinstance(
        error, (Image.DecompressionBombError, Image.DecompressionBombWarning)
    ):
        return "too large: " + _one_line(error).partition(",")[0]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _one_line(error)


def _one_line(error):
    text = " ".join(str(error).split()).rstrip(".")
    return textwrap.shorten(text, 300) or type(error).__name__


# Sizes and channels ----------------------------------------------------------


def _fit(image, size):
    """Crops an 8-bit Pillow image to its middle square, and resizes it.

    Returns:
        A uint8 array of shape `(size, size, channels)`.
    """
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.resize(
        (size, size),
        Image.Resampling.LANCZOS,
        box=(left, top, left + side, top + side),
        reducing_gap=3.0,
    )
    return np.asarray(image).reshape(size, size, -1)


def _fit_all(images, size, channels):
    """Gives an array of images another size or number of channels."""
    height, width, old_channels = images.shape[1:]
    if size in (None, height) and size in (None, width):
        if channels in (None, old_channels):
            return images
        if channels == 3:
            return np.repeat(images, 3, axis=-1)
    channels = channels or old_channels
    shape = (size or height, size or width, channels)
    result = np.empty((len(images), *shape), np.uint8)
    for pixels, row in zip(images, result, strict=True):
        image = Image.fromarray(pixels[..., 0] if old_channels == 1 else pixels)
        image = image.convert("L" if channels == 1 else "RGB")
        if size is None:
            row[:] = np.asarray(image).reshape(shape)
        else:
            row[:] = _fit(image, size)
    return result
