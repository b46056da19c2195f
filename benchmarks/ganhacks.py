"""The advice of ganhacks, one change at a time, on the ring of eight.

    python -m benchmarks.ganhacks [--seeds 5] [--keep]

The base is the non-saturating GAN under the one budget of
`tf_gans.toys.mixtures.recipes`; each row changes one thing of it. Prints a
Markdown table of means over the seeds and their standard errors. What is
measured is kept at once in benchmarks/ganhacks.json, and a call that was cut
short goes on from there.
"""

import argparse
import json
import pathlib

import keras
import numpy as np

from benchmarks import mixtures
from tf_gans import latents, losses, noise, penalties
from tf_gans.models.gan import GAN
from tf_gans.optimizers import FusedAdam
from tf_gans.toys.mixtures import networks
from tf_gans.toys.mixtures.metrics import mixture_metrics
from tf_gans.toys.mixtures.recipes import BUDGET, get

RESULTS = pathlib.Path(__file__).with_name("ganhacks.json")

# The number of the advice, what is changed, and what it is changed to. What is
# against the advice is marked by a minus.
ROWS: tuple[tuple[str, str, dict], ...] = (
    ("", "the base: ns", {}),
    ("-2", "the first loss, log(1 - D)", {"loss": losses.Minimax()}),
    ("-3", "z from a square", {"latents": latents.Uniform((2,), -1, 1)}),
    ("-5", "ReLU in D, too", {"activation": "relu"}),
    ("6", "real labels 0.9", {"loss": losses.NonSaturating(0.1)}),
    ("-9", "Adam with Keras' momentum, 0.9", {"beta_1": 0.9}),
    ("9", "SGD for D, rate 0.03", {"sgd": 0.03}),
    ("13", "instance noise 0.1 that stays", {"noise": (0.1, None)}),
    ("13", "the same, gone after 10,000 steps", {"noise": (0.1, 10_000)}),
    ("14", "five updates of D", {"critic_steps": 5}),
    ("15", "minibatch discrimination", {"minibatch": True}),
    ("", "R1 (stable), for comparison", {"penalty": "R1"}),
)


def build(data, seed, change):
    """The base with a change, compiled."""
    change = dict(change)
    units = {
        "hidden_size": BUDGET.hidden_size,
        "num_layers": BUDGET.num_layers,
        "shift": tuple(data.mean),
        "scale": data.std,
        "seed": seed,
    }
    critic = {
        n: change.pop(n) for n in ("activation", "minibatch") if n in change
    }
    options = {}
    if "noise" in change:
        options["instance_noise"] = noise.InstanceNoise(*change.pop("noise"))
    if change.pop("penalty", None):
        # As the networks see the data.
        weight = get("stable").objective.penalty_weight * data.std**2
        options["penalty"] = penalties.R1(weight)
    beta_1 = change.pop("beta_1", BUDGET.beta_1)
    sgd = change.pop("sgd", None)
    prior = change.pop("latents", latents.Normal((BUDGET.latent_dim,)))
    model = GAN(
        networks.Generator(BUDGET.latent_dim, **units),
        networks.Discriminator(**critic, **units),
        prior,
        ema_decay=BUDGET.ema_decay,
        seed=seed,
        **options,
        **change,
    )

    def falling(rate, updates):
        return keras.optimizers.schedules.CosineDecay(rate, updates)

    steps = BUDGET.num_steps + 1
    d_steps = model.critic_steps * steps
    d_rate = BUDGET.discriminator_learning_rate
    model.compile(
        FusedAdam(
            falling(BUDGET.generator_learning_rate, steps),
            beta_1,
            BUDGET.beta_2,
            1e-7,
        ),
        keras.optimizers.SGD(falling(sgd, d_steps))
        if sgd
        else FusedAdam(falling(d_rate, d_steps), beta_1, BUDGET.beta_2, 1e-7),
    )
    return model


def measure(change, seeds):
    """Trains, and yields the scores of one seed after the other."""
    data = mixtures.source("ring")
    model = None
    for seed in seeds:
        fresh = build(data, seed, change)
        if model is None:
            model = fresh
        else:
            mixtures.restart(model, fresh)
        model.fit(data, steps_per_epoch=BUDGET.num_steps + 1, verbose=0)
        scores = mixture_metrics(model.sample(2500).numpy(), data)
        if np.isnan(scores["reverse_kl"]):
            scores["reverse_kl"] = None  # JSON has no NaN
        yield scores


def main():
    """Measures what is missing, and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--keep", action="store_true", help="print what was measured before"
    )
    arguments = parser.parse_args()
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for _, title, change in ROWS:
        results = kept.setdefault(title, [])
        if arguments.keep:
            continue
        missing = range(len(results), arguments.seeds)
        for result in measure(change, missing):
            results.append(result)
            RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
            print(title, result, flush=True)
    print("| advice | changed | seeds | modes | high quality | reverse KL |")
    print("|---|---|---|---|---|---|")
    for number, title, _ in ROWS:
        if kept[title]:
            line = [number, title, str(len(kept[title]))]
            line += mixtures.cells(kept[title], 8)
            print("| " + " | ".join(line) + " |")


if __name__ == "__main__":
    main()
