"""Walks through the space of z: the pictures and films of latent.py.

Each command returns the picture, a uint8 array, and the `Film`, where it has
one.
"""

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np

from tf_gans import latent_space
from tf_gans.errors import UserError
from tf_gans.runs import codes
from tf_gans.runs.places import find_z, the_one_z

FPS = 30
MINUS = "\N{MINUS SIGN}"


@dataclasses.dataclass
class Film:
    """What a film shows.

    Attributes:
        frame: called with the time, from 0 to below 1, returns the z of the
            images in a frame, `(images, *latents.shape)`, and its caption.
        num_frames: int.
        labels: int array, of the images in a frame. None where they are of
            the class that is asked for.
        finish: called with the images of a frame, uint8, returns those that
            are shown. None where they are the same.
        hold: float. Seconds that the last frame stays.
    """

    frame: Callable
    num_frames: int
    labels: np.ndarray | None = None
    finish: Callable | None = None
    hold: float = 0.0


# The commands -----------------------------------------------------------------


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
    ends, names = find_z(sampler, args.seeds)
    if len(ends) < 2:
        raise UserError("--seeds: must be 2 z or more; received 1")
    titles = [f"seed {n}" if isinstance(n, int) else n for n in names]
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
        return z[np.newaxis], f"{titles[first]} to {titles[following]}"

    between_ends = [""] * (args.steps - 2)
    captions = [
        caption
        for first, last in itertools.pairwise(names)
        for caption in (f"{first}", *between_ends, f"{last}")
    ]
    z = np.concatenate(ways)
    picture = grid(sampler, args, z, args.steps, captions=captions)
    return picture, Film(frame, args.frames * len(ends))


def arithmetic(sampler, args):
    """The paper's figure: exemplars over their means, and what comes out."""
    from tf_gans.latents import Uniform
    from tf_gans.plotting import text

    found = [find_z(sampler, places) for places in (args.a, args.b, args.c)]
    exemplars = [z for z, _ in found]
    prior = Uniform(sampler.latents.shape, -args.noise, args.noise)
    noise = prior.draw(args.seed, "neighbours", 0, 1, 8)[0].numpy()
    result = latent_space.arithmetic(*exemplars)

    parts = []
    for sign, head, (z, names) in zip(
        ("", MINUS, "+"), "abc", found, strict=True
    ):
        captions = list(map(str, names))
        column = grid(sampler, args, z, 1, heads=[head], captions=captions)
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
    z, name = the_one_z(sampler, "--seed", args.seed)
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
        corner=f"seed {name}" if isinstance(name, int) else name,
    )
    return picture, Film(frame, args.frames)


def turn(sampler, args):
    """A row for each seed that is turned."""
    left, _ = find_z(sampler, args.left)
    right, _ = find_z(sampler, args.right)
    z, names = find_z(sampler, args.seeds)

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
        sides=list(map(str, names)),
        corner="seed",
    )
    return picture, Film(frame, args.frames)


# Drawing ----------------------------------------------------------------------


def draw(sampler, args, z, labels=None):
    """The images of z, in the class that is asked for, or in given ones."""
    if labels is None and sampler.num_classes:
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
        GridFilm(
            args.anim_path, FPS, hold=film.hold, about=sampler.about
        ) as writer,
    ):
        for begin in range(0, film.num_frames, at_once):
            end = min(begin + at_once, film.num_frames)
            frames = [
                film.frame(number / film.num_frames)
                for number in range(begin, end)
            ]
            z = np.concatenate([z for z, _ in frames])
            labels = film.labels
            if labels is not None:
                labels = np.tile(labels, len(frames))
            images = draw(sampler, args, z, labels)
            for part, (_, caption) in zip(
                np.split(images, len(frames)), frames, strict=True
            ):
                if film.finish is not None:
                    part = film.finish(part)
                writer.add(image_grid(part), caption)
                bar.update()


COMMANDS = {
    "codes": codes.sweep,
    "sheet": sheet,
    "interpolate": interpolate,
    "arithmetic": arithmetic,
    "sweep": sweep,
    "turn": turn,
}
