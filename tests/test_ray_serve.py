"""`examples/ray_serve/`: a distributed server, started and asked as by users."""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow as tf

from tests.paths import ROOT

EXAMPLE = ROOT / "examples" / "ray_serve" / "serve_model.py"
MODEL = ROOT / "saved_models" / "gaussian"


def free_ports(number):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    pytest.importorskip("ray.serve", reason="the extra ray is not installed")
    http, grpc = free_ports(2)
    child = subprocess.Popen(
        [
            *(sys.executable, EXAMPLE, MODEL),
            *("--http-port", str(http), "--grpc-port", str(grpc)),
        ],
        cwd=tmp_path_factory.mktemp("ray"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    try:
        for line in child.stdout:
            said.append(line)
            if line.startswith("http://"):
                break
        else:
            pytest.fail("".join(said))
        yield http, grpc
    finally:
        child.send_signal(2)
        child.communicate(timeout=60)


@pytest.fixture(scope="module")
def loaded():
    return tf.saved_model.load(str(MODEL / "1"))


def ask(port, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    url = f"http://127.0.0.1:{port}{path}"
    try:
        with urllib.request.urlopen(url, data, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.slow
def test_rest(ports, loaded):
    body = {"signature_name": "sample", "instances": [1, 2, 3]}
    status, answer = ask(ports[0], "/v1/models/gaussian:predict", body)
    seeds = tf.constant([1, 2, 3], tf.int64)
    expected = loaded.signatures["sample"](seeds=seeds)["samples"]
    assert status == 200
    np.testing.assert_array_equal(
        np.array(answer["predictions"], np.float32), expected
    )
    status, answer = ask(ports[0], "/v1/models/gaussian")
    assert status == 200
    assert answer["model_version_status"][0]["state"] == "AVAILABLE"


@pytest.mark.slow
def test_grpc(ports, loaded):
    pytest.importorskip(
        "tensorflow_serving", reason="the extra serving is not installed"
    )
    import grpc
    from tensorflow_serving.apis import (
        predict_pb2,
        prediction_service_pb2_grpc,
    )

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "gaussian"
    request.model_spec.signature_name = "generate"
    request.inputs["num_samples"].CopyFrom(tf.make_tensor_proto(4))
    seed = tf.constant(9, tf.int64)
    request.inputs["seed"].CopyFrom(tf.make_tensor_proto(seed))
    metadata = [("application", "gaussian")]  # Ray's: which one is asked
    with grpc.insecure_channel(f"127.0.0.1:{ports[1]}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        answer = stub.Predict(request, timeout=60, metadata=metadata)
    expected = loaded.signatures["generate"](
        num_samples=tf.constant(4), seed=seed
    )
    for name in ("samples", "z"):
        np.testing.assert_array_equal(
            tf.make_ndarray(answer.outputs[name]), expected[name]
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        (":predict", {"instances": [["x"]]}, 400, "x"),
        (":predict", {"signature_name": "no", "instances": []}, 400, "no"),
        (
            ":predict",
            {
                "signature_name": "generate",
                "inputs": {"num_samples": 10**6, "seed": 1},
            },
            400,
            "10000",
        ),
        (":classify", {}, 404, ":classify"),
        ("s", None, 404, "gaussians"),
    ],
)
def test_mistakes_are_answered(ports, path, body, status, words):
    """And the server lives on."""
    code, answer = ask(ports[0], f"/v1/models/gaussian{path}", body)
    assert code == status
    assert words in answer["error"]
    assert ask(ports[0], "/v1/models/gaussian")[0] == 200
