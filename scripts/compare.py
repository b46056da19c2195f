"""Compares the members of the family under one budget.

    python scripts/compare.py --smoke
    python scripts/compare.py --samples 20 --steps 4000 --out studies/triangles
    python scripts/compare.py --gans ns wgan-gp --dataset mnist --range narrow
    python scripts/compare.py --samples 100 --ray auto --out studies/large

Every model is trained with several settings: its authors' first, the others
drawn from a range, as in "Are GANs created equal?". Then the best settings of
each are trained again with other seeds. Each training sees as many batches of
real images as any other. What is measured is the Frechet distance (FID) to
images that were not learned and, of triangles, precision, recall and F1.

The same command goes on with a comparison that was stopped, however it was. It
writes a line for each training to results.jsonl, and at the end the table and
the figures.
"""

import pathlib
import time

from tf_gans.errors import UserError
from tf_gans.recipes import catalogue
from tf_gans.runs import cli
from tf_gans.study import plan, pool, records, space

# What finishes in two minutes on two cores.
SMOKE = {
    "gans": ["ns", "wgan-gp", "vae"],
    "samples": 2,
    "seeds": 1,
    "steps": 40,
    "evaluations": 2,
    "num_samples": 500,
    "num_images": 4000,
    "num_recall": 32,
    "inversion_steps": 20,
    "restarts": 1,
}


def parse_arguments():
    """Returns the flags' values, and a dict of those that were named."""
    study = plan.Study()
    parser = cli.Parser(__doc__)
    add = parser.add_argument_group("what is compared").add_argument
    datasets = catalogue.PROBLEMS["variants"].datasets
    add(
        "--dataset",
        choices=datasets,
        default=study.dataset,
        help="the images (default: %(default)s, which are drawn here)",
    )
    add(
        "--data",
        type=cli.existing_path,
        metavar="PATH",
        help="these images instead: an .npz file with x_train and x_test",
    )
    add(
        "--gans",
        nargs="+",
        choices=tuple(space.MEMBERS),
        default=list(study.gans),
        metavar="NAME",
        help=f"the models, of {', '.join(space.MEMBERS)} (default: all)",
    )
    add(
        "--range",
        choices=space.RANGES,
        default=study.range,
        help="what the settings are drawn from (default: %(default)s)",
    )
    add = parser.add_argument_group("the budget").add_argument
    for flag, (low, high), text in (
        ("samples", (1, 10_000), "settings of each model"),
        ("seeds", (1, 1000), "trainings of each model's best settings"),
        ("steps", (1, 10**7), "batches of real images that a training sees"),
        ("evaluations", (1, 1000), "how often it is scored; the best counts"),
        ("batch-size", (2, 4096), "images in a batch"),
        ("width", (1, 1024), "filters of the networks' widest layer"),
        ("num-samples", (2, 10**6), "images for the Frechet distance"),
        ("num-recall", (2, 10_000), "images for precision and recall"),
        ("inversion-steps", (1, 10_000), "steps of the search for a z"),
        ("restarts", (1, 100), "beginnings of the search for a z"),
    ):
        add(
            f"--{flag}",
            type=cli.integer(low, high),
            default=getattr(study, flag.replace("-", "_")),
            metavar="N",
            help=f"{text} (default: %(default)s)",
        )
    add(
        "--num-images",
        type=cli.integer(2, 10**7),
        metavar="N",
        help="learn the first N images only (default: all)",
    )
    add(
        "--features",
        metavar="NAME",
        help="what the Frechet distance is taken in: digits, inception, pixels "
        "or a .keras file (default: digits for 28x28 in grey, else inception)",
    )
    add(
        "--seed",
        type=cli.integer(0, 2**31 - 1),
        default=study.seed,
        metavar="N",
        help="of the settings and the trainings (default: %(default)s)",
    )
    add(
        "--smoke",
        action="store_true",
        help="try all of it with three models and next to no budget: two "
        "minutes, and numbers that mean nothing",
    )
    add = parser.add_argument_group("where and how").add_argument
    add(
        "--out",
        type=pathlib.Path,
        metavar="DIR",
        help="directory of the comparison, a new one or one to go on with "
        "(default: runs/compare, or runs/compare-smoke)",
    )
    add(
        "--workers",
        type=cli.integer(1, 1024),
        default=pool.num_cores(),
        metavar="N",
        help="processes that train at a time (default: one for each core, "
        "%(default)s)",
    )
    add(
        "--ray",
        metavar="ADDRESS",
        help="spread the trainings over this Ray cluster instead; auto is "
        "the one that runs, local begins one here",
    )
    values, named = parser.parse()
    if values.data and "dataset" in named:
        parser.error("argument --data: cannot be used together with --dataset")
    if values.ray and "workers" in named:
        parser.error("argument --workers: the Ray cluster says how many")
    if values.smoke:
        for name, value in SMOKE.items():
            if name not in named:
                setattr(values, name, value)
    if values.batch_size > (values.num_images or values.batch_size):
        parser.error(
            f"argument --batch-size: there are only {values.num_images} images"
        )
    values.out = values.out or pathlib.Path(
        "runs", "compare-smoke" if values.smoke else "compare"
    )
    return values


def make_study(args):
    """The comparison that the flags ask for."""
    fields = plan.Study.__dataclass_fields__
    values = {
        name: getattr(args, name) for name in fields if hasattr(args, name)
    }
    values["gans"] = tuple(dict.fromkeys(args.gans))
    if args.data:
        values["data"] = str(args.data.absolute())
        values["dataset"] = None
    return plan.Study(**values)


def work(args, study, kept, runs, what):
    """Trains what is missing of some trainings, and keeps a line of each."""
    from tqdm import tqdm

    from tf_gans.study import training

    left = plan.missing(runs, kept.rows)
    pieces = [
        training.Piece(study, run, str(kept.path.absolute())) for run in left
    ]
    if args.ray:
        results = pool.run_on_ray(training.train, pieces, args.ray)
    else:
        results = pool.run(
            training.train, pieces, args.workers, cli.load_tensorflow
        )
    with tqdm(
        total=len(runs),
        initial=len(runs) - len(left),
        desc=what,
        unit=" trainings",
        disable=None,
    ) as bar:
        for row in results:
            kept.add(row)
            tqdm.write(training.line(row))
            bar.update()


def main():
    """Trains, scores, and draws what came of it."""
    args = parse_arguments()
    study = make_study(args)
    cli.load_tensorflow()
    from tf_gans.study import training

    training.check(study)
    kept = records.Records.open(args.out, study.config(), cli.warn)
    started = time.perf_counter()
    try:
        baseline = training.baseline(study)
        work(args, study, kept, plan.search(study), "settings")
        work(args, study, kept, plan.repetitions(study, kept.rows), "seeds")
        report(args, study.config(), kept, baseline)
    finally:
        kept.close()
    print(f"{time.perf_counter() - started:.0f} s; all of it is in {args.out}")


def report(args, study, kept, baseline):
    """Writes the table and the figures."""
    from tf_gans import files
    from tf_gans.study import figures, summary

    if all(row["fid"] is None for row in kept.rows):
        raise UserError(
            "every training has failed: "
            f"{kept.rows[0]['status']}; see {kept.path / 'results.jsonl'}"
        )
    text = summary.table(kept.rows, study, baseline)
    files.write_text(kept.path / "table.md", text)
    print(f"\n{text}")
    figures.draw_budget(kept.path / "fid.png", kept.rows, study, "fid", "FID")
    if any(row["f1"] is not None for row in kept.rows):
        figures.draw_budget(
            kept.path / "f1.png", kept.rows, study, "f1", "F1", False
        )
        figures.draw_precision_recall(
            kept.path / "precision-recall.png", kept.rows, study
        )


if __name__ == "__main__":
    cli.run(main)
