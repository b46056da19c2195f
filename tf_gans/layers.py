"""Layers that Keras lacks, or that a tiny network needs in another form."""

import keras
import numpy as np
import tensorflow as tf

from tf_gans import random, replicas
from tf_gans.errors import check_positive_int
from tf_gans.spectral_norm import SpectralNormalization
from tf_gans.weight_norm import WeightNormalization

__all__ = [
    "MinibatchDiscrimination",
    "SmallDense",
    "SpectralNormalization",
    "WeightNormalization",
    "batch_similarity",
    "check_groups",
    "group_similarity",
    "has_batch_norm",
    "latent_dropout",
    "overwrites_kernels",
    "sees_batch",
    "smooth_leaky_relu",
    "update_power_iterations",
    "walk",
]


@keras.saving.register_keras_serializable(package="tf_gans")
def smooth_leaky_relu(x):
    """A leaky ReLU of slope 0.2 whose bend is that of softplus.

    `0.2 x + 0.8 softplus(x)`. Like a leaky ReLU it is flat nowhere, so a
    discriminator of such units has a gradient for samples however far away;
    like softplus it has no corner, so its gradient changes smoothly where the
    samples are.
    """
    return 0.2 * x + 0.8 * tf.nn.softplus(x)


# Products of at most this many multiplications are written out by `SmallDense`.
# Measured: at 512 (a batch of 8, 8 by 8) a step takes a third of the time, at
# 16,384 (a batch of 16, 32 by 32) it takes longer.
_MAX_PRODUCT = 1024


@keras.saving.register_keras_serializable(package="tf_gans")
class SmallDense(keras.layers.Dense):
    """A `keras.layers.Dense` that writes out products of a few hundred terms.

    XLA on a CPU hands every `matmul` to a library, at about half a microsecond
    a call; for a batch of 8 and an 8 by 8 kernel that is far more than the
    arithmetic. A product written as a broadcast multiplication and a sum is
    compiled into the code around it instead, which makes the training step of
    the 1-D Gaussian networks several times faster (`benchmarks/`). Larger
    products, and those of a batch whose size is not known when the program is
    traced, are left to `matmul`.

    Arguments, weights and results are those of `keras.layers.Dense`.
    """

    def call(self, inputs, training=None):
        size = inputs.shape.num_elements()
        if size is None or size * self.units > _MAX_PRODUCT:
            return super().call(inputs, training=training)
        # (..., inputs, 1) * (inputs, units) -> (..., units)
        outputs = tf.reduce_sum(inputs[..., tf.newaxis] * self.kernel, axis=-2)
        if self.use_bias:
            outputs = outputs + self.bias
        return self.activation(outputs)


# How many distances (batch * batch * kernels, at 4 bytes) are held at once.
_MAX_PAIRS = 2**20


@keras.saving.register_keras_serializable(package="tf_gans")
class MinibatchDiscrimination(keras.layers.Layer):
    """Lets a discriminator see how close the samples of a batch are.

    Each input row `x_i` is mapped to `num_kernels` points of `kernel_dim`
    dimensions, `M_i = x_i T + b`. Its features are sums over the batch,

        o_ib = sum_j exp(-||M_ib - M_jb||_1),

    and they are appended to the row. A generator that emits one value over and
    over makes every distance 0 and is found out.

    The published variants differ in whether `j = i` takes part, which adds a
    constant 1: the formula of the paper and gan-intro's code include it, the
    paper's code excludes it. They also differ in the initial `T`; the default
    here is gan-intro's.

    Memory grows linearly with the batch, not with its square: the distances
    are computed for some rows at a time and again in the backward pass.

    Args:
        num_kernels: int. The number of features added. Defaults to `5`.
        kernel_dim: int. The dimensions of each kernel's space. Defaults to
            `3`. (The paper's image models use 100 kernels of 5.)
        include_self: bool. Whether a row's distance to itself, 0, is counted.
            Defaults to `True`.
        use_bias: bool. Whether `M` has a bias, as in gan-intro. The distances
            do not depend on it and its gradient is 0. Defaults to `True`.
        kernel_initializer: the initializer of `T`. Defaults to N(0, 0.02).
        group_size: int, at least 2, or None. The sums are over groups of so
            many neighbouring rows, and rows of other groups are not looked at.
            In training it must divide the batch; elsewhere the last group may
            be smaller. Defaults to `None`: the batch is one group.

    Input shape:
        `(batch, features)`. Feed real and generated samples in separate calls.
        Under a `tf.distribute` strategy the groups are those of the whole
        batch, of all replicas.

    Output shape:
        `(batch, features + num_kernels)`.

    Example:

    >>> layer = MinibatchDiscrimination(num_kernels=5)
    >>> layer(tf.zeros((8, 16))).shape
    TensorShape([8, 21])

    Reference:
    - [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.2
    - [AYLIEN/gan-intro, gan.py, lines 85-92](
      https://github.com/AYLIEN/gan-intro)
    """

    def __init__(
        self,
        num_kernels=5,
        kernel_dim=3,
        include_self=True,
        use_bias=True,
        kernel_initializer=None,
        group_size=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_kernels = check_positive_int("num_kernels", num_kernels)
        self.kernel_dim = check_positive_int("kernel_dim", kernel_dim)
        self.include_self = bool(include_self)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = keras.initializers.get(
            kernel_initializer or keras.initializers.RandomNormal(stddev=0.02)
        )
        self.group_size = group_size
        if group_size is not None:
            self.group_size = check_positive_int("group_size", group_size)
            if group_size == 1:
                raise ValueError(
                    "A group of one sample has no distances. Received: "
                    "group_size=1"
                )

    def build(self, input_shape):
        if len(input_shape) != 2 or input_shape[-1] is None:
            raise ValueError(
                "MinibatchDiscrimination takes inputs of shape (batch, "
                f"features). Received: input_shape={tuple(input_shape)}"
            )
        units = self.num_kernels * self.kernel_dim
        self.projection = SmallDense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer,
            dtype=self.dtype_policy,
            name="projection",
        )
        self.projection.build(input_shape)

    def call(self, inputs, training=None):
        points = self.projection(inputs)
        points = tf.reshape(points, (-1, self.num_kernels, self.kernel_dim))
        if points.dtype.size < 4:
            # A sum over a large batch is more than 16 bits can tell.
            points = tf.cast(points, tf.float32)
        points = replicas.gather(points)
        if self.group_size is None:
            features = batch_similarity(points)
        else:
            check_groups(points.shape[0] if training else None, self.group_size)
            features = group_similarity(points, self.group_size)
        features = replicas.own_rows(features)
        if not self.include_self:
            features = features - 1
        features = tf.cast(features, inputs.dtype)
        return tf.concat([inputs, features], axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1] + self.num_kernels)

    def get_config(self):
        return {
            **super().get_config(),
            "num_kernels": self.num_kernels,
            "kernel_dim": self.kernel_dim,
            "include_self": self.include_self,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
            "group_size": self.group_size,
        }


def check_groups(batch_size, group_size):
    """Refuses groups that a batch cannot be divided into.

    Args:
        batch_size: int, or None where it is not known.
        group_size: int, or None for one group.
    """
    if batch_size and group_size and batch_size % group_size:
        raise ValueError(
            f"`group_size` must divide the batch, of {batch_size} samples. "
            f"Received: group_size={group_size}"
        )


def group_similarity(points, group_size):
    """The sums of `batch_similarity` over the points of each one's group.

    Args:
        points: float tensor of shape `(batch, kernels, dim)`.
        group_size: int. So many neighbouring rows are a group; the last one
            is what is left.

    Returns:
        A tensor of shape `(batch, kernels)`: at least 1, at most `group_size`.
    """
    batch, kernels, dim = points.shape
    size = tf.shape(points)[0] if batch is None else batch
    whole = size // group_size * group_size
    # A group's points are no kernel's but their own, so groups are as good as
    # further kernels: (group, groups * kernels, dim).
    rows = tf.reshape(points[:whole], (-1, group_size, kernels, dim))
    rows = tf.reshape(
        tf.transpose(rows, (1, 0, 2, 3)),
        (group_size, whole // group_size * kernels, dim),
    )
    sums = tf.reshape(batch_similarity(rows), (group_size, -1, kernels))
    sums = tf.reshape(tf.transpose(sums, (1, 0, 2)), (whole, kernels))
    if batch is not None and whole == batch:
        return sums
    return tf.concat([sums, batch_similarity(points[whole:])], axis=0)


@tf.custom_gradient
def batch_similarity(points):
    """Sums `exp(-L1 distance)` from each point to all points of its kernel.

    Args:
        points: float tensor of shape `(batch, kernels, dim)`.

    Returns:
        A tensor of shape `(batch, kernels)`: at least 1, at most the batch.
    """

    def similarity(rows):
        # One dimension at a time: (rows, 1, kernels) - (batch, kernels).
        distance = sum(
            tf.abs(rows[:, tf.newaxis, :, d] - points[tf.newaxis, :, :, d])
            for d in range(points.shape[-1])
        )
        return tf.exp(-distance)  # (rows, batch, kernels)

    def forward(rows):
        return tf.reduce_sum(similarity(rows), axis=1)  # (rows, kernels)

    def backward(upstream):
        def pull(rows_and_upstream):
            rows, row_upstream = rows_and_upstream
            # Pair (i, j) is in o_i and in o_j, and pulls on M_i in both.
            weight = similarity(rows) * (
                row_upstream[:, tf.newaxis] + upstream[tf.newaxis]
            )  # (rows, batch, kernels)
            return tf.stack(
                [
                    -tf.reduce_sum(
                        weight
                        * tf.sign(
                            rows[:, tf.newaxis, :, d]
                            - points[tf.newaxis, :, :, d]
                        ),
                        axis=1,
                    )
                    for d in range(points.shape[-1])
                ],
                axis=-1,
            )  # (rows, kernels, dim)

        return _map_rows(pull, (points, upstream))

    return _map_rows(forward, points), backward


def _map_rows(function, tensors):
    """Applies `function` to some rows of the tensors at a time.

    `function` maps tensors of shape `(rows, ...)` to one of `(rows, ...)`, row
    by row. The number of rows keeps `rows * batch * kernels` bounded.
    """
    first = tf.nest.flatten(tensors)[0]
    batch, kernels = first.shape[0], first.shape[1]
    if batch is None or kernels is None:
        size, kernels = tf.unstack(tf.shape(first)[:2])
        # An empty batch is one row of padding; of no group there is no kernel.
        most, width = tf.maximum(size, 1), tf.maximum(kernels, 1)
        rows = tf.clip_by_value(_MAX_PAIRS // (most * width), 1, most)
        chunks = -(-most // rows)
    elif batch * batch * kernels <= _MAX_PAIRS:
        return function(tensors)
    else:
        size = batch
        rows = max(1, _MAX_PAIRS // (size * kernels))
        chunks = -(-size // rows)

    def split(tensor):
        pad = [[0, chunks * rows - size], *([[0, 0]] * (tensor.shape.rank - 1))]
        return tf.reshape(
            tf.pad(tensor, pad), [chunks, rows, *_sides(tensor, 1)]
        )

    parts = tf.map_fn(
        function,
        tf.nest.map_structure(split, tensors),
        fn_output_signature=first.dtype,
        parallel_iterations=1,
    )
    return tf.reshape(parts, [chunks * rows, *_sides(parts, 2)])[:size]


def _sides(tensor, first):
    """The lengths of a tensor's axes from `first` on, where known as ints."""
    lengths = tf.shape(tensor)
    return [
        lengths[first + i] if side is None else side
        for i, side in enumerate(tensor.shape[first:])
    ]


def walk(model):
    """All layers of a model, however deep, and the model itself.

    Args:
        model: a `keras.Model`.

    Returns:
        A list; a layer that is used several times is in it once.
    """
    # Keras shows the layers of models alone: those that another layer wraps or
    # makes for itself are only here (keras/src/layers/layer.py).
    return model._flatten_layers()


def has_batch_norm(model):
    """Whether a model normalises batches, so that samples see each other.

    Args:
        model: a `keras.Model`.

    Returns:
        bool.
    """
    return _has(model, keras.layers.BatchNormalization)


def sees_batch(model):
    """Whether a sample's output depends on the others of its batch.

    Args:
        model: a `keras.Model`.

    Returns:
        bool: whether it has minibatch discrimination. Batch normalisation,
        which does the same in training, does not once it is trained.
    """
    return _has(model, MinibatchDiscrimination)


def overwrites_kernels(model):
    """Whether a model's kernels change with every call in training.

    Args:
        model: a `keras.Model`.

    Returns:
        bool: whether it has `keras.layers.SpectralNormalization`. That of this
        module leaves the kernels as they are.
    """
    return _has(model, keras.layers.SpectralNormalization)


def _has(model, kind):
    return any(isinstance(layer, kind) for layer in walk(model))


def update_power_iterations(model):
    """Takes one power iteration in each spectral normalisation of a model.

    A training step does this before each update of a network, whose kernels
    have moved since the last one.

    Args:
        model: a `keras.Model`. Others of its layers are left alone.
    """
    for layer in walk(model):
        if isinstance(layer, SpectralNormalization):
            layer.update()


def latent_dropout(x, z, rate, seed):
    """Leaves a share of a generator's units out, of each sample others.

    Which ones is a function of the sample's z and the seed. So a z has one
    sample, whatever batch it is in, and a resumed training the numbers of one
    that was never stopped; fresh z's bring fresh choices, as independent as
    those of ordinary dropout. As ganhacks has it, units are left out when
    sampling too.

    Args:
        x: float tensor of shape `(batch, units)`.
        z: float tensor of shape `(batch, latent_dim)`, not quantised: equal
            rows have equal choices.
        rate: float in [0, 1). The share that is left out.
        seed: int. Layers of one network need different ones.

    Returns:
        A tensor of x's shape: 0 or `x / (1 - rate)`.

    Reference:
    - [Srivastava et al., 2014](https://jmlr.org/papers/v15/srivastava14a.html)
    - ganhacks, advice 17: https://github.com/soumith/ganhacks
    """
    bits = tf.bitcast(tf.cast(z, tf.float32), tf.uint32)
    places = tf.cast(tf.range(z.shape[-1]), tf.uint64) * random.GOLDEN
    words = random.splitmix64(tf.cast(bits, tf.uint64) + places)
    # (batch, 1): one number a row, and the unit's place in its sequence.
    row = tf.reduce_sum(words, axis=-1, keepdims=True) + np.uint64(seed)
    units = tf.cast(tf.range(1, x.shape[-1] + 1), tf.uint64) * random.GOLDEN
    words = random.splitmix64(random.splitmix64(row) + units)
    words = tf.bitwise.right_shift(words, np.uint64(40))  # 24 bits
    kept = words >= np.uint64(round(rate * 2**24))
    return tf.where(kept, x / (1 - rate), tf.zeros_like(x))
