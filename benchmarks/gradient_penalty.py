"""What the gradient penalty costs beyond the arithmetic that it needs.

The steps of the NS GAN and of WGAN-GP on 28x28 images, both with InfoGAN's
networks without batch normalisation in the discriminator, batches of 64. A step
of WGAN-GP has five critic updates, each of which differentiates twice; what is
compared is how many of its operations are done in a second, so a ratio of 1
means that the penalty costs its arithmetic and nothing else.
"""

import contextlib

from benchmarks import images
from benchmarks.measuring import REPEATS, Row, Worker, progress, take_turns

BATCH = 64


def step(name, num_steps):
    """Prepares to measure a recipe's step, in seconds."""
    gan, source = _prepare(name)
    return lambda: images._seconds_a_step(gan, source, num_steps)


def flops(name):
    """Prepares to count the operations of a recipe's step."""
    gan, _ = _prepare(name)
    return lambda: step_flops(gan, BATCH)


def _prepare(name):
    from tf_gans import data, recipes

    gan = recipes.family.build(name, "paper", seed=1, batch_norm=False)
    pictures = images._images("mnist")
    return gan, data.Images(pictures, BATCH, value_range=gan.value_range)


def step_flops(gan, batch_size):
    """Counts the operations of a training step; see `images.step_flops`.

    The penalty runs the discriminator forward, then back to its input. Of that
    gradient's norm each kernel has a gradient, and so has what each layer was
    given by the one before it; activations of straight pieces have no second
    derivative, so nothing goes back through the forward pass.
    """
    g, d = (
        list(filter(None, map(images.multiply_adds, network.layers)))
        for network in (gan.generator, gan.discriminator)
    )
    update_d = sum(g) + 2 * (2 * sum(d) + sum(d[1:]))
    if gan.penalty is not None:
        # After the last layer is only the logit, whose gradient is 1.
        update_d += 2 * sum(d) + sum(d) + sum(d[:-1])
    update_g = sum(g) + sum(g) + sum(g[1:]) + sum(d) + sum(d)
    return 2 * batch_size * (gan.critic_steps * update_d + update_g)


def run(quick=False):
    """Compares the two steps."""
    num_steps, repeats = (1, 1) if quick else (8, REPEATS)
    with contextlib.ExitStack() as stack:
        competitors, counts = {}, {}
        for name in ("wgan-gp", "ns"):
            worker = Worker("gradient_penalty", "flops", name=name)
            counts[name] = worker.measure()
            worker.close()
            worker = Worker(
                "gradient_penalty", "step", name=name, num_steps=num_steps
            )
            stack.callback(worker.close)
            worker.measure()  # the first one warms up
            progress(f"prepared {name}: {counts[name] / 1e9:.1f} GFLOP")
            competitors[name] = worker.measure
        seconds = take_turns(competitors, repeats)
    rates = {
        name: [counts[name] / s / 1e9 for s in values]
        for name, values in seconds.items()
    }
    return [
        Row(
            f"A step of WGAN-GP, {counts['wgan-gp'] / 1e9:.1f} GFLOP, against "
            f"one of the NS GAN, {counts['ns'] / 1e9:.1f} GFLOP",
            rates["wgan-gp"],
            rates["ns"],
            "GFLOP/s",
            goal=1 / 1.1,
        )
    ]
