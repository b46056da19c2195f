"""The run directory: configuration, log, checkpoints, lock.

config.json            the hyper-parameters and the versions
log.jsonl              one line for each logged step
evaluations.jsonl      one for each evaluation, where they are asked for
checkpoints/           step-000005001.npz, each with a .json, its seal
best/                  that of the best evaluation, where it is asked for
lock                   while it is trained: whose process does
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import secrets
import shutil
import socket
import sys

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.runs import lines
from tf_gans.runs.checkpoints import CheckpointStore
from tf_gans.version import __version__

_FORMAT = 1

BEST = "best"  # the directory of the best evaluation's checkpoint

# Hyper-parameters that had other names in the first release.
_RENAMED = {"data_set": "dataset"}


class RunDirectory:
    """A directory that holds one training run.

    Use `reserve` or `create` for a new one, `resume` for one that exists.

    Attributes:
        path: `pathlib.Path`.
        config: dict of the hyper-parameters.
        id: str that ties checkpoints to the configuration, or None for a run
            of the first release.
        chosen: str. The directory of the checkpoints to read: `checkpoints`,
            or `best`.
    """

    chosen = "checkpoints"

    def __init__(self, path, config=None, id=None):
        self.path = pathlib.Path(path)
        self.config = config
        self.id = id
        self._lock = None  # the descriptor of the lock file
        self._made: list = []  # the directories that are new, outermost last

    @classmethod
    def reserve(cls, path=None, name="run"):
        """Makes a run directory that no other process will get, and locks it.

        Args:
            path: where; None for the next free `runs/NAME-NNN`.
            name: str.

        Raises:
            UserError: the directory holds a run or something else, or cannot
                be written.
        """
        if path is not None:
            cls.check_new(path)
            run = cls(path)
            run._made = _missing(run.path)
            with _telling(run.path):
                run.path.mkdir(parents=True, exist_ok=True)
        else:
            while True:
                run = cls(cls.next_free("runs", name))
                run._made = _missing(run.path)
                with _telling(run.path):
                    run.path.parent.mkdir(parents=True, exist_ok=True)
                    # Of two processes one makes it; the other counts on.
                    with contextlib.suppress(FileExistsError):
                        run.path.mkdir()
                        break
        run.lock()
        files.sweep(run.path)
        return run

    @classmethod
    def create(cls, path, config):
        """Makes a run directory and writes its configuration.

        Args:
            path: where. Must not hold a run yet.
            config: dict of the hyper-parameters, of JSON types.

        Raises:
            UserError: the directory holds a run or something else, or cannot
                be written.
        """
        cls.check_new(path)
        run = cls(path)
        run.write_config(config)
        return run

    def write_config(self, config):
        """Writes the hyper-parameters: new ones, or what a resume changed."""
        self.config = config
        self.id = self.id or secrets.token_hex(8)
        document = {
            "format": _FORMAT,
            "id": self.id,
            "config": config,
            "sha256": _checksum(self.id, config),
            "versions": _versions(),
        }
        text = json.dumps(document, indent=2) + "\n"
        files.write_text(self.path / "config.json", text)

    def abandon(self):
        """Leaves nothing of a new run whose start failed."""
        self.unlock()
        if self._made:
            shutil.rmtree(self.path, ignore_errors=True)
            for parent in self._made[1:]:
                with contextlib.suppress(OSError):  # another run is in it
                    parent.rmdir()
        else:
            # The directory is the user's, and what a start writes is not.
            for name in ("config.json", "real.png"):
                (self.path / name).unlink(missing_ok=True)
            shutil.rmtree(self.checkpoints.directory, ignore_errors=True)

    @staticmethod
    def check_new(path):
        """Checks that a run could be made there, before long work is done.

        Raises:
            UserError: the directory holds a run or something else, or cannot
                be written.
        """
        path = pathlib.Path(path)
        files.check_writable(path / "config.json")
        if (path / "config.json").exists():
            raise UserError(
                f"--run-dir {path}: already holds a run; add --resume to go on "
                "with it, or name another directory"
            )
        with contextlib.suppress(FileNotFoundError):
            for entry in path.iterdir():
                # A process that was killed before it had a configuration.
                if entry.name == "lock" or files.is_temporary(entry):
                    continue
                raise UserError(
                    f"--run-dir {path}: holds something else, such as "
                    f"{entry.name}; name a new directory"
                )

    @classmethod
    def resume(cls, path):
        """Opens a run directory that exists.

        Raises:
            UserError: there is no run, or its configuration is damaged.
        """
        path = pathlib.Path(path)
        try:
            document = json.loads((path / "config.json").read_text("utf-8"))
            config, form = document["config"], document["format"]
            if not isinstance(config, dict):
                raise TypeError("`config` is not an object")
        except FileNotFoundError:
            raise UserError(
                f"--run-dir {path}: holds no run to resume"
            ) from None
        except (
            *(OSError, ValueError, KeyError, TypeError),
            RecursionError,  # JSON that is nested without end
        ) as error:
            raise UserError(
                f"{path / 'config.json'}: cannot be read: {error}"
            ) from None
        if form != _FORMAT:
            raise UserError(
                f"{path / 'config.json'}: has format {form}; this version of "
                f"tf_gans ({__version__}) reads format {_FORMAT}"
            )
        id = document.get("id")
        # The first release wrote neither.
        if id and document.get("sha256") != _checksum(id, config):
            raise UserError(
                f"{path / 'config.json'}: was changed after it was written "
                "(its checksum is wrong), so the training that it describes is "
                "another; put it back, or begin a new run"
            )
        config = {_RENAMED.get(k, k): v for k, v in config.items()}
        return cls(path, config, id)

    @property
    def script(self):
        """The name of the script whose run it is."""
        # The first runs of gaussian.py do not say.
        return self.config.get("script", "gaussian")

    # The lock ----------------------------------------------------------------

    def lock(self):
        """Keeps other processes from training this run.

        The system lets go of the lock when the process ends, however it ends.

        Raises:
            UserError: another process has it.
        """
        try:
            import fcntl
        except ImportError:  # not on Windows
            return
        path = self.path / "lock"
        with _telling(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(descriptor, 200).decode("utf-8", "replace").strip()
            os.close(descriptor)
            raise UserError(
                f"{self.path}: is being trained by {owner or 'a process'}; "
                "wait for it, or end it"
            ) from None
        os.ftruncate(descriptor, 0)
        owner = f"process {os.getpid()} on {socket.gethostname()}\n"
        os.write(descriptor, owner.encode())
        self._lock = descriptor

    def unlock(self):
        """Lets other processes train this run."""
        if self._lock is not None:
            (self.path / "lock").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    # Resuming ----------------------------------------------------------------

    def agreed(self, named, free=()):
        """The hyper-parameters to go on with.

        What was not named now is as it was. What was named must be as it was,
        but for what nothing else depends on.

        Args:
            named: dict of what the user names now. Names that are none of the
                run's hyper-parameters are left out.
            free: names that may have other values now.

        Returns:
            The run's configuration, with the new values of those that are free.

        Raises:
            UserError: values differ.
        """
        given = {
            name: str(value) if isinstance(value, pathlib.Path) else value
            for name, value in named.items()
            if name in self.config
        }
        changed = {n: given.pop(n) for n in tuple(given) if n in free}
        differing = differing_names(self.config, given)
        if differing:
            raise UserError(
                f"--resume: {self.path} was trained with other values: "
                + "; ".join(differing)
            )
        return {**self.config, **changed}

    @staticmethod
    def next_free(parent, name):
        """The path `parent/name-NNN` with the lowest number above all used."""
        parent = pathlib.Path(parent)
        numbers = [0]
        with contextlib.suppress(OSError):
            for entry in parent.iterdir():
                head, _, tail = entry.name.rpartition("-")
                if head == name and tail.isdigit():
                    numbers.append(int(tail))
        return parent / f"{name}-{max(numbers) + 1:03d}"

    # The log -----------------------------------------------------------------

    @property
    def log_path(self):
        """The file of the logged steps, one JSON object a line."""
        return self.path / "log.jsonl"

    @property
    def evaluations_path(self):
        """The file of the evaluations, one JSON object a line."""
        return self.path / "evaluations.jsonl"

    @property
    def film(self):
        """The path of the film that the run has made, or None."""
        try:
            summary = json.loads(
                (self.path / "summary.json").read_text("utf-8")
            )
            return summary["film"]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def truncate_log(self, step, say=lambda message: None):
        """Forgets what was logged at `step` and later, and a torn last line.

        Of the evaluations, what was measured after more than `step` steps.

        Args:
            step: int.
            say: called with a line, where one that is damaged stands among
                the others: it and what follows are forgotten, too.
        """
        lines.truncate(self.log_path, step - 1, say)
        # An evaluation's step is the number of steps trained before it.
        lines.truncate(self.evaluations_path, step, say)

    def log_lines(self, rows):
        """Appends objects to the log, one a line."""
        lines.append(self.log_path, rows)

    # Checkpoints -------------------------------------------------------------

    @property
    def checkpoints(self):
        """The `CheckpointStore` of the run."""
        return CheckpointStore(self.path / self.chosen, self.id)

    @property
    def best(self):
        """The `CheckpointStore` of the best evaluation's checkpoint."""
        return CheckpointStore(self.path / BEST, self.id)

    def save_checkpoint(self, model, keep=3):
        """Writes a checkpoint; see `CheckpointStore.save`."""
        return self.checkpoints.save(model, keep)

    def load_checkpoint(self, model, say=lambda message: None):
        """Loads the newest checkpoint that is whole.

        Args:
            model: a model, compiled as the saved one was.
            say: called with one line for each damaged checkpoint passed over.

        Returns:
            The step to go on with: 0, and the model untouched, if nothing was
            ever trained.

        Raises:
            UserError: the run was trained, and no checkpoint is whole; or the
                checkpoint is of another model.
        """
        path = self.checkpoints.newest(say)
        if path is not None:
            self.checkpoints.load(path, model)
            return int(model.step.numpy())
        if self._was_trained():
            raise UserError(
                f"{self.path}: was trained, and no checkpoint is whole in "
                f"{self.checkpoints.directory} (each is an .npz and the .json "
                "of its name); begin a new run"
            )
        return 0

    def _was_trained(self):
        left = list(self.checkpoints.directory.glob("step-*"))
        logged = self.log_path.exists() and self.log_path.stat().st_size
        return bool(left or logged)

    def clean(self):
        """Removes temporary files that a killed process left."""
        files.sweep(self.path)
        for entry in self.path.iterdir():
            if entry.is_dir():
                files.sweep(entry)


def differing_names(stored, given):
    """What stands in the way of resuming.

    Args:
        stored: dict of the hyper-parameters of the run.
        given: dict of those that the user names now.

    Returns:
        A list of `"name was X, received Y"`, empty if they agree.
    """
    return [
        f"{name} was {stored.get(name)!r}, received {value!r}"
        for name, value in given.items()
        if stored.get(name) != value
    ]


def _missing(path):
    """Of a path and its parents, those that do not exist, innermost first."""
    return [p for p in (path, *path.parents) if not p.exists()]


@contextlib.contextmanager
def _telling(path):
    """Turns the system's refusal into a user's line."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written: {error.strerror}"
        ) from None


def _checksum(id, config):
    text = json.dumps([id, config], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _versions():
    packages = ("tensorflow", "keras", "numpy")
    return {
        "tf_gans": __version__,
        "python": platform.python_version(),
        "platform": sys.platform,
        **{name: importlib.metadata.version(name) for name in packages},
    }
