"""What a search for z minimises, where it begins, and its steps.

`tf_gans.inversion.find_latents` is made of these.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

_BETAS = (0.9, 0.999)
_EPSILON = 1e-8


class Objective(NamedTuple):
    """What is minimised.

    Attributes:
        generator, observe, penalty: see `find_latents`.
        norm: function from differences to what is summed up.
    """

    generator: Callable
    observe: Callable | None
    norm: Callable
    penalty: Callable | None

    def make(self, z, labels):
        """What is observed of the samples of z, and their penalties or None."""
        inputs = z if labels is None else (z, labels)
        samples = tf.cast(self.generator(inputs), tf.float32)
        seen = samples if self.observe is None else self.observe(samples)
        if self.penalty is None:
            return seen, None
        return seen, tf.cast(self.penalty(inputs, samples), tf.float32)

    def compare(self, seen, penalties, images, mask):
        """What is minimised, and the distances."""
        differences = self.norm(seen - images)
        if mask is not None:
            differences *= mask
        distances = tf.reduce_sum(differences, list(range(1, len(seen.shape))))
        if penalties is None:
            return distances, distances
        return distances + penalties, distances


def survey(objective, z, images, mask, labels, batch_size):
    """What is minimised, of each z as each image's.

    A z's sample is made once for all images, or for those of a label.

    Args:
        objective: `Objective`.
        z: float32 array of shape `(num_z, *latents.shape)`.
        images, mask, labels, batch_size: see `find_latents`; the mask has an
            axis of images, of one or of all.

    Returns:
        A float32 array of shape `(num_z, num_images)`.
    """
    images = tf.constant(images)
    mask = None if mask is None else tf.constant(mask)

    @tf.function(autograph=False, reduce_retracing=True)
    def compare_batch(z, rows, label):
        made = objective.make(
            z, None if label is None else tf.fill(tf.shape(z)[:1], label)
        )

        def compare(i):
            weights = None
            if mask is not None:
                weights = tf.gather(mask, [i % len(mask)])
            return objective.compare(*made, tf.gather(images, [i]), weights)[0]

        return tf.map_fn(compare, rows, fn_output_signature=tf.float32)

    values = np.empty((len(z), len(images)), np.float32)
    size = min(batch_size, len(z))
    for first in range(0, len(z), size):
        # The last batch is filled up, as those of the search are.
        numbers = np.arange(first, first + size) % len(z)
        some = tf.constant(z[numbers])
        for label in [None] if labels is None else np.unique(labels):
            rows = np.arange(len(images))
            if label is not None:
                rows = rows[labels == label]
                label = tf.constant(label)
            found = compare_batch(some, tf.constant(rows), label)
            values[np.ix_(numbers, rows)] = found.numpy().T
    return values


def compile_search(objective, support, learning_rate, num_frames, jit_compile):
    """The search from a batch of z, as one program.

    Args:
        objective: `Objective`.
        support: pair of floats, within which z stays, or None.
        learning_rate, num_frames, jit_compile: see `find_latents`.

    Returns:
        A function from z, images, mask or None, labels or None, and the number
        of steps to the best z on the way, what is minimised there, the
        distances there, and the path without its last frame, or None.
    """

    def evaluate(z, images, mask, labels):
        return objective.compare(*objective.make(z, labels), images, mask)

    @tf.function(autograph=False, jit_compile=jit_compile)
    def search(z, images, mask, labels, num_steps):
        ndim = len(z.shape)

        def step(t, z, mean, square, best):
            with tf.GradientTape() as tape:
                tape.watch(z)
                values = evaluate(z, images, mask, labels)
            # An image's value depends on its own z alone.
            gradient = tape.gradient(values[0], z)
            best = _better(best, (z, *values))
            mean = _BETAS[0] * mean + (1 - _BETAS[0]) * gradient
            square = _BETAS[1] * square + (1 - _BETAS[1]) * gradient**2
            power = tf.cast(t + 1, tf.float32)
            root = tf.sqrt(square / (1 - _BETAS[1] ** power)) + _EPSILON
            z -= learning_rate * mean / (1 - _BETAS[0] ** power) / root
            if support is not None:
                z = tf.clip_by_value(z, *support)
            return t + 1, z, mean, square, best

        def _better(one, other):
            is_other = other[1] < one[1]
            shape = tf.concat([tf.shape(is_other), [1] * (ndim - 1)], 0)
            return (
                tf.where(tf.reshape(is_other, shape), other[0], one[0]),
                tf.where(is_other, other[1], one[1]),
                tf.where(is_other, other[2], one[2]),
            )

        def run(last, state):
            return tf.while_loop(lambda t, *_: t < last, step, state)

        zeros = tf.zeros_like(z)
        nothing = tf.fill(tf.shape(z)[:1], np.float32(np.inf))
        state = 0, z, zeros, zeros, (z, nothing, nothing)
        path = None
        if num_frames:
            # Without the last frame, which is the best z.
            _, path, state = tf.while_loop(
                lambda frame, *_: frame < num_frames - 1,
                lambda frame, path, state: (
                    frame + 1,
                    path.write(frame, state[1]),
                    run((frame + 1) * num_steps // (num_frames - 1), state),
                ),
                (0, tf.TensorArray(tf.float32, num_frames - 1), state),
            )
            path = path.stack()
        else:
            state = run(num_steps, state)
        _, z, _, _, best = state
        best = _better(best, (z, *evaluate(z, images, mask, labels)))
        return (*best, path)

    return search
