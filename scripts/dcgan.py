"""Learns images with a deep convolutional GAN (DCGAN).

    python scripts/dcgan.py --data faces.npz --size 64
    python scripts/dcgan.py --data my_pictures/ --size 64 --ema 0.999
    python scripts/dcgan.py --dataset cifar10 --epochs 50
    python scripts/dcgan.py --dataset triangles --size 32
    python scripts/dcgan.py --dataset mnist --conditional
    python scripts/dcgan.py --run-dir runs/dcgan-001 --resume

Prints `step: discriminator loss <tab> generator loss`. Everything it makes is
in the run directory: grids of samples, curves, checkpoints, logs.
"""

from tf_gans.runs import additions, cli
from tf_gans.runs.images import ImageTraining


class Dcgan(ImageTraining):
    """The deep convolutional GAN."""

    name = "dcgan"
    folder_size = 64

    def add_flags(self, learned, learning, changing):
        super().add_flags(learned, learning, changing)
        learning(
            "--recipe",
            choices=self.problem.recipes,
            default=self.problem.default,
            help="the paper's set-up, or that of the best-known TensorFlow "
            "program (default: %(default)s)",
        )
        self.add_shape_flags(learning, "28, or 16, 32, 64, 128 and so on")
        learning(
            "--width",
            type=cli.integer(1, 1024),
            default=64,
            metavar="N",
            help="filters of the widest images' layer; the others have "
            "multiples of it (default: %(default)s)",
        )
        learning(
            "--conditional",
            action="store_true",
            help="learn the labels, too, to generate images of a chosen one; "
            "28x28 only. A folder's sub-folders are its labels",
        )
        additions.add_flags(learning)

    def check_size(self, size):
        from tf_gans.networks import dcgan

        dcgan.Generator.check_size(size)

    def recipe(self, args):
        from tf_gans.recipes import dcgan

        return dcgan.get(args.recipe)


main = Dcgan.main

if __name__ == "__main__":
    cli.run(main)
