"""Inception V3, trained on ImageNet: the features of natural images."""

import pathlib

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.features.base import Features, channels_as, resized

SIZE = 299
NUM_FEATURES = 2048
NUM_CLASSES = 1000
FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"


def inception(weights="imagenet", batch_size=32):
    """The features of Keras' Inception V3: its last pooling layer.

    Images are resized to 299x299 bilinearly, without anti-aliasing, grey ones
    are repeated to three channels, and pixels are scaled to [-1, 1]. The
    probabilities are the softmax of the 1,000 logits.

    These are not the weights of the published FIDs and Inception Scores, which
    a program of 2015 computed with a graph of 1,008 outputs, nor its resizing.
    Scores are of the same kind, differ in value, and are comparable with each
    other only.

    Args:
        weights: `"imagenet"` for Keras' own, which are downloaded once (96 MB),
            or the path of a weights file of the whole network, with its top.
        batch_size: int. How many images are computed at a time. Defaults to
            `32`.

    Returns:
        A `Features` of 2048 features and 1000 classes.

    Raises:
        UserError: the weights cannot be had.

    References:
    - [Szegedy et al., 2015](https://arxiv.org/abs/1512.00567)
    - [Heusel et al., 2017](https://arxiv.org/abs/1706.08500), which takes the
      last pooling layer
    """
    import tensorflow as tf
    from keras import Model

    network, path = _load(weights)
    model = Model(
        network.input, [network.get_layer("avg_pool").output, network.output]
    )

    @tf.function
    def compute(images):
        x = tf.cast(images, tf.float32)
        x = channels_as(resized(x, SIZE), 3)
        features, logits = model(x / 127.5 - 1, training=False)
        return features, tf.nn.softmax(logits)

    return Features(
        compute,
        "inception",
        files.sha256(path),
        size=NUM_FEATURES,
        num_classes=NUM_CLASSES,
        resize="bilinear to 299x299, colour",
        batch_size=batch_size,
    )


def _load(weights):
    """The network with its logits, and the file of its weights."""
    from keras.applications import InceptionV3

    from tf_gans.data.downloads import keras_directory

    kept = keras_directory() / "models" / FILE
    own = weights != "imagenet"
    path = pathlib.Path(weights) if own else kept
    if own and not path.is_file():
        raise UserError(f"{path}: must be a file of Inception's weights")
    try:
        network = InceptionV3(
            weights=str(path) if own else "imagenet", classifier_activation=None
        )
    except Exception as error:  # Keras raises a plain Exception
        reason = " ".join(str(error).split())[:200]
        if own:
            raise UserError(
                f"{path}: must hold the weights of Keras' InceptionV3 with its "
                f"top; {reason}"
            ) from error
        raise UserError(
            f"inception: its weights cannot be loaded: {reason}. Without a "
            f"network, put the published {FILE} at {kept}"
        ) from error
    return network, path
