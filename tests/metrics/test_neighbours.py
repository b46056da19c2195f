"""Precision and recall, density and coverage, against all distances."""

import numpy as np
import pytest

from tests.metrics.samples import BAD_PAIRS, GOOD
from tests.metrics.test_pairwise import KINDS, squares
from tf_gans.metrics import (
    density_coverage,
    nearest_neighbours,
    prdc,
    precision_recall,
)


def brute_force(real, fake, precision_k, density_k):
    """The definitions, pair by pair."""

    def radii(x, k):
        matrix = squares(x, x)
        np.fill_diagonal(matrix, np.inf)
        return np.sort(matrix, axis=1)[:, k - 1]

    between = squares(real, fake)
    balls, k = radii(real, density_k), density_k
    n, m = between.shape
    return (
        np.mean(
            [
                (between[:, j] <= radii(real, precision_k)).any()
                for j in range(m)
            ]
        ),
        np.mean(
            [(between[i] <= radii(fake, precision_k)).any() for i in range(n)]
        ),
        sum(between[i, j] < balls[i] for i in range(n) for j in range(m))
        / (k * m),
        np.mean([between[i].min() < balls[i] for i in range(n)]),
    )


class TestPRDC:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("ks", [(3, 5), (1, 1), (6, 2)])
    def test_brute_force(self, kind, ks):
        rng = np.random.default_rng(sum(ks))
        both = kind(rng, 90, 3)
        real, fake = both[:50], both[50:]
        expected = brute_force(real, fake, *ks)
        assert prdc(real, fake, *ks) == expected
        assert precision_recall(real, fake, ks[0]) == expected[:2]
        assert density_coverage(real, fake, ks[1]) == expected[2:]

    def test_fakes_that_are_real_samples(self):
        rng = np.random.default_rng(0)
        real = rng.normal(size=(60, 4))
        fake = real[rng.integers(0, 60, 80)]
        expected = brute_force(real, fake, 3, 5)
        assert prdc(real, fake) == expected
        assert expected[0] == 1

    @pytest.mark.parametrize(("precision_k", "density_k"), [(3, 5), (3, 3)])
    def test_one_distribution(self, precision_k, density_k):
        """E[density] is 1, E[coverage] 1 - 2^-k."""
        rng = np.random.default_rng(1)
        scores = []
        for _ in range(30):
            real, fake = rng.normal(size=(2, 400, 6))
            scores.append(prdc(real, fake, precision_k, density_k))
        means = np.mean(scores, axis=0)
        errors = np.std(scores, axis=0) / np.sqrt(30)
        expected = 1 - np.prod(
            [(400 - i) / (800 - i) for i in range(1, density_k + 1)]
        )
        assert expected == pytest.approx(1 - 2.0**-density_k, abs=1e-2)
        assert abs(means[2] - 1) < 4 * errors[2]
        assert abs(means[3] - expected) < 4 * errors[3]
        assert max(errors) < 0.02
        # Neither is near 1, and they are each other's mirror.
        assert abs(means[0] - means[1]) < 4 * max(errors)

    def test_identical_sets(self):
        real = np.random.default_rng(0).normal(size=(50, 4))
        scores = prdc(real, real)
        assert (scores.precision, scores.recall, scores.coverage) == (1, 1, 1)
        # Each point is in its own ball and in those that it is near to; not
        # in those on whose surface it lies.
        assert scores.density == pytest.approx(1)

    def test_collapse(self):
        """All fakes are good and alike."""
        real = np.random.default_rng(0).normal(size=(300, 4))
        middle = real[[np.square(real).sum(1).argmin()]]
        fake = middle + 1e-3 * np.random.default_rng(1).normal(size=(300, 4))
        scores = prdc(real, fake)
        assert scores.precision == 1
        assert scores.recall < 0.02
        assert scores.density > 1
        assert scores.coverage < 0.1

    def test_exchanging_the_sets_exchanges_precision_and_recall(self):
        rng = np.random.default_rng(0)
        real, fake = rng.normal(size=(80, 3)), 0.5 * rng.normal(size=(70, 3))
        scores = precision_recall(real, fake)
        assert scores.precision > scores.recall + 0.1
        assert precision_recall(fake, real) == scores[::-1]
        assert precision_recall(fake=fake, real=real) == scores
        assert density_coverage(real, fake) != density_coverage(fake, real)

    def test_far_apart(self):
        assert prdc(GOOD, GOOD + 1e6) == (0, 0, 0, 0)

    def test_surfaces(self):
        """Points at integers: the ball's surface has a neighbour on it."""
        real = np.arange(4.0)
        fake = np.array([-1.0, 10.0])
        # With k = 1 each ball reaches to the next integer, -1 included.
        assert precision_recall(real, fake, k=1).precision == 0.5
        assert density_coverage(real, fake, k=1) == (0, 0)

    @pytest.mark.parametrize(
        ("function", "least"), [(precision_recall, 4), (density_coverage, 6)]
    )
    def test_fewer_samples_than_k(self, function, least):
        with pytest.raises(ValueError, match=f"`real` must have at.*{least}"):
            function(GOOD[: least - 1], GOOD)
        function(GOOD[:least], GOOD)

    def test_fewer_fakes_than_k(self):
        with pytest.raises(ValueError, match="`fake` must have at least 4"):
            precision_recall(GOOD, GOOD[:3])
        density_coverage(GOOD, GOOD[:1])  # needs no balls around fakes

    @pytest.mark.parametrize("k", [0, 2.0, True])
    def test_bad_k(self, k):
        for function in (precision_recall, density_coverage, prdc):
            with pytest.raises(ValueError, match="k` must be a positive int"):
                function(GOOD, GOOD, k)

    @pytest.mark.parametrize("case", BAD_PAIRS)
    def test_bad_samples(self, case):
        real, fake, message = BAD_PAIRS[case]
        for function in (precision_recall, density_coverage, prdc):
            with pytest.raises(ValueError, match=message):
                function(real, fake)


class TestNearestNeighbours:
    def test_images(self):
        rng = np.random.default_rng(0)
        references = rng.integers(0, 256, (30, 5, 4, 3), np.uint8)
        queries = references[[7, 3]].copy()
        queries[1, 2, 2, 1] ^= 16
        distances, indices = nearest_neighbours(queries, references, k=2)
        assert indices[:, 0].tolist() == [7, 3]
        assert distances[:, 0].tolist() == [0, 16]
        flat = [v.reshape(-1, 60) for v in (queries, references)]
        expected = np.sort(np.sqrt(squares(*flat)), axis=1)[:, :2]
        np.testing.assert_array_equal(distances, expected)

    def test_equal_distances(self):
        distances, indices = nearest_neighbours([0.0], [3.0, -1, 1, -1], k=3)
        assert indices.tolist() == [[1, 2, 3]]
        assert distances.tolist() == [[1, 1, 1]]

    def test_refused(self):
        with pytest.raises(
            ValueError, match=r"`references` must have at le.*41"
        ):
            nearest_neighbours(GOOD, GOOD, k=41)
        with pytest.raises(ValueError, match="`k` must be"):
            nearest_neighbours(GOOD, GOOD, k=0)
        with pytest.raises(ValueError, match="`queries` and `references` must"):
            nearest_neighbours(GOOD, GOOD[:, :2])
        with pytest.raises(ValueError, match="`queries` must be finite"):
            nearest_neighbours(GOOD * np.nan, GOOD)
