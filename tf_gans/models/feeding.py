"""What a training is fed with: a source, or batches of a dataset.

A feed says how many steps an epoch has, and gives a block of steps its
batches. Keras' own iterator counts whole blocks: it would start the data again
where a block could have reached their end, and never where one did.
"""

import math
import warnings

import tensorflow as tf

# Keras has no public name for what makes a dataset of all that `fit` takes.
from keras.src.trainers import data_adapters

from tf_gans.errors import check_positive_int


def make_feed(model, x, steps_per_epoch, **options):
    """Makes the feed of a `fit`.

    Args:
        model: the `Trained` model.
        x: a `tf_gans.data.Source`, or what `keras.Model.fit` takes.
        steps_per_epoch: int or None, of `fit`.
        **options: `y`, `batch_size` and `shuffle`, of `fit`.

    Returns:
        A `SourceFeed` or a `DatasetFeed`.
    """
    if steps_per_epoch is not None:
        steps_per_epoch = check_positive_int("steps_per_epoch", steps_per_epoch)
    if hasattr(x, "draw"):
        return SourceFeed(model, x, steps_per_epoch)
    return DatasetFeed(model, x, steps_per_epoch, **options)


class SourceFeed:
    """Counts the steps of a source, whose batches the program draws itself.

    Args:
        model, x, steps_per_epoch: of `make_feed`.
    """

    def __init__(self, model, source, steps_per_epoch):
        self.source = source
        self.steps = steps_per_epoch or model.steps_per_epoch(source)
        if self.steps is None:
            raise ValueError(
                "`steps_per_epoch` is needed: the source has no end."
            )
        self._size = model.steps_per_execution
        self._left = self.steps

    def begin_epoch(self):
        self._left = self.steps

    def close(self):
        """Nothing is open."""

    def take(self, next_block):
        """Returns None and the number of the next block's steps."""
        del next_block
        count = min(self._size, self._left)
        self._left -= count
        return None, count

    def blocks(self):
        """What Keras iterates over: one element a step."""
        return tf.data.Dataset.range(self.steps)


class DatasetFeed:
    """Takes a dataset's batches, a block of steps at a time.

    An epoch is a pass through the data, or `steps_per_epoch` steps that go on
    where the last epoch stopped. Where a program has the batches of several
    steps, or a step several batches, all have one size: smaller ones are left
    out, and a warning says so.

    Args:
        model, x, steps_per_epoch, **options: of `make_feed`.
    """

    source = None

    def __init__(self, model, x, steps_per_epoch, y, batch_size, shuffle):
        if x is None:
            raise ValueError("`x` is needed: what is there to train on?")
        if model.has_workers:
            raise ValueError(
                "With several workers `x` must be a tf_gans.data.Source, whose "
                "batches all of them draw alike; a dataset would shuffle for "
                f"each in another way. Received: a {type(x).__name__}"
            )
        self._model = model
        self._size = model.steps_per_execution
        batches = model.batches_per_step
        is_dataset = isinstance(x, tf.data.Dataset)
        self._adapter = data_adapters.get_data_adapter(
            x,
            y=y,
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch and steps_per_epoch * batches,
            shuffle=shuffle and not is_dataset,
        )
        dataset = self._adapter.get_tf_dataset()
        count = self._adapter.num_batches
        if count is None:  # not known, or without an end
            count = int(dataset.cardinality())
        if self._size * batches > 1 or model.num_replicas > 1:
            dataset = self._whole_batches(dataset)
            # A dataset's last batch counts until it is seen to be smaller.
            count -= count > 1 and bool(self._adapter.partial_batch_size)
        if count == tf.data.INFINITE_CARDINALITY and steps_per_epoch is None:
            raise ValueError(
                "`steps_per_epoch` is needed: the dataset has no end."
            )
        if batches > 1:
            dataset = dataset.batch(batches, drop_remainder=True)
        self._dataset = dataset
        self._is_counted = steps_per_epoch is not None
        self.steps = steps_per_epoch or (
            max(1, count // batches) if count >= 0 else None
        )
        self._iterator = None
        self._is_open = False
        self._left: float = 0  # steps of the epoch; there may be no end
        self._taken = 0

    def _whole_batches(self, dataset):
        """Leaves out the batches that are smaller than the first one."""
        specs = tf.nest.flatten(dataset.element_spec)
        if all(spec.shape.is_fully_defined() for spec in specs):
            return dataset
        if not isinstance(self._adapter, _REPEATABLE):
            raise ValueError(
                "Where a program has several batches, all must be of one "
                "size, which is not known of this `x`. Compile the model with "
                "`steps_per_execution=1`, or make a tf.data.Dataset of it. "
                f"Received: element_spec={dataset.element_spec}"
            )
        for first in dataset.take(1):
            shapes = [t.shape for t in tf.nest.flatten(first)]
            if self._adapter.partial_batch_size not in (0, shapes[0][0]):
                warnings.warn(
                    "Batches of fewer samples than the first one's "
                    f"{shapes[0][0]}, such as a last one, are left out. "
                    "Batch a dataset with `drop_remainder=True` to choose so.",
                    stacklevel=5,
                )
            return _of_one_shape(dataset, shapes)
        return dataset

    def begin_epoch(self):
        self._left = self.steps or math.inf  # steps of the epoch
        self._taken = 0
        if not self._is_counted:
            self.close()

    def close(self):
        """Ends a pass through the data, if one was begun."""
        if self._is_open:
            self._adapter.on_epoch_end()
        self._iterator, self._is_open = None, False

    def _restart(self):
        self.close()
        self._adapter.on_epoch_begin()
        self._is_open = True
        self._iterator = iter(self._dataset)

    def take(self, next_block):
        """Takes the next block's batches.

        Args:
            next_block: function from an iterator and a number of steps to
                what this method returns.

        Returns:
            The list of their parts, see `next_block`, and the number of steps:
            0 at the end of an epoch that turns out to have no more.

        Raises:
            StopIteration: at the end of data whose length was not known.
        """

        def read():
            parts, count = next_block(self._iterator, tf.constant(wanted))
            return parts, int(count)

        wanted = min(self._size, self._left)
        parts, count = None, 0
        is_new = self._iterator is None
        if is_new and self._taken == 0:
            self._restart()
        if self._iterator is not None:
            parts, count = read()
        if count == 0 and self._taken == 0 and not is_new:
            # The last epoch ended where the data did.
            self._restart()
            parts, count = read()
        if count == 0 and self._taken == 0:
            raise ValueError(
                "The data do not suffice for a single step, which takes "
                f"{self._model.batches_per_step} batches."
            )
        self._taken += count
        self._left -= count
        if count < wanted:
            self._end_of_data()
            if count == 0 and self.steps is None:
                raise StopIteration
        return parts, count

    def _end_of_data(self):
        was_open = self._is_open
        self.close()
        if was_open and self._is_counted:
            warnings.warn(
                f"The data ended after {self._taken} of the epoch's "
                f"{self.steps} steps. Repeat the dataset, or ask for fewer "
                "with `steps_per_epoch`.",
                stacklevel=2,
            )

    def blocks(self):
        """What Keras iterates over: one element a step."""
        if self.steps is not None:
            return tf.data.Dataset.range(self.steps)
        # Of a length that is not known to Keras either.
        return tf.data.Dataset.range(2**62).filter(lambda _: True)


# What may be iterated over once more than the training does.
_REPEATABLE = (
    data_adapters.ArrayDataAdapter,
    data_adapters.TFDatasetAdapter,
)


def _of_one_shape(dataset, shapes):
    """Keeps the elements of a dataset that have these shapes."""

    def is_whole(*element):
        return tf.reduce_all(
            [
                tf.reduce_all(tf.shape(t) == shape)
                for t, shape in zip(
                    tf.nest.flatten(element), shapes, strict=True
                )
            ]
        )

    def shaped(*element):
        if len(element) == 1:
            (element,) = element
        flat = [
            tf.ensure_shape(t, shape)
            for t, shape in zip(tf.nest.flatten(element), shapes, strict=True)
        ]
        return tf.nest.pack_sequence_as(element, flat)

    return dataset.filter(is_whole).map(shaped)


def next_block(iterator, num_steps, size, batches_per_step, parts_of):
    """Takes the batches of up to `num_steps` steps from an iterator.

    Args:
        iterator: `tf.data.Iterator` of a `DatasetFeed`.
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
