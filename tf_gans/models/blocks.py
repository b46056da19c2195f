"""Blocks of training steps, each block one compiled program.

A tiny network's step takes microseconds, and starting a program takes longer
than that. A block is a `tf.while_loop` of steps whose bounds are tensors, so
another number of steps compiles nothing anew.
"""

import numpy as np
import tensorflow as tf

from tf_gans import replicas


def run_block(model, source, probe, parts, num_steps):
    """Runs up to `steps_per_execution` training steps, and counts them.

    Args:
        model: the `Trained` model.
        source: the `tf_gans.data.Source` to draw batches from, or None.
        probe: a `tf_gans.callbacks.Probe`, or None.
        parts: where there is no source, the list of the batches' parts, of
            shape `(block, batches_per_step, batch, ...)`.
        num_steps: scalar int32 tensor. How many steps to run.

    Returns:
        The logs of the steps, `(number of logs, block)`, and what the probe
        measured: a dict of tensors with a leading axis of measurements.
    """
    size, batches = model.steps_per_execution, model.batches_per_step
    first = model.step + 0
    seed = model.seed + 0
    if parts is None:
        drawn = source.draw(seed, first * batches, size * batches)
        parts = [
            tf.reshape(part, (size, batches, *part.shape[1:]))
            for part in model.parts_of(drawn)
        ]
    parts = model.prepared(parts)
    batch_size = parts[0].shape[2] or tf.shape(parts[0])[2]
    real = parts[0] if len(parts) == 1 else tuple(parts)
    data = (real, model._draw(seed, first, size, batch_size))
    data = tf.nest.map_structure(_as_precise_as(model), data)
    if model.num_replicas > 1:
        model.check_rows(parts[0].shape[2], data[1])
    train_step = _replicated(model) if model.strategy else _logged(model)

    def step(i, losses):
        real, draws = tf.nest.map_structure(lambda t: t[i], data)
        number = first + tf.cast(i, tf.int64)
        return i + 1, losses.write(i, train_step(real, draws, number))

    def steps(start, stop, losses):
        if size == 1 and probe is None:
            # A loop of one: TensorFlow would run its body's convolutions
            # without the optimisations that straight code gets.
            return step(0, losses)[1]
        return tf.while_loop(
            lambda i, losses: i < stop,
            step,
            (start, losses),
            parallel_iterations=1,
        )[1]

    losses = tf.TensorArray(
        tf.float32, size, element_shape=(len(model.step_losses),)
    )
    measured = {}
    if probe is None:
        losses = steps(0, num_steps, losses)
    else:
        losses, measured = _steps_with_probe(
            model, probe, steps, first, num_steps, losses
        )
    model.step.assign_add(tf.cast(num_steps, tf.int64))
    return tf.transpose(losses.stack()), measured


def _logged(model):
    """A step as a function to the tensor of its logs, `(number of logs,)`."""

    def train_step(real, draws, number):
        logs = model.train_step((real, draws, number))
        return tf.stack(
            [tf.cast(logs[name], tf.float32) for name in model.step_losses]
        )

    return train_step


def _replicated(model):
    """The same, of all replicas: each takes its rows of the batches.

    What a step is given is the same for any number of replicas, and so is
    what it logs.
    """
    train_step = _logged(model)

    def of_a_replica(real, draws, number):
        real = tf.nest.map_structure(
            lambda t: replicas.own_rows(t, axis=1), real
        )
        draws = tf.nest.map_structure(replicas.own_rows, draws)
        return replicas.mean(train_step(real, draws, number))

    def of_all(*data):
        logs = model.strategy.run(of_a_replica, args=data)
        return model.strategy.experimental_local_results(logs)[0]

    return of_all


def _as_precise_as(model):
    """What brings floats to 64 bits, where the model's weights have them."""
    precise = any(v.dtype == "float64" for v in model.trainable_variables)
    if not precise:
        return lambda t: t
    return lambda t: tf.cast(t, tf.float64) if t.dtype.is_floating else t


def _steps_with_probe(model, probe, steps, first, num_steps, losses):
    """Runs the block's steps, and the probe between them.

    A measurement follows each step that is due. A last, incomplete interval
    also ends with a measurement, which the caller leaves out.
    """
    count, end_of = _intervals(probe.every, model.steps_per_execution, first)
    specs = tf.function(probe.measure, autograph=False)
    specs = specs.get_concrete_function(model).structured_outputs
    arrays = {
        name: tf.TensorArray(spec.dtype, count, element_shape=spec.shape)
        for name, spec in specs.items()
    }

    def interval(start, number, losses, arrays):
        stop = tf.minimum(end_of(number), num_steps)
        losses = steps(start, stop, losses)
        values = probe.measure(model)
        arrays = {n: a.write(number, values[n]) for n, a in arrays.items()}
        return stop, number + 1, losses, arrays

    _, _, losses, arrays = tf.while_loop(
        lambda start, *_: start < num_steps,
        interval,
        (0, 0, losses, arrays),
        parallel_iterations=1,
    )
    return losses, {name: array.stack() for name, array in arrays.items()}


def _intervals(every, size, first):
    """Where a block is interrupted to measure.

    Args:
        every: int or int64 array, of a probe.
        size: int. The steps of a block, at most.
        first: scalar int64 tensor. The number of the block's first step.

    Returns:
        How many measurements a block has at most, and a function from the
        number of an interval, an int32 tensor, to the steps of the block that
        are done at its end.
    """
    if isinstance(every, int):
        # Of the step numbers in the block, the first that is a multiple.
        lead = tf.cast(-first % every, tf.int32)
        return size // every + 2, lambda number: lead + number * every + 1
    within = np.searchsorted(every, every + size) - np.arange(len(every))
    # None is due after the last one.
    steps = tf.constant(np.append(every, 2**62))
    passed = tf.reduce_sum(tf.cast(steps < first, tf.int32))

    def end_of(number):
        # Not `steps[...]`, whose places XLA wants to know when it compiles.
        step = tf.gather(steps, tf.minimum(passed + number, len(every)))
        return tf.cast(tf.minimum(step - first + 1, size), tf.int32)

    return int(within.max()) + 2, end_of
