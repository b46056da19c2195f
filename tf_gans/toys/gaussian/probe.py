"""What the 1-D demonstration shows: generated density and decision boundary."""

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.probe import Probe
from tf_gans.layers import sees_batch

NUM_POINTS = 10_000  # samples, and values in the discriminator's grid
NUM_BINS = 99  # of the histogram
BOUNDARY_POINTS = 400  # one for each 1.4 pixels of the film


class DistributionProbe(Probe):
    """Measures the frames of the 1-D demonstration, inside the program.

    A frame is the density of the generator's samples at evenly spread z, and
    the decision boundary, the probability that the discriminator gives evenly
    spaced values of being real.

    A discriminator with minibatch discrimination judges a value by those in
    the batch with it. It sees, as in the original, a grid of 10,000 values in
    groups of `batch_size` neighbours, and only the groups that are needed. What
    it says depends on a value's place in its group, too: the original draws all
    10,000 points, which makes a band of the line. Here, the line is the middle
    of the band, the mean over `batch_size` neighbours. (Of every 25th point,
    there would be a moire pattern.) Groups that are wider than a hundredth of
    the grid are drawn as they are.

    Args:
        receiver: see `Probe`. A block's frames are `boundary`, a float32 array
            of shape `(frames, 400)`, the probabilities at values from `low` to
            `high`, and `density`, of shape `(frames, 99)`, that of 10,000
            samples in the bins between them.
        batch_size: int. The size of the training's batches.
        low: float. The least value that is shown. Defaults to `-8`.
        high: float. The greatest. Defaults to `8`.
        every: int. See `Probe`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 195-244](
      https://github.com/AYLIEN/gan-intro)
    """

    def __init__(self, receiver, batch_size, low=-8.0, high=8.0, every=1):
        super().__init__(receiver, every)
        self.low, self.high = float(low), float(high)
        self._boundary = _Boundary(batch_size, low, high)

    def measure(self, model):
        z = tf.constant(model.latents.even(NUM_POINTS))
        samples = model.sampler(z, training=False)
        samples, bounds = samples[:, 0], (self.low, self.high)
        density = density_histogram(samples, *bounds, NUM_BINS)
        return {"boundary": self._boundary(model), "density": density}


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


def generated_samples(gan, num_points=NUM_POINTS):
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


class _Boundary:
    """Evaluates the decision boundary; see `DistributionProbe`."""

    def __init__(self, batch_size, low, high):
        if not low < high:
            raise ValueError(
                "`low` must be less than `high`. "
                f"Received: low={low}, high={high}"
            )
        if batch_size > NUM_POINTS:
            raise ValueError(
                f"`batch_size` must be at most {NUM_POINTS}. "
                f"Received: batch_size={batch_size}"
            )
        grid = np.linspace(low, high, NUM_POINTS, dtype=np.float32)[:, None]
        # The nearest points of the grid to even positions.
        drawn = np.linspace(0, NUM_POINTS - 1, BOUNDARY_POINTS)
        drawn = drawn.round().astype(np.int32)
        self._drawn = grid[drawn]
        if batch_size * BOUNDARY_POINTS <= NUM_POINTS:
            width = batch_size  # the group of the drawn point: one to evaluate
            first = drawn - drawn % batch_size
        elif batch_size * 100 <= NUM_POINTS:
            width = batch_size  # parts of neighbouring groups
            first = drawn - batch_size // 2
        else:
            width = 1
            first = drawn
        first = np.clip(first, 0, NUM_POINTS - width)
        members = first[:, np.newaxis] + np.arange(width)  # (points, width)
        groups, self._places = _group(batch_size, members)
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


def _group(batch_size, wanted):
    """Finds points of the grid, which is cut into groups of neighbours.

    Where `batch_size` does not divide the number of points, the last group
    reaches back, to be whole; the points that it shares with the group before
    count as that group's.

    Args:
        batch_size: int.
        wanted: int array of any shape. Points of the grid.

    Returns:
        The points of the groups that hold the wanted ones, an int array of
        shape `(groups, batch_size)`, and the wanted points' places in it, as
        if it were flat, of the shape of `wanted`.
    """
    numbers, group = np.unique(wanted // batch_size, return_inverse=True)
    group = group.reshape(wanted.shape)
    starts = np.minimum(numbers * batch_size, NUM_POINTS - batch_size)
    places = group * batch_size + wanted - starts[group]
    return starts[:, np.newaxis] + np.arange(batch_size), places
