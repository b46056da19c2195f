"""The picture and the film of the 1-D demonstration, pixel by pixel."""

import dataclasses
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
from tf_gans import data
from tf_gans.errors import RunError, UserError
from tf_gans.plotting import find_ffmpeg
from tf_gans.toys.gaussian import picture as distributions
from tf_gans.toys.gaussian.picture import (
    DistributionAnimation,
    DistributionAxes,
    plot_distributions,
    show_distributions,
)

POINTS = 400
GAUSSIAN = data.Gaussian(8)

# Where the film's axes are, in pixels.
LEFT, RIGHT, TOP, BOTTOM = 90, 636, 86, 410


@pytest.fixture
def axes():
    return DistributionAxes.from_cdf(-8, 8, GAUSSIAN.cdf)


def make_frames(axes, count):
    """A bump that travels, and a boundary that follows it."""
    centre = np.linspace(-6, 2, count)[:, np.newaxis]
    x = axes.boundary_positions(POINTS)
    boundary = 1 / (1 + np.exp(-2 * (x - centre)))
    density = np.exp(-2 * (axes.bin_centres - centre) ** 2) * 0.8
    return boundary.astype("f4"), density.astype("f4")


def draw_film_frames(axes, tmp_path, frames, steps=None, total_steps=5000):
    """The frames' pixels, before they are encoded."""
    film = DistributionAnimation(tmp_path / "x.mp4", axes, total_steps)
    steps = range(len(frames[0])) if steps is None else steps
    return [
        film._draw(*frame)[..., :3].copy()
        for frame in zip(steps, *frames, strict=True)
    ]


def is_near(pixels, colour, tolerance=40):
    colour = np.asarray(colour) * 255
    return (np.abs(pixels.astype(float) - colour) < tolerance).all(axis=-1)


def read_png(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


class TestAxes:
    def test_density_is_that_of_a_large_histogram(self, axes):
        samples = GAUSSIAN.sample(np.random.default_rng(0), 2_000_000)
        expected, _ = np.histogram(samples, 99, (-8, 8), density=True)
        np.testing.assert_allclose(axes.real_density, expected, atol=0.01)

    def test_limit_is_the_originals(self, axes):
        assert axes.density_limit == pytest.approx(1.4, abs=0.02)

    def test_bins_are_placed_at_their_centres(self, axes):
        edges = np.linspace(-8, 8, 100)
        np.testing.assert_allclose(
            axes.bin_centres, (edges[1:] + edges[:-1]) / 2, atol=1e-12
        )

    def test_boundary_reaches_from_end_to_end(self, axes):
        np.testing.assert_array_equal(
            axes.boundary_positions(5), [-8, -4, 0, 4, 8]
        )

    def test_range_within_the_data_is_normalised(self):
        axes = DistributionAxes.from_cdf(4, 4.5, GAUSSIAN.cdf, bins=10)
        assert axes.real_density.sum() * 0.05 == pytest.approx(1)

    def test_histogram(self, axes):
        samples = np.random.default_rng(0).normal(0, 4, 1000)
        expected, _ = np.histogram(samples, 99, (-8, 8), density=True)
        np.testing.assert_allclose(axes.histogram(samples), expected)

    def test_histogram_of_nothing(self, axes):
        np.testing.assert_array_equal(axes.histogram([9.0, -9.0]), 0)

    def test_range_without_data(self):
        with pytest.raises(UserError, match="-8 to -7"):
            DistributionAxes.from_cdf(-8, -7, GAUSSIAN.cdf)

    def test_is_frozen(self, axes):
        with pytest.raises(dataclasses.FrozenInstanceError):
            axes.low = 0


class TestFilmFrames:
    def test_size(self, axes, tmp_path):
        (frame,) = draw_film_frames(axes, tmp_path, make_frames(axes, 1))
        assert frame.shape == (480, 720, 3)

    def test_only_the_curves_and_the_number_change(self, axes, tmp_path):
        boundary, density = make_frames(axes, 12)
        # Kept away from the upper half, which must then be steady.
        frames = draw_film_frames(
            axes, tmp_path, (boundary * 0.4, density * 0.4)
        )
        changed = np.zeros((480, 720), bool)
        for frame in frames[1:]:
            changed |= (frame != frames[0]).any(axis=-1)
        rows, columns = np.nonzero(changed)
        # The number, then nothing, then the curves.
        number = rows < 40
        assert number.any()
        assert columns[number].min() > RIGHT - 110
        assert columns[number].max() < RIGHT - 50
        assert rows[~number].min() > (TOP + BOTTOM) / 2
        assert rows.max() <= BOTTOM + 2
        assert columns.min() >= LEFT - 2
        assert columns.max() <= RIGHT + 2

    def test_frames_do_not_depend_on_those_before(self, axes, tmp_path):
        boundary, density = make_frames(axes, 3)
        order = [0, 1, 2, 1, 0]
        frames = draw_film_frames(
            axes, tmp_path, (boundary[order], density[order]), steps=order
        )
        np.testing.assert_array_equal(frames[0], frames[4])
        np.testing.assert_array_equal(frames[1], frames[3])
        assert (frames[0] != frames[1]).any()

    def test_curves_are_at_the_right_pixels(self, axes, tmp_path):
        boundary, density = make_frames(axes, 3)
        frames = draw_film_frames(axes, tmp_path, (boundary, density))
        inner = np.s_[TOP + 4 : BOTTOM - 3, LEFT + 3 : RIGHT - 3]
        x = np.linspace(-8, 8, 5000)
        across = LEFT + (x + 8) / 16 * (RIGHT - LEFT)
        for frame, d, g in zip(frames, boundary, density, strict=True):
            curves = (
                (distributions._GENERATED, axes.bin_centres, g, 1.396),
                (
                    distributions._BOUNDARY,
                    axes.boundary_positions(POINTS),
                    d,
                    1,
                ),
            )
            for colour, positions, values, limit in curves:
                rows, columns = np.nonzero(is_near(frame[inner], colour))
                assert len(rows) > 300
                height = np.interp(x, positions, values) / limit
                down = BOTTOM - height * (BOTTOM - TOP)
                # The nearest point of the curve to each coloured pixel.
                distance = np.hypot(
                    rows[:, np.newaxis] + TOP + 4.5 - down,
                    columns[:, np.newaxis] + LEFT + 3.5 - across,
                ).min(axis=1)
                assert distance.max() < 2.5

    def test_real_curve_is_at_the_right_pixels(self, axes, tmp_path):
        nothing = np.zeros((1, POINTS)), np.zeros((1, 99))
        (frame,) = draw_film_frames(axes, tmp_path, nothing)
        inner = frame[TOP + 4 : BOTTOM - 3, LEFT + 3 : RIGHT - 3]
        rows, columns = np.nonzero(is_near(inner, distributions._REAL, 20))
        top = rows.min() + TOP + 4
        expected = BOTTOM - 0.79 / 1.396 * (BOTTOM - TOP)
        assert top == pytest.approx(expected, abs=3)
        peak = columns[rows == rows.min()].mean() + LEFT + 3
        assert peak == pytest.approx(LEFT + 12 / 16 * (RIGHT - LEFT), abs=3)

    def test_probabilities_of_0_and_1_are_visible(self, axes, tmp_path):
        boundary = np.repeat([[0.0], [1.0]], POINTS, axis=1)
        frames = draw_film_frames(axes, tmp_path, (boundary, np.zeros((2, 99))))
        for frame, row in zip(frames, (BOTTOM, TOP), strict=True):
            line = frame[row - 3 : row + 4, LEFT + 50 : RIGHT - 50]
            blue = is_near(line, distributions._BOUNDARY)
            assert blue.any(axis=0).all()

    def test_high_densities_end_at_the_frame(self, axes, tmp_path):
        density = np.zeros((1, 99))
        density[0, 40] = 50.0
        (frame,) = draw_film_frames(
            axes, tmp_path, (np.zeros((1, POINTS)), density)
        )
        generated = is_near(frame, distributions._GENERATED)
        assert generated[TOP + 3 : BOTTOM - 3, LEFT:RIGHT].any(axis=1).all()
        above = generated[: TOP - 1]
        legend = draw_film_frames(
            axes, tmp_path, (np.zeros((1, POINTS)), density * 0)
        )[0]
        np.testing.assert_array_equal(
            above, is_near(legend, distributions._GENERATED)[: TOP - 1]
        )

    def test_number_keeps_its_place(self, axes, tmp_path):
        steps = [0, 8, 88, 888, 5000]
        boundary, density = make_frames(axes, 1)
        frames = draw_film_frames(
            axes,
            tmp_path,
            (boundary.repeat(5, axis=0), density.repeat(5, axis=0)),
            steps=steps,
        )
        ends = []
        for frame in frames:
            dark = frame[:40, 480:640].min(axis=-1) < 160
            # "Step", "/ 5000" and the number are apart by white columns.
            inked = np.flatnonzero(dark.any(axis=0))
            words = np.split(inked, np.flatnonzero(np.diff(inked) > 6) + 1)
            assert len(words) == 4
            ends.append([(words[0][0], words[0][-1]), words[1][-1]])
            ends[-1].append((words[2][0], words[3][-1]))
        for end in ends[1:]:
            assert end[0] == ends[0][0]
            assert abs(end[1] - ends[0][1]) <= 1
            assert end[2] == ends[0][2]

    def test_networks_that_broke(self, axes, tmp_path):
        nothing = np.full((1, POINTS), np.nan), np.full((1, 99), np.nan)
        (frame,) = draw_film_frames(axes, tmp_path, nothing)
        inner = frame[TOP + 4 : BOTTOM - 4, LEFT + 4 : RIGHT - 4]
        assert not is_near(inner, distributions._GENERATED).any()
        assert not is_near(inner, distributions._BOUNDARY).any()

    @pytest.mark.parametrize(
        ("mean", "std"), [(4e5, 1e5), (-3e-6, 1e-6), (2e4, 2.0), (0, 1e-3)]
    )
    def test_data_of_any_scale(self, tmp_path, mean, std):
        source = data.Gaussian(8, mean, std)
        axes = DistributionAxes.from_cdf(
            mean - 24 * std, mean + 8 * std, source.cdf
        )
        frames = np.zeros((1, POINTS)), axes.real_density[np.newaxis]
        (frame,) = draw_film_frames(axes, tmp_path, frames)
        # Nothing is cut off at the edges.
        for edge in (frame[:3], frame[-3:], frame[:, :3], frame[:, -3:]):
            assert (edge == 255).all()
        # The legend's line holds the legend alone, whatever the scale.
        standard = DistributionAxes.from_cdf(-8, 8, GAUSSIAN.cdf)
        (expected,) = draw_film_frames(
            standard, tmp_path, make_frames(standard, 1)
        )
        legend = np.s_[50 : TOP - 6, LEFT:RIGHT]
        np.testing.assert_array_equal(frame[legend], expected[legend])

    def test_half_precision(self, axes, tmp_path):
        boundary, density = make_frames(axes, 1)
        full = draw_film_frames(axes, tmp_path, (boundary, density))[0]
        half = draw_film_frames(
            axes, tmp_path, (boundary.astype("f2"), density.astype("f2"))
        )[0]
        assert np.abs(full.astype(int) - half).mean() < 0.1


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
        return np.frombuffer(raw, np.uint8).reshape(480, 720, 3)

    @pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webm"])
    def test_film_shows_the_frames(self, axes, tmp_path, suffix):
        path = tmp_path / f"film{suffix}"
        boundary, density = make_frames(axes, 25)
        with DistributionAnimation(path, axes, 24) as film:
            film.add(np.arange(10), boundary[:10], density[:10])
            film.add(np.arange(10, 25), boundary[10:], density[10:])
        assert [p.name for p in tmp_path.iterdir()] == [path.name]
        expected = draw_film_frames(
            axes, tmp_path, (boundary, density), total_steps=24
        )
        for number in (0, 13, 24):
            frame = self.read(path, number)
            error = np.abs(frame.astype(int) - expected[number])
            assert error.mean() < 2
        described = subprocess.run(
            [find_ffmpeg(), "-i", str(path), "-f", "null", "-"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        ).stderr
        assert re.findall(r"frame=\s*(\d+)", described)[-1] == "25"

    def test_steps_are_written_as_they_are(self, axes, tmp_path):
        path = tmp_path / "film.gif"
        boundary, density = make_frames(axes, 2)
        with DistributionAnimation(path, axes, 4000) as film:
            film.add(np.array([0, 4000]), boundary, density)
        expected = draw_film_frames(
            axes, tmp_path, (boundary, density), [0, 4000], 4000
        )
        for number in (0, 1):
            text = np.s_[:40, 480:640]
            error = self.read(path, number)[text].astype(int)
            assert np.abs(error - expected[number][text]).max() < 40

    def test_uneven_block(self, axes, tmp_path):
        boundary, density = make_frames(axes, 3)
        with (
            pytest.raises(ValueError, match="shorter"),
            DistributionAnimation(tmp_path / "film.mp4", axes, 3) as film,
        ):
            film.add(np.arange(3), boundary, density[:2])
        assert not list(tmp_path.iterdir())

    def test_no_frames(self, axes, tmp_path):
        with (
            pytest.raises(RunError, match="no frames"),
            DistributionAnimation(tmp_path / "film.mp4", axes, 3),
        ):
            pass
        assert not list(tmp_path.iterdir())

    def test_wrong_name(self, axes, tmp_path):
        with pytest.raises(UserError, match=r"\.mp4, \.gif or \.webm"):
            DistributionAnimation(tmp_path / "film.mov", axes, 3)


class TestPicture:
    def make(self, axes, path, **kwargs):
        boundary, density = make_frames(axes, 3)
        plot_distributions(path, axes, boundary[1], density[1], **kwargs)
        return read_png(path)

    def test_holds_all_three_curves(self, axes, tmp_path):
        pixels = self.make(axes, tmp_path / "picture.png")
        assert pixels.shape == (600, 900, 3)
        for colour in (
            distributions._REAL,
            distributions._GENERATED,
            distributions._BOUNDARY,
        ):
            assert is_near(pixels[120:500, 115:790], colour, 20).sum() > 200

    def test_is_the_same_each_time(self, axes, tmp_path):
        first = self.make(axes, tmp_path / "1.png")
        second = self.make(axes, tmp_path / "2.png")
        np.testing.assert_array_equal(first, second)

    def test_summary_is_added_below(self, axes, tmp_path):
        plain = self.make(axes, tmp_path / "plain.png")
        pixels = self.make(
            axes, tmp_path / "picture.png", summary_text="W1 0.1\nstd 0.5"
        )
        added = len(pixels) - len(plain)
        assert added > 0
        np.testing.assert_array_equal(pixels[: -added - 8], plain[:-8])
        assert pixels[-added:].min() < 160

    def test_only_the_picture_is_left(self, axes, tmp_path):
        self.make(axes, tmp_path / "new" / "picture.png")
        assert [p.name for p in (tmp_path / "new").iterdir()] == ["picture.png"]

    def test_path_may_be_a_str(self, axes, tmp_path):
        self.make(axes, str(tmp_path / "picture.png"))

    def test_cannot_be_written(self, axes, tmp_path):
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "picture.png"
        with pytest.raises(UserError) as error:
            self.make(axes, path)
        assert str(error.value).startswith(str(path))
        assert "\n" not in str(error.value)

    def test_leaves_the_users_style_alone(self, axes, tmp_path):
        before = dict(plt.rcParams)
        self.make(axes, tmp_path / "picture.png")
        assert dict(plt.rcParams) == before
        assert not plt.get_fignums()


class TestWindow:
    def show(self, axes):
        boundary, density = make_frames(axes, 1)
        return show_distributions(axes, boundary[0], density[0], "W1 0.1")

    def test_without_a_display(self, axes):
        assert self.show(axes) is False
        assert not plt.get_fignums()

    def test_display_that_cannot_be_opened(self, axes, monkeypatch):
        def fail():
            raise RuntimeError("couldn't connect to display")

        monkeypatch.setattr(plt, "figure", fail)
        assert self.show(axes) is False

    def test_with_a_display(self, axes, monkeypatch):
        shown = []

        def show():
            figure = plt.figure(plt.get_fignums()[0])
            figure.canvas.draw()
            shown.append(np.asarray(figure.canvas.buffer_rgba())[..., :3])

        monkeypatch.setattr(
            FigureCanvasAgg, "required_interactive_framework", "fake"
        )
        monkeypatch.setattr(plt, "show", show)
        assert self.show(axes) is True
        (pixels,) = shown
        assert is_near(pixels, distributions._GENERATED, 20).sum() > 200
        assert not plt.get_fignums()

    def test_importing_loads_no_window_toolkit(self):
        code = """
            import sys
            import tf_gans.plotting
            loaded = {"tkinter", "PyQt5", "PyQt6", "PySide6", "gi", "wx"}
            sys.exit(bool(loaded & set(sys.modules)))
        """
        root = ROOT
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env={**os.environ, "MPLBACKEND": "TkAgg"},
            cwd=root,
            check=True,
        )
