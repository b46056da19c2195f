"""What a GPU needs of a script, and what its failures mean.

Loads no TensorFlow, whose settings for a GPU are read while it is imported.
"""

import contextlib
import os
import re

from tf_gans.errors import RunError
from tf_gans.runs import streams

# XLA tries several algorithms for a convolution and takes the one that was the
# fastest this time, and some of them add in no fixed order.
_DETERMINISTIC = "--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0"

_CUDNN = "pip install 'nvidia-cudnn-cu12>=9.24,<10'"
_CUDA = "pip install nvidia-cuda-nvcc-cu12"
_NO_XLA = "begin the run again with --no-jit-compile, which does without XLA"

# A pattern of TensorFlow's message, what it means, what helps. The first one
# that is found counts. tests/runs/test_gpu.py has recorded messages.
_FAILURES = (
    (
        r"OOM when allocating|(?i:out[ _]of[ _]memory)|"
        r"failed to allocate memory|CUDNN_STATUS_ALLOC_FAILED",
        "the memory is not enough",
        "name a smaller --batch-size, or end what else uses it (of a GPU, "
        "nvidia-smi lists it)",
    ),
    (
        r"PTX version \S+ does not support target|"
        r"Unsupported \.(?:version|target)|UNSUPPORTED_PTX_VERSION|"
        r"CUDA_ERROR_INVALID_PTX|CUDA_ERROR_NO_BINARY_FOR_GPU|"
        r"no kernel image is available",
        "this TensorFlow or the GPU's driver is too old for this GPU",
        f"{_NO_XLA}; or install a newer driver or a newer TensorFlow",
    ),
    (
        r"libdevice",
        "XLA does not find libdevice, a part of CUDA",
        f"{_CUDA}; or XLA_FLAGS=--xla_gpu_cuda_data_dir=DIR, where "
        f"DIR/nvvm/libdevice is; or {_NO_XLA}",
    ),
    (
        r"No PTX compilation provider|ptxas|nvlink",
        "XLA does not find ptxas, CUDA's assembler",
        f"{_CUDA}; or put CUDA's bin directory on the PATH; or {_NO_XLA}",
    ),
    (
        r"Autotuner could not find any supported config",
        "XLA finds no convolution in this cuDNN, which is too old for this "
        "TensorFlow",
        f"{_CUDNN}; or {_NO_XLA}",
    ),
    (
        r"DNN library|CUDNN_STATUS_|No algorithm worked|"
        r"best cudnn convolution algorithm",
        "cuDNN does not work: it is too old for this TensorFlow, or is not "
        "found",
        _CUDNN,
    ),
)


def explain(error):
    """Says in one line what an error of TensorFlow means, and what helps.

    Args:
        error: an exception.

    Returns:
        A str; None where it is none of the known failures of a device.
    """
    if all(kind.__name__ != "OpError" for kind in type(error).__mro__):
        return None
    message = str(error)
    for pattern, meaning, remedy in _FAILURES:
        if re.search(pattern, message):
            return f"{meaning}: {remedy}"
    return None


@contextlib.contextmanager
def explained():
    """Turns the known failures of a device into one line.

    Raises:
        RunError: with what `explain` says. All else goes through.
    """
    try:
        yield
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        raise RunError(line) from error


def ask_for_determinism():
    """Prepares `--deterministic`, before TensorFlow is loaded.

    What the user's own XLA_FLAGS say counts.
    """
    flags = f"{_DETERMINISTIC} {os.environ.get('XLA_FLAGS', '')}"
    os.environ["XLA_FLAGS"] = flags.strip()


def begin_determinism(jit_compile):
    """The other half of `--deterministic`, before the first operation.

    Without a GPU it changes nothing, and says so. On one, TensorFlow's own
    kernels are made deterministic; Keras refuses XLA where they are. A training
    that XLA compiles as a whole follows XLA_FLAGS alone.

    Args:
        jit_compile: bool or None. What was asked for; None for no wish.

    Returns:
        What `jit_compile` is to be, bool or None.
    """
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        streams.warn(
            "--deterministic: there is no GPU, and without one a run ends "
            "with the same bits in any case"
        )
    elif not jit_compile:
        tf.config.experimental.enable_op_determinism()
        return False
    return jit_compile


def warn_of_new():
    """Warns of GPUs that are newer than the TensorFlow that is installed.

    XLA has ended the whole process on such, by a failure that no `except` sees.
    """
    import tensorflow as tf

    built = tf.sysconfig.get_build_info().get("cuda_compute_capabilities", ())
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        line = newer_than_built(details, built)
        if line:
            streams.warn(line)


def newer_than_built(details, built):
    """What there is to say of a GPU that is newer than TensorFlow.

    Args:
        details: dict. Of `tf.config.experimental.get_device_details`.
        built: strs such as `"sm_89"` and `"compute_90"`, the compute
            capabilities that TensorFlow was built for.

    Returns:
        A str, or None where it was built for this GPU.
    """
    capability = details.get("compute_capability")
    known = [int(name.rpartition("_")[2]) for name in built]
    if not capability or not known:
        return None
    major, minor = capability
    if 10 * major + minor <= max(known):
        return None
    return (
        f"{details.get('device_name', 'the GPU')} has compute capability "
        f"{major}.{minor}, and this TensorFlow was built for up to "
        f"{max(known) / 10:g}: if the process is aborted while it compiles, "
        f"{_NO_XLA}"
    )
