"""A small server with TensorFlow Serving's two interfaces, for its clients.

REST is answered by `tf_gans.serving.server`. Over gRPC it answers `Predict` and
`GetModelMetadata` of the `PredictionService`, through the published stubs. It
is not TensorFlow Serving: it shows that a client can reach every signature
through these interfaces.
"""

import contextlib
from concurrent import futures

import grpc
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tf_gans.serving import rest
from tf_gans.serving.model import SavedModel
from tf_gans.serving.server import Server
from tf_gans.serving.signatures import RestError


@contextlib.contextmanager
def serve(path, name):
    """Serves an exported version; yields the ports of gRPC and of REST."""
    model = SavedModel(path, name)
    rpc = grpc.server(futures.ThreadPoolExecutor(1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Service(model), rpc
    )
    rpc_port = rpc.add_insecure_port("127.0.0.1:0")
    rpc.start()
    try:
        with Server(model) as server:
            server.start()
            yield rpc_port, server.server_port
    finally:
        rpc.stop(None).wait()


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, model):
        self.model = model

    def Predict(self, request, context):
        name = request.model_spec.signature_name or rest.DEFAULT_SIGNATURE
        self.check(request, context)
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        try:
            outputs = self.model.run(name, inputs)
        except RestError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message)
        response = predict_pb2.PredictResponse()
        for key, value in outputs.items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return response

    def GetModelMetadata(self, request, context):
        self.check(request, context)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        json_format.ParseDict(
            self.model.describe()["metadata"]["signature_def"], signatures
        )
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.metadata["signature_def"].Pack(signatures)
        return response

    def check(self, request, context):
        if request.model_spec.name != self.model.name:
            context.abort(
                grpc.StatusCode.NOT_FOUND,
                f"Servable not found for request: {request.model_spec.name}",
            )
