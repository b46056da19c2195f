"""Mini-batch k-means."""

import numpy as np
import pytest

from tf_gans.metrics.clusters import k_means


@pytest.mark.parametrize(("scale", "shift"), [(1, 0), (1e-20, 0), (1, 1e4)])
def test_finds_clusters_that_are_apart(scale, shift):
    rng = np.random.default_rng(0)
    centres = 10 * rng.normal(size=(8, 5))
    labels = rng.integers(0, 8, 3000)
    points = scale * (centres[labels] + rng.normal(size=(3000, 5))) + shift
    found = k_means(points, 8, np.random.default_rng(1))
    assert found.shape == (3000,)
    # One cluster for each label, whatever its number.
    pairs = {*zip(labels.tolist(), found.tolist(), strict=True)}
    assert len(pairs) == 8
    assert len({cluster for _, cluster in pairs}) == 8


def test_near_the_least_squares():
    """Against many of Lloyd's iterations from the same kind of data."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(2000, 3))

    def spread(labels):
        parts = [points[labels == i] for i in range(6)]
        return sum(((p - p.mean(0)) ** 2).sum() for p in parts if len(p))

    labels = np.square(points[:, None] - points[:6]).sum(-1).argmin(1)
    for _ in range(100):
        centres = np.stack([points[labels == i].mean(0) for i in range(6)])
        labels = np.square(points[:, None] - centres).sum(-1).argmin(1)
    found = k_means(points, 6, np.random.default_rng(1))
    assert spread(found) < 1.1 * spread(labels)
    assert spread(found) < 0.6 * spread(np.zeros(2000, int))


def test_fewer_different_points_than_clusters():
    points = np.repeat([[0.0, 0], [1, 1]], 30, axis=0)
    found = k_means(points, 5, np.random.default_rng(0))
    assert len(set(found[:30])) == len(set(found[30:])) == 1
    assert found[0] != found[-1]
    assert len(set(k_means(0 * points, 5, np.random.default_rng(0)))) == 1


def test_a_function_of_the_generator():
    points = np.random.default_rng(0).normal(size=(500, 3))
    first, second, other = (
        k_means(points, 5, np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()
