"""The nearest triangle, against shapes that are known, jitter and shifts."""

import subprocess
import sys

import numpy as np
import pytest

from tf_gans import triangles
from tf_gans.data import load_triangles
from tf_gans.metrics import nearest_triangles
from tf_gans.metrics import triangles as metric


def render(corners):
    """Images in [0, 1], exactly as the data set has them before rounding."""
    return 1 - triangles.count_black(corners) / 64


@pytest.fixture(scope="module")
def corners():
    """Of test images: the program's draws from 60,000 on."""
    places = triangles.draw_places(80_000, 0, shuffle=False)
    return triangles.place_corners(places[60_000:60_300])


def median(images, manifold="generator"):
    return np.median(nearest_triangles(images, manifold).distances)


@pytest.mark.parametrize("manifold", metric.MANIFOLDS)
def test_real_images_lie_on_the_manifold(corners, manifold):
    found = nearest_triangles(render(corners), manifold)
    assert found.distances.shape == (300,)
    assert np.percentile(found.distances, 99) <= 0.01
    assert found.distances.max() < 0.05
    # The distance is that of the corners that are returned,
    again = ((render(found.corners) - render(corners)) ** 2).sum(axis=(1, 2))
    np.testing.assert_allclose(found.distances, again, atol=1e-5)
    # which are the image's, in whatever order.
    apart = np.abs(found.corners[:, :, None] - corners[:, None]).max(axis=-1)
    assert np.median(apart.min(axis=2).max(axis=1)) < 0.05


def test_pixels_are_as_good_as_floats():
    images = load_triangles("test")[:50]
    found = nearest_triangles(images).distances
    floats = nearest_triangles(images[..., 0] / 255.0).distances
    np.testing.assert_allclose(found, floats, atol=1e-6)
    assert found.max() <= 0.01


@pytest.mark.slow
def test_a_shifted_image(corners):
    """Off the generator's manifold, whose triangles are centred, by 10."""
    shifted = np.ones((300, 28, 28))
    shifted[:, 1:] = render(corners)[:, :-1]
    assert median(shifted) == pytest.approx(10.5, abs=1)
    assert nearest_triangles(shifted).distances.min() > 2
    assert nearest_triangles(shifted, "free").distances.max() < 0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sd", "distance", "share"),
    [(0.1, 0.27, 0.95), (0.2, 0.97, 0.34), (0.3, 1.98, 0.10)],
)
def test_jitter_of_the_corners(corners, sd, distance, share):
    """The distance to the image before the jitter is known, and the most."""
    rng = np.random.default_rng(0)
    moved = corners + rng.normal(0, sd, corners.shape)
    images = render(moved)
    apart = ((images - render(corners)) ** 2).sum(axis=(1, 2))
    assert np.median(apart) == pytest.approx(distance, rel=0.15)
    assert np.mean(apart < 0.75) == pytest.approx(share, abs=0.06)
    found = nearest_triangles(images).distances
    # The search ends in the grids' own steps.
    assert (found <= 1.02 * apart + 0.01).all()
    # Of six directions, the three of the manifold cost nothing.
    assert 0.2 * distance < np.median(found) < 0.8 * distance
    assert nearest_triangles(images, "free").distances.max() < 0.05


def test_an_angle_s_jitter_stays_on_the_manifold(corners):
    places = triangles.draw_places(80_000, 0, shuffle=False)[60_000:60_200]
    places[:, :3] = np.clip(places[:, :3] + 0.03, 0, 1)
    images = render(triangles.place_corners(places))
    apart = ((images - render(corners[:200])) ** 2).sum(axis=(1, 2))
    assert np.median(apart) > 1
    assert np.percentile(nearest_triangles(images).distances, 99) <= 0.01


def brute_force(image):
    """Nelder and Mead's method of SciPy on the exact pixels, many starts."""
    import scipy.optimize

    def distance(corners):
        return ((render(corners.reshape(1, 3, 2)) - image) ** 2).sum()

    rng = np.random.default_rng(0)
    places = triangles.draw_places(2000, 9, shuffle=False)
    near = triangles.place_corners(places)
    apart = ((render(near) - image) ** 2).sum(axis=(1, 2))
    best = np.inf
    for row in np.argsort(apart)[:3]:
        start = near[row].ravel()
        simplex = start + np.vstack([np.zeros(6), rng.normal(0, 1, (6, 6))])
        found = scipy.optimize.minimize(
            distance,
            start,
            method="Nelder-Mead",
            options={"initial_simplex": simplex, "maxfev": 600},
        )
        best = min(best, found.fun)
    return best


def test_against_brute_force(corners):
    """Images that are no triangles: noise, a blur, a hole."""
    rng = np.random.default_rng(1)
    images = render(corners[:6])
    images[:2] = np.clip(images[:2] + rng.normal(0, 0.1, (2, 28, 28)), 0, 1)
    images[2:4] = (images[2:4] + np.roll(images[2:4], 1, axis=2)) / 2
    images[4:, 12:16, 12:16] = 1
    found = nearest_triangles(images, "free").distances
    assert (found > 0.4).all()
    for image, distance in zip(images, found, strict=True):
        assert distance <= 1.01 * brute_force(image)


def test_the_slopes_are_those_of_the_pixels(corners):
    rng = np.random.default_rng(0)
    direction = rng.normal(size=corners.shape)
    slopes = metric._slopes(corners) @ direction.reshape(-1, 6, 1)
    step = 0.25  # pixels: two points of the grids
    counts = [
        triangles.count_black(corners + sign * step * direction).astype(float)
        for sign in (1, -1)
    ]
    expected = (counts[0] - counts[1]).reshape(slopes.shape) / 64 / (2 * step)
    # Sums over the image: how fast its area grows.
    areas = slopes.sum(axis=1).ravel(), expected.sum(axis=1).ravel()
    assert np.corrcoef(*areas)[0, 1] > 0.99
    assert np.polyfit(*areas, 1)[0] == pytest.approx(1, abs=0.02)
    assert np.corrcoef(slopes.ravel(), expected.ravel())[0, 1] > 0.96


def test_an_image_does_not_depend_on_the_others(corners):
    images = render(corners[:40]) ** 0.5
    together = nearest_triangles(images).distances
    alone = [
        nearest_triangles(image[None]).distances[0] for image in images[:5]
    ]
    np.testing.assert_allclose(together[:5], alone, rtol=1e-6)


@pytest.mark.slow
def test_more_starts_find_nothing_farther(corners):
    images = np.minimum(render(corners[:60]), render(corners[:60])[:, ::-1])
    one, more = (nearest_triangles(images, "free", n).distances for n in (1, 3))
    assert (more <= one + 1e-9).all() or np.mean(more - one) < 0


def test_images_without_a_triangle():
    images = np.stack([np.ones((28, 28)), np.zeros((28, 28))])
    for manifold in metric.MANIFOLDS:
        white, black = nearest_triangles(images, manifold).distances
        assert np.isfinite([white, black]).all()
        assert black > 0 or manifold == "free"
    # From a white one, the smallest triangle is the nearest.
    places = triangles.draw_places(50_000, 2, shuffle=False)
    least = (1 - render(triangles.place_corners(places))) ** 2
    found = nearest_triangles(images).distances[0]
    assert 5 < found < 1.01 * least.sum(axis=(1, 2)).min()
    assert nearest_triangles(images, "free").distances[0] < 0.01


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (
            np.zeros((3, 32, 32), np.uint8),
            r"shape \(n, 28, 28\) .*\(3, 32, 32\)",
        ),
        (np.zeros((3, 28, 28, 3), np.uint8), "3, 28, 28, 3"),
        (np.zeros((28, 28)), r"\(28, 28\)"),
        (np.zeros((3, 28, 28), np.int32), "int32"),
        (np.full((3, 28, 28), 1.5), "to 1.5"),
        (np.full((3, 28, 28), -0.1), "from -0.1"),
        (np.full((3, 28, 28), np.nan), "nan"),
    ],
)
def test_bad_images(images, words):
    with pytest.raises(ValueError, match="`images` must .*" + words):
        nearest_triangles(images)


def test_bad_arguments():
    images = np.zeros((2, 28, 28))
    with pytest.raises(ValueError, match="`manifold` must be one of"):
        nearest_triangles(images, "any")
    with pytest.raises(ValueError, match="`num_starts` must be a positive"):
        nearest_triangles(images, num_starts=0)


def test_tensorflow_is_not_needed():
    program = "import sys, tf_gans.metrics; print('tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
