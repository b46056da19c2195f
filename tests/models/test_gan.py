import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import drawn
from tf_gans import GAN, callbacks, data, latents, losses, networks, penalties
from tf_gans.models.generative import default_jit_compile
from tf_gans.optimizers import FusedAdam

SEED = 5
BATCH = 8
GAUSSIAN = data.Gaussian(BATCH)


class Table(data.Source):
    """Step `i` sees row `i` of a table, so a dataset can show the same."""

    sample_shape = (1,)
    batch_size = BATCH

    def __init__(self, num_steps=200):
        rng = np.random.default_rng(0)
        rows = rng.normal(4, 0.5, (num_steps, BATCH, 1))
        self.rows = rows.astype(np.float32)

    def draw(self, seed, first_step, num_steps):
        first_step = tf.cast(first_step, tf.int32)
        return tf.gather(
            tf.constant(self.rows), first_step + tf.range(num_steps)
        )

    def dataset(self, start=0, stop=None):
        rows = self.rows[start:stop].reshape(-1, 1)
        dataset = tf.data.Dataset.from_tensor_slices(rows)
        return dataset.batch(BATCH, drop_remainder=True)


class WeightsProbe(callbacks.Probe):
    """Measures the weights, and keeps what it was given."""

    def __init__(self, every=1):
        super().__init__(every=every)
        self.steps, self.values = [], []

    def measure(self, gan):
        return {
            "generator": gan.generator.weights[0] + 0,
            "discriminator": gan.discriminator.weights[0] + 0,
        }

    def on_measured(self, steps, values):
        assert set(values) == {"generator", "discriminator"}
        for i, step in enumerate(steps):
            self.steps.append(int(step))
            self.values.append({n: v[i] for n, v in values.items()})


class Recorder(keras.callbacks.Callback):
    """Keeps the losses of every step, and the weights after every block."""

    def __init__(self):
        super().__init__()
        self.losses, self.blocks, self.weights = [], [], []

    def on_train_batch_end(self, batch, logs=None):
        columns = list(self.model.step_losses.values())
        self.losses += np.stack(columns, axis=1).tolist()
        self.blocks.append(len(columns[0]))
        self.weights.append(state(self.model))


def make_gan(
    minibatch=False, compiled=True, gan_options=None, **compile_options
):
    gan = GAN(
        # From these weights both players have something to learn.
        networks.gaussian.Generator(seed=2),
        networks.gaussian.Discriminator(minibatch=minibatch, seed=2),
        latents=latents.Stratified(),
        seed=SEED,
        **(gan_options or {}),
    )
    if compiled:
        gan.compile(FusedAdam(1e-2), FusedAdam(1e-2), **compile_options)
    return gan


def variables(gan):
    """Everything that training changes, except the metrics."""
    found = [
        gan.step,
        *gan.generator.variables,
        *gan.discriminator.variables,
        *gan.generator_optimizer.variables,
        *gan.discriminator_optimizer.variables,
    ]
    if gan.ema_generator is not None:
        found += gan.ema_generator.variables
    return found


def state(gan):
    return [v.numpy() for v in variables(gan)]


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def fit(gan, steps, source=GAUSSIAN, **options):
    return gan.fit(source, steps_per_epoch=steps, verbose=0, **options)


def by_update(z):
    """The numbers of a step: the last z is that of the generator's update."""
    draws = [{"z": each} for each in tf.unstack(z)]
    return {"discriminator": draws[:-1], "generator": draws[-1:]}


STEPS = 23


@pytest.fixture(scope="module")
def one_by_one():
    """A run whose blocks are single steps, and what it saw."""
    gan, recorder = make_gan(steps_per_execution=1), Recorder()
    history = fit(gan, STEPS, callbacks=[recorder])
    return gan, recorder, history


@pytest.fixture(scope="module")
def fresh():
    """Makes, over and over, the same GAN as new, compiled once.

    Its blocks have 5 steps. A `Table` is among its sources.
    """
    gan = make_gan(steps_per_execution=5)
    start = state(gan)

    def make():
        for variable, value in zip(variables(gan), start, strict=True):
            variable.assign(value)
        gan.seed.assign(SEED)
        return gan

    return make


@pytest.fixture(scope="module")
def blocks(fresh):
    """The run of `one_by_one` in blocks, the last of them of 3 steps."""
    gan, recorder = fresh(), Recorder()
    history = fit(gan, STEPS, callbacks=[recorder])
    return state(gan), recorder, history


class TestTrainStep:
    """The algorithm box, without XLA and without `fit`."""

    def batches(self, critic_steps=1):
        reals = Table().draw(0, 0, critic_steps)
        z = latents.Stratified().draw(0, "test", 0, critic_steps + 1, BATCH)
        return reals, by_update(z), 0

    @pytest.mark.parametrize("moving", ["generator", "discriminator"])
    def test_each_update_changes_its_own_variables(self, moving):
        gan = GAN(
            networks.gaussian.Generator(seed=1),
            # Each of its units has a gradient everywhere.
            networks.gaussian.Discriminator(activation="tanh", seed=1),
            latents=latents.Stratified(),
        )
        rates = {"generator": 0.0, "discriminator": 0.0, moving: 0.1}
        gan.compile(
            keras.optimizers.SGD(rates["generator"]),
            keras.optimizers.SGD(rates["discriminator"]),
        )
        before = {name: getattr(gan, name).get_weights() for name in rates}
        logs = gan.train_step(self.batches())
        assert set(logs) == {"d_loss", "g_loss"}
        for name, rate in rates.items():
            changed = [
                not np.array_equal(a, b)
                for a, b in zip(
                    before[name], getattr(gan, name).get_weights(), strict=True
                )
            ]
            assert all(changed) if rate else not any(changed)
        assert gan.generator.trainable
        assert gan.discriminator.trainable

    def test_is_the_algorithm_box(self):
        """Three critic updates and one of the generator, written out."""
        rate = 0.01
        batches = self.batches(critic_steps=3)
        reals, z = batches[0], drawn(batches, "z")
        gan = make_gan(compiled=False, gan_options={"critic_steps": 3})
        gan.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate))
        logs = gan.train_step(batches)
        assert int(gan.discriminator_optimizer.iterations) == 3
        assert int(gan.generator_optimizer.iterations) == 1

        d, g = make_gan().discriminator, make_gan().generator

        def descend(network, loss):
            with tf.GradientTape() as tape:
                value = loss()
            gradients = tape.gradient(value, network.trainable_variables)
            for v, gradient in zip(
                network.trainable_variables, gradients, strict=True
            ):
                v.assign_sub(rate * gradient)
            return value

        for k in range(3):
            fake = g(z[k])
            d_loss = descend(
                d,
                lambda real=reals[k], fake=fake: tf.reduce_mean(
                    -tf.math.log_sigmoid(d(real))
                    - tf.math.log_sigmoid(-d(fake))
                ),
            )
        g_loss = descend(
            g, lambda: -tf.reduce_mean(tf.math.log_sigmoid(d(g(z[3]))))
        )
        np.testing.assert_allclose(logs["d_loss"], d_loss, rtol=1e-5)
        np.testing.assert_allclose(logs["g_loss"], g_loss, rtol=1e-5)
        for ours, theirs in zip(
            [*gan.discriminator.weights, *gan.generator.weights],
            [*d.weights, *g.weights],
            strict=True,
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)

    def test_the_penalty_is_part_of_what_is_descended(self):
        weight = 10.0
        batches = self.batches()
        results = []
        for penalty in (None, penalties.R1(weight)):
            gan = make_gan(compiled=False, gan_options={"penalty": penalty})
            gan.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(1.0))
            start = gan.discriminator.get_weights()
            logs = gan.train_step(batches)
            moved = [
                b - a
                for a, b in zip(
                    start, gan.discriminator.get_weights(), strict=True
                )
            ]
            results.append((logs, moved))
        (plain, without), (penalised, with_penalty) = results
        # The reported loss is the adversarial one alone.
        np.testing.assert_allclose(penalised["d_loss"], plain["d_loss"])
        fresh = make_gan().discriminator
        with tf.GradientTape() as tape:
            value = penalties.R1(weight)(fresh, batches[0][0], None)
        np.testing.assert_allclose(penalised["penalty"], value, rtol=1e-5)
        # The last bias has no part in the gradient at the samples.
        pulls = tape.gradient(value, fresh.trainable_variables)
        assert pulls[-1] is None
        pulls[-1] = tf.zeros(1)
        assert max(np.abs(p).max() for p in pulls) > 1
        for a, b, pull in zip(without, with_penalty, pulls, strict=True):
            np.testing.assert_allclose(b - a, -pull, rtol=1e-3, atol=1e-3)

    def test_the_loss_is_the_one_given(self):
        """With this floor neither player can pay more than -ln 0.9."""
        clamped = losses.ClampedNonSaturating(floor=0.9)
        for loss, is_clamped in ((clamped, True), (None, False)):
            gan = make_gan(gan_options={"loss": loss})
            logs = gan.train_step(self.batches())
            assert (logs["d_loss"] < 0.22) == is_clamped
            assert (logs["g_loss"] < 0.11) == is_clamped


class TestBlocks:
    def test_blocks_are_single_steps(self, one_by_one, blocks):
        """Bit for bit, in everything that training changes."""
        assert equal(state(one_by_one[0]), blocks[0])
        assert one_by_one[1].losses == blocks[1].losses
        assert one_by_one[1].blocks == [1] * STEPS
        assert blocks[1].blocks == [5, 5, 5, 5, 3]
        assert blocks[0][0] == STEPS

    def test_a_block_longer_than_the_run(self, blocks):
        gan = make_gan()
        assert gan.steps_per_execution == 1000
        fit(gan, STEPS)
        assert equal(state(gan), blocks[0])

    def test_two_fits_are_one(self, fresh, blocks):
        gan = fresh()
        fit(gan, 7)
        fit(gan, STEPS - 7)
        assert equal(state(gan), blocks[0])

    def test_epochs_are_steps(self, fresh, blocks):
        gan = fresh()
        history = fit(gan, 11, epochs=2)
        fit(gan, 1)
        assert equal(state(gan), blocks[0])
        assert len(history.history["d_loss"]) == 2

    def test_the_seed_decides(self, fresh, blocks):
        gan = fresh()
        gan.seed.assign(SEED + 1)
        fit(gan, STEPS)
        assert not equal(state(gan), blocks[0])

    def test_a_step_sees_its_own_numbers(self):
        """Real batches and z are those of (seed, step), whatever the engine."""
        source, prior = GAUSSIAN, latents.Stratified()
        options = {"critic_steps": 3}
        gan = make_gan(
            gan_options=options, jit_compile=False, steps_per_execution=3
        )
        fit(gan, 4)
        other = make_gan(gan_options=options)
        step = tf.function(other.train_step, autograph=False)
        for i in range(4):
            step(
                (
                    source.draw(SEED, 3 * i, 3),
                    by_update(prior.draw(SEED, "latents", 4 * i, 4, BATCH)),
                    tf.constant(i, tf.int64),
                )
            )
        for ours, theirs in zip(state(gan)[1:], state(other)[1:], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)

    def test_history_is_the_mean_over_the_steps(self, blocks):
        _, recorder, history = blocks
        assert set(history.history) == {"d_loss", "g_loss"}
        np.testing.assert_allclose(
            [history.history["d_loss"][0], history.history["g_loss"][0]],
            np.mean(recorder.losses, axis=0),
            rtol=1e-5,
        )
        assert np.std(recorder.losses, axis=0).min() > 0.01

    def test_without_xla(self, blocks):
        """Another compiler, and the same training but for rounding."""
        gan = make_gan(jit_compile=False, steps_per_execution=5)
        recorder = Recorder()
        fit(gan, STEPS, callbacks=[recorder])
        np.testing.assert_allclose(
            recorder.losses, blocks[1].losses, rtol=1e-3, atol=1e-3
        )

    def test_run_eagerly(self, blocks):
        gan = make_gan(run_eagerly=True)
        recorder = Recorder()
        assert not gan.jit_compile
        fit(gan, 6, callbacks=[recorder])
        assert recorder.blocks == [6]
        np.testing.assert_allclose(
            recorder.losses, blocks[1].losses[:6], rtol=1e-3, atol=1e-3
        )

    @pytest.mark.slow
    def test_minibatch_discrimination_and_a_penalty(self):
        gan = make_gan(
            minibatch=True, gan_options={"penalty": penalties.R1(0.1)}
        )
        history = fit(gan, 50)
        assert set(history.history) == {"d_loss", "g_loss", "penalty"}
        for values in (*history.history.values(), *gan.get_weights()):
            assert np.all(np.isfinite(values))
        assert set(gan.step_losses) == {"d_loss", "g_loss", "penalty"}
        assert np.all(gan.step_losses["penalty"] > 0)


TABLE = Table()


@pytest.fixture(scope="module")
def from_source(fresh):
    """After 12 steps on the table."""
    gan = fresh()
    fit(gan, 12, TABLE)
    return state(gan)


@pytest.fixture(scope="module")
def fresh_for_datasets(fresh):
    """Like `fresh`, without a program for sources."""
    fresh().fit(TABLE.dataset(0, 1), verbose=0)
    return fresh


class TestDatasets:
    def test_trains_as_a_source_does(self, from_source, fresh_for_datasets):
        gan, recorder = fresh_for_datasets(), Recorder()
        gan.fit(TABLE.dataset(0, 12), verbose=0, callbacks=[recorder])
        assert recorder.blocks == [5, 5, 2]
        assert equal(state(gan), from_source)

    def test_without_an_end(self, from_source, fresh_for_datasets):
        """No block goes beyond the steps asked for."""
        gan, recorder = fresh_for_datasets(), Recorder()
        dataset = TABLE.dataset(0, 12).repeat()
        gan.fit(dataset, steps_per_epoch=12, verbose=0, callbacks=[recorder])
        assert recorder.blocks == [5, 5, 2]
        assert equal(state(gan), from_source)

    def test_epochs_of_counted_steps(self, from_source, fresh_for_datasets):
        """Each goes on where the last one stopped, as in Keras."""
        gan, recorder = fresh_for_datasets(), Recorder()
        history = gan.fit(
            TABLE.dataset(0, 12),
            steps_per_epoch=6,
            epochs=2,
            verbose=0,
            callbacks=[recorder],
        )
        assert len(history.history["g_loss"]) == 2
        assert recorder.blocks == [5, 1, 5, 1]
        assert equal(state(gan), from_source)

    def test_epochs_of_whole_datasets(self, fresh_for_datasets):
        gan = fresh_for_datasets()
        gan.fit(TABLE.dataset(0, 6), epochs=2, verbose=0)
        expected = state(gan)
        gan = fresh_for_datasets()
        gan.fit(TABLE.dataset(0, 6).repeat(2), verbose=0)
        assert equal(state(gan), expected)

    def test_of_pairs_the_first_is_taken(self, from_source, fresh_for_datasets):
        gan = fresh_for_datasets()
        dataset = TABLE.dataset(0, 12).map(lambda x: (x, tf.zeros(8)))
        gan.fit(dataset, verbose=0)
        assert equal(state(gan), from_source)

    @pytest.mark.slow
    def test_each_critic_step_takes_a_batch(self):
        options = {"critic_steps": 3}
        gan = make_gan(
            gan_options=options, steps_per_execution=2, jit_compile=False
        )
        fit(gan, 5, TABLE)
        other = make_gan(
            gan_options=options, steps_per_execution=2, jit_compile=False
        )
        # Batches 15 and 16 do not suffice for a step.
        other.fit(TABLE.dataset(0, 17), verbose=0)
        assert int(other.step) == 5
        assert equal(state(gan), state(other))

    @pytest.mark.slow
    def test_batches_of_several_sizes_one_step_at_a_time(self):
        gan = make_gan(steps_per_execution=1, jit_compile=False)
        x = TABLE.rows.reshape(-1, 1)[:20]
        gan.fit(x, batch_size=8, shuffle=False, verbose=0)
        assert int(gan.step) == 3
        expected = make_gan(steps_per_execution=1, jit_compile=False)
        expected.fit(TABLE.dataset(0, 2), verbose=0)
        expected.fit(tf.data.Dataset.from_tensors(x[16:]), verbose=0)
        for ours, theirs in zip(state(gan), state(expected), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)

    @pytest.mark.slow
    @pytest.mark.parametrize("size", [1, 5])
    def test_of_a_length_not_known_beforehand(self, size):
        gan = make_gan(steps_per_execution=size, jit_compile=False)
        batch = None if size == 1 else BATCH
        dataset = tf.data.Dataset.from_generator(
            lambda: iter(TABLE.rows[:7]),
            output_signature=tf.TensorSpec((batch, 1)),
        )
        with pytest.warns(UserWarning, match="ran out of data"):
            gan.fit(dataset, epochs=2, verbose=0)
        assert int(gan.step) == 14

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "options", [{}, {"critic_steps": 3}], ids=["blocks", "critic steps"]
    )
    def test_batches_of_several_sizes_elsewhere(self, options):
        gan = make_gan(
            gan_options=options, steps_per_execution=1 if options else 5
        )
        dataset = tf.data.Dataset.from_tensor_slices(np.zeros((44, 1), "f4"))
        with pytest.warns(UserWarning, match="drop_remainder=True"):
            gan.fit(dataset.batch(8), verbose=0)
        assert int(gan.step) == (1 if options else 5)

    @pytest.mark.slow
    def test_from_a_source_to_a_dataset_and_back(self, from_source, fresh):
        gan = fresh()
        fit(gan, 4, TABLE)
        gan.fit(TABLE.dataset(4, 8), verbose=0)
        fit(gan, 4, TABLE)
        assert equal(state(gan), from_source)

    def test_a_source_may_have_an_end(self, fresh, monkeypatch):
        monkeypatch.setattr(GAUSSIAN, "steps_per_epoch", 3, raising=False)
        gan = fresh()
        gan.fit(GAUSSIAN, epochs=2, verbose=0)
        assert int(gan.step) == 6


class TestProbe:
    @pytest.mark.parametrize(
        ("every", "size"),
        [
            (3, 5),
            pytest.param(1, 5, marks=pytest.mark.slow),
            pytest.param(7, 5, marks=pytest.mark.slow),
            pytest.param(2, 1000, marks=pytest.mark.slow),
        ],
    )
    def test_moments(self, one_by_one, every, size):
        """At the right steps, with the weights that stood then."""
        gan, probe = make_gan(steps_per_execution=size), WeightsProbe(every)
        fit(gan, STEPS, callbacks=[probe])
        assert probe.steps == list(range(0, STEPS, every))
        single, recorder, _ = one_by_one
        place = {
            "generator": 1,
            "discriminator": 1 + len(single.generator.variables),
        }
        for step, values in zip(probe.steps, probe.values, strict=True):
            for name, value in values.items():
                expected = recorder.weights[step][place[name]]
                np.testing.assert_array_equal(value, expected)
        # Looking does not change what is looked at.
        assert equal(state(gan), state(single))

    @pytest.mark.slow
    def test_goes_on_where_an_earlier_fit_ended(self, fresh, one_by_one):
        gan, probe = fresh(), WeightsProbe(3)
        fit(gan, 8)
        fit(gan, 9, callbacks=[probe])
        assert probe.steps == [9, 12, 15]
        for step, values in zip(probe.steps, probe.values, strict=True):
            expected = one_by_one[1].weights[step][1]
            np.testing.assert_array_equal(values["generator"], expected)

    def test_works_eagerly_and_on_datasets(self):
        probe = WeightsProbe(2)
        gan = make_gan(run_eagerly=True, steps_per_execution=3)
        gan.fit(Table().dataset(0, 5), callbacks=[probe], verbose=0)
        assert probe.steps == [0, 2, 4]
        np.testing.assert_array_equal(
            probe.values[-1]["generator"], gan.generator.weights[0]
        )

    def test_one_at_a_time(self):
        with pytest.raises(ValueError, match="2 of them"):
            fit(make_gan(), 1, callbacks=[WeightsProbe(), WeightsProbe()])

    def test_bad_every(self):
        with pytest.raises(ValueError, match="every=0"):
            WeightsProbe(0)


class TestSaving:
    def test_goes_on_bit_for_bit(self, tmp_path, fresh, blocks):
        gan = fresh()
        fit(gan, 9)
        gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        assert equal(state(loaded), state(gan))
        assert loaded.steps_per_execution == 5
        assert loaded.jit_compile is True
        assert type(loaded.generator_optimizer) is FusedAdam
        fit(loaded, STEPS - 9)
        assert equal(state(loaded), blocks[0])

    def test_weights_alone(self, tmp_path, fresh, blocks):
        """Optimizer states and the step are among them."""
        path = tmp_path / "gan.weights.h5"
        gan = fresh()
        fit(gan, 9)
        gan.save_weights(path)
        gan = fresh()
        assert int(gan.step) == 0
        gan.load_weights(path)
        fit(gan, STEPS - 9)
        assert equal(state(gan), blocks[0])

    def test_all_arguments_survive(self, tmp_path):
        gan = GAN(
            networks.gaussian.Generator(hidden_size=2),
            networks.gaussian.Discriminator(minibatch=True),
            latents=latents.Uniform((1,), -3, 3),
            loss=losses.ClampedNonSaturating(floor=0.01),
            penalty=penalties.R1(0.5),
            critic_steps=2,
            ema_decay=0.9,
            seed=2**40,
            name="mine",
        )
        gan.compile(keras.optimizers.RMSprop(0.01), keras.optimizers.SGD(0.02))
        gan.ema_generator.weights[0].assign_add([[1.0, 2.0]])
        gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        # JSON, as in the file, has lists for tuples.
        configs = [json.dumps(m.get_config()) for m in (loaded, gan)]
        assert configs[0] == configs[1]
        assert loaded.get_config()["seed"] == 2**40
        assert loaded.name == "mine"
        assert loaded.adversarial_loss.floor == 0.01
        assert loaded.penalty.weight == 0.5
        assert type(loaded.generator_optimizer) is keras.optimizers.RMSprop
        assert float(loaded.discriminator_optimizer.learning_rate) == (
            pytest.approx(0.02)
        )
        np.testing.assert_array_equal(loaded.sample(5), gan.sample(5))

    def test_without_compiling(self, tmp_path):
        gan = make_gan(compiled=False)
        gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        np.testing.assert_array_equal(loaded.sample(5), gan.sample(5))
        assert not loaded.compiled


class TestAverage:
    def test_is_the_formula(self, one_by_one):
        """The decay is at most (1 + t) / (10 + t), t the updates made."""
        decay = 0.7  # reached at step 20 of the 23
        gan = make_gan(gan_options={"ema_decay": decay}, steps_per_execution=5)
        start = gan.generator.get_weights()
        assert equal(gan.ema_generator.get_weights(), start)
        fit(gan, STEPS)
        count = len(start)
        average = start
        for t, weights in enumerate(one_by_one[1].weights, 1):
            d = min(decay, (1 + t) / (10 + t))
            average = [
                d * a + (1 - d) * w
                for a, w in zip(average, weights[1 : 1 + count], strict=True)
            ]
        for ours, expected in zip(
            gan.ema_generator.get_weights(), average, strict=True
        ):
            np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)
        # It lags behind, and it leaves the training as it is.
        assert not equal(
            gan.ema_generator.get_weights(), gan.generator.get_weights()
        )
        assert equal(
            gan.generator.get_weights(), one_by_one[0].generator.get_weights()
        )

    @pytest.mark.slow
    @pytest.mark.parametrize("how", ["compiled again", "loaded"])
    def test_warms_up_once(self, how, tmp_path):
        """Another optimizer's count does not throw the average away."""
        steps, options = 30, {"jit_compile": False, "steps_per_execution": 5}
        gan = make_gan(gan_options={"ema_decay": 0.999}, **options)
        fit(gan, steps)
        if how == "loaded":
            gan.save(tmp_path / "gan.keras")
            gan = keras.saving.load_model(tmp_path / "gan.keras", compile=False)
        gan.compile(FusedAdam(1e-2), FusedAdam(1e-2), **options)
        before = gan.ema_generator.get_weights()
        fit(gan, 1)
        t = steps + 1
        d = min(0.999, (1 + t) / (10 + t))
        for old, ours, weight in zip(
            before,
            gan.ema_generator.get_weights(),
            gan.generator.get_weights(),
            strict=True,
        ):
            assert np.max(np.abs(weight - old)) > 1e-3
            expected = d * old + (1 - d) * weight
            np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)

    def test_is_not_trainable(self):
        """The copy is the optimizer's in no list and in no count."""
        gan = make_gan(gan_options={"ema_decay": 0.9})
        names = [v.path for v in make_gan().variables]
        averaged = [v.path for v in gan.ema_generator.variables]
        # Their places among all variables are as they were.
        start = 2 + len(gan.generator.variables)
        paths = [v.path for v in gan.variables]
        assert len(paths) == len(names) + len(averaged)
        assert paths[start : start + len(averaged)] == averaged
        trainable = [
            *gan.generator.trainable_variables,
            *gan.discriminator.trainable_variables,
        ]
        assert len(gan.trainable_variables) == len(trainable) > 0
        for ours, expected in zip(
            gan.trainable_variables, trainable, strict=True
        ):
            assert ours is expected
        assert not gan.ema_generator.trainable_variables

    def test_samples_come_from_it(self):
        gan = make_gan(gan_options={"ema_decay": 0.9})
        assert gan.sampler is gan.ema_generator
        z = tf.ones((3, 1))
        gan.generator.weights[-1].assign([100.0])
        np.testing.assert_array_equal(gan(z), gan.ema_generator(z))
        assert np.abs(gan(z) - gan.generator(z)).min() > 50
        assert make_gan().sampler is not None
        assert make_gan().ema_generator is None

    @pytest.mark.parametrize("decay", [-0.1, 1, 1.5, float("nan")])
    def test_bad_decay(self, decay):
        with pytest.raises(ValueError, match=f"ema_decay={decay}"):
            make_gan(gan_options={"ema_decay": decay})


class TestSample:
    def test_is_a_function_of_its_seed(self):
        gan = make_gan()
        samples = gan.sample(16, seed=3)
        assert samples.shape == (16, 1)
        np.testing.assert_array_equal(samples, gan.sample(16, seed=3))
        assert not np.array_equal(samples, gan.sample(16, seed=4))
        z = gan.latents.draw(3, "sample", 0, 1, 16)[0]
        np.testing.assert_array_equal(samples, gan.generator(z))

    def test_does_not_disturb_the_training(self, fresh, blocks):
        gan = fresh()
        fit(gan, 10)
        gan.sample(100)
        fit(gan, STEPS - 10)
        assert equal(state(gan), blocks[0])


class TestErrors:
    def test_one_optimizer_for_two(self):
        gan, optimizer = make_gan(compiled=False), FusedAdam()
        with pytest.raises(ValueError, match="the same one twice"):
            gan.compile(optimizer, optimizer)

    @pytest.mark.parametrize("steps", [0, -1, 2.5, None])
    def test_bad_steps_per_execution(self, steps):
        with pytest.raises(
            ValueError, match=f"`steps_per_execution`.*={steps}"
        ):
            make_gan(steps_per_execution=steps)

    @pytest.mark.parametrize("critic_steps", [0, 1.5, True])
    def test_bad_critic_steps(self, critic_steps):
        with pytest.raises(ValueError, match=f"critic_steps={critic_steps}"):
            make_gan(gan_options={"critic_steps": critic_steps})

    def test_a_source_without_an_end(self):
        with pytest.raises(ValueError, match="`steps_per_epoch` is needed"):
            make_gan().fit(GAUSSIAN)

    @pytest.mark.parametrize("steps", [-1, 2.5])
    def test_bad_steps(self, steps):
        with pytest.raises(ValueError, match=f"steps_per_epoch={steps}"):
            fit(make_gan(), steps)


def dense_model():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])


def convolutional_model():
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)]
    return keras.Sequential([keras.Sequential(layers)])


class TestDefaults:
    def test_the_options_are_those_of_algorithm_1(self):
        """One update of each player, on z of its own, and nothing added."""
        gan = GAN(
            networks.gaussian.Generator(),
            networks.gaussian.Discriminator(),
            latents.Stratified(),
        )
        assert type(gan.adversarial_loss) is losses.NonSaturating
        assert gan.critic_steps == gan.generator_steps == 1
        assert gan.fresh_latents and gan.generator_latents == "fresh"
        assert not gan.simultaneous and not gan.track_outputs
        assert gan.penalty is gan.constraint is gan.instance_noise is None
        assert gan.ema_decay is None
        assert int(gan.seed.numpy()) == 0

    @pytest.mark.parametrize(
        ("gpus", "make", "expected"),
        [
            ([], dense_model, True),
            ([], convolutional_model, False),
            (["a GPU"], dense_model, True),
            (["a GPU"], convolutional_model, True),
        ],
    )
    def test_jit_compile(self, monkeypatch, gpus, make, expected):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: gpus)
        assert default_jit_compile(make()) is expected

    def test_jit_compile_under_a_strategy(self):
        model = dense_model()
        with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
            assert default_jit_compile(model) is False

    @pytest.mark.parametrize("choice", [True, False])
    def test_jit_compile_can_be_chosen(self, choice):
        assert make_gan(jit_compile=choice).jit_compile is choice

    @pytest.mark.parametrize(
        ("latent", "size", "block"),
        [
            (2, 100, 1000),
            # A block's real batches are in memory at once.
            (2, 101, 1),
            (100_000 - 3, 1, 1000),
            (100_000 - 2, 1, 1),
        ],
    )
    def test_blocks_are_for_small_models(self, latent, size, block):
        gan = GAN(
            keras.Sequential(
                [keras.Input((latent,)), keras.layers.Dense(size)]
            ),
            keras.Sequential([keras.Input((size,)), keras.layers.Dense(1)]),
            latents=latents.Normal((latent,)),
        )
        gan.compile(FusedAdam(), FusedAdam())
        assert gan.steps_per_execution == block
