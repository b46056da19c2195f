"""The frames of an animation, kept in the run's directory until they are drawn.

Recording a frame takes a fraction of a millisecond and drawing it several, so
the two are apart: the training records, and the film is drawn afterwards from
here. A film that fails costs no training, and a run that resumes has the
frames of its first part.

The small problems keep the frames of a film's length, which the run's page
shows, too: a run that goes on shows its beginning again.
"""

import pathlib
import shutil

import numpy as np

from tf_gans import files

LOSS = "loss."  # what the names of a step's losses begin with, in its frame

_MANY = 1000  # numbers of a frame that need not be exact


class FrameStore:
    """A directory of recorded frames, one file for each block of steps.

    Args:
        directory: where the files are.
    """

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def append(self, steps, compress=False, **arrays):
        """Stores frames.

        Args:
            steps: int array of shape `(frames,)`, rising.
            compress: bool. Takes longer, and less room. Defaults to `False`.
            **arrays: float arrays whose first axis is `frames`.
        """
        path = self.directory / f"frames-{steps[0]:09d}.npz"
        with (
            files.replacing(path) as temporary,
            open(temporary, "wb") as file,
        ):
            save = np.savez_compressed if compress else np.savez
            save(file, steps=steps, **arrays)

    def truncate(self, step):
        """Forgets the frames of `step` and later."""
        for path in reversed(self._paths()):
            if int(path.stem.split("-")[1]) >= step:
                path.unlink()
                continue
            # Frames that were kept together have one file.
            frames = _load(path)
            early = frames["steps"] < step
            if not early.all():
                self.append(**{n: a[early] for n, a in frames.items()})
            break

    def keep(self, wanted):
        """Forgets all frames but those nearest to some steps.

        They take less room: maps and clouds of points, of which there are
        thousands of numbers in a frame, are kept in 16 bits.

        Args:
            wanted: ascending int array. The steps.
        """
        paths = self._paths()
        frames = self.together(wanted)
        for name, array in frames.items():
            if array[0].size > _MANY and array.dtype == np.float32:
                frames[name] = array.astype(np.float16)
        if frames:
            self.append(compress=True, **frames)
        for path in paths[1:]:  # the first has the name of all of them
            path.unlink()

    def together(self, wanted=None):
        """All frames at once, or those nearest to some steps.

        Args:
            wanted: ascending int array or None. Defaults to `None`.

        Returns:
            A dict of arrays, as `append` takes them: those that all frames
            have. Empty where there are no frames.
        """
        steps = [chunk["steps"] for chunk in self]
        if not steps:
            return {}
        recorded = np.concatenate(steps)
        chosen = recorded
        if wanted is not None:
            after = np.searchsorted(recorded, wanted).clip(0, len(recorded) - 1)
            before = (after - 1).clip(0)
            distance = np.abs(recorded[[before, after]] - wanted)
            chosen = recorded[
                np.where(distance[0] < distance[1], before, after)
            ]
        chunks = []
        for chunk in self:
            place = np.isin(chunk["steps"], chosen)
            chunks.append({n: array[place] for n, array in chunk.items()})
        names = [n for n in chunks[0] if all(n in chunk for chunk in chunks)]
        return {n: np.concatenate([c[n] for c in chunks]) for n in names}

    def clear(self):
        """Forgets all frames."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def __iter__(self):
        """Yields a dict of arrays for each file, in order."""
        for path in self._paths():
            yield _load(path)

    def __len__(self):
        """The number of frames."""
        return sum(len(frames["steps"]) for frames in self)

    def _paths(self):
        return sorted(self.directory.glob("frames-*.npz"))


def _load(path):
    with np.load(path, allow_pickle=False) as frames:
        return dict(frames)
