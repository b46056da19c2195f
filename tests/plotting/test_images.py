"""Grids of images, the film of them, and the curves of a training."""

import itertools
import math
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tests.paths import REAL
from tf_gans.errors import RunError, UserError
from tf_gans.plotting import (
    GridFilm,
    class_grid,
    find_ffmpeg,
    image_grid,
    labelled_grid,
    picture_scale,
    plot_curves,
    write_png,
)
from tf_gans.plotting import picture as pictures
from tf_gans.plotting.text import beside, column_heads, text_picture

DIGITS = REAL / "mnist.npz"


def noise(count, height=5, width=4, channels=1):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, height, width, channels), np.uint8)


def read_png(path):
    with Image.open(path) as image:
        return image.mode, np.asarray(image)


def read_film(path, folder):
    """Decodes a film into a list of uint8 arrays."""
    folder.mkdir()
    subprocess.run(
        [find_ffmpeg(), "-loglevel", "error", "-i", str(path)]
        + ["-fps_mode", "passthrough", str(folder / "%05d.png")],
        stdin=subprocess.DEVNULL,
        check=True,
    )
    return [
        np.asarray(Image.open(file).convert("RGB"))
        for file in sorted(folder.iterdir())
    ]


class TestGrid:
    @pytest.mark.parametrize("channels", [1, 3])
    @pytest.mark.parametrize("scale", [1, 3])
    def test_every_image_is_in_its_place(self, channels, scale):
        images = noise(7, channels=channels)
        grid = image_grid(images, columns=3, padding=2, scale=scale)
        assert grid.shape == ((3 * 7 + 2) * scale, (3 * 6 + 2) * scale, 3)
        assert grid.dtype == np.uint8
        small = grid[::scale, ::scale]
        inside = np.zeros(small.shape, bool)
        for i, image in enumerate(images):
            place = np.s_[
                2 + i // 3 * 7 : i // 3 * 7 + 7, 2 + i % 3 * 6 : i % 3 * 6 + 6
            ]
            np.testing.assert_array_equal(
                small[place], np.broadcast_to(image, (5, 4, 3))
            )
            inside[place] = True
        assert (small[~inside] == 255).all()

    def test_scaling_makes_squares(self):
        small = image_grid(noise(4))
        large = image_grid(noise(4), scale=3)
        np.testing.assert_array_equal(
            large, np.kron(small, np.ones((3, 3, 1), np.uint8))
        )

    @pytest.mark.parametrize(
        ("count", "columns"), [(1, 1), (2, 2), (4, 2), (5, 3), (64, 8), (65, 9)]
    )
    def test_default_columns(self, count, columns):
        grid = image_grid(noise(count), padding=0)
        assert grid.shape[1] == 4 * columns
        assert grid.shape[0] == 5 * math.ceil(count / columns)
        assert columns == math.ceil(math.sqrt(count))

    def test_columns_beyond_the_images_stay_empty(self):
        grid = image_grid(noise(2), columns=10, padding=1, background=7)
        assert grid.shape == (7, 51, 3)
        assert (grid[:, 11:] == 7).all()

    def test_black_stays_black(self):
        """Grey images are neither stretched nor inverted."""
        images = np.full((1, 3, 3, 1), 40, np.uint8)
        assert (image_grid(images, padding=0) == 40).all()

    @pytest.mark.parametrize(
        "images",
        [
            np.zeros((4, 5, 5), np.uint8),
            np.zeros((4, 5, 5, 2), np.uint8),
            np.zeros((4, 5, 5, 4), np.uint8),
            np.zeros((4, 5, 5, 1), np.float32),
            np.zeros((0, 5, 5, 1), np.uint8),
            np.zeros((4, 0, 5, 1), np.uint8),
        ],
    )
    def test_wrong_images(self, images):
        with pytest.raises(ValueError, match="`images` must be uint8") as error:
            image_grid(images)
        assert str(images.shape) in str(error.value)

    @pytest.mark.parametrize(
        "options", [{"columns": 0}, {"scale": 0}, {"padding": -1}]
    )
    def test_wrong_options(self, options):
        with pytest.raises(ValueError, match=f"`{next(iter(options))}` must"):
            image_grid(noise(4), **options)


def test_the_scale_of_pictures():
    for shape, scale in (((28, 28), 2), ((64, 64), 1), ((16, 90), 4)):
        assert picture_scale((*shape, 3)) == scale


class TestWords:
    def test_without_words_it_is_a_plain_grid(self):
        np.testing.assert_array_equal(
            labelled_grid(noise(7), 3, 4), image_grid(noise(7), 3, scale=4)
        )

    def test_heads_stand_in_the_middle_of_columns(self):
        grid = image_grid(noise(6, 28, 28), 3, scale=2)
        made = labelled_grid(noise(6, 28, 28), 3, 2, heads=["0", "", "9"])
        top = made.shape[0] - grid.shape[0]
        np.testing.assert_array_equal(made[top:], grid)
        columns = np.flatnonzero((made[:top] < 255).any(axis=(0, 2)))
        first, last = columns[columns < 60], columns[columns >= 60]
        assert abs(first.mean() - (4 + 28)) < 3
        assert abs(last.mean() - (4 + 2 * 60 + 28)) < 3
        assert np.ptp(first) < 10 > np.ptp(last)

    @pytest.mark.parametrize(
        "names",
        [
            ["cat", "dog"],  # beside each other
            ["aeroplane", "a"],  # upright
            ["n" * 200, "a\nb"],  # and cut
            ["\N{CJK UNIFIED IDEOGRAPH-732B}", ""],
        ],
    )
    def test_names_never_touch(self, names):
        """Nor the edge, nor the images; whatever their length."""
        for width in (8, 28, 64):
            heads = column_heads(names, 2 * width)
            assert heads.shape[1:] == (2 * width, 3)
            inked = (heads < 255).any(axis=2)
            assert not inked[:2].any()
            assert not inked[-1].any()
            assert not inked[:, [0, width - 1, width, -1]].any()
            assert inked.any() == bool("".join(names))
            assert len(heads) < 160

    def test_sides_stand_in_the_middle_of_rows(self):
        grid = image_grid(noise(4, 28, 28), 2, scale=2)
        sides = ["1", "222"]
        made = labelled_grid(noise(4, 28, 28), 2, 2, sides=sides, corner="no")
        height, width, _ = grid.shape
        np.testing.assert_array_equal(made[-height:, -width:], grid)
        left = (made[-height:, :-width] < 255).any(axis=2)
        rows = np.flatnonzero(left.any(axis=1))
        assert abs(rows[rows < 60].mean() - (4 + 28)) < 3
        assert abs(rows[rows > 60].mean() - (4 + 60 + 28)) < 3
        assert not left[:, [0, 1, -1]].any()
        assert (made[:-height, :-width] < 255).any()

    def test_captions_stand_below_images(self):
        images = noise(3, 28, 28)
        made = labelled_grid(images, 2, 2, captions=["7", "", "long words"])
        word = text_picture("long words")
        width = max(56, word.shape[1])
        assert made.shape == (2 * (60 + 15) + 4, 2 * (width + 4) + 4, 3)
        np.testing.assert_array_equal(
            made[4 + 75 + 56 : 75 + 75, 4 : 4 + width], word
        )
        left = 4 + (width - 56) // 2
        for row, image in ((0, images[0]), (1, images[2])):
            part = made[4 + row * 75 :: 2, left::2][:28, :28]
            np.testing.assert_array_equal(
                part, np.broadcast_to(image, (28, 28, 3))
            )

    @pytest.mark.parametrize(
        ("count", "columns", "names", "expected"),
        [
            (64, None, "abc", {"columns": 9, "heads": "abc" * 3}),
            (64, None, "abcdefghij", {"columns": 10, "heads": "abcdefghij"}),
            (20, 10, "abcdefghij", {"columns": 10, "heads": "abcdefghij"}),
            (6, 4, "abc", {"columns": 4, "captions": "abcabc"}),
            (2, None, "abc", {"captions": "ab"}),
            (6, None, "a", {}),
            (6, 2, "", {"columns": 2}),
        ],
    )
    def test_classes(self, count, columns, names, expected):
        made = class_grid(noise(count), names, columns)
        np.testing.assert_array_equal(
            made, labelled_grid(noise(count), **expected)
        )

    def test_pictures_side_by_side(self):
        low, high = np.zeros((2, 3, 3), np.uint8), np.zeros((4, 1, 3), np.uint8)
        both = beside([low, high])
        assert both.shape == (4, 4, 3)
        assert both[:2, :3].min() == 255
        assert both[2:].max() == 0


class TestPng:
    @pytest.mark.parametrize(
        ("shape", "mode"),
        [((6, 5), "L"), ((6, 5, 1), "L"), ((6, 5, 3), "RGB")],
    )
    def test_comes_back(self, tmp_path, shape, mode):
        array = np.arange(math.prod(shape), dtype=np.uint8).reshape(shape)
        write_png(tmp_path / "new" / "a.png", array)
        stored = read_png(tmp_path / "new" / "a.png")
        assert stored[0] == mode
        np.testing.assert_array_equal(stored[1], array.squeeze())

    def test_any_name(self, tmp_path):
        write_png(tmp_path / "picture", np.zeros((2, 2), np.uint8))
        assert read_png(tmp_path / "picture")[0] == "L"

    def test_cannot_be_written(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(UserError, match="cannot be written") as error:
            write_png(tmp_path / "file/a.png", np.zeros((2, 2), np.uint8))
        assert "\n" not in str(error.value)
        (tmp_path / "directory.png").mkdir()
        with pytest.raises(UserError, match="cannot be written"):
            write_png(tmp_path / "directory.png", np.zeros((2, 2), np.uint8))
        assert {p.name for p in tmp_path.iterdir()} == {"file", "directory.png"}

    @pytest.mark.parametrize(
        "array",
        [
            np.zeros((2, 2)),
            np.zeros((2, 2, 4), np.uint8),
            np.zeros((1, 2, 2, 3), np.uint8),
            np.zeros(4, np.uint8),
            np.zeros((0, 2), np.uint8),
        ],
    )
    def test_wrong_array(self, tmp_path, array):
        with pytest.raises(ValueError, match="`array` must be uint8"):
            write_png(tmp_path / "a.png", array)
        assert not list(tmp_path.iterdir())


class TestFilm:
    def film(self, tmp_path, name, grids, captions=None):
        path = tmp_path / name
        with GridFilm(path) as film:
            for i, grid in enumerate(grids):
                film.add(grid, captions[i] if captions else f"step {i:>3}")
        return read_film(path, tmp_path / "decoded")

    def test_frames_are_the_enlarged_grids(self, tmp_path):
        grids = [image_grid(noise(64, 28, 28) // 2 + i) for i in range(4)]
        # A GIF of greys loses nothing.
        frames = self.film(tmp_path, "film.gif", grids)
        assert len(frames) == 4
        for frame, grid in zip(frames, grids, strict=True):
            height, width = (3 * size for size in grid.shape[:2])
            assert width >= 500
            assert frame.shape == (height + 36, width, 3)
            np.testing.assert_array_equal(
                frame[:height], image_grid_enlarged(grid, 3)
            )

    @pytest.mark.parametrize(
        ("size", "expected"), [(28, 726), (64, 530), (129, 1050)]
    )
    def test_width(self, tmp_path, size, expected):
        (frame,) = self.film(
            tmp_path, "film.mp4", [image_grid(noise(64, size, size))]
        )
        assert frame.shape == (expected + 36, expected, 3)

    def test_odd_sizes_become_even(self, tmp_path):
        (frame,) = self.film(
            tmp_path, "film.mp4", [np.zeros((513, 515, 3), np.uint8)]
        )
        assert frame.shape == (514 + 36, 516, 3)
        assert frame[:512, :514].max() < 30
        assert frame[:, -1].min() > 225

    def test_colours_survive(self, tmp_path):
        grid = np.zeros((512, 512, 3), np.uint8)
        grid[:] = (200, 60, 20)
        (frame,) = self.film(tmp_path, "film.mp4", [grid])
        assert np.abs(frame[8:-60, 8:-8].astype(int) - (200, 60, 20)).max() < 8

    def test_captions_differ_where_they_differ(self, tmp_path):
        grid = image_grid(noise(4, 28, 28))
        captions = [
            "epoch  1, step     9",
            "epoch 10, step     9",
            "epoch  1, step 9,999",
            "epoch  1, step     9",
        ]
        frames = self.film(tmp_path, "film.gif", [grid] * 4, captions)
        strips = [frame[-36:] for frame in frames]
        for strip in strips:
            assert strip.max() == 255
            inked = np.argwhere(strip.min(axis=-1) < 160)
            assert len(inked) > 100
            top, left = inked.min(axis=0)
            bottom, right = inked.max(axis=0)
            assert left >= 8 <= top
            assert bottom < 34
            assert right < strip.shape[1] - 8
        # A character is 11 pixels wide, nearly.
        advance = 0.602 * 18
        changed = [
            np.flatnonzero((strip != strips[0]).any(axis=(0, 2)))
            for strip in strips
        ]
        number = 8 + 6 * advance, 8 + 8 * advance
        assert (
            number[0] - 1 < changed[1].min() < changed[1].max() < number[1] + 1
        )
        assert changed[2].min() > 8 + 15 * advance - 1
        assert not len(changed[3])
        for frame in frames:
            np.testing.assert_array_equal(frame[:-36], frames[0][:-36])

    def test_heads(self, tmp_path):
        """Above the columns, in all frames, at the film's own scale."""
        grids = [image_grid(noise(8, 28, 28) // 4 + i, 4) for i in range(2)]
        names = ["cat", "dog", "aeroplane", "3"]
        with GridFilm(tmp_path / "film.gif", heads=names) as film:
            for grid in grids:
                film.add(grid)
        heads = column_heads(names, 5 * 122, 14)
        for frame, grid in zip(
            read_film(tmp_path / "film.gif", tmp_path / "decoded"),
            grids,
            strict=True,
        ):
            np.testing.assert_array_equal(frame[: len(heads)], heads)
            large = image_grid_enlarged(grid, 5)
            np.testing.assert_array_equal(
                frame[len(heads) :][: len(large)], large
            )
            assert frame.shape[0] % 2 == 0

    def test_no_caption(self, tmp_path):
        frames = self.film(tmp_path, "film.gif", [image_grid(noise(4))], [""])
        assert (frames[0][-36:] == 255).all()

    def test_widest_caption(self, tmp_path):
        with GridFilm(tmp_path / "film.mp4") as film:
            film.add(np.zeros((64, 64, 3), np.uint8), "W" * 45)
            with pytest.raises(ValueError, match="`caption` must fit into 512"):
                film.add(np.zeros((64, 64, 3), np.uint8), "W" * 60)

    @pytest.mark.parametrize(
        "grid",
        [
            np.zeros((20, 30, 1), np.uint8),
            np.zeros((20, 30), np.uint8),
            np.zeros((20, 30, 3), np.float32),
            np.zeros((0, 30, 3), np.uint8),
        ],
    )
    def test_wrong_grid(self, tmp_path, grid):
        with (
            pytest.raises(ValueError, match="`grid` must be uint8"),
            GridFilm(tmp_path / "film.mp4") as film,
        ):
            film.add(grid)
        assert not list(tmp_path.iterdir())

    def test_grids_must_be_alike(self, tmp_path):
        with (
            pytest.raises(ValueError, match="the same in all frames"),
            GridFilm(tmp_path / "film.mp4") as film,
        ):
            film.add(np.zeros((20, 30, 3), np.uint8))
            film.add(np.zeros((20, 31, 3), np.uint8))
        assert not list(tmp_path.iterdir())

    def test_no_frames(self, tmp_path):
        with (
            pytest.raises(RunError, match="film has no frames"),
            GridFilm(tmp_path / "film.mp4"),
        ):
            pass
        with pytest.raises(ZeroDivisionError), GridFilm(tmp_path / "film.mp4"):
            raise ZeroDivisionError
        assert not list(tmp_path.iterdir())

    def test_bad_path_is_told_before_the_first_frame(self, tmp_path):
        with pytest.raises(UserError, match=r"\.mp4, \.gif or \.webm"):
            GridFilm(tmp_path / "film.avi")

    @pytest.mark.skipif(not DIGITS.exists(), reason="needs shared/data")
    def test_digits_are_white_on_black(self, tmp_path):
        with np.load(DIGITS) as data:
            images = data["x_train"][:64, :, :, np.newaxis]
        (frame,) = self.film(tmp_path, "film.mp4", [image_grid(images)])
        digit = frame[6 : 6 + 84, 6 : 6 + 84]  # a 5
        expected = image_grid_enlarged(images[0], 3)
        error = np.abs(digit.astype(int) - expected)
        assert error.mean() < 6
        assert np.median(digit) < 12
        # Grey all over.
        assert np.ptp(frame.astype(int), axis=-1).max() < 12


def image_grid_enlarged(image, scale):
    return np.kron(image, np.ones((scale, scale, 1), np.uint8))


# Of the non-saturating loss.
EQUILIBRIUM = {
    "d_loss": 2 * math.log(2),
    "g_loss": math.log(2),
    "d_real": 0.5,
    "d_fake": 0.5,
}

# What a member of the family logs, the panels that show it, and how.
LOSSES = {"Loss": ["discriminator loss", "generator loss"]}
SIDES = ["D(x), of real samples", "D(G(z)), of generated samples"]
LEAST_SQUARES = {"d_loss": 0.25, "g_loss": 0.125, "d_real": 0.5, "d_fake": 0.5}
MEMBERS = {
    "non-saturating": (
        ["d_loss", "g_loss", "d_real", "d_fake"],
        LOSSES | {"Probability of real": SIDES},
        {"equilibrium": EQUILIBRIUM},
    ),
    "least squares": (
        ["d_loss", "g_loss", "d_real", "d_fake"],
        LOSSES | {"Critic output": SIDES},
        {"equilibrium": LEAST_SQUARES, "probabilities": False},
    ),
    "wgan-gp": (
        ["d_loss", "g_loss", "penalty", "wasserstein", "d_real", "d_fake"],
        {
            "Loss": ["discriminator loss", "generator loss", "penalty"],
            "Critic output": SIDES,
            "Distance": ["estimate of the Wasserstein distance"],
        },
        {"equilibrium": {}, "probabilities": False},
    ),
    "began": (
        ["d_loss", "g_loss", "k", "m_global"],
        {
            **LOSSES,
            "M_global": ["M_global, the measure of convergence"],
            "k": ["k, the weight of generated samples"],
        },
        {},
    ),
    "vae": (
        ["loss", "reconstruction", "kl"],
        {"Loss": ["loss", "reconstruction", "KL divergence"]},
        {},
    ),
}


def make_rows(count, every=10, outputs=True, seed=0):
    """What the log of a healthy training looks like."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, count)
    table = {
        "d_loss": 1.2 - 0.5 * t + 0.15 * rng.normal(size=count),
        "g_loss": 0.8 + 1.5 * t + 0.4 * rng.normal(size=count),
    }
    if outputs:
        table["d_real"] = np.clip(
            0.6 + 0.2 * t + 0.05 * rng.normal(size=count), 0, 1
        )
        table["d_fake"] = np.clip(
            0.4 - 0.2 * t + 0.05 * rng.normal(size=count), 0, 1
        )
    return [
        {"step": every * i} | {n: float(v[i]) for n, v in table.items()}
        for i in range(count)
    ]


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are saved: drawn once, without a file."""
    figures = []

    def savefig(figure, file, **options):
        figures.append(figure)
        FigureCanvasAgg(figure).draw()

    monkeypatch.setattr(Figure, "savefig", savefig)
    return figures


def draw(drawn, path, rows, **options):
    plot_curves(path, rows, **options)
    return drawn[-1]


def labelled(axes):
    return {
        line.get_label(): line
        for line in axes.lines
        if not line.get_label().startswith("_")
    }


def levels(axes):
    """The labels and values of the level lines, from the lowest."""
    lines = [line for line in axes.lines if line.is_dashed()]
    return [
        (text.get_text(), line.get_ydata()[0])
        for text, line in zip(axes.texts, lines, strict=True)
    ]


def words(figure):
    """The boxes of all that is written, in pixels."""
    renderer = figure.canvas.get_renderer()
    boxes = {}
    for axes in figure.axes:
        owners = [axes, *axes.child_axes]
        for number, owner in enumerate(owners):
            for which in ("xaxis", "yaxis"):
                axis = getattr(owner, which)
                low, high = axis.get_view_interval()
                labels = [
                    label
                    for tick in axis.get_major_ticks()
                    for label in (tick.label1, tick.label2)
                    if low <= tick.get_loc() <= high  # others are not drawn
                ]
                for label in [*labels, axis.label, axis.offsetText]:
                    if label.get_visible() and label.get_text():
                        key = (axes, number, which, label.get_text())
                        boxes[key] = label.get_window_extent(renderer)
        for text in axes.texts:
            boxes[axes, text.get_text()] = text.get_window_extent(renderer)
        boxes[axes, "legend"] = axes.get_legend().get_window_extent(renderer)
    for text in figure.texts:
        boxes["title"] = text.get_window_extent(renderer)
    return {k: b for k, b in boxes.items() if b.width > 1}


def assert_tidy(figure):
    """Nothing is cut off, on a curve, or on something else."""
    whole = figure.bbox
    boxes = words(figure)
    for name, box in boxes.items():
        assert box.x0 >= 0 and box.y0 >= 0, name
        assert box.x1 <= whole.x1 and box.y1 <= whole.y1, name
    for axes in figure.axes:
        frame = axes.get_window_extent()
        for name, box in boxes.items():
            assert box.overlaps(frame) == 0 or touches(box, frame), name
    names = list(boxes)
    for i, one in enumerate(names):
        for other in names[:i]:
            assert not boxes[one].overlaps(boxes[other]), (one, other)


def touches(box, frame):
    """Whether boxes share no more than a pixel's width."""
    width = min(box.x1, frame.x1) - max(box.x0, frame.x0)
    height = min(box.y1, frame.y1) - max(box.y0, frame.y0)
    return width <= 1 or height <= 1


class TestCurves:
    def test_the_values_are_the_rows(self, tmp_path, drawn):
        rows = make_rows(40)
        figure = draw(drawn, tmp_path / "a.png", rows)
        upper, lower = figure.axes
        for axes, names in (
            (upper, ("d_loss", "g_loss")),
            (lower, ("d_real", "d_fake")),
        ):
            raw = [
                line
                for line in axes.lines
                if len(line.get_xdata()) == 40 and line.get_alpha()
            ]
            assert len(raw) == len(names)
            for line, name in zip(raw, names, strict=True):
                np.testing.assert_array_equal(
                    line.get_xdata(), [row["step"] for row in rows]
                )
                np.testing.assert_array_equal(
                    line.get_ydata(), [row[name] for row in rows]
                )
        assert upper.get_xlim() == lower.get_xlim() == (0, 390)

    def test_bold_is_the_mean_over_a_fiftieth(self, tmp_path, drawn):
        rows = make_rows(1000)
        for i in (0, 300, 301, 999):
            rows[i]["d_loss"] = [math.nan, math.inf, -math.inf, math.nan][i % 4]
        figure = draw(drawn, tmp_path / "a.png", rows)
        mean = labelled(figure.axes[0])["discriminator loss"].get_ydata()
        values = np.array([row["d_loss"] for row in rows])
        values[~np.isfinite(values)] = math.nan
        for i in range(1000):
            expected = np.nanmean(values[max(i - 10, 0) : i + 11])
            assert mean[i] == pytest.approx(expected)

    def test_a_gap_where_nothing_is_finite(self, tmp_path, drawn):
        rows = make_rows(500)
        for row in rows[200:300]:
            row["g_loss"] = math.nan
        figure = draw(drawn, tmp_path / "a.png", rows)
        mean = labelled(figure.axes[0])["generator loss"].get_ydata()
        assert np.isnan(mean[205:295]).all()
        assert np.isfinite(np.delete(mean, range(200, 300))).all()

    def test_nothing_finite_at_all(self, tmp_path, drawn):
        rows = [
            {
                "step": i,
                "d_loss": math.nan,
                "g_loss": math.inf,
                "d_real": math.nan,
            }
            for i in range(3)
        ]
        figure = draw(drawn, tmp_path / "a.png", rows)
        assert np.isfinite(figure.axes[0].get_ylim()).all()
        assert_tidy(figure)

    def test_evaluations_have_their_own_steps(self, drawn, tmp_path):
        rows = make_rows(90)
        fid = [("fid", 9.0), ("fid", None), ("fid", 4.0)]
        evaluations = [
            {"step": step, name: value, "baseline": {"fid": 1.5, "ks": 9.0}}
            for step, (name, value) in zip((400, 800, 900), fid, strict=True)
        ]
        path = tmp_path / "a.png"
        plain = draw(drawn, path, rows)
        figure = draw(drawn, path, rows, evaluations=evaluations)
        assert len(figure.axes) == len(plain.axes) + 1
        axes = figure.axes[-1]
        (line,) = labelled(axes).values()
        np.testing.assert_array_equal(line.get_xdata(), [400, 800, 900])
        np.testing.assert_array_equal(line.get_ydata(), [9, math.nan, 4])
        assert levels(axes) == [("1.5", 1.5)]
        assert axes.get_xlim() == (0, 900)
        assert plain.axes[-1].get_xlim() == (0, rows[-1]["step"])
        assert_tidy(figure)

    def test_one_row_is_seen(self, tmp_path):
        rows = make_rows(1)
        plot_curves(tmp_path / "a.png", rows, steps_per_epoch=10)
        _, picture = read_png(tmp_path / "a.png")
        bare = [{"step": 0, "d_loss": math.nan, "g_loss": math.nan}]
        bare[0] |= {"d_real": math.nan, "d_fake": math.nan}
        plot_curves(tmp_path / "b.png", bare, steps_per_epoch=10)
        _, without = read_png(tmp_path / "b.png")
        left = np.s_[:, : picture.shape[1] // 6, :3]
        for colour in (pictures.BLUE, pictures.VERMILION):
            colour = np.round(np.array(colour) * 255)
            dots = (np.abs(picture[left] - colour) < 20).all(axis=-1).sum()
            none = (np.abs(without[left] - colour) < 20).all(axis=-1).sum()
            assert dots > none + 100

    def test_without_outputs_there_is_one_panel(self, tmp_path, drawn):
        figure = draw(drawn, tmp_path / "a.png", make_rows(20, outputs=False))
        assert len(figure.axes) == 1
        assert figure.axes[0].get_xlabel() == "Step"
        assert_tidy(figure)

    def test_outputs_that_began_later(self, tmp_path, drawn):
        rows = make_rows(10, outputs=False) + make_rows(20)[10:]
        figure = draw(drawn, tmp_path / "a.png", rows)
        mean = labelled(figure.axes[1])["D(x), of real samples"].get_ydata()
        assert np.isnan(mean[:10]).all()
        assert np.isfinite(mean[10:]).all()

    def test_penalty(self, tmp_path, drawn):
        rows = [row | {"penalty": 3.0} for row in make_rows(20)]
        figure = draw(drawn, tmp_path / "a.png", rows)
        assert set(labelled(figure.axes[0])) == {
            "discriminator loss",
            "generator loss",
            "penalty",
        }
        assert figure.axes[0].get_ylim()[1] > 3

    def test_outliers_do_not_flatten_the_rest(self, tmp_path, drawn):
        rows = make_rows(2000)
        for i in (3, 700, 1500):
            rows[i]["g_loss"] = 400.0
        figure = draw(drawn, tmp_path / "a.png", rows)
        low, high = figure.axes[0].get_ylim()
        assert -1 < low <= 0
        assert 3 < high < 40
        mean = labelled(figure.axes[0])["generator loss"].get_ydata()
        assert mean.max() < high

    def test_negative_losses(self, tmp_path, drawn):
        rows = [
            {"step": i, "d_loss": -5.0 - i, "g_loss": 2.0} for i in range(9)
        ]
        figure = draw(drawn, tmp_path / "a.png", rows)
        assert figure.axes[0].get_ylim()[0] < -13

    def test_equilibria(self, tmp_path, drawn):
        figure = draw(
            drawn, tmp_path / "a.png", make_rows(50), equilibrium=EQUILIBRIUM
        )
        upper, lower = figure.axes
        assert levels(upper) == [
            ("ln 2", pytest.approx(math.log(2))),
            ("2 ln 2", pytest.approx(2 * math.log(2))),
        ]
        assert levels(lower) == [("1/2", 0.5)]
        assert_tidy(figure)

    @pytest.mark.parametrize("equilibrium", [None, {}])
    def test_no_equilibrium(self, tmp_path, drawn, equilibrium):
        figure = draw(
            drawn, tmp_path / "a.png", make_rows(50), equilibrium=equilibrium
        )
        assert [levels(axes) for axes in figure.axes] == [[], []]

    def test_equilibria_of_what_is_drawn_only(self, tmp_path, drawn):
        rows = [{"step": i, "d_loss": 1.0} for i in range(5)]
        figure = draw(drawn, tmp_path / "a.png", rows, equilibrium=EQUILIBRIUM)
        (axes,) = figure.axes
        assert [label for label, _ in levels(axes)] == ["2 ln 2"]

    @pytest.mark.parametrize(
        "value, label",
        [
            (-math.log(2), "-ln 2"),
            (0.5, "1/2"),
            (0.5 * (-0.5) ** 2, "0.125"),
            (0, "0"),
            (2.0, "2"),
            (1234567.0, "1.23e+06"),
        ],
    )
    def test_labels_of_equilibria(self, tmp_path, drawn, value, label):
        figure = draw(
            drawn,
            tmp_path / "a.png",
            make_rows(5),
            equilibrium={"g_loss": value},
        )
        assert levels(figure.axes[0]) == [(label, value)]
        low, high = figure.axes[0].get_ylim()
        assert low < value < high
        assert_tidy(figure)

    @pytest.mark.parametrize(
        "values",
        [
            (0.69, 0.70, 0.71),
            (0, 1e-7, 2e-7),  # all at the lower frame
            (19.8, 19.9, 20),  # and at the upper
            (-1.11e-5, 0.5, math.log(2)),
        ],
    )
    def test_crowded_equilibria(self, tmp_path, drawn, values):
        rows = [row | {"penalty": 20.0} for row in make_rows(50, every=9999)]
        rows[-1]["penalty"] = 0.0
        names = ("g_loss", "penalty", "d_loss")
        figure = draw(
            drawn,
            tmp_path / "a.png",
            rows,
            steps_per_epoch=49,
            equilibrium=dict(zip(names, values, strict=True)),
        )
        axes = figure.axes[0]
        assert [value for _, value in levels(axes)] == list(values)
        # In the order of the lines, and none far from its own.
        boxes = [text.get_window_extent() for text in axes.texts]
        centres = [(box.y0 + box.y1) / 2 for box in boxes]
        assert centres == sorted(centres)
        lines = axes.transData.transform([(0, value) for value in values])
        apart = np.abs(np.array(centres) - lines[:, 1]) * 72 / figure.dpi
        assert apart.max() < 24
        assert_tidy(figure)

    def test_labels_lie_at_lines_that_are_apart(self, tmp_path, drawn):
        figure = draw(
            drawn, tmp_path / "a.png", make_rows(50), equilibrium=EQUILIBRIUM
        )
        for axes in figure.axes:
            for text in axes.texts:
                assert text.xyann == pytest.approx((5, 0), abs=1e-6)

    def test_critic_outputs(self, tmp_path, drawn):
        rows = [
            {"step": i, "d_real": -500.0 + i, "d_fake": -504.0}
            for i in range(10)
        ]
        figure = draw(
            drawn,
            tmp_path / "a.png",
            rows,
            equilibrium={"d_fake": -503.0},
            probabilities=False,
        )
        (axes,) = figure.axes
        assert axes.get_ylabel() == "Critic output"
        low, high = axes.get_ylim()
        assert -506 < low < -504
        assert -491 < high < -489
        assert_tidy(figure)

    @pytest.mark.parametrize("centre", [0, 0.01, -123.4, 123_456, -7e7])
    def test_critic_outputs_that_hardly_differ(self, tmp_path, drawn, centre):
        rows = [
            {"step": i, "d_real": centre + 1e-6 * i, "d_fake": centre}
            for i in range(10)
        ]
        figure = draw(drawn, tmp_path / "a.png", rows, probabilities=False)
        (axes,) = figure.axes
        ticks = [t for t in axes.get_yticks() if t <= axes.get_ylim()[1]]
        written = [text.get_text() for text in axes.get_yticklabels()]
        assert len(set(written)) == len(axes.get_yticks()) >= len(ticks) > 2
        assert_tidy(figure)

    @pytest.mark.parametrize("name", MEMBERS)
    @pytest.mark.parametrize("scale", [1e-3, 1, 300])
    def test_members_of_the_family(self, tmp_path, drawn, name, scale):
        names, panels, options = MEMBERS[name]
        rng = np.random.default_rng(0)
        rows = [
            {"step": 10 * i}
            | {n: float(v) for n, v in zip(names, row, strict=True)}
            for i, row in enumerate(rng.random((200, len(names))) * scale)
        ]
        figure = draw(
            drawn, tmp_path / "a.png", rows, steps_per_epoch=99, **options
        )
        assert [a.get_ylabel() for a in figure.axes] == list(panels)
        for axes, labels in zip(figure.axes, panels.values(), strict=True):
            legend = axes.get_legend().get_texts()
            assert [text.get_text() for text in legend] == labels
            assert set(labelled(axes)) == set(labels)
        # One axis of steps, at the bottom, and one of epochs, at the top.
        *above, bottom = figure.axes
        assert bottom.get_xlabel() == "Step"
        assert not any(axes.get_xlabel() for axes in above)
        assert [len(axes.child_axes) for axes in figure.axes] == [
            1,
            *[0] * len(above),
        ]
        for axes in figure.axes:
            assert axes.get_xlim() == (0, 1990)
        assert_tidy(figure)

    def test_panels_do_not_touch(self, tmp_path, drawn):
        rows = [row | {"wasserstein": 1.0} for row in make_rows(5)]
        figure = draw(drawn, tmp_path / "a.png", rows)
        frames = [axes.get_window_extent() for axes in figure.axes]
        for upper, lower in itertools.pairwise(frames):
            assert lower.y1 < upper.y0

    def test_k_of_zero(self, tmp_path, drawn):
        # The first line of a BEGAN's log.
        figure = draw(drawn, tmp_path / "a.png", [{"step": 0, "k": 0.0}])
        (axes,) = figure.axes
        assert axes.get_ylim() == pytest.approx((-0.03, 1.03))
        assert_tidy(figure)

    def test_measures_begin_at_zero(self, tmp_path, drawn):
        rows = [{"step": i, "m_global": 5.0 + i} for i in range(9)]
        figure = draw(drawn, tmp_path / "a.png", rows)
        low, high = figure.axes[0].get_ylim()
        assert -1 < low <= 0 and 12 < high < 14

    def test_unknown_numbers_are_ignored(self, tmp_path, drawn):
        rows = [row | {"learning_rate": 1e9} for row in make_rows(5)]
        figure = draw(drawn, tmp_path / "a.png", rows)
        assert len(figure.axes) == 2
        assert figure.axes[0].get_ylim()[1] < 100

    def test_nothing_known(self, tmp_path):
        with pytest.raises(ValueError, match=r"only \['d', 'step'\]"):
            plot_curves(tmp_path / "a.png", [{"step": 0, "d": 1.0}])
        assert not list(tmp_path.iterdir())

    def test_epochs(self, tmp_path, drawn):
        figure = draw(
            drawn, tmp_path / "a.png", make_rows(501), steps_per_epoch=500
        )
        (epochs,) = figure.axes[0].child_axes
        assert epochs.get_xlim() == pytest.approx((0, 10))
        assert epochs.get_xlabel() == "Epoch"
        assert_tidy(figure)

    @pytest.mark.parametrize(
        ("title", "steps_per_epoch"),
        [
            (None, None),
            ("DCGAN on CIFAR-10, 32x32", 468),
            pytest.param(None, 468, marks=pytest.mark.slow),
            pytest.param(
                "DCGAN on CIFAR-10, 32x32", None, marks=pytest.mark.slow
            ),
        ],
    )
    @pytest.mark.parametrize("count", [1, 2, 30, 3000])
    def test_tidy(self, tmp_path, drawn, count, title, steps_per_epoch):
        rows = [row | {"penalty": 0.1} for row in make_rows(count)]
        figure = draw(
            drawn,
            tmp_path / "a.png",
            rows,
            title=title,
            steps_per_epoch=steps_per_epoch,
            equilibrium=EQUILIBRIUM,
        )
        assert_tidy(figure)

    @pytest.mark.parametrize("scale", [1e-4, 0.1, 10, 1e3, 1e6])
    @pytest.mark.parametrize("every", [1, 100_000])
    @pytest.mark.slow
    def test_tidy_at_any_scale(self, tmp_path, drawn, scale, every):
        rows = make_rows(100, every=every)
        for row in rows:
            row["g_loss"] *= scale
        figure = draw(
            drawn,
            tmp_path / "a.png",
            rows,
            steps_per_epoch=every * 3 + 7,
            equilibrium=EQUILIBRIUM,
        )
        assert_tidy(figure)

    def test_many_rows(self, tmp_path):
        # More than the renderer takes in one piece.
        rng = np.random.default_rng(0)
        rows = [
            {"step": i, "d_loss": d, "g_loss": g}
            for i, (d, g) in enumerate(rng.random((300_000, 2)))
        ]
        plot_curves(tmp_path / "a.png", rows)
        assert read_png(tmp_path / "a.png")[1].shape[1] == 1050

    def test_no_rows(self, tmp_path):
        with pytest.raises(ValueError, match="at least one row"):
            plot_curves(tmp_path / "a.png", [])
        assert not list(tmp_path.iterdir())

    def test_cannot_be_written(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(UserError, match="cannot be written"):
            plot_curves(tmp_path / "file/a.png", make_rows(3))

    def test_leaves_matplotlib_as_it_is(self, tmp_path):
        before = dict(matplotlib.rcParams)
        plot_curves(tmp_path / "a.png", make_rows(3))
        assert dict(matplotlib.rcParams) == before
        if "matplotlib.pyplot" in sys.modules:
            assert not sys.modules["matplotlib.pyplot"].get_fignums()
