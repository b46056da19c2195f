"""Distributions of points in the plane, where a missed mode is seen at once.

Each is a source of batches, for training, and knows two things for the
metrics: `sample` draws points in numpy, and `locate` says of any points which
part of the distribution is nearest and how far away it is. Each has a `mean`,
of shape `(2,)`, and a `std`, the root mean square of both coordinates' standard
deviations, which say where the networks that learn it should work.
"""

import numpy as np
import tensorflow as tf

from tf_gans import random
from tf_gans.data.source import Source
from tf_gans.errors import check_positive_int

_MARGIN = 1.15  # of a picture


class PointDistribution(Source):
    """Base class: batches of points in the plane.

    Args:
        batch_size: int.
        sigma: float, positive. The standard deviation of the noise in each
            coordinate.

    Attributes:
        num_modes: int. How many parts `locate` knows; all equally likely.
        extent: float. Half the side of a square around `mean` that holds all
            but stray points, with a margin: what a picture shows.
    """

    sample_shape = (2,)
    mean: np.ndarray
    std: float
    num_modes: int
    extent: float

    def __init__(self, batch_size, sigma):
        self.batch_size = check_positive_int("batch_size", batch_size)
        self.sigma = _check_positive("sigma", sigma)

    def draw(self, seed, first_step, num_steps):
        block = (seed, first_step, num_steps)
        centres = self._draw_centres(*block)  # (num_steps, batch_size, 2)
        shape = (self.batch_size, 2)
        noise = random.normal(seed, "real", first_step, num_steps, shape)
        return centres + self.sigma * noise

    def sample(self, generator, size):
        """Draws `size` independent points with a `numpy.random.Generator`."""
        noise = generator.normal(size=(size, 2))
        return self._sample_centres(generator, size) + self.sigma * noise

    def __repr__(self):
        return (
            f"{type(self).__name__}(batch_size={self.batch_size}, "
            f"num_modes={self.num_modes}, sigma={self.sigma:g})"
        )

    def locate(self, points):
        """Finds the part of the distribution that each point is nearest to.

        Args:
            points: array of shape `(n, 2)`.

        Returns:
            The parts' numbers, an int array of shape `(n,)`, and the distances
            to them in units of `sigma`, a float array of shape `(n,)`.
        """
        raise NotImplementedError

    def _set_extent(self, centres):
        reach = np.abs(centres - self.mean).max() + 3 * self.sigma
        self.extent = float(_MARGIN * reach)

    def _draw_centres(self, seed, first_step, num_steps):
        raise NotImplementedError

    def _sample_centres(self, generator, size):
        raise NotImplementedError


class Mixture(PointDistribution):
    """Equally likely round Gaussians of one standard deviation.

    Args:
        batch_size: int.
        centres: array of shape `(num_modes, 2)`.
        sigma: float, positive. Their standard deviation in each coordinate.
    """

    def __init__(self, batch_size, centres, sigma):
        super().__init__(batch_size, sigma)
        centres = np.asarray(centres, np.float64)
        if centres.ndim != 2 or centres.shape[-1] != 2 or not len(centres):
            raise ValueError(
                "`centres` must be an array of shape (num_modes, 2). "
                f"Received: shape {centres.shape}"
            )
        self.centres = centres
        self.num_modes = len(centres)
        self.mean = centres.mean(axis=0)
        self.std = float(np.sqrt(centres.var(axis=0).mean() + self.sigma**2))
        self._set_extent(centres)

    def locate(self, points):
        points = np.asarray(points, np.float64)[:, np.newaxis]
        distances = np.linalg.norm(points - self.centres, axis=-1)
        # A point that is not a number is near to none of them.
        distances = np.where(np.isnan(distances), np.inf, distances)
        return distances.argmin(axis=1), distances.min(axis=1) / self.sigma

    def _draw_centres(self, seed, first_step, num_steps):
        index = random.integers(
            seed,
            "real/mode",
            first_step,
            num_steps,
            (self.batch_size,),
            self.num_modes,
        )
        return tf.gather(tf.constant(self.centres, tf.float32), index)

    def _sample_centres(self, generator, size):
        return self.centres[generator.integers(self.num_modes, size=size)]


class Ring(Mixture):
    """Gaussians whose centres are evenly spaced on a circle around 0.

    The defaults are those of VEEGAN and PacGAN. Unrolled GAN's paper and
    self-conditioned GAN have `radius=2, sigma=0.02`; WGAN-GP's toy program has
    these divided by 1.414, which makes the standard deviation 1. Several
    programs place their modes at `linspace(0, 2 pi, 8)`, whose two ends
    are one point: their rings have 7 modes, one of them twice as likely. This
    one has `num_modes` different ones.

    Args:
        batch_size: int.
        num_modes: int. Defaults to `8`.
        radius: float, positive. Defaults to `1`.
        sigma: float, positive. Defaults to `0.01`.

    Reference:
    - [Srivastava et al., 2017](https://arxiv.org/abs/1705.07761), VEEGAN
    - [Lin et al., 2018](https://arxiv.org/abs/1712.04086), PacGAN
    """

    def __init__(self, batch_size, num_modes=8, radius=1.0, sigma=0.01):
        num_modes = check_positive_int("num_modes", num_modes)
        self.radius = _check_positive("radius", radius)
        angles = 2 * np.pi * np.arange(num_modes) / num_modes
        centres = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        super().__init__(batch_size, self.radius * centres, sigma)


class Grid(Mixture):
    """Gaussians whose centres are the points of a square grid around 0.

    The defaults are those of VEEGAN and PacGAN, a 5 by 5 grid of centres at
    -4, -2, 0, 2 and 4. WGAN-GP's toy program has these divided by 2.828, which
    makes the standard deviation 1.

    Args:
        batch_size: int.
        size: int. Modes in a row, and rows. Defaults to `5`.
        spacing: float, positive. Defaults to `2`.
        sigma: float, positive. Defaults to `0.05`.

    Reference:
    - [Srivastava et al., 2017](https://arxiv.org/abs/1705.07761), VEEGAN
    - [Lin et al., 2018](https://arxiv.org/abs/1712.04086), PacGAN
    """

    def __init__(self, batch_size, size=5, spacing=2.0, sigma=0.05):
        size = check_positive_int("size", size)
        self.spacing = _check_positive("spacing", spacing)
        places = self.spacing * (np.arange(size) - (size - 1) / 2)
        x, y = np.meshgrid(places, places)
        super().__init__(batch_size, np.stack([x, y], -1).reshape(-1, 2), sigma)


# Points on the roll among which the nearest one to a sample is looked for.
_ROLL_POINTS = 4096
_COARSE = 8  # the first look's step; the arms of the roll are far apart


class SwissRoll(PointDistribution):
    """A spiral of one and a half turns, with noise in both coordinates.

    `t (cos t, sin t)` with t uniform in [1.5 pi, 4.5 pi]: scikit-learn's
    `make_swiss_roll`, seen from the side. Its parts, for the metrics, are
    pieces of equal ranges of t, so that all are equally likely.

    The defaults are those of WGAN-GP's toy program before its division by 7.5,
    which is `scale=1 / 7.5, sigma=0.25 / 7.5`.

    Args:
        batch_size: int.
        scale: float, positive. The roll's size; its outer end is at a radius
            of `4.5 pi scale`. Defaults to `1`.
        sigma: float, positive. Defaults to `0.25`.
        num_modes: int. The pieces. Defaults to `20`.

    Reference:
    - [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028), figure 1, and
      igul222/improved_wgan_training, gan_toy.py, lines 173-226
    """

    def __init__(self, batch_size, scale=1.0, sigma=0.25, num_modes=20):
        super().__init__(batch_size, sigma)
        self.scale = _check_positive("scale", scale)
        self.num_modes = check_positive_int("num_modes", num_modes)
        # The middles of equal parts, over which means are integrals.
        self._places = (np.arange(_ROLL_POINTS) + 0.5) / _ROLL_POINTS
        self._roll = self._curve(self._places, np)
        self.mean = self._roll.mean(axis=0)
        variance = self._roll.var(axis=0).mean()
        self.std = float(np.sqrt(variance + self.sigma**2))
        self._set_extent(self._roll)

    def locate(self, points):
        points = np.asarray(points, np.float64)
        # First among some points of the roll, then around the nearest.
        coarse = np.arange(0, _ROLL_POINTS, _COARSE)
        coarse = np.append(coarse, _ROLL_POINTS - 1)  # the outer end
        near = self._nearest(points, coarse[np.newaxis])
        around = near[:, np.newaxis] + np.arange(-_COARSE, _COARSE + 1)
        near = self._nearest(points, np.clip(around, 0, _ROLL_POINTS - 1))
        distances = np.hypot(*(points - self._roll[near]).T)
        distances = np.where(np.isnan(distances), np.inf, distances)
        return near * self.num_modes // _ROLL_POINTS, distances / self.sigma

    def _nearest(self, points, candidates):
        """Of each point's candidates, the numbers of points of the roll."""
        x, y = points.T[..., np.newaxis]  # each (n, 1)
        roll = self._roll[candidates]
        squares = (x - roll[..., 0]) ** 2 + (y - roll[..., 1]) ** 2
        squares = np.where(np.isnan(squares), np.inf, squares)
        best = squares.argmin(axis=1)
        rows = np.broadcast_to(candidates, (len(points), candidates.shape[1]))
        return rows[np.arange(len(points)), best]

    def _curve(self, u, library):
        """The points at `u`, in [0, 1], of the roll's length in t."""
        t = 1.5 * np.pi * (1 + 2 * u)
        x, y = t * library.cos(t), t * library.sin(t)
        return self.scale * library.stack([x, y], -1)

    def _draw_centres(self, seed, first_step, num_steps):
        shape = (self.batch_size,)
        u = random.uniform(seed, "real/place", first_step, num_steps, shape)
        return self._curve(u, tf)

    def _sample_centres(self, generator, size):
        return self._curve(generator.random(size), np)


def _check_positive(name, value):
    """Returns `value` as a float, or raises a `ValueError` that names it."""
    if not 0 < value < np.inf:
        raise ValueError(
            f"`{name}` must be positive and finite. Received: {name}={value}"
        )
    return float(value)


def open_source(dataset, batch_size=128):
    """The points that a run's hyper-parameters describe.

    Args:
        dataset: `"ring"`, `"grid"` or `"swiss-roll"`.
        batch_size: int. Defaults to `128`.
    """
    kinds = {"ring": Ring, "grid": Grid, "swiss-roll": SwissRoll}
    return kinds[dataset](batch_size)
