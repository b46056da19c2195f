"""The Fréchet distance, against closed forms."""

import numpy as np
import pytest
import scipy.linalg

from tests.metrics.samples import BAD_PAIRS
from tf_gans.metrics import Moments, frechet_distance


def normal(count, size, seed=0):
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(size, size))
    return rng.normal(size=(count, size)) @ mixed + rng.normal(size=size)


def by_singular_values(x, y):
    """From the samples, without a covariance."""
    apart = x.mean(0) - y.mean(0)
    x, y = ((v - v.mean(0)) / np.sqrt(len(v) - 1) for v in (x, y))
    shared = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return apart @ apart + (x**2).sum() + (y**2).sum() - 2 * shared


def with_moments(mean, covariance, count, seed):
    """Samples that have exactly these moments."""
    x = np.random.default_rng(seed).normal(size=(count, len(mean)))
    x -= x.mean(0)
    x = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T)).T)
    return x @ np.linalg.cholesky(covariance).T + mean


class TestMoments:
    @pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
    @pytest.mark.parametrize("far", [0, 1e4])
    def test_of_batches(self, dtype, far):
        x = (20 * normal(1000, 5) + 100).clip(0, 255)
        x = (x + far * (dtype != np.uint8)).astype(dtype)
        batches = np.split(x, [1, 2, 70, 500])
        streamed = Moments()
        for batch in batches:
            streamed.update(batch)
        merged = Moments()
        for batch in batches:
            merged.merge(Moments.of(batch))
        x = x.astype(np.float64)
        for moments in (streamed, merged, Moments.of(x)):
            assert moments.count == 1000
            np.testing.assert_allclose(moments.mean, x.mean(0), rtol=1e-13)
            np.testing.assert_allclose(
                moments.covariance, np.cov(x.T), rtol=1e-9, atol=1e-9
            )

    def test_more_than_a_part(self):
        x = normal(9000, 3)
        np.testing.assert_allclose(Moments.of(x).covariance, np.cov(x.T))

    def test_single_numbers(self):
        moments = Moments.of(np.arange(5.0))
        assert moments.mean == 2
        assert moments.covariance == 2.5

    def test_merging_leaves_the_other_as_it_is(self):
        x, y = normal(10, 2), normal(20, 2, seed=1)
        total, other = Moments(), Moments.of(x)
        total.merge(Moments())
        total.merge(other)
        total.update(y)
        assert other.count == 10
        np.testing.assert_allclose(other.covariance, np.cov(x.T))
        np.testing.assert_allclose(other.mean, x.mean(0))

    def test_sums(self):
        moments = Moments.of(normal(10, 2))
        again = Moments.from_sums(10, moments.mean, moments.scatter)
        np.testing.assert_array_equal(again.covariance, moments.covariance)

    def test_refused(self):
        moments = Moments.of(np.zeros((1, 3)))
        with pytest.raises(ValueError, match="at least 2 samples"):
            _ = moments.covariance
        with pytest.raises(ValueError, match=r"as many numbers.*2 and 3"):
            moments.update(np.zeros((4, 2)))
        with pytest.raises(ValueError, match=r"as many numbers.*2 and 3"):
            moments.merge(Moments.of(np.zeros((4, 2))))
        with pytest.raises(ValueError, match="must be finite"):
            moments.update([[0, 0, np.nan]])
        assert moments.count == 1


class TestFrechetDistance:
    def test_single_numbers(self):
        real, fake = normal(100, 1)[:, 0], 3 * normal(50, 1, seed=1)[:, 0] + 1
        expected = (real.mean() - fake.mean()) ** 2 + (
            real.std(ddof=1) - fake.std(ddof=1)
        ) ** 2
        assert frechet_distance(real, fake) == pytest.approx(expected, 1e-12)

    @pytest.mark.parametrize("size", [2, 17, 130])
    def test_commuting_covariances(self, size):
        """Then the distance is that of the standard deviations."""
        rng = np.random.default_rng(size)
        turn = np.linalg.qr(rng.normal(size=(size, size)))[0]
        deviations = rng.uniform(0.1, 3, (2, size))
        means = rng.normal(size=(2, size))
        sets = [
            with_moments(m, turn * d**2 @ turn.T, 2 * size + 3, i)
            for i, (m, d) in enumerate(zip(means, deviations, strict=True))
        ]
        expected = np.sum((means[0] - means[1]) ** 2) + np.sum(
            (deviations[0] - deviations[1]) ** 2
        )
        assert frechet_distance(*sets) == pytest.approx(expected, 1e-9)

    @pytest.mark.parametrize("decay", [np.inf, 5.0])
    def test_any_covariances(self, decay):
        shrink = np.exp(-np.arange(90) / decay)
        turn = np.linalg.qr(normal(90, 90))[0]
        real = normal(400, 90) * shrink
        fake = normal(300, 90, seed=1) * shrink @ turn
        distance = frechet_distance(real, fake)
        assert distance == pytest.approx(by_singular_values(real, fake), 1e-9)
        assert distance == pytest.approx(frechet_distance(fake, real), 1e-9)

    def test_the_general_root(self):
        real, fake = normal(400, 30), normal(300, 30, seed=1)
        s, t = np.cov(real.T), np.cov(fake.T)
        root = scipy.linalg.sqrtm(s @ t).real
        expected = np.sum((real.mean(0) - fake.mean(0)) ** 2)
        expected += np.trace(s + t - 2 * root)
        assert frechet_distance(real, fake) == pytest.approx(expected, 1e-8)

    @pytest.mark.parametrize("decay", [np.inf, 5.0])
    @pytest.mark.parametrize("shift", [0.0, 1e-3])
    def test_identical_but_for_a_shift(self, decay, shift):
        real = normal(400, 90) * np.exp(-np.arange(90) / decay)
        rounding = 1e-14 * real.var(0).sum()
        expected = pytest.approx(90 * shift**2, rel=1e-6, abs=rounding)
        assert frechet_distance(real, real + shift) == expected

    @pytest.mark.parametrize("counts", [(20, 50), (50, 20), (500, 20), (2, 2)])
    def test_fewer_samples_than_numbers(self, counts):
        real, fake = normal(counts[0], 60), normal(counts[1], 60, seed=1)
        with pytest.warns(UserWarning, match=r"has n=\d+ samples of d=60"):
            distance = frechet_distance(real, fake)
        expected = by_singular_values(real, fake)
        assert distance == pytest.approx(expected, rel=1e-10)

    def test_each_set_that_is_too_small_is_named(self):
        with pytest.warns(UserWarning) as warned:
            frechet_distance(normal(3, 3), normal(2, 3))
        messages = [str(w.message) for w in warned]
        assert ["n=3" in messages[0], "n=2" in messages[1]] == [True, True]
        assert all("\n" not in message for message in messages)
        assert all(w.filename == __file__ for w in warned)

    def test_enough_samples(self):
        frechet_distance(normal(4, 3), normal(4, 3))  # warnings are errors

    def test_constant_features(self):
        real, fake = normal(400, 30), normal(300, 30, seed=1)
        fake[:, 10:] = 7
        distance = frechet_distance(real, fake)
        expected = by_singular_values(real, fake)
        assert distance == pytest.approx(expected, rel=1e-7)
        assert frechet_distance(fake, real) == pytest.approx(expected, rel=1e-7)
        assert frechet_distance(np.ones((9, 3)), np.ones((9, 3))) == 0
        assert frechet_distance(np.ones((9, 3)), np.zeros((9, 3))) == 3

    def test_moments_or_arrays(self):
        real, fake = normal(40, 3), normal(30, 3, seed=1)
        expected = frechet_distance(real, fake)
        assert frechet_distance(Moments.of(real), fake) == expected
        assert frechet_distance(real, fake=Moments.of(fake)) == expected

    def test_two_samples(self):
        with pytest.raises(ValueError, match="`fake` must have at least 2"):
            frechet_distance(normal(9, 3), normal(1, 3))
        with pytest.raises(ValueError, match="`real` must have at least 2"):
            frechet_distance(Moments(), normal(9, 3))

    @pytest.mark.parametrize("case", BAD_PAIRS)
    def test_bad_samples(self, case):
        real, fake, message = BAD_PAIRS[case]
        with pytest.raises(ValueError, match=message) as error:
            frechet_distance(real, fake)
        assert "\n" not in str(error.value)
