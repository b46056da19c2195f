"""Neighbours and balls that are decided exactly, whatever products round."""

import numpy as np
import pytest

from tf_gans.metrics import pairwise
from tf_gans.metrics.pairwise import Pairs, nearest


def squares(x, y):
    x, y = x.astype(np.float64), y.astype(np.float64)
    return np.square(x[:, None] - y).sum(-1)


def plain(rng, n, d):
    return rng.normal(size=(n, d))


def grid(rng, n, d):
    """Many equal distances, and equal points."""
    return rng.integers(0, 3, (n, d))


def few(rng, n, d):
    """A generator that has collapsed to three samples."""
    return rng.normal(size=(3, d))[rng.integers(0, 3, n)]


def far(rng, n, d):
    """Differences that are lost in 32 bits, and one point far away."""
    x = 1e6 + 1e-3 * rng.normal(size=(n, d))
    x[0] = 1e9
    return x


def narrow(rng, n, d):
    """Two clusters, in which distances are rounding errors of norms."""
    return rng.integers(0, 2, (n, 1)) + 1e-9 * rng.normal(size=(n, d))


def tiny(rng, n, d):
    return 1e-30 * rng.integers(0, 3, (n, d))


def steps(rng, n, d):
    """Neighbouring numbers in 32 bits."""
    return (1 + np.spacing(np.float32(1)) * grid(rng, n, d)).astype(np.float32)


KINDS = (plain, grid, few, far, narrow, tiny, steps)


@pytest.fixture(params=[True, False], ids=["many blocks", "one block"])
def blocks(request, monkeypatch):
    """Sizes at which all ways are gone, or those of the library."""
    if request.param:
        monkeypatch.setattr(pairwise.parts, "__defaults__", (7,))
        monkeypatch.setattr(pairwise, "_OPEN", 5)
        monkeypatch.setattr(pairwise, "_REPEATED", 3)
        monkeypatch.setattr(pairwise, "_NUMBERS", 20)
        monkeypatch.setattr(pairwise, "_FEW", 2)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("kind", KINDS)
class TestExact:
    def draw(self, kind, seed):
        rng = np.random.default_rng(seed)
        n, m, d = rng.integers(12, 50), rng.integers(12, 50), rng.integers(1, 9)
        both = kind(rng, n + m, d)
        return both[:n], both[n:]

    @pytest.mark.parametrize("seed", range(5))
    def test_nearest(self, kind, seed):
        x, y = self.draw(kind, seed)
        expected = squares(x, y)
        order = np.argsort(expected, axis=1, kind="stable")[:, :4]
        found, places = nearest(Pairs(x, y), 4)
        np.testing.assert_array_equal(places, order)
        np.testing.assert_array_equal(
            found, np.take_along_axis(expected, order, 1)
        )

    @pytest.mark.parametrize("seed", range(5))
    def test_nearest_without_oneself(self, kind, seed):
        x, _ = self.draw(kind, seed)
        expected = squares(x, x)
        np.fill_diagonal(expected, np.inf)
        order = np.argsort(expected, axis=1, kind="stable")[:, : len(x) - 1]
        for count in (1, 5, len(x) - 1):
            found, places = nearest(Pairs(x), count)
            np.testing.assert_array_equal(places, order[:, :count])
            np.testing.assert_array_equal(
                found, np.take_along_axis(expected, order[:, :count], 1)
            )

    @pytest.mark.parametrize("strict", [True, False])
    def test_inside(self, kind, strict):
        x, y = self.draw(kind, 9)
        expected = squares(x, y)
        # Limits that are met to the last bit, and those between.
        limits = expected[:, 3:4], expected[2:3], np.full((1, len(y)), 1.0)
        for limit in limits:
            within = np.empty(expected.shape, bool)
            pairs = Pairs(x, y)
            for rows, columns in pairs.blocks():
                part = limit[
                    rows if len(limit) > 1 else slice(None),
                    columns if limit.shape[1] > 1 else slice(None),
                ]
                block = pairs.block(rows, columns)
                within[rows, columns] = block.inside(part, strict)
            answer = expected < limit if strict else expected <= limit
            np.testing.assert_array_equal(within, answer)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
def test_bounds(kind, dtype):
    rng = np.random.default_rng(0)
    x, y = kind(rng, 40, 300), kind(rng, 50, 300)
    pairs = Pairs(x, y)
    low = pairs.lower(slice(None), slice(None), dtype)
    slack = pairs.slack(np.arange(40)[:, None], np.arange(50), dtype)
    expected = pairs.scaled(squares(x, y))
    assert (low <= expected).all()
    assert (expected <= low + slack).all()


def test_the_usual_case_needs_no_second_look(monkeypatch):
    """Of features as networks have them, 32 bits decide nearly all."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 1500, 512)).astype(np.float32)
    radii = nearest(Pairs(x), 5)[0][:, -1:]
    asked, pairs = [], Pairs(x, y)
    monkeypatch.setattr(
        pairs, "exact", lambda i, j: asked.append(len(i)) or np.zeros(len(i))
    )
    for rows, columns in pairs.blocks():
        pairs.block(rows, columns).inside(radii[rows])
    assert sum(asked) < 1e-4 * x.shape[0] ** 2
    assert np.float64 not in pairs._first._moved
