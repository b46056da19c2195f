"""The training step on images: `GAN.fit`, PyTorch and TensorFlow 1.

The MNIST conv GAN with batches of 128, and the DCGAN for 64x64 RGB images with
batches of 64. One measurement is the median time of several steps. Every
competitor gathers its real batch from uint8 images, scales it and draws its own
z; all networks have the same parameters, which is checked.

How much of the machine a step uses is measured against the product of two
matrices of 2048x2048, in the same process. `step_flops` counts the operations
that a step needs and no others: products with the zeros of a padding are none,
nor are those for gradients that nobody uses, and whatever is no product counts
nothing.
"""

import contextlib
import itertools
import math
import statistics
import time

from benchmarks.measuring import REPEATS, Row, Worker, progress, take_turns
from tf_gans.runs import processor

# Batch, learning rate, number of images, parameters of G and of D.
_MNIST = (128, 1e-3, 60_000, [6_675_009, 1_102_721])
_DCGAN = (64, 2e-4, 10_000, [5_135_363, 4_316_545])
MODELS = {"mnist": _MNIST, "dcgan": _DCGAN}
NAMES = {"mnist": "MNIST, batch 128", "dcgan": "DCGAN 64x64, batch 64"}
SGEMM_SIZE = 2048


# The competitors --------------------------------------------------------------


def ours(model, num_steps, dtype=None, others=()):
    """`GAN.fit` with a source of images.

    Args:
        model: `"mnist"` or `"dcgan"`.
        num_steps: int. The steps of a measurement.
        dtype: the networks' dtype policy.
        others: what else is measured in this process, each after the step and
            in its turn: `"cached"`, the same with one batch over and over; and
            `"sgemm"`, the product of two matrices.

    Returns:
        A function that makes the next measurement, in seconds.
    """
    gan, source = _prepare(model, dtype)
    measures = [lambda: _seconds_a_step(gan, source, num_steps)]
    if "cached" in others:
        # A model of its own, as another source is another program.
        other, _ = _prepare(model, dtype)
        cached = _cached(source)
        measures.append(lambda: _seconds_a_step(other, cached, num_steps))
    if "sgemm" in others:
        measures.append(lambda: _sgemm_seconds(num_steps))
    turns = itertools.cycle(measures)
    return lambda: next(turns)()


def torch(model, num_steps, fused=False, pool_first=False):
    """The program in eager PyTorch."""
    from benchmarks import torch_images

    batch, rate, _, counts = MODELS[model]
    if model == "mnist":
        networks = torch_images.mnist_networks(pool_first)
    else:
        networks = torch_images.dcgan_networks()
    step, found = torch_images.make_step(
        networks, _images(model), batch, rate, fused
    )
    _check_counts(found, counts)
    return lambda: _median_seconds(step, num_steps)


def tf1(num_steps):
    """The MNIST conv GAN as a TensorFlow 1 program."""
    from benchmarks import tf1_images

    step, found = tf1_images.make_step(_images("mnist"), _MNIST[0])
    _check_counts(found, _MNIST[-1])
    return lambda: _median_seconds(step, num_steps)


def _prepare(model, dtype):
    """Returns the model, compiled, and its source."""
    from tf_gans import data, recipes

    batch, _, _, counts = MODELS[model]
    if model == "mnist":
        gan = recipes.mnist.build("conv", seed=1, dtype=dtype)
    else:
        gan = recipes.dcgan.build("paper", seed=1, dtype=dtype)
    _check_counts(
        [
            sum(math.prod(v.shape) for v in network.trainable_variables)
            for network in (gan.generator, gan.discriminator)
        ],
        counts,
    )
    return gan, data.Images(_images(model), batch)


def _images(model):
    """Triangles, as many as the real data set has, though of few kinds."""
    import numpy as np

    from tf_gans.data import triangles

    size, channels = (28, 1) if model == "mnist" else (64, 3)
    images = triangles.draw_triangles(1000, size=size)
    images = np.tile(images, (MODELS[model][2] // 1000, 1, 1, channels))
    return np.ascontiguousarray(images)


def _cached(source):
    """A source that has one batch, and gives it without any work."""
    from tf_gans import data

    class Cached(data.Source):
        sample_shape, batch_size = source.sample_shape, source.batch_size
        batch = source.draw(0, 0, 1)

        def draw(self, seed, first_step, num_steps):
            return self.batch

    return Cached()


def _check_counts(found, expected):
    if found != expected:
        raise RuntimeError(f"Other networks: {found} parameters, {expected}")


def _seconds_a_step(gan, source, num_steps):
    """The median time from the end of a step to that of the next."""
    import keras

    times = []
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: times.append(time.perf_counter())
    )
    gan.fit(source, steps_per_epoch=num_steps + 1, verbose=0, callbacks=[clock])
    return statistics.median(b - a for a, b in itertools.pairwise(times))


def _median_seconds(step, num_steps):
    times = []
    step()  # as `fit` has one before those that are measured
    for _ in range(num_steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _sgemm_seconds(num_products):
    import tensorflow as tf

    a = tf.random.stateless_normal((SGEMM_SIZE, SGEMM_SIZE), [1, 2])
    return _median_seconds(lambda: tf.matmul(a, a), num_products)


# What a step needs ------------------------------------------------------------


def step_flops(generator, discriminator, batch_size):
    """Counts the operations of one training step.

    A multiplication and the addition that belongs to it are two. The products
    of the forward pass are those of the gradient of the kernels and those of
    the gradient of the inputs, too. The discriminator's update runs the
    generator forward, and the discriminator forward and backward on real and
    on fake samples; the generator's update runs both forward, both backward to
    their inputs, and the generator backward to its kernels. Nobody needs the
    gradient of z, nor, in the first update, that of the samples.

    Args:
        generator, discriminator: built networks of `Dense`, `Conv2D` and
            `Conv2DTranspose` layers.
        batch_size: int.

    Returns:
        An int.
    """
    g, d = (
        list(filter(None, map(multiply_adds, network.layers)))
        for network in (generator, discriminator)
    )
    update_d = sum(g) + 2 * (2 * sum(d) + sum(d[1:]))
    update_g = sum(g) + sum(g) + sum(g[1:]) + sum(d) + sum(d)
    return 2 * batch_size * (update_d + update_g)


def multiply_adds(layer):
    """Counts the multiplications of a layer's kernel, for one sample."""
    import keras

    layers = keras.layers
    if not isinstance(
        layer, (layers.Dense, layers.Conv2D, layers.Conv2DTranspose)
    ):
        return 0
    products = math.prod(layer.kernel.shape)
    if isinstance(layer, layers.Dense):
        return products
    before = layer.get_build_config()["input_shape"]
    after = layer.compute_output_shape(before)
    if isinstance(layer, layers.Conv2DTranspose):
        before, after = after, before  # it is the other one's gradient
    for axis in (0, 1):
        products *= _taps(
            before[axis + 1],
            after[axis + 1],
            layer.kernel_size[axis],
            layer.strides[axis],
        )
    return products // math.prod(layer.kernel_size)


def _taps(size, positions, kernel_size, stride):
    """Counts the pairs of a convolution's position and a pixel in its view.

    TensorFlow pads as little as the positions need, and less before.
    """
    padding = max(0, (positions - 1) * stride + kernel_size - size) // 2
    return sum(
        0 <= position * stride + k - padding < size
        for position in range(positions)
        for k in range(kernel_size)
    )


# The claims -------------------------------------------------------------------


def run(quick=False):
    """Compares the steps of both models."""
    rows = []
    for model in MODELS:
        # The DCGAN's steps are long, and few turns of them are minutes.
        steps, repeats = 10, REPEATS if model == "mnist" else 3
        if quick:
            steps, repeats = 2, 1
        rows += _model_rows(model, steps, repeats)
    found = processor.bfloat16_instructions()
    # Without such instructions the small model is several times slower
    # already, and the large one is not tried.
    for model in MODELS if found else ["mnist"]:
        rows.append(_bfloat16_row(model, found, quick))
    return rows


def _model_rows(model, num_steps, repeats):
    others = ["cached", "sgemm"] if model == "mnist" else ["sgemm"]
    options = {"model": model, "num_steps": num_steps}
    rivals = {
        "PyTorch": ("torch", options),
        "PyTorch, tuned": (
            "torch",
            options | {"fused": True, "pool_first": True},
        ),
    }
    if model == "mnist":
        rivals["TensorFlow 1"] = ("tf1", {"num_steps": num_steps})
    with contextlib.ExitStack() as stack:

        def worker(name, function, options, measurements=1):
            worker = Worker("images", function, **options)
            stack.callback(worker.close)
            for _ in range(measurements):
                worker.measure()  # the first ones warm up
            progress(f"prepared {name}")
            return worker.measure

        mine = worker(
            "GAN.fit", "ours", options | {"others": others}, len(others) + 1
        )
        seconds = take_turns(
            {
                # One process, which makes these measurements in turn.
                **dict.fromkeys(["GAN.fit", *others], mine),
                **{
                    name: worker(name, *rival) for name, rival in rivals.items()
                },
            },
            repeats,
        )
    return _rows(model, seconds)


def _rows(model, seconds):
    goals = {"PyTorch": 1.5 if model == "mnist" else 1.15, "TensorFlow 1": 1.0}
    names = {
        "PyTorch": "eager PyTorch, channels_last",
        "PyTorch, tuned": "the same with PyTorch's fused Adam"
        + (" and our order of pooling" if model == "mnist" else ""),
        "TensorFlow 1": "the TensorFlow 1 graph",
        "cached": "itself on one cached batch",
    }
    goals["cached"] = 1 / 1.03
    rows = [
        Row(
            f"{NAMES[model]}: a step of GAN.fit against {names[name]}",
            _milli(seconds["GAN.fit"]),
            _milli(values),
            "ms",
            more_is_better=False,
            goal=goals.get(name),
        )
        for name, values in seconds.items()
        if name in names
    ]
    flops = _count(model)
    products = 2 * SGEMM_SIZE**3
    rows.append(
        Row(
            f"{NAMES[model]}: a step's {flops / 1e9:.1f} GFLOP against "
            f"products of {SGEMM_SIZE}x{SGEMM_SIZE} matrices",
            [flops / s / 1e9 for s in seconds["GAN.fit"]],
            [products / s / 1e9 for s in seconds["sgemm"]],
            "GFLOP/s",
            goal=0.7,
        )
    )
    return rows


def _count(model):
    """The operations of a step, which a process of its own works out."""
    worker = Worker("images", "flops", model=model)
    try:
        return worker.measure()
    finally:
        worker.close()


def flops(model):
    """Prepares to count the operations of a step."""
    gan, source = _prepare(model, None)
    return lambda: step_flops(
        gan.generator, gan.discriminator, source.batch_size
    )


def _bfloat16_row(model, found, quick):
    steps = 10 if found and not quick else 1
    repeats = REPEATS if found and not quick else 1
    with contextlib.ExitStack() as stack:
        competitors = {}
        for dtype in ("mixed_bfloat16", "float32"):
            worker = Worker(
                "images", "ours", model=model, num_steps=steps, dtype=dtype
            )
            stack.callback(worker.close)
            worker.measure()  # the first one warms up
            competitors[dtype] = worker.measure
        seconds = take_turns(competitors, repeats)
    return Row(
        f"{NAMES[model]}: bfloat16 against float32 (the processor has "
        f"{' and '.join(found) or 'no instructions for it'})",
        _milli(seconds["mixed_bfloat16"]),
        _milli(seconds["float32"]),
        "ms",
        more_is_better=False,
    )


def _milli(seconds):
    return [1000 * s for s in seconds]
