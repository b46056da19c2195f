"""What a model's signatures take and return, as its metadata say it."""

import dataclasses
import json

import numpy as np

_DTYPES = {
    "DT_HALF": np.float16,
    "DT_FLOAT": np.float32,
    "DT_DOUBLE": np.float64,
    "DT_INT8": np.int8,
    "DT_INT16": np.int16,
    "DT_INT32": np.int32,
    "DT_INT64": np.int64,
    "DT_UINT8": np.uint8,
    "DT_UINT16": np.uint16,
    "DT_UINT32": np.uint32,
    "DT_UINT64": np.uint64,
    "DT_BOOL": np.bool_,
    "DT_STRING": np.object_,
}
_SHOWN = 60  # characters of what came


class RestError(Exception):
    """A request that cannot be answered.

    Args:
        status: int. The HTTP status: 400 for a mistake in the request, 404 for
            a model that is not there.
        message: str of one line.
    """

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.message = message


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """What is known of an input or an output.

    Args:
        dtype: str, as the metadata have it: `"DT_FLOAT"`.
        shape: tuple of ints, with None for a size that is free; or None.
        low, high: int or None. The ends of what an input may hold.
    """

    dtype: str
    shape: tuple | None
    low: int | None = None
    high: int | None = None

    @property
    def numpy_dtype(self):
        """The NumPy type; that of strings is `object`, for bytes."""
        return np.dtype(_DTYPES[self.dtype])

    @property
    def is_rows(self):
        """Whether the first axis is the batch."""
        return self.shape is None or self.shape[:1] == (None,)

    def __str__(self):
        name = "string" if self.dtype == "DT_STRING" else self.numpy_dtype.name
        if self.shape is None:
            return name
        return f"{name} of shape {shape_text(self.shape)}"


@dataclasses.dataclass(frozen=True)
class Signature:
    """One of a model's functions.

    Args:
        name: str.
        inputs, outputs: dicts from names to `TensorSpec`s.
    """

    name: str
    inputs: dict
    outputs: dict


def read_metadata(metadata, bounds=None):
    """The signatures in the answer to `GET /v1/models/NAME/metadata`.

    Args:
        metadata: dict, the JSON.
        bounds: dict from names of inputs to pairs `(low, high)`, for what the
            metadata do not say. Defaults to `None`: nothing is known.

    Returns:
        A dict from names to `Signature`s. Those that only initialise the model
        are left out.

    Raises:
        ValueError: it is something else.
    """
    try:
        found = metadata["metadata"]["signature_def"]["signature_def"]
        return {
            name: Signature(
                name,
                _read_specs(signature.get("inputs", {}), bounds or {}),
                _read_specs(signature["outputs"], {}),
            )
            for name, signature in found.items()
            if not name.startswith("__saved_model_")
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"The metadata are not those of a model: {error!r}"
        ) from None


def _read_specs(tensors, bounds):
    specs = {}
    for name, tensor in tensors.items():
        if tensor["dtype"] not in _DTYPES:
            raise ValueError(f"{name} is of type {tensor['dtype']}")
        shape = tensor.get("tensor_shape", {})
        sizes = [int(dim["size"]) for dim in shape.get("dim", ())]
        specs[name] = TensorSpec(
            tensor["dtype"],
            None
            if shape.get("unknown_rank")
            else tuple(None if size < 0 else size for size in sizes),
            *bounds.get(name, ()),
        )
    return specs


# Words -----------------------------------------------------------------------


def bad(message):
    """A `RestError` of a request that is wrong."""
    return RestError(400, " ".join(message.split()))


def show(value):
    """What came, as JSON, and of that the beginning."""
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def listed(names):
    """Names in quotation marks, with commas between them."""
    return ", ".join(f'"{name}"' for name in names)


def shape_text(shape):
    """A shape as Python has it, with ? for a size that is free."""
    sizes = ["?" if size is None else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
