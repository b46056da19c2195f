"""Points in the plane beside what the discriminator says there, and the film.

The left panel has the real and the generated points, the right one the
discriminator's contours with the real points upon them.
"""

import dataclasses

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib.colors import BoundaryNorm

from tf_gans.plotting.picture import (
    FigureFilm,
    draw_step,
    save_figure,
    show_figure,
)

# In inches. Both panels are squares.
_PANEL = 3.5
_LEFT, _GAP, _TOP, _BOTTOM = 0.5, 0.3, 0.44, 0.4
_BAR_GAP, _BAR, _RIGHT = 0.1, 0.13, 0.75
_SUMMARY_LINE = 0.18
_CAPTION = 0.28  # above the film's panels
_LEGEND = 0.17  # above a panel

_WIDTH = _LEFT + 2 * _PANEL + _GAP + _BAR_GAP + _BAR + _RIGHT
_HEIGHT = _TOP + _PANEL + _BOTTOM

# seaborn's colour-blind-safe palette: its vermilion and grey.
_GENERATED, _REAL = (sns.color_palette("colorblind")[i] for i in (3, 7))

# From vermilion, generated, over white to blue, real.
_COLOURS = sns.diverging_palette(20, 245, s=75, l=50, as_cmap=True)
_LEVELS = 12  # kinds of colour; even, so that the middle is a contour

_VERDICTS = {
    "probability": "D(x), probability of real",
    "logit": "critic's output",
    "error": "reconstruction error",
}


@dataclasses.dataclass(frozen=True, eq=False)
class PointAxes:
    """What stays as it is through a run: the axes and the real points.

    Args:
        centre: pair of floats.
        extent: float. The axes reach so far from the centre.
        real: array of shape `(n, 2)`.
        verdict: what the right panel shows: `"probability"`, whose contours lie
            at fixed values from 0 to 1; `"logit"`; or `"error"`, of which
            less is more real. The last two have contours at the quantiles of
            the values that are shown.
    """

    centre: np.ndarray
    extent: float
    real: np.ndarray
    verdict: str

    def __post_init__(self):
        if self.verdict not in _VERDICTS:
            raise ValueError(
                f"`verdict` must be one of {', '.join(_VERDICTS)}. "
                f"Received: verdict={self.verdict!r}"
            )

    @classmethod
    def from_data(cls, data, verdict, num_points=2500, seed=0):
        """Takes the axes from a source such as `tf_gans.data.Ring`.

        Args:
            data: the source.
            verdict: see the class.
            num_points: int. The real points. Defaults to `2500`.
            seed: int. Theirs. Defaults to `0`.
        """
        real = data.sample(np.random.default_rng(seed), num_points)
        return cls(data.mean, data.extent, real, verdict)

    @property
    def limits(self):
        """The ends of both axes: left, right, bottom, top."""
        x, y = self.centre
        return (
            x - self.extent,
            x + self.extent,
            y - self.extent,
            y + self.extent,
        )


def plot_mixture(path, axes, samples, critic, summary_text=None):
    """Saves the picture as a PNG file.

    Args:
        path: str or path-like.
        axes: `PointAxes`.
        samples: array of shape `(n, 2)`. Those beyond the axes are left out.
        critic: array of shape `(rows, columns)`: what the discriminator says
            at the centres of equal cells of the axes, from below to above; or
            None, where there is none.
        summary_text: str of one or more lines to print below the picture, or
            None. Defaults to `None`.

    Raises:
        UserError: the file cannot be written.
    """
    save_figure(
        path,
        lambda figure: _draw_picture(
            figure, axes, samples, critic, summary_text
        ),
    )


def show_mixture(axes, samples, critic, summary_text=None):
    """Shows the picture in a window and waits until it is closed.

    The arguments are those of `plot_mixture`.

    Returns:
        False where there is no window to show it in; True otherwise.
    """
    return show_figure(
        lambda figure: _draw_picture(
            figure, axes, samples, critic, summary_text
        )
    )


class MixtureAnimation(FigureFilm):
    """Films the picture through a run; a context manager.

    Args:
        path: str or path-like. The film's; see `VideoWriter`.
        axes: `PointAxes`.
        total_steps: int. The run's last step, for the text.
        describe: function of a frame's samples that returns a line of text to
            show, whose length never changes, or None. Defaults to `None`.
        fps: int. Frames per second. Defaults to `30`.

    Raises:
        UserError: the film cannot be written; see `check_video_path`.

    Example:

    >>> source = data.Ring(batch_size=128)
    >>> axes = PointAxes.from_data(source, "probability")
    >>> with MixtureAnimation("film.mp4", axes, total_steps=1000) as film:
    ...     probe = callbacks.MixtureProbe(film.add, source, every=10)
    ...     gan.fit(source, steps_per_epoch=1001, callbacks=[probe])
    """

    def __init__(self, path, axes, total_steps, describe=None, fps=30):
        self.axes = axes
        self._total_steps = total_steps
        self._describe = describe
        super().__init__(path, self._draw_first, fps)

    def _draw_first(self, figure):
        height = _HEIGHT + _CAPTION
        figure.set_size_inches(_WIDTH, height)
        self._moving = _Moving(figure, self.axes)
        right = (_LEFT + 2 * _PANEL + _GAP) / _WIDTH
        y = 1 - 0.25 / height
        self._number = draw_step(figure, right, y, self._total_steps)
        self._text = figure.text(
            _LEFT / _WIDTH,
            y,
            "",
            ha="left",
            va="center_baseline",
            family="DejaVu Sans Mono",
            fontsize=9,
            color="0.3",
        )
        return [*self._moving.artists, self._number, self._text]

    def add(self, steps, samples, critic):
        """Appends frames.

        Args:
            steps: int array of shape `(frames,)`.
            samples: array of shape `(frames, n, 2)`.
            critic: array of shape `(frames, rows, columns)`.
        """
        for step, points, values in zip(steps, samples, critic, strict=True):
            self._moving.set(points, values)
            self._number.set_text(f"{step}")
            if self._describe:
                self._text.set_text(self._describe(points))
            self._write()


class _Moving:
    """The panels, of which the points and the contours differ between frames.

    Args:
        figure: `matplotlib.figure.Figure`.
        axes: `PointAxes`.
        footer: float. What the panels stand higher, in inches.
    """

    def __init__(self, figure, axes, footer=0.0):
        self._axes = axes
        left, right = _draw_panels(figure, axes, footer)
        (self._generated,) = left.plot(
            [],
            [],
            ".",
            color=_GENERATED,
            markersize=2.5,
            markeredgewidth=0,
        )
        # Made of small squares: smooth within, with sharp edges between the
        # colours.
        self._image = right.imshow(
            [[0.0, 0.0], [0.0, 0.0]],
            extent=axes.limits,
            origin="lower",
            aspect="auto",
            cmap=_COLOURS,
            norm=_norm(),
            interpolation="bilinear",
            interpolation_stage="data",
        )
        (self._real,) = right.plot(
            *axes.real[:500].T, ".", color="0.25", markersize=1.5, mew=0
        )
        self.artists = [self._generated, self._image, self._real]

    def set(self, samples, critic):
        self._generated.set_data(*np.asarray(samples).T)
        self._image.set_visible(critic is not None)
        if critic is not None:
            self._image.set_data(self._scaled(np.asarray(critic, float)))

    def _scaled(self, values):
        """Brings values to [0, 1], 1 for what looks most real."""
        if self._axes.verdict == "probability":
            return values
        finite = np.where(np.isfinite(values), values, np.nan)
        if np.isnan(finite).all():
            return np.full(values.shape, 0.5)
        shares = np.linspace(0, 1, _LEVELS + 1)
        scaled = np.interp(finite, np.nanquantile(finite, shares), shares)
        return 1 - scaled if self._axes.verdict == "error" else scaled


def _norm():
    return BoundaryNorm(np.linspace(0, 1, _LEVELS + 1), _COLOURS.N)


def _draw_picture(figure, axes, samples, critic, summary_text):
    lines = summary_text.splitlines() if summary_text else []
    footer = _SUMMARY_LINE * len(lines)
    figure.set_size_inches(_WIDTH, _HEIGHT + footer)
    _Moving(figure, axes, footer).set(samples, critic)
    figure.text(
        (_LEFT + _PANEL + _GAP / 2) / _WIDTH,
        0.4 * _SUMMARY_LINE / (_HEIGHT + footer),
        "\n".join(lines),
        ha="center",
        va="bottom",
        fontsize=8.5,
        color="0.3",
    )


def _draw_panels(figure, axes, footer):
    """Draws all but what moves.

    Returns:
        The two panels' axes.
    """
    width, height = figure.get_size_inches()
    bottom = (_BOTTOM + footer) / height

    def place(left, breadth):
        return (left / width, bottom, breadth / width, _PANEL / height)

    with sns.axes_style("ticks", {"font.family": "DejaVu Sans"}):
        second = _LEFT + _PANEL + _GAP
        left = figure.add_axes(place(_LEFT, _PANEL))
        right = figure.add_axes(place(second, _PANEL))
        bar = figure.add_axes(place(second + _PANEL + _BAR_GAP, _BAR))
        low, high, below, above = axes.limits
        for panel in (left, right):
            panel.set(xlim=(low, high), ylim=(below, above))
            panel.tick_params(labelsize=8)
        right.tick_params(labelleft=False)
        left.plot(
            *axes.real.T, ".", color="0.8", markersize=5, markeredgewidth=0
        )
        _draw_bar(bar, axes.verdict)
        # Above the panels, where no point comes. Artists of its own, because
        # the points are small.
        handles = [
            left.plot([], [], "o", color=colour, markersize=5, mew=0)[0]
            for colour in ("0.7", _GENERATED)
        ]
        y = (_BOTTOM + footer + _PANEL + _LEGEND) / height
        figure.legend(
            handles=handles,
            labels=["real points", "generated points"],
            loc="center",
            bbox_to_anchor=((_LEFT + _PANEL / 2) / width, y),
            ncols=2,
            frameon=False,
            fontsize=9,
            borderpad=0,
            handletextpad=0.2,
        )
        figure.text(
            (second + _PANEL / 2) / width,
            y,
            _VERDICTS[axes.verdict],
            ha="center",
            va="center_baseline",
            fontsize=9,
        )
    return left, right


def _draw_bar(axes, verdict):
    """Draws the colours from 0 to 1 and what they stand for."""
    mappable = matplotlib.cm.ScalarMappable(_norm(), _COLOURS)
    bar = axes.figure.colorbar(mappable, cax=axes)
    labels = {
        "probability": ("0", "1/2", "1"),
        "logit": ("least", "", "most"),
        "error": ("most", "", "least"),
    }[verdict]
    bar.set_ticks([0, 0.5, 1], labels=labels)
    bar.ax.tick_params(labelsize=8)
