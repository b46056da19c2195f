"""The codes of an InfoGAN: pictures of them, and what they have found.

Nobody names a category. Which of the labels it stands for is read off the test
images, of which Q tells the category: the matching that is right most often.
"""

import numpy as np

from tf_gans.errors import UserError
from tf_gans.runs import cli

STEPS = 10  # values of a continuous code in a picture


def check(sampler, flag):
    """Raises a `UserError` where z has no codes.

    Args:
        sampler: `Sampler`.
        flag: str. What asked for them.
    """
    if not hasattr(sampler.latents, "swept"):
        raise UserError(f"{flag}: the model's z has no codes; infogan's has")


# Pictures ---------------------------------------------------------------------


def picture(sampler, seed, steps=STEPS, reach=1.0):
    """A panel for each continuous code, a row in it for each category.

    Args:
        sampler: `Sampler`, of a prior with continuous codes.
        seed: int. Whose noise it is; the codes that are not swept are 0.
        steps: int. Images in a row.
        reach: float. A code goes from minus this to this.

    Returns:
        A uint8 array of shape `(height, width, 3)`.
    """
    from tf_gans.plotting import labelled_grid, picture_scale, text

    prior = sampler.latents
    z = prior.with_codes(
        sampler.draw_each([seed]), continuous=[[0.0] * prior.continuous]
    )[0]
    values = np.linspace(-reach, reach, steps)
    panels = []
    for code in range(prior.continuous):
        panels.append(
            labelled_grid(
                sampler.images(prior.swept(z, code, values)),
                steps,
                picture_scale(sampler.sample_shape),
                heads=[f"{value:+.2f}" for value in values],
                # Without categories there is one row, and beside it the corner.
                sides=[f"c{n}" for n in range(prior.categories)] or [""],
                corner=f"code {code}",
            )
        )
    return text.beside(panels)


def sweep(sampler, args):
    """The command of latent.py: the picture, and no film."""
    check(sampler, "codes")
    if not sampler.latents.continuous:
        raise UserError("codes: the model's z has no continuous codes")
    return picture(sampler, args.seed, args.steps, args.range), None


# What they have found ---------------------------------------------------------


def measure(session):
    """Tells of the data's test images how far the categories are labels.

    Args:
        session: `Session`, of an InfoGAN with categories.

    Returns:
        A dict of JSON types, or None where there are no labelled test images.
    """
    from tf_gans import data

    config, model = session.config, session.model
    source = {
        "dataset": None if config["data"] else config["dataset"],
        "path": config["data"],
    }
    try:
        if not data.has_test_images(**source):
            raise UserError("there are no test images")
        test = data.load_images(
            **source,
            size=config["size"],
            channels=config["channels"],
            with_labels=True,
            split="test",
            say=cli.warn,
        )
    except UserError as error:
        print(f"What the categories stand for is not measured: {error}")
        return None
    accuracy, matching = matched_accuracy(
        categories_of(model, test.images),
        test.labels,
        model.latents.categories,
        int(test.labels.max()) + 1,
    )
    names = test.classes or list(map(str, range(int(test.labels.max()) + 1)))
    found = {
        f"c{category}": names[label]
        for category, label in enumerate(matching)
        if label >= 0
    }
    stand_for = ", ".join(f"{c} {label}" for c, label in found.items())
    print(
        f"Categories: argmax Q tells the label of {accuracy:.1%} of "
        f"{len(test.labels):,} test images, after the best matching: "
        f"{stand_for}"
    )
    return {
        "accuracy": accuracy,
        "num_test": len(test.labels),
        "matching": found,
    }


def best_matching(counts):
    """The assignment of columns to rows whose counts have the largest sum.

    The Hungarian method: row by row, the cheapest chain of exchanges that
    frees a column, found with prices that make the chains comparable.

    Args:
        counts: int array of shape `(rows, columns)`.

    Returns:
        An int array of shape `(rows,)`: the column of each row, of which no
        two are the same; -1 where there are more rows than columns and none is
        left for it.

    Reference:
    - [Jonker & Volgenant, 1987](https://doi.org/10.1007/BF02278710), section 2
    """
    counts = np.asarray(counts)
    rows, columns = counts.shape
    side = max(rows, columns)
    cost = np.zeros((side, side))
    cost[:rows, :columns] = -counts
    of_row, of_column = np.zeros(side), np.zeros(side + 1)  # the prices
    # Which row has a column; the last column is where a new row waits.
    owner = np.full(side + 1, -1)
    for row in range(side):
        owner[side] = row
        column, visited = side, np.zeros(side + 1, bool)
        least, via = np.full(side, np.inf), np.full(side, side)
        while owner[column] >= 0:
            visited[column] = True
            its_row, is_open = owner[column], ~visited[:side]
            slack = cost[its_row] - of_row[its_row] - of_column[:side]
            better = is_open & (slack < least)
            least[better], via[better] = slack[better], column
            nearest = int(np.argmin(np.where(is_open, least, np.inf)))
            rise = least[nearest]
            of_row[owner[visited]] += rise
            of_column[visited] -= rise
            least[is_open] -= rise
            column = nearest
        while column != side:
            owner[column] = owner[via[column]]
            column = via[column]
    matching = np.full(side, -1)
    matching[owner[:side]] = np.arange(side)
    return np.where(matching < columns, matching, -1)[:rows]


def matched_accuracy(categories, labels, num_categories, num_classes):
    """How often the category tells the label, after the best matching.

    Args:
        categories, labels: int arrays of shape `(n,)`.
        num_categories, num_classes: ints.

    Returns:
        A float in [0, 1], and the label of each category as `best_matching`
        has it.
    """
    counts = np.zeros((num_categories, num_classes), np.int64)
    np.add.at(counts, (categories, labels), 1)
    matching = best_matching(counts)
    right = sum(
        counts[category, label]
        for category, label in enumerate(matching)
        if label >= 0
    )
    return right / len(labels), matching


def categories_of(model, images, batch_size=250):
    """The category that Q finds most probable, of each image.

    Args:
        model: `tf_gans.InfoGAN`.
        images: uint8 array of shape `(n, height, width, channels)`.
        batch_size: int.

    Returns:
        An int array of shape `(n,)`.
    """
    import tensorflow as tf

    from tf_gans.pixels import to_samples

    @tf.function(reduce_retracing=True)
    def told(batch):
        samples = to_samples(batch, model.value_range)
        said = model.signatures()["encode"](samples)
        return tf.argmax(said["category_probabilities"], axis=1)

    parts = [
        told(images[first : first + batch_size]).numpy()
        for first in range(0, len(images), batch_size)
    ]
    return np.concatenate(parts)
