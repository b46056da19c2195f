"""What figures share, whatever they show: files, windows and films."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tf_gans import files
from tf_gans.plotting.video import VideoWriter

_PICTURE_DPI = 150
_FILM_DPI = 120

# All digits of this font, which comes with matplotlib, have one width.
MONOSPACED = "DejaVu Sans Mono"
_ADVANCE = 0.602  # that width, as a part of the font's size
_STEP_SIZE = 9  # in points


def save_figure(path, draw):
    """Saves a figure as a PNG file.

    Args:
        path: str or path-like.
        draw: called with an empty `matplotlib.figure.Figure`.

    Raises:
        UserError: the file cannot be written.
    """
    figure = Figure()
    draw(figure)
    with files.replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=_PICTURE_DPI)


def show_figure(draw):
    """Shows a figure in a window and waits until it is closed.

    Args:
        draw: called with an empty `matplotlib.figure.Figure`.

    Returns:
        False where there is no window to show it in, as on a machine without a
        display; True otherwise.
    """
    # Only here, because it looks for a display and loads a window toolkit.
    from matplotlib import pyplot as plt

    try:
        figure = plt.figure()
    except Exception:  # each toolkit has its own for a display it cannot open
        return False
    try:
        if figure.canvas.required_interactive_framework is None:
            return False
        draw(figure)
        plt.show()
    finally:
        plt.close(figure)
    return True


class FigureFilm:
    """Films a figure of which little changes; a context manager.

    All that stays as it is, is drawn once. For each frame the artists that
    change are drawn upon a copy of it.

    A subclass has a method `add`, which appends frames with `_write`.

    Args:
        path: str or path-like. The film's; see `VideoWriter`.
        draw: called with an empty `matplotlib.figure.Figure`; draws it and
            returns the artists that change, in the order to draw them in.
        fps: int. Frames per second. Defaults to `30`.

    Raises:
        UserError: the film cannot be written; see `check_video_path`.
    """

    def __init__(self, path, draw, fps=30):
        figure = Figure(dpi=_FILM_DPI)
        self._canvas = FigureCanvasAgg(figure)
        self._artists = draw(figure)
        for artist in self._artists:
            artist.set_animated(True)
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(figure.bbox)
        # The canvas' own memory: it follows what is drawn.
        self._pixels = np.asarray(self._canvas.buffer_rgba())
        height, width, _ = self._pixels.shape
        self._writer = VideoWriter(path, width, height, fps)

    def __enter__(self):
        self._writer.__enter__()
        return self

    def __exit__(self, *exception):
        return self._writer.__exit__(*exception)

    def _write(self):
        """Appends the artists as they are now."""
        self._writer.write(self._draw())

    def _draw(self):
        """Returns the frame's pixels, valid until the next is drawn."""
        self._canvas.restore_region(self._background)
        for artist in self._artists:
            self._canvas.figure.draw_artist(artist)
        return self._pixels


def draw_step(figure, right, y, total_steps):
    """Draws `Step ____ / 5000`, to fill in.

    Args:
        figure: `matplotlib.figure.Figure`.
        right: float. Where the text ends, from 0, the figure's left side, to 1.
        y: float. The height of its middle, from 0 to 1.
        total_steps: int. The run's last step.

    Returns:
        The number's own, empty text.
    """
    style = {
        "ha": "right",
        "va": "center_baseline",
        "family": MONOSPACED,
        "fontsize": _STEP_SIZE,
        "color": "0.3",
    }
    end = f" / {total_steps}"
    figure.text(right, y, f"Step {' ' * len(str(total_steps))}{end}", **style)
    indent = len(end) * _ADVANCE * _STEP_SIZE / 72  # inches
    width = figure.get_size_inches()[0]
    return figure.text(right - indent / width, y, "", **style)
