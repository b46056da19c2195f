"""One training of a comparison, and what its samples score."""

import functools
import pathlib
import time
from typing import NamedTuple

import numpy as np

from tf_gans import data, metrics, plotting
from tf_gans.data.images import Images
from tf_gans.errors import UserError
from tf_gans.recipes import family
from tf_gans.runs import evaluation
from tf_gans.runs.streams import quiet_imports
from tf_gans.study import plan, space

GRID = 8  # images in a row and in a column


class Piece(NamedTuple):
    """What a process needs to know to train.

    Attributes:
        study: `plan.Study`.
        run: `plan.Run`.
        directory: str. The comparison's.
    """

    study: plan.Study
    run: plan.Run
    directory: str


def train(piece):
    """Trains and scores one setting.

    A training whose weights or samples are not finite is a result, too: its
    scores are None, and `status` says at which step that was seen.

    Args:
        piece: `Piece`.

    Returns:
        A dict of JSON types, the line of `results.jsonl`.
    """
    study, run, directory = piece
    settings = space.settings(run.gan, run.sample, study.range, study.seed)
    started = time.perf_counter()
    row = {
        "id": run.id,
        "gan": run.gan,
        "sample": run.sample,
        "seed": run.seed,
        "settings": settings,
        "status": "trained",
        "fid": None,
        "f1": None,
    }
    with quiet_imports():
        model = _build(study, run, settings)
    best, row["history"] = _search(study, run, model, row)
    if best is not None:
        row["fid"], row["best_step"], weights = best
        model.sampler.set_weights(weights)
        if measures_manifold(study):
            row |= _manifold(study, run, model)
        _draw(model, run, pathlib.Path(directory))
    row["seconds"] = round(time.perf_counter() - started, 1)
    return row


def check(study):
    """Looks at the data of a comparison, before anything is made.

    Raises:
        UserError: they are not what they should be.
    """
    where = (study.dataset, study.data)
    train, test = (
        data.peek_images(*where, split=split) for split in ("train", "test")
    )
    if train.height != train.width or train.height % 4:
        raise UserError(
            f"{study.dataset or study.data}: the images must be square, of a "
            "size that is a multiple of 4; received "
            f"{train.width}x{train.height}"
        )
    if train.num_images < study.batch_size:
        raise UserError(
            f"--batch-size {study.batch_size}: there are only "
            f"{train.num_images} images"
        )
    for flag in ("num_samples", "num_recall"):
        wanted = getattr(study, flag)
        needed = flag == "num_samples" or measures_manifold(study)
        if needed and test.num_images < wanted:
            raise UserError(
                f"--{flag.replace('_', '-')} {wanted}: there are only "
                f"{test.num_images} test images"
            )
    evaluation.check_counts(
        network(study), study.num_samples, study.num_samples
    )


def _build(study, run, settings):
    height, _, channels = _images(study, "train").shape[1:]
    preset, options = space.options(run.gan, settings)
    return family.build(
        run.gan,
        preset,
        size=height,
        channels=channels,
        seed=run.seed,
        width=study.width,
        **options,
    )


def _search(study, run, model, row):
    """Trains; returns the best score with its step and weights, and all."""
    source = Images(
        _images(study, "train"),
        study.batch_size,
        value_range=model.value_range,
    )
    # A step takes as many batches of real images.
    total = max(study.evaluations, study.steps // model.critic_steps)
    best, history = None, []
    for i in range(study.evaluations):
        until = total * (i + 1) // study.evaluations
        count = until - int(model.step.numpy())
        model.fit(source, steps_per_epoch=count, verbose=0)
        fakes = samples(model, study.num_samples, study.seed)
        if fakes is None:
            row["status"] = f"not finite, seen at step {until}"
            break
        fid = metrics.frechet_distance(reference(study), network(study)(fakes))
        history.append({"step": until, "fid": fid})
        if best is None or fid < best[0]:
            best = (fid, until, model.sampler.get_weights())
    return best, history


def samples(model, count, seed, batch_size=256):
    """Makes images of a model.

    Args:
        model: `GenerativeModel` of images.
        count: int.
        seed: int. Another one for each batch follows from it.
        batch_size: int.

    Returns:
        A uint8 array of shape `(count, height, width, channels)`; None if not
        all values are finite.
    """
    from tf_gans import pixels

    made = []
    for i in range(0, count, batch_size):
        batch = model.sample(batch_size, seed=seed + 1 + i).numpy()
        if not np.isfinite(batch).all():
            return None
        made.append(np.asarray(pixels.to_pixels(batch, model.value_range)))
    return np.concatenate(made)[:count]


@functools.lru_cache(4)
def _images(study, split):
    """The images of a split, loaded once in each process."""
    loaded = data.load_images(
        study.dataset, study.data, split=split, say=lambda line: None
    ).images
    return loaded[: study.num_images] if split == "train" else loaded


@functools.lru_cache(1)
def network(study):
    """The network that the Frechet distance is taken in."""
    with quiet_imports():
        shape = _images(study, "test").shape[1:]
        return evaluation.choose_features(study.features, shape)


@functools.lru_cache(1)
def reference(study):
    """The moments of the real images' features; they are not learned."""
    test = _images(study, "test")
    return metrics.Moments.of(network(study)(test[: study.num_samples]))


def baseline(study):
    """What real images score: those that are learned, in place of samples.

    Returns:
        A dict of floats: `fid` and, of triangles, `precision`, `recall` and
        `f1` of a model that had learned its images by heart.
    """
    train = _images(study, "train")
    fakes = network(study)(train[: study.num_samples])
    found = {"fid": metrics.frechet_distance(reference(study), fakes)}
    if measures_manifold(study):
        found |= _memorised(study)
    return found


def measures_manifold(study):
    """Whether the images are those whose manifold is known."""
    return study.dataset == "triangles"


def _manifold(study, run, model):
    """Precision, recall and F1 on the triangles' manifold.

    Precision asks for any triangle, as the paper does; the drawing program's
    own are fewer, and `strict_precision` is the share of those.
    """
    from tf_gans import inversion, pixels

    fakes = samples(model, study.num_recall, study.seed)
    real = _images(study, "test")[: study.num_recall]
    low, high = model.value_range
    wanted = np.asarray(pixels.to_samples(real, model.value_range))
    found = inversion.find_latents(
        model,
        wanted,
        num_steps=study.inversion_steps,
        num_starts=study.restarts,
        seed=run.seed,
    )
    # To the units of the paper, where white is 1 and black 0.
    recalled = found.distances / (high - low) ** 2
    free = metrics.nearest_triangles(fakes, "free").distances
    own = metrics.nearest_triangles(fakes, "generator").distances
    scores = metrics.manifold_scores(recalled, free)
    strict = metrics.manifold_scores(recalled, own)
    return {
        **{name: float(value) for name, value in scores._asdict().items()},
        "strict_precision": float(strict.precision),
        "strict_f1": float(strict.f1),
        # For the whole curve: where each image lies.
        "fake_distances": [round(float(d), 4) for d in free],
        "real_distances": [round(float(d), 4) for d in recalled],
    }


def _memorised(study):
    """What a model would score that had learned its images by heart."""
    real = _images(study, "test")[: study.num_recall]
    stored = metrics.memorised_distances(real, _images(study, "train"))
    scores = metrics.manifold_scores(stored, np.zeros(len(real)))
    return {name: float(value) for name, value in scores._asdict().items()}


def _draw(model, run, directory):
    """A grid of samples; that of the member's best training stays."""
    grid = plotting.image_grid(samples(model, GRID**2, seed=0), GRID, scale=2)
    about = {"generated": True, "recipe": run.gan, "seed": run.seed}
    plotting.write_png(directory / "grids" / f"{run.id}.png", grid, about)


def line(row):
    """What is said of a training when it has ended."""
    scores = (
        row["status"]
        if row["fid"] is None
        else f"FID {row['fid']:.4g}"
        + (f", F1 {row['f1']:.3f}" if row["f1"] is not None else "")
    )
    return f"{row['id']}: {scores}; {row['seconds']:.0f} s"
