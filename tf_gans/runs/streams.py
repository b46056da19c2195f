"""What a script writes to the screen, and what it keeps from it."""

import contextlib
import os
import sys
import tempfile
import warnings

from tf_gans.errors import shown


def warn(line):
    """Prints a line to the standard error stream."""
    print(line, file=sys.stderr)


@contextlib.contextmanager
def for_a_user(program):
    """Prints by `Output`, and Python's warnings to users as lines.

    Python would show the code that warns, which is no business of a user's.

    Args:
        program: str. The lines begin with its name.
    """
    with (
        contextlib.redirect_stdout(Output(sys.stdout)),
        warnings.catch_warnings(),
    ):
        show = warnings.showwarning

        def show_line(message, category, *where, **options):
            if category is UserWarning:
                warn(f"{program}: {shown(message)}")
            else:
                show(message, category, *where, **options)

        warnings.showwarning = show_line
        yield


@contextlib.contextmanager
def quiet_imports():
    """Prepares TensorFlow's import, and keeps its notes off the screen.

    It writes them to the standard error stream before any setting of its own
    is read. They are shown after all if the import fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Off by default on processors without AVX-512, where convolutions then
    # take 1.5 times as long.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # TensorFlow takes all of a GPU's memory when it starts, and leaves none to
    # another process.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    with _captured_stderr(lambda notes, failed: notes if failed else b""):
        yield


@contextlib.contextmanager
def quiet_first_step():
    """Keeps what is known to be harmless in TensorFlow's first step from sight.

    Its graph optimiser reports a fusion that it gives up ("remapper failed") as
    an error, for several discriminators, and goes on without. All else that is
    said is shown when the step is done.
    """

    def worth_showing(notes, failed):
        lines = notes.splitlines(keepends=True)
        return b"".join(
            line for line in lines if b"remapper failed" not in line
        )

    with _captured_stderr(worth_showing):
        yield


@contextlib.contextmanager
def _captured_stderr(choose):
    """Holds back what comes from C++, too.

    Args:
        choose: called with what was said, bytes, and whether there was an
            exception; returns what is to be shown.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    failed = True
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            notes.seek(0)
            shown = choose(notes.read(), failed)
            if shown:
                os.write(2, shown)


class Output:
    """The standard output, which may be closed or full while work goes on.

    A training is not lost because `head` has seen enough or a disk is full:
    what cannot be written is dropped.
    """

    def __init__(self, stream):
        self._stream = stream
        if hasattr(stream, "reconfigure"):
            # A name that a terminal has no letters for ends no run.
            stream.reconfigure(errors="backslashreplace")

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        """Writes text, as long as somebody takes it."""
        with self._dropping():
            return self._stream.write(text)
        return len(text)

    def flush(self):
        """Writes what is buffered, as long as somebody takes it."""
        with self._dropping():
            self._stream.flush()

    @contextlib.contextmanager
    def _dropping(self):
        try:
            yield
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                warn(
                    "the standard output cannot be written "
                    f"({error.strerror}); going on without"
                )
            # For good, and for what is flushed when the program ends.
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), self._stream.fileno())
