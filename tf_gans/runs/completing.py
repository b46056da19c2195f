"""Pictures with a hole, completed: the command complete of latent.py."""

import argparse
import json
import pathlib

import numpy as np

from tf_gans import files
from tf_gans.errors import UserError, shown
from tf_gans.recipes import catalogue
from tf_gans.runs import cli, walks
from tf_gans.runs.inverting import generator_of, read_pictures
from tf_gans.runs.session import HOLD_SECONDS

MASKS = ("center", "random", "left", "grid", "lowres")
_GIVEN = ("original", "masked")
_HALF = 128  # darker pixels of a mask's file are the hole


def mask(text):
    """An argparse type: the name of a mask, or the path of a picture."""
    if text in MASKS:
        return text
    try:
        return cli.existing_file(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(
            f"must be one of {', '.join(MASKS)}, or name a picture; {error}"
        ) from None


def add_flags(add):
    """Adds the flags of the command but those that it shares with invert."""
    add(
        "--mask",
        type=mask,
        required=True,
        metavar="MASK",
        help="what is not known: center, the middle half of each side; random, "
        "a fifth of the pixels; left, the left half; grid, all but one pixel "
        "of 16; lowres, all but the means of blocks; or a picture of the "
        "images' size whose pixels below middle grey are the hole",
    )
    add(
        "--block",
        type=cli.integer(2, 1024),
        default=8,
        metavar="N",
        help="the side of lowres' blocks, in pixels (default: %(default)s)",
    )
    add(
        "--prior-weight",
        type=cli.number(0, 1000),
        default=0.003,
        metavar="X",
        help="of the discriminator's opinion, log(1 - D) (default: "
        "%(default)s)",
    )
    add(
        "--window",
        type=cli.integer(0, 1023),
        default=7,
        metavar="N",
        help="a known pixel counts as much as there are unknown ones among the "
        "N x N around it; 0: all count alike (default: %(default)s)",
    )
    add(
        "--num-candidates",
        type=cli.integer(0, 1_000_000),
        default=1000,
        metavar="N",
        help="z that are drawn for the starts; each picture's searches begin "
        "at those of them that fit it best. No more than the starts: these "
        "are as they are drawn (default: %(default)s)",
    )
    add(
        "--data",
        type=cli.existing_path,
        metavar="PATH",
        help="training images, of which the nearest one is shown: a folder, or "
        "an .npz file (default: none)",
    )
    add(
        "--dataset",
        choices=catalogue.PROBLEMS["dcgan"].datasets,
        help="the same of a data set that has a name",
    )
    add(
        "--json",
        type=cli.ending_in(".json"),
        default=pathlib.Path("complete.json"),
        metavar="FILE.json",
        help="the measurements (default: %(default)s)",
    )


def complete(sampler, args):
    """Each picture, what is known of it, and what the generator makes of that.

    Prints the peak signal-to-noise ratios of the hole, and writes them, too.

    Args:
        sampler: `Sampler`.
        args: the flags' values.

    Returns:
        The picture, a uint8 array, and the `Film` of the search, or None.

    Raises:
        UserError: a picture or the mask cannot be read, the mask does not fit,
            or the model has no gradient.
    """
    from tf_gans import completion, masks, pixels

    observation = _observation(args, sampler.sample_shape)
    originals = read_pictures(sampler, args.images)
    training = _training_images(sampler, args)
    if sampler.judge is None and args.prior_weight:
        cli.warn(
            f"{args.path}: has no discriminator that says how probably an "
            "image is real: the search goes without its opinion"
        )
    images = pixels.to_samples(originals, sampler.value_range).numpy()
    labels = None
    if args.label is not None:
        labels = np.full(len(images), args.label)
    candidates = args.num_candidates
    if candidates <= args.num_starts:
        candidates = None
    film_frames = args.frames if args.anim_path else 0
    try:
        found = completion.complete(
            *(generator_of(sampler), images, observation, sampler.latents),
            labels=labels,
            num_classes=sampler.num_classes,
            judge=sampler.judge,
            prior_weight=args.prior_weight,
            window=args.window or None,
            num_steps=args.num_steps,
            num_starts=args.num_starts,
            num_candidates=candidates,
            seed=args.seed,
            num_frames=film_frames,
        )
    except ValueError as error:
        raise UserError(f"{args.path}: cannot complete: {error}") from None

    def drawn(samples):
        return pixels.to_pixels(samples, sampler.value_range)

    hole = observation.hole
    mean = images.mean(axis=(1, 2), keepdims=True, where=hole[..., None])
    mean = np.broadcast_to(mean, images.shape)
    shown_grey = np.float32(np.mean(sampler.value_range))
    made = {
        "original": originals,
        "masked": drawn(observation.show(images, shown_grey)),
        "completed": drawn(found.completed),
        "blended": drawn(observation.blend(images, found.samples)),
    }
    if training is not None:
        made["nearest"] = _nearest(observation, originals, training)
    measured = {
        **{name: made[name] for name in made if name not in _GIVEN},
        "hole's mean": drawn(observation.paste(images, mean)),
        "known mean": drawn(observation.fill(images)),
    }
    ratios = {
        name: masks.psnr(pictures / 255, originals / 255, hole)
        for name, pictures in measured.items()
    }
    document = _document(sampler, args, candidates, found, hole, ratios)
    files.write_text(args.json, json.dumps(document, indent=2) + "\n")
    for line in _table(document):
        print(line)
    print(f"Measurements: {args.json}")
    film = None
    if film_frames:
        film = _film(args, found, observation, originals)
    return _picture(sampler, document, made), film


# What is given ----------------------------------------------------------------


def _observation(args, sample_shape):
    from tf_gans import completion, masks

    height, width, _ = sample_shape
    if args.window == 1 or (args.window and args.window % 2 == 0):
        raise UserError(
            f"--window: must be odd and 3 or more, or 0; received {args.window}"
        )
    try:
        if args.mask == "lowres":
            return completion.BlockMeans(args.block, height, width)
    except ValueError:
        raise UserError(
            f"--block {args.block}: must divide the images' height and width, "
            f"{height} and {width}"
        ) from None
    try:
        if args.mask in MASKS:
            known = masks.make_mask(args.mask, height, width, args.seed)
        else:
            known = _read_mask(args.mask, height, width)
        return completion.Masked(known)
    except ValueError:
        raise UserError(
            f"--mask {shown(args.mask)}: must leave a hole, and something "
            "around it; received a mask without one of them"
        ) from None


def _read_mask(path, height, width):
    from PIL import Image

    from tf_gans.data import resizing
    from tf_gans.data.user_files import reason

    try:
        with Image.open(path) as image:
            pixels = np.asarray(resizing.flatten(image, "L"))
    except Exception as error:  # a decoder may raise anything
        raise UserError(
            f"--mask {shown(path)}: cannot be read: {reason(error)}"
        ) from None
    if pixels.shape != (height, width):
        raise UserError(
            f"--mask {shown(path)}: must be of the images' size, "
            f"{width}x{height}; received {pixels.shape[1]}x{pixels.shape[0]}"
        )
    return pixels >= _HALF


def _training_images(sampler, args):
    if not args.data and not args.dataset:
        return None
    if args.data and args.dataset:
        raise UserError("--data: cannot be used together with --dataset")
    from tf_gans import data

    height, _, channels = sampler.sample_shape
    return data.load_images(
        args.dataset, args.data, height, channels, say=cli.warn
    ).images


# What comes of it -------------------------------------------------------------


def _nearest(observation, originals, training):
    """The training images that are nearest in what is known."""
    from tf_gans.runs import measuring

    seen = [observation.see(images) for images in (originals, training)]
    _, rows = measuring.nearest(*seen)
    return training[rows]


def _document(sampler, args, candidates, found, hole, ratios):
    """What is written as JSON."""
    from tf_gans.runs.evaluation import plain

    images = []
    for i, path in enumerate(args.images):
        label = None
        if found.labels is not None:
            label = sampler.classes[found.labels[i]]
        images.append(
            {
                "name": path.stem,
                "label": label,
                "objective": plain(found.objectives[i]),
                "psnr": {name: plain(db[i]) for name, db in ratios.items()},
            }
        )
    mean_errors = {
        name: np.mean(10 ** (-db / 10)) for name, db in ratios.items()
    }
    with np.errstate(divide="ignore"):
        pooled = {n: plain(-10 * np.log10(e)) for n, e in mean_errors.items()}
    return {
        "model": str(args.path),
        "mask": str(args.mask),
        "block": args.block if args.mask == "lowres" else None,
        "hole": int(hole.sum()),
        "prior_weight": args.prior_weight if sampler.judge else None,
        "window": args.window,
        "num_steps": args.num_steps,
        "num_starts": args.num_starts,
        "num_candidates": candidates,
        "seed": args.seed,
        "psnr": pooled,
        "images": images,
    }


def _table(document):
    """The peak signal-to-noise ratios as lines of text."""
    names = list(document["psnr"])
    rows = [(image["name"], image["psnr"]) for image in document["images"]]
    rows.append((f"all {len(rows)}", document["psnr"]))
    first = max(len(name) for name, _ in rows)
    yield f"PSNR of the hole, {document['hole']} pixels, in dB"
    yield " " * first + "".join(f"{name:>13}" for name in names)
    for name, ratios in rows:
        cells = "".join(f"{_decibels(ratios[key]):>13}" for key in names)
        yield f"{name:<{first}}{cells}"


def _decibels(ratio):
    return "exact" if ratio is None else f"{ratio:.2f}"


def _picture(sampler, document, made):
    from tf_gans.plotting import labelled_grid, picture_scale

    captions = []
    for image in document["images"]:
        ratios = [_decibels(r) for n, r in image["psnr"].items() if n in made]
        captions += [image["name"], image["label"] or "", *ratios]
    pictures = np.stack(list(made.values()), axis=1)
    return labelled_grid(
        pictures.reshape(-1, *sampler.sample_shape),
        len(made),
        picture_scale(sampler.sample_shape),
        heads=list(made),
        captions=captions,
    )


def _film(args, found, observation, originals):
    """The completed images on the way of the search."""

    def frame(time):
        number = round(time * args.frames)
        step = number * args.num_steps // (args.frames - 1)
        return found.path[number], f"step {step:,} of {args.num_steps:,}"

    return walks.Film(
        *(frame, args.frames, found.labels),
        lambda images: observation.paste(originals, images),
        HOLD_SECONDS,
    )
