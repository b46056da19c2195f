"""Walks through the space of z that a trained generator makes images of.

    python scripts/latent.py sheet runs/dcgan-001
    python scripts/latent.py interpolate runs/dcgan-001 --seeds 3,17,4
    python scripts/latent.py arithmetic runs/dcgan-001 \\
        --a 12,40,77 --b 3,51,60 --c 8,9,83
    python scripts/latent.py sweep runs/dcgan-001 --seed 5 --dimensions 0,1,2
    python scripts/latent.py turn runs/dcgan-001 --anim-path turn.mp4 \\
        --left 2,20,31,90 --right 7,15,44,62 --seeds 9,10,11

Begin with the sheet: it shows images with their seeds, by which the other
commands name them. Each command writes a picture, and all but the sheet
write a film with --anim-path, which ends as it begins. `latent.py COMMAND
--help` has the flags.
"""

import argparse
import dataclasses
import itertools
import pathlib
from collections.abc import Callable

import numpy as np

from tf_gans import latent_space
from tf_gans.errors import UserError
from tf_gans.runs import cli
from tf_gans.runs.load import find_labels, find_model, open_sampler

FPS = 30
MINUS = "\N{MINUS SIGN}"


@dataclasses.dataclass
class Film:
    """What a film shows.

    Attributes:
        frame: called with the time, from 0 to below 1, returns the z of the
            images in a frame, `(images, *latents.shape)`, and its caption.
        num_frames: int.
    """

    frame: Callable
    num_frames: int


# The command line -------------------------------------------------------------


def numbers(high, least=1):
    """Returns an argparse type: whole numbers with commas between them."""
    parse_one = cli.integer(0, high)

    def parse(text):
        values = [parse_one(part) for part in text.split(",")]
        if len(values) < least:
            raise argparse.ArgumentTypeError(
                f"must be {least} numbers or more with commas between them; "
                f"received {text!r}"
            )
        return values

    return parse


def parse_arguments():
    """Returns the flags' values."""
    parser = cli.Parser(
        prog=cli.program(),
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND"
    )
    largest = 2**63 - 1
    one_seed = cli.integer(0, largest)
    seeds = numbers(largest)

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

    add = add_command(commands, "interpolate", "the way from seed to seed")
    add(
        "--seeds",
        type=numbers(largest, least=2),
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
        type=one_seed,
        default=0,
        metavar="S",
        help="of that noise (default: %(default)s)",
    )
    add_film(add, "from a to the result and back", 120)

    add = add_command(commands, "sweep", "one component of z at a time")
    add(
        "--seed",
        type=one_seed,
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
    return parser.parse_args()


def add_command(commands, name, text):
    """Adds a command with the flags of all; returns its `add_argument`."""
    parser = commands.add_parser(name, help=text, description=f"Draws {text}.")
    add = parser.add_argument
    add(
        "path",
        type=pathlib.Path,
        metavar="PATH",
        help="a run directory, or an exported model or one version of it",
    )
    add(
        "--label",
        metavar="L",
        help="of a conditional model: the images' class, by name or number "
        "(default: its first)",
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
        help=f"frames of the film {way}, at {FPS} a second "
        "(default: %(default)s)",
    )


# The commands -----------------------------------------------------------------
#
# Each returns the picture, a uint8 array, and the `Film`, where it has one.


def sheet(sampler, args):
    """Images with their seeds below them."""
    seeds = args.seed + np.arange(args.num_images)
    z = sampler.draw_each(seeds)
    return grid(sampler, args, z, captions=list(map(str, seeds))), None


def interpolate(sampler, args):
    """A row for each pair of neighbouring seeds, which stand at its ends."""
    from tf_gans.latents import Normal

    method = args.method
    if method is None:
        # In one dimension there are no arcs.
        on_sphere = isinstance(sampler.latents, Normal)
        is_slerp = on_sphere and np.prod(sampler.latents.shape) > 1
        method = "slerp" if is_slerp else "lerp"
    between = getattr(latent_space, method)
    ends = sampler.draw_each(args.seeds)
    times = np.linspace(0, 1, args.steps)
    try:
        ways = [between(a, b, times) for a, b in itertools.pairwise(ends)]
    except ValueError as error:
        raise UserError(f"--method {method}: {error}") from None

    def frame(time):
        number, t = divmod(time * len(ends), 1)
        first = int(number)
        following = (first + 1) % len(ends)
        z = between(ends[first], ends[following], t)
        way = f"seed {args.seeds[first]} to seed {args.seeds[following]}"
        return z[np.newaxis], way

    between_ends = [""] * (args.steps - 2)
    captions = [
        caption
        for first, last in itertools.pairwise(args.seeds)
        for caption in (f"{first}", *between_ends, f"{last}")
    ]
    z = np.concatenate(ways)
    picture = grid(sampler, args, z, args.steps, captions=captions)
    return picture, Film(frame, args.frames * len(ends))


def arithmetic(sampler, args):
    """The paper's figure: exemplars over their means, and what comes out."""
    from tf_gans.latents import Uniform
    from tf_gans.plotting import text

    seeds = {"a": args.a, "b": args.b, "c": args.c}
    exemplars = [sampler.draw_each(s) for s in seeds.values()]
    prior = Uniform(sampler.latents.shape, -args.noise, args.noise)
    noise = prior.draw(args.seed, "neighbours", 0, 1, 8)[0].numpy()
    result = latent_space.arithmetic(*exemplars)

    parts = []
    for sign, name, z in zip(("", MINUS, "+"), seeds, exemplars, strict=True):
        captions = list(map(str, seeds[name]))
        column = grid(sampler, args, z, 1, heads=[name], captions=captions)
        mean = grid(sampler, args, z.mean(axis=0, keepdims=True), 1)
        side = mean.shape[0]
        if sign:
            parts.append(text.sign_picture(sign, side))
        mean = text.beneath(text.label("mean"), mean)
        parts.append(text.beneath(column, mean, gap=side // 4))
    parts.append(text.sign_picture("=", side))
    z = latent_space.with_neighbours(result, noise)
    title = text.label(f"a {MINUS} b + c")
    parts.append(text.beneath(title, grid(sampler, args, z, 3)))

    start = exemplars[0].mean(axis=0)

    def frame(time):
        t = (1 - np.cos(2 * np.pi * time)) / 2
        z = latent_space.lerp(start, result, t)
        return latent_space.with_neighbours(z, noise), f"a + {t:.2f} (c - b)"

    return text.beside(parts), Film(frame, args.frames)


def sweep(sampler, args):
    """A row for each component of z."""
    (z,) = sampler.draw_each([args.seed])
    dimensions = args.dimensions or range(min(10, z.size))
    if max(dimensions) >= z.size:
        raise UserError(
            f"--dimensions: must lie from 0 to {z.size - 1}; "
            f"received {max(dimensions)}"
        )
    low = getattr(sampler.latents, "low", -2.0)
    high = getattr(sampler.latents, "high", 2.0)
    if args.range:
        low, high = -args.range, args.range

    def rows(values):
        return np.concatenate(
            [latent_space.sweep(z, number, values) for number in dimensions]
        )

    def frame(time):
        value = (low + high + (high - low) * np.sin(2 * np.pi * time)) / 2
        return rows([value]), f"component at {value:+.2f}"

    values = np.linspace(low, high, args.steps)
    picture = grid(
        sampler,
        args,
        rows(values),
        args.steps,
        heads=[f"{value:+.2f}" for value in values],
        sides=[f"z[{number}]" for number in dimensions],
        corner=f"seed {args.seed}",
    )
    return picture, Film(frame, args.frames)


def turn(sampler, args):
    """A row for each seed that is turned."""
    left, right, z = map(sampler.draw_each, (args.left, args.right, args.seeds))

    def turned(amounts):
        moved = latent_space.turn(left, right, z, amounts)
        return moved.reshape(-1, *sampler.latents.shape)

    def frame(time):
        amount = args.range * np.sin(2 * np.pi * time)
        return turned([amount]), f"turned by {amount:+.2f}"

    amounts = np.linspace(-args.range, args.range, args.steps)
    picture = grid(
        sampler,
        args,
        turned(amounts),
        args.steps,
        heads=[f"{amount:+.2f}" for amount in amounts],
        sides=list(map(str, args.seeds)),
        corner="seed",
    )
    return picture, Film(frame, args.frames)


# Drawing ----------------------------------------------------------------------


def draw(sampler, args, z):
    """The images of z, in the class that is asked for."""
    labels = None
    if sampler.num_classes:
        labels = np.full(len(z), args.label)
    return sampler.images(z, labels)


def grid(sampler, args, z, columns=None, **words):
    """A picture of the images of z; words as in `labelled_grid`."""
    from tf_gans.plotting import labelled_grid, picture_scale

    images = draw(sampler, args, z)
    scale = picture_scale(sampler.sample_shape)
    return labelled_grid(images, columns, scale, **words)


def draw_film(sampler, args, film):
    """Draws the film, some frames at a time."""
    from tqdm import tqdm

    from tf_gans.plotting.images import GridFilm, image_grid

    first, _ = film.frame(0.0)
    at_once = max(1, sampler.batch_size // len(first))
    with (
        tqdm(
            total=film.num_frames,
            desc="filming",
            unit=" frames",
            disable=None,
            leave=False,
        ) as bar,
        GridFilm(args.anim_path, FPS) as writer,
    ):
        for begin in range(0, film.num_frames, at_once):
            end = min(begin + at_once, film.num_frames)
            frames = [
                film.frame(number / film.num_frames)
                for number in range(begin, end)
            ]
            images = draw(sampler, args, np.concatenate([z for z, _ in frames]))
            for part, (_, caption) in zip(
                np.split(images, len(frames)), frames, strict=True
            ):
                writer.add(image_grid(part), caption)
                bar.update()


COMMANDS = {
    "sheet": sheet,
    "interpolate": interpolate,
    "arithmetic": arithmetic,
    "sweep": sweep,
    "turn": turn,
}


def check_model(sampler, args):
    """Checks that the model can make what is asked for."""
    if args.label is not None:
        (args.label,) = find_labels(sampler, "--label", [args.label])
    elif sampler.num_classes:
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
    find_model(args.path)
    cli.check_output("--out", args.out, args.overwrite)
    anim_path = getattr(args, "anim_path", None)
    if anim_path:
        cli.check_output("--anim-path", anim_path, args.overwrite)
    cli.load_tensorflow()
    from tf_gans.plotting import video
    from tf_gans.plotting.images import write_png

    if anim_path:
        video.check_video_path(anim_path)
    sampler = open_sampler(args.path)
    check_model(sampler, args)
    picture, film = COMMANDS[args.command](sampler, args)
    write_png(args.out, picture)
    print(f"Picture: {args.out}")
    if anim_path:
        draw_film(sampler, args, film)
        print(f"Film: {anim_path}")


if __name__ == "__main__":
    cli.run(main)
