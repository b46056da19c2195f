"""SavedModels that TensorFlow Serving loads where this package is not.

An exported model holds four signatures. Each takes and returns named tensors,
is a pure function of its inputs and consists of TensorFlow's own operations:

| signature         | inputs                | outputs                   |
| ----------------- | --------------------- | ------------------------- |
| `serving_default` | `z`                   | `samples`                 |
| `sample`          | `seeds`, one a row    | `samples`                 |
| `generate`        | `num_samples`, `seed` | `samples`, `z`            |
| `discriminate`    | `samples`             | `logits`, `probabilities` |
"""

import contextlib
import os
import pathlib
import tempfile

import keras
import tensorflow as tf

from tf_gans.errors import UserError
from tf_gans.files import sync

# Generators of up to this many parameters compute `sample` row by row.
_ROW_BY_ROW = 100_000


def export_saved_model(gan, directory):
    """Writes a model's next version as TensorFlow Serving wants it.

    The version is one more than the largest that stands in `directory`. It
    appears there whole, under its final name, or not at all, so a server may
    watch the directory meanwhile.

    Args:
        gan: `tf_gans.GAN`. Samples come from `gan.sampler`, the average of the
            generator where one is kept. Networks run in inference mode.
        directory: str or path. The directory of the model, which holds one
            sub-directory a version. It is created where it is missing.

    Returns:
        The `pathlib.Path` of the new version, `directory/N`.

    Raises:
        UserError: if the files cannot be written.

    Example:

    >>> export_saved_model(gan, "saved_models/gaussian")
    PosixPath('saved_models/gaussian/1')
    """
    directory = pathlib.Path(directory)
    try:
        # A file of that name: the next line says so in better words.
        with contextlib.suppress(FileExistsError):
            directory.mkdir(parents=True, exist_ok=True)
        # Its name is not a number, so a server does not take it for a version.
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=directory) as tmp:
            # One level down: TensorFlow creates it with ordinary permissions.
            whole = pathlib.Path(tmp, "saved_model")
            _archive(gan).write_out(whole, verbose=False)
            for path in [*whole.rglob("*"), whole]:
                sync(path)
            version = directory / str(_last_version(directory) + 1)
            os.rename(whole, version)
        sync(directory)
    except (OSError, tf.errors.OpError) as error:
        # TensorFlow's messages are "file; reason", with more lines below.
        reason = str(error).partition("\n")[0].rpartition("; ")[2]
        reason = getattr(error, "strerror", None) or reason
        raise UserError(f"{directory}: cannot be written: {reason}") from error
    return version


def _archive(gan):
    """Returns a `keras.export.ExportArchive` of the signatures."""
    latents, discriminator = gan.latents, gan.discriminator
    z_spec = tf.TensorSpec((None, *latents.shape), tf.float32, "z")
    sample_spec = gan.sampler.compute_output_spec(
        keras.KerasTensor(z_spec.shape, "float32"), training=False
    )

    def generator(z):
        return gan.sampler(z, training=False)

    def serving_default(z):
        return {"samples": generator(z)}

    def sample(seeds):
        if gan.sampler.count_params() > _ROW_BY_ROW:
            return {"samples": generator(latents.draw_each(seeds))}

        # A kernel may round a row's numbers one way in the middle of an array
        # and another way at its end. Alone, a row is the same in any batch.
        def row(seed):
            return generator(latents.draw_each(seed[tf.newaxis]))[0]

        spec = tf.TensorSpec(sample_spec.shape[1:], sample_spec.dtype)
        return {"samples": tf.map_fn(row, seeds, fn_output_signature=spec)}

    def generate(num_samples, seed):
        tf.debugging.assert_non_negative(
            num_samples, "`num_samples` is negative"
        )
        z = latents.draw(seed, "sample", 0, 1, num_samples)[0]
        return {"samples": generator(z), "z": z}

    def discriminate(samples):
        logits = discriminator(samples, training=False)
        return {"logits": logits, "probabilities": tf.sigmoid(logits)}

    archive = keras.export.ExportArchive()
    # Serving runs without XLA by default, and a function that demands it fails
    # there: Keras compiles these without.
    for function, *specs in (
        (serving_default, z_spec),
        (sample, tf.TensorSpec((None,), tf.int64, "seeds")),
        (
            generate,
            tf.TensorSpec((), tf.int32, "num_samples"),
            tf.TensorSpec((), tf.int64, "seed"),
        ),
        (
            discriminate,
            tf.TensorSpec(sample_spec.shape, sample_spec.dtype, "samples"),
        ),
    ):
        archive.add_endpoint(function.__name__, function, specs)
    return archive


def _last_version(directory):
    """Returns the largest number among the names in a directory, or 0."""
    names = (path.name for path in directory.iterdir())
    return max(
        (int(n) for n in names if n.isascii() and n.isdigit()), default=0
    )
