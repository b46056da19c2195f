"""How the tests are dealt to the workers."""

import gc

import pytest

_SHARED = ("module", "class", "package", "session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests that share what is made once go to one worker, all others singly.

    With `--dist loadgroup`. The long ones, trainings by the scripts, are dealt
    first, so that no worker is left with them at the end.
    """
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs
        shares = any(
            (definition.scope in _SHARED and definition.baseid.endswith(".py"))
            or ("::" in definition.baseid and definition.scope == "class")
            for definitions in fixtures.values()
            for definition in definitions
        )
        if shares:
            group = item.nodeid.partition("::")[0]
            item.add_marker(pytest.mark.xdist_group(group))
    # What was imported stays. Python's collector would go through all of
    # TensorFlow's objects again and again, which takes a share of every test.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)  # and through the rest less often
    items.sort(key=lambda item: not item.nodeid.startswith("tests/scripts"))
