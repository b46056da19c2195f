"""Learns images with an autoencoder: plain, denoising, adversarial, or a VAE.

    python scripts/autoencoder.py                            Fashion-MNIST
    python scripts/autoencoder.py --dataset triangles        no network needed
    python scripts/autoencoder.py --recipe denoising --noise 0.4
    python scripts/autoencoder.py --recipe aae --dataset mnist
    python scripts/autoencoder.py --recipe book --dataset mnist
    python scripts/autoencoder.py --code-dim 2               codes as a picture
    python scripts/autoencoder.py --anomaly mnist            what is unusual
    python scripts/autoencoder.py --run-dir runs/autoencoder-001 --resume

Prints `step: loss`. Everything it makes is in the run directory: images and
their reconstructions over time and in the end, curves, checkpoints, logs; with
two components of the code, the codes of test images by label, and what the
decoder makes of the plane. docs/autoencoders.md has more.
"""

from tf_gans.runs import cli
from tf_gans.runs.autoencoders import AutoencoderTraining, data_name


class Autoencoder(AutoencoderTraining):
    """The autoencoders."""

    name = "autoencoder"
    folder_size = 28

    def add_flags(self, learned, learning, changing):
        super().add_flags(learned, learning, changing)
        learning(
            "--recipe",
            choices=self.problem.recipes,
            default=self.problem.default,
            help="TensorFlow's tutorial (dense, denoising), Makhzani et al. "
            "(aae), or the VAE of a book (book) (default: %(default)s)",
        )
        self.add_shape_flags(learning, "a multiple of 4")
        changing(
            "--code-dim",
            type=cli.integer(1, 10_000),
            metavar="N",
            help="components of the code, but for denoising",
        )
        changing(
            "--noise",
            type=cli.number(0, 100),
            metavar="X",
            help="standard deviation of what is added to images in [0, 1], of "
            "dense and denoising",
        )
        changing(
            "--reconstruction",
            choices=("mse", "euclidean", "bernoulli"),
            help="what is minimised, but for book: the mean of the squared "
            "differences, half of their sum, or the Bernoulli likelihood",
        )

    def add_output_flags(self, add):
        super().add_output_flags(add)
        add(
            "--anomaly",
            type=data_name,
            metavar="DATA",
            help="at the end, how well the error tells these other images "
            "from those that were learned: a data set's name, or a path",
        )

    def check(self, parser, values, named):
        super().check(parser, values, named)
        if values.batch_statistics:
            parser.error(
                "argument --batch-statistics: these networks normalise no "
                "batches"
            )

    def check_size(self, size):
        from tf_gans.networks import autoencoder

        autoencoder.DenseEncoder.check_size(size)

    def recipe(self, args):
        from tf_gans.recipes import autoencoder

        return autoencoder.get(args.recipe)


main = Autoencoder.main

if __name__ == "__main__":
    cli.run(main)
