"""Feeding blocks of steps from a `tf.data.Dataset`, as Keras counts it.

A `Source` draws its batches inside the compiled program. Those of a dataset
are taken from its iterator first, a block's at a time.
"""

import tensorflow as tf


def count_in_steps(x, batches_per_step, steps_per_epoch):
    """Makes Keras' count of a dataset's elements one of training steps.

    Args:
        x: what `fit` was given.
        batches_per_step: int. The batches that a training step takes.
        steps_per_epoch: int or None, of `fit`.

    Returns:
        What to give `keras.Model.fit` instead.
    """
    if batches_per_step > 1:
        if not isinstance(x, tf.data.Dataset):
            raise ValueError(
                f"Where a step takes {batches_per_step} batches "
                "(`critic_steps`), `x` must be a Source or a tf.data.Dataset. "
                f"Received: x of type {type(x).__name__}"
            )
        x = x.batch(batches_per_step, drop_remainder=True)
    if steps_per_epoch is not None and isinstance(x, tf.data.Dataset):
        # Against a known length Keras would count whole blocks, and start
        # the data again where a block could have reached their end.
        x = x.filter(lambda *_: True)
    return x


def next_block(iterator, num_steps, size, batches_per_step, parts_of):
    """Takes the batches of up to `num_steps` steps from an iterator.

    Args:
        iterator: `tf.data.Iterator` of a dataset from `count_in_steps`.
        num_steps: scalar int32 tensor, at most `size`.
        size: int. The steps of a block.
        batches_per_step: int.
        parts_of: function from an element to the list of what is used of it.

    Returns:
        A list of tensors of shape `(size, batches_per_step, batch, ...)`, one
        for each part, and the number of steps of the block that they suffice
        for.
    """
    specs = parts_of(iterator.element_spec)
    whole = all(spec.shape.is_fully_defined() for spec in specs)
    if not whole and size * batches_per_step > 1:
        raise ValueError(
            "The dataset's batches must all be of one size; batch it with "
            f"`drop_remainder=True`. Received: element_spec={specs}"
        )

    def take(count, batches, optional):
        parts = parts_of(optional.get_value())
        batches = [
            array.write(count, part)
            for array, part in zip(batches, parts, strict=True)
        ]
        following = tf.cond(
            count + 1 < num_steps,
            iterator.get_next_as_optional,
            lambda: tf.experimental.Optional.empty(iterator.element_spec),
        )
        return count + 1, batches, following

    arrays = [
        tf.TensorArray(spec.dtype, size, element_shape=spec.shape)
        for spec in specs
    ]
    count, arrays, _ = tf.while_loop(
        lambda count, batches, optional: optional.has_value(),
        take,
        (0, arrays, iterator.get_next_as_optional()),
    )

    def stacked(array, spec):
        if size > 1:
            batches = array.stack()
        else:
            # At the data's end nothing says how large a batch would be.
            batches = tf.cond(
                count > 0,
                lambda: array.read(0),
                lambda: tf.zeros([s or 0 for s in spec.shape], spec.dtype),
            )[tf.newaxis]
        return batches if batches_per_step > 1 else batches[:, tf.newaxis]

    return [stacked(a, s) for a, s in zip(arrays, specs, strict=True)], count
