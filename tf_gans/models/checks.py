"""What is looked at before the first step, so that no training is in vain.

Each check names the two things that do not belong together; see
`GenerativeModel.check_source` and `check_batch`, which call them.
"""

import warnings

import keras
import numpy as np
import tensorflow as tf

from tf_gans import layers

# How far beyond the range the pixels of a batch may be, as a share of its
# width: one of the 255 steps of a pixel, more than any rounding.
_BEYOND = 1 / 255

# So many numbers that are all on one side of 0 are no accident.
_ENOUGH = 1000

# The activations whose values say in which range a network's outputs lie.
_RANGES = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}

# Layers that move numbers and do not change them.
_MOVING = (
    keras.layers.InputLayer,
    keras.layers.Reshape,
    keras.layers.Flatten,
    keras.layers.Permute,
    keras.layers.Cropping2D,
)


def last_activation(network):
    """The name of the function that a network ends in.

    Args:
        network: `keras.Model`.

    Returns:
        str, `"linear"` where the last layer has none; or None where it cannot
        be told, as of a subclassed model.
    """
    # Functional models have outputs before they are called, others do not.
    is_sequential = isinstance(network, keras.Sequential)
    if not (is_sequential or hasattr(network, "outputs")):
        return None
    for layer in reversed(network.layers):
        if isinstance(layer, keras.Model):
            return last_activation(layer)
        if not isinstance(layer, _MOVING):
            activation = getattr(layer, "activation", None)
            return getattr(activation, "__name__", None)
    return None


def check_optimizers(optimizers):
    """Refuses one optimizer for two players: it has the state of one.

    Args:
        optimizers: dict from names to optimizers, to their names, or to None.
    """
    objects = [o for o in optimizers.values() if isinstance(o, keras.Optimizer)]
    if len({id(o) for o in objects}) < len(objects):
        *names, last = (f"`{name}`" for name in optimizers)
        raise ValueError(
            f"{', '.join(names)} and {last} must be different optimizers. "
            "Received the same one twice."
        )


def output_range(network):
    """The pair of values that a network's outputs lie between, or None."""
    return _RANGES.get(last_activation(network))


def check_ranges(source_range, model_range):
    """Refuses a source that scales to another range than the generator's."""
    if source_range is None or model_range is None:
        return
    if tuple(map(float, source_range)) != tuple(map(float, model_range)):
        raise ValueError(
            "The source and the generator must agree in `value_range`. "
            f"Received: {_pair(source_range)} and {_pair(model_range)}; give "
            f"the source value_range={_pair(model_range)}"
        )


def check_values(samples, value_range):
    """Refuses samples that a generator of this range cannot make.

    Args:
        samples: a tensor of one batch or several.
        value_range: pair of floats, or None.
    """
    if value_range is None or not tf.size(samples):
        return
    low, high = map(float, value_range)
    samples = tf.cast(samples, tf.float32)
    least, most = (
        float(reduce(samples)) for reduce in (tf.reduce_min, tf.reduce_max)
    )
    beyond = _BEYOND * (high - low)
    # NaN is not beyond: what it does to the losses is seen there.
    if least < low - beyond or most > high + beyond:
        raise ValueError(
            "The samples must lie in the generator's range, "
            f"{_pair((low, high))}. Received: samples from {least:g} to "
            f"{most:g}; see tf_gans.pixels.to_samples"
        )
    if least >= 0 > low and most > 0 and tf.size(samples) >= _ENOUGH:
        warnings.warn(
            f"The samples lie from {least:g} to {most:g} and never below 0, "
            f"where the generator's range is {_pair((low, high))}: pixels in "
            "[0, 1] have to be scaled, see tf_gans.pixels.to_samples.",
            stacklevel=2,
        )


def check_options(gan):
    """Refuses options of a GAN that contradict each other.

    Called by its constructor, as `check_penalty`.
    """
    if gan.constraint is not None and gan.penalty is not None:
        raise ValueError(
            "`constraint` and `penalty` are two ways to the same end and "
            "cannot be used together. Received: "
            f"constraint={type(gan.constraint).__name__}, "
            f"penalty={type(gan.penalty).__name__}"
        )
    if gan.simultaneous and gan.critic_steps + gan.generator_steps > 2:
        raise ValueError(
            "With `simultaneous=True` each player has one update a step. "
            f"Received: critic_steps={gan.critic_steps}, "
            f"generator_steps={gan.generator_steps}"
        )
    if gan.feature_matching:
        check_features(gan.discriminator)
    if gan.penalty is not None:
        check_penalty(gan.penalty, gan.discriminator)


def check_no_history(model, option):
    """Refuses historical averaging where two optimizers share a player.

    Args:
        model: `TwoPlayerModel`.
        option: str. What makes them share it.
    """
    if model.historical_averaging is not None:
        raise ValueError(
            "`historical_averaging` counts the updates of a player's one "
            f"optimizer, and with `{option}` the discriminator has two. "
            f"Received: historical_averaging={model.historical_averaging}"
        )


def check_features(discriminator, arguments="training"):
    """Refuses a discriminator that does not say its features.

    Args:
        discriminator: `keras.Model`.
        arguments: str. Those of the method besides the samples.
    """
    if not hasattr(discriminator, "features_and_logits"):
        raise ValueError(
            "To match features the `discriminator` needs a method "
            f"`features_and_logits(samples, {arguments})`. Received: a "
            f"{type(discriminator).__name__}"
        )


def check_penalty(penalty, discriminator):
    """Refuses a penalty that means nothing for the discriminator, or warns.

    Called by the constructor of a model, whose caller the warning is for.
    """
    name, rule = type(penalty).__name__, penalty.batch_norm
    for mixes, kind, option, is_refused in (
        (
            *(layers.has_batch_norm, "batch normalisation", "batch_norm"),
            rule == "refuse",
        ),
        (
            *(layers.sees_batch, "minibatch discrimination", "minibatch"),
            False,
        ),
    ):
        if rule == "allow" or not mixes(discriminator):
            continue
        message = (
            f"`{option}`: `penalty={name}` is a norm for each sample, which "
            f"{kind} in the "
            "`discriminator` mixes with the others of its batch."
        )
        if is_refused:
            raise ValueError(f"{message} Build it without.")
        warnings.warn(f"{message} Better build it without.", stacklevel=4)
    if layers.overwrites_kernels(discriminator):
        warnings.warn(
            f"`penalty={name}` is of one discriminator, and "
            "keras.layers.SpectralNormalization makes another of it at every "
            "call. Better use tf_gans.layers.SpectralNormalization.",
            stacklevel=4,
        )


def check_shape(received, sample_shape):
    """Refuses samples of another shape than the model's.

    Args:
        received: tuple, the shape of one sample of the data.
        sample_shape: tuple, that of one of the model's.
    """
    if not tf.TensorShape(received).is_compatible_with(sample_shape):
        raise ValueError(
            "The samples must have the shape of the model's, "
            f"{tuple(sample_shape)}. Received: samples of shape "
            f"{tuple(received)}"
        )


def check_classes(received, num_classes):
    """Refuses a source of more classes than the model has, or of none.

    Args:
        received: int or None, the source's.
        num_classes: int or None, the model's. Without any, labels are not
            looked at.
    """
    if num_classes and (received is None or received > num_classes):
        raise ValueError(
            f"The source's labels must be of the model's {num_classes} "
            f"classes. Received: a source with num_classes={received}"
        )


def check_one_a_sample(labels):
    """Refuses labels that are not one number a sample.

    Args:
        labels: tensor of shape `(steps, batches, batch)`, or with a last axis
            of 1.
    """
    if tuple(labels.shape[3:]) not in ((), (1,)):
        raise ValueError(
            "Labels must be integers, one a sample; of one-hot labels take "
            "tf.argmax(labels, axis=-1). Received: labels of shape "
            f"(batch, {', '.join(map(str, labels.shape[3:]))})"
        )


def check_labels(labels, num_classes):
    """Refuses labels of classes that there are not.

    Args:
        labels: integer array or tensor of any shape.
        num_classes: int.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"`labels` must be integers. Received: dtype={labels.dtype}"
        )
    if labels.size and not (labels.min() >= 0 and labels.max() < num_classes):
        raise ValueError(
            f"`labels` must be at least 0 and less than {num_classes}, the "
            f"model's `num_classes`. Received: labels from {labels.min()} to "
            f"{labels.max()}"
        )


def check_discriminator(gan):
    """Refuses a discriminator whose outputs are no logits, one a sample.

    Args:
        gan: `tf_gans.GAN`.
    """
    outputs = gan.discriminator.compute_output_spec(gan.judged_spec)
    shapes = [tuple(t.shape) for t in tf.nest.flatten(outputs)]
    if len(shapes) != 1 or shapes[0][1:] != (1,):
        raise ValueError(
            "`discriminator` must return logits, one a sample, of shape "
            f"(batch, 1). Received: outputs of shape {shapes}"
        )
    if last_activation(gan.discriminator) != "sigmoid":
        return
    message = (
        "`discriminator` ends in a sigmoid, and the losses take logits. "
        "Build its last layer without an activation."
    )
    # Such a loss makes probabilities of the logits by itself.
    if gan.adversarial_loss.probabilistic:
        raise ValueError(message)
    warnings.warn(message, stacklevel=2)


def check_heads(gan, size):
    """Refuses a discriminator whose outputs are not logits and `size` numbers.

    Args:
        gan: a GAN whose discriminator has two heads.
        size: int. Of the second head, for each sample.
    """
    outputs = gan.discriminator.compute_output_spec(gan.judged_spec)
    shapes = [tuple(t.shape) for t in tf.nest.flatten(outputs)]
    if [shape[1:] for shape in shapes] != [(1,), (size,)]:
        raise ValueError(
            "`discriminator` must return logits, of shape (batch, 1), and what "
            f"its second head says, of shape (batch, {size}). Received: "
            f"outputs of shape {shapes}"
        )


def check_autoencoder(began):
    """Refuses a discriminator that returns something else than samples.

    Args:
        began: `tf_gans.BEGAN`.
    """
    outputs = began.discriminator.compute_output_spec(began.judged_spec)
    shapes = [tuple(t.shape)[1:] for t in tf.nest.flatten(outputs)]
    if shapes != [tuple(began.sample_shape)]:
        raise ValueError(
            "`discriminator` must return samples, of shape "
            f"{tuple(began.sample_shape)}. Received: outputs of shape {shapes}"
        )


def _pair(value_range):
    return "({:g}, {:g})".format(*value_range)
