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

from tf_gans.runs import additions, cli
from tf_gans.runs.images import ImageTraining


class Mnist(ImageTraining):
    """The first GANs on digits."""

    name = "mnist"

    def add_flags(self, learned, learning, changing):
        super().add_flags(learned, learning, changing)
        learning(
            "--network",
            choices=self.problem.recipes,
            default=self.problem.default,
            help="the convolutional pair or the fully connected one "
            "(default: %(default)s)",
        )
        additions.add_flags(learning)

    def recipe(self, args):
        from tf_gans.recipes import mnist

        return mnist.get(args.network)

    def new_config(self, args):
        # The only images that the networks take.
        return {**super().new_config(args), "size": 28, "channels": 1}


main = Mnist.main

if __name__ == "__main__":
    cli.run(main)
