"""The ways of the Dirac GAN's two numbers, side by side, and their film."""

import dataclasses
import textwrap

import numpy as np

from tf_gans.plotting.picture import BLUE, GREEN, VERMILION, Picture
from tf_gans.toys.dirac.metrics import distances

# In inches.
_SIDE, _GAP, _HEAD, _MARGIN, _BOTTOM, _TOP = 2.3, 0.45, 0.42, 0.75, 0.55, 0.2
_COLUMNS = 3
_CHARACTERS = 14  # of the text below, in an inch

# The longest arrow of a panel, as a part of the arrows' distance.
_ARROW = 0.85

_TITLE = "Dirac GAN: the generator makes theta, the discriminator says psi x"

_ENDED = 0.05  # a distance below which a way has come to its end


@dataclasses.dataclass(frozen=True, eq=False)
class DiracPicture(Picture):
    """A panel for each training: theta to the right, psi up.

    Grey arrows show where a step of the training leads, the line the way that
    it went, the ring its start, the cross the equilibrium. The way's end is
    green where it has come to the equilibrium, and red where it has not.

    Args:
        titles: sequence of str, one for each training.
        paths: array of shape `(trainings, num_steps + 1, 2)`: theta and psi at
            the start and after each step.
        places: array of shape `(n, 2)`. Where the arrows begin.
        moves: array of shape `(trainings, n, 2)`: see
            `tf_gans.toys.dirac.probe.moves`.
    """

    titles: tuple
    paths: np.ndarray
    places: np.ndarray
    moves: np.ndarray

    @property
    def title(self):
        """As much as there is room for, beside the number of a step."""
        if self.columns < _COLUMNS:
            return "Dirac GAN"
        return _TITLE

    @property
    def columns(self):
        return min(_COLUMNS, len(self.titles))

    @property
    def rows(self):
        return -(-len(self.titles) // self.columns)

    @property
    def size(self):
        width = _MARGIN + self.columns * (_SIDE + _GAP)
        height = _BOTTOM + self.rows * (_SIDE + _HEAD + _GAP / 2) + _TOP
        return width, height

    def save(self, path, text=None, about=None, **values):
        """Saves it, with a text that is broken to its width; see `Picture`."""
        if text:
            text = textwrap.fill(text, int(_CHARACTERS * self.size[0]))
        super().save(path, text, about, **values)

    @property
    def head(self):
        return _MARGIN, self.size[0] - _GAP

    @property
    def text_centre(self):
        return self.size[0] / 2

    def draw_axes(self, sheet):
        """Draws all but the ways; see `Picture`."""
        lines, ends, words = [], [], []
        limit = float(np.abs(self.places).max())
        for number, title in enumerate(self.titles):
            row, column = divmod(number, self.columns)
            is_last = number + self.columns >= len(self.titles)
            left = _MARGIN + column * (_SIDE + _GAP)
            above = (self.rows - 1 - row) * (_SIDE + _HEAD + _GAP / 2)
            axes = sheet.axes(left, _BOTTOM + above, _SIDE, _SIDE)
            axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
            axes.set_xlabel("theta" if is_last else "")
            axes.set_ylabel("" if column else "psi")
            axes.tick_params(labelleft=not column, labelbottom=is_last)
            axes.set_title(title, fontsize=9.5, loc="left", pad=4)
            _draw_arrows(axes, self.places, self.moves[number])
            axes.plot(0, 0, "+", color="0.1", markersize=11, mew=1.6)
            axes.plot(
                *self.paths[number, 0], "o", color=BLUE, markersize=6, mfc="w"
            )
            (line,) = axes.plot([], [], color=BLUE, linewidth=1.2)
            (end,) = axes.plot([], [], "o", markersize=7)
            lines.append(line)
            ends.append(end)
            words.append(
                axes.text(
                    0.97,
                    0.03,
                    "",
                    transform=axes.transAxes,
                    ha="right",
                    va="bottom",
                    fontsize=8.5,
                    bbox={"fc": "w", "ec": "none", "alpha": 0.8, "pad": 1.5},
                )
            )
        artists = [*lines, *ends, *words]
        for order, artist in enumerate(artists):
            artist.set_zorder(3 + order)
        return artists

    def set(self, artists, taken):
        """Draws the ways of the first steps.

        Args:
            artists: what `draw_axes` returned.
            taken: int. How many.
        """
        count = len(self.titles)
        for path, line, end, word in zip(
            self.paths,
            artists[:count],
            artists[count : 2 * count],
            artists[2 * count :],
            strict=True,
        ):
            line.set_data(*path[: taken + 1].T)
            distance = distances(path[taken])
            end.set_data(*path[taken][:, np.newaxis])
            end.set_color(GREEN if distance < _ENDED else VERMILION)
            word.set_text(f"distance {distance:.2g}")


def _draw_arrows(axes, places, moves):
    """Draws arrows of the moves' directions, and of the lengths' root.

    A step far away is hundreds of times longer than one at the equilibrium.
    """
    lengths = np.linalg.norm(moves, axis=1)
    largest = lengths.max() or 1.0
    spacing = np.diff(np.unique(places[:, 0])).min()
    root = np.sqrt(lengths / largest) * _ARROW * spacing
    scale = root / np.where(lengths > 0, lengths, 1.0)
    axes.quiver(
        *places.T,
        *(moves * scale[:, np.newaxis]).T,
        angles="xy",
        scale_units="xy",
        scale=1,
        color="0.78",
        width=0.006,
        headwidth=4,
        headlength=4.5,
        headaxislength=4,
    )
