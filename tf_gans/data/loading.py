"""Loads images from data sets, .npz files and folders, as one array.

A folder is decoded once, by several threads, and kept as the array that the
training draws from. No epoch reads a file again.
"""

import dataclasses
import functools
import pathlib

import numpy as np

from tf_gans.data import archives, arrays, downloads, folders
from tf_gans.data.resizing import fit_all
from tf_gans.data.user_files import check_memory, kind
from tf_gans.errors import UserError, check_choice, check_positive_int, shown


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """Images in memory.

    Attributes:
        images: uint8 array of shape `(num_images, height, width, channels)`.
        labels: int32 array of shape `(num_images,)`, or None.
        name: str. What to call them.
        source: str. Where they are from.
        classes: tuple of str, the names of the labels 0, 1, ..., or None where
            there are no labels or they have no names.
    """

    images: np.ndarray
    labels: np.ndarray | None
    name: str
    source: str
    classes: tuple[str, ...] | None = None

    @functools.cached_property
    def identity(self):
        """SHA-256 of the images and labels: a resumed run compares it."""
        if self.labels is None:
            return arrays.sha256(self.images)
        return arrays.sha256(self.images, self.labels)

    def __repr__(self):
        classes = self.classes and len(self.classes)
        return (
            f"ImageSet(name={self.name!r}, images={self.images.shape}, "
            f"labels={self.labels is not None}, classes={classes})"
        )


@dataclasses.dataclass(frozen=True)
class ImageFacts:
    """What is known of images before they are read.

    Attributes:
        num_images: int. Of a folder, an upper bound: some may be broken.
        height, width: ints.
        channels: 1 or 3, or None where the pictures of a folder will tell.
    """

    num_images: int
    height: int
    width: int
    channels: int | None


def has_test_images(dataset=None, path=None):
    """Whether there are images that no training sees: `load_images`' `"test"`.

    All data sets with names have them, an .npz file may hold them as `x_test`,
    and a folder has none.

    Args:
        dataset, path: see `load_images`.

    Raises:
        UserError: a file cannot be read.
    """
    _check_arguments(dataset, path, None, None)
    if dataset is not None:
        return True
    if kind(path) == "folder":
        return False
    return archives.has_test(pathlib.Path(path))


def peek_images(
    dataset=None,
    path=None,
    size=None,
    channels=None,
    with_labels=False,
    split="train",
):
    """Says what `load_images` would give, without reading the pictures.

    It looks at names, at the header of an .npz file or at the first bytes of
    files, and raises most of the errors that can be raised so early. A program
    that wants to refuse a size, or a batch larger than the data, asks here
    first.

    Args:
        dataset, path, size, channels, with_labels, split: see `load_images`.

    Returns:
        An `ImageFacts`.

    Raises:
        UserError: the data are not what they should be.
    """
    _check_arguments(dataset, path, size, channels, split)
    if dataset is not None:
        shape = downloads.peek(dataset, with_labels, split)
    elif kind(path) == "folder":
        shape = folders.peek(pathlib.Path(path), size, with_labels)
    else:
        shape = archives.peek(pathlib.Path(path), split)
    count, height, width, old_channels = shape
    return ImageFacts(
        count, size or height, size or width, channels or old_channels
    )


def load_images(
    dataset=None,
    path=None,
    size=None,
    channels=None,
    with_labels=False,
    say=print,
    split="train",
):
    """Loads a data set's training images, or a user's.

    Images of another size are cropped to the square in their middle and
    resized. What is transparent becomes white.

    Args:
        dataset: one of `DATASETS`, or None where `path` is given.
        path: of an .npz file or a folder, or None where `dataset` is given.
            The file holds images as `x_train` and labels as `y_train`, as
            Keras' files do, or under one of the usual other names; what is not
            uint8 with the channels last is converted where it can be read in
            one way only. The folder is searched with its sub-folders for files
            that Pillow reads, whatever they end in.
        size: int, the height and width, or None to keep the data's. A folder
            needs it.
        channels: 1 to make all images grey, 3 to make all coloured, or None to
            keep the data's. A folder has 3 if any image in it has a colour.
        with_labels: bool. Whether to load labels. A folder's are its
            sub-folders, in the order of their names, or of their numbers where
            all names are numbers. Defaults to `False`.
        say: function that is called with a line of text, for example for each
            file that cannot be read. Defaults to `print`.
        split: `"train"`, or `"test"` for the images that no training sees: the
            data sets' own, those of `load_triangles`, or an .npz file's
            `x_test` and `y_test`. Defaults to `"train"`.

    Returns:
        An `ImageSet`.

    Raises:
        UserError: there are fewer than two images, more than a few and more
            than 1% of a folder's files cannot be read, they take more memory
            than there is, or the data are not what they should be.
    """
    _check_arguments(dataset, path, size, channels, split)
    classes = None
    if dataset is not None:
        name, source = dataset, dataset
        images, labels = downloads.load(dataset, size, with_labels, split)
        classes = downloads.CLASSES.get(dataset) if with_labels else None
    else:
        is_folder = kind(path) == "folder"
        if is_folder and split == "test":
            raise UserError(f"{shown(path)}: a folder has no test images")
        path = pathlib.Path(path)
        resolved = path.resolve()
        source = str(resolved)
        if is_folder:
            name = resolved.name
            images, labels, classes = folders.load(
                path, size, channels, with_labels, say
            )
        else:
            name = resolved.stem
            images, labels, classes = archives.load(
                path, with_labels, say, split
            )
    count, *shape = images.shape
    wanted = (size or shape[0], size or shape[1], channels or shape[2])
    if tuple(shape) != wanted:
        num_bytes = np.prod((count, *wanted), dtype=float)
        check_memory(
            *(path or dataset, f"{count} images of {wanted[1]}x{wanted[0]}"),
            *(num_bytes, "name a smaller --size"),
        )
    images = np.ascontiguousarray(fit_all(images, size, channels))
    return ImageSet(images, labels, shown(name), source, classes)


def _check_arguments(dataset, path, size, channels, split="train"):
    check_choice("split", split, ("train", "test"))
    if (dataset is None) == (path is None):
        raise ValueError(
            "Either `dataset` or `path` must be given. "
            f"Received: dataset={dataset!r}, path={path!r}"
        )
    if size is not None:
        check_positive_int("size", size)
    if channels not in (None, 1, 3):
        raise ValueError(
            f"`channels` must be 1, 3 or None. Received: channels={channels!r}"
        )
