"""Training steps a second: `GAN.fit`, the TensorFlow 1 program and JAX."""

import time

from benchmarks.measuring import REPEATS, Row, take_turns_as_workers


def ours(num_steps, minibatch, fused=True, small_dense=True):
    """`GAN.fit` with its default block, without callbacks."""
    import keras

    from tf_gans import GAN, data, latents, layers, losses, networks, optimizers

    if not small_dense:
        layers._MAX_PRODUCT = 0  # every product is a matmul
    adam = optimizers.FusedAdam if fused else keras.optimizers.Adam
    gan = GAN(
        networks.gaussian.Generator(hidden_size=4, seed=1),
        networks.gaussian.Discriminator(4, minibatch=minibatch, seed=1),
        latents=latents.Stratified(),
        loss=losses.NonSaturating(),
    )
    gan.compile(adam(1e-3, epsilon=1e-8), adam(1e-3, epsilon=1e-8))
    source = data.Gaussian(8)

    def measure():
        start = time.perf_counter()
        gan.fit(source, steps_per_epoch=num_steps, verbose=0)
        return num_steps / (time.perf_counter() - start)

    return measure


def tf1(num_steps, minibatch):
    """The original's loop: two `session.run` a step."""
    from benchmarks import tf1_gaussian

    program = tf1_gaussian.build(minibatch=minibatch, loss="logits")
    session = tf1_gaussian.tf.Session(graph=program.graph)
    session.run(program.initialize)
    sampler = tf1_gaussian.Sampler()

    def measure():
        start = time.perf_counter()
        tf1_gaussian.train(program, session, sampler, num_steps)
        return num_steps / (time.perf_counter() - start)

    return measure


def jax(num_steps, **options):
    """One jitted loop over all steps."""
    import numpy as np

    from benchmarks import jax_gaussian

    state, run = jax_gaussian.make_program(**options)
    num_blocks, first_step = num_steps // jax_gaussian.BLOCK, 0

    def measure():
        nonlocal state, first_step
        start = time.perf_counter()
        state, losses = run(state, first_step, num_blocks)
        np.asarray(losses)  # waits for them
        first_step += num_steps
        return num_steps / (time.perf_counter() - start)

    return measure


def run(quick=False):
    """Compares the loops, plain and with minibatch discrimination."""
    repeats, steps = (1, 20_000) if quick else (REPEATS, 100_000)
    tricks = {"dense": "sum", "fused": True}
    rows = []
    for minibatch in (True, False):
        options = {"num_steps": steps, "minibatch": minibatch}
        few = {**options, "num_steps": steps // 25}
        workers = {
            "GAN.fit": ("loop", "ours", options),
            "TensorFlow 1": ("loop", "tf1", few),
            "Keras' Adam": ("loop", "ours", {**options, "fused": False}),
            "Dense": ("loop", "ours", {**options, "small_dense": False}),
        }
        for draw in ("step", "block"):
            plain = {**options, "draw": draw}
            workers[f"JAX, {draw}"] = ("loop", "jax", plain)
            workers[f"JAX, {draw}, tricks"] = ("loop", "jax", plain | tricks)
        speeds = take_turns_as_workers(workers, repeats)
        rows += _rows(speeds, "minibatch" if minibatch else "plain")
    return rows


def _rows(speeds, network):
    def better(ending):
        names = [f"JAX, {draw}{ending}" for draw in ("step", "block")]
        return max(
            (speeds[n] for n in names), key=lambda v: sorted(v)[len(v) // 2]
        )

    fit = speeds["GAN.fit"]
    goal = 30 if network == "minibatch" else 25
    others = [
        ("the TensorFlow 1 loop", speeds["TensorFlow 1"], goal),
        ("a jitted JAX loop", better(""), 1.0),
        ("the JAX loop with our two tricks", better(", tricks"), None),
        ("itself with Keras' Adam", speeds["Keras' Adam"], None),
        ("itself with matmul in every layer", speeds["Dense"], None),
    ]
    return [
        Row(
            f"{network}: GAN.fit against {name}", fit, values, "steps/s", goal=g
        )
        for name, values, g in others
    ]
