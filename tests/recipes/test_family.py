"""The recipes of the family: their values, and two steps of each."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import numbers
from tf_gans import data, latents, losses, penalties, random
from tf_gans.layers import SpectralNormalization, has_batch_norm
from tf_gans.models.acgan import ACGAN
from tf_gans.models.began import BEGAN
from tf_gans.models.gan import GAN
from tf_gans.models.info_gan import InfoGAN
from tf_gans.models.vae import VAE
from tf_gans.networks import began as began_networks
from tf_gans.networks import infogan, wgan_gp
from tf_gans.optimizers import KernelAdam
from tf_gans.recipes import family, members
from tf_gans.soft_labels import SoftLabels

BATCH = 4
MEMBERS = [(name, preset) for name in family.NAMES for preset in family.PRESETS]
each_member = pytest.mark.parametrize(("name", "preset"), MEMBERS)


NUM_CLASSES = 3
LABELLED = {"cgan", "acgan"}


class Pictures(data.Source):
    """Noise in the range of the model's images, with labels where they are."""

    batch_size = BATCH

    def __init__(self, model):
        self.sample_shape = tuple(model.sample_shape)
        self.value_range = model.value_range
        self.num_classes = model.num_classes

    def draw(self, seed, first_step, num_steps):
        shape = (self.batch_size, *self.sample_shape)
        low, high = self.value_range
        u = random.uniform(seed, "images", first_step, num_steps, shape)
        images = low + (high - low) * u
        if not self.num_classes:
            return images
        labels = np.arange(num_steps * self.batch_size) % self.num_classes
        labels = labels.reshape(num_steps, -1)
        return images, tf.constant(labels, tf.int32)


def build(name, preset="paper", **options):
    """A member for tiny images, whose steps run one by one."""
    common = {"size": 8, "seed": 3}
    if name in LABELLED:
        common["num_classes"] = NUM_CLASSES
    model = family.build(name, preset, **common | options)
    model.run_eagerly = True
    return model


def train(model, steps):
    model.fit(Pictures(model), steps_per_epoch=steps, verbose=0)
    return model.step_losses


def step(model):
    """The logs of the first step, as they are before its updates."""
    critics = model.critic_steps
    real = Pictures(model).draw(0, 0, critics)
    return model.train_step((real, numbers(model, 0, BATCH, seed=0), 0))


# Values ----------------------------------------------------------------------

# What a member has where nothing else is said: that of the comparison.
COMMON = {
    "class": GAN,
    "loss": losses.NonSaturating,
    "penalty": None,
    "constraint": None,
    "critic_steps": 1,
    "fresh_latents": True,
    "generator_latents": "fresh",
    "simultaneous": False,
    "discriminator": infogan.Discriminator,
    "batch_norm": True,
    "spectral_norm": False,
    "slope": 0.2,  # of the generator
    "latents": latents.Uniform((64,), -1, 1),
    "batch_size": 64,
    "epochs": 20,
    "optimizer": KernelAdam,
    "rates": (1e-4, 1e-4),
    "betas": (0.5, 0.999),
    "value_range": (0, 1),
}
_ADAMS_OWN = (0.9, 0.999)
VALUES = {
    # compare_gan's defaults, params.py:111-114
    ("mm", "paper"): {
        "loss": losses.Minimax,
        "rates": (5e-5, 5e-5),
        "betas": (0.0, 0.999),
    },
    ("ns", "paper"): {"rates": (5e-5, 5e-5), "betas": (0.0, 0.999)},
    # The collection: GAN.py:118-121, main.py:37
    ("ns", "code"): {
        "rates": (1e-3, 2e-4),
        "latents": latents.Uniform((62,), -1, 1),
        "fresh_latents": False,
        "slope": 0.0,
    },
    ("ls", "paper"): {"loss": losses.LeastSquares, "rates": (2e-4, 2e-4)},
    # train_lsun.py:15-20, train_chn.py:15-21
    ("ls", "code"): {
        "loss": losses.LeastSquares,
        "rates": (2e-4, 2e-4),
        "latents": latents.Uniform((1024,), -1, 1),
        "fresh_latents": False,
    },
    # The program's sn_cifar10_unconditional.yml
    ("hinge", "paper"): {
        "loss": losses.Hinge,
        "critic_steps": 5,
        "batch_norm": False,
        "spectral_norm": True,
        "latents": latents.Normal((128,)),
        "rates": (2e-4, 2e-4),
        "betas": (0.0, 0.9),
    },
    # Algorithm 1
    ("wgan", "paper"): {
        "loss": losses.Wasserstein,
        "constraint": penalties.WeightClipping(0.01),
        "critic_steps": 5,
        "optimizer": keras.optimizers.RMSprop,
        "rates": (5e-5, 5e-5),
    },
    # params.py:146-151; abstract_gan.py, `resample_before_generator`
    ("wgan", "code"): {
        "generator_latents": "last",
        "loss": losses.Wasserstein,
        "constraint": penalties.WeightClipping(0.01),
        "critic_steps": 5,
        "rates": (5e-5, 5e-5),
    },
    # Algorithm 1
    ("wgan-gp", "paper"): {
        "loss": losses.Wasserstein,
        "penalty": penalties.GradientPenalty(10),
        "critic_steps": 5,
        "batch_norm": False,
        "betas": (0.0, 0.9),
    },
    # gan_cifar.py:27-30, 137-138
    ("wgan-gp", "code"): {
        "loss": losses.Wasserstein,
        "penalty": penalties.GradientPenalty(10),
        "critic_steps": 5,
        "discriminator": wgan_gp.CifarCritic,
        "batch_norm": False,
        "betas": (0.5, 0.9),
        "latents": latents.Normal((128,)),
        "value_range": (-1, 1),
    },
    # lambda 10, k 1, c 10
    ("dragan", "paper"): {
        "penalty": penalties.DRAGAN(
            10, target=1, noise="gaussian", scale=10**0.5
        ),
        "batch_norm": False,
        "betas": (0.5, 0.9),
    },
    # The notebook
    ("dragan", "code"): {
        "penalty": penalties.DRAGAN(10, target=1, noise="uniform", scale=0.5),
        "batch_norm": False,
        "betas": (0.5, 0.9),
        "batch_size": 128,
        "latents": latents.Uniform((100,), -1, 1),
    },
    # train.py:178-196
    ("r3gan", "paper"): {
        "loss": losses.RelativisticPairing,
        "penalty": penalties.R1R2(0.05),
        "batch_norm": False,
        "latents": latents.Normal((64,)),
        "rates": (2e-4, 2e-4),
        "betas": (0.0, 0.9),
    },
    # Section 4
    ("began", "paper"): {
        "class": BEGAN,
        "discriminator": began_networks.ConvAutoencoder,
        "batch_norm": False,
        "betas": _ADAMS_OWN,
        "batch_size": 16,
        "equilibrium": (0.5, 0.001, 20_000),
    },
    # config.py:17-59; beta_1's flag is not passed on
    ("began", "code"): {
        "class": BEGAN,
        "discriminator": began_networks.Autoencoder,
        "simultaneous": True,
        "batch_norm": False,
        "rates": (8e-5, 8e-5),
        "betas": _ADAMS_OWN,
        "batch_size": 16,
        "equilibrium": (0.5, 0.001, None),
        "value_range": (-1, 1),
    },
    # The collection's rate, VAE.py:124
    ("vae", "paper"): {
        "class": VAE,
        "rates": (1e-3,),
        "latents": latents.Normal((64,)),
        "spread": "log_variance",
        "slope": 0.0,
    },
    # VAE.py:60-66
    ("vae", "code"): {
        "class": VAE,
        "rates": (1e-3,),
        "latents": latents.Normal((62,)),
        "spread": "softplus",
        "slope": 0.0,
    },
}
# The pair of the comparison, with labels.
_OF_LABELS = {
    "batch_size": 100,
    "latents": latents.Uniform((100,), -1, 1),
    "rates": (2e-4, 2e-4),
}
VALUES |= {
    ("cgan", "paper"): _OF_LABELS,
    # conditional_gan.py
    ("cgan", "code"): {
        "batch_size": 64,
        "latents": latents.Normal((128,)),
        "rates": (3e-4, 3e-4),
        "betas": _ADAMS_OWN,
    },
    ("acgan", "paper"): _OF_LABELS
    | {
        "class": ACGAN,
        "discriminator": infogan.TwoHeadedDiscriminator,
        "class_weights": (1.0, 1.0),
    },
    # mnist_acgan.py
    ("acgan", "code"): _OF_LABELS
    | {
        "class": ACGAN,
        "discriminator": infogan.TwoHeadedDiscriminator,
        "class_weights": (2.0, 0.0),
        "loss": SoftLabels,
        "epochs": 50,
    },
    # Appendix C.1
    ("infogan", "paper"): {
        "class": InfoGAN,
        "discriminator": infogan.TwoHeadedDiscriminator,
        "batch_size": 128,
        "latents": latents.Codes(62, 10, 2),
        "rates": (1e-3, 2e-4),
        "slope": 0.0,
        "information": (1.0, False),
    },
    # run_mnist_exp.py
    ("infogan", "code"): {
        "class": InfoGAN,
        "discriminator": infogan.TwoHeadedDiscriminator,
        "batch_size": 128,
        "latents": latents.Codes(62, 10, 2),
        "rates": (1e-3, 2e-4),
        "slope": 0.0,
        "information": (1.0, True),
        "epochs": 11,
    },
}


def config(thing):
    return (type(thing), thing.get_config()) if thing else None


def rate(optimizer):
    return float(tf.convert_to_tensor(optimizer.learning_rate))


@each_member
def test_values(name, preset):
    """Those that the papers and the programs name."""
    # A member without a program of its own has its paper's values.
    values = COMMON | VALUES.get((name, preset), VALUES[name, "paper"])
    recipe = family.get(name, preset, size=8)
    assert (recipe.batch_size, recipe.epochs) == (
        values["batch_size"],
        values["epochs"],
    )
    assert recipe.source
    model = build(name, preset)
    assert type(model) is values["class"]
    assert config(model.latents) == config(values["latents"])
    assert model.value_range == values["value_range"]
    if type(model.generator) is infogan.Generator:
        assert model.generator.slope == values["slope"]
    optimizers = list(model.optimizers.values())
    rates = [rate(optimizer) for optimizer in optimizers]
    np.testing.assert_allclose(rates, values["rates"], rtol=1e-6)
    for optimizer in optimizers:
        assert type(optimizer) is values["optimizer"]
        if values["optimizer"] is KernelAdam:
            assert (optimizer.beta_1, optimizer.beta_2) == values["betas"]
            assert optimizer.epsilon == 1e-8
    if isinstance(model, VAE):
        assert type(model.encoder) is infogan.Encoder
        assert model.spread == values["spread"]
        assert model.likelihood == "bernoulli"
        return
    assert type(model.discriminator) is values["discriminator"]
    assert has_batch_norm(model.discriminator) == values["batch_norm"]
    normalised = getattr(model.discriminator, "spectral_norm", False)
    assert normalised == values["spectral_norm"]
    assert model.simultaneous == values["simultaneous"]
    if isinstance(model, BEGAN):
        assert (model.gamma, model.lambda_k, model.patience) == (
            values["equilibrium"]
        )
        assert model.min_learning_rate == 2e-5
        return
    assert config(model.adversarial_loss) == config(values["loss"]())
    assert config(model.penalty) == config(values["penalty"])
    assert config(model.constraint) == config(values["constraint"])
    assert model.critic_steps == values["critic_steps"]
    assert model.generator_steps == 1
    assert model.fresh_latents == values["fresh_latents"]
    assert model.generator_latents == values["generator_latents"]
    assert model.instance_noise is None
    assert model.track_outputs
    if isinstance(model, ACGAN):
        weights = (model.real_class_weight, model.fake_class_weight)
        assert weights == values["class_weights"]
        assert not model.discriminator.hidden
    if isinstance(model, InfoGAN):
        options = (model.information_weight, model.fixed_stddev)
        assert options == values["information"]
        assert model.discriminator.num_outputs == 14
    if name in LABELLED:
        assert model.num_classes == NUM_CLASSES


def test_the_paper_is_the_default():
    assert family.PRESETS == ("paper", "code")
    for name in family.NAMES:
        assert family.get(name) == family.get(name, "paper")
    assert family.get("mm", "code") == family.get("mm")
    assert set(VALUES) == {key[:2] for key in members.RECIPES}


def test_the_networks_of_the_collection():
    """InfoGAN's, at the size of digits, with ReLUs in the generator."""
    gan = build("ns", "code", size=28)
    assert gan.generator.slope == 0
    counts = [
        sum(int(np.prod(v.shape)) for v in network.trainable_variables)
        for network in (gan.generator, gan.discriminator)
    ]
    assert counts == [6_640_193, 6_559_169]


def test_the_networks_of_igul222():
    gan = build("wgan-gp", "code", size=28)
    assert type(gan.generator) is wgan_gp.Generator
    assert gan.generator.count_params() == 1_554_177
    assert gan.discriminator.count_params() == 1_030_145
    assert gan.value_range == (0, 1)
    # gan_mnist.py:22-28
    assert family.get("wgan-gp", "code").batch_size == 50
    assert family.get("wgan-gp", "code", size=32).batch_size == 64
    assert family.get("wgan-gp", size=28) == family.get("wgan-gp", size=32)
    gan = build("wgan-gp", "code", size=32, channels=3)
    assert gan.discriminator.count_params() == 4_114_689


def test_the_networks_of_carpedm20():
    gan = build("began", "code", size=64, channels=3)
    assert gan.generator.count_params() == 1_716_611
    assert gan.discriminator.count_params() == 13_405_379
    gan = build("began", "code", size=64, channels=3, filters=64)
    assert gan.generator.count_params() == 563_395
    assert gan.discriminator.count_params() == 4_011_651


def test_rmsprop_is_pytorch_s():
    """`rate * g / (sqrt(v) + 1e-8)`, for gradients as small as they come."""
    optimizer = family.get("wgan").optimizer.make(5e-5)
    scales = np.array([1.0, 1e-3, 1e-5, 1e-7])
    variable = keras.Variable(np.zeros(4, np.float32))
    optimizer.build([variable])
    v, expected = 0.0, 0.0
    for factor in (1.0, -0.5, 0.25, 2.0):
        gradient = factor * scales
        optimizer.apply([tf.constant(gradient, tf.float32)], [variable])
        v = 0.99 * v + 0.01 * gradient**2
        expected = expected - 5e-5 * gradient / (np.sqrt(v) + 1e-8)
    # The last one's root is of the size of what is added to it.
    np.testing.assert_allclose(variable[:3], expected[:3], rtol=1e-2)
    np.testing.assert_allclose(variable[3], expected[3], rtol=0.5)


class TestClock:
    """carpedm20's rates: half each 100,000 steps, not below 2e-5."""

    def rates(self, first, steps):
        optimizer = family.get("began", "code").optimizer.make(first)
        optimizer.build([keras.Variable(0.0)])
        found = []
        for number in steps:
            optimizer.iterations.assign(number)
            found.append(rate(optimizer))
        return found

    def test_of_the_program(self):
        steps = [0, 99_999, 100_000, 199_999, 200_000, 300_000, 10**6]
        expected = [8e-5, 8e-5, 4e-5, 4e-5, 2e-5, 2e-5, 2e-5]
        np.testing.assert_allclose(self.rates(8e-5, steps), expected)

    def test_of_another_rate(self):
        steps = [0, 100_000, 200_000, 300_000, 400_000]
        expected = [1e-4, 5e-5, 2.5e-5, 2e-5, 2e-5]
        np.testing.assert_allclose(self.rates(1e-4, steps), expected)

    def test_of_a_rate_below_the_floor(self):
        np.testing.assert_allclose(self.rates(1e-5, [0, 10**6]), 1e-5)


# Training --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        pytest.param(
            *member,
            marks=pytest.mark.slow
            if member[1] == "code" or member[0] in LABELLED
            else (),
        )
        for member in MEMBERS
    ],
)
def test_two_steps(name, preset):
    model = build(name, preset, ema_decay=0.9)
    before = [v.numpy() for v in model.trainable_variables]
    received = train(model, 2)
    of_gan = ["d_loss", "g_loss", "d_real", "d_fake"]
    logs = {
        GAN: of_gan,
        ACGAN: [*of_gan, "class_real", "class_fake"],
        InfoGAN: [*of_gan, "mi_category", "mi_continuous"],
        BEGAN: ["d_loss", "g_loss", "k", "m_global"],
        VAE: ["loss", "reconstruction", "kl"],
    }[type(model)]
    assert [n for n in received if n in logs] == logs
    extra = {n for n in received if n not in logs}
    assert extra == {
        "wgan": {"wasserstein"},
        "wgan-gp": {"wasserstein", "penalty"},
        "dragan": {"penalty"},
        "r3gan": {"penalty"},
    }.get(name, set())
    for values in received.values():
        assert np.isfinite(values).all()
    # Biases before a normalisation, and the last one of a critic, may stay.
    averages = {id(v) for v in model.ema_generator.variables}
    for old, variable in zip(before, model.trainable_variables, strict=True):
        if variable.name == "kernel" and id(variable) not in averages:
            assert np.any(old != variable.numpy()), variable.path
    samples = model.sample(3)
    assert samples.shape == (3, 8, 8, 1)
    assert np.isfinite(samples).all()


def test_other_sizes_and_channels():
    for name in ("began", "vae", "wgan"):
        model = build(name, size=12, channels=3)
        assert model.sample_shape == (12, 12, 3)
        step(model)


@pytest.mark.parametrize(
    ("name", "options", "z"),
    [
        ("wgan", {}, [0, 1, 2, 3, 4, 5]),
        ("wgan", {"generator_latents": "last"}, [0, 1, 2, 3, 4, 4]),
        ("wgan", {"fresh_latents": False}, [0, 0, 0, 0, 0, 0]),
        (
            "ns",
            {"generator_latents": "last", "generator_steps": 2},
            [0, 0, 0],
        ),
    ],
)
def test_the_z_of_each_update(monkeypatch, name, options, z):
    """Numbered as they come: which updates see the same."""
    gan, seen = build(name, **options), []
    call = type(gan.generator).call

    def watched(self, z, **kwargs):
        if isinstance(z, tf.Tensor) and hasattr(z, "numpy"):  # no building
            seen.append(z.numpy().tobytes())
        return call(self, z, **kwargs)

    monkeypatch.setattr(type(gan.generator), "call", watched)
    train(gan, 1)
    numbers = {z: i for i, z in enumerate(dict.fromkeys(seen))}
    assert [numbers[z] for z in seen] == z
    restored = GAN.from_config(gan.get_config())
    assert restored.generator_latents == gan.generator_latents


def test_seeds():
    one, same, other = (build("ns", seed=s).get_weights() for s in (1, 1, 2))
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.ndim < 2 or not np.array_equal(a, c)


@pytest.mark.parametrize("name", ["wgan-gp", "began", "vae"])
def test_half_precision_has_a_loss_scale(name):
    model = build(name, dtype="mixed_float16")
    for optimizer in model.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    for values in train(model, 1).values():
        assert np.isfinite(values).all()
    full = build(name, dtype="mixed_bfloat16")
    for optimizer in full.optimizers.values():
        assert isinstance(optimizer, KernelAdam)


# Changes ---------------------------------------------------------------------


class TestChanges:
    """Each option changes what it says, and nothing else."""

    def test_label_smoothing(self):
        """D's loss by `s * mean(logit)` of real samples; G's is the same."""
        plain, smooth = build("ns"), build("ns", label_smoothing=0.25)
        x = Pictures(plain).draw(0, 0, 1)[0]
        logits = plain.discriminator(x, training=True)
        shift = 0.25 * float(tf.reduce_mean(logits))
        a, b = step(plain), step(smooth)
        assert abs(shift) > 1e-5
        assert float(b["d_loss"] - a["d_loss"]) == pytest.approx(
            shift, rel=0.05
        )
        assert float(b["d_real"]) == pytest.approx(float(a["d_real"]))

    def test_instance_noise(self):
        gan = build("ns", instance_noise=0.5, instance_noise_steps=4)
        (update,) = gan._draw(tf.constant(0, tf.int64), 0, 6, BATCH)[
            "discriminator"
        ]
        assert update["noise"].shape == (6, BATCH, 8, 8, 1)
        spread = np.std(update["noise"], axis=(1, 2, 3, 4))
        np.testing.assert_allclose(
            spread, [0.5, 0.375, 0.25, 0.125, 0, 0], rtol=0.1
        )
        assert float(step(gan)["d_real"]) != float(step(build("ns"))["d_real"])
        constant = build("ns", instance_noise=0.5).instance_noise
        assert constant.decay_steps is None

    def test_dropout(self):
        """Half of the generator's dense units, when sampling too."""
        plain, thin = build("ns"), build("ns", dropout=0.5)
        assert thin.generator.dropout == 0.5
        for a, b in zip(plain.weights, thin.weights, strict=True):
            np.testing.assert_array_equal(a, b)
        assert np.max(np.abs(plain.sample(3) - thin.sample(3))) > 1e-4
        np.testing.assert_array_equal(thin.sample(3), thin.sample(3))
        assert not hasattr(thin.discriminator, "dropout")

    def test_two_time_scales(self):
        """Adam's first step is as long as its rate."""
        gan = build(
            "ns",
            generator_learning_rate=1e-3,
            discriminator_learning_rate=4e-3,
        )
        before = [
            network.head.kernel.numpy()
            if network is gan.discriminator
            else network.deconv_1.kernel.numpy()
            for network in (gan.generator, gan.discriminator)
        ]
        step(gan)
        for old, kernel, length in (
            (before[0], gan.generator.deconv_1.kernel, 1e-3),
            (before[1], gan.discriminator.head.kernel, 4e-3),
        ):
            moved = np.abs(kernel.numpy() - old)
            assert np.median(moved) == pytest.approx(length, rel=0.02)

    def test_betas(self):
        gan = build("ls", beta_1=0.25, beta_2=0.75)
        for optimizer in gan.optimizers.values():
            assert (optimizer.beta_1, optimizer.beta_2) == (0.25, 0.75)

    def test_clip(self):
        gan = build("ns", clip=0.005)
        step(gan)
        for weight in gan.discriminator.trainable_variables:
            assert np.max(np.abs(weight)) <= np.float32(0.005)
        assert build("wgan", clip=0.5).constraint.limit == 0.5

    @pytest.mark.parametrize("name", ["wgan-gp", "dragan"])
    def test_penalty_weight(self, name):
        logs = [
            float(step(build(name, penalty_weight=w))["penalty"])
            for w in (1.0, 3.0)
        ]
        # Of the first critic update it would be just three times as much.
        assert logs[1] > logs[0] > 0
        assert build(name, penalty_weight=3.0).penalty.weight == 3.0

    def test_spectral_norm(self):
        gan = build("ns", spectral_norm=True)
        wrapped = [
            layer
            for layer in gan.discriminator._flatten_layers()
            if isinstance(layer, SpectralNormalization)
        ]
        assert len(wrapped) == 4
        before = [layer.u.numpy() for layer in wrapped[:-1]]
        step(gan)
        for u, layer in zip(before, wrapped[:-1], strict=True):
            assert np.any(u != layer.u)

    def test_of_the_recipe(self):
        gan = build("wgan", critic_steps=2, batch_norm=False, latent_dim=7)
        assert gan.critic_steps == 2
        assert not has_batch_norm(gan.discriminator)
        assert gan.latents.shape == (7,)
        gan = build("began", gamma=0.75, lambda_k=0.5, patience=None)
        assert (gan.gamma, gan.lambda_k, gan.patience) == (0.75, 0.5, None)
        assert build("vae", spread="softplus").spread == "softplus"
        gan = build("infogan", categories=4, continuous=1, latent_dim=9)
        assert gan.latents.get_config() == {
            "noise": 4,
            "categories": 4,
            "continuous": 1,
        }
        assert gan.discriminator.num_outputs == 6
        # A penalty for a member that has none.
        gan = build("ls", penalty=penalties.R1, penalty_weight=0.5)
        assert gan.penalty.weight == 0.5


# Mistakes --------------------------------------------------------------------


def test_unknown_recipes():
    with pytest.raises(ValueError, match=r"`name`.*name='gan'") as error:
        family.build("gan")
    for name in family.NAMES:
        assert name in str(error.value)
    with pytest.raises(ValueError, match="did you mean 'wgan-gp'"):
        family.get("wgangp")
    with pytest.raises(ValueError, match=r"paper, code.*preset='mine'"):
        family.get("ns", "mine")


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        (
            "wgan-gp",
            {"batch_norm": True},
            ["`batch_norm`: ", "GradientPenalty"],
        ),
        (
            "wgan-gp",
            {"batch_norm": True, "latent_dim": 7},
            ["`batch_norm`: ", "GradientPenalty"],
        ),
        ("wgan-gp", {"clip": 0.01}, ["`clip`: ", "constraint", "penalty"]),
        ("dragan", {"clip": 0.01}, ["constraint", "penalty"]),
        ("wgan", {"penalty": penalties.R1}, ["constraint", "penalty"]),
        ("vae", {"normal": False}, ["latents", "Normal", "Uniform"]),
        ("wgan", {"simultaneous": True}, ["simultaneous", "critic_steps=5"]),
        ("wgan", {"generator_latents": "first"}, ["generator_latents", "last"]),
        ("ns", {"optimizer": "sgd"}, ["optimizer", "adam", "rmsprop", "'sgd'"]),
        ("ns", {"networks": "dcgan"}, ["networks", "infogan", "'dcgan'"]),
        ("ns", {"instance_noise_steps": 5}, ["instance_noise"]),
        ("ns", {"size": 10}, ["size=10"]),
        ("ns", {"label_smoothing": 0.5}, ["label_smoothing=0.5"]),
        ("began", {"gamma": 2}, ["gamma=2"]),
        ("ns", {"networks": "began"}, ["networks", "discriminator"]),
        ("vae", {"networks": "wgan-gp"}, ["networks", "an encoder"]),
        ("cgan", {"networks": "wgan-gp"}, ["networks", "conditional"]),
        ("cgan", {"num_classes": None}, ["num_classes", "cgan learns labels"]),
        ("acgan", {"num_classes": None}, ["num_classes=None"]),
        ("infogan", {"categories": 73}, ["74 components", "categories=73"]),
        ("infogan", {"categories": 1}, ["categories=1"]),
        (
            "infogan",
            {"categories": 0, "continuous": 0, "width": 4},
            ["continuous=0"],
        ),
        ("infogan", {"networks": "began"}, ["networks", "with Q"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_contradictions(name, options, words):
    with pytest.raises(ValueError, match=r"`.*`") as error:
        build(name, **options)
    for word in words:
        assert word in str(error.value)
    # Nothing stands before it that has no part in it.
    assert not re.search("`(width|latent_dim)`: ", str(error.value))


def test_patience_beside_the_clock():
    with pytest.raises(ValueError, match=r"`patience`.*schedule"):
        build("began", "code", patience=100)


def test_batch_norm_beside_dragan():
    with pytest.warns(UserWarning, match=r"DRAGAN.*batch norm"):
        build("dragan", batch_norm=True)


@pytest.mark.parametrize(
    ("name", "preset", "option", "value"),
    [
        *(
            (name, "paper", "label_smoothing", 0.1)
            for name in ("ls", "wgan", "wgan-gp", "began", "vae")
        ),
        *(
            (name, "paper", "penalty_weight", 1.0)
            for name in ("mm", "ns", "ls", "wgan", "began", "vae")
        ),
        *(
            (name, "paper", option, value)
            for name in ("began", "vae")
            for option, value in (
                ("clip", 0.1),
                ("critic_steps", 1),
                ("instance_noise", 0.1),
                ("spectral_norm", True),
                ("loss", losses.Hinge),
                ("penalty", penalties.R1),
                ("fresh_latents", False),
            )
        ),
        ("wgan", "paper", "beta_1", 0.0),
        ("wgan", "paper", "beta_2", 0.9),
        ("vae", "paper", "discriminator_learning_rate", 1e-3),
        ("vae", "paper", "simultaneous", False),
        ("ns", "paper", "gamma", 0.5),
        ("ns", "paper", "lambda_k", 0.5),
        ("ns", "paper", "patience", 5),
        ("ns", "paper", "spread", "softplus"),
        ("vae", "paper", "stddev", 2.0),
        ("ns", "code", "generator_latents", "last"),
        ("ns", "paper", "batch_size", 32),
        ("wgan-gp", "code", "batch_norm", False),
        ("wgan-gp", "code", "dropout", 0.1),
        ("wgan-gp", "code", "spectral_norm", True),
        ("began", "code", "dropout", 0.1),
        ("infogan", "paper", "normal", True),
        ("ns", "paper", "categories", 5),
        ("acgan", "paper", "information_weight", 0.5),
        ("cgan", "paper", "real_class_weight", 0.5),
    ],
)
def test_options_that_would_do_nothing(name, preset, option, value):
    with pytest.raises(
        ValueError, match=f"`{option}` does nothing.* {re.escape(name)}, of"
    ):
        build(name, preset, **{option: value})


def test_other_networks_and_optimizers_keep_what_they_share():
    gan = build("wgan-gp", "code", networks="infogan")
    assert type(gan.discriminator) is infogan.Discriminator
    assert not gan.discriminator.batch_norm
    assert gan.latents.shape == (128,)
    gan = build("wgan", optimizer="adam", beta_1=0.25)
    np.testing.assert_allclose(
        [rate(optimizer) for optimizer in gan.optimizers.values()], 5e-5
    )
    assert gan.generator_optimizer.beta_1 == 0.25


def test_options_that_are_off_ask_for_nothing():
    build("vae", label_smoothing=0.0, clip=None, dropout=0.0)
    assert not build("hinge", spectral_norm=False).discriminator.spectral_norm
    with pytest.raises(TypeError, match="momentum"):
        build("ns", momentum=0.5)
