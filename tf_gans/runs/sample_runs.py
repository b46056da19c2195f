"""Trainings on samples that are drawn as they are needed.

What the scripts gaussian.py, curves.py and their like share: a script says what
is learned and how it is shown. The run directory, the training with all that
watches it, the film and the export are here.
"""

import json
import sys

from tf_gans.errors import Interrupted, RunError
from tf_gans.runs import cli

FILM_FRAMES = 300  # at least, of a film whose length is the training's


def add_output_flags(parser, log_every, anim_every=None):
    """Adds the flags of what a training writes and shows.

    Args:
        parser: `cli.Parser`.
        log_every: int. The default of `--log-every`.
        anim_every: int, or None for `FILM_FRAMES` frames in all. The default
            of `--anim-every`. Defaults to `None`.
    """
    add = parser.add_argument_group("what is written").add_argument
    cli.add_run_flags(
        add,
        log_every=log_every,
        checkpoints="every 2 seconds",
        anim_every=anim_every,
        frames=str(anim_every or f"{FILM_FRAMES} frames in all"),
    )
    add(
        "--no-window",
        action="store_true",
        help="do not show the picture, even where a display exists",
    )


def start(name, args, new_config, resumed_config, build):
    """Opens the run directory and the model, and resumes the training.

    Args:
        name: str. The script's name, and that of its runs.
        args: the flags' values.
        new_config: called without arguments; returns the hyper-parameters of a
            new run, a dict of JSON types with `num_steps` among them.
        resumed_config: called with the `RunDirectory` of a run to go on with;
            returns its hyper-parameters.
        build: called with the hyper-parameters; returns the data and the
            compiled model.

    Returns:
        The run, its data, its model, and the `FrameStore` of its film.
    """
    from tf_gans.runs.directory import RunDirectory
    from tf_gans.runs.frames import FrameStore

    if args.resume:
        run = RunDirectory.resume(args.run_dir)
        run.config = resumed_config(run)
        data, gan = build(run.config)
    else:
        path = args.run_dir or RunDirectory.next_free("runs", name)
        RunDirectory.check_new(path)
        config = {"script": name, **new_config()}
        data, gan = build(config)
        # XLA and the plain kernels round differently, so the choice is part
        # of what the run is.
        config["jit_compile"] = gan.jit_compile
        run = RunDirectory.create(path, config)

    frames = FrameStore(run.path / "frames")
    if args.resume:
        run.clean()
        step = run.load_checkpoint(
            gan, lambda line: print(line, file=sys.stderr)
        )
        run.truncate_log(step)
        frames.truncate(step)
        print(f"Going on with {run.path} after {step} steps.")
    return run, data, gan, frames


def total_steps(run):
    """How many steps a run has: as in gan-intro, step 0 counts extra."""
    return run.config["num_steps"] + 1


def frames_apart(run, args):
    """How many steps lie between two frames of the film."""
    return args.anim_every or max(1, total_steps(run) // FILM_FRAMES)


def train(name, gan, data, run, args, probe=None, stop=None):
    """Trains to the end, to the early stop, or to Ctrl-C.

    Args:
        name: str. The script's name.
        gan, data, run: see `start`.
        args: the flags' values.
        probe: `Probe` that records the film, or None. Defaults to `None`.
        stop: `StopAtW1`, or None. Defaults to `None`.

    Raises:
        Interrupted: by Ctrl-C, when a checkpoint has been saved.
    """
    from tqdm import tqdm

    from tf_gans import callbacks

    total = total_steps(run)
    begin = int(gan.step.numpy())
    if begin >= total or (stop and begin and stop.is_reached(gan)):
        print(f"{run.path} has nothing left to train.")
        return

    # A bar where somebody watches; lines for everybody else.
    bar = tqdm(
        total=total,
        initial=begin,
        unit=" steps",
        disable=None,
        desc="compiling",
        leave=False,
        smoothing=0.1,
    )

    def report(rows):
        # A VAE has one loss.
        names = [n for n in ("d_loss", "g_loss", "loss") if n in rows[0]]
        lines = [
            f"{row['step']}: " + "\t".join(f"{row[n]:.4f}" for n in names)
            for row in rows
        ]
        bar.write("\n".join(lines), file=sys.stdout)
        run.log_lines(rows)

    def advance(steps):
        bar.set_description("training", refresh=False)
        bar.update(steps)

    watchers = [
        probe,
        callbacks.StopOnNonFinite(run.last_checkpoint),
        callbacks.StepLog(args.log_every, report, advance),
        stop,
        callbacks.Checkpoints(
            lambda: run.save_checkpoint(gan), args.checkpoint_every
        ),
    ]
    with bar, cli.interruptible(gan) as interrupted:
        gan.fit(
            data,
            steps_per_epoch=total - begin,
            verbose=0,
            callbacks=[watcher for watcher in watchers if watcher],
        )
    step = int(gan.step.numpy())
    if interrupted and step < total:
        raise Interrupted(
            f"stopped after {step} steps; go on with: "
            f"{name}.py --run-dir {run.path} --resume"
        )
    if stop and stop.stopped_step:
        print(f"Stopped after {step} steps: W1 is at most {stop.threshold:g}.")


def write_summary(run, summary):
    """Writes what was measured at the end, a dict, to `summary.json`."""
    from tf_gans import files

    text = json.dumps(summary, indent=2) + "\n"
    files.write_text(run.path / "summary.json", text)


def deliver(gan, run, args, frames, open_film):
    """Exports the model and draws the film, where they were asked for.

    Args:
        gan, run, frames: see `start`.
        args: the flags' values.
        open_film: called without arguments; returns the film, a context manager
            whose `add` takes a block of the recorded frames by their names.
    """
    if args.export:
        from tf_gans import export

        print(f"SavedModel: {export.export_saved_model(gan, args.export)}")
    if args.anim_path:
        try:
            draw_film(frames, open_film)
        except RunError as error:
            raise RunError(
                f"{error}; all else is kept: draw it again with "
                f"--run-dir {run.path} --resume --anim-path {args.anim_path}"
            ) from None
        print(f"Film: {args.anim_path}")


def draw_film(frames, open_film):
    """Draws the recorded frames, then forgets them; see `deliver`."""
    from tqdm import tqdm

    with (
        tqdm(
            total=len(frames),
            desc="drawing",
            unit=" frames",
            disable=None,
            leave=False,
        ) as bar,
        open_film() as film,
    ):
        for chunk in frames:
            film.add(**chunk)
            bar.update(len(chunk["steps"]))
    frames.clear()
