"""`scripts/latent.py`."""

import pathlib
import types

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from tests import image_models, script_runner
from tf_gans import export, latent_space, latents
from tf_gans.errors import UserError
from tf_gans.plotting import text
from tf_gans.runs import walks
from tf_gans.runs.load import open_sampler

PLAIN = {"channels": 3}
CONDITIONAL = {"size": 28, "num_classes": 3}
SCALE = 4  # 16 pixels become 64
LINE = text.text_picture("98").shape[0]


@pytest.fixture(scope="module")
def script():
    return script_runner.load("latent")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A directory with runs of two models."""
    directory = tmp_path_factory.mktemp("models")
    for name, options in (("plain", PLAIN), ("conditional", CONDITIONAL)):
        gan = image_models.build(**options)
        image_models.write_run(directory / name, gan, **options)
    return directory


@pytest.fixture(scope="module")
def sampler(models):
    return open_sampler(models / "plain")


@pytest.fixture
def picture(script, models, tmp_path):
    """Runs a command on a model and reads the picture it writes."""

    def make(command, *arguments, model="plain"):
        path = tmp_path / "deep" / "picture.png"
        out, err = script_runner.run(
            script,
            *[command, models / model, "--out", path, "--overwrite"],
            *arguments,
        )
        assert out.startswith(f"Picture: {path}\n")
        assert err == ""
        return np.asarray(Image.open(path)).astype(int)

    return make


def tile(picture, row, column, side=16, scale=SCALE, padding=2, line=0):
    """An image in a grid, in its own size; a line may be below each."""
    top, left = (
        (padding + (side + padding) * n) * scale for n in (row, column)
    )
    top += row * line
    return picture[
        top : top + side * scale : scale, left : left + side * scale : scale
    ]


def assert_about_equal(image, expected):
    """But for roundings of a kernel, by one level."""
    assert np.abs(image - expected.astype(int)).max() <= 1


def assert_below(picture, row, column, caption):
    """What stands below an image."""
    top = 8 + row * (72 + LINE) + 64
    left = 8 + column * 72
    expected = text.centred(text.text_picture(caption), 64)
    part = picture[top : top + LINE, left : left + 64]
    np.testing.assert_array_equal(part, expected)


def test_sheet(picture, sampler):
    made = picture("sheet", "-n", 6, "--seed", 98)
    images = sampler.images(sampler.draw_each(98 + np.arange(6)))
    assert len(np.unique(images)) > 50
    # Three columns; below each image is a line with its number.
    for number, image in enumerate(images):
        row, column = divmod(number, 3)
        assert_about_equal(tile(made, row, column, line=LINE), image)
        assert_below(made, row, column, str(98 + number))
    assert made.min() < 120  # ink
    assert made.shape == (2 * (72 + LINE) + 8, 3 * 72 + 8, 3)


def test_numbers_wider_than_the_images(picture):
    made = picture("sheet", "-n", 2, "--seed", 10**15)
    assert made.shape[1] > 2 * 16 * 6


def test_interpolate(picture, sampler):
    made = picture("interpolate", "--seeds", "3,17,4", "--steps", 5)
    assert made.shape == (2 * (72 + LINE) + 8, 5 * 72 + 8, 3)
    for row, captions in enumerate((("3", "17"), ("17", "4"))):
        for column, caption in zip(
            (0, 2, 4), (captions[0], "", captions[1]), strict=True
        ):
            assert_below(made, row, column, caption)
    z = sampler.draw_each([3, 17, 4])
    first, middle, last = sampler.images(z)
    assert np.abs(first.astype(int) - last).max() > 50
    assert_about_equal(tile(made, 0, 0), first)
    assert_about_equal(tile(made, 0, 4), middle)
    assert_about_equal(tile(made, 1, 0, line=LINE), middle)
    assert_about_equal(tile(made, 1, 4, line=LINE), last)
    (halfway,) = sampler.images((z[:1] + z[1:2]) / 2)
    assert_about_equal(tile(made, 0, 2), halfway)


def test_interpolate_along_the_arc(picture, sampler):
    made = picture(
        "interpolate", "--seeds", "3,17", "--steps", 3, "--method", "slerp"
    )
    arc = latent_space.slerp(*sampler.draw_each([3, 17]), 0.5)
    (halfway,) = sampler.images(arc[np.newaxis])
    assert_about_equal(tile(made, 0, 1), halfway)


def with_prior(prior):
    """A sampler that draws from a prior and makes its images of nothing."""
    return types.SimpleNamespace(
        latents=prior,
        sample_shape=(16, 16, 1),
        num_classes=None,
        draw_each=lambda seeds: prior.draw_each(np.asarray(seeds)).numpy(),
        images=lambda z, labels: np.zeros((len(z), 16, 16, 1), np.uint8),
    )


@pytest.mark.parametrize(
    ("prior", "method"),
    [
        (latents.Normal((6,)), "slerp"),
        (latents.Normal((1,)), "lerp"),
        (latents.Uniform((6,)), "lerp"),
    ],
)
def test_the_way_that_suits_a_prior(prior, method):
    args = types.SimpleNamespace(
        seeds=[0, 1], steps=3, method=None, frames=4, label=None
    )
    sampler = with_prior(prior)
    _, film = walks.interpolate(sampler, args)
    z, _ = film.frame(0.25)  # halfway from the first to the second
    expected = getattr(latent_space, method)(*sampler.draw_each([0, 1]), 0.5)
    np.testing.assert_array_equal(z, expected[np.newaxis])


def test_the_film_of_an_interpolation_comes_back():
    args = types.SimpleNamespace(
        seeds=[5, 8, 2], steps=3, method="lerp", frames=4, label=None
    )
    sampler = with_prior(latents.Uniform((6,)))
    _, film = walks.interpolate(sampler, args)
    assert film.num_frames == 12
    frames = [film.frame(k / 12) for k in range(12)]
    ways = np.concatenate([z for z, _ in frames])
    ends = sampler.draw_each([5, 8, 2])
    np.testing.assert_allclose(ways[[0, 4, 8]], ends, atol=1e-6)
    # The step from the last frame to the first is like those before it.
    last = ends[2] + 0.75 * (ends[0] - ends[2])
    np.testing.assert_allclose(ways[11], last, atol=1e-6)
    assert [text for _, text in frames[3:5]] == [
        "seed 5 to seed 8",
        "seed 8 to seed 2",
    ]


def test_arithmetic(picture, sampler):
    made = picture("arithmetic", *["--a", "1,2,3"], *["--b", "4,5", "--c", "6"])
    a, b, c = (sampler.draw_each(s) for s in ([1, 2, 3], [4, 5], [6]))
    result = a.mean(axis=0) - b.mean(axis=0) + c.mean(axis=0)
    square = made[-(3 * 72 + 8) :, -(3 * 72 + 8) :]
    (centre,) = sampler.images(result[np.newaxis])
    assert_about_equal(tile(square, 1, 1), centre)
    for row, column in ((0, 0), (0, 1), (2, 2)):
        assert np.abs(tile(square, row, column) - centre).max() > 3
    # The means are in the lowest row, the exemplars above.
    (mean,) = sampler.images(a.mean(axis=0, keepdims=True))
    side = 16 * SCALE + 4 * SCALE
    assert_about_equal(tile(made[-side:, :side], 0, 0), mean)
    exemplars = sampler.images(a)
    head = text.column_heads(["a"], side)
    np.testing.assert_array_equal(made[: len(head), :side], head)
    top = made[len(head) :, :side]
    for row in range(3):
        assert_about_equal(tile(top, row, 0, line=LINE), exemplars[row])
        assert_below(top, row, 0, str(row + 1))
    # And words over the means and the result.
    word = made[-side - LINE : -side, :side]
    expected = text.centred(text.label("mean"), side)
    np.testing.assert_array_equal(word, expected)
    word = made[-(3 * 72 + 8) - LINE : -(3 * 72 + 8), -(3 * 72 + 8) :]
    expected = text.centred(text.label("a \N{MINUS SIGN} b + c"), 3 * 72 + 8)
    np.testing.assert_array_equal(word, expected)


def test_the_film_of_the_arithmetic():
    args = types.SimpleNamespace(
        a=[1, 2], b=[3], c=[4], noise=0.25, seed=0, frames=8, label=None
    )
    sampler = with_prior(latents.Uniform((6,)))
    _, film = walks.arithmetic(sampler, args)
    a, b, c = (sampler.draw_each(s) for s in (args.a, args.b, args.c))
    start, _ = film.frame(0.0)
    end, caption = film.frame(0.5)
    assert start.shape == (9, 6)
    np.testing.assert_allclose(start[4], a.mean(axis=0), atol=1e-6)
    y = latent_space.arithmetic(a, b, c)
    np.testing.assert_allclose(end[4], y, atol=1e-6)
    assert caption == "a + 1.00 (c - b)"
    noise = np.delete(end - end[4], 4, axis=0)
    assert np.abs(noise).max() <= 0.25
    assert np.abs(noise).max() > 0.2
    np.testing.assert_allclose(start - start[4], end - end[4], atol=1e-6)
    args.seed = 1
    other = walks.arithmetic(sampler, args)[1].frame(0.5)[0]
    np.testing.assert_array_equal(other[4], end[4])
    assert (other[0] != end[0]).any()


def without_words(picture, heads, sides, corner):
    """The grid alone; looks at the words around it."""
    height, width = len(sides) * 72 + 8, len(heads) * 72 + 8
    above = text.column_heads(heads, width)
    left = text.row_heads(sides, height)
    left = text.beneath(text.label(corner), left)
    assert picture.shape == (
        *(height + len(above), width + left.shape[1]),
        3,
    )
    np.testing.assert_array_equal(picture[: len(above), -width:], above)
    np.testing.assert_array_equal(picture[-len(left) :, :-width], left)
    return picture[-height:, -width:]


def test_sweep(picture, sampler):
    made = picture(
        "sweep",
        *["--seed", 5, "--dimensions", "0,7", "--range", 3, "--steps", 3],
    )
    made = without_words(
        made, ["-3.00", "+0.00", "+3.00"], ["z[0]", "z[7]"], "seed 5"
    )
    z = sampler.draw_each([5])
    for row, dimension in enumerate((0, 7)):
        for column, value in enumerate((-3, 0, 3)):
            z_here = z.copy()
            z_here[0, dimension] = value
            (image,) = sampler.images(z_here)
            assert_about_equal(tile(made, row, column), image)


@pytest.mark.parametrize(
    ("prior", "low", "high"),
    [
        (latents.Normal((3,)), -2, 2),
        (latents.Uniform((3,), 0, 1), 0, 1),
    ],
)
def test_sweeps_suit_the_prior(prior, low, high):
    args = types.SimpleNamespace(
        seed=0, dimensions=None, range=None, steps=3, frames=4, label=None
    )
    _, film = walks.sweep(with_prior(prior), args)
    values = [film.frame(time)[0] for time in (0, 0.25, 0.5, 0.75)]
    for number, value in enumerate(((low + high) / 2, high, None, low)):
        if value is not None:
            # Each image has its own component changed.
            np.testing.assert_allclose(np.diag(values[number]), [value] * 3)
    np.testing.assert_allclose(values[0], values[2], atol=1e-6)


def test_turn(picture, sampler):
    made = picture(
        "turn",
        *["--left", "1,2", "--right", "3,4,5", "--seeds", "9,10"],
        *["--range", 0.5, "--steps", 5],
    )
    left, right, z = (
        sampler.draw_each(s) for s in ([1, 2], [3, 4, 5], [9, 10])
    )
    made = without_words(
        made, ["-0.50", "-0.25", "+0.00", "+0.25", "+0.50"], ["9", "10"], "seed"
    )
    vector = right.mean(axis=0) - left.mean(axis=0)
    for row in range(2):
        for column, amount in ((0, -0.5), (2, 0), (4, 0.5)):
            (image,) = sampler.images(z[row : row + 1] + amount * vector)
            assert_about_equal(tile(made, row, column), image)


def test_the_film_of_a_turn():
    args = types.SimpleNamespace(
        left=[0], right=[1], seeds=[2, 3], range=1.0, steps=3, frames=4
    )
    args.label = None
    sampler = with_prior(latents.Uniform((6,)))
    _, film = walks.turn(sampler, args)
    ends = sampler.draw_each([0, 1])
    middle = film.frame(0)[0]
    np.testing.assert_array_equal(middle, sampler.draw_each([2, 3]))
    right, caption = film.frame(0.25)
    np.testing.assert_allclose(
        right - middle, [ends[1] - ends[0]] * 2, atol=1e-5
    )
    assert caption == "turned by +1.00"


@pytest.mark.slow
def test_a_conditional_model(picture, models):
    sampler = open_sampler(models / "conditional")
    z = sampler.draw_each([3, 4])
    for flags, label in (([], 0), (["--label", 2], 2)):
        made = picture(
            *["interpolate", "--seeds", "3,4", "--steps", 2, *flags],
            model="conditional",
        )
        for column, image in enumerate(sampler.images(z, [label] * 2)):
            part = tile(made, 0, column, side=28, scale=2)
            assert_about_equal(part, np.broadcast_to(image, (28, 28, 3)))


@pytest.mark.parametrize(
    ("arguments", "frames"),
    [
        (["arithmetic", "--a", 1, "--b", 2, "--c", 3, "--frames", 10], 10),
        (["sweep", "--dimensions", "3,4", "--frames", 7], 7),
    ],
)
def test_films(script, models, tmp_path, arguments, frames):
    command, *arguments = arguments
    film = tmp_path / "film.mp4"
    out, _ = script_runner.run(
        script,
        *[command, models / "plain", *arguments],
        *["--out", tmp_path / "a.png", "--anim-path", film],
    )
    assert out == f"Picture: {tmp_path / 'a.png'}\nFilm: {film}\n"
    count, _ = imageio_ffmpeg.count_frames_and_secs(str(film))
    assert count == frames


def test_an_export(script, tmp_path):
    gan = image_models.build()
    export.export_saved_model(gan, tmp_path / "model")
    out, err = script_runner.run(
        script,
        *["interpolate", tmp_path / "model", "--seeds", "1,2,3"],
        *["--frames", "3", "--anim-path", "film.gif"],
        cwd=tmp_path,
    )
    assert out == "Picture: interpolate.png\nFilm: film.gif\n"
    assert err == ""
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"model", "interpolate.png", "film.gif"}
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 9


# Mistakes ---------------------------------------------------------------------

SEEDS = ["--seeds", "1,2"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: COMMAND"),
        (["walk", "plain"], "'walk'"),
        (["interpolate", "plain"], "required: --seeds"),
        (["interpolate", "plain", "--seeds", "1"], "2 numbers or more"),
        (["interpolate", "plain", "--seeds", "1,b"], "received 'b'"),
        (["interpolate", "plain", "--seeds", "1,,2"], "received ''"),
        (["interpolate", "plain", *SEEDS, "--steps", "1"], "from 2 to 100"),
        (["interpolate", "plain", *SEEDS, "--out", "a.jpg"], "end in .png"),
        (
            ["interpolate", "plain", *SEEDS, "--anim-path", "a.avi"],
            "must end in .mp4, .gif or .webm; received .avi",
        ),
        (["interpolate", "missing", *SEEDS], "missing: does not exist"),
        (["interpolate", ".", *SEEDS], "neither a run directory"),
        (
            ["interpolate", "plain", *SEEDS, "--out", "file/a.png"],
            "file is not a directory",
        ),
        (["interpolate", "plain", *SEEDS, "--label", "0"], "not a conditional"),
        (
            ["interpolate", "conditional", *SEEDS, "--label", "3"],
            "--label: must lie from 0 to 2; received 3",
        ),
        (["arithmetic", "plain", "--a", "1", "--b", "2"], "required: --c"),
        (["arithmetic", "plain", "--a", ""], "received ''"),
        (
            ["sweep", "plain", "--dimensions", "3,100"],
            "--dimensions: must lie from 0 to 99; received 100",
        ),
        (["sweep", "plain", "--range", "0"], "above 0"),
        (["turn", "plain", *SEEDS, "--left", "1"], "required: --right"),
        (["sheet", "plain", "-n", "10001"], "from 1 to 10000"),
        (["sheet", "plain", "--anim-path", "a.mp4"], "--anim-path"),
    ],
)
def test_mistakes(script, models, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    for path in models.iterdir():
        pathlib.Path(path.name).symlink_to(path)
    pathlib.Path("file").write_text("text")
    before = sorted(tmp_path.rglob("*"))
    line = script_runner.refused(script, *arguments)
    assert line.startswith("latent.py")
    assert words in line
    assert sorted(tmp_path.rglob("*")) == before


def test_the_arc_between_opposite_numbers():
    args = types.SimpleNamespace(
        seeds=[0, 1], steps=3, method="slerp", frames=4, label=None
    )
    sampler = with_prior(latents.Normal((1,)))
    sampler.draw_each = lambda seeds: np.array([[1.0], [-2.0]], np.float32)
    with pytest.raises(UserError, match=r"--method slerp: .* opposite"):
        walks.interpolate(sampler, args)


def test_files_are_not_replaced_unasked(script, models, tmp_path):
    """The default name, too."""
    flags = ["sweep", models / "plain", "--dimensions", 1, "--frames", 2]
    for flag, name in (("--out", "sweep.png"), ("--anim-path", "a.gif")):
        path = tmp_path / name
        path.write_text("precious")
        film = ["--anim-path", "a.gif"]
        line = script_runner.refused(script, *flags, *film, cwd=tmp_path)
        assert line == (
            f"latent.py: {flag} {name}: exists; name another file, or add "
            "--overwrite to replace it"
        )
        assert path.read_text() == "precious"
        if flag == "--anim-path":
            (tmp_path / "sweep.png").touch()
            script_runner.run(
                script, *flags, *film, "--overwrite", cwd=tmp_path
            )
            with Image.open(path) as made:
                assert made.n_frames == 2
        path.unlink()
