"""The server: what it answers, what it refuses, and that it lives on."""

import base64
import concurrent.futures
import contextlib
import http.client
import io
import json
import pathlib
import shutil
import socket
import subprocess
import tomllib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.paths import ROOT
from tests.serving import models
from tests.serving.requests import PREDICT, ask, get, lives, post, serving
from tf_gans import provenance
from tf_gans.errors import UserError
from tf_gans.serving import server as servers
from tf_gans.serving.model import SavedModel
from tf_gans.serving.server import MAX_BODY, PAGE, Server


@pytest.fixture(scope="module")
def gaussian():
    with serving("gaussian") as server:
        yield server


@pytest.fixture(scope="module")
def classes():
    with serving("classes") as server:
        yield server


# What it answers --------------------------------------------------------------


def test_it_listens_on_the_loopback_interface_alone(gaussian):
    assert gaussian.server_address[0] == "127.0.0.1"
    assert gaussian.url == f"http://127.0.0.1:{gaussian.server_port}/"


def test_status_and_metadata(gaussian):
    for path in ("/v1/models/gaussian", "/v1/models/gaussian/versions/1"):
        status, answer = get(gaussian, path)
        assert status == 200
        (version,) = answer["model_version_status"]
        assert version["version"] == "1"
        assert version["state"] == "AVAILABLE"
        status, answer = get(gaussian, f"{path}/metadata")
        assert status == 200
        assert answer["model_spec"]["version"] == "1"
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    assert signatures["generate"]["inputs"]["seed"]["dtype"] == "DT_INT64"
    z = signatures["serving_default"]["inputs"]["z"]
    sizes = [dim["size"] for dim in z["tensor_shape"]["dim"]]
    assert sizes == ["-1", "1"]
    assert z["name"] == "serving_default_z:0"


def test_description(classes):
    status, answer = get(classes, "/description")
    assert status == 200
    assert answer["name"] == "classes"
    assert answer["version"] == "1"
    assert answer["remote"] is None
    assert answer["classes"] == list(models.CLASSES)
    assert answer["sample_shape"] == [28, 28, 3]


def check_texts(png, pixels):
    """Checks a PNG of a sample of the Gaussian that ships."""
    with Image.open(io.BytesIO(png)) as image:
        image.load()  # checks each chunk's checksum
        np.testing.assert_array_equal(np.asarray(image), pixels)
        texts = dict(image.text)
    assert texts["Software"] == provenance.SOFTWARE
    said = json.loads(texts["Comment"])
    assert said["generated"] is True
    assert (said["script"], said["seed"]) == ("gaussian", 42)
    assert "trainedAlgorithmicMedia" in texts["XML:com.adobe.xmp"]


def test_what_a_picture_of_a_sample_says(gaussian):
    _, answer = get(gaussian, "/description")
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    head, rest = png.getvalue()[:33], png.getvalue()[33:]
    check_texts(head + base64.b64decode(answer["png_chunks"]) + rest, pixels)


def test_a_description_that_says_nothing(tmp_path):
    """It was generated all the same."""
    path = tmp_path / "1"
    shutil.copytree(models.path("gaussian"), path)
    description = path / "assets.extra/tf_gans.json"
    about = json.loads(description.read_text("utf-8"))
    for said in (None, "nothing", {"generated": False}):
        description.write_text(json.dumps({**about, "about": said}))
        with Server(SavedModel(path, "gaussian")) as server:
            chunks = json.loads(server.description)["png_chunks"]
        expected = provenance.png_chunks({"generated": True})
        assert base64.b64decode(chunks) == expected


@pytest.mark.skipif(not shutil.which("node"), reason="node is missing")
def test_how_the_page_writes_it(gaussian):
    """The page's own module, run without a browser."""
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    module = base64.b64encode((PAGE / "png.js").read_bytes()).decode()
    script = f"""
        import('data:text/javascript;base64,{module}').then(async (page) => {{
          const [png, chunks] = process.argv.slice(1);
          const blob = new Blob([Buffer.from(png, "base64")]);
          const made = await page.stampPng(blob, chunks).arrayBuffer();
          console.log(Buffer.from(made).toString("base64"));
        }});
    """
    _, answer = get(gaussian, "/description")
    encoded = base64.b64encode(png.getvalue()).decode()
    out = subprocess.run(
        ["node", "-e", script, encoded, answer["png_chunks"]],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    check_texts(base64.b64decode(out), pixels)


def test_predictions_are_the_model_s_own(gaussian):
    loaded = tf.saved_model.load(str(models.path("gaussian")))
    seeds = np.array([0, 5, 2**62])
    expected = loaded.signatures["sample"](seeds=tf.constant(seeds))
    expected = expected["samples"].numpy()
    for path in (PREDICT, "/v1/models/gaussian/versions/1:predict"):
        status, answer = post(
            gaussian, path, signature_name="sample", instances=seeds.tolist()
        )
        assert status == 200
        samples = np.array(answer["predictions"], np.float32)
        np.testing.assert_array_equal(samples, expected)
    inputs = {"num_samples": 4, "seed": 7}
    status, answer = post(gaussian, signature_name="generate", inputs=inputs)
    assert status == 200
    assert set(answer["outputs"]) == {"samples", "z"}


def test_a_conditional_model_and_png_files(classes):
    status, answer = post(
        classes,
        "/v1/models/classes:predict",
        signature_name="sample_png",
        instances=[{"seeds": 1, "labels": 2}, {"seeds": 1, "labels": 0}],
    )
    assert status == 200
    pngs = [base64.b64decode(p["b64"]) for p in answer["predictions"]]
    images = [np.asarray(Image.open(io.BytesIO(png))) for png in pngs]
    assert images[0].shape == (28, 28, 3)
    assert (images[0] != images[1]).any()


def test_the_page_and_its_files(gaussian):
    status, headers, content = ask(gaussian, "/")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"<html" in content
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    for path in sorted(servers.PAGE.iterdir()):
        status, headers, content = ask(gaussian, f"/{path.name}?x=1")
        assert (status, content) == (200, path.read_bytes()), path.name
    status, headers, content = ask(gaussian, "/", method="HEAD")
    assert (status, content) == (200, b"")
    assert int(headers["Content-Length"]) > 100


def test_one_connection_for_many_requests(gaussian):
    connection = http.client.HTTPConnection("127.0.0.1", gaussian.server_port)
    with contextlib.closing(connection):
        for body, expected in ((b'{"instances": [[1]]}', 200), (b"{", 400)) * 3:
            connection.request("POST", PREDICT, body)
            answer = connection.getresponse()
            assert answer.status == expected
            answer.read()


def test_many_at_once(gaussian):
    def request(seed):
        return post(gaussian, signature_name="sample", instances=[seed, 1])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(request, [0, 1, 2, 3] * 8))
    assert answers == [request(seed) for seed in [0, 1, 2, 3]] * 8


def test_a_burst_of_clients_before_any_is_accepted():
    head = b"GET /v1/models/gaussian HTTP/1.1\r\nConnection: close\r\n\r\n"
    server = Server(models.model("gaussian"))
    with server, contextlib.ExitStack() as stack:
        address = ("127.0.0.1", server.server_port)
        # All connect, and ask, while nothing is taken out of the queue.
        connections = [
            stack.enter_context(socket.create_connection(address, timeout=5))
            for _ in range(100)
        ]
        for connection in connections:
            connection.sendall(head)
        server.start()
        for connection in connections:
            with connection.makefile("rb") as answer:
                assert answer.readline() == b"HTTP/1.1 200 OK\r\n"


# Mistakes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "expected", "words"),
    [
        ("/nothing", None, 404, "the page is at /"),
        ("/../server.py", None, 404, "not found"),
        ("/%2e%2e/server.py", None, 404, "not found"),
        ("/v1/models", None, 404, "not served here"),
        ("/v1/models/other", None, 404, 'no model "other"'),
        ("/v1/models/gaussian/versions/2", None, 404, "no version 2"),
        ("/v1/models/gaussian/versions/x", None, 404, "not served here"),
        (PREDICT, None, 405, "takes POST; received GET"),
        ("/v1/models/gaussian/metadata", b"{}", 404, "POST goes to"),
        ("/v1/models/gaussian:classify", b"{}", 404, "POST goes to"),
        ("/description", b"{}", 404, "not served here"),
        ("/v1/models/other:predict", b"{}", 404, '"gaussian" is'),
        (PREDICT, b"", 400, "the body is not JSON"),
        (PREDICT, b'{"instances": [[1, 2]]}', 400, "received shape (1, 2)"),
        (
            PREDICT,
            b'{"signature_name": "generate", "inputs": {"num_samples": '
            b'100000000, "seed": 1}}',
            400,
            "from 1 to 10000; received 100000000",
        ),
        (
            PREDICT,
            json.dumps(
                {"signature_name": "sample", "inputs": list(range(10_001))}
            ).encode(),
            400,
            "at most 10000 rows; received 10001",
        ),
    ],
)
def test_mistakes(gaussian, path, body, expected, words):
    status, headers, content = ask(gaussian, path, body)
    assert status == expected
    assert headers["Content-Type"] == "application/json"
    (message,) = json.loads(content).values()
    assert words in message
    assert "\n" not in message
    lives(gaussian)


def test_what_only_the_graph_refuses(classes):
    """Its assertion, without TensorFlow's words around it."""
    model = models.model("classes")
    z = np.zeros((2, 100), np.float32)
    with pytest.raises(servers.RestError) as error:
        model.run("serving_default", {"z": z, "labels": np.array([0, 3], "i4")})
    assert error.value.status == 400
    assert error.value.message == "`labels` must be less than 3"
    status, answer = post(
        classes,
        "/v1/models/classes:predict",
        inputs={"z": z.tolist(), "labels": [0, 3]},
    )
    assert status == 400
    assert 'input "labels" must be from 0 to 2' in answer["error"]


def test_a_limit_that_the_export_sets(tmp_path):
    path = tmp_path / "1"
    shutil.copytree(models.path("gaussian"), path)
    description = path / "assets.extra/tf_gans.json"
    about = json.loads(description.read_text("utf-8"))
    description.write_text(json.dumps({**about, "max_samples": 5}))
    with Server(SavedModel(path, "gaussian")) as server:
        server.start()
        inputs = {"num_samples": 6, "seed": 0}
        status, answer = post(server, signature_name="generate", inputs=inputs)
        assert status == 400
        assert "from 1 to 5; received 6" in answer["error"]


def test_a_huge_body(gaussian):
    """It is refused by its length, and the client still gets the answer."""
    body = b" " * (MAX_BODY + 1)
    status, headers, content = ask(gaussian, PREDICT, body)
    assert status == 413
    assert headers["Connection"] == "close"
    assert json.loads(content) == {
        "error": f"the body must have at most {MAX_BODY} bytes; received "
        f"{MAX_BODY + 1}"
    }
    lives(gaussian)


def raw(server, *parts):
    """What comes back for some bytes."""
    address = ("127.0.0.1", server.server_port)
    with socket.create_connection(address, timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(2**16), b""))


def test_a_huge_body_is_not_asked_for(gaussian):
    answer = raw(
        gaussian,
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        b"Content-Length: 999999999999\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"POST %b HTTP/1.1\r\nHost: x\r\n\r\n", 411),
        (b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 411),
        (b"POST %b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", 411),
        (b"PUT %b HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"nonsense \x00 %b\r\n\r\n", 400),
    ],
)
def test_what_is_no_http_of_ours(gaussian, text, status):
    answer = raw(gaussian, text % PREDICT.encode())
    head, _, content = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(content)["error"]
    lives(gaussian)


def test_clients_that_go_away(gaussian, capsys):
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    for parts in ((), (b"POST",), (head % PREDICT.encode(), b'{"inst')):
        raw(gaussian, *parts)
    # One that does not wait for its answer.
    body = json.dumps(
        {"signature_name": "sample", "inputs": list(range(5000))}
    ).encode()
    head = f"POST {PREDICT} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    address = ("127.0.0.1", gaussian.server_port)
    with socket.create_connection(address) as connection:
        connection.sendall(head.encode() + body)
        connection.setsockopt(
            # Ends it at once, with what was not read.
            socket.SOL_SOCKET,
            socket.SO_LINGER,
            b"\x01\0\0\0\0\0\0\0",
        )
    lives(gaussian)
    assert capsys.readouterr().err == ""


def test_a_fault_of_our_own_is_no_end(gaussian, monkeypatch, capsys):
    def fail(path, body):
        raise ZeroDivisionError("by zero\nand more")

    monkeypatch.setattr(gaussian.model, "predict", fail)
    status, answer = post(gaussian, instances=[[1]])
    assert status == 500
    assert answer["error"] == "ZeroDivisionError: by zero"
    assert "ZeroDivisionError: by zero" in capsys.readouterr().err
    monkeypatch.undo()
    lives(gaussian)


def test_a_port_in_use(gaussian):
    with pytest.raises(UserError, match=r"--port \d+: cannot be had.*in use"):
        Server(gaussian.model, gaussian.server_port)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("assets.extra/tf_gans.json", "lacks assets.extra/tf_gans.json"),
        ("saved_model.pb", "saved_model.pb"),
    ],
)
def test_an_export_that_lacks_a_file(tmp_path, name, words):
    path = tmp_path / "1"
    shutil.copytree(models.path("gaussian"), path)
    (path / name).unlink()
    with pytest.raises(UserError, match=words):
        SavedModel(path, "gaussian")
    (path / name).write_bytes(b"\xff nonsense")
    with pytest.raises(UserError, match="cannot be read"):
        SavedModel(path, "gaussian")


def test_the_page_s_files_are_installed():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    data = tomllib.loads(text)["tool"]["setuptools"]["package-data"]
    assert data["tf_gans.serving"] == ["page/*"]
    assert pathlib.Path(servers.__file__).parent / "page" == servers.PAGE
