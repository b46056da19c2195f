"""Walks through the space of z that a trained generator makes images of.

    python scripts/latent.py sheet runs/dcgan-001
    python scripts/latent.py codes runs/variants-001
    python scripts/latent.py interpolate runs/dcgan-001 --seeds 3,17,4
    python scripts/latent.py arithmetic runs/dcgan-001 \\
        --a 12,40,77 --b 3,51,60 --c 8,9,83
    python scripts/latent.py sweep runs/dcgan-001 --seed 5 --dimensions 0,1,2
    python scripts/latent.py turn runs/dcgan-001 --anim-path turn.mp4 \\
        --left 2,20,31,90 --right 7,15,44,62 --seeds 9,10,11
    python scripts/latent.py invert runs/dcgan-001 face.jpg --z face.npz
    python scripts/latent.py interpolate runs/dcgan-001 --seeds face.npz,17
    python scripts/latent.py complete runs/dcgan-001 face.jpg --mask center
    python scripts/latent.py plane runs/autoencoder-001

Begin with the sheet: it shows images with their seeds, by which the other
commands name them. Or begin with pictures of your own: invert finds the z
whose images are nearest, and writes them to a file that stands wherever a seed
may stand; complete hides a part of the pictures, and draws what the model makes
of the rest. Of a model that encodes images as two numbers, plane shows where
they lie. Each command writes a picture, and all but sheet, codes, plane and
invert write a film with --anim-path; that of a walk ends as it begins.
`latent.py COMMAND --help` has the flags.
"""

import pathlib

from tf_gans.errors import UserError
from tf_gans.runs import (
    autoencoders,
    cli,
    codes,
    completing,
    inverting,
    places,
    walks,
)
from tf_gans.runs.load import find_labels, find_model, open_sampler

PLANE = "plane"  # which needs an encoder, where the others need a prior
COMMANDS = {
    **walks.COMMANDS,
    "invert": inverting.invert,
    "complete": completing.complete,
    PLANE: autoencoders.draw_codes_of_run,
}


# The command line -------------------------------------------------------------


def numbers(high):
    """Returns an argparse type: whole numbers with commas between them."""
    parse_one = cli.integer(0, high)
    return lambda text: [parse_one(part) for part in text.split(",")]


def parse_arguments():
    """Returns the flags' values."""
    parser = cli.Parser(__doc__)
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND"
    )
    largest = places.LARGEST_SEED
    seeds = places.places()

    add = add_command(commands, "sheet", "images to choose from, with seeds")
    add(
        "-n",
        "--num-images",
        type=cli.integer(1, 10_000),
        default=100,
        metavar="N",
        help="how many (default: %(default)s)",
    )
    add(
        "--seed",
        type=cli.integer(0, largest - 10_000),
        default=0,
        metavar="S",
        help="the seed of the first; the next one's is S + 1 "
        "(default: %(default)s)",
    )

    add = add_command(
        commands, "codes", "the codes of an InfoGAN, a category a row"
    )
    add(
        "--seed",
        type=cli.integer(0, largest),
        default=0,
        metavar="S",
        help="whose noise it is (default: %(default)s)",
    )
    add(
        "--range",
        type=cli.number(above=0, high=1000),
        default=1.0,
        metavar="X",
        help="each code goes from -X to X (default: %(default)s)",
    )
    add_steps(add, codes.STEPS)

    add = add_command(commands, "interpolate", "the way from seed to seed")
    add(
        "--seeds",
        type=places.places(least=2),
        required=True,
        metavar="S,S,...",
        help="two or more; the film goes back to the first in the end",
    )
    add_steps(add, 10)
    add(
        "--method",
        choices=("lerp", "slerp"),
        help="along the line or along the arc (default: the arc for a normal "
        "prior; the line for a uniform one, whose cube the arc leaves)",
    )
    add_film(add, "from one seed to the next", 60)

    add = add_command(commands, "arithmetic", "a - b + c of exemplars' means")
    for name, example in (
        ("a", "smiling women"),
        ("b", "neutral women"),
        ("c", "neutral men, which makes smiling men"),
    ):
        add(
            f"--{name}",
            type=seeds,
            required=True,
            metavar="S,S,S",
            help=f"exemplars, three in the paper; such as {example}",
        )
    add(
        "--noise",
        type=cli.number(above=0, high=100),
        default=0.25,
        metavar="X",
        help="the eight neighbours differ by U[-X, X) (default: %(default)s)",
    )
    add(
        "--seed",
        type=cli.integer(0, largest),
        default=0,
        metavar="S",
        help="of that noise (default: %(default)s)",
    )
    add_film(add, "from a to the result and back", 120)

    add = add_command(commands, "sweep", "one component of z at a time")
    add(
        "--seed",
        type=places.one_place,
        default=0,
        metavar="S",
        help="whose z it is (default: %(default)s)",
    )
    add(
        "--dimensions",
        type=numbers(10**6),
        metavar="D,D,...",
        help="the components, from 0, one a row (default: the first ten)",
    )
    add(
        "--range",
        type=cli.number(above=0, high=1000),
        metavar="X",
        help="they go from -X to X (default: all of a uniform prior; 2 for a "
        "normal one)",
    )
    add_steps(add, 9)
    add_film(add, "there and back", 120)

    add = add_command(
        commands, "turn", "what tells two sets apart, added to other images"
    )
    for name in ("left", "right"):
        add(
            f"--{name}",
            type=seeds,
            required=True,
            metavar="S,S,S,S",
            help=f"exemplars that look to the {name}; four in the paper",
        )
    add(
        "--seeds",
        type=seeds,
        required=True,
        metavar="S,S,...",
        help="the images to turn, one a row",
    )
    add(
        "--range",
        type=cli.number(above=0, high=1000),
        default=1.0,
        metavar="X",
        help="add the vector from the left mean to the right one from -X to X "
        "times (default: %(default)s)",
    )
    add_steps(add, 9)
    add_film(add, "there and back", 120)

    add = add_command(
        commands, "invert", "pictures beside the nearest that the model makes"
    )
    add_images(add)
    add(
        "--z",
        type=cli.ending_in(".npz"),
        default=pathlib.Path("invert.npz"),
        metavar="FILE.npz",
        help="where their z go, for the other commands' --seeds, --a and so on "
        "(default: %(default)s)",
    )
    add_search(add, "of where they start (default: %(default)s)")

    add = add_command(
        *(commands, "complete", "pictures whose hidden parts the model makes"),
        label="all are tried, and for each image the best one counts",
    )
    add_images(add)
    completing.add_flags(add)
    add_search(
        add, "of where they start, and of a random mask (default: %(default)s)"
    )
    add_film(add, "of the search", 60)

    add_command(
        *(commands, PLANE, "the codes of test images, and the plane of z"),
        label=None,
    )
    return parser.parse_args()


def add_command(commands, name, text, label="its first"):
    """Adds a command with the flags of all; returns its `add_argument`."""
    parser = commands.add_parser(name, help=text, description=f"Draws {text}.")
    add = parser.add_argument
    cli.add_model_path(add)
    if label:
        add(
            "--label",
            metavar="L",
            help="of a conditional model: the images' class, by name or "
            f"number (default: {label})",
        )
    add(
        "--out",
        type=cli.ending_in(".png"),
        default=pathlib.Path(f"{name}.png"),
        metavar="FILE.png",
        help="the picture (default: %(default)s)",
    )
    cli.add_overwrite_flag(add)
    return add


def add_images(add):
    """Adds the pictures to search for."""
    add(
        "images",
        nargs="+",
        type=cli.existing_file,
        metavar="IMAGE",
        help="picture files, which are cropped to squares of the model's size",
    )


def add_search(add, seed_help):
    """Adds the flags of a search for z."""
    add(
        "--num-steps",
        type=cli.integer(1, 100_000),
        default=200,
        metavar="N",
        help="steps of each search (default: %(default)s)",
    )
    add(
        "--num-starts",
        type=cli.integer(1, 1000),
        default=8,
        metavar="N",
        help="searches for each picture, of which the best counts (default: "
        "%(default)s)",
    )
    add(
        "--seed",
        type=cli.integer(0, 2**31 - 1),
        default=0,
        metavar="S",
        help=seed_help,
    )


def add_steps(add, default):
    """Adds `--steps`."""
    add(
        "--steps",
        type=cli.integer(2, 100),
        default=default,
        metavar="N",
        help="images in a row (default: %(default)s)",
    )


def add_film(add, way, frames):
    """Adds the flags of a film."""
    add(
        "--anim-path",
        type=pathlib.Path,
        metavar="FILE",
        help="a film, too: .mp4, .gif or .webm",
    )
    add(
        "--frames",
        type=cli.integer(2, 10_000),
        default=frames,
        metavar="N",
        help=f"frames of the film {way}, at {walks.FPS} a second "
        "(default: %(default)s)",
    )


def check_model(sampler, args):
    """Checks that the model can make what is asked for."""
    if args.label is not None:
        (args.label,) = find_labels(sampler, "--label", [args.label])
    elif sampler.num_classes and args.command != "complete":
        args.label = 0
    channels = sampler.sample_shape[-1]
    if channels not in (1, 3):
        raise UserError(
            f"{args.path}: makes images of {channels} channels; pictures have "
            "1, grey, or 3, RGB"
        )


def main():
    """Opens the model, draws the picture and the film."""
    args = parse_arguments()
    kind, path = find_model(args.path)
    cli.check_output("--out", args.out, args.overwrite)
    if args.command == PLANE:
        plane = autoencoders.plane_path_of(args.out)
        cli.check_output("--out", plane, args.overwrite)
        if kind != "run":
            raise UserError(f"{args.path}: name a run, which knows its images")
        cli.load_tensorflow()
        autoencoders.draw_codes_of_run(path, args.out)
        return
    anim_path = getattr(args, "anim_path", None)
    if anim_path:
        cli.check_output("--anim-path", anim_path, args.overwrite)
    if args.command == "invert":
        cli.check_output("--z", args.z, args.overwrite)
    if args.command == "complete":
        cli.check_output("--json", args.json, args.overwrite)
    cli.load_tensorflow()
    from tf_gans.plotting import video
    from tf_gans.plotting.images import write_png

    if anim_path:
        video.check_video_path(anim_path)
    sampler = open_sampler(args.path)
    check_model(sampler, args)
    picture, film = COMMANDS[args.command](sampler, args)
    write_png(args.out, picture, sampler.about)
    print(f"Picture: {args.out}")
    if anim_path:
        walks.draw_film(sampler, args, film)
        print(f"Film: {anim_path}")


if __name__ == "__main__":
    cli.run(main)
