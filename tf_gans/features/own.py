"""Features of a user's own: a Keras model, a function, or the pixels."""

import hashlib
import json
import pathlib

from tf_gans.errors import UserError
from tf_gans.features.base import Features, channels_as, digest_of, resized


def of_model(
    model, name, value_range=(0, 255), size=None, num_classes=None, version=None
):
    """Features by a network of a user's own.

    A Keras model has one input, images, and one output, features of shape
    `(n, d)`, or two, features and probabilities. Images are resized to its
    height and width where it has fixed ones, bilinearly and without
    anti-aliasing, become grey or coloured as its channels are, and are scaled
    to `value_range`. A function is given the uint8 images as they are.

    Args:
        model: a `keras.Model`, or a function of a uint8 array of shape
            `(n, height, width, channels)` that returns features, `(n, size)`,
            or features and probabilities, `(n, num_classes)`.
        name: str. What to call it.
        value_range: pair of floats. What the model is given for the pixels 0
            and 255; for models only. Defaults to `(0, 255)`.
        size: int. The number of features, of a function only; a model tells.
        num_classes: int or None. As `size`, where there are probabilities.
        version: str, of a function only: what changes whenever its results do,
            for its weights cannot be seen here.

    Returns:
        A `Features`.

    Raises:
        ValueError: the model has other inputs or outputs, or a function lacks
            its `size` or `version`.

    Example:

    >>> features = of_model(keras.models.load_model("net.keras"), "net")
    >>> features(images).shape
    """
    import keras

    if isinstance(model, keras.Model):
        if (size, num_classes, version) != (None, None, None):
            raise ValueError(
                "`size`, `num_classes` and `version` are of functions; a model "
                "tells them itself. Received: a model and one of them"
            )
        return _of_keras(model, name, value_range)
    if not callable(model):
        raise ValueError(
            f"`model` must be a Keras model or a function. Received: {model!r}"
        )
    if size is None or not version:
        raise ValueError(
            "A function needs `size`, its number of features, and `version`, a "
            "word that changes when its results do. "
            f"Received: size={size}, version={version!r}"
        )
    digest = hashlib.sha256(str(version).encode()).hexdigest()
    return Features(
        model, name, digest, size, "by the function", num_classes=num_classes
    )


def _of_keras(model, name, value_range):
    import tensorflow as tf

    low, high = map(float, value_range)
    shape = getattr(model, "input_shape", None)
    outputs = getattr(model, "output_shape", None)
    if not isinstance(outputs, list):
        outputs = [outputs]
    if (
        not isinstance(shape, tuple)
        or len(shape) != 4
        or shape[-1] not in (1, 3)
        or len(outputs) > 2
        or any(o is None or len(o) != 2 or o[-1] is None for o in outputs)
    ):
        raise ValueError(
            "The model must take images of shape (n, height, width, 1 or 3) "
            "and give features of shape (n, d), or these and probabilities. "
            f"Received: input {shape}, output {model.output_shape}"
        )
    height, width, channels = shape[1:]

    @tf.function
    def compute(images):
        x = tf.cast(images, tf.float32)
        if height and width:
            x = resized(x, (height, width))
        x = channels_as(x, channels)
        return model(low + x * ((high - low) / 255), training=False)

    digest = hashlib.sha256(digest_of(model.get_weights()).encode())
    digest.update(_describe(model).encode() + repr((low, high)).encode())
    size = f"bilinear to {width}x{height}, " if height and width else ""
    return Features(
        compute,
        name,
        digest.hexdigest(),
        size=outputs[0][-1],
        num_classes=outputs[1][-1] if len(outputs) == 2 else None,
        resize=size + ("grey" if channels == 1 else "colour"),
    )


def _describe(model):
    """A model's layers and how they are joined, as text without their names.

    Keras numbers the names of a process' layers, so that the same model built
    twice has other ones.
    """
    text = json.dumps(model.get_config(), sort_keys=True, default=str)
    for number, part in enumerate([model, *model.layers]):
        text = text.replace(json.dumps(part.name), f'"#{number}"')
    return text


def of_file(path):
    """The features of a `.keras` file; see `of_model`.

    The model is given pixels from 0 to 255, and scales them itself.

    Raises:
        UserError: it cannot be read, or has other inputs or outputs.
    """
    import keras

    path = pathlib.Path(path)
    if path.suffix != ".keras" or not path.is_file():
        raise UserError(f"{path}: must be a .keras file that exists")
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        return of_model(model, path.stem)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: cannot be used: {reason}") from error


def pixels(sample_shape):
    """The pixels themselves, from 0 to 1: no network looks at the images.

    Distances of pixels see shifts and brightness before they see shapes. They
    need no file, and mean something for images that lie alike.

    Args:
        sample_shape: tuple of ints, `(height, width, channels)`. Images of
            another shape are refused.

    Returns:
        A `Features` of `height * width * channels` features.
    """
    height, width, channels = sample_shape

    def compute(images):
        if images.shape[1:] != (height, width, channels):
            raise ValueError(
                f"The images must be of shape (n, {height}, {width}, "
                f"{channels}). Received: shape {images.shape}"
            )
        return images.reshape(len(images), -1) / 255

    return Features(
        compute,
        "pixels",
        hashlib.sha256(repr((height, width, channels)).encode()).hexdigest(),
        size=height * width * channels,
        resize="none",
        channels=(channels,),
    )
