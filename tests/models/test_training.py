"""The training of every member of the family, on networks of a few units.

Each loss and each option of `GAN` is in one of these classes; what they have
in common is the contract's.
"""

import math
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import (
    BATCH,
    SEED,
    Autoencoder,
    Discriminator,
    Encoder,
    Featured,
    Generator,
    TrainingContract,
    adam,
    assert_same,
    changed,
    compiled_steps,
    data_of,
    drawn,
    fit,
    names_of,
    numbers,
    prior,
    state,
    variables,
)
from tf_gans import GAN, layers, losses, penalties
from tf_gans.models.began import BEGAN
from tf_gans.models.vae import VAE
from tf_gans.noise import InstanceNoise

# One of real and one of generated samples: they cancel.
LAST_BIAS = r"discriminator.*head[/_]bias"


def generated(gan, z):
    """What the generator makes of z in training; nothing changes."""
    generator = gan.generator
    return generator.stateless_call(
        generator.trainable_variables,
        generator.non_trainable_variables,
        z,
        training=True,
    )[0]


class GANContract(TrainingContract):
    """A subclass says with which options."""

    options: dict = {}
    networks: dict = {}  # options of the discriminator
    logs = ("d_loss", "g_loss")

    def make(self, dtype=None, discriminator=Discriminator, **compile_options):
        gan = GAN(
            Generator(dtype=dtype),
            discriminator(**self.networks, dtype=dtype),
            latents=prior(),
            seed=SEED,
            **self.options,
        )
        gan.compile(adam(dtype), adam(dtype), **compile_options)
        return gan

    def still_one(self):
        """One whose updates move nothing."""
        gan = self.make()
        gan.compile(
            keras.optimizers.SGD(0.0),
            keras.optimizers.SGD(0.0),
            run_eagerly=True,
        )
        return gan


class TestNonSaturating(GANContract):
    """The plain GAN with the moving average; the loss is the default."""

    options = {"ema_decay": 0.9, "track_outputs": True}
    networks = {"batch_norm": True}
    logs = ("d_loss", "g_loss", "d_real", "d_fake")

    def test_batch_statistics_of_a_step(self):
        """Row 19 of the ledger: in training, both networks use the batch's.

        And each call moves the averages on: two of the generator, and three of
        the discriminator, on real samples, on generated ones, and on those of
        the generator's own update.
        """
        gan = self.still_one()
        data = data_of(gan)
        real, z = data[0][0], drawn(data, "z")
        fakes = [generated(gan, z[0]), generated(gan, z[1])]
        for network in (gan.generator, gan.discriminator):
            # Averages that are far from any batch's.
            network.norm.moving_mean.assign(np.full(8, 50.0))
        gan.train_step(data)
        for network, batches in (
            (gan.generator, [z[0], z[1]]),
            (gan.discriminator, [real, *fakes]),
        ):
            mean, variance = np.full(8, 50.0), np.ones(8)
            for x in batches:
                h = tf.reshape(x, (BATCH, -1)) @ network.hidden.kernel
                mean = 0.5 * mean + 0.5 * np.mean(h, axis=0)
                variance = 0.5 * variance + 0.5 * np.var(h, axis=0)
            norm = network.norm
            np.testing.assert_allclose(norm.moving_mean, mean, rtol=1e-5)
            np.testing.assert_allclose(
                norm.moving_variance, variance, rtol=1e-4
            )


class TestMinimax(GANContract):
    """Both players at once."""

    options = {
        "loss": losses.Minimax(label_smoothing=0.1),
        "simultaneous": True,
    }

    def test_both_gradients_are_from_before_both_updates(self):
        rate = 0.1
        gan, old = self.make(), self.make()
        gan.compile(
            keras.optimizers.SGD(rate),
            keras.optimizers.SGD(rate),
            run_eagerly=True,
        )
        data = data_of(gan)
        logs = gan.train_step(data)
        real, (z,) = data[0][0], drawn(data, "z")
        loss = self.options["loss"]
        with tf.GradientTape(persistent=True) as tape:
            fake = old.generator(z, training=True)
            logits = old.discriminator(fake)
            values = {
                "discriminator": loss.discriminator(
                    old.discriminator(real), logits
                ),
                "generator": loss.generator(logits),
            }
        for player, value in values.items():
            np.testing.assert_allclose(logs[f"{player[0]}_loss"], value, 1e-5)
            weights = getattr(old, player).trainable_variables
            for weight, gradient, ours in zip(
                weights,
                tape.gradient(value, weights),
                getattr(gan, player).trainable_variables,
                strict=True,
            ):
                assert np.max(np.abs(gradient)) > 1e-5
                np.testing.assert_allclose(
                    ours, weight - rate * gradient, rtol=1e-5, atol=1e-7
                )


NOISES = ("real_noise", "noise")
SEEN = []


@keras.saving.register_keras_serializable(package="tests.training")
class Watched(Discriminator):
    """Tells what it was shown."""

    def call(self, x, training=None):
        SEEN.append(x)
        return super().call(x, training)


class TestLeastSquares(GANContract):
    """Noise on what the discriminator sees, and two updates of G."""

    options = {
        "loss": losses.LeastSquares(),
        "instance_noise": InstanceNoise(0.3, decay_steps=4),
        "generator_steps": 2,
    }
    updates = ("discriminator", "generator", "generator")

    def test_everything_is_noisy(self):
        gan = self.make(discriminator=Watched)
        gan.compile(
            keras.optimizers.SGD(0.0),
            keras.optimizers.SGD(0.0),
            run_eagerly=True,
        )
        data = data_of(gan, step=1)
        noise = [*drawn(data, "real_noise"), *drawn(data, "noise")]
        assert len(noise) == 4
        for each in noise:
            assert np.std(each) == pytest.approx(0.3 * 0.75, rel=0.2)
        clean = [data[0][0], *(generated(gan, z) for z in drawn(data, "z"))]
        SEEN.clear()
        gan.train_step(data)
        assert len(SEEN) == 4
        for seen, samples, added in zip(SEEN, clean, noise, strict=True):
            np.testing.assert_allclose(seen, samples + added, atol=1e-6)
        # From the fourth step on there is none.
        late = data_of(gan, step=4)
        assert not np.any([*drawn(late, "real_noise"), *drawn(late, "noise")])

    def test_the_noise_is_in_the_order_of_the_passes(self):
        """Real and generated of each update of D, then those of G."""
        noise = InstanceNoise(0.3)
        gan = GAN(
            Generator(),
            Discriminator(),
            latents=prior(),
            instance_noise=noise,
            critic_steps=2,
            generator_steps=2,
        )
        draws = numbers(gan, step=3)
        order = [
            *(d[n] for d in draws["discriminator"] for n in NOISES),
            *(d["noise"] for d in draws["generator"]),
        ]
        expected = noise.draw(SEED, 3, 1, 6, BATCH, gan.sample_shape)[0]
        np.testing.assert_array_equal(order, expected)


class TestWeightClipping(GANContract):
    """WGAN: several updates of the critic, each followed by the clipping."""

    options = {
        "loss": losses.Wasserstein(),
        "constraint": penalties.WeightClipping(0.05),
        "critic_steps": 2,
    }
    networks = {"batch_norm": True}
    logs = ("d_loss", "g_loss", "wasserstein")
    updates = ("discriminator", "discriminator", "generator")
    still = LAST_BIAS

    def make(self, dtype=None, **options):
        gan = super().make(dtype, **options)
        # So that it is the clipping that moves it, and no gradient.
        gan.discriminator.head.bias.assign([0.5])
        return gan

    def expected_changes(self, model):
        bias = names_of(model, [model.discriminator.head.bias])
        assert bias
        return super().expected_changes(model) | bias

    def test_ledger_7_clips_after_each_update(self, monkeypatch):
        """Not before, which would leave the last update outside."""
        gan = self.make(run_eagerly=True)
        outside = []

        def widest():
            weights = gan.discriminator.trainable_variables
            return [float(np.max(np.abs(w))) for w in weights]

        clip = gan.constraint.apply

        def watched(weights):
            assert len(weights) == len(gan.discriminator.trainable_variables)
            outside.append(max(widest()))
            clip(weights)
            assert max(widest()) <= np.float32(0.05)

        monkeypatch.setattr(gan.constraint, "apply", watched)
        average = gan.discriminator.norm.moving_mean
        average.assign(np.full(8, 50.0))
        gan.train_step(data_of(gan))
        assert len(outside) == 2
        # The first update starts at weights of 1, the second in the box.
        assert outside[0] > 0.9 and 0.05 < outside[1] < 0.07
        assert max(widest()) <= np.float32(0.05)
        assert min(widest()) > 0
        # What is not trained is left alone, and so is the generator.
        assert np.min(average) > 1  # after five batches, 50 / 32
        weights = gan.generator.trainable_variables
        assert max(float(np.max(np.abs(w))) for w in weights) > 0.9


class TestGradientPenalty(GANContract):
    """WGAN-GP with a moving average of the generator."""

    options = {
        "loss": losses.Wasserstein(),
        "penalty": penalties.GradientPenalty(10.0),
        "critic_steps": 2,
        "ema_decay": 0.9,
    }
    logs = ("d_loss", "g_loss", "penalty", "wasserstein")
    updates = ("discriminator", "discriminator", "generator")
    still = LAST_BIAS

    @pytest.mark.slow
    def test_a_penalty_under_xla(self, trained):
        self.check_agrees(compiled_steps(self.make(), 3), trained)

    @pytest.mark.slow
    def test_half_precision_under_xla(self, trained):
        """With its loss scale, and a gradient of a gradient."""
        model = self.make(dtype="mixed_float16")
        before = state(model)
        losses = compiled_steps(model, 4)
        self.check_mixed(model, before, losses, trained)

    def test_each_update_interpolates_elsewhere(self, monkeypatch):
        """Between its own real and its own generated samples."""
        gan = self.still_one()
        seen = []
        penalty = type(gan.penalty).__call__

        def watched(self, critic, real, fake, noise):
            seen.append((real, fake, noise))
            return penalty(self, critic, real, fake, noise)

        monkeypatch.setattr(type(gan.penalty), "__call__", watched)
        for step in (0, 1):
            data = data_of(gan, step)
            gan.train_step(data)
            for k in range(2):
                real, fake, noise = seen[2 * step + k]
                np.testing.assert_array_equal(real, data[0][k])
                np.testing.assert_allclose(
                    fake, generated(gan, drawn(data, "z")[k]), atol=1e-6
                )
                number = 2 * step + k
                np.testing.assert_array_equal(
                    noise,
                    gan.penalty.draw(SEED, number, 1, BATCH, (4, 4, 1))[0],
                )
        for i in range(3):
            rows = [np.ravel(row[i]) for row in seen]
            assert len(np.unique(rows, axis=0)) == 4


class TestSpectralNormalization(GANContract):
    """SN-GAN: the hinge loss, kernels divided by their norms."""

    options = {"loss": losses.Hinge()}
    networks = {"spectral_norm": True}
    still = LAST_BIAS  # while all logits are within the margins

    def test_one_power_iteration_for_each_update_of_the_critic(self):
        gan = GAN(
            Generator(),
            Discriminator(spectral_norm=True),
            latents=prior(),
            critic_steps=3,
        )
        gan.compile(
            keras.optimizers.SGD(0.0),
            keras.optimizers.SGD(0.0),
            run_eagerly=True,
        )
        layer = gan.discriminator.hidden
        u = np.zeros(8)
        u[0] = 1.0  # far from the singular vector
        layer.u.assign(u)
        gan.train_step(data_of(gan))
        kernel = layer.layer.kernel.numpy().astype(np.float64)
        for _ in range(3):
            u = kernel.T @ (kernel @ u)
            u /= np.linalg.norm(u)
        np.testing.assert_allclose(layer.u, u, atol=1e-5)
        further = kernel.T @ (kernel @ u)
        assert np.abs(u - further / np.linalg.norm(further)).max() > 1e-3


def spectral(name):
    """A model of normalised networks, whose updates move nothing."""
    networks = {
        "generator": Generator(spectral_norm=True),
        "discriminator": Discriminator(spectral_norm=True),
        "autoencoder": Autoencoder(spectral_norm=True),
        "encoder": Encoder(spectral_norm=True),
    }
    generator = networks["generator"]
    z = prior(normal=True)
    if name == "vae":
        model = VAE(networks["encoder"], generator, z, ema_decay=0.5)
        model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
        return model, [model.encoder, generator]
    if name == "began":
        model = BEGAN(generator, networks["autoencoder"], z, ema_decay=0.5)
    else:
        model = GAN(
            generator,
            networks["discriminator"],
            z,
            simultaneous=name == "simultaneous",
            ema_decay=0.5,
        )
    model.compile(
        keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True
    )
    return model, [generator, model.discriminator]


@pytest.mark.parametrize("name", ["gan", "simultaneous", "began", "vae"])
def test_all_that_learn_have_a_power_iteration_a_step(name):
    """The average has unit vectors, too, where those of units are shorter."""
    model, networks = spectral(name)
    expected = []
    for network in networks:
        layer = network.hidden
        u = np.zeros(8)
        u[0] = 1.0  # far from the singular vector
        layer.u.assign(u)
        kernel = layer.layer.kernel.numpy().astype(np.float64)
        u = kernel.T @ (kernel @ u)
        expected.append(u / np.linalg.norm(u))
        assert np.abs(expected[-1][0]) < 0.9
    model.train_step(data_of(model))
    for network, u in zip(networks, expected, strict=True):
        np.testing.assert_allclose(network.hidden.u, u, atol=1e-5)
    u = model.ema_generator.hidden.u.numpy()
    assert np.linalg.norm(u) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
class TestRelativistic(GANContract):
    """R3GAN, with instance noise and the moving average."""

    options = {
        "loss": losses.RelativisticPairing(),
        "penalty": penalties.R1R2(0.5),
        "instance_noise": InstanceNoise(0.1),
        "ema_decay": 0.9,
    }
    logs = ("d_loss", "g_loss", "penalty")
    # Of pairs only differences count, and of those no bias is left.
    still = LAST_BIAS


def test_a_relativistic_generator_sees_the_last_real_batch():
    """Each sample with the real one of its place, both of them noisy."""
    gan = TestRelativistic().still_one()
    gan.critic_steps = 2
    data = data_of(gan)
    (numbers,) = data[1]["generator"]
    fake = generated(gan, numbers["z"]) + numbers["noise"]
    real = data[0][1] + numbers["real_noise"]
    lead = gan.discriminator(fake) - gan.discriminator(real)
    expected = np.log1p(np.exp(-np.float64(lead))).mean()
    logs = gan.train_step(data)
    np.testing.assert_allclose(logs["g_loss"], expected, rtol=1e-5)


def test_all_noise_of_a_relativistic_step_is_of_its_own():
    """Four passes of the discriminator, of which none shares it."""
    _, draws, _ = data_of(TestRelativistic().make())
    noise = [
        np.ravel(numbers[name])
        for player in ("discriminator", "generator")
        for numbers in draws[player]
        for name in ("noise", "real_noise")
    ]
    assert len(np.unique(noise, axis=0)) == len(noise) == 4


def test_relativistic_and_simultaneous():
    """One pass for both: the two losses are of the same pairs."""
    gan = GAN(
        Generator(),
        Discriminator(),
        latents=prior(),
        loss=losses.RelativisticPairing(),
        simultaneous=True,
        seed=SEED,
    )
    gan.compile(
        keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), run_eagerly=True
    )
    data = data_of(gan)
    real, (z,) = data[0][0], drawn(data, "z")
    leads = np.float64(
        gan.discriminator(real) - gan.discriminator(generated(gan, z))
    )
    before = gan.generator.get_weights()
    logs = gan.train_step(data)
    for name, values in (("d_loss", -leads), ("g_loss", leads)):
        expected = np.log1p(np.exp(values)).mean()
        np.testing.assert_allclose(logs[name], expected, rtol=1e-5)
    moved = zip(before, gan.generator.get_weights(), strict=True)
    assert any(np.any(old != new) for old, new in moved)


@pytest.mark.slow
class TestFeatureMatching(GANContract):
    """With a history, instance noise and several updates of the critic."""

    options = {
        "feature_matching": True,
        "historical_averaging": 0.5,
        "instance_noise": InstanceNoise(0.1),
        "ema_decay": 0.9,
        "critic_steps": 2,
    }
    logs = ("d_loss", "g_loss", "d_pull", "g_pull")
    updates = ("discriminator", "discriminator", "generator")

    def make(self, dtype=None, discriminator=Featured, **options):
        return super().make(dtype, discriminator, **options)

    def expected_changes(self, model):
        return super().expected_changes(model) | histories(model)


@pytest.mark.slow
class TestHistoricalAveraging(GANContract):
    """Of two players that are updated at once."""

    options = {"historical_averaging": 0.5, "simultaneous": True}
    networks = {"batch_norm": True}
    logs = ("d_loss", "g_loss", "d_pull", "g_pull")

    def expected_changes(self, model):
        return super().expected_changes(model) | histories(model)


def histories(model):
    """The names of what is known of both players' past."""
    owners = (model.generator_history, model.discriminator_history)
    return names_of(model, [v for owner in owners for v in owner.weights])


class TestDRAGAN(GANContract):
    """The authors' program's noise."""

    options = {"penalty": penalties.DRAGAN()}
    logs = ("d_loss", "g_loss", "penalty")


@pytest.mark.slow
class TestGaussianDRAGAN(GANContract):
    """The paper's noise, with instance noise, and both players at once."""

    options = {
        "penalty": penalties.DRAGAN(noise="gaussian", scale=0.5),
        "instance_noise": InstanceNoise(0.1),
        "simultaneous": True,
        "ema_decay": 0.5,
    }
    logs = ("d_loss", "g_loss", "penalty")


@pytest.mark.slow
class TestClamped(GANContract):
    """The clamped loss with R1 and batch normalisation; one z for all."""

    options = {
        "loss": losses.ClampedNonSaturating(),
        "penalty": penalties.R1(0.5),
        "fresh_latents": False,
        "generator_steps": 2,
    }
    networks = {"batch_norm": True}
    logs = ("d_loss", "g_loss", "penalty")
    updates = ("discriminator", "generator", "generator")


class BEGANContract(TrainingContract):
    options: dict = {}
    logs = ("d_loss", "g_loss", "k", "m_global")

    def make(self, dtype=None, **compile_options):
        gan = BEGAN(
            Generator(dtype=dtype),
            Autoencoder(dtype=dtype),
            latents=prior(),
            gamma=1.0,
            lambda_k=0.5,
            seed=SEED,
            **self.options,
        )
        optimizers = adam(dtype, 1e-3), adam(dtype, 1e-3)
        gan.compile(*optimizers, **compile_options)
        return gan

    def expected_changes(self, model):
        assert 0 < float(model.k) < 1
        return super().expected_changes(model) | names_of(model, [model.k])

    def test_k_moves_on(self, trained):
        assert (
            trained["end"]["02 began/k"] > trained["middle"]["02 began/k"] > 0
        )


class TestBEGAN(BEGANContract):
    """With patience: rates that fall are part of the state."""

    options = {"patience": 2, "ema_decay": 0.9}

    def expected_changes(self, model):
        own = {"k", "mean_of_m", "best_mean_of_m"}
        if int(model._stalled):
            own.add("stalled_steps")
        return super().expected_changes(model) | {
            name
            for name, variable in variables(model).items()
            if variable.name in own
        }

    def test_what_is_saved_and_what_then_happens(self, trained):
        """The count stands at 1, and a step later the rates are halved."""
        found = {}
        for when in ("middle", "end"):
            for name, value in trained[when].items():
                key = name.split()[-1].split("/")[-1]
                if key in ("stalled_steps", "learning_rate"):
                    found.setdefault(key, []).append(float(value))
        assert found["stalled_steps"] == [1, 0]
        expected = np.float32([1e-3, 1e-3, 5e-4, 5e-4])
        np.testing.assert_array_equal(found["learning_rate"], expected)


@pytest.mark.slow
class TestBEGANWithAHistory(BEGANContract):
    options = {"historical_averaging": 0.5}
    logs = (*BEGANContract.logs, "d_pull", "g_pull")

    def expected_changes(self, model):
        return super().expected_changes(model) | histories(model)


@pytest.mark.slow
class TestSimultaneousBEGAN(BEGANContract):
    """One forward pass for both players, as in the well-known program."""

    options = {"simultaneous": True}


class VAEContract(TrainingContract):
    options: dict = {}
    logs = ("loss", "reconstruction", "kl")
    updates = ("both",)

    def make(self, dtype=None, **compile_options):
        vae = VAE(
            Encoder(batch_norm=True, dtype=dtype),
            Generator(dtype=dtype),
            latents=prior(normal=True),
            seed=SEED,
            **self.options,
        )
        vae.compile(adam(dtype), **compile_options)
        return vae

    def players(self, model):
        owned = [
            *model.encoder.trainable_variables,
            *model.generator.trainable_variables,
        ]
        return {"both": (owned, "optimizer")}


class TestVAE(VAEContract):
    options = {"ema_decay": 0.9}


@pytest.mark.slow
class TestGaussianVAE(VAEContract):
    options = {"likelihood": "gaussian", "stddev": 0.5, "spread": "softplus"}


# Loss scales -----------------------------------------------------------------


SCALE = keras.optimizers.LossScaleOptimizer


@pytest.mark.parametrize("contract", [TestMinimax, TestBEGAN, TestVAE])
def test_half_precision_has_a_loss_scale(contract, tmp_path):
    """As in Keras: none in other dtypes, and one, where there is one."""
    for dtype in ("mixed_float16", "mixed_bfloat16", None):
        model = contract().make(dtype)  # with scales of its own in float16
        names = list(model.optimizers)
        for given in model.optimizers.values():
            assert isinstance(given, SCALE) == (dtype == "mixed_float16")
            inner = getattr(given, "inner_optimizer", None)
            assert not isinstance(inner, SCALE)
        model.compile(*(keras.optimizers.Adam(1e-3) for _ in names))
        for optimizer in model.optimizers.values():
            assert isinstance(optimizer, SCALE) == (dtype == "mixed_float16")
    model = contract().make("mixed_float16")
    model.compile(*(keras.optimizers.Adam(1e-3) for _ in names))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for optimizer in loaded.optimizers.values():
        assert type(optimizer) is SCALE
        assert type(optimizer.inner_optimizer) is keras.optimizers.Adam


def test_a_file_without_a_loss_scale_goes_on_as_it_was(tmp_path, monkeypatch):
    """As the first releases wrote it: its moments would not be loaded."""
    model = TestMinimax().make("mixed_float16")
    with monkeypatch.context() as patched:
        patched.setattr(GAN, "_adds_loss_scale", False)
        model.compile("adam", "adam", jit_compile=False, steps_per_execution=1)
    fit(model, 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for each in (model, loaded):
        fit(each, 2)
    for optimizer in loaded.optimizers.values():
        assert type(optimizer) is keras.optimizers.Adam
    assert_same(state(loaded), state(model))
    # A `compile` of one's own has a scale again.
    loaded.compile("adam", "adam")
    assert type(loaded.generator_optimizer) is SCALE


# What cannot be together -----------------------------------------------------


def make(**options):
    discriminator = Discriminator(batch_norm=options.pop("batch_norm", False))
    return GAN(Generator(), discriminator, latents=prior(), **options)


def sequential(layer, **options):
    """A GAN whose discriminator has this layer."""
    discriminator = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), layer]
    )
    discriminator.add(keras.layers.Dense(1))
    return GAN(Generator(), discriminator, latents=prior(), **options)


class TestContradictions:
    @pytest.mark.parametrize(
        "penalty",
        [penalties.R1(), penalties.GradientPenalty(), penalties.DRAGAN()],
        ids=lambda p: type(p).__name__,
    )
    def test_a_constraint_and_a_penalty(self, penalty):
        name = type(penalty).__name__
        with pytest.raises(
            ValueError, match=f"`constraint`.*`penalty`.*WeightClipping.*{name}"
        ):
            make(penalty=penalty, constraint=penalties.WeightClipping())

    def test_ledger_5_batch_norm_in_a_critic_with_a_gradient_penalty(self):
        with pytest.raises(
            ValueError, match=r"GradientPenalty.*batch norm.*`discriminator`"
        ):
            make(penalty=penalties.GradientPenalty(), batch_norm=True)

    def test_ledger_5_is_warned_of_for_dragan(self):
        with pytest.warns(
            UserWarning, match=r"DRAGAN.*batch norm.*`discriminator`"
        ) as caught:
            make(penalty=penalties.DRAGAN(), batch_norm=True)
        assert caught[0].filename == __file__

    @pytest.mark.parametrize(
        "penalty", [penalties.GradientPenalty(), penalties.DRAGAN()]
    )
    def test_minibatch_discrimination_is_warned_of(self, penalty):
        name = type(penalty).__name__
        with pytest.warns(
            UserWarning, match=rf"{name}.*minibatch disc.*`discriminator`"
        ) as caught:
            sequential(layers.MinibatchDiscrimination(), penalty=penalty)
        assert caught[0].filename == __file__
        # The demonstration has R1 with it on purpose.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sequential(layers.MinibatchDiscrimination(), penalty=penalties.R1())

    @pytest.mark.parametrize(
        "penalty",
        [penalties.R1(), penalties.GradientPenalty(), penalties.DRAGAN()],
        ids=lambda p: type(p).__name__,
    )
    def test_kernels_that_are_overwritten_are_warned_of(self, penalty):
        name = type(penalty).__name__
        dense = keras.layers.Dense(2)
        with pytest.warns(
            UserWarning, match=rf"{name}.*keras.layers.SpectralNormalization"
        ) as caught:
            sequential(
                keras.layers.SpectralNormalization(dense), penalty=penalty
            )
        assert caught[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sequential(layers.SpectralNormalization(dense), penalty=penalty)

    def test_r1_allows_it(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            make(penalty=penalties.R1(), batch_norm=True)
            make(penalty=penalties.DRAGAN())
            make(penalty=penalties.GradientPenalty())

    @pytest.mark.parametrize("option", ["critic_steps", "generator_steps"])
    def test_several_updates_at_once(self, option):
        with pytest.raises(ValueError, match=f"`simultaneous.*{option}=2"):
            make(simultaneous=True, **{option: 2})


def test_an_update_that_is_left_out_is_no_update():
    """A loss scale that overflows skips it; the average stays finite."""
    gan = GAN(Generator(), Discriminator(), latents=prior(), ema_decay=0.9)
    scaled = [
        keras.optimizers.LossScaleOptimizer(
            keras.optimizers.SGD(0.1), initial_scale=math.inf
        )
        for _ in range(2)
    ]
    gan.compile(*scaled, run_eagerly=True)
    before = state(gan)
    gan.train_step(data_of(gan))
    moved = changed(before, state(gan))
    for network in (gan.generator, gan.discriminator):
        assert not moved & names_of(gan, network.trainable_variables)
    for name, value in state(gan).items():
        assert np.isfinite(value).all() or "dynamic_scale" in name, name
