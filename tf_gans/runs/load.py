"""A trained model, wherever it lies: in a run or in an export.

TensorFlow is imported when a model is opened and not before, so that a command
line can answer a mistake in a path at once.
"""

import importlib
import inspect
import json
import os
import pathlib

from tf_gans import provenance
from tf_gans.errors import UserError
from tf_gans.recipes import catalogue
from tf_gans.runs import cli
from tf_gans.runs.sampler import BATCH_SIZE, Sampler


def build(config, data=None):
    """The model that a run's hyper-parameters describe, compiled.

    The recipe's `build` gets those of them that it has keywords for.

    Args:
        config: dict of the hyper-parameters, of which `script` says whose.
        data: what is learned; of the small problems only, whose networks
            follow the data. Defaults to the run's own.

    Returns:
        A compiled model.

    Raises:
        ValueError: the hyper-parameters contradict each other.
    """
    problem = _problem(config)
    values = dict(config)
    if problem.source:
        values["data"] = open_data(config) if data is None else data
    if values["jit_compile"] is None:
        values["jit_compile"] = "auto"
    values["name"] = config.get("recipe", config.get("gan"))
    values["ema_decay"] = config.get("ema")
    precision = config.get("mixed_precision")
    values["dtype"] = f"mixed_{precision}" if precision else None
    function = importlib.import_module(problem.module).build
    return function(**_accepted(function, values), **config.get("options", {}))


def open_data(config):
    """The data of a run of a small problem.

    Args:
        config: dict of the hyper-parameters.

    Raises:
        UserError: a file cannot be read.
    """
    function = importlib.import_module(_problem(config).source).open_source
    values = {**config, "say": cli.warn}
    return function(**_accepted(function, values))


def _problem(config):
    # The first runs of gaussian.py do not say whose they are.
    return catalogue.PROBLEMS[config.get("script", "gaussian")]


def _accepted(function, values):
    """Of some values, those that a function has keywords for."""
    spec = inspect.getfullargspec(function)
    names = spec.args + spec.kwonlyargs  # and not `options` of `**options`
    return {name: values[name] for name in names if name in values}


def load_run(path):
    """The model of a run directory, with its newest whole checkpoint loaded.

    Args:
        path: of the run directory.

    Returns:
        A compiled model.

    Raises:
        UserError: there is no run, no checkpoint that is whole, or no data
            where the networks follow them.
    """
    run = find_run(path)
    if run.checkpoints.newest() is None:
        raise UserError(f"{path}: has no checkpoint that is whole")
    try:
        model = build(run.config)
    except OSError as error:
        raise UserError(
            f"{path}: its data cannot be read: {error.filename}: "
            f"{error.strerror}"
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        # Of a run of the first release, which has no checksum.
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UserError(
            f"{run.path / 'config.json'}: describes no model: {reason}"
        ) from None
    run.load_checkpoint(model, cli.warn)
    return model


def find_run(path):
    """The run at a path, with the checkpoints that the path names.

    Args:
        path: str or path. Of a run directory, or of the `best` in it.

    Returns:
        A `RunDirectory`.

    Raises:
        UserError: there is no run.
    """
    from tf_gans.runs.directory import BEST, RunDirectory

    if not _is_best(pathlib.Path(path)):
        return RunDirectory.resume(path)
    run = RunDirectory.resume(pathlib.Path(path).absolute().parent)
    run.chosen = BEST
    return run


def _is_best(path):
    path = path.absolute()
    is_own = (path / "config.json").is_file()
    beside = path.parent / "config.json"
    return path.name == "best" and not is_own and beside.is_file()


def find_model(path):
    """Finds out what lies at a path, without loading it.

    Args:
        path: str or path. Of a run directory, of the `best` in it, of an
            exported version, or of the directory of an exported model, whose
            newest version counts.

    Returns:
        A pair: `"run"` or `"export"`, and the `pathlib.Path` of the run
        directory, or of the `best` in it, or of the exported version.

    Raises:
        UserError: there is none of them.
    """
    path = pathlib.Path(path)
    # Not `Path.exists`, which fails where a name is too long.
    if not os.path.exists(path):
        raise UserError(f"{path}: does not exist")
    if (path / "config.json").is_file():
        return "run", path
    if path.is_dir() and _is_best(path):
        return "run", path
    versions = [path, *path.glob("[0-9]*/")]
    versions = [v for v in versions if (v / "saved_model.pb").is_file()]
    if path in versions:
        return "export", path
    versions = [v for v in versions if v.name.isascii() and v.name.isdigit()]
    if versions:
        return "export", max(versions, key=lambda version: int(version.name))
    raise UserError(
        f"{path}: is neither a run directory (no config.json) nor an exported "
        "model (no saved_model.pb, and no version in which there is one)"
    )


def open_sampler(
    path, batch_size=BATCH_SIZE, batch_statistics=False, only_images=True
):
    """Opens a trained generator.

    Args:
        path: see `find_model`.
        batch_size: int. How many images are computed at a time.
        batch_statistics: bool. Whether batch normalisation uses each batch's
            own statistics, as in training, and not the moving averages. Then
            an image depends on the whole batch that it is computed in. Of
            runs only: an export is in inference mode for good.
        only_images: bool. Whether a generator of anything else is refused.

    Returns:
        A `Sampler`.

    Raises:
        UserError: there is no such model, it cannot be read, or its samples
            are not images and `only_images`.

    Example:

    >>> sampler = open_sampler("runs/mnist-001")
    >>> z = sampler.draw_each([7, 8, 9])  # (3, 96)
    >>> images = sampler.images(z)  # uint8, (3, 28, 28, 1)
    """
    kind, path = find_model(path)
    if kind == "run":
        return _open_run(path, batch_size, batch_statistics, only_images)
    if batch_statistics:
        raise UserError(
            f"--batch-statistics: {path} is an exported model, which has the "
            "moving averages built in; name a run directory"
        )
    return _open_export(path, batch_size, only_images)


def find_labels(sampler, flag, names):
    """The labels that a flag names.

    Args:
        sampler: `Sampler`.
        flag: str. For the messages.
        names: sequence of str: names of classes, where they have names, or
            their numbers.

    Returns:
        A list of ints.

    Raises:
        UserError: the model is not conditional, or there is no such class.
    """
    if not sampler.num_classes:
        raise UserError(f"{flag}: the model is not a conditional one")
    numbers = {str(n): n for n in range(sampler.num_classes)}
    known = numbers | {name: n for n, name in enumerate(sampler.classes)}
    for name in names:
        if name not in known:
            allowed = f"must lie from 0 to {sampler.num_classes - 1}"
            if known.keys() != numbers.keys():
                listed = ", ".join(sampler.classes[:20])
                more = ", ..." if len(sampler.classes) > 20 else ""
                allowed += f", or be one of {listed}{more}"
            raise UserError(f"{flag}: {allowed}; received {name}")
    return [known[name] for name in names]


def check_prior(path, latents):
    """Refuses a model that makes no samples: an autoencoder without a prior.

    Args:
        path: what the user named.
        latents: the model's prior, or None.

    Raises:
        UserError: there is none.
    """
    if latents is None:
        raise UserError(
            f"{path}: is an autoencoder without a prior, which makes no "
            "samples; its export has encode, decode, reconstruct and errors"
        )


def _check_images(path, sample_shape, value_range):
    if value_range is None or len(sample_shape) != 3:
        raise UserError(
            f"{path}: makes samples of shape {tuple(sample_shape)}, which are "
            "not images"
        )


def _open_run(path, batch_size, batch_statistics, only_images):
    gan = load_run(path)
    check_prior(path, getattr(gan, "latents", None))
    if only_images:
        _check_images(path, gan.sample_shape, gan.value_range)
    return sampler_of(
        gan, batch_size, batch_statistics, **said_of_run(path, gan)
    )


def said_of_run(path, model):
    """What else is said of a run's samples.

    Args:
        path: see `load_run`.
        model: what `load_run` returned.

    Returns:
        A dict of the `classes` and of what is known `about` the samples:
        arguments of `sampler_of` and of `export.export_saved_model`.
    """
    config = find_run(path).config
    return {
        # Runs of the first release do not know their names.
        "classes": config.get("classes"),
        "about": provenance.of_run(config, int(model.step.numpy())),
    }


def sampler_of(
    gan,
    batch_size=BATCH_SIZE,
    batch_statistics=False,
    classes=None,
    about=None,
):
    """The `Sampler` of a model, which follows it as it is trained.

    Args:
        gan: a model with a generator.
        batch_size, batch_statistics: see `open_sampler`.
        classes: sequence of str, the names of the classes, or None.
        about: dict of what is known of the samples, or None.
    """
    import tensorflow as tf

    from tf_gans.completion import judge_of

    @tf.function(autograph=False)
    def generator(z, labels):
        inputs = z if labels is None else (z, labels)
        if batch_statistics:
            return gan.call_with_batch_statistics(inputs)
        return gan.sampler(inputs, training=False)

    return Sampler(
        generator,
        gan.latents,
        gan.sample_shape,
        gan.value_range,
        gan.num_classes,
        batch_size,
        classes,
        about,
        judge_of(gan),
    )


def _open_export(path, batch_size, only_images):
    import tensorflow as tf

    about = _read_description(path)
    shape, num_classes = about["sample_shape"], about["num_classes"]
    if only_images:
        _check_images(path, shape, about["value_range"])
    try:
        model = tf.saved_model.load(str(path))
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"{path}: cannot be read: {reason}") from None
    function = model.signatures.get("serving_default")
    inputs = {"z", "labels"} if num_classes else {"z"}
    if (
        function is None
        or function.structured_input_signature[1].keys() != inputs
        or "samples" not in function.structured_outputs
    ):
        raise UserError(
            f"{path}: lacks the signature serving_default, from "
            f"{' and '.join(sorted(inputs, reverse=True))} to samples; export "
            "the model again"
        )

    def generator(z, labels):
        inputs = {"z": tf.convert_to_tensor(z)}
        if labels is not None:
            inputs["labels"] = tf.convert_to_tensor(labels)
        # The signature alone would not keep the model's variables alive.
        return model.signatures["serving_default"](**inputs)["samples"]

    return Sampler(generator, **about, batch_size=batch_size)


def _as_dict(about):
    if not isinstance(about, dict | None):
        raise TypeError(f"`about` is {about!r}, not an object")
    return about


def _read_description(path):
    """What an export says of itself: arguments of `Sampler`."""
    import keras

    # For its priors, which Keras then knows by name.
    from tf_gans import latents as priors
    from tf_gans import pixels
    from tf_gans.export import DESCRIPTION

    try:
        about = json.loads((path / DESCRIPTION).read_text("utf-8"))
        check_prior(path, about["latents"])
        latents = keras.saving.deserialize_keras_object(about["latents"])
        if not isinstance(latents, priors.Latents):
            raise TypeError("`latents` is not a prior")
        shape = about["sample_shape"]
        if not isinstance(shape, list) or not all(
            isinstance(size, int) and size > 0 for size in shape
        ):
            raise TypeError(f"`sample_shape` is {shape!r}, not a list of sizes")
        value_range = about["value_range"]
        return {
            "latents": latents,
            "sample_shape": shape,
            "value_range": value_range
            and pixels.check_value_range(value_range),
            "num_classes": about["num_classes"],
            # The first release had neither.
            "classes": about.get("classes"),
            "about": _as_dict(about.get("about")),
        }
    except FileNotFoundError:
        raise UserError(
            f"{path}: lacks {DESCRIPTION}, which says what z is drawn from "
            "and which values are black and white; export the model again"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path / DESCRIPTION}: cannot be read: {error}"
        ) from None
