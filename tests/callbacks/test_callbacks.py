"""Step log, checkpoints and guards in real trainings."""

import time

import keras
import numpy as np
import pytest

from tf_gans import GAN, callbacks, data, latents
from tf_gans.callbacks.every import EveryNSteps
from tf_gans.errors import RunError
from tf_gans.toys.gaussian import networks as gaussian

SOURCE = data.Gaussian(8)


def build(rate=1e-3, block=7, name="sgd", jit_compile="auto"):
    gan = GAN(
        gaussian.Generator(seed=0),
        gaussian.Discriminator(seed=0),
        latents.Stratified(),
    )
    optimizer = getattr(keras.optimizers, {"sgd": "SGD", "adam": "Adam"}[name])
    gan.compile(
        optimizer(rate),
        optimizer(rate),
        steps_per_execution=block,
        jit_compile=jit_compile,
    )
    return gan


@pytest.fixture(scope="module")
def gan():
    return build(name="adam")


def fit(gan, steps, *watchers):
    return gan.fit(
        SOURCE, steps_per_epoch=steps, verbose=0, callbacks=list(watchers)
    )


def test_step_log_reports_each_multiple_once(gan):
    first = int(gan.step.numpy())
    rows, advanced, losses = [], [], []

    class Losses(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            losses.extend(self.model.step_losses["g_loss"])

    log = callbacks.StepLog(5, rows.extend, advanced.append)
    fit(gan, 23, log, Losses())
    last = first + 23
    expected = [s for s in range(first, last) if s % 5 == 0]
    assert [row["step"] for row in rows] == expected
    assert advanced == [7, 7, 7, 2]
    assert [row["g_loss"] for row in rows] == [
        losses[step - first] for step in expected
    ]
    assert {type(value) for row in rows for value in row.values()} == {
        int,
        float,
    }


def test_checkpoints_by_steps(gan):
    gan.step.assign(0)
    saved = []
    watcher = callbacks.Checkpoints(
        lambda: saved.append(int(gan.step.numpy())), every_steps=10
    )
    fit(gan, 30, watcher)
    # Blocks end at 7, 14, 21, 28, 30.
    assert saved == [14, 21, 30]


def test_the_end_is_saved_once(gan):
    gan.step.assign(0)
    saved = []
    watcher = callbacks.Checkpoints(lambda: saved.append(1), every_seconds=1e9)
    fit(gan, 14, watcher)
    assert saved == [1]


def test_checkpoints_by_time(gan):
    saved = []
    watcher = callbacks.Checkpoints(lambda: saved.append(1), every_seconds=0)
    fit(gan, 14, watcher)
    assert len(saved) == 2


@pytest.mark.parametrize(
    "good",
    [None, pytest.param("run/step-3.npz", marks=pytest.mark.slow)],
)
def test_divergence_is_told_and_not_saved(good):
    gan = build(rate=1e18)
    saved = []
    guard = callbacks.StopOnNonFinite(lambda: good)
    keeper = callbacks.Checkpoints(lambda: saved.append(1), every_seconds=0)
    with pytest.raises(RunError, match="training diverged") as caught:
        fit(gan, 700, guard, keeper)
    message = str(caught.value)
    assert (good or "there is no checkpoint before it") in message
    step = int(message.split("at step ")[1].split(";")[0])
    blocks_before = step // 7
    assert len(saved) == blocks_before

    # The step that is named is the first one that is bad.
    again = build(rate=1e18, block=1)
    for number in range(step + 1):
        fit(again, 1)
        finite = all(np.isfinite(v).all() for v in again.step_losses.values())
        assert finite == (number < step)


def test_the_guard_lets_a_healthy_training_pass(gan):
    fit(gan, 14, callbacks.StopOnNonFinite())


def test_stop_at(gan):
    assert callbacks.StopAtW1 is callbacks.StopAt  # its first name
    distances = iter([0.5, 0.3, 0.2, 0.1])
    stop = callbacks.StopAt(lambda model: next(distances), 0.2)
    first = int(gan.step.numpy())
    fit(gan, 70, stop)
    assert stop.stopped_step == first + 21
    assert int(gan.step.numpy()) == first + 21


@pytest.mark.parametrize("every", [0, -1, 1.5])
def test_bad_intervals(every):
    with pytest.raises(ValueError, match="`every` must be a positive integer"):
        callbacks.StepLog(every, print)


@pytest.mark.parametrize(
    ("last", "count"),
    [(5000, 255), (10**9, 300), (254, 255), (255, 255), (20, 255), (1, 2)],
)
def test_moments_are_dense_early_and_sparse_later(last, count):
    steps = callbacks.moments(last, count)
    assert len(steps) == min(count, last + 1)
    assert (steps[0], steps[-1]) == (0, last)
    between = np.diff(steps)
    assert between.min() >= 1
    # Never denser again, but for the rounding.
    assert (np.diff(between) >= -1).all()
    if last >= 20 * count:
        assert between[-1] > 20 * between[0]
        assert steps[len(steps) // 2] == pytest.approx(last / 4, rel=0.1)


def test_nothing_but_the_first_moment():
    assert callbacks.moments(0, 255).tolist() == [0]


class Weights(callbacks.Probe):
    """Measures what changes at each step."""

    def measure(self, model):
        return {"weights": model.generator.trainable_variables[0] + 0.0}


def measured(every, blocks):
    """The weights of a training in parts, by their steps."""
    model, found = build(jit_compile=False), {}

    def receive(steps, weights):
        assert not set(steps.tolist()) & set(found)
        found.update(zip(steps.tolist(), weights, strict=True))

    for steps in blocks:
        fit(model, steps, Weights(receive, every))
    return found


@pytest.mark.slow
def test_a_probe_at_moments_measures_what_one_at_all_steps_does():
    """Whatever the blocks: of 7 steps, and shorter ones at the ends."""
    moments = callbacks.moments(38, 12)
    all_steps = measured(1, [39])
    assert list(all_steps) == list(range(39))
    some = measured(moments, [10, 1, 28])
    assert list(some) == moments.tolist()
    for step, weights in some.items():
        np.testing.assert_array_equal(weights, all_steps[step])


def test_moments_compile_nothing_anew():
    """XLA wants to know some numbers when it compiles, and these are none."""
    model, seconds = build(), []

    class Clock(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.begin = time.perf_counter()

        def on_train_batch_end(self, batch, logs=None):
            seconds.append(time.perf_counter() - self.begin)

    assert model.jit_compile
    probe = Weights(every=callbacks.moments(34, 12))
    fit(model, 35, Clock(), probe)
    assert max(seconds[1:]) < seconds[0] / 4


def test_pictures_at_moments(gan):
    """At the end of the block in which one was reached, and at the end."""
    seen = []

    class Seen(EveryNSteps):
        def _send(self):
            seen.append(self._step)

    gan.step.assign(0)
    fit(gan, 37, Seen([0, 1, 2, 15, 30, 60]))
    # Blocks end at 7, 14, 21, 28, 35, 37.
    assert seen == [7, 21, 35, 37]
