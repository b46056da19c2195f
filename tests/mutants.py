"""Mutation testing: do a module's tests find its faults?

    python -m tests.mutants --tries 20 losses models/gan

cosmic-ray makes the mutants, each a module with one small fault: a sign, a
limit, a number, a condition, a decorator. It works on a copy of this tree. The
session of a module is build/mutants/MODULE.sqlite: `cr-report` shows it, and
`--again` tries its survivors once more, after a test was written.

TensorFlow takes seconds to import. It is imported once, and each mutant's tests
run in a fork of that process, in which no operation has run yet.
"""

import argparse
import ast
import collections
import contextlib
import difflib
import importlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from tests.paths import ROOT

SESSIONS = ROOT / "build/mutants"

# The tests that are to find a module's faults.
TESTS = {
    "pixels": ["test_pixels"],
    "optimizers": ["test_optimizers"],
    "latents": ["test_latents"],
    "random": ["test_random"],
    "spectral_norm": ["test_spectral_norm"],
    "layers": ["test_layers", "test_spectral_norm"],
    "losses": ["test_losses"],
    "penalties": ["test_penalties"],
    "models/began": ["models/test_began", "models/test_outputs"],
    "models/vae": ["models/test_vae", "models/test_outputs"],
    "models/two_player": ["models/test_gan", "models/test_began"],
    "models/gan": ["models/test_gan", "models/test_outputs"],
    "models/generative": ["models/test_gan_images", "models/test_gan"],
    "models/trained": ["models/test_trained", "models/test_training"],
    "models/blocks": ["models/test_trained", "models/test_training"],
    "export": ["test_export_images", "test_export"],
}

# Of cosmic-ray's operators those whose mutants are faults that one makes. It
# also has `+` for `<<` and `==` for `is`, which the first call of a function
# finds, and dozens of them would make any suite look good.
OPERATORS = re.compile(
    r"core/(ReplaceBinaryOperator_("
    r"Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Mod_Mul|Pow_Mul)"
    r"|ReplaceComparisonOperator_("
    r"Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is"
    r"|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE|GtE_Gt|GtE_Lt)"
    r"|ReplaceUnaryOperator_Delete_(USub|Invert|Not)"
    r"|AddNot|ReplaceTrueWithFalse|ReplaceFalseWithTrue"
    r"|ReplaceAndWithOr|ReplaceOrWithAnd"
    r"|ReplaceBreakWithContinue|ReplaceContinueWithBreak"
    r"|ExceptionReplacer|NumberReplacer|RemoveDecorator"
    r"|ZeroIterationForLoop)"
)

# What a fork exits with: pytest's codes for "passed" and for "found a fault":
# a test failed, nothing could be imported, pytest itself was upset.
_PASSED, _FOUND = {0}, {1, 2, 3}


def main():
    options = _parse()
    for name in ("tensorflow", "keras"):
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        copy = Copy(pathlib.Path(directory, "tree"))
        rows = []
        for module in options.modules:
            rows.append(_try_module(copy, module, options))
            _print_table(rows)


def _parse():
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants",
        description=__doc__.partition("\n")[0],
    )
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="MODULE",
        help=f"of tf_gans, default all of: {', '.join(TESTS)}",
    )
    parser.add_argument(
        "--tries",
        type=int,
        default=20,
        help="mutants of a module; 0 is all of them (default 20)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    parser.add_argument(
        "--again",
        action="store_true",
        help="try the survivors of the last session",
    )
    options = parser.parse_args()
    for name in options.modules:
        if name not in TESTS:
            parser.error(
                f"MODULE must be one of {', '.join(TESTS)}. Received: {name}"
            )
    options.modules = options.modules or list(TESTS)
    return options


# A module's session ----------------------------------------------------------


def _try_module(copy, module, options):
    """Tries a module's mutants; returns its row of the table."""
    from cosmic_ray.commands import init
    from cosmic_ray.work_db import use_db

    path = copy.root / f"tf_gans/{module}.py"
    SESSIONS.mkdir(parents=True, exist_ok=True)
    session = SESSIONS / f"{module.replace('/', '-')}.sqlite"
    started = time.monotonic()
    record = copy.record(TESTS[module])
    with use_db(str(session)) as database:
        if options.again:
            todo = [
                item
                for item, result in database.completed_work_items
                if not result.is_killed
            ]
        else:
            init([path], database, {})
            possible = _candidates(database.work_items, path.read_text("utf-8"))
            todo = _sample(possible, module, options)
            _skip_others(database, todo)
        for item in todo:
            result, seconds = _try(
                copy, path, item.mutations[0], module, record
            )
            database.set_result(item.job_id, result)
            _print_result(module, item.mutations[0], result, seconds)
        results = [
            result
            for _, result in database.completed_work_items
            if result.test_outcome is not None
        ]
    survived = sum(not result.is_killed for result in results)
    minutes = (time.monotonic() - started) / 60
    return module, len(results), len(results) - survived, survived, minutes


def _candidates(items, text):
    """The items whose mutants are worth a try."""
    lines = text.splitlines()

    def matters(mutation):
        line, column = mutation.start_pos
        # The linter wants `zip(..., strict=True)`, of equal lengths or not.
        is_strict = lines[line - 1][:column].endswith("strict=")
        return OPERATORS.fullmatch(mutation.operator_name) and not is_strict

    return [item for item in items if matters(item.mutations[0])]


def _sample(items, module, options):
    """Chooses mutants: of each place at most one, and all places alike."""

    def order(item):
        mutation = item.mutations[0]
        return mutation.operator_name, mutation.occurrence

    chosen = sorted(items, key=order)
    generator = random.Random(f"{options.seed}/{module}")
    generator.shuffle(chosen)
    if options.tries == 0:
        return chosen
    places = {}
    for item in chosen:
        places.setdefault(item.mutations[0].start_pos, item)
    return list(places.values())[: options.tries]


def _skip_others(database, todo):
    from cosmic_ray.work_item import WorkerOutcome, WorkResult

    chosen = {item.job_id for item in todo}
    database.set_multiple_results(
        [i.job_id for i in database.work_items if i.job_id not in chosen],
        WorkResult(worker_outcome=WorkerOutcome.SKIPPED),
    )


def _try(copy, path, mutation, module, record):
    """Runs the tests on one mutant; returns the result and the seconds."""
    from cosmic_ray.mutating import use_mutation
    from cosmic_ray.plugins import get_operator
    from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

    # The copy of the session may have been another one.
    operator = get_operator(mutation.operator_name)(**mutation.operator_args)
    selected = record.tests(path, mutation)
    began = time.monotonic()
    with use_mutation(path, operator, mutation.occurrence) as (old, new):
        if new is None:
            raise RuntimeError(f"{path}: no such mutant any more: {mutation}")
        # No test calls it: that is a survivor, too.
        code = 0
        if selected:
            code = copy.run(TESTS[module], selected, record.limit)
    seconds = time.monotonic() - began
    outcome = TestOutcome.SURVIVED if code in _PASSED else TestOutcome.KILLED
    diff = difflib.unified_diff(
        old.splitlines(), new.splitlines(), module, module, lineterm="", n=1
    )
    result = WorkResult(
        worker_outcome=WorkerOutcome.NORMAL,
        output="timeout" if code is None else None,
        test_outcome=outcome,
        diff="\n".join(diff),
    )
    return result, seconds


def _print_result(module, mutation, result, seconds):
    outcome = result.output or result.test_outcome.value
    place = f"tf_gans/{module}.py:{mutation.start_pos[0]}"
    name = mutation.operator_name.removeprefix("core/")
    print(f"{outcome:9} {place} {name} ({seconds:.0f} s)", flush=True)
    if not result.is_killed:
        print(result.diff.partition("@@")[2], flush=True)


def _print_table(rows):
    print("\n| module | mutants | killed | survived | share | minutes |")
    print("|---|---|---|---|---|---|")
    whole = ("all", *(sum(row[i] for row in rows) for i in range(1, 5)))
    for module, tried, killed, survived, minutes in [*rows, whole]:
        share = f"{killed / tried:.0%}" if tried else "-"
        print(
            f"| {module} | {tried} | {killed} | {survived} | {share} "
            f"| {minutes:.0f} |"
        )
    print(flush=True)


# The copy, and tests in it ---------------------------------------------------


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
                code = self.run([file], None, 3600, recorder, notes)
                if code != 0:
                    raise SystemExit(
                        f"tests/{file}.py fails without a mutant (code {code})"
                    )
                self._records[file] = json.loads(notes.read_text())
            seconds = sum(v["seconds"] for v in self._records[file].values())
            print(f"recorded  tests/{file}.py ({seconds:.0f} s)", flush=True)
        return Record(
            {k: v for f in files for k, v in self._records[f].items()}
        )

    def run(self, files, selected, limit, plugin=None, notes=None):
        """Runs tests in a fork.

        Args:
            files: of tests/, without the suffix.
            selected: list of the tests to run, in their order, or None for all.
            limit: seconds.
            plugin: a plugin of pytest, whose notes are written to `notes`.

        Returns:
            pytest's exit code, or None where the limit ended it.
        """
        process = os.fork()
        if process == 0:
            os.setsid()
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
        # A crash of the interpreter is a fault that was found.
        code = 3 if code < 0 else code
        if code not in _PASSED | _FOUND:
            raise SystemExit(f"{files}: the tests did not run: {code}")
        return code

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
        paths = [f"tests/{file}.py" for file in files]
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


if __name__ == "__main__":
    main()
