"""What the 1-D demonstration shows: generated density and decision boundary."""

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.probe import Probe
from tf_gans.errors import check_positive_int
from tf_gans.layers import sees_batch


class DistributionProbe(Probe):
    """Measures the frames of the 1-D demonstration, inside the program.

    A frame is the density of the generator's samples at evenly spread z, and
    the decision boundary, the probability that the discriminator gives evenly
    spaced values of being real.

    A discriminator with minibatch discrimination judges a value by those in
    the batch with it. It sees, as in the original, a grid of `num_points`
    values in groups of `batch_size` neighbours, and only the groups that are
    needed. What it says depends on a value's place in its group, too: the
    original draws all 10,000 points, which makes a band of the line. Here, the
    line is the middle of the band, the mean over `batch_size` neighbours. (Of
    every 25th point, there would be a moire pattern.) Groups that are wider
    than a hundredth of the grid are drawn as they are.

    Args:
        receiver: function that takes each block's frames: `steps`, an int
            array of shape `(frames,)`, `boundary`, of shape `(frames,
            boundary_points)`, and `density`, of shape `(frames, num_bins)`.
        batch_size: int. The size of the training's batches.
        low: float. The least value that is shown. Defaults to `-8`.
        high: float. The greatest. Defaults to `8`.
        num_points: int. How many z (`Latents.even`), and how many values in the
            grid. Defaults to `10_000`.
        num_bins: int. The histogram's bins. Defaults to `99`.
        boundary_points: int. The boundary's values, from `low` to `high`.
            Defaults to `400`: one for each 1.4 pixels of the film.
        every: int. See `Probe`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 184-229](
      https://github.com/AYLIEN/gan-intro)
    """

    def __init__(
        self,
        receiver,
        batch_size,
        low=-8.0,
        high=8.0,
        num_points=10_000,
        num_bins=99,
        boundary_points=400,
        every=1,
    ):
        super().__init__(every)
        self.receiver = receiver
        self.low, self.high = float(low), float(high)
        self.num_bins = check_positive_int("num_bins", num_bins)
        self.num_points = check_positive_int("num_points", num_points)
        self._boundary = _Boundary(
            batch_size, low, high, num_points, boundary_points
        )

    def measure(self, gan):
        z = tf.constant(gan.latents.even(self.num_points))
        samples = gan.sampler(z, training=False)
        density = density_histogram(
            samples[:, 0], self.low, self.high, self.num_bins
        )
        return {"boundary": self._boundary(gan), "density": density}

    def on_measured(self, steps, values):
        self.receiver(steps, values["boundary"], values["density"])


def density_histogram(samples, low, high, num_bins):
    """The density of samples in equal bins, as numpy computes it.

    Equals `np.histogram(samples, num_bins, (low, high), density=True)` in
    float32, and may be part of an XLA program: samples outside of the range
    are left out, also from the normalisation, and the last bin includes its
    right edge. Without a sample in the range, the density is 0.

    Args:
        samples: float32 tensor of shape `(n,)`.
        low: float.
        high: float.
        num_bins: int.

    Returns:
        A float32 tensor of shape `(num_bins,)`.
    """
    edges = np.linspace(low, high, num_bins + 1, dtype=np.float32)
    inside = (samples >= edges[0]) & (samples <= edges[-1])
    # Infinite samples, and none, have no place to compute.
    samples = tf.where(inside, samples, edges[0])
    scale = np.float32(num_bins / (high - low))
    place = tf.cast((samples - edges[0]) * scale, tf.int32)
    place = tf.clip_by_value(place, 0, num_bins - 1)
    # Rounding may have put a sample on the wrong side of an edge.
    place -= tf.cast(samples < tf.gather(edges, place), tf.int32)
    beyond = samples >= tf.gather(edges, place + 1)
    place += tf.cast(beyond & (place < num_bins - 1), tf.int32)
    counts = tf.math.unsorted_segment_sum(
        tf.cast(inside, tf.float32), place, num_bins
    )
    total = tf.maximum(tf.reduce_sum(counts), 1)
    return counts / np.diff(edges) / total


def generated_samples(gan, num_points=10_000):
    """The generator's samples at z spread evenly over the prior.

    All `num_points` of them are samples. The original generates whole batches
    only and leaves the rest at 0, which shows as a spike in its histograms.

    Args:
        gan: `tf_gans.GAN` of scalar samples.
        num_points: int. Defaults to `10_000`.

    Returns:
        A float32 array of shape `(num_points,)`.
    """
    z = tf.constant(gan.latents.even(num_points))
    return gan.sampler(z, training=False).numpy()[:, 0]


def decision_boundary(
    gan,
    batch_size,
    low=-8.0,
    high=8.0,
    num_points=10_000,
    boundary_points=400,
):
    """The probability that the discriminator gives values of being real.

    Args:
        gan: `tf_gans.GAN` of scalar samples.
        batch_size, low, high, num_points, boundary_points: see
            `DistributionProbe`.

    Returns:
        A float32 array of shape `(boundary_points,)`.
    """
    boundary = _Boundary(batch_size, low, high, num_points, boundary_points)
    # Not XLA: for a single call, compiling takes longer than running.
    return tf.function(boundary, autograph=False)(gan).numpy()


class _Boundary:
    """Evaluates the decision boundary; see `DistributionProbe`."""

    def __init__(self, batch_size, low, high, num_points, boundary_points):
        if not low < high:
            raise ValueError(
                "`low` must be less than `high`. "
                f"Received: low={low}, high={high}"
            )
        if batch_size > num_points:
            raise ValueError(
                f"`batch_size` must be at most `num_points`, {num_points}. "
                f"Received: batch_size={batch_size}"
            )
        grid = _column(low, high, num_points)
        # The nearest points of the grid to even positions.
        drawn = np.linspace(0, num_points - 1, boundary_points)
        drawn = drawn.round().astype(np.int32)
        self._drawn = grid[drawn]
        if batch_size * boundary_points <= num_points:
            width = batch_size  # the group of the drawn point: one to evaluate
            first = drawn - drawn % batch_size
        elif batch_size * 100 <= num_points:
            width = batch_size  # parts of neighbouring groups
            first = drawn - batch_size // 2
        else:
            width = 1
            first = drawn
        first = np.clip(first, 0, num_points - width)
        members = first[:, np.newaxis] + np.arange(width)  # (points, width)
        groups, self._places = _group(num_points, batch_size, members)
        self._groups = grid[groups]  # (groups, batch_size, 1)

    def __call__(self, gan):
        discriminator = gan.discriminator

        def probability(x):
            return tf.sigmoid(discriminator(x, training=False))[:, 0]

        if not sees_batch(discriminator):
            return probability(tf.constant(self._drawn))
        # A loop: `tf.vectorized_map` is a little faster for small batches, and
        # holds the distances within all groups at once.
        values = tf.map_fn(probability, tf.constant(self._groups))
        values = tf.gather(tf.reshape(values, [-1]), self._places)
        return tf.reduce_mean(values, axis=1)  # (points, width) -> (points,)


def _group(num_points, batch_size, wanted):
    """Finds points of a grid that is cut into groups of neighbours.

    Where `batch_size` does not divide the number of points, the last group
    reaches back, to be whole; the points that it shares with the group before
    count as that group's.

    Args:
        num_points: int.
        batch_size: int.
        wanted: int array of any shape. Points of the grid.

    Returns:
        The points of the groups that hold the wanted ones, an int array of
        shape `(groups, batch_size)`, and the wanted points' places in it, as
        if it were flat, of the shape of `wanted`.
    """
    numbers, group = np.unique(wanted // batch_size, return_inverse=True)
    group = group.reshape(wanted.shape)
    starts = np.minimum(numbers * batch_size, num_points - batch_size)
    places = group * batch_size + wanted - starts[group]
    return starts[:, np.newaxis] + np.arange(batch_size), places


def _column(low, high, num_points):
    points = np.linspace(low, high, num_points, dtype=np.float32)
    return points[:, np.newaxis]
