"""Learns images with a deep convolutional GAN (DCGAN).

    python scripts/dcgan.py --data faces.npz --size 64
    python scripts/dcgan.py --data my_pictures/ --size 64 --ema 0.999
    python scripts/dcgan.py --dataset cifar10 --epochs 50
    python scripts/dcgan.py --dataset triangles --width 32
    python scripts/dcgan.py --dataset mnist --conditional
    python scripts/dcgan.py --run-dir runs/dcgan-001 --resume

Prints `step: discriminator loss <tab> generator loss`. Everything it makes is
in the run directory: grids of samples, curves, checkpoints, logs.
"""

import argparse

from tf_gans.runs import cli, image_runs


def parse_arguments():
    """Returns the flags' values, and a dict of those that were named."""
    parser = cli.Parser(
        prog="dcgan.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = image_runs.add_flags(
        parser,
        datasets=("cifar10", "mnist", "fashion_mnist", "triangles"),
        epochs=25,
        batch_size="the recipe's, 128 or 64",
    )
    add(
        "--recipe",
        choices=("paper", "carpedm20"),
        default="paper",
        help="the paper's set-up, or that of the best-known TensorFlow "
        "program (default: %(default)s)",
    )
    add(
        "--size",
        type=cli.integer(1, 1024),
        metavar="N",
        help="crop and shrink the images to N x N: 28, or 16, 32, 64, 128 and "
        "so on (default: 64 for a folder, otherwise the data's)",
    )
    add(
        "--channels",
        type=int,
        choices=(1, 3),
        help="grey or coloured (default: the data's)",
    )
    add(
        "--width",
        type=cli.integer(1, 1024),
        default=64,
        metavar="N",
        help="filters of the widest images' layer; the others have multiples "
        "of it (default: %(default)s)",
    )
    add(
        "--conditional",
        action="store_true",
        help="learn the labels, too, to generate images of a chosen one; "
        "28x28 only. A folder's sub-folders are its labels",
    )
    return image_runs.parse(parser)


def main():
    """Trains, draws and exports."""
    args, named = parse_arguments()
    size = args.size or (64 if args.data and args.data.is_dir() else None)
    batch_size = args.batch_size or {"paper": 128, "carpedm20": 64}[args.recipe]
    image_runs.run(
        "dcgan",
        args,
        named,
        lambda: {
            "recipe": args.recipe,
            "size": size,
            "channels": args.channels,
            "width": args.width,
            "conditional": args.conditional,
            "batch_size": batch_size,
        },
    )


if __name__ == "__main__":
    cli.run(main)
