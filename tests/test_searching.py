"""What a search minimises and where it begins; its steps are `find_latents`'."""

import numpy as np
import pytest
import tensorflow as tf

from tf_gans.searching import Objective, survey

RNG = np.random.default_rng(3)
Z = RNG.normal(size=(11, 2)).astype(np.float32)
IMAGES = RNG.normal(size=(4, 3, 2)).astype(np.float32)
WEIGHTS = RNG.uniform(size=(4, 3, 2)).astype(np.float32)
LABELS = np.array([2, 0, 2, 1], np.int32)


def sample(z, label):
    """One sample, in NumPy: of shape (3, 4)."""
    return np.outer([1, -2, 3], np.concatenate([z, z**2])) + label


def generator(inputs):
    z, labels = inputs if isinstance(inputs, tuple) else (inputs, None)
    rows = tf.concat([z, z**2], axis=-1)[:, tf.newaxis]
    samples = rows * tf.constant([[1.0], [-2.0], [3.0]])
    if labels is None:
        return samples
    return samples + tf.cast(labels, tf.float32)[:, tf.newaxis, tf.newaxis]


def penalty(inputs, samples):
    z = inputs[0] if isinstance(inputs, tuple) else inputs
    return 2 * z[:, 0] + samples[:, 0, 3]


@pytest.mark.parametrize(
    ("batch_size", "weights", "labels"),
    [(4, None, LABELS), (11, WEIGHTS, LABELS), (100, WEIGHTS[:1], None)],
)
def test_a_survey_is_the_sum_for_each_pair(batch_size, weights, labels):
    objective = Objective(generator, lambda x: x[..., :2], tf.abs, penalty)
    found = survey(objective, Z, IMAGES, weights, labels, batch_size)
    assert found.shape == (11, 4)
    for row, z in enumerate(Z):
        for i, image in enumerate(IMAGES):
            made = sample(z, 0 if labels is None else labels[i])
            differences = np.abs(made[:, :2] - image)
            if weights is not None:
                differences *= weights[i % len(weights)]
            expected = differences.sum() + 2 * z[0] + made[0, 3]
            assert found[row, i] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_without_a_penalty_and_an_observation():
    objective = Objective(generator, None, tf.square, None)
    images = RNG.normal(size=(2, 3, 4)).astype(np.float32)
    found = survey(objective, Z, images, None, None, 256)
    made = np.stack([sample(z, 0) for z in Z])
    expected = np.square(made[:, np.newaxis] - images).sum(axis=(2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
