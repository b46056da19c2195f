"""A generator for other runtimes: ONNX, LiteRT and OpenVINO.

Keras converts the network; here it gets names for what goes in and comes out,
`z` (with `labels` in a conditional model) and `samples`, a description beside
it, and a comparison with Keras in the runtime that will run it. Random numbers
are not converted: the runtimes have others. A client draws z itself, from the
prior that the description names.
"""

import contextlib
import dataclasses
import importlib.util
import json
import os
import pathlib
import shutil
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tf_gans.errors import RunError, UserError
from tf_gans.files import sync, temporary_path

_ROWS = 8  # are compared


@dataclasses.dataclass(frozen=True)
class Format:
    """One of the formats.

    Attributes:
        suffix: str. Of its files.
        converters: tuple of str. The modules that write it.
        runtime: str. The module that runs it.
        extra: str. The extra of this package that brings both.
        run: function of the file's path and a list of arrays, the inputs, that
            returns what the runtime makes of them.
    """

    suffix: str
    converters: tuple[str, ...]
    runtime: str
    extra: str
    run: Callable


def _run_onnx(path, inputs):
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    names = ["z", "labels"][: len(inputs)]
    return session.run(["samples"], dict(zip(names, inputs, strict=True)))[0]


def _run_litert(path, inputs):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    # Their order is the converter's.
    values = {
        "labels" if "labels" in detail["name"] else "z": detail["index"]
        for detail in interpreter.get_input_details()
    }
    for name, value in zip(("z", "labels"), inputs, strict=False):
        interpreter.resize_tensor_input(values[name], value.shape)
    interpreter.allocate_tensors()
    for name, value in zip(("z", "labels"), inputs, strict=False):
        interpreter.set_tensor(values[name], value)
    interpreter.invoke()
    (output,) = interpreter.get_output_details()
    return interpreter.get_tensor(output["index"])


def _run_openvino(path, inputs):
    import openvino

    # Some processors would have it compute in 16 bits.
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(str(path), "CPU", options)
    return model(inputs)[0]


FORMATS = {
    "onnx": Format(
        ".onnx", ("tf2onnx", "onnx"), "onnxruntime", "onnx", _run_onnx
    ),
    "litert": Format(".tflite", (), "ai_edge_litert", "litert", _run_litert),
    "openvino": Format(
        ".xml", ("openvino",), "openvino", "openvino", _run_openvino
    ),
}


def check_format(name):
    """Refuses a format whose converter is not installed.

    Args:
        name: str. A key of `FORMATS`.

    Raises:
        UserError: it is not; the message names the extra that brings it.
    """
    for module in FORMATS[name].converters:
        if importlib.util.find_spec(module) is None:
            raise UserError(
                f"--format {name}: needs the package {module}; install "
                f"tf_gans[{FORMATS[name].extra}]"
            )


def export_generator(gan, path, name, about):
    """Writes a model's generator in another format.

    Args:
        gan: a model with a generator. Samples are those of `gan.sampler`, the
            average where one is kept, in inference mode and in 32 bits.
        path: path of the file to write, which ends in the format's suffix.
            Beside it stand `PATH.json`, the description, and what the format
            itself has in other files.
        name: str. A key of `FORMATS`.
        about: dict. The description; see `tf_gans.export.describe`.

    Raises:
        UserError: the converter is not installed, or a file cannot be written.
        RunError: the converter fails.
    """
    check_format(name)
    path = pathlib.Path(path)
    network, inputs = _named(gan), _specs(gan)
    network(tf.nest.map_structure(_zeros, inputs))
    folder = temporary_path(path)
    try:
        folder.mkdir(parents=True)
        try:
            network.export(
                str(folder / path.name),
                format=name,
                input_signature=[inputs],
                verbose=False,
            )
        except OSError:
            raise
        except Exception as error:  # each converter has its own
            reason = str(error).partition("\n")[0]
            raise RunError(
                f"{path}: the conversion to {name} failed: {reason}"
            ) from error
        text = json.dumps(about, indent=2) + "\n"
        (folder / f"{path.name}.json").write_text(text, "utf-8")
        # The file that is opened comes last: what it needs is there by then.
        parts = sorted(
            folder.iterdir(), key=lambda part: part.name == path.name
        )
        for part in parts:
            sync(part)
            os.replace(part, path.with_name(part.name))
        sync(path.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be written: {reason}") from error
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)


def largest_difference(gan, path, name):
    """Compares an exported generator with Keras in the format's runtime.

    Args:
        gan, path, name: see `export_generator`.

    Returns:
        The largest absolute difference of the samples of some z, in the data's
        units; None where the runtime is not installed.
    """
    made = FORMATS[name]
    if importlib.util.find_spec(made.runtime) is None:
        return None
    inputs = [gan.latents.draw(0, "compare", 0, 1, _ROWS)[0].numpy()]
    if gan.num_classes:
        inputs.append(np.arange(_ROWS, dtype=np.int32) % gan.num_classes)
    given = tuple(inputs) if gan.num_classes else inputs[0]
    expected = np.asarray(_named(gan)(given)["samples"])
    difference = np.abs(made.run(path, inputs) - expected).max()
    return float(difference)


@keras.saving.register_keras_serializable(package="tf_gans.serving")
class _Named(keras.Model):
    """A generator whose output has a name."""

    def __init__(self, generator, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator

    def call(self, inputs):
        samples = self.generator(inputs, training=False)
        return {"samples": tf.cast(samples, tf.float32)}


def _named(gan):
    network = gan.sampler
    if network.dtype_policy.name != "float32":
        # The converters know no mixed precision. The weights are of 32 bits.
        config = {**network.get_config(), "dtype": "float32"}
        copy = type(network).from_config(config)
        copy(tf.nest.map_structure(_zeros, _specs(gan)))
        copy.set_weights(network.get_weights())
        network = copy
    # A graph's name must not begin as the class does.
    return _Named(network, name="generator")


def _specs(gan):
    z = tf.TensorSpec((None, *gan.latents.shape), tf.float32, "z")
    if not gan.num_classes:
        return z
    return z, tf.TensorSpec((None,), tf.int32, "labels")


def _zeros(spec):
    return tf.zeros(
        [2 if size is None else size for size in spec.shape], spec.dtype
    )
