"""Learns points in the plane, where a missed mode is seen at a glance.

    python scripts/mixtures.py                           a ring of 8 modes
    python scripts/mixtures.py --dataset grid            25 modes
    python scripts/mixtures.py --dataset swiss-roll
    python scripts/mixtures.py --gan wgan-gp --anim-path film.mp4
    python scripts/mixtures.py --minibatch
    python scripts/mixtures.py --gan ns --historical-averaging 0.001
    python scripts/mixtures.py --export saved_models/ring
    python scripts/mixtures.py --run-dir runs/mixtures-001 --resume

Every recipe has the same networks, optimizer, batch, prior and number of steps,
so that what differs is the objective. Prints the losses, and at the end how
many modes were found, how good the samples are and how evenly they are spread.
Everything it makes is in the run directory.
"""

import argparse

from tf_gans.recipes import members
from tf_gans.runs import additions, cli
from tf_gans.runs.toys import ToyTraining, print_scores


class Mixtures(ToyTraining):
    """Points in the plane."""

    name = "mixtures"
    file_name = "mixture.png"
    log_every = 100
    judged_by = {"modes": "higher", "high_quality": "higher"}

    def add_flags(self, learned, learning, changing):
        learned(
            "--dataset",
            "--data-set",  # the flag's first name
            choices=self.problem.datasets,
            default=self.problem.datasets[0],
            help="8 Gaussians on a circle, 25 on a grid, or a spiral (default: "
            "%(default)s)",
        )
        learning(
            "--gan",
            type=member,
            choices=self.problem.recipes,
            default=self.problem.default,
            help="the recipe: this project's, the non-saturating loss with R1, "
            "or one of the family (default: %(default)s)",
        )
        learning(
            "--preset",
            choices=self.problem.presets,
            default=self.problem.presets[0],
            help="what the recipe's paper says, or what a well-known program "
            "does where that differs (default: %(default)s)",
        )
        learning(
            "--minibatch",
            action="store_true",
            help="use minibatch discrimination",
        )
        additions.add_flags(learning)
        learning(
            "--num-steps",
            type=cli.integer(1, 10**9),
            metavar="N",
            help="training steps (default: the common budget's)",
        )

    def recipe(self, args):
        from tf_gans.toys.mixtures import recipes

        return recipes.BUDGET

    def may_differ(self, config):
        return self.free  # the learning rates depend on the number of steps

    def new_config(self, args):
        batch_size = self.recipe(args).batch_size
        return {**super().new_config(args), "batch_size": batch_size}

    def picture(self, session):
        from tf_gans.toys.mixtures.picture import MixturePicture

        output = session.model.discriminator_output
        return MixturePicture.from_data(session.source, output)

    def probe(self, session, receiver=None, every=1):
        from tf_gans.toys.mixtures.probe import MixtureProbe

        return MixtureProbe(receiver, session.source, every=every)

    def scene_options(self, session):
        # The errors of a VAE teach its generator nothing.
        return {"arrows": hasattr(session.model, "discriminator")}

    def samples(self, model):
        from tf_gans.toys.mixtures import metrics

        return model.sample(metrics.NUM_SAMPLES).numpy()

    def values(self, session):
        return super().values(session) | {"samples": self.shown}

    def measure(self, session):
        from tf_gans.toys.mixtures import metrics

        data, count = session.source, metrics.NUM_SAMPLES
        self.shown = self.samples(session.model)
        self.scores = metrics.mixture_metrics(self.shown, data)
        baseline = metrics.mixture_baseline(data, count)
        print_scores(
            self.scores,
            baseline,
            [
                f"modes: of {data.num_modes}, those with a sample of high "
                "quality.",
                "high_quality: the share of the samples within 3 standard "
                "deviations.",
                "reverse_kl: of the good samples' shares of the modes from "
                "even ones.",
            ],
        )
        return {
            "n_fake": count,
            "num_modes": data.num_modes,
            "samples": {
                # JSON has no NaN: without a good sample there is no number.
                name: None if value != value else value
                for name, value in self.scores.items()
            },
            "baseline": baseline,
        }

    def caption(self, session):
        config = session.config
        scores = " ".join(describe(self.scores, session.source).split())
        named = {
            "minibatch": "minibatch discrimination",
            "feature_matching": "feature matching",
            "historical_averaging": "historical averaging",
        }
        added = [words for name, words in named.items() if config.get(name)]
        return (
            f"Step {session.step - 1} of {config['gan']}"
            f"{' with ' if added else ''}{' and '.join(added)}: {scores}"
        )

    def film_text(self, session):
        from tf_gans.toys.mixtures.metrics import mixture_metrics

        data = session.source
        return lambda samples, critic: describe(
            mixture_metrics(samples, data), data
        )


def member(text):
    """An argparse type: a member of the family that is for points, too."""
    if text in set(members.NAMES) - set(members.OF_POINTS):
        raise argparse.ArgumentTypeError(
            f"{text} learns labels, or codes in their place, and points have "
            "none here; it is for images, variants.py"
        )
    return text


def describe(scores, data):
    """A line on the scores, of one length, as a film needs it."""
    return (
        f"{scores['modes']:>2} of {data.num_modes} modes, "
        f"{scores['high_quality']:>6.1%} of high quality"
    )


main = Mixtures.main

if __name__ == "__main__":
    cli.run(main)
