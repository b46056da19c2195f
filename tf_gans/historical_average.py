"""Historical averaging: what a player's parameters were on average so far."""

import math
import numbers

import keras
import tensorflow as tf


class HistoricalAverage(keras.layers.Layer):
    """Draws the parameters of a player to the mean of all their values so far.

    With `theta[t]` the trainable parameters from before the player's t-th
    update, t = 1, 2, ..., that update minimises the player's loss and

        weight * sum of (theta - m[t])^2,
        m[t] = 1/t (theta[1] + ... + theta[t])

    - The mean contains the present parameters, `theta[t]`, as the paper's
      sum to t does; so in the first update there is no pull, and from the
      second one on there is.
    - The gradient takes the mean as a constant: it is
      `2 weight (theta[t] - m[t])`, and the price that is logged the value of
      the formula above at `theta[t]`. Of the mean of the past alone,
      `m[t - 1]`, that is `1 - 1/t` times the distance.
    - The sum is over all numbers of all parameters, so that a weight does more
      to a larger network. The paper gives no weight.
    - Updates that a loss scale leaves out are counted, too: `theta` is then the
      same one again. What is not trained, such as the statistics of batch
      normalisation, is left alone.

    The mean is moved on, `m <- m + (theta - m) / t`, so it takes as much memory
    as the parameters, whatever t is. It is in 32 bits where those have fewer,
    and in 64 where they have 64; in 32 bits it no longer follows a distance
    below about 6e-8 t of a parameter's size. Its variables are the layer's
    weights, and so part of a model's files and checkpoints; of replicas each
    has its own, and they are equal as the parameters are.

    Args:
        weight: float above 0.
        variables: list of the player's trainable variables, for their shapes.
        name: str.

    Reference:
    - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.3
    """

    def __init__(self, weight, variables, name):
        super().__init__(name=name, dtype="float32")
        self.weight = check_weight(weight)
        self.count = self.add_weight(
            name="count",
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
        )
        self.means = [
            self.add_weight(
                name=f"mean_{number}",
                shape=variable.shape,
                dtype=max(variable.dtype, "float32", key=_size),
                initializer="zeros",
                trainable=False,
            )
            for number, variable in enumerate(variables)
        ]
        self.built = True

    def take(self, variables):
        """Takes the present parameters into the mean, before their update.

        Args:
            variables: list of the player's trainable variables.
        """
        self.count.assign_add(1)
        for mean, variable in zip(self.means, variables, strict=True):
            count = tf.cast(self.count, mean.dtype)
            present = tf.cast(variable, mean.dtype)
            mean.assign_add((present - mean) / count)

    def price(self, variables):
        """What the distance from the mean costs: a scalar.

        Args:
            variables: list of the player's trainable variables.
        """
        squares = [
            tf.reduce_sum(tf.square(tf.cast(variable, mean.dtype) - mean))
            for mean, variable in zip(self.means, variables, strict=True)
        ]
        # Of 32 bits and of 64 there may be some of each.
        dtype = max((square.dtype for square in squares), key=_size)
        return self.weight * tf.add_n([tf.cast(s, dtype) for s in squares])


def check_weight(value):
    """Returns the weight as a float, or raises a `ValueError`."""
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_real or not 0 < value < math.inf:
        raise ValueError(
            "`historical_averaging` must be above 0, or None. "
            f"Received: historical_averaging={value!r}"
        )
    return float(value)


def _size(dtype):
    return tf.as_dtype(dtype).size
