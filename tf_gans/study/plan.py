"""Which trainings a comparison has, and in which order.

First every sample of every member once, sample 0 of all members before sample 1
of any, so that a comparison that is cut short is still a fair one. Then the
best sample of each member again, with other seeds. Loads no TensorFlow.
"""

import dataclasses

from tf_gans.study import space


@dataclasses.dataclass(frozen=True)
class Study:
    """One comparison: what all of its trainings have in common.

    Attributes:
        dataset: a name, or None where `data` is a path.
        data: str or None.
        gans: the members, names of `space.MEMBERS`.
        range: `"wide"` or `"narrow"`.
        samples: int. Settings of each member; the first are its authors'.
        seeds: int. Trainings of each member's best sample.
        steps: int. Batches of real images that a training sees, as in the
            published comparison: with 5 critic steps the generator is updated
            a fifth as often.
        batch_size: int.
        width: int. Of all networks: the filters of the widest images' layer, of
            which the others have multiples. The published comparison's is 64.
        evaluations: int. How often a training is scored; the best counts.
        num_samples: int. Images for the Frechet distance.
        num_images: int or None. Real images to learn; None for all.
        features: what the Frechet distance is taken in: as `--features` of
            evaluate.py, or None for what suits the images.
        inversion_steps, restarts: int. Of the search for z.
        num_recall: int. Images for precision and recall on the manifold.
        seed: int.
    """

    dataset: str | None = "triangles"
    data: str | None = None
    gans: tuple[str, ...] = tuple(space.MEMBERS)
    range: str = "wide"
    samples: int = 10
    seeds: int = 3
    steps: int = 2000
    batch_size: int = 64
    width: int = 64
    evaluations: int = 4
    num_samples: int = 10_000
    num_images: int | None = None
    features: str | None = None
    inversion_steps: int = 200
    restarts: int = 2
    num_recall: int = 1024
    seed: int = 0

    def config(self):
        """A dict of JSON types."""
        return {**dataclasses.asdict(self), "gans": list(self.gans)}


@dataclasses.dataclass(frozen=True)
class Run:
    """One training of a comparison.

    Attributes:
        gan: name of the member.
        sample: int. Which of its settings.
        seed: int.
    """

    gan: str
    sample: int
    seed: int

    @property
    def id(self):
        """Its name among all of them."""
        return f"{self.gan}/{self.sample:03d}/{self.seed}"


def search(study):
    """The trainings of the first part, every sample once."""
    return [
        Run(gan, sample, study.seed)
        for sample in range(study.samples)
        for gan in study.gans
    ]


def repetitions(study, rows):
    """The trainings of the second part: each member's best sample again.

    Args:
        study: the comparison.
        rows: its rows so far, dicts. A member whose samples have all failed is
            left out.
    """
    best: dict = {}
    for row in rows:
        if row["seed"] != study.seed or row["fid"] is None:
            continue
        held = best.get(row["gan"])
        if held is None or row["fid"] < held["fid"]:
            best[row["gan"]] = row
    return [
        Run(gan, best[gan]["sample"], study.seed + i)
        for i in range(1, study.seeds)
        for gan in study.gans
        if gan in best
    ]


def missing(runs, rows):
    """Of some trainings, those that have no row yet."""
    done = {row["id"] for row in rows}
    return [run for run in runs if run.id not in done]
