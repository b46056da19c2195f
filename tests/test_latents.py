import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tf_gans import latents

LEAST_P = 1e-3  # every draw is a function of its seed: nothing fails by chance


class LatentsContract:
    """What every prior promises.

    A subclass sets `latents_class`, `options`, `shape` and `config`, and
    `distribution`, the name and the arguments that scipy knows `draw_each` by.
    """

    latents_class = None
    options = {}
    shape = None
    config = {}
    distribution = ()

    @pytest.fixture
    def prior(self):
        return self.latents_class(**self.options)

    def test_support(self, prior):
        """No z is drawn outside of it, and it is no wider than that."""
        z = np.ravel(prior.draw(0, "test", 0, 400, 30))
        if prior.support is None:
            assert abs(z).max() > 3
            return
        low, high = prior.support
        assert low <= z.min() < low + 0.03 * (high - low)
        assert high >= z.max() > high - 0.03 * (high - low)

    def test_shape(self, prior):
        z = prior.draw(0, "test", 0, 5, 4)
        assert prior.shape == self.shape
        assert z.shape == (5, 4, *self.shape)
        assert z.dtype == tf.float32
        assert prior.draw(0, "test", 0, 1, 1).shape == (1, 1, *self.shape)

    def test_a_block_holds_what_its_steps_would_draw(self, prior):
        block = prior.draw(3, "test", 10, 6, 4).numpy()
        ones = [
            prior.draw(3, "test", i, 1, 4).numpy()[0] for i in range(10, 16)
        ]
        np.testing.assert_array_equal(block, ones)
        assert len(np.unique(block.reshape(6, -1), axis=0)) == 6

    def test_seeds_and_streams_are_apart(self, prior):
        draws = [
            prior.draw(seed, stream, 0, 1, 4).numpy()
            for seed in (0, 1)
            for stream in ("latents", "sample")
        ]
        for i, a in enumerate(draws):
            assert not any(np.array_equal(a, b) for b in draws[:i])

    def test_even_z_are_the_prior_s_quantiles(self):
        config = {**self.config}
        if "shape" in config:
            config["shape"] = (1,)
        z = self.latents_class(**config).even(1001)
        # A probe asks for them while its program is traced.
        traced = tf.function(
            lambda: tf.constant(self.latents_class(**config).even(1001))
        )
        np.testing.assert_array_equal(traced(), z)
        assert z.shape == (1001, 1)
        assert z.dtype == np.float32
        assert (np.diff(z[:, 0]) > 0).all()
        name, arguments = self.distribution
        expected = getattr(scipy.stats, name)(*arguments)
        np.testing.assert_allclose(
            expected.cdf(z[:, 0]), np.linspace(0, 1, 1001), atol=1e-3
        )

    def test_arguments_may_be_tensors(self, prior):
        @tf.function(autograph=False)
        def draw(seed, first_step, batch_size):
            return prior.draw(seed, "test", first_step, 3, batch_size)

        z = draw(tf.constant(2), tf.constant(9, tf.int64), tf.constant(6))
        expected = prior.draw(2, "test", 9, 3, 6)
        np.testing.assert_allclose(z, expected, rtol=1e-6, atol=1e-6)

    def test_xla_draws_the_same(self, prior):
        draw = tf.function(
            lambda first: prior.draw(2, "test", first, 3, 6),
            jit_compile=True,
            autograph=False,
        )
        np.testing.assert_allclose(
            draw(tf.constant(9)),
            prior.draw(2, "test", 9, 3, 6),
            rtol=1e-5,
            atol=1e-6,
        )

    def test_draw_each(self, prior):
        """A seed's z does not depend on the other seeds."""
        seeds = tf.constant([5, 3, 5, 2**40], tf.int64)
        z = prior.draw_each(seeds).numpy()
        assert z.shape == (4, *self.shape)
        np.testing.assert_array_equal(z[0], z[2])
        assert not np.array_equal(z[0], z[1])
        np.testing.assert_array_equal(prior.draw_each(seeds[1:2])[0], z[1])

    def test_distribution_of_draw_each(self, prior):
        draw_each = tf.function(prior.draw_each, autograph=False)
        z = draw_each(tf.range(3000)).numpy()
        name, arguments = self.distribution
        p = scipy.stats.kstest(z.ravel(), name, arguments).pvalue
        assert p > LEAST_P

    def test_survives_saving(self, prior):
        config = keras.saving.serialize_keras_object(prior)
        copy = keras.saving.deserialize_keras_object(config)
        assert type(copy) is self.latents_class
        assert copy.get_config() == prior.get_config() == self.config
        np.testing.assert_array_equal(
            copy.draw(0, "test", 0, 1, 3), prior.draw(0, "test", 0, 1, 3)
        )

    def test_repr_is_the_call(self, prior):
        copy = eval(repr(prior), vars(latents))
        assert copy.get_config() == prior.get_config()


class TestNormal(LatentsContract):
    latents_class = latents.Normal
    options = {"shape": (3,)}
    shape = (3,)
    config = {"shape": (3,)}
    distribution = ("norm", ())

    def test_distribution(self, prior):
        z = prior.draw(0, "test", 0, 50, 100).numpy()
        assert scipy.stats.kstest(z.ravel(), "norm").pvalue > LEAST_P
        correlations = np.corrcoef(z.reshape(-1, 3).T)
        np.testing.assert_allclose(correlations, np.eye(3), atol=0.05)


class TestUniform(LatentsContract):
    latents_class = latents.Uniform
    options = {"shape": (2, 3), "low": -2, "high": 3}
    shape = (2, 3)
    config = {"shape": (2, 3), "low": -2.0, "high": 3.0}
    distribution = ("uniform", (-2, 5))

    def test_distribution(self, prior):
        z = prior.draw(0, "test", 0, 50, 100).numpy()
        assert -2 <= z.min() < z.max() < 3
        assert (
            scipy.stats.kstest(z.ravel(), "uniform", (-2, 5)).pvalue > LEAST_P
        )
        assert latents.Uniform((1,)).low == -1
        assert latents.Uniform((1,)).high == 1

    @pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (0, np.nan)])
    def test_bad_bounds(self, low, high):
        with pytest.raises(ValueError, match=f"low={low}, high={high}"):
            latents.Uniform((1,), low, high)


class TestCodes(LatentsContract):
    latents_class = latents.Codes
    options = {"noise": 4, "categories": 3, "continuous": 2}
    shape = (9,)
    config = options

    def test_even_z_are_the_prior_s_quantiles(self):
        with pytest.raises(NotImplementedError):
            latents.Codes().even(3)

    def check(self, z):
        """Noise and codes are uniform, one category in three is 1."""
        noise, category, continuous = latents.Codes(**self.options).split(z)
        for part in (noise, continuous):
            p = scipy.stats.kstest(part.ravel(), "uniform", (-1, 2)).pvalue
            assert p > LEAST_P
        assert set(np.unique(category)) == {0, 1}
        np.testing.assert_array_equal(category.sum(axis=1), 1)
        counts = category.sum(axis=0)
        assert scipy.stats.chisquare(counts).pvalue > LEAST_P
        # Noise says nothing of the category, and no code of another.
        every = np.concatenate([noise, continuous, category[:, :1]], axis=1)
        correlations = np.corrcoef(every.T) - np.eye(7)
        assert np.abs(correlations).max() < 0.08

    def test_distribution(self, prior):
        self.check(prior.draw(0, "test", 0, 50, 100).numpy().reshape(-1, 9))

    def test_distribution_of_draw_each(self, prior):
        draw_each = tf.function(prior.draw_each, autograph=False)
        self.check(draw_each(tf.range(3000)).numpy())

    def test_defaults_are_the_paper_s(self):
        prior = latents.Codes()
        assert prior.get_config() == {
            "noise": 62,
            "categories": 10,
            "continuous": 2,
        }
        assert (prior.shape, prior.num_parameters) == ((74,), 14)
        assert prior.num_categories == 10
        assert latents.Uniform((3,)).num_categories is None

    def test_codes_of_one_kind_alone(self):
        only = latents.Codes(0, 0, 2)
        assert (only.shape, only.num_parameters) == ((2,), 4)
        assert only.num_categories is None
        assert only.draw(0, "test", 0, 2, 3).shape == (2, 3, 2)
        only = latents.Codes(1, 4, 0)
        z = only.draw(0, "test", 0, 1, 5)[0]
        assert only.split(z)[2].shape == (5, 0)

    def test_other_codes_with_the_same_noise(self, prior):
        z = prior.draw(0, "test", 0, 1, 3)[0].numpy()
        changed = prior.with_codes(z, [2, 0, 1], [[0.5, 1]] * 3)
        np.testing.assert_array_equal(changed[:, :4], z[:, :4])
        np.testing.assert_array_equal(
            changed[:, 4:7], [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
        )
        np.testing.assert_array_equal(changed[:, 7:], [[0.5, 1]] * 3)
        np.testing.assert_array_equal(prior.with_codes(z), z)

    def test_swept(self, prior):
        z = prior.draw(0, "test", 0, 1, 1)[0, 0].numpy()
        rows = prior.swept(z, 1, [-1, 0, 1, 2])
        assert rows.shape == (12, 9) and rows.dtype == np.float32
        np.testing.assert_array_equal(rows[:, :4], [z[:4]] * 12)
        np.testing.assert_array_equal(
            rows[:, 4:7].argmax(axis=1), np.repeat([0, 1, 2], 4)
        )
        np.testing.assert_array_equal(rows[:, 7], [z[7]] * 12)
        np.testing.assert_array_equal(rows[:, 8], [-1, 0, 1, 2] * 3)
        alone = latents.Codes(1, 0, 1).swept(np.zeros(2), 0, [3, 4])
        np.testing.assert_array_equal(alone, [[0, 3], [0, 4]])

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"noise": -1}, "`noise`.*noise=-1"),
            ({"categories": 1}, "2 or more `categories`.*categories=1"),
            ({"categories": 2.0}, "`categories`.*categories=2.0"),
            ({"categories": 0, "continuous": 0}, "continuous=0"),
        ],
    )
    def test_no_codes(self, options, words):
        with pytest.raises(ValueError, match=words):
            latents.Codes(**options)


class TestStratified(LatentsContract):
    latents_class = latents.Stratified
    options = {"low": -4, "high": 6, "jitter": 0.25}
    shape = (1,)
    config = {"low": -4.0, "high": 6.0, "jitter": 0.25}
    distribution = ("uniform", (-4, 10))

    def test_one_point_for_each_place(self, prior):
        z = prior.draw(0, "test", 0, 500, 11).numpy()[..., 0]
        offset = (z - np.linspace(-4, 6, 11)) / 0.25
        assert offset.min() > -1e-5
        assert offset.max() < 1 + 1e-5
        assert scipy.stats.kstest(offset.ravel(), "uniform").pvalue > LEAST_P

    def test_defaults_are_the_original_s(self):
        z = latents.Stratified().draw(0, "test", 0, 100, 8).numpy()[..., 0]
        offset = z - np.linspace(-8, 8, 8)
        assert -1e-6 < offset.min() < 0.001
        assert 0.009 < offset.max() < 0.01 + 1e-6
        assert np.all(np.diff(z, axis=-1) > 0)

    def test_without_jitter_it_is_a_grid(self):
        z = latents.Stratified(-1, 1, jitter=0).draw(0, "test", 0, 2, 5)
        np.testing.assert_allclose(
            z[..., 0], [np.linspace(-1, 1, 5)] * 2, atol=1e-6
        )

    @pytest.mark.parametrize(
        ("options", "received"),
        [
            ({"low": 1, "high": 1}, "low=1, high=1"),
            ({"jitter": -0.5}, "jitter=-0.5"),
        ],
    )
    def test_bad_arguments(self, options, received):
        with pytest.raises(ValueError, match=received):
            latents.Stratified(**options)


@pytest.mark.parametrize("prior", [latents.Normal, latents.Uniform])
def test_only_scalars_can_be_spread_evenly(prior):
    with pytest.raises(ValueError, match=r"shape=\(2,\)"):
        prior((2,)).even(10)


@pytest.mark.parametrize("shape", [(0,), (2, -1), (1.5,)])
def test_bad_shape(shape):
    with pytest.raises(ValueError, match="`shape` must be a positive integer"):
        latents.Normal(shape)


def test_an_int_is_a_standard_normal():
    for size in (3, np.int64(3)):
        prior = latents.get(size)
        assert type(prior) is latents.Normal
        assert prior.shape == (3,)
    prior = latents.Stratified()
    assert latents.get(prior) is prior
    with pytest.raises(ValueError, match="`latents` must be a positive int"):
        latents.get(0)
    with pytest.raises(ValueError, match=r"must be a prior .*: 'normal'"):
        latents.get("normal")
