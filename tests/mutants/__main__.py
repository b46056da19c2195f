"""The command: sessions of cosmic-ray, one a module, and their table."""

import argparse
import ast
import difflib
import importlib
import pathlib
import random
import re
import signal
import sys
import tempfile
import time

from tests import mutants
from tests.mutants import TESTS
from tests.mutants.copies import Copy
from tests.paths import ROOT

SESSIONS = ROOT / "build/mutants"

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


def main():
    options = _parse()
    # So that an ended run ends its fork, and takes its copy away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
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
        description=mutants.__doc__.partition("\n")[0],
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
    with use_db(str(session)) as database:
        if options.again:
            todo = [
                item
                for item, result in database.completed_work_items
                if not result.is_killed
            ]
        else:
            init([path], database, {})
            text = path.read_text("utf-8")
            todo = _sample(database.work_items, text, module, options)
            _skip_others(database, todo)
        record = copy.record(TESTS[module]) if todo else None
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


def _sample(items, text, module, options):
    """Chooses mutants: of each place at most one, and all places alike."""

    def order(item):
        mutation = item.mutations[0]
        return mutation.operator_name, mutation.occurrence

    chosen = [item for item in items if OPERATORS.fullmatch(order(item)[0])]
    chosen.sort(key=order)
    random.Random(f"{options.seed}/{module}").shuffle(chosen)
    places, is_spared = {}, _spared(text)
    for item in chosen:
        place = item.mutations[0].start_pos
        if not is_spared(place):
            places.setdefault(place, []).append(item)
    if options.tries == 0:
        return [item for items in places.values() for item in items]
    return [items[0] for items in places.values()][: options.tries]


def _spared(text):
    """A function that says of a place whether its mutants are left out."""
    lines = text.splitlines()
    texts = [
        ((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset))
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.JoinedStr)
    ]

    def is_spared(place):
        line, column = place
        # The linter wants `zip(..., strict=True)`, of equal lengths or not.
        is_strict = lines[line - 1][:column].endswith("strict=")
        return is_strict or any(start <= place < end for start, end in texts)

    return is_spared


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
        found = False
        if selected:
            found = copy.run(TESTS[module], selected, record.limit)
    seconds = time.monotonic() - began
    outcome = TestOutcome.SURVIVED if found is False else TestOutcome.KILLED
    diff = difflib.unified_diff(
        old.splitlines(), new.splitlines(), module, module, lineterm="", n=1
    )
    result = WorkResult(
        worker_outcome=WorkerOutcome.NORMAL,
        output="timeout" if found is None else None,
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


if __name__ == "__main__":
    main()
