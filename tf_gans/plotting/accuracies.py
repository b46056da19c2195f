"""Accuracies over the number of images that were learned from."""

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, PercentFormatter

from tf_gans.plotting.picture import (
    BLUE,
    GREEN,
    GREY,
    VERMILION,
    save_figure,
    style,
)

_COLOURS = (BLUE, VERMILION, GREEN, GREY)
_MARKERS = "osD^"
_SPREAD = 1.03  # from one kind's place to the next one's: bars stay apart


def plot_accuracies(path, intervals, title=""):
    """Draws the mean and its confidence interval for each kind of images.

    Args:
        path: where the PNG file is written.
        intervals: dict from kinds, up to four, to dicts from numbers of images
            of a class to `(mean, low, high)`.
        title: str. Defaults to `""`.
    """
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    with style():
        axes = figure.add_subplot()
        for place, (kind, points) in enumerate(intervals.items()):
            counts = list(points)
            means, lows, highs = zip(*points.values(), strict=True)
            axes.errorbar(
                [n * _SPREAD ** (place - 1.5) for n in counts],
                means,
                [
                    [m - low for m, low in zip(means, lows, strict=True)],
                    [high - m for m, high in zip(means, highs, strict=True)],
                ],
                color=_COLOURS[place],
                marker=_MARKERS[place],
                markersize=5,
                linewidth=1.3,
                capsize=3,
                label=kind,
            )
        axes.set_xscale("log")
        axes.set_xticks(counts, [f"{n:,}" for n in counts])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_xlabel("Images a class that were learned")
        axes.set_ylabel("Accuracy on real test images")
        axes.set_title(title)
        # Outside: there may be points anywhere.
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
    save_figure(path, figure)
