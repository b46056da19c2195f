"""Trainings on the small problems, whose data are drawn as they are needed."""

import importlib

import numpy as np

from tf_gans.runs import cli, evaluating
from tf_gans.runs.frames import LOSS
from tf_gans.runs.session import FILM_SECONDS, HOLD_SECONDS
from tf_gans.runs.training import Training


class ToyTraining(Training):
    """What the declarations of the small problems share.

    A subclass has a `picture` and a `probe`, whose measurements the picture
    takes.

    Attributes:
        file_name: the picture's.
        judged_by: dict from names of the problem's metrics to `"lower"` or
            `"higher"`, which is better: what tells the best evaluation.
    """

    file_name = ""
    judged_by: dict = {}

    def add_output_flags(self, add):
        add(
            "--no-window",
            action="store_true",
            help="do not show the picture, even where a display exists",
        )

    def picture(self, session):
        """The `Picture` of the problem."""
        raise NotImplementedError

    def probe(self, session, receiver=None, every=1):
        """The `Probe` that measures what the picture takes."""
        raise NotImplementedError

    def caption(self, session):
        """What stands below the picture."""
        raise NotImplementedError

    def values(self, session):
        """What the picture shows, by the names of the probe's measurements."""
        return self.probe(session).once(session.model)

    def count_steps(self, session):
        # As in gan-intro, step 0 counts extra.
        return session.config["num_steps"] + 1

    def may_differ(self, config):
        # A schedule depends on the number of steps.
        if self.recipe_of(config).schedule:
            return self.free
        return (*self.free, "num_steps")

    def recipe_of(self, config):
        """The recipe of a run."""
        raise NotImplementedError

    def progress(self, session):
        from tf_gans import callbacks

        return callbacks.StepProgress(session.total_steps, session.step)

    def watch(self, session):
        # For the run's page, and for a film that is asked for later.
        def record(steps, **values):
            losses = session.model.step_losses
            count = len(next(iter(losses.values())))
            places = np.asarray(steps) - (session.step - count)
            named = {LOSS + n: v[places] for n, v in losses.items()}
            session.frames.append(steps, **values, **named)

        steps = session.film_steps(session.total_steps - 1, self.fps)
        return [self.probe(session, record, steps)]

    def samples(self, model):
        """The samples of a model that are measured, an array."""
        raise NotImplementedError

    def measurement(self, session):
        module, measure, baseline = self.problem.metrics
        metrics, source = importlib.import_module(module), session.source
        count = len(self.samples(session.model))

        def scores(samples):
            values = getattr(metrics, measure)(samples, source)
            # Not measures, but the samples' own: the others contain them.
            return {n: v for n, v in values.items() if n not in ("mean", "std")}

        real = getattr(metrics, baseline)(source, count)
        return evaluating.Measurement(
            lambda model: scores(self.samples(model)),
            {n: v for n, v in real.items() if n not in ("mean", "std")},
            {"num_fake": count},
            self.judged_by,
        )

    def draw(self, session):
        self._drawn = (self.picture(session), self.values(session))
        picture, values = self._drawn
        path = session.run.path / self.file_name
        picture.save(path, self.caption(session), session.about, **values)
        print(f"Picture: {path}")

    def film_text(self, session):
        """What says of a frame what it shows, or None; see `Picture.film`."""
        return None

    def open_film(self, session):
        """The film of the picture."""
        return self.picture(session).film(
            session.args.anim_path,
            session.config["num_steps"],
            self.film_text(session),
            self.fps,
            HOLD_SECONDS,
            session.about,
        )

    def keep_frames(self, session):
        session.frames.keep(self._shown(session))

    def _shown(self, session):
        """The steps of the frames that the page shows."""
        from tf_gans.callbacks import moments

        return moments(max(session.step - 1, 0), round(FILM_SECONDS * self.fps))

    def scene_options(self, session):
        """What the picture's `scene` takes besides the frames, a dict."""
        return {}

    def scene(self, session):
        from tf_gans.plotting.scene import rounded

        frames = session.frames.together(self._shown(session))
        if not frames:
            return None
        steps = frames.pop("steps")
        losses = {
            name.removeprefix(LOSS): frames.pop(name)
            for name in tuple(frames)
            if name.startswith(LOSS)
        }
        numbers = {n: rounded(v) for n, v in losses.items()}
        scene = self.picture(session).scene(
            **frames, **self.scene_options(session)
        )
        numbers |= scene.get("numbers", {})
        return scene | {"steps": steps.tolist(), "numbers": numbers}

    def show(self, session):
        if not session.args.no_window and cli.display_exists():
            picture, values = self._drawn
            picture.show(self.caption(session), **values)


def print_scores(scores, baseline, notes):
    """Prints each number with the real-vs-real score.

    Args:
        scores: dict of numbers by their names.
        baseline: the same, of real samples.
        notes: lines that say what the numbers are.
    """
    width = max(map(len, scores)) + 4
    print(f"\n{'':{width}}{'samples':>12}{'baseline':>12}")
    for name, score in scores.items():
        print(f"{name:{width}}{score:12.4g}{baseline[name]:12.4g}")
    print("\n".join(notes))
    print("Baseline: the mean score of as many real samples.\n")
