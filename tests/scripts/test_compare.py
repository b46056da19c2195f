"""`scripts/compare.py`."""

import json
import os
import re
import signal
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from tests import script_runner
from tests.paths import REAL
from tf_gans import data

TINY = (
    *("--gans", "vae", "--samples", "2", "--seeds", "2", "--steps", "2"),
    *("--evaluations", "1", "--num-samples", "200", "--num-images", "300"),
    *("--num-recall", "4", "--inversion-steps", "2", "--restarts", "1"),
)


@pytest.fixture(scope="module")
def script():
    return script_runner.load("compare")


def rows(directory):
    lines = (directory / "results.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.slow
def test_compares_draws_and_goes_on(tmp_path):
    """As a process: it starts others, and they start as a script does."""
    out = script_runner.process(
        tmp_path, "compare", *TINY, "--workers", "1", "--out", "study"
    ).stdout
    first = rows(tmp_path / "study")
    assert [row["sample"] for row in first[:2]] == [0, 1]
    # The best sample again, with another seed.
    best = min(first[:2], key=lambda row: row["fid"])
    assert (first[2]["sample"], first[2]["seed"]) == (best["sample"], 1)
    assert len({row["id"] for row in first}) == len(first) == 3
    for row in first:
        assert row["fid"] > 0 and 0 <= row["f1"] <= 1
        assert len(row["fake_distances"]) == len(row["real_distances"]) == 4
        grid = Image.open(tmp_path / f"study/grids/{row['id']}.png")
        assert np.ptp(np.asarray(grid)) > 20
    table = (tmp_path / "study/table.md").read_text()
    assert table in out and "| real images |" in table
    for name in ("fid", "f1", "precision-recall"):
        Image.open(tmp_path / f"study/{name}.png").verify()

    # What is lost is trained again, to the same numbers; the rest is not.
    path = tmp_path / "study/results.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[2] + lines[1][:-9])
    script_runner.process(
        tmp_path, "compare", *TINY, "--workers", "1", "--out", "study"
    )
    again = {row["id"]: row for row in rows(tmp_path / "study")}
    assert len(again) == 3
    for row in first:
        del row["seconds"], again[row["id"]]["seconds"]
        assert again[row["id"]] == row


@pytest.mark.slow
def test_a_kill_loses_what_was_running_alone(tmp_path):
    arguments = (*TINY, "--samples", "4", "--workers", "2", "--out", "study")
    process = subprocess.Popen(
        script_runner.command("compare", *arguments),
        cwd=tmp_path,
        env=script_runner.environment(tmp_path),
    )
    path = tmp_path / "study/results.jsonl"
    deadline = time.monotonic() + 300
    while not path.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = path.read_bytes()
    script_runner.process(tmp_path, "compare", *arguments)
    assert path.read_bytes().startswith(kept)
    assert len(rows(tmp_path / "study")) == 5


@pytest.mark.slow
def test_digits_have_no_known_manifold(script, tmp_path):
    if not (REAL / "mnist.npz").exists():
        pytest.skip("needs the development images")
    script_runner.process(
        tmp_path,
        *("compare", *TINY, "--samples", "1", "--seeds", "1"),
        *("--data", REAL / "mnist.npz", "--workers", "1", "--out", "study"),
    )
    (row,) = rows(tmp_path / "study")
    assert row["fid"] > 0 and row["f1"] is None
    assert not (tmp_path / "study/f1.png").exists()


class TestMistakes:
    @pytest.mark.parametrize(
        "arguments, message",
        [
            (["--gans", "wgan-pg"], "did you mean 'wgan-gp'"),
            (["--samples", "0"], "from 1 to 10000; received '0'"),
            (["--range", "huge"], "invalid choice: 'huge'"),
            (["--data", "no.npz"], "'no.npz' does not exist"),
            (["--ray", "auto", "--workers", "3"], "--workers: the Ray cluster"),
            (["--num-images", "9"], "--batch-size: there are only 9 images"),
        ],
    )
    def test_flags(self, script, tmp_path, arguments, message):
        line = script_runner.refused(script, *arguments, cwd=tmp_path)
        assert message in line
        assert list(tmp_path.iterdir()) == []

    def test_data_without_a_test_set(self, script, tmp_path):
        images = data.draw_triangles(100)
        np.savez(tmp_path / "own.npz", x_train=images)
        line = script_runner.refused(
            script, "--data", "own.npz", "--out", "study", cwd=tmp_path
        )
        assert "x_test" in line
        assert [p.name for p in tmp_path.iterdir()] == ["own.npz"]

    def test_too_few_test_images(self, script, tmp_path):
        images = data.draw_triangles(100)
        np.savez(tmp_path / "own.npz", x_train=images, x_test=images[:20])
        line = script_runner.refused(
            script, "--data", "own.npz", "--out", "study", cwd=tmp_path
        )
        assert "--num-samples 10000: there are only 20 test images" in line
        assert [p.name for p in tmp_path.iterdir()] == ["own.npz"]

    def test_features(self, script, tmp_path):
        for arguments, message in (
            (["--features", "vgg"], "vgg: must be a .keras file"),
            (["--num-samples", "100"], "--num-samples 100|100 real images"),
        ):
            line = script_runner.refused(
                script, *arguments, "--out", "study", cwd=tmp_path
            )
            assert re.search(message, line), line
            assert list(tmp_path.iterdir()) == []

    def test_another_comparison(self, script, tmp_path):
        script_runner.refused(
            script, *TINY, "--out", tmp_path.parent, cwd=tmp_path
        )
