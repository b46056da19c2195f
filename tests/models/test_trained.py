"""`Trained` alone: a model without a generator, whose step is its own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import assert_same, changed, state
from tf_gans import callbacks, data, random
from tf_gans.models.trained import Trained
from tf_gans.optimizers import FusedAdam
from tf_gans.runs.directory import RunDirectory

BATCH = 4
SLOPES = np.array([[2.0], [-1.0]], np.float32)
STEPS, FIRST = 11, 4


class Line(data.Source):
    """Pairs of x and `x @ SLOPES + 3`."""

    sample_shape = (2,)
    batch_size = BATCH

    def draw(self, seed, first_step, num_steps):
        x = random.normal(seed, "x", first_step, num_steps, (BATCH, 2))
        return x, x @ SLOPES + 3


@keras.saving.register_keras_serializable(package="tests.trained")
class Regression(Trained):
    """Linear regression on two batches a step, with noise on x."""

    headline = ("loss",)
    batches_per_step = 2
    sample_shape = (2,)
    _arguments = ("network", "noise")

    def __init__(self, network, noise=0.1, seed=0, name="line", **kwargs):
        super().__init__(seed, name=name, **kwargs)
        self.network = network
        self.noise = noise
        self._track(["loss", "bias"])

    def train_step(self, data):
        (x, y), draws, _ = data
        x = tf.reshape(x + self.noise * draws["noise"], (-1, 2))
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            error = self.network(x) - tf.reshape(y, (-1, 1))
            loss = tf.reduce_mean(tf.square(error))
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss, "bias": self.network.layers[-1].bias[0]}

    def _draw(self, seed, first_step, num_steps, batch_size):
        shape = (2, batch_size, 2)
        noise = random.normal(seed, "noise", first_step, num_steps, shape)
        return {"noise": noise}


def make(steps_per_execution=3, jit_compile=False):
    dense = keras.layers.Dense(
        1, kernel_initializer=keras.initializers.Constant(0.5)
    )
    network = keras.Sequential([keras.Input((2,)), dense])
    model = Regression(network, noise=0.25, seed=5)
    model.compile(
        FusedAdam(0.5),
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
    )
    return model


def fit(model, steps, **options):
    """Trains, and returns the losses of each step: `(steps, losses)`."""
    rows = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rows.extend(
            np.stack(list(model.step_losses.values()), axis=1)
        )
    )
    options.setdefault("callbacks", [record])
    model.fit(Line(), steps_per_epoch=steps, verbose=0, **options)
    return np.array(rows)


@pytest.fixture(scope="module")
def trained():
    """A run that was never stopped: its losses and its end."""
    model = make()
    start = state(model)
    losses = fit(model, STEPS)
    assert changed(start, state(model))
    return losses, state(model)


def test_a_step_takes_one_batch():
    """Of a model that says nothing else, as `Regression` does."""
    assert Regression.batches_per_step == 2
    assert Trained.batches_per_step.fget(make()) == 1


def test_nothing_is_lost_before_training():
    assert {len(values) for values in make().step_losses.values()} == {0}


def test_learns(trained):
    losses, _ = trained
    assert losses.shape == (STEPS, 2)
    assert losses[-1, 0] < 0.5 * losses[0, 0]


@pytest.mark.parametrize("size", [1, 4, "auto"])
def test_blocks_are_single_steps(trained, size):
    model = make(size)
    losses = np.concatenate([fit(model, 1), fit(model, STEPS - 1)])
    np.testing.assert_array_equal(losses, trained[0])
    assert_same(state(model), trained[1])


def test_small_models_have_long_compiled_blocks(trained):
    model = make("auto", jit_compile="auto")
    assert model.steps_per_execution == 1000
    np.testing.assert_allclose(fit(model, STEPS), trained[0], rtol=1e-4)


def test_resumes_from_a_checkpoint_bit_for_bit(trained, tmp_path):
    model = make()
    run = RunDirectory.create(tmp_path / "run", {})
    fit(model, FIRST)
    run.save_checkpoint(model)
    other = make()
    fit(other, 2)
    assert run.load_checkpoint(other) == FIRST
    losses = fit(other, STEPS - FIRST)
    np.testing.assert_array_equal(losses, trained[0][FIRST:])
    assert_same(state(other), trained[1])


def test_resumes_from_a_keras_file_bit_for_bit(trained, tmp_path):
    model = make()
    fit(model, FIRST)
    model.save(tmp_path / "line.keras")
    loaded = keras.saving.load_model(tmp_path / "line.keras")
    assert type(loaded.optimizer) is FusedAdam
    assert loaded.noise == 0.25 and loaded.name == "line"
    losses = fit(loaded, STEPS - FIRST)
    np.testing.assert_array_equal(losses, trained[0][FIRST:])
    assert_same(state(loaded), trained[1])


def test_the_seed_decides(trained):
    model = make()
    model.seed.assign(6)
    assert not np.array_equal(fit(model, STEPS), trained[0])


def test_a_dataset_is_the_source_s_equal(trained):
    x, y = Line().draw(5, 0, 2 * STEPS)
    dataset = tf.data.Dataset.from_tensor_slices((x, y))
    model = make()
    model.fit(dataset, verbose=0)
    assert_same(state(model), trained[1])


class Bias(callbacks.Probe):
    """Measures the bias."""

    def __init__(self, every):
        super().__init__(every=every)
        self.seen = {}

    def measure(self, model):
        return {"bias": model.network.layers[-1].bias + 0}

    def on_measured(self, steps, values):
        for step, bias in zip(steps, values["bias"], strict=True):
            self.seen[int(step)] = float(bias[0])


def test_a_probe_looks_between_steps(trained):
    model, probe = make(), Bias(every=2)
    fit(model, STEPS, callbacks=[probe])
    assert sorted(probe.seen) == list(range(0, STEPS, 2))
    for step, bias in probe.seen.items():
        assert bias == float(trained[0][step, 1])
