"""Shows why the training of a GAN circles, and what a penalty does about it.

    python scripts/dirac.py                          six trainings, side by side
    python scripts/dirac.py --anim-path dirac.mp4
    python scripts/dirac.py --only xy,r1 --num-steps 200 --out two.png
    python scripts/dirac.py --start 0.5,0 --learning-rate 0.02

The data are a single point, 0. The generator makes a number, theta, whatever z
is; the discriminator's logit of x is psi x. All is well where both are 0, and
most trainings never get there. Prints how far each of them is from it at the
end, and how often it went around, and draws the ways.
"""

import argparse
import pathlib

from tf_gans.errors import UserError
from tf_gans.recipes.catalogue import DIRAC, unknown
from tf_gans.runs import cli

FPS, SECONDS = 30, 8.5
GRID = 15  # arrows along an axis


def names(text):
    """An argparse type: names of recipes with commas between them."""
    chosen = text.split(",")
    for name in chosen:
        if name not in DIRAC:
            raise argparse.ArgumentTypeError(unknown(DIRAC, name, "--only"))
    return tuple(dict.fromkeys(chosen))


def pair(text):
    """An argparse type: two numbers with a comma between them."""
    one = cli.number(-10, 10)
    numbers = [one(part) for part in text.split(",")]
    if len(numbers) != 2:
        raise argparse.ArgumentTypeError(
            f"must be two numbers, theta and psi; received {text}"
        )
    return tuple(numbers)


def parse_arguments():
    """Returns the flags' values."""
    parser = cli.Parser(__doc__)
    add = parser.add_argument
    add(
        "--only",
        type=names,
        default=DIRAC,
        metavar="NAME,NAME",
        help=f"which trainings, of {', '.join(DIRAC)} (default: all)",
    )
    add(
        "--num-steps",
        type=cli.integer(1, 100_000),
        default=500,
        metavar="N",
        help="training steps (default: %(default)s)",
    )
    add(
        "--learning-rate",
        type=cli.number(above=0, high=1),
        default=0.1,
        metavar="X",
        help="of both players, by plain gradient descent (default: "
        "%(default)s)",
    )
    add(
        "--start",
        type=pair,
        default=(1.0, 1.0),
        metavar="THETA,PSI",
        help="where the two begin (default: 1,1)",
    )
    add(
        "--seed",
        type=cli.integer(0, 2**31 - 1),
        default=0,
        metavar="N",
        help="of the noise and of the penalties' draws (default: %(default)s)",
    )
    add(
        "--out",
        type=cli.ending_in(".png"),
        default=pathlib.Path("dirac.png"),
        metavar="FILE.png",
        help="the picture (default: %(default)s)",
    )
    add(
        "--anim-path",
        type=pathlib.Path,
        metavar="FILE",
        help="the film, an .mp4, .gif or .webm",
    )
    cli.add_overwrite_flag(add)
    return parser.parse_args()


def train(args):
    """Trains one after the other; returns the picture."""
    import numpy as np
    import tensorflow as tf

    from tf_gans.toys.dirac import Point, build, get, metrics, probe
    from tf_gans.toys.dirac.picture import DiracPicture

    # It warns of many programs; here each training is one, on purpose.
    tf.get_logger().setLevel("ERROR")
    # Wide enough for what does not run away.
    limit = 2.0 * max(1.0, *map(abs, args.start))
    axis = np.linspace(-limit, limit, GRID)
    places = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    paths, moves, titles = [], [], []
    for name in args.only:
        recipe = get(name)
        source = Point(recipe.batch_size)
        model = build(
            name,
            start=args.start,
            learning_rate=args.learning_rate,
            seed=args.seed,
        )
        moves.append(probe.moves(model, source, places))
        path = probe.record(model, source, args.num_steps)
        if not np.isfinite(path).all():
            raise UserError(
                f"--learning-rate: {args.learning_rate:g} is too large for "
                f"{name}, which ran away to infinity"
            )
        paths.append(path)
        titles.append(recipe.title)
        print(
            f"{recipe.title:28}distance "
            f"{metrics.distances(path[0]):.3g} -> "
            f"{metrics.distances(path[-1]):.3g}, "
            f"{abs(metrics.turns(path)):.1f} times around"
        )
    return DiracPicture(tuple(titles), np.stack(paths), places, np.stack(moves))


def main():
    """Trains, and draws the picture and the film."""
    args = parse_arguments()
    cli.check_output("--out", args.out, args.overwrite)
    if args.anim_path:
        cli.check_output("--anim-path", args.anim_path, args.overwrite)
    cli.load_tensorflow()
    from tf_gans.callbacks import moments
    from tf_gans.plotting.video import check_video_path

    if args.anim_path:
        check_video_path(args.anim_path)
    picture = train(args)
    about = {
        "generated": False,
        "script": "dirac",
        "recipe": ",".join(args.only),
        "seed": args.seed,
        "step": args.num_steps,
    }
    picture.save(
        args.out,
        f"{args.num_steps} steps at a rate of {args.learning_rate:g}. The "
        "arrows are single steps, their lengths by their root.",
        about,
        taken=args.num_steps,
    )
    print(f"Picture: {args.out}")
    if args.anim_path:
        steps = moments(args.num_steps, round(SECONDS * FPS))
        with picture.film(
            args.anim_path, args.num_steps, fps=FPS, hold=1.5, about=about
        ) as film:
            film.add(steps, taken=steps)
        print(f"Film: {args.anim_path}")


if __name__ == "__main__":
    cli.run(main)
