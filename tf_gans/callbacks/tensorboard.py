"""Logs for TensorBoard.

`keras.callbacks.TensorBoard` counts batches and epochs from 0 in every `fit`,
so a training that is resumed would be drawn over its beginning; it knows the
losses' means over an epoch, not those of steps; and like `tf.summary.scalar`
it needs the package `tensorboard`, which TensorFlow no longer brings along.
`tf.summary.write` does not: the package is needed to look at the logs, not to
write them.
"""

import contextlib

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.step_log import StepLog
from tf_gans.errors import UserError

# Summaries that are held back before they are written.
_MAX_QUEUE = 1000


class TensorBoard(StepLog):
    """Writes the losses of steps, and pictures, for TensorBoard.

    A training that is resumed goes on in a new file, from its own step. What
    was written beyond that step before, TensorBoard then leaves out.

    Place it after the callbacks that send it pictures: it closes its file at
    the end of the training.

    Args:
        directory: str or path-like. Made with the first thing to write.
        every: int. Writes the losses of the steps whose number, from 0, is a
            multiple.

    Raises:
        UserError: from within `fit`: the directory cannot be written.

    Example:

    >>> board = TensorBoard("runs/mnist-001/tensorboard", every=10)
    >>> samples = SampleGrid(
    ...     100, lambda step, images: board.image(step, image_grid(images))
    ... )
    >>> gan.fit(source, epochs=10, callbacks=[samples, board])
    """

    def __init__(self, directory, every):
        super().__init__(every, self._write_losses)
        self.directory = directory
        self._writer = None

    def image(self, step, image, name="samples"):
        """Writes a picture.

        Args:
            step: int. The number of steps trained.
            image: uint8 array of shape `(height, width, channels)`, with 1 or
                3 channels.
            name: str. Defaults to `"samples"`.
        """
        height, width, _ = np.shape(image)
        encoded = tf.io.encode_png(image)
        # The plugin's own format: the size in words, then the images' files.
        content = tf.stack([str(width), str(height), encoded])
        with self._writing():
            _write(name, content, step, "images", "DATA_CLASS_BLOB_SEQUENCE")
        self.flush()

    def scalars(self, step, values):
        """Writes numbers.

        Args:
            step: int. The number of steps trained.
            values: dict of floats by their names.
        """
        self._write_losses([{"step": step, **values}])
        self.flush()

    def _write_losses(self, rows):
        with self._writing():
            for row in rows:
                step = row["step"]
                for name in [n for n in row if n != "step"]:
                    value = tf.constant(row[name], tf.float32)
                    _write(name, value, step, "scalars", "DATA_CLASS_SCALAR")

    def flush(self):
        """Writes what was held back."""
        if self._writer is not None:
            with self._telling():
                self._writer.flush()

    def close(self):
        """Writes what was held back and closes the file."""
        if self._writer is not None:
            with self._telling():
                self._writer.close()
            self._writer = None

    def on_epoch_end(self, epoch, logs=None):
        self.flush()

    def on_train_end(self, logs=None):
        self.close()

    @contextlib.contextmanager
    def _writing(self):
        """Makes the file the one that summaries go to."""
        with self._telling():
            if self._writer is None:
                self._writer = tf.summary.create_file_writer(
                    str(self.directory), max_queue=_MAX_QUEUE
                )
            # Whatever condition a caller has set is not for these.
            with self._writer.as_default(), tf.summary.record_if(True):
                yield

    @contextlib.contextmanager
    def _telling(self):
        try:
            yield
        except tf.errors.OpError as error:
            raise UserError(
                f"{self.directory}: cannot be written: {error.message}"
            ) from error


def _write(name, content, step, plugin, data_class):
    """Writes a summary as TensorBoard's plugins expect it.

    Reference:
    - [tensorboard/plugins/scalar/summary_v2.py and
      tensorboard/plugins/image/summary_v2.py](
      https://github.com/tensorflow/tensorboard)
    """
    metadata = tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name=plugin),
        data_class=data_class,
    )
    tf.summary.write(name, content, step=step, metadata=metadata)
