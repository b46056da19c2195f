"""Losses on the logits of classes, for a classifier that is a discriminator.

A classifier has K logits `l`, and "generated" is a class whose logit is 0. So
the logit of "not generated" is `s = logsumexp(l)`, and nothing here takes the
exponential of a logit that is large.

Reference:
- [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 5
"""

import tensorflow as tf

from tf_gans import replicas


def labelled_loss(logits, labels):
    """The mean over the batch of `logsumexp(l) - l_y`.

    Args:
        logits: float32 tensor of shape `(batch, classes)`.
        labels: int tensor of shape `(batch,)`.
    """
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_mean(losses)


def share_right(logits, labels):
    """The share of a batch whose largest logit is the label's."""
    found = tf.argmax(logits, axis=-1, output_type=labels.dtype)
    return tf.reduce_mean(tf.cast(found == labels, tf.float32))


def realness(logits):
    """The logit of "not generated": `logsumexp(l)`.

    Args:
        logits: float tensor of shape `(batch, classes)`.

    Returns:
        A tensor of shape `(batch,)`.
    """
    return tf.reduce_logsumexp(logits, axis=-1)


def unlabelled_loss(real_logits, fake_logits):
    """`1/2 mean softplus(-s(x)) + 1/2 mean softplus(s(G(z)))`.

    The first term is `-1/2 s + 1/2 softplus(s)`, as the program has it.

    Args:
        real_logits, fake_logits: float32 tensors of shape `(batch, classes)`.
    """
    real, fake = (
        tf.reduce_mean(tf.nn.softplus(sign * realness(logits)))
        for sign, logits in ((-1, real_logits), (1, fake_logits))
    )
    return (real + fake) / 2


def matching_loss(real, fake, kind):
    """How far the means of two batches' features are from each other.

    Args:
        real, fake: float32 tensors of shape `(batch, features)`. The means are
            over the whole batch, of all replicas.
        kind: `"squared"` or `"absolute"`.
    """
    means = replicas.mean((tf.reduce_mean(real, 0), tf.reduce_mean(fake, 0)))
    difference = means[0] - means[1]
    if kind == "absolute":
        return tf.reduce_mean(tf.abs(difference))
    return tf.reduce_mean(tf.square(difference))
