"""The z of a user's pictures: the command invert of latent.py."""

import numpy as np

from tf_gans.errors import UserError
from tf_gans.runs import places


def invert(sampler, args):
    """Each picture beside the nearest one that the generator makes.

    Writes the z that were found, too.

    Args:
        sampler: `Sampler`.
        args: the flags' values: `images`, paths; `num_steps`, `num_starts`,
            `seed`, `label` and `z`, the path to write to.

    Returns:
        The picture, a uint8 array, and None, as there is no film.

    Raises:
        UserError: a picture cannot be read, or the model is not square or has
            no gradient.
    """
    from tf_gans.plotting import labelled_grid, picture_scale

    images = read_pictures(sampler, args.images)
    labels = None
    if sampler.num_classes:
        labels = np.full(len(images), args.label)
    try:
        z, distances = search(
            *(sampler, images, labels),
            *(args.num_steps, args.num_starts, args.seed),
        )
    except ValueError as error:
        raise UserError(f"{args.path}: cannot be inverted: {error}") from None
    names = [path.stem for path in args.images]
    pairs = np.stack([images, sampler.images(z, labels)], axis=1)
    captions = [
        words
        for name, distance in zip(names, distances, strict=True)
        for words in (name, f"{distance:.2f}")
    ]
    picture = labelled_grid(
        pairs.reshape(-1, *sampler.sample_shape),
        2,
        picture_scale(sampler.sample_shape),
        heads=["picture", "nearest"],
        captions=captions,
    )
    places.write_z(args.z, z, names, distances)
    for path, distance in zip(args.images, distances, strict=True):
        print(f"{path}: squared distance {distance:.4g}, of pixels in [0, 1]")
    print(f"z: {args.z}")
    return picture, None


def read_pictures(sampler, paths):
    """The pictures in the size and the colours of the model.

    Returns:
        A uint8 array of shape `(n, *sampler.sample_shape)`.
    """
    from tf_gans.data import folders

    height, width, channels = sampler.sample_shape
    if height != width:
        raise UserError(
            "IMAGE: pictures are cropped to squares, and the model's images "
            f"are of {width}x{height} pixels"
        )
    return np.stack(
        [folders.read_picture(path, height, channels) for path in paths]
    )


def generator_of(sampler):
    """The generator as a function that can be inverted."""

    def generator(inputs):
        z, labels = inputs if sampler.num_classes else (inputs, None)
        return sampler.generator(z, labels)

    return generator


def search(sampler, images, labels, num_steps, num_starts, seed):
    """The z of images, and the squared distances of pixels in [0, 1].

    Raises:
        ValueError: the model has no gradient, or makes what is not finite.
    """
    from tf_gans import pixels
    from tf_gans.inversion import find_latents

    low, high = sampler.value_range
    found = find_latents(
        generator_of(sampler),
        pixels.to_samples(images, sampler.value_range),
        sampler.latents,
        labels=labels,
        num_steps=num_steps,
        num_starts=num_starts,
        seed=seed,
        batch_size=sampler.batch_size,
    )
    return found.z, found.distances / (high - low) ** 2
