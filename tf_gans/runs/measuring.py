"""The measures of images, each with its baseline.

Every measure takes the features of real and of generated images, or the images;
its baseline is the same measure of other real images in the generated ones'
place.
"""

import contextlib
import dataclasses
import math
import time

import numpy as np

NUM_QUERIES = (
    1000  # generated images whose nearest training image is looked for
)
NUM_PAIRS = 1000  # of images, whose similarity is the diversity's
_BLOCK = 2**28  # bytes of training pixels in float32 at a time
_COPY_QUANTILE = 0.01  # of the distances of real images


@dataclasses.dataclass(frozen=True)
class Measured:
    """One number and its baseline.

    Attributes:
        name: str, such as `"fid"`.
        value: float.
        std: float or None: of the estimate, where the measure has one.
        baseline: float, of other real images, or None where there are too few.
        better: `"lower"`, `"higher"`, or `"baseline"` where it should be near
            the baseline.
        seconds: float. How long it took, with its baseline and with what was
            measured in the same call.
    """

    name: str
    value: float
    std: float | None
    baseline: float | None
    better: str
    seconds: float


def _feature_measures(seed):
    """Functions of real and fake features, and what they give: name, better."""
    from tf_gans import metrics

    def kid(real, fake):
        size = min(1000, len(real), len(fake))
        result = metrics.kernel_distance(
            real, fake, subset_size=size, seed=seed
        )
        return [(result.mean, result.std)]

    def prd(real, fake):
        # Of sets of one size, as published.
        count = min(len(real), len(fake))
        return metrics.f_scores(
            *metrics.precision_recall_curve(
                real[:count], fake[:count], seed=seed
            )
        )

    return [
        (
            lambda real, fake: [metrics.frechet_distance(real, fake)],
            [("fid", "lower")],
        ),
        (kid, [("kid", "lower")]),
        (
            metrics.prdc,  # with the papers' numbers of neighbours, 3 and 5
            [
                ("precision", "higher"),
                ("recall", "higher"),
                ("density", "higher"),
                ("coverage", "higher"),
            ],
        ),
        (prd, [("prd_f8", "higher"), ("prd_f1_8", "higher")]),
        (
            lambda real, fake: [
                metrics.sliced_wasserstein_2(real, fake, seed=seed)
            ],
            [("sliced_w2", "lower")],
        ),
    ]


def measure_all(made, images, others, seed):
    """Measures generated images by features, by classes and by themselves.

    Args:
        made: dict of pairs, features `(n, d)` and probabilities `(n, k)` or
            None, as `Features.both` returns them: of the images that are
            measured against, `real`; of the generated ones, `fake`; of the
            baseline's, `others`.
        images, others: uint8 arrays, the generated images and the baseline's.
        seed: int, of what is drawn.

    Yields:
        `Measured`.
    """
    from tf_gans import metrics

    real, _ = made["real"]
    (fake, shares), (other, other_shares) = made["fake"], made["others"]
    for function, names in _feature_measures(seed):
        yield from _measured(
            lambda function=function: function(real, fake),
            lambda function=function: function(real, other),
            names,
        )
    if shares is not None:
        yield from _measured(
            lambda: [metrics.inception_score(shares, seed=seed)],
            lambda: [metrics.inception_score(other_shares, seed=seed)],
            [("inception_score", "higher")],
        )
    with contextlib.suppress(ValueError):  # images too small for its window
        yield from _measured(
            lambda: [metrics.ms_ssim_diversity(images, NUM_PAIRS, seed)],
            lambda: [metrics.ms_ssim_diversity(others, NUM_PAIRS, seed)],
            [("ms_ssim", "baseline")],
        )


def _measured(of_fake, of_others, names):
    """Calls both, and pairs what they give with the names."""
    started = time.perf_counter()
    results = list(of_fake())
    try:
        baselines = list(of_others())
    except ValueError:  # too few other images
        baselines = [None] * len(results)
    seconds = time.perf_counter() - started
    for result, other, (name, better) in zip(
        results, baselines, names, strict=True
    ):
        value, std = result if isinstance(result, tuple) else (result, None)
        other = other[0] if isinstance(other, tuple) else other
        yield Measured(name, value, std, other, better, seconds)


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """Generated images and the training images that they are nearest to.

    Attributes:
        distances: float array `(n,)`: root mean square differences of pixels.
        indices: int array `(n,)`: which training image.
        real_distances: the same of real images.
    """

    distances: np.ndarray
    indices: np.ndarray
    real_distances: np.ndarray

    @property
    def copies(self):
        """The share that is nearer to training than 1 % of real images are."""
        return float(np.mean(self.distances < self._limit))

    @property
    def real_copies(self):
        """The same share of the real images: 0.01, but for ties."""
        return float(np.mean(self.real_distances < self._limit))

    @property
    def _limit(self):
        return np.quantile(self.real_distances, _COPY_QUANTILE)


def measure_neighbours(fake, real):
    """Looks for the training images that the first generated ones are nearest.

    Distances are of pixels, so what is found is a copy, and a shifted copy is
    not. Real images take the same way: test images, or training images with
    themselves left out.

    Args:
        fake: uint8 array of images.
        real: `RealImages`.

    Returns:
        A `Neighbours`, and a list of `Measured`.
    """
    started = time.perf_counter()
    distances, indices = nearest(fake[:NUM_QUERIES], real.training)
    alone = 0 if real.held_out else 1  # each is its own nearest
    real_distances, _ = nearest(
        real.reference[:NUM_QUERIES], real.training, alone
    )
    found = Neighbours(distances, indices, real_distances)
    seconds = time.perf_counter() - started
    medians = (float(np.median(d)) for d in (distances, real_distances))
    value, baseline = medians
    return found, [
        Measured("nearest", value, None, baseline, "baseline", seconds),
        Measured(
            *("copies", found.copies, None, found.real_copies),
            *("baseline", seconds),
        ),
    ]


def measure_duplicates(fake, real):
    """Looks for generated images that are nearly the same.

    The share of the images that are nearer to another generated one than 1 % of
    real images are to another real one, by their pixels, among as many.

    Args:
        fake, real: uint8 arrays of images.

    Returns:
        A list of one `Measured`.
    """
    started = time.perf_counter()
    count = min(len(fake), len(real), NUM_QUERIES)
    ours, theirs = (
        nearest(images[:count], images[:count], skip=1)[0]
        for images in (fake, real)
    )
    limit = np.quantile(theirs, _COPY_QUANTILE)
    value, baseline = (float(np.mean(d < limit)) for d in (ours, theirs))
    seconds = time.perf_counter() - started
    return [Measured("duplicates", value, None, baseline, "baseline", seconds)]


def nearest(queries, references, skip=0):
    """The nearest of many images, a block of them at a time.

    Args:
        queries, references: uint8 arrays of images of one shape.
        skip: int. How many nearer ones are left out. Defaults to `0`.

    Returns:
        Root mean square differences of pixels, `(n,)`, and indices, `(n,)`.
    """
    from tf_gans import metrics

    size = math.prod(queries.shape[1:])
    flat = queries.reshape(len(queries), size).astype(np.float32)
    length = max(skip + 1, _BLOCK // (4 * size))
    best = np.empty((len(flat), 0))
    where = np.empty((len(flat), 0), np.int64)
    for first in range(0, len(references), length):
        block = references[first : first + length]
        found, index = metrics.nearest_neighbours(
            flat,
            block.reshape(len(block), size).astype(np.float32),
            k=min(skip + 1, len(block)),
        )
        best = np.concatenate([best, found], axis=1)
        where = np.concatenate([where, first + index], axis=1)
        order = np.argsort(best, axis=1, kind="stable")[:, : skip + 1]
        best = np.take_along_axis(best, order, axis=1)
        where = np.take_along_axis(where, order, axis=1)
    return best[:, skip] / math.sqrt(size), where[:, skip]
