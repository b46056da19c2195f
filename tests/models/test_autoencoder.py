"""Autoencoders with a prior and without: their losses, phases, training."""

import json
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import (
    BATCH,
    LATENT_DIM,
    SEED,
    SHAPE,
    Discriminator,
    Generator,
    Pictures,
    TrainingContract,
    _Small,
    adam,
    assert_same,
    changed,
    data_of,
    fit,
    numbers,
    prior,
    state,
)
from tf_gans import AdversarialAutoencoder, Autoencoder, losses
from tf_gans.models import reconstruction
from tf_gans.runs.directory import RunDirectory


@keras.saving.register_keras_serializable(package="tests.autoencoder")
class Encoder(_Small):
    """Images to codes, in the dtype that the network computes in."""

    sample_shape = SHAPE

    def __init__(self, outputs=LATENT_DIM, name="encoder", **kwargs):
        super().__init__(outputs, name=name, **kwargs)

    def call(self, x, training=None):
        return self._outputs(x, training)

    def get_config(self):
        return {**super().get_config(), "outputs": self.outputs_}


class Linear(keras.Model):
    """`x W`, of vectors, with a range and logits."""

    def __init__(self, kernel, value_range=None):
        super().__init__()
        self.kernel = tf.Variable(kernel, dtype=tf.float32)
        self.value_range = value_range
        self.sample_shape = (self.kernel.shape[0],)

    def build(self, input_shape=None):
        pass

    def logits(self, x, training=None):
        return x @ self.kernel

    def call(self, x, training=None):
        y = self.logits(x)
        return tf.sigmoid(y) if self.value_range else y


def make(dtype=None, batch_norm=False, **options):
    return Autoencoder(
        Encoder(dtype=dtype),
        Generator(batch_norm=batch_norm, dtype=dtype),
        **{"seed": SEED, **options},
    )


def compiled(dtype=None, optimizer=None, run_eagerly=False, **options):
    model = make(dtype, **options)
    model.compile(
        optimizer or adam(dtype),
        jit_compile=False,
        steps_per_execution=3,
        run_eagerly=run_eagerly,
    )
    return model


def batch(step=0):
    return Pictures().draw(SEED, step, 1)


# The losses ------------------------------------------------------------------


class TestLosses:
    """Against the formulas, in float64."""

    def values(self):
        rng = np.random.default_rng(0)
        x = rng.uniform(0, 1, (6, 5)).astype(np.float32)
        x[:, :2] = np.round(x[:, :2])
        codes = rng.normal(size=(6, 3)).astype(np.float32)
        kernel = rng.normal(0, 30, (3, 5)).astype(np.float32)
        logits = np.float64(codes) @ np.float64(kernel)
        return x, tf.constant(codes), Linear(kernel, (0, 1)), logits

    def test_squared_differences(self):
        x, codes, decoder, logits = self.values()
        squares = (x - 1 / (1 + np.exp(-logits))) ** 2
        for name, expected in (
            ("mse", np.mean(squares)),
            ("euclidean", np.mean(np.sum(squares, axis=1)) / 2),
        ):
            loss = reconstruction.loss_of(name, x, decoder, codes)
            assert loss.shape == () and loss.dtype == tf.float32
            np.testing.assert_allclose(loss, expected, rtol=1e-5)

    def test_bernoulli(self):
        x, codes, decoder, logits = self.values()
        assert np.abs(logits).max() > 60
        terms = x * np.logaddexp(0, -logits) + (1.0 - x) * np.logaddexp(
            0, logits
        )
        loss = reconstruction.loss_of("bernoulli", x, decoder, codes)
        np.testing.assert_allclose(loss, terms.sum(axis=1).mean(), rtol=1e-4)

    def test_of_images_and_their_errors(self):
        """Over all axes but the batch's; the errors are one a sample."""
        model, x = make(), batch()[0]
        restored = np.float64(model.reconstruct(x))
        errors = np.mean((restored - np.float64(x)) ** 2, axis=(1, 2, 3))
        assert np.ptp(errors) > 0.01
        np.testing.assert_allclose(model.errors(x), errors, rtol=1e-5)
        codes = model.encode(x)
        assert codes.shape == (BATCH, LATENT_DIM)
        np.testing.assert_array_equal(model.decode(codes), model(x))
        loss = reconstruction.loss_of("mse", x, model.decoder, codes)
        np.testing.assert_allclose(loss, errors.mean(), rtol=1e-5)


class TestNoise:
    def test_is_clipped_to_the_range(self):
        x = tf.constant([[0.0, 0.5, 1.0]])
        noise = tf.constant([[-0.2, 0.2, 0.3]])
        for value_range, expected in (
            ((0, 1), [[0.0, 0.7, 1.0]]),
            (None, [[-0.2, 0.7, 1.3]]),
        ):
            np.testing.assert_allclose(
                reconstruction.corrupted(x, noise, value_range), expected
            )

    def test_a_step_s_numbers(self):
        """One for each component, of the deviation that was asked for."""
        model = make(noise=0.3)
        draws = model._draw(tf.constant(SEED, tf.int64), 4, 30, BATCH)["noise"]
        assert draws.shape == (30, BATCH, *SHAPE)
        assert np.std(draws) == pytest.approx(0.3, rel=0.05)
        assert abs(np.mean(draws)) < 0.02
        np.testing.assert_array_equal(draws[2], numbers(model, 6)["noise"])
        assert make()._draw(tf.constant(SEED, tf.int64), 0, 1, BATCH) == {}

    def test_the_clean_sample_is_the_target(self):
        """The encoder sees noise, and the loss does not."""
        model = compiled(noise=0.4, optimizer=keras.optimizers.SGD(0.0))
        data = (batch(), numbers(model), 0)
        x = np.float64(data[0][0])
        noisy = np.clip(x + np.float64(data[1]["noise"]), 0, 1)
        restored = np.float64(model(tf.constant(noisy, tf.float32)))
        loss = model.train_step(data)["loss"]
        np.testing.assert_allclose(loss, np.mean((restored - x) ** 2), 1e-5)
        assert abs(loss - np.mean((restored - noisy) ** 2)) > 1e-3

    def test_corrupt(self):
        model, x = make(noise=0.3), batch()[0]
        noisy = model.corrupt(x, seed=1)
        assert np.min(noisy) == 0 and np.max(noisy) == 1
        np.testing.assert_array_equal(noisy, model.corrupt(x, seed=1))
        assert changed({"x": noisy.numpy()}, {"x": model.corrupt(x).numpy()})
        assert make().corrupt(x) is x


# Training --------------------------------------------------------------------


class TestAutoencoder:
    def test_the_step_is_the_gradient_s(self):
        rate = 0.1
        model = compiled(optimizer=keras.optimizers.SGD(rate), run_eagerly=True)
        old, x = make(), batch()
        logs = model.train_step((x, {}, 0))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(x[0] - old(x[0], training=True)))
        owned = old.trainable_variables
        for ours, before, gradient in zip(
            model.trainable_variables,
            owned,
            tape.gradient(loss, owned),
            strict=True,
        ):
            assert np.abs(gradient).max() > 1e-6
            np.testing.assert_allclose(
                ours, before - rate * gradient, rtol=1e-4, atol=1e-6
            )
        assert list(logs) == list(model.step_losses) == ["loss"]
        np.testing.assert_allclose(logs["loss"], loss, rtol=1e-5)

    def test_blocks_and_resuming_bit_for_bit(self, tmp_path):
        """Also with batch normalisation and noise, in a `.keras` file too."""
        model = compiled(noise=0.2, batch_norm=True)
        losses = [fit(model, 4)]
        run = RunDirectory.create(tmp_path / "run", {})
        run.save_checkpoint(model)
        model.save(tmp_path / "model.keras")
        losses.append(fit(model, 3))
        assert np.isfinite(np.concatenate(losses)).all()
        resumed = compiled(noise=0.2, batch_norm=True)
        resumed.steps_per_execution = 2
        assert run.load_checkpoint(resumed) == 4
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        # JSON, as in the file, has lists for tuples.
        configs = [json.dumps(m.get_config()) for m in (loaded, model)]
        assert configs[0] == configs[1]
        for other in (resumed, loaded):
            np.testing.assert_array_equal(fit(other, 3), losses[1])
            assert_same(state(other), state(model))

    def test_learns(self):
        model = compiled(reconstruction="bernoulli", noise=0.1)
        rows = fit(model, 150)[:, 0]
        assert rows[-10:].mean() < rows[:10].mean() - 0.5
        x = batch(1)[0]
        assert np.mean(model.errors(x)) < np.mean(make().errors(x)) / 2

    def test_labels_are_left_out(self):
        model = compiled()
        x = np.random.default_rng(0).uniform(size=(16, *SHAPE))
        data = tf.data.Dataset.from_tensor_slices((x, np.arange(16)))
        model.fit(data.batch(8, drop_remainder=True), verbose=0)
        assert int(model.step.numpy()) == 2

    @pytest.mark.slow
    def test_xla_and_mixed_precision_agree(self):
        rows = fit(compiled(noise=0.2), 3)
        model = compiled(noise=0.2)
        step = tf.function(model.train_step, jit_compile=True, autograph=False)
        for i, row in enumerate(rows):
            loss = step((batch(i), numbers(model, i), i))["loss"]
            np.testing.assert_allclose(loss, row[0], rtol=2e-3)
        for dtype in ("mixed_bfloat16", "mixed_float16"):
            mixed = compiled(dtype, noise=0.2)
            before = state(mixed)
            losses = fit(mixed, 3)
            np.testing.assert_allclose(losses, rows, rtol=0.05)
            assert mixed.reconstruct(batch()[0]).dtype == tf.float32
            assert mixed.encode(batch()[0]).dtype == tf.float32
            assert len(changed(before, state(mixed))) >= 8


class TestAdversarialAutoencoder(TrainingContract):
    logs = ("reconstruction_loss", "d_loss", "g_loss")
    updates = ("reconstruction", "discriminator", "encoder")

    def make(self, dtype=None, **compile_options):
        model = AdversarialAutoencoder(
            Encoder(dtype=dtype),
            Generator(batch_norm=True, dtype=dtype),
            Discriminator(dtype=dtype),
            latents=prior(normal=True),
            ema_decay=0.9,
            seed=SEED,
        )
        model.compile(*(adam(dtype) for _ in range(3)), **compile_options)
        return model

    def players(self, model):
        encoder = model.encoder.trainable_variables
        return {
            "reconstruction": (
                [*encoder, *model.generator.trainable_variables],
                "reconstruction_optimizer",
            ),
            "discriminator": (
                model.discriminator.trainable_variables,
                "discriminator_optimizer",
            ),
            "encoder": (encoder, "encoder_optimizer"),
        }

    def test_an_optimizer_has_one_player(self):
        """Its moments are those of one list of variables."""
        same, other = adam(), adam()
        with pytest.raises(ValueError, match="must be different optimizers"):
            self.make().compile(same, other, same)

    def test_the_losses_of_the_phases(self):
        """From the formulas; a step that moves nothing shows them all."""
        model = self.make()
        still = [keras.optimizers.SGD(0.0) for _ in range(3)]
        model.compile(*still, run_eagerly=True)
        data = data_of(model)
        x, z = data[0][0], data[1]["z"]
        logs = model.train_step(data)
        codes = model.encode(x)
        of_z, of_codes = (
            np.float64(model.discriminator(t)) for t in (z, codes)
        )
        for name, expected in {
            "d_loss": np.mean(np.logaddexp(0, -of_z))
            + np.mean(np.logaddexp(0, of_codes)),
            "g_loss": np.mean(np.logaddexp(0, -of_codes)),
        }.items():
            np.testing.assert_allclose(logs[name], expected, rtol=1e-5)
        restored = model.generator(codes, training=True)
        np.testing.assert_allclose(
            logs["reconstruction_loss"],
            np.mean(np.square(x - restored)),
            rtol=1e-5,
        )

    @pytest.mark.slow
    def test_the_codes_become_the_prior_s(self):
        """Far from it at first, they are drawn to its mean and deviation."""
        model = self.make(jit_compile=False, steps_per_execution=100)
        model.encoder.head.bias.assign([3.0, -3.0, 3.0])
        fit(model, 300)
        codes = np.concatenate([model.encode(batch(i)[0]) for i in range(30)])
        assert np.abs(codes.mean(axis=0)).max() < 1.2
        assert 0.2 < codes.std() < 2.5

    def test_signatures(self):
        model, x = self.make(), batch()[0]
        model.ema_generator.head.bias.assign_add(np.ones(16))
        said = model.signatures()
        codes = said["encode"](x)["codes"]
        np.testing.assert_array_equal(codes, model.encoder(x))
        restored = said["reconstruct"](x)["reconstructions"]
        np.testing.assert_array_equal(restored, model.ema_generator(codes))
        errors = np.mean(np.square(x - restored), axis=(1, 2, 3))
        np.testing.assert_allclose(said["errors"](x)["errors"], errors, 1e-5)
        np.testing.assert_allclose(model.discriminate(x), errors, 1e-5)

    def test_another_loss(self):
        model = AdversarialAutoencoder(
            Encoder(),
            Generator(),
            Discriminator(),
            latents=LATENT_DIM,
            adversarial_loss=losses.LeastSquares(),
        )
        assert isinstance(model.adversarial_loss, losses.LeastSquares)
        assert model.reconstruction == "mse"


# Arguments -------------------------------------------------------------------


class TestArguments:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("reconstruction", "poisson"),
            ("noise", -0.1),
            ("noise", math.inf),
            ("noise", math.nan),
            ("seed", -1),
        ],
    )
    def test_bad_values(self, name, value):
        with pytest.raises(ValueError, match=f"`{name}`.*{name}={value!r}"):
            make(**{name: value})

    def test_networks_that_do_not_fit(self):
        square = np.eye(4)
        with pytest.raises(ValueError, match=r"`decoder`.*\(4,\).*\(5,\)"):
            Autoencoder(Linear(square), Linear(np.zeros((4, 5))))
        with pytest.raises(ValueError, match=r"`encoder` must say the shape"):
            Autoencoder(keras.layers.Dense(3), Linear(square))
        with pytest.raises(ValueError, match=r"`encoder`.*\(None, 3\)"):
            AdversarialAutoencoder(
                Encoder(2), Generator(), Discriminator(), prior(True)
            )
        with pytest.raises(ValueError, match=r"`discriminator`.*\(None, 1\)"):
            AdversarialAutoencoder(
                Encoder(), Generator(), Encoder(), prior(True)
            )

    def test_bernoulli_needs_logits_of_its_range(self):
        with pytest.raises(ValueError, match=r"bernoulli.*value_range=\(-1"):
            make(reconstruction="bernoulli", value_range=(-1, 1))
        plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
        with pytest.raises(ValueError, match=r"`logits`.*Sequential"):
            Autoencoder(plain, plain, reconstruction="bernoulli")

    def test_data_of_another_range_or_shape(self):
        model = compiled()

        class Wide(Pictures):
            value_range = (-1.0, 1.0)

        class Large(Pictures):
            sample_shape = (4, 4, 3)

        class Beyond(Pictures):
            def draw(self, *block):
                return 3 * super().draw(*block)

        for source, message in (
            (Wide(), "value_range"),
            (Large(), "must have the shape"),
            (Beyond(), "must lie in the generator's range"),
        ):
            with pytest.raises(ValueError, match=message):
                model.fit(source, steps_per_epoch=1, verbose=0)
