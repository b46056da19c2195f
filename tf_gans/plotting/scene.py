"""What a page draws of recorded frames: arrays as JSON, and arrows.

A `Picture` has a method `scene`, which makes JSON types of the frames that its
problem's probe has recorded. The page's own program draws them.
"""

import base64

import numpy as np


def packed(values, low=None, high=None, bits=16):
    """An array as JSON: whole numbers of 8 or 16 bits, in base64.

    A third of the room of decimal digits, and exact to a 65,000th (or a 250th)
    of the range.

    Args:
        values: array of floats. What is not finite is kept as none.
        low, high: floats. What is below or above counts as these. Default to
            the least and the greatest finite value.
        bits: int, 8 or 16. Defaults to `16`.

    Returns:
        A dict of JSON types: `shape`, `low`, `high`, `bits`, and `data`, the
        bytes in little-endian order, the greatest number for none.
    """
    values = np.asarray(values, float)
    finite = np.isfinite(values)
    ends = values[finite] if finite.any() else np.zeros(1)
    low = float(ends.min() if low is None else low)
    high = float(ends.max() if high is None else high)
    most = 2**bits - 2
    share = (np.where(finite, values, low) - low) / ((high - low) or 1)
    whole = np.round(share.clip(0, 1) * most)
    whole = np.where(finite, whole, most + 1).astype(f"<u{bits // 8}")
    return {
        "shape": list(values.shape),
        "low": low,
        "high": high,
        "bits": bits,
        "data": base64.b64encode(whole.tobytes()).decode("ascii"),
    }


def rounded(values, digits=4):
    """Numbers as a list for JSON, rounded; None for what is not finite.

    Args:
        values: array of floats of one axis.
        digits: int. Significant digits. Defaults to `4`.
    """
    return [
        float(f"{value:.{digits}g}") if np.isfinite(value) else None
        for value in np.asarray(values, float).tolist()
    ]


def log_probability(values, floor=0.0):
    """log D, from probabilities, also where they are 0.

    Args:
        values: array of probabilities.
        floor: float. The least that the loss tells from 0. Defaults to `0`.
    """
    values = np.asarray(values)
    least = float(np.finfo(values.dtype).smallest_subnormal)
    return np.log(np.maximum(values.astype(float), max(floor, least)))


def relative(arrows, least, per_frame=False):
    """Arrows as parts of a long one: the lengths' 90th percentile.

    Args:
        arrows: array of shape `(frames, arrows, dimensions)`.
        least: float. Where the long ones are shorter, they are this long, so
            that the rounding of what is flat is not shown.
        per_frame: bool. Whether each frame's are compared among themselves.
            Defaults to `False`: a frame's with all frames'.

    Returns:
        An array of the same shape, of lengths up to 1.
    """
    length = np.linalg.norm(arrows, axis=-1, keepdims=True)
    length = np.where(np.isfinite(length), length, 0)
    axes = (1, 2) if per_frame else None
    long = np.percentile(length, 90, axis=axes, keepdims=True)
    scale = np.maximum(np.maximum(long, length), least)
    return np.where(np.isfinite(arrows), arrows, 0) / scale
