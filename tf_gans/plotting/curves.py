"""The curves of a training: its losses, and what the discriminator says."""

import math

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from tf_gans import files

# seaborn's colour-blind-safe palette: its blue, vermilion and grey.
_DISCRIMINATOR, _GENERATOR, _PENALTY = (
    sns.color_palette("colorblind")[i] for i in (0, 3, 7)
)

_LOSSES = {
    "d_loss": ("discriminator loss", _DISCRIMINATOR),
    "g_loss": ("generator loss", _GENERATOR),
    "penalty": ("penalty", _PENALTY),
}
_OUTPUTS = {
    "d_real": ("D(x), of real samples", _DISCRIMINATOR),
    "d_fake": ("D(G(z)), of generated samples", _GENERATOR),
}

# Where no sample can be told from the data, every logit is 0.
_LOSS_EQUILIBRIA = {"2 ln 2": 2 * math.log(2), "ln 2": math.log(2)}
_OUTPUT_EQUILIBRIA = {"1/2": 0.5}

# In inches.
_WIDTH = 7.0
_LEFT, _RIGHT, _BOTTOM = 0.75, 0.65, 0.58
_MARGIN = 0.1
_TITLE = 0.3
_LEGEND = 0.32
_EPOCHS = 0.46
_UPPER, _LOWER = 2.2, 1.7
_GAP = 0.15

_DPI = 150


def plot_curves(path, rows, title=None, steps_per_epoch=None):
    """Saves the curves of a training as a PNG file.

    The upper panel has the losses, the lower one, where they were logged, D(x)
    and D(G(z)). The logged values are thin; bold is their mean over a fiftieth
    of the run. The dashed lines are the values at the equilibrium; of the
    losses, those of the non-saturating loss.

    Numbers that are not finite leave gaps. A few values that lie far beyond
    the others are cut off at the frame.

    Args:
        path: str or path-like.
        rows: list of dicts, the lines of a run's `log.jsonl` in their order:
            `{"step": int, "d_loss": float, "g_loss": float}` and, where they
            were logged, `"penalty"`, `"d_real"` and `"d_fake"`. At least one.
        title: str or None. Defaults to `None`.
        steps_per_epoch: int or None. Adds an axis of epochs. Defaults to
            `None`.

    Raises:
        UserError: the file cannot be written.
    """
    if not rows:
        raise ValueError("`rows` must hold at least one row. Received: none")
    steps = np.array([row["step"] for row in rows])
    outputs = _series(rows, _OUTPUTS)
    figure = Figure()
    with sns.axes_style("ticks", {"font.family": "DejaVu Sans"}):
        upper, lower = _lay_out(figure, title, steps_per_epoch, bool(outputs))
        means = _draw_curves(upper, steps, _series(rows, _LOSSES), _LOSSES)
        _limit_losses(upper, means)
        _mark(upper, _LOSS_EQUILIBRIA)
        upper.set_ylabel("Loss")
        # Large numbers get a common factor, "1e6", in the margin: above the
        # axes are the epochs.
        upper.ticklabel_format(axis="y", scilimits=(-3, 4))
        upper.yaxis.get_offset_text().set_x(-0.1)
        bottom = upper
        if outputs:
            _draw_curves(lower, steps, outputs, _OUTPUTS)
            lower.set_ylim(-0.02, 1.02)  # lines at 0 and 1 are seen whole
            _mark(lower, _OUTPUT_EQUILIBRIA)
            lower.set_ylabel("Probability of real")
            upper.tick_params(labelbottom=False)
            _draw_legend(lower, 0)
            bottom = lower
        _draw_legend(upper, _EPOCHS if steps_per_epoch else 0)
        if steps_per_epoch:
            _draw_epochs(upper, steps_per_epoch)
        bottom.set_xlabel("Step")
        bottom.set_xlim(0, max(steps[-1], 1))
        bottom.xaxis.set_major_locator(_whole_numbers(8))
        bottom.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    with (
        # A long line that crosses itself often is too much for one piece.
        matplotlib.rc_context({"agg.path.chunksize": 10_000}),
        files.replacing(path) as temporary,
    ):
        figure.savefig(temporary, format="png", dpi=_DPI)


def _series(rows, names):
    """Those of the named values that any row has, as arrays."""
    series = {}
    for name in names:
        if any(name in row for row in rows):
            values = np.array([row.get(name, math.nan) for row in rows], float)
            series[name] = np.where(np.isfinite(values), values, math.nan)
    return series


def _lay_out(figure, title, steps_per_epoch, has_outputs):
    """Makes the axes, with room above them, where no curve is, for legends.

    Returns:
        The upper panel's axes, and the lower's or None.
    """
    upper_top = (
        _MARGIN
        + (_TITLE if title else 0)
        + _LEGEND
        + (_EPOCHS if steps_per_epoch else 0)
    )
    upper_bottom = upper_top + _UPPER
    lower_top = upper_bottom + _GAP + _LEGEND
    lower_bottom = lower_top + _LOWER
    height = (lower_bottom if has_outputs else upper_bottom) + _BOTTOM
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

    def add_axes(top, bottom, **kwargs):
        place = (
            _LEFT / _WIDTH,
            1 - bottom / height,
            1 - (_LEFT + _RIGHT) / _WIDTH,
            (bottom - top) / height,
        )
        axes = figure.add_axes(place, **kwargs)
        axes.grid(axis="x", color="0.92")
        axes.set_axisbelow(True)
        return axes

    upper = add_axes(upper_top, upper_bottom)
    if not has_outputs:
        return upper, None
    return upper, add_axes(lower_top, lower_bottom, sharex=upper)


def _draw_curves(axes, steps, series, names):
    """Draws values and, over all of them, their running means.

    Returns:
        The lists of values and of running means that were drawn.
    """
    window = 2 * (len(steps) // 100) + 1
    means = [_running_mean(values, window) for values in series.values()]
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


def _running_mean(values, window):
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


def _limit_losses(axes, curves):
    """Sets the losses' axis so that a few outliers do not flatten the rest."""
    values, means = curves
    inside = [*_LOSS_EQUILIBRIA.values()]
    for mean in means:
        inside.extend(mean[np.isfinite(mean)])
    for value in values:
        finite = value[np.isfinite(value)]
        if len(finite):
            inside.extend(np.percentile(finite, (1, 99)))
    low, high = min(inside), max(inside)
    low = min(low, 0)
    margin = 0.03 * (high - low)  # a line at 0 is seen whole
    axes.set_ylim(low - margin, high + margin)


def _mark(axes, values):
    """Draws level lines, labelled beside the axes."""
    low, high = axes.get_ylim()
    height = axes.get_position().height * axes.figure.get_size_inches()[1]
    points = 72 * height / (high - low)
    ordered = sorted(values.values())
    crowded = points * (ordered[-1] - ordered[0]) < 10
    for label, value in values.items():
        place = "center"
        if len(values) > 1 and crowded:
            place = "bottom" if value == ordered[-1] else "top"
        axes.axhline(value, color="0.5", linewidth=0.8, dashes=(5, 3))
        axes.annotate(
            label,
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            textcoords="offset points",
            va=place,
            fontsize=9,
            color="0.3",
        )


def _draw_legend(axes, distance):
    """Draws the legend above the axes, `distance` inches away."""
    height = axes.get_position().height * axes.figure.get_size_inches()[1]
    axes.legend(
        loc="center",
        bbox_to_anchor=(0.5, 1 + (distance + _LEGEND / 2) / height),
        ncols=3,
        frameon=False,
        fontsize=9,
        borderpad=0,
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
