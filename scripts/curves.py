"""Learns quadratic curves with a generative adversarial network.

    python scripts/curves.py                        curves y = a x^2 + a - 1
    python scripts/curves.py --anim-path film.mp4
    python scripts/curves.py --recipe code          the article's, 401 steps
    python scripts/curves.py --loss non-saturating
    python scripts/curves.py --export saved_models/curves
    python scripts/curves.py --run-dir runs/curves-001 --resume

A curve is 15 heights; a is drawn from U[1, 3]. Prints `step: discriminator loss
<tab> generator loss`, and at the end how right the curves are. Everything it
makes is in the run directory.
"""

import argparse

from tf_gans.runs import cli, sample_runs

NUM_CURVES = 10_000  # in the summary
NUM_SHOWN = 30  # in the picture


def parse_arguments():
    """Returns the flags' values, and a dict of those that were named."""
    parser = cli.Parser(
        prog="curves.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    group = parser.add_argument_group("how it is learned")
    add = group.add_argument
    add(
        "--recipe",
        choices=("stable", "code"),
        default="stable",
        help="the set-up: this project's, or that of the article's listing "
        "(default: %(default)s)",
    )
    add(
        "--loss",
        choices=("minimax", "non-saturating"),
        help="what the generator minimises: log(1 - D(G(z))), or -log D(G(z)) "
        "(default: the recipe's, minimax)",
    )
    add(
        "--num-steps",
        type=cli.integer(1, 10**9),
        metavar="N",
        help="training steps (default: the recipe's, 10000; 400 in the "
        "article)",
    )
    add(
        "--hidden-size",
        type=cli.integer(1, 4096),
        metavar="N",
        help="hidden units of each network (default: the recipe's, 128)",
    )
    add(
        "--batch-size",
        type=cli.integer(2, 4096),
        metavar="N",
        help="curves in a batch (default: the recipe's, 64)",
    )
    cli.add_training_flags(add)

    sample_runs.add_output_flags(parser, log_every=100)
    return cli.parse_run(parser)


def new_config(args):
    """The hyper-parameters of a new run, as the run directory keeps them."""
    from tf_gans.toys.quadratics import recipes

    recipe = recipes.get(args.recipe)
    return {
        "recipe": args.recipe,
        "loss": args.loss or recipe.loss,
        "num_steps": args.num_steps or recipe.num_steps,
        "hidden_size": args.hidden_size or recipe.hidden_size,
        "batch_size": args.batch_size or recipe.batch_size,
        "seed": args.seed,
        "jit_compile": args.jit_compile,
    }


def resumed_config(run, named):
    """The hyper-parameters of a run to go on with."""
    from tf_gans.toys.quadratics import recipes

    schedule = recipes.get(run.config["recipe"]).schedule
    return run.agreed(named, free=() if schedule else ("num_steps",))


def build(config):
    """The data and the compiled model that the hyper-parameters describe."""
    from tf_gans.toys.quadratics import recipes
    from tf_gans.toys.quadratics.data import Quadratics

    data = Quadratics(config["batch_size"])
    jit_compile = config["jit_compile"]
    gan = recipes.build(
        config["recipe"],
        data,
        hidden_size=config["hidden_size"],
        num_steps=config["num_steps"],
        loss=config["loss"],
        seed=config["seed"],
        jit_compile="auto" if jit_compile is None else jit_compile,
    )
    return data, gan


def train(gan, data, run, args, frames):
    """Trains, and records the film's frames, where one is asked for."""
    from tf_gans.toys.quadratics.probe import CurveProbe

    probe = None
    if args.anim_path:
        probe = CurveProbe(
            frames.append,
            data,
            num_curves=NUM_SHOWN,
            every=sample_runs.frames_apart(run, args),
        )
    sample_runs.train("curves", gan, data, run, args, probe)


def finish(gan, data, run, args, frames):
    """Measures the curves, then draws the picture and the film."""
    from tf_gans.toys.quadratics.metrics import curve_baseline, curve_metrics
    from tf_gans.toys.quadratics.picture import QuadraticsPicture
    from tf_gans.toys.quadratics.probe import CurveProbe

    scores = curve_metrics(gan.sample(NUM_CURVES).numpy(), data)
    floors = curve_baseline(data, NUM_CURVES)
    sample_runs.write_summary(
        run,
        {
            "steps": int(gan.step.numpy()),
            "n_fake": NUM_CURVES,
            "samples": scores,
            "floors": floors,
        },
    )
    print_summary(scores, floors)

    config = run.config
    picture = QuadraticsPicture.from_data(data)
    shown = CurveProbe(None, data, NUM_SHOWN).once(gan)
    text = (
        f"Step {int(gan.step.numpy()) - 1} of the recipe {config['recipe']}, "
        f"{config['loss']} loss\n"
        f"{scores['inside']:.1%} of {NUM_CURVES:,} generated curves lie within "
        f"the bounds; residual {scores['residual']:.2g}"
    )
    path = run.path / "quadratics.png"
    picture.save(path, text, **shown)
    print(f"Picture: {path}")
    sample_runs.deliver(
        gan,
        run,
        args,
        frames,
        lambda: picture.film(args.anim_path, config["num_steps"]),
    )
    if not args.no_window and cli.display_exists():
        picture.show(text, **shown)


def print_summary(scores, floors):
    """Prints each number beside what real curves would score."""
    from tf_gans.toys.quadratics.metrics import CURVE_METRICS

    print(f"\n{'':10}{'samples':>12}{'floor':>12}")
    for name in CURVE_METRICS:
        print(f"{name:10}{scores[name]:12.4g}{floors[name]:12.4g}")
    print(
        "inside: the share of the curves that lie within the bounds.\n"
        "residual: the root mean square distance to the nearest true curve.\n"
        "a_w1: the Wasserstein-1 distance between the a of the curves and "
        "U[1, 3].\n"
        f"Floor: the mean of {NUM_CURVES:,} real curves.\n"
    )


def main():
    """Trains, draws, measures and exports."""
    args, named = parse_arguments()
    cli.check_run("curves", args)
    with cli.quiet_imports():
        import tensorflow as tf

        tf.config.list_physical_devices()

    run, data, gan, frames = sample_runs.start(
        "curves",
        args,
        lambda: new_config(args),
        lambda run: resumed_config(run, named),
        build,
    )
    train(gan, data, run, args, frames)
    finish(gan, data, run, args, frames)


if __name__ == "__main__":
    cli.run(main)
