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

from tf_gans.errors import check_positive_int

_PHILOX = 1  # the value of `tf.random.Algorithm.PHILOX` as the raw ops take it
_WORDS_PER_COUNT = 4  # Philox4x32: one counter value yields four 32-bit words
_ALIGNMENT = 16  # words; the longest vectors of today's CPUs hold 16 floats
_ROUNDS = 16  # of a Feistel network; fewer do for all but tiny sizes


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


def permuted(seed, stream, epoch, positions, size):
    """Looks places up in a random order of `range(size)`.

    Every epoch has an order of its own, a function of `(seed, stream, epoch)`.
    An order is nowhere stored: a place is worked out when it is asked for, so
    a step costs what its batch costs, however large `size` is.

    The order is a Feistel network. A number is written as the row and the
    column of a cell; in turn, a random function of the column is added to the
    row and one of the row to the column. Whatever the functions are, that can
    be undone, so each number comes once. Where the cells are more than `size`,
    a number that leaves the range goes through again until it is back.

    Args:
        seed: int or scalar integer tensor. The seed of the run.
        stream: str. What the order is of, for example `"real"`.
        epoch: int or integer tensor, at least 0, that broadcasts against
            `positions`.
        positions: integer tensor of places from 0 to `size - 1`.
        size: int. How many numbers are in the order.

    Returns:
        An int64 tensor: the numbers at these places of their epochs' orders.

    Reference:
    - [Black and Rogaway, 2002, Ciphers with arbitrary finite domains](
      https://doi.org/10.1007/3-540-45760-7_9): the generalized Feistel
      network, and walking a cycle back into the range
    - [Steele et al., 2014, Fast splittable pseudorandom number generators](
      https://doi.org/10.1145/2660193.2660195): SplitMix64, the random functions
    """
    rows, columns = _cells(size)
    # The two words of the key of each round's function.
    words = random_bits(seed, stream, 0, 1, (2, _ROUNDS))[0]
    words = tf.cast(words, tf.uint64)
    keys = tf.unstack(words[0] + tf.bitwise.left_shift(words[1], np.uint64(32)))
    # An epoch uses `rows` numbers of a function's sequence; rows >= columns.
    start = tf.cast(epoch, tf.uint64) * np.uint64(rows)

    def added(number, other, key, high):
        """Adds the function of `other`, modulo `high`."""
        place = start + tf.cast(other, tf.uint64)
        bits = splitmix64(key + place * GOLDEN)
        top = tf.bitwise.right_shift(bits, np.uint64(32))
        offset = tf.bitwise.right_shift(top * np.uint64(high), np.uint64(32))
        number += tf.cast(offset, tf.int64)
        return tf.where(number >= high, number - high, number)

    def shuffled(number):
        row = number // columns
        column = number - row * columns
        for i in range(0, _ROUNDS, 2):
            row = added(row, column, keys[i], rows)
            column = added(column, row, keys[i + 1], columns)
        return row * columns + column

    numbers = shuffled(tf.cast(positions, tf.int64))
    if rows * columns == size:
        return numbers
    return tf.while_loop(
        lambda x: tf.reduce_any(x >= size),
        lambda x: (tf.where(x >= size, shuffled(x), x),),
        (numbers,),
    )[0]


def _cells(size):
    """The rows and columns of the cells that `permuted` shuffles.

    At least `size` cells, nearly a square, and of such shapes the one with the
    fewest cells to spare: often none, and then nothing is shuffled twice.
    """
    size = check_positive_int("size", size)
    root = math.isqrt(size - 1) + 1
    rows = min(
        range(root, max(3 * root // 2, root + 1)), key=lambda r: -size % r
    )
    return rows, -(-size // rows)


# SplitMix64's step: 2^64 divided by the golden ratio.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def splitmix64(z):
    """The function that makes SplitMix64's counter, a uint64, random bits."""
    z = tf.bitwise.bitwise_xor(z, tf.bitwise.right_shift(z, np.uint64(30)))
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z = tf.bitwise.bitwise_xor(z, tf.bitwise.right_shift(z, np.uint64(27)))
    z *= np.uint64(0x94D049BB133111EB)
    return tf.bitwise.bitwise_xor(z, tf.bitwise.right_shift(z, np.uint64(31)))
