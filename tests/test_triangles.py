"""Corners and pixels, against matplotlib's idea of what is inside."""

import subprocess
import sys

import matplotlib.path
import numpy as np
import pytest

from tf_gans import triangles


def rasterise(corners, size):
    """One triangle, point by point, by matplotlib: the points' definition."""
    points = np.arange(8 * size)
    grid = np.stack(np.meshgrid(points, points, indexing="ij"), -1)
    path = matplotlib.path.Path(8 * corners)
    inside = path.contains_points(grid.reshape(-1, 2))
    # 3 points of white around, then 8 by 8 blocks from the first one on.
    padded = np.zeros((8 * size + 3, 8 * size + 3), int)
    padded[3:, 3:] = inside.reshape(8 * size, 8 * size)
    blocks = padded[: 8 * size, : 8 * size].reshape(size, 8, size, 8)
    return blocks.sum(axis=(1, 3))


@pytest.mark.parametrize("size", [8, 28, 33])
def test_against_matplotlib(size):
    generator = np.random.default_rng(0)
    angles = np.sort(generator.uniform(0, 2 * np.pi, (40, 3)), axis=1)
    corners = np.stack([np.cos(angles), np.sin(angles)], -1)
    # Some of them go over the border.
    corners = size * (0.5 + 0.4 * corners) + generator.normal(
        0, size / 10, (40, 1, 2)
    )
    counts = triangles.count_black(corners, size)
    for count, corner in zip(counts, corners, strict=True):
        np.testing.assert_array_equal(count, rasterise(corner, size))
    assert counts[:, 0].any() or counts[:, :, 0].any()


def test_edges_along_the_grid():
    """Edges without a slope, in a row of points and between two."""
    corners = np.array([[[1, 1], [5, 1], [5, 6]]])
    count = triangles.count_black(corners, 8)[0]
    # Pick's theorem: the area, and half of the 80 points on the edges, and 1.
    assert count.sum() == 64 * 10 + 80 / 2 + 1
    assert count.max() == 64
    corners = corners + 0.3
    np.testing.assert_array_equal(
        triangles.count_black(corners, 8)[0], rasterise(corners[0], 8)
    )


def test_the_other_order_of_the_corners():
    corners = triangles.place_corners(triangles.draw_places(5, 0))
    assert triangles.count_black(corners).any(axis=(1, 2)).all()
    assert not triangles.count_black(corners[:, ::-1]).any()


def test_tensorflow_is_not_needed():
    program = (
        "import sys, tf_gans.triangles; print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
