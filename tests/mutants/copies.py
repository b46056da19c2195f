"""A copy of the tree, and tests that run in it, each time in a fork."""

import ast
import collections
import contextlib
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from tests.mutants import path
from tests.paths import ROOT

# What pytest exits with where a fault is found: a test failed, the module could
# not be imported, pytest itself was upset.
_FOUND = {1, 2, 3}


class Copy:
    """A copy of the tree, whose modules are changed.

    Args:
        root: path. Where it is made.
    """

    def __init__(self, root):
        self.root = root
        names = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout.decode()
        for name in filter(None, names.split("\0")):
            if (ROOT / name).is_file():
                target = root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        self._records = {}

    def record(self, files):
        """Runs the tests of files without a mutant, and notes what they call."""
        for file in files:
            if file in self._records:
                continue
            recorder = Recorder(self.root)
            with tempfile.TemporaryDirectory() as directory:
                notes = pathlib.Path(directory, "record.json")
                if self.run([file], None, 3600, recorder, notes) is not False:
                    raise SystemExit(f"{path(file)} fails without a mutant")
                self._records[file] = json.loads(notes.read_text())
            seconds = sum(v["seconds"] for v in self._records[file].values())
            print(f"recorded  {path(file)} ({seconds:.0f} s)", flush=True)
        return Record(
            {k: v for f in files for k, v in self._records[f].items()}
        )

    def run(self, files, selected, limit, plugin=None, notes=None):
        """Runs tests in a fork.

        Args:
            files: names of tests, as in `TESTS`.
            selected: list of the tests to run, in their order, or None for all.
            limit: seconds.
            plugin: a plugin of pytest, whose notes are written to `notes`.

        Returns:
            Whether a fault was found, or None where the limit ended it.
        """
        process = os.fork()
        if process == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            code = 99
            try:
                code = self._run_here(files, selected, plugin)
                if notes is not None:
                    notes.write_text(json.dumps(plugin.notes))
            finally:
                # No cleaning up: what is registered for it is the parent's.
                os._exit(code)
        status = None
        try:
            status = _wait(process, limit)
        finally:
            if status is None:
                os.killpg(process, signal.SIGKILL)
                os.waitpid(process, 0)
        if status is None:
            return None
        code = os.waitstatus_to_exitcode(status)
        # Below 0 is a crash of the interpreter: a fault that was found.
        if code > 0 and code not in _FOUND:
            raise SystemExit(f"{files}: the tests did not run: {code}")
        return code != 0

    def _run_here(self, files, selected, plugin):
        os.chdir(self.root)
        sys.dont_write_bytecode = True
        for name in [n for n in sys.modules if n.partition(".")[0] == "tests"]:
            del sys.modules[name]
        sys.path.insert(0, str(self.root))
        # What a test's own processes import.
        os.environ["PYTHONPATH"] = str(self.root)
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        plugins = [plugin] if plugin else [Choice(selected)]
        arguments = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
        paths = [path(file) for file in files]
        shown = io.StringIO()
        with (
            contextlib.redirect_stdout(shown),
            contextlib.redirect_stderr(shown),
        ):
            code = pytest.main([*arguments, *paths], plugins=plugins)
        if plugin and code:
            sys.__stdout__.write(shown.getvalue())
            sys.__stdout__.flush()
        return int(code)


def _wait(process, limit):
    """Returns a process' status, or None if it runs longer than the limit."""
    ends = time.monotonic() + limit
    while time.monotonic() < ends:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return status
        time.sleep(0.05)
    return None


class Choice:
    """A plugin that runs some tests, those that call the mutant, fastest first.

    Args:
        selected: list of the tests' ids, or None for all.
    """

    def __init__(self, selected):
        self._selected = selected

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        if self._selected is not None:
            place = {name: i for i, name in enumerate(self._selected)}
            items[:] = sorted(
                (item for item in items if item.nodeid in place),
                key=lambda item: place[item.nodeid],
            )


class Recorder:
    """A plugin that notes which functions of tf_gans a test calls.

    What makes a fixture that tests share is noted for all tests of its file.

    Args:
        root: path of the tree.
    """

    def __init__(self, root):
        self.notes = {}
        self._package = f"{root}/tf_gans/"
        self._called, self._shared = set(), set()

    def _trace(self, frame, event, argument):
        del event, argument
        code = frame.f_code
        if code.co_filename.startswith(self._package):
            name = code.co_filename.removeprefix(self._package)
            self._called.add((name, code.co_firstlineno))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self._called, began = set(), time.monotonic()
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.notes[item.nodeid] = {
                "seconds": time.monotonic() - began,
                "called": sorted(self._called),
            }

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        before, self._called = self._called, set()
        try:
            return (yield)
        finally:
            if fixturedef.scope != "function":
                self._shared |= self._called
            self._called |= before

    def pytest_sessionfinish(self):
        for note in self.notes.values():
            note["called"] = sorted({*note["called"], *self._shared})


class Record:
    """What the tests of a module call, and how long they take.

    Args:
        notes: dict of a `Recorder`.
    """

    def __init__(self, notes):
        self._notes = notes
        whole = sum(note["seconds"] for note in notes.values())
        self.limit = 60 + 5 * whole

    def tests(self, path, mutation):
        """The tests that call the function of a mutant, fastest first."""
        line = self._function(path, mutation.start_pos[0])
        name = str(path).rpartition("/tf_gans/")[2]
        calling = {
            test: note["seconds"]
            for test, note in self._notes.items()
            if line is None or [name, line] in note["called"]
        }
        files = collections.defaultdict(float)
        for test, seconds in calling.items():
            files[test.partition("::")[0]] += seconds
        return sorted(
            calling,
            key=lambda t: (files[t.partition("::")[0]], calling[t]),
        )

    @staticmethod
    def _function(path, line):
        """The first line of the innermost function around a line, or None."""
        functions = [
            (min([node.lineno, *(d.lineno for d in node.decorator_list)]), node)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef)
        ]
        around = [
            first
            for first, node in functions
            if first <= line <= node.end_lineno
        ]
        return max(around, default=None)
