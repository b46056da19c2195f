"""Learns quadratic curves with a generative adversarial network.

    python scripts/curves.py                        curves y = a x^2 + a - 1
    python scripts/curves.py --anim-path film.mp4
    python scripts/curves.py --recipe code          the article's, 401 steps
    python scripts/curves.py --loss non-saturating
    python scripts/curves.py --export saved_models/curves
    python scripts/curves.py --run-dir runs/curves-001 --resume

A curve is 15 heights; a is drawn from U[1, 3]. Prints `step: discriminator loss
<tab> generator loss`, and at the end how accurate the curves are. Everything it
makes is in the run directory.
"""

from tf_gans.runs import cli
from tf_gans.runs.toys import ToyTraining, print_scores

NUM_CURVES = 10_000  # in the summary


class Curves(ToyTraining):
    """The quadratic curves."""

    name = "curves"
    file_name = "quadratics.png"
    log_every = 100
    judged_by = {"residual": "lower"}

    def add_flags(self, learned, learning, changing):
        learning(
            "--recipe",
            choices=self.problem.recipes,
            default=self.problem.default,
            help="the set-up: this project's, or that of the article's listing "
            "(default: %(default)s)",
        )
        learning(
            "--loss",
            choices=self.problem.losses,
            help="what the generator minimises: log(1 - D(G(z))), or -log "
            "D(G(z)) (default: the recipe's, minimax)",
        )
        learning(
            "--num-steps",
            type=cli.integer(1, 10**9),
            metavar="N",
            help="training steps (default: the recipe's, 10000; 400 in the "
            "article)",
        )
        learning(
            "--hidden-size",
            type=cli.integer(1, 4096),
            metavar="N",
            help="hidden units of each network (default: the recipe's, 128)",
        )
        learning(
            "--batch-size",
            type=cli.integer(2, 4096),
            metavar="N",
            help="curves in a batch (default: the recipe's, 64)",
        )

    def recipe(self, args):
        return self.recipe_of(vars(args))

    def recipe_of(self, config):
        from tf_gans.toys.quadratics import recipes

        return recipes.get(config["recipe"])

    def picture(self, session):
        from tf_gans.toys.quadratics.picture import QuadraticsPicture

        return QuadraticsPicture.from_data(session.source)

    def probe(self, session, receiver=None, every=1):
        from tf_gans.toys.quadratics.probe import CurveProbe

        return CurveProbe(receiver, session.source, every=every)

    def samples(self, model):
        return model.sample(NUM_CURVES).numpy()

    def measure(self, session):
        from tf_gans.toys.quadratics import metrics

        samples = self.samples(session.model)
        self.scores = metrics.curve_metrics(samples, session.source)
        baseline = metrics.curve_baseline(session.source, NUM_CURVES)
        print_scores(
            self.scores,
            baseline,
            [
                "inside: the share of the curves that lie within the bounds.",
                "residual: the root mean square distance to the nearest true "
                "curve.",
                "a_w1: the Wasserstein-1 distance between the a of the curves "
                "and U[1, 3].",
            ],
        )
        return {
            "n_fake": NUM_CURVES,
            "samples": self.scores,
            "baseline": baseline,
        }

    def caption(self, session):
        config = session.config
        return (
            f"Step {session.step - 1} of the recipe {config['recipe']}, "
            f"{config['loss']} loss\n"
            f"{self.scores['inside']:.1%} of {NUM_CURVES:,} generated curves "
            f"lie within the bounds; residual {self.scores['residual']:.2g}"
        )


main = Curves.main

if __name__ == "__main__":
    cli.run(main)
