"""The numbers of a GAN's updates: how many there are, and of whom."""

import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import BATCH, SEED, Discriminator, Generator
from tests.contracts.training import prior as make_prior
from tf_gans import GAN, losses
from tf_gans.models import gan_draws
from tf_gans.noise import InstanceNoise


@pytest.mark.parametrize("sees_real", [False, True])
def test_passes(sees_real):
    """Noise for each pass of the discriminator, a row a sample."""
    loss = losses.RelativisticPairing() if sees_real else None
    gan = GAN(
        Generator(),
        Discriminator(),
        make_prior(),
        loss=loss,
        critic_steps=2,
        instance_noise=InstanceNoise(0.1),
    )
    draws = gan_draws.of_updates(gan, tf.constant(SEED, tf.int64), 3, 4, BATCH)
    both = {"z", "noise", "real_noise"}
    assert [set(n) for n in draws["discriminator"]] == [both, both]
    (generator,) = draws["generator"]
    assert set(generator) == (both if sees_real else both - {"real_noise"})
    found = tf.nest.flatten(draws)
    assert {tuple(t.shape[:2]) for t in found} == {(4, BATCH)}
    firsts = [float(np.ravel(t)[0]) for t in found]
    assert len(set(firsts)) == len(firsts)
