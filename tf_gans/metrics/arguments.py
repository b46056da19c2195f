"""What the metrics take: finite numbers, one sample a row."""

import numpy as np

_LARGEST = 1e100  # squares and sums of them stay finite


def check_features(name, values, least=1, flat=False):
    """Returns samples as an array of shape `(n, d)`.

    Args:
        name: str. Of the argument.
        values: array of shape `(n, d)`, or `(n,)` for samples that are one
            number each. Integers stay integers, small floats become float32.
        least: int. The least number of samples. Defaults to `1`.
        flat: bool. Whether samples may have any shape, such as images, whose
            numbers are then put into a row. Defaults to `False`.

    Raises:
        ValueError: there are no such numbers, or too few samples.
    """
    values = np.asarray(values)
    allowed = "at least one axis" if flat else "shape (n, d) or (n,)"
    wrong_rank = values.ndim < 1 or (values.ndim > 2 and not flat)
    if values.dtype.kind not in "fiu" or wrong_rank or 0 in values.shape[1:]:
        raise ValueError(
            f"`{name}` must be an array of numbers with {allowed}. "
            f"Received: {values.dtype} of shape {values.shape}"
        )
    if len(values) < least:
        raise ValueError(
            f"`{name}` must have at least {least} samples. "
            f"Received: shape {values.shape}"
        )
    if values.dtype.kind == "f":
        check_finite(name, values)
    if values.dtype == np.float16:
        values = values.astype(np.float32)
    # Wider floats would be rounded where they are used.
    if values.dtype.itemsize > 8:
        values = values.astype(np.float64)
    return np.ascontiguousarray(values.reshape(len(values), -1))


def check_finite(name, values):
    """Raises a `ValueError` if a float is not a number, or too large."""
    bad = ~np.isfinite(values)
    if values.dtype.itemsize > 4:
        bad |= np.abs(values) > _LARGEST
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"`{name}` must be finite, of at most {_LARGEST:g}. "
            f"Received: {values[place]} at {place}"
        )


def check_pair(real, fake, least=1):
    """Returns both sets of samples, of shapes `(n, d)` and `(m, d)`."""
    real = check_features("real", real, least)
    fake = check_features("fake", fake, least)
    check_same_size("real", real.shape[1], "fake", fake.shape[1])
    return real, fake


def check_same_size(first, first_size, second, second_size):
    """Raises a `ValueError` if two sets have not as many numbers a sample."""
    if first_size != second_size:
        raise ValueError(
            f"`{first}` and `{second}` must have as many numbers a sample. "
            f"Received: {first_size} and {second_size}"
        )
