"""Learns to classify digits from few labels, with the help of a generator.

    python scripts/semi_supervised.py --labels 100
    python scripts/semi_supervised.py --labels 100 --preset book --subset 3
    python scripts/semi_supervised.py --labels 20 --data mnist.npz --epochs 30
    python scripts/semi_supervised.py --dataset fashion_mnist --steps 2000
    python scripts/semi_supervised.py --run-dir runs/mine --resume

The discriminator is the classifier: docs/semi_supervised.md says how. Prints
`step: discriminator loss <tab> generator loss`, and at the end the accuracy on
the test images, beside that of the same classifier on the labels alone.
"""

import argparse
import json

from tf_gans.errors import UserError
from tf_gans.runs import cli
from tf_gans.runs.images import ImageTraining

ALONE = "labels_alone.json"  # of the run: what the labels alone are worth


class SemiSupervised(ImageTraining):
    """The semi-supervised GAN."""

    name = "semi_supervised"
    free = ("data", "epochs", "steps")

    def add_flags(self, learned, learning, changing):
        super().add_flags(learned, learning, changing)
        learned(
            "--labels",
            type=cli.integer(1, 10**9),
            default=100,
            metavar="N",
            help="images whose labels are shown, as many of each class "
            "(default: %(default)s)",
        )
        learned(
            "--subset",
            type=cli.integer(0, 2**31 - 1),
            default=0,
            metavar="N",
            help="which ones: a number stands for a random choice (default: "
            "%(default)s)",
        )
        learning(
            "--preset",
            choices=self.problem.recipes,
            default=self.problem.default,
            help="what the paper's program does, or the smaller one of a "
            "book's (default: %(default)s)",
        )
        learning(
            "--steps",
            type=cli.integer(1, 10**9),
            metavar="N",
            help="steps of the training, in the place of --epochs",
        )
        changing(
            "--generator-loss",
            choices=("squared", "absolute", "adversarial"),
            help="the distance of features that the generator minimises, or "
            "the loss of a GAN",
        )
        changing(
            "--unlabelled-weight",
            type=cli.number(above=0, high=1e6),
            metavar="X",
            help="weight of the unlabelled loss of the preset paper",
        )
        changing(
            "--average-rate",
            type=cli.number(above=0, high=1),
            metavar="X",
            help="classify by an average of the classifier that moves so far "
            "in a step (0.0001 in the preset paper)",
        )
        changing(
            "--average-from-zero",
            action=argparse.BooleanOptionalAction,
            help="start the average at 0, as the paper's program does: for "
            "trainings of some hundred thousand steps",
        )

    def add_output_flags(self, add):
        super().add_output_flags(add)
        add(
            "--no-baseline",
            action="store_true",
            help="do not train the classifier on the labels alone, too",
        )

    def check(self, parser, values, named):
        super().check(parser, values, named)
        if "epochs" in named and "steps" in named:
            parser.error(
                "argument --steps: cannot be used together with --epochs"
            )

    def recipe(self, args):
        from tf_gans.recipes import semi_supervised

        return semi_supervised.get(args.preset)

    def new_config(self, args):
        # The only images that the networks take.
        config = {**super().new_config(args), "size": 28, "channels": 1}
        if args.epochs:
            config["steps"] = None
        return config

    def _agreed(self, run, named):
        if "epochs" in named:
            named = {**named, "steps": None}
        return super()._agreed(run, named)

    def needs_labels(self, config):
        return True

    def make_source(self, images, config):
        from tf_gans import data
        from tf_gans.recipes import semi_supervised

        try:
            return data.SemiSupervised(
                images.images,
                images.labels,
                config["labels"],
                config["batch_size"],
                seed=config["subset"],
                unlabelled=semi_supervised.get(config["preset"]).unlabelled,
                name=images.name,
            )
        except ValueError as error:
            message = str(error).replace("`num_labelled", "`labels")
            raise UserError(self._as_flags(message)) from None

    def count_steps(self, session):
        return session.config["steps"] or super().count_steps(session)

    def begin(self, session):
        super().begin(session)
        source = session.source
        print(
            f"{source.num_labelled} labels of {source.num_classes} classes, "
            f"subset {session.config['subset']}"
        )

    def measure(self, session):
        measured = super().measure(session)
        test = self._test_images(session)
        if test is None:
            print("There are no test images: no accuracy is measured.")
            return measured
        found = {"accuracy": session.model.accuracy(*test)}
        said = f"Test accuracy: {_percent(found['accuracy'], len(test[1]))}"
        if not session.args.no_baseline:
            alone = self._alone(session, test)
            found["labels_alone"] = alone
            said += (
                f"\nThe same classifier on the {session.source.num_labelled} "
                f"labels alone: {_percent(alone, len(test[1]))}"
            )
        print(said)
        return {**measured, **found}

    def _test_images(self, session):
        """The test images as the classifier takes them, and their labels."""
        from tf_gans import data, pixels

        config = session.config
        where = {
            "dataset": None if config["data"] else config["dataset"],
            "path": config["data"],
        }
        if not data.has_test_images(**where):
            return None
        images = data.load_images(
            **where,
            size=config["size"],
            channels=config["channels"],
            with_labels=True,
            split="test",
            say=cli.warn,
        )
        samples = pixels.to_samples(images.images, session.model.value_range)
        return samples, images.labels

    def _alone(self, session, test):
        """The accuracy of the classifier that sees nothing but the labels."""
        from tf_gans import files
        from tf_gans.recipes import semi_supervised

        path, steps = session.run.path / ALONE, session.step
        if path.exists():
            kept = json.loads(path.read_text("utf-8"))
            if kept["steps"] == steps:  # of a run that was resumed
                return kept["accuracy"]
        config = session.config
        precision = config["mixed_precision"]
        model = semi_supervised.build_supervised(
            config["preset"],
            num_classes=config["num_classes"],
            seed=config["seed"],
            dtype=f"mixed_{precision}" if precision else None,
            jit_compile=config["jit_compile"],
        )
        model.fit(session.source, steps_per_epoch=steps, verbose=0)
        accuracy = model.accuracy(*test)
        text = json.dumps({"steps": steps, "accuracy": accuracy}) + "\n"
        files.write_text(path, text)
        return accuracy


def _percent(accuracy, count):
    errors = round((1 - accuracy) * count)
    return f"{accuracy:.2%}, {errors:,} errors of {count:,}"


main = SemiSupervised.main

if __name__ == "__main__":
    cli.run(main)
