"""What real samples score against real samples."""

import numpy as np
import pytest

from tf_gans.metrics import frechet_distance, real_baseline


def both(real, fake):
    return real, fake


class TestRealBaseline:
    def test_parts_are_disjoint_and_random(self):
        first, second = real_baseline(both, np.arange(100))
        assert len(first) == len(second) == 50
        assert sorted([*first, *second]) == list(range(100))
        assert first.tolist() != sorted(first)
        other = real_baseline(both, np.arange(100), seed=1)[0]
        assert set(first) != set(other)
        again = real_baseline(both, np.arange(100))[0]
        np.testing.assert_array_equal(first, again)

    def test_sizes(self):
        images = np.zeros((9, 2, 2, 1), np.uint8)
        for options, sizes in (
            ({}, (4, 4)),
            ({"num_fake": 3}, (3, 3)),
            ({"num_fake": 2, "num_real": 7}, (7, 2)),
        ):
            parts = real_baseline(both, images, **options)
            assert tuple(len(part) for part in parts) == sizes

    def test_of_a_distance(self):
        real = np.random.default_rng(0).normal(size=(4000, 3))
        floor = real_baseline(frechet_distance, real, num_fake=2000)
        assert 0 < floor < 0.02
        assert frechet_distance(real[:2000], real[2000:] + 0.5) > 20 * floor

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"num_fake": 51}, "must have 102 samples.*Received: 100"),
            ({"num_fake": 1, "num_real": 100}, "must have 101 samples"),
            ({"num_fake": 0}, "`num_fake` must be"),
            ({"num_fake": 1, "num_real": 1.5}, "`num_real` must be"),
        ],
    )
    def test_too_few(self, options, message):
        with pytest.raises(ValueError, match=message):
            real_baseline(both, np.arange(100), **options)

    @pytest.mark.parametrize("real", [3.0, np.zeros((1, 2)), []])
    def test_no_samples(self, real):
        with pytest.raises(ValueError, match="`real` must have at least 2"):
            real_baseline(both, real)
