"""Measures of 10,000 samples with the features of InceptionV3.

PRDC against all distances in 64 bits at once, as the published program has
them; the Fréchet distance against one matrix product, and against the general
matrix root. Whoever is compared computes the same numbers, which is checked.
"""

import resource
import time

import numpy as np

from benchmarks.measuring import REPEATS, Row, once, take_turns_as_workers
from tf_gans.metrics import Moments, frechet_distance, prdc

SIZE = 2048  # numbers in a sample's features
LIMIT = 2000  # MB, of a process that measures PRDC
K = 5


def features(count, size):
    """Two sets whose features differ in size, as a network's do."""
    rng = np.random.default_rng(0)
    sizes = np.exp(-np.arange(size) / (size / 4)).astype(np.float32)
    real, fake = rng.standard_normal((2, count, size), np.float32) * sizes
    return real, 0.9 * fake + 0.1


def prepare_prdc(whose, count, size):
    """Returns a function that times PRDC, in seconds."""
    real, fake = features(count, size)
    measure = {
        "ours": ours,
        "matrix": lambda *both: by_matrices(*both, distances),
        "cdist": lambda *both: by_matrices(*both, differences),
    }[whose]

    def measured():
        start = time.perf_counter()
        measured.result = measure(real, fake)
        return time.perf_counter() - start

    return measured


def ours(real, fake):
    """The library's."""
    return prdc(real, fake, K, K)


def by_matrices(real, fake, matrix):
    """From three whole matrices, in the published program's steps."""
    real_radii, fake_radii = (radii(matrix(x, x)) for x in (real, fake))
    between = matrix(real, fake)
    return (
        (between < real_radii[:, None]).any(axis=0).mean(),
        (between < fake_radii).any(axis=1).mean(),
        (between < real_radii[:, None]).sum(axis=0).mean() / K,
        (between.min(axis=1) < real_radii).mean(),
    )


def radii(matrix):
    """The K-th neighbour's distance, the point itself being the first."""
    nearest = np.argpartition(matrix, K + 1, axis=1)[:, : K + 1]
    return np.take_along_axis(matrix, nearest, axis=1).max(axis=1)


def distances(x, y):
    """All distances, by one product, as scikit-learn's are."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    squares = -2 * x @ y.T
    squares += np.square(x).sum(axis=1)[:, None]
    squares += np.square(y).sum(axis=1)
    np.maximum(squares, 0, out=squares)
    if x.shape == y.shape and (x[0] == y[0]).all():
        np.fill_diagonal(squares, 0)
    return np.sqrt(squares, out=squares)


def differences(x, y):
    """All distances, pair by pair."""
    import scipy.spatial

    return scipy.spatial.distance.cdist(x, y)


def prepare_memory(count, size):
    """Returns a function that measures PRDC's peak memory, in MB."""
    real, fake = features(count, size)

    def measured():
        ours(real, fake)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1000  # Linux counts in kB

    return measured


def prepare_statistics(whose, count, size):
    """Returns a function that times the moments, or a product, in seconds."""
    real, fake = features(count, size)
    wide = real.astype(np.float64), fake.astype(np.float64)

    def measured():
        start = time.perf_counter()
        if whose == "ours":
            _ = Moments.of(real).covariance
        else:
            _ = wide[0].T @ wide[1]
        return time.perf_counter() - start

    return measured


def prepare_distance(whose, count, size):
    """Returns a function that times the distance of two moments."""
    import scipy.linalg

    real, fake = map(Moments.of, features(count, size))
    s, t = real.covariance, fake.covariance

    def by_general_root():
        apart = real.mean - fake.mean
        root = scipy.linalg.sqrtm(s @ t)
        return apart @ apart + np.trace(s + t - 2 * root.real)

    def measured():
        start = time.perf_counter()
        if whose == "ours":
            measured.result = frechet_distance(real, fake)
        else:
            measured.result = by_general_root()
        return time.perf_counter() - start

    return measured


def check_agreement():
    """Ends the program where the competitors' numbers differ."""
    pairs = [
        [prepare(whose, 500, 64) for whose in ("ours", other)]
        for prepare, other in (
            (prepare_prdc, "matrix"),
            (prepare_prdc, "cdist"),
            (prepare_distance, "sqrtm"),
        )
    ]
    for pair in pairs:
        for competitor in pair:
            competitor()
        np.testing.assert_allclose(*(c.result for c in pair), rtol=1e-6)


def compare(prepare, other, repeats, **options):
    """Measures ours and another's in turns; returns two lists."""
    workers = {
        whose: ("metrics", prepare.__name__, {"whose": whose, **options})
        for whose in ("ours", other)
    }
    results = take_turns_as_workers(workers, repeats)
    return results["ours"], results[other]


def run(quick=False):
    """Compares the times, and the peak memory with its limit."""
    check_agreement()
    count, size = (1000, 256) if quick else (10_000, SIZE)
    shape = f"{count:,} x {size:,}"
    sizes = {"count": count, "size": size}
    memory = once("metrics", "prepare_memory", **sizes)
    # Pair by pair, all of them would take minutes.
    fewer = {**sizes, "count": count // 5}
    return [
        Row(
            f"PRDC, {shape} twice: against whole matrices by float64 products",
            *compare(prepare_prdc, "matrix", 1 if quick else 2, **sizes),
            "s",
            more_is_better=False,
            goal=3.0,
        ),
        Row(
            f"PRDC, {count // 5:,} x {size:,} twice: against whole matrices "
            "by scipy's cdist",
            *compare(prepare_prdc, "cdist", 1 if quick else 3, **fewer),
            "s",
            more_is_better=False,
            goal=3.0,
        ),
        Row(
            f"PRDC, {shape} twice: peak memory against the limit",
            [memory],
            [LIMIT],
            "MB",
            more_is_better=False,
            goal=1.0,
        ),
        Row(
            f"moments of {shape}: against one product of that size in float64",
            *compare(
                prepare_statistics, "product", 1 if quick else REPEATS, **sizes
            ),
            "s",
            more_is_better=False,
            goal=1 / 1.5,
        ),
        Row(
            f"Fréchet distance, d = {size:,}: against scipy.linalg.sqrtm",
            # The general root takes minutes, and needs no warming up.
            *(
                [once("metrics", "prepare_distance", whose=whose, **sizes)]
                for whose in ("ours", "sqrtm")
            ),
            "s",
            more_is_better=False,
            goal=5.0,
        ),
    ]
