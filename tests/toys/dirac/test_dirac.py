"""The Dirac GAN against its mathematics, step by step in float64."""

import keras
import numpy as np
import pytest
from matplotlib.text import Text

from tf_gans.plotting import picture as plotting_picture
from tf_gans.recipes import catalogue
from tf_gans.toys import dirac
from tf_gans.toys.dirac import metrics, probe, recipes
from tf_gans.toys.dirac.picture import DiracPicture

RATE = 0.1


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


# The derivatives of what the players minimise, by their own number.


def of_psi(name, theta, psi):
    if name in ("xy", "wgan"):
        return theta
    if name == "wgan-gp":  # at any sample the slope is psi
        return theta + 2 * (abs(psi) - 1) * np.sign(psi)
    slope = sigmoid(psi * theta) * theta
    return slope + 0.3 * psi if name == "r1" else slope


def of_theta(name, theta, psi):
    if name.startswith(("xy", "wgan")):
        return -psi
    return -sigmoid(-psi * theta) * psi


def steps(name, start, count, rate=RATE):
    theta, psi = start
    path = [(theta, psi)]
    for _ in range(count):
        new = psi - rate * of_psi(name, theta, psi)
        if name == "wgan":
            new = np.clip(new, -1, 1)
        theta -= rate * of_theta(name, theta, psi if name == "xy" else new)
        psi = new
        path.append((theta, psi))
    return np.array(path)


def train(name, count, start=(1.0, 1.0), rate=RATE):
    source = dirac.Point(dirac.get(name).batch_size)
    model = dirac.build(name, start=start, learning_rate=rate)
    return probe.record(model, source, count)


@pytest.mark.parametrize("name", [n for n in dirac.NAMES if n != "noise"])
def test_each_step_is_the_papers(name):
    path = train(name, 60, start=(0.9, -0.4))
    expected = steps(name, (0.9, -0.4), 60)
    # The norm of WGAN-GP's gradient has a little below its root.
    atol = 1e-3 if name == "wgan-gp" else 2e-5
    np.testing.assert_allclose(path, expected, rtol=0, atol=atol)


def test_the_xy_game_runs_away_at_the_known_rate():
    distances = metrics.distances(train("xy", 200))
    growth = distances[1:] / distances[:-1]
    np.testing.assert_allclose(growth, np.sqrt(1 + RATE**2), rtol=1e-5)


def test_clipped_weights_end_on_a_circle():
    path = train("wgan", 500)
    assert np.abs(path[:, 1]).max() == 1
    # Steps in turns keep this ellipse's equation, up to the sign of the last.
    theta, psi = path[250:].T.astype(np.float64)
    kept = theta**2 + psi**2 - RATE * theta * psi
    assert np.ptp(kept) < 0.02 * kept.mean()


@pytest.mark.slow
@pytest.mark.parametrize("name", dirac.NAMES)
def test_who_converges(name):
    last = metrics.distances(train(name, 500)[-50:])
    assert (last.max() < 0.06) == dirac.get(name).converges


def test_moves_are_single_steps_and_leave_no_trace():
    model = dirac.build("r1", start=(0.3, 0.7))
    places = np.array([(1.0, 1.0), (-0.5, 0.25), (0.0, 0.0)])
    found = probe.moves(model, dirac.Point(1), places)
    expected = [steps("r1", place, 1)[1] - place for place in places]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(probe.players(model), (0.3, 0.7), rtol=1e-6)
    assert int(model.step) == 0


def test_turns():
    angles = np.linspace(0, 2 * np.pi * 2.25, 100)
    circle = np.stack([np.cos(angles), np.sin(angles)], 1)
    assert metrics.turns(circle) == pytest.approx(2.25)
    assert metrics.turns(circle[::-1]) == pytest.approx(-2.25)


def test_names_and_unknown_ones():
    assert tuple(recipes._RECIPES) == catalogue.DIRAC == dirac.NAMES
    with pytest.raises(ValueError, match="did you mean 'wgan'"):
        dirac.get("wgam")


def test_survives_saving(tmp_path):
    model = dirac.build("ns", start=(0.5, 0.25))
    model.fit(dirac.Point(1), steps_per_epoch=3, verbose=0)
    model.save(tmp_path / "dirac.keras")
    loaded = keras.models.load_model(tmp_path / "dirac.keras")
    np.testing.assert_array_equal(probe.players(loaded), probe.players(model))
    assert loaded.generator.start == 0.5


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_picture_of_any_width_holds_its_words(count, monkeypatch, tmp_path):
    """The title ends before a film's `Step 60 / 60`, the text in the picture."""
    figures = []
    monkeypatch.setattr(
        plotting_picture,
        "save_figure",
        lambda path, figure, about: figures.append(figure),
    )
    axis = np.linspace(-2, 2, 5)
    places = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    picture = DiracPicture(
        tuple(f"training {n}" for n in range(count)),
        np.ones((count, 61, 2)),
        places,
        np.ones((count, len(places), 2)),
    )
    sentence = "60 steps at a rate of 0.1. The arrows are single steps, their "
    picture.save(
        tmp_path / "a.png", sentence + "lengths by their root.", taken=9
    )
    (figure,) = figures
    figure.draw_without_rendering()
    inches = {
        words.get_text(): words.get_window_extent().transformed(
            figure.dpi_scale_trans.inverted()
        )
        for words in figure.findobj(Text)
        if words.get_text()
    }
    width, _ = figure.get_size_inches()
    for extent in inches.values():
        assert extent.x0 > -0.01 and extent.x1 < width + 0.01
    assert inches[picture.title].x1 < picture.head[1] - 1.2
