"""The kernel distance, against the sum over all pairs."""

import math

import numpy as np
import pytest

from tests.metrics.samples import BAD_PAIRS, GOOD
from tf_gans.metrics import kernel_distance


def normal(count, size=4, seed=0, mean=0.0):
    rng = np.random.default_rng(seed)
    return rng.normal(mean, 1, (count, size))


def brute_force(x, y):
    def kernel(a, b):
        return (
            math.fsum(p * q for p, q in zip(a, b, strict=True)) / 4 + 1
        ) ** 3

    def within(v):
        n = len(v)
        values = [
            kernel(v[i], v[j]) for i in range(n) for j in range(n) if i != j
        ]
        return math.fsum(values) / (n * (n - 1))

    between = math.fsum(kernel(a, b) for a in x for b in y)
    return within(x) + within(y) - 2 * between / (len(x) * len(y))


class TestKernelDistance:
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_brute_force(self, dtype):
        real, fake = normal(30).astype(dtype), normal(30, mean=0.3, seed=1)
        distance = kernel_distance(real, fake, num_subsets=3, subset_size=30)
        expected = brute_force(real.tolist(), fake.tolist())
        assert distance.mean == pytest.approx(expected, rel=1e-10)
        assert distance.std < 1e-13 * expected  # only one subset is possible

    def test_without_bias(self):
        """Of one distribution, 0 on average whatever the subset's size."""
        real, fake = normal(20_000), normal(20_000, seed=1)
        for size in (2, 10, 100):
            distance = kernel_distance(real, fake, 2000, size)
            error = distance.std / np.sqrt(2000)
            assert abs(distance.mean) < 4 * error
            assert distance.std > 0

    def test_subsets_have_no_sample_twice(self):
        """Samples apart from all others see at once whether they met."""
        real = 100 * np.eye(50)
        (mean, std) = kernel_distance(real, real, 20, subset_size=50)
        # Within a set all products are 0, and k(x, x) = 201 ^ 3 between sets.
        expected = 2 - 2 * (201**3 * 50 + 50 * 49) / 50**2
        assert mean == pytest.approx(expected, rel=1e-12)
        assert std < 1e-9 * abs(expected)

    def test_seed(self):
        real, fake = normal(50), normal(60, seed=1)
        first = kernel_distance(real, fake, 5, 20)
        assert first == kernel_distance(real, fake, 5, 20, seed=0)
        assert first != kernel_distance(real, fake, 5, 20, seed=1)

    @pytest.mark.parametrize("size", [1, 41])
    def test_subset_size(self, size):
        with pytest.raises(ValueError, match=r"from 2 to.*40\. Received"):
            kernel_distance(GOOD, normal(60, 3), subset_size=size)

    def test_bad_arguments(self):
        with pytest.raises(ValueError, match="`num_subsets` must be"):
            kernel_distance(GOOD, GOOD, num_subsets=0, subset_size=5)
        with pytest.raises(ValueError, match="`subset_size` must be"):
            kernel_distance(GOOD, GOOD, subset_size=5.0)

    @pytest.mark.parametrize("case", BAD_PAIRS)
    def test_bad_samples(self, case):
        real, fake, message = BAD_PAIRS[case]
        with pytest.raises(ValueError, match=message):
            kernel_distance(real, fake, subset_size=5)
