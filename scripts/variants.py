"""Learns images with any member of the family of GANs, or with the VAE.

    python scripts/variants.py --gan wgan-gp --dataset fashion_mnist
    python scripts/variants.py --gan ns --preset code --data mnist.npz
    python scripts/variants.py --gan began --dataset triangles --gamma 0.7
    python scripts/variants.py --gan ls --label-smoothing 0 --instance-noise 0.1
    python scripts/variants.py --gan vae --data my_pictures/ --size 64
    python scripts/variants.py --run-dir runs/variants-001 --resume

All have the same networks, InfoGAN's, and differ in what they minimise:
docs/family.md says how, and when to take which. Prints `step:` and the first
two losses. Everything it makes is in the run directory.
"""

import argparse

from tf_gans.runs import cli, image_runs

NAMES = (
    *("mm", "ns", "ls", "hinge", "wgan", "wgan-gp", "dragan", "began", "vae"),
)

# The flags that are options of `recipes.family.build`.
OPTIONS = (
    "batch_norm",
    "spectral_norm",
    "penalty_weight",
    "clip",
    "critic_steps",
    "generator_learning_rate",
    "discriminator_learning_rate",
    "beta_1",
    "beta_2",
    "gamma",
    "label_smoothing",
    "instance_noise",
    "instance_noise_steps",
    "dropout",
)


def parse_arguments():
    """Returns the flags' values, and a dict of those that were named."""
    parser = cli.Parser(
        prog="variants.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = image_runs.add_flags(
        parser,
        datasets=("mnist", "fashion_mnist", "cifar10", "triangles"),
        epochs=20,
        batch_size="the recipe's, 64 for most",
    )
    add(
        "--gan",
        choices=NAMES,
        default="ns",
        help="the member of the family (default: %(default)s)",
    )
    add(
        "--preset",
        choices=("paper", "code"),
        default="paper",
        help="what its paper says, or what a well-known program does "
        "(default: %(default)s)",
    )
    add(
        "--size",
        type=cli.integer(1, 1024),
        metavar="N",
        help="crop and shrink the images to N x N, a multiple of 4 (default: "
        "28 for a folder, otherwise the data's)",
    )
    add(
        "--channels",
        type=int,
        choices=(1, 3),
        help="grey or coloured (default: the data's)",
    )
    add_options(parser.add_argument_group("changes to the recipe").add_argument)
    return image_runs.parse(parser)


def add_options(add):
    """Adds the flags that change a recipe; each is the recipe's by default."""
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
        help="divide the discriminator's kernels by their largest singular "
        "value",
    )
    add(
        "--penalty-weight",
        type=cli.number(0, 1e6),
        metavar="X",
        help="lambda of wgan-gp and dragan (10 in their papers)",
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
        help="standard deviation of noise on all that the discriminator sees",
    )
    add(
        "--instance-noise-steps",
        type=cli.integer(1, 10**9),
        metavar="N",
        help="the noise falls to 0 in N steps (default: it stays)",
    )
    add(
        "--dropout",
        type=share,
        metavar="X",
        help="share of the generator's dense units that are left out",
    )


def main():
    """Trains, draws and exports."""
    args, named = parse_arguments()
    options = {
        name: value
        for name in OPTIONS
        if (value := getattr(args, name)) is not None
    }
    # What is compared with a run that is resumed is one dict.
    if {named.pop(name, None) for name in OPTIONS} - {None}:
        named["options"] = options

    def new_config():
        from tf_gans.recipes import family

        size = args.size or (32 if args.dataset == "cifar10" else 28)
        recipe = family.get(args.gan, args.preset, size)
        is_folder = args.data and args.data.is_dir()
        return {
            "gan": args.gan,
            "preset": args.preset,
            "size": args.size or (28 if is_folder else None),
            "channels": args.channels,
            "batch_size": args.batch_size or recipe.batch_size,
            "options": options,
        }

    image_runs.run("variants", args, named, new_config)


if __name__ == "__main__":
    cli.run(main)
