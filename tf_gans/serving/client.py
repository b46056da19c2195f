"""Clients of a model server: TensorFlow Serving's, or explore.py's.

Over REST, by the standard library alone, or over gRPC with the published stubs.
"""

import json

import numpy as np

from tf_gans.errors import RunError, UserError
from tf_gans.serving import rest
from tf_gans.serving.model import ask
from tf_gans.serving.signatures import RestError, read_metadata

TIMEOUT = 60  # seconds


class NoServer(UserError):
    """Nothing answers at an address."""


class _Client:
    """What both clients do: a context manager that knows the signatures."""

    model: str
    signatures: dict

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def close(self):
        """Ends the connection."""

    def check_signature(self, name):
        """Raises a `UserError` unless the model has a signature."""
        if name not in self.signatures:
            raise UserError(
                f"{self.model} has no signature {name}; it has "
                f"{', '.join(sorted(self.signatures))}"
            )


class RestClient(_Client):
    """Asks over REST.

    Args:
        url: str, such as `"http://127.0.0.1:8501"`.
        model: str. The model's name on the server.
        timeout: float. Seconds after which a server is taken for dead.

    Attributes:
        signatures: dict from names to `Signature`s.

    Raises:
        NoServer: nothing answers there.
        UserError: the server has no such model.

    Example:

    >>> client = RestClient("http://127.0.0.1:8501", "gaussian")
    >>> client.predict("sample", seeds=[1, 2, 3])["samples"]  # (3, 1)
    """

    def __init__(self, url, model, timeout=TIMEOUT):
        self.url = url.rstrip("/")
        self.model = model
        self._timeout = timeout
        try:
            self.signatures = read_metadata(json.loads(self._ask("/metadata")))
        except ValueError as error:
            raise UserError(f"{url}: is no model server: {error}") from None

    def predict(self, signature, **inputs):
        """Calls a signature.

        Args:
            signature: str.
            **inputs: arrays, or what becomes one, by the inputs' names.

        Returns:
            A dict from the outputs' names to arrays; those of strings hold
            bytes.

        Raises:
            UserError: there is no such signature, or the server refuses the
                inputs.
            RunError: the answer is none.
        """
        self.check_signature(signature)
        body = rest.write_request(signature, inputs)
        answer = self._ask(":predict", body)
        try:
            return rest.read_answer(answer, self.signatures[signature])
        except ValueError as error:
            raise RunError(f"{self.url}: {error}") from None

    def _ask(self, what, body=None):
        path = f"/v1/models/{self.model}{what}"
        try:
            return ask(self.url, path, body, self._timeout)
        except RestError as error:
            kind = NoServer if error.status == 502 else UserError
            raise kind(error.message) from None


class GrpcClient(_Client):
    """Asks over gRPC; otherwise as `RestClient`.

    Args:
        address: str, `"HOST:PORT"`.
        model: str.
        timeout: float, in seconds.

    Raises:
        NoServer: nothing answers there.
        UserError: the package `tensorflow-serving-api` is not installed, or
            the server has no such model.
    """

    def __init__(self, address, model, timeout=TIMEOUT):
        try:
            import grpc
            from tensorflow_serving.apis import (
                get_model_metadata_pb2,
                predict_pb2,
                prediction_service_pb2_grpc,
            )
        except ImportError as error:
            raise UserError(
                f"--grpc: needs the package tensorflow-serving-api, of the "
                f"extra serving: pip install -e '.[serving]' ({error})"
            ) from None
        self.url, self.model = address, model
        self._grpc, self._messages = grpc, predict_pb2
        self._timeout = timeout
        self._channel = grpc.insecure_channel(
            address, options=[("grpc.max_receive_message_length", -1)]
        )
        stubs = prediction_service_pb2_grpc
        self._stub = stubs.PredictionServiceStub(self._channel)
        request = get_model_metadata_pb2.GetModelMetadataRequest()
        request.model_spec.name = model
        request.metadata_field.append("signature_def")
        answer = self._call(self._stub.GetModelMetadata, request)
        packed = answer.metadata["signature_def"]
        definitions = get_model_metadata_pb2.SignatureDefMap()
        packed.Unpack(definitions)
        self.signatures = _read_definitions(definitions)

    def predict(self, signature, **inputs):
        """See `RestClient.predict`."""
        import tensorflow as tf

        self.check_signature(signature)
        specs = self.signatures[signature].inputs
        request = self._messages.PredictRequest()
        request.model_spec.name = self.model
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            # A name that is not there is for the server to refuse.
            dtype = specs[name].numpy_dtype if name in specs else None
            array = np.asarray(value, dtype)
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        answer = self._call(self._stub.Predict, request)
        return {n: tf.make_ndarray(v) for n, v in answer.outputs.items()}

    def close(self):
        self._channel.close()

    def _call(self, method, request):
        try:
            return method(request, timeout=self._timeout)
        except self._grpc.RpcError as error:
            codes = self._grpc.StatusCode
            message = f"{self.url}: {' '.join(error.details().split())}"
            if error.code() in (codes.UNAVAILABLE, codes.DEADLINE_EXCEEDED):
                raise NoServer(
                    f"{self.url}: does not answer: {error.code().name}"
                ) from None
            raise UserError(message) from None


def _read_definitions(definitions):
    """The signatures in an answer over gRPC."""
    from google.protobuf import json_format

    signatures = {
        name: json_format.MessageToDict(
            definition,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        )
        for name, definition in definitions.signature_def.items()
    }
    return read_metadata(
        {"metadata": {"signature_def": {"signature_def": signatures}}}
    )


def how_to_start(model):
    """Two command lines that start a server.

    Args:
        model: str. The model's name.

    Returns:
        A str of two lines, of which each may be typed.
    """
    return (
        f"docker run -p 127.0.0.1:8501:8501 --mount "
        f'type=bind,source="$PWD/saved_models/{model}",target=/models/{model} '
        f"-e MODEL_NAME={model} -t tensorflow/serving\n"
        f"tensorflow_model_server --port=8500 --rest_api_port=8501 "
        f'--model_name={model} --model_base_path="$PWD/saved_models/{model}"'
    )
