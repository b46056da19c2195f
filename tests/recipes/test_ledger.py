"""Where well-known programs do otherwise than their papers.

Each row is a fact about published code, and a decision here that a test holds
on to. The files are below `tests`; what stands after them is a part of the
names of the tests. `docs/deviations.md` says what the decisions are.

| row | of whom, and what | file | tests |
|---|---|---|---|
| 1 | WGAN-GP's beta_1 is 0 and 0.5 | recipes/test_ledger.py | ledger_1_ |
| 2 | alpha for each pixel, normal, of a fixed batch | test_penalties.py | ledger_2_ |
| 3 | the norm over one axis | contracts/penalties.py | ledger_3_ |
| 4 | no epsilon below the root | contracts/penalties.py | ledger_4_ |
| 4 | the same | test_penalties.py | ledger_4_ |
| 5 | batch normalisation in a critic with a penalty | models/test_training.py | ledger_5_ |
| 5 | and in the networks | networks/test_family.py | no_critic_of_a_penalty_has_batch_norm |
| 6 | one real batch for all critic updates | recipes/test_ledger.py | ledger_6_ |
| 7 | clipping before the update | models/test_training.py | ledger_7_ |
| 7 | and of what | test_penalties.py | ledger_7_ |
| 8 | a hundred critic updates to warm up | recipes/test_ledger.py | ledger_8_ |
| 9 | Adam in WGAN | recipes/test_ledger.py | ledger_9_ |
| 10 | sums, roots, sigmoids in least squares | test_losses.py | ledger_10_ |
| 11 | BEGAN's beta_1, clock and clipping | models/test_began.py | ledger_11_ |
| 11 | the same | recipes/test_ledger.py | ledger_11_ |
| 12 | whose losses the balance is of | models/test_began.py | ledger_12_ |
| 13 | DRAGAN's noise | test_penalties.py | ledger_13_ |
| 13 | and which preset has which | recipes/test_ledger.py | ledger_13_ |
| 14 | two updates of DCGAN's generator on one z | models/test_gan_images.py | each_has_z_of_its_own |
| 14 | and which recipe has them | recipes/test_digits_and_dcgan.py | the_paper_and_the_code |
| 15 | the batch's statistics when sampling | recipes/test_ledger.py | ledger_15_ |
| 15 | as an option | models/test_gan_images.py | are_the_batch_s_and_change_nothing |
| 16 | a generator's rate five times as large | recipes/test_ledger.py | ledger_16_ |
| 17 | training on test images | recipes/test_ledger.py | ledger_17_ |
| 17 | an order that never changes | data/test_images.py | epochs_and_seeds_differ |
| 18 | images shown in another range than theirs | recipes/test_ledger.py | ledger_18_ |
| 19 | batch normalisation never in training mode | models/test_training.py | batch_statistics_of_a_step |
| 20 | a "minimax" loss that is not | test_losses.py | ledger_20_ |
| 21 | a sample's distance to itself | test_layers.py | identical_rows_and_rows_far_apart |
| 21 | noise that is no independent sample | test_latents.py | one_point_for_each_place |
| 21 | a clamp below the logarithm | test_losses.py | is_dead_below_the_floor |
| 22 | labels the other way round, noisy | test_losses.py | ledger_22_ |
| 23 | a kernel that its norm overwrites | test_spectral_norm.py | keras_layer_does_otherwise |
| 24 | 28x28 by cutting or padding | networks/test_family.py | first_images_of_the_three_generators |
"""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import (
    BATCH,
    SEED,
    Discriminator,
    Generator,
    Pictures,
    adam,
    prior,
    restore,
    state,
)
from tests.paths import ROOT
from tf_gans import GAN, data, losses, penalties, pixels
from tf_gans.recipes import family

TESTS = ROOT / "tests"
ROWS = [
    [cell.strip() for cell in line.strip(" |").split("|")]
    for line in __doc__.splitlines()
    if re.match(r"\| \d", line)
]


def test_every_row_has_its_tests():
    assert sorted({int(row[0]) for row in ROWS}) == list(range(1, 25))
    for number, _, file, name in ROWS:
        text = (TESTS / file).read_text("utf-8")
        pattern = rf"def (test_\w*)?{name}"
        assert re.search(pattern, text), f"row {number}: {name} in {file}"


def wasserstein_gan(**options):
    gan = GAN(
        Generator(),
        Discriminator(),
        latents=prior(),
        loss=losses.Wasserstein(),
        seed=SEED,
        **options,
    )
    gan.compile(adam(), adam(), run_eagerly=True)
    return gan


@pytest.mark.parametrize(("preset", "beta"), [("paper", 0.0), ("code", 0.5)])
def test_ledger_1_beta_of_wgan_gp(preset, beta):
    gan = family.build("wgan-gp", preset, size=8)
    for optimizer in gan.optimizers.values():
        assert (optimizer.beta_1, optimizer.beta_2) == (beta, 0.9)


class TestRealBatches:
    """Row 6: as many as there are updates of the critic, all different."""

    @pytest.mark.parametrize("from_source", [True, False])
    def test_ledger_6_each_critic_update_has_its_own(
        self, monkeypatch, from_source
    ):
        gan, seen = wasserstein_gan(critic_steps=3), []
        update = gan._update_discriminator

        def watched(real, labels, numbers):
            seen.append(real.numpy())
            return update(real, labels, numbers)

        monkeypatch.setattr(gan, "_update_discriminator", watched)
        batches = Pictures().draw(SEED, 0, 6)
        if from_source:
            gan.fit(Pictures(), steps_per_epoch=2, verbose=0)
        else:
            gan.fit(tf.data.Dataset.from_tensor_slices(batches), verbose=0)
        np.testing.assert_array_equal(seen, batches)
        assert len({b.tobytes() for b in seen}) == 6


def test_ledger_8_there_is_no_warm_up():
    """Not in the first 25 steps, and not in every 500th."""
    gan = wasserstein_gan(
        critic_steps=2, constraint=penalties.WeightClipping(0.1)
    )
    gan.compile(adam(), adam(), jit_compile=False, steps_per_execution=10)
    start = state(gan)
    for first in (0, 495, 995):
        restore(gan, start)
        gan.step.assign(first)
        gan.fit(Pictures(), steps_per_epoch=10, verbose=0)
        assert int(gan.step) == first + 10
        assert int(gan.discriminator_optimizer.iterations) == 20
        assert int(gan.generator_optimizer.iterations) == 10


def test_ledger_9_optimizers_of_wgan():
    kinds = {"paper": keras.optimizers.RMSprop, "code": keras.optimizers.Adam}
    for preset, kind in kinds.items():
        gan = family.build("wgan", preset, size=8)
        for optimizer in gan.optimizers.values():
            assert isinstance(optimizer, kind)
            assert float(optimizer.learning_rate) == np.float32(5e-5)
        assert gan.constraint.limit == 0.01


class TestBEGAN:
    """Row 11. That k stays in [0, 1] is tested beside the algorithm."""

    def test_ledger_11_beta_1_reaches_the_optimizers(self):
        for options, beta in (({}, 0.9), ({"beta_1": 0.5}, 0.5)):
            gan = family.build("began", "code", size=8, **options)
            for optimizer in gan.optimizers.values():
                assert optimizer.beta_1 == beta

    def test_ledger_11_both_schedules(self):
        by_clock = family.build("began", "code", size=8)
        by_plateau = family.build("began", "paper", size=8)
        assert by_clock.patience is None
        assert by_plateau.patience == 20_000
        rates = []
        for gan in (by_clock, by_plateau):
            optimizer = gan.generator_optimizer
            optimizer.iterations.assign(150_000)
            rates.append(float(tf.convert_to_tensor(optimizer.learning_rate)))
        np.testing.assert_allclose(rates, [4e-5, 1e-4])


def test_ledger_13_noise_of_the_presets():
    noises = {
        preset: family.build("dragan", preset, size=8).penalty
        for preset in family.PRESETS
    }
    assert noises["paper"].noise == "gaussian"
    assert noises["paper"].scale == pytest.approx(10**0.5)
    assert (noises["code"].noise, noises["code"].scale) == ("uniform", 0.5)


def test_ledger_15_samples_have_the_moving_averages():
    """A z has one sample, whatever others stand beside it."""
    gan = wasserstein_gan()
    z = gan.latents.draw(0, "test", 0, 1, BATCH)[0]
    gan.generator(z, training=True)  # moves the averages on
    np.testing.assert_allclose(gan(z)[:2], gan(z[:2]), atol=1e-6)
    alone = gan.call_with_batch_statistics(z[:2])
    beside = gan.call_with_batch_statistics(z)
    assert np.max(np.abs(alone - beside[:2])) > 0.01


def test_ledger_16_the_larger_rate_is_a_preset_s():
    def rates(preset):
        optimizers = family.build("ns", preset, size=8).optimizers.values()
        return [float(o.learning_rate) for o in optimizers]

    np.testing.assert_allclose(rates("code"), [1e-3, 2e-4])
    np.testing.assert_allclose(rates("paper"), [5e-5, 5e-5])


def test_ledger_17_never_the_test_images(monkeypatch):
    """Of what Keras gives, the training images alone."""
    images = np.arange(5 * 28 * 28, dtype=np.uint32).reshape(5, 28, 28)
    images = (images % 251).astype(np.uint8)
    labels = np.arange(5)

    class Mnist:
        @staticmethod
        def load_data():
            return (images, labels), (np.full_like(images, 255), labels)

    monkeypatch.setattr(keras.datasets, "mnist", Mnist)
    loaded = data.load_images(dataset="mnist", say=lambda line: None).images
    np.testing.assert_array_equal(loaded, images[..., np.newaxis])


@pytest.mark.parametrize("preset", ["paper", "code"])
def test_ledger_18_black_is_shown_as_black(preset):
    """The generator knows its range, for data and for pictures alike."""
    gan = family.build("began", preset, size=8)
    assert gan.value_range == {"paper": (0, 1), "code": (-1, 1)}[preset]
    black = np.zeros((2, 8, 8, 1), np.uint8)
    samples = data.Images(black, 2, value_range=gan.value_range).draw(0, 0, 1)
    assert np.all(samples == gan.value_range[0])
    assert not np.any(pixels.to_pixels(samples, gan.value_range))
    # A sigmoid's samples through `(x + 1) / 2` would come out grey.
    wrong = pixels.to_pixels(np.zeros(1, np.float32), (-1, 1))
    assert wrong[0] in (127, 128)
