"""What a discriminator says: a probability, a score or an error, one a row.

And, while it is trained, what it says of a batch.
"""

import dataclasses
from typing import Any, NamedTuple

import tensorflow as tf


class Judgement(NamedTuple):
    """What the discriminator says of a batch, and what it was asked about.

    Attributes:
        logits: float tensor of shape `(batch, 1)`.
        features: float tensor of shape `(batch, units)`, what its last layer
            sees, where that is matched.
        second: float tensor of 32 bits or more, what its second head says,
            where it has one; and of such a discriminator alone:
        labels: int tensor of shape `(batch,)`, or None.
        z: what the samples were made of; of real ones it says nothing.
    """

    logits: Any
    features: Any = None
    second: Any = None
    labels: Any = None
    z: Any = None


@dataclasses.dataclass(frozen=True)
class DiscriminatorOutput:
    """The kind of number that a model's `discriminate` gives each sample.

    Args:
        name: str. The kind, in one word.
        label: str. The kind, as the label of an axis.
        ticks: three strings. The labels of what looks least real, of the
            middle and of what looks most real.
        bounds: pair of floats, or None. The least and the greatest value that
            there can be.
        higher_is_real: bool. Whether more of it is more real.
    """

    name: str
    label: str
    ticks: tuple[str, str, str] = ("least real", "", "most real")
    bounds: tuple[float, float] | None = None
    higher_is_real: bool = True


PROBABILITY = DiscriminatorOutput(
    "probability", "D(x), probability of real", ("0", "1/2", "1"), (0.0, 1.0)
)
LOGIT = DiscriminatorOutput("logit", "critic's output")
ERROR = DiscriminatorOutput(
    "error", "reconstruction error", higher_is_real=False
)


def even_of_none(judge):
    """A function of samples that answers for an empty batch, too.

    Convolutions refuse one, so a blank sample is put in whose row is left out.

    Args:
        judge: function from a tensor of samples, or the pair of samples and
            labels, to a dict of tensors, each with a row a sample.
    """

    def judged(rows):
        size = tf.shape(tf.nest.flatten(rows)[0])[0]
        blank = tf.cast(size == 0, tf.int32)

        def filled(t):
            t = tf.convert_to_tensor(t)
            rest = tf.zeros((blank, *t.shape[1:]), t.dtype)
            shape = (t.shape[0] or None, *t.shape[1:])
            return tf.ensure_shape(tf.concat([t, rest], axis=0), shape)

        said = judge(tf.nest.map_structure(filled, rows))
        return {name: values[:size] for name, values in said.items()}

    return judged
