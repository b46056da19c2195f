"""The loss of mnist_acgan.py, against the cross entropy that it had."""

import numpy as np

from tests.contracts.losses import LossContract, column, sigmoid
from tf_gans import losses
from tf_gans.soft_labels import SoftLabels

LN_2 = np.log(2)


def cross_entropy(logits, target):
    p = sigmoid(np.asarray(logits, np.float64))
    return -target * np.log(p) - (1 - target) * np.log(1 - p)


class TestSoftLabels(LossContract):
    loss_class = SoftLabels
    options = {"label_smoothing": 0.2}
    equilibrium = {
        "d_loss": 2 * LN_2, "g_loss": LN_2, "d_real": 0.5, "d_fake": 0.5,
    }  # fmt: skip
    increasing = False
    is_probability = True

    @staticmethod
    def real_value(logits):
        return cross_entropy(logits, 0.9)

    @staticmethod
    def fake_value(logits):
        return cross_entropy(logits, 0.1)

    @staticmethod
    def generator_value(logits):
        return cross_entropy(logits, 0.9)

    def test_without_smoothing_it_is_the_plain_one(self):
        real, fake = column([0.3, -2.0]), column([1.5, -0.5])
        soft, plain = SoftLabels(0.0), losses.NonSaturating()
        np.testing.assert_allclose(
            soft.discriminator(real, fake), plain.discriminator(real, fake)
        )
        np.testing.assert_allclose(
            soft.generator(fake), plain.generator(fake), rtol=1e-6
        )
