"""The picture of generated parabolas between their bounds, and its film."""

import dataclasses
import math

import numpy as np
from matplotlib.collections import LineCollection

from tf_gans.plotting.picture import (
    BLUE,
    GREY,
    MONOSPACED,
    VERMILION,
    Picture,
)
from tf_gans.plotting.scene import packed, rounded

# In inches.
_WIDTH, _HEIGHT = Picture.size
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.6, 0.25, 0.72, 0.52
_ACROSS, _UP = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

_REAL, _GENERATED, _BOUND = BLUE, VERMILION, GREY
_BOLD = {
    "color": _GENERATED,
    "linewidth": 2,
    "marker": "o",
    "markersize": 3.5,
}

# What the discriminator says, and what it would say if no curve could be told
# from the data.
_VERDICTS = (
    ("discriminator loss", 2 * math.log(2)),
    ("D(x), mean of real curves", 0.5),
    ("accuracy on both kinds", 0.5),
)

# The table of them stands where no right curve comes: in the middle, on top.
# In parts of the axes' width and height, and in points.
_LABELS, _NUMBERS, _EQUILIBRIA = 0.26, 0.645, 0.76
_FIRST_LINE, _LINE = 0.945, 0.065
_TABLE_SIZE = 8.5


@dataclasses.dataclass(frozen=True, eq=False)
class QuadraticsPicture(Picture):
    """Generated curves between the bounds of the real ones.

    The space between the bounds is grey. The first of the generated curves is
    bold, the others are thin. What the discriminator says stands next to what
    it would be at the equilibrium.

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

    title = "Quadratic curves"
    head = (_LEFT, _WIDTH - _RIGHT)

    @classmethod
    def from_data(cls, data):
        """Takes the curves from a `tf_gans.toys.quadratics.data.Quadratics`.

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

    def draw_axes(self, sheet):
        """Draws the bounds, a real curve and the table; see `Picture`.

        The legend stands between the title and the axes, where no curve comes.
        """
        axes = sheet.axes(_LEFT, _BOTTOM, _ACROSS, _UP)
        axes.set(
            xlim=(self.x[0], self.x[-1]),
            ylim=self.limits,
            xlabel="x",
            ylabel="y",
        )
        axes.fill_between(
            self.x, self.lower, self.upper, color=_BOUND, alpha=0.13, lw=0
        )
        bounds = axes.plot(
            self.x,
            np.stack([self.lower, self.upper], axis=1),
            color="0.35",
            linewidth=1.2,
            dashes=(5, 3),
        )
        (real,) = axes.plot(self.x, self.real, color=_REAL, linewidth=2)
        bundle = LineCollection(
            [], colors=[_GENERATED], linewidths=0.8, alpha=0.3
        )
        axes.add_collection(bundle, autolim=False)
        (first,) = axes.plot([], [], **_BOLD)
        # For the legend alone: a bundle has no line of its own there.
        (more,) = axes.plot([], [], color=_GENERATED, linewidth=0.8, alpha=0.6)
        sheet.legend(
            _WIDTH / 2,
            _HEIGHT - 0.55,
            [bounds[0], real, first, more],
            [
                "bounds",
                "a real curve",
                "a generated curve",
                "more generated curves",
            ],
            columnspacing=1.0,
        )
        first.set_solid_capstyle("projecting")  # the curve ends at the frame
        artists = [bundle, *bounds, real, first, *_draw_table(axes)]
        for order, artist in enumerate(artists):
            artist.set_zorder(3 + order)
        return artists

    def scene(self, curves, d_loss, d_real, accuracy):
        """The curves, and how often the discriminator is right; see `set`."""
        low, high = map(float, self.limits)
        del d_loss, d_real  # those of the step itself are there, too
        return {
            "kind": "curves",
            "limits": [low, high],
            "x": rounded(self.x),
            "lower": rounded(self.lower),
            "upper": rounded(self.upper),
            "real": rounded(self.real),
            # The axes end there.
            "curves": packed(curves, 2 * low - high, 2 * high - low),
            "numbers": {"accuracy (1/2 at the equilibrium)": rounded(accuracy)},
        }

    def set(self, artists, curves, d_loss, d_real, accuracy):
        """Moves the generated curves and fills in the table.

        Args:
            artists: what `draw_axes` returned.
            curves: array of shape `(n, num_points)`, generated.
            d_loss, d_real, accuracy: floats; see
                `tf_gans.toys.quadratics.probe.CurveProbe`.
        """
        bundle, _, _, _, first, *table = artists
        x = np.broadcast_to(self.x, np.shape(curves))
        segments = np.stack([x, curves], axis=-1)  # (n, num_points, 2)
        bundle.set_segments(list(segments[1:]))
        first.set_data(*segments[0].T)
        for text, number in zip(table, (d_loss, d_real, accuracy), strict=True):
            text.set_text(f"{number:.2f}")


def _draw_table(axes):
    """Draws the table of what the discriminator says.

    Returns:
        The texts of its numbers, which are empty.
    """

    def write(x, line, text, **style):
        return axes.text(
            x,
            _FIRST_LINE - (line + 1) * _LINE,
            text,
            transform=axes.transAxes,
            va="center_baseline",
            fontsize=_TABLE_SIZE,
            **{"ha": "center", "color": "0.2", **style},
        )

    write(_EQUILIBRIA, -1, "at equilibrium", color="0.5")
    numbers = []
    for i, (label, value) in enumerate(_VERDICTS):
        write(_LABELS, i, label, ha="left")
        number = {"family": MONOSPACED}
        write(_EQUILIBRIA, i, f"{value:.2f}", color="0.5", **number)
        numbers.append(write(_NUMBERS, i, "", ha="right", **number))
    return numbers
