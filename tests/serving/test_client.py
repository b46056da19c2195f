"""The clients, against the package's server and the published stubs."""

import socket

import numpy as np
import pytest

from tests.serving import models
from tf_gans.errors import RunError, UserError
from tf_gans.serving import client as clients
from tf_gans.serving.server import Server


@pytest.fixture(scope="module")
def server():
    with Server(models.model("classes")) as server:
        server.start()
        yield server


@pytest.fixture(scope="module")
def grpc_port():
    pytest.importorskip(
        "tensorflow_serving", reason="tensorflow-serving-api is not installed"
    )
    from tests.serving_helpers import loopback

    with loopback.serve(models.path("classes"), "classes") as ports:
        yield ports[0]


@pytest.fixture(scope="module", params=["rest", "grpc"])
def client(request):
    if request.param == "rest":
        url = request.getfixturevalue("server").url
        with clients.RestClient(url, "classes") as client:
            yield client
    else:
        port = request.getfixturevalue("grpc_port")
        with clients.GrpcClient(f"127.0.0.1:{port}", "classes") as client:
            yield client


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_signatures(client):
    of_model = models.model("classes").signatures
    assert client.signatures.keys() == of_model.keys()
    for name, signature in client.signatures.items():
        for kind in ("inputs", "outputs"):
            known = getattr(of_model[name], kind)
            found = getattr(signature, kind)
            assert found.keys() == known.keys()
            for key, spec in found.items():
                assert (spec.dtype, spec.shape) == (
                    known[key].dtype,
                    known[key].shape,
                )


def test_every_signature(client):
    """The same bits as from the model itself, whatever the way."""
    model, rng = models.model("classes"), np.random.default_rng(0)
    labels = np.array([0, 2], np.int32)
    inputs = {
        "serving_default": {"z": rng.normal(size=(2, 100)).astype("f4")},
        "sample": {"seeds": np.array([1, 2**60])},
        "sample_png": {"seeds": np.array([1, 2**60])},
        "generate": {"seed": np.array(7, np.int64)},
        "discriminate": {
            "samples": rng.normal(size=(2, 28, 28, 3)).astype("f4")
        },
    }
    assert inputs.keys() == model.signatures.keys()
    for name, values in inputs.items():
        expected = model.run(name, {**values, "labels": labels})
        # Whatever becomes an array will do.
        values = {k: v.tolist() for k, v in values.items()}
        answer = client.predict(name, **values, labels=[0, 2])
        assert answer.keys() == expected.keys()
        for key in expected:
            assert answer[key].dtype == expected[key].dtype
            np.testing.assert_array_equal(answer[key], expected[key])


def test_mistakes(client):
    with pytest.raises(
        UserError, match=r"no signature smaple; it has .*sample"
    ):
        client.predict("smaple", seeds=[1])
    with pytest.raises(UserError, match="labels"):
        client.predict("sample", seeds=[1], labels=[3])


def test_a_model_that_is_not_there(server, grpc_port):
    with pytest.raises(UserError, match='no model "digits"'):
        clients.RestClient(server.url, "digits")
    with pytest.raises(UserError, match=r"not found.*digits"):
        clients.GrpcClient(f"127.0.0.1:{grpc_port}", "digits")


def test_no_server(free_port):
    with pytest.raises(clients.NoServer, match="Connection refused"):
        clients.RestClient(f"http://127.0.0.1:{free_port}", "digits")


def test_no_server_over_grpc(free_port):
    pytest.importorskip("tensorflow_serving")
    with pytest.raises(clients.NoServer, match="does not answer: UNAVAILABLE"):
        clients.GrpcClient(f"127.0.0.1:{free_port}", "digits", timeout=5)


def test_without_the_stubs(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(UserError, match="of the extra serving: pip install"):
        clients.GrpcClient("127.0.0.1:1", "digits")


def test_an_answer_that_is_none(server, monkeypatch):
    client = clients.RestClient(server.url, "classes")
    monkeypatch.setattr(server.model, "predict", lambda path, body: b"[]")
    with pytest.raises(RunError, match="no answer of the signature"):
        client.predict("sample", seeds=[1], labels=[1])


def test_how_to_start():
    docker, server = clients.how_to_start("digits").split("\n")
    assert docker.startswith("docker run -p 127.0.0.1:8501:8501 ")
    assert docker.endswith("-e MODEL_NAME=digits -t tensorflow/serving")
    assert server.startswith("tensorflow_model_server ")
    assert "--rest_api_port=8501 --model_name=digits" in server
