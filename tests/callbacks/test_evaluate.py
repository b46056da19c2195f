"""Measures of a model while it trains."""

import keras
import numpy as np
import pytest

from tests.callbacks.test_image_callbacks import build, fit, state
from tf_gans import callbacks, metrics
from tf_gans.runs.directory import RunDirectory

REAL = np.random.default_rng(0).normal(size=(50, 4))


def measure(gan):
    """The Fréchet distance of the first pixels, as a number of NumPy's."""
    samples = np.asarray(gan.sample(50, seed=1))
    distance = metrics.frechet_distance(REAL, samples.reshape(50, -1)[:, :4])
    return {"distance": np.float64(distance)}


class Scores(list):
    def __call__(self, step, scores):
        self.append((step, scores))

    @property
    def steps(self):
        return [step for step, _ in self]


class TestEvaluate:
    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("block", "steps", "expected"),
        [
            (1, 7, [3, 6, 7]),
            (1, 6, [3, 6]),
            (4, 10, [4, 8, 10]),
            (4, 8, [4, 8]),
            (7, 14, [7, 14]),
        ],
    )
    def test_steps(self, block, steps, expected):
        scores = Scores()
        gan = build(block)
        fit(gan, steps, callbacks.Evaluate(3, measure, scores))
        assert scores.steps == expected
        assert scores[-1][1] == measure(gan)
        values = [s["distance"] for _, s in scores]
        assert len(set(values)) == len(values)
        assert all(type(value) is float for value in values)

    def test_changes_nothing_of_the_training(self):
        plain, watched = build(), build()
        fit(plain, 5)
        fit(watched, 5, callbacks.Evaluate(1, measure, Scores()))
        for a, b in zip(state(plain), state(watched), strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.slow
    @pytest.mark.parametrize("cut", [5, 6])
    def test_resumed_training_is_measured_alike(self, tmp_path, cut):
        def train(gan, steps):
            scores = Scores()
            fit(gan, steps, callbacks.Evaluate(3, measure, scores))
            return scores

        whole = dict(train(build(), 10))
        gan = build()
        train(gan, cut)
        run = RunDirectory.create(tmp_path / "run", {})
        run.save_checkpoint(gan)
        keras.utils.clear_session()
        gan = build()
        run.load_checkpoint(gan)
        resumed = train(gan, 10 - cut)
        assert resumed.steps == [s for s in (6, 9, 10) if s > cut]
        assert dict(resumed) == {s: whole[s] for s in resumed.steps}

    def test_fitted_again(self):
        scores, gan = Scores(), build()
        evaluate = callbacks.Evaluate(3, measure, scores)
        fit(gan, 4, evaluate)
        fit(gan, 4, evaluate)
        assert scores.steps == [3, 4, 6, 8]

    @pytest.mark.parametrize("scores", [None, 1.0, {"a": "b"}, {"a": [1.0]}])
    def test_no_numbers(self, scores):
        evaluate = callbacks.Evaluate(1, lambda gan: scores, Scores())
        with pytest.raises(ValueError, match="`measure` must return a dict"):
            fit(build(), 1, evaluate)

    def test_bad_arguments(self):
        with pytest.raises(ValueError, match="`every` must be"):
            callbacks.Evaluate(0, measure, print)
        with pytest.raises(ValueError, match="`measure` must be a function"):
            callbacks.Evaluate(1, {}, print)
        with pytest.raises(ValueError, match="`receiver` must be a function"):
            callbacks.Evaluate(1, measure, None)
