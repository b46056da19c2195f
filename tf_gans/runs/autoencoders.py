"""The training of autoencoders: what is shown and measured of them.

Those with a prior, of which there are samples, have all that the other image
models have, too.
"""

import argparse
import re

import numpy as np

from tf_gans.errors import UserError
from tf_gans.recipes import catalogue
from tf_gans.runs.images import ImageTraining

SHOWN = 12  # images that are reconstructed again and again
_WORD = 16  # pixels that a word beside a row is high, at least
_BATCH = 250  # of the images that are looked at in the end


class AutoencoderTraining(ImageTraining):
    """What `scripts/autoencoder.py` is a declaration of."""

    # What a run is looked at with ------------------------------------------

    def open(self, config):
        self._others = None
        if config.get("evaluate_every") and not _has_prior(config):
            raise UserError(
                "--evaluate-every: measures samples, which the recipe "
                f"{config['recipe']} has none of, without a prior"
            )
        return super().open(config)

    def _session(self, args, run, source, config):
        session = super()._session(args, run, source, config)
        # Read before the training, which what is wrong with them would waste.
        self._anomalies = None
        if args.anomaly:
            self._anomalies = load_anomalies(args.anomaly, session.model)
        return session

    def held_out(self, session):
        """Images that it was not trained on; its own where there are none."""
        if self._others is None:
            self._others = load_held_out(session.config)
        return self._others

    def _reconstructions(self, session, every=1, receiver=None):
        """The callback that reconstructs the run's fixed images."""
        from tf_gans import callbacks

        images = self.held_out(session)[0].images[:SHOWN]
        seed = int(session.model.seed.numpy())
        return callbacks.ReconstructionGrid(every, receiver, images, seed)

    # Without a prior these stand for samples, over time and in the end.

    def _grid(self, session, every=1, receiver=None):
        if _has_prior(session.config):
            return super()._grid(session, every, receiver)
        return self._reconstructions(session, every, receiver)

    def arranged(self, session, images, scale=1):
        if _has_prior(session.config):
            return super().arranged(session, images, scale)
        return _as_rows(session.model, images, scale)

    def columns(self, session):
        if _has_prior(session.config):
            return super().columns(session)
        return len(self.held_out(session)[0].images[:SHOWN])

    def draw(self, session):
        from tf_gans import plotting

        if _has_prior(session.config):
            super().draw(session)
        images = self._reconstructions(session).draw(session.model)
        path = session.run.path / "reconstructions.png"
        grid = _as_rows(session.model, images, scale=2)
        plotting.write_png(path, grid, session.about)
        print(f"Reconstructions: {path}")
        if has_plane(session.model):
            path = session.run.path / "codes.png"
            plane_path = session.run.path / "manifold.png"
            draw_codes(
                session.model, session.config, path, plane_path, session.about
            )

    # What is measured ------------------------------------------------------

    def measure(self, session):
        others, words = self.held_out(session)
        found = measure_reconstructions(session.model, others.images)
        print(f"Reconstructions of {words}: {_in_words(found)}")
        measured = {"reconstructions": {"of": words, **found}}
        if self._anomalies is not None:
            name = session.args.anomaly
            area = anomaly_auc(session.model, others.images, self._anomalies)
            print(
                f"Anomalies: {name} is told from {others.name} by the error "
                f"with an area under the curve of {area:.4f}"
            )
            measured["anomalies"] = {"data": str(name), "auc": area}
        return {**super().measure(session), **measured}


def _has_prior(config):
    from tf_gans.recipes import autoencoder

    return autoencoder.has_prior(config["recipe"])


def _as_rows(model, images, scale):
    """The picture of what `ReconstructionGrid` drew, a kind in each row."""
    from tf_gans import plotting
    from tf_gans.callbacks.reconstructions import rows_of

    rows = rows_of(model)
    columns = len(images) // len(rows)
    # A word must fit beside a row.
    scale = max(scale, -(-_WORD // images.shape[1]))
    return plotting.labelled_grid(images, columns, scale, sides=rows)


def load_held_out(config, with_labels=False):
    """Images of a run's data that it was not trained on.

    Args:
        config: dict of the run's hyper-parameters.
        with_labels: bool. Whether labels are read, where there are any.

    Returns:
        A `data.ImageSet`, and what to call its images: test images where the
        data have some, otherwise the training images.
    """
    from tf_gans import data

    wanted = {
        "dataset": None if config["data"] else config["dataset"],
        "path": config["data"],
    }
    has_test = data.has_test_images(**wanted)
    split, words = "train", "training images"
    if has_test:
        split, words = "test", "test images"
    wanted |= {"size": config["size"], "channels": config["channels"]}

    def load(with_labels):
        # What is to be said of the files was said when they were learned.
        return data.load_images(
            **wanted, with_labels=with_labels, split=split, say=_silent
        )

    if with_labels:
        try:
            return load(True), words
        except UserError:  # there are none
            return load(False), words
    return load(False), words


def _silent(line):
    del line


def _asked(model, function, images):
    """What a function says of many images: a list of arrays.

    It is called with samples and with the number of their batch.
    """
    import tensorflow as tf

    from tf_gans.pixels import to_samples

    asked = tf.function(function, jit_compile=False, autograph=False)
    found = []
    for number, first in enumerate(range(0, len(images), _BATCH)):
        samples = to_samples(images[first : first + _BATCH], model.value_range)
        found.append(asked(samples, tf.constant(number)))
    return [
        np.concatenate([np.asarray(part) for part in parts])
        for parts in zip(*(tf.nest.flatten(f) for f in found), strict=True)
    ]


def measure_reconstructions(model, images, seed=0):
    """How near images come to what they were, from noise where there is.

    Args:
        model: an autoencoder of images.
        images: uint8 array of shape `(n, height, width, channels)`.
        seed: int, of the noise. Defaults to `0`.

    Returns:
        A dict of floats: `mse`, in units of the data, and `psnr`, the mean
        over the images in decibels; of a denoising autoencoder also
        `noisy_psnr`, of the images that it is given.
    """
    from tf_gans.models.reconstruction import squared_errors

    reconstruct = model.signatures()["reconstruct"]
    is_noisy = getattr(model, "noise", 0) > 0

    def errors(samples, number):
        seen = model.corrupt(samples, seed + number) if is_noisy else samples
        restored = reconstruct(seen)["reconstructions"]
        return [squared_errors(samples, x) for x in (restored, seen)]

    found = _asked(model, errors, images)
    low, high = model.value_range
    # No more than 16 bits could tell: an exact image has no error.
    least = ((high - low) / 2**16) ** 2
    psnr = [
        float(np.mean(10 * np.log10((high - low) ** 2 / np.maximum(e, least))))
        for e in found
    ]
    measured = {"mse": float(np.mean(found[0])), "psnr": psnr[0]}
    return measured | ({"noisy_psnr": psnr[1]} if is_noisy else {})


def _in_words(found):
    text = f"mean squared error {found['mse']:.5f}, PSNR {found['psnr']:.2f} dB"
    if "noisy_psnr" in found:
        gain = found["psnr"] - found["noisy_psnr"]
        text += f", {gain:+.2f} dB against the noisy ones"
    return text


def errors_of(model, images):
    """The anomaly scores of images: their errors, `(n,)` float32."""
    from tf_gans.models.reconstruction import squared_errors

    reconstruct = model.signatures()["reconstruct"]

    def errors(samples, number):
        return [
            squared_errors(samples, reconstruct(samples)["reconstructions"])
        ]

    return _asked(model, errors, images)[0]


def load_anomalies(name, model):
    """The images that `--anomaly` names.

    Args:
        name: of a data set, or the path of images.
        model: an autoencoder of images, which says their size and channels.

    Returns:
        A uint8 array: test images where the data have some, otherwise their
        training images.

    Raises:
        UserError: they cannot be read.
    """
    from tf_gans import data

    size, _, channels = model.sample_shape
    is_name = name in data.DATASETS
    wanted = {"dataset": name} if is_name else {"path": name}
    try:
        split = "test" if data.has_test_images(**wanted) else "train"
        return data.load_images(
            **wanted, size=size, channels=channels, split=split, say=_silent
        ).images
    except UserError as error:
        # What it says of flags is of those for the data that are learned.
        words = re.sub(r"--data(set)?\b", "--anomaly", str(error))
        raise UserError(f"--anomaly: {words}") from error


def anomaly_auc(model, images, others):
    """How well the error tells other images from the model's own.

    Args:
        model: an autoencoder of images.
        images, others: uint8 arrays: images of its own data, and others.

    Returns:
        float, see `metrics.detection_auc`.
    """
    from tf_gans import metrics

    return metrics.detection_auc(
        errors_of(model, images), errors_of(model, others)
    )


def has_plane(model):
    """Whether a model gives images codes, and of two components.

    Where there is a prior they must be z as a whole: what InfoGAN's Q says is
    of a part of it.
    """
    if "encode" not in model.signatures():
        return False
    prior = getattr(model, "latents", None)
    if prior is not None and prior.shape != (2,):
        return False
    blank = np.zeros((1, *model.sample_shape), np.uint8)
    return codes_of(model, blank).shape[1:] == (2,)


def codes_of(model, images):
    """The codes of images, of a VAE their means: a float32 array."""
    encode = model.signatures()["encode"]

    def codes(samples, number):
        said = encode(samples)
        return [said["mean"] if "mean" in said else said["codes"]]

    return _asked(model, codes, images)[0]


def draw_codes(model, config, path, plane_path, about):
    """Draws the codes of images and, with a prior, the plane of z.

    Args:
        model: a model for which `has_plane` holds.
        config: dict of its run's hyper-parameters.
        path, plane_path: of the two pictures.
        about: dict of what is known of them.
    """
    from tf_gans import plotting
    from tf_gans.plotting import codes as plots

    others, words = load_held_out(config, with_labels=True)
    codes = codes_of(model, others.images)
    plots.plot_codes(
        path,
        codes,
        others.labels,
        others.classes or (),
        f"Codes of {words} of {others.name}",
        about | {"generated": False},
    )
    print(f"Codes: {path}")
    if getattr(model, "latents", None) is not None:
        from tf_gans.runs.load import sampler_of

        grid = plots.manifold_grid(sampler_of(model).images(plots.manifold_z()))
        plotting.write_png(plane_path, grid, about)
        print(f"Plane of z: {plane_path}")


def plane_path_of(path):
    """Where the picture of the plane lies, beside that of the codes."""
    return path.with_name(f"{path.stem}-decoded.png")


def draw_codes_of_run(path, out):
    """Draws the codes of a run's test images: `latent.py plane`.

    Args:
        path: of the run directory, or of the `best` in it.
        out: path of the picture; that of the plane of z lies beside it.

    Raises:
        UserError: the run's model gives images no codes of two components.
    """
    from tf_gans.runs.load import find_run, load_run, said_of_run

    config = find_run(path).config
    model = load_run(path)
    is_of_images = getattr(model, "value_range", None) is not None
    if not is_of_images or not has_plane(model):
        raise UserError(
            f"{path}: gives images no codes of two components; autoencoder.py "
            "--code-dim 2 and variants.py --gan vae --latent-dim 2 do"
        )
    about = said_of_run(path, model)["about"]
    draw_codes(model, config, out, plane_path_of(out), about)


def data_name(text):
    """An argparse type: the name of a data set, or a path that exists."""
    from tf_gans.runs import cli

    names = catalogue.PROBLEMS["autoencoder"].datasets
    if text in names:
        return text
    try:
        return cli.existing_path(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(
            f"must be {', '.join(names)}, or a path: {error}"
        ) from None
