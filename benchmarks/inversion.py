"""The search for z: many images at a time against one after the other.

The recall on a known manifold searches the nearest sample of each of 1,024 test
images, here by 200 steps of Adam from each of 4 starts. Ours is one call of
`tf_gans.inversion.find_latents`, its compilation included. Theirs is the loop
that one writes first: for each image and start a variable z, Keras' Adam, and a
compiled step that is called 200 times; compiled once, before the clock starts.
A few images of theirs are measured, and the time is scaled to as many as ours;
each takes the same work.

Completion is the same search, of digits without their middle, from the nearest
of 1,000 z: 64 images in one call of `complete` against a call for each, which
compiles its program as the one for all does, and against the loop, which is
compiled before the clock starts.
"""

import time

from benchmarks.measuring import Row, take_turns_as_workers

STARTS, STEPS, RATE = 4, 200, 0.1
CANDIDATES = 1000


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
    import tensorflow as tf

    gan, images = _prepare(network, count)
    search = _loop(gan, lambda x, image: tf.reduce_sum(tf.square(x - image)))
    starts = gan.latents.draw(0, "inversion", 0, 1, STARTS)[0][:, tf.newaxis]

    def measure():
        begin = time.perf_counter()
        for image in tf.split(images, count):
            for start in starts:
                search(start, image)
        return (time.perf_counter() - begin) / count

    return measure


def completed(count, together):
    """Prepares to measure completion by `together` images a call.

    In seconds an image, with the compilation of each call.
    """
    from tf_gans.completion import complete

    gan, images, observation = _prepare_holes(count)
    options = {
        "num_steps": STEPS,
        "num_starts": 1,
        "num_candidates": CANDIDATES,
        "learning_rate": RATE,
    }

    def measure():
        start = time.perf_counter()
        for first in range(0, count, together):
            part = images[first : first + together]
            complete(gan, part, observation, **options)
        return (time.perf_counter() - start) / count

    return measure


def completed_by_a_loop(count):
    """Prepares to measure the plain loop of the same, in seconds an image."""
    import tensorflow as tf

    from tf_gans.completion import judge_of

    gan, images, observation = _prepare_holes(count)
    weights, judge = tf.constant(observation.weights(7)), judge_of(gan)
    candidates = gan.latents.draw(0, "inversion", 0, 1, CANDIDATES)[0]

    def objective(samples, image):
        context = tf.reduce_sum(weights * tf.abs(samples - image), (1, 2, 3))
        return context - 0.003 * tf.nn.softplus(judge(samples, None))

    @tf.function
    def choose(image):
        values = objective(gan.sampler(candidates, training=False), image)
        return candidates[tf.argmin(values)][tf.newaxis]

    search = _loop(gan, objective)

    def measure():
        begin = time.perf_counter()
        for image in tf.split(images, count):
            search(choose(image), image)
        return (time.perf_counter() - begin) / count

    return measure


def _loop(gan, objective):
    """A search from one z, whose step is compiled once."""
    import keras
    import numpy as np
    import tensorflow as tf

    z = tf.Variable(tf.zeros((1, *gan.latents.shape)))
    optimizer = keras.optimizers.Adam(RATE)
    optimizer.build([z])
    first = [variable.numpy() for variable in optimizer.variables]
    low, high = gan.latents.support or (-np.inf, np.inf)

    @tf.function
    def step(image):
        with tf.GradientTape() as tape:
            value = objective(gan.sampler(z, training=False), image)
        optimizer.apply_gradients([(tape.gradient(value, z), z)])
        z.assign(tf.clip_by_value(z, low, high))
        return value

    def search(start, image):
        z.assign(start)
        for variable, value in zip(optimizer.variables, first, strict=True):
            variable.assign(value)
        for _ in range(STEPS):
            value = step(image)
        value.numpy()

    return search


def _prepare_holes(count):
    from tf_gans import completion, masks

    gan, images = _prepare("dense", count)
    return gan, images, completion.Masked(masks.make_mask("center", 28, 28))


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
    return [*rows, *_compare_completion(quick)]


def _compare_completion(quick):
    many, few = (8, 1) if quick else (64, 4)
    workers = {
        "together": ("completed", {"count": many, "together": many}),
        "alone": ("completed", {"count": few, "together": 1}),
        "loop": ("completed_by_a_loop", {"count": few}),
    }
    seconds = take_turns_as_workers(
        {n: ("inversion", *worker) for n, worker in workers.items()},
        1 if quick else 3,
    )
    return [
        Row(
            f"completion of {many} digits in one call, generator `dense` of "
            f"mnist.py, the nearest of {CANDIDATES:,} z and {STEPS} steps, "
            f"against {theirs} (images measured: {few})",
            *([1000 * s for s in seconds[n]] for n in ("together", name)),
            "ms an image",
            more_is_better=False,
            goal=goal,
        )
        for name, theirs, goal in (
            ("alone", "a call for each", 20),
            ("loop", "the loop, image by image", None),
        )
    ]
