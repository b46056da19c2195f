"""Another server behind the page's: one that lives, dies, or never was."""

import socket
import threading

import pytest

from tests.serving import models
from tests.serving.requests import get, lives, post, serving
from tf_gans.errors import UserError
from tf_gans.serving import model as backends
from tf_gans.serving.model import Remote, guess_description
from tf_gans.serving.server import Server


@pytest.fixture(scope="module")
def gaussian():
    with serving("gaussian") as server:
        yield server


def test_a_remote_server(gaussian):
    remote = Remote(gaussian.url, "gaussian", gaussian.model.description)
    with Server(remote) as server:
        server.start()
        for path in ("/v1/models/gaussian", "/v1/models/gaussian/metadata"):
            assert get(server, path) == get(gaussian, path)
        request = {"signature_name": "sample", "instances": [1, 2]}
        assert post(server, **request) == post(gaussian, **request)
        # Its mistakes keep their status, and say whose they are.
        status, answer = post(server, instances=[[1, 2]])
        assert status == 400
        assert answer["error"].startswith(gaussian.url.rstrip("/") + ": input")
        status, answer = get(server, "/description")
        assert answer["remote"] == gaussian.url.rstrip("/")
        assert answer["sample_shape"] == [1]


def test_a_remote_server_that_dies():
    with serving("gaussian") as first:
        server = Server(Remote(first.url, "gaussian"))
        server.start()
        lives(server)
    with server:
        status, answer = post(server, instances=[[1]])
        assert status == 502
        assert answer["error"].endswith("does not answer: Connection refused")
        assert get(server, "/description")[0] == 200


def test_no_remote_server():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UserError, match="does not answer: Connection refused"):
        Remote(f"http://127.0.0.1:{port}", "gaussian")


def test_a_server_that_is_no_model_server():
    """One that answers with something else, and one that never does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def answer():
            connection, _ = listening.accept()
            with connection:
                connection.recv(2**16)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n<html>")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(UserError, match="is no model server"):
            Remote(url, "gaussian")
        thread.join()
        with pytest.raises(UserError, match="does not answer: timed out"):
            Remote(url, "gaussian", timeout=0.1)


def test_a_model_that_the_remote_server_lacks(gaussian):
    with pytest.raises(UserError, match='no model "digits" is served here'):
        Remote(gaussian.url, "digits")


def test_what_is_guessed_without_the_export():
    about = guess_description(models.model("grey").signatures)
    assert about["assumed"]
    assert about["latents"]["config"]["shape"] == [100]
    assert about["sample_shape"] == [16, 16, 1]
    assert about["value_range"] is None
    with pytest.raises(UserError, match="is conditional, and only its export"):
        guess_description(models.model("classes").signatures)
    with pytest.raises(UserError, match="is no generator"):
        guess_description({})


def test_no_proxy_stands_before_this_machine(gaussian, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    answer = backends.ask(gaussian.url.rstrip("/"), "/v1/models/gaussian")
    assert b"AVAILABLE" in answer
