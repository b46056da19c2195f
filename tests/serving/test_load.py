"""Many clients at once, as `python -m benchmarks serving` has them."""

import pytest

from benchmarks import serving
from tests.paths import ROOT


@pytest.mark.slow
def test_no_error_and_the_same_bytes_for_the_same_request(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(serving, "CLIENTS", 8)
    rows, times = serving.under_load(3)  # raises otherwise
    assert rows > 0
    assert len(times) > 8 * len(serving.MIX)


def test_other_bytes_are_seen():
    """As a comparison that cannot fail would not find."""
    import numpy as np

    one = {"x": np.zeros(3, "f4"), "png": np.array([b"a"], object)}
    same = {"x": np.zeros(3, "f4"), "png": np.array([b"a"], object)}
    expected = serving._bytes(one)
    assert serving._alike(same, expected)
    assert not serving._alike({**same, "x": np.ones(3, "f4")}, expected)
    other = {**same, "png": np.array([b"b"], object)}
    assert not serving._alike(other, expected)
