"""Learns 28x28 images in grey with the MNIST conv GAN, or with the dense one.

    python scripts/mnist.py                           MNIST, downloaded once
    python scripts/mnist.py --dataset triangles       no network needed
    python scripts/mnist.py --data mnist.npz --epochs 10 --anim-path film.mp4
    python scripts/mnist.py --data my_pictures/       cropped and shrunk
    python scripts/mnist.py --network dense
    python scripts/mnist.py --run-dir runs/mnist-001 --resume

Prints `step: discriminator loss <tab> generator loss`. Everything it makes is
in the run directory: grids of samples, curves, checkpoints, logs.
"""

import argparse

from tf_gans.runs import cli, image_runs


def parse_arguments():
    """Returns the flags' values, and a dict of those that were named."""
    parser = cli.Parser(
        prog="mnist.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = image_runs.add_flags(
        parser,
        datasets=("mnist", "fashion_mnist", "triangles"),
        epochs=10,
        batch_size="128",
    )
    add(
        "--network",
        choices=("conv", "dense"),
        default="conv",
        help="the convolutional pair or the fully connected one "
        "(default: %(default)s)",
    )
    return image_runs.parse(parser)


def main():
    """Trains, draws and exports."""
    args, named = parse_arguments()
    image_runs.run(
        "mnist",
        args,
        named,
        lambda: {
            "network": args.network,
            "size": 28,
            "channels": 1,
            "batch_size": args.batch_size or 128,
        },
    )


if __name__ == "__main__":
    cli.run(main)
