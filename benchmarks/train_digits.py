"""Trains the classifier of digits that ships with the package.

    python -m benchmarks.train_digits [--data mnist.npz] [--epochs 14]

Trains on the 60,000 training digits, each shifted, turned and scaled anew in
every epoch, never flipped, and counts the test digits that are told apart when
the training is over. No choice is made by the test digits: the number of steps
is fixed. Writes `tf_gans/features/digits.npz` and `digits.json` when the goal
is reached. The same seed gives the same weights on the same kind of machine,
with the same versions of the libraries.
"""

import argparse
import json
import math
import sys

import numpy as np

GOAL = 0.993
BATCH = 128
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-4
# How far a digit is moved: pixels, radians, a factor's logarithm.
SHIFT, TURN, SCALE, SHEAR = 2.0, 0.17, 0.1, 0.15


def main():
    """Trains, measures and keeps the weights."""
    arguments = parse_arguments()
    import keras
    import tensorflow as tf

    from tf_gans.features.base import digest_of
    from tf_gans.features.digits import FACTS, classifier, save

    if arguments.threads:
        tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(arguments.seed)
    tf.config.experimental.enable_op_determinism()
    (x, y), (x_test, y_test) = load(arguments.data)
    network = classifier()
    print(f"{network.count_params():,} parameters", flush=True)
    model = keras.Model(network.input, network.output[1])
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                LEARNING_RATE, arguments.epochs * (len(x) // BATCH)
            ),
            weight_decay=WEIGHT_DECAY,
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(batches(x, y, arguments.seed), epochs=arguments.epochs, verbose=2)
    logits = model.predict(
        x_test[..., np.newaxis].astype(np.float32) / 255, 1000, verbose=0
    )
    accuracy = float(np.mean(logits.argmax(axis=1) == y_test))
    digest = digest_of(network.get_weights())
    print(f"{accuracy:.2%} of the {len(y_test)} test digits; {digest[:16]}")
    if accuracy < GOAL:
        sys.exit(f"fewer than {GOAL:.1%}: nothing is kept")
    save(network)
    facts = {
        "test_accuracy": accuracy,
        "sha256": digest,
        "parameters": sum(
            math.prod(w.shape) for w in network.trainable_weights
        ),
        "trained_by": "python -m benchmarks.train_digits "
        f"--epochs {arguments.epochs} --seed {arguments.seed}",
    }
    FACTS.write_text(json.dumps(facts, indent=1) + "\n")


def load(path):
    """The training and the test digits, as Keras' `load_data` returns them."""
    import keras

    if path is None:
        return keras.datasets.mnist.load_data()
    with np.load(path, allow_pickle=False) as file:
        return tuple(
            (file[f"x_{part}"], file[f"y_{part}"]) for part in ("train", "test")
        )


def batches(x, y, seed):
    """A `tf.data.Dataset` of one epoch's batches, moved digits and labels."""
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((x[..., np.newaxis], y))
    data = data.shuffle(len(x), seed=seed).batch(BATCH, drop_remainder=True)
    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    data = tf.data.Dataset.zip(data, seeds)
    return data.map(
        lambda pair, number: (move(pair[0], number), pair[1])
    ).prefetch(2)


def move(images, number):
    """Shifts, turns, scales and shears each image by amounts of its own."""
    import tensorflow as tf

    images = tf.cast(images, tf.float32) / 255
    shape = (tf.shape(images)[0], 6)
    seed = tf.stack([number, tf.constant(0, number.dtype)])
    amounts = tf.random.stateless_uniform(shape, seed, -1.0, 1.0)
    shift_x, shift_y, turn, log_x, log_y, shear = tf.unstack(amounts, axis=1)
    turn = turn * TURN
    scale_x, scale_y = tf.exp(log_x * SCALE), tf.exp(log_y * SCALE)
    shear = shear * SHEAR
    # The place in the image that each place of the result shows.
    a = scale_x * tf.cos(turn)
    b = scale_x * (shear * tf.cos(turn) - tf.sin(turn))
    c = scale_y * tf.sin(turn)
    d = scale_y * (shear * tf.sin(turn) + tf.cos(turn))
    centre = (images.shape[1] - 1) / 2
    left = centre - a * centre - b * centre + shift_x * SHIFT
    top = centre - c * centre - d * centre + shift_y * SHIFT
    zero = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a, b, left, c, d, top, zero, zero], axis=1),
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )


def parse_arguments():
    """Parses the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.train_digits",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", help="the digits, as Keras keeps them (default: Keras')")
    add("--epochs", type=int, default=14)
    add("--seed", type=int, default=0)
    add("--threads", type=int, help="of TensorFlow (default: all)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
