"""The steps of the image recipes on a GPU; nobody has measured them here.

    python -m benchmarks gpu                  on a machine with a GPU; an hour
    python -m benchmarks gpu --quick          one recipe, one turn
    python -m benchmarks gpu --quick --on-cpu without one: to see that it runs

First a convolution is compiled with XLA, forward and back, so that a cuDNN that
is too old is named before anything is measured. Then each recipe trains, with
XLA and without, in three precisions: float32, with TF32 switched off; TF32,
which TensorFlow multiplies float32 in where a GPU has it, unless it is told
not to; and mixed bfloat16. PyTorch trains the same two pairs where it is
installed and sees the GPU. A measurement that fails is a line, and the others
go on.

MM, LS and hinge GANs differ from NS in the last formula alone, and are left
out.
"""

import contextlib
import os

from benchmarks import scaling
from benchmarks.measuring import (
    ENVIRONMENT,
    REPEATS,
    Row,
    Worker,
    progress,
    take_turns,
)
from tf_gans.errors import RunError, UserError
from tf_gans.runs import gpu

RECIPES = (
    *("mnist", "dense", "dcgan"),
    *("ns", "wgan", "wgan-gp", "dragan", "r3gan", "began", "vae"),
)
PRECISIONS = {
    "float32": {"tf32": False, "dtype": None},
    "TF32": {"tf32": True, "dtype": None},
    "bfloat16": {"tf32": True, "dtype": "mixed_bfloat16"},
}
TORCH = ("mnist", "dcgan")  # what benchmarks.torch_images has

# What the user has set, and not what the claims on the CPU are given.
_ON_GPU = {
    **ENVIRONMENT,
    "CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0"),
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}


# In the workers ---------------------------------------------------------------


def device():
    """Prepares to say which GPU there is: a str, or None."""
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    if not found:
        return lambda: None
    details = tf.config.experimental.get_device_details(found[0])
    return lambda: details.get("device_name", found[0].name)


def smoke():
    """Prepares a convolution under XLA, forward and back.

    Returns:
        A function that makes it and returns None, or what went wrong.
    """
    import tensorflow as tf

    @tf.function(jit_compile=True, autograph=False)
    def differentiate(images, kernel):
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            maps = tf.nn.conv2d(images, kernel, 2, "SAME")
            loss = tf.reduce_sum(tf.nn.leaky_relu(maps))
        return tape.gradient(loss, kernel)

    def measure():
        try:
            differentiate(tf.ones((4, 28, 28, 8)), tf.ones((5, 5, 8, 16)))
        except tf.errors.OpError as error:
            return gpu.explain(error) or str(error).splitlines()[0]
        return None

    return measure


def step(name, num_steps, jit_compile, tf32, dtype):
    """Prepares to measure a recipe's step, in seconds."""
    import tensorflow as tf

    tf.config.experimental.enable_tensor_float_32_execution(tf32)
    model, batch = scaling.build(name, jit_compile=jit_compile, dtype=dtype)
    return scaling.prepare(model, batch, num_steps)


def torch(name, num_steps, batch, device, tf32, dtype):
    """Prepares the program in eager PyTorch, with its fused Adam."""
    import torch as library

    from benchmarks import images, torch_images

    library.set_float32_matmul_precision("high" if tf32 else "highest")
    library.backends.cudnn.allow_tf32 = tf32
    networks = getattr(torch_images, f"{name}_networks")()
    measure, _ = torch_images.make_step(
        networks,
        images._images(name),
        batch,
        images.MODELS[name][1],
        fused=True,
        device=device,
        bfloat16=dtype is not None,
    )
    return lambda: images._median_seconds(measure, num_steps)


def torch_device():
    """Prepares to say whether PyTorch is there and sees a GPU."""
    try:
        import torch as library
    except ImportError:
        return lambda: False
    return library.cuda.is_available


# The claims -------------------------------------------------------------------


def run(quick=False, on_cpu=False):
    """Measures all recipes; see the module.

    Args:
        quick: bool. One recipe, one turn.
        on_cpu: bool. Whether a machine without a GPU will do.

    Raises:
        UserError: there is no GPU.
        RunError: the convolution cannot be compiled.
    """
    environment = ENVIRONMENT if on_cpu else _ON_GPU
    found = "CPU" if on_cpu else _once("device", environment)
    if found is None:
        raise UserError(
            "gpu: TensorFlow sees no GPU; add --quick --on-cpu to see whether "
            "it runs"
        )
    failure = _once("smoke", environment)
    if failure:
        raise RunError(f"gpu: a convolution under XLA: {failure}")
    progress(f"{found}: a convolution under XLA works")
    names = ("dense",) if quick else RECIPES
    rivals = TORCH if not on_cpu and _once("torch_device", environment) else ()
    # A processor has no TF32.
    precisions = [p for p in PRECISIONS if not (on_cpu and p == "TF32")]
    rows = []
    for name in names:
        seconds = _measure(name, precisions, name in rivals, quick, environment)
        rows += _rows(f"{found}, {name}", seconds, precisions)
    return rows


def _once(function, environment):
    worker = Worker("gpu", function, environment=environment)
    try:
        return worker.measure()
    finally:
        worker.close()


def _measure(name, precisions, with_torch, quick, environment):
    """A dict from pairs of a competitor and a precision to measurements."""
    steps, repeats = (2, 1) if quick else (20, REPEATS)
    workers = {}
    for precision in precisions:
        options = {"name": name, "num_steps": steps, **PRECISIONS[precision]}
        for key, jit_compile in (("XLA", True), ("no XLA", False)):
            workers[key, precision] = (
                "step",
                options | {"jit_compile": jit_compile},
            )
        if with_torch:
            batch = scaling.batch_of(name)
            workers["PyTorch", precision] = (
                "torch",
                options | {"batch": batch, "device": "cuda"},
            )
    results = {}
    for key, (function, options) in workers.items():
        # One after the other: their memory is the GPU's.
        with contextlib.closing(
            Worker("gpu", function, environment=environment, **options)
        ) as worker:
            try:
                worker.measure()  # the first one compiles
                progress(f"prepared {name}, {', '.join(key)}")
                label = f"{name}, {', '.join(key)}"
                turns = take_turns({label: worker.measure}, repeats)
            except RuntimeError as error:
                last = str(error).strip().splitlines()[-1]
                progress(f"failed: {name}, {', '.join(key)}: {last}")
                continue
        results[key] = [1000 * s for s in turns[label]]
    return results


def _rows(what, seconds, precisions):
    """The ratios of what could be measured."""
    pairs = []
    for precision in precisions:
        pairs += [
            (("XLA", precision), (other, precision))
            for other in ("no XLA", "PyTorch")
        ]
    pairs += [
        (("XLA", precision), ("XLA", "float32"))
        for precision in precisions
        if precision != "float32"
    ]
    return [
        Row(
            f"{what}: {', '.join(ours)} against {', '.join(theirs)}",
            seconds[ours],
            seconds[theirs],
            "ms",
            more_is_better=False,
        )
        for ours, theirs in pairs
        if ours in seconds and theirs in seconds
    ]
