"""`MinibatchDiscrimination`, forward and backward: memory and time.

At the size of the paper's image models: 100 kernels of 5 dimensions. The
competitor is the formula written down, with a tensor of shape `(batch, batch,
kernels, dim)`, and left to automatic differentiation.
"""

import resource
import time

from benchmarks.measuring import (
    REPEATS,
    Row,
    once,
    progress,
    take_turns_as_workers,
)

FEATURES, KERNELS, DIM = 512, 100, 5
MEMORY_LIMIT = 12  # GB; where the formula would take more it is not tried


def _prepare(form, batch, jit_compile):
    """Returns a function that runs the layer forward and backward."""
    import tensorflow as tf

    from tf_gans import layers

    layer = layers.MinibatchDiscrimination(KERNELS, DIM)
    layer.build((None, FEATURES))

    def written_down(x):
        points = layer.projection(x)
        points = tf.reshape(points, (-1, KERNELS, DIM))
        gaps = points[:, tf.newaxis] - points[tf.newaxis]
        similarity = tf.exp(-tf.reduce_sum(tf.abs(gaps), axis=-1))
        return tf.concat([x, tf.reduce_sum(similarity, axis=1)], axis=-1)

    function = layer if form == "ours" else written_down

    @tf.function(jit_compile=jit_compile, autograph=False)
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.square(function(x)))
        return tape.gradient(loss, [x, *layer.trainable_variables])

    x = tf.random.stateless_normal((batch, FEATURES), [1, 2])
    return lambda: [g.numpy() for g in step(x)]


def memory(form, batch, jit_compile):
    """Prepares to measure the peak memory of one run, in MB."""
    _prepare(form, 8, jit_compile)()  # what the libraries need anyway
    step = _prepare(form, batch, jit_compile)

    def measure():
        before = _peak()
        step()
        return _peak() - before

    return measure


def _peak():
    """The largest memory so far, in MB (Linux counts in kB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def speed(form, batch, jit_compile):
    """Prepares to measure runs a second."""
    step = _prepare(form, batch, jit_compile)

    def measure(seconds=1.0):
        runs, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            step()
            runs += 1
        return runs / (time.perf_counter() - start)

    return measure


def run(quick=False):
    """Compares memory over batches, and speed at a batch of 64."""
    rows = []
    for jit_compile in (False, True):
        with_xla = "with XLA" if jit_compile else "without XLA"
        rows += _memory_rows(quick, jit_compile, with_xla)
        rows += _speed_rows(quick, jit_compile, with_xla)
    return rows


def _speed_rows(quick, jit_compile, with_xla):
    workers = {
        form: (
            "minibatch_layer",
            "speed",
            {"form": form, "batch": 64, "jit_compile": jit_compile},
        )
        for form in ("ours", "written down")
    }
    speeds = take_turns_as_workers(workers, 1 if quick else REPEATS)
    return [
        Row(
            f"minibatch layer, batch 64, {with_xla}: time",
            speeds["ours"],
            speeds["written down"],
            "runs/s",
            goal=1.0,
        )
    ]


def _memory_rows(quick, jit_compile, with_xla):
    batches = (256, 512, 1024) if quick else (512, 1024, 2048, 4096)
    peaks, rows, theirs, previous = {}, [], 0, 1
    for batch in batches:
        options = {"batch": batch, "jit_compile": jit_compile}
        peaks[batch] = once("minibatch_layer", "memory", form="ours", **options)
        # The formula's memory grows with the square of the batch.
        theirs, how = theirs * (batch / previous) ** 2, ", theirs extrapolated"
        if theirs < 1000 * MEMORY_LIMIT:
            options["form"] = "written down"
            theirs, how = once("minibatch_layer", "memory", **options), ""
        previous = batch
        progress(f"batch {batch}: {peaks[batch]:.0f} MB, {theirs:.0f} MB{how}")
        rows.append(
            Row(
                f"minibatch layer, batch {batch:,}, {with_xla}: peak memory"
                + how,
                [peaks[batch]],
                [theirs],
                "MB",
                more_is_better=False,
            )
        )
    first, last = batches[-3], batches[-1]
    rows.append(
        Row(
            f"minibatch layer, {with_xla}: growth of the peak from batch "
            f"{first:,} to {last:,}, against the square's",
            [peaks[last] / peaks[first]],
            [(last / first) ** 2],
            "times",
            more_is_better=False,
            goal=last / first,  # linear growth
        )
    )
    return rows
