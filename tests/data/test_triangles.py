import hashlib

import numpy as np
import pytest

from tests.test_triangles import rasterise
from tf_gans import triangles
from tf_gans.data import draw_triangles, load_triangles
from tf_gans.data.triangles import SPLITS


def count_white(images):
    """How many of the 64 points of a pixel are white, from its grey."""
    counts = np.round(images[..., 0] / 255 * 64)
    np.testing.assert_array_equal(images[..., 0], np.round(255 / 64 * counts))
    return counts


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


def published_places(num_images, seed=0):
    """The published program's draws, one after the other, and its order."""
    generator = np.random.RandomState(seed)
    drawn = np.array(
        [[generator.rand() for _ in range(4)] for _ in range(num_images)]
    )
    return drawn, generator.permutation(num_images)


@pytest.fixture(scope="module")
def published():
    return published_places(80_000)


@pytest.mark.parametrize(
    ("split", "rows"),
    [
        ("train", slice(60_000)),
        ("test", slice(-20_000, -10_000)),
        ("holdout", slice(-10_000, None)),
    ],
)
def test_the_published_parts(published, split, rows):
    """As they are cut from the program's file of 80,000 images."""
    drawn, order = published
    places = drawn[order][rows]
    images = load_triangles(split, published=True)
    assert len(images) == len(places) == SPLITS[split]
    black = 64 - count_white(images)
    corners = triangles.place_corners(places)
    for number in (0, 1, len(images) // 2, len(images) - 1):
        np.testing.assert_array_equal(
            black[number], rasterise(corners[number], 28)
        )
    some = slice(None, None, 37)
    np.testing.assert_array_equal(
        black[some], triangles.count_black(corners[some])
    )


def test_the_parts_to_evaluate_with_were_not_trained_on(published):
    """They are the next ones of the program's draws."""
    drawn, order = published
    train = load_triangles("train")
    np.testing.assert_array_equal(train, draw_triangles())
    for name, first in (("test", 60_000), ("holdout", 70_000)):
        expected = triangles.place_corners(drawn[first : first + 10_000])
        images = load_triangles(name)
        assert len(images) == len(expected)
        np.testing.assert_array_equal(
            64 - count_white(images), triangles.count_black(expected)
        )
    _, order_of_train = published_places(60_000)
    expected = triangles.place_corners(drawn[order_of_train[:100]])
    np.testing.assert_array_equal(
        64 - count_white(train[:100]), triangles.count_black(expected)
    )

    # Why the published test images cannot be used here.
    assert 0.74 < np.mean(order[60_000:70_000] < 60_000) < 0.76


def gaps(images, **quirks):
    """The angles of corners, and the smallest and largest gap, in degrees."""
    places = triangles.draw_places(images, 0)
    corners = triangles.place_corners(places, **quirks)
    # All lie on one circle, whose centre is the circumcentre.
    centres = circumcentres(corners)
    row, column = np.moveaxis(corners - centres[:, np.newaxis], 2, 0)
    np.testing.assert_allclose(np.hypot(row, column), 10.5, atol=1e-6)
    angles = np.degrees(np.arctan2(column, row)) % 360
    gaps = np.diff(np.sort(angles), axis=1)
    gaps = np.concatenate([gaps, 360 - gaps.sum(axis=1, keepdims=True)], 1)
    return angles, gaps.min(axis=1), gaps.max(axis=1)


def circumcentres(corners):
    """Where the perpendicular bisectors of two sides meet."""
    a, b, c = np.moveaxis(corners, 1, 0)
    sides = 2 * np.stack([b - a, c - a], axis=1)
    squares = np.stack(
        [(b**2 - a**2).sum(axis=1), (c**2 - a**2).sum(axis=1)], axis=1
    )
    return np.linalg.solve(sides, squares[..., np.newaxis])[..., 0]


def test_the_two_quirks_of_the_published_program():
    angles, least, most = gaps(20_000)
    # 10 degrees and not 20.
    assert 10 < least.min() < 11
    assert np.mean(least < 20) == pytest.approx(0.012, abs=0.004)
    assert np.mean(most > 180) == pytest.approx(0.31, abs=0.02)
    # Without a turn, no corner would lie from 120 to 130 degrees; a turn of
    # any angle would fill the gap like all else.
    share = np.mean((angles > 120 - 6.3) & (angles < 130 - 6.3))
    assert 0 < share < 0.5 * 10 / 360


def test_without_the_quirks():
    _, least, _ = gaps(20_000, legacy_min_gap=False)
    assert 20 < least.min() < 21
    angles, least, _ = gaps(20_000, legacy_rotation=False)
    assert 10 < least.min() < 11
    counts, _ = np.histogram(angles, 36, range=(0, 360))
    assert counts.min() > 0.9 * counts.mean()
    for quirk in ("legacy_rotation", "legacy_min_gap"):
        other = draw_triangles(20, **{quirk: False})
        assert (other != draw_triangles(20)).any(axis=(1, 2, 3)).all()


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


def test_bad_parts():
    with pytest.raises(ValueError, match=r"`split` must be one of .*'train'"):
        load_triangles("validation")
    with pytest.raises(ValueError, match="`size` must be a positive"):
        load_triangles("test", size=0)
