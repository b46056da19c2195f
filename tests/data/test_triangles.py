import hashlib

import matplotlib.path
import numpy as np
import pytest

from tf_gans.data import draw_triangles, triangles


def count_white(images):
    """How many of the 64 points of a pixel are white, from its grey."""
    counts = np.round(images[..., 0] / 255 * 64)
    np.testing.assert_array_equal(images[..., 0], np.round(255 / 64 * counts))
    return counts


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
    counts = triangles._count_black(corners, size)
    for count, corner in zip(counts, corners, strict=True):
        np.testing.assert_array_equal(count, rasterise(corner, size))
    assert counts[:, 0].any() or counts[:, :, 0].any()


def test_edges_along_the_grid():
    """Edges without a slope, in a row of points and between two."""
    corners = np.array([[[1, 1], [5, 1], [5, 6]]])
    count = triangles._count_black(corners, 8)[0]
    # Pick's theorem: the area, and half of the 80 points on the edges, and 1.
    assert count.sum() == 64 * 10 + 80 / 2 + 1
    assert count.max() == 64
    corners = corners + 0.3
    np.testing.assert_array_equal(
        triangles._count_black(corners, 8)[0], rasterise(corners[0], 8)
    )


def test_these_are_the_published_images():
    """All 200 of them, by a hash of what the published program draws."""
    images = count_white(draw_triangles(200, seed=0)) / 64
    assert images.shape == (200, 28, 28)
    assert images[0].sum() == 682.359375
    digest = hashlib.sha256(images.astype(np.float64).tobytes()).hexdigest()
    assert digest.startswith("4741f0ece867ec2c")


def test_statistics():
    images = draw_triangles(30_000)
    assert images.shape == (30_000, 28, 28, 1)
    assert images.dtype == np.uint8
    white = count_white(images) / 64
    assert white.mean() == pytest.approx(0.867, abs=5e-4)
    areas = (1 - white).sum(axis=(1, 2))
    assert areas.mean() == pytest.approx(104.1, abs=0.3)
    assert 15 < areas.min() < 25
    assert 142 < areas.max() < 144
    assert len(np.unique(images)) == 65
    border = [white[:, 0], white[:, -1], white[:, :, 0], white[:, :, -1]]
    touches = np.concatenate(border, axis=1).min(axis=1) < 1
    assert np.mean(touches) == pytest.approx(0.019, abs=0.002)


def test_the_two_quirks_of_the_published_program():
    corners = triangles._draw_corners(20_000, 0)
    angles = np.degrees(np.arctan2(corners[..., 1], corners[..., 0])) % 360
    gaps = np.diff(np.sort(angles), axis=1)
    gaps = np.concatenate([gaps, 360 - gaps.sum(axis=1, keepdims=True)], 1)
    # 10 degrees and not 20.
    assert 10 < gaps.min() < 11
    assert np.mean(gaps.min(axis=1) < 20) == pytest.approx(0.012, abs=0.004)
    assert np.mean(gaps.max(axis=1) > 180) == pytest.approx(0.31, abs=0.02)
    # Without a turn, no corner would lie from 120 to 130 degrees; a turn of
    # any angle would fill the gap like all else.
    share = np.mean((angles > 120 - 6.3) & (angles < 130 - 6.3))
    assert 0 < share < 0.5 * 10 / 360


@pytest.mark.parametrize("size", [32, 64])
def test_the_triangle_grows_with_the_image(size):
    large = 1 - count_white(draw_triangles(300, size=size)) / 64
    small = 1 - count_white(draw_triangles(300)) / 64
    assert large.shape == (300, size, size)
    np.testing.assert_allclose(
        large.sum(axis=(1, 2)) / size**2,
        small.sum(axis=(1, 2)) / 28**2,
        atol=0.004,
    )


def test_seeds():
    a, b = draw_triangles(50, seed=3), draw_triangles(50, seed=4)
    np.testing.assert_array_equal(a, draw_triangles(50, seed=3))
    assert not np.array_equal(a, b)


@pytest.mark.parametrize("name", ["num_images", "size"])
@pytest.mark.parametrize("value", [0, -3, 2.5])
def test_bad_arguments(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive"):
        draw_triangles(**{name: value})
