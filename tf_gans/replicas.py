"""What the replicas of a model share out, and what they exchange.

Under a `tf.distribute` strategy each device has a replica of the model, which
trains on its rows of the batch. All that is a function of the whole batch goes
through here, so that the sum of the replicas' work is what one device would
have done. Where there is one replica, each function returns what it is given,
to the last bit.
"""

import contextlib
import threading

import tensorflow as tf

_thread = threading.local()


class ExchangeError(ValueError):
    """A step would exchange something where XLA compiles it."""


@contextlib.contextmanager
def without_exchange():
    """Refuses, while it is open, what would be exchanged between replicas."""
    _thread.refuses = True
    try:
        yield
    finally:
        _thread.refuses = False


def _check_exchange():
    """Raises an `ExchangeError` within `without_exchange`."""
    if getattr(_thread, "refuses", False):
        raise ExchangeError(
            "XLA cannot compile what replicas exchange within a step: batch "
            "normalisation, minibatch discrimination, feature matching and "
            "DRAGAN's uniform noise look at the whole batch. Received: "
            "jit_compile=True; leave it False for such a model under a strategy"
        )


def count():
    """The number of replicas that train together; 1 outside of their steps."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def share(loss):
    """A replica's part of a loss that is a mean over the batch.

    Optimizers add the replicas' gradients up.

    Args:
        loss: float scalar, the mean over this replica's rows.
    """
    number = count()
    return loss if number == 1 else loss / number


def mean(values):
    """The means over all replicas.

    Args:
        values: nest of float tensors, whose means over equal numbers of rows
            they are.
    """
    return _exchanged(tf.distribute.ReduceOp.MEAN, values)


def total(values):
    """The sums over all replicas.

    Args:
        values: nest of float tensors.
    """
    return _exchanged(tf.distribute.ReduceOp.SUM, values)


def _exchanged(operation, values):
    if count() == 1:
        return values
    _check_exchange()
    return tf.distribute.get_replica_context().all_reduce(operation, values)


def gather(rows):
    """The rows of all replicas, in the order of the whole batch.

    Its gradient is that of the whole batch, too: a row has the sum of what all
    replicas make of it.

    Args:
        rows: float tensor of shape `(batch of a replica, ...)`.

    Returns:
        A tensor of shape `(batch, ...)`.
    """
    number = count()
    if number == 1:
        return rows
    # The sum of what each has at its place, and zeros elsewhere: exact, of any
    # order of derivatives. (TensorFlow's `all_gather` mixes up its own messages
    # in a loop on one machine, as of 2.21.)
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    place = tf.one_hot(replica, number, dtype=rows.dtype)
    size, *rest = rows.shape
    each = tf.reshape(place, (number, 1, *(1 for _ in rest))) * rows
    return tf.reshape(
        total(each), (-1 if size is None else number * size, *rest)
    )


def own_rows(batch, axis=0):
    """This replica's rows of what all replicas were given.

    Args:
        batch: tensor whose `axis` is the whole batch's, a multiple of the
            number of replicas.
        axis: int. Defaults to `0`.
    """
    number = count()
    if number == 1:
        return batch
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    size = batch.shape[axis]
    if size is None:
        size = tf.shape(batch)[axis]
    share_of_it = size // number
    begin = [0] * batch.shape.rank
    begin[axis] = replica * share_of_it
    sizes = [-1] * batch.shape.rank
    sizes[axis] = share_of_it
    rows = tf.slice(batch, begin, sizes)
    if isinstance(size, int):
        shape = batch.shape.as_list()
        shape[axis] = size // number
        rows = tf.ensure_shape(rows, shape)
    return rows
