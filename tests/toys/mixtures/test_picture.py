"""The picture of points in the plane, and its film."""

import itertools

import numpy as np
import pytest
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
