"""The search for z: many images at a time against one after the other.

The recall of `tf_gans.metrics.manifold` searches the nearest sample of each of
1,024 test images. Ours is one call with all of them; theirs calls with one
image at a time, of which a few are measured and scaled to as many. Both are
`tf_gans.inversion.find_latents`, with the generator of the MNIST recipe
`dense` or `conv`, 200 steps of Adam from each of 4 starts, and both compile
their program first: a loop that compiled for each image would be slower still.
"""

import time

from benchmarks.measuring import REPEATS, Row, take_turns_as_workers

IMAGES, FEW = 1024, 4
STARTS, STEPS = 4, 200


def searches(network, count, at_once, num_steps):
    """Prepares to measure the search for some images, in seconds."""
    import numpy as np

    from tf_gans import recipes
    from tf_gans.inversion import Search

    gan = recipes.mnist.build(network, seed=1)
    search = Search(gan, num_steps=num_steps, num_starts=STARTS)
    images = np.asarray(gan.sample(count, seed=2))

    def measure():
        start = time.perf_counter()
        for first in range(0, count, at_once):
            search(images[first : first + at_once])
        return time.perf_counter() - start

    return measure
