"""The protocol: what a request becomes, what it is refused for, its answer."""

import base64
import json
import math

import numpy as np
import pytest

from tf_gans.serving import rest
from tf_gans.serving.signatures import RestError, TensorSpec, read_metadata
from tf_gans.serving.tensors import read_tensor


def tensor(dtype, *sizes):
    dims = [{"size": str(size), "name": ""} for size in sizes]
    return {
        "dtype": dtype,
        "tensor_shape": {"dim": dims, "unknown_rank": False},
        "name": "x:0",
    }


METADATA = {
    "model_spec": {"name": "m", "signature_name": "", "version": "1"},
    "metadata": {
        "signature_def": {
            "signature_def": {
                "serving_default": {
                    "inputs": {"z": tensor("DT_FLOAT", -1, 2)},
                    "outputs": {"samples": tensor("DT_FLOAT", -1, 1)},
                },
                "sample": {
                    "inputs": {
                        "seeds": tensor("DT_INT64", -1),
                        "labels": tensor("DT_INT32", -1),
                    },
                    "outputs": {"samples": tensor("DT_FLOAT", -1, 1)},
                },
                "generate": {
                    "inputs": {
                        "num_samples": tensor("DT_INT32"),
                        "seed": tensor("DT_INT64"),
                    },
                    "outputs": {
                        "samples": tensor("DT_FLOAT", -1, 1),
                        "z": tensor("DT_FLOAT", -1, 2),
                    },
                },
                "words": {
                    "inputs": {"text": tensor("DT_STRING", -1)},
                    "outputs": {
                        "png_bytes": tensor("DT_STRING", -1),
                        "text": tensor("DT_STRING", -1),
                    },
                },
                "__saved_model_init_op": {
                    "inputs": {},
                    "outputs": {
                        "__saved_model_init_op": {
                            "dtype": "DT_INVALID",
                            "tensor_shape": {"dim": [], "unknown_rank": True},
                            "name": "NoOp",
                        }
                    },
                },
            }
        }
    },
}
SIGNATURES = read_metadata(
    METADATA, {"labels": (0, 2), "num_samples": (1, 100)}
)


def read(**request):
    return rest.read_request(json.dumps(request).encode(), SIGNATURES)


def test_metadata():
    assert set(SIGNATURES) == {"serving_default", "sample", "generate", "words"}
    sample = SIGNATURES["sample"]
    assert sample.inputs["labels"] == TensorSpec("DT_INT32", (None,), 0, 2)
    assert sample.inputs["seeds"] == TensorSpec("DT_INT64", (None,))
    assert SIGNATURES["generate"].inputs["seed"].shape == ()
    assert str(SIGNATURES["serving_default"].inputs["z"]) == (
        "float32 of shape (?, 2)"
    )
    unknown = TensorSpec("DT_STRING", None)
    assert str(unknown) == "string"
    assert unknown.is_rows


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        [],
        {"metadata": {"signature_def": None}},
        {
            "metadata": {
                "signature_def": {
                    "signature_def": {
                        "f": {"outputs": {"y": tensor("DT_VARIANT")}}
                    }
                }
            }
        },
    ],
)
def test_what_is_no_metadata(metadata):
    with pytest.raises(ValueError, match="are not those of a model"):
        read_metadata(metadata)


# Requests ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "by_rows"),
    [
        ({"instances": [[1, 2], [3, 4.5]]}, True),
        ({"instances": [{"z": [1, 2]}, {"z": [3, 4.5]}]}, True),
        ({"inputs": [[1, 2], [3, 4.5]]}, False),
        ({"inputs": {"z": [[1, 2], [3, 4.5]]}}, False),
        ({"inputs": {"z": [[1, 2], [3, 4.5]]}, "signature_name": ""}, False),
    ],
)
def test_all_forms_of_a_single_input(request_, by_rows):
    signature, arrays, rows = read(**request_)
    assert signature.name == "serving_default"
    assert rows is by_rows
    assert arrays["z"].dtype == np.float32
    np.testing.assert_array_equal(arrays["z"], [[1, 2], [3, 4.5]])


@pytest.mark.parametrize(
    "values",
    [
        {
            "instances": [
                {"seeds": 2**62, "labels": 0},
                {"labels": 2, "seeds": -1},
            ]
        },
        {"inputs": {"labels": [0, 2], "seeds": [2**62, -1]}},
    ],
)
def test_several_inputs(values):
    _, arrays, _ = read(signature_name="sample", **values)
    assert arrays["seeds"].dtype == np.int64
    assert arrays["labels"].dtype == np.int32
    assert arrays["seeds"].tolist() == [2**62, -1]
    assert arrays["labels"].tolist() == [0, 2]


def test_scalars_and_empty_columns():
    inputs = {"num_samples": 3, "seed": 2**63 - 1}
    _, arrays, _ = read(signature_name="generate", inputs=inputs)
    assert arrays["seed"] == 2**63 - 1
    assert arrays["num_samples"].shape == ()
    empty = {"seeds": [], "labels": []}
    _, arrays, _ = read(signature_name="sample", inputs=empty)
    assert arrays["seeds"].shape == (0,)


def test_bytes():
    encoded = {"b64": base64.b64encode(b"\xff\x00").decode()}
    for key in ("instances", "inputs"):
        _, arrays, _ = read(**{"signature_name": "words", key: ["é", encoded]})
        assert arrays["text"].tolist() == ["é".encode(), b"\xff\x00"]


GENERATE = {"signature_name": "generate"}
SAMPLE = {"signature_name": "sample"}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({}, '"instances", a list of rows, or "inputs"'),
        ({"instances": [], "inputs": []}, "received both"),
        ({"instances": []}, "received []"),
        ({"instances": {"z": 1}}, "must be a list of rows"),
        ({"instance": [1]}, 'unknown key "instance"'),
        (
            {"signature_name": "smaple", "instances": [1]},
            'unknown signature "smaple": the model has "generate", "sample", '
            '"serving_default", "words"',
        ),
        ({"signature_name": 5, "instances": [1]}, "unknown signature 5"),
        # Names.
        (
            {"inputs": {"x": [[1, 2]]}},
            'unknown input "x" in the request: "serving_default" takes "z"',
        ),
        (
            {**SAMPLE, "inputs": {"seeds": [1]}},
            'missing input "labels" (int32 of shape (?,)) in the request',
        ),
        (
            {**SAMPLE, "instances": [{"seeds": 1, "labels": 1}, {"seeds": 1}]},
            'missing input "labels" (int32 of shape (?,)) in row 1',
        ),
        ({**SAMPLE, "instances": [{"seeds": 1, "labels": 1}, 4]}, "row 1"),
        ({**SAMPLE, "instances": [1, 2]}, 'takes "seeds", "labels"'),
        # Types.
        (
            {"instances": [["a", 2]]},
            'input "z" must be float32 of shape (?, 2); received "a"',
        ),
        ({"instances": [[True, 2]]}, "received true"),
        ({"instances": [[None, 2]]}, "received null"),
        (
            {**GENERATE, "inputs": {"num_samples": 1.0, "seed": 0}},
            "received 1.0",
        ),
        (
            {**GENERATE, "inputs": {"num_samples": "1", "seed": 0}},
            'received "1"',
        ),
        ({"signature_name": "words", "instances": [1]}, "must be a string"),
        ({"signature_name": "words", "instances": [{"b64": "?"}]}, "base64"),
        # Shapes.
        (
            {"instances": [[1, 2, 3]]},
            'input "z" must be float32 of shape (?, 2); received shape (1, 3)',
        ),
        ({"instances": [1, 2]}, "received shape (2,)"),
        ({"inputs": 1}, "received shape ()"),
        ({"inputs": [[1, 2], [3]]}, "is a ragged list: it has 1 values and 2"),
        ({"inputs": [[1, 2], 3]}, "is a ragged list"),
        (
            {**SAMPLE, "inputs": {"seeds": [1, 2], "labels": [0]}},
            '"seeds" 2 and "labels" 1',
        ),
        # By rows, where an input is not one a row.
        (
            {**GENERATE, "instances": [{"num_samples": 1, "seed": 1}]},
            'send "inputs", not "instances"',
        ),
        # Ranges.
        (
            {**SAMPLE, "inputs": {"seeds": [1], "labels": [3]}},
            'input "labels" must be from 0 to 2; received 3',
        ),
        (
            {**SAMPLE, "inputs": {"seeds": [1], "labels": [-1]}},
            "received -1",
        ),
        (
            {**GENERATE, "inputs": {"num_samples": 101, "seed": 1}},
            'input "num_samples" must be from 1 to 100; received 101',
        ),
        ({**GENERATE, "inputs": {"num_samples": 0, "seed": 1}}, "received 0"),
        ({**SAMPLE, "inputs": {"seeds": [2**63], "labels": [0]}}, "to 922"),
        ({"inputs": [[1e39, 0]]}, "and finite; received 1e+39"),
        ({"inputs": [[10**400, 0]]}, "and finite; received 1000"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_mistakes(request_, words):
    with pytest.raises(RestError) as error:
        read(**request_)
    assert error.value.status == 400
    assert words in error.value.message
    assert "\n" not in error.value.message
    assert len(error.value.message) < 300


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x01", "not JSON"),
        (b"[1]", "must be a JSON object; received [1]"),
        (b'{"inputs": [[NaN, 0]]}', "NaN is not JSON"),
        (b'{"inputs": [[-Infinity, 0]]}', "-Infinity is not JSON"),
        (b'{"inputs": [[1e999, 0]]}', "finite; received inf"),
        (b'{"inputs": ' + b"[" * 10**5 + b"]" * 10**5 + b"}", "deep"),
        (b'{"inputs": [[' + b"9" * 5000 + b", 0]]}", "not JSON"),
        (b'{"inputs": {"\\ud800": 1}}', 'unknown input "\\ud800"'),
    ],
    ids=range(10),
)
def test_what_is_no_request(body, words):
    with pytest.raises(RestError) as error:
        rest.read_request(body, SIGNATURES)
    assert error.value.status == 400
    assert words in error.value.message
    assert json.loads(rest.write_error(error.value.message))["error"]


@pytest.mark.parametrize(
    ("dtype", "good", "bad"),
    [
        ("DT_BOOL", [True, False], 1),
        ("DT_UINT8", [0, 255], 256),
        ("DT_INT8", [-128, 127], -129),
        ("DT_DOUBLE", [1e300, 3], "1"),
        ("DT_HALF", [0.5, 65504], 65536),
        ("DT_UINT64", [0, 2**64 - 1], -1),
    ],
)
def test_types(dtype, good, bad):
    spec = TensorSpec(dtype, (None,))
    array = read_tensor("x", good, spec)
    assert array.dtype == spec.numpy_dtype
    assert array.tolist() == good
    with pytest.raises(RestError, match="must be"):
        read_tensor("x", [bad], spec)


# Answers ----------------------------------------------------------------------


def answer(outputs, by_rows):
    def refuse(word):
        raise AssertionError(word)

    body = rest.write_answer(outputs, by_rows)
    return json.loads(body, parse_constant=refuse)


ONE = {"samples": np.array([[1.5], [2]], np.float32)}
TWO = {"x": np.array([1, 2]), "y": np.array([[True], [False]])}


def test_answers():
    assert answer(ONE, True) == {"predictions": [[1.5], [2.0]]}
    assert answer(ONE, False) == {"outputs": [[1.5], [2.0]]}
    assert answer(TWO, True) == {
        "predictions": [{"x": 1, "y": [True]}, {"x": 2, "y": [False]}]
    }
    assert answer(TWO, False) == {
        "outputs": {"x": [1, 2], "y": [[True], [False]]}
    }
    assert answer({"x": np.float32(3)}, False) == {"outputs": 3.0}


def test_bytes_and_text():
    outputs = {
        "png_bytes": np.array([b"\x89P"], object),
        "text": np.array(["é".encode()], object),
    }
    assert answer(outputs, True) == {
        "predictions": [{"png_bytes": {"b64": "iVA="}, "text": "é"}]
    }
    with pytest.raises(RestError, match="is no text") as error:
        rest.write_answer({"png": outputs["png_bytes"]}, True)
    assert error.value.status == 500


def test_what_is_not_finite_is_a_string():
    values = np.array([[np.nan, np.inf], [-np.inf, 1]], np.float32)
    written = answer({"x": values}, False)
    assert written == {"outputs": [["NaN", "Infinity"], ["-Infinity", 1.0]]}


@pytest.mark.parametrize(
    "outputs",
    [{"x": np.float32(1)}, {"x": np.zeros(2), "y": np.zeros(3)}],
)
def test_outputs_that_are_no_rows(outputs):
    with pytest.raises(RestError, match='send "inputs"') as error:
        rest.write_answer(outputs, True)
    assert error.value.status == 400


# A client and a server --------------------------------------------------------


def test_there_and_back():
    """Every float32 comes back with the same bits."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(50, 2)).astype(np.float32)
    z[0] = 1e-45, math.nextafter(1, 2)
    body = rest.write_request("serving_default", {"z": z})
    signature, arrays, by_rows = rest.read_request(body, SIGNATURES)
    np.testing.assert_array_equal(arrays["z"], z)
    body = rest.write_answer({"samples": z[:, :1]}, by_rows)
    outputs = rest.read_answer(body, signature)
    assert outputs["samples"].dtype == np.float32
    np.testing.assert_array_equal(outputs["samples"], z[:, :1])


def test_a_client_reads_what_is_not_finite_in_both_forms():
    signature = SIGNATURES["serving_default"]
    for body in (
        b'{"outputs": [[NaN], [-Infinity], [1]]}',
        b'{"outputs": [["NaN"], ["-Infinity"], [1]]}',
    ):
        samples = rest.read_answer(body, signature)["samples"]
        np.testing.assert_array_equal(samples, [[np.nan], [-np.inf], [1]])


def test_a_client_reads_bytes():
    outputs = {
        "png_bytes": np.array([b"\x89P", b""], object),
        "text": np.array([b"a", b"b"], object),
    }
    body = rest.write_answer(outputs, False)
    back = rest.read_answer(body, SIGNATURES["words"])
    for name, array in outputs.items():
        assert back[name].tolist() == array.tolist()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"outputs": "x"}', b'{"outputs": [[1], 2]}']
)
def test_a_client_refuses_what_is_no_answer(body):
    with pytest.raises(ValueError, match='no answer of the signature "serving'):
        rest.read_answer(body, SIGNATURES["serving_default"])
