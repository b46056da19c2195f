"""The run directory: what a training was, what it said, where it stands.

    config.json            the hyper-parameters and the versions
    log.jsonl              one line for each logged step
    checkpoints/           step-000005001.npz and a .json beside each

A checkpoint holds the variables of the model, the step and the seed among
them, and of both optimizers. Since everything random is a function of the seed
and the step, that is all there is to save. The `.json` beside it is written
last and holds the checksum, so a checkpoint counts only when it is whole.

It is not a `.weights.h5`, because the HDF5 library does not survive a disk
that is full when it closes a file. `gan.save_weights` and `gan.save` write
Keras' own formats.
"""

import contextlib
import importlib.metadata
import json
import pathlib
import platform
import sys

import numpy as np

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.version import __version__

_FORMAT = 1


class RunDirectory:
    """A directory that holds one training run.

    Use `create` or `resume`.

    Attributes:
        path: `pathlib.Path`.
        config: dict of the hyper-parameters.
    """

    def __init__(self, path, config):
        self.path = pathlib.Path(path)
        self.config = config

    @classmethod
    def create(cls, path, config):
        """Makes a run directory and writes its configuration.

        Args:
            path: where. Must not hold a run yet.
            config: dict of the hyper-parameters, of JSON types.

        Raises:
            UserError: the directory holds a run, or cannot be written.
        """
        path = pathlib.Path(path)
        cls.check_new(path)
        document = {
            "format": _FORMAT,
            "config": config,
            "versions": _versions(),
        }
        text = json.dumps(document, indent=2) + "\n"
        files.write_text(path / "config.json", text)
        return cls(path, config)

    @staticmethod
    def check_new(path):
        """Checks that a run could be made there, before long work is done.

        Raises:
            UserError: the directory holds a run, or cannot be written.
        """
        path = pathlib.Path(path)
        if (path / "config.json").exists():
            raise UserError(
                f"--run-dir {path}: already holds a run; add --resume to go on "
                "with it, or name another directory"
            )
        files.check_writable(path / "config.json")

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
        except FileNotFoundError:
            raise UserError(
                f"--run-dir {path}: holds no run to resume"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{path / 'config.json'}: cannot be read: {error}"
            ) from None
        if form != _FORMAT:
            raise UserError(
                f"{path / 'config.json'}: has format {form}; this version of "
                f"tf_gans ({__version__}) reads format {_FORMAT}"
            )
        return cls(path, config)

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

    def truncate_log(self, step):
        """Forgets what was logged at `step` and later, and a torn last line."""
        if not self.log_path.exists():
            return
        kept = []
        for line in self.log_path.read_text("utf-8").splitlines():
            try:
                if json.loads(line)["step"] < step:
                    kept.append(line + "\n")
            except (ValueError, KeyError, TypeError):
                continue
        files.write_text(self.log_path, "".join(kept))

    def log_lines(self, lines):
        """Appends objects to the log, one a line."""
        text = "".join(json.dumps(line) + "\n" for line in lines)
        try:
            with open(self.log_path, "a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UserError(
                f"{self.log_path}: cannot be written: {error.strerror}"
            ) from error

    # Checkpoints -------------------------------------------------------------

    @property
    def checkpoint_directory(self):
        """Where the checkpoints are."""
        return self.path / "checkpoints"

    def save_checkpoint(self, gan, keep=3):
        """Writes a checkpoint, then removes all but the last `keep`.

        Args:
            gan: `tf_gans.GAN`, compiled.
            keep: int. Defaults to `3`.

        Returns:
            The checkpoint's path.
        """
        step = int(gan.step.numpy())
        path = self.checkpoint_directory / f"step-{step:09d}.npz"
        with files.replacing(path) as temporary:
            with open(temporary, "wb") as file:
                np.savez(file, **{k: v.numpy() for k, v in _state(gan)})
            digest = files.sha256(temporary)
        seal = {"format": _FORMAT, "step": step, "sha256": digest}
        files.write_text(_seal_path(path), json.dumps(seal) + "\n")
        for old in self._checkpoints()[:-keep]:
            _seal_path(old).unlink(missing_ok=True)
            old.unlink(missing_ok=True)
        return path

    def load_checkpoint(self, gan, say=lambda message: None):
        """Loads the newest checkpoint that is whole.

        Args:
            gan: `tf_gans.GAN`, compiled as the saved one was.
            say: called with one line for each damaged checkpoint passed over.

        Returns:
            The step to go on with: 0, and the model untouched, if there is no
            whole checkpoint.
        """
        path = self.whole_checkpoint(say)
        if path is None:
            return 0
        with np.load(path) as arrays:
            for key, variable in _state(gan):
                variable.assign(arrays[key])
        return int(gan.step.numpy())

    def whole_checkpoint(self, say=lambda message: None):
        """The path of the newest checkpoint that is whole, or None.

        Args:
            say: called with one line for each damaged checkpoint passed over.
        """
        for path in reversed(self._checkpoints()):
            try:
                seal = json.loads(_seal_path(path).read_text("utf-8"))
                if files.sha256(path) != seal["sha256"]:
                    raise ValueError("its checksum is wrong")
            except (OSError, ValueError, KeyError, TypeError) as error:
                say(f"{path}: damaged ({error}); using the one before it")
                continue
            return path
        return None

    def last_checkpoint(self):
        """The newest checkpoint's path, or None."""
        paths = self._checkpoints()
        return paths[-1] if paths else None

    def _checkpoints(self):
        paths = self.checkpoint_directory.glob("step-*.npz")
        return sorted(p for p in paths if _seal_path(p).exists())

    def clean(self):
        """Removes temporary files that a killed process left."""
        for left in self.path.rglob(".*"):
            if left.is_file():
                left.unlink(missing_ok=True)


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


def _state(gan):
    """Yields a key and a variable for all that a training changes."""
    owners = {
        # Not `weights`, which leave out the counters of dropout's numbers.
        "model": gan.variables,
        **{name: o.variables for name, o in gan.optimizers.items()},
    }
    for owner, variables in owners.items():
        for number, variable in enumerate(variables):
            # By place: a variable's name may depend on what was made before.
            yield f"{owner}/{number:03d}/{variable.name}", variable


def _seal_path(checkpoint):
    return checkpoint.with_suffix(".json")


def _versions():
    packages = ("tensorflow", "keras", "numpy")
    return {
        "tf_gans": __version__,
        "python": platform.python_version(),
        "platform": sys.platform,
        **{name: importlib.metadata.version(name) for name in packages},
    }
