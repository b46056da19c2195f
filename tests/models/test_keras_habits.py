"""What people are used to from Keras: data, epochs, callbacks, methods."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import GAN, data, latents, random

BATCH = 4
ROWS = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")


def dense(units, inputs, seed):
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            keras.layers.Dense(
                units,
                kernel_initializer=keras.initializers.GlorotUniform(seed),
            ),
        ]
    )


def make(optimizers=None, size=1, **options):
    gan = GAN(dense(2, 3, 0), dense(1, 2, 1), latents.Normal((3,)), **options)
    if optimizers is None:
        optimizers = keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01)
    gan.compile(*optimizers, jit_compile=False, steps_per_execution=size)
    return gan


def batches(count=8, drop_remainder=True):
    rows = tf.data.Dataset.from_tensor_slices(ROWS[: BATCH * count])
    return rows.batch(BATCH, drop_remainder=drop_remainder)


def steps(gan):
    return int(gan.step)


class Counted(data.Source):
    """Ten batches, which it says."""

    sample_shape = (2,)
    batch_size = BATCH
    steps_per_epoch = 10

    def draw(self, seed, first_step, num_steps):
        return random.normal(seed, "x", first_step, num_steps, (BATCH, 2))


class Told(keras.callbacks.Callback):
    """Keeps what a callback is told."""

    def __init__(self):
        super().__init__()
        self.batches, self.epochs = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(batch)

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(dict(logs))


class TestEpochs:
    @pytest.mark.parametrize(("critic_steps", "expected"), [(1, 10), (5, 2)])
    def test_of_a_source_is_one_pass(self, critic_steps, expected):
        """By the discriminator's updates, as of a dataset."""
        gan = make(critic_steps=critic_steps)
        gan.fit(Counted(), verbose=0)
        assert steps(gan) == expected
        rows = np.zeros((10 * BATCH, 2), "float32")
        of_data = tf.data.Dataset.from_tensor_slices(rows).batch(BATCH, True)
        gan.fit(of_data, verbose=0)
        assert steps(gan) == 2 * expected

    def test_of_fewer_batches_than_a_step_takes(self):
        assert make(critic_steps=20).steps_per_epoch(Counted()) == 1

    def test_blocks_longer_than_the_data(self):
        gan, told = make(size=20), Told()
        with pytest.warns(UserWarning, match="ended after 8 of .* 20 steps"):
            gan.fit(
                batches(8),
                steps_per_epoch=20,
                epochs=4,
                verbose=0,
                callbacks=[told],
            )
        assert steps(gan) == 32
        assert told.batches == 4 * [7]
        assert all(logs["d_loss"] > 0 for logs in told.epochs)

    def test_epochs_that_end_with_the_data(self):
        gan, told = make(size=3), Told()
        gan.fit(
            batches(8), steps_per_epoch=8, epochs=2, verbose=0, callbacks=told
        )
        assert told.batches == 2 * [2, 5, 7]

    def test_goes_on_where_the_last_epoch_stopped(self):
        gan, told = make(size=5), Told()
        with pytest.warns(UserWarning, match="ended after 2 of .* 6 steps"):
            gan.fit(
                batches(8),
                steps_per_epoch=6,
                epochs=3,
                verbose=0,
                callbacks=told,
            )
        assert told.batches == [4, 5, 1, 4, 5]

    def test_no_data(self):
        with pytest.raises(ValueError, match="do not suffice"):
            make(critic_steps=9).fit(batches(8), verbose=0)
        with pytest.raises(ValueError, match="`x` is needed"):
            make().fit()

    def test_data_without_an_end(self):
        with pytest.raises(ValueError, match="`steps_per_epoch` is needed"):
            make().fit(batches().repeat(), verbose=0)


class TestArrays:
    @pytest.mark.parametrize(
        ("rows", "size", "expected"), [(30, 5, 7), (32, 5, 8), (3, 5, 1)]
    )
    def test_of_any_length(self, rows, size, expected):
        gan, told = make(size=size), Told()
        options = {"epochs": 2, "verbose": 0, "callbacks": told}
        if rows % BATCH and rows > BATCH:
            with pytest.warns(UserWarning, match="are left out"):
                gan.fit(ROWS[:rows], batch_size=BATCH, **options)
        else:
            gan.fit(ROWS[:rows], batch_size=BATCH, **options)
        assert steps(gan) == 2 * expected
        assert told.batches[-1] == expected - 1

    def test_with_critic_steps(self):
        gan = make(size=2, critic_steps=3)
        gan.fit(ROWS, batch_size=BATCH, verbose=0)
        assert steps(gan) == 2

    def test_a_dataset_s_last_batch(self):
        gan = make(size=2)
        rows = tf.data.Dataset.from_tensor_slices(ROWS[:30]).batch(BATCH)
        with pytest.warns(UserWarning, match="first one's 4"):
            gan.fit(rows, epochs=2, verbose=0)
        assert steps(gan) == 14

    def test_whole_batches_say_nothing(self, recwarn):
        make(size=2).fit(batches(4), verbose=0)
        make(size=2).fit(ROWS, batch_size=BATCH, verbose=0)
        assert not recwarn.list


class Sequence(keras.utils.PyDataset):
    """Eight batches."""

    passes = 0

    def __len__(self):
        return 8

    def __getitem__(self, i):
        return ROWS[BATCH * i : BATCH * (i + 1)]

    def on_epoch_end(self):
        self.passes += 1


class TestOtherData:
    def test_a_sequence(self):
        gan, x = make(), Sequence()
        gan.fit(x, epochs=2, shuffle=False, verbose=0)
        expected = make()
        expected.fit(batches(8), epochs=2, verbose=0)
        assert steps(gan) == 16
        assert x.passes == 2
        for a, b in zip(gan.weights, expected.weights, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)

    def test_a_sequence_in_blocks(self):
        with pytest.raises(ValueError, match="`steps_per_execution=1`"):
            make(size=2).fit(Sequence(), verbose=0)


class TestCompile:
    def test_names_of_optimizers(self):
        gan = make(("adam", "adam"))
        one, other = gan.optimizers.values()
        assert one is not other
        assert type(one) is type(other) is keras.optimizers.Adam
        gan.fit(batches(1), verbose=0)
        assert steps(gan) == 1


class TestCallbacks:
    def test_one_without_a_list(self, tmp_path):
        path = tmp_path / "log.csv"
        make().fit(
            batches(2), verbose=0, callbacks=keras.callbacks.CSVLogger(path)
        )
        assert path.read_text().startswith("epoch,d_loss,g_loss")

    def test_a_schedule_of_both_players(self):
        gan = make()
        history = gan.fit(
            batches(2),
            epochs=3,
            verbose=0,
            callbacks=keras.callbacks.LearningRateScheduler(
                lambda epoch, rate: rate / 2
            ),
        )
        for optimizer in gan.optimizers.values():
            np.testing.assert_allclose(optimizer.learning_rate, 0.01 / 8)
        for player in ("generator", "discriminator"):
            rates = history.history[f"learning_rate_{player}"]
            np.testing.assert_allclose(rates, [0.005, 0.0025, 0.00125])

    def test_a_plateau(self):
        gan = make()
        plateau = keras.callbacks.ReduceLROnPlateau(
            monitor="d_loss", mode="min", factor=0.5, patience=1, min_delta=1e9
        )
        gan.fit(batches(2), epochs=3, verbose=0, callbacks=plateau)
        for optimizer in gan.optimizers.values():
            np.testing.assert_allclose(optimizer.learning_rate, 0.01 / 4)

    @pytest.mark.parametrize("size", [1, 3])
    def test_terminate_on_nan(self, size, capsys):
        gan = make(size=size)
        rows = ROWS.copy()
        rows[9] = np.nan  # in the third batch
        dataset = tf.data.Dataset.from_tensor_slices(rows).batch(BATCH, True)
        gan.fit(
            dataset, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()]
        )
        assert steps(gan) == 3
        assert "Batch 2: Invalid loss" in capsys.readouterr().out

    def test_the_progress_bar_counts_steps(self, capsys):
        make(size=1000).fit(Counted(), steps_per_epoch=5, verbose=1)
        said = capsys.readouterr().out
        assert (
            "5/5" in said
            and "1000" not in said
            and "-" not in said.split(" - ")[0]
        )
        assert len(said) < 1000

    def test_the_progress_bar_of_a_short_last_block(self, capsys):
        make(size=4).fit(Counted(), verbose=2)
        assert "10/10" in capsys.readouterr().out

    def test_the_progress_bar_where_data_are_short(self, capsys):
        with pytest.warns(UserWarning, match="ended after 8"):
            make(size=4).fit(batches(8), steps_per_epoch=10, verbose=2)
        said = capsys.readouterr().out
        assert "8/8" in said and "10" not in said.split(" - ")[0]
