"""The Inception Score, against its definition as a mean divergence."""

import itertools

import numpy as np
import pytest

from tf_gans.metrics import inception_score


def probabilities(count, classes=7, seed=0):
    logits = np.random.default_rng(seed).normal(0, 3, (count, classes))
    p = np.exp(logits)
    return p / p.sum(1, keepdims=True)


def of_a_part(p):
    mean = p.mean(0)
    return np.exp(np.mean([np.sum(row * np.log(row / mean)) for row in p]))


class TestInceptionScore:
    def test_parts(self):
        p = probabilities(103)
        ends = [0, 25, 51, 77, 103]
        parts = [of_a_part(p[a:b]) for a, b in itertools.pairwise(ends)]
        score = inception_score(p, num_splits=4)
        np.testing.assert_allclose(score, (np.mean(parts), np.std(parts)))

    def test_extremes(self):
        sure = np.eye(5)[np.arange(100) % 5]
        assert inception_score(sure, 10) == pytest.approx((5, 0))
        assert inception_score(np.eye(5)[[2] * 10], 2) == pytest.approx((1, 0))
        unsure = np.full((10, 5), 0.2)
        assert inception_score(unsure, 1) == pytest.approx((1, 0))

    def test_order(self):
        """Sorted by class, each part has one; shuffled, all of them."""
        p = np.eye(5)[np.repeat(np.arange(5), 200)]
        assert inception_score(p, 5).mean == pytest.approx(1)
        assert inception_score(p, 5, seed=0).mean > 4.9
        assert inception_score(p, 5, seed=0) == inception_score(p, 5, seed=0)
        assert inception_score(p, 5, seed=0) != inception_score(p, 5, seed=1)

    def test_half_precision(self):
        p = probabilities(50)
        half = inception_score(p.astype(np.float16), 1).mean
        assert half == pytest.approx(of_a_part(p), rel=1e-3)

    @pytest.mark.parametrize(
        ("p", "message"),
        [
            (np.full((9, 3), 0.5), "sum to 1.*1.5"),
            (np.array([[1.5, -0.5]]), "at least 0.*least of -0.5"),
            (np.array([[np.nan, 1.0]]), "must be finite"),
            (np.ones(3), "must be floats of shape"),
            (np.ones((3, 1), int), "must be floats of shape"),
            (np.ones((0, 3)), "must be floats of shape"),
        ],
    )
    def test_no_probabilities(self, p, message):
        with pytest.raises(ValueError, match=message):
            inception_score(p, 1)

    def test_too_few(self):
        with pytest.raises(ValueError, match=r"num_splits=10.*Received: 9"):
            inception_score(probabilities(9))
        with pytest.raises(ValueError, match="`num_splits` must be"):
            inception_score(probabilities(9), 0)
