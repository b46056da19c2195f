"""The picture of generated parabolas between their bounds, and its film."""

import dataclasses
import math

import numpy as np
import seaborn as sns
from matplotlib.collections import LineCollection

from tf_gans.plotting.picture import (
    MONOSPACED,
    FigureFilm,
    draw_step,
    save_figure,
    show_figure,
)

_TITLE = "Quadratic curves"

# In inches.
_WIDTH, _HEIGHT = 6, 4
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.6, 0.25, 0.72, 0.52
_SUMMARY_LINE = 0.18

# seaborn's colour-blind-safe palette: its blue, vermilion and grey.
_REAL, _GENERATED, _BOUND = (
    sns.color_palette("colorblind")[i] for i in (0, 3, 7)
)

# What the discriminator says: of which name, called what, and what it would be
# if no curve could be told from the data.
_VERDICTS = (
    ("d_loss", "discriminator loss", 2 * math.log(2)),
    ("d_real", "D(x), mean of real curves", 0.5),
    ("accuracy", "accuracy on both kinds", 0.5),
)

# The table of them stands where no right curve comes: in the middle, on top.
# In parts of the axes' width and height, and in points.
_LABELS, _NUMBERS, _EQUILIBRIA = 0.26, 0.645, 0.76
_FIRST_LINE, _LINE = 0.945, 0.065
_TABLE_SIZE = 8.5


@dataclasses.dataclass(frozen=True, eq=False)
class CurveAxes:
    """What stays as it is through a run: bounds, and one of the real curves.

    Args:
        x: array of shape `(num_points,)`. The places of the heights.
        lower: array of the same shape. The lowest real curve.
        upper: array of the same shape. The highest.
        real: array of the same shape. One of the real curves.
    """

    x: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    real: np.ndarray

    @classmethod
    def from_data(cls, data):
        """Takes the curves from a `tf_gans.data.Quadratics`.

        The real curve is the median one.
        """
        ends = (data.low, data.high, data.ppf(0.5))
        return cls(data.x, *data.curves(np.array(ends)))

    @property
    def limits(self):
        """The ends of the heights' axis, where the bounds are seen whole."""
        low, high = self.lower.min(), self.upper.max()
        margin = 0.07 * (high - low)
        return low - margin, high + margin


def plot_quadratics(path, axes, curves, verdict, summary_text=None):
    """Saves the picture as a PNG file.

    The space between the bounds is grey. The first of the generated curves is
    bold, the others are thin. What the discriminator says stands beside what it
    would be at the equilibrium.

    Args:
        path: str or path-like.
        axes: `CurveAxes`.
        curves: array of shape `(n, num_points)`, generated.
        verdict: dict of `d_loss`, `d_real` and `accuracy`; see
            `tf_gans.toys.quadratics.probe.CurveProbe`.
        summary_text: str of one or more lines to print below the picture, or
            None. Defaults to `None`.

    Raises:
        UserError: the file cannot be written.
    """
    save_figure(
        path,
        lambda figure: _draw_picture(
            figure, axes, curves, verdict, summary_text
        ),
    )


def show_quadratics(axes, curves, verdict, summary_text=None):
    """Shows the picture in a window and waits until it is closed.

    The arguments are those of `plot_quadratics`.

    Returns:
        False where there is no window to show it in; True otherwise.
    """
    return show_figure(
        lambda figure: _draw_picture(
            figure, axes, curves, verdict, summary_text
        )
    )


class QuadraticsAnimation(FigureFilm):
    """Films the picture through a run; a context manager.

    Args:
        path: str or path-like. The film's; see `VideoWriter`.
        axes: `CurveAxes`.
        total_steps: int. The run's last step, for the text.
        fps: int. Frames per second. Defaults to `30`.

    Raises:
        UserError: the film cannot be written; see `check_video_path`.

    Example:

    >>> source = data.Quadratics(batch_size=64)
    >>> axes = CurveAxes.from_data(source)
    >>> with QuadraticsAnimation("film.mp4", axes, total_steps=400) as film:
    ...     probe = callbacks.CurveProbe(film.add, source)
    ...     gan.fit(source, steps_per_epoch=401, callbacks=[probe])
    """

    def __init__(self, path, axes, total_steps, fps=30):
        self.axes = axes
        self._total_steps = total_steps
        super().__init__(path, self._draw_first, fps)

    def _draw_first(self, figure):
        figure.set_size_inches(_WIDTH, _HEIGHT)
        axes, fixed = _draw_axes(figure, self.axes)
        self._moving = _Moving(axes, self.axes, fixed)
        self._number = draw_step(
            figure,
            1 - _RIGHT / _WIDTH,
            1 - 0.25 / _HEIGHT,
            self._total_steps,
        )
        return [*self._moving.artists, self._number]

    def add(self, steps, curves, d_loss, d_real, accuracy):
        """Appends frames.

        Args:
            steps: int array of shape `(frames,)`.
            curves: array of shape `(frames, n, num_points)`.
            d_loss, d_real, accuracy: arrays of shape `(frames,)`.
        """
        for step, shown, *numbers in zip(
            steps, curves, d_loss, d_real, accuracy, strict=True
        ):
            self._moving.set(shown, numbers)
            self._number.set_text(f"{step}")
            self._write()


class _Moving:
    """What differs from frame to frame, and what is drawn over some of it.

    Args:
        axes: matplotlib's axes.
        data: `CurveAxes`.
        fixed: list of lines that stand still: above the thin curves, and below
            the bold one.
    """

    def __init__(self, axes, data, fixed):
        self._x = data.x
        self._bundle = LineCollection(
            [], colors=[_GENERATED], linewidths=0.8, alpha=0.3
        )
        axes.add_collection(self._bundle, autolim=False)
        (self._first,) = axes.plot(
            [], [], color=_GENERATED, linewidth=2, marker="o", markersize=3.5
        )
        self._numbers = [
            _table_text(axes, _NUMBERS, i, "", ha="right", family=MONOSPACED)
            for i in range(len(_VERDICTS))
        ]
        self.artists = [self._bundle, *fixed, self._first, *self._numbers]
        for order, artist in enumerate(self.artists):
            artist.set_zorder(3 + order)

    def set(self, curves, numbers):
        x = np.broadcast_to(self._x, np.shape(curves))
        segments = np.stack([x, curves], axis=-1)  # (n, num_points, 2)
        self._bundle.set_segments(list(segments[1:]))
        self._first.set_data(*segments[0].T)
        for text, number in zip(self._numbers, numbers, strict=True):
            text.set_text(f"{number:.2f}")


def _draw_picture(figure, axes, curves, verdict, summary_text):
    lines = summary_text.splitlines() if summary_text else []
    footer = _SUMMARY_LINE * len(lines)
    figure.set_size_inches(_WIDTH, _HEIGHT + footer)
    drawn, fixed = _draw_axes(figure, axes, footer)
    moving = _Moving(drawn, axes, fixed)
    moving.set(curves, [verdict[name] for name, _, _ in _VERDICTS])
    figure.text(
        0.5,
        0.4 * _SUMMARY_LINE / (_HEIGHT + footer),
        "\n".join(lines),
        ha="center",
        va="bottom",
        fontsize=8.5,
        color="0.3",
    )


def _draw_axes(figure, data, footer=0.0):
    """Draws all but what moves.

    The legend stands between the title and the axes, where no curve comes.

    Returns:
        The axes, and the lines of the bounds and of the real curve.
    """
    width, height = figure.get_size_inches()
    bottom = _BOTTOM + footer
    place = (
        _LEFT / width,
        bottom / height,
        1 - (_LEFT + _RIGHT) / width,
        1 - (bottom + _TOP) / height,
    )
    with sns.axes_style("ticks", {"font.family": "DejaVu Sans"}):
        axes = figure.add_axes(place)
        axes.set(
            xlim=(data.x[0], data.x[-1]),
            ylim=data.limits,
            xlabel="x",
            ylabel="y",
        )
        axes.fill_between(
            data.x, data.lower, data.upper, color=_BOUND, alpha=0.13, lw=0
        )
        bounds = axes.plot(
            data.x,
            np.stack([data.lower, data.upper], axis=1),
            color="0.35",
            linewidth=1.2,
            dashes=(5, 3),
        )
        (real,) = axes.plot(data.x, data.real, color=_REAL, linewidth=2)
        # Artists for the legend alone: those that move are not drawn yet.
        (generated,) = axes.plot(
            [], [], color=_GENERATED, linewidth=2, marker="o", markersize=3.5
        )
        (more,) = axes.plot([], [], color=_GENERATED, linewidth=0.8, alpha=0.6)
        figure.legend(
            handles=[bounds[0], real, generated, more],
            labels=["bounds", "a real curve", "a generated curve", "more"],
            loc="center",
            bbox_to_anchor=(0.5, 1 - 0.55 / height),
            ncols=4,
            frameon=False,
            fontsize=9,
            borderpad=0,
            columnspacing=1.6,
        )
        _draw_table(axes)
        figure.text(
            _LEFT / width,
            1 - 0.25 / height,
            _TITLE,
            ha="left",
            va="center_baseline",
            fontsize=11,
        )
    return axes, [*bounds, real]


def _draw_table(axes):
    """Draws the table of what the discriminator says, but for the numbers."""
    _table_text(axes, _EQUILIBRIA, -1, "at equilibrium", color="0.5")
    for i, (_, label, equilibrium) in enumerate(_VERDICTS):
        _table_text(axes, _LABELS, i, label, ha="left")
        _table_text(
            axes,
            _EQUILIBRIA,
            i,
            f"{equilibrium:.2f}",
            family=MONOSPACED,
            color="0.5",
        )


def _table_text(axes, x, line, text, **style):
    return axes.text(
        x,
        _FIRST_LINE - (line + 1) * _LINE,
        text,
        transform=axes.transAxes,
        **{
            "ha": "center",
            "va": "center_baseline",
            "fontsize": _TABLE_SIZE,
            "color": "0.2",
            **style,
        },
    )
