"""One-dimensional distributions, in closed form and from a user's numbers.

Each has a `mean` and a `std` (of the distribution, not of a sample), a quantile
function `ppf` and a distribution function `cdf` in numpy, for the metrics, and
`draw`, for training.
"""

import pathlib

import numpy as np
import tensorflow as tf

from tf_gans import random
from tf_gans.data.columns import read_column
from tf_gans.data.source import Source
from tf_gans.errors import UserError, check_positive_int, shown


class ScalarDistribution(Source):
    """Base class: batches of scalars, in rising order within each batch.

    The original sorts each batch. The networks of the demonstration do not
    look at the order, but the printed losses and the pairs of a batch do not
    depend on it either, so it is kept, as an option.

    Args:
        batch_size: int.
        sort: bool. Whether each batch is sorted. Defaults to `True`.
    """

    sample_shape = (1,)
    mean: float
    std: float

    def __init__(self, batch_size, sort=True):
        self.batch_size = check_positive_int("batch_size", batch_size)
        self.sort = bool(sort)

    def draw(self, seed, first_step, num_steps):
        x = self._draw(seed, first_step, num_steps)  # (num_steps, batch_size)
        if self.sort:
            x = tf.sort(x, axis=-1)
        return x[..., tf.newaxis]

    def __repr__(self):
        return (
            f"{type(self).__name__}(batch_size={self.batch_size}, "
            f"mean={self.mean:g}, std={self.std:g}, sort={self.sort})"
        )

    def _draw(self, seed, first_step, num_steps):
        raise NotImplementedError

    def sample(self, generator, size):
        """Draws `size` independent samples with a `numpy.random.Generator`."""
        # Half a step of the generator's grid keeps out 0, the quantile -inf.
        return self.ppf(generator.random(size) + 2.0**-54)

    def ppf(self, q):
        """The quantile function at `q`, an array in (0, 1)."""
        raise NotImplementedError

    def cdf(self, x, left=False):
        """The distribution function at `x`, or its limit from the left."""
        raise NotImplementedError


class Gaussian(ScalarDistribution):
    """N(mu, sigma).

    Args:
        batch_size: int.
        mu: float. Defaults to `4`.
        sigma: float, positive. Defaults to `0.5`.
        sort: bool. Whether each batch is sorted. Defaults to `True`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 29-37](
      https://github.com/AYLIEN/gan-intro)
    """

    def __init__(self, batch_size, mu=4.0, sigma=0.5, sort=True):
        super().__init__(batch_size, sort)
        if not sigma > 0:
            raise ValueError(
                f"`sigma` must be positive. Received: sigma={sigma}"
            )
        self.mean = float(mu)
        self.std = float(sigma)
        _check_float32(self.mean, self.std)

    def _draw(self, seed, first_step, num_steps):
        shape = (self.batch_size,)
        noise = random.normal(seed, "real", first_step, num_steps, shape)
        return self.mean + self.std * noise

    def ppf(self, q):
        q = tf.constant(q, tf.float64)
        return self.mean + self.std * tf.math.ndtri(q).numpy()

    def cdf(self, x, left=False):
        z = (np.asarray(x, np.float64) - self.mean) / (self.std * np.sqrt(2))
        return 0.5 * (1 + tf.math.erf(tf.constant(z)).numpy())


class Empirical(ScalarDistribution):
    """The distribution of a user's numbers, each equally likely.

    Batches are drawn with replacement.

    Args:
        batch_size: int.
        values: array of at least two finite numbers that are not all equal.
        sort: bool. Whether each batch is sorted. Defaults to `True`.
    """

    def __init__(self, batch_size, values, sort=True):
        super().__init__(batch_size, sort)
        values = np.sort(np.asarray(values, np.float64).ravel())
        if values.size < 2:
            raise ValueError(
                "`values` must hold at least 2 numbers. "
                f"Received: {values.size}"
            )
        if not np.isfinite(values).all():
            raise ValueError("`values` must be finite numbers.")
        _check_range(values[[0, -1]])
        if values[0] == values[-1]:
            raise ValueError(
                f"`values` must not all be equal. Received: {values[0]} only"
            )
        self.values = values
        self.mean = float(values.mean())
        self.std = float(values.std())
        _check_float32(self.mean, self.std)

    @classmethod
    def from_file(cls, path, batch_size, sort=True, column=None, say=print):
        """Reads one column of numbers from a .csv, .txt or .npy file.

        A first line of text is taken for a header, and `say` is told so.

        Args:
            path: str or path.
            batch_size: int.
            sort: bool. Whether each batch is sorted. Defaults to `True`.
            column: str or int. The name in the header, or the number, counted
                from 1, of the column in a file of several. Defaults to `None`.
            say: function that is called with a line of text. Defaults to
                `print`.

        Raises:
            UserError: the file cannot be read as at least two finite numbers.
                The message names the file and the line.
        """
        values = read_column(pathlib.Path(path), column, say)
        try:
            return cls(batch_size, values, sort)
        except ValueError as error:
            message = f"{shown(path)}: {error}"
            raise UserError(message.replace("`", "")) from None

    def _draw(self, seed, first_step, num_steps):
        shape = (self.batch_size,)
        index = random.integers(
            seed, "real", first_step, num_steps, shape, self.values.size
        )
        return tf.gather(tf.constant(self.values, tf.float32), index)

    def ppf(self, q):
        # The inverse of a step function: the smallest value with F(x) >= q.
        index = np.ceil(np.asarray(q) * self.values.size).astype(np.int64) - 1
        return self.values[np.clip(index, 0, self.values.size - 1)]

    def cdf(self, x, left=False):
        if left:
            rank = np.searchsorted(self.values, x, side="left")
        else:
            rank = np.searchsorted(self.values, x, side="right")
        return rank / self.values.size


def _check_range(values):
    """Raises a `ValueError` for numbers whose squares float32 cannot hold."""
    for value in values:
        if abs(value) > 1e15:
            raise ValueError(
                f"The numbers must lie within +-1e15. Received: {value:g}"
            )


def _check_float32(mean, std):
    """Raises a `ValueError` where float32 cannot resolve the distribution."""
    _check_range((mean, std))
    if std < max(1e-4 * abs(mean), 1e-30):
        raise ValueError(
            "The standard deviation must be at least 1/10000 of the mean, or "
            "float32 cannot tell the samples apart. "
            f"Received: mean={mean:g}, standard deviation={std:g}"
        )


def open_source(
    batch_size, mu=4.0, sigma=0.5, data=None, column=None, say=print
):
    """The distribution that a run's hyper-parameters describe.

    Args:
        batch_size: int.
        mu, sigma: floats. Of the Gaussian.
        data: the path of a file of numbers to learn instead, or None.
        column: the file's column; see `Empirical.from_file`.
        say: function that is called with a line of text on the file.
    """
    if data:
        return Empirical.from_file(data, batch_size, column=column, say=say)
    return Gaussian(batch_size, mu, sigma)
