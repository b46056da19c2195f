"""Codes in the plane, and the images of the plane."""

import numpy as np
import pytest
import scipy.stats
from PIL import Image

from tf_gans.plotting import codes


def test_the_plane_s_z():
    """The book's quantiles; the first rises to the right, the second up."""
    z = codes.manifold_z().reshape(15, 15, 2)
    places = scipy.stats.norm.ppf(np.linspace(0.05, 0.95, 15))
    np.testing.assert_allclose(z[3, :, 0], places, atol=1e-6)
    np.testing.assert_allclose(z[:, 4, 1], places[::-1], atol=1e-6)
    assert z.dtype == np.float32


def test_the_images_without_gaps():
    images = np.arange(9, dtype=np.uint8).reshape(9, 1, 1, 1)
    grid = codes.manifold_grid(images, side=3)
    np.testing.assert_array_equal(grid[..., 0], np.arange(9).reshape(3, 3))


@pytest.mark.parametrize("labels", [None, np.arange(60) % 3, np.arange(60)])
def test_draws_all_points(tmp_path, labels):
    path = tmp_path / "codes.png"
    points = np.random.default_rng(0).normal(size=(60, 2))
    codes.plot_codes(path, points, labels, ["a", "b"], "Codes")
    pixels = np.asarray(Image.open(path).convert("RGB"), int)
    inside = pixels[100:700, 130:800]
    drawn = (inside.max(axis=2) < 250) | (np.ptp(inside, axis=2) > 40)
    assert drawn.sum() > 60 * 15
    coloured = np.ptp(inside, axis=2) > 60
    assert coloured.any() == (labels is not None)


def test_three_components():
    with pytest.raises(ValueError, match=r"`codes`.*\(5, 3\)"):
        codes.plot_codes("never.png", np.zeros((5, 3)))
