"""The sliced Wasserstein-2 distance."""

import numpy as np
import pytest
import scipy.optimize

from tests.metrics.samples import BAD_PAIRS
from tf_gans.metrics import sliced_wasserstein_2


def by_transport(x, y):
    """W2 of single numbers of unequal counts, as an optimal assignment."""
    x, y = np.repeat(x, len(y)), np.repeat(y, len(x))
    costs = np.square(x[:, None] - y)
    rows, columns = scipy.optimize.linear_sum_assignment(costs)
    return np.sqrt(costs[rows, columns].mean())


class TestSlicedWasserstein:
    @pytest.mark.parametrize("counts", [(7, 7), (6, 9), (1, 5), (11, 4)])
    def test_single_numbers(self, counts):
        rng = np.random.default_rng(sum(counts))
        x, y = rng.normal(size=counts[0]), rng.normal(1, 2, counts[1])
        expected = pytest.approx(by_transport(x, y), rel=1e-10)
        assert sliced_wasserstein_2(x, y) == expected
        assert sliced_wasserstein_2(y[:, None], x[:, None]) == expected

    @pytest.mark.parametrize("counts", [(500, 500), (500, 300)])
    def test_each_direction(self, counts):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(counts[0], 5)), rng.normal(size=(counts[1], 5))
        directions = np.random.default_rng(3).normal(size=(70, 5))
        directions /= np.sqrt((directions**2).sum(1, keepdims=True))
        squares = [sliced_wasserstein_2(x @ u, y @ u) ** 2 for u in directions]
        distance = sliced_wasserstein_2(x, y, num_projections=70, seed=3)
        assert distance == pytest.approx(np.sqrt(np.mean(squares)))

    def test_a_shift(self):
        """On a line, the shift's length times a cosine, squared 1/d."""
        x = np.random.default_rng(0).normal(size=(50, 8))
        distance = sliced_wasserstein_2(x, x + 3 * np.eye(8)[2], 20_000)
        assert distance == pytest.approx(3 / np.sqrt(8), rel=0.02)
        assert sliced_wasserstein_2(x, x) == 0
        assert sliced_wasserstein_2(x, np.repeat(x, 3, axis=0)) < 1e-7

    def test_seed(self):
        x, y = np.random.default_rng(0).normal(size=(2, 50, 8))
        first = sliced_wasserstein_2(x, y, 10)
        assert first == sliced_wasserstein_2(x, y, 10, seed=0)
        assert first != sliced_wasserstein_2(x, y, 10, seed=1)

    def test_bad_projections(self):
        with pytest.raises(ValueError, match="`num_projections` must be"):
            sliced_wasserstein_2([1.0], [2.0], 0)

    @pytest.mark.parametrize("case", BAD_PAIRS)
    def test_bad_samples(self, case):
        real, fake, message = BAD_PAIRS[case]
        with pytest.raises(ValueError, match=message):
            sliced_wasserstein_2(real, fake, 3)
