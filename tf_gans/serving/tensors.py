"""Tensors as nested lists, and back: the values of the REST protocol."""

import base64
import binascii
import math

import numpy as np

from tf_gans.serving.signatures import RestError, bad, shape_text, show

# The types of JSON's values that an input of a kind of NumPy's may have. The
# types are compared as they are: True is no whole number here.
_KINDS: dict[str, set] = {
    "b": {bool},
    "f": {int, float},
    "i": {int},
    "u": {int},
}


def read_tensor(name, value, spec):
    """Nested lists as an array of the type and shape that a spec has.

    Args:
        name: str. The input's, for the messages.
        value: what `json.loads` made of it.
        spec: `TensorSpec`.

    Returns:
        An array; that of strings holds bytes.

    Raises:
        RestError: it is of another type or shape, or out of bounds.
    """
    shape, leaves = _flatten(name, value)
    if not _fits(shape, spec.shape):
        raise bad(
            f'input "{name}" must be {spec}; received shape {shape_text(shape)}'
        )
    dtype = spec.numpy_dtype
    if dtype.kind == "O":
        array = np.empty(len(leaves), object)
        array[:] = [_bytes(name, leaf) for leaf in leaves]
        return array.reshape(shape)
    wrong = [v for v in leaves if type(v) not in _KINDS[dtype.kind]]
    if wrong:
        raise bad(f'input "{name}" must be {spec}; received {show(wrong[0])}')
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        _check_bounds(name, leaves, info.min, info.max)
        _check_bounds(name, leaves, spec.low, spec.high)
        return np.array(leaves, dtype).reshape(shape)
    with np.errstate(over="ignore"):
        array = np.array([_float(v) for v in leaves]).astype(dtype)
    if dtype.kind == "f" and not np.isfinite(array).all():
        first = np.flatnonzero(~np.isfinite(array))[0]
        raise bad(
            f'input "{name}" must be {spec}, and finite; received '
            f"{leaves[first]!r:.60}"
        )
    return array.reshape(shape)


def _float(value):
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf


def _check_bounds(name, values, low, high):
    for value in values:
        if (low is not None and value < low) or (
            high is not None and value > high
        ):
            allowed = (
                f"at least {low}" if high is None else f"from {low} to {high}"
            )
            raise bad(f'input "{name}" must be {allowed}; received {value}')


def _flatten(name, value):
    """The shape of nested lists, and what they hold."""
    shape, level = [], [value]
    while level and any(isinstance(item, list) for item in level):
        lengths = {
            len(item) if isinstance(item, list) else None for item in level
        }
        if len(lengths) > 1:
            kinds = sorted(
                "a single value" if n is None else f"{n} values"
                for n in lengths
            )
            raise bad(
                f'input "{name}" is a ragged list: it has '
                f"{' and '.join(kinds[:2])} side by side"
            )
        shape.append(lengths.pop())
        level = [item for part in level for item in part]
    return tuple(shape), level


def _fits(shape, allowed):
    return allowed is None or (
        len(shape) == len(allowed)
        and all(b in (None, a) for a, b in zip(shape, allowed, strict=True))
    )


def _bytes(name, value):
    if isinstance(value, str):
        # JSON may hold halves of characters, which no encoding has.
        return value.encode(errors="replace")
    if isinstance(value, dict) and isinstance(value.get("b64"), str):
        try:
            return base64.b64decode(value["b64"], validate=True)
        except (binascii.Error, ValueError):
            raise bad(
                f'input "{name}" is not base64: received {show(value)}'
            ) from None
    raise bad(
        f'input "{name}" must be a string or {{"b64": "..."}}; received '
        f"{show(value)}"
    )


def write_tensor(name, array):
    """An array as nested lists that are JSON.

    Args:
        name: str. Strings of an output whose name ends in `_bytes` become
            `{"b64": ...}`, others text.
        array: of any type; of strings, bytes.

    Returns:
        Lists, or a single value for an array without axes.

    Raises:
        RestError: bytes are no text, and the name does not end so.
    """
    values = array.tolist()
    if array.dtype.kind == "O":
        return _each(values, lambda value: _text(name, value))
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return _each(values, _finite)
    return values


def _each(values, function):
    if isinstance(values, list):
        return [_each(value, function) for value in values]
    return function(values)


def _finite(value):
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _text(name, value):
    if name.endswith("_bytes"):
        return {"b64": base64.b64encode(value).decode()}
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise RestError(
            500, f'output "{name}" is no text, and its name not "..._bytes"'
        ) from None


def read_output(value, spec):
    """What `write_tensor`, or a model server, wrote, as an array.

    Args:
        value: what `json.loads` made of it.
        spec: `TensorSpec`.
    """
    if spec.dtype != "DT_STRING":
        # NumPy reads the words for what is not finite.
        return np.array(value, spec.numpy_dtype)
    shape, leaves = _flatten("", value)
    array = np.empty(len(leaves), object)
    array[:] = [_bytes("", leaf) for leaf in leaves]
    return array.reshape(shape)
