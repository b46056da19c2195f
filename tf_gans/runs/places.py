"""Points in the space of z: seeds, and the files that `invert` writes."""

import argparse
import pathlib
import zipfile

import numpy as np

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.runs import cli

LARGEST_SEED = 2**63 - 1


def one_place(text):
    """An argparse type: a seed, or the path of an .npz file that is there."""
    if text.lower().endswith(".npz"):
        return cli.existing_file(text)
    return cli.integer(0, LARGEST_SEED)(text)


def places(least=1):
    """Returns an argparse type: seeds and files, with commas between them."""

    def parse(text):
        values = [one_place(part) for part in text.split(",")]
        # A file may hold many.
        if len(values) < least and isinstance(values[0], int):
            raise argparse.ArgumentTypeError(
                f"must be {least} numbers or more with commas between them; "
                f"received {text!r}"
            )
        return values

    return parse


def find_z(sampler, places):
    """The z of seeds and of files.

    Args:
        sampler: `Sampler`.
        places: list of ints, the seeds, and paths of files.

    Returns:
        A float32 array of shape `(n, *latents.shape)`, of which a file may
        have several rows, and a list of n names: ints for seeds, strs for
        what files hold.

    Raises:
        UserError: a file cannot be read, or is of another model's z.
    """
    seeds = [place for place in places if isinstance(place, int)]
    drawn = iter(sampler.draw_each(seeds) if seeds else ())
    parts, names = [], []
    for place in places:
        if isinstance(place, int):
            parts.append(next(drawn)[np.newaxis])
            names.append(place)
        else:
            z, its_names = read_z(place, sampler.latents.shape)
            parts.append(z)
            names += its_names
    return np.concatenate(parts), names


def the_one_z(sampler, flag, place):
    """A single z and its name; see `find_z`."""
    z, names = find_z(sampler, [place])
    if len(z) != 1:
        raise UserError(
            f"{flag} {place}: must hold a single z; received {len(z)}"
        )
    return z[0], names[0]


def write_z(path, z, names, distances):
    """Writes a file that `find_z` reads.

    Args:
        path: path, which ends in .npz.
        z: float32 array of shape `(n, *latents.shape)`.
        names: list of n strs.
        distances: array of shape `(n,)`.
    """
    with files.replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, z=z, names=np.array(names), distances=distances)


def read_z(path, shape):
    """Reads a file of z.

    Args:
        path: path of an .npz file with `z`, floats of shape `(n, *shape)`, and
            perhaps `names`, n strings.
        shape: tuple of ints. Of one z of the model.

    Returns:
        A float32 array of shape `(n, *shape)`, and a list of n strs.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            z = arrays["z"]
            names = arrays.get("names")
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        raise UserError(
            f"{path}: must be a file that latent.py invert wrote, an .npz file "
            "with z in it"
        ) from None
    if z.dtype.kind != "f" or z.ndim == 0 or not len(z):
        raise UserError(
            f"{path}: z must be floats of shape {('n', *shape)}; received "
            f"{z.dtype} of shape {z.shape}"
        )
    if z.shape[1:] != shape:
        raise UserError(
            f"{path}: is of another model: its z are of shape {z.shape[1:]}, "
            f"and this one's of shape {shape}"
        )
    if not np.isfinite(z).all():
        raise UserError(f"{path}: z must be finite; received NaN or Inf")
    stem = pathlib.Path(path).stem
    if names is None or names.shape != (len(z),) or names.dtype.kind != "U":
        names = [f"{stem}[{i}]" for i in range(len(z))]
    return z.astype(np.float32), [str(name) for name in names]
