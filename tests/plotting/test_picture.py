"""What every picture has: its PNG file, its window and its film."""

import os
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from tests.paths import ROOT
from tf_gans.errors import RunError, UserError
from tf_gans.plotting import find_ffmpeg
from tf_gans.plotting.picture import Picture

BLUE = (0, 0, 1)

# Of a film's frames, in pixels: they have 120 in an inch.
WIDTH, HEIGHT = 480, 240
HEAD = slice(0, 60)  # the rows above the axes


class Dot(Picture):
    """A dot at a place, and a line that stands still."""

    size = (4, 2)
    title = "A dot"
    head = (0.5, 3.5)
    text_centre = 2

    def draw_axes(self, sheet):
        axes = sheet.axes(0.5, 0.4, 3, 1.1)
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.plot([0, 1], [0, 1], color="0.5")
        return axes.plot([], [], "o", color=BLUE, markersize=10)

    def set(self, artists, x, y):
        artists[0].set_data([x], [y])


class Untitled(Dot):
    title = None


FRAMES = {"x": np.linspace(0.2, 0.8, 7), "y": np.linspace(0.9, 0.3, 7)}


def is_blue(pixels):
    return (np.abs(pixels.astype(int) - np.array(BLUE) * 255) < 40).all(axis=-1)


def draw_film_frames(tmp_path, steps, picture=None, total_steps=5000, **kwargs):
    """The frames' pixels, before they are encoded."""
    describe = kwargs.pop("describe", None)
    picture = picture or Dot()
    film = picture.film(tmp_path / "x.mp4", total_steps, describe)
    frames = []
    film._writer.write = lambda pixels: frames.append(pixels[..., :3].copy())
    film.add(steps, **{**FRAMES, **kwargs})
    return frames


def words_of(frame, left, right):
    """The first and last columns of the words at the top."""
    dark = frame[10:50, left:right].min(axis=-1) < 160
    inked = np.flatnonzero(dark.any(axis=0))
    groups = np.split(inked, np.flatnonzero(np.diff(inked) > 6) + 1)
    return [(group[0] + left, group[-1] + left) for group in groups]


class TestFilm:
    def read(self, path, number):
        raw = subprocess.run(
            [find_ffmpeg(), "-loglevel", "error", "-i", str(path)]
            + ["-vf", f"select=eq(n\\,{number})", "-frames:v", "1"]
            + ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        ).stdout
        return np.frombuffer(raw, np.uint8).reshape(HEIGHT, WIDTH, 3)

    @pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webm"])
    def test_shows_the_frames(self, tmp_path, suffix):
        path = tmp_path / f"film{suffix}"
        with Dot().film(path, 6) as film:
            for block in (slice(0, 3), slice(3, 7)):
                values = {name: v[block] for name, v in FRAMES.items()}
                film.add(np.arange(7)[block], **values)
        assert [p.name for p in tmp_path.iterdir()] == [path.name]
        expected = draw_film_frames(tmp_path, np.arange(7), total_steps=6)
        for number in (0, 4, 6):
            error = np.abs(
                self.read(path, number).astype(int) - expected[number]
            )
            assert error.mean() < 2
            assert error[HEAD].max() < 100  # the step's number, too
        described = subprocess.run(
            [find_ffmpeg(), "-i", str(path), "-f", "null", "-"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        ).stderr
        assert re.findall(r"frame=\s*(\d+)", described)[-1] == "7"

    def test_only_what_moves_and_the_number_change(self, tmp_path):
        frames = draw_film_frames(tmp_path, range(7))
        assert frames[0].shape == (HEIGHT, WIDTH, 3)
        changed = np.zeros((HEIGHT, WIDTH), bool)
        for frame in frames[1:]:
            changed |= (frame != frames[0]).any(axis=-1)
        _, columns = np.nonzero(changed[HEAD])
        assert 0 < np.ptp(columns) < 12 and columns.min() > WIDTH / 2
        # The dot: from 0.2 to 0.8 of the axes, and its radius.
        _, columns = np.nonzero(changed[HEAD.stop :])
        assert abs(columns.min() - (60 + 0.2 * 360 - 9)) < 3
        assert abs(columns.max() - (60 + 0.8 * 360 + 9)) < 3

    def test_frames_do_not_depend_on_those_before(self, tmp_path):
        order = np.array([0, 1, 2, 1, 0])
        values = {name: v[order] for name, v in FRAMES.items()}
        frames = draw_film_frames(tmp_path, order, **values)
        np.testing.assert_array_equal(frames[0], frames[4])
        np.testing.assert_array_equal(frames[1], frames[3])
        assert (frames[0] != frames[1]).any()

    def test_number_keeps_its_place(self, tmp_path):
        steps = [0, 8, 88, 888, 5000]
        values = {name: np.full(5, 0.5) for name in FRAMES}
        frames = draw_film_frames(tmp_path, steps, **values)
        places = [words_of(frame, 200, WIDTH) for frame in frames]
        first = places[0]
        assert first[-1][-1] == pytest.approx(0.5 * 120 + 360, abs=2)
        for step, number, slash, total in places:
            # "Step", "/ 5000" and the number are apart by white columns.
            assert step == first[0]
            assert abs(number[1] - first[1][1]) <= 1
            assert (slash, total) == tuple(first[2:])

    def test_title(self, tmp_path):
        (titled,) = draw_film_frames(tmp_path, [0], x=[0.5], y=[0.5])
        words = words_of(titled, 0, 200)
        assert words and words[0][0] == pytest.approx(60, abs=3)
        (plain,) = draw_film_frames(tmp_path, [0], Untitled(), x=[0.5], y=[0.5])
        extra = len(plain) - HEIGHT
        assert extra > 20  # room for the step's number
        assert (plain[:50, :200] == 255).all()
        np.testing.assert_array_equal(
            titled[HEAD.stop :], plain[HEAD.stop + extra :]
        )

    @pytest.mark.parametrize("picture", [Dot(), Untitled()])
    def test_description(self, tmp_path, picture):
        def describe(x, y):
            assert y == 0.5
            return "mmm" if x < 0.5 else "mmmmmm"

        short, long = draw_film_frames(
            tmp_path,
            [0, 0],
            picture,
            describe=describe,
            x=[0.4, 0.6],
            y=[0.5, 0.5],
        )
        (one,), (other,) = words_of(short, 0, 200), words_of(long, 0, 200)
        assert one[0] == other[0] == pytest.approx(60, abs=3)
        assert np.ptp(other) == pytest.approx(2 * np.ptp(one), abs=4)

    def test_uneven_block(self, tmp_path):
        with (
            pytest.raises(ValueError, match="longer"),
            Dot().film(tmp_path / "film.mp4", 3) as film,
        ):
            film.add(np.arange(3), x=np.zeros(3), y=np.zeros(4))
        assert not list(tmp_path.iterdir())

    def test_no_frames(self, tmp_path):
        with (
            pytest.raises(RunError, match="no frames"),
            Dot().film(tmp_path / "film.mp4", 3),
        ):
            pass
        assert not list(tmp_path.iterdir())

    def test_wrong_name(self, tmp_path):
        with pytest.raises(UserError, match=r"\.mp4, \.gif or \.webm"):
            Dot().film(tmp_path / "film.mov", 3)


class TestSave:
    def make(self, path, text=None):
        Dot().save(path, text, x=0.3, y=0.8)
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))

    def test_shows_the_values(self, tmp_path):
        pixels = self.make(tmp_path / "picture.png")
        assert pixels.shape == (300, 600, 3)
        rows, columns = np.nonzero(is_blue(pixels))
        assert columns.mean() == pytest.approx(75 + 0.3 * 450, abs=1)
        assert rows.mean() == pytest.approx(300 - 60 - 0.8 * 165, abs=1)

    def test_is_the_same_each_time(self, tmp_path):
        first = self.make(tmp_path / "1.png")
        second = self.make(tmp_path / "2.png")
        np.testing.assert_array_equal(first, second)

    def test_text_is_added_below(self, tmp_path):
        plain = self.make(tmp_path / "plain.png")
        pixels = self.make(tmp_path / "picture.png", "W1 0.1\nstd 0.5")
        added = len(pixels) - len(plain)
        assert added == pytest.approx(2 * 0.18 * 150, abs=2)
        # A tick may fall on other pixels.
        assert (pixels[: -added - 8] != plain[:-8]).mean() < 0.001
        _, columns = np.nonzero(pixels[-added:].min(axis=-1) < 160)
        assert columns.mean() == pytest.approx(300, abs=10)

    def test_only_the_picture_is_left(self, tmp_path):
        self.make(tmp_path / "new" / "picture.png")
        assert [p.name for p in (tmp_path / "new").iterdir()] == ["picture.png"]

    def test_path_may_be_a_str(self, tmp_path):
        self.make(str(tmp_path / "picture.png"))

    def test_cannot_be_written(self, tmp_path):
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "picture.png"
        with pytest.raises(UserError) as error:
            self.make(path)
        assert str(error.value).startswith(str(path))
        assert "\n" not in str(error.value)

    def test_neither_takes_nor_changes_the_users_style(self, tmp_path):
        plain = self.make(tmp_path / "plain.png")
        with plt.rc_context({"font.family": "serif", "axes.facecolor": "red"}):
            before = dict(plt.rcParams)
            styled = self.make(tmp_path / "picture.png", None)
            assert dict(plt.rcParams) == before
        np.testing.assert_array_equal(styled, plain)
        assert not plt.get_fignums()


class TestWindow:
    def show(self):
        return Dot().show("W1 0.1", x=0.3, y=0.8)

    def test_without_a_display(self):
        assert self.show() is False
        assert not plt.get_fignums()

    def test_display_that_cannot_be_opened(self, monkeypatch):
        def fail():
            raise RuntimeError("couldn't connect to display")

        monkeypatch.setattr(plt, "figure", fail)
        assert self.show() is False

    def test_with_a_display(self, monkeypatch):
        plt.switch_backend("agg")  # whatever a test before has left
        shown = []

        def show():
            figure = plt.figure(plt.get_fignums()[0])
            figure.canvas.draw()
            shown.append(np.asarray(figure.canvas.buffer_rgba())[..., :3])

        monkeypatch.setattr(
            FigureCanvasAgg, "required_interactive_framework", "fake"
        )
        monkeypatch.setattr(plt, "show", show)
        assert self.show() is True
        (pixels,) = shown
        assert is_blue(pixels).sum() > 50
        assert not plt.get_fignums()

    def test_importing_loads_no_window_toolkit(self):
        code = """
            import sys
            import tf_gans.plotting.picture
            loaded = {"tkinter", "PyQt5", "PyQt6", "PySide6", "gi", "wx"}
            sys.exit(bool(loaded & set(sys.modules)))
        """
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env={**os.environ, "MPLBACKEND": "TkAgg"},
            cwd=ROOT,
            check=True,
        )
