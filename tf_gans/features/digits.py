"""A small classifier of handwritten digits, whose weights ship with it.

Inception has never seen a digit, and 28x28 grey pixels are far from what it was
trained on. Measures of digits are taken in the features of a network that
knows digits: this one, of 144,954 trainable parameters. What it was
trained with and what it reaches is in `digits.json` beside its weights;
`python -m benchmarks.train_digits` makes both anew.

Scores in these features are comparable with each other only, never with an FID
in Inception's.
"""

import functools
import json
import pathlib

import numpy as np

from tf_gans.features.base import Features, channels_as, digest_of, resized

SIZE = 28
NUM_FEATURES = 128
NUM_CLASSES = 10
WEIGHTS = pathlib.Path(__file__).with_name("digits.npz")
FACTS = WEIGHTS.with_suffix(".json")

# Filters, stride and padding of the convolutions, all of 3 by 3.
_CONVOLUTIONS = (
    (16, 1, "same"),  # 28
    (32, 2, "same"),  # 14
    (32, 1, "same"),
    (64, 2, "same"),  # 7
    (64, 1, "same"),
    (NUM_FEATURES, 1, "valid"),  # 5
)
_DROPOUT = 0.3


def classifier():
    """Builds the network, with initial weights.

    Convolutions, each with batch normalisation and a ReLU, then the mean over
    the places that are left, which are the features, dropout and a dense layer.

    Returns:
        A `keras.Model` of images of shape (batch, 28, 28, 1), float32 in
        [0, 1], with two outputs: features (batch, 128), not negative, and
        logits (batch, 10).
    """
    from keras import Input, Model, layers

    images = x = Input((SIZE, SIZE, 1))
    for filters, stride, padding in _CONVOLUTIONS:
        x = layers.Conv2D(filters, 3, stride, padding, use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
    features = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dropout(_DROPOUT)(features)
    logits = layers.Dense(NUM_CLASSES, name="logits")(x)
    return Model(images, [features, logits], name="digits")


def save(model):
    """Writes the network's weights where `digits` reads them."""
    arrays = {
        f"{number:02d}": array
        for number, array in enumerate(model.get_weights())
    }
    np.savez_compressed(WEIGHTS, **arrays)


def read_weights():
    """The weights that ship, a list of arrays as `set_weights` takes them.

    Raises:
        ValueError: they are not those that `digits.json` names.
    """
    with np.load(WEIGHTS, allow_pickle=False) as file:
        arrays = [file[name] for name in sorted(file.files)]
    digest = digest_of(arrays)
    expected = json.loads(FACTS.read_text("utf-8"))["sha256"]
    if digest != expected:
        raise ValueError(
            f"{WEIGHTS} must hold the weights that {FACTS.name} names, of "
            f"SHA-256 {expected}. Received: {digest}"
        )
    return arrays


@functools.cache
def digits():
    """The features of a classifier of handwritten digits.

    Images of another size are resized to 28x28, and colours become grey. 99.3 %
    of the 10,000 test digits or more are told apart; `digits.json` has the
    number.

    Returns:
        A `Features` of 128 features and 10 classes.
    """
    import tensorflow as tf

    model = classifier()
    weights = read_weights()
    model.set_weights(weights)

    @tf.function
    def compute(images):
        x = channels_as(resized(tf.cast(images, tf.float32), SIZE), 1)
        features, logits = model(x / 255, training=False)
        return features, tf.nn.softmax(logits)

    return Features(
        compute,
        "digits",
        digest_of(weights),
        size=NUM_FEATURES,
        num_classes=NUM_CLASSES,
        resize="bilinear to 28x28, grey",
    )
