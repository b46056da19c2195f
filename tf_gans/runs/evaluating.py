"""What is measured of a model while it trains, and what follows from it.

An evaluation draws its samples from seeds of its own and changes nothing of the
model, so a training ends with the same bits with it and without. Its numbers go
to `evaluations.jsonl`, each line with the baseline and with what the numbers
depend on; the checkpoint of the best one to `best/`.
"""

import dataclasses
import math
import types
from collections.abc import Callable
from typing import Any

from tf_gans.errors import RunError, UserError
from tf_gans.runs import cli, evaluation, lines, load, report
from tf_gans.runs.checkpoints import step_of

NUM_SAMPLES = 2000  # of an evaluation of images, where features are fewer
FID = "fid"


# The flags -------------------------------------------------------------------


def add_flags(add):
    """Adds the flags that all trainings have."""
    add(
        "--evaluate-every",
        type=cli.integer(1, 10**9),
        metavar="N",
        help="measure the samples every N steps, at the end of a block of "
        "steps, and at the end of the training (default: only at its end, if "
        "at all)",
    )
    add(
        "--keep-best",
        action="store_true",
        default=None,
        help="keep the checkpoint of the best evaluation in the run, as best/, "
        "which generate.py and the others take in the run's place",
    )


def add_image_flags(add):
    """Adds the flags of the image scripts."""
    add(
        "--evaluate-samples",
        type=cli.integer(2, 10**6),
        metavar="N",
        help="images on each side of an evaluation, more than the network has "
        f"features (default: {NUM_SAMPLES}, or twice the features, or all "
        "there are)",
    )
    add(
        "--stop-at-fid",
        type=cli.number(above=0),
        metavar="X",
        help="stop when an evaluation has found a FID of X or less",
    )


def check(settings):
    """Refuses flags that lack the one that they need.

    Args:
        settings: dict of the values, by the flags' names.

    Raises:
        UserError: one is missing.
    """
    for name in ("evaluate_samples", "keep_best", "stop_at_fid"):
        if settings.get(name) and not settings.get("evaluate_every"):
            flag = f"--{name.replace('_', '-')}"
            raise UserError(f"argument {flag}: needs --evaluate-every N")


def may_differ(config):
    """The names of the settings that a resumed run may have anew."""
    free: tuple = ("evaluate_every", "keep_best", "stop_at_fid")
    if not config.get("evaluate_every"):
        free = (*free, "evaluate_samples")  # nothing was measured with it
    return free


# What is measured ------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Measurement:
    """How the samples of a model are measured.

    Attributes:
        measure: function of a model, returns a dict of numbers.
        baseline: dict of what real samples score.
        about: dict of JSON types: what the numbers depend on.
        judged_by: dict from names of numbers to `"lower"` or `"higher"`, which
            is better. The first counts, the next where those before are equal.
    """

    measure: Callable[[Any], dict]
    baseline: dict
    about: dict
    judged_by: dict

    def rank(self, row):
        """What is less for a better row; infinity for what is no number."""
        ranks = []
        for name, better in self.judged_by.items():
            value = row.get(name)
            sign = -1 if better == "higher" else 1
            ranks.append(math.inf if value is None else sign * value)
        return tuple(ranks)


def of_images(session, loaded):
    """The FID of images, measured as evaluate.py does.

    Args:
        session: `Session`.
        loaded: the training images, what `data.load_images` has returned.

    Returns:
        A `Measurement`.

    Raises:
        UserError: the features' network is missing, or there are too few
            images for it.
    """
    from tf_gans.metrics import Moments, frechet_distance

    config, model = session.config, session.model
    features = evaluation.choose_features(None, model.sample_shape)
    named = config["evaluate_samples"]
    _check_samples(named, features)
    wanted = named or max(NUM_SAMPLES, 2 * features.size)
    own = types.SimpleNamespace(data=None, dataset=None)  # none but the run's
    real = evaluation.load_real(
        model,
        evaluation.own_data(config, own),
        *(wanted, wanted, 0, False, cli.warn, loaded),
    )
    count = min(len(real.reference), len(real.others))
    if named and count < named:
        raise UserError(
            f"--evaluate-samples {named}: there are only {count} real images "
            f"on each side ({real.description} are the reference)"
        )
    if count <= max(features.size, evaluation.MIN_SAMPLES):
        raise UserError(
            f"--evaluate-every: needs more real images than the "
            f"{features.size} features of {features.name}; there are only "
            f"{count} on each side ({real.description} are the reference)"
        )
    with report.bar("looking at real images", 2 * count) as progress:
        reference, others = (
            Moments.of(features.both(images[:count], progress.update)[0])
            for images in (real.reference, real.others)
        )
    sampler = load.sampler_of(model)

    def measure(model):
        del model  # the sampler follows it
        fake, _ = evaluation.make_images(sampler, count, seed=0)
        return {FID: frechet_distance(reference, features(fake))}

    return Measurement(
        measure,
        {FID: frechet_distance(reference, others)},
        {
            "features": features.name,
            "reference": real.description,
            "num_real": count,
            "num_fake": count,
        },
        {FID: "lower"},
    )


def _check_samples(named, features):
    if named and named <= max(features.size, evaluation.MIN_SAMPLES):
        raise UserError(
            f"--evaluate-samples {named}: must be more than the "
            f"{features.size} features of {features.name}, whose covariance is "
            "measured"
        )


# While it trains -------------------------------------------------------------


class Evaluation:
    """The evaluations of a run: made, written, compared, gone on with.

    Args:
        session: `Session`, with its model built.
        measurement: `Measurement`.

    Attributes:
        rows: list of dicts, the lines of `evaluations.jsonl`.
        say: called with a line of text.
        receivers: list of functions that are called with a step and the
            numbers.

    Raises:
        UserError: the run was measured in another way before.
    """

    def __init__(self, session, measurement):
        self.session = session
        self.measurement = measurement
        self.rows: list = []
        self.say = print
        self.receivers: list = []
        self._best = None  # the row whose checkpoint is kept
        run, every = session.run, session.config["evaluate_every"]
        for row in lines.read(run.evaluations_path)[-1:]:
            self._check_alike(row)
        if every < session.model.steps_per_execution:
            # It is looked at between blocks of steps.
            session.model.steps_per_execution = every

    def _check_alike(self, row):
        for name, value in self.measurement.about.items():
            if row.get(name) != value:
                raise UserError(
                    f"--resume: {self.session.run.path} was evaluated "
                    f"differently: {name} was {row.get(name)!r}, and would be "
                    f"{value!r}"
                )

    def begin(self):
        """Takes up what there is, when the model has its weights."""
        run, step = self.session.run, self.session.step
        self.rows = lines.read(run.evaluations_path)
        self.say(
            f"Evaluations: {self._words(self.measurement.baseline)} is what "
            "real samples score."
        )
        threshold = self._threshold
        if threshold and threshold < self.measurement.baseline[FID]:
            cli.warn(
                f"--stop-at-fid {threshold:g}: is less than what real images "
                f"score, {self.measurement.baseline[FID]:.4g}"
            )
        if not self.session.config["keep_best"]:
            return
        # A damaged checkpoint may have led back to one before the best.
        run.best.discard_after(step)
        kept = run.best.newest(cli.warn)
        for row in self.rows:
            if kept and row["step"] == step_of(kept):
                self._best = row
        # A process may have ended between a line and its checkpoint.
        if self.rows and self.rows[-1]["step"] == step:
            self._keep(self.rows[-1])

    def callbacks(self):
        """The callbacks of a training, in their order."""
        from tf_gans import callbacks

        session = self.session

        class WhileTraining(callbacks.Evaluate):
            def on_train_end(self, logs=None):
                # Otherwise it was interrupted: it goes on from here.
                if session.step >= session.total_steps:
                    super().on_train_end(logs)

        every = session.config["evaluate_every"]
        made: list = [WhileTraining(every, self._measure, self._receive)]
        if self._threshold:
            self.stop = callbacks.StopAt(
                lambda model: self.fid, self._threshold
            )
            made.append(self.stop)
        return made

    @property
    def _threshold(self):
        return self.session.config.get("stop_at_fid")

    @property
    def fid(self):
        """The FID of the model as it is now; infinity where none is known."""
        row = self.rows[-1] if self.rows else {"step": None}
        if row["step"] != self.session.step or row.get(FID) is None:
            return math.inf
        return row[FID]

    def is_reached(self):
        """Whether the model is good enough to stop."""
        return bool(self._threshold) and self.fid <= self._threshold

    def finish(self):
        """Measures the trained model, where that is not done.

        Returns:
            A dict of JSON types, for `summary.json`.
        """
        step = self.session.step
        if not self.rows or self.rows[-1]["step"] != step:
            self._receive(step, self._measure(self.session.model))
        measurement, names = self.measurement, self.measurement.baseline
        last, best = self.rows[-1], min(self.rows, key=measurement.rank)
        self.say(
            f"Evaluation after {step} steps: {self._words(last)}; of real "
            f"samples {self._words(measurement.baseline)}; best after "
            f"{best['step']} steps: {self._words(best)}."
        )
        if self._best:
            run = self.session.run
            self.say(
                f"Best checkpoint kept, after {self._best['step']} steps: "
                f"{run.best.directory}"
            )
        return {
            "every": self.session.config["evaluate_every"],
            **measurement.about,
            "samples": {name: last[name] for name in names},
            "baseline": measurement.baseline,
            "best": {"step": best["step"]} | {n: best[n] for n in names},
            "kept_step": self._best and self._best["step"],
        }

    def say_end(self):
        """Says whether the training stopped early."""
        if not self._threshold:
            return
        step = self.session.step
        if self.stop.stopped_step:
            self.say(
                f"Stopped after {step} steps: the FID is at most "
                f"{self._threshold:g}."
            )
        else:
            self.say(
                f"The FID was above {self._threshold:g} in all evaluations of "
                f"{step} steps: there was no early stop."
            )

    def _measure(self, model):
        run = self.session.run
        # Losses that are finite may have led to weights that are not.
        run.checkpoints.check_finite(model, self.session.step)
        try:
            return self.measurement.measure(model)
        except UserError as error:
            raise RunError(
                f"evaluation after {self.session.step} steps: {error}; "
                f"{run.checkpoints.way_back()}"
            ) from error

    def _receive(self, step, values):
        """Writes an evaluation, and keeps its checkpoint if it is the best."""
        row = {
            "step": step,
            **{name: evaluation.plain(value) for name, value in values.items()},
            "baseline": self.measurement.baseline,
            **self.measurement.about,
        }
        lines.append(self.session.run.evaluations_path, [row])
        self.rows.append(row)
        kept = self.session.config["keep_best"] and self._keep(row)
        self.say(
            f"{step} evaluated: {self._words(row)}"
            + (" (the best so far is kept)" if kept else "")
        )
        finite = {n: v for n, v in values.items() if math.isfinite(v)}
        for receive in self.receivers:
            receive(step, finite)

    def _keep(self, row):
        """Keeps the model as it is now, if its row is the best."""
        rank = self.measurement.rank
        if self._best and rank(row) >= rank(self._best):
            return False
        run, model = self.session.run, self.session.model
        # A run that is killed now must not go on from a step before it.
        run.save_checkpoint(model)
        run.best.save(model, keep=1)
        self._best = row
        return True

    def _words(self, values):
        return ", ".join(
            f"{name} -"
            if values[name] is None
            else f"{name} {values[name]:.4g}"
            for name in self.measurement.judged_by
        )
