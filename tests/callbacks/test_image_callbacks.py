"""Sample grids, TensorBoard logs and progress in real trainings."""

import io
import pathlib
import re
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import GAN, callbacks, data, latents
from tf_gans.callbacks import progress as progress_module
from tf_gans.callbacks import samples as samples_module
from tf_gans.errors import UserError
from tf_gans.optimizers import FusedAdam
from tf_gans.pixels import to_pixels
from tf_gans.plotting import image_grid
from tf_gans.runs.directory import RunDirectory

BATCH = 4


@keras.saving.register_keras_serializable(package="tests.image_callbacks")
class Generator(keras.Model):
    """3 z to 8 by 8 pixels, with batch normalisation and dropout."""

    value_range = (-1.0, 1.0)

    def __init__(self, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.dropout = dropout
        self.dense = keras.layers.Dense(32)
        self.norm = keras.layers.BatchNormalization(momentum=0.5)
        self.drop = keras.layers.Dropout(dropout, seed=1)
        self.reshape = keras.layers.Reshape((4, 4, 2))
        self.conv = keras.layers.Conv2DTranspose(
            1, 4, strides=2, padding="same", activation="tanh"
        )

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.norm.build((None, 32))
        self.conv.build((None, 4, 4, 2))

    def call(self, z, training=None):
        x = self.norm(self.dense(z), training=training)
        x = self.drop(tf.nn.relu(x), training=training)
        return self.conv(self.reshape(x))

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}


class Images(data.Source):
    sample_shape = (8, 8, 1)
    batch_size = BATCH

    def draw(self, seed, first_step, num_steps):
        return tf.ones((num_steps, BATCH, 8, 8, 1))


def build(block=1, dropout=0.0, **options):
    keras.utils.set_random_seed(0)
    gan = GAN(
        Generator(dropout),
        keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(1),
            ]
        ),
        latents=latents.Uniform((3,)),
        **options,
    )
    gan.compile(FusedAdam(1e-2), FusedAdam(1e-2), steps_per_execution=block)
    return gan


def fit(gan, steps, *watchers, epochs=1):
    return gan.fit(
        Images(),
        steps_per_epoch=steps,
        epochs=epochs,
        verbose=0,
        callbacks=list(watchers),
    )


class Pictures(dict):
    """Receives grids."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def __call__(self, step, images):
        self.steps.append(step)
        self[step] = images


def state(gan):
    optimizers = gan.generator_optimizer, gan.discriminator_optimizer
    return [
        v.numpy()
        for v in [
            *gan.weights,
            # Of the dropout's random numbers.
            *gan.generator.non_trainable_variables,
            *optimizers[0].variables,
            *optimizers[1].variables,
        ]
    ]


class TestSampleGrid:
    @pytest.mark.parametrize(
        ("block", "steps", "expected"),
        [
            (1, 9, [0, 3, 6, 9]),
            (1, 10, [0, 3, 6, 9, 10]),
            (1, 2, [0, 2]),
            # Blocks end at 4, 8 and 10.
            (4, 10, [0, 4, 8, 10]),
        ],
    )
    def test_when(self, block, steps, expected):
        pictures = Pictures()
        fit(build(block), steps, callbacks.SampleGrid(3, pictures))
        assert pictures.steps == expected

    def test_epochs_are_of_no_matter(self):
        pictures = Pictures()
        fit(build(), 4, callbacks.SampleGrid(3, pictures), epochs=2)
        assert pictures.steps == [0, 3, 6, 8]

    @pytest.mark.parametrize("ema_decay", [None, 0.5])
    def test_shows_what_the_sampler_makes(self, ema_decay):
        gan = build(ema_decay=ema_decay)
        pictures = Pictures()
        fit(gan, 5, callbacks.SampleGrid(10, pictures, num_samples=6, seed=3))
        z = gan.latents.draw(3, "grid", 0, 1, 6)[0]
        network = gan.generator if ema_decay is None else gan.ema_generator
        expected = to_pixels(network(z, training=False), (-1.0, 1.0)).numpy()
        assert pictures[5].dtype == np.uint8
        assert pictures[5].shape == (6, 8, 8, 1)
        # Compiled and eager programs round differently.
        error = pictures[5].astype(int) - expected
        assert np.abs(error).max() <= 1
        assert (pictures[0] != pictures[5]).any()
        if ema_decay:
            other = to_pixels(gan.generator(z, training=False)).numpy()
            assert np.abs(pictures[5].astype(int) - other).max() > 3

    def test_latents_depend_on_the_seed_alone(self):
        gan = build(seed=1)
        first = callbacks.SampleGrid(1, None, seed=5).draw(gan)
        gan.step.assign(77)
        gan.seed.assign(2)
        np.testing.assert_array_equal(
            callbacks.SampleGrid(1, None, seed=5).draw(gan), first
        )
        assert (callbacks.SampleGrid(1, None, seed=6).draw(gan) != first).any()

    @pytest.mark.parametrize("batch_statistics", [False, True])
    def test_changes_nothing_of_the_training(self, batch_statistics):
        plain, watched = (build(dropout=0.1, ema_decay=0.9) for _ in range(2))
        fit(plain, 7)
        grid = callbacks.SampleGrid(
            1, Pictures(), batch_statistics=batch_statistics
        )
        fit(watched, 7, grid)
        for a, b in zip(state(plain), state(watched), strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize("ema_decay", [None, 0.9])
    def test_batch_statistics_are_the_batch_s(self, ema_decay):
        gan = build(ema_decay=ema_decay)
        fit(gan, 3)
        grids = [
            callbacks.SampleGrid(1, None, 50, batch_statistics=b)
            for b in (False, True)
        ]
        plain, batch = (grid.draw(gan) for grid in grids)
        assert np.abs(plain.astype(int) - batch).max() > 3
        # Without moving averages nothing changes, with them everything.
        norm = gan.sampler.norm
        for variable in (norm.moving_mean, norm.moving_variance):
            variable.assign(variable + 1)
        np.testing.assert_array_equal(grids[1].draw(gan), batch)
        assert (grids[0].draw(gan) != plain).any()

    @pytest.mark.parametrize(
        ("cut", "batch_statistics"),
        [
            (5, True),
            *(
                pytest.param(*values, marks=pytest.mark.slow)
                for values in ((5, False), (6, False), (6, True))
            ),
        ],
    )
    def test_resumed_training_sends_the_same(
        self, tmp_path, cut, batch_statistics
    ):
        def train(gan, steps):
            pictures = Pictures()
            grid = callbacks.SampleGrid(
                3, pictures, batch_statistics=batch_statistics
            )
            fit(gan, steps, grid)
            return pictures

        whole = train(build(ema_decay=0.9), 10)
        gan = build(ema_decay=0.9)
        train(gan, cut)
        run = RunDirectory.create(tmp_path / "run", {})
        run.save_checkpoint(gan)
        keras.utils.clear_session()
        gan = build(ema_decay=0.9)
        run.load_checkpoint(gan)
        resumed = train(gan, 10 - cut)
        # A multiple is sent again, another step is not.
        assert resumed.steps == [6, 9, 10]
        for step in resumed.steps:
            np.testing.assert_array_equal(resumed[step], whole[step])

    def test_traced_once(self, monkeypatch):
        traces = []

        def counted(*args):
            traces.append(args)
            return to_pixels(*args)

        monkeypatch.setattr(samples_module, "to_pixels", counted)
        gan, pictures = build(), Pictures()
        grid = callbacks.SampleGrid(1, pictures)
        fit(gan, 3, grid)
        fit(gan, 3, grid)
        assert pictures.steps == [0, 1, 2, 3, 3, 4, 5, 6]
        assert len(traces) == 1
        other = build()
        np.testing.assert_array_equal(grid.draw(other), pictures[0])
        assert len(traces) == 2

    def test_classes_are_columns(self):
        class Striped:
            """A model whose pictures are as bright as their label."""

            latents = latents.Normal((2,))
            num_classes = 5
            value_range = (0.0, 1.0)

            @staticmethod
            def sampler(inputs, training):
                z, labels = inputs
                assert z.shape == (20, 2)
                assert labels.dtype == tf.int32
                grey = tf.cast(labels, tf.float32) / 5
                return tf.tile(grey[:, None, None, None], [1, 2, 2, 1])

        images = callbacks.SampleGrid(1, None, num_samples=20).draw(Striped())
        grid = image_grid(images, columns=5, padding=0)
        assert grid.shape == (8, 10, 3)
        np.testing.assert_array_equal(
            grid[:, ::2, 0], np.tile([0, 51, 102, 153, 204], (8, 1))
        )

    def test_no_value_range(self, monkeypatch):
        monkeypatch.setattr(Generator, "value_range", None)
        grid = callbacks.SampleGrid(1, Pictures())
        with pytest.raises(ValueError, match="`value_range`"):
            fit(build(), 3, grid)

    def test_bad_arguments(self):
        with pytest.raises(ValueError, match="`every` must be"):
            callbacks.SampleGrid(0, print)
        with pytest.raises(ValueError, match="`num_samples` must be"):
            callbacks.SampleGrid(1, print, num_samples=0)


def read_events(directory):
    """The summaries of each file, as (step, tag, plugin, tensor)."""
    contents = []
    for path in sorted(pathlib.Path(directory).iterdir()):
        assert "tfevents" in path.name
        summaries = []
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                metadata = value.metadata
                summaries.append(
                    (
                        event.step,
                        value.tag,
                        metadata.plugin_data.plugin_name,
                        metadata.data_class,
                        tf.make_ndarray(value.tensor),
                    )
                )
        contents.append(summaries)
    return contents


@pytest.fixture
def without_tensorboard(monkeypatch):
    for name in list(sys.modules):
        if name.split(".")[0] == "tensorboard":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)


@pytest.mark.usefixtures("without_tensorboard")
class TestTensorBoard:
    @pytest.mark.parametrize("block", [1, 4])
    def test_losses_are_those_of_the_steps(self, tmp_path, block):
        rows = []
        log = callbacks.StepLog(3, rows.extend)
        gan = build(block, track_outputs=True)
        fit(gan, 10, log, callbacks.TensorBoard(tmp_path / "logs", 3))
        (events,) = read_events(tmp_path / "logs")
        expected = [
            (row["step"], name, "scalars", 1, np.float32(value))
            for row in rows
            for name, value in row.items()
            if name != "step"
        ]
        assert events == expected
        assert {e[0] for e in events} == {0, 3, 6, 9}
        assert {e[1] for e in events} == {
            "d_loss",
            "g_loss",
            "d_real",
            "d_fake",
        }

    def test_pictures(self, tmp_path):
        rng = np.random.default_rng(0)
        colour = rng.integers(0, 256, (6, 9, 3), np.uint8)
        board = callbacks.TensorBoard(tmp_path, 1)
        board.image(7, colour)
        board.image(8, colour[..., :1], name="real")
        board.close()
        (events,) = read_events(tmp_path)
        assert [e[:4] for e in events] == [
            (7, "samples", "images", 3),
            (8, "real", "images", 3),
        ]
        for event, image in zip(events, (colour, colour[..., :1]), strict=True):
            width, height, png = event[4]
            assert (width, height) == (b"9", b"6")
            np.testing.assert_array_equal(tf.io.decode_png(png), image)

    def test_pictures_of_a_training(self, tmp_path):
        board = callbacks.TensorBoard(tmp_path, 5)
        grid = callbacks.SampleGrid(
            2, lambda step, images: board.image(step, image_grid(images))
        )
        fit(build(), 5, grid, board)
        (events,) = read_events(tmp_path)
        steps = [e[0] for e in events if e[2] == "images"]
        assert steps == [0, 2, 4, 5]

    def test_written_at_the_end_of_an_epoch(self, tmp_path):
        counts = []

        class Look(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                counts.append(len(read_events(tmp_path)[0]))

        fit(build(), 4, callbacks.TensorBoard(tmp_path, 2), Look(), epochs=2)
        assert counts == [4, 8]

    def test_resumed_training_goes_on_in_a_new_file(self, tmp_path):
        gan = build()
        fit(gan, 4, callbacks.TensorBoard(tmp_path, 1))
        fit(gan, 4, callbacks.TensorBoard(tmp_path, 1))
        # Of two files of one second, the names' order is not the files'.
        first, second = sorted(
            [step for step, tag, *_ in events if tag == "d_loss"]
            for events in read_events(tmp_path)
        )
        assert first == [0, 1, 2, 3]
        assert second == [4, 5, 6, 7]

    def test_makes_nothing_before_there_is_something(self, tmp_path):
        board = callbacks.TensorBoard(tmp_path / "logs", 1)
        board.flush()
        board.close()
        assert not list(tmp_path.iterdir())

    def test_after_a_failure_the_losses_are_there(self, tmp_path):
        class Fail(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                raise ZeroDivisionError

        board = callbacks.TensorBoard(tmp_path, 1)
        with pytest.raises(ZeroDivisionError):
            fit(build(), 4, board, Fail())
        board.close()
        (events,) = read_events(tmp_path)
        assert [e[1] for e in events] == ["d_loss", "g_loss"]

    def test_cannot_be_written(self, tmp_path):
        (tmp_path / "file").touch()
        for directory in (tmp_path / "file", tmp_path / "file" / "logs"):
            with pytest.raises(UserError, match="cannot be written") as error:
                fit(build(), 2, callbacks.TensorBoard(directory, 1))
            assert "\n" not in str(error.value)
            assert str(directory) in str(error.value)

    def test_bad_interval(self, tmp_path):
        with pytest.raises(ValueError, match="`every` must be"):
            callbacks.TensorBoard(tmp_path, 0)


class Terminal(io.StringIO):
    def isatty(self):
        return True


class TestProgress:
    LINE = re.compile(
        r"epoch (\d)/(\d), step (\d+)/(\d+): d_loss \d+\.\d{3}, "
        r"g_loss \d+\.\d{3}, [\d,]+ images/s, \d\d:\d\d left"
    )

    def test_lines_where_nobody_watches(self, monkeypatch, capsys):
        monkeypatch.setattr(progress_module, "_LEAST", 0)
        fit(
            build(),
            3,
            callbacks.ImageProgress(9, BATCH, 3),
            epochs=3,
        )
        out, err = capsys.readouterr()
        assert err == ""
        lines = out.splitlines()
        found = [self.LINE.fullmatch(line).groups() for line in lines]
        assert found == [
            ("1", "3", "3", "9"),
            ("2", "3", "6", "9"),
            ("3", "3", "9", "9"),
        ]
        assert lines[-1].endswith(" 00:00 left")

    def test_long_epochs(self, monkeypatch, capsys):
        """A line a minute, and the numbers of that minute."""
        clock = iter(np.arange(0, 1000, 10.0))
        monkeypatch.setattr(
            progress_module.time, "monotonic", lambda: next(clock)
        )
        watcher = callbacks.ImageProgress(100, 64, 50, initial_step=20)

        class Model:
            step_losses = {
                "d_loss": np.float32([1.0]),
                "g_loss": np.float32([2.0]),
            }

        watcher.set_model(Model())
        watcher.on_train_begin()
        for batch in range(35):
            watcher.on_train_batch_end(batch)
        lines = capsys.readouterr().out.splitlines()
        losses = "d_loss 1.000, g_loss 2.000, 6 images/s"
        assert lines == [
            f"epoch 1/2, step 27/100: {losses}, 12:10 left",
            f"epoch 1/2, step 33/100: {losses}, 11:10 left",
            f"epoch 1/2, step 39/100: {losses}, 10:10 left",
            f"epoch 1/2, step 45/100: {losses}, 09:10 left",
            f"epoch 1/2, step 50/100: {losses}, 08:20 left",
        ]

    def test_bar_on_a_terminal(self, monkeypatch, capsys):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        gan = build()
        fit(gan, 4)
        watcher = callbacks.ImageProgress(12, BATCH, 4, initial_step=4)
        states = []

        class Look(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                watcher._bar.refresh()
                states.append(terminal.getvalue().split("\r")[-1])
                watcher.write(f"line {batch}")

        with watcher:
            fit(gan, 8, watcher, Look())
        assert "compiling, about 1 s:  33%" in terminal.getvalue()
        assert states[0].startswith("epoch 2/3:  42%")
        assert states[-1].startswith("epoch 3/3: 100%")
        for text in states:
            assert re.search(
                r"\d\d:\d\d<\d\d:\d\d, +[\d.]+ images/s, "
                r"d_loss \d\.\d{3}, g_loss \d\.\d{3}",
                text,
            )
        assert capsys.readouterr().out == "".join(
            f"line {i}\n" for i in range(8)
        )
        # Nothing is left on the line.
        assert terminal.getvalue().split("\r")[-2].strip() == ""

    def test_bar_goes_away_when_the_training_fails(self, monkeypatch):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        watcher = callbacks.ImageProgress(12, BATCH, 4)
        gan = build()

        class Fail(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError), watcher:
            fit(gan, 8, watcher, Fail())
        assert watcher._bar.disable  # closed
        assert terminal.getvalue().split("\r")[-2].strip() == ""

    def test_write_needs_no_training(self, capsys):
        callbacks.ImageProgress(1, 1, 1).write("one\ntwo")
        assert capsys.readouterr().out == "one\ntwo\n"

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_bad_arguments(self, place):
        arguments = [5, 5, 5]
        arguments[place] = 0
        with pytest.raises(ValueError, match="must be a positive integer"):
            callbacks.ImageProgress(*arguments)
