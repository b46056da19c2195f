import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import losses

# The check vectors of CS231n's assignment 3 (gan-checks-tf.npz) and its values.
REAL_LOGITS = [
    0.93487311, -1.01698916, -0.57304769, -0.88162704, -1.40129389,
    -1.45395693, -1.54239755, -0.57273325, 0.98584429, 0.13312152,
]  # fmt: skip
FAKE_LOGITS = [
    -1.80865868, 0.09030055, -0.4428902, -0.07879368, -0.37655044,
    0.32084742, -0.28590837, 1.01376281, 0.99241439, 0.39394346,
]  # fmt: skip


def column(values, dtype=tf.float32):
    return tf.constant(values, dtype, shape=(len(values), 1))


class LossContract:
    """What every adversarial loss promises.

    A subclass sets `loss_class` and, for `real_logits` and `fake_logits`, the
    values of the two losses. Where the loss has an equilibrium at logits of
    zero, it sets their values there too.
    """

    loss_class = None
    real_logits = REAL_LOGITS
    fake_logits = FAKE_LOGITS
    discriminator_value = None
    generator_value = None
    discriminator_equilibrium = None
    generator_equilibrium = None

    def test_values(self):
        loss = self.loss_class()
        real, fake = column(self.real_logits), column(self.fake_logits)
        d_loss = loss.discriminator(real, fake)
        g_loss = loss.generator(fake)
        assert d_loss.shape == g_loss.shape == ()
        np.testing.assert_allclose(d_loss, self.discriminator_value, rtol=1e-6)
        np.testing.assert_allclose(g_loss, self.generator_value, rtol=1e-6)

    def test_equilibrium(self):
        loss = self.loss_class()
        zeros = tf.zeros((4, 1))
        np.testing.assert_allclose(
            loss.discriminator(zeros, zeros),
            self.discriminator_equilibrium,
            rtol=1e-6,
        )
        np.testing.assert_allclose(
            loss.generator(zeros), self.generator_equilibrium, rtol=1e-6
        )

    def test_without_reduction(self):
        loss = self.loss_class(reduction=None)
        mean = self.loss_class()
        real, fake = column(self.real_logits), column(self.fake_logits)
        d_loss, g_loss = loss.discriminator(real, fake), loss.generator(fake)
        assert d_loss.shape == g_loss.shape == real.shape
        for value, values in (
            (mean.discriminator(real, fake), d_loss),
            (mean.generator(fake), g_loss),
        ):
            np.testing.assert_allclose(value, np.mean(values), rtol=1e-5)
        # Each value is its own sample's.
        one = self.loss_class()
        for i in range(len(self.real_logits)):
            np.testing.assert_allclose(
                d_loss[i], [one.discriminator(real[i], fake[i])], rtol=1e-5
            )

    def test_logits_of_any_shape(self):
        """One logit for each patch of an image, for example."""
        loss = self.loss_class()
        real, fake = column(self.real_logits), column(self.fake_logits)
        shape = (1, 2, -1, 1)
        np.testing.assert_allclose(
            loss.discriminator(
                tf.reshape(real, shape), tf.reshape(fake, shape)
            ),
            loss.discriminator(real, fake),
            rtol=1e-6,
        )

    @pytest.mark.parametrize(
        "dtype", ["bfloat16", "float16", "float32", "float64"]
    )
    def test_keeps_the_dtype(self, dtype):
        loss = self.loss_class()
        real = column(self.real_logits, dtype)
        fake = column(self.fake_logits, dtype)
        assert loss.discriminator(real, fake).dtype == dtype
        assert loss.generator(fake).dtype == dtype

    def test_signs_of_the_gradients(self):
        loss = self.loss_class()
        real, fake = column(self.real_logits), column(self.fake_logits)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch((real, fake))
            d_loss = loss.discriminator(real, fake)
            g_loss = loss.generator(fake)
        real_pull, fake_pull = tape.gradient(d_loss, (real, fake))
        assert np.all(real_pull < 0)  # D wants real logits up
        assert np.all(fake_pull > 0)  # and fake ones down,
        assert np.all(tape.gradient(g_loss, fake) < 0)  # which G wants up

    @pytest.mark.parametrize("jit_compile", [False, True])
    def test_finite_at_huge_logits(self, jit_compile):
        loss = self.loss_class(reduction=None)
        logits = column([-1e4, -100.0, 0.0, 100.0, 1e4])

        @tf.function(jit_compile=jit_compile, autograph=False)
        def values_and_gradients(real, fake):
            with tf.GradientTape(persistent=True) as tape:
                tape.watch((real, fake))
                d_loss = loss.discriminator(real, fake)
                g_loss = loss.generator(fake)
            return (
                d_loss,
                g_loss,
                *tape.gradient(d_loss, (real, fake)),
                tape.gradient(g_loss, fake),
            )

        for value in values_and_gradients(logits, logits):
            assert np.all(np.isfinite(value))

    def test_survives_saving(self):
        loss = self.loss_class(reduction=None)
        config = keras.saving.serialize_keras_object(loss)
        copy = keras.saving.deserialize_keras_object(config)
        assert type(copy) is self.loss_class
        assert copy.get_config() == loss.get_config()
        assert copy.reduction is None

    def test_bad_reduction(self):
        with pytest.raises(ValueError, match="reduction='sum'"):
            self.loss_class(reduction="sum")


class TestNonSaturating(LossContract):
    loss_class = losses.NonSaturating
    discriminator_value = 1.84239839
    generator_value = 0.77128620
    discriminator_equilibrium = 2 * math.log(2)
    generator_equilibrium = math.log(2)

    def test_values_at_the_ends(self):
        """There softplus is linear on one side and zero on the other."""
        loss = losses.NonSaturating(reduction=None)
        logits = column([-1e4, 1e4])
        zeros = tf.zeros_like(logits)
        np.testing.assert_allclose(loss.generator(logits), [[1e4], [0]])
        np.testing.assert_allclose(
            loss.discriminator(logits, zeros),
            [[1e4 + math.log(2)], [math.log(2)]],
        )
        np.testing.assert_allclose(
            loss.discriminator(zeros, logits),
            [[math.log(2)], [1e4 + math.log(2)]],
        )

    def test_does_not_lose_its_gradient(self):
        """The generator's pull is full just where it loses clearly."""
        logits = column([-20.0, -1e4])
        with tf.GradientTape() as tape:
            tape.watch(logits)
            loss = losses.NonSaturating().generator(logits)
        np.testing.assert_allclose(
            tape.gradient(loss, logits), [[-0.5], [-0.5]]
        )


class TestClampedNonSaturating(LossContract):
    # At moderate logits no probability is clamped, and the losses are equal.
    loss_class = losses.ClampedNonSaturating
    discriminator_value = 1.84239839
    generator_value = 0.77128620
    discriminator_equilibrium = 2 * math.log(2)
    generator_equilibrium = math.log(2)

    def test_is_dead_below_the_floor(self):
        loss = losses.ClampedNonSaturating(reduction=None)
        sure, zeros = column([-12.0, -1e4]), tf.zeros((2, 1))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(sure)
            g_loss = loss.generator(sure)
            real_loss = loss.discriminator(sure, zeros)
            fake_loss = loss.discriminator(zeros, -sure)
        floor = -math.log(1e-5)
        assert floor == pytest.approx(11.5129, abs=1e-4)
        np.testing.assert_allclose(g_loss, [[floor], [floor]], rtol=1e-6)
        for values in (real_loss, fake_loss):
            np.testing.assert_allclose(
                values, np.full((2, 1), floor + math.log(2)), rtol=1e-6
            )
        for values in (g_loss, real_loss, fake_loss):
            assert not np.any(tape.gradient(values, sure))

    def test_is_alive_just_above_the_floor(self):
        logits = column([-11.0])  # sigmoid(-11) = 1.67e-5
        with tf.GradientTape() as tape:
            tape.watch(logits)
            loss = losses.ClampedNonSaturating().generator(logits)
        np.testing.assert_allclose(loss, 11.0, rtol=1e-4)
        np.testing.assert_allclose(
            tape.gradient(loss, logits), [[-1.0]], rtol=1e-4
        )

    def test_floor_is_an_argument(self):
        loss = losses.ClampedNonSaturating(floor=0.25)
        np.testing.assert_allclose(
            loss.generator(column([-5.0])), math.log(4), rtol=1e-6
        )
        config = keras.saving.serialize_keras_object(loss)
        assert keras.saving.deserialize_keras_object(config).floor == 0.25

    @pytest.mark.parametrize("floor", [0, 1, -1e-5, math.nan])
    def test_bad_floor(self, floor):
        with pytest.raises(ValueError, match=f"floor={floor}"):
            losses.ClampedNonSaturating(floor=floor)
