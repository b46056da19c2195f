"""The files beside a graph that TensorFlow Serving reads.

In an exported version, written with it:

- `assets.extra/tf_serving_warmup_requests`: a request of one row for each
  signature, and all of them once more, which the server answers for itself
  before it says that the version is available, so that no client waits for what
  is made at the first call, and, less of it, at the second. Of
  a model whose rows are joined, `generate` has none: a server that batches
  refuses its single numbers, and a version whose warm-up fails is never
  available.
- `batching_params.pbtxt`: how many rows are joined, for a server that is
  started with `--enable_per_model_batching_parameters`.

And for a server of several models, `models.config` and `monitoring.config`.
The messages are those of tensorflow_serving/apis/{prediction_log,predict,
model}.proto and of config/model_server_config.proto. They are written here byte
by byte and letter by letter, because the package that has their classes would
be needed for nothing else; the tests read them with it.
"""

import pathlib

import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from tf_gans.files import replacing

WARMUP = "assets.extra/tf_serving_warmup_requests"
BATCHING = "batching_params.pbtxt"

# Rows of one execution. A batch of images of this size keeps some cores busy;
# a larger one makes the first of its rows wait.
_BATCH = 64
# How long the first row waits for others: less than an image takes.
_TIMEOUT = 1000  # microseconds

_ROUNDS = 2  # of warm-up requests

# Fields' numbers in the protocol buffers named above.
_PREDICTION_LOG = {"predict_log": 6}
_PREDICT_LOG = {"request": 1}
_PREDICT_REQUEST = {"model_spec": 1, "inputs": 2}
_MODEL_SPEC = {"name": 1, "signature_name": 3}
_MAP_ENTRY = {"key": 1, "value": 2}


def write_warmup(version, name, specs, joined=False):
    """Writes the requests with which a server warms up.

    Args:
        version: path of an exported version.
        name: str. The model's.
        specs: dict from signatures' names to lists of `tf.TensorSpec`, the
            inputs, whose unknown sizes are those of rows.
        joined: bool. Whether the server may join the rows of several requests.
            Defaults to `False`.
    """
    path = pathlib.Path(version, WARMUP)
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in list(specs.items()) * _ROUNDS:
            has_rows = all(tensor.shape.rank for tensor in inputs)
            if joined and not has_rows:
                continue
            writer.write(_prediction_log(name, signature, inputs))


def read_warmup(version):
    """Reads the requests with which a server warms up.

    Args:
        version: path of an exported version.

    Returns:
        A list of pairs: a signature's name, and a dict from its inputs' names
        to tensors.
    """
    requests = []
    for record in tf.data.TFRecordDataset(str(pathlib.Path(version, WARMUP))):
        log = _fields(
            _fields(record.numpy())[_PREDICTION_LOG["predict_log"]][0]
        )
        request = _fields(log[_PREDICT_LOG["request"]][0])
        spec = _fields(request[_PREDICT_REQUEST["model_spec"]][0])
        inputs = {}
        for entry in map(_fields, request[_PREDICT_REQUEST["inputs"]]):
            value = tensor_pb2.TensorProto.FromString(
                entry[_MAP_ENTRY["value"]][0]
            )
            name = entry[_MAP_ENTRY["key"]][0].decode()
            inputs[name] = tf.constant(tf.make_ndarray(value))
        requests.append(
            (spec[_MODEL_SPEC["signature_name"]][0].decode(), inputs)
        )
    return requests


def write_batching(version):
    """Writes how a server joins the rows of several requests.

    Args:
        version: path of an exported version, in whose signatures a row's
            answer does not depend on the other rows.
    """
    # Without the splitting a request of more rows than a batch has fails.
    pathlib.Path(version, BATCHING).write_text(
        f"max_batch_size {{ value: {_BATCH} }}\n"
        f"batch_timeout_micros {{ value: {_TIMEOUT} }}\n"
        "max_enqueued_batches { value: 100 }\n"
        "enable_large_batch_splitting { value: true }\n"
        f"max_execution_batch_size {{ value: {_BATCH} }}\n",
        encoding="ascii",
    )


def write_configs(directory, root="/models"):
    """Writes `models.config` and `monitoring.config`.

    Args:
        directory: path of the directory of the models: all sub-directories
            with a version in them.
        root: str. Where the server sees `directory`; in TensorFlow Serving's
            container, `/models`.

    Raises:
        UserError: the files cannot be written.
    """
    names = {
        path.parent.parent.name
        for path in pathlib.Path(directory).glob("*/[0-9]*/saved_model.pb")
    }
    models = "".join(
        f'  config {{\n    name: "{name}"\n    base_path: "{root}/{name}"\n'
        '    model_platform: "tensorflow"\n  }\n'
        for name in sorted(names)
    )
    texts = {
        "models.config": f"model_config_list {{\n{models}}}\n",
        "monitoring.config": "prometheus_config {\n  enable: true\n"
        '  path: "/monitoring/prometheus/metrics"\n}\n',
    }
    for name, text in texts.items():
        with replacing(pathlib.Path(directory, name)) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _prediction_log(name, signature, inputs):
    """A serialised `PredictionLog` of a request of one row."""
    spec = _field(_MODEL_SPEC["name"], name.encode())
    spec += _field(_MODEL_SPEC["signature_name"], signature.encode())
    request = _field(_PREDICT_REQUEST["model_spec"], spec)
    for tensor in inputs:
        # Zeros: a seed, a z, a class, a sample. But nothing is no number of
        # samples.
        shape = [1 if size is None else size for size in tensor.shape]
        number = 1 if tensor.name == "num_samples" else 0
        value = tf.make_tensor_proto(number, tensor.dtype, shape)
        entry = _field(_MAP_ENTRY["key"], tensor.name.encode())
        entry += _field(_MAP_ENTRY["value"], value.SerializeToString())
        request += _field(_PREDICT_REQUEST["inputs"], entry)
    log = _field(_PREDICT_LOG["request"], request)
    return _field(_PREDICTION_LOG["predict_log"], log)


def _field(number, payload):
    """A field of bytes, text or a message, in protocol buffers' own format."""
    return bytes([number << 3 | 2]) + _varint(len(payload)) + payload


def _fields(message):
    """The payloads of a message whose fields are all like those of `_field`.

    Returns:
        A dict from the fields' numbers to lists of bytes.
    """
    fields: dict[int, list[bytes]] = {}
    at = 0
    while at < len(message):
        number, size, shift, at = message[at] >> 3, 0, 0, at + 1
        while True:
            size |= (message[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if message[at - 1] < 128:
                break
        fields.setdefault(number, []).append(message[at : at + size])
        at += size
    return fields


def _varint(number):
    """Seven bits a byte, the least first; the top bit says that more follow."""
    low = bytearray()
    while number >= 128:
        low.append(number & 127 | 128)
        number >>= 7
    return bytes([*low, number])
