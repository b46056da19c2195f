"""The one-dimensional metrics against scipy and closed forms."""

import numpy as np
import pytest
import scipy.stats

from tf_gans import data
from tf_gans.toys.gaussian import metrics

GAUSSIAN = data.Gaussian(8)


@pytest.fixture(scope="module")
def samples():
    return np.random.default_rng(0).normal(4.1, 0.6, 2500)


def test_w1_of_a_shift_is_the_shift():
    places = (np.arange(5000) + 0.5) / 5000
    shifted = GAUSSIAN.ppf(places) + 0.25
    assert metrics.wasserstein_1(shifted, GAUSSIAN) == pytest.approx(0.25)


def test_w1_agrees_with_scipy(samples):
    dense = GAUSSIAN.ppf((np.arange(400_000) + 0.5) / 400_000)
    expected = scipy.stats.wasserstein_distance(samples, dense)
    actual = metrics.wasserstein_1(samples, GAUSSIAN)
    assert actual == pytest.approx(expected, abs=1e-3)


def test_w1_to_an_empirical_distribution_agrees_with_scipy(samples):
    # With equally many points the quantile form is exact.
    target = data.Empirical(8, np.random.default_rng(1).gamma(2, 1, 2500))
    expected = scipy.stats.wasserstein_distance(samples, target.values)
    assert metrics.wasserstein_1(samples, target) == pytest.approx(expected)


def test_ks_agrees_with_scipy(samples):
    expected = scipy.stats.kstest(samples, "norm", args=(4, 0.5)).statistic
    actual = metrics.kolmogorov_smirnov(samples, GAUSSIAN)
    assert actual == pytest.approx(expected, abs=1e-12)


def test_ks_to_an_empirical_distribution_agrees_with_scipy():
    generator = np.random.default_rng(2)
    # Whole numbers: many ties on both sides.
    samples = generator.integers(0, 12, 300)
    values = generator.integers(2, 15, 200)
    expected = scipy.stats.ks_2samp(samples, values).statistic
    target = data.Empirical(8, values)
    actual = metrics.kolmogorov_smirnov(samples, target)
    assert actual == pytest.approx(expected, abs=1e-12)


def test_ks_of_a_collapsed_generator_is_a_half():
    collapsed = np.full(1000, 4.0)
    actual = metrics.kolmogorov_smirnov(collapsed, GAUSSIAN)
    assert actual == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("size", "w1", "ks"),
    [(1000, 0.0396, 0.0269), (2500, 0.0254, 0.0172), (10_000, 0.0125, 0.0085)],
)
def test_baseline_are_the_known_ones(size, w1, ks):
    # Measured elsewhere with 300 repetitions, for N(0, 1).
    baseline = metrics.scalar_baseline(data.Gaussian(8, 0.0, 1.0), size)
    assert baseline["w1"] == pytest.approx(w1, rel=0.1)
    assert baseline["ks"] == pytest.approx(ks, rel=0.1)
    # E|error| of a normal estimate is sqrt(2 / pi) standard errors.
    assert baseline["mean"] == pytest.approx((2 / np.pi / size) ** 0.5, rel=0.2)
    assert baseline["std"] == pytest.approx((1 / np.pi / size) ** 0.5, rel=0.2)


def test_baseline_scale_with_the_data():
    one = metrics.scalar_baseline(data.Gaussian(8, 0.0, 1.0), 500)
    ten = metrics.scalar_baseline(data.Gaussian(8, 50.0, 10.0), 500)
    assert ten["w1"] == pytest.approx(10 * one["w1"])
    assert ten["ks"] == pytest.approx(one["ks"])


def test_scalar_metrics_names_every_metric(samples):
    scores = metrics.scalar_metrics(samples, GAUSSIAN)
    assert tuple(scores) == metrics.SCALAR_METRICS
    assert scores["mean"] == pytest.approx(samples.mean())
    assert scores["std"] == pytest.approx(samples.std())
