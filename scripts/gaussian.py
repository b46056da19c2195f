"""Learns a one-dimensional distribution with a generative adversarial network.

    python scripts/gaussian.py                   plain discriminator
    python scripts/gaussian.py --minibatch       with minibatch discrimination
    python scripts/gaussian.py --minibatch --anim-path film.mp4
    python scripts/gaussian.py --data heights.csv --minibatch
    python scripts/gaussian.py --minibatch --export saved_models/mine
    python scripts/gaussian.py --run-dir runs/gaussian-001 --resume

Prints `step: discriminator loss <tab> generator loss`, and at the end how close
the samples are. Everything it makes is in the run directory.
"""

from typing import Any

from tf_gans import files
from tf_gans.errors import UserError
from tf_gans.runs import cli
from tf_gans.runs.toys import ToyTraining

NUM_SAMPLES = 10_000  # in the picture and in the summary
CLAMP = 1e-5  # of the original's log(max(D, 1e-5))
STOP_EVERY = 100  # steps between two looks at W1


class Gaussian(ToyTraining):
    """The 1-D demonstration."""

    name = "gaussian"
    file_name = "gaussian.png"
    judged_by = {"w1": "lower"}
    not_kept = ("stop_at_w1",)
    stop: Any = None  # the callback of --stop-at-w1

    def add_flags(self, learned, learning, changing):
        learned(
            "--mu",
            type=cli.number(-1e6, 1e6),
            default=4.0,
            help="mean of the Gaussian to learn (default: %(default)s)",
        )
        learned(
            "--sigma",
            type=cli.number(high=1e6, above=0),
            default=0.5,
            help="its standard deviation (default: %(default)s)",
        )
        learned(
            "--data",
            type=cli.existing_file,
            metavar="FILE",
            help="learn the distribution of these numbers instead: .csv, .txt "
            "or .npy",
        )
        learned(
            "--column",
            metavar="NAME",
            help="the column of a file of several, by its name in the header "
            "or by its number from 1",
        )
        learning(
            "--recipe",
            choices=self.problem.recipes,
            default=self.problem.default,
            help="the set-up: this project's, or that of the original's "
            "listing or article (default: %(default)s)",
        )
        learning(
            "--minibatch",
            action="store_true",
            help="use minibatch discrimination",
        )
        learning(
            "--group-size",
            type=cli.integer(2, 4096),
            metavar="N",
            help="minibatch discrimination within groups of N samples "
            "(default: the whole batch)",
        )
        learning(
            "--loss",
            choices=self.problem.losses,
            default="logits",
            help="the stable form, or the original's log(max(D, 1e-5)), which "
            "can freeze for ever (default: %(default)s)",
        )
        learning(
            "--num-steps",
            type=cli.integer(1, 10**9),
            metavar="N",
            help="training steps (default: the recipe's, 5000)",
        )
        learning(
            "--hidden-size",
            type=cli.integer(1, 256),
            metavar="N",
            help="hidden units of the generator (default: the recipe's; 4 in "
            "the original)",
        )
        learning(
            "--batch-size",
            type=cli.integer(2, 4096),
            metavar="N",
            help="samples in a batch (default: the recipe's; 8 in the "
            "original)",
        )
        learning(
            "--stop-at-w1",
            type=cli.number(above=0),
            metavar="X",
            help="stop as soon as the Wasserstein-1 distance to the data is X "
            f"or less, looking every {STOP_EVERY} steps",
        )

    def check(self, parser, values, named):
        for flag in ("mu", "sigma"):
            if values.data and flag in named:
                parser.error(
                    f"argument --data: cannot be used together with --{flag}"
                )
        if values.group_size and not values.minibatch:
            parser.error("argument --group-size: needs --minibatch")
        if values.column and not values.data:
            parser.error("argument --column: needs --data FILE")

    def recipe(self, args):
        from tf_gans.toys.gaussian import recipes

        return recipes.get(args.recipe, args.minibatch, not args.data)

    def recipe_of(self, config):
        from tf_gans.toys.gaussian import recipes

        return recipes.get(config["recipe"])

    def open(self, config):
        path = config["data"]
        try:
            digest = files.sha256(path) if path else None
            source, _ = super().open(config)
        except OSError as error:
            raise UserError(
                f"--data {path}: cannot be read: {error.strerror}"
            ) from None
        except ValueError as error:
            raise UserError(f"--mu, --sigma: {error}") from None
        return source, {"data_sha256": digest}

    def picture(self, session):
        from tf_gans.toys.gaussian.picture import DistributionPicture

        low, high = picture_range(session.source)
        return DistributionPicture.from_data(session.source, low, high)

    def probe(self, session, receiver=None, every=1):
        from tf_gans.toys.gaussian.probe import DistributionProbe

        source = session.source
        low, high = picture_range(source)
        return DistributionProbe(receiver, source.batch_size, low, high, every)

    def scene_options(self, session):
        # Where the original's loss is clamped, it says nothing.
        is_clamped = session.config["loss"] == "clamped"
        return {"floor": CLAMP} if is_clamped else {}

    def start(self, args, named):
        session = super().start(args, named)
        if args.stop_at_w1:
            self.stop = self._early_stop(session)
            # It looks between blocks of steps.
            session.model.steps_per_execution = STOP_EVERY
        return session

    def samples(self, model):
        from tf_gans.toys.gaussian.probe import generated_samples

        return generated_samples(model, NUM_SAMPLES)

    def _early_stop(self, session):
        from tf_gans import callbacks
        from tf_gans.metrics import wasserstein_1

        def distance(model):
            return wasserstein_1(self.samples(model), session.source)

        return callbacks.StopAt(distance, session.args.stop_at_w1)

    def watch(self, session):
        return super().watch(session) + ([self.stop] if self.stop else [])

    def is_done(self, session):
        return bool(self.stop) and self.stop.is_reached(session.model)

    def end(self, session):
        threshold = session.args.stop_at_w1
        if not self.stop:
            return
        if self.stop.stopped_step:
            print(
                f"Stopped after {session.step} steps: W1 is at most "
                f"{threshold:g}."
            )
        else:
            print(
                f"W1 was above {threshold:g} in all {session.step} steps: "
                "there was no early stop."
            )

    def measure(self, session):
        from tf_gans.toys.gaussian import metrics

        data = session.source
        samples = self.samples(session.model)
        self.scores = metrics.scalar_metrics(samples, data)
        self.baseline = metrics.scalar_baseline(data, NUM_SAMPLES)
        print(
            f"\n{'':6}{'samples':>12}{'data':>12}{'error':>12}{'baseline':>12}"
        )
        for name, score in self.scores.items():
            columns = f"{'':24}{score:12.4g}"
            if name in ("mean", "std"):
                target = getattr(data, name)
                error = abs(score - target)
                columns = f"{score:12.4g}{target:12.4g}{error:12.4g}"
            label = name if name in ("mean", "std") else name.upper()
            print(f"{label:6}{columns}{self.baseline[name]:12.4g}")
        print(
            f"Baseline: the mean error of {NUM_SAMPLES:,} independent samples "
            "of the data themselves.\n"
        )
        return {
            "n_fake": NUM_SAMPLES,
            "data": {"mean": data.mean, "std": data.std},
            "samples": self.scores,
            "baseline": self.baseline,
        }

    def caption(self, session):
        config = session.config
        loss = ", clamped loss" if config["loss"] == "clamped" else ""
        return (
            f"Step {session.step - 1} of the recipe {config['recipe']}"
            f"{' with minibatch discrimination' if config['minibatch'] else ''}"
            f"{loss}\n"
            f"W1 {self.scores['w1']:.3g}, of real samples "
            f"{self.baseline['w1']:.3g}"
        )


def picture_range(data):
    """The ends of the picture's axis: the original's, where the data fit in."""
    from tf_gans.toys.gaussian.recipes import RANGE

    low, high = data.mean - 4 * data.std, data.mean + 4 * data.std
    if low >= -RANGE and high <= RANGE and data.std > RANGE / 50:
        return -RANGE, RANGE
    # The same proportions as the original's picture.
    return data.mean - 24 * data.std, data.mean + 8 * data.std


main = Gaussian.main

if __name__ == "__main__":
    cli.run(main)
