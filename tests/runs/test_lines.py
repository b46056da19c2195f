"""Files of JSON objects, one a line."""

import pytest

from tf_gans.errors import UserError
from tf_gans.runs import lines

ROWS = [{"step": step, "fid": step / 8} for step in (2, 4, 6)]


def test_what_is_appended_is_read(tmp_path):
    path = tmp_path / "x.jsonl"
    assert lines.read(path) == []
    lines.append(path, ROWS[:1])
    lines.append(path, ROWS[1:])
    assert lines.read(path) == ROWS


@pytest.mark.parametrize(("last", "kept"), [(1, 0), (2, 1), (5, 2), (6, 3)])
def test_later_steps_are_forgotten(tmp_path, last, kept):
    path = tmp_path / "x.jsonl"
    lines.truncate(path, 3)
    assert not path.exists()
    lines.append(path, ROWS)
    with open(path, "a") as file:
        file.write('{"step": 1, "fi')  # of a process that was killed
    lines.truncate(path, last, pytest.fail)
    assert lines.read(path) == ROWS[:kept]
    assert path.read_text().count("\n") == kept


@pytest.mark.parametrize("bad", ["no JSON", "[1]", '{"step": "2"}', "{}"])
def test_a_damaged_line_among_others_is_told(tmp_path, bad):
    path = tmp_path / "x.jsonl"
    lines.append(path, ROWS)
    first, _, last = path.read_text().splitlines()
    path.write_text(f"{first}\n{bad}\n{last}\n")
    said = []
    assert lines.read(path) == ROWS[:1]
    lines.truncate(path, 9, said.append)
    assert said == [
        f"{path}, line 2: damaged; it and the lines after it are left out"
    ]
    assert lines.read(path) == ROWS[:1]


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        lines.append(tmp_path / "none/x.jsonl", ROWS)
