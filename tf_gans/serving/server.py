"""A small server of one model, and of the page that explores it.

It listens on the loopback interface alone and is meant for one person at a
time. What it answers at `/v1/models/...` is TensorFlow Serving's REST
interface: `GET` of a model's status and metadata, `POST` of `:predict`. Besides
there are the page's files and `/description`, which is what the export says of
itself, with `name`, `version`, `remote`, the address of the server that
requests are handed on to, and `png_chunks`, in base64: what a PNG of a sample
says of how it was made.

Every mistake is answered with `{"error": "..."}` and a status, and the server
goes on: after a client that goes away, too.
"""

import base64
import contextlib
import http.server
import json
import pathlib
import re
import socket
import sys
import threading
import urllib.parse

from tf_gans import provenance
from tf_gans.errors import UserError
from tf_gans.serving import rest
from tf_gans.serving.signatures import RestError

PAGE = pathlib.Path(__file__).parent / "page"
MAX_BODY = 16 * 2**20  # bytes of a request

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_JSON = "application/json"
# Nothing of the page comes from elsewhere, and nothing goes there.
_POLICY = "default-src 'self'; img-src 'self' data: blob:"
_MODEL = re.compile(
    r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d{1,18}))?"
    r"(?P<rest>/metadata|:\w+)?"
)
_IDLE = 60  # seconds that a connection may say nothing
_LINGER = 2  # seconds to read what nobody wants, before a connection ends


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one connection; `server.model` is a `SavedModel` or `Remote`."""

    server: "Server"
    protocol_version = "HTTP/1.1"
    server_version = "tf_gans"
    sys_version = ""
    timeout = _IDLE
    # An answer is one packet more than its head: without this, it would wait
    # for the client to confirm the head.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self):
        """Answers with a file, the description, a status or the metadata."""
        with self._answering():
            path = urllib.parse.urlsplit(self.path).path
            if path == "/description":
                self._send(200, _JSON, self.server.description)
            elif path.startswith("/v1/"):
                self._send(200, _JSON, self._get(path))
            else:
                self._send_file(path)

    do_HEAD = do_GET

    def do_POST(self):
        """Answers a request for predictions."""
        with self._answering():
            body = self._read()
            path = urllib.parse.urlsplit(self.path).path
            model = self._match(path)
            if model["rest"] != ":predict":
                raise RestError(
                    404,
                    f"{path}: not served here: POST goes to "
                    "/v1/models/NAME:predict",
                )
            answer = self.server.model.predict(model, body)
            self._send(200, _JSON, answer)

    def _get(self, path):
        model = self._match(path)
        if model["rest"] is None:
            return self.server.model.status(model)
        if model["rest"] == "/metadata":
            return self.server.model.metadata(model)
        raise RestError(405, f"{path}: takes POST; received {self.command}")

    def _match(self, path):
        model = _MODEL.fullmatch(path)
        if model is None:
            raise RestError(
                404,
                f"{path}: not served here: there are /v1/models/NAME, "
                "/v1/models/NAME/metadata and /v1/models/NAME:predict",
            )
        return model

    def _read(self):
        """The body of a request, which must say how long it is."""
        text = self.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            self.close_connection = True
            raise RestError(
                411, "a request must say its length: Content-Length is missing"
            )
        length = int(text)
        if length > MAX_BODY:
            self.close_connection = True
            raise RestError(
                413,
                f"the body must have at most {MAX_BODY} bytes; received "
                f"{length}",
            )
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("the client went away")
        return body

    def handle_expect_100(self):
        """Does not ask for a body that is too large."""
        length = self.headers.get("Content-Length", "")
        if length.isdecimal() and int(length[:20]) > MAX_BODY:
            return True  # its method answers with 413
        return super().handle_expect_100()

    @contextlib.contextmanager
    def _answering(self):
        """Turns what goes wrong into an answer."""
        try:
            yield
        except RestError as error:
            self._send(error.status, _JSON, rest.write_error(error.message))
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            # Not one list of errors: a graph's own operations raise what they
            # like, such as MemoryError, and so would a fault of this program.
            # Unanswered, the client would only see its connection end. What
            # ends the program, as Ctrl-C does, is no Exception.
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            print(f"{self.path}: {reason}", file=sys.stderr)
            self._send(500, _JSON, rest.write_error(reason))

    def _send_file(self, path):
        name = "explore.html" if path == "/" else path.removeprefix("/")
        # By name, so that no path leads out of the directory.
        files = {file.name: file for file in PAGE.iterdir()}
        if name not in files or pathlib.Path(name).suffix not in _TYPES:
            raise RestError(404, f"{path}: not found; the page is at /")
        content = files[name].read_bytes()
        self._send(200, _TYPES[files[name].suffix], content)

    def _send(self, status, content_type, content):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", _POLICY)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def send_error(self, code, message=None, explain=None):
        """Answers what is no request of ours as all other mistakes."""
        self.close_connection = True
        # Of a line that is none, no version is known, and the answer would
        # have no head.
        self.request_version = self.protocol_version
        text = message or http.HTTPStatus(code).phrase
        with contextlib.suppress(OSError):
            self._send(code, _JSON, rest.write_error(text))

    def finish(self):
        """Lets the client read the answer before the connection ends.

        With bytes of a request that were not read, the system would end it at
        once, and the answer would be lost.
        """
        with contextlib.suppress(OSError):
            super().finish()
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER)
            left = 4 * MAX_BODY
            while left > 0 and (got := self.connection.recv(2**16)):
                left -= len(got)

    def log_message(self, *args):
        """Says nothing: a slider asks many times a second."""


class Server(http.server.ThreadingHTTPServer):
    """Serves a model on the loopback interface; a context manager.

    Requests are answered in threads, from `start` to the end of the `with`
    statement.

    Args:
        model: `SavedModel` or `Remote`.
        port: int. 0 for any that is free.

    Attributes:
        url: str, of the page.

    Raises:
        UserError: the port cannot be had.

    Example:

    >>> path = pathlib.Path("saved_models/gaussian/1")
    >>> with Server(SavedModel(path, "gaussian"), 0) as server:
    ...     server.start()
    ...     urllib.request.urlopen(server.url + "v1/models/gaussian").read()
    """

    daemon_threads = True
    # Connections that may wait to be accepted. A burst of clients overflows
    # the standard library's five, and the system refuses or resets the rest.
    request_queue_size = 128
    # A port that has just been left is free; one that is in use is not.
    allow_reuse_address = True

    def __init__(self, model, port=0):
        try:
            super().__init__(("127.0.0.1", port), Handler)
        except OSError as error:
            raise UserError(
                f"--port {port}: cannot be had: {error.strerror}; name another "
                "one, or 0 for any that is free"
            ) from None
        self.model = model
        self.url = f"http://127.0.0.1:{self.server_port}/"
        about = {
            "name": model.name,
            "version": model.version,
            "remote": getattr(model, "url", None),
            **model.description,
            "png_chunks": _png_chunks(model.description.get("about")),
        }
        self.description = json.dumps(about).encode()
        self._thread = None

    def start(self):
        """Begins to answer, in a thread of its own."""
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    def __exit__(self, *args):
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
        self.server_close()

    def handle_error(self, request, client_address):
        """Says nothing of clients that go away: that is no error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _png_chunks(about):
    """The chunks of a PNG of a sample, in base64.

    Args:
        about: what the description says of it, which is a dict, or is left out.
    """
    said = about if isinstance(about, dict) else {}
    chunks = provenance.png_chunks({**said, "generated": True})
    return base64.b64encode(chunks).decode()
