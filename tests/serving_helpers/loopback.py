"""A small server with TensorFlow Serving's two interfaces, for its clients.

It answers `Predict` of the gRPC `PredictionService`, through the published
stubs, and `POST /v1/models/NAME:predict`, after the published description of
the REST interface. It is not TensorFlow Serving: it shows that a client can
reach every signature through these interfaces.

Reference:
- [TensorFlow Serving, RESTful API](
  https://www.tensorflow.org/tfx/serving/api_rest)
"""

import base64
import contextlib
import http.server
import json
import threading
from concurrent import futures

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc


def predict(model, signature, inputs):
    """Calls a signature with anything that turns into its inputs' tensors."""
    function = model.signatures[signature or "serving_default"]
    specs = function.structured_input_signature[1]
    if not isinstance(inputs, dict):  # One input need not be named.
        inputs = {next(iter(specs)): inputs}
    if inputs.keys() != specs.keys():
        raise ValueError(f"inputs are {set(specs)}, not {set(inputs)}")
    return function(
        **{k: tf.constant(v, specs[k].dtype) for k, v in inputs.items()}
    )


def predict_json(model, body):
    """Answers the body of a REST request: by rows, or by columns."""
    rows = body.get("instances")
    if rows is None:
        inputs = body["inputs"]
    elif isinstance(rows[0], dict):
        inputs = {name: [row[name] for row in rows] for name in rows[0]}
    else:
        inputs = rows
    outputs = predict(model, body.get("signature_name"), inputs)
    outputs = {name: as_json(name, tensor) for name, tensor in outputs.items()}
    if len(outputs) == 1:
        columns = predictions = next(iter(outputs.values()))
    else:
        columns = outputs
        predictions = [
            dict(zip(outputs, row, strict=True))
            for row in zip(*outputs.values(), strict=False)
        ]
    return (
        {"outputs": columns} if rows is None else {"predictions": predictions}
    )


def as_json(name, tensor):
    """A tensor as nested lists; bytes in base64 where the name asks for it."""
    values = tensor.numpy().tolist()
    if tensor.dtype == tf.string and name.endswith("_bytes"):
        return [{"b64": base64.b64encode(v).decode()} for v in values]
    return values


@contextlib.contextmanager
def serve(model, name):
    """Serves a loaded SavedModel; yields the ports of gRPC and of REST."""

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
            outputs = predict(model, request.model_spec.signature_name, inputs)
            response = predict_pb2.PredictResponse()
            for key, tensor in outputs.items():
                response.outputs[key].CopyFrom(tf.make_tensor_proto(tensor))
            return response

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != f"/v1/models/{name}:predict":
                self.send_error(404)
                return
            answer = json.dumps(predict_json(model, json.loads(body))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    rpc = grpc.server(futures.ThreadPoolExecutor(1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Service(), rpc
    )
    rpc_port = rpc.add_insecure_port("127.0.0.1:0")
    rpc.start()
    web = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=web.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield rpc_port, web.server_port
    finally:
        web.shutdown()
        thread.join()
        web.server_close()
        rpc.stop(None).wait()
