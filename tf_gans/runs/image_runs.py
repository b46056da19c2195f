"""Trainings on images: what mnist.py, dcgan.py and variants.py share.

A script says which flags its networks have. Everything else is here: the data,
the run directory, the training with all that watches it, and its pictures.
"""

import json
import re
import sys
import time

from tf_gans.errors import Interrupted, RunError, UserError
from tf_gans.runs import cli

GRID_ROWS = 8  # of a grid of samples
FILM_FRAMES = 300  # of a film, where --anim-every does not say
CHECKPOINT_SECONDS = 60
SCRIPTS = ("mnist", "dcgan", "variants")


def add_flags(parser, datasets, epochs, batch_size):
    """Adds the flags that all image scripts have.

    Args:
        parser: `cli.Parser`.
        datasets: names that `--dataset` may have. The first is the default.
        epochs: int. The default number of epochs.
        batch_size: str. What the help says of the default batch size.

    Returns:
        The `add_argument` of the group for what is the script's own.
    """
    positive = cli.integer(1, 10**9)
    group = parser.add_argument_group("what is learned")
    add = group.add_argument
    add(
        "--dataset",
        choices=datasets,
        default=datasets[0],
        help="images that are downloaded once, or triangles, which are drawn "
        "here and need no network (default: %(default)s)",
    )
    add(
        "--data",
        type=cli.existing_path,
        metavar="PATH",
        help="learn these images instead: a folder, or an .npz file with uint8 "
        "images as x_train",
    )

    learning = parser.add_argument_group("how it is learned")
    add = learning.add_argument
    add(
        "--epochs",
        type=cli.integer(1, 10**6),
        default=epochs,
        metavar="N",
        help="passes through the images (default: %(default)s)",
    )
    add(
        "--batch-size",
        type=cli.integer(2, 4096),
        metavar="N",
        help=f"images in a batch (default: {batch_size})",
    )
    add(
        "--ema",
        type=cli.number(0, 0.999999),
        metavar="DECAY",
        help="draw samples from a moving average of the generator; 0.999 is "
        "usual (default: none)",
    )
    add(
        "--mixed-precision",
        nargs="?",
        choices=("bfloat16", "float16"),
        const="bfloat16",
        help="compute in 16 bits, with weights in 32; bfloat16 where nothing "
        "is named (default: 32 bits)",
    )
    cli.add_training_flags(add)

    group = parser.add_argument_group("what is written")
    add = group.add_argument
    cli.add_run_flags(
        add,
        log_every=50,
        checkpoints=f"every {CHECKPOINT_SECONDS} seconds",
        anim_every=None,
        frames=f"{FILM_FRAMES} frames in all",
    )
    add(
        "--sample-every",
        type=positive,
        default=250,
        metavar="N",
        help="a grid of samples every N steps (default: %(default)s)",
    )
    add(
        "--batch-statistics",
        action="store_true",
        help="normalise the batches of the grids by their own statistics, as "
        "in training, not by the moving averages",
    )
    return learning.add_argument


def parse(parser):
    """Returns the flags' values, and a dict of those that were named."""
    values, named = cli.parse_run(parser)
    if values.data and "dataset" in named:
        parser.error("argument --data: cannot be used together with --dataset")
    return values, named


# What a run is ---------------------------------------------------------------


def build(config):
    """The model that a run's hyper-parameters describe, compiled."""
    from tf_gans import recipes

    precision = config["mixed_precision"]
    jit_compile = config["jit_compile"]
    options = {
        "seed": config["seed"],
        "ema_decay": config["ema"],
        "dtype": f"mixed_{precision}" if precision else None,
        "jit_compile": "auto" if jit_compile is None else jit_compile,
    }
    if config["script"] == "mnist":
        return recipes.mnist.build(config["network"], **options)
    if config["script"] == "variants":
        return recipes.family.build(
            config["gan"],
            config["preset"],
            size=config["size"],
            channels=config["channels"],
            **config["options"],
            **options,
        )
    return recipes.dcgan.build(
        config["recipe"],
        size=config["size"],
        channels=config["channels"],
        width=config["width"],
        num_classes=config["num_classes"],
        **options,
    )


def load_run(path):
    """The model of a run directory, with its newest whole checkpoint loaded.

    Args:
        path: of the run directory.

    Returns:
        A `tf_gans.GAN`.

    Raises:
        UserError: there is no run of images, or no checkpoint that is whole.
    """
    from tf_gans.runs.directory import RunDirectory

    run = RunDirectory.resume(path)
    if run.config.get("script") not in SCRIPTS:
        scripts = ", ".join(f"{name}.py" for name in SCRIPTS)
        raise UserError(f"{path}: is not a run on images, of {scripts}")
    if run.whole_checkpoint() is None:
        raise UserError(f"{path}: has no checkpoint that is whole")
    gan = build(run.config)
    run.load_checkpoint(gan, lambda line: print(line, file=sys.stderr))
    return gan


def open_images(config, args):
    """Loads the images; completes the configuration by what they are."""
    from tf_gans import data

    images = data.load_images(
        dataset=None if config["data"] else config["dataset"],
        path=config["data"],
        size=config["size"],
        channels=config["channels"],
        with_labels=config.get("conditional", False),
        say=lambda line: print(line, file=sys.stderr),
    )
    count, height, width, channels = images.images.shape
    if height != width:
        raise UserError(
            f"{args.data or config['dataset']}: the images must be square, or "
            f"be cropped with --size; received {width}x{height}"
        )
    if count < config["batch_size"]:
        raise UserError(
            f"--batch-size {config['batch_size']}: there are only {count} "
            "images; name a smaller one"
        )
    return images, {
        "size": height,
        "channels": channels,
        "identity": images.identity,
    }


def start(name, args, named, new_config):
    """Opens the run directory, the data and the model.

    Args:
        name: of the script, and of its runs.
        args, named: see `parse`.
        new_config: called without arguments; returns a dict of the
            hyper-parameters that are the script's own. Those that are None
            are completed from the data.

    Returns:
        The run, its images as a source, the model, and the first images.
    """
    from tf_gans.data import Images
    from tf_gans.runs.directory import RunDirectory

    if args.resume:
        run = RunDirectory.resume(args.run_dir)
        # The same images may lie elsewhere by now.
        config = run.agreed(named, free=("data", "epochs"))
        images, facts = open_images(config, args)
        differing = [n for n, v in facts.items() if config[n] != v]
        if differing:
            raise UserError(
                f"--resume: {run.path} was trained on other images: they "
                f"differ in {', '.join(differing)}"
            )
    else:
        path = args.run_dir or RunDirectory.next_free("runs", name)
        RunDirectory.check_new(path)
        config = {
            "script": name,
            "dataset": None if args.data else args.dataset,
            "data": str(args.data) if args.data else None,
            "epochs": args.epochs,
            "seed": args.seed,
            "ema": args.ema,
            "mixed_precision": args.mixed_precision,
            "jit_compile": args.jit_compile,
            **new_config(),
        }
        images, facts = open_images(config, args)
        config |= facts
    source = Images(
        images.images, config["batch_size"], images.labels, name=images.name
    )
    if not args.resume:
        config["num_classes"] = source.num_classes
    try:
        gan = build(config)
    except ValueError as error:
        raise UserError(_as_flags(str(error), config)) from None
    source.value_range = gan.value_range
    if not args.resume:
        config["jit_compile"] = gan.jit_compile
        run = RunDirectory.create(path, config)
    run.config = config
    return run, source, gan, images.images[: GRID_ROWS**2].copy()


def _as_flags(message, config):
    """A `ValueError`'s message with the flags' names of what it names."""
    flags = {"size", "channels", *config.get("options", ())}
    return re.sub(
        r"`(\w+)`",
        lambda found: (
            f"--{found[1].replace('_', '-')}" if found[1] in flags else found[0]
        ),
        message,
    )


# The run ---------------------------------------------------------------------


def run(name, args, named, new_config):
    """Trains, draws and exports: all that a script does after its flags."""
    cli.check_run(name, args)
    with cli.quiet_imports():
        import tensorflow as tf

        tf.config.list_physical_devices()
        from tf_gans import plotting
        from tf_gans.runs.frames import FrameStore

    directory, source, gan, first = start(name, args, named, new_config)
    frames = FrameStore(directory.path / "frames")
    if args.resume:
        directory.clean()
        step = directory.load_checkpoint(
            gan, lambda line: print(line, file=sys.stderr)
        )
        directory.truncate_log(step)
        frames.truncate(step)
        print(f"Going on with {directory.path} after {step} steps.")
    else:
        print(
            f"{source.name}: {source.num_images:,} images of "
            f"{'x'.join(map(str, source.sample_shape))}; run: {directory.path}"
        )
        # What the samples are to look like.
        plotting.write_png(
            directory.path / "real.png",
            plotting.image_grid(first, scale=2),
        )
    seconds = train(gan, source, directory, args, frames)
    finish(gan, source, directory, args, frames, seconds)


def steps_per_epoch(gan, source):
    """How many steps of the model see each image about once."""
    return max(1, source.steps_per_epoch // gan.critic_steps)


def train(gan, source, run, args, frames):
    """Trains to the end, or to Ctrl-C.

    Returns:
        A pair: how many steps were trained, and in how many seconds.
    """
    from tf_gans import callbacks
    from tf_gans.plotting import images as plotting

    per_epoch = steps_per_epoch(gan, source)
    total = run.config["epochs"] * per_epoch
    begin = int(gan.step.numpy())
    if begin >= total:
        print(f"{run.path} has nothing left to train.")
        return 0, 0.0

    board = callbacks.TensorBoard(run.path / "tensorboard", args.log_every)
    images_a_step = source.batch_size * gan.critic_steps
    bar = callbacks.ImageProgress(total, images_a_step, per_epoch, begin)

    def report(rows):
        names = list(gan.step_losses)[:2]
        bar.write(
            "\n".join(
                f"{row['step']}: {row[names[0]]:.4f}\t{row[names[1]]:.4f}"
                for row in rows
            )
        )
        run.log_lines(rows)

    def keep(step, images):
        grid = plotting.image_grid(images, gan.num_classes)
        path = run.path / "samples" / f"step-{step:09d}.png"
        plotting.write_png(path, grid)
        board.image(step, grid)

    def record(step, images):
        frames.append([step], images=images[None])

    watchers = [
        callbacks.StopOnNonFinite(run.last_checkpoint),
        callbacks.StepLog(args.log_every, report),
        sample_grid(gan, args, args.sample_every, keep),
        board,  # closes its file at the end, behind the last grid
    ]
    if args.anim_path:
        every = args.anim_every or max(1, total // FILM_FRAMES)
        watchers.append(sample_grid(gan, args, every, record))
    watchers += [
        callbacks.Checkpoints(
            lambda: run.save_checkpoint(gan),
            args.checkpoint_every,
            CHECKPOINT_SECONDS,
        ),
        bar,
    ]
    started = time.perf_counter()
    with bar, cli.interruptible(gan) as interrupted:
        gan.fit(
            source,
            steps_per_epoch=total - begin,
            verbose=0,
            callbacks=watchers,
        )
    step = int(gan.step.numpy())
    if interrupted and step < total:
        raise Interrupted(
            f"stopped after {step} steps; go on with: "
            f"{run.config['script']}.py --run-dir {run.path} --resume"
        )
    return step - begin, time.perf_counter() - started


def sample_grid(gan, args, every=1, receiver=None):
    """The callback that draws the run's fixed latents."""
    from tf_gans import callbacks

    return callbacks.SampleGrid(
        every,
        receiver,
        # A conditional model's classes are the columns.
        num_samples=GRID_ROWS * (gan.num_classes or GRID_ROWS),
        seed=int(gan.seed.numpy()),
        batch_statistics=args.batch_statistics,
    )


def finish(gan, source, run, args, frames, work):
    """Draws the pictures and the film, and exports."""
    from tf_gans import files, plotting

    steps, seconds = work
    step = int(gan.step.numpy())
    summary = {
        "steps": step,
        "epochs": step / steps_per_epoch(gan, source),
        "images": source.num_images,
        "steps_this_time": steps,
        "seconds": round(seconds, 1),
    }
    text = json.dumps(summary, indent=2) + "\n"
    files.write_text(run.path / "summary.json", text)
    if steps:
        print(
            f"{steps} steps in {seconds:.0f} s, "
            f"{steps * gan.critic_steps * source.batch_size / seconds:.0f} "
            "images/s"
        )

    images = sample_grid(gan, args).draw(gan)
    path = run.path / "samples.png"
    plotting.write_png(
        path, plotting.image_grid(images, gan.num_classes, scale=2)
    )
    print(f"Samples: {path}")
    rows = [
        json.loads(line)
        for line in run.log_path.read_text("utf-8").splitlines()
    ]
    path = run.path / "curves.png"
    loss = getattr(gan, "adversarial_loss", None)
    plotting.plot_curves(
        path,
        rows,
        steps_per_epoch=steps_per_epoch(gan, source),
        equilibrium=loss and loss.equilibrium,
        probabilities=loss is None or loss.probabilistic,
    )
    print(f"Curves: {path}")
    if args.export:
        from tf_gans import export

        print(f"SavedModel: {export.export_saved_model(gan, args.export)}")
    if args.anim_path:
        try:
            draw_film(
                args.anim_path,
                frames,
                gan.num_classes,
                steps_per_epoch(gan, source),
            )
        except RunError as error:
            raise RunError(
                f"{error}; all else is kept: draw it again with "
                f"--run-dir {run.path} --resume --anim-path {args.anim_path}"
            ) from None
        print(f"Film: {args.anim_path}")


def draw_film(path, frames, columns, steps_per_epoch):
    """Draws the recorded grids, then forgets them."""
    from tqdm import tqdm

    from tf_gans.plotting import GridFilm, image_grid

    with (
        tqdm(
            total=len(frames),
            desc="drawing",
            unit=" frames",
            disable=None,
            leave=False,
        ) as bar,
        GridFilm(path) as film,
    ):
        for chunk in frames:
            for step, images in zip(
                chunk["steps"], chunk["images"], strict=True
            ):
                epoch = step / steps_per_epoch
                film.add(
                    image_grid(images, columns),
                    f"epoch {epoch:5.1f}, step {step:>8,}",
                )
                bar.update()
    frames.clear()
