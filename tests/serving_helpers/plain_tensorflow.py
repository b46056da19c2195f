"""Runs a SavedModel in TensorFlow where neither Keras nor tf_gans is installed.

    python -S plain_tensorflow.py SAVED_MODEL < calls.json > results.json

`calls.json` is a list of `[signature, {input: [dtype, shape, flat list]}]`,
`results.json` a list of `{output: [dtype, shape, flat list]}`. Strings come in
base64.
"""

import base64
import importlib.util
import json
import sys

import numpy as np
import tensorflow as tf


def flat_list(tensor):
    values = tensor.numpy().ravel().tolist()
    if tensor.dtype == tf.string:
        return [base64.b64encode(value).decode() for value in values]
    return values


def main():
    for name in ("keras", "tf_gans"):
        if importlib.util.find_spec(name) is not None:
            raise SystemExit(f"{name} is installed")
    model = tf.saved_model.load(sys.argv[1])
    results = []
    for signature, inputs in json.load(sys.stdin):
        tensors = {
            name: tf.constant(np.reshape(values, shape), dtype)
            for name, (dtype, shape, values) in inputs.items()
        }
        outputs = model.signatures[signature](**tensors)
        results.append(
            {
                name: [
                    tensor.dtype.name,
                    tensor.shape.as_list(),
                    flat_list(tensor),
                ]
                for name, tensor in outputs.items()
            }
        )
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
