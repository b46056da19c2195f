"""`python -m benchmarks gpu`, as far as it goes without one."""

import subprocess
import sys

import pytest
import tensorflow as tf

from benchmarks import gpu, scaling
from benchmarks.__main__ import CLAIMS, WITH_GPU
from tests.paths import ROOT
from tf_gans.errors import RunError, UserError
from tf_gans.recipes import members


def benchmarks(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
    )


def test_without_a_gpu():
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    done = benchmarks("gpu")
    assert done.returncode == 2
    assert done.stdout == ""
    first, line = done.stderr.splitlines()
    assert first == "gpu ..."
    assert "gpu: TensorFlow sees no GPU" in line


@pytest.mark.slow
def test_on_the_cpu():
    done = benchmarks("gpu", "--quick", "--on-cpu")
    assert done.returncode == 0, done.stderr
    rows = [x for x in done.stdout.splitlines() if x.startswith("| CPU, dense")]
    assert [row.split(" | ")[0] for row in rows] == [
        "| CPU, dense: XLA, float32 against no XLA, float32",
        "| CPU, dense: XLA, bfloat16 against no XLA, bfloat16",
        "| CPU, dense: XLA, bfloat16 against XLA, float32",
    ]
    assert "a convolution under XLA works" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["gpu", "--on-cpu"], ["loop", "--quick", "--on-cpu"], ["gpus"]],
)
def test_mistakes(arguments):
    done = benchmarks(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert "--on-cpu: is for gpu alone" in last or "no such claim" in last


def test_it_is_measured_where_it_is_named():
    assert not set(WITH_GPU) & set(CLAIMS)


class TestSmoke:
    def test_that_works(self):
        assert gpu.smoke()() is None

    @pytest.mark.parametrize(
        ("message", "said"),
        [
            (
                "Autotuner could not find any supported configs for HLO: "
                "%cudnn-conv-bias-activation",
                "nvidia-cudnn-cu12>=9.24,<10",
            ),
            ("something new\nin two lines", "something new"),
        ],
    )
    def test_that_fails(self, message, said, monkeypatch):
        def fail(*arguments):
            raise tf.errors.InternalError(None, None, message)

        monkeypatch.setattr(tf.nn, "conv2d", fail)
        line = gpu.smoke()()
        assert said in line
        assert "\n" not in line

    def test_ends_the_benchmark(self, monkeypatch):
        answers = {"device": "H100", "smoke": "the cuDNN is too old"}
        monkeypatch.setattr(gpu, "_once", lambda name, _: answers[name])
        with pytest.raises(RunError, match="XLA: the cuDNN is too old"):
            gpu.run()

    def test_no_gpu(self, monkeypatch):
        monkeypatch.setattr(gpu, "_once", lambda name, _: None)
        with pytest.raises(UserError, match="no GPU") as raised:
            gpu.run()
        assert raised.value.exit_code == 2


def test_the_recipes():
    """Each has a batch; the family is whole but for equal arithmetic."""
    assert all(scaling.batch_of(name) >= 16 for name in gpu.RECIPES)
    left = set(members.NAMES) - set(gpu.RECIPES)
    labelled = {"cgan", "acgan", "infogan"}
    assert left == {"mm", "ls", "hinge", *labelled}
    assert set(gpu.TORCH) < set(gpu.RECIPES)


def test_what_fails_is_left_out():
    """And the others are compared with each other."""
    seconds = {
        ("XLA", "float32"): [8.0],
        ("XLA", "TF32"): [4.0],
        ("no XLA", "float32"): [16.0],
        ("PyTorch", "TF32"): [6.0],
    }
    rows = gpu._rows("H100, mnist", seconds, list(gpu.PRECISIONS))
    assert [(row.claim, row.ratio) for row in rows] == [
        ("H100, mnist: XLA, float32 against no XLA, float32", 2.0),
        ("H100, mnist: XLA, TF32 against PyTorch, TF32", 1.5),
        ("H100, mnist: XLA, TF32 against XLA, float32", 2.0),
    ]


def test_torch_s_step_takes_bfloat16():
    """The competitor's other device and precision, where it is installed."""
    pytest.importorskip("torch", reason="the extra bench is not installed")
    measure = gpu.torch("mnist", 1, 4, "cpu", False, "mixed_bfloat16")
    assert measure() > 0
