"""Learns a one-dimensional distribution with a generative adversarial network.

    python scripts/gaussian.py                   plain discriminator
    python scripts/gaussian.py --minibatch       with minibatch discrimination
    python scripts/gaussian.py --minibatch --anim-path film.mp4
    python scripts/gaussian.py --data heights.csv --minibatch
    python scripts/gaussian.py --minibatch --export saved_models/mine
    python scripts/gaussian.py --run-dir runs/gaussian-001 --resume

Prints `step: discriminator loss <tab> generator loss`, and at the end how close
the samples are. Everything it makes is in the run directory.
"""

import argparse

from tf_gans.errors import UserError
from tf_gans.runs import cli, sample_runs

NUM_POINTS = 10_000  # samples in the picture and in the summary
STOP_EVERY = 100  # steps between two looks at W1


def parse_arguments():
    """Returns the flags' values, and a dict of those that were named."""
    parser = cli.Parser(
        prog="gaussian.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    group = parser.add_argument_group("what is learned")
    add = group.add_argument
    add(
        "--mu",
        type=cli.number(-1e6, 1e6),
        default=4.0,
        help="mean of the Gaussian to learn (default: %(default)s)",
    )
    add(
        "--sigma",
        type=cli.number(high=1e6, above=0),
        default=0.5,
        help="its standard deviation (default: %(default)s)",
    )
    add(
        "--data",
        type=cli.existing_file,
        metavar="FILE",
        help="learn the distribution of these numbers instead: one column, "
        ".csv, .txt or .npy",
    )

    group = parser.add_argument_group("how it is learned")
    add = group.add_argument
    add(
        "--recipe",
        choices=("stable", "code", "article"),
        default="stable",
        help="the set-up: this project's, or that of the original's listing "
        "or article (default: %(default)s)",
    )
    add("--minibatch", action="store_true", help="use minibatch discrimination")
    add(
        "--loss",
        choices=("logits", "clamped"),
        default="logits",
        help="the stable form, or the original's log(max(D, 1e-5)), which can "
        "freeze for ever (default: %(default)s)",
    )
    add(
        "--num-steps",
        type=cli.integer(1, 10**9),
        metavar="N",
        help="training steps (default: the recipe's, 5000)",
    )
    add(
        "--hidden-size",
        type=cli.integer(1, 256),
        metavar="N",
        help="hidden units of the generator (default: the recipe's; 4 in the "
        "original)",
    )
    add(
        "--batch-size",
        type=cli.integer(2, 4096),
        metavar="N",
        help="samples in a batch (default: the recipe's; 8 in the original)",
    )
    add(
        "--stop-at-w1",
        type=cli.number(above=0),
        metavar="X",
        help="stop as soon as the Wasserstein-1 distance to the data is X or "
        f"less, looking every {STOP_EVERY} steps",
    )
    cli.add_training_flags(add)

    sample_runs.add_output_flags(parser, log_every=10, anim_every=1)

    values, named = cli.parse_run(parser)
    if values.data and ("mu" in named or "sigma" in named):
        flag = "--mu" if "mu" in named else "--sigma"
        parser.error(f"argument --data: cannot be used together with {flag}")
    return values, named


def new_config(args):
    """The hyper-parameters of a new run, as the run directory keeps them."""
    from tf_gans import files
    from tf_gans.toys.gaussian import recipes

    recipe = recipes.get(args.recipe, args.minibatch, not args.data)
    return {
        "recipe": args.recipe,
        "loss": args.loss,
        "minibatch": args.minibatch,
        "num_steps": args.num_steps or recipe.num_steps,
        "hidden_size": args.hidden_size or recipe.hidden_size,
        "batch_size": args.batch_size or recipe.batch_size,
        "seed": args.seed,
        "mu": args.mu,
        "sigma": args.sigma,
        "data": str(args.data) if args.data else None,
        "data_sha256": files.sha256(args.data) if args.data else None,
        "jit_compile": args.jit_compile,
    }


def resumed_config(run, named):
    """The hyper-parameters of a run to go on with.

    What was not named now is as it was. What was named must be as it was, but
    for the number of steps where nothing else depends on it.
    """
    from tf_gans import files
    from tf_gans.toys.gaussian import recipes

    # The same numbers may lie elsewhere by now.
    free = {"data"}
    if not recipes.get(run.config["recipe"]).schedule:
        free.add("num_steps")
    path = named.get("data", run.config["data"])
    if path:
        try:
            named = {**named, "data_sha256": files.sha256(path)}
        except OSError as error:
            raise UserError(
                f"--data {path}: cannot be read: {error.strerror}"
            ) from None
    return run.agreed(named, free)


def open_data(config):
    """The distribution to learn."""
    from tf_gans import data

    if config["data"]:
        return data.Empirical.from_file(config["data"], config["batch_size"])
    try:
        return data.Gaussian(
            config["batch_size"], config["mu"], config["sigma"]
        )
    except ValueError as error:
        raise UserError(f"--mu, --sigma: {error}") from None


def build(config, data, args):
    """The model that the hyper-parameters describe, compiled."""
    from tf_gans.toys.gaussian import recipes

    return recipes.build(
        config["recipe"],
        data,
        minibatch=config["minibatch"],
        hidden_size=config["hidden_size"],
        num_steps=config["num_steps"],
        loss=config["loss"],
        seed=config["seed"],
        jit_compile="auto"
        if config["jit_compile"] is None
        else config["jit_compile"],
        steps_per_execution=STOP_EVERY if args.stop_at_w1 else "auto",
    )


def picture_range(data):
    """The ends of the picture's axis: the original's, where the data fit in."""
    from tf_gans.toys.gaussian.recipes import RANGE

    low, high = data.mean - 4 * data.std, data.mean + 4 * data.std
    if low >= -RANGE and high <= RANGE and data.std > RANGE / 50:
        return -RANGE, RANGE
    # The same proportions as the original's picture.
    return data.mean - 24 * data.std, data.mean + 8 * data.std


def make_probe(data, receiver, args):
    """What measures the picture and the film's frames."""
    from tf_gans.toys.gaussian.probe import DistributionProbe

    low, high = picture_range(data)
    return DistributionProbe(
        receiver, data.batch_size, low, high, every=args.anim_every
    )


def train(gan, data, run, args, frames):
    """Trains, and records the film's frames, where one is asked for."""
    from tf_gans import callbacks
    from tf_gans.toys.gaussian.metrics import wasserstein_1
    from tf_gans.toys.gaussian.probe import generated_samples

    probe = make_probe(data, frames.append, args) if args.anim_path else None
    stop = None
    if args.stop_at_w1:
        stop = callbacks.StopAtW1(
            lambda gan: wasserstein_1(generated_samples(gan, NUM_POINTS), data),
            args.stop_at_w1,
        )
    sample_runs.train("gaussian", gan, data, run, args, probe, stop)


def finish(gan, data, run, args, frames):
    """Measures the samples, then draws the picture and the film."""
    from tf_gans.toys.gaussian.metrics import scalar_baseline, scalar_metrics
    from tf_gans.toys.gaussian.picture import DistributionPicture
    from tf_gans.toys.gaussian.probe import generated_samples

    samples = generated_samples(gan, NUM_POINTS)
    scores = scalar_metrics(samples, data)
    floors = scalar_baseline(data, NUM_POINTS)
    step = int(gan.step.numpy())
    sample_runs.write_summary(
        run,
        {
            "steps": step,
            "n_fake": NUM_POINTS,
            "data": {"mean": data.mean, "std": data.std},
            "samples": scores,
            "floors": floors,
        },
    )
    print_summary(data, scores, floors)

    config = run.config
    picture = DistributionPicture.from_data(data, *picture_range(data))
    shown = make_probe(data, None, args).once(gan)
    text = (
        f"Step {step - 1} of the recipe {config['recipe']}"
        f"{' with minibatch discrimination' if config['minibatch'] else ''}\n"
        f"W1 {scores['w1']:.3g}, of perfect samples {floors['w1']:.3g}"
    )
    path = run.path / "gaussian.png"
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


def print_summary(data, scores, floors):
    """Prints each number beside what perfect samples would score."""
    print(f"\n{'':6}{'samples':>12}{'data':>12}{'error':>12}{'floor':>12}")
    for name, target in (("mean", data.mean), ("std", data.std)):
        error = abs(scores[name] - target)
        print(
            f"{name:6}{scores[name]:12.4g}{target:12.4g}{error:12.4g}"
            f"{floors[name]:12.4g}"
        )
    for name in ("w1", "ks"):
        print(
            f"{name.upper():6}{'':24}{scores[name]:12.4g}{floors[name]:12.4g}"
        )
    print(
        f"Floor: the mean error of {NUM_POINTS:,} independent samples of the "
        "data themselves.\n"
    )


def main():
    """Trains, draws, measures and exports."""
    args, named = parse_arguments()
    cli.check_run("gaussian", args)
    with cli.quiet_imports():
        import tensorflow as tf

        tf.config.list_physical_devices()

    def build_both(config):
        data = open_data(config)
        return data, build(config, data, args)

    run, data, gan, frames = sample_runs.start(
        "gaussian",
        args,
        lambda: new_config(args),
        lambda run: resumed_config(run, named),
        build_both,
    )
    train(gan, data, run, args, frames)
    finish(gan, data, run, args, frames)


if __name__ == "__main__":
    cli.run(main)
