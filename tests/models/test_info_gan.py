"""InfoGAN: its bound by hand, whom it teaches, and what Q says."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tests.contracts.training import (
    SEED,
    Generator,
    LabelledGenerator,
    Pictures,
    TrainingContract,
    TwoHeads,
    adam,
    data_of,
    drawn,
    prior,
)
from tf_gans import GAN, InfoGAN, losses, penalties
from tf_gans.latents import Codes
from tf_gans.noise import InstanceNoise

CODES = Codes(noise=2, categories=4, continuous=3)
_OPTIONS = {"track_outputs": True, "ema_decay": 0.9}


def make(dtype=None, codes=CODES, **options):
    return InfoGAN(
        Generator(dtype=dtype),
        TwoHeads(codes.num_parameters, dtype=dtype),
        latents=codes,
        seed=SEED,
        **options,
    )


class TestTraining(TrainingContract):
    logs = (
        *("d_loss", "g_loss", "d_real", "d_fake"),
        *("mi_category", "mi_continuous"),
    )

    def make(self, dtype=None, **compile_options):
        gan = make(dtype, **_OPTIONS)
        gan.compile(adam(dtype), adam(dtype), **compile_options)
        return gan


@pytest.mark.slow
class TestOfOneKind(TrainingContract):
    """A category alone, standard deviations of 1, noise, both at once."""

    logs = ("d_loss", "g_loss", "mi_category")
    updates = ("discriminator", "generator")

    def make(self, dtype=None, **compile_options):
        gan = make(
            dtype,
            Codes(3, 5, 0),
            fixed_stddev=True,
            instance_noise=InstanceNoise(0.1),
            generator_latents="last",
        )
        gan.compile(adam(dtype), adam(dtype), **compile_options)
        return gan


# The bound -------------------------------------------------------------------


def by_hand(second, z, codes, fixed):
    """The mean of log q(c | x) and the prior's entropy, by scipy."""
    second, z = (np.asarray(t, np.float64) for t in (second, z))
    k, n = codes.categories, codes.continuous
    category, continuous = [], []
    for said, row in zip(second, z, strict=True):
        p = np.exp(said[:k]) / np.exp(said[:k]).sum()
        category.append(np.log(p[row[codes.noise :][:k].argmax()]))
        mean = said[k : k + n]
        stddev = np.ones(n) if fixed else np.sqrt(np.exp(said[k + n :]))
        values = scipy.stats.norm.logpdf(row[codes.noise + k :], mean, stddev)
        continuous.append(values.sum())
    return {
        "mi_category": np.mean(category) + scipy.stats.entropy([1 / k] * k),
        "mi_continuous": np.mean(continuous)
        + n * float(scipy.stats.uniform(-1, 2).entropy()),
    }


@pytest.mark.parametrize("fixed", [False, True])
def test_the_bound(fixed):
    gan = make(fixed_stddev=fixed)
    second = np.random.default_rng(0).normal(0, 2, (7, 10)).astype("f")
    z = CODES.draw(1, "test", 0, 1, 7)[0]
    found = gan.information(tf.constant(second), z)
    expected = by_hand(second, z, CODES, fixed)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert float(found[name]) == pytest.approx(value, rel=1e-5), name


def test_the_bound_of_what_is_known():
    """All of a category; and, with fixed deviations, as much as there is."""
    z = CODES.draw(1, "test", 0, 1, 50)[0]
    _, category, continuous = CODES.split(z)
    knows = tf.concat([60 * category, continuous, 0 * continuous], axis=1)
    found = make(fixed_stddev=True).information(knows, z)
    assert float(found["mi_category"]) == pytest.approx(np.log(4))
    assert float(found["mi_continuous"]) == pytest.approx(3 * -0.2258, abs=1e-3)
    # Who knows nothing of the category has nothing of it.
    nothing = make().information(0 * knows, z)
    assert float(nothing["mi_category"]) == pytest.approx(0, abs=1e-6)


def gradients(gan, weight):
    """Those of a step, of each player: by hand, with one tape."""
    data = data_of(gan)
    real, (z_d, z_g) = data[0][0], drawn(data, "z")
    loss = losses.NonSaturating()
    found = []
    with tf.GradientTape() as tape:
        logits, second = gan.discriminator(gan.generator(z_d, training=True))
        value = loss.discriminator(gan.discriminator(real)[0], logits)
        parts = gan.information(second, z_d)
        value -= weight * (parts["mi_category"] + parts["mi_continuous"])
    found.append(tape.gradient(value, gan.discriminator.trainable_variables))
    with tf.GradientTape() as tape:
        logits, second = gan.discriminator(gan.generator(z_g, training=True))
        value = loss.generator(logits)
        parts = gan.information(second, z_g)
        value -= weight * (parts["mi_category"] + parts["mi_continuous"])
    found.append(tape.gradient(value, gan.generator.trainable_variables))
    return found


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_both_players_learn_from_the_bound(weight, monkeypatch):
    """The gradients of a step are those of L - weight * I, of D, Q and G."""
    gan = make(information_weight=weight)
    # Updates that move nothing, so that both are of the same weights.
    gan.compile("sgd", "sgd", run_eagerly=True)
    expected, seen = gradients(gan, weight), []
    for optimizer in gan.optimizers.values():
        monkeypatch.setattr(
            optimizer, "apply", lambda got, variables: seen.append(got)
        )
    gan.train_step(data_of(gan))
    assert len(seen) == 2
    for got, wanted in zip(seen, expected, strict=True):
        for a, b in zip(got, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    # Q learns of the bound alone: its part of the last layer's bias.
    of_q = np.abs(seen[0][-1][1:])
    assert np.all(of_q > 0) if weight else not np.any(of_q)


def test_the_losses_that_are_logged_are_the_adversarial_ones():
    plain, heavy = (make(information_weight=w) for w in (0.0, 7.0))
    logs = []
    for gan in (plain, heavy):
        gan.compile(
            keras.optimizers.SGD(0.0),
            keras.optimizers.SGD(0.0),
            run_eagerly=True,
        )
        logs.append(gan.train_step(data_of(gan)))
    for name, value in logs[0].items():
        assert float(value) == pytest.approx(float(logs[1][name])), name


@pytest.mark.slow
def test_a_penalty_beside_it():
    gan = make(penalty=penalties.R1(2.0))
    gan.compile(adam(), adam(), run_eagerly=True)
    logs = gan.train_step(data_of(gan))
    assert float(logs["penalty"]) > 0
    assert list(logs) == list(gan.step_losses)[:1] + [
        *("penalty", "mi_category", "mi_continuous", "g_loss"),
    ]


# What it says of samples -----------------------------------------------------


def test_encode():
    gan = make()
    x = Pictures().draw(0, 0, 1)[0]
    _, second = gan.discriminator(x)
    said = gan.encode(x)
    odds = np.exp(second[:, :4])
    np.testing.assert_allclose(
        said["category_probabilities"],
        odds / odds.sum(axis=1, keepdims=True),
        rtol=1e-5,
    )
    np.testing.assert_allclose(said["mean"], second[:, 4:7])
    np.testing.assert_allclose(
        said["stddev"], np.sqrt(np.exp(second[:, 7:])), rtol=1e-5
    )
    np.testing.assert_array_equal(
        make(fixed_stddev=True).encode(x)["stddev"], 1
    )
    assert set(gan.signatures()) == {"discriminate", "encode"}
    none = gan.signatures()["encode"](x[:0])
    assert none["mean"].shape == (0, 3)
    assert gan.discriminate(x).shape == (8,)


# Mistakes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"information_weight": -1}, "`information_weight`.*=-1"),
        ({"information_weight": float("nan")}, "information_weight=nan"),
    ],
)
def test_bad_values(options, words):
    with pytest.raises(ValueError, match=words):
        make(**options)


def test_a_prior_without_codes():
    with pytest.raises(ValueError, match=r"`latents` must be Codes.*Uniform"):
        InfoGAN(Generator(), TwoHeads(), prior())


def test_no_conditional_form():
    with pytest.raises(ValueError, match="InfoGAN has no conditional form"):
        InfoGAN(LabelledGenerator(), TwoHeads(3), Codes(1, 2, 0))


def test_codes_that_the_second_head_has_no_numbers_for():
    gan = InfoGAN(Generator(), TwoHeads(5), latents=CODES)
    gan.compile(adam(), adam())
    with pytest.raises(ValueError, match=r"\(batch, 10\).*\(None, 5\)"):
        gan.fit(Pictures(), steps_per_epoch=1)


def test_a_head_that_a_plain_gan_does_not_know():
    gan = GAN(Generator(), TwoHeads(5), latents=3)
    gan.compile(adam(), adam())
    with pytest.raises(ValueError, match="must return logits"):
        gan.fit(Pictures(), steps_per_epoch=1)


def test_a_penalty_is_where_the_discriminator_looks():
    """On samples with their noise, as `GAN` has it."""

    class Watched(penalties.R1):
        def __call__(self, critic, real, fake, noise=None):
            self.seen = real, fake
            return super().__call__(critic, real, fake, noise)

    gan = make(penalty=Watched(), instance_noise=InstanceNoise(0.5))
    (numbers,) = gan._draw(SEED, 0, 1, 4)["discriminator"]
    numbers = {name: t[0] for name, t in numbers.items() if t is not None}
    real, fake = (
        tf.zeros((4, *gan.sample_shape)),
        tf.ones((4, *gan.sample_shape)),
    )
    gan._discriminator_loss(real, fake, None, numbers)
    seen_real, seen_fake = gan.penalty.seen
    np.testing.assert_array_equal(seen_real, numbers["real_noise"])
    np.testing.assert_array_equal(seen_fake, 1 + numbers["noise"])
