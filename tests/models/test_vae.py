"""The VAE's bound, against closed forms and numerical integrals."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import (
    BATCH,
    LATENT_DIM,
    SEED,
    Encoder,
    Generator,
    Pictures,
    adam,
    data_of,
    fit,
    prior,
)
from tf_gans import latents
from tf_gans.models.vae import VAE

LOG_2_PI = math.log(2 * math.pi)


class Fixed(keras.Model):
    """An encoder that says the same of every sample."""

    def __init__(self, mean, raw):
        super().__init__()
        self.mean = tf.Variable(mean, dtype=tf.float32)
        self.raw = tf.Variable(raw, dtype=tf.float32)

    def build(self, input_shape=None):
        pass

    def call(self, x, training=None):
        ones = tf.ones((tf.shape(x)[0], 1))
        return ones * self.mean, ones * self.raw


class Table(keras.Model):
    """A decoder whose logits are its weights, and z is added to the first."""

    def __init__(self, values, **kwargs):
        super().__init__(**kwargs)
        self.values = tf.Variable(values, dtype=tf.float32)

    def build(self, input_shape=None):
        pass

    def logits(self, z, training=None):
        return self.values + 0.0 * tf.reduce_sum(z, 1, keepdims=True)

    def call(self, z, training=None):
        return tf.sigmoid(self.logits(z))


class Linear(keras.Model):
    """`x W + b`."""

    def __init__(self, kernel, bias):
        super().__init__()
        self.kernel = tf.Variable(kernel, dtype=tf.float32)
        self.bias = tf.Variable(bias, dtype=tf.float32)

    def build(self, input_shape=None):
        pass

    def call(self, z, training=None):
        return z @ self.kernel + self.bias


class LinearEncoder(Linear):
    """A mean that is linear in x, and a spread that is the same for all."""

    def __init__(self, kernel, bias, raw):
        super().__init__(kernel, bias)
        self.raw = tf.Variable(raw, dtype=tf.float32)

    def call(self, x, training=None):
        mean = super().call(x)
        return mean, tf.zeros_like(mean) + self.raw


def make(encoder=None, generator=None, dim=LATENT_DIM, **options):
    return VAE(
        encoder or Encoder(),
        generator or Generator(),
        latents=latents.Normal((dim,)),
        **options,
    )


# The divergence --------------------------------------------------------------


def stddev_of(raw, spread):
    raw = np.float64(raw)
    if spread == "softplus":
        return 1e-6 + np.logaddexp(0, raw)
    return np.exp(raw / 2)


def integrated_kl(mean, stddev):
    """KL(N(mean, stddev^2) || N(0, 1)) by the trapezium rule."""
    z = mean + stddev * np.linspace(-12, 12, 20_001)
    log_q = -0.5 * ((z - mean) / stddev) ** 2 - math.log(stddev)
    log_p = -0.5 * z**2
    q = np.exp(log_q - 0.5 * LOG_2_PI)
    return np.sum(q * (log_q - log_p)) * (z[1] - z[0])


@pytest.mark.parametrize("spread", ["log_variance", "softplus"])
class TestDivergence:
    def test_is_the_integral(self, spread):
        means = [0.0, 0.7, -2.0, 5.0, 0.1]
        raws = [0.5, -1.5, 2.0, -6.0, 0.0]
        vae = make(Fixed(means, raws), Table(np.zeros(2)), 5, spread=spread)
        _, kl = vae.bound(tf.zeros((3, 2)), tf.zeros((3, 5)))
        expected = sum(
            integrated_kl(mean, stddev_of(raw, spread))
            for mean, raw in zip(means, raws, strict=True)
        )
        assert expected > 10
        np.testing.assert_allclose(kl, expected, rtol=1e-5)

    def test_is_what_samples_say(self, spread):
        """The mean of log q(z) - log p(z) over z of q."""
        mean, raw, draws = 0.4, -0.8, 20_000
        stddev = stddev_of(raw, spread)
        vae = make(Fixed([mean], [raw]), Table([0.0]), 1, spread=spread)
        _, kl = vae.bound(tf.zeros((1, 1)), tf.zeros((1, 1)))
        z = mean + stddev * np.random.default_rng(0).normal(size=draws)
        log_q = -0.5 * ((z - mean) / stddev) ** 2 - np.log(stddev)
        ratios = log_q + 0.5 * z**2
        error = np.std(ratios) / math.sqrt(draws)
        assert abs(float(kl) - np.mean(ratios)) < 4 * error
        assert error < 0.01

    def test_is_zero_at_the_prior(self, spread):
        raw = 0.0 if spread == "log_variance" else math.log(math.e - 1)
        vae = make(Fixed([0.0], [raw]), Table([0.0]), 1, spread=spread)
        _, kl = vae.bound(tf.zeros((4, 1)), tf.zeros((4, 1)))
        assert abs(float(kl)) < 1e-5

    def test_finite_where_z_is_known_exactly(self, spread):
        """A spread of e^-100, whose own logarithm is not finite."""
        encoder = Fixed([0.5], [-200.0])
        vae = make(encoder, Table([0.0]), 1, spread=spread)
        with tf.GradientTape() as tape:
            _, kl = vae.bound(tf.zeros((4, 1)), tf.zeros((4, 1)))
        log_variance = -200 if spread == "log_variance" else 2 * math.log(1e-6)
        assert float(kl) == pytest.approx(0.5 * (0.25 - 1 - log_variance))
        gradient = float(tape.gradient(kl, encoder.raw)[0])
        slope = -0.5 if spread == "log_variance" else 0.0
        assert gradient == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("raw", [-3.0, 0.0, 2.5])
def test_spreads(raw):
    x = tf.zeros((2, 16))
    for spread in ("log_variance", "softplus"):
        vae = make(Fixed([1.0], [raw]), Table([0.0]), 1, spread=spread)
        mean, stddev = vae.encode(x)
        np.testing.assert_array_equal(mean, np.ones((2, 1)))
        expected = np.full((2, 1), stddev_of(raw, spread))
        np.testing.assert_allclose(stddev, expected, rtol=1e-6)


# The likelihoods -------------------------------------------------------------


class TestBernoulli:
    def test_is_the_formula(self):
        """In float64, where the logarithms are taken without rounding."""
        rng = np.random.default_rng(0)
        x = rng.uniform(0, 1, (6, 40)).astype(np.float32)
        x[:, :10] = np.round(x[:, :10])
        logits = rng.normal(0, 8, 40)
        logits[:4] = [-60, 60, -150, 150]
        vae = make(Fixed([0.0], [0.0]), Table(logits), 1)
        nll, _ = vae.bound(tf.constant(x), tf.zeros((6, 1)))
        log_p, log_1_p = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)
        expected = -np.sum(x * log_p + (1.0 - x) * log_1_p, axis=1)
        assert nll.shape == ()
        np.testing.assert_allclose(nll, np.mean(expected), rtol=1e-5)

    def test_least_where_the_decoder_is_the_mean(self):
        x = tf.constant([[0.2], [0.2]])

        def nll(p):
            table = Table([math.log(p / (1 - p))])
            vae = make(Fixed([0.0], [0.0]), table, 1)
            return float(vae.bound(x, tf.zeros((2, 1)))[0])

        entropy = -0.2 * math.log(0.2) - 0.8 * math.log(0.8)
        assert nll(0.2) == pytest.approx(entropy, rel=1e-5)
        assert nll(0.2) < min(nll(0.15), nll(0.25))

    def test_of_images(self):
        """Summed over all axes but the batch's."""
        vae = make(seed=SEED)
        x = Pictures().draw(0, 0, 1)[0]
        epsilon = vae.latents.draw(0, "test", 0, 1, BATCH)[0]
        nll, _ = vae.bound(x, epsilon)
        mean, stddev = vae.encode(x)
        p = np.float64(vae.generator(mean + stddev * epsilon))
        terms = -(x * np.log(p) + (1 - x) * np.log(1 - p))
        expected = np.mean(np.sum(terms, axis=(1, 2, 3)))
        np.testing.assert_allclose(nll, expected, rtol=1e-5)


class TestGaussian:
    @pytest.mark.parametrize("stddev", [0.1, 1.0, 3.0])
    def test_is_the_density(self, stddev):
        rng = np.random.default_rng(1)
        x, mean = rng.normal(size=(5, 7)), rng.normal(size=7)
        decoder = Linear(np.zeros((1, 7)), mean)
        vae = make(
            Fixed([0.0], [0.0]),
            decoder,
            1,
            likelihood="gaussian",
            stddev=stddev,
        )
        nll, _ = vae.bound(tf.constant(x, tf.float32), tf.zeros((5, 1)))
        density = np.exp(-0.5 * ((x - mean) / stddev) ** 2) / (
            stddev * math.sqrt(2 * math.pi)
        )
        expected = -np.mean(np.sum(np.log(density), axis=1))
        np.testing.assert_allclose(nll, expected, rtol=1e-5)

    def test_is_a_density(self):
        """It integrates to 1 over x."""
        x = np.linspace(-10, 10, 2001)
        vae = make(
            Fixed([0.0], [0.0]),
            Linear([[0.0]], [0.5]),
            1,
            likelihood="gaussian",
            stddev=0.7,
        )
        values = [
            float(
                vae.bound(tf.constant([[v]], tf.float32), tf.zeros((1, 1)))[0]
            )
            for v in x[::20]
        ]
        assert np.sum(np.exp(np.negative(values))) * 0.2 == pytest.approx(1.0)


# The bound -------------------------------------------------------------------


class LinearModel:
    """A linear Gaussian model: everything about it is known.

    z ~ N(0, I) of 2 components, x = z W + b + s N(0, I) of 4. The rows of W are
    orthogonal, so the posterior's covariance is diagonal, as q's is.
    """

    weights = np.array([[1.2, -0.4, 0.3, 0.8], [0.5, 0.9, 0.8, -0.6]])
    bias = np.array([0.3, -1.0, 2.0, 0.1])
    stddev = 0.6

    def __init__(self):
        assert abs(self.weights[0] @ self.weights[1]) < 1e-12
        precision = np.eye(2) + self.weights @ self.weights.T / self.stddev**2
        self.variance = 1 / np.diag(precision)
        rng = np.random.default_rng(2)
        z = rng.normal(size=(6, 2))
        noise = self.stddev * rng.normal(size=(6, 4))
        self.x = z @ self.weights + self.bias + noise

    @property
    def evidence(self):
        """log p(x) of each x."""
        covariance = self.weights.T @ self.weights + self.stddev**2 * np.eye(4)
        delta = self.x - self.bias
        _, log_det = np.linalg.slogdet(covariance)
        squares = np.sum(delta @ np.linalg.inv(covariance) * delta, axis=1)
        return -0.5 * (squares + log_det + 4 * LOG_2_PI)

    def vae(self, spread="log_variance"):
        """With the true posterior as q."""
        kernel = self.weights.T * self.variance / self.stddev**2
        raw = np.log(self.variance)
        if spread == "softplus":
            raw = np.log(np.expm1(np.sqrt(self.variance) - 1e-6))
        encoder = LinearEncoder(kernel, -self.bias @ kernel, raw)
        decoder = Linear(self.weights, self.bias)
        return make(
            encoder,
            decoder,
            2,
            likelihood="gaussian",
            stddev=self.stddev,
            spread=spread,
        )

    def expected_bound(self, vae, x):
        """The bound's expectation over epsilon, exactly.

        The reconstruction is quadratic in epsilon, so four points of the right
        mean and covariance have its expectation for their mean.
        """
        points = math.sqrt(2) * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
        epsilon = tf.constant(points, tf.float32)
        repeated = tf.constant(np.tile(x, (4, 1)), tf.float32)
        return sum(vae.bound(repeated, epsilon))


class TestBound:
    @pytest.mark.parametrize("spread", ["log_variance", "softplus"])
    def test_is_tight_at_the_true_posterior(self, spread):
        model = LinearModel()
        vae = model.vae(spread)
        for x, log_p in zip(model.x, model.evidence, strict=True):
            loss = float(model.expected_bound(vae, x))
            assert -loss == pytest.approx(log_p, rel=1e-5)

    def test_is_less_elsewhere_by_the_divergence(self):
        """log p(x) = ELBO + KL(q || posterior)."""
        model = LinearModel()
        vae = model.vae()
        shift, stretch = np.array([0.3, -0.2]), np.array([0.5, -0.7])
        vae.encoder.bias.assign_add(shift)
        vae.encoder.raw.assign_add(stretch)
        kl = 0.5 * np.sum(
            np.exp(stretch) + shift**2 / model.variance - 1 - stretch
        )
        assert kl > 0.3
        for x, log_p in zip(model.x, model.evidence, strict=True):
            loss = float(model.expected_bound(vae, x))
            assert -loss == pytest.approx(log_p - kl, rel=1e-4)

    def test_gradient_is_that_of_the_evidence(self):
        """None to q, which is best as it is; d log p(x) to the decoder."""
        model = LinearModel()
        vae, x = model.vae(), model.x[0]
        with tf.GradientTape(persistent=True) as tape:
            loss = model.expected_bound(vae, x)
        for variable in (vae.encoder.bias, vae.encoder.raw):
            np.testing.assert_allclose(
                tape.gradient(loss, variable), [0, 0], atol=1e-4
            )
        covariance = model.weights.T @ model.weights + model.stddev**2 * np.eye(
            4
        )
        np.testing.assert_allclose(
            tape.gradient(loss, vae.generator.bias),
            -np.linalg.solve(covariance, x - model.bias),
            rtol=1e-3,
            atol=1e-4,
        )

    def test_a_step_s_epsilon_is_standard_normal(self):
        """One for each sample, and another each step."""
        vae = make()
        block = (tf.constant(SEED, tf.int64), 0, 50, BATCH)
        epsilon = vae._draw(*block)["epsilon"]
        assert epsilon.shape == (50, BATCH, LATENT_DIM)
        values = np.ravel(epsilon)
        assert abs(np.mean(values)) < 0.1
        assert np.std(values) == pytest.approx(1, abs=0.05)
        assert len(np.unique(values)) == values.size


# Training --------------------------------------------------------------------


class TestTraining:
    def test_the_step_is_the_bound_s(self):
        rate = 0.01
        vae, old = make(seed=SEED), make(seed=SEED)
        vae.compile(keras.optimizers.SGD(rate), run_eagerly=True)
        data = data_of(vae)
        logs = vae.train_step(data)
        owned = [
            [*v.encoder.trainable_variables, *v.generator.trainable_variables]
            for v in (vae, old)
        ]
        with tf.GradientTape() as tape:
            nll, kl = old.bound(data[0][0], data[1]["epsilon"], training=True)
            loss = nll + kl
        gradients = tape.gradient(loss, owned[1])
        for ours, before, gradient in zip(*owned, gradients, strict=True):
            assert np.max(np.abs(gradient)) > 1e-4
            np.testing.assert_allclose(
                ours, before - rate * gradient, rtol=1e-4, atol=1e-6
            )
        expected = {"loss": loss, "reconstruction": nll, "kl": kl}
        assert list(vae.step_losses) == list(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(logs[name], value, rtol=1e-5)

    def test_lowers_the_loss(self):
        vae = make(seed=SEED)
        vae.compile(adam(), jit_compile=False, steps_per_execution=150)
        losses = fit(vae, 150)
        assert np.isfinite(losses).all()
        np.testing.assert_allclose(
            losses[:, 0], losses[:, 1] + losses[:, 2], rtol=1e-5
        )
        start, end = losses[:10].mean(axis=0), losses[-10:].mean(axis=0)
        assert end[0] < start[0] - 0.5
        # The samples have learned that the left halves are darker.
        columns = np.mean(vae.sample(64), axis=(0, 1, 3))
        assert columns[0] < 0.25 < 0.35 < columns[3]
        # With a decoder that always says the mean, z would be of no use.
        x = Pictures().draw(1, 0, 8)
        p = np.mean(x, axis=(0, 1))
        marginal = -np.sum(p * np.log(p) + (1 - p) * np.log(1 - p))
        assert end[0] == pytest.approx(marginal, abs=0.7)

    def test_signatures(self):
        vae = make(seed=SEED, ema_decay=0.9)
        vae.ema_generator.head.bias.assign_add(np.ones(16))
        x = Pictures().draw(0, 0, 1)[0]
        said = vae.signatures()
        mean, stddev = vae.encode(x)
        for name, value in (("mean", mean), ("stddev", stddev)):
            np.testing.assert_array_equal(said["encode"](x)[name], value)
        np.testing.assert_array_equal(
            said["reconstruct"](x)["reconstructions"], vae.ema_generator(mean)
        )

    def test_uses_moving_averages_once_it_is_trained(self):
        """Whatever it is asked, unless it is told that it trains."""
        vae = make(Encoder(batch_norm=True), seed=SEED)
        for network in (vae.encoder, vae.generator):
            network.norm.moving_mean.assign(np.linspace(-1, 1, 8))
        before = [w.numpy() for w in vae.weights]
        x = Pictures().draw(0, 0, 1)[0]
        mean, raw = vae.encoder(x, training=False)
        restored = vae.generator(mean, training=False)
        said = vae.signatures()
        for ours in (vae.encode(x), said["encode"](x).values()):
            for value, expected in zip(
                ours, (mean, np.exp(raw / 2)), strict=True
            ):
                np.testing.assert_allclose(value, expected, rtol=1e-5)
        np.testing.assert_allclose(
            said["reconstruct"](x)["reconstructions"], restored, rtol=1e-5
        )
        np.testing.assert_allclose(
            vae.discriminate(x),
            np.mean(np.abs(x - restored), axis=(1, 2, 3)),
            rtol=1e-5,
        )
        zeros = tf.zeros((BATCH, LATENT_DIM))
        nll, kl = vae.bound(x, zeros)
        terms = -(x * np.log(restored) + (1 - x) * np.log(1 - restored))
        np.testing.assert_allclose(
            nll, np.mean(np.sum(terms, axis=(1, 2, 3))), rtol=1e-5
        )
        terms = 0.5 * (mean**2 + np.exp(raw) - 1 - raw)
        np.testing.assert_allclose(kl, np.mean(np.sum(terms, 1)), rtol=1e-4)
        for weight, value in zip(vae.weights, before, strict=True):
            np.testing.assert_array_equal(weight, value)
        training = vae.encode(x, training=True)[0]
        assert np.abs(training - mean).max() > 0.01


# Arguments -------------------------------------------------------------------


class TestArguments:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("likelihood", "poisson"),
            ("spread", "variance"),
            ("stddev", 0),
            ("stddev", -1.0),
            ("stddev", math.inf),
            ("stddev", math.nan),
        ],
    )
    def test_bad_values(self, name, value):
        with pytest.raises(ValueError, match=f"`{name}`.*{name}={value!r}"):
            make(**{name: value})

    def test_bernoulli_without_logits(self):
        with pytest.raises(ValueError, match=r"`logits`.*Linear"):
            make(Fixed([0.0], [0.0]), Linear([[0.0]], [0.5]), 1)

    def test_bernoulli_of_another_range(self):
        class Tanh(Generator):
            value_range = (-1.0, 1.0)

        with pytest.raises(ValueError, match=r"bernoulli.*value_range=\(-1"):
            make(generator=Tanh())
        assert make(generator=Tanh(), likelihood="gaussian")

    def test_a_prior_that_is_not_normal(self):
        with pytest.raises(ValueError, match=r"`latents`.*Normal.*Uniform"):
            VAE(Encoder(), Generator(), latents=prior())

    def test_an_encoder_of_another_z(self):
        message = r"`encoder`.*\(None, 1\).*\(None, 2\), \(None, 2\)"
        with pytest.raises(ValueError, match=message):
            make(
                Fixed([0.0, 0.0], [0.0, 0.0]),
                Linear([[1.0]], [0.5]),
                1,
                likelihood="gaussian",
            )

    def test_has_no_conditional_form(self):
        class Labelled(Generator):
            num_classes = 3

            def call(self, inputs, training=None):
                return super().call(inputs[0])

            def build(self, input_shape=None):
                super().build(input_shape[0])

        with pytest.raises(ValueError, match=r"VAE.*conditional.*classes=3"):
            make(generator=Labelled())

    def test_defaults_are_the_paper_s(self):
        vae = make()
        assert vae.likelihood == "bernoulli"
        assert vae.spread == "log_variance"
