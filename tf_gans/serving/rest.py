"""TensorFlow Serving's REST protocol, between JSON and arrays.

Plain functions: a request's body becomes the arrays that a signature takes, and
what it returns becomes the answer's body; for a client, the other way round.

A request is `{"signature_name": ..., "instances": [...]}`, a list of rows, or
`{"signature_name": ..., "inputs": ...}`, a tensor for each input. Without a
name it goes to `serving_default`. A row, or `inputs`, of a signature with a
single input may be the value itself. The answer to `instances` is
`{"predictions": [...]}` and to `inputs` `{"outputs": ...}`, where a single
output stands without its name. Bytes are `{"b64": "..."}`; an output of strings
is in base64 if its name ends in `_bytes`, and text if not. A mistake is
answered with `{"error": "..."}`.

Numbers that are not finite have no place in JSON. The model server writes them
as bare words, `NaN`, which browsers and most parsers refuse. Here an answer has
the strings `"NaN"`, `"Infinity"` and `"-Infinity"`, as protocol buffers have in
JSON, and a request must be finite. `read_answer` reads both.

Reference:
- [TensorFlow Serving, RESTful API](
  https://www.tensorflow.org/tfx/serving/api_rest)
"""

import json

import numpy as np

from tf_gans.serving.signatures import RestError, bad, listed, show
from tf_gans.serving.tensors import read_output, read_tensor, write_tensor

DEFAULT_SIGNATURE = "serving_default"

_KEYS = ("signature_name", "instances", "inputs")


def read_request(body, signatures):
    """What a request asks for.

    Args:
        body: bytes, the JSON.
        signatures: dict from names to `Signature`s.

    Returns:
        A tuple: the `Signature`, a dict from the names of all its inputs to
        arrays of their types, and whether the request was by rows.

    Raises:
        RestError: the request is wrong, with status 400.
    """
    request = _parse(body)
    unknown = sorted(set(request) - set(_KEYS))
    if unknown:
        raise bad(
            f"unknown key {show(unknown[0])}: allowed are {listed(_KEYS)}"
        )
    signature = _signature(request, signatures)
    by_rows = "instances" in request
    if by_rows == ("inputs" in request):
        came = "both" if by_rows else "neither"
        raise bad(
            'a request has either "instances", a list of rows, or "inputs", a '
            f"tensor for each input; received {came}"
        )
    if by_rows:
        values = _columns(request["instances"], signature)
    else:
        values = _named(request["inputs"], signature)
    _check_names(values, signature, "the request")
    arrays = {
        name: read_tensor(name, values[name], spec)
        for name, spec in signature.inputs.items()
    }
    _check_rows(arrays, signature)
    return signature, arrays, by_rows


def _parse(body):
    def refuse(word):
        raise ValueError(f"{word} is not JSON: numbers must be finite")

    try:
        request = json.loads(body, parse_constant=refuse)
    except RecursionError:
        raise bad("the body is nested too deeply") from None
    except ValueError as error:  # also of bytes that are no text
        raise bad(f"the body is not JSON: {error}") from None
    if not isinstance(request, dict):
        raise bad(f"the body must be a JSON object; received {show(request)}")
    return request


def _signature(request, signatures):
    name = request.get("signature_name", "") or DEFAULT_SIGNATURE
    if not isinstance(name, str) or name not in signatures:
        raise bad(
            f"unknown signature {show(name)}: the model has "
            f"{listed(sorted(signatures))}"
        )
    return signatures[name]


def _named(value, signature):
    """`inputs` as a dict, where a single tensor need not be named."""
    if isinstance(value, dict) and set(value) != {"b64"}:
        return value
    if len(signature.inputs) != 1:
        raise bad(
            f'"{signature.name}" takes {listed(signature.inputs)}: "inputs" '
            f"must be an object with these names; received {show(value)}"
        )
    return {next(iter(signature.inputs)): value}


def _columns(rows, signature):
    """A list of rows as a column for each input."""
    single = [n for n, spec in signature.inputs.items() if not spec.is_rows]
    if single:
        raise bad(
            f'"{signature.name}" takes {listed(single)} once and not for each '
            'row: send "inputs", not "instances"'
        )
    if not isinstance(rows, list) or not rows:
        raise bad(f'"instances" must be a list of rows; received {show(rows)}')
    named = [isinstance(row, dict) and set(row) != {"b64"} for row in rows]
    if not any(named):
        return _named(rows, signature)
    for number, row in enumerate(rows):
        where = f"row {number} of the request"
        if not named[number]:
            raise bad(
                f"{where} has no names and other rows have: received "
                f"{show(row)}"
            )
        _check_names(row, signature, where)
    return {name: [row[name] for row in rows] for name in signature.inputs}


def _check_names(values, signature, where):
    for name in values:
        if name not in signature.inputs:
            raise bad(
                f'unknown input {show(name)} in {where}: "{signature.name}" '
                f"takes {listed(signature.inputs)}"
            )
    for name, spec in signature.inputs.items():
        if name not in values:
            raise bad(
                f'missing input "{name}" ({spec}) in {where}: '
                f'"{signature.name}" takes {listed(signature.inputs)}'
            )


def _check_rows(arrays, signature):
    """All inputs that are one a row must have as many."""
    rows = {
        name: len(arrays[name])
        for name, spec in signature.inputs.items()
        if spec.is_rows and arrays[name].ndim
    }
    if len(set(rows.values())) > 1:
        found = " and ".join(f'"{k}" {v}' for k, v in rows.items())
        raise bad(
            f'"{signature.name}" takes as many rows of each input; received '
            f"{found}"
        )


# Answers ---------------------------------------------------------------------


def write_answer(outputs, by_rows):
    """The answer's JSON.

    Args:
        outputs: dict from names to arrays, those of strings of bytes.
        by_rows: bool. Whether the request was.

    Returns:
        The body, bytes. It is JSON in the strict sense.

    Raises:
        RestError: the outputs are not one a row, and `by_rows`; or an output is
            neither text nor has a name that ends in `_bytes`.
    """
    outputs = {name: np.asarray(array) for name, array in outputs.items()}
    values = {
        name: write_tensor(name, array) for name, array in outputs.items()
    }
    if by_rows:
        sizes = {array.shape[:1] for array in outputs.values()}
        if len(sizes) != 1 or sizes == {()}:
            raise bad(
                f"the outputs {listed(outputs)} are not one a row: send "
                '"inputs", not "instances"'
            )
        answer = {"predictions": _rows(values)}
    elif len(values) == 1:
        answer = {"outputs": next(iter(values.values()))}
    else:
        answer = {"outputs": values}
    return json.dumps(answer, allow_nan=False).encode()


def _rows(values):
    if len(values) == 1:
        return next(iter(values.values()))
    return [
        dict(zip(values, row, strict=True))
        for row in zip(*values.values(), strict=True)
    ]


def write_error(message):
    """The body of an answer to a mistake: bytes."""
    return json.dumps({"error": " ".join(message.split())}).encode()


# The client's side -----------------------------------------------------------


def write_request(signature_name, inputs):
    """A request by columns.

    Args:
        signature_name: str.
        inputs: dict from names to arrays.

    Returns:
        The body, bytes.
    """
    values = {
        name: write_tensor("_bytes", np.asarray(array))
        for name, array in inputs.items()
    }
    request = {"signature_name": signature_name, "inputs": values}
    return json.dumps(request, allow_nan=False).encode()


def read_answer(body, signature):
    """The outputs in the answer to a request by columns.

    Args:
        body: bytes, the JSON. Numbers that are not finite may be bare words or
            strings.
        signature: the `Signature` that was asked.

    Returns:
        A dict from names to arrays; those of strings hold bytes.

    Raises:
        ValueError: it is not such an answer.
    """
    try:
        outputs = json.loads(body)["outputs"]
        if len(signature.outputs) == 1:
            outputs = {next(iter(signature.outputs)): outputs}
        return {
            name: read_output(outputs[name], spec)
            for name, spec in signature.outputs.items()
        }
    except (KeyError, TypeError, ValueError, RestError) as error:
        raise ValueError(
            f'It is no answer of the signature "{signature.name}": {error!r}'
        ) from None
