"""What a model does with networks of any kind: builds, calls, copies them."""

import inspect
import types

import keras
import tensorflow as tf

from tf_gans import layers


def with_labels(inputs, labels):
    """What a network is called with: the pair where there are labels."""
    return inputs if labels is None else (inputs, labels)


def build(network, shape, num_classes=None):
    """Makes the weights of a network that has none yet.

    Args:
        network: `keras.Model`.
        shape: tuple of ints, of one input.
        num_classes: int, where the network takes labels as well.
    """
    if network.built:
        return
    # Keras' own `build` makes no weights for a subclass; its `call` does.
    if getattr(network.build, "_is_default", False):
        labels = tf.zeros((1,), tf.int32) if num_classes else None
        network(with_labels(tf.zeros((1, *shape)), labels), training=False)
    else:
        labels = (None,) if num_classes else None
        network.build(with_labels((None, *shape), labels))


def copy(network, name):
    """A network of the same layers, under another name, with weights anew.

    Raises:
        ValueError: its configuration does not say all that it is made of.
    """
    try:
        if not inspect.signature(type(network)).parameters:
            copied = type(network)()
            copied.name = name
            return copied
        for layer in layers.walk(network):
            _check_has_config(layer)
        config = {**network.get_config(), "name": name}
        with keras.saving.custom_object_scope(_own_parts(network)):
            return type(network).from_config(config)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise ValueError(
            f"`ema_decay` needs a copy of the `generator`, and a "
            f"{type(network).__name__} cannot be made again from its "
            "`get_config`: write one that has all arguments of the "
            "constructor, for its layers too, and give functions names that "
            f"differ. Received: {str(error).strip().partition(chr(10))[0]}"
        ) from error


def _check_has_config(layer):
    """Refuses a model whose configuration has not what it was made with.

    Of a subclassed model Keras' own `get_config` gives the defaults of the
    constructor's arguments, whatever was given (`Model.__new__` drops them).
    """
    cls = type(layer)
    writer = next(c for c in cls.__mro__ if "get_config" in vars(c))
    if not isinstance(layer, keras.Model) or writer is cls:
        return
    arguments = {
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD
    }
    is_keras = writer.__module__.startswith("keras.")
    if is_keras and arguments - {"name", "trainable", "dtype"}:
        raise NotImplementedError(f"{cls.__name__} has none of its own")


def _own_parts(network):
    """The classes and functions in a network that are not Keras' own.

    They need not be registered to be copied.
    """
    own: dict = {}
    for layer in layers.walk(network):
        # Keras puts wrapped methods, such as `build`, among the attributes.
        attributes = {
            name: value
            for name, value in vars(layer).items()
            if not hasattr(type(layer), name)
        }
        for part in (layer, *attributes.values()):
            is_function = isinstance(part, types.FunctionType)
            if not is_function and not hasattr(part, "get_config"):
                continue
            kind = part if is_function else type(part)
            if kind.__module__.startswith("keras."):
                continue
            if own.setdefault(kind.__name__, kind) is not kind:
                raise ValueError(f"two that are called {kind.__name__}")
    return own
