"""Codes of two components, and what a decoder makes of their plane."""

import statistics

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from tf_gans.plotting.images import image_grid
from tf_gans.plotting.picture import GREY, save_figure, style

_MOST_POINTS = 5000  # of more, a picture shows no more
_MOST_NAMES = 20  # of more labels, none has its name beside the picture
_SIDE = 15  # images of the plane in a row


def plot_codes(path, codes, labels=None, names=(), title="", about=None):
    """Draws codes as points in the plane, a colour for each label.

    Args:
        path: where the PNG file is written.
        codes: float array of shape `(n, 2)`. Of many the first ones are drawn.
        labels: int array of shape `(n,)`, or None for points of one colour.
        names: sequence of str, the names of the labels 0, 1 and so on; their
            numbers where there are none.
        title: str. Defaults to `""`.
        about: dict of what is known of them, or None; see
            `tf_gans.provenance.comment`. Defaults to `None`.
    """
    codes = np.asarray(codes)[:_MOST_POINTS]
    if codes.ndim != 2 or codes.shape[1] != 2:
        raise ValueError(
            "`codes` must be of shape (n, 2). Received: codes of shape "
            f"{codes.shape}"
        )
    figure = Figure(figsize=(6.2, 5.4), layout="constrained")
    with style():
        axes = figure.add_subplot()
        if labels is None:
            _points(axes, codes, [GREY])
        else:
            _scatter(axes, codes, np.asarray(labels)[: len(codes)], names)
        if labels is not None and len(np.unique(labels)) <= _MOST_NAMES:
            axes.legend(
                loc="center left",
                bbox_to_anchor=(1, 0.5),
                frameon=False,
                fontsize=9,
                markerscale=3,
                handletextpad=0.2,
            )
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xlabel("First component of the code")
        axes.set_ylabel("Second component")
        axes.set_title(title)
        sns.despine(ax=axes)
    save_figure(path, figure, about)


def _scatter(axes, codes, labels, names):
    found = np.unique(labels)
    if len(found) <= 10:
        colours = sns.color_palette("tab10", 10)
    else:
        colours = sns.color_palette("husl", len(found))
    # In an order of its own: no label covers the others.
    place = {label: number for number, label in enumerate(found)}
    shade = np.array(colours)[[place[label] for label in labels]]
    _points(axes, codes, shade)
    for label, number in place.items():
        name = names[label] if label < len(names) else str(label)
        axes.scatter([], [], s=5, color=colours[number], label=name)


def _points(axes, codes, colours):
    axes.scatter(codes[:, 0], codes[:, 1], s=5, c=colours, linewidths=0)


def manifold_z(side=_SIDE):
    """Codes of the plane at even quantiles of N(0, I), row by row.

    The first component rises to the right and the second one upwards, from
    the prior's 5 % to its 95 %.

    Args:
        side: int. Codes in a row, and rows. Defaults to `15`.

    Returns:
        A float32 array of shape `(side^2, 2)`.
    """
    quantile = statistics.NormalDist().inv_cdf
    places = [quantile(p) for p in np.linspace(0.05, 0.95, side)]
    first, second = np.meshgrid(places, places[::-1])
    return np.stack([first.ravel(), second.ravel()], axis=1).astype(np.float32)


def manifold_grid(images, side=_SIDE, scale=1):
    """Places the images of `manifold_z` side by side, without gaps.

    Args:
        images: uint8 array of shape `(side^2, height, width, channels)`.
        side, scale: ints.

    Returns:
        A uint8 array of shape `(height, width, 3)`.
    """
    return image_grid(images, side, padding=0, scale=scale)
