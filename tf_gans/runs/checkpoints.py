"""Checkpoints: where a training stands, whole or not at all.

A checkpoint holds the variables of the model, the step and the seed among
them, and of its optimizers. Since everything random is a function of the seed
and the step, that is all there is to save. Its seal, the `.json` of the same
name, is written last and holds the checksum, so a checkpoint counts only when
it is whole, and the id of its run, so that it counts only together with that
run's configuration.

It is not a `.weights.h5`, because the HDF5 library does not survive a disk
that is full when it closes a file. `model.save_weights` and `model.save` write
Keras' own formats.
"""

import json
import pathlib

import numpy as np

from tf_gans import files
from tf_gans.errors import RunError, UserError

_FORMAT = 1
# What damaged JSON raises, nested without end included.
_DAMAGE = (ValueError, KeyError, TypeError, RecursionError)


class CheckpointStore:
    """The checkpoints of a run: `step-000005001.npz`, each with its seal.

    Args:
        directory: where they are.
        run: str. The run's id, or None for a run of the first release.
    """

    def __init__(self, directory, run=None):
        self.directory = pathlib.Path(directory)
        self.run = run

    def save(self, model, keep=3):
        """Writes a checkpoint, then removes all but the last `keep`.

        Args:
            model: a compiled model.
            keep: int. Defaults to `3`.

        Returns:
            The checkpoint's path.

        Raises:
            RunError: a weight is not a finite number; nothing is written.
        """
        step = int(model.step.numpy())
        self.check_finite(model, step)
        path = self.directory / f"step-{step:09d}.npz"
        with files.replacing(path) as temporary:
            with open(temporary, "wb") as file:
                np.savez(file, **{k: v.numpy() for k, v in _state(model)})
            digest = files.sha256(temporary)
        seal = {
            "format": _FORMAT,
            "step": step,
            "sha256": digest,
            "run": self.run,
        }
        files.write_text(_seal_path(path), json.dumps(seal) + "\n")
        for old in self._checkpoints()[:-keep]:
            _seal_path(old).unlink(missing_ok=True)
            old.unlink(missing_ok=True)
        return path

    def check_finite(self, model, step):
        """Raises a `RunError` where a weight is not a finite number.

        The guards see the losses from before an update, not what it did.
        """
        for variable in model.trainable_variables:
            if not np.isfinite(variable.numpy()).all():
                raise RunError(
                    f"training diverged: {variable.path} is not finite after "
                    f"{step} steps; {self.way_back()}"
                )

    def way_back(self):
        """What to go back to, in words."""
        good = self.last()
        if good:
            return f"the last good checkpoint is {good}"
        return "there is no checkpoint before it"

    def load(self, path, model):
        """Loads a checkpoint.

        Args:
            path: of a checkpoint that is whole.
            model: a model, compiled as the saved one was.

        Raises:
            UserError: it is a checkpoint of another model, which is untouched,
                or none at all.
        """
        try:
            with (
                open(path, "rb") as file,
                np.load(file, allow_pickle=False) as archive,
            ):
                arrays = dict(archive)
        except Exception as error:  # numpy and zipfile raise many kinds
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise UserError(f"{path}: cannot be read: {reason}") from None
        state = dict(_state(model))
        fits = state.keys() == arrays.keys() and all(
            tuple(variable.shape) == arrays[key].shape
            and variable.dtype == arrays[key].dtype
            for key, variable in state.items()
        )
        if not fits:
            raise UserError(
                f"{path}: is a checkpoint of another model than the one "
                f"that {self.directory.parent / 'config.json'} describes"
            )
        for key, variable in state.items():
            variable.assign(arrays[key])

    def newest(self, say=lambda message: None):
        """The path of the newest checkpoint that is whole, or None.

        Args:
            say: called with one line for each damaged checkpoint passed over.
        """
        for path in reversed(self._checkpoints()):
            try:
                seal = json.loads(_seal_path(path).read_text("utf-8"))
                if files.sha256(path) != seal["sha256"]:
                    raise ValueError("its checksum is wrong")
                # The first release's seals do not say of which run they are.
                if seal.get("run") not in (None, self.run):
                    raise ValueError("it is of another run")
            except (*_DAMAGE, OSError) as error:
                say(f"{path}: damaged ({error}); using the one before it")
                continue
            return path
        return None

    def discard_after(self, step):
        """Removes the checkpoints of later steps than `step`."""
        for path in self._checkpoints():
            if step_of(path) > step:
                _seal_path(path).unlink(missing_ok=True)
                path.unlink(missing_ok=True)

    def last(self):
        """The newest checkpoint's path, or None."""
        paths = self._checkpoints()
        return paths[-1] if paths else None

    def _checkpoints(self):
        paths = self.directory.glob("step-*.npz")
        return sorted(p for p in paths if _seal_path(p).exists())


def step_of(path):
    """The number of steps that a checkpoint's name says."""
    return int(path.stem.removeprefix("step-"))


def _state(model):
    """Yields a key and a variable for all that a training changes."""
    owners = {
        # Not `weights`, which leave out the counters of dropout's numbers.
        "model": model.variables,
        **{name: o.variables for name, o in model.optimizers.items()},
    }
    for owner, variables in owners.items():
        for number, variable in enumerate(variables):
            # By place: a variable's name may depend on what was made before.
            yield f"{owner}/{number:03d}/{variable.name}", variable


def _seal_path(checkpoint):
    return checkpoint.with_suffix(".json")
