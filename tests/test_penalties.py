import math

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tests.contracts.penalties import (
    NormPenaltyContract,
    PenaltyContract,
    Recorder,
    draw,
    noise_for,
)
from tf_gans import penalties


class TestR1(PenaltyContract):
    penalty_class = penalties.R1
    saved_options = {"weight": 0.25}
    batch_norm = "allow"

    def linear_value(self, weight, norm):
        return weight / 2 * norm**2

    def test_is_measured_at_real_samples(self):
        """The critic sum(x^2) / 2 has the gradient x."""
        real = draw(5, 3)
        expected = 0.5 * 2.0 * np.mean(np.sum(np.square(real), axis=1))
        for fake in (draw(5, 3, seed=1), tf.zeros((5, 3)), None):
            value = penalties.R1(weight=2.0)(Recorder(), real, fake)
            np.testing.assert_allclose(value, expected, rtol=1e-6)

    def test_draws_nothing(self):
        assert penalties.R1().draw(0, 0, 10, 8, (2,)) is None


@pytest.mark.slow
class TestR1R2Contract(PenaltyContract):
    penalty_class = penalties.R1R2
    saved_options = {"weight": 0.25}
    batch_norm = "allow"

    def linear_value(self, weight, norm):
        return weight * norm**2  # the half is there twice


class TestR1R2:
    def test_is_r1_of_both(self):
        """The critic sum(x^2) / 2 has the gradient x."""
        real, fake = draw(5, 3), draw(5, 3, seed=1)
        each = [np.mean(np.sum(np.square(t), axis=1)) for t in (real, fake)]
        value = penalties.R1R2(weight=2.0)(Recorder(), real, fake)
        np.testing.assert_allclose(value, 0.5 * 2.0 * sum(each), rtol=1e-6)

    def test_each_kind_is_a_batch_of_its_own(self):
        """A critic that sees the whole batch sees one kind at a time."""
        sizes = []

        def critic(samples):
            sizes.append(samples.shape[0])
            return samples * tf.reduce_mean(samples)

        penalties.R1R2()(critic, draw(6, 1), draw(6, 1, seed=1))
        assert sizes == [6, 6]

    def test_draws_nothing(self):
        assert penalties.R1R2().draw(0, 0, 10, 8, (2,)) is None


class TestGradientPenalty(NormPenaltyContract):
    penalty_class = penalties.GradientPenalty
    saved_options = {"weight": 0.25, "target": 2.0}
    batch_norm = "refuse"

    def _alphas(self, batch, sample_shape):
        """Where between a fake at 0 and a real at 1 each number stood."""
        critic, penalty = Recorder(), penalties.GradientPenalty()
        shape = (batch, *sample_shape)
        ones, zeros = tf.ones(shape), tf.zeros(shape)
        penalty(critic, zeros, ones, noise_for(penalty, batch, sample_shape))
        return critic.samples.numpy().reshape(batch, -1)

    @pytest.mark.parametrize("batch", [1, 7, 300])
    @pytest.mark.parametrize("sample_shape", [(2,), (4, 4, 3)])
    def test_ledger_2_one_alpha_for_each_sample(self, batch, sample_shape):
        """Not one a pixel, not one a batch, and of the batch's own size."""
        alphas = self._alphas(batch, sample_shape)
        np.testing.assert_array_equal(alphas, alphas[:, :1] + 0 * alphas)
        assert len(np.unique(alphas[:, 0])) == batch
        # On the line, not beyond its ends.
        assert np.all((alphas >= 0) & (alphas < 1))

    def test_ledger_2_alpha_is_uniform(self):
        alphas = self._alphas(2000, (1,))[:, 0]
        assert scipy.stats.kstest(alphas, "uniform").pvalue > 1e-3

    def test_is_measured_between_the_samples(self):
        """Against numpy: the critic sum(x^2) / 2 has the gradient x."""
        penalty = penalties.GradientPenalty(weight=3.0)
        real, fake = draw(9, 2, 5), draw(9, 2, 5, seed=1)
        alpha = noise_for(penalty, 9, (2, 5))
        a, x, g = (np.float64(t) for t in (alpha, real, fake))
        points = (a * g + (1 - a) * x).reshape(9, -1)
        norms = np.sqrt(np.sum(points**2, axis=1))
        np.testing.assert_allclose(
            penalty(Recorder(), real, fake, alpha),
            3 * np.mean((norms - 1) ** 2),
            rtol=1e-5,
        )

    def test_ledger_4_what_happens_without_epsilon(self):
        """The bare norm's derivative at zero is not a number."""
        zero = tf.zeros((2,))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(zero)
            bare = tf.norm(zero)
            safe = tf.sqrt(tf.reduce_sum(zero**2) + penalties._EPSILON)
        assert np.all(np.isnan(tape.gradient(bare, zero)))
        np.testing.assert_array_equal(tape.gradient(safe, zero), [0, 0])

    def test_epsilon_changes_no_norm_that_matters(self):
        for norm in (1e-3, 1.0, 1e3):
            slope = tf.constant([[norm]])
            value = penalties.GradientPenalty(weight=1, target=0)(
                lambda x, slope=slope: x @ slope,
                draw(4, 1),
                draw(4, 1, seed=1),
                tf.zeros((4, 1)),
            )
            np.testing.assert_allclose(value, norm**2, rtol=2e-6)

    def test_published_value(self):
        """TF-GAN's wasserstein_gradient_penalty: a critic of slope 2."""
        value = penalties.GradientPenalty(weight=1)(
            lambda x: tf.reduce_sum(2 * x, axis=1, keepdims=True),
            tf.constant([[-12.3, 23.2, 16.3, -43.2]]),
            tf.constant([[3.1, 2.3, -12.3, 32.1]]),
            tf.constant([[0.25]]),
        )
        np.testing.assert_allclose(value, 9.0, rtol=1e-6)

    def test_options_of_the_published_program(self):
        penalty = penalties.GradientPenalty()
        assert (penalty.weight, penalty.target) == (10.0, 1.0)

    def test_configs_of_the_first_release(self):
        """They have two options more, whose defaults are all there is."""
        config = {"weight": 2.0, "epsilon": 1e-12, "one_sided": False}
        penalty = penalties.GradientPenalty.from_config(config)
        assert penalty.get_config() == {"weight": 2.0, "target": 1.0}
        for change in ({"epsilon": 1e-6}, {"one_sided": True}):
            with pytest.raises(ValueError, match=f"`{next(iter(change))}`"):
                penalties.GradientPenalty.from_config(config | change)


class DRAGANContract(NormPenaltyContract):
    penalty_class = penalties.DRAGAN
    batch_norm = "warn"

    def _moves(self, penalty, real):
        """How far each number of the batch was moved."""
        critic = Recorder()
        noise = noise_for(penalty, real.shape[0], real.shape[1:])
        penalty(critic, real, None, noise)
        return np.float64(critic.samples) - np.float64(real)

    def test_generated_samples_have_no_say(self):
        penalty, real = self.make(), draw(4, 3)
        noise = noise_for(penalty, 4, (3,))
        values = [
            float(penalty(Recorder(), real, fake, noise))
            for fake in (None, draw(4, 3, seed=1))
        ]
        assert values[0] == values[1]


class TestDRAGANUniform(DRAGANContract):
    options = {"noise": "uniform"}
    saved_options = {
        "weight": 0.25, "target": 2.0, "noise": "gaussian", "scale": 0.1,
    }  # fmt: skip

    def test_is_the_default(self):
        assert penalties.DRAGAN().get_config() == {
            "weight": 10.0, "target": 1.0, "noise": "uniform", "scale": 0.5,
        }  # fmt: skip

    def test_ledger_13_the_authors_program(self):
        """Against numpy: x + alpha * 0.5 * std * u, with the batch's std."""
        penalty = penalties.DRAGAN(weight=3.0)
        real = 2 + 0.5 * draw(8, 3, 2)
        noise = noise_for(penalty, 8, (3, 2))
        assert noise["alpha"].shape == (8, 1, 1)
        assert noise["move"].shape == (8, 3, 2)
        x, alpha, u = (
            np.float64(t) for t in (real, noise["alpha"], noise["move"])
        )
        assert np.all((u >= 0) & (u < 1) & (alpha >= 0) & (alpha < 1))
        points = (x + alpha * 0.5 * np.std(x) * u).reshape(8, -1)
        norms = np.sqrt(np.sum(points**2, axis=1))
        np.testing.assert_allclose(
            penalty(Recorder(), real, None, noise),
            3 * np.mean((norms - 1) ** 2),
            rtol=1e-5,
        )

    def test_ledger_13_moves_are_one_sided(self):
        real = 3 * draw(2000, 2)
        moves = self._moves(penalties.DRAGAN(), real)
        std = np.std(np.float64(real))
        # The product of two uniform numbers, of mean 1/4.
        assert np.all(moves > -1e-6)
        assert np.all(moves < 0.5 * std)
        assert np.mean(moves) == pytest.approx(0.5 * std / 4, rel=0.03)

    def test_scale(self):
        real = draw(50, 2)
        small = self._moves(self.make(scale=0.5), real)
        large = self._moves(self.make(scale=2.0), real)
        np.testing.assert_allclose(large, 4 * small, atol=1e-5)


class TestDRAGANGaussian(DRAGANContract):
    options = {"noise": "gaussian"}
    saved_options = {
        "weight": 0.25, "target": 2.0, "noise": "gaussian", "scale": 0.1,
    }  # fmt: skip

    def test_ledger_13_the_paper(self):
        """x + delta, delta ~ N(0, 10 I), whatever the data's spread."""
        for spread in (0.1, 5.0):
            real = spread * draw(2000, 2)
            moves = self._moves(penalties.DRAGAN(noise="gaussian"), real)
            scaled = np.ravel(moves) / math.sqrt(10)
            assert scipy.stats.kstest(scaled, "norm").pvalue > 1e-3

    def test_scale_is_the_standard_deviation(self):
        moves = self._moves(self.make(scale=0.25), draw(2000, 2))
        assert np.std(moves) == pytest.approx(0.25, rel=0.03)
        # Of each number by itself.
        assert abs(np.corrcoef(moves.T)[0, 1]) < 0.08


@pytest.mark.parametrize("noise", ["laplace", None])
def test_bad_noise_of_dragan(noise):
    with pytest.raises(ValueError, match=f"noise={noise!r}"):
        penalties.DRAGAN(noise=noise)


@pytest.mark.parametrize("scale", [0, -1, math.nan, math.inf])
def test_bad_scale_of_dragan(scale):
    with pytest.raises(ValueError, match=f"scale={scale}"):
        penalties.DRAGAN(scale=scale)


def test_the_random_numbers_of_dragan_are_apart():
    """The move's and the place's: one uniform number is not the other."""
    noise = noise_for(penalties.DRAGAN(), 500, (1,))
    move, alpha = (np.ravel(noise[name]) for name in ("move", "alpha"))
    assert abs(np.corrcoef(move, alpha)[0, 1]) < 0.15


class TestWeightClipping:
    @pytest.mark.parametrize("jit_compile", [False, True])
    def test_clips_in_place(self, jit_compile):
        kernel = tf.Variable([[-5.0, 0.01, 0.0099], [0.0, 0.02, -0.01]])
        bias = tf.Variable([1e-9, 7.0], dtype=tf.bfloat16)
        clipping = penalties.WeightClipping(0.01)

        @tf.function(jit_compile=jit_compile, autograph=False)
        def clip():
            clipping.apply([kernel, bias])

        for _ in range(2):  # once is enough
            clip()
            np.testing.assert_array_equal(
                kernel,
                np.float32([[-0.01, 0.01, 0.0099], [0.0, 0.01, -0.01]]),
            )
            np.testing.assert_allclose(
                np.float32(bias), [1e-9, 0.01], rtol=0.01
            )

    def test_ledger_7_batch_normalisation_is_clipped_too(self):
        """Its gamma and beta; its moving statistics are no parameters."""
        critic = keras.Sequential(
            [
                keras.layers.Dense(3),
                keras.layers.BatchNormalization(name="norm"),
            ]
        )
        critic.build((None, 2))
        norm = critic.get_layer("norm")
        norm.moving_mean.assign([4.0, 5.0, 6.0])
        critic.layers[0].bias.assign([0.5, -0.5, 0.005])
        penalties.WeightClipping(0.02).apply(critic.trainable_variables)
        limit = np.float32(0.02)
        np.testing.assert_array_equal(norm.gamma, [limit] * 3)
        np.testing.assert_array_equal(norm.beta, [0.0] * 3)
        np.testing.assert_array_equal(
            critic.layers[0].bias, np.float32([0.02, -0.02, 0.005])
        )
        assert np.max(np.abs(critic.layers[0].kernel)) == limit
        np.testing.assert_array_equal(norm.moving_mean, [4.0, 5.0, 6.0])
        np.testing.assert_array_equal(norm.moving_variance, [1.0] * 3)

    def test_ledger_7_bounds_the_slope_of_the_critic(self):
        """What it is for: of a linear critic of n inputs, sqrt(n) limit."""
        slope = tf.Variable(3 * draw(16, 1))
        penalties.WeightClipping(0.01).apply([slope])
        assert np.linalg.norm(slope) <= 0.01 * math.sqrt(16) * (1 + 1e-6)

    def test_default_is_the_papers(self):
        assert penalties.WeightClipping().limit == 0.01

    def test_survives_saving(self):
        clipping = penalties.WeightClipping(limit=0.5)
        config = keras.saving.serialize_keras_object(clipping)
        copy = keras.saving.deserialize_keras_object(config)
        assert type(copy) is penalties.WeightClipping
        assert copy.get_config() == {"limit": 0.5}

    @pytest.mark.parametrize("limit", [0, -0.01, math.nan, math.inf])
    def test_bad_limit(self, limit):
        with pytest.raises(ValueError, match=f"limit={limit}"):
            penalties.WeightClipping(limit=limit)
