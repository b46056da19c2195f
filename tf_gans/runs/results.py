"""What every training leaves at its end: the curves and the film."""

import json
import shlex

from tf_gans import files
from tf_gans.errors import RunError
from tf_gans.runs.frames import LOSS


def print_speed(session, steps_per_epoch):
    """Prints how fast the training was, in images or, without an end, steps."""
    rate = session.steps / session.seconds
    line = f"{session.steps} steps in {session.seconds:.0f} s, "
    if steps_per_epoch:
        images = session.model.batches_per_step * session.source.batch_size
        print(f"{line}{rate * images:.0f} images/s")
    else:
        print(f"{line}{rate:,.0f} steps/s")


def write_summary(session, measured):
    """Writes `summary.json`.

    Args:
        session: `Session`.
        measured: dict of JSON types: what the script measured.

    Returns:
        The summary, a dict of JSON types.
    """
    run, film = session.run, session.args.anim_path
    summary = {
        "steps": session.step,
        "steps_this_time": session.steps,
        "seconds": round(session.seconds, 1),
        # A run may draw its own film again.
        "film": str(film.absolute()) if film else run.film,
        **measured,
    }
    if session.evaluation:
        summary["evaluation"] = session.evaluation.finish()
    text = json.dumps(summary, indent=2) + "\n"
    files.write_text(run.path / "summary.json", text)
    return summary


def draw_curves(session, steps_per_epoch):
    """Draws what was logged, to `curves.png`.

    Args:
        session: `Session`.
        steps_per_epoch: int, or None where the data have no end.
    """
    from tf_gans.plotting import plot_curves

    run = session.run
    lines = run.log_path.read_text("utf-8").splitlines()
    loss = getattr(session.model, "adversarial_loss", None)
    path = run.path / "curves.png"
    plot_curves(
        path,
        [json.loads(line) for line in lines],
        steps_per_epoch=steps_per_epoch,
        equilibrium=getattr(session.model, "equilibrium", None),
        probabilities=loss is None or loss.probabilistic,
        evaluations=session.evaluation.rows if session.evaluation else (),
        about=session.about | {"generated": False},
    )
    print(f"Curves: {path}")


def draw_film(session, open_film, resume_command):
    """Draws the recorded frames.

    Args:
        session: `Session`.
        open_film: called without arguments, returns the film: a context manager
            whose `add` takes recorded frames.
        resume_command: str. How to go on with the run.

    Raises:
        RunError: there are no frames, or the film cannot be drawn.
    """
    from tqdm import tqdm

    frames, path = session.frames, session.args.anim_path
    if not len(frames):
        raise RunError(
            f"{path}: no frames were recorded: a film is asked for when the "
            "training begins, and its frames are kept until it is drawn"
        )
    try:
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
                drawn = {
                    name: array
                    for name, array in chunk.items()
                    if not name.startswith(LOSS)
                }
                film.add(**drawn)
                bar.update(len(chunk["steps"]))
    except RunError as error:
        raise RunError(
            f"{error}; all else is kept: draw it again with "
            f"{resume_command} --anim-path {shlex.quote(str(path))}"
        ) from None
    print(f"Film: {path}")
