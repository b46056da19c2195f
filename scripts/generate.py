"""Makes images, or samples of any kind, with a trained generator.

    python scripts/generate.py runs/mnist-001 --grid grid.png
    python scripts/generate.py runs/mnist-001 -n 50000 --npz samples.npz
    python scripts/generate.py saved_models/digits -n 100 --png-dir digits/
    python scripts/generate.py runs/dcgan-001 --labels 3 --grid threes.png
    python scripts/generate.py runs/dcgan-001 --per-class 1000 --npz set.npz
    python scripts/generate.py saved_models/gaussian -n 1000 --npz numbers.npz

PATH is a run directory or an exported model. Image number i, from 0, is made
from the seed S + i, where S is what --seed names: it is the same one among any
number of images. Images are computed in batches, and batches of another size
may round a few pixels to the next grey level.

An .npz file holds `samples`, uint8 of shape (N, height, width, channels), with
`seeds` and, of a conditional model, `labels`. Samples that are no images are
float32, in the data's own units. With --per-class the arrays are `x_train` and
`y_train`, as --data of all scripts takes them. In a folder an image is named by
its seed. Both are written while images are made, so the memory does not limit
their number.
"""

import contextlib
import os
import pathlib
import shutil
import zipfile

import numpy as np

from tf_gans import files, provenance
from tf_gans.errors import UserError
from tf_gans.runs import cli
from tf_gans.runs.load import find_labels, find_model, open_sampler

MOST, DEFAULT = 10**7, 64  # images
MAX_IN_GRID = 10_000
CHUNK = 1_000_000  # seeds or labels written at a time


def parse_arguments():
    """Returns the flags' values."""
    parser = cli.Parser(__doc__)
    cli.add_model_path(parser.add_argument)

    group = parser.add_argument_group("which images")
    add = group.add_argument
    cli.add_sample_flags(
        *(add, "image", MOST, DEFAULT, str),
        "of a conditional model: the images' classes, by name or number, in "
        "turn (default: all)",
    )
    add(
        "--per-class",
        type=cli.integer(1, 10**6),
        metavar="N",
        help="of a conditional model, in place of -n: N images of each class",
    )
    cli.add_batch_flag(add, "image")
    add(
        "--batch-statistics",
        action="store_true",
        help="normalise each batch by its own statistics, as in training, and "
        "not by the moving averages, so that an image depends on its whole "
        "batch; of a run only",
    )

    group = parser.add_argument_group("what is written: one of these or more")
    add = group.add_argument
    add(
        "--png-dir",
        type=pathlib.Path,
        metavar="DIR",
        help="a new folder with a PNG file for each image",
    )
    add(
        "--grid",
        type=cli.ending_in(".png"),
        metavar="FILE.png",
        help=f"one picture of all images, of which there may be {MAX_IN_GRID}",
    )
    add(
        "--columns",
        type=cli.integer(1, MAX_IN_GRID),
        metavar="N",
        help="images in a row of the grid (default: about as many as rows)",
    )
    add(
        "--npz",
        type=cli.ending_in(".npz"),
        metavar="FILE.npz",
        help="an archive that numpy.load reads",
    )
    cli.add_overwrite_flag(add)

    parser.set_defaults(num_images=None)  # tells whether it was named
    args = parser.parse_args()
    if not (args.png_dir or args.grid or args.npz):
        parser.error("needs --png-dir DIR, --grid FILE.png or --npz FILE.npz")
    if args.columns and not args.grid:
        parser.error("argument --columns: needs --grid FILE.png")
    if args.num_images is None:
        args.num_images = DEFAULT
    elif args.per_class:
        parser.error(
            "argument --per-class: cannot be used together with --num-images"
        )
    if args.grid and args.num_images > MAX_IN_GRID:
        parser.error(
            f"argument --grid: takes up to {MAX_IN_GRID} images; "
            f"received --num-images {args.num_images}"
        )
    return args


def check_paths(args):
    """Checks the paths before TensorFlow is loaded, and makes nothing."""
    find_model(args.path)
    for flag, path in (("--grid", args.grid), ("--npz", args.npz)):
        if path:
            cli.check_output(flag, path, args.overwrite)
    if args.png_dir:
        try:
            used = any(args.png_dir.iterdir())
        except FileNotFoundError:
            used = False
        except OSError as error:
            raise UserError(
                f"--png-dir {args.png_dir}: cannot be used: {error.strerror}"
            ) from None
        if used or args.png_dir.resolve() == pathlib.Path.cwd():
            raise UserError(
                f"--png-dir {args.png_dir}: is in use; name a new folder"
            )
        files.check_writable(args.png_dir / "0.png")


def check_model(sampler, args):
    """Checks that the model can make what is asked for."""
    if args.labels:
        args.labels = find_labels(sampler, "--labels", args.labels)
    elif sampler.num_classes:
        args.labels = list(range(sampler.num_classes))
    if args.per_class:
        count_classes(sampler, args)
    channels = sampler.sample_shape[-1]
    if channels not in (1, 3) and (args.png_dir or args.grid):
        raise UserError(
            f"{args.path}: makes images of {channels} channels; --png-dir and "
            "--grid draw 1, grey, or 3, RGB; --npz takes any"
        )


def count_classes(sampler, args):
    """Turns `--per-class` into the number of images."""
    if getattr(sampler.latents, "num_categories", None):
        raise UserError(
            f"--per-class: the categories of {args.path} are no labels: "
            "nobody has said which is which"
        )
    if not args.labels:
        raise UserError(f"--per-class: {args.path} makes images without labels")
    for label in args.labels:
        if args.labels.count(label) > 1:
            raise UserError(
                "--labels: must name a class once where --per-class says how "
                f"many images it has; received {sampler.classes[label]} more "
                "than once"
            )
    args.num_images = args.per_class * len(args.labels)
    most = MAX_IN_GRID if args.grid else MOST
    if args.num_images > most:
        raise UserError(
            f"--per-class {args.per_class}: there may be {most} images"
            f"{' in a grid' if args.grid else ''}, and these are "
            f"{args.num_images}"
        )


# What is written --------------------------------------------------------------
#
# Each is a context manager that yields a function, which is called with the
# seeds and the images of every batch. The files appear when all went well.


@contextlib.contextmanager
def telling(path):
    """Turns the system's refusal to write into a user's line."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written: {error.strerror or error}"
        ) from error


@contextlib.contextmanager
def png_folder(path, about):
    """A folder of PNG files, each of which says what z it was made of."""
    import tensorflow as tf

    temporary = files.temporary_path(path)

    def write(seeds, images):
        with telling(path):
            for seed, image in zip(seeds, images, strict=True):
                png = tf.io.encode_png(image).numpy()
                png = provenance.stamp_png(png, about | {"z_seed": int(seed)})
                (temporary / f"{seed:010d}.png").write_bytes(png)

    try:
        with telling(path):
            temporary.mkdir(parents=True)
        yield write
        with telling(path):
            # One call for all files. One for each would take longer than
            # making the images.
            os.sync()
            temporary.replace(path)  # which may be an empty folder
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def grid_picture(args, sampler):
    """A picture of all images, with the names of their classes."""
    from tf_gans.plotting import class_grid, picture_scale, write_png

    batches = []
    yield lambda seeds, images: batches.append(images)
    images = np.concatenate(batches)
    names = [sampler.classes[label] for label in args.labels or ()]
    scale = picture_scale(sampler.sample_shape)
    grid = class_grid(images, names, args.columns, scale)
    write_png(args.grid, grid, sampler.about)


@contextlib.contextmanager
def archive(args, sampler, properties):
    """An .npz file, whose arrays are never in memory as a whole."""

    def begin(file, name, shape, dtype):
        # With a date that does not change, as the file's bytes then do not.
        entry = file.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True)
        header = {
            "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
            "fortran_order": False,
            "shape": (args.num_images, *shape),
        }
        np.lib.format.write_array_header_1_0(entry, header)
        return entry

    with (
        files.replacing(args.npz) as temporary,
        zipfile.ZipFile(temporary, "w") as file,
    ):
        dtype = np.uint8 if sampler.value_range else np.float32
        name = "x_train" if args.per_class else "samples"
        with begin(file, name, sampler.sample_shape, dtype) as entry:

            def write(seeds, images):
                with telling(args.npz):
                    entry.write(images.tobytes())

            yield write
        for name, of_index in properties.items():
            if args.per_class and name == "labels":
                name = "y_train"
            with begin(file, name, (), of_index(np.arange(0)).dtype) as entry:
                for first in range(0, args.num_images, CHUNK):
                    last = min(first + CHUNK, args.num_images)
                    entry.write(of_index(np.arange(first, last)).tobytes())


def properties_of(sampler, args):
    """What images have besides pixels: functions of their numbers, by name."""
    properties = {"seeds": lambda index: args.seed + index.astype(np.int64)}
    if args.labels:
        labels = np.array(args.labels, np.int32)
        properties["labels"] = lambda index: labels[index % len(labels)]
    return properties


def generate(sampler, args, properties, writers):
    """Makes the images batch by batch and hands them on."""
    from tqdm import tqdm

    make = sampler.images if sampler.value_range else sampler.samples
    with tqdm(
        total=args.num_images,
        desc="generating",
        unit=" images",
        disable=None,
        leave=False,
    ) as bar:
        for first in range(0, args.num_images, args.batch_size):
            # Whole batches: with batch statistics, too, an image does not
            # depend on how many follow.
            index = np.arange(first, first + args.batch_size)
            batch = {name: f(index) for name, f in properties.items()}
            z = sampler.draw_each(batch["seeds"])
            images = make(z, batch.get("labels"))
            count = min(args.batch_size, args.num_images - first)
            for write in writers:
                write(batch["seeds"][:count], images[:count])
            bar.update(count)


def main():
    """Opens the model, makes the images and writes them."""
    args = parse_arguments()
    check_paths(args)
    cli.load_tensorflow()
    drawn = bool(args.grid or args.png_dir or args.per_class)
    sampler = open_sampler(
        args.path, args.batch_size, args.batch_statistics, only_images=drawn
    )
    check_model(sampler, args)
    properties = properties_of(sampler, args)
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(writer)
            for wanted, writer in (
                (args.png_dir, png_folder(args.png_dir, sampler.about)),
                (args.grid, grid_picture(args, sampler)),
                (args.npz, archive(args, sampler, properties)),
            )
            if wanted
        ]
        generate(sampler, args, properties, writers)
    for what, path in (
        ("PNG files", args.png_dir),
        ("Grid", args.grid),
        ("Archive", args.npz),
    ):
        if path:
            print(f"{what}: {path}")


if __name__ == "__main__":
    cli.run(main)
