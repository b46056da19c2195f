"""Spectral normalisation: kernels divided by their largest singular value."""

import keras
import tensorflow as tf

# Power iterations before the first step. The largest singular value of the
# published kernels as they start is then within some 2 % of its limit.
_INITIAL_ITERATIONS = 30

TRANSPOSED = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)
NORMALISED = (
    keras.layers.Dense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    *TRANSPOSED,
)


@keras.saving.register_keras_serializable(package="tf_gans")
class SpectralNormalization(keras.layers.Wrapper):
    """Divides a layer's kernel by its largest singular value, sigma.

    The layer works with `kernel / sigma`, so that as a matrix its kernel
    lengthens no vector. It keeps a discriminator from becoming steep without
    a penalty's second pass.

    The kernel itself stays what the optimizer makes of it: the division is
    part of every call, and sigma's own gradient part of the kernel's,

        dL/dW = (dL/dW' - <dL/dW', W'> v u^T) / sigma,   W' = W / sigma.

    `keras.layers.SpectralNormalization` overwrites the kernel instead, leaves
    the second term out, and takes a power iteration a *call*. Here calls
    change nothing, however many a training step makes; `update` takes the
    iteration, once a step.

    The kernel is a matrix W of `(inputs, outputs)`: a convolution's is
    `(height * width * channels, filters)`, which is how the paper reads it. A
    transposed convolution's is stored with its last two axes swapped and is
    read with the filters last too. That bounds a convolution's slope up to
    the overlap of its windows, not exactly.

    The estimate is `sigma = ||W u||`, with u a unit vector that power
    iterations turn towards the largest singular vector and that has no
    gradient. So sigma is never negative, and `v = W u / sigma` is not kept.
    A kernel of zeros stays as it is.

    A layer of mixed precision computes in its 16 bits; sigma has the 32 of its
    variables.

    Args:
        layer: a `Dense` or a `Conv` layer of Keras, plain or transposed.
        seed: int or None. The seed of the first u. Defaults to `None`.

    Example:

    >>> layer = SpectralNormalization(keras.layers.Dense(8))
    >>> y = layer(tf.zeros((4, 16)))
    >>> layer.update()

    Reference:
    - [Miyato et al., 2018](https://arxiv.org/abs/1802.05957), algorithm 1 and
      equation 11
    """

    def __init__(self, layer, seed=None, **kwargs):
        if not isinstance(layer, NORMALISED):
            names = ", ".join(c.__name__ for c in NORMALISED)
            raise ValueError(
                f"`layer` must be one of {names}. Received: layer={layer!r}"
            )
        # Sigma is worked out in the variables' dtype, whatever the layer
        # computes in: the layer casts its inputs and its kernel itself.
        kwargs["dtype"] = layer.variable_dtype
        super().__init__(layer, autocast=False, **kwargs)
        self.seed = seed

    def build(self, input_shape=None):
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self._matrix().shape[1],),
            initializer=self._first_u,
            trainable=False,
            aggregation="only_first_replica",
        )

    def call(self, inputs):
        # The layer reads these values in the place of its variables.
        kernel = self.layer.kernel
        values = [
            (v, self.normalized_kernel() if v is kernel else v.value)
            for v in self.layer.variables
        ]
        with keras.StatelessScope(values, initialize_variables=False):
            return self.layer(inputs)

    def normalized_kernel(self):
        """Returns `kernel / sigma`, in the kernel's shape."""
        kernel = tf.convert_to_tensor(self.layer.kernel)
        sigma = self.sigma()
        return kernel / tf.where(sigma > 0, sigma, 1.0)

    def sigma(self):
        """Returns the estimate of the kernel's largest singular value."""
        image = tf.linalg.matvec(self._matrix(), tf.convert_to_tensor(self.u))
        # `||W u||` as `v . W u` with a constant v: the same value and the same
        # gradient, but 0 instead of NaN where W u is 0.
        return tf.reduce_sum(tf.stop_gradient(_unit(image, image)) * image)

    def update(self):
        """Takes one power iteration: call it once a step."""
        self.u.assign(_power_iteration(self._matrix(), self.u))

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def _matrix(self):
        """The kernel as a matrix of (inputs, outputs)."""
        kernel = tf.convert_to_tensor(self.layer.kernel)
        if isinstance(self.layer, TRANSPOSED):
            rank = kernel.shape.rank
            kernel = tf.transpose(
                kernel, [*range(rank - 2), rank - 1, rank - 2]
            )
        return tf.reshape(kernel, (-1, kernel.shape[-1]))

    def _first_u(self, shape, dtype=None):
        normal = keras.initializers.RandomNormal(stddev=1.0, seed=self.seed)
        u = normal(shape, dtype=dtype)
        u = _unit(u, u)
        for _ in range(_INITIAL_ITERATIONS):
            u = _power_iteration(self._matrix(), u)
        return u

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


def _power_iteration(matrix, u):
    """Turns u towards the right singular vector of the largest value."""
    image = tf.linalg.matvec(matrix, tf.convert_to_tensor(u))
    v = _unit(image, image)
    return _unit(tf.linalg.matvec(matrix, v, transpose_a=True), u)


def _unit(vector, otherwise):
    """The vector scaled to length 1, or `otherwise` where its length is 0."""
    length = tf.norm(vector)
    safe = tf.where(length > 0, length, 1.0)
    return tf.where(length > 0, vector / safe, otherwise)
