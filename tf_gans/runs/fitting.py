"""The training of a script's model, with all that watches it, and Ctrl-C."""

import contextlib
import signal
import time

from tf_gans import callbacks
from tf_gans.errors import Interrupted
from tf_gans.runs import gpu
from tf_gans.runs.quiet import QuietFirstStep


def fit(training, session):
    """Trains from where the model stands to the end of the training.

    Args:
        training: the `Training`.
        session: the `Session`, whose `seconds` and `steps` are set.

    Raises:
        Interrupted: by a signal, here or at another worker, when a checkpoint
            has been saved.
        RunError: it diverged, a device failed, or another worker is gone.
    """
    run, model, devices = session.run, session.model, session.devices
    begin, total = session.step, session.total_steps
    progress = training.progress(session)

    def report(rows):
        names = getattr(model, "headline", list(model.step_losses)[:2])
        progress.write(
            "\n".join(
                f"{row['step']}: "
                + "\t".join(f"{row[name]:.4f}" for name in names)
                for row in rows
            )
        )
        run.log_lines(rows)

    def save():
        if not devices.follows:
            run.save_checkpoint(model)

    watchers = [
        callbacks.StopOnNonFinite(run.checkpoints.last),
        callbacks.StepLog(session.args.log_every, report),
        *(session.evaluation.callbacks() if session.evaluation else []),
        *training.watch(session),
        callbacks.Checkpoints(
            save,
            session.args.checkpoint_every,
            training.checkpoint_seconds,
        ),
        progress,
        quiet := QuietFirstStep(),
    ]
    if session.evaluation:
        session.evaluation.say = progress.write
    command = training.resume_command(run)
    started = time.perf_counter()
    with (
        progress,
        quiet,
        gpu.explained(),
        devices.together(command),
        interruptible(model),
    ):
        model.fit(
            session.source,
            steps_per_epoch=total - begin,
            verbose=0,
            callbacks=watchers,
        )
    session.seconds = time.perf_counter() - started
    session.steps = session.step - begin
    if model.interrupted and session.step < total:
        raise Interrupted(
            f"stopped after {session.step} steps; go on with: {command}"
        )


@contextlib.contextmanager
def interruptible(model):
    """Lets Ctrl-C and SIGTERM end `fit` after the block that is running.

    A second Ctrl-C ends the program at once.

    Args:
        model: the `Trained` model, whose `interrupted` is True afterwards
            where a signal came.
    """

    def stop(number, frame):
        model.interrupted = True
        model.stop_training = True
        signal.signal(number, before[number])

    before = {
        number: signal.signal(number, stop)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
