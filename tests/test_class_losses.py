"""The losses of classes against the formulas of the paper's program."""

import numpy as np
import pytest
import tensorflow as tf

from tf_gans import class_losses


def log_sum_exp(x):
    """nn.py, lines 20-22, in float64."""
    m = x.max(axis=1)
    return m + np.log(np.sum(np.exp(x - m[:, None]), axis=1))


def softplus(x):
    return np.logaddexp(0, x)


def logits(seed, scale=3.0, batch=7, classes=5):
    return scale * np.random.default_rng(seed).normal(size=(batch, classes))


def of_tensors(function, *arrays):
    return float(function(*(tf.constant(a, tf.float32) for a in arrays)))


def test_labelled():
    """Lines 67-71: -mean l_y + mean lse(l)."""
    x, y = logits(0), np.array([0, 4, 2, 2, 1, 3, 0])
    expected = -np.mean(x[np.arange(7), y]) + np.mean(log_sum_exp(x))
    found = class_losses.labelled_loss(
        tf.constant(x, tf.float32), tf.constant(y, tf.int32)
    )
    assert float(found) == pytest.approx(expected, rel=1e-6)


def test_unlabelled():
    """Line 72, with its three terms."""
    real, fake = logits(1), logits(2)
    expected = (
        -0.5 * np.mean(log_sum_exp(real))
        + 0.5 * np.mean(softplus(log_sum_exp(real)))
        + 0.5 * np.mean(softplus(log_sum_exp(fake)))
    )
    found = of_tensors(class_losses.unlabelled_loss, real, fake)
    assert found == pytest.approx(expected, rel=1e-6)


def test_is_the_books_cross_entropy():
    """-log of 1 - 1 / (sum exp + 1) for real, and of the rest for generated."""
    real, fake = logits(1, 1.0), logits(2, 1.0)
    real_p, fake_p = (1 - 1 / (np.exp(x).sum(1) + 1) for x in (real, fake))
    expected = np.mean(-np.log(real_p)) + np.mean(-np.log(1 - fake_p))
    found = 2 * of_tensors(class_losses.unlabelled_loss, real, fake)
    assert found == pytest.approx(expected, rel=1e-6)


def test_realness_is_the_logit_against_a_class_at_zero():
    x = logits(3)
    more = np.concatenate([x, np.zeros((7, 1))], axis=1)
    softmax = np.exp(more) / np.exp(more).sum(1, keepdims=True)
    s = class_losses.realness(tf.constant(x, tf.float32))
    np.testing.assert_allclose(tf.sigmoid(s), softmax[:, :-1].sum(1), rtol=1e-6)


@pytest.mark.parametrize(("kind", "power"), [("squared", 2), ("absolute", 1)])
def test_matching(kind, power):
    """Lines 74-76; of CIFAR's program, lines 108-112."""
    real, fake = logits(4), logits(5)
    gap = np.abs(real.mean(0) - fake.mean(0)) ** power
    found = of_tensors(
        lambda a, b: class_losses.matching_loss(a, b, kind), real, fake
    )
    assert found == pytest.approx(gap.mean(), rel=1e-5)


@pytest.mark.parametrize("size", [1e4, -1e4, 1e30])
def test_huge_logits(size):
    """No infinity and no NaN, where the book's sum of exponentials has them."""
    x = tf.Variable(np.full((2, 5), size), dtype=tf.float32)
    y = tf.constant([1, 2])
    with tf.GradientTape(persistent=True) as tape:
        losses = [
            class_losses.labelled_loss(x, y),
            class_losses.unlabelled_loss(x, x),
        ]
    for loss in losses:
        assert np.isfinite(loss)
        assert np.isfinite(tape.gradient(loss, x)).all()
    assert float(losses[0]) == pytest.approx(np.log(5), rel=1e-3) or size > 1e9
    assert float(losses[1]) == pytest.approx(abs(size) / 2, rel=1e-3)


def test_share_right():
    x = tf.constant([[0.0, 1.0], [2.0, 1.0], [0.0, 5.0], [1.0, 0.0]])
    found = class_losses.share_right(x, tf.constant([1, 1, 1, 0]))
    assert float(found) == 0.75
