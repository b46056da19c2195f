"""The curves of a training: losses, outputs and measures of convergence.

The picture of the parabolas that a GAN learns is in
`tf_gans.toys.quadratics.picture`.
"""

import math

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from tf_gans.plotting.panels import (
    EVALUATIONS,
    LOSSES,
    MEASURES,
    OUTPUTS,
    PROBABILITIES,
)
from tf_gans.plotting.picture import (
    BLUE,
    GREEN,
    GREY,
    LEGEND,
    PINK,
    VERMILION,
    save_figure,
    style,
)

# In inches.
_WIDTH = 7.0
_LEFT, _RIGHT, _BOTTOM = 0.9, 0.75, 0.58
_MARGIN = 0.1
_TITLE = 0.3
_LEGEND = 0.32
_EPOCHS = 0.46
_GAP = 0.15


# What a page's style calls them.
COLOUR_NAMES = {
    BLUE: "blue",
    VERMILION: "vermilion",
    GREEN: "green",
    GREY: "grey",
    PINK: "pink",
}

_NAMED_LEVELS = {
    "2 ln 2": 2 * math.log(2),
    "ln 2": math.log(2),
    "-ln 2": -math.log(2),
    "1/2": 0.5,
}


def plot_curves(
    path,
    rows,
    title=None,
    steps_per_epoch=None,
    equilibrium=None,
    probabilities=True,
    evaluations=(),
    about=None,
):
    """Saves the curves of a training as a PNG file.

    One panel below the other, each where its values were logged: the losses;
    D(x) and D(G(z)); the measures of convergence. The logged values are thin;
    bold is their mean over a fiftieth of the run. The dashed lines are the
    values at the equilibrium.

    Numbers that are not finite leave gaps. A few values that lie far beyond
    the others are cut off at the frame.

    Args:
        path: str or path-like.
        rows: list of dicts, the lines of a run's `log.jsonl` in their order:
            `"step"`, an int, and floats, of which each row has any of:
            `"d_loss"`, `"g_loss"` and `"penalty"` of a GAN; `"loss"`,
            `"reconstruction"` and `"kl"` of a VAE; the outputs `"d_real"` and
            `"d_fake"`; the measures `"wasserstein"`, or `"m_global"` and
            `"k"`. Others are ignored. At least one row, and one such value.
        title: str or None. Defaults to `None`.
        steps_per_epoch: int or None. Adds an axis of epochs. Defaults to
            `None`.
        equilibrium: dict or None. From names of the above to the values that
            they have at the equilibrium, as `AdversarialLoss.equilibrium`
            gives them; those that were not logged are ignored. Defaults to
            `None`.
        probabilities: bool. Whether the outputs are probabilities, whose axis
            is [0, 1], and not a critic's scores. Defaults to `True`.
        evaluations: list of dicts, the lines of a run's `evaluations.jsonl`,
            which get a panel each for `"fid"`, `"w1"`, `"modes"` and
            `"residual"`, those that there are. What real samples score, their
            `"baseline"`, is dashed. Defaults to none.
        about: dict of what is known of the run, or None; see
            `tf_gans.provenance.comment`. Defaults to `None`.

    Raises:
        UserError: the file cannot be written.
    """
    if not rows:
        raise ValueError("`rows` must hold at least one row. Received: none")
    panels = panels_of(rows, equilibrium, probabilities, evaluations)
    if not panels:
        names = sorted({name for row in rows for name in row})
        raise ValueError(
            f"`rows` must hold values to draw. Received: only {names}"
        )
    figure = Figure()
    with style():
        heights = [panel.height for panel, *_ in panels]
        stack = _lay_out(figure, title, steps_per_epoch, heights)
        for axes, (panel, series, lines, values) in zip(
            stack, panels, strict=True
        ):
            steps = np.array([row["step"] for row in lines])
            levels = distinct(values, series)
            _draw_panel(axes, panel, steps, series, levels)
            _draw_legend(axes, 0)
            axes.tick_params(labelbottom=axes is stack[-1])
        if steps_per_epoch:
            _draw_legend(stack[0], _EPOCHS)
            _draw_epochs(stack[0], steps_per_epoch)
        bottom = stack[-1]
        bottom.set_xlabel("Step")
        last = max(row["step"] for row in (rows[-1], *evaluations[-1:]))
        bottom.set_xlim(0, max(last, 1))
        bottom.xaxis.set_major_locator(_whole_numbers(8))
        bottom.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    # A long line that crosses itself often is too much for one piece.
    with matplotlib.rc_context({"agg.path.chunksize": 10_000}):
        save_figure(path, figure, about)


def panels_of(rows, equilibrium=None, probabilities=True, evaluations=()):
    """What there is to draw, one panel below the other.

    Args:
        rows, equilibrium, probabilities, evaluations: see `plot_curves`.

    Returns:
        A list of tuples: the `Panel`; a dict of arrays, NaN where there is
        none, by their names; the rows that they are from; and a dict of
        levels.
    """
    outputs = PROBABILITIES if probabilities else OUTPUTS
    return [
        (panel, series, lines, levels)
        for kinds, lines, levels in (
            ((LOSSES, outputs, *MEASURES), rows, equilibrium or {}),
            (EVALUATIONS, evaluations, _baseline(evaluations)),
        )
        for panel in kinds
        if (series := _series(lines, panel.series))
    ]


def _series(rows, names):
    """Those of the named values that any row has, as arrays; None is none."""
    series = {}
    for name in names:
        if any(name in row for row in rows):
            values = np.array([row.get(name) for row in rows], float)
            series[name] = np.where(np.isfinite(values), values, math.nan)
    return series


def distinct(equilibrium, names):
    """The different values at the equilibrium of what is named, ascending."""
    levels: list[float] = []
    for value in sorted(equilibrium[n] for n in names if n in equilibrium):
        if not levels or not math.isclose(value, levels[-1], abs_tol=1e-9):
            levels.append(float(value))
    return levels


def _baseline(evaluations):
    """What real samples score, beside the last evaluation."""
    return evaluations[-1].get("baseline", {}) if evaluations else {}


def _lay_out(figure, title, steps_per_epoch, heights):
    """Makes the axes, with room above each, where no curve is, for a legend.

    Returns:
        A list of the axes, from the top.
    """
    bottom = _MARGIN + (_TITLE if title else 0)
    bottom += _EPOCHS if steps_per_epoch else 0
    places: list[tuple[float, float]] = []
    for panel_height in heights:
        top = bottom + (_GAP if places else 0) + _LEGEND
        bottom = top + panel_height
        places.append((top, bottom))
    height = bottom + _BOTTOM
    figure.set_size_inches(_WIDTH, height)
    if title:
        figure.text(
            _LEFT / _WIDTH,
            1 - (_MARGIN + _TITLE / 2) / height,
            title,
            ha="left",
            va="center",
            fontsize=11,
        )
    stack: list[Axes] = []
    for top, bottom in places:
        place = (
            _LEFT / _WIDTH,
            1 - bottom / height,
            1 - (_LEFT + _RIGHT) / _WIDTH,
            (bottom - top) / height,
        )
        axes = figure.add_axes(place, sharex=stack[0] if stack else None)
        axes.grid(axis="x", color="0.92")
        axes.set_axisbelow(True)
        stack.append(axes)
    return stack


def _draw_panel(axes, panel, steps, series, levels):
    """Draws what a panel shows, and its axis of values."""
    values, means = _draw_curves(axes, steps, series, panel.series)
    limits = panel.limits or limits_of(values, means, levels, panel.from_zero)
    axes.set_ylim(limits)
    _mark(axes, levels)
    axes.set_ylabel(panel.name)
    # One below the other, however wide the numbers of each panel are.
    width = _WIDTH - _LEFT - _RIGHT
    axes.yaxis.set_label_coords((_MARGIN + 0.15 - _LEFT) / width, 0.5)
    # Steps of 2.5 would take a digit more.
    axes.yaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
    # Large numbers get a common factor, "1e6", in the margin: above the axes
    # are the epochs.
    axes.ticklabel_format(axis="y", scilimits=(-2, 4), useOffset=False)
    axes.yaxis.get_offset_text().set_x(-0.1)
    axes.yaxis.OFFSETTEXTPAD = 6  # points: above a number at the frame


def _draw_curves(axes, steps, series, names):
    """Draws values and, over all of them, their running means.

    Returns:
        The lists of values and of running means that were drawn.
    """
    window = 2 * (len(steps) // 100) + 1
    means = [running_mean(values, window) for values in series.values()]
    for name, values in series.items():
        _, colour = names[name]
        axes.plot(steps, values, color=colour, alpha=0.3, linewidth=0.6)
    for name, mean in zip(series, means, strict=True):
        label, colour = names[name]
        axes.plot(
            steps,
            mean,
            color=colour,
            linewidth=1.8,
            label=label,
            # One value makes no line, and stands at the frame.
            marker="o" if len(steps) == 1 else None,
            clip_on=len(steps) > 1,
        )
    return list(series.values()), means


def running_mean(values, window):
    """The mean of the finite values in an odd window around each."""
    finite = np.isfinite(values)
    sums = np.cumsum(np.concatenate([[0], np.where(finite, values, 0)]))
    counts = np.cumsum(np.concatenate([[0], finite]))
    place = np.arange(len(values))
    start = np.maximum(place - window // 2, 0)
    stop = np.minimum(place + window // 2 + 1, len(values))
    number = counts[stop] - counts[start]
    total = sums[stop] - sums[start]
    return np.where(number > 0, total / np.maximum(number, 1), math.nan)


def limits_of(values, means, levels, from_zero):
    """Limits of an axis such that a few outliers do not flatten the rest."""
    inside = [*levels]
    if from_zero:
        inside.append(0.0)
    for mean in means:
        inside.extend(mean[np.isfinite(mean)])
    for value in values:
        finite = value[np.isfinite(value)]
        if len(finite):
            inside.extend(np.percentile(finite, (1, 99)))
    low, high = min(inside, default=0.0), max(inside, default=0.0)
    if low == high == 0:
        high = 1.0
    # Of numbers that are nearly equal no more than four digits are written.
    missing = max(0.01 * max(-low, high) - (high - low), 0)
    margin = 0.03 * (high - low) + missing / 2  # a line at 0 is seen whole
    return low - margin, high + margin


def _mark(axes, levels):
    """Draws level lines, labelled at the right of the axes.

    Args:
        levels: list of floats, ascending.
    """
    if not levels:
        return
    low, high = axes.get_ylim()
    height = axes.get_position().height * axes.figure.get_size_inches()[1] * 72
    places = height * (np.array(levels) - low) / (high - low)
    labels = _spread(places, distance=11, low=5, high=height - 5)
    for value, line, label in zip(levels, places, labels, strict=True):
        axes.axhline(value, color="0.5", linewidth=0.8, dashes=(5, 3))
        axes.annotate(
            level_label(value),
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(5, label - line),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color="0.3",
        )


def _spread(places, distance, low, high):
    """Moves ascending places apart, by the least squares that do it."""
    steps = distance * np.arange(len(places))
    # What is left to find is ascending: an isotonic regression.
    rest = places - steps
    count = len(rest)
    moved = [
        max(
            min(rest[j : k + 1].mean() for k in range(i, count))
            for j in range(i + 1)
        )
        for i in range(count)
    ]
    return np.clip(moved, low, high - steps[-1]) + steps


def level_label(value):
    """A level's value as text: its name, where it has one."""
    for label, named in _NAMED_LEVELS.items():
        if math.isclose(value, named):
            return label
    return f"{value:.3g}"


def _draw_legend(axes, distance):
    """Draws the legend above the axes, `distance` inches away."""
    height = axes.get_position().height * axes.figure.get_size_inches()[1]
    axes.legend(
        bbox_to_anchor=(0.5, 1 + (distance + _LEGEND / 2) / height),
        ncols=3,
        **LEGEND,
    )


def _draw_epochs(axes, steps_per_epoch):
    """Draws an axis of epochs along the top."""
    epochs = axes.secondary_xaxis(
        "top",
        functions=(
            lambda step: step / steps_per_epoch,
            lambda epoch: epoch * steps_per_epoch,
        ),
    )
    epochs.set_xlabel("Epoch", fontsize=9, labelpad=4)
    epochs.tick_params(labelsize=9)
    epochs.spines["top"].set_visible(False)  # the steps' axes have one
    epochs.xaxis.set_major_locator(_whole_numbers(10))


def _whole_numbers(most):
    """Places ticks at whole numbers, be it one only."""
    return MaxNLocator(most, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
