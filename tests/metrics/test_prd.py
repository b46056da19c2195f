"""Precision and recall as a curve, against closed forms."""

import numpy as np
import pytest

from tests.metrics.samples import BAD_PAIRS, GOOD
from tf_gans.metrics import (
    curve_of_histograms,
    f_scores,
    precision_recall_curve,
)


class TestCurveOfHistograms:
    def test_closed_form(self):
        """Real (1/2, 1/2, 0), fake (1/4, 0, 3/4), as a function of t."""
        angles = np.linspace(1e-10, np.pi / 2 - 1e-10, 1001)
        t = np.tan(angles)
        precision, recall = curve_of_histograms([2, 2, 0], [1, 0, 3])
        np.testing.assert_allclose(precision, np.minimum(t / 2, 1 / 4))
        np.testing.assert_allclose(recall, np.minimum(1 / 2, 1 / (4 * t)))

    def test_part_of_the_modes(self):
        """Fakes of half of the modes: precise, half is recalled."""
        precision, recall = curve_of_histograms(np.ones(8), [1] * 4 + [0] * 4)
        assert precision.max() == 1
        assert recall.max() == 0.5
        scores = f_scores(precision, recall)
        # Both are reached at one point of the curve.
        for score, beta in zip(scores, (8, 1 / 8), strict=True):
            expected = (1 + beta**2) * 0.5 / (beta**2 + 0.5)
            assert score == pytest.approx(expected, rel=1e-4)
        assert scores.f8 < 0.6
        assert scores.f1_8 > 0.98

    def test_exchanging_the_sets_exchanges_the_axes(self):
        real, fake = np.random.default_rng(0).random((2, 9))
        precision, recall = curve_of_histograms(real, fake)
        swapped = curve_of_histograms(real=fake, fake=real)
        np.testing.assert_allclose(swapped.recall, precision[::-1], atol=1e-9)
        np.testing.assert_allclose(swapped.precision, recall[::-1], atol=1e-9)

    def test_identical_and_apart(self):
        precision, recall = curve_of_histograms([3, 1], [6, 2], 101)
        assert f_scores(precision, recall) == pytest.approx((1, 1))
        assert precision.shape == (101,)
        precision, recall = curve_of_histograms([1, 0], [0, 1])
        assert precision.max() == recall.max() == 0
        assert f_scores(precision, recall) == (0, 0)

    def test_both_in_their_range(self):
        for values in curve_of_histograms([1, 2, 3], [3, 2, 1]):
            assert 0 <= values.min() < 1e-9
            assert values.max() == pytest.approx(1)
            assert values.max() <= 1

    @pytest.mark.parametrize(
        "histogram",
        [[1, -1], [0, 0], [np.nan, 1], [[1, 2]], [], ["a"], [1j, 1]],
    )
    def test_no_histogram(self, histogram):
        with pytest.raises(ValueError, match="`fake` must be a histogram"):
            curve_of_histograms([1, 2], histogram)

    def test_refused(self):
        with pytest.raises(ValueError, match="counts of the same things"):
            curve_of_histograms([1, 2], [1, 2, 3])
        with pytest.raises(ValueError, match="`num_angles` must be at least 3"):
            curve_of_histograms([1, 2], [1, 2], 2)


class TestFScores:
    def test_largest(self):
        precision, recall = np.array([0.0, 0.4, 0.9]), np.array([1.0, 0.8, 0.1])

        def f(b, p, r):
            return (1 + b * b) * p * r / (b * b * p + r)

        scores = f_scores(precision, recall)
        assert scores.f8 == pytest.approx(f(8, 0.4, 0.8))
        assert scores.f1_8 == pytest.approx(f(1 / 8, 0.9, 0.1))
        assert f_scores(precision, recall, 1).f8 == pytest.approx(
            f(1, 0.4, 0.8)
        )

    def test_refused(self):
        with pytest.raises(ValueError, match="arrays of one shape"):
            f_scores([1, 2], [1])
        with pytest.raises(ValueError, match="arrays of one shape"):
            f_scores([], [])
        with pytest.raises(ValueError, match="`beta` must be at least 1"):
            f_scores([1], [1], 0.5)


def mixture(weights, count=2000, seed=0):
    """Points of four parts that are far apart."""
    rng = np.random.default_rng(seed)
    parts = rng.choice(4, count, p=weights)
    return 100 * np.eye(4)[parts] + rng.normal(size=(count, 4)), parts


class TestPrecisionRecallCurve:
    def test_known_parts(self):
        """Clusters that are the parts: the curve of their shares."""
        real, real_parts = mixture([0.4, 0.4, 0.1, 0.1])
        fake, fake_parts = mixture([0.7, 0, 0, 0.3], seed=1)
        curve = precision_recall_curve(real, fake, num_clusters=4, num_runs=2)
        expected = curve_of_histograms(
            *(np.bincount(p, minlength=4) for p in (real_parts, fake_parts))
        )
        np.testing.assert_allclose(curve, expected, atol=1e-12)

    def test_order_of_the_arguments(self):
        """Fakes of one part are precise and recall little."""
        real, fake = mixture([0.25] * 4)[0], mixture([1, 0, 0, 0], seed=1)[0]
        f8, f1_8 = f_scores(*precision_recall_curve(real, fake, 4, num_runs=1))
        assert f1_8 > 0.9
        assert f8 < 0.4
        swapped = precision_recall_curve(fake=real, real=fake, num_clusters=4)
        assert f_scores(*swapped).f8 > 0.9

    def test_one_distribution(self):
        real, fake = (mixture([0.25] * 4, seed=s)[0] for s in range(2))
        assert min(f_scores(*precision_recall_curve(real, fake))) > 0.9

    def test_runs_and_seed(self):
        rng = np.random.default_rng(0)
        real, fake = rng.normal(size=(300, 3)), 0.7 * rng.normal(size=(300, 3))
        first, again, other = (
            precision_recall_curve(real, fake, 20, 101, 2, seed=s)
            for s in (0, 0, 1)
        )
        np.testing.assert_array_equal(first, again)
        assert np.abs(np.subtract(first, other)).max() > 0
        assert first.precision.shape == first.recall.shape == (101,)

    def test_refused(self):
        with pytest.raises(ValueError, match=r"as many samples.*40 and 39"):
            precision_recall_curve(GOOD, GOOD[:-1])
        with pytest.raises(ValueError, match="`real` must have at least 41"):
            precision_recall_curve(GOOD, GOOD, num_clusters=41)
        for name in ("num_clusters", "num_angles", "num_runs"):
            with pytest.raises(ValueError, match=f"`{name}` must be"):
                precision_recall_curve(GOOD, GOOD, **{name: 0})

    @pytest.mark.parametrize("case", BAD_PAIRS)
    def test_bad_samples(self, case):
        real, fake, message = BAD_PAIRS[case]
        with pytest.raises(ValueError, match=message):
            precision_recall_curve(real, fake)
