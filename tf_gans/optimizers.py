"""Adam, faster than Keras' for the smallest networks and for large ones."""

import math

import keras
import tensorflow as tf

from tf_gans import replicas


@keras.saving.register_keras_serializable(package="tf_gans")
class FusedAdam(keras.optimizers.Adam):
    """Adam that updates all variables of a small network as one vector.

    Keras' Adam runs a dozen operations for each variable. For networks of a
    few hundred parameters these are most of what a training step costs under
    XLA, so this one joins the gradients, keeps its moments as two vectors, and
    computes one update. The numbers are those of `keras.optimizers.Adam`.

    For small networks: joining millions of parameters would cost more than it
    saves. Under a `tf.distribute` strategy each replica updates its own
    variables by the sum of all gradients, one vector to exchange.

    Args: those of `keras.optimizers.Adam`, except `amsgrad`, which is not
        supported.
    """

    def build(self, var_list):
        if self.built:
            return
        if self.amsgrad:
            raise ValueError("FusedAdam does not support `amsgrad=True`.")
        keras.optimizers.Optimizer.build(self, var_list)
        size = sum(math.prod(variable.shape) for variable in var_list)
        dtype = var_list[0].dtype
        self._momentum = self._add_vector(size, dtype, "momentum")
        self._velocity = self._add_vector(size, dtype, "velocity")

    def _add_vector(self, size, dtype, name):
        return self.add_variable(
            (size,), initializer="zeros", dtype=dtype, name=name
        )

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        if len(grads) != len(self._trainable_variables):
            raise ValueError(
                "FusedAdam needs a gradient for each variable it was built "
                f"with, {len(self._trainable_variables)} of them. "
                f"Received: {len(grads)} gradients"
            )
        # The moments lie in the order of `build`, whatever this call's is.
        pairs = sorted(
            zip(grads, trainable_variables, strict=True),
            key=lambda pair: self._get_variable_index(pair[1]),
        )
        gradient = tf.concat([tf.reshape(g, [-1]) for g, _ in pairs], axis=0)
        gradient = replicas.total(gradient)
        step = tf.cast(self.iterations + 1, gradient.dtype)
        # The bias corrections folded into the rate, as Kingma & Ba suggest
        # at the end of section 2 of https://arxiv.org/abs/1412.6980.
        rate = tf.cast(learning_rate, gradient.dtype)
        rate = rate * tf.sqrt(1 - self.beta_2**step)
        rate = rate / (1 - self.beta_1**step)
        momentum = self._momentum + (gradient - self._momentum) * (
            1 - self.beta_1
        )
        velocity = self._velocity + (tf.square(gradient) - self._velocity) * (
            1 - self.beta_2
        )
        self._momentum.assign(momentum)
        self._velocity.assign(velocity)
        update = rate * momentum / (tf.sqrt(velocity) + self.epsilon)
        start = 0
        for _, variable in pairs:
            end = start + math.prod(variable.shape)
            variable.assign_sub(tf.reshape(update[start:end], variable.shape))
            start = end


@keras.saving.register_keras_serializable(package="tf_gans")
class KernelAdam(keras.optimizers.Adam):
    """Adam whose update of a variable is one kernel of TensorFlow's.

    Keras' Adam passes over a variable of millions of parameters a dozen times,
    once for each of its operations; TensorFlow's `ResourceApplyAdam` passes
    once. The numbers are those of `keras.optimizers.Adam`.

    Args: those of `keras.optimizers.Adam`, except `amsgrad`, which is not
        supported.
    """

    def build(self, var_list):
        if self.amsgrad:
            raise ValueError("KernelAdam does not support `amsgrad=True`.")
        super().build(var_list)

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        dtype = variable.dtype
        step = tf.cast(self.iterations + 1, dtype)
        beta_1, beta_2, epsilon = (
            tf.constant(value, dtype)
            for value in (self.beta_1, self.beta_2, self.epsilon)
        )
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=beta_1**step,
            beta2_power=beta_2**step,
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=epsilon,
            grad=tf.cast(gradient, dtype),
        )
