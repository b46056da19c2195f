"""How good a generator of images is, by every measure that applies.

The way of the data: real images and generated ones, uint8, become features;
every measure takes the features of both, or the images, and the same measure of
other real images in the generated ones' place is its baseline. TensorFlow is
imported when it is needed.
"""

import dataclasses
import importlib
import math
import time

import numpy as np

from tf_gans.errors import UserError
from tf_gans.recipes import catalogue
from tf_gans.runs import cli, measuring, report
from tf_gans.runs.load import open_data

SEEDS = 10**7  # of samples, that belong to one --seed
NUM_SAMPLES = 10_000  # on each side, where there are as many
MIN_SAMPLES = 20  # the clusters of the curve of precision and recall
NUM_POINTS = {"mixtures": 2500}  # of the published numbers
_HIGHER = ("modes", "high_quality", "inside")  # of the small problems


@dataclasses.dataclass(frozen=True)
class RealImages:
    """The real images that an evaluation takes.

    Attributes:
        reference: uint8 array `(n, height, width, channels)`: what generated
            images are measured against.
        others: other real images, which take the generated ones' place in the
            baseline.
        training: what the generator may have been trained on, for the nearest
            neighbours.
        held_out: bool. Whether the reference are test images. Otherwise the
            training images are halved, and it is from one half.
        name: str. What to call them.
        identity: str. What a run knows its data by: a hash of the training
            images and, where they are loaded, of their labels.
    """

    reference: np.ndarray
    others: np.ndarray
    training: np.ndarray
    held_out: bool
    name: str
    identity: str

    @property
    def digest(self):
        """A hash of the training images."""
        from tf_gans.data import arrays

        return arrays.sha256(self.training)

    @property
    def description(self):
        """What the reference is, in words."""
        what = "test images" if self.held_out else "half of the training images"
        return f"{what} of {self.name}"


def load_real(
    sampler, wanted, num_real, num_fake, seed, resize, say, loaded=None
):
    """Loads the real images.

    Args:
        sampler: the generator's `Sampler`, whose images' shape they must have.
        wanted: dict of the arguments `dataset` and `path` of
            `data.load_images`.
        num_real, num_fake: ints. How many are wanted, at most, as the reference
            and for the baseline.
        seed: int. Which of them are taken.
        resize: bool. Whether they are brought to the generator's size and
            channels. Otherwise others are refused.
        say: function that is called with a line of text.
        loaded: the training images, what `data.load_images` has returned for
            `wanted`, where they are loaded already.

    Returns:
        A `RealImages`.

    Raises:
        UserError: they cannot be read, or have another shape.
    """
    from tf_gans import data

    wanted = _as_generated(sampler, wanted, resize)
    facts = data.peek_images(**wanted)
    name = wanted["dataset"] or wanted["path"]
    check_shape(name, facts, sampler.sample_shape)
    training = loaded or data.load_images(**wanted, say=say)
    check_shape(name, training.images, sampler.sample_shape)
    held_out = data.has_test_images(wanted["dataset"], wanted["path"])
    # In an order without a pattern: the first test digits are the easy ones.
    order = np.random.default_rng(seed).permutation
    if held_out:
        test = data.load_images(**wanted, say=say, split="test").images
        check_shape(f"{name}: test images", test, sampler.sample_shape)
        reference = test[order(len(test))[:num_real]]
        others = training.images[order(len(training.images))[:num_fake]]
    else:
        mixed, half = order(len(training.images)), len(training.images) // 2
        reference = training.images[mixed[:half][:num_real]]
        others = training.images[mixed[half:][:num_fake]]
    return RealImages(
        *(reference, others, training.images, held_out),
        *(training.name, training.identity),
    )


def load_labelled(sampler, wanted, args):
    """Loads training and test images with their labels.

    Args:
        sampler: `Sampler` of a conditional model.
        wanted: dict of arguments of `data.load_images`, labels among them.
        args: the flags' values.

    Returns:
        Two pairs of uint8 images and int32 labels.

    Raises:
        UserError: there are no test images or labels, or they have other
            shapes or classes than the model.
    """
    from tf_gans import data

    name = wanted["dataset"] or wanted["path"]
    if not data.has_test_images(wanted["dataset"], wanted["path"]):
        raise UserError(
            f"{name}: --classifier needs test images, which no training has "
            "seen; name an .npz file with x_test and y_test"
        )
    wanted = _as_generated(sampler, wanted, args.resize)
    parts = [
        data.load_images(**wanted, say=cli.warn, split=split)
        for split in ("train", "test")
    ]
    for part in parts:
        check_shape(name, part.images, sampler.sample_shape)
        found = np.unique(part.labels)
        if not np.array_equal(found, np.arange(sampler.num_classes)):
            raise UserError(
                f"{name}: must have the model's {sampler.num_classes} classes "
                f"in its training and its test images; received {len(found)}, "
                f"numbered {found.min()} to {found.max()}"
            )
    if parts[0].classes != parts[1].classes:
        raise UserError(f"{name}: its test images have other classes' names")
    return [(part.images, part.labels) for part in parts]


def _as_generated(sampler, wanted, resize):
    """Arguments of `load_images`, with the generator's size where asked."""
    height, width, channels = sampler.sample_shape
    if not resize:
        return wanted
    if height != width:
        raise UserError("--resize: the generator's images are not square")
    return {**wanted, "size": height, "channels": channels}


def check_shape(name, images, sample_shape):
    """Raises a `UserError` where real images have another shape."""
    if isinstance(images, np.ndarray):
        shape = images.shape[1:]
    else:
        shape = (images.height, images.width, images.channels)
    if None not in shape and tuple(shape) != tuple(sample_shape):
        text, expected = ("x".join(map(str, s)) for s in (shape, sample_shape))
        raise UserError(
            f"{name}: must have images of {expected}, as the generator makes "
            f"them, or be brought to that size with --resize; received {text}"
        )


def make_images(sampler, count, seed, each=lambda count: None, labels=None):
    """Makes images, and refuses a generator that makes none.

    Args:
        sampler: `Sampler`.
        count: int.
        seed: int. Of the images' own seeds, `SEEDS * seed` is the first, and
            other numbers here have none in common.
        each: function that is called with a number of images whenever as many
            more are done.
        labels: int array of shape `(count,)`, of a conditional model, or None
            for 0, 1, 2 and so on in turn.

    Returns:
        A uint8 array `(count, *sample_shape)`, and the share of its values
        that lay beyond the value range by more than a hundredth of it, and
        were clipped.

    Raises:
        UserError: a sample is not a number.
    """
    from tf_gans.data.user_files import check_memory
    from tf_gans.pixels import to_pixels

    low, high = sampler.value_range
    margin = (high - low) / 100
    check_memory(
        *("--num-samples", f"{count} images"),
        *(float(count) * math.prod(sampler.sample_shape), "name fewer"),
    )
    if labels is None and sampler.num_classes:
        labels = np.arange(count) % sampler.num_classes
    images = np.empty((count, *sampler.sample_shape), np.uint8)
    beyond = 0
    for first in range(0, count, sampler.batch_size):
        rows = np.arange(first, min(first + sampler.batch_size, count))
        seeds = SEEDS * seed + rows
        samples = sampler.samples(
            sampler.draw_each(seeds),
            None if labels is None else labels[rows],
        )
        if not np.isfinite(samples).all():
            raise UserError(
                f"the generator's samples must be numbers; that of seed "
                f"{seeds[_first_bad(samples)]} has NaN or infinity"
            )
        outside = (samples < low - margin) | (samples > high + margin)
        beyond += int(np.count_nonzero(outside))
        images[rows] = to_pixels(samples, sampler.value_range)
        each(len(rows))
    return images, beyond / images.size


def _first_bad(samples):
    finite = np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
    return int(np.argmin(finite))


def choose_features(name, sample_shape):
    """The features that `--features` names.

    Args:
        name: `"digits"`, `"inception"`, `"pixels"`, the path of a `.keras`
            file, or None for what suits the images: `digits` for 28x28 in
            grey, else `inception`.
        sample_shape: tuple of ints, `(height, width, channels)`.

    Raises:
        UserError: a file cannot be used.
    """
    from tf_gans import features

    if name is None:
        is_digit = tuple(sample_shape) == (28, 28, 1)
        name = "digits" if is_digit else "inception"
    if name == "digits":
        return features.digits()
    if name == "inception":
        return features.inception()
    if name == "pixels":
        return features.pixels(sample_shape)
    return features.of_file(name)


def check_counts(features, num_real, num_fake):
    """Raises a `UserError` where there are too few images for a covariance."""
    for what, count in (
        (f"{num_real} real images", num_real),
        (f"--num-samples {num_fake}", num_fake),
    ):
        if count < MIN_SAMPLES:
            raise UserError(f"{what}: must be {MIN_SAMPLES} at least")
        if count <= features.size:
            raise UserError(
                f"{what}: must be more than the {features.size} features of "
                f"{features.name}, whose covariance is measured; take more, or "
                "other --features"
            )


def own_data(config, args):
    """The data to load: the flags', or the run's own.

    Returns:
        A dict of arguments of `data.load_images`.
    """
    if args.data or args.dataset:
        path = args.data and str(args.data)
        return {"dataset": args.dataset, "path": path}
    path = config.get("data")
    return {
        "dataset": None if path else config["dataset"],
        "path": path,
        "size": config.get("size"),
        "channels": config.get("channels"),
        # The labels are part of what the run knows its data by.
        "with_labels": bool(config.get("conditional")),
    }


def evaluate_images(sampler, config, args):
    """Measures a generator of images.

    Returns:
        A dict of JSON types, `evaluation.json`, and the `Neighbours` with the
        images that they are of.
    """
    with report.bar("loading"):
        real = load_real(
            sampler,
            own_data(config, args),
            args.num_real or NUM_SAMPLES,
            args.num_samples or NUM_SAMPLES,
            args.seed,
            args.resize,
            cli.warn,
        )
    _check_identity(real, config, args)
    with report.bar("loading"):
        features = choose_features(args.features, sampler.sample_shape)
    count = args.num_samples or len(real.others)
    check_counts(features, len(real.reference), count)
    document = {
        "data": {"name": real.name, "sha256": real.digest},
        "reference": real.description,
        "features": {
            "name": features.name,
            "sha256": features.digest,
            "size": features.size,
            "resize": features.resize,
        },
        "num_real": len(real.reference),
        "num_fake": count,
        "num_baseline": len(real.others),
        "labels": "in turn" if sampler.num_classes else None,
    }
    report.check_comparable(document, args.compared)
    with report.bar("generating", count) as progress:
        fake, clipped = make_images(sampler, count, args.seed, progress.update)
    total = len(fake) + len(real.reference) + len(real.others)
    with report.bar("looking", total) as progress:
        made = {
            name: features.both(images, progress.update)
            for name, images in {
                "real": real.reference,
                "fake": fake,
                "others": real.others,
            }.items()
        }
    measured = []
    with report.bar("measuring") as progress:
        for one in measuring.measure_all(made, fake, real.others, args.seed):
            measured.append(one)
            progress.update()
        measured += measuring.measure_duplicates(fake, real.reference)
        neighbours, rows = measuring.measure_neighbours(fake, real)
    measured += rows
    document["clipped"] = clipped
    document["metrics"] = {
        m.name: {
            "value": plain(m.value),
            "std": plain(m.std),
            "baseline": plain(m.baseline),
            "better": m.better,
            "seconds": round(m.seconds, 3),
        }
        for m in measured
    }
    return document, (neighbours, fake, real.training)


def _check_identity(real, config, args):
    """Raises a `UserError` where a run's own data are not what they were."""
    if args.data or args.dataset or real.identity == config.get("identity"):
        return
    if config.get("identity"):
        raise UserError(
            f"{args.path}: its data, {real.name}, have changed since it was "
            "trained; name them with --data or --dataset to measure against "
            "them all the same"
        )


def plain(value):
    """A number as JSON has it, which knows no NaN."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)


def evaluate_toy(sampler, config, args):
    """Measures the samples of a small problem.

    Returns:
        A dict of JSON types, `evaluation.json`.
    """
    script = config.get("script", "gaussian")
    module, measure, baseline = catalogue.PROBLEMS[script].metrics
    metrics = importlib.import_module(module)
    source = open_data(config)
    count = args.num_samples or NUM_POINTS.get(script, 10_000)
    document = {
        "data": {"name": repr(source), "sha256": config.get("data_sha256")},
        "reference": "the distribution itself",
        "features": {"name": "the samples", "sha256": None, "resize": "none"},
        "num_real": 0,
        "num_fake": count,
        "num_baseline": count,
    }
    report.check_comparable(document, args.compared)
    z = sampler.draw_each(SEEDS * args.seed + np.arange(count))
    samples = sampler.samples(z)
    if not np.isfinite(samples).all():
        raise UserError(
            f"{args.path}: its samples must be numbers; one of the first "
            f"{count} is NaN or infinite"
        )
    if samples.shape[1:] == (1,):
        samples = samples[:, 0]
    started = time.perf_counter()
    scores = getattr(metrics, measure)(samples, source)
    baselines = getattr(metrics, baseline)(source, count, seed=args.seed)
    seconds = time.perf_counter() - started
    errors = {"mean", "std"} & scores.keys()
    values = {
        name: abs(value - getattr(source, name)) if name in errors else value
        for name, value in scores.items()
    }
    document["metrics"] = {
        f"{name}_error" if name in errors else name: {
            "value": plain(value),
            "std": None,
            "baseline": plain(baselines[name]),
            "better": "higher" if name in _HIGHER else "lower",
            "seconds": round(seconds, 3),
        }
        for name, value in values.items()
    }
    return document
