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
_PANEL, _GAP, _EDGE = (1.9, 1.3), (0.2, 0.4), 0.15  # of one member's axes
_COLUMNS = 3
_FEW = 20  # budgets whose points are marked


def draw_budget(path, rows, study, score, label, lower_is_better=True):
    """Draws the best score against the number of samples, a panel a member.

    Each panel has its member's mean with the interval of 95 %, and the means
    of the others in grey: intervals of several on one another cannot be told
    apart.

    Args:
        path: of the PNG file.
        rows: dicts, the lines of the comparison.
        study: dict, its settings.
        score: str, the score's name in the rows.
        label: str, its name in the figure.
        lower_is_better: bool.
    """
    lines = {
        gan: line
        for gan in study["gans"]
        if len(line := _budgets(rows, study, gan, score, lower_is_better))
    }
    with style():
        figure, panels = _panels(len(study["gans"]))
        for (gan, colour, _), axes in zip(_styles(study), panels, strict=True):
            for other in lines.keys() - {gan}:
                axes.plot(*lines[other].T[:2], color="0.85", linewidth=0.8)
            if gan in lines:
                budgets, means, lows, highs = lines[gan].T
                axes.fill_between(
                    budgets, lows, highs, color=colour, alpha=0.25, linewidth=0
                )
                axes.plot(
                    budgets,
                    means,
                    color=colour,
                    marker="o",
                    markersize=3 if len(budgets) <= _FEW else 0,
                    linewidth=1.6,
                )
            _label_budget(axes, gan, gan in lines, lower_is_better)
        _label_outer(figure, "Budget: settings tried", f"Best {label}")
        save_figure(path, figure)


def _budgets(rows, study, gan, score, lower_is_better):
    """Budgets, means, lower and upper ends: an array `(budgets, 4)`."""
    own = summary.searched(rows, gan, study)
    values = [row[score] for row in own]
    found = [
        (budget, *interval)
        for budget in range(1, len(values) + 1)
        if (interval := summary.best_of(values, budget, lower_is_better))
    ]
    return np.array(found)


def _label_budget(axes, gan, any_trained, lower_is_better):
    axes.set_title(gan, fontsize=10, pad=4)
    if not any_trained:
        axes.text(
            *(0.5, 0.5, "no training ended"),
            **{"transform": axes.transAxes, "color": "0.4", "fontsize": 9},
            **{"ha": "center", "va": "center"},
        )
    if lower_is_better:
        axes.set_yscale("log")
        # Plain numbers, also where the axis has no power of ten.
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.5)))
    else:
        axes.set_ylim(-0.02, 1.02)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(labelsize=9)
    sns.despine(ax=axes)


def _panels(count):
    """A figure and its axes, row by row, all of the same limits."""
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    step = np.add(_PANEL, _GAP)
    figure = Figure()
    sheet = Sheet(
        figure,
        _LEFT + columns * step[0] - _GAP[0] + _EDGE,
        _BOTTOM + rows * step[1],
    )
    panels: list = []
    for number in range(count):
        row, column = divmod(number, columns)
        left = _LEFT + column * step[0]
        bottom = _BOTTOM + (rows - 1 - row) * step[1]
        shared = panels[0] if panels else None
        axes = sheet.axes(
            *(left, bottom, *_PANEL), sharex=shared, sharey=shared
        )
        last = number + columns >= count
        axes.tick_params(labelleft=column == 0, labelbottom=last)
        axes.tick_params(which="minor", labelleft=column == 0)
        panels.append(axes)
    return figure, panels


def _label_outer(figure, x, y):
    """Names the axes once, in the middle below and on the left."""
    figure.supxlabel(x, fontsize=10, y=0.01, va="bottom")
    figure.supylabel(y, fontsize=10, x=0.01, ha="left")


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
