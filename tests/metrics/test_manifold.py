"""Precision, recall and F1, by counting; the published set's baseline."""

import numpy as np
import pytest

from tf_gans.data import load_triangles
from tf_gans.metrics import (
    manifold_scores,
    memorised_distances,
    nearest_triangles,
)


def test_by_counting():
    real, fake = [0.1, 0.74, 0.75, 2.0], [0.0, 0.0, 0.5, 0.7, 9.0]
    scores = manifold_scores(real, fake)
    # The distance that is delta is not below it.
    assert scores.recall == 2 / 4
    assert scores.precision == 4 / 5
    assert scores.f1 == pytest.approx(2 * 0.4 / 1.3)
    assert all(type(value) is float for value in scores)


def test_the_whole_curve():
    rng = np.random.default_rng(0)
    real, fake = rng.exponential(1, 100), rng.exponential(0.5, 70)
    deltas = np.linspace(0.01, 8, 12).reshape(3, 4)
    curve = manifold_scores(real, fake, deltas)
    for place in np.ndindex(3, 4):
        one = manifold_scores(real, fake, deltas[place])
        assert one == tuple(values[place] for values in curve)
        assert one.recall == np.mean(real < deltas[place])
        assert one.precision == np.mean(fake < deltas[place])
    assert (np.diff(curve.precision.ravel()) >= 0).all()


def test_nothing_is_near():
    assert manifold_scores([1.0], [2.0], 0.5) == (0, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([], [1.0]), r"`real_distances` .*shape \(n,\).*\(0,\)"),
        (([[1.0]], [1.0]), r"`real_distances` .*\(1, 1\)"),
        (([1.0], [np.nan]), "`fake_distances` .*finite"),
        (([1.0], [-1.0]), "`fake_distances` .*at least 0.*-1.0"),
        (([1.0], [1.0], 0), "`delta` must"),
        (([1.0], [1.0], [1, np.inf]), "`delta` must"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        manifold_scores(*arguments)


def test_bad_images():
    images = np.zeros((2, 28, 28), np.uint8)
    with pytest.raises(ValueError, match="`stored` must hold images"):
        memorised_distances(images, images[:0])
    with pytest.raises(ValueError, match="`real` must be of shape"):
        memorised_distances(images[:, 1:], images)


def test_memorised_distances_by_brute_force():
    images = load_triangles("test")
    real, stored = images[:30], images[30:330]
    a, b = (x.reshape(len(x), -1) / 255 for x in (real, stored))
    expected = ((a[:, None] - b) ** 2).sum(axis=2).min(axis=1)
    np.testing.assert_allclose(
        memorised_distances(real, stored), expected, rtol=1e-5
    )
    assert memorised_distances(real, images).max() == 0


# The recall of a model that has learned so many training images by heart.
@pytest.mark.parametrize(("stored", "recall"), [(1000, 0.098), (10_000, 0.678)])
def test_the_calibration(stored, recall):
    real = load_triangles("test", published=True)[:1024]
    train = load_triangles("train", published=True)[:stored]
    fake = nearest_triangles(train[:100]).distances
    scores = manifold_scores(memorised_distances(real, train), fake)
    assert scores.recall == pytest.approx(recall, abs=0.04)
    assert scores.precision == 1


@pytest.mark.parametrize(
    "published", [pytest.param(True, marks=pytest.mark.slow), False]
)
def test_the_whole_calibration(published):
    """1024 test images and all that there is to learn by heart."""
    real = load_triangles("test", published=published)[:1024]
    train = load_triangles("train", published=published)
    distances = memorised_distances(real, train)
    median, most, nearly_all = np.percentile(distances, [50, 95, 99])
    assert median == pytest.approx(0.174, abs=0.01)
    assert most == pytest.approx(0.478, abs=0.03)
    assert nearly_all == pytest.approx(0.672, abs=0.08)
    assert np.mean(distances < 0.75) == pytest.approx(0.993, abs=0.005)
    some = memorised_distances(real, train[:30_000])
    assert np.mean(some < 0.75) == pytest.approx(0.940, abs=0.02)
    for manifold in ("generator", "free"):
        found = nearest_triangles(real, manifold).distances
        assert np.percentile(found, 99) <= 0.01
        assert (found < distances + 0.001).all()
