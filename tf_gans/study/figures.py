"""The figures of a comparison."""

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from tf_gans.plotting.picture import LEGEND, Sheet, save_figure, style
from tf_gans.study import summary

_MARKS = "osD^vPX<>*"
_SIZE = (4.6, 3.4)  # of the axes, in inches
_LEFT, _BOTTOM, _RIGHT, _TOP = 0.85, 0.6, 1.2, 0.3


def draw_budget(path, rows, study, score, label, lower_is_better=True):
    """Draws the best score against the number of samples.

    Args:
        path: of the PNG file.
        rows: dicts, the lines of the comparison.
        study: dict, its settings.
        score: str, the score's name in the rows.
        label: str, its name in the figure.
        lower_is_better: bool.
    """
    with style():
        figure, axes = _axes()
        for gan, colour, mark in _styles(study):
            own = summary.searched(rows, gan, study)
            values = [row[score] for row in own]
            found = [
                (budget, *interval)
                for budget in range(1, len(values) + 1)
                if (
                    interval := summary.best_of(values, budget, lower_is_better)
                )
            ]
            if not found:
                continue
            budgets, means, lows, highs = np.array(found).T
            axes.plot(
                budgets,
                means,
                color=colour,
                marker=mark,
                markersize=4,
                linewidth=1.4,
                label=gan,
            )
            axes.fill_between(
                budgets, lows, highs, color=colour, alpha=0.12, linewidth=0
            )
        if lower_is_better:
            axes.set_yscale("log")
            # Plain numbers, also where the axis has no power of ten.
            axes.yaxis.set_major_formatter(LogFormatter())
            axes.yaxis.set_minor_formatter(
                LogFormatter(minor_thresholds=(2, 0.5))
            )
        else:
            axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel("Budget: settings that are tried")
        axes.set_ylabel(f"Best {label}")
        axes.xaxis.get_major_locator().set_params(integer=True)
        _finish(path, figure, axes)


def draw_precision_recall(path, rows, study):
    """Draws the recall of every training against its precision."""
    with style():
        figure, axes = _axes()
        for gan, colour, mark in _styles(study):
            own = [
                row
                for row in rows
                if row["gan"] == gan and row["f1"] is not None
            ]
            axes.plot(
                [row["precision"] for row in own],
                [row["recall"] for row in own],
                mark,
                color=colour,
                markersize=5,
                alpha=0.8,
                markeredgewidth=0,
                label=gan,
                clip_on=False,
            )
        for f1 in (0.2, 0.4, 0.6, 0.8):
            p = np.linspace(f1 / 2 + 1e-3, 1, 200)
            r = f1 * p / (2 * p - f1)
            shown = r <= 1
            axes.plot(p[shown], r[shown], color="0.8", linewidth=0.8, zorder=0)
            at = 0.94
            axes.text(
                at,
                f1 * at / (2 * at - f1),
                f"F1 {f1}",
                color="0.55",
                fontsize=8,
                ha="center",
                va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                zorder=0.5,  # behind all trainings
            )
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel("Precision")
        axes.set_ylabel("Recall")
        _finish(path, figure, axes)


def _axes():
    figure = Figure()
    sheet = Sheet(figure, _LEFT + _SIZE[0] + _RIGHT, _BOTTOM + _SIZE[1] + _TOP)
    return figure, sheet.axes(_LEFT, _BOTTOM, *_SIZE)


def colours(study):
    """The colours of the members, in their order."""
    return sns.color_palette("colorblind", len(study["gans"]))


def _styles(study):
    return zip(study["gans"], colours(study), _MARKS, strict=False)


def _finish(path, figure, axes):
    sns.despine(ax=axes)
    axes.legend(**{**LEGEND, "loc": "center left"}, bbox_to_anchor=(1.02, 0.5))
    save_figure(path, figure)
