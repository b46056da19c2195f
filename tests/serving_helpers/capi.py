"""Runs a SavedModel in TensorFlow's C API, as a server does: without Python.

    python capi.py TENSORFLOW_DIRECTORY SAVED_MODEL < calls.json > results.json

`TF_LoadSessionFromSavedModel` goes through `tensorflow::LoadSavedModel`, which
TensorFlow Serving loads with too. XLA is disabled first, which is what a server
does that is started without `--xla_cpu_compilation_enabled`. TensorFlow's Python
package is not imported: the two shared libraries in its directory suffice.

`calls.json` is a list of `{"inputs": {tensor name: [dtype, shape, flat list]},
"outputs": [tensor name]}`, `results.json` a list of lists of `[dtype, shape,
flat list]`, or of `{"error": message}`. Strings come in base64.
"""

import base64
import ctypes
import json
import os
import sys

DTYPES = {"float32": 1, "int32": 3, "string": 7, "int64": 9}  # TF_DataType
CTYPES = {
    "float32": ctypes.c_float,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
}
POINTERS = (
    "TF_NewStatus TF_NewGraph TF_NewSessionOptions TF_TensorData "
    "TF_LoadSessionFromSavedModel TF_GraphOperationByName TF_AllocateTensor "
    "TF_StringGetDataPointer"
)
STRING_SIZE = 24  # bytes of a TF_TString


class Output(ctypes.Structure):
    """`TF_Output`: an operation and the number of one of its outputs."""

    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


class Failure(Exception):
    pass


def load_library(directory):
    for name in ("libtensorflow_framework.so.2", "libtensorflow_cc.so.2"):
        lib = ctypes.CDLL(os.path.join(directory, name), ctypes.RTLD_GLOBAL)
    for name in POINTERS.split():
        getattr(lib, name).restype = ctypes.c_void_p
    lib.TF_Message.restype = ctypes.c_char_p
    lib.TF_Dim.restype = ctypes.c_int64
    lib.TF_StringGetSize.restype = ctypes.c_size_t
    return lib


class Session:
    def __init__(self, lib, directory):
        self.lib = lib
        self.status = ctypes.c_void_p(lib.TF_NewStatus())
        self.graph = ctypes.c_void_p(lib.TF_NewGraph())
        self.session = ctypes.c_void_p(
            lib.TF_LoadSessionFromSavedModel(
                ctypes.c_void_p(lib.TF_NewSessionOptions()),
                None,
                directory.encode(),
                (ctypes.c_char_p * 1)(b"serve"),
                1,
                self.graph,
                None,
                self.status,
            )
        )
        self._check()

    def _check(self):
        if self.lib.TF_GetCode(self.status) != 0:
            raise Failure(self.lib.TF_Message(self.status).decode())

    def _output(self, name):
        operation, index = name.split(":")
        pointer = self.lib.TF_GraphOperationByName(
            self.graph, operation.encode()
        )
        if not pointer:
            raise Failure(f"no operation {operation}")
        return Output(pointer, int(index))

    def _tensor(self, dtype, shape, values):
        array = (CTYPES[dtype] * len(values))(*values)
        size = ctypes.sizeof(array)
        dims = (ctypes.c_int64 * len(shape))(*shape)
        tensor = ctypes.c_void_p(
            self.lib.TF_AllocateTensor(
                DTYPES[dtype], dims, len(shape), ctypes.c_size_t(size)
            )
        )
        ctypes.memmove(self.lib.TF_TensorData(tensor), array, size)
        return tensor

    def _value(self, pointer):
        lib, tensor = self.lib, ctypes.c_void_p(pointer)
        numbers = {number: name for name, number in DTYPES.items()}
        dtype = numbers[lib.TF_TensorType(tensor)]
        shape = [lib.TF_Dim(tensor, i) for i in range(lib.TF_NumDims(tensor))]
        size = 1
        for dimension in shape:
            size *= dimension
        address = lib.TF_TensorData(tensor)
        if dtype == "string":
            strings = [self._string(address, i) for i in range(size)]
            return [dtype, shape, strings]
        data = ctypes.cast(address, ctypes.POINTER(CTYPES[dtype]))
        return [dtype, shape, data[:size]]

    def _string(self, address, number):
        string = ctypes.c_void_p(address + number * STRING_SIZE)
        data = self.lib.TF_StringGetDataPointer(string)
        value = ctypes.string_at(data, self.lib.TF_StringGetSize(string))
        return base64.b64encode(value).decode()

    def run(self, inputs, outputs):
        results = (ctypes.c_void_p * len(outputs))()
        self.lib.TF_SessionRun(
            self.session,
            None,
            (Output * len(inputs))(*map(self._output, inputs)),
            (ctypes.c_void_p * len(inputs))(
                *(self._tensor(*value).value for value in inputs.values())
            ),
            len(inputs),
            (Output * len(outputs))(*map(self._output, outputs)),
            results,
            len(outputs),
            None,
            0,
            None,
            self.status,
        )
        self._check()
        return [self._value(pointer) for pointer in results]


def main():
    lib = load_library(sys.argv[1])
    lib._ZN10tensorflow21DisableXlaCompilationEv()
    session = Session(lib, sys.argv[2])
    results = []
    for call in json.load(sys.stdin):
        try:
            results.append(session.run(call["inputs"], call["outputs"]))
        except Failure as failure:
            results.append({"error": str(failure)})
    if "tensorflow" in sys.modules:
        raise SystemExit("TensorFlow's Python package was imported")
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
