"""A film with a frame for every training step.

Ours is the whole command. The original would take the better part of an hour,
so it makes a few frames, and its time is scaled by their number; starting its
process is not counted.
"""

import pathlib
import tempfile
import time

from benchmarks.measuring import (
    REPEATS,
    Row,
    Worker,
    process_seconds,
    take_turns,
)
from tf_gans.runs.session import HOLD_SECONDS


def ours(num_frames):
    """Returns the seconds of a command that makes a film."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "film.mp4")
        seconds = process_seconds(
            "scripts/gaussian.py",
            *("--minibatch", "--recipe", "code", "--no-window"),
            *("--num-steps", str(num_frames - 1)),
            *("--run-dir", f"{directory}/run"),
            *("--anim-path", str(path), "--anim-every", "1"),
        )
        made = count_frames(path) - round(30 * HOLD_SECONDS)
    if abs(made - num_frames) > 1:
        raise RuntimeError(f"The film has {made} frames, not {num_frames}.")
    return seconds


def count_frames(path):
    """Returns the number of frames of a film."""
    import imageio_ffmpeg

    return imageio_ffmpeg.count_frames_and_secs(str(path))[0]


def tf1(num_frames):
    """Prepares the original's way of making a film of a few frames."""
    from benchmarks import tf1_gaussian

    tf1_gaussian.import_plotting()
    program = tf1_gaussian.build(minibatch=True)
    session = tf1_gaussian.tf.Session(graph=program.graph)
    session.run(program.initialize)
    sampler = tf1_gaussian.Sampler()

    def measure():
        with tempfile.TemporaryDirectory() as directory:
            start = time.perf_counter()
            frames = tf1_gaussian.train(
                program, session, sampler, num_frames, anim_every=1
            )
            tf1_gaussian.save_animation(frames, f"{directory}/film.mp4")
            return time.perf_counter() - start

    return measure


def run(quick=False):
    """Compares the time for a film of 5,000 frames."""
    frames, few, repeats = (300, 8, 1) if quick else (5000, 40, REPEATS)
    original = Worker("animation", "tf1", num_frames=few)
    try:
        seconds = take_turns(
            {
                "ours": lambda: ours(frames),
                "TensorFlow 1": lambda: original.measure() * frames / few,
            },
            repeats,
        )
    finally:
        original.close()
    return [
        Row(
            f"film of {frames:,} frames, one a step (theirs: {few} frames, "
            "scaled)",
            seconds["ours"],
            seconds["TensorFlow 1"],
            "s",
            more_is_better=False,
            goal=25.0,
        )
    ]
