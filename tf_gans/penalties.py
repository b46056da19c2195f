"""What constrains a discriminator, in addition to its adversarial loss.

A penalty is added to the discriminator's loss and keeps no state: its random
numbers come from outside, drawn for whole blocks of steps as a function of
(seed, step). `WeightClipping` is no penalty but a constraint, applied to the
weights after each update.

Penalties are on gradients of the logit with respect to the samples. Samples
in 16 bits are widened, so the norms are taken in 32.
"""

import math

import keras
import tensorflow as tf

from tf_gans import random, replicas

_EPSILON = 1e-12


class Penalty:
    """Base class of the penalties.

    A subclass implements `__call__`, `draw` if it needs random numbers, and
    `get_config` if it has options of its own.

    Args:
        weight: float, finite and at least 0. What the penalty is multiplied
            by.
    """

    batch_norm = "allow"
    """Whether the discriminator may have batch normalisation.

    `"allow"`, `"warn"` or `"refuse"`. A penalty on each sample's own gradient
    loses its meaning where one sample's logit depends on the others.
    """

    def __init__(self, weight):
        self.weight = _check_at_least_zero("weight", weight)

    def draw(self, seed, first_step, num_steps, batch_size, sample_shape):
        """Draws the random numbers of a run of updates.

        Args:
            seed: int or scalar integer tensor.
            first_step: int or scalar integer tensor. The number of the first
                discriminator update.
            num_steps: int. How many updates to draw for.
            batch_size: int or scalar int32 tensor.
            sample_shape: tuple of ints. The shape of one sample.

        Returns:
            A tensor, or a dict of tensors, with a leading axis of `num_steps`,
            whose row `i` depends on `(seed, first_step + i)` alone, and a
            second one of `batch_size`, by which replicas share them out; or
            None where the penalty needs no random numbers.
        """
        del seed, first_step, num_steps, batch_size, sample_shape
        return None

    def __call__(self, critic, real, fake, noise=None):
        """Returns the penalty, a scalar in at least 32 bits.

        Args:
            critic: a callable from samples to logits, `(batch, 1)`.
            real: float tensor of shape `(batch, *sample_shape)`.
            fake: float tensor of the same shape; None will do for a penalty
                at real samples alone.
            noise: one row of what `draw` returned.
        """
        raise NotImplementedError

    def get_config(self):
        return {"weight": self.weight}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable(package="tf_gans")
class R1(Penalty):
    """Half the squared norm of the discriminator's gradient at real samples.

    `weight / 2 * E[||grad_x D(x)||^2]`, with `D` the logit. It makes a
    discriminator that is steep at the data pay for it, which lets simultaneous
    gradient descent converge where it would otherwise circle.

    Args:
        weight: float, at least 0. The gamma of the paper, in units of the
            squared data. Defaults to `1`.

    Reference:
    - [Mescheder et al., 2018](https://arxiv.org/abs/1801.04406), equation 9
    """

    def __init__(self, weight=1.0):
        super().__init__(weight)

    def __call__(self, critic, real, fake, noise=None):
        del fake, noise
        squared_norms = _squared_gradient_norms(critic, _widened(real))
        return 0.5 * self.weight * tf.reduce_mean(squared_norms)


@keras.saving.register_keras_serializable(package="tf_gans")
class R1R2(Penalty):
    """R1, and the same at generated samples, R2, of one weight.

    `weight / 2 * (E[||grad_x D(x)||^2] + E[||grad_x D(G(z))||^2])`, with `D`
    the logit. R1 alone lets a discriminator be as steep as it likes where
    samples are and data are not, and there a relativistic loss diverges: R3GAN
    needs both.

    Args:
        weight: float, at least 0. The gamma of the paper, in units of the
            squared data. Defaults to `1`.

    Reference:
    - [Mescheder et al., 2018](https://arxiv.org/abs/1801.04406), equations 9
      and 10
    - [Huang et al., 2024](https://arxiv.org/abs/2501.05441), section 2
    """

    def __init__(self, weight=1.0):
        super().__init__(weight)

    def __call__(self, critic, real, fake, noise=None):
        del noise
        # In two passes: layers that see a batch see one of a kind.
        squared_norms = [
            tf.reduce_mean(_squared_gradient_norms(critic, _widened(samples)))
            for samples in (real, fake)
        ]
        return 0.5 * self.weight * tf.add_n(squared_norms)


@keras.saving.register_keras_serializable(package="tf_gans")
class GradientPenalty(Penalty):
    """WGAN-GP's penalty: a slope of 1 on the way from fakes to real samples.

    `weight * E[(||grad D(y)|| - target)^2]`, where each `y` lies on the line
    between a real and a generated sample, at a place of its own: `alpha ~
    U[0, 1)` for each pair. The norm is the sample's: over all axes but the
    batch's. The square root of a zero gradient would have no derivative, so a
    little is added below it.

    A critic with batch normalisation is refused: its logits depend on the
    whole batch, and the penalty on one sample's gradient means nothing there.

    Args:
        weight: float, at least 0. The lambda of the paper. Defaults to `10`.
        target: float, at least 0. The norm to aim at. Defaults to `1`.

    Example:

    >>> penalty = GradientPenalty(weight=10)
    >>> real, fake = tf.zeros((8, 2)), tf.ones((8, 2))
    >>> noise = penalty.draw(
    ...     seed=0, first_step=0, num_steps=1, batch_size=8, sample_shape=(2,)
    ... )
    >>> critic = lambda x: 3 * x[:, :1]
    >>> round(float(penalty(critic, real, fake, noise[0])), 3)
    40.0

    Reference:
    - [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028), equation 3;
      section 4 on batch normalisation
    """

    batch_norm = "refuse"

    def __init__(self, weight=10.0, target=1.0):
        super().__init__(weight)
        self.target = _check_at_least_zero("target", target)

    def draw(self, seed, first_step, num_steps, batch_size, sample_shape):
        shape = (batch_size, *(1 for _ in sample_shape))
        return random.uniform(
            seed, "penalty/interpolation", first_step, num_steps, shape
        )

    def __call__(self, critic, real, fake, noise=None):
        _check_noise(self, noise)
        real, fake = _widened(real), _widened(fake)
        samples = _interpolated(real, fake, noise)
        return self.weight * _distance_from(self.target, critic, samples)

    def get_config(self):
        return {**super().get_config(), "target": self.target}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        # Files of the first release have these options.
        for name, value in (("epsilon", _EPSILON), ("one_sided", False)):
            if config.pop(name, value) != value:
                raise ValueError(f"`{name}` can only be {value} by now.")
        return cls(**config)


@keras.saving.register_keras_serializable(package="tf_gans")
class DRAGAN(Penalty):
    """DRAGAN's penalty: a slope of 1 around the real samples.

    `weight * E[(||grad D(y)|| - target)^2]`, where each `y` is a real sample
    that was moved a little. The paper and the authors' program move it
    differently:

    - `noise="uniform"`, the program: to a place of its own, `alpha ~ U[0, 1)`,
      on the line between `x` and `x + scale * std * u`, with `std` the
      standard deviation of all numbers of the batch and `u ~ U[0, 1)` for each
      number. The move is upwards only.
    - `noise="gaussian"`, the paper: `x + delta`, `delta ~ N(0, c I)`.

    Args:
        weight: float, at least 0. The lambda of the paper. Defaults to `10`.
        target: float, at least 0. The k of the paper. Defaults to `1`.
        noise: `"uniform"` (the default) or `"gaussian"`.
        scale: float, above 0. How far samples are moved: with `"uniform"` in
            units of the batch's standard deviation, by default `0.5`; with
            `"gaussian"` the standard deviation of delta in the data's own
            units, the square root of the paper's c, by default `sqrt(10)`.

    Reference:
    - [Kodali et al., 2017](https://arxiv.org/abs/1705.07215): lambda 10, k 1,
      c 10
    - [kodalinaveen3/DRAGAN, DRAGAN.ipynb](
      https://github.com/kodalinaveen3/DRAGAN): the other way to move
    """

    batch_norm = "warn"

    def __init__(self, weight=10.0, target=1.0, noise="uniform", scale=None):
        super().__init__(weight)
        if noise not in _DRAGAN_SCALES:
            raise ValueError(
                '`noise` must be "uniform" or "gaussian". '
                f"Received: noise={noise!r}"
            )
        self.target = _check_at_least_zero("target", target)
        self.noise = noise
        if scale is None:
            scale = _DRAGAN_SCALES[noise]
        self.scale = _check_above_zero("scale", scale)

    def draw(self, seed, first_step, num_steps, batch_size, sample_shape):
        def drawn(function, name, shape):
            return function(
                seed, f"penalty/{name}", first_step, num_steps, shape
            )

        whole = (batch_size, *sample_shape)
        if self.noise == "gaussian":
            return {"move": drawn(random.normal, "move", whole)}
        each = (batch_size, *(1 for _ in sample_shape))
        return {
            "move": drawn(random.uniform, "move", whole),
            "alpha": drawn(random.uniform, "interpolation", each),
        }

    def __call__(self, critic, real, fake, noise=None):
        del fake
        _check_noise(self, noise)
        real = _widened(real)
        move = self.scale * tf.cast(noise["move"], real.dtype)
        if self.noise == "gaussian":
            samples = tf.ensure_shape(real + move, real.shape)
        else:
            moved = real + _stddev(real) * move
            samples = _interpolated(real, moved, noise["alpha"])
        return self.weight * _distance_from(self.target, critic, samples)

    def get_config(self):
        return {
            **super().get_config(),
            "target": self.target,
            "noise": self.noise,
            "scale": self.scale,
        }


_DRAGAN_SCALES = {"uniform": 0.5, "gaussian": math.sqrt(10)}


@keras.saving.register_keras_serializable(package="tf_gans")
class WeightClipping:
    """Keeps every weight of the critic in `[-limit, limit]`.

    WGAN's way to keep its critic Lipschitz: applied after each of the
    critic's updates, as in the paper's algorithm. (The authors' program clips
    before an update instead, so that the generator is trained against a
    critic outside of the box.)

    All trainable variables are clipped, as in that program: biases and the
    gamma and beta of batch normalisation, too. A gamma of 0.01 makes the
    layer's output small, which the critic's other layers cannot make good;
    the moving statistics, which are not trainable, are left alone.

    Args:
        limit: float, above 0. The c of the paper. Defaults to `0.01`.

    Example:

    >>> weight = tf.Variable([-1.0, 0.005, 1.0])
    >>> WeightClipping(limit=0.01).apply([weight])
    >>> weight.numpy()
    array([-0.01 ,  0.005,  0.01 ], dtype=float32)

    Reference:
    - [Arjovsky et al., 2017](https://arxiv.org/abs/1701.07875), algorithm 1
    - [martinarjovsky/WassersteinGAN, main.py, lines 184-186](
      https://github.com/martinarjovsky/WassersteinGAN)
    """

    def __init__(self, limit=0.01):
        self.limit = _check_above_zero("limit", limit)

    def apply(self, variables):
        """Clips variables, in place.

        Args:
            variables: iterable of `tf.Variable` or `keras.Variable`: the
                critic's trainable variables.
        """
        for variable in variables:
            value = tf.convert_to_tensor(variable)
            variable.assign(tf.clip_by_value(value, -self.limit, self.limit))

    def get_config(self):
        return {"limit": self.limit}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _stddev(samples):
    """The standard deviation of all numbers of the whole batch."""
    centred = samples - replicas.mean(tf.reduce_mean(samples))
    return tf.sqrt(replicas.mean(tf.reduce_mean(tf.square(centred))))


def _squared_gradient_norms(critic, samples):
    """Each sample's squared norm of the logit's gradient: `(batch,)`."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(samples)
        logits = critic(samples)
    # Where a logit depends on its own sample alone, the gradient of their sum
    # has each sample's own gradient in its row. With minibatch discrimination
    # a row is what the sample does to all logits of the batch.
    gradients = tape.gradient(
        logits, samples, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    # Over everything but the batch: an image's gradient is one vector.
    return tf.reduce_sum(
        tf.square(gradients), list(range(1, gradients.shape.rank))
    )


def _distance_from(target, critic, samples):
    """The mean squared distance of the gradients' norms from a target."""
    squared_norms = _squared_gradient_norms(critic, samples)
    excess = tf.sqrt(squared_norms + _EPSILON) - target
    return tf.reduce_mean(tf.square(excess))


def _interpolated(start, end, alpha):
    """Points on the lines between pairs of samples, one for each pair.

    Args:
        start, end: float tensors of shape `(batch, *sample_shape)`.
        alpha: float tensor of shape `(batch, 1, ...)`.
    """
    points = start + tf.cast(alpha, start.dtype) * (end - start)
    # A draw may have lost its static shape on its way, and layers need one.
    return tf.ensure_shape(points, start.shape)


def _widened(samples):
    """The samples in at least 32 bits."""
    samples = tf.convert_to_tensor(samples)
    return tf.cast(samples, tf.float32) if samples.dtype.size < 4 else samples


def _check_noise(penalty, noise):
    if noise is None:
        raise ValueError(
            f"`noise` must be a row of what {type(penalty).__name__}.draw "
            "returned. Received: noise=None"
        )


def _check_at_least_zero(name, value):
    if not (value >= 0 and math.isfinite(value)):
        raise ValueError(
            f"`{name}` must be finite and at least 0. Received: {name}={value}"
        )
    return float(value)


def _check_above_zero(name, value):
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(
            f"`{name}` must be finite and above 0. Received: {name}={value}"
        )
    return float(value)
