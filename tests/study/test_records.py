import json
import multiprocessing

import pytest

from tf_gans.errors import UserError
from tf_gans.study.plan import Study
from tf_gans.study.records import Records

ROW = {"id": "ns/000/0", "gan": "ns", "sample": 0, "seed": 0, "fid": 3.5}
CONFIG = Study().config()


def _open(path, config=CONFIG):
    said: list = []
    records = Records.open(path, config, said.append)
    records.said = said
    return records


def test_goes_on_with_what_has_been_kept(tmp_path):
    first = _open(tmp_path / "a/study")
    first.add(ROW)
    first.add({**ROW, "id": "vae/000/0", "gan": "vae", "fid": None})
    first.close()
    again = _open(tmp_path / "a/study")
    assert again.rows == first.rows and not again.said
    again.close()


@pytest.mark.parametrize(
    "torn",
    [
        b'{"id": "vae/000/0", "gan": "vae", "fid"',
        # Whole JSON, but the line is not: what is missing may be a digit.
        b'{"id": "vae/000/0", "gan": "vae", "fid": 1',
        json.dumps(ROW).encode(),
        b"\xff\xfe\n",
        b"7\n",
        b'{"id": "x"}\n',
    ],
)
def test_a_torn_line_is_left_out(tmp_path, torn):
    records = _open(tmp_path / "study")
    records.add(ROW)
    records.close()
    path = tmp_path / "study/results.jsonl"
    path.write_bytes(path.read_bytes() + torn)
    again = _open(tmp_path / "study")
    assert again.rows == [ROW]
    assert "line 2: damaged" in again.said[0]
    # What comes next does not stand on the same line.
    again.add({**ROW, "id": "next"})
    again.close()
    assert [r["id"] for r in _open(tmp_path / "study").rows] == [
        "ns/000/0",
        "next",
    ]


def test_may_grow_and_not_change(tmp_path):
    _open(tmp_path / "study").close()
    more = Study(samples=99, seeds=7, gans=("ns",)).config()
    _open(tmp_path / "study", more).close()
    with pytest.raises(UserError, match="steps was 2000; received 3"):
        _open(tmp_path / "study", Study(steps=3).config())


def test_refuses_what_is_something_else(tmp_path):
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(UserError, match=r"something else, such as thesis\.doc"):
        _open(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.doc"]
    (tmp_path / "study.json").write_text("[]")
    with pytest.raises(UserError, match=r"study\.json: cannot be read"):
        _open(tmp_path)


def _try(path, queue):
    try:
        _open(path)
        queue.put("opened")
    except UserError as error:
        queue.put(str(error))


def test_two_processes_do_not_share_one(tmp_path):
    records = _open(tmp_path / "study")
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_try, args=(tmp_path / "study", queue))
    process.start()
    assert "is being trained by process" in queue.get(timeout=60)
    process.join()
    records.close()
