"""Multi-scale structural similarity, and the diversity of samples by it."""

import numpy as np

from tf_gans.errors import check_positive_int

# The published exponents, from the finest scale to the coarsest.
_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
_WINDOW, _SIGMA = 11, 1.5
_RANGE = 255.0
_LUMINANCE, _CONTRAST = (0.01 * _RANGE) ** 2, (0.03 * _RANGE) ** 2
_PAIRS = 64  # that are compared at a time


def ms_ssim(a, b):
    """The multi-scale structural similarity of pairs of images.

    Contrast and structure at up to 5 scales, luminance at the coarsest, by a
    Gaussian window of 11 pixels; each scale is half of the one before. 1 for
    equal images. Negative correlations count as 0. Of colour images it is the
    mean over the channels.

    The window must fit into the coarsest scale. Smaller images than 176 pixels
    have fewer scales, whose exponents are made to sum to 1: 4 from 88 pixels,
    3 from 44, 2 from 22 (28x28 digits), 1 from 11. Values of different numbers
    of scales cannot be compared.

    Args:
        a, b: uint8 arrays of shape `(n, height, width, channels)`, or one
            image each, `(height, width, channels)`.

    Returns:
        A float64 array of shape `(n,)`, or a float; in [0, 1].

    Raises:
        ValueError: the images differ in shape, are not uint8, or have a side
            of less than 11 pixels.

    Reference:
    - [Wang, Simoncelli & Bovik, 2003](
      https://ieeexplore.ieee.org/document/1292216), equation 7 and section 3
    """
    a, b = _check_images("a", a), _check_images("b", b)
    if a.shape != b.shape:
        raise ValueError(
            "`a` and `b` must have the same shape. "
            f"Received: {a.shape} and {b.shape}"
        )
    if a.ndim == 3:
        return float(_similarity(a[None], b[None])[0])
    values = [
        _similarity(a[start : start + _PAIRS], b[start : start + _PAIRS])
        for start in range(0, len(a), _PAIRS)
    ]
    return np.concatenate(values)


def ms_ssim_diversity(images, num_pairs=1000, seed=0):
    """How alike the samples are: the mean similarity of random pairs.

    Lower is more diverse: compare with what real images score. A generator
    that has collapsed is near 1. It tells nothing of quality, noise being most
    diverse, and is meant for images of one class.

    Args:
        images: uint8 array of shape `(n, height, width, channels)`, at least 2.
        num_pairs: int. Pairs of two different images, drawn independently.
            Defaults to `1000`.
        seed: int. Of the pairs. Defaults to `0`.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: see `ms_ssim`; fewer than 2 images.

    Reference:
    - [Odena, Olah & Shlens, 2017](https://arxiv.org/abs/1610.09585), section
      4.2, with 100 pairs of each class
    """
    num_pairs = check_positive_int("num_pairs", num_pairs)
    images = _check_images("images", images)
    if images.ndim != 4 or len(images) < 2:
        raise ValueError(
            "`images` must be at least 2, of shape (n, height, width, "
            f"channels). Received: shape {images.shape}"
        )
    generator = np.random.default_rng(seed)
    first = generator.integers(len(images), size=num_pairs)
    # Any of the others, each as likely.
    second = generator.integers(len(images) - 1, size=num_pairs)
    second += second >= first
    total = 0.0
    for start in range(0, num_pairs, _PAIRS):
        part = slice(start, start + _PAIRS)
        total += ms_ssim(images[first[part]], images[second[part]]).sum()
    return float(total / num_pairs)


def num_scales(height, width):
    """How many scales images of this size have, from 1 to 5."""
    side, count = min(height, width), 1
    while count < len(_WEIGHTS) and -(-side // 2) >= _WINDOW:
        side, count = -(-side // 2), count + 1
    return count


def _check_images(name, images):
    images = np.asarray(images)
    if (
        images.dtype != np.uint8
        or images.ndim not in (3, 4)
        or not images.size
        or min(images.shape[-3:-1]) < _WINDOW
    ):
        raise ValueError(
            f"`{name}` must be uint8 of shape (n, height, width, channels), "
            f"with sides of at least {_WINDOW} pixels. "
            f"Received: {images.dtype} of shape {images.shape}"
        )
    return images


def _similarity(a, b):
    # Channels before the pixels.
    x, y = (np.moveaxis(v, -1, 1).astype(np.float64) for v in (a, b))
    weights = _WEIGHTS[: num_scales(*x.shape[-2:])]
    weights = weights / weights.sum()
    product = np.ones(x.shape[:2])
    for scale, weight in enumerate(weights):
        if scale:
            x, y = _halved(x), _halved(y)
        luminance, structure = _compare(x, y)
        last = scale == len(weights) - 1
        value = luminance * structure if last else structure
        value = value.mean(axis=(-2, -1))
        product = product * np.maximum(value, 0) ** weight
    return product.mean(axis=1)


def _compare(x, y):
    """Luminance, and contrast with structure, at each place of the window."""
    x_mean, y_mean = _blurred(x), _blurred(y)
    # Rounding would leave a variance below 0 in constant images.
    variances = _blurred(x * x + y * y) - (x_mean**2 + y_mean**2)
    covariance = _blurred(x * y) - x_mean * y_mean
    luminance = (2 * x_mean * y_mean + _LUMINANCE) / (
        x_mean**2 + y_mean**2 + _LUMINANCE
    )
    structure = (2 * covariance + _CONTRAST) / (
        np.maximum(variances, 0) + _CONTRAST
    )
    return luminance, structure


def _blurred(x):
    """The weighted means where the whole window is in the image."""
    places = np.arange(_WINDOW) - _WINDOW // 2
    window = np.exp(-(places**2) / (2 * _SIGMA**2))
    window /= window.sum()
    for axis in (-2, -1):
        x = np.moveaxis(x, axis, -1)
        size = x.shape[-1] - _WINDOW + 1
        x = sum(w * x[..., i : i + size] for i, w in enumerate(window))
        x = np.moveaxis(x, -1, axis)
    return x


def _halved(x):
    """Means of squares of 4 pixels; an odd side's last pixel counts twice."""
    height, width = x.shape[-2:]
    pads = [(0, 0)] * (x.ndim - 2) + [(0, height % 2), (0, width % 2)]
    x = np.pad(x, pads, mode="edge")
    return (
        x[..., ::2, ::2]
        + x[..., 1::2, ::2]
        + x[..., ::2, 1::2]
        + x[..., 1::2, 1::2]
    ) / 4
