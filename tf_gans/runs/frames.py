"""The frames of an animation, kept in the run's directory until they are drawn.

Recording a frame takes a fraction of a millisecond and drawing it several, so
the two are apart: the training records, and the film is drawn afterwards from
here. A film that fails costs no training, and a run that resumes has the
frames of its first part.
"""

import pathlib
import shutil

import numpy as np

from tf_gans import files


class FrameStore:
    """A directory of recorded frames, one file for each block of steps.

    Args:
        directory: where the files are.
    """

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def append(self, steps, **arrays):
        """Stores frames.

        Args:
            steps: int array of shape `(frames,)`, rising.
            **arrays: float arrays whose first axis is `frames`.
        """
        path = self.directory / f"frames-{steps[0]:09d}.npz"
        with (
            files.replacing(path) as temporary,
            open(temporary, "wb") as file,
        ):
            np.savez(file, steps=steps, **arrays)

    def truncate(self, step):
        """Forgets the frames of `step` and later."""
        for path in self._paths():
            if int(path.stem.split("-")[1]) >= step:
                path.unlink()

    def clear(self):
        """Forgets all frames."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def __iter__(self):
        """Yields a dict of arrays for each file, in order."""
        for path in self._paths():
            with np.load(path) as frames:
                yield dict(frames)

    def __len__(self):
        """The number of frames."""
        return sum(len(frames["steps"]) for frames in self)

    def _paths(self):
        return sorted(self.directory.glob("frames-*.npz"))
