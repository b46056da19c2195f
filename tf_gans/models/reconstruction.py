"""How well samples are reconstructed: what autoencoders minimise and report."""

import tensorflow as tf

LOSSES = ("mse", "euclidean", "bernoulli")


def check_loss(reconstruction, decoder, value_range):
    """Refuses a loss that there is not, or that the decoder cannot have.

    Args:
        reconstruction: one of `LOSSES`.
        decoder: `keras.Model` from codes to samples.
        value_range: pair of floats, the decoder's, or None.

    Returns:
        `reconstruction`.
    """
    if reconstruction not in LOSSES:
        raise ValueError(
            f"`reconstruction` must be one of {LOSSES}. "
            f"Received: reconstruction={reconstruction!r}"
        )
    if reconstruction != "bernoulli":
        return reconstruction
    if not hasattr(decoder, "logits"):
        raise ValueError(
            'With `reconstruction="bernoulli"` the decoder needs a method '
            f"`logits`. Received: {type(decoder).__name__}"
        )
    if value_range not in (None, (0, 1)):
        raise ValueError(
            '`reconstruction="bernoulli"` is for samples in [0, 1]. Received '
            f"a decoder of value_range={value_range}"
        )
    return reconstruction


def loss_of(reconstruction, samples, decoder, codes, training=False):
    """What the reconstructions of samples cost.

    In 32 bits, whatever the decoder computes in.

    Args:
        reconstruction: `"mse"`, the mean over all components of the squared
            differences; `"euclidean"`, half of their sum over a sample's
            components; or `"bernoulli"`, minus the logarithm of the samples'
            likelihood, in nats, summed over a sample's components. The last
            two are means over the batch.
        samples: float tensor of shape `(batch, *sample_shape)`.
        decoder: `keras.Model` from codes to samples.
        codes: tensor of shape `(batch, *code_shape)`.
        training: bool.

    Returns:
        A scalar.
    """
    samples = tf.cast(samples, tf.float32)
    if reconstruction == "bernoulli":
        logits = tf.cast(decoder.logits(codes, training=training), tf.float32)
        terms = tf.nn.sigmoid_cross_entropy_with_logits(samples, logits)
        return tf.reduce_mean(tf.reduce_sum(_flat(terms), axis=1))
    errors = squared_errors(samples, decoder(codes, training=training))
    if reconstruction == "mse":
        return tf.reduce_mean(errors)
    components = tf.size(samples[0], tf.int32)
    return tf.reduce_mean(errors) * tf.cast(components, tf.float32) / 2


def squared_errors(samples, restored):
    """The mean squared difference of each sample, `(batch,)` float32."""
    samples, restored = (tf.cast(t, tf.float32) for t in (samples, restored))
    return tf.reduce_mean(_flat(tf.square(samples - restored)), axis=1)


def corrupted(samples, noise, value_range):
    """Samples with noise, which stay within their range.

    Args:
        samples, noise: tensors of one shape.
        value_range: pair of floats, or None for no bounds.
    """
    noisy = samples + tf.cast(noise, samples.dtype)
    if value_range is None:
        return noisy
    return tf.clip_by_value(noisy, *map(float, value_range))


def _flat(values):
    return tf.reshape(values, (tf.shape(values)[0], -1))
