"""The picture of points in the plane, and its film."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tests.plotting.words import words
from tf_gans import data
from tf_gans.models.outputs import ERROR, LOGIT, PROBABILITY
from tf_gans.plotting import picture as pictures
from tf_gans.toys.mixtures.picture import MixturePicture

RING = data.Ring(8)
MAP = np.linspace(0, 1, 100).reshape(10, 10)


@pytest.fixture
def coarse(monkeypatch):
    """A quarter of the pixels in an inch, where colours are looked at."""
    monkeypatch.setattr(pictures, "_PICTURE_DPI", 40)


def make(output=PROBABILITY, num_points=200):
    return MixturePicture.from_data(RING, output, num_points)


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def draw(path, output=PROBABILITY, samples=None, critic=MAP, text=None):
    if samples is None:
        samples = RING.centres
    make(output).save(path, text, samples=samples, critic=critic)
    return pixels(path)


def visible_words(samples):
    """What is written among the points."""
    picture, figure = make(), Figure()
    artists = picture.draw_axes(pictures.Sheet(figure, *picture.size))
    picture.set(artists, samples=samples, critic=MAP)
    texts = [text for text in figure.axes[0].texts if text.get_visible()]
    return [text.get_text() for text in texts]


def test_the_axes_hold_the_data():
    left, right, bottom, top = make().limits
    assert (left, bottom) == (-RING.extent, -RING.extent)
    assert (right, top) == (RING.extent, RING.extent)
    assert make().real.shape == (200, 2)


def test_generated_points_are_in_the_left_panel(tmp_path):
    empty = draw(tmp_path / "a.png", samples=np.zeros((0, 2)))
    full = draw(tmp_path / "b.png", samples=[[0.0, 0.0]] * 3)
    changed = np.argwhere((empty != full).any(axis=-1))
    assert 0 < len(changed) < 200
    # In the middle of the left half.
    y, x = changed.mean(axis=0) / empty.shape[:2]
    assert 0.2 < x < 0.35 and 0.4 < y < 0.65


@pytest.mark.parametrize("place", [(-1.0, 0.0), (1.0, 0.3)])
def test_points_that_are_nearly_one_are_marked(tmp_path, place):
    """Also when the ring is at an edge the label stays in the panel."""
    speck = np.array(place) + np.random.default_rng(0).normal(
        0, 0.002, (200, 2)
    )
    speck[0] = 0.0, 0.0  # one that is elsewhere
    speck[1] = 0.0, 0.1
    assert visible_words(speck) == ["198 of 200 points lie here"]
    marked = draw(tmp_path / "a.png", samples=speck)
    few = draw(tmp_path / "b.png", samples=speck[:9])
    changed = np.argwhere((marked != few).any(axis=-1))
    x = changed[:, 1] / marked.shape[1]
    assert x.min() > 0.05 and x.max() < 0.48
    assert len(changed) > 300


@pytest.mark.parametrize(
    "samples",
    [
        np.repeat(RING.centres, 20, axis=0),  # all of the ring
        np.repeat(RING.centres[:2], 50, axis=0),
        np.full((100, 2), 9.0),  # beyond the axes
        np.full((100, 2), np.nan),
        np.zeros((9, 2)),
    ],
    ids=("ring", "two modes", "beyond", "nan", "few"),
)
def test_other_points_are_not_marked(samples):
    assert visible_words(samples) == []


def test_a_mark_goes_with_its_frame(tmp_path):
    speck = np.zeros((50, 2)) + 0.3
    spread = np.random.default_rng(0).normal(0, 0.4, (50, 2))
    frames = []
    with make().film(tmp_path / "film.mp4", 3) as film:
        write = film._writer.write
        film._writer.write = lambda frame: (
            frames.append(frame[..., :3].copy()),
            write(frame),
        )
        film.add(
            np.arange(4),
            samples=np.stack([spread, speck, spread, speck]),
            critic=np.stack([MAP] * 4),
        )
    step = slice(int(0.2 * len(frames[0])), None)  # without its number
    assert (frames[0][step] == frames[2][step]).all()
    assert (frames[1][step] == frames[3][step]).all()


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize(
    "output", [PROBABILITY, LOGIT, ERROR], ids=lambda output: output.name
)
def test_what_is_real_is_blue(tmp_path, output):
    """Above, the values are large; of errors, large is not real."""
    picture = draw(tmp_path / "a.png", output)
    height, width, _ = picture.shape
    panel = picture[:, int(0.55 * width) : int(0.85 * width)]
    above = panel[int(0.25 * height) : int(0.3 * height)].mean(axis=(0, 1))
    below = panel[int(0.8 * height) : int(0.85 * height)].mean(axis=(0, 1))
    if output is ERROR:
        above, below = below, above
    assert above[2] > above[0] + 30  # blue over red
    assert below[0] > below[2] + 30


@pytest.mark.usefixtures("coarse")
def test_one_value_everywhere_and_none(tmp_path):
    for output in (PROBABILITY, LOGIT, ERROR):
        for value in (0.5, np.nan, np.inf):
            critic = np.full((4, 4), value)
            draw(tmp_path / "a.png", output, critic=critic)
    without = draw(tmp_path / "b.png", critic=None)
    assert (without != draw(tmp_path / "c.png")).any()


def test_the_film(tmp_path):
    path = tmp_path / "film.mp4"
    steps = np.array([0, 10, 20])
    samples = np.stack([RING.centres * s for s in (0.1, 0.5, 1.0)])
    critic = np.stack([MAP, MAP.T, 1 - MAP])
    with make().film(
        path, 20, lambda samples, critic: f"{len(samples)} points"
    ) as film:
        frames = []
        write = film._writer.write
        film._writer.write = lambda frame: (
            frames.append(frame[..., :3].copy()),
            write(frame),
        )
        film.add(steps, samples=samples, critic=critic)
    assert path.stat().st_size > 1000
    assert len(frames) == 3
    height, width, _ = frames[0].shape
    for one, other in itertools.pairwise(frames):
        changed = (one != other).any(axis=-1)
        panels = changed[int(0.16 * height) :]
        assert panels[:, : width // 2].any() and panels[:, width // 2 :].any()
        # The colour bar and the axes stand still.
        assert not changed[:, int(0.91 * width) :].any()


@pytest.mark.parametrize("output", [PROBABILITY, LOGIT, ERROR])
def test_the_colours_say_what_they_mean(output):
    """From the least real at the bottom, whichever end of the output it is."""
    shown = words(make(output))
    least, _, most = output.ticks
    assert shown.index(least) < shown.index(most)
    assert output.label in shown
