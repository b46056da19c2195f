import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.losses import (
    FAKE_LOGITS,
    REAL_LOGITS,
    TF_GAN_FAKE,
    TF_GAN_REAL,
    LossContract,
    column,
    sigmoid,
)
from tf_gans import losses

LN_2 = math.log(2)


class LogLossContract(LossContract):
    """The discriminator's side of the losses that see probabilities."""

    is_probability = True

    @staticmethod
    def real_value(logits):
        return -np.log(sigmoid(logits))

    @staticmethod
    def fake_value(logits):
        return -np.log(1 - sigmoid(logits))


class LabelSmoothingContract(LogLossContract):
    """One-sided label smoothing (Salimans et al., 2016, section 3.4)."""

    options = {"label_smoothing": 0.1}

    def test_ledger_22_only_the_label_of_real_samples_is_smoothed(self):
        """Real is 1, or a little less; generated is 0, always."""
        loss = self.loss_class(label_smoothing=0.1)
        plain = self.loss_class()
        for real, fake in ((2.0, -3.0), (-1.0, 0.5)):
            p = sigmoid(real)
            real, fake = column([real]), column([fake])
            np.testing.assert_allclose(
                loss.discriminator(real, fake)
                - tf.reduce_mean(plain._fake(fake)),
                -0.9 * np.log(p) - 0.1 * np.log(1 - p),
                rtol=1e-5,
            )
            # The generator is not told.
            assert loss.generator(fake) == plain.generator(fake)

    def test_published_smoothed_value(self):
        """TF-GAN's target for real samples is 7/8 unless told otherwise."""
        loss = self.loss_class(label_smoothing=0.125)
        value = loss.discriminator(column(TF_GAN_REAL), column(TF_GAN_FAKE))
        np.testing.assert_allclose(value, 6.19637, atol=6e-6)

    def test_smoothing_moves_the_best_probability(self):
        """Of real samples alone to 0.9; at the equilibrium to 0.9 / 2."""
        loss = self.loss_class(label_smoothing=0.1)
        logits = tf.Variable([math.log(9.0)])  # D = 0.9
        with tf.GradientTape() as tape:
            value = loss._real(logits)
        np.testing.assert_allclose(tape.gradient(value, logits), [0], atol=1e-6)
        grid = tf.linspace(0.01, 0.99, 99)[:, tf.newaxis]
        values = [
            float(loss.discriminator(x, x))
            for x in tf.math.log(grid / (1 - grid))
        ]
        at_equilibrium = loss.equilibrium
        assert float(grid[np.argmin(values), 0]) == pytest.approx(0.45)
        assert at_equilibrium["d_real"] == at_equilibrium["d_fake"] == 0.45
        assert at_equilibrium["d_loss"] == pytest.approx(min(values), rel=1e-6)
        logit = column([math.log(0.45 / 0.55)])
        assert at_equilibrium["g_loss"] == pytest.approx(
            float(loss.generator(logit)), rel=1e-6
        )

    @pytest.mark.parametrize("jit_compile", [False, True])
    def test_smoothed_at_the_ends(self, jit_compile):
        loss = self.loss_class(label_smoothing=0.25)

        @tf.function(jit_compile=jit_compile, autograph=False)
        def value_and_gradient(real):
            with tf.GradientTape() as tape:
                tape.watch(real)
                value = loss.discriminator(real, tf.zeros_like(real))
            return value, tape.gradient(value, real)

        for logit, expected, slope in (
            (-1e4, 7500 + LN_2, -0.75),
            (1e4, 2500 + LN_2, 0.25),
        ):
            value, gradient = value_and_gradient(column([logit]))
            np.testing.assert_allclose(value, expected)
            np.testing.assert_allclose(gradient, [[slope]])

    @pytest.mark.parametrize("smoothing", [-0.1, 0.5, 1, math.nan])
    def test_bad_label_smoothing(self, smoothing):
        with pytest.raises(ValueError, match=f"label_smoothing={smoothing}"):
            self.loss_class(label_smoothing=smoothing)


class TestMinimax(LabelSmoothingContract):
    loss_class = losses.Minimax
    # TF-GAN's generator also pays what a real logit of 1 costs.
    published = {"tf_gan": (None, -4.82408 + math.log(1 + math.exp(-1)))}
    equilibrium = {
        "d_loss": 2 * LN_2, "g_loss": -LN_2, "d_real": 0.5, "d_fake": 0.5,
    }  # fmt: skip
    dead = ("generator",)

    @staticmethod
    def generator_value(logits):
        return np.log(1 - sigmoid(logits))

    def test_is_a_zero_sum_game(self):
        """What the generator wins, the discriminator pays."""
        loss = losses.Minimax()
        for logit in (-3.0, 0.0, 2.0):
            logits = column([logit])
            np.testing.assert_array_equal(
                loss.generator(logits), -tf.reduce_mean(loss._fake(logits))
            )

    def test_ledger_20_is_not_the_non_saturating_loss(self):
        """One discriminator, two generators, of which one saturates."""
        minimax, other = losses.Minimax(), losses.NonSaturating()
        real, fake = column([0.5, 1.0]), column([-20.0, -20.0])
        assert minimax.discriminator(real, fake) == other.discriminator(
            real, fake
        )
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(fake)
            values = minimax.generator(fake), other.generator(fake)
        np.testing.assert_allclose(values, [-math.exp(-20), 20], rtol=1e-5)
        saturated, pull = (tape.gradient(v, fake) for v in values)
        np.testing.assert_allclose(
            saturated, np.full((2, 1), -math.exp(-20) / 2), rtol=1e-5
        )
        np.testing.assert_allclose(pull, [[-0.5], [-0.5]])


class TestNonSaturating(LabelSmoothingContract):
    loss_class = losses.NonSaturating
    published = {
        "cs231n": (1.84239839, 0.77128620),
        "tf_gan": (None, 1.38582),
    }
    equilibrium = {
        "d_loss": 2 * LN_2, "g_loss": LN_2, "d_real": 0.5, "d_fake": 0.5,
    }  # fmt: skip

    @staticmethod
    def generator_value(logits):
        return -np.log(sigmoid(logits))

    def test_values_at_the_ends(self):
        """There softplus is linear on one side and zero on the other."""
        loss = losses.NonSaturating()
        low, high, zero = column([-1e4]), column([1e4]), column([0.0])
        for value, expected in (
            (loss.generator(low), 1e4),
            (loss.generator(high), 0),
            (loss.discriminator(low, zero), 1e4 + LN_2),
            (loss.discriminator(high, zero), LN_2),
            (loss.discriminator(zero, low), LN_2),
            (loss.discriminator(zero, high), 1e4 + LN_2),
        ):
            np.testing.assert_allclose(value, expected)

    def test_does_not_lose_its_gradient(self):
        """The generator's pull is full just where it loses clearly."""
        logits = column([-20.0, -1e4])
        with tf.GradientTape() as tape:
            tape.watch(logits)
            loss = losses.NonSaturating().generator(logits)
        np.testing.assert_allclose(
            tape.gradient(loss, logits), [[-0.5], [-0.5]]
        )


class TestClampedNonSaturating(LogLossContract):
    # At moderate logits no probability is clamped, and the losses are equal.
    loss_class = losses.ClampedNonSaturating
    options = {"floor": 0.25}
    published = {"cs231n": (1.84239839, 0.77128620)}
    rtol = 1e-4  # of the logarithm of 1 - p, with p near 1
    equilibrium = {
        "d_loss": 2 * LN_2, "g_loss": LN_2, "d_real": 0.5, "d_fake": 0.5,
    }  # fmt: skip
    dead = ("discriminator", "generator")

    @staticmethod
    def generator_value(logits):
        return -np.log(sigmoid(logits))

    def test_is_dead_below_the_floor(self):
        loss = losses.ClampedNonSaturating()
        sure, zeros = column([-12.0, -1e4]), tf.zeros((2, 1))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(sure)
            g_loss = loss.generator(sure)
            real_loss = loss.discriminator(sure, zeros)
            fake_loss = loss.discriminator(zeros, -sure)
        floor = -math.log(1e-5)
        assert floor == pytest.approx(11.5129, abs=1e-4)
        np.testing.assert_allclose(g_loss, floor, rtol=1e-6)
        for value in (real_loss, fake_loss):
            np.testing.assert_allclose(value, floor + LN_2, rtol=1e-6)
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

    def test_a_floor_above_one_half_is_all_there_is(self):
        loss = losses.ClampedNonSaturating(floor=0.9)
        zeros = tf.zeros((2, 1))
        assert loss.equilibrium["d_loss"] == pytest.approx(
            float(loss.discriminator(zeros, zeros)), rel=1e-6
        )

    @pytest.mark.parametrize("floor", [0, 1, -1e-5, math.nan])
    def test_bad_floor(self, floor):
        with pytest.raises(ValueError, match=f"floor={floor}"):
            losses.ClampedNonSaturating(floor=floor)


class TestLeastSquares(LossContract):
    loss_class = losses.LeastSquares
    options = {"a": -1.0, "b": 1.0, "c": 0.0}
    published = {
        "cs231n": (1.87702936, 0.81695479),
        "tf_gan": (41.73375, 17.69625),
    }
    # D is 1/2: (1/2)^2 / 2 for each of the two, and for the generator.
    equilibrium = {
        "d_loss": 0.25, "g_loss": 0.125, "d_real": 0.5, "d_fake": 0.5,
    }  # fmt: skip
    equilibrium_logit = 0.5
    undecided = (0.1, 0.4, 0.5, 0.9)
    increasing = False

    @staticmethod
    def real_value(logits):
        return (logits - 1) ** 2 / 2

    @staticmethod
    def fake_value(logits):
        return logits**2 / 2

    @staticmethod
    def generator_value(logits):
        return (logits - 1) ** 2 / 2

    def test_ledger_10_halves_means_and_logits(self):
        """No sum, no square root, no sigmoid; and the halves are there."""
        loss = losses.LeastSquares()
        real, fake = column([4.0, 1.0]), column([2.0, 0.0])
        # ((4 - 1)^2 + 0) / 2 / 2 + (2^2 + 0) / 2 / 2
        assert float(loss.discriminator(real, fake)) == 2.25 + 1
        # ((2 - 1)^2 + (0 - 1)^2) / 2 / 2
        assert float(loss.generator(fake)) == 0.5

    def test_ledger_10_targets_are_arguments(self):
        """The Pearson chi-squared triple of equation 8."""
        loss = losses.LeastSquares(a=-1, b=1, c=0)
        real, fake = column([3.0]), column([2.0])
        assert float(loss.discriminator(real, fake)) == 2.0 + 4.5
        assert float(loss.generator(fake)) == 2.0
        zeros = tf.zeros((1, 1))
        assert loss.equilibrium == {
            "d_loss": float(loss.discriminator(zeros, zeros)),
            "g_loss": float(loss.generator(zeros)),
            "d_real": 0.0,
            "d_fake": 0.0,
        }
        assert loss.equilibrium["d_loss"] == 1.0

    def test_pulls_back_what_went_too_far(self):
        """The right side of the target is not enough."""
        _, (real, fake, generator) = self._gradients(
            column([1e4, 5.0]), column([-1e4, 5.0])
        )
        np.testing.assert_allclose(real, [[9999], [4]])
        np.testing.assert_allclose(fake, [[-1e4], [5]])
        np.testing.assert_allclose(generator, [[-10001], [4]])

    @pytest.mark.parametrize(
        "targets",
        [(1, 0, 1), (0, 0, 1), (0, 1, 0), (0, 1, -1), (math.nan, 1, 1),
         (0, math.inf, 1)],
    )  # fmt: skip
    def test_bad_targets(self, targets):
        a, b, c = targets
        with pytest.raises(ValueError, match=f"a={a}, b={b}, c={c}"):
            losses.LeastSquares(a, b, c)


class TestWasserstein(LossContract):
    loss_class = losses.Wasserstein
    published = {"tf_gan": (0.225, -3.125)}
    equilibrium = {}
    equilibrium_logit = None

    @staticmethod
    def real_value(logits):
        return -logits

    @staticmethod
    def fake_value(logits):
        return logits

    @staticmethod
    def generator_value(logits):
        return -logits

    def test_measures_the_distance(self):
        """For two point masses 3 apart and the critic D(x) = x, it is 3."""
        loss = losses.Wasserstein()
        real, fake = tf.fill((5, 1), 2.0), tf.fill((5, 1), -1.0)
        assert loss.measures == ("wasserstein",)
        measures = loss.measure(real, fake)
        assert {n: float(v) for n, v in measures.items()} == {
            "wasserstein": 3.0
        }
        assert float(loss.discriminator(real, fake)) == -3

    def test_only_differences_count(self):
        """Why there is no level of the scores to compare the logs with."""
        loss = losses.Wasserstein()
        real, fake = column([1.0, 2.0]), column([-1.0, 4.0])
        np.testing.assert_allclose(
            loss.discriminator(real + 64, fake + 64),
            loss.discriminator(real, fake),
        )


class TestHinge(LossContract):
    loss_class = losses.Hinge
    published = {"tf_gan": (6.75, -3.125)}
    equilibrium = {"d_loss": 2.0, "g_loss": 0.0, "d_real": 0.0, "d_fake": 0.0}

    @staticmethod
    def real_value(logits):
        return np.maximum(0, 1 - logits)

    @staticmethod
    def fake_value(logits):
        return np.maximum(0, 1 + logits)

    @staticmethod
    def generator_value(logits):
        return -logits

    def test_beyond_the_margin_nothing_is_learned(self):
        (d_loss, _), (real, fake, generator) = self._gradients(
            column([1.5, 0.5]), column([-1.5, -0.5])
        )
        assert float(d_loss) == 1  # 0 of the first pair, 1 of the second
        np.testing.assert_array_equal(real, [[0], [-1]])
        np.testing.assert_array_equal(fake, [[0], [1]])
        # The generator's pull never ends.
        np.testing.assert_array_equal(generator, [[-1], [-1]])


class TestRelativisticPairing(LossContract):
    loss_class = losses.RelativisticPairing
    equilibrium = {"d_loss": math.log(2), "g_loss": math.log(2)}

    def d_values(self, real, fake):
        return -np.log(sigmoid(real - fake))

    def g_values(self, fake, real):
        return -np.log(sigmoid(fake - real))

    def test_pairs_are_those_of_a_place(self):
        """Not all with all, and not the two means."""
        loss = self.loss_class()
        real, fake = column([4.0, -4.0]), column([-4.0, 4.0])
        apart = np.log1p(np.exp([-8.0, 8.0])).mean()
        np.testing.assert_allclose(
            loss.discriminator(real, fake), apart, rtol=1e-6
        )
        np.testing.assert_allclose(loss.generator(fake, real), apart, rtol=1e-6)
        together = math.log(2)
        np.testing.assert_allclose(
            loss.discriminator(real, fake[::-1]), together, rtol=1e-6
        )

    def test_only_differences_count(self):
        loss = self.loss_class()
        real, fake = column(REAL_LOGITS), column(FAKE_LOGITS)
        for value, moved in (
            (
                loss.discriminator(real, fake),
                loss.discriminator(real + 3, fake + 3),
            ),
            (loss.generator(fake, real), loss.generator(fake + 3, real + 3)),
        ):
            np.testing.assert_allclose(moved, value, rtol=1e-5)

    def test_what_one_player_gains_over_the_other(self):
        """softplus(t) - softplus(-t) = t: the losses differ by the lead."""
        loss = self.loss_class()
        real, fake = column(REAL_LOGITS), column(FAKE_LOGITS)
        np.testing.assert_allclose(
            loss.generator(fake, real) - loss.discriminator(real, fake),
            np.mean(REAL_LOGITS) - np.mean(FAKE_LOGITS),
            rtol=1e-5,
        )

    def test_who_loses_clearly_is_told_so(self):
        """By a full step, where the lead is far on the wrong side."""
        _, (real, fake, _) = self._gradients(column([-1e4]), column([1e4]))
        assert (float(real[0, 0]), float(fake[0, 0])) == (-1, 1)
        _, (*_, generator) = self._gradients(column([1e4]), column([-1e4]))
        assert float(generator[0, 0]) == -1

    @pytest.mark.parametrize("real", [None, tf.zeros((3,))])
    def test_needs_the_real_logits(self, real):
        with pytest.raises(ValueError, match=r"`real_logits`.*Received: real"):
            self.loss_class().generator(tf.zeros((3, 1)), real)
