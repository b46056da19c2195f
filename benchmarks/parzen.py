"""How Parzen-window likelihoods fail, as a picture for docs/parzen.md.

    python -m benchmarks.parzen

Test points of a normal distribution in d dimensions are scored by samples of
four "models": the distribution itself, which is perfect; two that are plainly
wrong; and one that has learned a tenth of its data by heart. The likelihood is
drawn against the perfect model's true one, minus the entropy.
"""

import pathlib
import warnings

import numpy as np
from matplotlib.figure import Figure

from tf_gans.metrics import parzen_log_likelihood
from tf_gans.metrics.clusters import k_means
from tf_gans.plotting.picture import (
    BLUE,
    GREEN,
    PINK,
    VERMILION,
    save_figure,
    style,
)

PATH = pathlib.Path(__file__).parents[1] / "docs/images/parzen.png"
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
NUM_SAMPLES, NUM_POINTS, NUM_CENTRES, NUM_SEEDS = 2000, 1000, 200, 5


def models(size, generator):
    """Samples of each model, by its name."""

    def draw():
        return generator.normal(size=(NUM_SAMPLES, size))

    training = draw()
    labels = k_means(training, NUM_CENTRES, generator)
    centres = [training[labels == i].mean(axis=0) for i in np.unique(labels)]
    return {
        "the data's own distribution": draw(),
        "half of the standard deviation": 0.5 * draw(),
        f"{NUM_CENTRES} centres of k-means": np.array(centres),
        f"{NUM_CENTRES} training points": training[:NUM_CENTRES],
    }


def scores(size, seed):
    """Nats a dimension less than the truth, by the model's name."""
    generator = np.random.default_rng([size, seed])
    points = generator.normal(size=(NUM_POINTS, size))
    truth = -size / 2 * np.log(2 * np.pi * np.e)
    return {
        name: (parzen_log_likelihood(samples, points).mean - truth) / size
        for name, samples in models(size, generator).items()
    }


def main():
    """Measures, prints the table and draws the picture."""
    warnings.simplefilter("ignore", UserWarning)
    table = {
        size: [scores(size, seed) for seed in range(NUM_SEEDS)]
        for size in SIZES
    }
    names = list(table[1][0])
    print("| d | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    means = {}
    for name in names:
        values = [[row[name] for row in table[size]] for size in SIZES]
        means[name] = np.mean(values, axis=1)
    for i, size in enumerate(SIZES):
        cells = [f"{means[name][i]:.3f}" for name in names]
        print(f"| {size} | " + " | ".join(cells) + " |")
    draw(means)


def draw(means):
    """Draws the means over the dimensions."""
    with style():
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        axes = figure.add_subplot()
        colours = (BLUE, VERMILION, GREEN, PINK)
        for (name, values), colour in zip(means.items(), colours, strict=True):
            axes.plot(SIZES, values, "o-", color=colour, label=name)
        axes.set_xscale("log", base=2)
        axes.set_xticks(SIZES, [str(size) for size in SIZES])
        axes.set_xlabel("Dimensions")
        axes.set_ylabel("Nats a dimension above the truth")
        axes.legend(frameon=False)
        save_figure(figure, PATH)


if __name__ == "__main__":
    main()
