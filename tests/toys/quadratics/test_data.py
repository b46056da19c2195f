"""The quadratic curves: as data, and the metrics of generated ones."""

import numpy as np
import pytest
import scipy.stats

from tf_gans import data
from tf_gans.toys.quadratics import metrics

CURVES = data.Quadratics(8)


def parabola(a, x=CURVES.x):
    """The published formula, written down as it is there."""
    return a * np.power(x, 2) + a - 1


class TestSource:
    def test_places(self):
        np.testing.assert_allclose(CURVES.x, np.arange(-7, 8) * 2 / 7)
        assert CURVES.sample_shape == (15,)
        assert data.Quadratics(8, num_points=4).sample_shape == (4,)

    def test_curves_are_the_formula(self):
        for a in (1, 1.7, 3):
            np.testing.assert_allclose(CURVES.curves(a), parabola(a))
        a = np.array([[1.0, 2.0, 3.0]])
        assert CURVES.curves(a).shape == (1, 3, 15)
        np.testing.assert_allclose(CURVES.curves(a)[0, 1], parabola(2))

    def test_batches_are_parabolas_with_uniform_coefficients(self):
        curves = data.Quadratics(64).draw(3, 0, 200).numpy()
        assert curves.shape == (200, 64, 15)
        assert curves.dtype == np.float32
        curves = curves.reshape(-1, 15)
        a = curves[:, 7] + 1  # at x = 0
        np.testing.assert_allclose(
            curves, parabola(a[:, np.newaxis]), atol=1e-5
        )
        assert a.min() >= 1 and a.max() < 3
        assert scipy.stats.kstest(a, "uniform", (1, 2)).pvalue > 0.01

    def test_a_block_is_its_steps(self):
        block = CURVES.draw(7, 40, 9).numpy()
        for i in range(9):
            np.testing.assert_array_equal(
                block[i], CURVES.draw(7, 40 + i, 1)[0]
            )
        assert not np.array_equal(block, CURVES.draw(8, 40, 9))

    def test_samples_are_independent_draws(self):
        curves = CURVES.sample(np.random.default_rng(0), 5000)
        assert curves.shape == (5000, 15)
        assert curves.dtype == np.float32
        a = CURVES.coefficients(curves)
        assert scipy.stats.kstest(a, "uniform", (1, 2)).pvalue > 0.01

    @pytest.mark.parametrize("num_points", [2, 15])
    def test_moments(self, num_points):
        source = data.Quadratics(8, num_points)
        # Not `sample`: evenly spread coefficients have no noise.
        curves = source.curves(source.ppf((np.arange(10_000) + 0.5) / 10_000))
        assert source.mean == pytest.approx(curves.mean(), rel=1e-6)
        assert source.std == pytest.approx(curves.std(), rel=1e-6)

    def test_coefficients_are_the_least_squares(self):
        rng = np.random.default_rng(1)
        curves = rng.normal(3, 4, (20, 15))
        # Brute force: no other coefficient is nearer.
        grid = np.linspace(-5, 9, 14_001)
        errors = np.square(
            curves[:, np.newaxis] - parabola(grid[:, np.newaxis])
        ).sum(axis=-1)
        np.testing.assert_allclose(
            CURVES.coefficients(curves), grid[errors.argmin(axis=1)], atol=1e-3
        )
        np.testing.assert_allclose(
            CURVES.coefficients(parabola(grid[:, np.newaxis])), grid, atol=1e-12
        )

    @pytest.mark.parametrize("batch_size", [0, -1, 2.5, True])
    def test_bad_batch_size(self, batch_size):
        with pytest.raises(ValueError, match="`batch_size` must be a positive"):
            data.Quadratics(batch_size)

    @pytest.mark.parametrize("num_points", [0, 1, 2.5])
    def test_bad_num_points(self, num_points):
        with pytest.raises(ValueError, match=f"num_points={num_points}"):
            data.Quadratics(8, num_points)


class TestMetrics:
    def test_real_curves_are_right(self):
        curves = CURVES.draw(0, 0, 500).numpy().reshape(-1, 15)
        scores = metrics.curve_metrics(curves, CURVES)
        assert tuple(scores) == metrics.CURVE_METRICS
        assert scores["inside"] == 1
        assert scores["residual"] < 1e-6
        assert scores["a_w1"] < 0.05

    def test_the_bounds_count_as_inside(self):
        bounds = CURVES.curves(np.array([1.0, 3.0])).astype(np.float32)
        assert metrics.curve_metrics(bounds, CURVES)["inside"] == 1

    def test_inside_by_brute_force(self):
        rng = np.random.default_rng(2)
        curves = CURVES.sample(rng, 300) + rng.normal(0, 0.3, (300, 15))
        inside = [
            all(
                x**2 <= y <= 3 * x**2 + 2
                for x, y in zip(CURVES.x, curve, strict=True)
            )
            for curve in curves
        ]
        assert 0.05 < np.mean(inside) < 0.95
        actual = metrics.curve_metrics(curves, CURVES)["inside"]
        assert actual == pytest.approx(np.mean(inside))

    def test_one_point_outside_is_outside(self):
        curves = np.tile(parabola(2), (4, 1))
        curves[1, 3] += 9
        curves[2, 14] -= 9
        assert metrics.curve_metrics(curves, CURVES)["inside"] == 0.5

    def test_residual_by_brute_force(self):
        """Also where the nearest parabola is one of the bounds."""
        rng = np.random.default_rng(3)
        a = rng.uniform(0, 4, (50, 1))
        curves = parabola(a) + rng.normal(0, 0.5, (50, 15))
        grid = np.linspace(1, 3, 4001)[:, np.newaxis]
        squares = np.square(curves[:, np.newaxis] - parabola(grid))
        nearest = squares.mean(axis=-1).min(axis=1)
        assert metrics.curve_metrics(curves, CURVES)[
            "residual"
        ] == pytest.approx(np.sqrt(nearest.mean()), rel=1e-5)

    def test_residual_of_a_shift(self):
        """A constant is no parabola: hardly any of it fits."""
        x = CURVES.x
        slope = x**2 + 1
        # What is left of a constant when `slope` is projected out.
        left = 1 - slope * slope.sum() / (slope @ slope)
        curves = np.tile(parabola(2) + 0.1, (3, 1))
        assert metrics.curve_metrics(curves, CURVES)[
            "residual"
        ] == pytest.approx(0.1 * np.sqrt(np.mean(left**2)))

    def test_a_collapse_is_seen(self):
        """One right curve over and over: E|a - 2| of U[1, 3] is 1/2."""
        scores = metrics.curve_metrics(np.tile(parabola(2), (100, 1)), CURVES)
        assert scores["inside"] == 1
        assert scores["residual"] < 1e-12
        assert scores["a_w1"] == pytest.approx(0.5)

    def test_coefficients_out_of_range_count(self):
        beyond = parabola(np.array([[3.5]])).repeat(10, axis=0)
        scores = metrics.curve_metrics(beyond, CURVES)
        assert scores["a_w1"] == pytest.approx(1.5)
        slope = CURVES.x**2 + 1
        assert scores["residual"] == pytest.approx(
            0.5 * np.sqrt(np.mean(slope**2))
        )

    def test_baseline(self):
        baseline = metrics.curve_baseline(CURVES, 10_000)
        assert tuple(baseline) == metrics.CURVE_METRICS
        assert baseline["inside"] == 1
        assert 0 < baseline["residual"] < 1e-6
        # The mean of the integral of |a Brownian bridge|, sqrt(pi / 32), over
        # the root of the number of curves; the range is 2 wide.
        expected = 2 * np.sqrt(np.pi / 32 / 10_000)
        assert baseline["a_w1"] == pytest.approx(expected, rel=0.25)

    @pytest.mark.parametrize("shape", [(0, 15), (15,), (2, 3, 15)])
    def test_bad_shapes(self, shape):
        with pytest.raises(ValueError, match="of shape \\(n, num_points\\)"):
            metrics.curve_metrics(np.zeros(shape), CURVES)
