"""What one call of a training script holds."""

import argparse
import dataclasses
from typing import Any

FILM_FRAMES = 300  # of a film, where --anim-every does not say


@dataclasses.dataclass
class Session:
    """One call of a script.

    Attributes:
        args: the flags' values.
        run: the `RunDirectory`.
        source: the data that are learned.
        model: what is trained.
        frames: the `FrameStore` of the film.
        total_steps: how many steps the whole training has.
        steps: how many steps this call has trained.
        seconds: how long it trained.
        evaluation: the `Evaluation`, where `--evaluate-every` asks for one.
    """

    args: argparse.Namespace
    run: Any
    source: Any
    model: Any
    frames: Any
    total_steps: int = 0
    steps: int = 0
    seconds: float = 0.0
    evaluation: Any = None

    @property
    def config(self):
        """The hyper-parameters."""
        return self.run.config

    @property
    def step(self):
        """How many steps the model has been trained in all."""
        return int(self.model.step.numpy())

    @property
    def anim_every(self):
        """How many steps lie between two frames of the film."""
        return self.args.anim_every or max(1, self.total_steps // FILM_FRAMES)
