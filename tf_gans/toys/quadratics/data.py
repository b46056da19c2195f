"""Curves as samples: a sample is the heights of one curve at fixed places."""

import numpy as np
import tensorflow as tf

from tf_gans import random
from tf_gans.data.source import Source
from tf_gans.errors import check_positive_int


class Quadratics(Source):
    """Parabolas `y = a x^2 + a - 1` with one random coefficient, a ~ U[1, 3].

    A sample is a curve's heights at `num_points` places that are evenly spread
    over [-2, 2]. All curves lie between those of a = 1 and a = 3. As points in
    `num_points` dimensions they are a straight line's piece, so a generator
    has one right direction in which to vary, and all others to leave.

    Args:
        batch_size: int.
        num_points: int, at least 2. Defaults to `15`.

    Attributes:
        low, high: floats. The ends of the range of a.
        x: float64 array of shape `(num_points,)`. The places.
        mean, std: floats, the mean and the standard deviation of all heights,
            which say where the networks that learn them should work.

    Reference:
    - the article and listing of a blog on GANs in PyTorch, in Chinese, 2018,
      whose "artist" paints these curves after those of Mo's tutorial:
      [MorvanZhou/PyTorch-Tutorial, 406_GAN.py](
      https://github.com/MorvanZhou/PyTorch-Tutorial)
    """

    low = 1.0
    high = 3.0

    def __init__(self, batch_size, num_points=15):
        self.batch_size = check_positive_int("batch_size", batch_size)
        if check_positive_int("num_points", num_points) < 2:
            raise ValueError(
                "`num_points` must be at least 2. "
                f"Received: num_points={num_points}"
            )
        self.sample_shape = (num_points,)
        self.x = np.linspace(-2, 2, num_points)
        # y = a slope - 1: a curve is linear in its coefficient.
        self._slope = np.square(self.x) + 1
        mean_a = (self.low + self.high) / 2
        mean_square_a = mean_a**2 + (self.high - self.low) ** 2 / 12
        mean = mean_a * self._slope.mean()
        mean_square = mean_square_a * np.square(self._slope).mean()
        self.mean = float(mean - 1)
        self.std = float(np.sqrt(mean_square - mean**2))

    def draw(self, seed, first_step, num_steps):
        u = random.uniform(
            seed, "real", first_step, num_steps, (self.batch_size, 1)
        )
        a = self.low + (self.high - self.low) * u  # (num_steps, batch_size, 1)
        return a * tf.constant(self._slope, tf.float32) - 1

    def sample(self, generator, size):
        """Draws `size` independent curves with a `numpy.random.Generator`.

        Returns:
            An array of shape `(size, num_points)`, float32 as in training.
        """
        return self.curves(self.ppf(generator.random(size))).astype(np.float32)

    def ppf(self, q):
        """The quantile function of a at `q`, an array in [0, 1]."""
        return self.low + (self.high - self.low) * np.asarray(q)

    def curves(self, a):
        """The curves of coefficients.

        Args:
            a: float or array of any shape.

        Returns:
            A float64 array of shape `(*a.shape, num_points)`.
        """
        return np.asarray(a)[..., np.newaxis] * self._slope - 1

    def coefficients(self, curves):
        """The coefficients of the parabolas that are nearest to any curves.

        In the sense of least squares, in closed form: `y + 1` is projected on
        `x^2 + 1`. They may lie outside of the range that is drawn from.

        Args:
            curves: array of shape `(n, num_points)`.

        Returns:
            A float64 array of shape `(n,)`.
        """
        heights = np.asarray(curves, np.float64) + 1
        return heights @ self._slope / (self._slope @ self._slope)


def open_source(batch_size):
    """The curves that a run's hyper-parameters describe."""
    return Quadratics(batch_size)
