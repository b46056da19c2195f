"""Batch normalisation under a gradient penalty, against finite differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import penalties

REAL = np.random.default_rng(0).normal(size=(6, 3))
FAKE = np.random.default_rng(1).normal(size=(6, 3))


def discriminator():
    make = {"dtype": "float64"}
    kernel = keras.initializers.GlorotUniform(3)
    return keras.Sequential(
        [
            keras.layers.Input((3,), **make),
            keras.layers.Dense(4, kernel_initializer=kernel, **make),
            keras.layers.BatchNormalization(**make),
            keras.layers.Activation("softplus", **make),
            keras.layers.Dense(1, kernel_initializer=kernel, **make),
        ]
    )


def penalty_of(network, penalty):
    def critic(samples):
        return network(samples, training=True)

    return penalty(critic, tf.constant(REAL), tf.constant(FAKE))


def error(network, penalty):
    """How far the gradient of a penalty is from differences, relatively."""
    kernel = network.layers[0].kernel
    with tf.GradientTape() as tape:
        value = penalty_of(network, penalty)
    found = tape.gradient(value, kernel.value).numpy()
    start, expected, step = kernel.numpy(), np.zeros(kernel.shape), 1e-5
    for place in np.ndindex(*kernel.shape):
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * step
            kernel.assign(moved)
            value = float(penalty_of(network, penalty))
            expected[place] += sign * value / (2 * step)
    kernel.assign(start)
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("kind", [penalties.R1, penalties.R1R2])
def test_a_penalty_is_differentiated_twice(kind):
    """Keras' other normalisations are not: see tf_gans.sample_norm."""
    assert error(discriminator(), kind(10.0)) < 1e-6
