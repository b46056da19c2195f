"""Points in the plane: as data, and the metrics of generated ones."""

import math

import numpy as np
import pytest
import scipy.stats

from tf_gans import data
from tf_gans.toys.mixtures import metrics
from tf_gans.toys.mixtures.metrics import NUM_SAMPLES

RING, GRID, ROLL = data.Ring(8), data.Grid(8), data.SwissRoll(8)
SOURCES = pytest.mark.parametrize(
    "source", [RING, GRID, ROLL], ids=["ring", "grid", "roll"]
)


class TestSources:
    def test_the_ring(self):
        assert RING.num_modes == 8
        angles = np.degrees(np.arctan2(*RING.centres.T[::-1])) % 360
        np.testing.assert_allclose(angles, 45.0 * np.arange(8), atol=1e-9)
        np.testing.assert_allclose(np.linalg.norm(RING.centres, axis=1), 1)
        assert RING.sigma == 0.01
        large = data.Ring(8, num_modes=5, radius=2, sigma=0.02)
        assert len(np.unique(large.centres.round(6), axis=0)) == 5
        np.testing.assert_allclose(np.linalg.norm(large.centres, axis=1), 2)

    def test_the_grid(self):
        assert GRID.num_modes == 25
        expected = {(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)}
        assert set(map(tuple, GRID.centres)) == expected
        assert GRID.sigma == 0.05
        small = data.Grid(8, size=2, spacing=1)
        assert set(map(tuple, small.centres)) == {
            (x, y) for x in (-0.5, 0.5) for y in (-0.5, 0.5)
        }

    def test_the_roll_is_scikit_learns(self):
        """Its formula, written down as it is there, on a grid of t."""
        t = 1.5 * np.pi * (1 + 2 * np.linspace(0, 1, 101))
        roll = np.stack([t * np.cos(t), t * np.sin(t)], axis=-1)
        assert ROLL.locate(roll)[1].max() < 0.08
        assert np.linalg.norm(roll[-1]) == pytest.approx(4.5 * np.pi)
        assert ROLL.sigma == 0.25

    @SOURCES
    def test_batches_have_the_distribution(self, source):
        kind = type(source)
        points = kind(200).draw(3, 0, 50).numpy()
        assert points.shape == (50, 200, 2)
        assert points.dtype == np.float32
        points = points.reshape(-1, 2)
        modes, distances = source.locate(points)
        assert scipy.stats.chisquare(np.bincount(modes)).pvalue > 0.001
        drawn = source.sample(np.random.default_rng(0), 10_000)
        assert drawn.shape == (10_000, 2)
        # Of two-dimensional noise, or across a curve.
        both = (distances, source.locate(drawn)[1])
        assert scipy.stats.ks_2samp(*both).pvalue > 0.001
        if isinstance(source, data.Mixture):
            assert scipy.stats.kstest(distances, "rayleigh").pvalue > 0.001
        np.testing.assert_allclose(
            points.mean(axis=0), source.mean, atol=0.05 * source.std
        )
        std = np.sqrt(points.var(axis=0).mean())
        assert std == pytest.approx(source.std, rel=0.03)
        inside = np.abs(points - source.mean) < source.extent
        assert inside.all(axis=1).mean() > 0.999
        assert np.abs(points - source.mean).max() > 0.7 * source.extent

    @SOURCES
    def test_a_block_is_its_steps(self, source):
        block = source.draw(7, 40, 9).numpy()
        for i in range(9):
            np.testing.assert_array_equal(
                block[i], source.draw(7, 40 + i, 1)[0]
            )
        assert not np.array_equal(block, source.draw(8, 40, 9))

    @SOURCES
    def test_locating_is_brute_force(self, source):
        rng = np.random.default_rng(1)
        points = rng.uniform(-1.5, 1.5, (300, 2)) * source.extent
        modes, distances = source.locate(points)
        if source is ROLL:
            u = np.linspace(0, 1, 200_001)
            t = 1.5 * np.pi * (1 + 2 * u)
            curve = np.stack([t * np.cos(t), t * np.sin(t)], axis=-1)
            places = np.minimum((u * 20).astype(int), 19)
        else:
            curve, places = source.centres, np.arange(source.num_modes)
        for point, mode, distance in zip(points, modes, distances, strict=True):
            gaps = np.hypot(*(curve - point).T)
            expected = gaps.min() / source.sigma
            assert distance == pytest.approx(expected, rel=1e-3, abs=0.08)
            # Two pieces of the roll may be as near.
            of_mode = gaps[places == mode].min() / source.sigma
            assert of_mode == pytest.approx(expected, rel=1e-3, abs=0.08)

    @SOURCES
    def test_what_is_no_number_is_near_to_nothing(self, source):
        points = [[np.nan, 0], [np.inf, 1], [0, np.nan]]
        assert (source.locate(points)[1] == np.inf).all()

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: data.Ring(0), "`batch_size` must be a positive integer"),
            (lambda: data.Ring(8, num_modes=0), "`num_modes` must be a positi"),
            (lambda: data.Ring(8, radius=0), "`radius` must be positive"),
            (lambda: data.Ring(8, sigma=-1), "`sigma` must be positive"),
            (lambda: data.Grid(8, size=2.5), "`size` must be a positive int"),
            (
                lambda: data.Grid(8, spacing=np.inf),
                "`spacing` must be positive",
            ),
            (lambda: data.SwissRoll(8, scale=0), "`scale` must be positive"),
            (
                lambda: data.SwissRoll(8, num_modes=0),
                "`num_modes` must be a po",
            ),
            (lambda: data.Mixture(8, [1, 2], 1), "`centres` must be an array"),
        ],
    )
    def test_refusals(self, make, message):
        with pytest.raises(ValueError, match=message):
            make()


class TestMetrics:
    def test_by_hand(self):
        """Three good samples, in two modes, and two bad ones."""
        centres = data.Ring(8).centres
        samples = [
            centres[0] + [0.02, 0],
            centres[0] + [0, -0.0299],
            centres[3],
            centres[5] + [0.0301, 0],
            [0, 0],
        ]
        scores = metrics.mixture_metrics(samples, RING)
        assert scores["modes"] == 2
        assert scores["high_quality"] == pytest.approx(3 / 5)
        entropy = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))
        assert scores["reverse_kl"] == pytest.approx(math.log(8) - entropy)

    def test_the_circle_is_no_box(self):
        corner = RING.centres[:1] + 0.025  # 3.5 standard deviations away
        assert metrics.mixture_metrics(corner, RING)["high_quality"] == 0

    @SOURCES
    def test_a_brute_force(self, source):
        rng = np.random.default_rng(2)
        samples = source.sample(rng, 700)
        samples[::3] += rng.normal(size=samples[::3].shape) * 3 * source.sigma
        scores = metrics.mixture_metrics(samples, source)
        counts = dict.fromkeys(range(source.num_modes), 0)
        modes, distances = source.locate(samples)
        for mode, distance in zip(modes, distances, strict=True):
            if distance < 3:
                counts[mode] += 1
        good = sum(counts.values())
        assert scores["modes"] == sum(c > 0 for c in counts.values())
        assert scores["high_quality"] == pytest.approx(good / 700)
        expected = scipy.stats.entropy(
            list(counts.values()), np.ones(source.num_modes)
        )
        assert scores["reverse_kl"] == pytest.approx(expected)

    def test_a_collapsed_generator(self):
        scores = metrics.mixture_metrics(np.tile([[2.0, 2.0]], (99, 1)), GRID)
        assert scores["modes"] == 1
        assert scores["high_quality"] == 1
        assert scores["reverse_kl"] == pytest.approx(math.log(25))

    def test_no_good_sample(self):
        scores = metrics.mixture_metrics([[9.0, 9.0], [np.nan, 0.0]], GRID)
        assert scores["modes"] == scores["high_quality"] == 0
        assert math.isnan(scores["reverse_kl"])

    @pytest.mark.parametrize(
        ("source", "divergence"), [(RING, 0.0013), (GRID, 0.0048)]
    )
    def test_the_baseline(self, source, divergence):
        baseline = metrics.mixture_baseline(source)
        assert baseline["modes"] == source.num_modes
        # Of two-dimensional normal numbers, within three deviations.
        assert baseline["high_quality"] == pytest.approx(
            1 - math.exp(-4.5), abs=0.001
        )
        assert baseline["reverse_kl"] == pytest.approx(divergence, rel=0.15)
        # (K - 1) / 2n, the mean of the likelihood ratio's distribution.
        expected = (source.num_modes - 1) / 2 / NUM_SAMPLES / 0.9889
        assert baseline["reverse_kl"] == pytest.approx(expected, rel=0.15)

    def test_the_baseline_of_the_roll(self):
        baseline = metrics.mixture_baseline(ROLL, repetitions=5)
        assert baseline["modes"] == 20
        # Across a curve the noise has one dimension.
        assert baseline["high_quality"] == pytest.approx(0.9973, abs=0.002)

    @pytest.mark.parametrize("shape", [(0, 2), (4, 3), (4,), (2, 2, 2)])
    def test_refusals(self, shape):
        with pytest.raises(ValueError, match="`samples` must be an array"):
            metrics.mixture_metrics(np.zeros(shape), RING)
