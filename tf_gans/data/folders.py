"""Folders of pictures, with their sub-folders as classes."""

import collections
import concurrent.futures
import contextlib
import os
import pathlib
import stat
import threading
import warnings

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from tf_gans.data.arrays import check_count, class_order, list_classes
from tf_gans.data.resizing import fit, flatten
from tf_gans.data.user_files import check_memory, reason
from tf_gans.errors import UserError, shown

# Files of these endings are images, or broken. What else is an image is found
# out from its first bytes.
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    *(".jfif", ".jpe", ".avif", ".jp2", ".ppm", ".pgm", ".pbm", ".tga"),
)
# EPS and WMF are drawn by other programs; of the others, Pillow knows only
# the first bytes.
_UNREADABLE = {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"}
# Those that have no mark at their beginning: other files could be taken for
# them.
_UNMARKED = {"IM", "IMT", "IPTC", "PCD", "SPIDER", "TGA"}

_FEW_BROKEN = 3  # files, or
_MAX_BROKEN = 0.01  # of a folder's files, may be broken
_MAX_NAMED = 20  # of the broken ones, each with a line of its own
_CHUNK = 32  # files in a thread's task
_LARGE = 2**24  # pixels; of such images, one is decoded at a time
_large_images = threading.Lock()


def peek(folder, size, with_labels):
    """The shape of a folder's images, without decoding them.

    Returns:
        `(n, size, size, None)`.
    """
    files = _find(folder, size, lambda line: None)
    if with_labels:
        _find_classes(folder, files)
    return len(files), size, size, None


def load(folder, size, channels, with_labels, say):
    """Reads a folder's images; see `loading.load_images`.

    Returns:
        uint8 images of shape `(n, size, size, 1 or 3)`, int32 labels or None,
        and the names of the classes or None.
    """
    files = _find(folder, size, say)
    labels = classes = None
    if with_labels:
        classes = _find_classes(folder, files)
        say(f"{shown(folder)}: labels: {list_classes(classes)}")
        number = {name: i for i, name in enumerate(classes)}
        labels = np.array([number[file.parts[0]] for file in files], np.int32)
    read = _Reader(folder, files, size, channels).read()
    images = read.images
    if read.broken:
        _tell_broken(folder, files, read.broken, say)
        rows = [index for index, _ in read.broken]
        images = np.delete(images, rows, axis=0)
        labels = None if labels is None else np.delete(labels, rows)
        check_count(folder, len(images))
    _tell_dark(folder, read.deep, say)
    if channels is None and not read.is_coloured:
        images = images[..., :1]
    return images, labels, classes


def read_picture(path, size, channels):
    """Reads one picture, cropped to the square in its middle and resized.

    Args:
        path: path.
        size: int. Height and width.
        channels: 1, grey, or 3.

    Returns:
        A uint8 array of shape `(size, size, channels)`.

    Raises:
        UserError: it cannot be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _decode(path, size, channels)[0]
        except Exception as error:  # a decoder may raise anything
            raise UserError(
                f"{shown(path)}: cannot be read: {reason(error)}"
            ) from None


# Which files -----------------------------------------------------------------


def _find(folder, size, say):
    """Paths of the images in a folder, relative to it, in a fixed order."""
    if size is None:
        raise UserError(
            f"{shown(folder)}: the images of a folder need a size: name it "
            "with --size"
        )
    files = []
    left_out: collections.Counter[str] = collections.Counter()
    for path in _walk(folder):
        why = _why_not(path)
        if why:
            left_out[why] += 1
        else:
            files.append(path.relative_to(folder))
    listed = ", ".join(f"{n} {why}" for why, n in left_out.most_common(8))
    if len(left_out) > 8:
        listed += ", and others"
    if not files:
        raise UserError(
            f"{shown(folder)}: there are no images, such as .png, .jpg or "
            f"others that Pillow reads; received {listed or 'no files'}"
        )
    if left_out:
        say(
            f"{shown(folder)}: {len(files)} images; files that are not taken "
            f"for images: {listed}"
        )
    check_count(folder, len(files))
    return sorted(files, key=lambda path: path.parts)


def _walk(folder):
    """All files below a folder that are not hidden."""

    def fail(error):
        raise UserError(
            f"{shown(error.filename)}: cannot be read: {error.strerror}"
        )

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
        for name in others:
            if not name.startswith("."):
                yield pathlib.Path(directory, name)


def _why_not(path):
    """Why a file is not taken for an image, in words that follow a number."""
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            return "pipe, socket or device"
        if _is_named(path):
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_formats(path)):
                return None
    except Exception as error:  # a decoder may raise anything
        if _is_named(path):
            return None  # a link to nothing: an image that cannot be read
        told = isinstance(error, (OSError, Image.DecompressionBombError))
        why = reason(error) if told else "not an image"
        ending = shown(path.suffix.lower())[:20] or "without an ending"
        return f"{ending} ({why})"


def _is_named(path):
    return path.name.lower().endswith(SUFFIXES)


def _formats(path):
    """The formats in which a file is looked for."""
    Image.init()
    excluded = _UNREADABLE if _is_named(path) else _UNREADABLE | _UNMARKED
    # Those without a mark come last: a file that has one is not theirs.
    known = sorted(Image.ID, key=lambda name: name in _UNMARKED)
    return [name for name in known if name not in excluded]


def _find_classes(folder, files):
    """The sub-folders' names, each a class."""
    names = {file.parts[0] for file in files if len(file.parts) > 1}
    if not names:
        raise UserError(
            f"{shown(folder)}: labels are the names of sub-folders, and there "
            "are none"
        )
    outside = [file for file in files if len(file.parts) == 1]
    if outside:
        raise UserError(
            f"{shown(folder)}: labels are the names of sub-folders, and "
            f"{len(outside)} images lie in none; the first: {shown(outside[0])}"
        )
    return tuple(class_order(names))


# Their pixels ----------------------------------------------------------------


class _Reader:
    """Reads files, with several threads, and a bar on a terminal.

    Attributes:
        images: uint8 array of shape `(n, size, size, channels or 3)`.
        is_coloured: bool. Whether any image has a colour.
        broken: list of pairs: the index of a file that could not be read,
            whose row in `images` is empty, and the reason.
        deep: list. The largest value of each image of 16 bits.
    """

    def __init__(self, folder, files, size, channels):
        self._paths = [folder / file for file in files]
        self._size = size
        shape = (len(files), size, size, channels or 3)
        check_memory(
            *(folder, f"{len(files)} images of {size}x{size} pixels"),
            *(np.prod(shape, dtype=float), "name a smaller --size"),
        )
        self.images = np.zeros(shape, np.uint8)
        self.is_coloured = False
        self.broken = []
        self.deep = []

    def read(self):
        count = len(self._paths)
        chunks = [
            range(i, min(i + _CHUNK, count)) for i in range(0, count, _CHUNK)
        ]
        threads = min(os.cpu_count() or 1, 16)
        executor = concurrent.futures.ThreadPoolExecutor(threads)
        with warnings.catch_warnings():
            # What Pillow thinks of odd files is no news to the user, but for
            # what it thinks too large to be honest. The filters are those of
            # all threads.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            bar = tqdm(
                total=count, desc="reading images", disable=None, leave=False
            )
            try:
                for done, coloured, broken, deep in executor.map(
                    self._read_chunk, chunks
                ):
                    self.is_coloured = self.is_coloured or coloured
                    self.broken += broken
                    self.deep += deep
                    bar.update(done)
            finally:
                executor.shutdown(cancel_futures=True)
                bar.close()
        return self

    def _read_chunk(self, chunk):
        coloured, broken, deep = False, [], []
        for i in chunk:
            try:
                pixels, brightest = _decode(
                    self._paths[i], self._size, self.images.shape[-1]
                )
            except Exception as error:  # a decoder may raise anything
                broken.append((i, reason(error)))
                continue
            self.images[i] = pixels
            coloured = coloured or bool((pixels != pixels[..., :1]).any())
            if brightest is not None:
                deep.append(brightest)
        return len(chunk), coloured, broken, deep


def _decode(path, size, channels):
    """Reads one file.

    Returns:
        An array of shape `(size, size, channels)`, and the largest value of an
        image of 16 bits or None.
    """
    with Image.open(path, formats=_formats(path)) as image:
        # A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, which saves most
        # of the work. Twice the size that is needed leaves the filter enough.
        image.draft(None, (2 * size, 2 * size))
        is_large = image.width * image.height > _LARGE
        with _large_images if is_large else contextlib.nullcontext():
            image.load()
            # Damaged EXIF data say nothing about the pixels.
            with contextlib.suppress(Exception):
                ImageOps.exif_transpose(image, in_place=True)
            brightest = None
            if image.mode.startswith("I"):
                brightest = int(np.asarray(image).max())
            plain = flatten(image, "L" if channels == 1 else "RGB")
            return fit(plain, size), brightest


def _tell_broken(folder, files, broken, say):
    """Names the files that could not be read; raises where they are many."""
    named = broken[:_MAX_NAMED]
    more = len(broken) - len(named)
    if len(broken) > max(_FEW_BROKEN, _MAX_BROKEN * len(files)):
        listed = [f"{shown(files[index])}: {why}" for index, why in named]
        if more:
            listed.append(f"and {more} more")
        raise UserError(
            f"{shown(folder)}: {len(broken)} of {len(files)} images cannot be "
            f"read, more than {_FEW_BROKEN} and more than 1%: "
            f"{'; '.join(listed)}"
        )
    for index, why in named:
        say(f"{shown(folder / files[index])}: skipped: {why}")
    if more:
        say(f"{shown(folder)}: {more} more are skipped")


def _tell_dark(folder, deep, say):
    """Says it where images of 16 bits use less than half of their range."""
    if deep and 0 < max(deep) < 2**15:
        say(
            f"{shown(folder)}: {len(deep)} images of 16 bits have values up to "
            f"{max(deep)} of 65535, and stay as dark: {max(deep) >> 8} of 255; "
            f"multiply them by {65535 // max(deep)} to use the whole range"
        )
