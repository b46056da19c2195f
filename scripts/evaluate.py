"""Measures how good the samples of a trained generator are.

    python scripts/evaluate.py runs/mnist-001
    python scripts/evaluate.py runs/dcgan-001 --num-samples 5000 --overwrite
    python scripts/evaluate.py saved_models/digits --dataset mnist --json d.json
    python scripts/evaluate.py runs/mnist-002 --compare runs/mnist-001
    python scripts/evaluate.py runs/gaussian-001

PATH is a run directory or an exported model. A run knows its data; of an
exported model, --dataset or --data names them. Generated images are measured
against test images where the data have them (`x_test` of an .npz file), and
else against one half of the training images. The baseline is the same measure
of other real images in the generated ones' place: no generator does better, but
by chance. A number without its baseline, its network and its numbers of images
says nothing, so all of them are written, to evaluation.json in the run.

The measures: the Frechet and the kernel distance (fid, kid), precision and
recall (k = 3), density and coverage (k = 5), F8 and F1/8 of the curve of
precision and recall, and the sliced Wasserstein-2 distance, all of features;
the Inception Score with the network's own classes; MS-SSIM of pairs, low where
images differ; and the distance of pixels to the nearest training image, with a
picture of the nearest ones. `copies` is the share of images that are nearer to
a training image than 1 % of real ones are, `duplicates` the share that are
nearer to one another.

Features are those of the classifier of digits that ships (28x28 in grey) or
Inception's. Numbers of other features are another measure: --compare refuses
them. The small problems have measures of their own.
"""

import argparse
import json
import os
import pathlib
import time

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.recipes import catalogue
from tf_gans.runs import classifying, cli, evaluation, report
from tf_gans.runs.load import find_model, find_run, open_sampler

FEATURES = ("digits", "inception", "pixels")
CLASSIFIER = "classifier.json"
FOR_IMAGES = (
    *("dataset", "data", "features", "num_real", "resize", "classifier"),
)
DATASETS = ("mnist", "fashion_mnist", "cifar10", "triangles")


def counts(text):
    """An argparse type: rising whole numbers, separated by commas."""
    numbers = [cli.integer(1, 10**6)(word) for word in text.split(",")]
    if numbers != sorted(set(numbers)):
        raise argparse.ArgumentTypeError(f"must rise; received {text!r}")
    return numbers


def parse_arguments():
    """Returns the flags' values."""
    parser = cli.Parser(__doc__)
    cli.add_model_path(parser.add_argument)
    group = parser.add_argument_group("what is measured")
    add = group.add_argument
    add(
        "--dataset",
        choices=DATASETS,
        help="measure against these images (default: the run's own)",
    )
    add(
        "--data",
        type=cli.existing_path,
        metavar="PATH",
        help="measure against these instead: a folder, or an .npz file with "
        "x_train and, if there are test images, x_test",
    )
    add(
        "--resize",
        action="store_true",
        help="bring the real images to the generator's size and channels",
    )
    add(
        "-n",
        "--num-samples",
        type=cli.integer(2, 10**6),
        metavar="N",
        help="samples that are generated (default: as many as there are real "
        "ones for the baseline, up to 10000; of mixtures, 2500)",
    )
    add(
        "--num-real",
        type=cli.integer(2, 10**6),
        metavar="N",
        help="real images that they are measured against, at most (default: "
        "10000)",
    )
    add(
        "--features",
        metavar="NAME",
        help=f"{', '.join(FEATURES)}, or a .keras file of a network from "
        "images to features, which is given pixels from 0 to 255 (default: "
        "digits for 28x28 in grey, else inception)",
    )
    add(
        "--seed",
        type=cli.integer(0, 2**31 - 1),
        default=0,
        metavar="S",
        help="another one gives other samples; all that is drawn follows from "
        "it (default: %(default)s)",
    )
    cli.add_batch_flag(add, "sample")
    group = parser.add_argument_group(
        "train on synthetic, test on real, instead"
    )
    add = group.add_argument
    add(
        "--classifier",
        action="store_true",
        help="of a conditional model: train small classifiers on real images, "
        "on generated ones, on both and on real ones that are moved about, "
        "and test all on real ones",
    )
    add(
        "--generated",
        type=cli.existing_file,
        metavar="FILE.npz",
        help="the generated images, which generate.py --per-class has written "
        "(default: they are made)",
    )
    add(
        "--per-class",
        type=counts,
        metavar="N,N,...",
        help="how many images of each class they learn from (default: "
        f"{','.join(map(str, classifying.PER_CLASS))})",
    )
    add(
        "--repeats",
        type=cli.integer(2, 20),
        metavar="N",
        help="how many of each are trained, on other images, for the "
        f"confidence intervals (default: {classifying.REPEATS})",
    )
    add(
        "--steps",
        type=cli.integer(1, 10**6),
        metavar="N",
        help="training steps of each, of batches of "
        f"{classifying.BATCH} (default: {classifying.STEPS})",
    )
    group = parser.add_argument_group("what is written")
    add = group.add_argument
    add(
        "--json",
        type=cli.ending_in(".json"),
        metavar="FILE.json",
        help=f"the numbers (default: {report.NAME} in a run directory; of an "
        "exported model, nothing); the picture of the neighbours lies beside",
    )
    add(
        "--compare",
        type=pathlib.Path,
        metavar="PATH",
        help="show how the numbers differ from those of another evaluation, a "
        "run directory or an .json file, which must have been measured in the "
        "same way",
    )
    cli.add_overwrite_flag(add)
    args = parser.parse_args()
    if args.dataset and args.data:
        parser.error("argument --data: cannot be used together with --dataset")
    for name, value in {
        "per_class": classifying.PER_CLASS,
        "repeats": classifying.REPEATS,
        "steps": classifying.STEPS,
    }.items():
        flag = f"--{name.replace('_', '-')}"
        if getattr(args, name) is None:
            setattr(args, name, value)
        elif not args.classifier:
            parser.error(f"argument {flag}: needs --classifier")
    if args.generated and not args.classifier:
        parser.error("argument --generated: needs --classifier")
    for flag in ("features", "num_samples", "num_real", "compare"):
        if args.classifier and getattr(args, flag):
            parser.error(
                f"argument --classifier: cannot be used together with "
                f"--{flag.replace('_', '-')}"
            )
    if args.features and args.features not in FEATURES:
        path = pathlib.Path(args.features)
        if path.suffix != ".keras" or not os.path.isfile(path):
            parser.error(
                f"argument --features: must be {', '.join(FEATURES)}, or a "
                f".keras file that exists; received {args.features!r}"
            )
    return args


# Before TensorFlow is loaded --------------------------------------------------


def check_paths(args):
    """Finds the model and its data, checks what is written, makes nothing.

    Returns:
        The configuration of a run, or None of an exported model.
    """
    kind, path = find_model(args.path)
    config = args.checkpoint = None
    if kind == "run":
        run = find_run(path)
        config, newest = run.config, run.checkpoints.newest()
        args.checkpoint = newest and newest.stem
    if not args.json and kind == "run":
        args.json = path / (CLASSIFIER if args.classifier else report.NAME)
    if args.json:
        cli.check_output("--json", args.json, args.overwrite)
        if is_images(config):
            cli.check_output("--json", picture_path(args), args.overwrite)
    args.compared = report.read(args.compare) if args.compare else None
    if config is not None and not is_images(config):
        for flag in FOR_IMAGES:
            if getattr(args, flag):
                raise UserError(
                    f"--{flag.replace('_', '-')}: is for images; "
                    f"{args.path} is a run of {config['script']}"
                )
    elif config is None and not (args.dataset or args.data):
        raise UserError(
            f"{args.path}: an exported model does not know its data; name them "
            "with --dataset NAME or --data PATH"
        )
    return config


def is_images(config):
    """Whether a run is one of images; an exported model has to be."""
    if config is None:
        return True
    return not catalogue.PROBLEMS[config.get("script", "gaussian")].metrics


def picture_path(args):
    """Where the picture lies, beside the numbers."""
    if args.classifier:
        return args.json.with_suffix(".png")
    return report.picture_path(args.json)


def measure(sampler, config, args):
    """Measures the samples and prints the numbers.

    Returns:
        A dict of JSON types, and a function of a path that draws a picture,
        or None.
    """
    if args.classifier:
        from tf_gans.plotting.accuracies import plot_accuracies

        document = classifying.evaluate_classifier(sampler, config, args)
        intervals = classifying.print_accuracies(document)
        return document, lambda path: plot_accuracies(path, intervals)
    if is_images(config):
        document, found = evaluation.evaluate_images(sampler, config, args)
        neighbours, fake, training = found
        report.print_table(document, args.compared)
        return document, lambda path: report.draw_neighbours(
            path, neighbours, fake, training, sampler.about
        )
    document = evaluation.evaluate_toy(sampler, config, args)
    report.print_table(document, args.compared)
    return document, None


def main():
    """Opens the model, measures it, prints and writes the numbers."""
    args = parse_arguments()
    config = check_paths(args)
    cli.load_tensorflow()
    started = time.perf_counter()
    sampler = open_sampler(
        args.path, args.batch_size, only_images=is_images(config)
    )
    numbers, draw = measure(sampler, config, args)
    if not args.json:
        return
    document = {
        "format": report.FORMAT,
        "model": str(args.path.absolute()),
        "checkpoint": args.checkpoint,
        "seed": args.seed,
        **numbers,
        "seconds": round(time.perf_counter() - started, 1),
    }
    files.write_text(args.json, json.dumps(document, indent=2) + "\n")
    print(f"Numbers: {args.json}")
    if draw:
        draw(picture_path(args))
        print(f"Picture: {picture_path(args)}")


if __name__ == "__main__":
    cli.run(main)
