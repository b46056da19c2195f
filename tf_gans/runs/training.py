"""What every training does, from its flags to its film.

A script is a declaration, a subclass of `Training`: its flags, its data, its
callbacks, what is measured and drawn at the end. Everything else
happens here, once for all scripts. `tf_gans.runs.toys` has the declaration that
the small problems share, `tf_gans.runs.images` that of the image models.

A hyper-parameter is spelled once as a flag and once in its recipe: a flag's
name is the name in the run's configuration and the keyword of the recipe's
`build`, and where no value is given the recipe's attribute of that name counts.
"""

import argparse
import pathlib
import re
import shlex
import sys

from tf_gans import files
from tf_gans.errors import Interrupted, RunError, UserError
from tf_gans.recipes import catalogue
from tf_gans.runs import cli, devices, evaluating, load, page, results
from tf_gans.runs.devices import Devices
from tf_gans.runs.session import Session


class Training:
    """What a script says of itself; `main` does the rest.

    A subclass sets the attributes and overrides the methods of the first part.
    Its module's docstring is what `--help` says first.

    Attributes:
        name: the script's name, and that of its runs.
        log_every: the default of `--log-every`.
        fps: frames per second of its films.
        checkpoint_seconds: seconds between two checkpoints, at least.
        free: the hyper-parameters that may differ when a run is resumed.
        not_kept: flags of the training that are none of its hyper-parameters.
    """

    name = ""
    log_every = 10
    fps = 30
    checkpoint_seconds = 2.0
    free: tuple = ("data",)
    not_kept: tuple = ()
    devices: Devices  # of the call that is running

    @property
    def problem(self):
        """What there is to choose from: the script's `catalogue.Problem`."""
        return catalogue.PROBLEMS[self.name]

    # What a script declares --------------------------------------------------

    def add_flags(self, learned, learning, changing):
        """Adds the flags that are hyper-parameters.

        Args:
            learned: `add_argument` of the group "what is learned".
            learning: of the group "how it is learned".
            changing: of the group "changes to the recipe". Its values, where
                they are not None, are the `options` of the recipe's `build`.
        """
        raise NotImplementedError

    def add_evaluation_flags(self, add):
        """Adds the script's own flags of what is measured while it trains."""

    def add_output_flags(self, add):
        """Adds the script's own flags of what is written."""

    def check(self, parser, values, named):
        """Refuses flags that contradict each other, by `parser.error`."""

    def recipe(self, args):
        """The recipe whose values stand where no flag is given."""
        raise NotImplementedError

    def open(self, config):
        """Opens the data.

        Args:
            config: dict of the hyper-parameters.

        Returns:
            The data, and a dict of what is known of them only now. Those are
            hyper-parameters, too, and identify the data of a resumed run.
        """
        return load.open_data(config), {}

    def begin(self, session):
        """Says and draws what there is before the training."""

    def count_steps(self, session):
        """How many steps the whole training has."""
        raise NotImplementedError

    def steps_per_epoch(self, session):
        """The steps of a pass through the data; None where it has no end."""
        return None

    def progress(self, session):
        """The callback that shows how far the training is.

        It is a context manager and has a method `write`, which prints a line.
        """
        raise NotImplementedError

    def watch(self, session):
        """The callbacks that are the script's own."""
        return []

    def is_done(self, session):
        """Whether a resumed training has nothing left for another reason."""
        return False

    def end(self, session):
        """Says what there is to say of how the training ended."""

    def measurement(self, session):
        """How the samples are measured while it trains: a `Measurement`."""
        raise NotImplementedError

    def measure(self, session):
        """Measures the samples and prints the numbers.

        Returns:
            A dict of JSON types, for `summary.json`.
        """
        return {}

    def draw(self, session):
        """Draws the pictures, and prints where they are."""

    def open_film(self, session):
        """The film: a context manager whose `add` takes recorded frames."""
        raise NotImplementedError

    def keep_frames(self, session):
        """Forgets the recorded frames that are of no use after the film."""
        if session.args.anim_path:
            session.frames.clear()

    def scene(self, session):
        """What `page` draws of the frames: a dict of JSON types, or None."""
        return None

    def show(self, session):
        """Shows the picture in a window, where that is wanted."""

    # What all scripts do -----------------------------------------------------

    @classmethod
    def main(cls):
        """Trains, measures, draws, exports and films."""
        training = cls()
        args, named = training.parse()
        training.devices = Devices(args)
        with training.devices.prepared(args):
            cli.check_run(cls.name, args)
            cli.load_to_train(args)
            training.devices.open()
            session = training.start(args, named)
            try:
                training.train(session)
                if not training.devices.follows:
                    training.finish(session)
            except (Interrupted, RunError):
                if not training.devices.follows:
                    page.leave(training, session)
                raise
            except UserError:
                if not args.resume and session.step == 0:
                    session.run.abandon()
                raise
            finally:
                session.run.unlock()

    def parse(self):
        """Returns the flags' values, and a dict of those that were named."""
        parser = cli.Parser(
            prog=cli.program(),
            description=sys.modules[type(self).__module__].__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

        def group(title, dests):
            add_argument = parser.add_argument_group(title).add_argument

            def add(*names, **options):
                dests.append(add_argument(*names, **options).dest)

            return add

        self._kept: list = []
        self._changes: list = []
        self._measured: list = []
        learned = group("what is learned", self._kept)
        learning = group("how it is learned", self._kept)
        changing = group("changes to the recipe", self._changes)
        self.add_flags(learned, learning, changing)
        cli.add_training_flags(learning)
        measured = group("what is measured while it trains", self._measured)
        evaluating.add_flags(measured)
        self.add_evaluation_flags(measured)
        add = parser.add_argument_group("where it is trained").add_argument
        devices.add_flags(add)
        add = parser.add_argument_group("what is written").add_argument
        cli.add_run_flags(
            add,
            log_every=self.log_every,
            checkpoints=f"every {self.checkpoint_seconds:g} seconds",
        )
        self.add_output_flags(add)
        values, named = cli.parse_run(parser)
        self.check(parser, values, named)
        if not values.resume:  # a run knows what is not named now
            evaluating.check(vars(values))
        return values, named

    def new_config(self, args):
        """The hyper-parameters of a new run, a dict of JSON types."""
        recipe = self.recipe(args)
        config = {"script": self.name}
        for name in [*self._kept, *self._measured]:
            value = getattr(args, name)
            if value is None:
                value = getattr(recipe, name, None)
            if isinstance(value, pathlib.Path):
                value = str(value.absolute())
            if name not in self.not_kept:
                config[name] = value
        if self._changes:
            config["options"] = self._options(vars(args))
        return config

    def _options(self, values):
        return {
            name: values[name]
            for name in self._changes
            if values.get(name) is not None
        }

    def start(self, args, named):
        """Opens the run directory, the data and the model.

        Returns:
            A `Session`, resumed where that was asked for.
        """
        from tf_gans.runs.directory import RunDirectory

        if args.resume:
            run = RunDirectory.resume(args.run_dir)
            config = self._agreed(run, named)
            run.lock()
        else:
            run = RunDirectory.reserve(args.run_dir, self.name)
        try:
            if args.resume:
                return self._resume(args, run, config)
            return self._begin(args, run)
        except BaseException:
            if args.resume:
                run.unlock()
            else:
                run.abandon()
            raise

    def _begin(self, args, run):
        """A new run."""
        config = self.devices.adapt(self.new_config(args), vars(args))
        source, facts = self.open(config)
        config |= facts
        session = self._session(args, run, source, config)
        # XLA and the plain kernels round differently, so the choice is part of
        # what the run is.
        config["jit_compile"] = session.model.jit_compile
        run.write_config(config)
        run.save_checkpoint(session.model)
        self.begin(session)
        if session.evaluation:
            session.evaluation.begin()
        return session

    def _resume(self, args, run, config):
        """A run to go on with."""
        source, facts = self.open(config)
        # A run of the first release does not know all of them.
        differing = [n for n, v in facts.items() if config.get(n, v) != v]
        if differing:
            raise UserError(
                f"--resume: {run.path} was trained on other data: they differ "
                f"in {', '.join(differing)}"
            )
        config = self.devices.adapt({**config, **facts}, vars(args))
        session = self._session(args, run, source, config)
        step = run.load_checkpoint(session.model, cli.warn)
        run.write_config(config)
        run.clean()
        run.truncate_log(step, cli.warn)
        # The frame of the last step stands where nothing is left to train.
        is_done = step >= session.total_steps
        session.frames.truncate(step + 1 if is_done else step)
        print(f"Going on with {run.path} after {step} steps.")
        if session.evaluation:
            session.evaluation.begin()
        return session

    def _session(self, args, run, source, config):
        """Builds the model."""
        from tf_gans.runs.frames import FrameStore

        self.devices.check_batch(source.batch_size)
        try:
            with self.devices.scope():
                model = load.build(config, source)
        except ValueError as error:
            raise UserError(self._as_flags(str(error))) from None
        if hasattr(source, "value_range"):
            source.value_range = model.value_range
        run.config = config
        frames = FrameStore(run.path / "frames")
        session = Session(args, run, source, model, frames, self.devices)
        session.total_steps = self.count_steps(session)
        if args.anim_path:
            files.sweep(args.anim_path.absolute().parent)
        if config.get("evaluate_every") and not self.devices.follows:
            session.evaluation = evaluating.Evaluation(
                session, self.measurement(session)
            )
        return session

    def _agreed(self, run, named):
        """The hyper-parameters of a run to go on with."""
        named = dict(named)
        if set(self._changes) & set(named):
            # What is compared is one dict.
            options = self._options(named)
            for name in self._changes:
                named.pop(name, None)
            named["options"] = options
        if "data" in named:
            named["data"] = named["data"].absolute()
        # Runs of earlier releases lack them.
        for name in (*self._measured, "deterministic"):
            run.config.setdefault(name, None)
        free = self.may_differ(run.config) + evaluating.may_differ(run.config)
        config = run.agreed(named, free)
        evaluating.check(config)
        return config

    def may_differ(self, config):
        """The names of hyper-parameters that a resumed run may have anew."""
        return self.free

    def _as_flags(self, message):
        """A `ValueError`'s message with the flags' names of what it names."""
        flags = {*self._kept, *self._changes}
        return re.sub(
            r"`(\w+)(=\w+)?`",
            lambda found: (
                f"--{found[1].replace('_', '-')}"
                if found[1] in flags
                else found[0]
            ),
            message,
        )

    def train(self, session):
        """Trains to the end, to an early stop, or to Ctrl-C.

        Raises:
            Interrupted: by Ctrl-C, when a checkpoint has been saved.
        """
        from tf_gans.runs.fitting import fit

        begin = session.step
        if begin >= session.total_steps or (begin and self.is_done(session)):
            print(f"{session.run.path} has nothing left to train.")
            return
        fit(self, session)
        self.end(session)

    def resume_command(self, run):
        """How to go on with a run, to be typed."""
        path = shlex.quote(str(self.devices.run_dir or run.path))
        command = f"{cli.started_as()} --run-dir {path} --resume"
        return command + self.devices.as_flags

    def finish(self, session):
        """Measures, draws, exports and films."""
        run, args = session.run, session.args
        if session.steps:
            results.print_speed(session, self.steps_per_epoch(session))
        summary = results.write_summary(session, self.measure(session))
        self.draw(session)
        results.draw_curves(session, self.steps_per_epoch(session))
        if args.export:
            from tf_gans import export

            path = export.export_saved_model(
                session.model,
                args.export,
                session.config.get("classes"),
                about=session.about,
            )
            print(f"SavedModel: {path}")
        if args.anim_path:
            results.draw_film(
                session,
                lambda: self.open_film(session),
                self.resume_command(run),
            )
        self.keep_frames(session)
        page.leave(self, session, summary)
        self.show(session)
