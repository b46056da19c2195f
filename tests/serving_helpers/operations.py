"""The operations that an older TensorFlow knows, and their attributes.

    python -m tests.serving_helpers.operations DIRECTORY > FILE

`DIRECTORY` is the `tensorflow` of an installed or unpacked package, of which
only the two shared libraries are read. What is written has one line an
operation, `Name attribute attribute ...`, in the alphabet's order.

`tensorflow_2_20.txt` is that of the package `tensorflow-cpu` 2.20.0: the newest
TensorFlow Serving is built from that version, and this package exports with a
newer one.
"""

import ctypes
import pathlib
import subprocess
import sys

from tests.serving_helpers.capi import load_library

FILE = pathlib.Path(__file__).with_name("tensorflow_2_20.txt")


class Buffer(ctypes.Structure):
    """`TF_Buffer`."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("deallocator", ctypes.c_void_p),
    ]


def known():
    """The recorded operations, a dict from names to sets of attributes."""
    lines = FILE.read_text("ascii").splitlines()
    return {
        name: set(attributes) for name, *attributes in map(str.split, lines)
    }


def unknown(graph):
    """What of a `GraphDef` the older TensorFlow does not know.

    Calls of the graph's own functions are no operations. Attributes that begin
    with an underscore are notes, which a loader does not check.

    Returns:
        A sorted list of `Operation` and `Operation.attribute`.
    """
    operations = known()
    own = {function.signature.name for function in graph.library.function}
    nodes = list(graph.node)
    for function in graph.library.function:
        nodes += function.node_def
    found = set()
    for node in nodes:
        if node.op in own:
            continue
        if node.op not in operations:
            found.add(node.op)
            continue
        attributes = {name for name in node.attr if not name.startswith("_")}
        found |= {
            f"{node.op}.{name}" for name in attributes - operations[node.op]
        }
    return sorted(found)


def main(directory, raw=False):
    """Writes the list of a TensorFlow's operations."""
    if raw:
        library = load_library(directory)
        library.TF_GetAllOpList.restype = ctypes.POINTER(Buffer)
        buffer = library.TF_GetAllOpList().contents
        data = ctypes.string_at(buffer.data, buffer.length)
        sys.stdout.buffer.write(data)
        return
    # In a process of its own: two TensorFlows do not fit into one.
    child = subprocess.run(
        [sys.executable, "-m", __spec__.name, directory, "raw"],
        stdout=subprocess.PIPE,
        check=True,
    )
    from tensorflow.core.framework import op_def_pb2

    operations = op_def_pb2.OpList.FromString(child.stdout).op
    for op in sorted(operations, key=lambda op: op.name):
        print(op.name, *sorted(attribute.name for attribute in op.attr))


if __name__ == "__main__":
    main(*sys.argv[1:])
