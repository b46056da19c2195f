"""The search for z: many images at a time against one after the other.

The recall on a known manifold searches the nearest sample of each of 1,024 test
images, here by 200 steps of Adam from each of 4 starts. Ours is one call of
`tf_gans.inversion.find_latents`, its compilation included. Theirs is the loop
that one writes first: for each image and start a variable z, Keras' Adam, and a
compiled step that is called 200 times; compiled once, before the clock starts.
A few images of theirs are measured, and the time is scaled to as many as ours;
each takes the same work.
"""

import time

from benchmarks.measuring import Row, take_turns_as_workers

STARTS, STEPS, RATE = 4, 200, 0.1


def at_once(network, count):
    """Prepares to measure our search, in seconds an image."""
    from tf_gans.inversion import find_latents

    gan, images = _prepare(network, count)

    def measure():
        start = time.perf_counter()
        find_latents(
            gan, images, num_steps=STEPS, num_starts=STARTS, learning_rate=RATE
        )
        return (time.perf_counter() - start) / count

    return measure


def one_by_one(network, count):
    """Prepares to measure the plain loop, in seconds an image."""
    import keras
    import numpy as np
    import tensorflow as tf

    gan, images = _prepare(network, count)
    starts = gan.latents.draw(0, "inversion", 0, 1, STARTS)[0][:, tf.newaxis]
    z = tf.Variable(starts[0])
    optimizer = keras.optimizers.Adam(RATE)
    optimizer.build([z])
    first = [variable.numpy() for variable in optimizer.variables]
    low, high = gan.latents.support or (-np.inf, np.inf)

    @tf.function
    def step(image):
        with tf.GradientTape() as tape:
            samples = gan.sampler(z, training=False)
            distance = tf.reduce_sum(tf.square(samples - image))
        optimizer.apply_gradients([(tape.gradient(distance, z), z)])
        z.assign(tf.clip_by_value(z, low, high))
        return distance

    def measure():
        begin = time.perf_counter()
        for image in tf.split(images, count):
            for start in starts:
                z.assign(start)
                for variable, value in zip(
                    optimizer.variables, first, strict=True
                ):
                    variable.assign(value)
                for _ in range(STEPS):
                    distance = step(image)
                distance.numpy()
        return (time.perf_counter() - begin) / count

    return measure


def _prepare(network, count):
    from tf_gans import recipes

    gan = recipes.mnist.build(network, seed=1)
    return gan, gan.sample(count, seed=2).numpy()


def run(quick=False):
    """Compares the two for both pairs of the MNIST recipe."""
    rows = []
    for network, count, few, goal in (
        ("dense", 1024, 2, 20),
        ("conv", 64, 1, None),
    ):
        if quick:
            count, few = 8, 1
        seconds = take_turns_as_workers(
            {
                name: ("inversion", name, {"network": network, "count": n})
                for name, n in (("at_once", count), ("one_by_one", few))
            },
            1 if quick else 3,
        )
        rows.append(
            Row(
                f"z of {count:,} images, generator `{network}` of mnist.py, "
                f"{STARTS} starts of {STEPS} steps, against one at a time "
                f"(images measured: {few})",
                *([1000 * s for s in seconds[n]] for n in seconds),
                "ms an image",
                more_is_better=False,
                goal=goal,
            )
        )
    return rows
