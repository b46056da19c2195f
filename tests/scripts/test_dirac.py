"""`scripts/dirac.py`."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from tests import script_runner

DIRAC = script_runner.load("dirac")


def test_a_picture_and_a_film(tmp_path):
    flags = ["--only", "xy,r1", "--num-steps", 40, "--start", "0.5,-1"]
    out, err = script_runner.run(
        DIRAC, *flags, "--anim-path", "a.gif", cwd=tmp_path
    )
    assert err == ""
    lines = out.splitlines()
    # The xy game: sqrt(1.25) sqrt(1.01)^40 in the end.
    assert lines[0].endswith("distance 1.12 -> 1.36, 0.6 times around")
    assert lines[1].startswith("ns with R1")
    assert lines[2:] == ["Picture: dirac.png", "Film: a.gif"]
    with Image.open(tmp_path / "dirac.png") as picture:
        about = json.loads(picture.text["Comment"])
        assert about["recipe"] == "xy,r1" and about["step"] == 40
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    blue = np.abs(pixels.astype(int) - (1, 115, 178)).max(1) < 20
    assert blue.sum() > 500  # the ways
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames > 30


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--only", "xy,r2"], r"--only.*xy, ns, wgan.*received.*r2"),
        (["--start", "1"], "--start.*two numbers.*received 1"),
        (["--start", "1,x"], "--start.*received 'x'"),
        (["--num-steps", 0], "--num-steps.*received '0'"),
        (["--learning-rate", 0], "--learning-rate.*received '0'"),
        (["--out", "a.jpg"], "--out.*png.*"),
        (["--anim-path", "a.avi"], "a.avi.*received .avi"),
    ],
)
def test_mistakes(flags, line, tmp_path):
    said = script_runner.refused(DIRAC, *flags, cwd=tmp_path)
    assert re.search(line, said, re.IGNORECASE), said
    assert not list(tmp_path.iterdir())
