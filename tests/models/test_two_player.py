"""What two players minimise besides: the pull to their history."""

import keras
import numpy as np
import pytest

from tests.contracts.training import (
    SEED,
    Classifier,
    Discriminator,
    Generator,
    adam,
    fit,
    prior,
)
from tf_gans import BEGAN, GAN, latents, losses
from tf_gans.data import Source
from tf_gans.models.semi_supervised import SemiSupervisedGAN
from tf_gans.toys.dirac import networks

WEIGHT, RATE = 0.4, 0.3


class Zero(Source):
    """The Dirac GAN's data: 0, and nothing else."""

    sample_shape = (1,)
    batch_size = 1

    def draw(self, seed, first_step, num_steps):
        return np.zeros((num_steps, 1, 1), np.float32)


def dirac(weight, rate=RATE, run_eagerly=True, **options):
    """The game of two numbers, theta and psi, from 1 and 1."""
    gan = GAN(
        networks.Generator(),
        networks.Discriminator(),
        latents.Normal((1,)),
        historical_averaging=weight,
        **options,
    )
    gan.compile(
        keras.optimizers.SGD(rate),
        keras.optimizers.SGD(rate),
        run_eagerly=run_eagerly,
    )
    return gan


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def played(steps, simultaneous):
    """The game in float64; yields its two numbers and both prices."""
    theta, psi = 1.0, 1.0
    thetas, psis = [], []
    for _ in range(steps):
        thetas.append(theta)
        psis.append(psi)
        # -log D(0) - log(1 - D(theta)), of which the first is a constant.
        far = psi - np.mean(psis)
        d_slope = sigmoid(psi * theta) * theta + 2 * WEIGHT * far
        d_pull = WEIGHT * far**2
        updated = psi - RATE * d_slope
        seen = psi if simultaneous else updated
        far = theta - np.mean(thetas)
        g_slope = -sigmoid(-seen * theta) * seen + 2 * WEIGHT * far
        theta, psi = theta - RATE * g_slope, updated
        yield theta, psi, d_pull, WEIGHT * far**2


@pytest.mark.parametrize("simultaneous", [False, True])
def test_descent_by_hand(simultaneous):
    gan = dirac(WEIGHT, simultaneous=simultaneous)
    for step, expected in enumerate(played(6, simultaneous)):
        draws = gan._draw(0, step, 1, 1)
        data = (Zero().draw(0, step, 1), _row(draws), step)
        logs = gan.train_step(data)
        found = [
            *(float(p.number) for p in (gan.generator, gan.discriminator)),
            *(float(logs[name]) for name in ("d_pull", "g_pull")),
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    assert expected[2] > 0 and expected[3] > 0


def _row(draws):
    return {
        player: [{n: t[0] for n, t in numbers.items()} for numbers in each]
        for player, each in draws.items()
    }


@pytest.mark.slow
def test_it_ends_the_circling():
    """What the paper has it for: plain descent goes round and round.

    More is not better: of 1, both stay near where they began, for the mean of
    a long past hardly moves.
    """

    def radius(weight):
        # Where the loss does not saturate, the circles shrink by themselves.
        gan = dirac(weight, 0.05, False, loss=losses.Minimax())
        gan.fit(Zero(), steps_per_epoch=3000, verbose=0)
        return np.hypot(
            *(float(p.number) for p in (gan.generator, gan.discriminator))
        )

    assert radius(None) > 1.3
    assert radius(0.03) < 0.02
    assert radius(1.0) > 1


def test_without_it_nothing_is_kept():
    gan = dirac(None)
    assert gan.generator_history is None
    assert gan.discriminator_history is None
    assert set(gan._trackers) == {"d_loss", "g_loss"}


def test_a_mean_has_a_place_for_each_parameter():
    gan = GAN(Generator(), Discriminator(), prior(), historical_averaging=1.0)
    for history, player in (
        (gan.generator_history, gan.generator),
        (gan.discriminator_history, gan.discriminator),
    ):
        shapes = [mean.shape for mean in history.means]
        assert shapes == [v.shape for v in player.trainable_variables]
    kept = {id(v) for v in gan.variables}
    assert {id(v) for v in gan.generator_history.weights} <= kept
    assert gan.get_config()["historical_averaging"] == 1.0


@pytest.mark.parametrize("model", [GAN, BEGAN])
def test_bad_weights(model):
    with pytest.raises(ValueError, match="historical_averaging=-1"):
        model(Generator(), Discriminator(), prior(), historical_averaging=-1)


def test_where_two_optimizers_share_a_player():
    with pytest.raises(ValueError, match="the discriminator has two"):
        SemiSupervisedGAN(
            Generator(),
            Classifier(),
            prior(),
            updates="three",
            historical_averaging=0.1,
        )


@pytest.mark.slow
def test_a_classifier_may_have_a_history():
    gan = SemiSupervisedGAN(
        Generator(), Classifier(), prior(), historical_averaging=0.1, seed=SEED
    )
    gan.compile(adam(), adam())
    rows = fit(gan, 3)
    names = list(gan.step_losses)
    assert names[-2:] == ["d_pull", "g_pull"]
    # Of the first update there is none.
    assert (rows[0, -2:] == 0).all() and (rows[1:, -2:] > 0).all()
    assert int(gan.discriminator_history.count) == 3
