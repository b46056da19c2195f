"""The picture and the film of the 1-D demonstration, pixel by pixel."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from tests.plotting.words import words
from tf_gans import data
from tf_gans.errors import UserError
from tf_gans.toys.gaussian import picture as distributions
from tf_gans.toys.gaussian.picture import DistributionPicture

POINTS = 400
GAUSSIAN = data.Gaussian(8)

# Where the film's axes are, in pixels.
LEFT, RIGHT, TOP, BOTTOM = 90, 636, 86, 410


@pytest.fixture
def picture():
    return DistributionPicture.from_data(GAUSSIAN)


def make_frames(picture, count):
    """A bump that travels, and a boundary that follows it."""
    centre = np.linspace(-6, 2, count)[:, np.newaxis]
    x = np.linspace(-8, 8, POINTS)
    boundary = 1 / (1 + np.exp(-2 * (x - centre)))
    density = np.exp(-2 * (picture.bin_centres - centre) ** 2) * 0.8
    return boundary.astype("f4"), density.astype("f4")


def draw_film_frames(picture, tmp_path, frames):
    """The frames' pixels, before they are encoded."""
    film = picture.film(tmp_path / "x.mp4", total_steps=5000)
    drawn = []
    film._writer.write = lambda pixels: drawn.append(pixels[..., :3].copy())
    boundary, density = frames
    film.add(range(len(boundary)), boundary=boundary, density=density)
    return drawn


def is_near(pixels, colour, tolerance=40):
    colour = np.asarray(colour) * 255
    return (np.abs(pixels.astype(float) - colour) < tolerance).all(axis=-1)


class TestAxes:
    def test_density_is_that_of_a_large_histogram(self, picture):
        samples = GAUSSIAN.sample(np.random.default_rng(0), 2_000_000)
        expected, _ = np.histogram(samples, 99, (-8, 8), density=True)
        np.testing.assert_allclose(picture.real_density, expected, atol=0.01)

    def test_limit_is_the_originals(self, picture):
        assert picture.density_limit == pytest.approx(1.4, abs=0.02)

    def test_bins_are_placed_at_their_centres(self, picture):
        edges = np.linspace(-8, 8, 100)
        np.testing.assert_allclose(
            picture.bin_centres, (edges[1:] + edges[:-1]) / 2, atol=1e-12
        )

    def test_range_within_the_data_is_normalised(self):
        picture = DistributionPicture.from_data(GAUSSIAN, 4, 4.5, num_bins=10)
        assert picture.real_density.sum() * 0.05 == pytest.approx(1)

    def test_range_without_data(self):
        with pytest.raises(UserError, match="-8 to -7"):
            DistributionPicture.from_data(GAUSSIAN, -8, -7)

    def test_is_frozen(self, picture):
        with pytest.raises(dataclasses.FrozenInstanceError):
            picture.low = 0


class TestFilmFrames:
    def test_size(self, picture, tmp_path):
        (frame,) = draw_film_frames(picture, tmp_path, make_frames(picture, 1))
        assert frame.shape == (480, 720, 3)

    def test_only_the_curves_and_the_number_change(self, picture, tmp_path):
        boundary, density = make_frames(picture, 12)
        # Kept away from the upper half, which must then be steady.
        frames = draw_film_frames(
            picture, tmp_path, (boundary * 0.4, density * 0.4)
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

    def test_curves_are_at_the_right_pixels(self, picture, tmp_path):
        boundary, density = make_frames(picture, 3)
        frames = draw_film_frames(picture, tmp_path, (boundary, density))
        inner = np.s_[TOP + 4 : BOTTOM - 3, LEFT + 3 : RIGHT - 3]
        x = np.linspace(-8, 8, 5000)
        across = LEFT + (x + 8) / 16 * (RIGHT - LEFT)
        for frame, d, g in zip(frames, boundary, density, strict=True):
            curves = (
                (distributions._GENERATED, picture.bin_centres, g, 1.396),
                (
                    distributions._BOUNDARY,
                    np.linspace(-8, 8, POINTS),
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

    def test_real_curve_is_at_the_right_pixels(self, picture, tmp_path):
        nothing = np.zeros((1, POINTS)), np.zeros((1, 99))
        (frame,) = draw_film_frames(picture, tmp_path, nothing)
        inner = frame[TOP + 4 : BOTTOM - 3, LEFT + 3 : RIGHT - 3]
        rows, columns = np.nonzero(is_near(inner, distributions._REAL, 20))
        top = rows.min() + TOP + 4
        expected = BOTTOM - 0.79 / 1.396 * (BOTTOM - TOP)
        assert top == pytest.approx(expected, abs=3)
        peak = columns[rows == rows.min()].mean() + LEFT + 3
        assert peak == pytest.approx(LEFT + 12 / 16 * (RIGHT - LEFT), abs=3)

    def test_probabilities_of_0_and_1_are_visible(self, picture, tmp_path):
        boundary = np.repeat([[0.0], [1.0]], POINTS, axis=1)
        frames = draw_film_frames(
            picture, tmp_path, (boundary, np.zeros((2, 99)))
        )
        for frame, row in zip(frames, (BOTTOM, TOP), strict=True):
            line = frame[row - 3 : row + 4, LEFT + 50 : RIGHT - 50]
            blue = is_near(line, distributions._BOUNDARY)
            assert blue.any(axis=0).all()

    def test_high_densities_end_at_the_frame(self, picture, tmp_path):
        density = np.zeros((1, 99))
        density[0, 40] = 50.0
        (frame,) = draw_film_frames(
            picture, tmp_path, (np.zeros((1, POINTS)), density)
        )
        generated = is_near(frame, distributions._GENERATED)
        assert generated[TOP + 3 : BOTTOM - 3, LEFT:RIGHT].any(axis=1).all()
        above = generated[: TOP - 1]
        legend = draw_film_frames(
            picture, tmp_path, (np.zeros((1, POINTS)), density * 0)
        )[0]
        np.testing.assert_array_equal(
            above, is_near(legend, distributions._GENERATED)[: TOP - 1]
        )

    def test_networks_that_broke(self, picture, tmp_path):
        nothing = np.full((1, POINTS), np.nan), np.full((1, 99), np.nan)
        (frame,) = draw_film_frames(picture, tmp_path, nothing)
        inner = frame[TOP + 4 : BOTTOM - 4, LEFT + 4 : RIGHT - 4]
        assert not is_near(inner, distributions._GENERATED).any()
        assert not is_near(inner, distributions._BOUNDARY).any()

    @pytest.mark.parametrize(
        ("mean", "std"), [(4e5, 1e5), (-3e-6, 1e-6), (2e4, 2.0), (0, 1e-3)]
    )
    def test_data_of_any_scale(self, tmp_path, mean, std):
        source = data.Gaussian(8, mean, std)
        picture = DistributionPicture.from_data(
            source, mean - 24 * std, mean + 8 * std
        )
        frames = np.zeros((1, POINTS)), picture.real_density[np.newaxis]
        (frame,) = draw_film_frames(picture, tmp_path, frames)
        # Nothing is cut off at the edges.
        for edge in (frame[:3], frame[-3:], frame[:, :3], frame[:, -3:]):
            assert (edge == 255).all()
        # The legend's line holds the legend alone, whatever the scale.
        standard = DistributionPicture.from_data(GAUSSIAN)
        (expected,) = draw_film_frames(
            standard, tmp_path, make_frames(standard, 1)
        )
        legend = np.s_[50 : TOP - 6, LEFT:RIGHT]
        np.testing.assert_array_equal(frame[legend], expected[legend])

    def test_half_precision(self, picture, tmp_path):
        boundary, density = make_frames(picture, 1)
        full = draw_film_frames(picture, tmp_path, (boundary, density))[0]
        half = draw_film_frames(
            picture, tmp_path, (boundary.astype("f2"), density.astype("f2"))
        )[0]
        assert np.abs(full.astype(int) - half).mean() < 0.1


def test_the_file_holds_all_three_curves(picture, tmp_path):
    boundary, density = make_frames(picture, 3)
    path = tmp_path / "picture.png"
    picture.save(path, boundary=boundary[1], density=density[1])
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape == (600, 900, 3)
    for colour in (
        distributions._REAL,
        distributions._GENERATED,
        distributions._BOUNDARY,
    ):
        assert is_near(pixels[120:500, 115:790], colour, 20).sum() > 200


def test_the_line_of_d_has_one_name(picture):
    """The original's, which the legend and the axis share."""
    assert {"Decision boundary D(x)"} <= set(words(picture))
    assert not any("iscriminator" in text for text in words(picture))
