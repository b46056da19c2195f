"""TensorFlow Serving's messages that no package has: of two text files.

As in tensorflow/serving: servables/tensorflow/session_bundle_config.proto and
config/monitoring_config.proto. Text names its fields, so their numbers may be
others here.
"""

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)

FIELDS = {
    "BatchingParameters": {
        "max_batch_size": "Int64Value",
        "batch_timeout_micros": "Int64Value",
        "max_enqueued_batches": "Int64Value",
        "num_batch_threads": "Int64Value",
        "thread_pool_name": "StringValue",
        "allowed_batch_sizes": "repeated int64",
        "pad_variable_length_inputs": "bool",
        "enable_large_batch_splitting": "BoolValue",
        "max_execution_batch_size": "Int64Value",
    },
    "PrometheusConfig": {"enable": "bool", "path": "string"},
    "MonitoringConfig": {"prometheus_config": "PrometheusConfig"},
}


def _make_pool():
    file = descriptor_pb2.FileDescriptorProto(
        name="serving.proto",
        package="serving",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields.items(), start=1):
            proto = message.field.add(name=field, number=number)
            proto.label = proto.LABEL_OPTIONAL
            if kind.startswith("repeated"):
                proto.label = proto.LABEL_REPEATED
            kind = kind.removeprefix("repeated ")
            if kind in FIELDS:
                proto.type_name = f".serving.{kind}"
            elif kind.endswith("Value"):
                proto.type_name = f".google.protobuf.{kind}"
            else:
                proto.type = getattr(proto, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return pool


_POOL = _make_pool()


def parse(name, text):
    """Reads a message from its text; a field that it has not is an error."""
    descriptor = _POOL.FindMessageTypeByName(f"serving.{name}")
    return text_format.Parse(
        text, message_factory.GetMessageClass(descriptor)()
    )
