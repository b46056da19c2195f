"""Pictures of many images: grids, PNG files, and the film of a training."""

import io
import math
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from tf_gans import files, provenance
from tf_gans.errors import RunError, check_positive_int
from tf_gans.plotting import text
from tf_gans.plotting.video import VideoWriter, check_video_path

# A film's frames are at least this wide, in pixels: small images are enlarged.
_MIN_WIDTH = 512

# Images with a shorter side are enlarged in pictures.
_MIN_SIDE = 56

_PAPER = text.PAPER
_FONT_SIZE = 18  # of a film's captions, in pixels, as all that follow
_HEAD_SIZE = 14
_STRIP = 36
_BASELINE = 24
_INDENT = 8


def image_grid(images, columns=None, padding=2, scale=1, background=255):
    """Places images side by side.

    Args:
        images: uint8 array of shape `(n, height, width, channels)`, with 1
            channel for grey or 3 for red, green and blue.
        columns: int or None. Images in a row. Defaults to `None`: the least
            number with which there are no more rows than columns.
        padding: int. Pixels between the images and around them. Defaults to
            `2`.
        scale: int. Each pixel, the padding's too, becomes a square of this
            side. Defaults to `1`.
        background: int from 0 to 255. The grey of the padding and of the
            places that are left over. Defaults to `255`, white.

    Returns:
        A uint8 array of shape `(grid height, grid width, 3)`.
    """
    images = np.asarray(images)
    if (
        images.dtype != np.uint8
        or images.ndim != 4
        or images.shape[-1] not in (1, 3)
        or not images.size
    ):
        raise ValueError(
            "`images` must be uint8 of shape (n, height, width, 1 or 3). "
            f"Received: {images.dtype} of shape {images.shape}"
        )
    count, height, width, _ = images.shape
    if columns is None:
        columns = math.isqrt(count - 1) + 1
    columns = check_positive_int("columns", columns)
    if padding < 0:
        raise ValueError(
            f"`padding` must be at least 0. Received: padding={padding}"
        )
    rows = -(-count // columns)
    down, across = height + padding, width + padding
    shape = (rows * down + padding, columns * across + padding, 3)
    grid = np.full(shape, background, np.uint8)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        top, left = padding + row * down, padding + column * across
        grid[top : top + height, left : left + width] = image
    return _enlarge(grid, check_positive_int("scale", scale))


def picture_scale(sample_shape):
    """How many times images are enlarged to be looked at.

    Args:
        sample_shape: tuple of ints, `(height, width, channels)`.
    """
    return -(-_MIN_SIDE // min(*sample_shape[:2], _MIN_SIDE))


def labelled_grid(
    images,
    columns=None,
    scale=1,
    heads=(),
    sides=(),
    corner="",
    captions=(),
):
    """Places images side by side, with words around them.

    Args:
        images, columns, scale: see `image_grid`.
        heads: sequence of str, one for each column, written above it. Defaults
            to `()`: nothing.
        sides: sequence of str, one for each row, written to its left. Defaults
            to `()`.
        corner: str, written above the sides. Defaults to `""`.
        captions: sequence of str, one for each image, written below it.
            Defaults to `()`.

    Returns:
        A uint8 array of shape `(height, width, 3)`.
    """
    images = np.asarray(images).repeat(scale, axis=1).repeat(scale, axis=2)
    if captions:
        images = np.broadcast_to(images, (*images.shape[:3], 3))
        words = [text.label(caption) for caption in captions]
        width = max(images.shape[2], *(word.shape[1] for word in words))
        images = np.stack(
            [
                text.beneath(image, text.centred(word, width))
                for image, word in zip(images, words, strict=True)
            ]
        )
    grid = image_grid(images, columns, padding=2 * scale)
    left = text.row_heads(sides, grid.shape[0]) if sides else None
    if heads:
        grid = text.beneath(text.column_heads(heads, grid.shape[1]), grid)
    if left is not None:
        grid = text.beside([text.beneath(text.label(corner), left), grid])
    return grid


def class_grid(images, names=(), columns=None, scale=1):
    """Places images whose classes take turns.

    The classes' names stand above the columns where each column has one class,
    and below the images otherwise.

    Args:
        images, columns, scale: see `image_grid`. By default each column has
            one class where there are images enough.
        names: sequence of str, of the first image's class, the second's and so
            on until they begin again. Fewer than two are not shown. Defaults
            to `()`.

    Returns:
        A uint8 array of shape `(height, width, 3)`.
    """
    names, words = list(names), {}
    if 1 < len(names) <= len(images) and not columns:
        columns = len(names) * (round(len(images) ** 0.5 / len(names)) or 1)
    if len(names) > 1 and columns and columns % len(names) == 0:
        words["heads"] = names * (columns // len(names))
    elif len(names) > 1:
        words["captions"] = (names * len(images))[: len(images)]
    return labelled_grid(images, columns, scale, **words)


def write_png(path, array, about=None):
    """Writes an image as a PNG file, whole or not at all.

    Args:
        path: str or path-like.
        array: uint8 array of shape `(height, width)`, `(height, width, 1)` or
            `(height, width, 3)`.
        about: dict of what is known of it, or None; see
            `tf_gans.provenance.comment`. Defaults to `None`.

    Raises:
        UserError: the file cannot be written.
    """
    array = np.asarray(array)
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if (
        array.dtype != np.uint8
        or not array.size
        or (array.ndim != 2 and (array.ndim != 3 or array.shape[-1] != 3))
    ):
        raise ValueError(
            "`array` must be uint8 of shape (height, width), optionally with "
            f"1 or 3 channels. Received: {array.dtype} of shape {array.shape}"
        )
    png = io.BytesIO()
    Image.fromarray(array).save(png, format="PNG")
    with files.replacing(path) as temporary:
        temporary.write_bytes(provenance.stamp_png(png.getvalue(), about))


class GridFilm:
    """Films grids of images, each with a caption below it; a context manager.

    The first grid says how large all of them are. Grids of less than 512
    pixels are enlarged by a whole number, so that the pixels of small images
    stay squares.

    Args:
        path: str or path-like. The film's; see `VideoWriter`.
        fps: int. Frames per second. Defaults to `20`.
        heads: sequence of str, one for each column of the grids, written above
            it. Defaults to `()`: nothing.
        hold: float. Seconds that the last frame stays. Defaults to `0`.
        about: dict of what is known of the film, or None; see
            `tf_gans.provenance.comment`. Defaults to `None`.

    Raises:
        UserError: the film cannot be written; see `check_video_path`.

    Example:

    >>> images = np.random.randint(256, size=(100, 64, 28, 28, 1), dtype="u1")
    >>> with GridFilm("noise.mp4") as film:
    ...     for step in range(100):
    ...         film.add(image_grid(images[step]), f"step {step}")
    """

    def __init__(self, path, fps=20, heads=(), hold=0.0, about=None):
        self.path = check_video_path(path)
        self.fps = check_positive_int("fps", fps)
        self._heads = heads
        self._hold = hold
        self._about = about
        # Both from the first grid on.
        self._shape = None
        self._writer: Any = None  # a VideoWriter

    def __enter__(self):
        return self

    def __exit__(self, exception, *rest):
        if self._writer is not None:
            return self._writer.__exit__(exception, *rest)
        if exception is None:
            raise RunError(f"{self.path}: the film has no frames")
        return None

    def add(self, grid, caption=""):
        """Appends a frame.

        Args:
            grid: uint8 array of shape `(height, width, 3)`.
            caption: str of one line, which begins at the same place in every
                frame.

        Raises:
            ValueError: the grid is not like the first, or the caption is wider
                than the frame; 45 characters always fit.
        """
        grid = np.asarray(grid)
        shape = self._shape or (*grid.shape[:2], 3)
        if grid.shape != shape or grid.dtype != np.uint8 or not grid.size:
            raise ValueError(
                "`grid` must be uint8 of shape (height, width, 3), the same in "
                f"all frames. Received: {grid.dtype} of shape {grid.shape}"
            )
        if self._writer is None:
            self._start(shape)
        large = _enlarge(grid, self._scale)
        grid_end = self._top + large.shape[0]
        self._frame[self._top : grid_end, : large.shape[1]] = large
        self._frame[-_STRIP:] = self._draw_strip(caption)
        self._writer.write(self._frame)

    def _start(self, shape):
        height, width, _ = self._shape = shape
        self._scale = -(-_MIN_WIDTH // width)
        height, width = height * self._scale, width * self._scale
        heads = np.empty((0, width, 3), np.uint8)
        if self._heads:
            heads = text.column_heads(self._heads, width, _HEAD_SIZE)
        self._top = heads.shape[0]
        height += self._top
        # Even, as films are.
        height, width = height + height % 2 + _STRIP, width + width % 2
        self._frame = np.full((height, width, 3), _PAPER, np.uint8)
        self._frame[: self._top, : heads.shape[1]] = heads
        self._writer = VideoWriter(
            self.path, width, height, self.fps, self._hold, self._about
        )
        self._writer.__enter__()

    def _draw_strip(self, caption):
        width = self._frame.shape[1]
        if text.font(_FONT_SIZE).getlength(caption) > width - 2 * _INDENT:
            raise ValueError(
                f"`caption` must fit into {width} pixels. "
                f"Received: caption={caption!r}"
            )
        strip = Image.new("RGB", (width, _STRIP), (_PAPER,) * 3)
        ImageDraw.Draw(strip).text(
            (_INDENT, _BASELINE),
            caption,
            fill=text.INK,
            font=text.font(_FONT_SIZE),
            anchor="ls",  # the left end of the baseline
        )
        return np.asarray(strip)


def _enlarge(image, scale):
    return image.repeat(scale, axis=0).repeat(scale, axis=1)
