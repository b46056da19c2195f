import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import losses, networks, penalties


def draw(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return tf.constant(values, tf.float32)


class PenaltyContract:
    """What every gradient penalty promises.

    A subclass sets `penalty_class` and `linear_value(weight, norm)`, the
    penalty of a linear critic whose gradient has that norm everywhere.
    """

    penalty_class = None

    def linear_value(self, weight, norm):
        raise NotImplementedError

    @pytest.mark.parametrize("batch", [1, 7, 64])
    def test_linear_critic(self, batch):
        """Known in closed form, and independent of samples and batch."""
        slope = tf.constant([[1.0], [-2.0], [2.0]])
        penalty = self.penalty_class(weight=10.0)
        value = penalty(lambda x: x @ slope, draw(batch, 3), draw(batch, 3))
        assert value.shape == ()
        np.testing.assert_allclose(
            value, self.linear_value(10.0, 3.0), rtol=1e-6
        )

    def test_the_norm_is_over_all_but_the_batch(self):
        """An image's gradient is one vector, not one for each row or column."""
        slope = draw(4, 5, 3)
        norm = float(tf.norm(slope))

        def critic(images):
            return tf.reduce_sum(images * slope, axis=(1, 2, 3))[:, tf.newaxis]

        value = self.penalty_class(weight=1.0)(
            critic, draw(6, 4, 5, 3), draw(6, 4, 5, 3)
        )
        np.testing.assert_allclose(
            value, self.linear_value(1.0, norm), rtol=1e-5
        )

    def test_a_flat_critic_is_finite(self):
        slope = tf.Variable([[0.0], [0.0]])
        with tf.GradientTape() as tape:
            value = self.penalty_class()(
                lambda x: x @ slope, draw(4, 2), draw(4, 2)
            )
        np.testing.assert_allclose(
            value, self.linear_value(1.0, 0.0), atol=1e-6
        )
        assert np.all(np.isfinite(tape.gradient(value, slope)))

    def test_weight_zero_is_free(self):
        penalty = self.penalty_class(weight=0)
        assert float(penalty(lambda x: x**2, draw(4, 2), draw(4, 2))) == 0

    @pytest.mark.parametrize("jit_compile", [False, True])
    def test_second_order_through_a_discriminator(self, jit_compile):
        """The penalty's gradient to the weights, against finite differences."""
        critic = networks.gaussian.Discriminator(
            minibatch=True, activation="tanh", seed=1
        )
        real, fake = draw(6, 1), draw(6, 1, seed=1)
        critic.build((None, 1))
        kernel = critic.second.kernel

        @tf.function(jit_compile=jit_compile, autograph=False)
        def value_and_gradient():
            with tf.GradientTape() as tape:
                value = self.penalty_class()(critic, real, fake)
            return value, tape.gradient(value, kernel)

        _, gradient = value_and_gradient()
        direction = np.sign(gradient) / math.sqrt(np.size(gradient))
        start, step = kernel.numpy(), 1e-3
        values = []
        for sign in (1, -1):
            kernel.assign(start + sign * step * direction)
            values.append(float(value_and_gradient()[0]))
        slope = np.sum(gradient * direction)
        assert slope > 0.1
        assert (values[0] - values[1]) / (2 * step) == pytest.approx(
            slope, rel=0.02
        )

    def test_survives_saving(self):
        penalty = self.penalty_class(weight=0.25)
        config = keras.saving.serialize_keras_object(penalty)
        copy = keras.saving.deserialize_keras_object(config)
        assert type(copy) is self.penalty_class
        assert copy.get_config() == penalty.get_config()
        assert copy.weight == 0.25

    @pytest.mark.parametrize("weight", [-1, math.nan])
    def test_bad_weight(self, weight):
        with pytest.raises(ValueError, match=f"weight={weight}"):
            self.penalty_class(weight=weight)


class TestR1(PenaltyContract):
    penalty_class = penalties.R1

    def linear_value(self, weight, norm):
        return weight / 2 * norm**2

    def test_is_measured_at_real_samples(self):
        """The critic sum(x^2) / 2 has the gradient x."""
        real = draw(5, 3)
        expected = 0.5 * 2.0 * np.mean(np.sum(np.square(real), axis=1))
        for fake in (draw(5, 3, seed=1), tf.zeros((5, 3))):
            value = penalties.R1(weight=2.0)(
                lambda x: tf.reduce_sum(x**2, 1, keepdims=True) / 2, real, fake
            )
            np.testing.assert_allclose(value, expected, rtol=1e-6)

    def test_adds_to_a_loss(self):
        """A discriminator's loss and its penalty share a tape."""
        slope = tf.Variable([[3.0]])
        real, fake = draw(4, 1), draw(4, 1, seed=1)
        with tf.GradientTape() as tape:
            loss = losses.NonSaturating().discriminator(
                real @ slope, fake @ slope
            )
            total = loss + penalties.R1(weight=2.0)(
                lambda x: x @ slope, real, fake
            )
        with tf.GradientTape() as alone:
            loss = losses.NonSaturating().discriminator(
                real @ slope, fake @ slope
            )
        # d/dw of w^2 is 2 w.
        np.testing.assert_allclose(
            tape.gradient(total, slope) - alone.gradient(loss, slope),
            [[6.0]],
            rtol=1e-5,
        )
