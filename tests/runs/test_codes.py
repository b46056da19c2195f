"""What the categories of an InfoGAN stand for, and pictures of its codes."""

import itertools

import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf

from tests.contracts.training import Generator, TwoHeads
from tf_gans import InfoGAN
from tf_gans.errors import UserError
from tf_gans.latents import Codes, Uniform
from tf_gans.plotting import text
from tf_gans.runs import autoencoders, codes, load

PRIOR = Codes(noise=2, categories=3, continuous=2)


def total(counts, matching):
    return sum(
        counts[row, column]
        for row, column in enumerate(matching)
        if column >= 0
    )


@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 2), (4, 4), (5, 5), (3, 5), (5, 3), (1, 4)]
)
def test_the_best_matching_is_that_of_brute_force(shape):
    rng = np.random.default_rng(0)
    for _ in range(30):
        # Few different numbers, so that many matchings are equally good.
        counts = rng.integers(0, 5, shape)
        rows, columns = shape
        side = max(shape)
        square = np.zeros((side, side), int)
        square[:rows, :columns] = counts
        best = max(
            sum(square[i, j] for i, j in enumerate(order))
            for order in itertools.permutations(range(side))
        )
        matching = codes.best_matching(counts)
        assert matching.shape == (rows,)
        used = matching[matching >= 0]
        assert len(set(used)) == len(used) == min(shape)
        assert total(counts, matching) == best


def test_the_best_matching_is_scipy_s():
    counts = np.random.default_rng(1).integers(0, 1000, (40, 40))
    rows, columns = scipy.optimize.linear_sum_assignment(-counts)
    assert total(counts, codes.best_matching(counts)) == (
        counts[rows, columns].sum()
    )


def test_matched_accuracy():
    """Categories 2, 0, 1 are the labels 0, 1, 2, but for one of seven."""
    categories = np.array([2, 2, 0, 0, 1, 1, 1])
    labels = np.array([0, 0, 1, 1, 2, 2, 0])
    accuracy, matching = codes.matched_accuracy(categories, labels, 3, 3)
    assert accuracy == pytest.approx(6 / 7)
    np.testing.assert_array_equal(matching, [1, 2, 0])
    # Each label has one category: two that are the same count once.
    accuracy, matching = codes.matched_accuracy(
        np.array([0, 1, 1]), np.array([0, 0, 0]), 2, 1
    )
    assert accuracy == pytest.approx(2 / 3)
    np.testing.assert_array_equal(matching, [-1, 0])


def model():
    gan = InfoGAN(Generator(), TwoHeads(PRIOR.num_parameters, seed=2), PRIOR)
    return gan


def test_categories_of_images():
    images = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 1), np.uint8)
    gan = model()
    _, said = gan.discriminator(tf.constant(images / 255, tf.float32))
    expected = np.argmax(said[:, :3], axis=1)
    assert len(set(expected)) > 1
    np.testing.assert_array_equal(
        codes.categories_of(gan, images, batch_size=3), expected
    )


def test_the_picture(monkeypatch):
    """One noise; a row a category, a column a value, a panel a code."""
    sampler, seen = load.sampler_of(model()), []
    make = sampler.images
    monkeypatch.setattr(
        sampler, "images", lambda z: (seen.append(z), make(z))[1]
    )
    picture = codes.picture(sampler, seed=5, steps=4, reach=2.0)
    assert picture.dtype == np.uint8 and picture.std() > 5
    noise = PRIOR.split(sampler.draw_each([5]))[0]
    values = np.linspace(-2, 2, 4)
    for code, z in enumerate(seen):
        its_noise, category, continuous = PRIOR.split(z)
        np.testing.assert_array_equal(its_noise, np.repeat(noise, 12, axis=0))
        np.testing.assert_array_equal(
            category.argmax(axis=1), np.repeat([0, 1, 2], 4)
        )
        np.testing.assert_allclose(continuous[:, code], np.tile(values, 3))
        np.testing.assert_array_equal(continuous[:, 1 - code], 0)
    assert len(seen) == 2


def test_a_picture_without_categories():
    """It still says which code a panel has."""
    prior = Codes(noise=2, categories=0, continuous=2)
    gan = InfoGAN(Generator(), TwoHeads(prior.num_parameters, seed=2), prior)
    picture = codes.picture(load.sampler_of(gan), seed=5, steps=4)
    for code in range(2):
        word = text.label(f"code {code}")
        height, width, _ = word.shape
        assert any(
            np.array_equal(
                picture[top : top + height, left : left + width], word
            )
            for top in range(20)
            for left in range(picture.shape[1] - width)
        )


def test_a_part_of_z_is_no_plane():
    """Two continuous codes are not all of z, which is what a plane shows."""
    assert not autoencoders.has_plane(model())
    prior = Codes(noise=2, categories=3, continuous=0)
    gan = InfoGAN(Generator(), TwoHeads(prior.num_parameters, seed=2), prior)
    assert not autoencoders.has_plane(gan)


def test_a_model_without_codes():
    class Sampler:
        latents = Uniform((3,))

    with pytest.raises(UserError, match="codes: the model's z has no codes"):
        codes.sweep(Sampler(), None)
    Sampler.latents = Codes(2, 3, 0)
    with pytest.raises(UserError, match="no continuous codes"):
        codes.sweep(Sampler(), None)
