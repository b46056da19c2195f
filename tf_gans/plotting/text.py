"""Text and pictures of it, as uint8 arrays, and how pictures are joined."""

import functools
import pathlib

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

PAPER = 255
INK = (77, 77, 77)

_SIZE = 11  # of labels, in pixels
_MAX_LENGTH = 20  # of labels, in characters
_MARGIN = 4  # between labels and the picture's edge, in pixels

# All characters of this font, which comes with matplotlib, have one width, so
# that nothing moves while a number counts.
_FONT = "fonts/ttf/DejaVuSansMono.ttf"


@functools.cache
def font(size):
    """The font of a size in pixels."""
    path = pathlib.Path(matplotlib.get_data_path(), _FONT)
    return ImageFont.truetype(path, size)


def text_picture(text, size=_SIZE, height=None):
    """A line of text.

    Args:
        text: str.
        size: int. Of the font, in pixels. Defaults to `11`.
        height: int or None. Of the picture, with the text in its middle.
            Defaults to `None`: that of a line.

    Returns:
        A uint8 array of shape `(height, width, 3)`.
    """
    width = round(font(size).getlength(text)) + 2
    height = height or round(1.4 * size)
    picture = Image.new("RGB", (width, height), (PAPER,) * 3)
    ImageDraw.Draw(picture).text(
        (width / 2, height / 2), text, fill=INK, font=font(size), anchor="mm"
    )
    return np.asarray(picture)


def sign_picture(sign, side):
    """A sign in the middle of a white square."""
    return centred(text_picture(sign, side // 2, side), side)


def label(text, size=_SIZE):
    """A line of text, of which the end is left out where it is too long."""
    text = " ".join(text.split())
    if len(text) > _MAX_LENGTH:
        text = text[: _MAX_LENGTH - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return text_picture(text, size)


def column_heads(texts, width, size=_SIZE):
    """Labels above columns; upright ones where they are too wide for them.

    Args:
        texts: sequence of str, one for each of the columns.
        width: int. Of all columns together, which are equally wide.
        size: int. Of the font, in pixels, where the columns are wide enough.
            Defaults to `11`.

    Returns:
        A uint8 array of shape `(height, width, 3)`.
    """
    column = width / len(texts)
    size = max(1, min(size, int(column / 1.4)))
    pictures = [label(text, size) for text in texts]
    if max(picture.shape[1] for picture in pictures) > column:
        # From the bottom to the top.
        pictures = [np.rot90(picture) for picture in pictures]
    height = max(picture.shape[0] for picture in pictures) + _MARGIN
    heads = np.full((height, width, 3), PAPER, np.uint8)
    for number, picture in enumerate(pictures):
        left = round(number * column + (column - picture.shape[1]) / 2)
        right = left + picture.shape[1]
        heads[height - picture.shape[0] :, left:right] = picture
    return heads


def row_heads(texts, height):
    """Labels to the left of rows.

    Args:
        texts: sequence of str, one for each of the rows.
        height: int. Of all rows together, which are equally high.

    Returns:
        A uint8 array of shape `(height, width, 3)`.
    """
    pictures = [label(text) for text in texts]
    width = max(picture.shape[1] for picture in pictures) + _MARGIN
    heads = np.full((height, width, 3), PAPER, np.uint8)
    row = height / len(texts)
    for number, picture in enumerate(pictures):
        top = round(number * row + (row - picture.shape[0]) / 2)
        left = width - picture.shape[1]  # the margin is on the other side
        heads[top : top + picture.shape[0], left:] = picture
    return heads


def centred(picture, width):
    """A picture with white at its sides, up to a width."""
    left = (width - picture.shape[1]) // 2
    right = width - picture.shape[1] - left
    return padded(picture, (0, 0), (left, right))


def beneath(upper, lower, gap=0):
    """One picture below another, each in the middle."""
    width = max(upper.shape[1], lower.shape[1])
    upper = padded(centred(upper, width), (0, gap), (0, 0))
    return np.concatenate([upper, centred(lower, width)])


def beside(pictures):
    """Pictures in a row, on one ground."""
    height = max(picture.shape[0] for picture in pictures)
    return np.concatenate(
        [padded(p, (height - p.shape[0], 0), (0, 0)) for p in pictures], axis=1
    )


def padded(picture, rows, columns):
    """A picture with white around it."""
    return np.pad(picture, (rows, columns, (0, 0)), constant_values=PAPER)
