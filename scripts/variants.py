"""Learns images with any member of the family of GANs, or with the VAE.

    python scripts/variants.py --gan wgan-gp --dataset fashion_mnist
    python scripts/variants.py --gan ns --preset code --data mnist.npz
    python scripts/variants.py --gan began --dataset triangles --gamma 0.7
    python scripts/variants.py --gan ls --label-smoothing 0 --instance-noise 0.1
    python scripts/variants.py --gan wgan-gp --critic-norm layer
    python scripts/variants.py --gan wgan --networks dense
    python scripts/variants.py --gan vae --data my_pictures/ --size 64
    python scripts/variants.py --run-dir runs/variants-001 --resume

All have the same networks, InfoGAN's, and differ in what they minimise:
docs/family.md says how, and when to take which. Prints `step:` and the first
two losses. Everything it makes is in the run directory.
"""

import argparse

from tf_gans.recipes import pairs
from tf_gans.runs import additions, cli, codes
from tf_gans.runs.images import ImageTraining


class Variants(ImageTraining):
    """The family."""

    name = "variants"
    folder_size = 28

    def add_flags(self, learned, learning, changing):
        super().add_flags(learned, learning, changing)
        learning(
            "--gan",
            choices=self.problem.recipes,
            default=self.problem.default,
            help="the member of the family (default: %(default)s)",
        )
        learning(
            "--preset",
            choices=self.problem.presets,
            default=self.problem.presets[0],
            help="what its paper says, or what a well-known program does "
            "(default: %(default)s)",
        )
        self.add_shape_flags(learning, "a multiple of 4")
        self.add_changes(changing)

    def add_changes(self, add):
        """Adds the flags that change a recipe; each is the recipe's by default.

        Their names are keywords of `recipes.family.build`.
        """
        share = cli.number(0, 0.999999)
        rate = cli.number(above=0, high=1)
        add(
            "--batch-norm",
            action=argparse.BooleanOptionalAction,
            help="batch normalisation in the discriminator",
        )
        add(
            "--spectral-norm",
            action="store_true",
            default=None,
            help="divide the discriminator's kernels by their largest "
            "singular value",
        )
        add(
            "--critic-norm",
            choices=("none", "layer", "instance", "group", "weight"),
            help="normalise the discriminator without mixing samples, in the "
            "place of batch normalisation",
        )
        add(
            "--networks",
            choices=tuple(pairs.NETWORKS),
            help="another pair of networks than the recipe's; dense, of the "
            "MNIST assignment, is for grey 28x28 images",
        )
        add(
            "--penalty-weight",
            type=cli.number(0, 1e6),
            metavar="X",
            help="lambda of wgan-gp and dragan (10 in their papers), gamma of "
            "r3gan",
        )
        add(
            "--clip",
            type=cli.number(above=0, high=1e6),
            metavar="X",
            help="keep the discriminator's weights in [-X, X] (0.01 in wgan)",
        )
        add(
            "--critic-steps",
            type=cli.integer(1, 100),
            metavar="N",
            help="discriminator updates for each of the generator",
        )
        add("--generator-learning-rate", type=rate, metavar="X")
        add(
            "--discriminator-learning-rate",
            type=rate,
            metavar="X",
            help="two rates of different size are the two time-scale rule",
        )
        add("--beta-1", type=share, metavar="X", help="of Adam")
        add("--beta-2", type=share, metavar="X", help="of Adam")
        add(
            "--latent-dim",
            type=cli.integer(1, 10_000),
            metavar="N",
            help="components of z",
        )
        add(
            "--gamma",
            type=cli.number(0, 1),
            metavar="X",
            help="diversity ratio of began (0.5 in its paper)",
        )
        add(
            "--label-smoothing",
            type=cli.number(0, 0.499999),
            metavar="X",
            help="the discriminator's target for real images is 1 - X",
        )
        add(
            "--instance-noise",
            type=cli.number(0, 100),
            metavar="X",
            help="standard deviation of noise on all that the discriminator "
            "sees",
        )
        add(
            "--instance-noise-steps",
            type=cli.integer(1, 10**9),
            metavar="N",
            help="steps over which the noise decays to 0 (default: it stays)",
        )
        additions.add_flags(add, default=None)
        add(
            "--dropout",
            type=share,
            metavar="X",
            help="share of the generator's dense units that are left out",
        )
        add(
            "--width",
            type=cli.integer(1, 1024),
            metavar="N",
            help="filters of the widest images' layer; all layers have "
            "multiples of it (64 in InfoGAN's networks)",
        )
        add(
            "--categories",
            type=cli.integer(0, 1000),
            metavar="N",
            help="of infogan: the values of the categorical code (10 in its "
            "paper); 0 for none",
        )
        add(
            "--continuous",
            type=cli.integer(0, 1000),
            metavar="N",
            help="of infogan: continuous codes (2 in its paper)",
        )
        add(
            "--information-weight",
            type=cli.number(0, 1e6),
            metavar="X",
            help="lambda of infogan (1 in its paper)",
        )

    def new_config(self, args):
        labelled = self.recipe(args).objective.labelled
        return {**super().new_config(args), "conditional": labelled}

    def measure(self, session):
        measured = super().measure(session)
        if getattr(session.model.latents, "num_categories", None):
            measured["categories"] = codes.measure(session)
        return measured

    def check_size(self, size):
        from tf_gans.networks import infogan

        infogan.Generator.check_size(size)

    def recipe(self, args):
        from tf_gans import data
        from tf_gans.recipes import family

        size = args.size
        if size is None and args.data and args.data.is_dir():
            size = self.folder_size
        if size is None:
            # A program may have a set-up of its own for images of a size.
            dataset = None if args.data else args.dataset
            size = data.peek_images(dataset, args.data).height
        return family.get(args.gan, args.preset, size)


main = Variants.main

if __name__ == "__main__":
    cli.run(main)
