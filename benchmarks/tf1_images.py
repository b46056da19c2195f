"""The MNIST conv GAN as a TensorFlow 1 program.

The networks, losses, optimizers and batches of `recipes.mnist.build("conv")`,
as a graph on `tensorflow.compat.v1` with the article's loop: numpy takes the
batch, one `session.run` updates the discriminator, another the generator.
TensorFlow 1's own layers are gone, so these are the operations that they were
made of: batch normalisation is fused for images and not for rows.
"""

import numpy as np
import tensorflow.compat.v1 as tf

LATENT_DIM = 96
EPSILON, MOMENTUM = 1e-3, 0.99  # TensorFlow 1's defaults
SLOPE = 0.01  # of the leaky ReLU


def make_step(images, batch_size):
    """Builds the graph.

    Args:
        images: uint8 array of shape `(num_images, 28, 28, 1)`.
        batch_size: int.

    Returns:
        A function that makes one step and returns both losses, and how many
        parameters the generator and the discriminator have.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.uint8, (batch_size, 28, 28, 1))
        z = tf.random_uniform((batch_size, LATENT_DIM), -1, 1)
        with tf.variable_scope("G"):
            samples = _generator(z)
        with tf.variable_scope("D"):
            real_logits = _discriminator(tf.cast(x, tf.float32) * (2 / 255) - 1)
        with tf.variable_scope("D", reuse=True):
            fake_logits = _discriminator(samples)
        d_loss = tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(
            tf.nn.softplus(fake_logits)
        )
        g_loss = tf.reduce_mean(tf.nn.softplus(-fake_logits))
        averages = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        train = {}
        for name, loss in (("D", d_loss), ("G", g_loss)):
            adam = tf.train.AdamOptimizer(1e-3, beta1=0.5)
            with tf.control_dependencies(averages):
                train[name] = adam.minimize(
                    loss, var_list=tf.trainable_variables(f"{name}/")
                )
        counts = [
            sum(v.shape.num_elements() for v in tf.trainable_variables(name))
            for name in ("G/", "D/")
        ]
        initialize = tf.global_variables_initializer()
    session = tf.Session(graph=graph)
    session.run(initialize)
    random = np.random.default_rng(0)

    def step():
        index = random.integers(0, len(images), batch_size)
        d, _ = session.run([d_loss, train["D"]], {x: images[index]})
        g, _ = session.run([g_loss, train["G"]])
        return float(d), float(g)

    return step, counts


def _generator(z):
    x = _norm(tf.nn.relu(_dense(z, 1024, "fc1")), "bn1")
    x = _norm(tf.nn.relu(_dense(x, 7 * 7 * 128, "fc2")), "bn2")
    x = tf.reshape(x, (-1, 7, 7, 128))
    x = _norm(tf.nn.relu(_deconv(x, 64, "deconv1")), "bn3")
    return tf.tanh(_deconv(x, 1, "deconv2"))


def _discriminator(x):
    for filters, name in ((32, "conv1"), (64, "conv2")):
        x = tf.nn.leaky_relu(_conv(x, filters, name), SLOPE)
        x = tf.nn.max_pool2d(x, 2, 2, "VALID")
    x = tf.reshape(x, (-1, 4 * 4 * 64))
    return _dense(tf.nn.leaky_relu(_dense(x, 1024, "fc1"), SLOPE), 1, "fc2")


def _variables(scope, kernel_shape, units):
    with tf.variable_scope(scope):
        kernel = tf.get_variable(
            "kernel", kernel_shape, initializer=tf.glorot_uniform_initializer()
        )
        bias = tf.get_variable("bias", units, initializer=tf.zeros_initializer)
    return kernel, bias


def _dense(x, units, scope):
    kernel, bias = _variables(scope, (x.shape[-1], units), (units,))
    return tf.nn.bias_add(tf.matmul(x, kernel), bias)


def _conv(x, filters, scope):
    kernel, bias = _variables(scope, (5, 5, x.shape[-1], filters), (filters,))
    return tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "VALID"), bias)


def _deconv(x, filters, scope):
    kernel, bias = _variables(scope, (4, 4, filters, x.shape[-1]), (filters,))
    batch, height, width, _ = x.shape
    shape = (batch, 2 * height, 2 * width, filters)
    x = tf.nn.conv2d_transpose(x, kernel, shape, strides=2, padding="SAME")
    return tf.nn.bias_add(x, bias)


def _norm(x, scope):
    """Batch normalisation by the batch, with updates of moving averages."""
    size = (x.shape[-1],)
    ones, zeros = tf.ones_initializer, tf.zeros_initializer
    with tf.variable_scope(scope):
        gamma = tf.get_variable("gamma", size, initializer=ones)
        beta = tf.get_variable("beta", size, initializer=zeros)
        averages = [
            tf.get_variable(name, size, initializer=start, trainable=False)
            for name, start in (("mean", zeros), ("variance", ones))
        ]
    if len(x.shape) == 4:
        y, *moments = tf.nn.fused_batch_norm(x, gamma, beta, epsilon=EPSILON)
    else:
        moments = tf.nn.moments(x, 0)
        y = tf.nn.batch_normalization(x, *moments, beta, gamma, EPSILON)
    for average, moment in zip(averages, moments, strict=True):
        update = average.assign_sub((1 - MOMENTUM) * (average - moment))
        tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
    return y
