"""The priors that the generator's input z is drawn from.

A prior is a small immutable object: it has a `shape`, draws z for whole blocks
of training steps (`draw`), one z for each of many seeds (`draw_each`), and it
survives saving, because it has a `get_config`.
"""

import numbers
import statistics

import keras
import numpy as np
import tensorflow as tf

from tf_gans import random
from tf_gans.errors import check_integer, check_positive_int


class Latents:
    """Base class of the priors.

    A subclass implements `draw` and `get_config`.

    Args:
        shape: tuple of ints. The shape of one z, without the batch.
    """

    def __init__(self, shape):
        self.shape = tuple(check_positive_int("shape", size) for size in shape)

    def draw(self, seed, stream, first_step, num_steps, batch_size):
        """Draws z for a run of training steps.

        Args:
            seed: int or scalar integer tensor.
            stream: str. Distinguishes several draws within one step.
            first_step: int or scalar integer tensor.
            num_steps: int.
            batch_size: int or scalar int32 tensor.

        Returns:
            A float32 tensor of shape `(num_steps, batch_size, *shape)`, whose
            row `i` depends on `(seed, stream, first_step + i)` alone.
        """
        raise NotImplementedError

    @property
    def support(self):
        """The pair of bounds between which each component lies, or None."""
        return None

    @property
    def num_categories(self) -> int | None:
        """How many values a categorical code in z has; None without one."""
        return None

    def draw_each(self, seeds):
        """Draws one z for each seed, whatever the other seeds are.

        Args:
            seeds: integer tensor of shape `(batch,)`.

        Returns:
            A float32 tensor of shape `(batch, *shape)`.
        """
        return tf.map_fn(
            lambda seed: self.draw(seed, "sample", 0, 1, 1)[0, 0],
            seeds,
            fn_output_signature=tf.TensorSpec(self.shape, tf.float32),
        )

    def even(self, num_points):
        """Scalars z that are spread over the prior evenly, in rising order.

        Args:
            num_points: int.

        Returns:
            A float32 array of shape `(num_points, 1)`: quantiles of the prior.
        """
        raise NotImplementedError

    def _check_scalar(self):
        if self.shape != (1,):
            raise ValueError(
                "Only scalars z can be spread evenly. "
                f"Received: shape={self.shape}"
            )

    def get_config(self):
        return {"shape": self.shape}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        arguments = ", ".join(
            f"{k}={v!r}" for k, v in self.get_config().items()
        )
        return f"{type(self).__name__}({arguments})"


def get(latents):
    """Returns a prior as it is, and for an int a standard normal of so many.

    Args:
        latents: `Latents`, or int.
    """
    if isinstance(latents, numbers.Integral):
        return Normal((check_positive_int("latents", latents),))
    if not hasattr(latents, "draw"):
        raise ValueError(
            "`latents` must be a prior of tf_gans.latents, or an int for a "
            f"standard normal of so many components. Received: {latents!r}"
        )
    return latents


@keras.saving.register_keras_serializable(package="tf_gans")
class Normal(Latents):
    """z ~ N(0, I)."""

    def draw(self, seed, stream, first_step, num_steps, batch_size):
        shape = (batch_size, *self.shape)
        return random.normal(seed, stream, first_step, num_steps, shape)

    def even(self, num_points):
        self._check_scalar()
        # No TensorFlow: a probe asks for them while its program is traced.
        quantile = statistics.NormalDist().inv_cdf
        z = [quantile((i + 0.5) / num_points) for i in range(num_points)]
        return np.array(z, np.float32)[:, np.newaxis]


@keras.saving.register_keras_serializable(package="tf_gans")
class Uniform(Latents):
    """Each component of z ~ U[low, high), independently.

    Args:
        shape: tuple of ints. The shape of one z.
        low: float. Defaults to `-1`.
        high: float. Defaults to `1`.
    """

    def __init__(self, shape, low=-1.0, high=1.0):
        super().__init__(shape)
        if not low < high:
            raise ValueError(
                "`low` must be less than `high`. "
                f"Received: low={low}, high={high}"
            )
        self.low = float(low)
        self.high = float(high)

    @property
    def support(self):
        return self.low, self.high

    def draw(self, seed, stream, first_step, num_steps, batch_size):
        shape = (batch_size, *self.shape)
        u = random.uniform(seed, stream, first_step, num_steps, shape)
        return self.low + (self.high - self.low) * u

    def even(self, num_points):
        self._check_scalar()
        z = np.linspace(self.low, self.high, num_points, dtype=np.float32)
        return z[:, np.newaxis]

    def get_config(self):
        return {**super().get_config(), "low": self.low, "high": self.high}


@keras.saving.register_keras_serializable(package="tf_gans")
class Stratified(Latents):
    """A batch of scalars z that covers an interval evenly, in rising order.

    `z_i = linspace(low, high, batch_size)_i + jitter * U[0, 1)`: the batch is
    one point for each of `batch_size` places, moved a little. It is not an
    independent sample: its order and spacing carry information, and a critic
    that sees whole batches can use it.

    A single z cannot be stratified, so `draw_each` draws from the interval's
    uniform distribution.

    Args:
        low: float. Defaults to `-8`.
        high: float. Defaults to `8`.
        jitter: float, at least 0. Defaults to `0.01`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 40-46](
      https://github.com/AYLIEN/gan-intro)
    """

    def __init__(self, low=-8.0, high=8.0, jitter=0.01):
        super().__init__((1,))
        if not low < high:
            raise ValueError(
                "`low` must be less than `high`. "
                f"Received: low={low}, high={high}"
            )
        if jitter < 0:
            raise ValueError(
                f"`jitter` must be at least 0. Received: jitter={jitter}"
            )
        self.low = float(low)
        self.high = float(high)
        self.jitter = float(jitter)

    @property
    def support(self):
        return self.low, self.high + self.jitter

    def draw(self, seed, stream, first_step, num_steps, batch_size):
        u = random.uniform(seed, stream, first_step, num_steps, (batch_size,))
        grid = tf.linspace(self.low, self.high, batch_size)  # (batch,)
        return (grid + self.jitter * u)[..., tf.newaxis]

    def draw_each(self, seeds):
        return Uniform((1,), self.low, self.high).draw_each(seeds)

    def even(self, num_points):
        return Uniform((1,), self.low, self.high).even(num_points)

    def get_config(self):
        return {"low": self.low, "high": self.high, "jitter": self.jitter}


@keras.saving.register_keras_serializable(package="tf_gans")
class Codes(Latents):
    """InfoGAN's z: noise, a category as one-hot, and continuous codes.

    One after the other, in this order: `noise` components of U[-1, 1), the
    `categories` components of a category that is drawn evenly, and
    `continuous` components of U[-1, 1). So z is a vector like any other, and
    what is a code in it is known here.

    Args:
        noise: int, at least 0. Defaults to `62`.
        categories: int: 0 for none, or 2 or more. Defaults to `10`.
        continuous: int, at least 0. Defaults to `2`.

    Reference:
    - [Chen et al., 2016](https://arxiv.org/abs/1606.03657), appendix C.1
    - [openai/InfoGAN, run_mnist_exp.py, lines 36-41](
      https://github.com/openai/InfoGAN)
    """

    low, high = -1.0, 1.0

    def __init__(self, noise=62, categories=10, continuous=2):
        check_integer("noise", noise, least=0)
        check_integer("categories", categories, least=0)
        check_integer("continuous", continuous, least=0)
        self.noise, self.categories = int(noise), int(categories)
        self.continuous = int(continuous)
        if categories == 1 or not categories + continuous:
            raise ValueError(
                "Codes must be 2 or more `categories`, or `continuous` ones. "
                f"Received: categories={categories}, continuous={continuous}"
            )
        super().__init__((noise + categories + continuous,))

    @property
    def num_categories(self):
        return self.categories or None

    @property
    def num_parameters(self):
        """How many numbers describe a distribution of the codes.

        The logits of the categories, and a mean and a spread of each
        continuous code.
        """
        return self.categories + 2 * self.continuous

    @property
    def support(self):
        return self.low, self.high

    def draw(self, seed, stream, first_step, num_steps, batch_size):
        block = (first_step, num_steps)
        count = self.noise + self.continuous
        u = random.uniform(seed, stream, *block, (batch_size, count))
        u = self.low + (self.high - self.low) * u
        if not self.categories:
            return u
        category = random.integers(
            *(seed, f"{stream}/category", *block, (batch_size,)),
            self.categories,
        )
        one_hot = tf.one_hot(category, self.categories)
        noise, continuous = u[..., : self.noise], u[..., self.noise :]
        return tf.concat([noise, one_hot, continuous], axis=-1)

    def split(self, z):
        """The parts of z.

        Args:
            z: array or tensor of shape `(batch, *shape)`.

        Returns:
            A triple: the noise, the category as one-hot and the continuous
            codes, each of shape `(batch, its components)`.
        """
        first = self.noise + self.categories
        return z[:, : self.noise], z[:, self.noise : first], z[:, first:]

    def with_codes(self, z, categories=None, continuous=None):
        """The same noise with other codes.

        Args:
            z: float array of shape `(n, *shape)`.
            categories: int array of shape `(n,)`, or None to keep z's.
            continuous: float array of shape `(n, continuous)`, or None.

        Returns:
            A float32 array of shape `(n, *shape)`.
        """
        noise, one_hot, rest = self.split(np.asarray(z, np.float32))
        if categories is not None:
            one_hot = np.eye(self.categories, dtype=np.float32)[categories]
        if continuous is not None:
            rest = np.asarray(continuous, np.float32)
        return np.concatenate([noise, one_hot, rest], axis=1)

    def swept(self, z, code, values):
        """Sweeps a continuous code in each category, from one noise.

        Args:
            z: float array of shape `shape`, whose noise and other codes stay.
            code: int. Which of the continuous codes, from 0.
            values: sequence of floats.

        Returns:
            A float32 array of shape `(rows * len(values), *shape)`, row by
            row: a row for each category, or one where there are none.
        """
        rows = self.categories or 1
        z = np.tile(np.asarray(z, np.float32), (rows * len(values), 1))
        continuous = self.split(z)[2].copy()
        continuous[:, code] = np.tile(np.asarray(values, np.float32), rows)
        categories = None
        if self.categories:
            categories = np.repeat(np.arange(rows), len(values))
        return self.with_codes(z, categories, continuous)

    def get_config(self):
        return {
            "noise": self.noise,
            "categories": self.categories,
            "continuous": self.continuous,
        }
