"""Learns points in the plane, where a missed mode is seen at a glance.

    python scripts/mixtures.py                           a ring of 8 modes
    python scripts/mixtures.py --data-set grid           25 modes
    python scripts/mixtures.py --data-set swiss-roll
    python scripts/mixtures.py --gan wgan-gp --anim-path film.mp4
    python scripts/mixtures.py --minibatch
    python scripts/mixtures.py --export saved_models/ring
    python scripts/mixtures.py --run-dir runs/mixtures-001 --resume

Every recipe has the same networks, optimizer, batch, prior and number of steps,
so that what differs is the objective. Prints the losses, and at the end how
many modes were found, how good the samples are and how evenly they are spread.
Everything it makes is in the run directory.
"""

import argparse

from tf_gans.errors import UserError
from tf_gans.runs import cli, sample_runs

DATA_SETS = ("ring", "grid", "swiss-roll")
GANS = (
    "stable",
    "mm",
    "ns",
    "ls",
    "hinge",
    "wgan",
    "wgan-gp",
    "dragan",
    "began",
    "vae",
)


def parse_arguments():
    """Returns the flags' values, and a dict of those that were named."""
    parser = cli.Parser(
        prog="mixtures.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    group = parser.add_argument_group("what is learned")
    add = group.add_argument
    add(
        "--data-set",
        choices=DATA_SETS,
        default=DATA_SETS[0],
        help="8 Gaussians on a circle, 25 on a grid, or a spiral (default: "
        "%(default)s)",
    )

    group = parser.add_argument_group("how it is learned")
    add = group.add_argument
    add(
        "--gan",
        choices=GANS,
        default=GANS[0],
        help="the recipe: this project's, the non-saturating loss with R1, or "
        "one of the family (default: %(default)s)",
    )
    add(
        "--preset",
        choices=("paper", "code"),
        default="paper",
        help="what the recipe's paper says, or what a well-known program does "
        "where that differs (default: %(default)s)",
    )
    add("--minibatch", action="store_true", help="use minibatch discrimination")
    add(
        "--num-steps",
        type=cli.integer(1, 10**9),
        metavar="N",
        help="training steps (default: the common budget's)",
    )
    cli.add_training_flags(add)

    sample_runs.add_output_flags(parser, log_every=100)
    return cli.parse_run(parser)


def new_config(args):
    """The hyper-parameters of a new run, as the run directory keeps them."""
    from tf_gans.toys.mixtures import recipes

    return {
        "data_set": args.data_set,
        "gan": args.gan,
        "preset": args.preset,
        "minibatch": args.minibatch,
        "num_steps": args.num_steps or recipes.BUDGET.num_steps,
        "seed": args.seed,
        "jit_compile": args.jit_compile,
    }


def build(config):
    """The data and the compiled model that the hyper-parameters describe."""
    from tf_gans import data as sources
    from tf_gans.toys.mixtures import recipes

    kinds = (sources.Ring, sources.Grid, sources.SwissRoll)
    source = dict(zip(DATA_SETS, kinds, strict=True))[config["data_set"]]
    data = source(recipes.BUDGET.batch_size)
    jit_compile = config["jit_compile"]
    try:
        gan = recipes.build(
            config["gan"],
            data,
            preset=config["preset"],
            minibatch=config["minibatch"],
            num_steps=config["num_steps"],
            seed=config["seed"],
            jit_compile="auto" if jit_compile is None else jit_compile,
        )
    except ValueError as error:
        raise UserError(
            f"--gan {config['gan']}, --minibatch: {error}"
        ) from None
    return data, gan


def train(gan, data, run, args, frames):
    """Trains, and records the film's frames, where one is asked for."""
    from tf_gans.toys.mixtures.probe import MixtureProbe

    probe = None
    if args.anim_path:
        probe = MixtureProbe(
            frames.append,
            data,
            every=sample_runs.frames_apart(run, args),
        )
    sample_runs.train("mixtures", gan, data, run, args, probe)


def finish(gan, data, run, args, frames):
    """Measures the samples, then draws the picture and the film."""
    from tf_gans.toys.mixtures.metrics import (
        NUM_SAMPLES,
        mixture_baseline,
        mixture_metrics,
    )
    from tf_gans.toys.mixtures.picture import MixturePicture
    from tf_gans.toys.mixtures.probe import MixtureProbe, verdict_of

    samples = gan.sample(NUM_SAMPLES).numpy()
    scores = mixture_metrics(samples, data)
    floors = mixture_baseline(data, NUM_SAMPLES)
    sample_runs.write_summary(
        run,
        {
            "steps": int(gan.step.numpy()),
            "n_fake": NUM_SAMPLES,
            "num_modes": data.num_modes,
            "samples": {
                # JSON has no NaN: without a good sample there is no number.
                name: None if value != value else value
                for name, value in scores.items()
            },
            "floors": floors,
        },
    )
    print_summary(data, scores, floors, NUM_SAMPLES)

    config = run.config
    picture = MixturePicture.from_data(data, verdict_of(gan), NUM_SAMPLES)
    shown = {**MixtureProbe(None, data).once(gan), "samples": samples}
    text = (
        f"Step {int(gan.step.numpy()) - 1} of {config['gan']}"
        f"{' with minibatch discrimination' if config['minibatch'] else ''}: "
        + " ".join(describe(scores, data).split())
    )
    path = run.path / "mixture.png"
    picture.save(path, text, **shown)
    print(f"Picture: {path}")
    sample_runs.deliver(
        gan,
        run,
        args,
        frames,
        lambda: picture.film(
            args.anim_path,
            config["num_steps"],
            lambda samples, critic: describe(
                mixture_metrics(samples, data), data
            ),
        ),
    )
    if not args.no_window and cli.display_exists():
        picture.show(text, **shown)


def describe(scores, data):
    """A line on the scores, of one length, for a film."""
    return (
        f"{scores['modes']:>2} of {data.num_modes} modes, "
        f"{scores['high_quality']:>6.1%} of high quality"
    )


def print_summary(data, scores, floors, num_samples):
    """Prints each number beside what perfect samples would score."""
    print(f"\n{'':14}{'samples':>12}{'floor':>12}")
    for name, score in scores.items():
        print(f"{name:14}{score:12.4g}{floors[name]:12.4g}")
    print(
        f"modes: of {data.num_modes}, those with a sample of high quality.\n"
        "high_quality: the share of the samples within 3 standard deviations.\n"
        "reverse_kl: of the good samples' shares of the modes from even ones.\n"
        f"Floor: the mean of {num_samples:,} independent samples of the data "
        "themselves.\n"
    )


def main():
    """Trains, draws, measures and exports."""
    args, named = parse_arguments()
    cli.check_run("mixtures", args)
    with cli.quiet_imports():
        import tensorflow as tf

        tf.config.list_physical_devices()

    run, data, gan, frames = sample_runs.start(
        "mixtures",
        args,
        lambda: new_config(args),
        # The learning rates depend on the number of steps.
        lambda run: run.agreed(named),
        build,
    )
    train(gan, data, run, args, frames)
    finish(gan, data, run, args, frames)


if __name__ == "__main__":
    cli.run(main)
