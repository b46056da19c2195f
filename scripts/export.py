"""Exports the generator of a run for TensorFlow Serving or another runtime.

    python scripts/export.py runs/mnist-001 --to saved_models/digits
    python scripts/export.py runs/mnist-001/best --to saved_models/digits
    python scripts/export.py runs/mnist-001 --to digits.onnx --format onnx
    python scripts/export.py runs/mnist-001 --to digits --format litert

A SavedModel is a whole model with all its signatures, and the next version in
the directory that --to names. The other formats have the generator alone, from
z (and labels) to samples: the file that --to names, and beside it FILE.json,
which says what z is drawn from and which values are black and white. What was
converted is run in its own runtime, where that is installed, and the largest
difference to Keras is printed.
"""

import pathlib

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.runs import cli

# And the suffixes of their files.
FORMATS = {
    "saved_model": "",
    "onnx": ".onnx",
    "litert": ".tflite",
    "openvino": ".xml",
}


def parse_arguments():
    """Returns the flags' values."""
    parser = cli.Parser(__doc__)
    parser.add_argument(
        "run", type=pathlib.Path, metavar="RUN", help="a run directory"
    )
    add = parser.add_argument
    add(
        "--to",
        type=pathlib.Path,
        required=True,
        metavar="PATH",
        help="the directory of the SavedModel, or the file; the format's "
        "suffix is added where it is missing",
    )
    add(
        "--format",
        choices=FORMATS,
        default="saved_model",
        help="what is written (default: %(default)s)",
    )
    add(
        "--weights",
        choices=("average", "raw"),
        default="average",
        help="the generator's moving average, where the run keeps one, or the "
        "weights that are trained (default: %(default)s)",
    )
    add(
        "--max-samples",
        type=cli.integer(1, 2**31 - 1),
        metavar="N",
        help="of a SavedModel: the most samples that a request of `generate` "
        "gets (default: 10000)",
    )
    cli.add_overwrite_flag(add)
    args = parser.parse_args()
    if args.format == "saved_model":
        if args.overwrite:
            parser.error(
                "argument --overwrite: of a SavedModel the next version is "
                "written, and none is replaced"
            )
    elif args.max_samples:
        parser.error(
            "argument --max-samples: needs --format saved_model; received "
            f"{args.format}"
        )
    suffix = FORMATS[args.format]
    if args.to.suffix != suffix and suffix:
        args.to = args.to.with_name(args.to.name + suffix)
    return args


def check_paths(args):
    """Answers the mistakes that can be seen without loading TensorFlow."""
    from tf_gans.runs.load import find_model

    if find_model(args.run)[0] != "run":
        raise UserError(
            f"{args.run}: is exported already; name a run directory"
        )
    if args.format == "saved_model":
        files.check_writable(args.to / "new-version")
    else:
        cli.check_output("--to", args.to, args.overwrite)


def main():
    """Loads, exports, compares."""
    args = parse_arguments()
    check_paths(args)
    cli.load_tensorflow()
    from tf_gans import export
    from tf_gans.runs.load import check_prior, load_run, said_of_run
    from tf_gans.serving import formats

    if args.format != "saved_model":
        formats.check_format(args.format)
    model = load_run(args.run)
    if args.format != "saved_model":
        check_prior(args.run, getattr(model, "latents", None))
    average = getattr(model, "ema_generator", None)
    if args.weights == "raw" and average is not None:
        average.set_weights(model.generator.get_weights())
    said = said_of_run(args.run, model)
    if args.format == "saved_model":
        most = args.max_samples or export.MAX_SAMPLES
        path = export.export_saved_model(
            model, args.to, max_samples=most, **said
        )
        print(f"SavedModel: {path}")
        return
    about = export.describe(model, **said)
    formats.export_generator(model, args.to, args.format, about)
    print(f"{args.format}: {args.to}")
    found = formats.largest_difference(model, args.to, args.format)
    runtime = formats.FORMATS[args.format].runtime
    if found is None:
        print(f"not compared with Keras: {runtime} is not installed")
    else:
        print(f"largest difference to Keras, in {runtime}: {found:.1e}")


if __name__ == "__main__":
    cli.run(main)
