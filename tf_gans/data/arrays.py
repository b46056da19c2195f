"""Arrays of images and labels in the layouts that people save them in.

What can be read in one way only is converted, and said. What could be read in
two is refused with the line of numpy that settles it.
"""

import dataclasses
import hashlib

import numpy as np
from PIL import Image

from tf_gans.data.resizing import flatten
from tf_gans.data.user_files import check_memory
from tf_gans.errors import UserError, shown

_MAX_CLASSES = 65_536
_CHUNK = 2**22  # values, which are converted at a time


def sha256(*arrays):
    """SHA-256 of the arrays' shapes and bytes, in hexadecimal."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def check_count(name, count):
    """Raises a `UserError` where there are fewer than two images."""
    if count < 2:
        raise UserError(
            f"{shown(name)}: there must be at least 2 images; received {count}"
        )


# Images ----------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Layout:
    """How the axes of an array of images are to be read.

    Attributes:
        shape: `(n, height, width, channels)`, channels being 1 or 3.
        channels_first: bool. Whether the array's second axis is its channels.
        has_alpha: bool. Whether it has a fourth channel, of opacity.
    """

    shape: tuple
    channels_first: bool = False
    has_alpha: bool = False


def read_layout(name, shape):
    """Says how an array of images lies, or raises a `UserError`.

    Channels are the last axis wherever that has 1 or 3 places, as Keras has
    it. The second axis, or a fourth channel, is taken where only one reading
    is left.
    """
    shape = tuple(shape)
    layout = None
    if len(shape) == 3:
        layout = Layout((*shape, 1))
    elif len(shape) == 4:
        n, a, b, c = shape
        if c in (1, 3):
            layout = Layout(shape)
        elif c == 4 < min(a, b):
            layout = Layout((n, a, b, 3), has_alpha=True)
        elif a in (1, 3) and min(b, c) > 4:
            layout = Layout((n, b, c, a), channels_first=True)
        elif a == 4 < min(b, c):
            layout = Layout((n, b, c, 3), channels_first=True, has_alpha=True)
    if layout is None or 0 in layout.shape[1:]:
        raise UserError(
            f"{shown(name)}: the images must be of shape (n, height, width), "
            "with 1 or 3 channels as a last axis or without; received "
            f"{shape}{_advise_shape(shape)}"
        )
    check_count(name, shape[0])
    return layout


def _advise_shape(shape):
    if len(shape) == 2:
        side = round(shape[1] ** 0.5)
        if side and side**2 == shape[1]:
            return f"; save x.reshape(-1, {side}, {side})"
        return "; save x.reshape(-1, height, width, channels)"
    if len(shape) == 4 and shape[1] in (1, 3):
        return "; if the channels come first, save x.transpose(0, 2, 3, 1)"
    return ""


def to_images(name, x, say):
    """Makes uint8 images of shape `(n, height, width, 1 or 3)`.

    Args:
        name: the path that messages name.
        x: array.
        say: function that is called with a line for what was converted.

    Raises:
        UserError: it is not plain how the array is to be read.
    """
    layout = read_layout(name, x.shape)
    scaling = _read_scaling(name, x)
    if x.ndim == 3:
        x = x[..., np.newaxis]
    if layout.channels_first:
        say(f"{shown(name)}: the channels come first, and are put last")
        x = x.transpose(0, 2, 3, 1)
    if layout.has_alpha:
        say(f"{shown(name)}: what is transparent becomes white")
    if scaling is None and not layout.has_alpha:
        return x
    check_memory(
        *(name, "the images as uint8", np.prod(layout.shape, dtype=float)),
        "save fewer",
    )
    if scaling is not None:
        low, high, what = scaling
        say(f"{shown(name)}: {what} become 0 to 255")
    images = np.empty(layout.shape, np.uint8)
    for rows in _parts(x):
        part = x[rows]
        if scaling is not None:
            # Whole numbers of 8 bits go through float64 unchanged.
            unit = (part.astype(np.float64) - low) / (high - low)
            part = np.round(255 * unit).astype(np.uint8)
        if layout.has_alpha:
            part = [_onto_white(pixels) for pixels in part]
        images[rows] = part
    return images


def _onto_white(pixels):
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(flatten(image, "RGB"))


@np.errstate(invalid="ignore")  # NaN of some kinds; they are refused below
def _read_scaling(name, x):
    """What the values mean: None for uint8, else what becomes 0 and 255.

    Returns:
        None, or the two values and words for them.
    """
    if x.dtype == np.uint8:
        return None
    low = high = None
    if x.dtype.kind in "iuf":
        low, high = x.min(), x.max()
        whole = x.dtype.kind != "f" or _is_whole(x)
        if whole and low >= 0 and 1 < high <= 255:
            return 0, 255, f"the {x.dtype} values {low:g} to {high:g}"
        if x.dtype.kind == "f":
            if 0 <= low < 0.5 < high <= 1:
                return 0, 1, f"the {x.dtype} values 0 to 1"
            if -1 <= low < -0.5 and 0.5 < high <= 1:
                return -1, 1, f"the {x.dtype} values -1 to 1"
    span = "" if low is None else f" from {low:g} to {high:g}"
    raise UserError(
        f"{shown(name)}: the images must be uint8, from 0 to 255; received "
        f"{x.dtype}{span}, which could mean several things; save "
        "np.round(255 * (x - black) / (white - black)).astype('uint8')"
    )


def _is_whole(x):
    return all(np.all(x[rows] == np.floor(x[rows])) for rows in _parts(x))


def _parts(x):
    """Slices of the array's rows, each of which is a small array."""
    length = max(1, _CHUNK // max(1, x[0].size))
    return [slice(i, i + length) for i in range(0, len(x), length)]


# Labels ----------------------------------------------------------------------


def class_order(names):
    """Class names in their order: numbers by value, else by the letters."""
    names = sorted(set(names))
    if all(name.isascii() and name.isdigit() for name in names):
        return sorted(names, key=int)
    return names


def list_classes(names):
    """The labels and names of classes for a line of text."""
    listed = [f"{i} {shown(name)}" for i, name in enumerate(names)]
    if len(listed) > 30:
        left_out = f"and {len(listed) - 30} more"
        listed = [*listed[:30], left_out]
    return ", ".join(listed)


def to_labels(name, y, count, say):
    """Makes int32 labels of shape `(count,)` of numbers, one-hot rows, names.

    Returns:
        The labels, and the names of the classes or None.

    Raises:
        UserError: they are not one label for each image.
    """
    if y.ndim == 2 and y.shape[0] == count and y.shape[1] > 1:
        y = _from_one_hot(name, y, say)
    if y.shape not in ((count,), (count, 1)):
        raise UserError(
            f"{shown(name)}: there must be one label for each of the {count} "
            f"images; received shape {y.shape}"
        )
    y = y.ravel()
    if y.dtype.kind in "SU":
        return _from_names(name, y, say)
    if y.dtype.kind not in "iu":
        raise UserError(
            f"{shown(name)}: labels must be integers; received {y.dtype}; "
            "save y.astype(int)"
        )
    if y.min() < 0 or y.max() >= _MAX_CLASSES:
        raise UserError(
            f"{shown(name)}: labels must be from 0 to {_MAX_CLASSES - 1}; "
            f"received {y.min()} to {y.max()}"
        )
    return y.astype(np.int32), None


def _from_one_hot(name, y, say):
    is_one_hot = y.dtype.kind in "biuf" and bool(
        np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1)
    )
    if not is_one_hot:
        raise UserError(
            f"{shown(name)}: labels of shape {y.shape} must be one-hot, a "
            "single 1 in each row and else 0; save y.argmax(axis=1) if the "
            "largest is meant"
        )
    say(f"{shown(name)}: one-hot labels become 0 to {y.shape[1] - 1}")
    return y.argmax(axis=1)


def _from_names(name, y, say):
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "backslashreplace")
    found, inverse = np.unique(y, return_inverse=True)
    names = class_order(str(text) for text in found)
    if len(names) > _MAX_CLASSES:
        raise UserError(
            f"{shown(name)}: there must be at most {_MAX_CLASSES} classes; "
            f"received {len(names)}"
        )
    say(f"{shown(name)}: labels: {list_classes(names)}")
    place = {text: i for i, text in enumerate(names)}
    ranks = np.array([place[str(text)] for text in found], np.int32)
    return ranks[inverse.ravel()], tuple(names)
