"""The picture of the 1-D demonstration, and the film of it.

Both show the density of the real data, the density of the generated data and
the decision boundary: the probability D(x) that the discriminator gives a value
x of being real.
"""

import dataclasses

import numpy as np

from tf_gans.errors import UserError
from tf_gans.plotting.picture import BLUE, GREY, VERMILION, Picture
from tf_gans.plotting.scene import log_probability, packed, relative

# In inches. The margins take tick labels of five characters.
_WIDTH, _HEIGHT = Picture.size
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.75, 0.7, 0.72, 0.58
_ACROSS, _UP = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

_BOUNDARY, _GENERATED, _REAL = BLUE, VERMILION, GREY

_NUM_ARROWS = 20  # samples whose gradients a page shows


@dataclasses.dataclass(frozen=True, eq=False)
class DistributionPicture(Picture):
    """Real and generated density, and the decision boundary.

    Args:
        low: float. The left end of the values' axis.
        high: float. The right end.
        real_density: array of shape `(bins,)`. The density of the real data in
            equal bins from `low` to `high`.
    """

    low: float
    high: float
    real_density: np.ndarray

    title = "1D Generative Adversarial Network"
    head = (_LEFT, _WIDTH - _RIGHT)

    @classmethod
    def from_data(cls, data, low=-8.0, high=8.0, num_bins=99):
        """Takes the real density from a source's distribution function.

        It is what a histogram over the range tends to when samples are many:
        it does not tremble from frame to frame.

        Args:
            data: the source, such as `tf_gans.toys.gaussian.data.Gaussian`.
            low: float. Defaults to `-8`.
            high: float. Defaults to `8`.
            num_bins: int. Defaults to `99`, those of `DistributionProbe`.

        Raises:
            UserError: no data lie in the range.
        """
        cumulative = data.cdf(np.linspace(low, high, num_bins + 1))
        inside = cumulative[-1] - cumulative[0]
        if not inside > 0:
            raise UserError(
                f"the range {low:g} to {high:g} holds none of the real data"
            )
        width = (high - low) / num_bins
        return cls(low, high, np.diff(cumulative) / inside / width)

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

    def draw_axes(self, sheet):
        """Draws the axes and the real data; see `Picture`.

        The legend stands between the title and the axes, where no curve comes.
        """
        left = sheet.axes(_LEFT, _BOTTOM, _ACROSS, _UP)
        right = left.twinx()
        left.set(
            xlim=(self.low, self.high),
            ylim=(0, self.density_limit),
            xlabel="Data values",
            ylabel="Probability density",
        )
        # Long numbers get a common factor, "1e-7", in the margin: above the
        # axes is the legend.
        left.ticklabel_format(axis="y", scilimits=(-3, 4))
        left.yaxis.get_offset_text().set_x(-0.12)
        right.set_ylim(0, 1)
        right.set_ylabel("Decision boundary D(x)", color=_BOUNDARY)
        right.tick_params(axis="y", colors=_BOUNDARY)
        left.grid(axis="x", color="0.92")
        left.set_axisbelow(True)

        x, real = self.bin_centres, self.real_density
        left.fill_between(x, real, color=_REAL, alpha=0.25, linewidth=0)
        (real_line,) = left.plot(x, real, color=_REAL)
        (generated,) = left.plot([], [], color=_GENERATED, linewidth=2)
        # Probabilities of 0 and 1 lie on the frame, and are not cut in half.
        (boundary,) = right.plot(
            [], [], color=_BOUNDARY, linewidth=1.5, clip_on=False
        )
        sheet.legend(
            _WIDTH / 2,
            _HEIGHT - 0.55,
            [real_line, generated, boundary],
            ["real data", "generated data", "decision boundary"],
        )
        return generated, boundary

    def set(self, artists, boundary, density):
        """Moves the two curves.

        Args:
            artists: what `draw_axes` returned.
            boundary: array of probabilities, at equal distances from `low` to
                `high`.
            density: array of shape `(bins,)`. The generated samples' density.
        """
        generated, line = artists
        generated.set_data(self.bin_centres, density)
        x = np.linspace(self.low, self.high, len(boundary))
        line.set_data(x, boundary)

    def scene(self, boundary, density, floor=0.0):
        """The two curves, some samples, and where the generator is sent.

        The samples are the even quantiles of the generated density. Their
        arrows are d log D(x) / dx, by which the non-saturating loss, the mean
        of -log D, moves a sample x on its own: taken from the line's slope, so
        with minibatch discrimination among neighbours on the line, not in the
        training's batch.

        Args:
            boundary: array of shape `(frames, points)`; see `set`.
            density: array of shape `(frames, bins)`.
            floor: float. Where D is less, the loss is flat. Defaults to `0`.
        """
        x = np.linspace(self.low, self.high, boundary.shape[1])
        slope = np.gradient(log_probability(boundary, floor), x, axis=1)
        samples = self._quantiles(density)
        arrows = [
            np.interp(places, x, values, np.nan, np.nan)
            for places, values in zip(samples, slope, strict=True)
        ]
        flat = 1e-3 / (self.high - self.low)
        arrows = relative(np.array(arrows)[..., np.newaxis], flat)[..., 0]
        return {
            "kind": "distribution",
            "low": float(self.low),
            "high": float(self.high),
            "limit": self.density_limit,
            "real": packed(self.real_density),
            "density": packed(density, 0, 2 * self.density_limit),
            "boundary": packed(boundary, 0, 1),
            "samples": packed(samples, self.low, self.high),
            "arrows": packed(arrows, -1, 1, 8),
        }

    def _quantiles(self, density):
        """The even quantiles of densities: `(frames, arrows)`, NaN of none."""
        edges = np.linspace(self.low, self.high, density.shape[1] + 1)
        places = (np.arange(_NUM_ARROWS) + 0.5) / _NUM_ARROWS
        cumulative = np.zeros((len(density), len(edges)))
        np.cumsum(density, axis=1, out=cumulative[:, 1:])
        total = cumulative[:, -1:]
        share = cumulative / np.where(total > 0, total, np.nan)
        return np.array([np.interp(places, row, edges) for row in share])
