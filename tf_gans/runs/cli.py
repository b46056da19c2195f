"""What the command lines share: flags, their types and checks, exit codes.

Imports neither TensorFlow nor matplotlib, so that a mistake in the flags is
answered at once.
"""

import argparse
import difflib
import math
import os
import pathlib
import re
import shlex
import sys
import urllib.parse

from tf_gans import files
from tf_gans.errors import UserError, shown
from tf_gans.runs import gpu, streams
from tf_gans.runs.streams import warn


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that answers a mistake with one line.

    Its name is the program's, and its description keeps its lines.
    """

    def __init__(self, description=None, **options):
        options = {
            "prog": program(),
            "formatter_class": argparse.RawDescriptionHelpFormatter,
            **options,
        }
        super().__init__(description=description, **options)

    def error(self, message):
        """Prints the mistake, without the usage, and exits with code 2."""
        found = re.search(
            r"invalid choice: '(.*)' \(choose from (.*)\)", message
        )
        if found:
            choices = [choice.strip("' ") for choice in found[2].split(",")]
            near = difflib.get_close_matches(found[1], choices, n=1)
            message += f"; did you mean {near[0]!r}?" if near else ""
        self.exit(2, f"{self.prog}: {shown(message)}\n")

    def parse(self, arguments=None):
        """Parses the command line.

        Returns:
            A pair: the values of all flags, and a dict of those that were
            named, for comparing with a run that is resumed.
        """
        values = self.parse_args(arguments)
        defaults = {a.dest: a.default for a in self._actions}
        for action in self._actions:
            action.default = argparse.SUPPRESS
        named = vars(self.parse_args(arguments))
        for action in self._actions:
            action.default = defaults[action.dest]
        return values, named


def integer(low, high):
    """Returns an argparse type: a whole number from `low` to `high`."""

    def parse(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {low} to {high}; "
                f"received {text!r}"
            )
        return value

    return parse


def number(low=-math.inf, high=math.inf, above=None):
    """Returns an argparse type: a number in [low, high] or (above, high]."""

    def parse(text):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        too_low = value <= above if above is not None else value < low
        if not math.isfinite(value) or too_low or value > high:
            bottom = (
                f"above {above:g}" if above is not None else f"from {low:g}"
            )
            raise argparse.ArgumentTypeError(
                f"must be a number {bottom} to {high:g}; received {text!r}"
            )
        return value

    return parse


def existing_file(text):
    """An argparse type: the path of a file that is there."""
    # Not `Path.is_file`, which fails where a name is too long.
    if not os.path.isfile(text):
        what = "is not a file" if os.path.exists(text) else "does not exist"
        raise argparse.ArgumentTypeError(f"must name a file; {text!r} {what}")
    return pathlib.Path(text)


def existing_path(text):
    """An argparse type: the path of a file or directory that is there."""
    if not os.path.exists(text):
        raise argparse.ArgumentTypeError(
            f"must name a file or a folder; {text!r} does not exist"
        )
    return pathlib.Path(text)


def ending_in(suffix):
    """Returns an argparse type: the path of a file to write."""

    def parse(text):
        path = pathlib.Path(text)
        if path.suffix.lower() != suffix:
            raise argparse.ArgumentTypeError(
                f"must end in {suffix}; received {text!r}"
            )
        return path

    return parse


def server_url(text):
    """An argparse type: the address of an HTTP server, without a / behind."""
    try:
        parts = urllib.parse.urlsplit(text)
        is_url = parts.scheme in ("http", "https") and parts.hostname
        is_url = is_url and not parts.query and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise argparse.ArgumentTypeError(
            "must be an address such as http://127.0.0.1:8501; received "
            f"{text!r}"
        )
    return text.rstrip("/")


def add_overwrite_flag(add):
    """Adds `--overwrite`; see `check_output`.

    Args:
        add: the `add_argument` of a group.
    """
    add(
        "--overwrite",
        action="store_true",
        help="replace files that exist (default: refuse to)",
    )


def check_output(flag, path, overwrite):
    """Checks that a file can be written, and replaces none unasked.

    Args:
        flag: str. What names the file.
        path: path.
        overwrite: bool. Whether `--overwrite` is given.

    Raises:
        UserError: the file cannot be made there, or there is one.
    """
    files.check_writable(path)
    if not overwrite and path.exists():
        raise UserError(
            f"{flag} {path}: exists; name another file, or add --overwrite to "
            "replace it"
        )


def add_model_path(add):
    """Adds the path of a trained model, as `tf_gans.runs.load` takes it.

    Args:
        add: the `add_argument` of a parser or of a group.
    """
    add(
        "path",
        type=pathlib.Path,
        metavar="PATH",
        help="a run directory, or an exported model or one version of it",
    )


def add_sample_flags(add, what, most, default, labels, labels_help):
    """Adds how many samples are made, from which seed, and their labels.

    Args:
        add: the `add_argument` of a group.
        what: str, `"image"` or `"sample"`.
        most, default: ints. Of the number.
        labels: argparse type of one label.
        labels_help: str. What the help says of `--labels`.
    """
    add(
        "-n",
        f"--num-{what}s",
        type=integer(1, most),
        default=default,
        metavar="N",
        help=f"how many (default: {default})",
    )
    add(
        "--seed",
        type=integer(0, 2**31 - 1),
        default=0,
        metavar="S",
        help=f"the seed of the first {what}; the next one's is S + 1 "
        "(default: %(default)s)",
    )
    add(
        "--labels",
        type=lambda text: [labels(part) for part in text.split(",")],
        metavar="L,L,...",
        help=labels_help,
    )


def add_batch_flag(add, what):
    """Adds `--batch-size`, of samples that are made and not trained on.

    Args:
        add: the `add_argument` of a group.
        what: str, `"image"` or `"sample"`.
    """
    add(
        "--batch-size",
        type=integer(1, 4096),
        default=64,
        metavar="N",
        help=f"{what}s that are computed at a time (default: %(default)s)",
    )


def add_training_flags(add):
    """Adds `--seed`, `--jit-compile` and `--deterministic`.

    Args:
        add: the `add_argument` of a group.
    """
    add(
        "--seed",
        type=integer(0, 2**31 - 1),
        default=42,
        metavar="N",
        help="everything random follows from it (default: %(default)s)",
    )
    add(
        "--jit-compile",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="compile the training with XLA (default: where it is faster)",
    )
    add(
        "--deterministic",
        action="store_true",
        help="end with the same bits every time on a GPU, too, where it is "
        "slower; on a CPU every run does",
    )


def add_run_flags(add, log_every, checkpoints):
    """Adds the flags of what a training writes.

    Args:
        add: the `add_argument` of a group.
        log_every: int. The default of `--log-every`.
        checkpoints: str. What the help says of when checkpoints are saved.
    """
    positive = integer(1, 10**9)
    add(
        "--run-dir",
        type=pathlib.Path,
        metavar="DIR",
        help="directory of the run (default: the next runs/NAME-NNN)",
    )
    add("--resume", action="store_true", help="go on with the run in --run-dir")
    add(
        "--log-every",
        type=positive,
        default=log_every,
        metavar="N",
        help="print and log the losses of every Nth step "
        "(default: %(default)s)",
    )
    add(
        "--checkpoint-every",
        type=positive,
        metavar="N",
        help=f"save a checkpoint every N steps (default: {checkpoints})",
    )
    add(
        "--anim-path",
        type=pathlib.Path,
        metavar="FILE",
        help="film of the training: .mp4, .gif or .webm",
    )
    add(
        "--anim-every",
        type=positive,
        metavar="N",
        help="a frame for every Nth step (default: a film of about 10 s, its "
        "frames dense early and sparse later)",
    )
    add(
        "--export",
        type=pathlib.Path,
        metavar="DIR",
        help="write the trained model as the next version of a SavedModel "
        "for TensorFlow Serving",
    )
    add_overwrite_flag(add)


def parse_run(parser):
    """Parses a training's command line.

    Returns:
        As `Parser.parse`.
    """
    values, named = parser.parse()
    if values.resume and values.run_dir is None:
        parser.error(
            "argument --resume: needs --run-dir DIR, the run to resume"
        )
    return values, named


def check_run(name, values):
    """Answers the mistakes that can be seen without loading anything.

    Args:
        name: str. The script's name, and that of its runs.
        values: what `parse_run` returns first.

    Raises:
        UserError: a file cannot be written, or the run directory is not what
            the flags say.
    """
    from tf_gans.runs.directory import RunDirectory

    if values.anim_path:
        from tf_gans.plotting import video  # takes seconds to load

        video.check_video_path(values.anim_path)
    if values.export:
        files.check_writable(values.export / "new-version")
    if values.resume:
        run = RunDirectory.resume(values.run_dir)
        if run.script != name:
            raise UserError(f"{run.path}: is not a run of {name}.py")
    elif values.run_dir:
        RunDirectory.check_new(values.run_dir)
    else:
        files.check_writable(pathlib.Path("runs/new"))
    if values.anim_path:
        path = values.anim_path
        is_own = values.resume and run.film == str(path.absolute())
        check_output("--anim-path", path, values.overwrite or is_own)


def display_exists():
    """Whether a window could be shown to somebody."""
    if sys.platform in ("darwin", "win32"):
        return sys.stdout.isatty()
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def load_tensorflow():
    """Imports TensorFlow and looks for devices, without its notes."""
    with streams.quiet_imports():
        import tensorflow as tf

        tf.config.list_physical_devices()
    gpu.warn_of_new()


def load_to_train(values):
    """`load_tensorflow`, and what `--deterministic` asks for.

    Args:
        values: what `parse_run` returns first, when `check_run` has seen it.
            Its `jit_compile` becomes False where determinism needs that.
    """
    from tf_gans.runs.directory import RunDirectory

    config = vars(values)
    if values.resume:
        config = RunDirectory.resume(values.run_dir).config
    if not config.get("deterministic"):
        load_tensorflow()
        return
    gpu.ask_for_determinism()
    load_tensorflow()
    values.jit_compile = gpu.begin_determinism(config["jit_compile"])


def program():
    """The program's name in its messages, such as `gaussian.py`."""
    return pathlib.Path(sys.argv[0]).name


def started_as():
    """How the user has started this program, to be typed again."""
    path = sys.argv[0]
    return f"python {shlex.quote(path)}" if path.endswith(".py") else program()


def sibling(name):
    """How another script would be started, as this one was, to be typed."""
    path = pathlib.Path(sys.argv[0])
    if path.suffix == ".py":
        return f"python {shlex.quote(str(path.with_name(f'{name}.py')))}"
    return f"tf-gans {name}"


def run(main):
    """Calls `main()`; a user's mistake becomes a line and an exit code."""
    # A notebook hands its own to all that it starts, which may lack it.
    if os.environ.get("MPLBACKEND", "").startswith("module://"):
        del os.environ["MPLBACKEND"]
    with streams.for_a_user(program()):
        try:
            main()
        except UserError as error:
            warn(f"{program()}: {shown(error)}")
            for line in error.advice:
                warn(shown(line))
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            warn(f"{program()}: interrupted")
            sys.exit(130)
        finally:
            sys.stdout.flush()
