"""SavedModels that TensorFlow Serving loads where this package is not.

An exported model holds these signatures. Each takes and returns named tensors,
is a pure function of its inputs and consists of TensorFlow's own operations:

| signature         | inputs                | outputs                   |
| ----------------- | --------------------- | ------------------------- |
| `serving_default` | `z`                   | `samples`                 |
| `sample`          | `seeds`, one a row    | `samples`                 |
| `sample_png`      | `seeds`, one a row    | `png_bytes`               |
| `generate`        | `num_samples`, `seed` | `samples`, `z`            |
| `discriminate`    | `samples`             | `logits`, `probabilities` |

That is of a GAN whose loss takes logits for those of probabilities; of others
`discriminate` gives `logits` alone. Of a BEGAN it gives `reconstructions` and
their `errors`, one a row. A VAE has `encode`, which gives `mean` and `stddev`
of z, and `reconstruct`, which gives `reconstructions`. An ACGAN, whose
discriminator takes no labels, has `classify`, which gives
`class_probabilities`; an InfoGAN `encode`, of its codes.

An adversarial autoencoder has `encode`, from `samples` to `codes`,
`reconstruct` and `errors`, one a row. An autoencoder without a prior has these,
and `decode` from `codes` to `samples`; nothing of it makes samples of z or of
seeds, its `serving_default` is `reconstruct`, and its description has no prior.

`sample_png` is there where the samples are grey or RGB images. In a conditional
model each signature also takes `labels`, one a row; in `generate` they stand in
the place of `num_samples`.

`generate` refuses to make none or more than a limit, which an export sets.

What a graph does not say of itself is in
`assets.extra/tf_gans.json`: the prior of z, the range of the values, the number
of classes and their names, the shape of a sample, the limit. What the server
reads beside the graph is in `tf_gans.serving.files`.
"""

import contextlib
import json
import os
import pathlib
import shutil

import keras
import tensorflow as tf

from tf_gans import layers, provenance
from tf_gans.errors import UserError, check_positive_int
from tf_gans.files import sweep, sync, temporary_path
from tf_gans.pixels import to_pixels
from tf_gans.serving import files as serving_files
from tf_gans.version import __version__

# Where the description is in an exported version. Servers and TensorFlow's
# loaders leave what is in `assets.extra` alone.
DESCRIPTION = "assets.extra/tf_gans.json"

# The most samples that one request of `generate` gets, unless told otherwise.
MAX_SAMPLES = 10_000

# Generators of up to this many parameters compute `sample` row by row.
_ROW_BY_ROW = 100_000


def export_saved_model(
    gan, directory, classes=None, max_samples=MAX_SAMPLES, about=None
):
    """Writes a model's next version as TensorFlow Serving wants it.

    The version is one more than the largest that stands in `directory`. It
    appears there whole, under its final name, or not at all, so a server may
    watch the directory meanwhile.

    Args:
        gan: `tf_gans.GAN`, `BEGAN`, `VAE`, `AdversarialAutoencoder` or
            `Autoencoder`. Samples come from `gan.sampler`, the average of the
            generator where one is kept. Networks run in inference mode.
        directory: str or path. The directory of the model, which holds one
            sub-directory a version. It is created where it is missing.
        classes: sequence of str, the names of a conditional model's classes,
            for its description. Defaults to `None`: they have none.
        max_samples: int. How many samples a request of `generate` gets at
            most. A larger one is refused by the graph, so that no request of
            a few bytes can fill a server's memory. Up to 2^31 - 1; defaults
            to `10_000`.
        about: dict of what is known of the model, or None; its pictures and
            its description say it. See `tf_gans.provenance.comment`. Defaults
            to `None`.

    Returns:
        The `pathlib.Path` of the new version, `directory/N`.

    Raises:
        UserError: if the files cannot be written.

    Example:

    >>> export_saved_model(gan, "saved_models/gaussian")
    PosixPath('saved_models/gaussian/1')
    """
    directory = pathlib.Path(directory)
    max_samples = check_positive_int("max_samples", max_samples)
    if max_samples > tf.int32.max:
        raise ValueError(
            f"`max_samples` must be at most {tf.int32.max}. "
            f"Received: max_samples={max_samples}"
        )
    about = {"generated": True, **(about or {})}
    archive, specs = _archive(gan, max_samples, about)
    try:
        # A file of that name: the next line says so in better words.
        with contextlib.suppress(FileExistsError):
            directory.mkdir(parents=True, exist_ok=True)
        sweep(directory)
        # Its name is not a number, so a server does not take it for a version.
        with _temporary_directory(directory) as tmp:
            whole = tmp / "saved_model"
            archive.write_out(whole, verbose=False)
            description = whole / DESCRIPTION
            description.parent.mkdir()
            said = describe(gan, classes, max_samples=max_samples, about=about)
            text = json.dumps(said, indent=2) + "\n"
            description.write_text(text, encoding="utf-8")
            joined = not _rows_see_each_other(gan)
            if joined:
                serving_files.write_batching(whole)
            serving_files.write_warmup(whole, directory.name, specs, joined)
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


@contextlib.contextmanager
def _temporary_directory(directory):
    """A hidden directory in another, whatever becomes of it."""
    path = temporary_path(directory / "tmp")
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _rows_see_each_other(gan):
    """Whether strangers' rows in a batch would change a row's answer."""
    discriminator = getattr(gan, "discriminator", None)
    return discriminator is not None and layers.sees_batch(discriminator)


def describe(gan, classes=None, **more):
    """What a client needs to know that a graph does not say.

    Args:
        gan, classes: see `export_saved_model`.
        **more: what else there is to say.

    Returns:
        A dict of what JSON can hold.
    """
    latents = getattr(gan, "latents", None)
    return {
        "format": 1,
        # None of a model that makes no samples of z.
        "latents": latents and keras.saving.serialize_keras_object(latents),
        "sample_shape": list(gan.sample_shape),
        "value_range": gan.value_range and list(gan.value_range),
        "num_classes": gan.num_classes,
        "classes": classes and list(classes),
        **more,
        "versions": {
            "tf_gans": __version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
    }


def _archive(model, max_samples, about):
    """Returns the signatures.

    Returns:
        A pair: their `keras.export.ExportArchive`, and a dict from their names
        to the lists of their inputs' `tf.TensorSpec`.
    """
    with_labels = _labelling(model.num_classes)
    of_samples = _of_samples(model, with_labels)
    if getattr(model, "latents", None) is None:
        # The one that a server is asked for where none is named.
        default = {"serving_default": of_samples["reconstruct"]}
        endpoints = default | of_samples
    else:
        of_latents = _of_latents(model, with_labels, max_samples, about)
        endpoints = of_latents | of_samples
    archive = keras.export.ExportArchive()
    # Serving runs without XLA by default, and a function that demands it fails
    # there: Keras compiles these without.
    for name, (function, *specs) in endpoints.items():
        archive.add_endpoint(name, function, specs)
    return archive, {name: specs for name, (_, *specs) in endpoints.items()}


def _labels(num_classes):
    """The specs of what else a row has in a conditional model."""
    labels = tf.TensorSpec((None,), tf.int32, "labels")
    return [labels] if num_classes else []


def _labelling(num_classes):
    """The function that makes pairs of rows and labels, where there are any."""

    def with_labels(inputs, labels):
        if labels is None:
            return inputs
        # A class that is not there would be all zeros to one network, and an
        # error of its own kind to another.
        checks = [
            tf.debugging.assert_non_negative(
                labels, "`labels` has a negative one"
            ),
            tf.debugging.assert_less(
                labels, num_classes, f"`labels` must be less than {num_classes}"
            ),
            tf.debugging.assert_equal(
                tf.size(labels),
                tf.shape(inputs)[0],
                "`labels` must be one a row",
            ),
        ]
        with tf.control_dependencies(checks):
            labels = tf.identity(labels)
        return inputs, labels

    return with_labels


def _of_samples(model, with_labels):
    """What can be asked about samples, each a function and its specs."""
    # Some take something else, such as codes.
    others = getattr(model, "signature_inputs", {})
    classes = getattr(model, "judged_classes", None)

    def of(judge):
        return lambda rows, labels=None: judge(with_labels(rows, labels))

    def spec(name):
        what, rows = others.get(name, ("samples", model.sample_spec))
        return tf.TensorSpec(rows.shape, rows.dtype, what)

    return {
        name: (of(judge), spec(name), *_labels(classes))
        for name, judge in model.signatures().items()
    }


def _of_latents(gan, with_labels, max_samples, about):
    """What makes samples, each a function and its specs."""
    latents, num_classes = gan.latents, gan.num_classes
    sample_spec = gan.sample_spec

    def generator(z, labels):
        samples = gan.sampler(with_labels(z, labels), training=False)
        return tf.cast(samples, tf.float32)

    def serving_default(z, labels=None):
        return {"samples": generator(z, labels)}

    def sample(seeds, labels=None):
        if gan.sampler.count_params() > _ROW_BY_ROW:
            return {"samples": generator(latents.draw_each(seeds), labels)}

        # A kernel may round a row's numbers one way in the middle of an array
        # and another way at its end. Alone, a row is the same in any batch.
        def alone(row):
            row = tf.nest.map_structure(lambda x: x[tf.newaxis], row)
            seed, label = row if num_classes else (row, None)
            return generator(latents.draw_each(seed), label)[0]

        rows = with_labels(seeds, labels)
        spec = tf.TensorSpec(sample_spec.shape[1:], sample_spec.dtype)
        return {"samples": tf.map_fn(alone, rows, fn_output_signature=spec)}

    def sample_png(seeds, labels=None):
        samples = sample(seeds, labels)["samples"]
        pngs = tf.map_fn(
            tf.io.encode_png,
            to_pixels(samples, gan.value_range),
            fn_output_signature=tf.TensorSpec((), tf.string),
        )
        # A server's REST interface writes an output of such a name in base64.
        return {"png_bytes": provenance.stamp_pngs(pngs, about)}

    def checked(name, count):
        """Returns the count; nothing made of it starts before the check."""
        allowed = f"{name} must lie from 1 to {max_samples}; received"
        check = tf.debugging.Assert(
            (count >= 1) & (count <= max_samples), [allowed, count]
        )
        with tf.control_dependencies([check]):
            return tf.identity(count)

    def generate(num_samples, seed):
        count = checked("`num_samples`", num_samples)
        z = latents.draw(seed, "sample", 0, 1, count)[0]
        return {"samples": generator(z, None), "z": z}

    def generate_classes(labels, seed):
        count = checked("the number of `labels`", tf.size(labels))
        z = latents.draw(seed, "sample", 0, 1, count)[0]
        return {"samples": generator(z, labels), "z": z}

    seeds = tf.TensorSpec((None,), tf.int64, "seeds")
    seed = tf.TensorSpec((), tf.int64, "seed")
    a_row = _labels(num_classes)
    endpoints = {
        "serving_default": (
            serving_default,
            tf.TensorSpec((None, *latents.shape), tf.float32, "z"),
            *a_row,
        ),
        "sample": (sample, seeds, *a_row),
        "generate": (generate_classes, *a_row, seed)
        if num_classes
        else (generate, tf.TensorSpec((), tf.int32, "num_samples"), seed),
    }
    if gan.value_range and _is_picture(gan.sample_shape):
        endpoints["sample_png"] = (sample_png, seeds, *a_row)
    return endpoints


def _is_picture(sample_shape):
    """Whether samples of this shape are what a PNG holds: grey or RGB."""
    return len(sample_shape) == 3 and sample_shape[-1] in (1, 3)


def _last_version(directory):
    """Returns the largest number among the names in a directory, or 0."""
    names = (path.name for path in directory.iterdir())
    return max(
        (int(n) for n in names if n.isascii() and n.isdigit()), default=0
    )
