"""What a server answers from: a SavedModel, or another server.

Both have the same four methods. What they raise as a `RestError` becomes an
answer with its status and message.
"""

import contextlib
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import numpy as np

from tf_gans.errors import UserError
from tf_gans.serving import rest
from tf_gans.serving.signatures import RestError, read_metadata

# Of an export that sets no limit of its own, so that one request cannot take
# all of the memory.
MAX_SAMPLES = 10_000

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SavedModel:
    """An exported version, loaded.

    Args:
        path: `pathlib.Path` of the version, `NAME/VERSION`.
        name: str. What requests call the model.

    Attributes:
        name, version: strs.
        description: dict, what the export says of itself.
        signatures: dict from names to `Signature`s.

    Raises:
        UserError: it cannot be read, or says nothing of itself.
    """

    def __init__(self, path, name):
        import tensorflow as tf
        from google.protobuf import json_format, message
        from tensorflow.core.protobuf import saved_model_pb2

        from tf_gans.export import DESCRIPTION

        self.name = name
        self.version = path.name if path.name.isdecimal() else "1"
        try:
            text = (path / DESCRIPTION).read_text("utf-8")
            self.description = json.loads(text)
            needed = ("latents", "sample_shape")
            if any(self.description.get(name) is None for name in needed):
                raise ValueError(f"{DESCRIPTION} describes no generator")
            proto = saved_model_pb2.SavedModel()
            proto.ParseFromString((path / "saved_model.pb").read_bytes())
            self._model = tf.saved_model.load(str(path))
        except FileNotFoundError as error:
            raise UserError(
                f"{path}: lacks {DESCRIPTION}: export the model again"
                if str(error.filename).endswith(".json")
                else f"{path}: has no {error.filename}"
            ) from None
        except (
            OSError,
            ValueError,
            message.DecodeError,
            tf.errors.OpError,
        ) as error:
            reason = str(error).partition("\n")[0]
            raise UserError(f"{path}: cannot be read: {reason}") from None
        self._errors = tf.errors
        self._definitions = {
            name: json_format.MessageToDict(
                definition,
                preserving_proto_field_name=True,
                always_print_fields_with_no_presence=True,
            )
            for name, definition in proto.meta_graphs[0].signature_def.items()
        }
        self._most = self.description.get("max_samples") or MAX_SAMPLES
        self.signatures = read_metadata(self.describe(), self._bounds())

    def _bounds(self):
        bounds = {"num_samples": (1, self._most)}
        if self.description.get("num_classes"):
            bounds["labels"] = (0, self.description["num_classes"] - 1)
        return bounds

    def status(self, path):
        """Answers `GET /v1/models/NAME`: the JSON as bytes."""
        self._check(path)
        state = {
            "version": self.version,
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
        return json.dumps({"model_version_status": [state]}).encode()

    def metadata(self, path):
        """Answers `GET /v1/models/NAME/metadata`: the JSON as bytes."""
        self._check(path)
        return json.dumps(self.describe()).encode()

    def describe(self):
        """The metadata, as a dict."""
        return {
            "model_spec": {
                "name": self.name,
                "signature_name": "",
                "version": self.version,
            },
            "metadata": {"signature_def": {"signature_def": self._definitions}},
        }

    def predict(self, path, body):
        """Answers `POST /v1/models/NAME:predict`: the JSON as bytes."""
        self._check(path)
        signature, inputs, by_rows = rest.read_request(body, self.signatures)
        for name, array in inputs.items():
            if signature.inputs[name].is_rows and len(array) > self._most:
                raise RestError(
                    400,
                    f'input "{name}" must have at most {self._most} rows; '
                    f"received {len(array)}",
                )
        return rest.write_answer(self.run(signature.name, inputs), by_rows)

    def run(self, signature, inputs):
        """Calls a signature.

        Args:
            signature: str.
            inputs: dict from names to arrays.

        Returns:
            A dict from names to arrays.

        Raises:
            RestError: the graph refuses the inputs.
        """
        import tensorflow as tf

        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        try:
            outputs = self._model.signatures[signature](**tensors)
            return {name: value.numpy() for name, value in outputs.items()}
        except self._errors.InvalidArgumentError as error:
            raise RestError(400, _first_line(error)) from None
        except self._errors.OpError as error:
            raise RestError(500, _first_line(error)) from None

    def warm_up(self):
        """Calls what the page calls first, so that it need not wait."""
        for name in (rest.DEFAULT_SIGNATURE, "discriminate"):
            if name in self.signatures:
                specs = self.signatures[name].inputs
                self.run(
                    name,
                    {
                        key: np.zeros((1, *spec.shape[1:]), spec.numpy_dtype)
                        for key, spec in specs.items()
                    },
                )

    def _check(self, path):
        """Answers with 404 where a path names another model or version."""
        name, version = path["name"], path["version"]
        if name != self.name:
            raise RestError(
                404, f'no model "{name}" is served here; "{self.name}" is'
            )
        if version is not None and int(version) != int(self.version):
            raise RestError(
                404,
                f'no version {version} of "{name}" is served here; version '
                f"{self.version} is",
            )


def _first_line(error):
    """What an assertion in a graph says, without what TensorFlow adds."""
    message = error.message or str(error)
    found = re.search(r"assertion failed: \[(.*?)\]", message)
    return found[1] if found else message.strip().partition("\n")[0]


class Remote:
    """Another server with TensorFlow Serving's interface.

    Args:
        url: str, such as `"http://127.0.0.1:8501"`.
        name: str. What it calls the model.
        description: dict, of the same model's export; or None, and what can be
            is guessed from its metadata.
        timeout: float. Seconds after which it is taken for dead.

    Attributes:
        name, version, description: see `SavedModel`.
        signatures: dict from names to `Signature`s.

    Raises:
        UserError: it does not answer, or has no such model.
    """

    def __init__(self, url, name, description=None, timeout=60):
        self.url = url.rstrip("/")
        self.name = name
        self._timeout = timeout
        try:
            metadata = json.loads(self._ask(f"/v1/models/{name}/metadata"))
            self.version = metadata["model_spec"]["version"]
            self.signatures = read_metadata(metadata)
        except RestError as error:
            raise UserError(f"--server {error.message}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"--server {url}: is no model server: {error!r}"
            ) from None
        self.description = description or guess_description(self.signatures)

    def status(self, path):
        """Hands a request on."""
        return self._ask(path[0])

    metadata = status

    def predict(self, path, body):
        """Hands a request on."""
        return self._ask(path[0], body)

    def _ask(self, path, body=None):
        return ask(self.url, path, body, self._timeout)


def ask(url, path, body=None, timeout=60):
    """Asks a server with TensorFlow Serving's interface.

    Args:
        url: str, of the server.
        path: str, `/v1/...`.
        body: bytes, of a `POST`; or None.
        timeout: float, in seconds.

    Returns:
        The answer's body, bytes.

    Raises:
        RestError: the server's own, or with status 502: it does not answer.
    """
    try:
        request = urllib.request.Request(
            url + path, body, {"Content-Type": "application/json"}
        )
        # A proxy cannot reach this machine's own loopback interface.
        here = urllib.parse.urlsplit(url).hostname in _LOOPBACK
        handlers = [urllib.request.ProxyHandler({})] if here else []
        opener = urllib.request.build_opener(*handlers)
        with opener.open(request, timeout=timeout) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        with error:
            text = error.read()
        message = " ".join(text.decode(errors="replace").split())[:300]
        with contextlib.suppress(ValueError, KeyError, TypeError):
            message = str(json.loads(text)["error"])
        raise RestError(
            error.code, f"{url}: {message or error.reason}"
        ) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        reason = getattr(reason, "strerror", None) or reason
        raise RestError(502, f"{url}: does not answer: {reason}") from None


def guess_description(signatures):
    """What can be said of a model whose export is not at hand.

    Its prior is taken for a normal one, and the range of its values is left
    open.

    Args:
        signatures: dict from names to `Signature`s.

    Returns:
        A dict, as an export has it, with `assumed` besides.

    Raises:
        UserError: it is no generator.
    """
    signature = signatures.get(rest.DEFAULT_SIGNATURE)
    if (
        signature is None
        or "z" not in signature.inputs
        or "samples" not in signature.outputs
    ):
        raise UserError(
            f"the model has no signature {rest.DEFAULT_SIGNATURE} from z to "
            "samples: it is no generator of tf_gans"
        )
    if "labels" in signature.inputs:
        raise UserError(
            "the model is conditional, and only its export says how many "
            "classes it has: name the export, too"
        )
    shapes = (signature.inputs["z"].shape, signature.outputs["samples"].shape)
    if not all(shape and None not in shape[1:] for shape in shapes):
        raise UserError(
            f"the shapes of z and samples are not known: {shapes}; name the "
            "export, too"
        )
    return {
        "assumed": True,
        "latents": {
            "class_name": "Normal",
            "config": {"shape": list(shapes[0][1:])},
        },
        "sample_shape": list(shapes[1][1:]),
        "value_range": None,
        "num_classes": None,
        "classes": None,
    }
