"""Small models of images, untrained, whose images differ all the same."""

import numpy as np

from tf_gans.runs import load
from tf_gans.runs.directory import RunDirectory


def config(**options):
    """The configuration of a small DCGAN's run."""
    return {
        "script": "dcgan",
        "recipe": "paper",
        "size": 16,
        "channels": 1,
        "width": 4,
        "num_classes": None,
        "seed": 3,
        "ema": None,
        "mixed_precision": None,
        "jit_compile": False,
        **options,
    }


def build(**options):
    """A small DCGAN, with weights and moving averages as if it had learned."""
    gan = load.build(config(**options))
    rng = np.random.default_rng(0)
    for network in (gan.generator, gan.discriminator):
        for variable in network.weights:
            value = variable.numpy()
            if "kernel" in variable.path:
                variable.assign(value * 20)
            elif "variance" in variable.path:
                variable.assign(value * 3)
            elif value.dtype == np.float32:
                variable.assign(value + rng.uniform(-0.3, 0.3, value.shape))
    if gan.ema_generator is not None:
        weights = [0.9 * w for w in gan.generator.get_weights()]
        gan.ema_generator.set_weights(weights)
    return gan


def write_run(path, gan, **options):
    """Writes a run directory as a training would leave it."""
    RunDirectory.create(path, config(**options)).save_checkpoint(gan)
    return path
