"""What a page draws of recorded frames."""

import json

import numpy as np
import pytest

from tests.plotting.packed import unpacked
from tf_gans import data
from tf_gans.models.outputs import ERROR, LOGIT, PROBABILITY
from tf_gans.plotting import scene
from tf_gans.toys.gaussian.picture import DistributionPicture
from tf_gans.toys.mixtures.picture import MixturePicture
from tf_gans.toys.quadratics.picture import QuadraticsPicture


@pytest.mark.parametrize("bits", [8, 16])
def test_packed(bits):
    values = np.random.default_rng(0).normal(size=(3, 4, 5)) * 1e3
    values[1, 2] = np.nan
    values[0, 0, 0] = np.inf
    packed = json.loads(json.dumps(scene.packed(values, bits=bits)))
    again = unpacked(packed)
    finite = np.isfinite(values)
    np.testing.assert_array_equal(np.isfinite(again), finite)
    reach = np.ptp(values[finite])
    assert abs(again - values)[finite].max() <= reach / (2**bits - 2)


def test_packed_within_limits():
    again = unpacked(scene.packed([-5, 0, 0.25, 9], 0, 1))
    np.testing.assert_allclose(again, [0, 0, 0.25, 1], atol=1e-4)


@pytest.mark.parametrize("values", [[], [np.nan], [3, 3]])
def test_packed_of_little(values):
    again = unpacked(scene.packed(values))
    np.testing.assert_array_equal(again, np.array(values, float))


def test_rounded():
    found = scene.rounded(np.array([1.23456, np.nan, 0, -np.inf]))
    assert found == [1.235, None, 0.0, None]


class TestDistribution:
    picture = DistributionPicture.from_data(data.Gaussian(8))

    def scene(self, boundary, centre=1.0, **options):
        x = np.linspace(-8, 8, 100)
        middles = (x[1:] + x[:-1]) / 2
        density = np.exp(-((middles - centre) ** 2) / 2) / np.sqrt(2 * np.pi)
        density = np.stack([density] * len(boundary)).astype(np.float32)
        boundary = boundary.astype(np.float32)
        return self.picture.scene(boundary, density, **options)

    def test_arrows_are_the_gradients_of_log_d(self):
        """Of a logistic D, whose gradient is known: a (1 - D(x))."""
        x = np.linspace(-8, 8, 400)
        slopes = np.array([1.5, -0.25])
        said = 1 / (1 + np.exp(-slopes[:, np.newaxis] * x))
        made = self.scene(said)
        samples = unpacked(made["samples"])
        share = 1 / (1 + np.exp(-slopes[:, np.newaxis] * samples))
        gradients = slopes[:, np.newaxis] * (1 - share)
        long = np.percentile(abs(gradients), 90)
        expected = np.clip(gradients / long, -1, 1)
        np.testing.assert_allclose(
            unpacked(made["arrows"]), expected, atol=0.02
        )
        # Uphill: to the right, then to the left.
        assert (np.sign(unpacked(made["arrows"])).mean(axis=1) == [1, -1]).all()

    def test_samples_are_even_quantiles(self):
        made = self.scene(np.full((1, 400), 0.5), centre=2.0)
        (samples,) = unpacked(made["samples"])
        assert (np.diff(samples) > 0).all()
        assert samples.mean() == pytest.approx(2, abs=0.02)
        assert samples.std() == pytest.approx(1, abs=0.08)
        np.testing.assert_allclose(unpacked(made["arrows"]), 0, atol=0.01)

    def test_where_a_clamped_loss_is_flat(self):
        x = np.linspace(-8, 8, 400)
        said = 1 / (1 + np.exp(-2 * (x[np.newaxis] - 7)))
        free, clamped = (
            unpacked(self.scene(said, -1.0, **options)["arrows"])
            for options in ({}, {"floor": 1e-5})
        )
        assert (free > 0.9).all()  # 2 (1 - D), everywhere
        samples = unpacked(self.scene(said, -1.0)["samples"])
        is_flat = samples < 7 + np.log(1e-5) / 2 - 0.1
        assert is_flat.any()
        np.testing.assert_allclose(clamped[is_flat], 0, atol=0.01)

    def test_without_a_sample_in_the_range(self):
        made = self.picture.scene(np.full((2, 400), 0.5), np.zeros((2, 99)))
        assert np.isnan(unpacked(made["samples"])).all()

    def test_of_a_discriminator_that_underflows(self):
        """Zeros are flat, and no warning."""
        made = self.scene(np.zeros((1, 400)))
        np.testing.assert_allclose(unpacked(made["arrows"]), 0, atol=0.01)


class TestPoints:
    DATA = data.Ring(8)

    def scene(self, output, critic, **options):
        rng = np.random.default_rng(0)
        samples = rng.uniform(-1, 1, (len(critic), 700, 2))
        samples[0, 3] = 100  # beyond the axes
        picture = MixturePicture.from_data(self.DATA, output)
        made = picture.scene(samples.astype(np.float32), critic, **options)
        return samples, made

    def hill(self, centre):
        """Heights of the map's cells, highest at a point."""
        places = (np.arange(100) + 0.5) / 50 - 1
        reach = self.DATA.extent
        x, y = np.meshgrid(places * reach, places * reach)
        return -((x - centre[0]) ** 2) - (y - centre[1]) ** 2

    @pytest.mark.parametrize("output", [PROBABILITY, LOGIT, ERROR])
    def test_arrows_lead_to_what_is_most_real(self, output):
        centre = (0.3, -0.6)
        hill = self.hill(centre)
        height = {
            "probability": np.exp(hill),
            "logit": 5 * hill + 3,
            "error": -hill,
        }[output.name]
        samples, made = self.scene(output, np.stack([height] * 2))
        arrows = unpacked(made["arrows"])
        way = np.array(centre) - samples[:, : arrows.shape[1]]
        long = np.linalg.norm(way, axis=-1)
        along = (arrows * way).sum(axis=-1) / np.maximum(
            long * np.linalg.norm(arrows, axis=-1), 1e-9
        )
        far = long > 0.2
        far[0, 3] = False
        assert along[far].min() > 0.97
        # The map shows the most real as 1.
        shown = unpacked(made["map"])[0]
        assert shown.shape == (50, 50)
        row, column = np.unravel_index(shown.argmax(), shown.shape)
        reach = self.DATA.extent
        peak = ((np.array([column, row]) + 0.5) / 25 - 1) * reach
        np.testing.assert_allclose(peak, centre, atol=0.2)

    def test_points(self):
        samples, made = self.scene(LOGIT, np.zeros((2, 100, 100)))
        x, y = unpacked(made["x"]), unpacked(made["y"])
        assert np.isnan(x[0, 3])
        x[0, 3] = y[0, 3] = 100
        shown = np.stack([x, y], axis=-1)
        np.testing.assert_allclose(shown, samples[:, :500], atol=1e-4)

    def test_points_that_are_nearly_one_are_marked(self):
        """In the frames where they are, with words that stand in the film."""
        samples = np.random.default_rng(0).uniform(-1, 1, (3, 700, 2))
        samples[1] = (0.3, -0.6)
        samples[1, 0] = 0
        picture = MixturePicture.from_data(self.DATA, ERROR)
        made = picture.scene(samples.astype(np.float16), np.zeros((3, 9, 9)))
        before, speck, after = made["specks"]
        assert before is None and after is None
        np.testing.assert_allclose(speck[:2], (0.3, -0.6), atol=1e-3)
        assert speck[2] == "699 of 700 points lie here"
        json.dumps(made["specks"])
        _, made = self.scene(LOGIT, np.zeros((2, 100, 100)))
        assert "specks" not in made

    def test_without_arrows(self):
        _, made = self.scene(ERROR, np.zeros((1, 100, 100)), arrows=False)
        assert "arrows" not in made


def test_curves():
    source = data.Quadratics(8)
    picture = QuadraticsPicture.from_data(source)
    curves = source.curves(np.linspace(1, 3, 12)).reshape(2, 6, -1)
    made = picture.scene(curves, np.ones(2), np.ones(2), np.array([0.5, 1]))
    np.testing.assert_allclose(unpacked(made["curves"]), curves, atol=1e-3)
    assert list(made["numbers"].values()) == [[0.5, 1.0]]
    assert len(made["x"]) == len(made["lower"]) == curves.shape[-1]
