"""Closest pairs, and the support's size by the birthday paradox."""

import numpy as np
import pytest

from tests.metrics.samples import GOOD
from tests.metrics.test_pairwise import KINDS, squares
from tf_gans.metrics import closest_pairs, pairwise, support_size


class TestClosestPairs:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("block", [6, 1024])
    @pytest.mark.parametrize("count", [2, 9, 45])
    def test_brute_force(self, monkeypatch, kind, block, count):
        monkeypatch.setattr(pairwise.parts, "__defaults__", (block,))
        x = kind(np.random.default_rng(count), count, 3)
        i, j = np.triu_indices(count, 1)
        expected = squares(x, x)[i, j]
        order = np.lexsort((j, i, expected))[:20]
        pairs = closest_pairs(x)
        np.testing.assert_array_equal(
            pairs.indices, np.stack([i, j], axis=1)[order]
        )
        np.testing.assert_array_equal(pairs.distances, np.sqrt(expected[order]))

    def test_images(self):
        images = np.random.default_rng(0).integers(
            0, 256, (200, 8, 8, 1), np.uint8
        )
        images[150] = images[20]
        images[20, 0, 0] ^= 1
        pairs = closest_pairs(images, 1)
        assert pairs.indices.tolist() == [[20, 150]]
        assert pairs.distances.tolist() == [1]

    def test_refused(self):
        with pytest.raises(ValueError, match="`samples` must have at least 2"):
            closest_pairs(GOOD[:1])
        with pytest.raises(ValueError, match="`samples` must be finite"):
            closest_pairs([1.0, np.inf])
        with pytest.raises(ValueError, match="`num_pairs` must be"):
            closest_pairs(GOOD, 0)


class TestSupportSize:
    def test_of_a_known_support(self):
        """500 things, drawn 400 times, in the mean of many trials."""
        rng = np.random.default_rng(0)
        things = rng.normal(size=(500, 4))
        counts = [
            support_size(things[rng.integers(0, 500, 400)], 0).num_duplicates
            for _ in range(40)
        ]
        expected = 400 * 399 / 2 / 500
        assert np.mean(counts) == pytest.approx(expected, rel=0.04)

    def test_distance(self):
        samples = np.array([0.0, 1, 3, 3.5])
        assert support_size(samples, 0) == (0, np.inf)
        assert support_size(samples, 0.5) == (1, 6)
        assert support_size(samples, 1) == (2, 3)
        assert support_size(samples, 9) == (6, 1)

    def test_refused(self):
        for distance in (-1, np.nan, np.inf):
            with pytest.raises(ValueError, match="`distance` must be at le"):
                support_size(GOOD, distance)
        with pytest.raises(ValueError, match="`samples` must have at least 2"):
            support_size(GOOD[:1], 1)
