"""The recipes of the quadratic curves: their values, their arithmetic."""

import keras
import numpy as np
import pytest

from tf_gans import data, latents, losses, metrics, optimizers
from tf_gans.toys.quadratics import recipes


def build(name, **options):
    recipe = recipes.get(name)
    source = data.Quadratics(recipe.batch_size)
    return source, recipes.build(name, source, **options)


class TestCode:
    def test_is_the_listing(self):
        recipe = recipes.get("code")
        assert recipe.num_steps + 1 == 401
        assert recipe.batch_size == 64
        _, gan = build("code")
        assert gan.generator.count_params() == 2703
        assert gan.discriminator.count_params() == 2177
        assert gan.latents.get_config() == latents.Normal((5,)).get_config()
        assert isinstance(gan.adversarial_loss, losses.Minimax)
        assert gan.simultaneous
        assert gan.penalty is None and gan.constraint is None
        assert gan.sampler is gan.generator
        for network in (gan.generator, gan.discriminator):
            assert (network.shift, network.scale) == (0, 1)
        for optimizer in gan.optimizers.values():
            assert isinstance(optimizer, optimizers.FusedAdam)
            assert float(optimizer.learning_rate) == pytest.approx(1e-4)
            assert (optimizer.beta_1, optimizer.beta_2) == (0.9, 0.999)
            assert optimizer.epsilon == 1e-8

    def test_steps_are_the_listings(self):
        """Its arithmetic by hand, in numpy, on the same numbers."""
        source, gan = build("code", seed=5)
        players = [
            [w.astype(np.float64) for w in network.get_weights()]
            for network in (gan.generator, gan.discriminator)
        ]
        starts = [[w.copy() for w in weights] for weights in players]
        adams = [Adam(weights) for weights in players]
        steps = 30
        d_losses, g_losses = [], []
        for step in range(steps):
            real = source.draw(5, step, 1)[0].numpy()
            z = gan.latents.draw(5, "latents", step, 1, 64)[0].numpy()
            d_loss, g_loss, gradients = by_hand(*players, real, z)
            d_losses.append(d_loss)
            g_losses.append(g_loss)
            for adam, gradient in zip(adams, gradients, strict=True):
                adam.update(gradient)
        gan.fit(source, steps_per_epoch=steps, verbose=0)
        logs = gan.step_losses
        # With one player updated before the other, 4e-4 off; with z of its
        # own for each, 6e-3.
        np.testing.assert_allclose(logs["d_loss"], d_losses, atol=1e-5)
        np.testing.assert_allclose(logs["g_loss"], g_losses, atol=1e-5)
        for network, weights in zip(
            (gan.generator, gan.discriminator), players, strict=True
        ):
            actual, expected, start = (
                np.concatenate([w.ravel() for w in arrays])
                for arrays in (network.get_weights(), weights, starts.pop(0))
            )
            # Adam moves a weight by 1e-4 a step however small its gradient,
            # so where that is 0 but for rounding, weights may differ.
            error = np.linalg.norm(actual - expected)
            assert error < 0.005 * np.linalg.norm(expected - start)

    def test_no_curve_is_right_after_its_steps(self):
        """Which is why it is not the default."""
        source, gan = build("code", seed=1)
        gan.fit(source, steps_per_epoch=401, verbose=0)
        scores = metrics.curve_metrics(gan.sample(1000).numpy(), source)
        assert scores["inside"] < 0.05
        assert scores["residual"] > 0.5
        # The discriminator is ahead, not at its equilibrium.
        assert gan.step_losses["d_real"][-50:].mean() > 0.7


class Adam:
    """torch.optim.Adam(parameters, lr=1e-4), written down."""

    def __init__(self, weights):
        self.weights = weights
        self.first = [np.zeros_like(w) for w in weights]
        self.second = [np.zeros_like(w) for w in weights]
        self.step = 0

    def update(self, gradients):
        self.step += 1
        for w, g, m, v in zip(
            self.weights, gradients, self.first, self.second, strict=True
        ):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            mean = m / (1 - 0.9**self.step)
            root = np.sqrt(v / (1 - 0.999**self.step))
            w -= 1e-4 * mean / (root + 1e-8)


def forward(weights, x):
    kernel, bias, head, last = weights
    hidden = x @ kernel + bias
    return hidden, np.maximum(hidden, 0) @ head + last


def backward(weights, x, hidden, gradient):
    """The gradients of the weights, and that of the input."""
    kernel, _, head, _ = weights
    inner = gradient @ head.T * (hidden > 0)
    relu = np.maximum(hidden, 0)
    weights = [x.T @ inner, inner.sum(0), relu.T @ gradient, gradient.sum(0)]
    return weights, inner @ kernel.T


def by_hand(generator, discriminator, real, z):
    """Both losses of one forward pass, and both gradients."""
    g_hidden, fake = forward(generator, z)
    real_hidden, real_logits = forward(discriminator, real)
    fake_hidden, fake_logits = forward(discriminator, fake)
    prob_real = 1 / (1 + np.exp(-real_logits))
    prob_fake = 1 / (1 + np.exp(-fake_logits))
    d_loss = -np.mean(np.log(prob_real) + np.log(1 - prob_fake))
    g_loss = np.mean(np.log(1 - prob_fake))
    # d -log s(t) / dt = s(t) - 1; d -log(1 - s(t)) / dt = s(t).
    from_real, _ = backward(
        discriminator, real, real_hidden, (prob_real - 1) / len(z)
    )
    from_fake, to_fake = backward(
        discriminator, fake, fake_hidden, prob_fake / len(z)
    )
    d_gradients = [a + b for a, b in zip(from_real, from_fake, strict=True)]
    g_gradients, _ = backward(generator, z, g_hidden, -to_fake)
    return d_loss, g_loss, (g_gradients, d_gradients)


class TestStable:
    def test_keeps_the_listings_networks_loss_and_noise(self):
        source, gan = build("stable")
        assert gan.generator.count_params() == 2703
        assert gan.discriminator.count_params() == 2177
        assert gan.latents.shape == (5,)
        assert isinstance(gan.adversarial_loss, losses.Minimax)
        assert source.batch_size == 64

    def test_changes_units_and_rates(self):
        source, gan = build("stable")
        assert gan.generator.shift == gan.discriminator.shift == source.mean
        assert gan.generator.scale == gan.discriminator.scale == source.std
        optimizer = gan.generator_optimizer
        assert optimizer.beta_1 == 0.5
        rates = []
        for step in (0, 5000, 10_000):
            optimizer.iterations.assign(step)
            rates.append(float(optimizer.learning_rate))
        assert rates == pytest.approx([1e-3, 5e-4, 0], abs=1e-6)

    def test_converges(self):
        check_converges([3])

    @pytest.mark.slow
    def test_converges_for_every_seed(self):
        check_converges(range(20))


def check_converges(seeds):
    source, gan = build("stable")
    for seed in seeds:
        # The program of the first is the others', too.
        _, fresh = build("stable", seed=seed)
        for model, other in ((gan, fresh), *optimizer_pairs(gan, fresh)):
            for variable, value in zip(
                model.variables, other.variables, strict=True
            ):
                variable.assign(value)
        assert int(gan.step.numpy()) == 0
        gan.fit(source, steps_per_epoch=10_001, verbose=0)
        scores = metrics.curve_metrics(gan.sample(10_000).numpy(), source)
        assert scores["inside"] >= 0.97, seed
        assert scores["residual"] <= 0.03, seed
        assert scores["a_w1"] <= 0.04, seed
        assert gan.step_losses["d_real"].mean() == pytest.approx(0.5, abs=0.03)


def optimizer_pairs(gan, other):
    return [(o, other.optimizers[n]) for n, o in gan.optimizers.items()]


def test_options():
    _, gan = build(
        "code", loss="non-saturating", hidden_size=7, jit_compile=False
    )
    assert isinstance(gan.adversarial_loss, losses.NonSaturating)
    assert gan.generator.hidden_size == gan.discriminator.hidden_size == 7
    assert gan.jit_compile is False
    assert recipes.NAMES == ("stable", "code")


def test_other_curves():
    source = data.Quadratics(16, num_points=6)
    gan = recipes.build("stable", source, num_steps=9, jit_compile=False)
    gan.fit(source, steps_per_epoch=10, verbose=0)
    assert gan.sample(3).shape == (3, 6)
    assert isinstance(
        gan.generator_optimizer._learning_rate,
        keras.optimizers.schedules.CosineDecay,
    )


def test_unknown():
    with pytest.raises(ValueError, match=r"stable, code\..*name='magic'"):
        recipes.get("magic")
    source = data.Quadratics(8)
    with pytest.raises(ValueError, match=r"`loss`.*minimax.*loss='l1'"):
        recipes.build("stable", source, loss="l1")
