"""What the 2-D demonstration shows: generated points and the critic's map."""

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.probe import Probe
from tf_gans.errors import check_positive_int
from tf_gans.layers import sees_batch


class MixtureProbe(Probe):
    """Measures the frames of a film of points in the plane, in the program.

    A frame is the samples of some z that stay the same, and what the
    discriminator says of the centres of the cells that the picture is cut into.

    A discriminator with minibatch discrimination judges a point by those in
    the batch with it. It sees the centres in groups of `data.batch_size`, each
    of which is spread over the whole picture at random, the same at all
    frames.

    Args:
        receiver: see `Probe`. A block's frames are `samples`, a float32 array
            of shape `(frames, num_samples, 2)`, and `critic`, of shape
            `(frames, resolution, resolution)`, with the lowest row first.
        data: the source that is learned, such as `tf_gans.toys.mixtures.Ring`.
        num_samples: int. Defaults to `2500`, that of the published metrics.
        resolution: int. The cells in a row, and the rows. Defaults to `100`.
        every: int. See `Probe`.
    """

    def __init__(
        self, receiver, data, num_samples=2500, resolution=100, every=1
    ):
        super().__init__(receiver, every)
        self.num_samples = check_positive_int("num_samples", num_samples)
        self._map = _Map(data, check_positive_int("resolution", resolution))

    def measure(self, model):
        z = model.latents.draw(0, "probe", 0, 1, self.num_samples)[0]
        samples = model.sampler(z, training=False)
        return {"samples": samples, "critic": self._map(model)}


class _Map:
    """Evaluates the critic's map; see `MixtureProbe`."""

    def __init__(self, data, resolution):
        self._resolution = resolution
        self._batch_size = data.batch_size
        # The centres of cells, in the order of an image's pixels.
        places = 2 * (np.arange(resolution) + 0.5) / resolution - 1
        x, y = (centre + data.extent * places for centre in data.mean)
        cells = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        self._cells = cells.astype(np.float32)

    def __call__(self, gan):
        discriminator = getattr(gan, "discriminator", None)
        if discriminator is not None and sees_batch(discriminator):
            values = self._in_groups(gan)
        else:
            values = gan.discriminate(tf.constant(self._cells))
        return tf.reshape(values, (self._resolution, self._resolution))

    def _in_groups(self, gan):
        count, size = len(self._cells), self._batch_size
        order = np.random.default_rng(0).permutation(count)
        # The last group is filled up from the first.
        groups = np.resize(order, (-(-count // size), size))
        values = tf.map_fn(
            gan.discriminate,
            tf.constant(self._cells[groups]),
            fn_output_signature=tf.float32,
        )
        values = tf.reshape(values, [-1])[:count]
        return tf.gather(values, np.argsort(order))
