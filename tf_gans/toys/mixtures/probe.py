"""What the 2-D demonstration shows: generated points and the critic's map."""

import dataclasses

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.probe import Probe
from tf_gans.errors import check_positive_int
from tf_gans.toys.gaussian.probe import sees_batch


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a model says of a sample, and how a picture names it.

    Attributes:
        name: str.
        label: str. The name above the picture.
        ticks: three str, beside the colours of what looks least real, of the
            middle, and of what looks most real.
        higher_is_real: bool. Defaults to `True`.
        is_probability: bool. Whether it is a number from 0 to 1, of which 1/2
            is the middle. Defaults to `False`.
    """

    name: str
    label: str
    ticks: tuple[str, str, str] = ("least real", "", "most real")
    higher_is_real: bool = True
    is_probability: bool = False


PROBABILITY = Verdict(
    "probability",
    "D(x), probability of real",
    ("0", "1/2", "1"),
    is_probability=True,
)
LOGIT = Verdict("logit", "critic's output")
ERROR = Verdict("error", "reconstruction error", higher_is_real=False)


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
        data: the source that is learned, such as `tf_gans.data.Ring`.
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


def verdict_of(model):
    """What a model says of a sample, a `Verdict`.

    It is the probability of being real, the output of a critic that names no
    probability, or the error of a reconstruction.
    """
    return _judge(model, tf.zeros((1, *model.sample_shape)))[0]


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
            values = _judge(gan, tf.constant(self._cells))[1]
        return tf.reshape(values, (self._resolution, self._resolution))

    def _in_groups(self, gan):
        count, size = len(self._cells), self._batch_size
        order = np.random.default_rng(0).permutation(count)
        # The last group is filled up from the first.
        groups = np.resize(order, (-(-count // size), size))
        values = tf.map_fn(
            lambda points: _judge(gan, points)[1],
            tf.constant(self._cells[groups]),
            fn_output_signature=tf.float32,
        )
        values = tf.reshape(values, [-1])[:count]
        return tf.gather(values, np.argsort(order))


def _judge(gan, points):
    """What a model says of points.

    Returns:
        Its `Verdict`, and a float32 tensor of shape `(n,)`.
    """
    judgements = gan.judgements()
    if "discriminate" not in judgements:
        restored = judgements["reconstruct"](points)["reconstructions"]
        return ERROR, tf.reduce_mean(tf.abs(points - restored), axis=-1)
    said = judgements["discriminate"](points)
    for verdict, name in (
        (PROBABILITY, "probabilities"),
        (ERROR, "errors"),
        (LOGIT, "logits"),
    ):
        if name in said:
            return verdict, tf.reshape(tf.cast(said[name], tf.float32), [-1])
    raise ValueError(
        "`gan` must say probabilities, errors or logits of samples. "
        f"Received: {', '.join(said)}"
    )
