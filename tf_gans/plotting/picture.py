"""Pictures, and films in which little of a picture changes."""

import io

import numpy as np
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tf_gans import files, provenance
from tf_gans.plotting.video import VideoWriter

_PICTURE_DPI = 150
_FILM_DPI = 120

# seaborn's colour-blind-safe palette.
BLUE, GREEN, VERMILION, PINK, GREY = (
    sns.color_palette("colorblind")[i] for i in (0, 2, 3, 4, 7)
)

# All digits of this font, which comes with matplotlib, have one width.
MONOSPACED = "DejaVu Sans Mono"
_ADVANCE = 0.602  # that width, as a part of the font's size
_STEP_SIZE = 9  # in points
_NUMBERS = {"family": MONOSPACED, "fontsize": _STEP_SIZE, "color": "0.3"}

# In inches.
_HEAD = 0.25  # from the upper edge to the middle of the line at the top
_EXTRA_HEAD = 0.28  # for that line, in films of pictures without a title
_TEXT_LINE = 0.18  # of the text below

# Of legends in the margins.
LEGEND = {"loc": "center", "frameon": False, "fontsize": 9, "borderpad": 0}


def style():
    """The style of all figures, whatever the user's is; a context manager."""
    return sns.axes_style("ticks", {"font.family": "DejaVu Sans"})


def save_figure(path, figure, about=None):
    """Saves a `matplotlib.figure.Figure` as a PNG file.

    Args:
        path: str or path-like.
        figure: `matplotlib.figure.Figure`.
        about: dict of what is known of it, or None; see
            `tf_gans.provenance.comment`. Defaults to `None`.

    Raises:
        UserError: the file cannot be written.
    """
    png = io.BytesIO()
    # Without matplotlib's own word of the software.
    metadata = {"Software": None}
    figure.savefig(png, format="png", dpi=_PICTURE_DPI, metadata=metadata)
    with files.replacing(path) as temporary:
        temporary.write_bytes(provenance.stamp_png(png.getvalue(), about))


class Sheet:
    """A figure that is measured in inches from its lower left corner.

    Args:
        figure: `matplotlib.figure.Figure`. Is given the size.
        width: float.
        height: float, without the footer.
        footer: float. Room below the corner. Defaults to `0`.
    """

    def __init__(self, figure, width, height, footer=0.0):
        self.figure = figure
        self.height = height
        self._footer = footer
        self._whole = (width, height + footer)
        figure.set_size_inches(self._whole)

    def place(self, x, y):
        """Turns inches into parts of the figure's width and height."""
        width, height = self._whole
        return x / width, (y + self._footer) / height

    def axes(self, left, bottom, width, height, **options):
        """Adds axes."""
        size = (width / self._whole[0], height / self._whole[1])
        place = (*self.place(left, bottom), *size)
        return self.figure.add_axes(place, **options)

    def text(self, x, y, text, **options):
        """Writes a text, by default on the middle of its line."""
        options = {"va": "center_baseline", **options}
        return self.figure.text(*self.place(x, y), text, **options)

    def legend(self, x, y, handles, labels, **options):
        """Adds a legend of one row around a point."""
        self.figure.legend(
            handles=handles,
            labels=labels,
            bbox_to_anchor=self.place(x, y),
            ncols=len(handles),
            **{**LEGEND, **options},
        )


class Picture:
    """A figure of which little changes, as a PNG file, a window and a film.

    A subclass has attributes for what it always shows, such as the real data.
    It draws that, and the artists of what changes, in `draw_axes`, and gives
    these artists their values in `set`. The names of the values are those that
    the problem's `Probe` measures, so a probe's measurements are a picture's
    and a film's arguments.

    Attributes:
        size: pair of floats, width and height in inches. Defaults to `(6, 4)`.
        title: str, or None for no line at the top. Defaults to `None`.
        head: pair of floats. Where that line begins and ends, in inches.
        text_centre: float. The middle of the text below, in inches. Defaults to
            `3`.
    """

    size: tuple[float, float] = (6, 4)
    title: str | None = None
    head: tuple[float, float]
    text_centre: float = 3

    def draw_axes(self, sheet):
        """Draws all but the values.

        Args:
            sheet: `Sheet`, of the picture's size.

        Returns:
            The artists that change, and those upon them, in drawing order.
        """
        raise NotImplementedError

    def set(self, artists, **values):
        """Gives artists the values to show.

        Args:
            artists: what `draw_axes` returned.
            **values: of one measurement.
        """
        raise NotImplementedError

    def scene(self, **frames):
        """What a page draws: the picture's own, and frames.

        Args:
            **frames: arrays of the values, whose first axis is `frames`.

        Returns:
            A dict of JSON types. `kind` says how it is drawn; `numbers` maps
            names to lists of what is written with the frames, if any.
        """
        raise NotImplementedError

    def save(self, path, text=None, about=None, **values):
        """Saves the picture as a PNG file.

        Args:
            path: str or path-like.
            text: str of one or more lines to print below the picture, or None.
                Defaults to `None`.
            about: dict of what is known of it, or None; see
                `tf_gans.provenance.comment`. Defaults to `None`.
            **values: see `set`.

        Raises:
            UserError: the file cannot be written.
        """
        figure = Figure()
        self._draw(figure, text, values)
        save_figure(path, figure, about)

    def show(self, text=None, **values):
        """Shows the picture in a window and waits until it is closed.

        Args:
            text: see `save`.
            **values: see `set`.

        Returns:
            False where there is no window to show it in, as on a machine
            without a display; True otherwise.
        """
        # Only here, because it looks for a display and loads a window toolkit.
        from matplotlib import pyplot as plt

        try:
            figure = plt.figure()
        except Exception:  # toolkits have their own for an unusable display
            return False
        try:
            if figure.canvas.required_interactive_framework is None:
                return False
            self._draw(figure, text, values)
            plt.show()
        finally:
            plt.close(figure)
        return True

    def film(
        self,
        path,
        total_steps,
        describe=None,
        fps=30,
        hold=0.0,
        about=None,
    ):
        """Opens a film of the picture through a run.

        Args:
            path: str or path-like. The film's; see `VideoWriter`.
            total_steps: int. The run's last step, for the text.
            describe: function of a frame's values, by their names, that returns
                a line of text to show in the title's place, or None. Defaults
                to `None`.
            fps: int. Frames per second. Defaults to `30`.
            hold: float. Seconds that the last frame stays. Defaults to `0`.
            about: dict of what is known of it, or None; see
                `tf_gans.provenance.comment`. Defaults to `None`.

        Returns:
            A `Film`, which is a context manager.

        Raises:
            UserError: the film cannot be written; see `check_video_path`.
        """
        return Film(self, path, total_steps, describe, fps, hold, about)

    def _draw(self, figure, text, values):
        lines = text.splitlines() if text else []
        footer = _TEXT_LINE * len(lines)
        with style():
            sheet = Sheet(figure, *self.size, footer)
            self.set(self.draw_axes(sheet), **values)
            _draw_head(sheet, self, self.title or "")
            sheet.text(
                self.text_centre,
                0.4 * _TEXT_LINE - footer,
                "\n".join(lines),
                ha="center",
                va="bottom",
                fontsize=8.5,
                color="0.3",
            )


class Film:
    """A film of a picture; a context manager. `Picture.film` makes it.

    What stays as it is, is drawn once. For each frame the artists that
    change are drawn upon a copy of it.

    Args:
        picture: `Picture`.
        path, total_steps, describe, fps, hold, about: see `Picture.film`.

    Example:

    >>> source = gaussian.Gaussian(batch_size=8)
    >>> picture = DistributionPicture.from_data(source)
    >>> with picture.film("film.mp4", total_steps=5000) as film:
    ...     probe = DistributionProbe(film.add, batch_size=8)
    ...     gan.fit(source, steps_per_epoch=5001, callbacks=[probe])
    """

    def __init__(
        self,
        picture,
        path,
        total_steps,
        describe=None,
        fps=30,
        hold=0.0,
        about=None,
    ):
        self._picture, self._describe = picture, describe
        figure = Figure(dpi=_FILM_DPI)
        self._canvas = FigureCanvasAgg(figure)
        with style():
            width, height = picture.size
            height += 0 if picture.title else _EXTRA_HEAD
            sheet = Sheet(figure, width, height)
            self._moving = picture.draw_axes(sheet)
            self._number = _draw_step(sheet, picture, total_steps)
            self._artists = [*self._moving, self._number]
            if describe:
                self._text = _draw_head(sheet, picture, "", **_NUMBERS)
                self._artists.append(self._text)
            else:
                _draw_head(sheet, picture, picture.title or "")
        for artist in self._artists:
            artist.set_animated(True)
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(figure.bbox)
        # The canvas' own memory: it follows what is drawn.
        self._pixels = np.asarray(self._canvas.buffer_rgba())
        height, width, _ = self._pixels.shape
        self._writer = VideoWriter(path, width, height, fps, hold, about)

    def __enter__(self):
        self._writer.__enter__()
        return self

    def __exit__(self, *exception):
        return self._writer.__exit__(*exception)

    def add(self, steps, **values):
        """Appends frames.

        Args:
            steps: int array of shape `(frames,)`.
            **values: the arrays of the picture's values, whose first axis is
                `frames`.
        """
        for step, *frame in zip(steps, *values.values(), strict=True):
            self._draw(step, dict(zip(values, frame, strict=True)))
            self._writer.write(self._pixels)

    def _draw(self, step, values):
        self._picture.set(self._moving, **values)
        self._number.set_text(f"{step}")
        if self._describe:
            self._text.set_text(self._describe(**values))
        self._canvas.restore_region(self._background)
        for artist in self._artists:
            self._canvas.figure.draw_artist(artist)


def _draw_head(sheet, picture, text, **options):
    """Writes the line at the top, from its beginning."""
    options = {"fontsize": 11, **options}  # leaves room for a step's number
    y = sheet.height - _HEAD
    return sheet.text(picture.head[0], y, text, **options)


def _draw_step(sheet, picture, total_steps):
    """Writes `Step ____ / 5000` at the end of the line at the top.

    Returns:
        The number's own, empty text.
    """
    x, y = picture.head[1], sheet.height - _HEAD
    end = f" / {total_steps}"
    room = " " * len(str(total_steps))
    sheet.text(x, y, f"Step {room}{end}", ha="right", **_NUMBERS)
    indent = len(end) * _ADVANCE * _STEP_SIZE / 72
    return sheet.text(x - indent, y, "", ha="right", **_NUMBERS)
