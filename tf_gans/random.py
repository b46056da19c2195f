"""Random numbers as a pure function of (seed, stream, step).

Nothing here holds state, so a run that resumes needs the number of its next
step and nothing else, and a block of steps drawn at once holds exactly the
numbers that the same steps would have drawn one by one.

Philox is a counter-based generator: the key selects a sequence and the counter
a place in it. The key comes from the seed and the stream's name, the counter
from the step. Only the raw 32-bit words are taken from TensorFlow, because the
floating-point ops (`tf.random.stateless_uniform` and its relatives) turn the
same words into different numbers with and without XLA; the conversion below is
exact in float32 and therefore the same everywhere.

Reference:
- [Salmon et al., 2011, Parallel random numbers: as easy as 1, 2, 3](
  https://doi.org/10.1145/2063384.2063405)
"""

import hashlib
import math

import numpy as np
import tensorflow as tf

_PHILOX = 1  # the value of `tf.random.Algorithm.PHILOX` as the raw ops take it
_WORDS_PER_COUNT = 4  # Philox4x32: one counter value yields four 32-bit words
_ALIGNMENT = 16  # words; the longest vectors of today's CPUs hold 16 floats


def stream_id(name):
    """Returns a 31-bit integer that stands for the stream called `name`."""
    digest = hashlib.blake2b(name.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little") & 0x7FFFFFFF


def derive_seed(seed, name):
    """Returns a 31-bit seed for a Keras initializer, from `seed` and `name`.

    Args:
        seed: int. The seed of the run.
        name: str. What the seed is for, for example `"generator/kernel_0"`.
    """
    text = f"{seed}/{name}"
    return stream_id(text)


def random_bits(seed, stream, first_step, num_steps, shape):
    """Draws uniformly distributed 32-bit words for a run of steps.

    Row `i` of the result depends on `(seed, stream, first_step + i)` alone.

    Args:
        seed: int or scalar integer tensor. The seed of the run.
        stream: str. What the numbers are for, for example `"latents"`.
        first_step: int or scalar integer tensor. The first step, from 0.
        num_steps: int. How many steps to draw for.
        shape: tuple of ints, or of ints and scalar int32 tensors where the
            size is known only when the program runs. One step's numbers.

    Returns:
        A uint32 tensor of shape `(num_steps, *shape)`.
    """
    words = _words(seed, stream, first_step, num_steps, shape)
    return _first(words, shape)


def uniform(seed, stream, first_step, num_steps, shape):
    """Draws float32 numbers from U[0, 1) for a run of steps.

    The arguments and the returned shape are those of `random_bits`. The
    numbers are multiples of 2^-24.
    """
    bits = random_bits(seed, stream, first_step, num_steps, shape)
    # 24 bits fit a float32's significand: the conversion rounds nowhere.
    top = tf.cast(tf.bitwise.right_shift(bits, np.uint32(8)), tf.int32)
    return tf.cast(top, tf.float32) * np.float32(2**-24)


def normal(seed, stream, first_step, num_steps, shape):
    """Draws float32 numbers from N(0, 1) for a run of steps.

    By inversion, one word a number, so the largest value is 5.3. The words are
    the same with and without XLA; the two evaluate the inverse error function
    with errors of their own in the last place.

    The arguments and the returned shape are those of `random_bits`.
    """
    words = _words(seed, stream, first_step, num_steps, shape)
    top = tf.cast(tf.bitwise.right_shift(words, np.uint32(9)), tf.int32)
    # The odd multiples of 2^-23 in (-1, 1): symmetric, and never an end point.
    centred = tf.cast(2 * top + (1 - 2**23), tf.float32) * np.float32(2**-23)
    return _first(tf.math.erfinv(centred) * np.float32(math.sqrt(2)), shape)


def _words(seed, stream, first_step, num_steps, shape):
    """Draws the words of a run of steps: `(num_steps, words a step)`.

    Each step has as many as it needs, rounded up to whole vectors. A function
    with errors in the last place may have others in the scalar code for what
    remains of a vector; a number must not depend on where its step stands in
    a block.
    """
    counts = -(-math.prod(shape) // _ALIGNMENT) * (
        _ALIGNMENT // _WORDS_PER_COUNT
    )
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(
        seed=tf.stack([tf.cast(seed, tf.int64), stream_id(stream)])
    )
    offset = tf.cast(first_step, tf.uint64) * tf.cast(counts, tf.uint64)
    counter = counter + tf.stack([offset, tf.constant(0, tf.uint64)])
    return tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=tf.stack([num_steps, counts * _WORDS_PER_COUNT]),
        key=key,
        counter=counter,
        alg=_PHILOX,
        dtype=tf.uint32,
    )


def _first(numbers, shape):
    """Leaves out what `_words` drew beyond a step's need, and shapes it."""
    steps = numbers.shape[0]
    return tf.reshape(numbers[:, : math.prod(shape)], (steps, *shape))


def integers(seed, stream, first_step, num_steps, shape, high):
    """Draws int32 numbers from {0, ..., high - 1} for a run of steps.

    `high` may be at most 2^31 - 1; the other arguments and the returned shape
    are those of `random_bits`. The bias against a perfectly uniform draw is at
    most `high / 2^32`.
    """
    bits = random_bits(seed, stream, first_step, num_steps, shape)
    wide = tf.cast(bits, tf.uint64) * tf.constant(high, tf.uint64)
    return tf.cast(tf.bitwise.right_shift(wide, np.uint64(32)), tf.int32)
