"""What one call of a training script holds."""

import argparse
import dataclasses
from typing import Any

from tf_gans import provenance

# Of a film, where --anim-every does not say: how long it is until its end,
# and how long that is held.
FILM_SECONDS = 8.5
HOLD_SECONDS = 1.5


@dataclasses.dataclass
class Session:
    """One call of a script.

    Attributes:
        args: the flags' values.
        run: the `RunDirectory`.
        source: the data that are learned.
        model: what is trained.
        frames: the `FrameStore` of the film.
        devices: the `Devices` that it is trained on.
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
    devices: Any
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
    def about(self):
        """What is known of the samples, for `provenance.comment`."""
        return provenance.of_run(self.config, self.step)

    def film_steps(self, last_step, fps):
        """When frames of the film are recorded.

        Args:
            last_step: int. That of the film's last frame.
            fps: int. The film's frames per second.

        Returns:
            What `--anim-every` says, an int; or the steps of a film of
            `FILM_SECONDS`, dense early and sparse later.
        """
        from tf_gans.callbacks import moments

        if self.args.anim_path and self.args.anim_every:
            return self.args.anim_every
        return moments(last_step, round(FILM_SECONDS * fps))
