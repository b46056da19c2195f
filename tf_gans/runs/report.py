"""An evaluation as a file, a table and a picture."""

import json
import math
import os

import numpy as np

from tf_gans.errors import UserError

FORMAT = 1
NAME = "evaluation.json"
PICTURED = 10  # images with their nearest neighbours
WORDS = {
    "lower": "lower is better",
    "higher": "higher is better",
    "baseline": "best near the baseline",
}


def bar(what, total=None, unit=" images"):
    """A bar that shows how far something is."""
    from tqdm import tqdm

    return tqdm(
        desc=what,
        total=total,
        unit=unit if total else "",
        disable=None,
        leave=False,
    )


def read(path):
    """Reads an evaluation that was written before.

    Args:
        path: of the file, or of the run directory that it is in.

    Raises:
        UserError: it is none.
    """
    path = path / NAME if os.path.isdir(path) else path
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["format"] != FORMAT:
            raise ValueError(f"it has format {document['format']}")
        return {score.metric: score for score in scores_of(document)}
    except FileNotFoundError:
        raise UserError(f"--compare {path}: does not exist") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"--compare {path}: is no evaluation of this program: {error}"
        ) from None


def scores_of(document):
    """The numbers of an evaluation as scores, which know how they were made."""
    from tf_gans.features.scores import Score

    return [
        Score(
            metric=name,
            value=math.nan if entry["value"] is None else entry["value"],
            features=document["features"]["name"],
            resize=document["features"]["resize"],
            num_real=document["num_real"],
            num_fake=document["num_fake"],
            reference=f"{document['reference']}, {_data(document['data'])}",
        )
        for name, entry in document["metrics"].items()
    ]


def _data(data):
    """What tells data apart: their hash, or the distribution's parameters."""
    return data["sha256"] or data["name"]


def check_comparable(document, compared):
    """Raises a `UserError` where the numbers of another evaluation are others.

    Args:
        document: dict, an evaluation without its numbers.
        compared: dict of scores, which `read` returns, or None.
    """
    if not compared:
        return
    name, other = next(iter(compared.items()))
    entry = {"value": other.value}
    (score,) = scores_of({**document, "metrics": {name: entry}})
    try:
        other.compare(score)
    except ValueError as error:
        raise UserError(f"--compare: {error}") from None


def picture_path(path):
    """Where the picture of the neighbours lies, beside an evaluation."""
    return path.with_name(f"{path.stem}-neighbours.png")


def draw_neighbours(path, neighbours, fake, training, about):
    """Draws the generated images that are nearest to training images.

    A column has an image and below it the training image that it is nearest
    to: on the left the nearest of all, on the right the first ones.
    """
    from tf_gans.plotting import labelled_grid, picture_scale, write_png

    count = min(PICTURED, len(neighbours.distances))
    nearest = np.argsort(neighbours.distances, kind="stable")[:count]
    columns = np.concatenate([nearest, np.arange(count)])
    images = np.concatenate(
        [fake[columns], training[neighbours.indices[columns]]]
    )
    write_png(
        path,
        labelled_grid(
            images,
            2 * count,
            picture_scale(fake.shape[1:]),
            heads=[f"{neighbours.distances[i]:.0f}" for i in columns],
            sides=["made", "real"],
        ),
        about,
    )


def print_table(document, compared):
    """Prints every number beside its baseline."""
    differences = {
        score.metric: score - compared[score.metric]
        for score in scores_of(document)
        if score.metric in (compared or ())
    }
    features = document["features"]
    print(
        f"{document['num_fake']:,} samples against {document['reference']}"
        + (f", {document['num_real']:,}" if document["num_real"] else "")
        + f"; features: {features['name']}, resized: {features['resize']}"
    )
    change = f"{'change':>12}" if compared is not None else ""
    print(f"{'':18}{'samples':>12}{'baseline':>12}{change}")
    for name, entry in document["metrics"].items():
        columns = [entry["value"], entry["baseline"]]
        if compared is not None:
            columns.append(differences.get(name))
        cells = "".join(
            f"{'-':>12}" if value is None else f"{value:12.4g}"
            for value in columns
        )
        print(f"{name:18}{cells}  {WORDS[entry['better']]}")
    print(
        "Baseline: "
        + (
            f"{document['num_baseline']:,} other real images in the samples' "
            "place."
            if document["num_real"]
            else "the mean score of as many real samples."
        )
    )
    if document.get("clipped"):
        print(
            f"{document['clipped']:.1%} of the values lay beyond the model's "
            "value range and were clipped."
        )
