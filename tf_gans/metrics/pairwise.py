"""Which points are near, decided exactly from fast and inexact products.

`|x - y|^2 = |x|^2 + |y|^2 - 2 x.y` makes a matrix product of all distances,
and rounding errors of small ones. So a product, in 32 bits first, only gives a
bound from below and one from above. Where the two leave open what is asked,
the product is made again in 64 bits, and what that leaves open, ties above
all, is decided by the squared distance itself: the differences' squares,
summed in 64 bits. The answers are those of this sum for every pair.
"""

import concurrent.futures
import functools

import numpy as np

BLOCK = 1024  # points of either set whose distances are in memory at a time

# What is not to be larger: numbers that are worked on at a time, which fit into
# a core's cache; distances in 64 bits; pairs that are decided one by one after
# a product in 32 bits; and pairs without a look for equal ones.
_NUMBERS = 1 << 16
_DISTANCES = 1 << 22
_OPEN = 1 << 13
_REPEATED = 1 << 17

_SPARE = 8  # neighbours that are kept beyond those asked for
_FEW = 16  # new ones of a row, on average, that are looked for one by one

# Squares of numbers whose largest is about 1: below this, underflow.
_TINY = {np.float32: 1e-30, np.float64: 1e-290}


def parts(size, step=BLOCK):
    """Yields slices that cover `range(size)`."""
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))


def ahead(function, tasks):
    """Yields each task and what `function` makes of it, the next in the making.

    So that the cores which a product leaves idle sort the one before it.

    Args:
        function: called with a task's members, in another thread.
        tasks: iterable of tuples.
    """
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = None
        for task in tasks:
            coming = task, pool.submit(function, *task)
            if waiting is not None:
                yield waiting[0], waiting[1].result()
            waiting = coming
        if waiting is not None:
            yield waiting[0], waiting[1].result()


def _few_rows(values):
    return parts(len(values), max(1, _NUMBERS // values.shape[1]))


def squared_distances(first, second, i, j):
    """The squared distances of pairs, in 64 bits.

    Args:
        first, second: arrays of shapes `(n, d)` and `(m, d)`.
        i, j: int arrays of shape `(p,)`: the pairs' rows.

    Returns:
        A float64 array of shape `(p,)`.
    """
    squares = np.empty(len(i))
    for part in parts(len(i), max(1, _NUMBERS // first.shape[1])):
        difference = first[i[part]].astype(np.float64)
        difference -= second[j[part]]
        squares[part] = np.square(difference, out=difference).sum(-1)
    return squares


class _Points:
    """One set: as it came, and moved to the middle of both sets."""

    def __init__(self, values, centre, scale):
        self.values = values
        self._centre, self._scale = centre, scale
        self._moved = {}

    def moved(self, dtype):
        """Returns the points about the centre, and their squared norms."""
        if dtype not in self._moved:
            points = np.empty(self.values.shape, dtype)
            norms = np.empty(len(points))
            for part in _few_rows(points):
                wide = self.values[part] - self._centre
                wide *= self._scale
                points[part] = wide
                wide[:] = points[part]
                norms[part] = np.square(wide, out=wide).sum(-1)
            self._moved[dtype] = points, norms
        return self._moved[dtype]

    @functools.cached_property
    def equals(self):
        """For each point the first one that is the same, bit by bit."""
        seen: dict[bytes, int] = {}
        return np.array(
            [seen.setdefault(row.tobytes(), i) for i, row in enumerate(self)]
        )

    def __iter__(self):
        return iter(self.values)

    def __len__(self):
        return len(self.values)


class Pairs:
    """All pairs of a point of one set and a point of another.

    Args:
        first: array of shape `(n, d)`.
        second: array of shape `(m, d)`, or None for the first set again; then
            a point is not paired with itself.
    """

    def __init__(self, first, second=None):
        self.same = second is None
        sets = [first] if self.same else [first, second]
        centre = np.mean([_mean(values) for values in sets], axis=0)
        reach = max(_reach(values, centre) for values in sets)
        # A power of 2, so that scaling rounds nothing.
        self._scale = 2.0 ** -np.frexp(reach)[1] if reach else 1.0
        points = [_Points(values, centre, self._scale) for values in sets]
        self._first, self._second = points[0], points[-1]
        self.shape = len(first), len(points[-1])
        self._size = first.shape[1]

    def blocks(self, half=False):
        """Yields the slices of all blocks, or of those on and above the
        diagonal."""
        for rows in parts(self.shape[0]):
            for columns in parts(self.shape[1]):
                if not half or columns.start >= rows.start:
                    yield rows, columns

    def error(self, dtype):
        """The share of `|x|^2 + |y|^2` that a squared distance is off by.

        A sum of d products is off by no more than d roundings of what its
        terms' sizes would sum to; 16 more are the moving's and the adding's.
        """
        unit, wide = np.finfo(dtype).eps / 2, np.finfo(np.float64).eps / 2
        return 1.01 * (self._size + 16) * unit + 4 * (self._size + 1) * wide

    def lower(self, rows, columns, dtype=np.float32):
        """Bounds from below of the scaled squared distances, `(r, c)`.

        Args:
            rows, columns: slices or int arrays.
        """
        x, x_norms = self._first.moved(dtype)
        y, y_norms = self._second.moved(dtype)
        share, tiny = 1 - self.error(dtype), _TINY[dtype]
        bounds = x[rows] @ y[columns].T
        bounds *= -2
        bounds += (share * y_norms[columns] - tiny).astype(dtype)
        bounds += (share * x_norms[rows] - tiny).astype(dtype)[:, None]
        if self.same:
            i, j = np.arange(self.shape[0])[rows], np.arange(self.shape[1])
            bounds[i[:, None] == j[columns]] = np.inf
        return bounds

    def slack(self, i, j, dtype=np.float32):
        """How far the bounds from above are from those from below."""
        norms = self._first.moved(dtype)[1][i] + self._second.moved(dtype)[1][j]
        return 2 * self.error(dtype) * norms + 4 * _TINY[dtype]

    def scaled(self, squares):
        """Squared distances in the units of the bounds."""
        return squares * self._scale**2

    def exact(self, i, j):
        """The squared distances of pairs; see `squared_distances`."""
        first, second = self._first, self._second
        if len(i) <= _REPEATED:
            return squared_distances(first.values, second.values, i, j)
        # Most of so many are pairs of the same few points.
        codes, where = np.unique(
            first.equals[i] * len(second) + second.equals[j],
            return_inverse=True,
        )
        i, j = np.divmod(codes, len(second))
        return squared_distances(first.values, second.values, i, j)[where]

    def block(self, rows, columns):
        """Returns a `Block`; `rows` and `columns` are slices."""
        return Block(self, rows, columns)


class Block:
    """The pairs of some rows and some columns.

    Args:
        pairs: `Pairs`.
        rows, columns: slices.
        dtype: of the products.
    """

    def __init__(self, pairs, rows, columns, dtype=np.float32):
        self._pairs, self._dtype = pairs, dtype
        self._rows, self._columns = rows, columns
        self.lower = pairs.lower(rows, columns, dtype)

    @functools.cached_property
    def _finer(self):
        return Block(self._pairs, self._rows, self._columns, np.float64)

    def inside(self, squares, strict=False):
        """Which distances are at most, or less than, a limit.

        Args:
            squares: float64 array of shape `(rows, 1)` or `(1, columns)`: the
                limits' squares.
            strict: bool. Whether a distance must be less. Defaults to `False`.

        Returns:
            A bool array of shape `(rows, columns)`.
        """
        limits = self._pairs.scaled(squares)
        within = self.lower <= _rounded_up(limits, self._dtype)
        i, j = np.divmod(np.flatnonzero(within), within.shape[1])
        high = self.lower[i, j] + self._slack(i, j)
        is_open = high >= np.broadcast_to(limits, within.shape)[i, j]
        i, j = i[is_open], j[is_open]
        if len(i) > _OPEN and self._dtype == np.float32:
            return self._finer.inside(squares, strict)
        exact = self._pairs.exact(i + self._rows.start, j + self._columns.start)
        limits = np.broadcast_to(squares, within.shape)[i, j]
        within[i, j] = exact < limits if strict else exact <= limits
        return within

    def _slack(self, i, j):
        i, j = i + self._rows.start, j + self._columns.start
        return self._pairs.slack(i, j, self._dtype)


def nearest(pairs, count):
    """The nearest points of the second set, for each of the first.

    Where distances are equal, the first point comes first.

    Args:
        pairs: `Pairs`.
        count: int. At most the points that there are, without oneself.

    Returns:
        The squared distances, float64, and the places, int64, both of shape
        `(n, count)`, the nearest first.
    """
    size, others = pairs.shape[0], pairs.shape[1] - pairs.same
    kept = min(count + _SPARE, others)
    low = np.full((size, kept), np.inf, np.float32)
    places = np.zeros((size, kept), np.int64)
    blocks = pairs.blocks(half=pairs.same)
    for (rows, columns), lower in ahead(pairs.lower, blocks):
        _keep(low, places, rows, lower, columns.start)
        if pairs.same and rows != columns:
            _keep(low, places, columns, lower.T, rows.start)
    squares = np.empty((size, count))
    found = np.empty((size, count), np.int64)
    rows = np.arange(size)[:, None]
    reach = _reach_of(low + pairs.slack(rows, places), count)
    # Elsewhere, a point that was not kept might be among the nearest.
    whole = (low.max(axis=1) > reach) if kept < others else np.ones(size, bool)
    i, slot = np.nonzero((low <= reach[:, None]) & whole[:, None])
    _fill(pairs, squares, found, i, places[i, slot])
    step = max(1, _DISTANCES // pairs.shape[1])
    rest = np.flatnonzero(~whole)
    for part in parts(len(rest), step):
        rows = rest[part]
        lower = pairs.lower(rows, slice(None), np.float64)
        columns = np.arange(pairs.shape[1])
        high = lower + pairs.slack(rows[:, None], columns, np.float64)
        i, j = np.nonzero(lower <= _reach_of(high, count)[:, None])
        _fill(pairs, squares, found, rows[i], j)
    return squares, found


def _keep(low, places, rows, lower, start):
    """Puts the lowest bounds of a block among those that are kept."""
    kept = low.shape[1]
    new, near = _lower_than(lower, low[rows].max(axis=1))
    if new is None:
        near = np.broadcast_to(np.arange(lower.shape[1]), lower.shape)
        if lower.shape[1] > kept:
            near = np.argpartition(lower, kept - 1, axis=1)[:, :kept]
        new = np.take_along_axis(lower, near, 1)
    low_of_both = np.concatenate([low[rows], new], axis=1)
    places_of_both = np.concatenate([places[rows], near + start], axis=1)
    best = np.argpartition(low_of_both, kept - 1, axis=1)[:, :kept]
    low[rows] = np.take_along_axis(low_of_both, best, 1)
    places[rows] = np.take_along_axis(places_of_both, best, 1)


def _lower_than(lower, limits):
    """Each row's values below its limit, and where they are.

    Returns:
        Two arrays of shape `(rows, most)`, infinite where a row has fewer than
        the others; or twice None, where there are many.
    """
    at = np.flatnonzero(lower < limits[:, None])
    if len(at) > _FEW * len(lower):
        return None, None
    i, j = np.divmod(at, lower.shape[1])
    rank = np.arange(len(i)) - np.searchsorted(i, i)
    most = rank.max(initial=-1) + 1
    values = np.full((len(lower), most), np.inf, lower.dtype)
    near = np.zeros((len(lower), most), np.int64)
    values[i, rank], near[i, rank] = lower[i, j], j
    return values, near


def _reach_of(high, count):
    """Within which distance there are certainly `count` points."""
    return np.partition(high, count - 1, axis=1)[:, count - 1]


def _fill(pairs, squares, found, i, j):
    """Writes the nearest among candidates, those of a row complete."""
    exact = pairs.exact(i, j)
    order = np.lexsort((j, exact, i))
    i, j, exact = i[order], j[order], exact[order]
    rank = np.arange(len(i)) - np.searchsorted(i, i)
    chosen = rank < squares.shape[1]
    place = i[chosen], rank[chosen]
    squares[place], found[place] = exact[chosen], j[chosen]


def _mean(values):
    return values.mean(axis=0, dtype=np.float64)


def _reach(values, centre):
    return max(
        np.abs(values[part] - centre).max() for part in _few_rows(values)
    )


def _rounded_up(limits, dtype):
    """The limits in `dtype`, not smaller than they were."""
    if dtype == np.float64:
        return limits
    with np.errstate(over="ignore"):
        return np.nextafter(limits.astype(dtype), dtype(np.inf))
