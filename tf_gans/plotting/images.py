"""Pictures of many images: grids, PNG files, and the film of a training."""

import math
import pathlib
from typing import Any

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tf_gans import files
from tf_gans.errors import RunError, check_positive_int
from tf_gans.plotting.video import VideoWriter, check_video_path

# A film's frames are at least this wide, in pixels: small images are enlarged.
_MIN_WIDTH = 512

_PAPER = 255
_INK = (77, 77, 77)

# All characters of this font, which comes with matplotlib, have one width, so
# that nothing moves while a number counts.
_FONT = "fonts/ttf/DejaVuSansMono.ttf"
_FONT_SIZE = 18  # in pixels, as all that follow
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


def write_png(path, array):
    """Writes an image as a PNG file, whole or not at all.

    Args:
        path: str or path-like.
        array: uint8 array of shape `(height, width)`, `(height, width, 1)` or
            `(height, width, 3)`.

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
    image = Image.fromarray(array)
    with files.replacing(path) as temporary:
        image.save(temporary, format="PNG")


class GridFilm:
    """Films grids of images, each with a caption below it; a context manager.

    The first grid says how large all of them are. Grids of less than 512
    pixels are enlarged by a whole number, so that the pixels of small images
    stay squares.

    Args:
        path: str or path-like. The film's; see `VideoWriter`.
        fps: int. Frames per second. Defaults to `20`.

    Raises:
        UserError: the film cannot be written; see `check_video_path`.

    Example:

    >>> images = np.random.randint(256, size=(100, 64, 28, 28, 1), dtype="u1")
    >>> with GridFilm("noise.mp4") as film:
    ...     for step in range(100):
    ...         film.add(image_grid(images[step]), f"step {step:>3}")
    """

    def __init__(self, path, fps=20):
        self.path = check_video_path(path)
        self.fps = check_positive_int("fps", fps)
        self._font = ImageFont.truetype(
            pathlib.Path(matplotlib.get_data_path(), _FONT), _FONT_SIZE
        )
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
                frame. Pad its numbers, as in `f"step {step:>6,}"`, and what
                follows them keeps its place, too.

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
        self._frame[: large.shape[0], : large.shape[1]] = large
        self._frame[-_STRIP:] = self._draw_strip(caption)
        self._writer.write(self._frame)

    def _start(self, shape):
        height, width, _ = self._shape = shape
        self._scale = -(-_MIN_WIDTH // width)
        height, width = height * self._scale, width * self._scale
        # Even, as films are.
        height, width = height + height % 2 + _STRIP, width + width % 2
        self._frame = np.full((height, width, 3), _PAPER, np.uint8)
        self._writer = VideoWriter(self.path, width, height, self.fps)
        self._writer.__enter__()

    def _draw_strip(self, caption):
        width = self._frame.shape[1]
        if self._font.getlength(caption) > width - 2 * _INDENT:
            raise ValueError(
                f"`caption` must fit into {width} pixels. "
                f"Received: caption={caption!r}"
            )
        strip = Image.new("RGB", (width, _STRIP), (_PAPER,) * 3)
        ImageDraw.Draw(strip).text(
            (_INDENT, _BASELINE),
            caption,
            fill=_INK,
            font=self._font,
            anchor="ls",  # the left end of the baseline
        )
        return np.asarray(strip)


def _enlarge(image, scale):
    return image.repeat(scale, axis=0).repeat(scale, axis=1)
