"""Train on synthetic, test on real."""

import numpy as np
import pytest
from scipy import stats

from tf_gans.runs import classifying
from tf_gans.runs.classifying import Classifier, choose, compare, interval, move


def stripes(count, seed, wrong=False):
    """Three classes of noisy images: where the bright stripe is.

    `wrong`: labels that have nothing to do with the images.
    """
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 3).astype(np.int32)
    images = rng.integers(0, 60, (count, 12, 12, 1), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 4] += 150
    return images, (labels + rng.integers(0, 3, count)) % 3 if wrong else labels


@pytest.mark.parametrize("count", [2, 3, 5, 20])
def test_the_interval_is_students(count):
    values = np.random.default_rng(count).normal(0.8, 0.1, count)
    mean, low, high = interval(values)
    expected = stats.t.interval(
        0.95, count - 1, values.mean(), stats.sem(values)
    )
    assert mean == pytest.approx(values.mean())
    assert (low, high) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("count", [1, 21])
def test_an_interval_of_too_few_or_many(count):
    with pytest.raises(ValueError, match="2 to 20 numbers"):
        interval([0.5] * count)


def test_moving_shifts_and_repeats_the_edge():
    images = np.arange(2 * 5 * 4, dtype=np.uint8).reshape(2, 5, 4, 1)
    generator = np.random.default_rng(0)
    seen = set()
    for _ in range(200):
        for image, moved in zip(
            images, move(images, generator, 1, False), strict=True
        ):
            found = [
                (down, right)
                for down in (-1, 0, 1)
                for right in (-1, 0, 1)
                if np.array_equal(
                    moved,
                    image[np.clip(np.arange(5) + down, 0, 4)][
                        :, np.clip(np.arange(4) + right, 0, 3)
                    ],
                )
            ]
            assert len(found) == 1
            seen.add(found[0])
    assert len(seen) == 9


def test_mirroring_takes_half():
    images = np.arange(400 * 6, dtype=np.uint16).astype(np.uint8)
    images = images.reshape(400, 2, 3, 1)
    moved = move(images, np.random.default_rng(1), 0, True)
    same = (moved == images).all((1, 2, 3))
    mirrored = (moved == images[:, :, ::-1]).all((1, 2, 3))
    assert (same ^ mirrored).all()
    assert 150 < mirrored.sum() < 250
    np.testing.assert_array_equal(
        move(images, np.random.default_rng(1), 0, False), images
    )


def test_every_class_has_as_many():
    labels = np.repeat([0, 1, 2], [5, 9, 30])
    index = choose(labels, 4, np.random.default_rng(0))
    assert len(set(index)) == 12
    np.testing.assert_array_equal(np.bincount(labels[index]), [4, 4, 4])
    assert not (np.diff(labels[index]) >= 0).all()


@pytest.fixture(scope="module")
def network():
    return Classifier((12, 12, 1), 3)


def test_it_learns(network):
    network.train(*stripes(60, 0), steps=60, seed=0)
    assert network.accuracy(*stripes(300, 1)) > 0.95
    network.train(*stripes(60, 0, wrong=True), steps=60, seed=0)
    assert network.accuracy(*stripes(300, 1)) < 0.7


def test_every_training_begins_anew(network):
    test = stripes(300, 1)
    results = []
    for _ in range(2):
        network.train(*stripes(60, 2), steps=3, seed=4)
        results.append(network.accuracy(*test))
        network.train(*stripes(60, 3), steps=30, seed=5)
    assert results[0] == results[1] < network.accuracy(*test)


def test_accuracy_counts_the_last_part_of_a_batch(network):
    images, labels = stripes(1003, 0)
    told = network._classify(images).numpy()
    assert network.accuracy(images, labels) == np.mean(told == labels)


def test_what_is_compared():
    """Images with wrong labels teach nothing, and spoil half of both."""
    steps = 40
    found = compare(
        stripes(90, 0),
        stripes(90, 1, wrong=True),
        stripes(300, 2),
        per_class=[10, 20],
        repeats=2,
        steps=steps,
        seed=3,
        flip=False,
    )
    assert tuple(found) == classifying.CONDITIONS
    for points in found.values():
        assert {n: len(values) for n, values in points.items()} == {
            10: 2,
            20: 2,
        }
    means = {kind: np.mean(points[20]) for kind, points in found.items()}
    assert means["real"] > 0.9
    assert means["generated"] < 0.7
    assert means["generated"] < means["both"]
