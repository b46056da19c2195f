"""Masks, weights and blends against loops and dense systems."""

import numpy as np
import pytest

from tf_gans import masks


def published(name, size):
    """The masks as dcgan-completion's model.py writes them, pixel by pixel."""
    known = np.ones((size, size), bool)
    for row in range(size):
        for column in range(size):
            if name == "center":
                low, high = int(size * 0.25), int(size * 0.75)
                inside = low <= row < high and low <= column < high
                known[row, column] = not inside
            elif name == "left":
                known[row, column] = column >= size // 2
            else:
                known[row, column] = row % 4 == 0 and column % 4 == 0
    return known


@pytest.mark.parametrize("size", [5, 16, 28, 30, 64])
@pytest.mark.parametrize("name", ["center", "left", "grid"])
def test_the_published_masks(name, size):
    known = masks.make_mask(name, size, size)
    assert known.dtype == bool
    np.testing.assert_array_equal(known, published(name, size))


def test_shares_of_the_masks():
    hidden = {
        name: 1 - masks.make_mask(name, 64, 64).mean() for name in masks.MASKS
    }
    assert hidden["center"] == 1 / 4
    assert hidden["left"] == 1 / 2
    assert hidden["grid"] == 15 / 16
    # 4,096 pixels: three deviations are 0.019.
    assert hidden["random"] == pytest.approx(0.2, abs=0.019)


def test_an_oblong_mask():
    known = masks.make_mask("center", 8, 12)
    rows, columns = np.nonzero(~known)
    assert (rows.min(), rows.max()) == (2, 5)
    assert (columns.min(), columns.max()) == (3, 8)


def test_the_random_mask_is_a_function_of_the_seed():
    one, again, other = (
        masks.make_mask("random", 28, 28, seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert 0.2 < np.mean(one != other) < 0.45  # 2 x 0.2 x 0.8 of independent


@pytest.mark.parametrize("window", [3, 5, 7])
@pytest.mark.parametrize("name", masks.MASKS)
def test_weights(name, window):
    known = masks.make_mask(name, 11, 13)
    reach = window // 2
    expected = np.zeros(known.shape)
    for row, column in np.argwhere(known):
        around = known[
            max(row - reach, 0) : row + reach + 1,
            max(column - reach, 0) : column + reach + 1,
        ]
        expected[row, column] = np.count_nonzero(~around) / around.size
    found = masks.context_weights(known, window)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def dense_solution(image, sample, known):
    """Poisson's equation of one channel, as one dense system."""
    height, width = known.shape
    places = {tuple(at): i for i, at in enumerate(np.argwhere(~known))}
    a, b = np.zeros((len(places), len(places))), np.zeros(len(places))
    for (row, column), i in places.items():
        for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            at = row + down, column + across
            if not (0 <= at[0] < height and 0 <= at[1] < width):
                continue
            a[i, i] += 1
            b[i] += sample[row, column] - sample[at]
            if at in places:
                a[i, places[at]] -= 1
            else:
                b[i] += image[at]
    solved = image.copy()
    solved[~known] = np.linalg.solve(a, b)
    return solved


@pytest.mark.parametrize("name", masks.MASKS)
def test_the_blend_solves_poissons_equation(name):
    rng = np.random.default_rng(1)
    images, samples = rng.normal(size=(2, 3, 10, 12, 2))
    known = masks.make_mask(name, 10, 12)
    found = masks.poisson_blend(images, samples, known)
    assert found.dtype == np.float32
    for number in range(3):
        for channel in range(2):
            expected = dense_solution(
                images[number, ..., channel],
                samples[number, ..., channel],
                known,
            )
            np.testing.assert_allclose(
                found[number, ..., channel], expected, atol=1e-5
            )


def test_blends_without_a_seam():
    """Another brightness vanishes; what fits already stays as it is."""
    image = np.random.default_rng(1).normal(size=(1, 9, 9, 1))
    known = masks.make_mask("center", 9, 9)
    samples = np.concatenate([image + 0.5, image])
    images = np.concatenate([image, image])
    blended = masks.poisson_blend(images, samples, known)
    np.testing.assert_allclose(blended, images, atol=1e-6)


def test_psnr():
    truth = np.zeros((3, 4, 4, 1))
    images = np.stack([truth[0] + 0.1, truth[0] + 1, truth[0]])
    hole = ~masks.make_mask("left", 4, 4)
    images[:, ~hole] = 7  # does not count
    np.testing.assert_allclose(
        masks.psnr(images, truth, hole), [20, 0, np.inf], atol=1e-9
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: masks.make_mask("middle", 8, 8), "`name` must be one of"),
        (lambda: masks.make_mask("center", 1, 1), "must leave a hole"),
        (lambda: masks.check_mask(np.ones((3, 3), bool)), "Received: no hole"),
        (
            lambda: masks.check_mask(np.zeros((3, 3), bool)),
            "nothing but a hole",
        ),
        (lambda: masks.check_mask(np.ones((3, 3))), "bool.*float64"),
        (lambda: masks.check_mask(np.ones((1, 3, 3), bool)), r"\(1, 3, 3\)"),
        (lambda: masks.context_weights(np.eye(3) > 0, 4), "must be odd"),
        (lambda: masks.context_weights(np.eye(3) > 0, 1), "3 or more.*=1"),
        (lambda: masks.context_weights(np.eye(3) > 0, 0), "positive integer"),
    ],
)
def test_mistakes(call, words):
    with pytest.raises(ValueError, match=words):
        call()
