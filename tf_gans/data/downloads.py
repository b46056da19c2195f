"""The data sets that have names: those that Keras fetches, and triangles."""

import os
import pathlib
import tempfile

import keras
import numpy as np

from tf_gans.data import arrays
from tf_gans.data.triangles import draw_triangles, load_triangles
from tf_gans.data.user_files import check_memory, one_line
from tf_gans.errors import UserError, shown

# Where Keras keeps each set's files, below its own directory.
_KERAS_FILES = {
    "mnist": "datasets/mnist.npz",
    "fashion_mnist": "datasets/fashion-mnist/"
    "{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz",
    "cifar10": "datasets/cifar-10-batches-py-target_archive",
}
# Of the training images; those of triangles for a size that is not named.
_SHAPES = {
    "mnist": (60_000, 28, 28, 1),
    "fashion_mnist": (60_000, 28, 28, 1),
    "cifar10": (50_000, 32, 32, 3),
    "triangles": (60_000, 28, 28, 1),
}
_NUM_TEST = 10_000  # images that no training sees
DATASETS = tuple(_SHAPES)
# As their authors list them, in the order of the labels; digits are numbers.
# https://github.com/zalandoresearch/fashion-mnist, "Labels", and
# https://www.cs.toronto.edu/~kriz/cifar.html
CLASSES = {
    "fashion_mnist": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    "cifar10": (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
}

# Of the images and labels. Keras checks the files of the other two.
_FASHION_MNIST_SHA256 = {
    "train": "add1583fa1282e41dc1661524d893d7879b03d4c49f0df04b635298bf09d7646",
    "test": "e63ca673c908c3871024e75bfe96d35cd968cc772ea1ec5d64f59b26b92ab235",
}


def peek(name, with_labels, split="train"):
    """The shape of a data set's images, without fetching or drawing them."""
    if name not in DATASETS:
        raise UserError(
            f"the data set must be one of {', '.join(DATASETS)}; "
            f"received {shown(name)}"
        )
    if name == "triangles" and with_labels:
        raise UserError("triangles: there are no labels to learn")
    count, *shape = _SHAPES[name]
    return (_NUM_TEST if split == "test" else count, *shape)


def load(name, size, with_labels, split="train"):
    """Loads a data set's images, and labels where they are wanted.

    Args:
        name: one of `DATASETS`.
        size: int or None, of the images that are drawn.
        with_labels: bool.
        split: `"train"`, or `"test"` for the images that no training sees.
    """
    count, *_ = peek(name, with_labels, split)
    if name == "triangles":
        size = size or 28
        check_memory(
            *(name, "the images", count * size**2),
            "name a smaller --size",
        )
        if split == "test":
            return load_triangles(split, size), None
        return draw_triangles(size=size), None
    where = keras_directory() / _KERAS_FILES[name]
    try:
        train, test = getattr(keras.datasets, name).load_data()
        x, y = train if split == "train" else test
    except Exception as error:  # Keras raises a plain Exception
        raise UserError(
            f"{name}: cannot be loaded: {one_line(error)}. Without a network, "
            f"put the published {_published_name(name)} at {where}, or name a "
            "file of your own with --data FILE.npz, or use --dataset "
            "triangles, which needs no file"
        ) from error
    if (
        name == "fashion_mnist"
        and arrays.sha256(x, y) != _FASHION_MNIST_SHA256[split]
    ):
        raise UserError(
            f"{name}: {where} are not the published files: remove them, and "
            "they are downloaded again"
        )
    # A column of labels, as CIFAR-10 has it, becomes a row.
    images = x if x.ndim == 4 else x[..., np.newaxis]
    return images, y.ravel().astype(np.int32) if with_labels else None


def _published_name(name):
    """What the file that Keras keeps is called where it is published."""
    if name == "cifar10":
        return "cifar-10-python.tar.gz"
    return pathlib.Path(_KERAS_FILES[name]).name


def keras_directory():
    """Where Keras keeps its files; the second place if it cannot write."""
    home = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    if os.access(home, os.W_OK):
        return home
    return pathlib.Path(tempfile.gettempdir(), ".keras")
