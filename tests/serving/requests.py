"""Requests to a server of a test, as plain as HTTP has them."""

import contextlib
import http.client
import json

from tests.serving import models
from tf_gans.serving.server import Server

PREDICT = "/v1/models/gaussian:predict"


@contextlib.contextmanager
def serving(name):
    with Server(models.model(name)) as server:
        server.start()
        yield server


def ask(server, path, body=None, method=None, **headers):
    """Status, headers and content of an answer."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", server.server_port, timeout=30
    )
    with contextlib.closing(connection):
        method = method or ("GET" if body is None else "POST")
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()


def post(server, path=PREDICT, **request):
    status, headers, content = ask(server, path, json.dumps(request).encode())
    assert headers["Content-Type"] == "application/json"
    return status, json.loads(content)


def get(server, path):
    status, headers, content = ask(server, path)
    assert headers["Content-Type"] == "application/json"
    return status, json.loads(content)


def lives(server):
    status, answer = post(server, instances=[[0.0]])
    assert status == 200
    assert len(answer["predictions"]) == 1
