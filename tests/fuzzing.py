"""Inputs that nobody meant, for the loaders: how many, and what may come out.

The fast suite tries a few inputs a loader, always the same; the slow tests
a thousand.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tf_gans.errors import UserError

FEW = 25
MANY = 1000


def _settings(count):
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def fuzzed(*strategies):
    """Makes of a check a fast test of few inputs and a slow one of many.

    Returns:
        A decorator; the test takes `many` and the check's fixtures' values are
        made by it.
    """

    def decorate(check):
        @pytest.mark.parametrize(
            "count",
            [FEW, pytest.param(MANY, marks=pytest.mark.slow)],
        )
        def test(count):
            _settings(count)(given(*strategies)(check))()

        test.__doc__ = check.__doc__
        return test

    return decorate


def told(call):
    """The result of a call, or None where it was refused with one line."""
    try:
        return call()
    except UserError as error:
        text = str(error)
        assert text
        assert len(text.splitlines()) == 1, text
        return None


@st.composite
def damaged(draw, content):
    """Bytes of `content`, cut, flipped, doubled or with others put in."""
    data = bytearray(draw(content))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data)))
        how = draw(st.sampled_from(["cut", "flip", "insert", "remove"]))
        if how == "cut":
            del data[place:]
        elif how == "flip" and place < len(data):
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif how == "insert":
            data[place:place] = draw(st.binary(max_size=16))
        elif how == "remove":
            del data[place : place + draw(st.integers(1, 16))]
    return bytes(data)
