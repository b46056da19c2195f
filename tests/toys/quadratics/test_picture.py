"""The picture of generated parabolas and its film, pixel by pixel."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from tf_gans import data
from tf_gans.errors import UserError
from tf_gans.toys.quadratics import picture as quadratics
from tf_gans.toys.quadratics.picture import (
    CurveAxes,
    QuadraticsAnimation,
    plot_quadratics,
    show_quadratics,
)

SOURCE = data.Quadratics(8)
AXES = CurveAxes.from_data(SOURCE)
VERDICT = {"d_loss": 1.25, "d_real": 0.6, "accuracy": 0.75}

# Where the film's axes are, in pixels, and the heights of their ends.
LEFT, RIGHT, TOP, BOTTOM = 72, 690, 86, 418
LOW, HIGH = AXES.limits


def make_curves(coefficients, count=5):
    """For each frame, `count` curves near that of a coefficient."""
    a = np.asarray(coefficients)[:, np.newaxis]
    return SOURCE.curves(a + np.linspace(0, 0.2, count)).astype("f4")


def draw_film_frames(tmp_path, curves, steps=None, numbers=None):
    """The frames' pixels, before they are encoded."""
    frames = []
    film = QuadraticsAnimation(tmp_path / "x.mp4", AXES, total_steps=400)
    film._writer.write = lambda pixels: frames.append(pixels[..., :3].copy())
    steps = np.arange(len(curves)) if steps is None else steps
    numbers = np.full((3, len(curves)), 0.5) if numbers is None else numbers
    film.add(steps, curves, *numbers)
    return frames


def is_near(pixels, colour, tolerance=40):
    colour = np.asarray(colour) * 255
    return (np.abs(pixels.astype(float) - colour) < tolerance).all(axis=-1)


def rows_of(heights):
    """The pixels' rows of heights on the film's axis."""
    return BOTTOM - (np.asarray(heights) - LOW) / (HIGH - LOW) * (BOTTOM - TOP)


def columns_of(x):
    return LEFT + (np.asarray(x) + 2) / 4 * (RIGHT - LEFT)


def check_is_at(marked, x, heights):
    """Checks that the marked pixels lie on a curve, and all along it."""
    rows, columns = np.nonzero(marked)
    across = np.linspace(-2, 2, 4000)
    down = rows_of(np.interp(across, x, heights))
    across = columns_of(across)
    distance = np.hypot(
        rows[:, np.newaxis] + 0.5 - down, columns[:, np.newaxis] + 0.5 - across
    )
    assert distance.min(axis=1).max() < 5  # a marker's radius
    inner = (across > LEFT + 4) & (across < RIGHT - 4)
    assert distance.min(axis=0)[inner].max() < 8  # other lines cross it


def test_axes_hold_the_bounds():
    np.testing.assert_allclose(AXES.lower, SOURCE.x**2)
    np.testing.assert_allclose(AXES.upper, 3 * SOURCE.x**2 + 2)
    np.testing.assert_allclose(AXES.real, 2 * SOURCE.x**2 + 1)
    assert LOW < 0 and HIGH > 14


class TestFilmFrames:
    def test_curves_are_at_the_right_pixels(self, tmp_path):
        curves = make_curves([1.2, 2.6], count=1)
        frames = draw_film_frames(tmp_path, curves)
        for frame, curve in zip(frames, curves, strict=True):
            assert frame.shape == (480, 720, 3)
            marked = is_near(frame, quadratics._GENERATED)
            marked[: TOP + 1] = False  # the legend
            check_is_at(marked, SOURCE.x, curve[0])
            marked = is_near(frame, quadratics._REAL)
            marked[: TOP + 1] = False
            check_is_at(marked, SOURCE.x, AXES.real)

    def test_the_bundle_is_there_and_thin(self, tmp_path):
        lone, bundle = (
            draw_film_frames(tmp_path, make_curves([1.0], count))[0]
            for count in (1, 5)
        )
        difference = (lone != bundle).any(axis=-1)
        rows, columns = np.nonzero(difference)
        assert rows.min() >= TOP and rows.max() <= BOTTOM
        heights = HIGH - (rows + 0.5 - TOP) / (BOTTOM - TOP) * (HIGH - LOW)
        x = (columns + 0.5 - LEFT) / (RIGHT - LEFT) * 4 - 2
        a = (heights + 1) / (x**2 + 1)
        assert a.min() > 0.95 and a.max() < 1.3
        # Fainter than the bold curve, but where they meet.
        bold = is_near(bundle[difference], quadratics._GENERATED)
        assert bold.mean() < 0.05

    def test_only_what_moves_changes(self, tmp_path):
        curves = make_curves(np.linspace(1, 1.5, 8))
        numbers = np.linspace(0, 1, 24).reshape(3, 8)
        frames = draw_film_frames(tmp_path, curves, numbers=numbers)
        changed = np.zeros((480, 720), bool)
        for frame in frames[1:]:
            changed |= (frame != frames[0]).any(axis=-1)
        rows, columns = np.nonzero(changed)
        assert rows[rows < 40].size  # the step's number
        assert not ((rows > 40) & (rows < TOP)).any()
        assert rows.max() <= BOTTOM + 2
        table = (rows > TOP) & (rows < rows_of(9.5))
        table &= (columns > columns_of(-1.2)) & (columns < columns_of(1.4))
        assert table.any()
        width = np.ptp(columns[table])
        assert 20 < width < 50  # the numbers' column alone

    def test_frames_do_not_depend_on_those_before(self, tmp_path):
        order = np.array([0, 1, 2, 1, 0])
        curves = make_curves([1.1, 2.0, 2.7])[order]
        frames = draw_film_frames(tmp_path, curves, steps=order)
        np.testing.assert_array_equal(frames[0], frames[4])
        np.testing.assert_array_equal(frames[1], frames[3])
        assert (frames[0] != frames[1]).any()

    def test_numbers_are_drawn(self, tmp_path):
        curves = make_curves([1, 1, 1])
        one = draw_film_frames(
            tmp_path, curves[:1], numbers=[[1.25], [0.6], [0.75]]
        )[0]
        same, other = draw_film_frames(
            tmp_path,
            curves[:2],
            steps=[0, 0],
            numbers=[[1.254, 1.25], [0.6, 0.6], [0.75, 0.76]],
        )
        np.testing.assert_array_equal(one, same)  # two decimals
        rows, _ = np.nonzero((one != other).any(axis=-1))
        assert np.ptp(rows) < 15  # one line of the table

    def test_networks_that_broke(self, tmp_path):
        broken = np.full((1, 5, 15), np.nan)
        (frame,) = draw_film_frames(
            tmp_path, broken, numbers=np.full((3, 1), np.nan)
        )
        inner = frame[TOP + 2 : BOTTOM - 2, LEFT + 2 : RIGHT - 2]
        assert not is_near(inner, quadratics._GENERATED).any()
        assert is_near(inner, quadratics._REAL).any()

    def test_curves_far_away_end_at_the_frame(self, tmp_path):
        (frame,) = draw_film_frames(tmp_path, make_curves([40.0]))
        (plain,) = draw_film_frames(tmp_path, np.full((1, 5, 15), np.nan))
        np.testing.assert_array_equal(frame[: TOP - 1], plain[: TOP - 1])
        np.testing.assert_array_equal(frame[BOTTOM + 2 :], plain[BOTTOM + 2 :])

    def test_nothing_is_cut_off(self, tmp_path):
        (frame,) = draw_film_frames(tmp_path, make_curves([2.0]), steps=[400])
        for edge in (frame[:3], frame[-3:], frame[:, :3], frame[:, -3:]):
            assert (edge == 255).all()


class TestFilm:
    def test_is_written(self, tmp_path):
        import imageio_ffmpeg

        path = tmp_path / "film.mp4"
        curves = make_curves(np.linspace(1, 3, 12))
        with QuadraticsAnimation(path, AXES, total_steps=11) as film:
            numbers = np.zeros((3, 6))
            film.add(np.arange(6), curves[:6], *numbers)
            film.add(np.arange(6, 12), curves[6:], *numbers)
        assert imageio_ffmpeg.count_frames_and_secs(str(path))[0] == 12

    def test_other_numbers_of_frames(self, tmp_path):
        film = QuadraticsAnimation(tmp_path / "x.mp4", AXES, total_steps=3)
        with pytest.raises(ValueError, match="zip"), film:
            film.add([0, 1], make_curves([1, 2]), [0], [0], [0])
        assert not list(tmp_path.iterdir())

    def test_wrong_name(self, tmp_path):
        with pytest.raises(UserError, match=r"\.mp4, \.gif or \.webm"):
            QuadraticsAnimation(tmp_path / "film.mov", AXES, 3)


class TestPicture:
    def make(self, path, **kwargs):
        curves = make_curves([1.6])[0]
        plot_quadratics(path, AXES, curves, VERDICT, **kwargs)
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))

    def test_holds_both_kinds_of_curves(self, tmp_path):
        pixels = self.make(tmp_path / "picture.png")
        assert pixels.shape == (600, 900, 3)
        for colour in (quadratics._REAL, quadratics._GENERATED):
            assert is_near(pixels[110:520, 95:860], colour, 20).sum() > 500

    def test_is_the_same_each_time(self, tmp_path):
        first = self.make(tmp_path / "1.png")
        second = self.make(tmp_path / "2.png")
        np.testing.assert_array_equal(first, second)

    def test_summary_is_added_below(self, tmp_path):
        plain = self.make(tmp_path / "plain.png")
        pixels = self.make(tmp_path / "picture.png", summary_text="one\ntwo")
        added = len(pixels) - len(plain)
        assert added > 0
        np.testing.assert_array_equal(pixels[: -added - 8], plain[:-8])
        assert pixels[-added:].min() < 160

    def test_only_the_picture_is_left(self, tmp_path):
        self.make(tmp_path / "new" / "picture.png")
        assert [p.name for p in (tmp_path / "new").iterdir()] == ["picture.png"]

    def test_cannot_be_written(self, tmp_path):
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "picture.png"
        with pytest.raises(UserError) as error:
            self.make(path)
        assert str(error.value).startswith(str(path))

    def test_leaves_the_users_style_alone(self, tmp_path):
        before = dict(plt.rcParams)
        self.make(tmp_path / "picture.png")
        assert dict(plt.rcParams) == before
        assert not plt.get_fignums()


class TestWindow:
    def show(self):
        return show_quadratics(AXES, make_curves([1.6])[0], VERDICT, "text")

    def test_without_a_display(self):
        assert self.show() is False
        assert not plt.get_fignums()

    def test_display_that_cannot_be_opened(self, monkeypatch):
        def fail():
            raise RuntimeError("couldn't connect to display")

        monkeypatch.setattr(plt, "figure", fail)
        assert self.show() is False

    def test_with_a_display(self, monkeypatch):
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
        assert is_near(pixels, quadratics._GENERATED, 20).sum() > 200
        assert not plt.get_fignums()
