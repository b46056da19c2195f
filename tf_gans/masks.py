"""Masks of images: which pixels are known, and what follows from them."""

import numpy as np

from tf_gans import random
from tf_gans.errors import check_choice, check_positive_int

MASKS = ("center", "random", "left", "grid")
_UNKNOWN = 0.2  # of the pixels, by a random mask
_PITCH = 4  # of the grid's known pixels
_TOLERANCE = 1e-8  # of the blend's residual, as a part of the first one


def make_mask(name, height, width, seed=0):
    """Draws one of the published masks.

    Args:
        name: `"center"`, without the middle half of each side; `"random"`,
            where each pixel is unknown with a probability of 0.2; `"left"`,
            without the left half; `"grid"`, with every fourth pixel of every
            fourth row and no other.
        height, width: ints.
        seed: int. Of the random one. Defaults to `0`.

    Returns:
        A bool array of shape `(height, width)`, True where a pixel is known.

    Raises:
        ValueError: there is no such mask, or it hides all or nothing.

    Reference:
    - bamos/dcgan-completion.tensorflow, model.py, lines 266-292
    """
    check_choice("name", name, MASKS)
    known = np.full((height, width), name != "grid")
    if name == "center":
        middle = (slice(int(n * 0.25), int(n * 0.75)) for n in known.shape)
        known[tuple(middle)] = False
    elif name == "left":
        known[:, : width // 2] = False
    elif name == "grid":
        known[::_PITCH, ::_PITCH] = True
    else:
        drawn = random.uniform(seed, "mask", 0, 1, (height, width))
        known = drawn[0].numpy() >= _UNKNOWN
    return check_mask(known)


def check_mask(known):
    """Returns a mask as a bool array, or raises a `ValueError`."""
    known = np.asarray(known)
    if known.ndim != 2 or known.dtype != bool:
        raise ValueError(
            "`known` must be a bool array of shape (height, width). "
            f"Received: {known.dtype} of shape {known.shape}"
        )
    if known.all() or not known.any():
        raise ValueError(
            "`known` must leave a hole, and something around it. Received: "
            f"{'no' if known.all() else 'nothing but a'} hole"
        )
    return known


def context_weights(known, window=7):
    """How much each known pixel says of the hole.

    Args:
        known: bool array of shape `(height, width)`.
        window: int, odd, and 3 or more. Defaults to `7`.

    Returns:
        A float32 array of shape `(height, width)`: of a known pixel the share
        of unknown ones in the window around it, as far as it lies within the
        image; 0 of an unknown one.

    Raises:
        ValueError: the mask has no hole or nothing else, or the window is not
            odd, or is a pixel alone, which has no unknown ones around it.

    Reference:
    - [Yeh et al., 2017](https://arxiv.org/abs/1607.07539), section 3.2
    """
    known = check_mask(known)
    if check_positive_int("window", window) % 2 == 0 or window == 1:
        raise ValueError(
            f"`window` must be odd, and 3 or more. Received: window={window}"
        )
    unknown, within = (
        np.lib.stride_tricks.sliding_window_view(
            np.pad(cells, window // 2), (window, window)
        ).sum(axis=(-2, -1))
        for cells in (~known, np.ones_like(known))
    )
    return np.where(known, unknown / within, 0).astype(np.float32)


def poisson_blend(images, samples, known):
    """Puts samples into the hole of images without a seam.

    In the hole the result has the samples' differences between neighbouring
    pixels, as nearly as the known pixels around it allow: it solves Poisson's
    equation, with the known pixels as the boundary's values. The border of the
    image is free.

    Args:
        images, samples: float arrays of shape `(n, height, width, channels)`.
        known: bool array of shape `(height, width)`.

    Returns:
        A float32 array of the same shape. It may leave the range of the images.

    Raises:
        ValueError: the mask has no hole or nothing else.

    Reference:
    - [Perez et al., 2003](https://doi.org/10.1145/882262.882269), equation 7
    - [Yeh et al., 2017](https://arxiv.org/abs/1607.07539), section 3.4
    """
    known = check_mask(known)[..., None]
    difference = np.where(known, np.subtract(images, samples, dtype=float), 0)
    # The correction to the samples has no sources in the hole: it is as smooth
    # as a membrane that is fixed at the known pixels.
    degree = _neighbours(np.ones((1, *known.shape)))
    target = np.where(known, 0, _neighbours(difference))

    def apply(x):
        return np.where(known, 0, degree * x - _neighbours(x))

    # Conjugate gradients, for each channel of each image a system of its own.
    correction = np.zeros_like(target)
    residual = direction = target
    squares = _squares(residual)
    limit = _TOLERANCE**2 * squares
    for _ in range(np.count_nonzero(~known)):
        if (squares <= limit).all():
            break
        moved = apply(direction)
        curvature = (direction * moved).sum(axis=(1, 2), keepdims=True)
        # What is solved already has no direction left.
        length = np.divide(
            *(squares, curvature),
            out=np.zeros_like(squares),
            where=curvature > 0,
        )
        correction = correction + length * direction
        residual = residual - length * moved
        before, squares = squares, _squares(residual)
        ratio = np.divide(
            *(squares, before), out=np.zeros_like(squares), where=before > 0
        )
        direction = residual + ratio * direction
    return np.where(known, images, samples + correction).astype(np.float32)


def _neighbours(x):
    """The sum of the pixels above, below, left and right of each pixel."""
    x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]


def _squares(x):
    return np.square(x).sum(axis=(1, 2), keepdims=True)


def psnr(images, truth, hole):
    """The peak signal-to-noise ratio of images' holes.

    Args:
        images, truth: arrays of shape `(n, height, width, channels)`, of
            values in [0, 1].
        hole: bool array of shape `(height, width)`, the pixels that count.

    Returns:
        A float64 array of shape `(n,)`, in decibels: infinite where all
        pixels are right.
    """
    error = np.square(np.subtract(images, truth, dtype=float))[:, hole]
    with np.errstate(divide="ignore"):
        return -10 * np.log10(error.mean(axis=(1, 2)))
