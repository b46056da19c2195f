"""BEGAN's equilibrium, on networks of one weight, worked out by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import (
    BATCH,
    LATENT_DIM,
    SEED,
    Autoencoder,
    Generator,
    Pictures,
    data_of,
    drawn,
    prior,
)
from tf_gans.models import began as began_module
from tf_gans.models.began import BEGAN


@keras.saving.register_keras_serializable(package="tests.began")
class Level(keras.Model):
    """A generator of one weight: images of one grey, whatever z."""

    def __init__(self, level=0.5, **kwargs):
        super().__init__(**kwargs)
        self.level = self.add_weight(
            name="level",
            shape=(),
            initializer=keras.initializers.Constant(level),
        )

    def build(self, input_shape=None):
        pass

    def call(self, z, training=None):
        return self.level + tf.zeros((tf.shape(z)[0], 4, 4, 1))


@keras.saving.register_keras_serializable(package="tests.began")
class Gain(keras.Model):
    """An autoencoder of one weight: `L(v) = |1 - gain| mean |v|`."""

    def __init__(self, gain=0.5, **kwargs):
        super().__init__(**kwargs)
        self.gain = self.add_weight(
            name="gain",
            shape=(),
            initializer=keras.initializers.Constant(gain),
        )

    def build(self, input_shape=None):
        pass

    def call(self, x, training=None):
        return self.gain * x


def simple(level=0.5, gain=0.5, rates=(0.0, 0.0), **options):
    """A BEGAN of two weights; the rates are G's and D's, of SGD."""
    gan = BEGAN(Level(level), Gain(gain), latents=prior(), **options)
    gan.compile(*map(keras.optimizers.SGD, rates), run_eagerly=True)
    return gan


def batch(value, step=0, simultaneous=False):
    """Real images of one value, z, and the step's number."""
    real = tf.fill((1, BATCH, 4, 4, 1), value)
    update = {"z": tf.zeros((BATCH, LATENT_DIM))}
    generator = [] if simultaneous else [update]
    draws = {"discriminator": [update], "generator": generator}
    return real, draws, step


# One step --------------------------------------------------------------------


class TestStep:
    def test_losses_k_and_m(self):
        """D keeps 75 %: L(0.8) = 0.2 and L(G) = 0.1, from k = 0.25."""
        gan = simple(level=0.4, gain=0.75, gamma=0.625, lambda_k=0.5)
        gan.k.assign(0.25)
        logs = gan.train_step(batch(0.8))
        assert list(gan.step_losses) == ["d_loss", "g_loss", "k", "m_global"]
        expected = {
            "d_loss": 0.2 - 0.25 * 0.1,
            "g_loss": 0.1,
            "k": 0.25 + 0.5 * (0.625 * 0.2 - 0.1),
            "m_global": 0.2 + (0.625 * 0.2 - 0.1),
        }
        assert logs.keys() == expected.keys()
        for name, value in expected.items():
            assert float(logs[name]) == pytest.approx(value, rel=1e-5), name
        assert float(gan.k) == float(logs["k"])

    def test_m_has_the_distance_from_balance_and_not_the_balance(self):
        gan = simple(level=1.0, gain=0.5, gamma=0.5)
        logs = gan.train_step(batch(0.8))
        # L(x) = 0.4, L(G) = 0.5: |0.2 - 0.5|
        assert float(logs["m_global"]) == pytest.approx(0.4 + 0.3)

    def test_error_is_a_mean_of_absolute_values(self):
        gan = BEGAN(Generator(), Autoencoder(seed=3), latents=prior())
        x = Pictures().draw(0, 0, 1)[0]
        restored = gan.discriminator(x).numpy()
        expected = np.mean(np.abs(x - restored))
        assert float(gan.reconstruction_error(x)) == pytest.approx(expected)
        assert expected != pytest.approx(np.sqrt(np.mean((x - restored) ** 2)))
        said = gan.signatures()["discriminate"](x)
        np.testing.assert_array_equal(said["reconstructions"], restored)
        np.testing.assert_allclose(
            said["errors"],
            np.mean(np.abs(x - restored), axis=(1, 2, 3)),
            rtol=1e-5,
        )

    @pytest.mark.parametrize(
        ("level", "start", "expected"),
        [
            # L(x) = 0.5, gamma L(x) = 0.25, L(G) = 0.5 level
            (0.0, 0.9, 1.0),  # 0.9 + 0.25
            (0.0, 0.5, 0.75),
            (1.0, 0.1, 0.0),  # 0.1 - 0.25
            (1.0, 0.5, 0.25),
            (0.5, 0.5, 0.5),  # in balance
        ],
    )
    def test_ledger_11_k_stays_between_0_and_1(self, level, start, expected):
        gan = simple(level=level, gain=0.5, lambda_k=1.0)
        gan.k.assign(start)
        logs = gan.train_step(batch(1.0))
        assert float(logs["k"]) == pytest.approx(expected, abs=1e-6)
        assert 0 <= float(gan.k) <= 1

    def test_starts_at_0(self):
        assert float(simple().k) == 0.0

    def test_d_s_loss_has_the_k_from_before(self):
        gan = simple(level=0.0, gain=0.5, lambda_k=1.0)
        assert float(gan.train_step(batch(1.0))["d_loss"]) == 0.5
        gan.generator.level.assign(1.0)
        logs = gan.train_step(batch(1.0))
        assert float(logs["d_loss"]) == pytest.approx(0.5 - 0.25 * 0.5)


# Whose losses ----------------------------------------------------------------


class TestOrder:
    """Row 12 of the ledger: which weights the balance is of."""

    # L(x) = (1 - gain) 0.8, L(G) = (1 - gain) 0.4; D's gradient -0.8.
    start = {"level": 0.4, "gain": 0.5, "rates": (0.1, 0.125)}

    def test_ledger_12_simultaneous_losses_are_from_before_both_updates(self):
        gan = simple(**self.start, lambda_k=1.0, simultaneous=True)
        logs = gan.train_step(batch(0.8, simultaneous=True))
        assert float(gan.discriminator.gain) == pytest.approx(0.6)
        # G's gradient is 1 - gain, of the gain before.
        assert float(gan.generator.level) == pytest.approx(0.4 - 0.1 * 0.5)
        assert float(logs["g_loss"]) == pytest.approx(0.2)
        balance = 0.5 * 0.4 - 0.2
        assert float(logs["k"]) == pytest.approx(balance, abs=1e-6)
        assert float(logs["m_global"]) == pytest.approx(0.4 + abs(balance))

    def test_ledger_12_in_turn_each_is_from_before_its_own_update(self):
        gan = simple(**self.start, lambda_k=1.0)
        logs = gan.train_step(batch(0.8))
        assert float(gan.discriminator.gain) == pytest.approx(0.6)
        assert float(gan.generator.level) == pytest.approx(0.4 - 0.1 * 0.4)
        # What the updated D says of the samples before G's update.
        assert float(logs["g_loss"]) == pytest.approx(0.4 * 0.4)
        balance = 0.5 * 0.4 - 0.16
        assert float(logs["k"]) == pytest.approx(balance)
        assert float(logs["m_global"]) == pytest.approx(0.4 + balance)

    @pytest.mark.parametrize(("simultaneous", "draws"), [(False, 2), (True, 1)])
    def test_z_of_the_two_players(self, simultaneous, draws):
        seen = []

        class Watched(Generator):
            def call(self, z, training=None):
                seen.append(z)
                return super().call(z, training)

        gan = BEGAN(
            Watched(), Gain(), latents=prior(), simultaneous=simultaneous
        )
        gan.compile(
            keras.optimizers.SGD(0.0),
            keras.optimizers.SGD(0.0),
            run_eagerly=True,
        )
        data = data_of(gan)
        seen.clear()
        gan.train_step(data)
        assert len(seen) == draws
        for z, expected in zip(seen, drawn(data, "z"), strict=True):
            np.testing.assert_array_equal(z, expected)
        rows = np.concatenate([np.ravel(z) for z in seen])
        assert len(np.unique(rows)) == rows.size


# Patience --------------------------------------------------------------------


def simulate(
    reals, level, gain, gamma, lambda_k, rates, patience, floor, averaged
):
    """The equilibrium of `simple` by hand, in float64.

    Args:
        reals: the mean of each step's real images.

    Returns:
        For each step: d_loss, g_loss, k, M, and the rates after it.
    """
    k, rates = 0.0, list(rates)
    mean, best, stalled = 0.0, np.inf, 0
    rows = []
    for step, real in enumerate(reals, 1):
        real_error = abs(1 - gain) * real
        d_loss = real_error - k * abs(1 - gain) * abs(level)
        gain += rates[1] * np.sign(1 - gain) * (real - k * abs(level))
        fake_error = abs(1 - gain) * abs(level)
        level -= rates[0] * abs(1 - gain) * np.sign(level)
        balance = gamma * real_error - fake_error
        k = min(max(k + lambda_k * balance, 0.0), 1.0)
        m = real_error + abs(balance)
        mean += (m - mean) / min(step, averaged)
        if mean < 0.99 * best:
            best, stalled = mean, 0
        else:
            stalled += 1
        if stalled == patience:
            rates = [r if r < floor else max(r / 2, floor) for r in rates]
            best, stalled = mean, 0
        rows.append([d_loss, fake_error, k, m, *rates])
    return np.array(rows)


class TestPatience:
    SIMULATED = {
        "level": 0.4,
        "gain": 0.2,
        "gamma": 0.6,
        "lambda_k": 0.05,
        "rates": (4e-3, 5e-3),
        "patience": 6,
    }

    def test_ledger_11_halves_where_m_stalls(self, monkeypatch):
        """Against the simulation, step by step, to the floor and beyond."""
        averaged, floor, steps = 15, 1e-3, 150
        monkeypatch.setattr(began_module, "_AVERAGED_STEPS", float(averaged))
        reals = Pictures().draw(SEED, 0, steps)
        expected = simulate(
            np.mean(reals, axis=(1, 2, 3, 4)),
            **self.SIMULATED,
            floor=floor,
            averaged=averaged,
        )
        gan = simple(**self.SIMULATED, min_learning_rate=floor)
        step = tf.function(gan.train_step, autograph=False)
        rows = []
        for i, real in enumerate(reals):
            number = tf.constant(i, tf.int64)
            logs = step((real[tf.newaxis], batch(0.0)[1], number))
            rates = [float(o.learning_rate) for o in gan.optimizers.values()]
            rows.append([*logs.values(), *rates])
        np.testing.assert_allclose(rows, expected, rtol=2e-4, atol=2e-5)
        # The simulation has what it is for: M that falls for longer than the
        # patience, then stalls; k that moves; rates that end at the floor.
        rates = expected[:, 4:]
        assert np.all(rates[:50] == rates[0])
        assert len(np.unique(rates[:, 1])) == 4
        assert np.all(rates[-1] == floor)
        assert expected[:50, 2].min() == 0 < expected[-1, 2] < 1

    def test_a_rate_below_the_floor_stays(self):
        gan = simple(rates=(1e-3, 1e-5), patience=1, min_learning_rate=1e-4)
        for i in range(12):
            gan.train_step(batch(1.0, step=i))
        rates = [float(o.learning_rate) for o in gan.optimizers.values()]
        np.testing.assert_allclose(rates, [1e-4, 1e-5])

    def test_never_without_patience(self):
        gan = simple(rates=(1e-3, 1e-3))
        for i in range(12):
            gan.train_step(batch(1.0, step=i))
        for optimizer in gan.optimizers.values():
            assert float(optimizer.learning_rate) == np.float32(1e-3)

    def test_counts_anew_after_a_halving(self):
        gan = simple(rates=(1.0, 1.0), patience=3)
        gan.generator.level.assign(0.0)
        rates = []
        for i in range(10):
            gan.discriminator.gain.assign(0.5)  # M stands still
            gan.train_step(batch(1.0, step=i))
            rates.append(float(gan.generator_optimizer.learning_rate))
        assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]

    def test_counts_on_after_compiling_again(self):
        gan = simple(patience=50)
        seen = []
        for i in range(4):
            if i == 2:
                gan.compile(
                    keras.optimizers.SGD(0.0),
                    keras.optimizers.SGD(0.0),
                    run_eagerly=True,
                )
            logs = gan.train_step(batch(1.0 + i, step=i))
            seen.append(float(logs["m_global"]))
        assert np.std(seen) > 0.1
        assert float(gan._mean) == pytest.approx(np.mean(seen))

    @pytest.mark.parametrize("scaled", [False, True])
    def test_a_schedule_beside_it(self, scaled):
        def optimizer():
            rate = keras.optimizers.schedules.CosineDecay(1e-3, 100)
            inner = keras.optimizers.Adam(rate)
            if scaled:
                return keras.optimizers.LossScaleOptimizer(inner)
            return inner

        plain = keras.optimizers.Adam
        with pytest.raises(
            ValueError, match=r"`patience`.*schedule.*patience=5.*CosineDecay"
        ):
            simple(patience=5).compile(optimizer(), plain())
        with pytest.raises(ValueError, match="patience=5"):
            simple(patience=5).compile(plain(), optimizer())
        simple().compile(optimizer(), optimizer())

    def test_updates_that_a_loss_scale_leaves_out(self):
        """The mean of M is that of the steps, finite from the first."""
        gan = simple(level=0.5, gain=0.5, patience=3)
        gan.compile(
            *(
                keras.optimizers.LossScaleOptimizer(
                    keras.optimizers.SGD(0.1), initial_scale=3e38
                )
                for _ in range(2)
            ),
            run_eagerly=True,
        )
        seen = []
        for i in range(2):
            # The gradient of both is 10, which overflows.
            gan.generator.level.assign(20.0)
            gan.discriminator.gain.assign(-9.0)
            logs = gan.train_step(batch(20.0 + i, step=i))
            seen.append(float(logs["m_global"]))
        assert int(gan.generator_optimizer.iterations) == 0
        assert seen[0] != seen[1]
        assert float(gan._mean) == pytest.approx(np.mean(seen))
        assert np.isfinite(float(gan._best))


# Arguments -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("gamma", [-0.1, 1.1, float("nan")]),
        ("lambda_k", [0, -1, float("inf"), float("nan")]),
        ("patience", [0, -1, 1.5]),
        ("min_learning_rate", [-1e-5, float("inf"), float("nan")]),
    ],
)
def test_bad_values(name, values):
    for value in values:
        with pytest.raises(ValueError, match=f"`{name}`.*{name}={value}"):
            simple(**{name: value})


@pytest.mark.parametrize("gamma", [0, 1])
def test_the_ends_of_gamma(gamma):
    assert simple(gamma=gamma).gamma == gamma


def test_defaults_are_the_paper_s():
    gan = simple()
    assert (gan.gamma, gan.lambda_k) == (0.5, 0.001)
    assert not gan.simultaneous and gan.patience is None
    assert gan.min_learning_rate == 2e-5


def test_has_no_conditional_form():
    class Labelled(Level):
        num_classes = 3

        def call(self, inputs, training=None):
            return super().call(inputs[0])

    class Labelling(Gain):
        num_classes = 3

    with pytest.raises(ValueError, match=r"BEGAN.*conditional.*num_classes=3"):
        BEGAN(Labelled(), Labelling(), latents=prior())
