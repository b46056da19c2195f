"""Train on synthetic, test on real: what generated images are worth.

A small classifier learns from n images a class: real ones, generated ones,
both, or real ones that are moved about. All are trained for as many steps, and
are tested on real images that none has seen. Generated images that teach as
much as as many real ones are good and various; no more can be told from it.
"""

import math

import numpy as np

from tf_gans.errors import UserError
from tf_gans.runs import cli, evaluation, report

PER_CLASS = (10, 100, 1000)
REPEATS = 5
STEPS = 600
BATCH = 64
SHIFT = 2  # pixels
CONDITIONS = ("real", "generated", "both", "real, moved")
_LEARNING_RATE = 1e-3
# Student's t: the 97.5 % quantile by degrees of freedom.
_T = (
    *(math.nan, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306),
    *(2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101),
    2.093,
)


def interval(values):
    """The mean of a few numbers and its 95 % confidence interval.

    Student's t, for numbers that are normally distributed.

    Args:
        values: sequence of 2 to 20 floats.

    Returns:
        Floats: mean, lower and upper end.
    """
    values = np.asarray(values, float)
    if not 2 <= len(values) <= len(_T):
        raise ValueError(
            f"`values` must be 2 to {len(_T)} numbers. Received: {len(values)}"
        )
    mean = float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    reach = _T[len(values) - 1] * error
    return mean, mean - reach, mean + reach


class Classifier:
    """A small convolutional network that is trained many times.

    Two convolutions of stride 2 and two dense layers. Its program is compiled
    once: `train` begins anew, with weights and batches that follow from the
    seed.

    Args:
        sample_shape: tuple of ints, `(height, width, channels)`.
        num_classes: int.
    """

    def __init__(self, sample_shape, num_classes):
        import keras
        import tensorflow as tf

        self._shape, self._num_classes = tuple(sample_shape), num_classes
        self._network = self._build(0)
        self._optimizer = keras.optimizers.Adam(_LEARNING_RATE)
        self._optimizer.build(self._network.trainable_variables)
        self._initial = [v.numpy() for v in self._optimizer.variables]

        @tf.function
        def step(images, labels):
            with tf.GradientTape() as tape:
                logits = self._network(tf.cast(images, tf.float32) / 255)
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(
                        labels, logits
                    )
                )
            variables = self._network.trainable_variables
            self._optimizer.apply(tape.gradient(loss, variables), variables)

        @tf.function
        def classify(images):
            logits = self._network(tf.cast(images, tf.float32) / 255)
            return tf.argmax(logits, axis=1)

        self._step, self._classify = step, classify

    def _build(self, seed):
        from keras import Sequential, initializers, layers

        seeds = iter(range(4 * seed, 4 * seed + 4))

        def options(activation="relu"):
            return {
                "activation": activation,
                "kernel_initializer": initializers.HeNormal(seed=next(seeds)),
            }

        return Sequential(
            [
                layers.Input(self._shape),
                layers.Conv2D(16, 3, 2, "same", **options()),
                layers.Conv2D(32, 3, 2, "same", **options()),
                layers.Flatten(),
                layers.Dense(64, **options()),
                layers.Dense(self._num_classes, **options(None)),
            ]
        )

    def train(self, images, labels, steps, seed, shift=0, flip=False):
        """Trains from the beginning.

        Args:
            images: uint8 array `(n, height, width, channels)`.
            labels: int array `(n,)`.
            steps: int. Batches of 64 images, drawn with replacement.
            seed: int.
            shift: int. Each image is moved by up to as many pixels, and the
                pixels at its edge are repeated. Defaults to `0`.
            flip: bool. Whether every other image is mirrored. Defaults to
                `False`.
        """
        self._network.set_weights(self._build(seed).get_weights())
        for variable, value in zip(
            self._optimizer.variables, self._initial, strict=True
        ):
            variable.assign(value)
        generator = np.random.default_rng(seed)
        labels = np.asarray(labels, np.int32)
        for _ in range(steps):
            index = generator.integers(len(images), size=BATCH)
            batch = move(images[index], generator, shift, flip)
            self._step(batch, labels[index])

    def accuracy(self, images, labels):
        """The share of images whose class is told."""
        right = 0
        for first in range(0, len(images), 1000):
            part = slice(first, first + 1000)
            told = self._classify(images[part]).numpy()
            right += int(np.sum(told == labels[part]))
        return right / len(images)


def move(images, generator, shift, flip):
    """Moves each image by a few pixels, and mirrors some.

    Args:
        images: uint8 array `(n, height, width, channels)`.
        generator: `numpy.random.Generator`.
        shift: int. The most that an image is moved by, in each direction.
        flip: bool.
    """
    moved = images
    if shift:
        edges = ((0, 0), (shift, shift), (shift, shift), (0, 0))
        padded = np.pad(images, edges, "edge")
        height, width = images.shape[1:3]
        places = generator.integers(2 * shift + 1, size=(len(images), 2))
        moved = np.stack(
            [
                image[top : top + height, left : left + width]
                for image, (top, left) in zip(padded, places, strict=True)
            ]
        )
    if flip:
        chosen = generator.random(len(images)) < 0.5
        moved = np.where(chosen[:, None, None, None], moved[:, :, ::-1], moved)
    return moved


def choose(labels, count, generator):
    """Indices of `count` images of each class, in an order without a pattern.

    Args:
        labels: int array.
        count: int.
        generator: `numpy.random.Generator`.
    """
    chosen = [
        generator.choice(np.flatnonzero(labels == label), count, replace=False)
        for label in np.unique(labels)
    ]
    return generator.permutation(np.concatenate(chosen))


def compare(
    real,
    fake,
    test,
    per_class,
    repeats,
    steps,
    seed,
    flip,
    each=lambda: None,
):
    """Trains classifiers on each kind of images, and tests all on real ones.

    Each repetition draws its images and its initial weights anew; within one
    the kinds share them: the real images of `real`, of `both` and of
    `real, moved` are the same.

    Args:
        real, fake, test: pairs of uint8 images and int labels. Of every class
            `real` and `fake` have as many as the largest of `per_class`.
        per_class: sequence of ints: how many images of a class are learned;
            of both kinds together, twice as many.
        repeats: int, at least 2.
        steps: int. Of each training.
        seed: int.
        flip: bool. Whether moved images are mirrored, too.
        each: function that is called after each training.

    Returns:
        A dict of the kinds, each of which is a dict from `per_class` to a list
        of accuracies.
    """
    num_classes = len(np.unique(real[1]))
    network = Classifier(real[0].shape[1:], num_classes)
    found: dict = {kind: {n: [] for n in per_class} for kind in CONDITIONS}
    for number in range(repeats):
        one = seed * 1000 + number
        for count in per_class:
            generator = np.random.default_rng((one, count))
            sets: dict = {}
            for kind, (images, labels) in (("real", real), ("generated", fake)):
                index = choose(labels, count, generator)
                sets[kind] = images[index], labels[index]
            sets["both"] = tuple(
                np.concatenate([sets["real"][i], sets["generated"][i]])
                for i in (0, 1)
            )
            sets["real, moved"] = sets["real"]
            for kind, (images, labels) in sets.items():
                moves = kind == "real, moved"
                network.train(
                    *(images, labels, steps, one),
                    shift=SHIFT if moves else 0,
                    flip=flip and moves,
                )
                found[kind][count].append(network.accuracy(*test))
                each()
    return found


def evaluate_classifier(sampler, config, args):
    """Trains and tests the classifiers for a generator.

    Args:
        sampler: the `Sampler` of a conditional model.
        config: dict of the run's hyper-parameters, or None of an export.
        args: the flags' values.

    Returns:
        A dict of JSON types, `classifier.json`.

    Raises:
        UserError: the model or the data have no labels, or there are too few
            images.
    """
    if not sampler.num_classes:
        raise UserError(
            f"{args.path}: makes images without labels, and --classifier "
            "learns from labels; train with dcgan.py --conditional, or a cgan"
        )
    most = max(args.per_class)
    with report.bar("loading"):
        wanted = {
            **evaluation.own_data(config, args),
            "with_labels": True,
        }
        real, test = evaluation.load_labelled(sampler, wanted, args)
    _check_enough(real[1], sampler, f"--per-class {most}", most)
    fake = _generated(sampler, most, args)
    flip = sampler.sample_shape[-1] == 3  # a mirrored digit is none
    total = len(CONDITIONS) * len(args.per_class) * args.repeats
    with report.bar("training", total, " classifiers") as progress:
        found = compare(
            *(real, fake, test, args.per_class, args.repeats),
            *(args.steps, args.seed, flip, progress.update),
        )
    return {
        "data": evaluation.own_data(config, args)["dataset"] or str(args.data),
        "num_test": len(test[0]),
        "per_class": list(args.per_class),
        "repeats": args.repeats,
        "steps": args.steps,
        "batch_size": BATCH,
        "shift": SHIFT,
        "flip": flip,
        "accuracies": {
            kind: {str(count): values for count, values in points.items()}
            for kind, points in found.items()
        },
    }


def _check_enough(labels, sampler, what, most):
    """Raises a `UserError` where a class has too few images."""
    counts = np.bincount(labels, minlength=sampler.num_classes)
    if counts.min() < most:
        raise UserError(
            f"{what}: there are only {counts.min()} images of the class "
            f"{sampler.classes[int(counts.argmin())]}"
        )


def _generated(sampler, most, args):
    """Generated images and labels: those of a file, or made now."""
    if args.generated is None:
        labels = np.arange(most * sampler.num_classes) % sampler.num_classes
        with report.bar("generating", len(labels)) as progress:
            images, _ = evaluation.make_images(
                sampler, len(labels), args.seed, progress.update, labels
            )
        return images, labels
    from tf_gans import data

    found = data.load_images(
        path=str(args.generated), with_labels=True, say=cli.warn
    )
    evaluation.check_shape(args.generated, found.images, sampler.sample_shape)
    if found.labels.max() >= sampler.num_classes:
        raise UserError(
            f"--generated {args.generated}: must have the model's "
            f"{sampler.num_classes} classes; received {found.labels.max() + 1}"
        )
    what = f"--generated {args.generated}: --per-class {most}"
    _check_enough(found.labels, sampler, what, most)
    return found.images, found.labels


def print_accuracies(document):
    """Prints the mean accuracies with their confidence intervals.

    Returns:
        A dict from kinds to dicts from numbers to `interval`s, as
        `plot_accuracies` takes them.
    """
    intervals = {
        kind: {int(n): interval(values) for n, values in points.items()}
        for kind, points in document["accuracies"].items()
    }
    heads = "".join(f"{n:>20,}" for n in document["per_class"])
    print(f"{'images a class':16}{heads}")
    for kind, points in intervals.items():
        cells = "".join(
            f"{mean:>10.2%} ± {high - mean:<6.2%} "
            for mean, _, high in points.values()
        )
        print(f"{kind:16}{cells}")
    moves = f"shifted by up to {SHIFT} pixels"
    moves += " and mirrored" if document["flip"] else ""
    print(
        f"Accuracy on {document['num_test']:,} real test images, with 95 % "
        f"confidence intervals over {document['repeats']} seeds; moved: {moves}"
        "; both: as many real ones and as many generated ones."
    )
    return intervals
