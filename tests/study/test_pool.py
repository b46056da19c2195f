import os
import signal
import subprocess
import sys
import time

import pytest

from tests.paths import ROOT
from tf_gans.errors import RunError, UserError
from tf_gans.study import pool


def _square(n):
    return n * n, os.getpid(), os.environ["TF_NUM_INTRAOP_THREADS"]


def _die(n):
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(n):
    raise ValueError(f"piece {n}")


def test_all_pieces_are_done_in_other_processes():
    before = dict(os.environ)
    found = list(pool.run(_square, [1, 2, 3, 4], workers=2))
    assert sorted(n for n, *_ in found) == [1, 4, 9, 16]
    assert os.getpid() not in {pid for _, pid, _ in found}
    threads = max(1, pool.num_cores() // 2)
    assert {n for *_, n in found} == {str(threads)}
    assert dict(os.environ) == before
    assert list(pool.run(_square, [], workers=2)) == []


def test_a_process_that_is_killed_is_told():
    with pytest.raises(RunError, match="ended from outside"):
        list(pool.run(_die, [1], workers=1))


def test_a_piece_that_fails_ends_all():
    with pytest.raises(ValueError, match="piece 1"):
        list(pool.run(_fail, [1], workers=1))


PROGRAM = """
import pathlib, signal, sys, time
from tf_gans.study import pool
# A shell that starts this in the background has it ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
def work(path):
    import os
    path = pathlib.Path(path)
    path.with_suffix(".new").write_text(str(os.getpid()))
    path.with_suffix(".new").rename(path)
    time.sleep(600)
if __name__ == "__main__":
    list(pool.run(work, [sys.argv[1]], 1))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_its_parent(tmp_path, number):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    path = tmp_path / "pid"
    parent = subprocess.Popen(
        [sys.executable, program, path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline and parent.poll() is None
        time.sleep(0.05)
    child = int(path.read_text())
    parent.send_signal(number)
    try:
        parent.wait(60)
    finally:
        parent.kill()
        parent.wait()
    while _runs(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_ray_is_asked_for_where_it_is_not_installed(monkeypatch):
    monkeypatch.setattr(pool.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"tf_gans\[ray\]"):
        next(pool.run_on_ray(_square, [1], "local"))


@pytest.mark.slow
def test_ray_does_the_same():
    pytest.importorskip("ray", reason="the extra ray is not installed")
    found = list(pool.run_on_ray(_double, [1, 2, 3], "local"))
    assert sorted(found) == [2, 4, 6]


def _double(n):
    return 2 * n
