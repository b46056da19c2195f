"""The picture of generated parabolas and its film, pixel by pixel."""

import numpy as np
from PIL import Image

from tests.plotting.words import words
from tf_gans import data
from tf_gans.toys.quadratics import picture as quadratics
from tf_gans.toys.quadratics.picture import QuadraticsPicture

SOURCE = data.Quadratics(8)
PICTURE = QuadraticsPicture.from_data(SOURCE)

# Where the film's axes are, in pixels, and the heights of their ends.
LEFT, RIGHT, TOP, BOTTOM = 72, 690, 86, 418
LOW, HIGH = PICTURE.limits


def make_curves(coefficients, count=5):
    """For each frame, `count` curves near that of a coefficient."""
    a = np.asarray(coefficients)[:, np.newaxis]
    return SOURCE.curves(a + np.linspace(0, 0.2, count)).astype("f4")


def draw_film_frames(tmp_path, curves, steps=None, numbers=None):
    """The frames' pixels, before they are encoded."""
    frames = []
    film = PICTURE.film(tmp_path / "x.mp4", total_steps=400)
    film._writer.write = lambda pixels: frames.append(pixels[..., :3].copy())
    steps = np.arange(len(curves)) if steps is None else steps
    numbers = np.full((3, len(curves)), 0.5) if numbers is None else numbers
    names = ("d_loss", "d_real", "accuracy")
    verdict = dict(zip(names, numbers, strict=True))
    film.add(steps, curves=curves, **verdict)
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
    np.testing.assert_allclose(PICTURE.lower, SOURCE.x**2)
    np.testing.assert_allclose(PICTURE.upper, 3 * SOURCE.x**2 + 2)
    np.testing.assert_allclose(PICTURE.real, 2 * SOURCE.x**2 + 1)
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
            check_is_at(marked, SOURCE.x, PICTURE.real)

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


def test_the_file_holds_both_kinds_of_curves(tmp_path):
    path = tmp_path / "picture.png"
    verdict = {"d_loss": 1.25, "d_real": 0.6, "accuracy": 0.75}
    PICTURE.save(path, curves=make_curves([1.6])[0], **verdict)
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape == (600, 900, 3)
    for colour in (quadratics._REAL, quadratics._GENERATED):
        assert is_near(pixels[110:520, 95:860], colour, 20).sum() > 500


def test_the_legend_tells_the_curves_apart():
    """One is drawn boldly, and the others are generated, too."""
    legend = {"bounds", "a real curve", "a generated curve"}
    assert legend | {"more generated curves"} <= set(words(PICTURE))
