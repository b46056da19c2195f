"""What the film of the Dirac GAN shows, measured in the program."""

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.probe import Probe


class PlayersProbe(Probe):
    """Measures the two numbers, `players`: theta and psi."""

    def measure(self, model):
        return {"players": players(model)}


def players(model):
    """The two numbers: a float32 tensor of shape `(2,)`, theta and psi."""
    networks = (model.generator, model.discriminator)
    return tf.stack([network.number.value for network in networks])


def moves(model, source, points):
    """Where one step of the training goes from each of some places.

    The model is left as it was.

    Args:
        model: a Dirac GAN whose optimizers remember nothing.
        source: its `Point`.
        points: array of shape `(n, 2)`: theta and psi.

    Returns:
        A float32 array of shape `(n, 2)`: by how much theta and psi change.
    """
    real = source.draw(0, 0, 1)
    draws = model._draw(0, 0, 1, source.batch_size)
    draws = tf.nest.map_structure(lambda values: values[0], draws)
    step = tf.zeros((), tf.int64)

    def move(point):
        model.generator.number.assign(point[0])
        model.discriminator.number.assign(point[1])
        model.train_step((real, draws, step))
        return players(model) - point

    @tf.function(autograph=False)
    def all_moves(points):
        # One after the other: they share the variables.
        return tf.map_fn(move, points, parallel_iterations=1)

    before = players(model)
    found = all_moves(tf.constant(points, tf.float32)).numpy()
    model.generator.number.assign(before[0])
    model.discriminator.number.assign(before[1])
    return found


def record(model, source, num_steps):
    """Trains a Dirac GAN and keeps its way.

    Args:
        model: compiled.
        source: `Point`.
        num_steps: int.

    Returns:
        A float32 array of shape `(num_steps + 1, 2)`: theta and psi at the
        start and after each step.
    """
    path = [players(model).numpy()[np.newaxis]]
    probe = PlayersProbe(lambda steps, players: path.append(players))
    model.fit(source, steps_per_epoch=num_steps, verbose=0, callbacks=[probe])
    return np.concatenate(path)
