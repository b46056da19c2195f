"""The mean of a player's parameters, and the pull to it, by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans.historical_average import HistoricalAverage

WEIGHT = 0.3


def made(dtype="float32", shapes=((2, 3), (4,))):
    """Variables, and their history."""
    variables = [
        keras.Variable(np.zeros(shape), dtype=dtype) for shape in shapes
    ]
    return variables, HistoricalAverage(WEIGHT, variables, name="history")


def moved(variables, history, updates, seed=0):
    """Takes random parameters in; returns them, update by update."""
    rng = np.random.default_rng(seed)
    taken = []
    for _ in range(updates):
        values = [rng.normal(size=v.shape) for v in variables]
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        history.take(variables)
        taken.append([np.float64(v.value) for v in variables])
    return taken


@pytest.mark.parametrize("updates", [1, 2, 7])
def test_the_mean_contains_the_present_and_the_price_is_of_it(updates):
    variables, history = made()
    taken = moved(variables, history, updates)
    assert int(history.count) == updates
    price = 0.0
    for i, mean in enumerate(history.means):
        expected = np.mean([values[i] for values in taken], axis=0)
        np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-6)
        price += WEIGHT * np.sum((taken[-1][i] - expected) ** 2)
    assert float(history.price(variables)) == pytest.approx(
        price, rel=1e-5, abs=1e-9
    )
    assert (price > 0) == (updates > 1)


def test_the_gradient_takes_the_mean_as_a_constant():
    variables, history = made()
    taken = moved(variables, history, 4)
    with tf.GradientTape() as tape:
        price = history.price(variables)
    gradients = tape.gradient(price, [v.value for v in variables])
    for i, gradient in enumerate(gradients):
        past = np.mean([values[i] for values in taken[:-1]], axis=0)
        # Of the distance from the past alone, 1 - 1/t.
        expected = 2 * WEIGHT * (1 - 1 / 4) * (taken[-1][i] - past)
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [("bfloat16", "float32"), ("float16", "float32"), ("float64", "float64")],
)
def test_the_mean_has_32_bits_or_more(dtype, kept):
    variables, history = made(dtype)
    taken = moved(variables, history, 3)
    for i, mean in enumerate(history.means):
        assert mean.dtype == kept
        expected = np.mean([values[i] for values in taken], axis=0)
        # No rounding of 16 bits is added to that of the parameters.
        np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-6)
    price = history.price(variables)
    assert price.dtype == kept


def test_nothing_of_it_is_trained():
    variables, history = made()
    assert len(history.weights) == 1 + len(variables)
    assert history.trainable_variables == []


@pytest.mark.parametrize(
    "weight", [0, -1.0, float("nan"), float("inf"), True, "1"]
)
def test_bad_weights(weight):
    with pytest.raises(ValueError, match="`historical_averaging` must be abo"):
        HistoricalAverage(weight, [], name="history")
