"""Which instructions the processor has, from files as Linux writes them."""

import numpy as np
import pytest

from tests import script_runner
from tf_gans.runs import processor
from tf_gans.runs.images import ImageTraining

EPYC = "processor : 0\nflags\t\t: fpu sse avx512f avx512_bf16 avx512_vnni\n"
XEON = "processor : 0\nflags\t\t: fpu amx_bf16 avx512_bf16 amx_tile\n"
OLDER = "processor : 0\nflags\t\t: fpu sse avx2 avx512f avx512_bf16x\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (EPYC * 2, ["avx512_bf16"]),
        (XEON, ["amx_bf16", "avx512_bf16"]),
        (OLDER, []),
        (None, []),
    ],
)
def test_bfloat16_instructions(text, found, tmp_path, monkeypatch):
    path = tmp_path / "cpuinfo"
    if text:
        path.write_text(text)
    monkeypatch.setattr(processor, "CPUINFO", path)
    assert processor.bfloat16_instructions() == found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "flags", "times"),
    [
        (EPYC, [], 1),
        (EPYC, ["--mixed-precision"], 0),
    ],
)
def test_the_image_scripts_say_it_once(
    text, flags, times, tmp_path, monkeypatch
):
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    monkeypatch.setattr(processor, "CPUINFO", path)
    np.savez(tmp_path / "data.npz", x_train=np.zeros((4, 28, 28), np.uint8))
    out, _ = script_runner.run(
        script_runner.load("mnist"),
        *("--network", "dense", "--data", "data.npz", "--batch-size", 2),
        *("--epochs", 1, "--no-jit-compile", *flags),
        cwd=tmp_path,
    )
    line = (
        "This processor computes in bfloat16 (avx512_bf16): --mixed-precision "
        "is faster on it."
    )
    assert out.splitlines().count(line) == times


def test_nothing_is_said_of_other_processors(tmp_path, monkeypatch, capsys):
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(processor, "CPUINFO", path)
    path.write_text(OLDER)
    ImageTraining()._say_bfloat16()
    assert capsys.readouterr().out == ""
    path.write_text(XEON)
    ImageTraining()._say_bfloat16()
    assert "(amx_bf16, avx512_bf16)" in capsys.readouterr().out
