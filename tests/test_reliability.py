"""docs/reliability.md, which is made of the faults that were tried."""

import json

from benchmarks import faults
from tests.paths import ROOT

KEPT = json.loads(faults.RESULTS.read_text("utf-8"))


def test_is_what_was_tried():
    """After `python -m benchmarks.faults --write docs/reliability.md`."""
    text = (ROOT / "docs/reliability.md").read_text("utf-8")
    assert text == faults.document()


def test_every_kind_was_tried_and_survived():
    assert {row["kind"] for row in KEPT} == set(faults.KINDS)
    assert [row for row in KEPT if row["wrong"]] == []


def test_the_table_counts_what_was_lost():
    row = {"kind": "kill", "moment": "film", "said": "", "wrong": ["x"]}
    text = faults.table([row, {**row, "wrong": []}])
    assert "| 2 | 1 | 2 film |" in text


def test_half_files_are_found(tmp_path):
    """The judge of the faults is no rubber stamp."""
    folder = tmp_path / "run/checkpoints"
    folder.mkdir(parents=True)
    (tmp_path / "run/config.json").write_text("{")
    (folder / "step-000000001.npz").write_bytes(b"half")
    (folder / "step-000000001.json").write_text('{"sha256": "0"}')
    (tmp_path / "model/1").mkdir(parents=True)
    (tmp_path / "film.mp4").write_bytes(b"half a film")
    assert set(faults.half_files(tmp_path, {"saved_model.pb"})) == {
        *("config.json", "step-000000001.npz", "model/1", "film.mp4")
    }
