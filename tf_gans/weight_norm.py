"""Weight normalisation: kernels as a direction and a length, each learned."""

import contextlib
import threading
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gans.errors import check_integer, check_positive_int
from tf_gans.spectral_norm import NORMALISED, TRANSPOSED

_thread = threading.local()


@keras.saving.register_keras_serializable(package="tf_gans")
class WeightNormalization(keras.layers.Wrapper):
    """Gives each output of a layer a kernel of its own, learned length.

    The layer works with

        w = g v / ||v||

    where v is its kernel, as the optimizer makes it, and the norm is over all
    axes but the outputs': each unit, each filter has one g. The length of v
    has no effect, so the optimizer moves v's direction and g alone, and a v
    that grows turns more slowly.

    A transposed convolution's outputs are the last but one axis of its kernel;
    they are the last of all others.

    Only `initialize` looks at data: calls change nothing. A v of zeros stays a
    w of zeros. A layer of mixed precision computes in its 16 bits; norms have
    the 32 of its variables.

    Args:
        layer: a `Dense` or a `Conv` layer of Keras, plain or transposed.
        gain: bool. Whether there is a g. Without it each output's kernel has
            length 1, and `initialize` leaves the layer alone. Defaults to
            `True`.
        train_gain: bool. Whether the optimizer has g, too; otherwise it is
            what `initialize` makes it. Defaults to `True`.
        gain_initializer: what g starts as, a `keras.initializers.Initializer`
            or its name; or None for `||v||`, with which the layer starts as
            the one inside. Defaults to `None`.

    Example:

    >>> layer = WeightNormalization(keras.layers.Dense(8))
    >>> y = layer(tf.zeros((4, 16)))

    Reference:
    - [Salimans and Kingma, 2016](https://arxiv.org/abs/1602.07868), equation 2
    """

    def __init__(
        self,
        layer,
        gain=True,
        train_gain=True,
        gain_initializer=None,
        **kwargs,
    ):
        if not isinstance(layer, NORMALISED):
            names = ", ".join(c.__name__ for c in NORMALISED)
            raise ValueError(
                f"`layer` must be one of {names}. Received: layer={layer!r}"
            )
        if not gain and (gain_initializer is not None or not train_gain):
            raise ValueError(
                "`train_gain` and `gain_initializer` say how `gain` is "
                "learned. Received: gain=False"
            )
        # The norms are worked out in the variables' dtype; the layer casts its
        # inputs and its kernel itself.
        kwargs["dtype"] = layer.variable_dtype
        super().__init__(layer, autocast=False, **kwargs)
        self.gain = bool(gain)
        self.train_gain = bool(train_gain)
        self.gain_initializer = None
        if gain_initializer is not None:
            self.gain_initializer = keras.initializers.get(gain_initializer)

    def build(self, input_shape=None):
        super().build(input_shape)
        self.g: Any = None
        if self.gain:
            self.g = self.add_weight(
                name="g",
                shape=(self.layer.kernel.shape[self._output_axis],),
                initializer=self.gain_initializer or self._first_gain,
                trainable=self.train_gain,
            )

    def call(self, inputs):
        if self.gain and getattr(_thread, "stddev", None) is not None:
            return self._initialized(inputs)
        return self._with_kernel(inputs, {})

    def _with_kernel(self, inputs, others):
        """What the layer makes of inputs with its normalised kernel.

        Args:
            inputs: its inputs.
            others: dict from the `id` of other variables to their values.
        """
        # The layer reads these values in the place of its variables.
        values = {id(self.layer.kernel): self.normalized_kernel(), **others}
        pairs = [(v, values.get(id(v), v.value)) for v in self.layer.variables]
        with keras.StatelessScope(pairs, initialize_variables=False):
            return self.layer(inputs)

    def normalized_kernel(self):
        """Returns w, in the kernel's shape."""
        kernel = tf.convert_to_tensor(self.layer.kernel)
        norms = self._norms(kernel)
        scale = 1 / norms
        if self.g is not None:
            shape = [1] * kernel.shape.rank
            shape[self._output_axis] = -1
            scale *= tf.reshape(tf.convert_to_tensor(self.g), shape)
        return kernel * scale

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    @property
    def _output_axis(self):
        return -2 if isinstance(self.layer, TRANSPOSED) else -1

    def _norms(self, kernel):
        """||v||, of as many axes as v; 1 where it is 0."""
        rank = kernel.shape.rank
        axes = [i for i in range(rank) if i != rank + self._output_axis]
        squares = tf.reduce_sum(tf.square(kernel), axes, keepdims=True)
        # The root's derivative at 0 would be infinite.
        is_zero = squares == 0
        return tf.sqrt(tf.where(is_zero, tf.ones_like(squares), squares))

    def _first_gain(self, shape, dtype=None):
        norms = self._norms(tf.convert_to_tensor(self.layer.kernel))
        return tf.cast(tf.reshape(norms, shape), dtype)

    def _initialized(self, inputs):
        """Sets g and the bias by these inputs, and returns its outputs."""
        bias = self.layer.bias
        none = {} if bias is None else {id(bias): tf.zeros_like(bias)}
        activation = self.layer.activation
        self.layer.activation = keras.activations.linear
        try:
            before = tf.cast(self._with_kernel(inputs, none), self.g.dtype)
        finally:
            self.layer.activation = activation
        axes = list(range(before.shape.rank - 1))
        mean = tf.reduce_mean(before, axes)
        about = mean if bias is not None else tf.zeros_like(mean)
        spread = tf.sqrt(tf.reduce_mean(tf.square(before - about), axes))
        # A unit that is the same for all inputs has no length to be given.
        scale = tf.where(spread > 0, _thread.stddev / spread, 1.0)
        scale = tf.where(tf.math.is_finite(scale), scale, 1.0)
        self.g.assign(self.g * scale)
        if bias is not None:
            bias.assign(-mean * scale)
        return self._with_kernel(inputs, {})

    def get_config(self):
        initializer = self.gain_initializer
        if initializer is not None:
            initializer = keras.initializers.serialize(initializer)
        return {
            **super().get_config(),
            "gain": self.gain,
            "train_gain": self.train_gain,
            "gain_initializer": initializer,
        }


def initialize(
    network, samples, num_samples=None, seed=0, stddev=1.0, **options
):
    """Sets the lengths and the biases of a network by what it sees.

    One pass through the network: what each weight-normalised layer makes of
    the samples, before its activation, gets mean 0 and standard deviation
    `stddev` for each of its outputs, and the next layer sees that. Where a
    layer has no bias the mean stays, and the root of the mean square is
    `stddev`. The directions of the kernels stay as they were drawn.

    Call it once, before the first step, on a network that is built.

    Args:
        network: a function of the samples, such as a `keras.Model`. Others of
            its layers are left alone, but are called: batch normalisation
            moves its averages where `training=True`.
        samples: array or tensor of shape `(rows, ...)`, such as the training
            images as floats in the network's range.
        num_samples: int. How many of them to look at, taken at random; 500 in
            the authors' program for digits. Defaults to `None`: all.
        seed: int. Which ones. Defaults to `0`.
        stddev: float above 0. Defaults to `1.0`.
        **options: other arguments of the network's call.

    Example:

    >>> initialize(critic, images, num_samples=500, seed=0, training=True)

    Reference:
    - [Salimans and Kingma, 2016](https://arxiv.org/abs/1602.07868), section 3
    """
    check_integer("seed", seed, least=0)
    if not stddev > 0:
        raise ValueError(f"`stddev` must be above 0. Received: stddev={stddev}")
    if num_samples is not None:
        num_samples = check_positive_int("num_samples", num_samples)
        if num_samples > len(samples):
            raise ValueError(
                "`num_samples` must be at most the number of samples. "
                f"Received: num_samples={num_samples} of {len(samples)}"
            )
        rows = np.random.default_rng(seed).permutation(len(samples))
        samples = tf.gather(samples, rows[:num_samples])
    if not tf.executing_eagerly():
        raise ValueError("`initialize` cannot be called within a tf.function.")
    with _initializing(stddev):
        network(samples, **options)


@contextlib.contextmanager
def _initializing(stddev):
    """While it is open, weight-normalised layers set themselves."""
    _thread.stddev = float(stddev)
    try:
        yield
    finally:
        _thread.stddev = None
