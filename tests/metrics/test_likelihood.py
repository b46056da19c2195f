"""Parzen windows, against a direct sum and against normal distributions."""

import math

import numpy as np
import pytest

from tests.metrics.samples import GOOD
from tf_gans.metrics import (
    likelihood,
    parzen_bandwidth,
    parzen_log_likelihood,
)


def directly(samples, point, h):
    """The log density at one point, term by term."""
    size = len(point)
    terms = [
        math.exp(-(math.dist(x, point) ** 2) / (2 * h * h)) for x in samples
    ]
    unit = (2 * math.pi * h * h) ** (size / 2)
    return math.log(math.fsum(terms) / len(samples) / unit)


class TestParzen:
    @pytest.mark.parametrize("block", [7, 1024])
    def test_directly(self, monkeypatch, block):
        monkeypatch.setattr(likelihood, "_BLOCK", block)
        samples, points = np.random.default_rng(0).normal(size=(2, 30, 3))
        found = parzen_log_likelihood(samples + 50, points + 50, 0.4)
        values = [directly(samples, point, 0.4) for point in points]
        assert found.mean == pytest.approx(np.mean(values), rel=1e-9)
        error = np.std(values, ddof=1) / math.sqrt(30)
        assert found.standard_error == pytest.approx(error, rel=1e-9)
        assert found.bandwidth == 0.4

    def test_far_away(self):
        """The density underflows, its logarithm does not."""
        found = parzen_log_likelihood([0.0], [1e5], 1.0).mean
        assert found == pytest.approx(-5e9, rel=1e-6)

    def test_of_a_normal_distribution(self):
        """In one dimension it is right: minus the entropy."""
        rng = np.random.default_rng(0)
        samples, points = rng.normal(size=4000), rng.normal(size=1000)
        found = parzen_log_likelihood(samples, points)
        entropy = 0.5 * math.log(2 * math.pi * math.e)
        assert abs(found.mean + entropy) < 4 * found.standard_error
        assert 0.02 < found.bandwidth < 0.5

    def test_the_bandwidth_is_chosen_by_other_points(self):
        rng = np.random.default_rng(0)
        samples, points = rng.normal(size=(2, 100, 2))
        found = parzen_log_likelihood(samples, points, seed=3)
        order = np.random.default_rng(3).permutation(100)
        h = parzen_bandwidth(samples, points[order[:10]])
        rest = parzen_log_likelihood(samples, points[order[10:]], h)
        assert found == rest
        scores = {
            c: parzen_log_likelihood(samples, points, c).mean
            for c in (0.01, 0.1, 0.4, 2.0)
        }
        best = parzen_bandwidth(samples, points, list(scores))
        assert scores[best] == max(scores.values())

    def test_says_why_not_to_trust_it(self):
        samples, points = np.random.default_rng(0).normal(size=(2, 50, 5))
        with pytest.warns(UserWarning, match="d=5 dimensions.*1511.01844"):
            parzen_log_likelihood(samples, points)
        parzen_log_likelihood(samples[:, :4], points[:, :4])  # no warning

    def test_its_failure(self):
        """A model of too little variance beats the data's distribution."""
        rng = np.random.default_rng(0)
        points, real, narrow = rng.normal(size=(3, 500, 40))
        with pytest.warns(UserWarning, match="do not choose by them"):
            truth = parzen_log_likelihood(real, points)
            worse = parzen_log_likelihood(0.5 * narrow, points)
        assert worse.mean > truth.mean + 3 * truth.standard_error

    @pytest.mark.parametrize("h", [0, -1.0, np.nan, np.inf])
    def test_bad_bandwidth(self, h):
        with pytest.raises(ValueError, match="`bandwidth` must be positive"):
            parzen_log_likelihood(GOOD, GOOD, h)

    def test_refused(self):
        with pytest.raises(ValueError, match="`samples` must not be all the"):
            parzen_log_likelihood([1.0, 1.0], [1.0, 2.0])
        with pytest.raises(ValueError, match="`candidates` must be positive"):
            parzen_bandwidth(GOOD, GOOD, [0.1, 0])
        with pytest.raises(ValueError, match="`points` must have at least 2"):
            parzen_log_likelihood(GOOD, GOOD[:1])
        with pytest.raises(ValueError, match="`samples` and `points` must"):
            parzen_log_likelihood(GOOD, GOOD[:, 0])
        with pytest.raises(ValueError, match="`points` must be finite"):
            parzen_log_likelihood(GOOD, GOOD * np.inf)
