"""Points in the plane and what the discriminator says there, and the film.

The left panel has the real and the generated points, the right one the
discriminator's contours with the real points upon them. Where the generated
points are nearly one, a ring with their number shows where.
"""

import dataclasses

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib.colors import BoundaryNorm

from tf_gans.models.outputs import DiscriminatorOutput
from tf_gans.plotting.picture import VERMILION, Picture
from tf_gans.plotting.scene import log_probability, packed, relative

# In inches. Both panels are squares.
_PANEL = 3.5
_LEFT, _GAP, _TOP, _BOTTOM = 0.5, 0.3, 0.44, 0.4
_BAR_GAP, _BAR, _RIGHT = 0.1, 0.13, 0.75

_SECOND = _LEFT + _PANEL + _GAP  # where the second panel begins
_END = _SECOND + _PANEL  # and ends
_ABOVE = _BOTTOM + _PANEL + 0.17  # the legends' line

_GENERATED = VERMILION

# Points that are a speck: so many at least, of which such a share lies within
# such a part of the axes' reach of their middle.
_LEAST, _SHARE, _SPECK = 10, 0.95, 0.03

# From vermilion, generated, over white to blue, real.
_COLOURS = sns.diverging_palette(20, 245, s=75, l=50, as_cmap=True)
_LEVELS = 12  # kinds of colour; even, so that the middle is a contour
_SHARES = np.linspace(0, 1, _LEVELS + 1)

# What a page shows of the generated and of the real points, whose gradients,
# and how many cells of the map become one.
_NUM_POINTS, _NUM_ARROWS, _CELLS = 500, 60, 2


@dataclasses.dataclass(frozen=True, eq=False)
class MixturePicture(Picture):
    """Real and generated points, and what the discriminator says of them.

    Args:
        centre: pair of floats.
        extent: float. The axes reach so far from the centre.
        real: array of shape `(n, 2)`.
        output: `tf_gans.models.outputs.DiscriminatorOutput`: what the right
            panel shows. A probability has contours at fixed values from 0 to
            1, all else at the quantiles of the values that are shown.
    """

    centre: np.ndarray
    extent: float
    real: np.ndarray
    output: DiscriminatorOutput

    size = (_END + _BAR_GAP + _BAR + _RIGHT, _TOP + _PANEL + _BOTTOM)
    head = (_LEFT, _END)
    text_centre = _LEFT + _PANEL + _GAP / 2

    @classmethod
    def from_data(cls, data, output, num_points=2500, seed=0):
        """Takes the axes from a source such as `tf_gans.toys.mixtures.Ring`.

        Args:
            data: the source.
            output: see the class.
            num_points: int. The real points. Defaults to `2500`.
            seed: int. Theirs. Defaults to `0`.
        """
        real = data.sample(np.random.default_rng(seed), num_points)
        return cls(data.mean, data.extent, real, output)

    @property
    def limits(self):
        """The ends of both axes: left, right, bottom, top."""
        (x, y), reach = self.centre, self.extent
        return x - reach, x + reach, y - reach, y + reach

    def draw_axes(self, sheet):
        """Draws the panels, the real points and the legends; see `Picture`."""
        left = sheet.axes(_LEFT, _BOTTOM, _PANEL, _PANEL)
        right = sheet.axes(_SECOND, _BOTTOM, _PANEL, _PANEL)
        bar = sheet.axes(_END + _BAR_GAP, _BOTTOM, _BAR, _PANEL)
        low, high, below, above = self.limits
        for panel in (left, right):
            panel.set(xlim=(low, high), ylim=(below, above))
            panel.tick_params(labelsize=8)
        right.tick_params(labelleft=False)

        left.plot(*self.real.T, ".", color="0.8", markersize=5, mew=0)
        (generated,) = left.plot(
            [], [], ".", color=_GENERATED, markersize=3.5, mew=0
        )
        (ring,) = left.plot(
            *([], [], "o"),
            **{"markersize": 17, "markerfacecolor": "none"},
            **{"markeredgecolor": _GENERATED, "markeredgewidth": 1.5},
        )
        label = left.text(
            *(0, 0, ""),
            fontsize=8,
            color=_GENERATED,
            va="center",
            visible=False,
        )
        norm = BoundaryNorm(_SHARES, _COLOURS.N)
        # Made of small squares: smooth within, with sharp edges between the
        # colours.
        image = right.imshow(
            [[0.0, 0.0], [0.0, 0.0]],
            extent=self.limits,
            origin="lower",
            aspect="auto",
            cmap=_COLOURS,
            norm=norm,
            interpolation="bilinear",
            interpolation_stage="data",
        )
        (real,) = right.plot(
            *self.real[:500].T, ".", color="0.25", markersize=1.5, mew=0
        )
        colours = matplotlib.cm.ScalarMappable(norm, _COLOURS)
        scale = sheet.figure.colorbar(colours, cax=bar)
        scale.set_ticks([0, 0.5, 1], labels=self.output.ticks)
        scale.ax.tick_params(labelsize=8)

        # Above the panels, where no point comes. Artists of its own, because
        # the points are small.
        handles = [
            left.plot([], [], "o", color=colour, markersize=5, mew=0)[0]
            for colour in ("0.7", _GENERATED)
        ]
        sheet.legend(
            _LEFT + _PANEL / 2,
            _ABOVE,
            handles,
            ["real points", "generated points"],
            handletextpad=0.2,
        )
        sheet.text(
            _SECOND + _PANEL / 2,
            _ABOVE,
            self.output.label,
            ha="center",
            fontsize=9,
        )
        return generated, ring, label, image, real

    def set(self, artists, samples, critic):
        """Moves the points and the contours.

        Args:
            artists: what `draw_axes` returned.
            samples: array of shape `(n, 2)`. Those beyond the axes are left
                out.
            critic: array of shape `(rows, columns)`: what the discriminator
                says at the centres of equal cells of the axes, from below to
                above; or None, where there is none.
        """
        generated, ring, label, image, _ = artists
        generated.set_data(*np.asarray(samples).T)
        self._mark_speck(ring, label, np.asarray(samples))
        image.set_visible(critic is not None)
        if critic is not None:
            image.set_data(self._scaled(np.asarray(critic, float)))

    def _mark_speck(self, ring, label, samples):
        """Rings points that would be too small a speck to be seen."""
        speck = self._speck(samples)
        ring.set_visible(speck is not None)
        label.set_visible(speck is not None)
        if speck is not None:
            x, y, near = speck
            ring.set_data([x], [y])
            # The words go towards the panel's middle.
            side = -1 if x > self.centre[0] else 1
            label.set_position((x + side * 0.1 * self.extent, y))
            label.set_horizontalalignment("left" if side > 0 else "right")
            label.set_text(_words(near, len(samples)))

    def _speck(self, samples):
        """Where points are nearly one, and how many of them.

        Args:
            samples: array of shape `(n, 2)`.

        Returns:
            Two floats, the place, and an int; or None where the points are
            seen as they are, or lie beyond the axes.
        """
        if len(samples) < _LEAST or not np.isfinite(samples).all():
            return None
        middle = np.median(samples, axis=0)
        distances = np.linalg.norm(samples - middle, axis=1)
        near = int(np.sum(distances <= _SPECK * self.extent))
        is_inside = (abs(middle - self.centre) <= self.extent).all()
        if near < max(_LEAST, _SHARE * len(samples)) or not is_inside:
            return None
        return float(middle[0]), float(middle[1]), near

    def _scaled(self, values):
        """Brings values to [0, 1], 1 for what looks most real."""
        if self.output.bounds == (0, 1):
            return values
        finite = np.where(np.isfinite(values), values, np.nan)
        if np.isnan(finite).all():
            return np.full(values.shape, 0.5)
        scaled = np.interp(finite, np.nanquantile(finite, _SHARES), _SHARES)
        return scaled if self.output.higher_is_real else 1 - scaled

    def scene(self, samples, critic, arrows=True):
        """The points, the map, and where it sends some of the points.

        Their arrows are the steepest way to what looks more real: the gradient
        of log D where it is a probability, else of the critic's output or of
        minus the error. They are differences between the map's cells.

        Args:
            samples: array of shape `(frames, n, 2)`; see `set`.
            critic: array of shape `(frames, rows, columns)`.
            arrows: bool. Whether the generator learns from the map. Defaults
                to `True`.
        """
        low, high, below, above = map(float, self.limits)
        points = np.asarray(samples[:, :_NUM_POINTS], float)
        # Those beyond the axes are left out.
        inside = (abs(points - self.centre) <= self.extent).all(axis=-1)
        points[~inside] = np.nan
        scaled = np.array([self._scaled(frame) for frame in critic])
        count = scaled.shape[1] // _CELLS * _CELLS
        scaled = scaled[:, :count, :count].reshape(
            len(scaled), count // _CELLS, _CELLS, count // _CELLS, _CELLS
        )
        scene = {
            "kind": "points",
            "limits": [low, high, below, above],
            "label": self.output.label,
            "ticks": list(self.output.ticks),
            "real": packed(self.real[:_NUM_POINTS]),
            "x": packed(points[..., 0], low, high),
            "y": packed(points[..., 1], below, above),
            "map": packed(scaled.mean(axis=(2, 4)), 0, 1, 8),
        }
        specks = [self._speck(frame) for frame in np.asarray(samples, float)]
        if any(specks):
            # At most so many frames as a film has.
            scene["specks"] = [
                speck and [*speck[:2], _words(speck[2], samples.shape[1])]
                for speck in specks
            ]
        if arrows:
            some = self._arrows(points[:, :_NUM_ARROWS], critic)
            scene["arrows"] = packed(some, -1, 1, 8)
        return scene

    def _arrows(self, points, critic):
        """The gradients at points, `(frames, points, 2)`."""
        is_probability = self.output.bounds == (0, 1)
        height = log_probability(critic) if is_probability else critic
        if not self.output.higher_is_real:
            height = -height
        rows, columns = critic.shape[1:]
        up, across = np.gradient(np.asarray(height, float), axis=(1, 2))
        corner = np.array(self.centre) - self.extent
        cell = (points - corner) / (2 * self.extent) * (columns, rows)
        cell = np.where(np.isfinite(cell), cell, 0).astype(int)
        column, row = np.moveaxis(cell.clip(0, (columns - 1, rows - 1)), -1, 0)
        frame = np.arange(len(points))[:, np.newaxis]
        arrows = np.stack(
            [across[frame, row, column], up[frame, row, column]], axis=-1
        )
        # A critic's scale is its own, and drifts.
        size = 1 if is_probability else np.nanmax(abs(height), initial=0)
        return relative(arrows, max(1e-5 * size, 1e-30), not is_probability)


def _words(near, count):
    """What is said of a speck."""
    return f"{near:,} of {count:,} points lie here"
