"""Serves exported models with Ray Serve, by TensorFlow Serving's REST and gRPC.

    pip install -c constraints.txt -e '.[ray,serving]'
    python examples/ray_serve/serve_model.py saved_models/triangles

Clients of TensorFlow Serving reach it unchanged: `scripts/client.py`, the page
of `scripts/explore.py --server`, curl. Ray adds replicas and machines: each
replica holds the model once, and `--replicas` says how many there are in the
whole cluster that `ray start` has joined.
"""

import argparse
import pathlib
import re
import time

import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from tf_gans.runs.load import find_model
from tf_gans.serving import rest
from tf_gans.serving.model import SavedModel
from tf_gans.serving.signatures import RestError

GRPC = (
    "tensorflow_serving.apis.prediction_service_pb2_grpc."
    "add_PredictionServiceServicer_to_server"
)
PATH = re.compile(
    r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d+))?"
    r"(?P<action>/metadata|:predict)?"
)


@serve.deployment
class Model:
    """One replica: a model, and how it is asked.

    Args:
        path: str. Of an exported version.
        name: str. What requests call the model.
    """

    def __init__(self, path, name):
        self.model = SavedModel(pathlib.Path(path), name)
        self.model.warm_up()

    async def __call__(self, request: Request) -> Response:
        """Answers REST."""
        try:
            content, status = self._answer(request, await request.body()), 200
        except RestError as error:
            content, status = rest.write_error(error.message), error.status
        return Response(content, status, media_type="application/json")

    def _answer(self, request, body):
        path = PATH.fullmatch(request.url.path)
        if path is None:
            raise RestError(404, f"{request.url.path}: no such path")
        if path["action"] == ":predict":
            return self.model.predict(path, body)
        if path["action"] == "/metadata":
            return self.model.metadata(path)
        return self.model.status(path)

    def Predict(self, request):
        """Answers gRPC: a `PredictRequest` with a `PredictResponse`."""
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2

        spec = request.model_spec
        name = spec.signature_name or rest.DEFAULT_SIGNATURE
        if name not in self.model.signatures:
            raise ValueError(f"unknown signature {name}")
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        response = predict_pb2.PredictResponse()
        response.model_spec.CopyFrom(spec)
        for key, value in self.model.run(name, inputs).items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return response


def start(path, replicas=1, http_port=8501, grpc_port=8500):
    """Starts serving a model on the loopback interface; returns its name.

    Args:
        path: of an exported model, or of one version of it.
        replicas: int. How many copies of the model answer.
        http_port, grpc_port: ints.
    """
    kind, version = find_model(path)
    if kind != "export":
        raise SystemExit(f"{path}: is no exported model; see scripts/export.py")
    name = version.absolute().parent.name
    ray.init(ignore_reinit_error=True, include_dashboard=False)
    serve.start(
        http_options={"host": "127.0.0.1", "port": http_port},
        grpc_options={"port": grpc_port, "grpc_servicer_functions": [GRPC]},
    )
    deployment = Model.options(num_replicas=replicas)
    serve.run(deployment.bind(str(version.absolute()), name), name=name)
    return name


def main():
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", help="an exported model")
    parser.add_argument("--replicas", type=int, default=1, metavar="N")
    parser.add_argument("--http-port", type=int, default=8501, metavar="PORT")
    parser.add_argument("--grpc-port", type=int, default=8500, metavar="PORT")
    args = parser.parse_args()
    name = start(args.path, args.replicas, args.http_port, args.grpc_port)
    print(f"http://127.0.0.1:{args.http_port}/v1/models/{name}", flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        serve.shutdown()
        ray.shutdown()


if __name__ == "__main__":
    main()
