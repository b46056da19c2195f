"""The picture of the 1-D demonstration, and the film of it.

Both show the density of the real data, the density of the generated data and
the decision boundary: the probability D(x) that the discriminator gives a value
x of being real.
"""

import dataclasses

import numpy as np
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.plotting.video import VideoWriter

_TITLE = "1D Generative Adversarial Network"

# In inches. The margins take tick labels of five characters.
_WIDTH, _HEIGHT = 6, 4
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.75, 0.7, 0.72, 0.58
_SUMMARY_LINE = 0.18

_FILM_DPI = 120  # 720 by 480 pixels
_PICTURE_DPI = 150

# seaborn's colour-blind-safe palette: its blue, vermilion and grey.
_BOUNDARY, _GENERATED, _REAL = (
    sns.color_palette("colorblind")[i] for i in (0, 3, 7)
)

# All digits of this font, which comes with matplotlib, have one width.
_MONOSPACED = "DejaVu Sans Mono"
_ADVANCE = 0.602  # that width, as a part of the font's size
_STEP_SIZE = 9  # in points


@dataclasses.dataclass(frozen=True, eq=False)
class DistributionAxes:
    """What stays as it is through a run: the axes and the real data's curve.

    Args:
        low: float. The left end of the values' axis.
        high: float. The right end.
        real_density: array of shape `(bins,)`. The density of the real data in
            equal bins from `low` to `high`.
    """

    low: float
    high: float
    real_density: np.ndarray

    @classmethod
    def from_cdf(cls, low, high, cdf, bins=99):
        """Takes the real density from a distribution function.

        It is what a histogram over the range tends to when samples are many:
        it does not tremble from frame to frame.

        Args:
            low: float.
            high: float.
            cdf: function of an array of values, for example the `cdf` of a
                `tf_gans.data.Gaussian`.
            bins: int. Defaults to `99`.
        """
        cumulative = cdf(np.linspace(low, high, bins + 1))
        inside = cumulative[-1] - cumulative[0]
        if not inside > 0:
            raise UserError(
                f"the range {low:g} to {high:g} holds none of the real data"
            )
        width = (high - low) / bins
        return cls(low, high, np.diff(cumulative) / inside / width)

    def histogram(self, samples):
        """The density of samples, over those that lie within the axes.

        Args:
            samples: array of any shape.

        Returns:
            An array of shape `(bins,)`; zeros, where no sample is within.
        """
        bins = len(self.real_density)
        counts, edges = np.histogram(samples, bins, (self.low, self.high))
        return counts / (max(counts.sum(), 1) * np.diff(edges))

    @property
    def bin_centres(self):
        """The positions of the densities.

        The original spreads its 99 densities from the range's one end to the
        other, which moves a curve outwards by up to half a bin.
        """
        half = (self.high - self.low) / len(self.real_density) / 2
        return np.linspace(
            self.low + half, self.high - half, len(self.real_density)
        )

    @property
    def density_limit(self):
        """The top of the densities' axis: 1.4, for the original's data."""
        return 1.75 * float(np.max(self.real_density))

    def boundary_positions(self, num_points):
        """The positions of a decision boundary of `num_points` values."""
        return np.linspace(self.low, self.high, num_points)


def plot_distributions(path, axes, boundary, density, summary_text=None):
    """Saves the picture as a PNG file.

    Args:
        path: str or path-like.
        axes: `DistributionAxes`.
        boundary: array of probabilities, at equal distances from `axes.low` to
            `axes.high`.
        density: array of shape `(bins,)`. The generated samples' density.
        summary_text: str of one or more lines to print below the picture, or
            None. Defaults to `None`.

    Raises:
        UserError: the file cannot be written.
    """
    figure = Figure()
    _draw_picture(figure, axes, boundary, density, summary_text)
    with files.replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=_PICTURE_DPI)


def show_distributions(axes, boundary, density, summary_text=None):
    """Shows the picture in a window and waits until it is closed.

    The arguments are those of `plot_distributions`.

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
        _draw_picture(figure, axes, boundary, density, summary_text)
        plt.show()
    finally:
        plt.close(figure)
    return True


class DistributionAnimation:
    """Films the picture through a run; a context manager.

    Everything that stays as it is, is drawn once. For each frame only the two
    curves that move and the step's number are drawn upon a copy of it.

    Args:
        path: str or path-like. The film's; see `VideoWriter`.
        axes: `DistributionAxes`.
        total_steps: int. The run's last step, for the text.
        fps: int. Frames per second. Defaults to `30`.

    Raises:
        UserError: the film cannot be written; see `check_video_path`.

    Example:

    >>> source = data.Gaussian(batch_size=8)
    >>> axes = DistributionAxes.from_cdf(-8, 8, source.cdf)
    >>> with DistributionAnimation("film.mp4", axes, total_steps=5000) as film:
    ...     probe = callbacks.DistributionProbe(film.add, batch_size=8)
    ...     gan.fit(source, steps_per_epoch=5001, callbacks=[probe])
    """

    def __init__(self, path, axes, total_steps, fps=30):
        self.axes = axes
        figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_FILM_DPI)
        self._canvas = FigureCanvasAgg(figure)
        self._curves = _draw_axes(figure, axes)
        self._number = _draw_step_text(figure, total_steps)
        for artist in (*self._curves, self._number):
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

    def add(self, steps, boundary, density):
        """Appends frames.

        Args:
            steps: int array of shape `(frames,)`.
            boundary: array of shape `(frames, points)`; see
                `plot_distributions`.
            density: array of shape `(frames, bins)`.
        """
        for frame in zip(steps, boundary, density, strict=True):
            self._writer.write(self._draw(*frame))

    def _draw(self, step, boundary, density):
        """Returns the frame's pixels, valid until the next is drawn."""
        self._canvas.restore_region(self._background)
        _set_curves(self._curves, self.axes, boundary, density)
        self._number.set_text(f"{step}")
        for artist in (*self._curves, self._number):
            self._canvas.figure.draw_artist(artist)
        return self._pixels


def _draw_picture(figure, axes, boundary, density, summary_text):
    lines = summary_text.splitlines() if summary_text else []
    footer = _SUMMARY_LINE * len(lines)
    figure.set_size_inches(_WIDTH, _HEIGHT + footer)
    curves = _draw_axes(figure, axes, footer)
    _set_curves(curves, axes, boundary, density)
    figure.text(
        0.5,
        0.4 * _SUMMARY_LINE / (_HEIGHT + footer),
        "\n".join(lines),
        ha="center",
        va="bottom",
        fontsize=8.5,
        color="0.3",
    )


def _draw_axes(figure, axes, footer=0.0):
    """Draws all but the moving curves, which it returns, without data.

    The legend stands between the title and the axes, where no curve comes.

    Returns:
        The lines of the generated data's density and of the boundary.
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
        left = figure.add_axes(place)
        right = left.twinx()
        left.set(
            xlim=(axes.low, axes.high),
            ylim=(0, axes.density_limit),
            xlabel="Data values",
            ylabel="Probability density",
        )
        # Long numbers get a common factor, "1e-7", in the margin: above the
        # axes is the legend.
        left.ticklabel_format(axis="y", scilimits=(-3, 4))
        left.yaxis.get_offset_text().set_x(-0.12)
        right.set_ylim(0, 1)
        right.set_ylabel("D(x), probability of real", color=_BOUNDARY)
        right.tick_params(axis="y", colors=_BOUNDARY)
        left.grid(axis="x", color="0.92")
        left.set_axisbelow(True)

        x, real = axes.bin_centres, axes.real_density
        left.fill_between(x, real, color=_REAL, alpha=0.25, linewidth=0)
        (real_line,) = left.plot(x, real, color=_REAL, label="real data")
        (generated,) = left.plot(
            [], [], color=_GENERATED, linewidth=2, label="generated data"
        )
        # Probabilities of 0 and 1 lie on the frame, and are not cut in half.
        (boundary,) = right.plot(
            [],
            [],
            color=_BOUNDARY,
            linewidth=1.5,
            clip_on=False,
            label="decision boundary",
        )
        figure.legend(
            handles=[real_line, generated, boundary],
            loc="center",
            bbox_to_anchor=(0.5, 1 - 0.55 / height),
            ncols=3,
            frameon=False,
            fontsize=9,
            borderpad=0,
        )
        figure.text(
            _LEFT / width,
            1 - 0.25 / height,
            _TITLE,
            ha="left",
            va="center_baseline",
            fontsize=11,  # leaves room for steps of eight digits
        )
    return generated, boundary


def _draw_step_text(figure, total_steps):
    """Draws `Step ____ / 5000` and returns the number's own, empty text."""
    width, height = figure.get_size_inches()
    x, y = 1 - _RIGHT / width, 1 - 0.25 / height
    style = {
        "ha": "right",
        "va": "center_baseline",
        "family": _MONOSPACED,
        "fontsize": _STEP_SIZE,
        "color": "0.3",
    }
    digits = len(str(total_steps))
    end = f" / {total_steps}"
    figure.text(x, y, f"Step {' ' * digits}{end}", **style)
    indent = len(end) * _ADVANCE * _STEP_SIZE / 72  # inches
    return figure.text(x - indent / width, y, "", **style)


def _set_curves(curves, axes, boundary, density):
    generated_line, boundary_line = curves
    generated_line.set_data(axes.bin_centres, density)
    boundary_line.set_data(axes.boundary_positions(len(boundary)), boundary)
