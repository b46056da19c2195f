import math

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tf_gans.noise import InstanceNoise


class TestScale:
    def test_falls_on_a_line_to_zero(self):
        noise = InstanceNoise(stddev=0.4, decay_steps=1000)
        scales = noise.scale(tf.constant([0, 250, 500, 999, 1000, 10**6]))
        assert scales.dtype == "float32"
        np.testing.assert_allclose(
            scales, [0.4, 0.3, 0.2, 0.0004, 0, 0], atol=1e-7
        )

    def test_stays_without_decay(self):
        noise = InstanceNoise(stddev=0.4)
        np.testing.assert_array_equal(
            noise.scale(tf.constant([0, 10**6])), np.float32([0.4, 0.4])
        )
        assert noise.scale(7).shape == ()


class TestDraw:
    def test_distribution(self):
        noise = InstanceNoise(stddev=0.25)
        draws = noise.draw(3, 0, 2, 3, 50, (10,))
        assert draws.shape == (2, 3, 50, 10)
        assert draws.dtype == "float32"
        scaled = np.ravel(draws) / 0.25
        assert scipy.stats.kstest(scaled, "norm").pvalue > 1e-3
        # Each of a step's batches has noise of its own.
        rows = np.reshape(draws, (6, -1))
        correlations = np.corrcoef(rows) - np.eye(6)
        assert np.max(np.abs(correlations)) < 0.2

    def test_decays_with_the_step(self):
        noise = InstanceNoise(stddev=2.0, decay_steps=100)
        plain = InstanceNoise(stddev=1.0)
        arguments = (3, 40, 70, 2, 8, (4, 4, 1))
        draws, standard = noise.draw(*arguments), plain.draw(*arguments)
        for i in range(70):
            expected = 2.0 * max(0, 1 - (40 + i) / 100)
            np.testing.assert_allclose(
                draws[i], expected * standard[i], rtol=1e-5, atol=1e-6
            )
        assert not np.any(draws[60:])

    def test_is_a_function_of_seed_and_step(self):
        noise = InstanceNoise(stddev=0.5, decay_steps=1000)
        block = noise.draw(7, 10, 6, 2, 3, (2,)).numpy()
        for i in range(6):
            one = noise.draw(7, 10 + i, 1, 2, 3, (2,))
            np.testing.assert_array_equal(block[i], one[0])
        for other in (
            noise.draw(8, 10, 6, 2, 3, (2,)),
            noise.draw(7, 16, 6, 2, 3, (2,)),
        ):
            assert np.mean(np.equal(block, other)) < 0.01

    @pytest.mark.parametrize("jit_compile", [False, True])
    def test_inside_a_program(self, jit_compile):
        noise = InstanceNoise(stddev=0.5, decay_steps=1000)

        @tf.function(
            jit_compile=jit_compile,
            autograph=False,
            input_signature=[
                tf.TensorSpec((), tf.int64),
                tf.TensorSpec((), tf.int64),
                tf.TensorSpec((None, 2)),
            ],
        )
        def draws(seed, first_step, real):
            return noise.draw(seed, first_step, 4, 3, tf.shape(real)[0], (2,))

        for batch in (1, 5):
            np.testing.assert_allclose(
                draws(
                    tf.constant(7, tf.int64),
                    tf.constant(2**33, tf.int64),
                    tf.zeros((batch, 2)),
                ),
                noise.draw(7, 2**33, 4, 3, batch, (2,)),
                rtol=1e-5,
                atol=1e-7,
            )

    def test_steps_beyond_the_decay_in_an_endless_run(self):
        noise = InstanceNoise(stddev=0.5, decay_steps=1000)
        assert not np.any(noise.draw(7, 2**33, 2, 1, 3, (2,)))


def test_makes_what_does_not_overlap_overlap():
    """Two point masses can be told apart with certainty; noisy ones cannot."""
    noise = InstanceNoise(stddev=1.0)
    real, fake = noise.draw(0, 0, 1, 2, 1000, (1,))[0]
    right = np.mean((real + 0.5 > 0, fake - 0.5 <= 0))
    assert right == pytest.approx(scipy.stats.norm.cdf(0.5), abs=0.03)


def test_survives_saving():
    for noise in (InstanceNoise(0.25, decay_steps=30), InstanceNoise(0.25)):
        config = keras.saving.serialize_keras_object(noise)
        copy = keras.saving.deserialize_keras_object(config)
        assert type(copy) is InstanceNoise
        assert copy.get_config() == noise.get_config()
        np.testing.assert_array_equal(copy.scale(20), noise.scale(20))


@pytest.mark.parametrize("stddev", [-0.1, math.nan, math.inf])
def test_bad_stddev(stddev):
    with pytest.raises(ValueError, match=f"stddev={stddev}"):
        InstanceNoise(stddev=stddev)


@pytest.mark.parametrize("steps", [0, -1, 1.5, True])
def test_bad_decay_steps(steps):
    with pytest.raises(ValueError, match=f"decay_steps={steps}"):
        InstanceNoise(decay_steps=steps)
