"""The networks of the 1-D Gaussian demonstration.

Reference:
- [AYLIEN/gan-intro, gan.py](https://github.com/AYLIEN/gan-intro), lines 49-92
"""

import keras

from tf_gans.errors import check_positive_int
from tf_gans.layers import MinibatchDiscrimination, SmallDense
from tf_gans.random import derive_seed


class _ScalarNetwork(keras.Model):
    """What the two networks share: their options and their dense layers.

    The networks work in the units of the original task, whose data are
    N(4, 0.5). `shift` and `scale` say where other data lie:
    `data = shift + scale * network units`. They are constants, not weights.
    """

    def __init__(
        self, hidden_size, activation, stddev, shift, scale, seed, **kwargs
    ):
        super().__init__(**kwargs)
        if not scale > 0:
            raise ValueError(
                f"`scale` must be positive. Received: scale={scale}"
            )
        self.hidden_size = check_positive_int("hidden_size", hidden_size)
        self.activation = keras.activations.get(activation)
        self.stddev = float(stddev)
        self.shift = float(shift)
        self.scale = float(scale)
        self.seed = seed

    def _initializer(self, name, stddev):
        """N(0, stddev), from the network's seed where it has one."""
        seed = self._seed(name)
        return keras.initializers.RandomNormal(stddev=stddev, seed=seed)

    def _seed(self, name):
        return None if self.seed is None else derive_seed(self.seed, name)

    def _dense(self, units, name, activation=None):
        return SmallDense(
            units,
            activation=activation,
            kernel_initializer=self._initializer(name, self.stddev),
            name=name,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "hidden_size": self.hidden_size,
            "activation": keras.activations.serialize(self.activation),
            "stddev": self.stddev,
            "shift": self.shift,
            "scale": self.scale,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tf_gans.gaussian")
class Generator(_ScalarNetwork):
    """Maps a scalar z to a scalar sample: one hidden layer of softplus units.

    13 parameters at the default size: `w0 (1, h), b0 (h,), w1 (h, 1), b1 (1,)`.

    Args:
        hidden_size: int. The units of the hidden layer. Defaults to `4`.
        activation: the hidden layer's activation. Defaults to `"softplus"`.
        stddev: float. Kernels start as N(0, stddev), whatever their fan-in.
            Defaults to `1`.
        shift, scale: floats. Samples are `shift + scale * output`. Default
            to `0` and `1`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, 1)`.

    Output shape:
        `(batch, 1)`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 64-67](
      https://github.com/AYLIEN/gan-intro)
    """

    def __init__(
        self,
        hidden_size=4,
        activation="softplus",
        stddev=1.0,
        shift=0.0,
        scale=1.0,
        seed=None,
        name="generator",
        **kwargs,
    ):
        super().__init__(
            hidden_size,
            activation,
            stddev,
            shift,
            scale,
            seed,
            name=name,
            **kwargs,
        )
        self.hidden = self._dense(self.hidden_size, "g0", self.activation)
        self.head = self._dense(1, "g1")

    def build(self, input_shape):
        self.hidden.build(input_shape)
        self.head.build((None, self.hidden_size))

    def call(self, z, training=None):
        x = self.head(self.hidden(z))  # (batch, 1)
        if self.scale != 1:
            x = x * self.scale
        return x + self.shift if self.shift else x


@keras.saving.register_keras_serializable(package="tf_gans.gaussian")
class Discriminator(_ScalarNetwork):
    """Maps a scalar sample to a logit.

    Two hidden layers of `2 * hidden_size` units, then either a third one or,
    with `minibatch`, `MinibatchDiscrimination`, then the logit: 169 parameters,
    or 237, at the default size. The original's `sigmoid` is left to the loss.

    Args:
        hidden_size: int. Half the width of the hidden layers. Defaults to `4`.
        minibatch: bool. Whether the third layer is minibatch discrimination.
            Defaults to `False`.
        activation: the hidden layers' activation. Defaults to `"relu"`, that
            of the original's listing; its article has `"tanh"`.
        stddev: float. Kernels start as N(0, stddev), but for the minibatch
            layer's, which start as N(0, 0.02). Defaults to `1`.
        spread: float. The first layer's biases start so that its units bend at
            places drawn from U[-spread, spread), in the network's units. With
            `0`, the original's, they all bend at 0. Defaults to `0`.
        shift, scale: floats. The network sees `(x - shift) / scale`. Default
            to `0` and `1`.
        seed: int or None. The seed of the initial weights.

    Input shape:
        `(batch, 1)`. With `minibatch`, the batch is one group.

    Output shape:
        `(batch, 1)`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 70-82](
      https://github.com/AYLIEN/gan-intro)
    - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.2
    """

    def __init__(
        self,
        hidden_size=4,
        minibatch=False,
        activation="relu",
        stddev=1.0,
        spread=0.0,
        shift=0.0,
        scale=1.0,
        seed=None,
        name="discriminator",
        **kwargs,
    ):
        super().__init__(
            hidden_size,
            activation,
            stddev,
            shift,
            scale,
            seed,
            name=name,
            **kwargs,
        )
        self.minibatch = bool(minibatch)
        self.spread = float(spread)
        width = 2 * self.hidden_size
        self.first = self._dense(width, "d0", self.activation)
        self.second = self._dense(width, "d1", self.activation)
        if self.minibatch:
            self.third = MinibatchDiscrimination(
                kernel_initializer=self._initializer("minibatch", 0.02),
                name="minibatch",
            )
        else:
            self.third = self._dense(width, "d2", self.activation)
        self.head = self._dense(1, "d3")

    def build(self, input_shape):
        width = (None, 2 * self.hidden_size)
        self.first.build(input_shape)
        if self.spread:
            # A unit bends where its input w x + b is 0.
            places = keras.random.uniform(
                (2 * self.hidden_size,),
                -self.spread,
                self.spread,
                seed=self._seed("places"),
            )
            self.first.bias.assign(-self.first.kernel[0] * places)
        self.second.build(width)
        self.third.build(width)
        self.head.build(self.third.compute_output_shape(width))

    def call(self, x, training=None):
        if self.shift:
            x = x - self.shift
        if self.scale != 1:
            x = x / self.scale
        return self.head(self.third(self.second(self.first(x))))

    def get_config(self):
        return {
            **super().get_config(),
            "minibatch": self.minibatch,
            "spread": self.spread,
        }
