"""What scripts do for a GPU. None is needed: its failures are recorded ones."""

import os
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from tests import script_runner
from tests.paths import ROOT
from tf_gans.errors import RunError
from tf_gans.models.gan import GAN
from tf_gans.runs import gpu

errors = tf.errors
# As they were reported in public threads; numbers in the middle are left out.
RECORDED = [
    (
        errors.InternalError,
        "Autotuner could not find any supported configs for HLO: "
        "%cudnn-conv-bias-activation = (f32[128,28,28,64], u8[0]) custom-call("
        '), custom_call_target="__cudnn$convBiasActivationForward" '
        "[DEVICE_TYPE_INVALID]",
        "nvidia-cudnn-cu12>=9.24,<10",
        True,
    ),
    (
        errors.FailedPreconditionError,
        "DNN library initialization failed. Look at the errors above for more "
        "details.\n\t [[{{node one_step/conv2d/convolution}}]]",
        "nvidia-cudnn-cu12>=9.24,<10",
        False,
    ),
    (
        errors.UnimplementedError,
        "DNN library is not found.\n\t [[{{node conv2d/Conv2D}}]]",
        "nvidia-cudnn-cu12>=9.24,<10",
        False,
    ),
    (
        errors.InternalError,
        "libdevice not found at ./libdevice.10.bc [Op:__inference_block_1]",
        "--xla_gpu_cuda_data_dir=DIR",
        True,
    ),
    (
        errors.UnimplementedError,
        "No PTX compilation provider is available. Neither ptxas/nvlink nor "
        "nvjtlink is available.",
        "nvidia-cuda-nvcc-cu12",
        True,
    ),
    (
        errors.InternalError,
        "PTX version 8.5 does not support target 'sm_120'. Minimum required "
        "PTX version is 8.7.",
        "newer TensorFlow",
        True,
    ),
    (
        errors.InternalError,
        "ptxas exited with non-zero error code 65280, output: ptxas fatal : "
        "Unsupported .version 8.7; current version is '8.5'",
        "newer TensorFlow",
        True,
    ),
    (
        errors.ResourceExhaustedError,
        "OOM when allocating tensor with shape[4096,64,28,28] and type float "
        "on /job:localhost/replica:0/task:0/device:GPU:0 by allocator "
        "GPU_0_bfc",
        "smaller --batch-size",
        False,
    ),
    (
        errors.ResourceExhaustedError,
        "Out of memory while trying to allocate 8589934592 bytes.",
        "smaller --batch-size",
        False,
    ),
    (
        errors.InternalError,
        "Failed to call cudnnCreate: CUDNN_STATUS_ALLOC_FAILED",
        "smaller --batch-size",
        False,
    ),
]


@pytest.mark.parametrize(
    ("kind", "message", "remedy", "without_xla"),
    RECORDED,
    ids=[message[:24] for _, message, _, _ in RECORDED],
)
def test_a_known_failure_has_a_remedy(kind, message, remedy, without_xla):
    line = gpu.explain(kind(None, None, f"Graph execution error:\n{message}"))
    assert remedy in line
    assert "\n" not in line
    assert ("--no-jit-compile" in line) == without_xla


def test_each_failure_is_recorded():
    """No pattern is there that no message finds."""
    lines = [gpu.explain(k(None, None, m)) for k, m, _, _ in RECORDED]
    for _, meaning, _ in gpu._FAILURES:
        assert any(line.startswith(meaning) for line in lines), meaning


@pytest.mark.parametrize(
    "error",
    [
        errors.InternalError(None, None, "Incompatible shapes: [2] vs. [3]"),
        errors.UnavailableError(None, None, "stopped sending heartbeats"),
        errors.ResourceExhaustedError(None, None, "received message too large"),
        # A user's own function may say what it likes.
        RuntimeError("out of memory: DNN library, libdevice, ptxas"),
    ],
)
def test_other_errors_go_through(error):
    assert gpu.explain(error) is None
    with pytest.raises(type(error)) as raised, gpu.explained():
        raise error
    assert raised.value is error


@pytest.mark.slow  # TensorFlow waits for memory
def test_memory_that_is_not_there():
    """What TensorFlow says itself, of a tensor of 2**62 bytes."""
    with (
        pytest.raises(RunError, match="memory is not enough") as raised,
        gpu.explained(),
    ):
        tf.ones([2**20, 2**20, 2**20])
    assert isinstance(raised.value.__cause__, errors.ResourceExhaustedError)


def test_a_script_answers_with_one_line(tmp_path):
    """Exit code 1, the page of the run, and no lock that stays."""
    images = np.zeros((32, 28, 28), np.uint8)
    np.savez(tmp_path / "data.npz", x_train=images)
    kind, message, remedy, _ = RECORDED[0]
    failing = mock.patch.object(
        GAN, "fit", side_effect=kind(None, None, message)
    )
    mnist = script_runner.load("mnist")
    flags = ["--network", "dense", "--data", "data.npz", "--run-dir", "run"]
    with failing:
        _, err = script_runner.run(
            mnist, *flags, "--batch-size", 16, cwd=tmp_path, code=1
        )
    assert err.count("\n") == 1
    assert err.startswith("mnist.py: ")
    assert remedy in err
    assert (tmp_path / "run/report.html").is_file()
    assert not (tmp_path / "run/lock").exists()


@pytest.mark.parametrize(
    ("capability", "built", "warns"),
    [
        ((12, 0), ["sm_60", "sm_89", "compute_90"], True),
        ((10, 0), ["sm_60", "sm_89", "compute_90"], True),
        ((9, 0), ["sm_60", "sm_89", "compute_90"], False),
        ((8, 6), ["sm_80", "sm_89", "compute_90"], False),
        (None, ["sm_80"], False),
        ((12, 0), [], False),  # a TensorFlow without CUDA
    ],
)
def test_a_gpu_that_is_newer_than_tensorflow(capability, built, warns):
    details = {"device_name": "RTX 5090"}
    if capability:
        details["compute_capability"] = capability
    line = gpu.newer_than_built(details, built)
    assert bool(line) == warns
    if line:
        assert line.startswith("RTX 5090 has compute capability 1")
        assert "built for up to 9: " in line
        assert "--no-jit-compile" in line


def test_what_this_tensorflow_was_built_for():
    """The names are read as they are written."""
    built = tf.sysconfig.get_build_info().get("cuda_compute_capabilities", [])
    if not built:
        pytest.skip("this TensorFlow was built without CUDA")
    details = {"compute_capability": (99, 0)}
    assert gpu.newer_than_built(details, built)


def run_python(code, **variables):
    environment = {
        k: v
        for k, v in os.environ.items()
        if k not in ("TF_FORCE_GPU_ALLOW_GROWTH", "XLA_FLAGS")
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_the_environment_before_tensorflow():
    """What the user has set stays, and counts."""
    code = """
import os
from tf_gans.runs import gpu, streams
gpu.ask_for_determinism()
with streams.quiet_imports():
    print(os.environ["TF_FORCE_GPU_ALLOW_GROWTH"])
print(os.environ["XLA_FLAGS"])
"""
    flags = "--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0"
    assert run_python(code).stdout.splitlines() == ["true", flags]
    own = {
        "TF_FORCE_GPU_ALLOW_GROWTH": "false",
        "XLA_FLAGS": "--xla_gpu_autotune_level=4",
    }
    out = run_python(code, **own).stdout.splitlines()
    assert out == ["false", f"{flags} --xla_gpu_autotune_level=4"]


NEW = ["--network", "dense", "--data", "data.npz", "--batch-size", 16]
PLAIN = [*NEW, "--epochs", 1, "--no-jit-compile"]


@pytest.fixture
def data(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (64, 28, 28), np.uint8)
    np.savez(tmp_path / "data.npz", x_train=images)


def test_deterministic_without_a_gpu(tmp_path, data):
    """The same bits, and a line that says why; it is the run's for good."""
    mnist = script_runner.load("mnist")

    def run(*flags, code=0):
        return script_runner.run(mnist, *flags, cwd=tmp_path, code=code)[1]

    assert run(*PLAIN, "--run-dir", "plain") == ""
    said = run(*PLAIN, "--run-dir", "steady", "--deterministic")
    assert said.count("\n") == 1
    assert said.startswith("--deterministic: there is no GPU")
    script_runner.assert_same_weights(tmp_path / "plain", tmp_path / "steady")
    assert run("--run-dir", "steady", "--resume") == said
    said = run("--run-dir", "plain", "--resume", "--deterministic", code=2)
    assert "trained with other values: deterministic" in said


@pytest.mark.slow
def test_deterministic_with_a_gpu(tmp_path, data):
    """TensorFlow is told that there is one; in a process of its own.

    Every operation of a training has a deterministic kernel, or it would be
    refused, and XLA is off without a warning of Keras.
    """
    code = f"""
import json, pathlib
from unittest import mock

import tensorflow as tf
from tensorflow.python.framework import config as settings
from tests import script_runner

cwd = pathlib.Path({str(tmp_path)!r})
mnist = script_runner.load("mnist")

def run(*flags):
    return script_runner.run(mnist, *flags, cwd=cwd)[1]

NEW = {NEW}
run(*NEW, "--epochs", 2, "--no-jit-compile", "--run-dir", "plain")
gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
with (
    mock.patch.object(tf.config, "list_physical_devices", lambda *_: [gpu]),
    mock.patch.object(
        tf.config.experimental, "get_device_details", lambda device: dict()
    ),
):
    said = run(
        *NEW, "--epochs", 1, "--run-dir", "xla", "--deterministic",
        "--jit-compile",
    )
    assert said == "", said
    assert not settings.is_op_determinism_enabled()  # XLA_FLAGS do it
    said = run(*NEW, "--epochs", 1, "--run-dir", "steady", "--deterministic")
    assert said == "", said
    assert settings.is_op_determinism_enabled()
    run("--run-dir", "steady", "--resume", "--epochs", 2)
script_runner.assert_same_weights(cwd / "plain", cwd / "steady")
config = json.loads((cwd / "steady/config.json").read_text())["config"]
assert config["deterministic"] is True and config["jit_compile"] is False
print("done")
"""
    assert run_python(code).stdout == "done\n"
