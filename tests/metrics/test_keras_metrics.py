"""Metrics of batches, against the functions of all samples."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import metrics
from tf_gans.metrics.kernel import squared_discrepancy

SIZE = 4


def samples(count=60, seed=0):
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(2, count, SIZE))
    return real, 0.5 * fake + [1, 0, 0, 0]


def probabilities(count=60):
    logits = 2 * np.random.default_rng(0).normal(size=(count, SIZE))
    return tf.nn.softmax(logits).numpy()


def update(metric, parts=(7, 30), call=None):
    """Gives a metric its samples in batches of different sizes."""
    call = call or metric.update_state
    if isinstance(metric, metrics.InceptionScore):
        for batch in np.split(probabilities(), parts):
            call(batch)
    else:
        for real, fake in zip(
            *(np.split(values, parts) for values in samples()), strict=True
        ):
            call(real, fake)


def expected(metric, parts=(7, 30)):
    """By the functions, of all samples at once."""
    real, fake = samples()
    if isinstance(metric, metrics.InceptionScore):
        return metrics.inception_score(probabilities(), 1).mean
    if isinstance(metric, metrics.KernelDistance):
        batches = zip(np.split(real, parts), np.split(fake, parts), strict=True)
        values = [(len(x), squared_discrepancy(x, y)) for x, y in batches]
        return sum(n * value for n, value in values) / 60
    if isinstance(metric, metrics.PrecisionRecall):
        kept = real.astype(np.float32), fake.astype(np.float32)
        return metrics.precision_recall(*kept)._asdict()
    return metrics.frechet_distance(real, fake)


def make(kind, **options):
    return {
        "frechet": lambda: metrics.FrechetDistance(SIZE, **options),
        "kernel": lambda: metrics.KernelDistance(**options),
        "inception": lambda: metrics.InceptionScore(SIZE, **options),
        "precision": lambda: metrics.PrecisionRecall(SIZE, **options),
    }[kind]()


def close(found, wanted):
    if isinstance(wanted, dict):
        return found == wanted
    return float(found) == pytest.approx(wanted, rel=1e-10)


COMPILED = ("frechet", "kernel", "inception")
ALL = (*COMPILED, "precision")


class TestAll:
    @pytest.mark.parametrize("name", ALL)
    def test_batches(self, name):
        metric = make(name)
        update(metric)
        assert close(metric.result(), expected(metric))
        metric.reset_state()
        start = metric.result()
        for value in start.values() if isinstance(start, dict) else [start]:
            assert np.isnan(value)
        update(metric)
        assert close(metric.result(), expected(metric))

    @pytest.mark.parametrize("name", ALL)
    def test_merging(self, name):
        first, second, third = (make(name) for _ in range(3))
        if name == "inception":
            first.update_state(probabilities()[:7])
            second.update_state(probabilities()[7:30])
            third.update_state(probabilities()[30:])
        else:
            real, fake = samples()
            first.update_state(real[:7], fake[:7])
            second.update_state(real[7:30], fake[7:30])
            third.update_state(real[30:], fake[30:])
        before = [np.array(v) for v in second.variables]
        first.merge_state([second, third])
        assert close(first.result(), expected(first))
        for value, variable in zip(before, second.variables, strict=True):
            np.testing.assert_array_equal(value, variable)
        other = make("kernel" if name != "kernel" else "frechet")
        with pytest.raises(ValueError, match="`metrics` must be of the class"):
            first.merge_state([other])

    @pytest.mark.parametrize("name", COMPILED)
    @pytest.mark.parametrize("jit_compile", [False, True])
    def test_compiled(self, name, jit_compile):
        metric = make(name)
        program = tf.function(metric.update_state, jit_compile=jit_compile)
        update(metric, call=program)
        assert close(metric.result(), expected(metric))
        if name != "frechet":
            assert close(tf.function(metric.result)(), expected(metric))

    @pytest.mark.parametrize("name", ALL)
    def test_configuration(self, name):
        metric = make(name, name="other", features=keras.layers.Identity())
        again = type(metric).from_config(metric.get_config())
        assert again.name == "other"
        assert type(again.features) is keras.layers.Identity
        assert again.get_config() == metric.get_config()

    @pytest.mark.parametrize("name", COMPILED)
    def test_state_is_in_64_bits(self, name):
        dtypes = {variable.dtype for variable in make(name).variables}
        assert dtypes == {"float64"}

    @pytest.mark.parametrize("name", ALL)
    def test_features(self, name):
        metric = make(name, features=lambda x: np.asarray(x)[:, :SIZE])
        real, fake = samples()
        if name == "inception":
            real = fake = probabilities()
        wide = [np.concatenate([v, v], axis=1) for v in (real, fake)]
        metric.update_state(*(wide[:1] if name == "inception" else wide))
        plain = make(name)
        plain.update_state(*([real] if name == "inception" else [real, fake]))
        found, wanted = metric.result(), plain.result()
        assert found == wanted
        with pytest.raises(ValueError, match="`features` must be a function"):
            make(name, features=3)

    @pytest.mark.parametrize("name", ALL)
    def test_what_is_refused_changes_nothing(self, name):
        metric = make(name)
        real, fake = samples()
        bad = fake.copy()
        bad[3, 1] = np.nan
        if name == "inception":
            for batch in (bad, fake):
                with pytest.raises(ValueError, match="must be"):
                    metric.update_state(batch)
        else:
            for batch, message in ((bad, "finite"), (fake[:, :2], "as many")):
                with pytest.raises(ValueError, match=message):
                    metric.update_state(real, batch)
        update(metric)
        assert close(metric.result(), expected(metric))


class TestFrechetDistance:
    @pytest.mark.parametrize("jit_compile", [False, True])
    @pytest.mark.parametrize("rank", [SIZE, 2])
    def test_result_in_a_program(self, jit_compile, rank):
        metric = metrics.FrechetDistance(SIZE)
        result = tf.function(metric.result, jit_compile=jit_compile)
        assert np.isnan(result())
        real, fake = samples()
        fake[:, rank:] = 0
        metric.update_state(real, fake)
        wanted = metrics.frechet_distance(real, fake)
        assert float(result()) == pytest.approx(wanted, rel=1e-7)

    def test_far_from_zero(self):
        metric = metrics.FrechetDistance(SIZE)
        real, fake = samples()
        for part in np.split(np.arange(60), 6):
            metric.update_state(real[part] + 1e5, fake[part] + 1e5)
        wanted = metrics.frechet_distance(real, fake)
        assert float(metric.result()) == pytest.approx(wanted, rel=1e-7)

    def test_in_a_models_evaluation(self):
        """What `evaluate` runs: a compiled step that returns the result."""

        class Model(keras.Model):
            def __init__(self):
                super().__init__()
                self.distance = metrics.FrechetDistance(SIZE)

            @property
            def metrics(self):
                return [self.distance]

            def test_step(self, data):
                self.distance.update_state(*data)
                return {"distance": self.distance.result()}

        model = Model()
        model.compile()
        real, fake = samples()
        dataset = tf.data.Dataset.from_tensor_slices((real, fake)).batch(20)
        for _ in range(2):  # the second time from the beginning
            scores = model.evaluate(dataset, return_dict=True, verbose=0)
            wanted = metrics.frechet_distance(real, fake)
            assert scores["distance"] == pytest.approx(wanted, rel=1e-6)

    def test_size(self):
        with pytest.raises(ValueError, match="`size` must be"):
            metrics.FrechetDistance(0)


def test_a_batch_of_one_has_no_kernel_distance():
    metric = metrics.KernelDistance()
    with pytest.raises(ValueError, match="`real` must have at least 2"):
        metric.update_state(np.zeros((1, 3)), np.zeros((2, 3)))


def test_precision_in_a_graph():
    metric = metrics.PrecisionRecall(SIZE)
    with pytest.raises(ValueError, match="must be called eagerly"):
        tf.function(metric.update_state)(*samples())
