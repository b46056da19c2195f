"""The networks of the 1-D Gaussian demonstration.

They work in the units of the original task, whose data are N(4, 0.5).

Reference:
- [AYLIEN/gan-intro, gan.py](https://github.com/AYLIEN/gan-intro), lines 49-92
"""

import keras
from keras.saving import register_keras_serializable

from tf_gans.errors import check_positive_int
from tf_gans.layers import MinibatchDiscrimination, SmallDense
from tf_gans.networks.base import Judge, ScaledNetwork


class _ScalarNetwork(ScaledNetwork):
    """What the two networks share: their options and their dense layers."""

    # Without a pair's name: seeds are those of the networks that came first.
    pair = ""
    sample_shape = (1,)

    def __init__(
        self, hidden_size=4, activation="softplus", stddev=1.0, **options
    ):
        super().__init__(**options)
        self.hidden_size = check_positive_int("hidden_size", hidden_size)
        self.activation = keras.activations.get(activation)
        self.stddev = float(stddev)

    def _initializer(self, name):
        return keras.initializers.RandomNormal(
            stddev=self.stddev, seed=self._seed(name)
        )

    def _dense(self, units, name, activation=None):
        return self._layer(SmallDense, name, units=units, activation=activation)


@register_keras_serializable(package="tf_gans.gaussian")
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

    Input shape: `(batch, 1)`.
    Output shape: `(batch, 1)`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 64-67](
      https://github.com/AYLIEN/gan-intro)
    """

    role = "generator"
    latent_dim = 1

    def __init__(self, hidden_size=4, activation="softplus", **options):
        super().__init__(hidden_size, activation, **options)
        self.hidden = self._dense(self.hidden_size, "g0", self.activation)
        self.head = self._dense(1, "g1")

    def call(self, z, training=None):
        return self._from_units(self.head(self.hidden(z)))


@register_keras_serializable(package="tf_gans.gaussian")
class Discriminator(Judge, _ScalarNetwork):
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
        group_size: int or None. That of `MinibatchDiscrimination`. Defaults
            to `None`: the batch is one group.
        shift, scale: floats. The network sees `(x - shift) / scale`. Default
            to `0` and `1`.
        seed: int or None. The seed of the initial weights.

    Input shape: `(batch, 1)`.
    Output shape: `(batch, 1)`.

    Reference:
    - [AYLIEN/gan-intro, gan.py, lines 70-82](
      https://github.com/AYLIEN/gan-intro)
    - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.2
    """

    role = "discriminator"

    def __init__(
        self,
        hidden_size=4,
        minibatch=False,
        activation="relu",
        stddev=1.0,
        spread=0.0,
        *,
        group_size=None,
        **options,
    ):
        super().__init__(hidden_size, activation, stddev, **options)
        self.minibatch = bool(minibatch)
        self.spread = float(spread)
        self.group_size = group_size
        if group_size and not minibatch:
            raise ValueError(
                "`group_size` is of minibatch discrimination and needs "
                f"`minibatch`. Received: group_size={group_size}"
            )
        width = 2 * self.hidden_size
        self.first = self._dense(width, "d0", self.activation)
        self.second = self._dense(width, "d1", self.activation)
        if self.minibatch:
            self.third = self._layer(
                MinibatchDiscrimination,
                "minibatch",
                kernel_initializer=keras.initializers.RandomNormal(
                    stddev=0.02, seed=self._seed("minibatch")
                ),
                group_size=group_size,
            )
        else:
            self.third = self._dense(width, "d2", self.activation)
        self.head = self._dense(1, "d3")

    def build(self, input_shape=None):
        super().build(input_shape)
        if self.spread:
            # A unit bends where its input w x + b is 0.
            places = keras.random.uniform(
                (2 * self.hidden_size,),
                -self.spread,
                self.spread,
                seed=self._seed("places"),
            )
            self.first.bias.assign(-self.first.kernel[0] * places)

    def _features(self, x, training):
        del training
        return self.third(self.second(self.first(self._to_units(x))))
