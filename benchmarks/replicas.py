"""What replicas cost: the MNIST GAN's step on two devices that are one machine.

The processor is split in two, so that nothing is to be won: what a step takes
longer is what replicas cost. Almost all of it does not depend on the batch:
each replica updates all weights, and 31 MB of gradients are summed up. A batch
of two images, where little else is done, shows that.
"""

from benchmarks.measuring import REPEATS, Row, take_turns_as_workers

BATCHES = (128, 2)


def step(replicas, batch_size, num_steps):
    """Prepares to measure the seconds of a step.

    Args:
        replicas: int.
        batch_size: int, of all replicas together.
        num_steps: int. The steps of a measurement.
    """
    import contextlib
    import time

    import tensorflow as tf

    from benchmarks.images import _images
    from tf_gans import data, recipes

    scope = contextlib.nullcontext
    if replicas > 1:
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * replicas
        )
        names = [f"CPU:{i}" for i in range(replicas)]
        scope = tf.distribute.MirroredStrategy(names).scope
    with scope():
        gan = recipes.mnist.build("conv", seed=1, jit_compile=False)
    source = data.Images(_images("mnist"), batch_size)

    def measure():
        start = time.perf_counter()
        gan.fit(source, steps_per_epoch=num_steps, verbose=0)
        return (time.perf_counter() - start) / num_steps * 1e3

    return measure


def run(quick=False):
    """Compares one device with two."""
    return [
        Row(
            f"MNIST GAN, batch {batch_size}: a step on two logical devices of "
            "one processor against one",
            seconds["two"],
            seconds["one"],
            "ms",
            more_is_better=False,
            goal=0.5 if batch_size == BATCHES[0] else None,
        )
        for batch_size in BATCHES
        for seconds in [_compared(batch_size, quick)]
    ]


def _compared(batch_size, quick):
    workers = {
        name: (
            "replicas",
            "step",
            {
                "replicas": number,
                "batch_size": batch_size,
                "num_steps": 2 if quick else 5 if batch_size > 2 else 20,
            },
        )
        for name, number in (("one", 1), ("two", 2))
    }
    return take_turns_as_workers(workers, 1 if quick else REPEATS)
