import math

import numpy as np
import pytest

from tf_gans import latent_space


def z(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape).astype(np.float32)


METHODS = [latent_space.lerp, latent_space.slerp]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(1,), (100,), (3, 2)])
def test_ends_are_exact(method, shape):
    a, b = abs(z(*shape)), abs(z(*shape, seed=1))
    way = method(a, b, [0, 0.5, 1])
    assert way.shape == (3, *shape)
    assert way.dtype == np.float32
    np.testing.assert_array_equal(way[0], a)
    np.testing.assert_array_equal(way[-1], b)
    np.testing.assert_array_equal(method(a, b, 0.5), way[1])
    np.testing.assert_array_equal(method(a, b, 1), b)


@pytest.mark.parametrize("method", METHODS)
def test_ways_are_symmetric(method):
    a, b, t = z(20), z(20, seed=1), np.linspace(0, 1, 7)
    np.testing.assert_allclose(method(a, b, t), method(b, a, 1 - t), atol=1e-6)


def test_lerp_by_hand():
    way = latent_space.lerp([0.0, 2.0], [4.0, -2.0], [0, 0.25, 0.5, 1])
    np.testing.assert_array_equal(way, [[0, 2], [1, 1], [2, 0], [4, -2]])


def test_slerp_on_a_circle():
    """The point at an angle of t times the angle between the ends."""
    for angle in (1e-4, 0.3, math.pi / 2, 3.1):
        a = np.array([2.0, 0.0])
        b = 2 * np.array([math.cos(angle), math.sin(angle)])
        t = np.linspace(0, 1, 5)
        expected = 2 * np.stack([np.cos(t * angle), np.sin(t * angle)], 1)
        np.testing.assert_allclose(
            latent_space.slerp(a, b, t), expected, atol=1e-10
        )


def test_slerp_keeps_the_length():
    a, b = z(64).astype(float), z(64, seed=1).astype(float)
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    way = latent_space.slerp(a, b, np.linspace(0, 1, 11))
    lengths = np.linalg.norm(way, axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(a), rtol=1e-12)
    # Where the line is shorter.
    middle = latent_space.lerp(a, b, 0.5)
    assert np.linalg.norm(middle) < 0.8 * np.linalg.norm(a)


def test_slerp_has_a_constant_speed():
    a, b = z(64), z(64, seed=1)
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    way = latent_space.slerp(a, b, np.linspace(0, 1, 11))
    steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-4)


def test_slerp_takes_all_axes_for_one_vector():
    a, b = z(3, 4), z(3, 4, seed=1)
    flat = latent_space.slerp(a.ravel(), b.ravel(), 0.3)
    np.testing.assert_array_equal(latent_space.slerp(a, b, 0.3).ravel(), flat)


@pytest.mark.parametrize("factor", [1, 2, 0])
def test_slerp_of_one_direction_is_the_line(factor):
    a, t = z(10), np.linspace(0, 1, 5)
    np.testing.assert_allclose(
        latent_space.slerp(a, factor * a, t),
        latent_space.lerp(a, factor * a, t),
        rtol=1e-6,
    )


def test_slerp_near_one_direction_meets_the_line():
    a = z(10).astype(float)
    for size in (1e-3, 1e-5, 1e-6, 1e-7, 1e-9):
        b = a + size * z(10, seed=1)
        np.testing.assert_allclose(
            latent_space.slerp(a, b, 0.3),
            latent_space.lerp(a, b, 0.3),
            atol=size**2 + 1e-12,
        )


def test_slerp_of_opposite_directions_is_refused():
    a = z(10)
    with pytest.raises(ValueError, match="opposite directions"):
        latent_space.slerp(a, -2 * a, 0.5)


def test_the_arc_of_a_uniform_prior_leaves_its_cube():
    """What the module says of priors."""
    a, b = np.array([1.0, 1.0]), np.array([1.0, -1.0])
    middle = latent_space.slerp(a, b, 0.5)
    np.testing.assert_allclose(middle, [math.sqrt(2), 0], atol=1e-12)
    np.testing.assert_allclose(latent_space.lerp(a, b, 0.5), [1, 0])


def test_arithmetic_by_hand():
    result = latent_space.arithmetic(
        [[1.0, 0.0], [3.0, 0.0], [5.0, 3.0]],
        [[1.0, 1.0]],
        [[0.0, 10.0], [4.0, 20.0]],
    )
    np.testing.assert_allclose(result, [3 - 1 + 2, 1 - 1 + 15])


def test_arithmetic_undoes_itself():
    a, b, c = z(3, 8), z(3, 8, seed=1), z(3, 8, seed=2)
    y = latent_space.arithmetic(a, b, c)
    assert y.dtype == np.float32
    back = latent_space.arithmetic(y[np.newaxis], c, b)
    np.testing.assert_allclose(back, a.mean(axis=0), atol=1e-6)


def test_y_is_in_the_middle_of_its_neighbours():
    y, noise = z(5), z(8, 5, seed=1)
    square = latent_space.with_neighbours(y, noise)
    assert square.shape == (9, 5)
    assert square.dtype == np.float32
    np.testing.assert_array_equal(square[4], y)
    np.testing.assert_array_equal(square[:4], y + noise[:4])
    np.testing.assert_array_equal(square[5:], y + noise[4:])


def test_neighbours_of_several():
    y, noise = z(7, 2, 3), z(8, 2, 3, seed=1)
    squares = latent_space.with_neighbours(y, noise)
    assert squares.shape == (7, 9, 2, 3)
    for one, square in zip(y, squares, strict=True):
        np.testing.assert_array_equal(
            square, latent_space.with_neighbours(one, noise)
        )


def test_sweep_changes_one_component():
    start = z(2, 3)
    way = latent_space.sweep(start, 4, [-1, 0, 2.5])
    assert way.shape == (3, 2, 3)
    assert way.dtype == np.float32
    np.testing.assert_array_equal(way[:, 1, 1], [-1, 0, 2.5])
    others = np.delete(way.reshape(3, 6), 4, axis=1)
    np.testing.assert_array_equal(others, [np.delete(start.ravel(), 4)] * 3)


@pytest.mark.parametrize("dimension", [-1, 6])
def test_sweep_of_no_component(dimension):
    with pytest.raises(ValueError, match=f"0 to 5.*={dimension}"):
        latent_space.sweep(z(2, 3), dimension, [0])


def test_turn_by_hand():
    left = [[0.0, 0.0], [2.0, 0.0]]
    right = [[1.0, 4.0], [1.0, 8.0]]  # (0, 6) away on the average
    turned = latent_space.turn(left, right, [[5.0, 5.0], [0, 1]], [-1, 0, 0.5])
    np.testing.assert_allclose(
        turned, [[[5, -1], [5, 5], [5, 8]], [[0, -5], [0, 1], [0, 4]]]
    )


def test_turn_of_z_with_several_axes():
    left, right, start = z(4, 2, 3), z(4, 2, 3, seed=1), z(5, 2, 3, seed=2)
    turned = latent_space.turn(left, right, start, [-1, 0, 1])
    assert turned.shape == (5, 3, 2, 3)
    assert turned.dtype == np.float32
    np.testing.assert_array_equal(turned[:, 1], start)
    np.testing.assert_allclose(
        turned[:, 2] - start,
        [right.mean(axis=0) - left.mean(axis=0)] * 5,
        atol=1e-5,
    )
