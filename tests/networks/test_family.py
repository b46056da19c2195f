"""The networks of the family: counts, initial weights, references by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.networks import Case, NetworkContract, check_count, params
from tf_gans import layers
from tf_gans.layers import SpectralNormalization, has_batch_norm
from tf_gans.networks import began, infogan, wgan_gp

CASES = [
    Case(infogan.Generator, {"size": 8, "channels": 2, "width": 4}),
    Case(
        infogan.Generator,
        {"size": 12, "slope": 0.2, "dropout": 0.5, "output": "tanh"}
        | {"batch_norm": False},
    ),
    Case(infogan.Discriminator, {"size": 8, "channels": 3}),
    Case(
        infogan.Discriminator,
        {"size": 12, "batch_norm": False, "spectral_norm": True},
    ),
    Case(infogan.Encoder, {"size": 8, "latent_dim": 5}),
    Case(began.Generator, {"size": 16, "filters": 4}, bounded=False),
    Case(
        began.Generator,
        {"size": 28, "channels": 1, "filters": 3, "latent_dim": 5},
        bounded=False,
    ),
    Case(began.Autoencoder, {"size": 16, "filters": 4, "code_dim": 6}, False),
    Case(began.ConvAutoencoder, {"size": 8, "code_dim": 6}),
    Case(
        began.ConvAutoencoder,
        {"size": 12, "channels": 3, "batch_norm": True, "output": "tanh"},
    ),
    Case(wgan_gp.Generator, {"size": 28, "width": 3}),
    Case(wgan_gp.Critic, {"size": 28, "width": 3}),
    Case(wgan_gp.CifarGenerator, {"width": 3}),
    Case(wgan_gp.CifarCritic, {"width": 3}),
]
LABELLED = [
    Case(infogan.Generator, {"size": 8, "width": 4, "num_classes": 3}),
    Case(infogan.Discriminator, {"size": 8, "width": 4, "num_classes": 3}),
    Case(infogan.TwoHeadedDiscriminator, {"size": 8, "width": 4}),
    Case(
        infogan.TwoHeadedDiscriminator,
        {"size": 12, "width": 4, "num_outputs": 3, "hidden": False}
        | {"batch_norm": False, "spectral_norm": True},
    ),
]
NETWORKS = sorted({case.network for case in CASES}, key=lambda n: n.__name__)


class TestContract(NetworkContract):
    @pytest.fixture(params=params(CASES))
    def case(self, request):
        return request.param


_WITH_Q = (6_559_169 + 133_262, 6_559_169 + 133_262 + 2 * (1_152 + 128))


@pytest.mark.slow
class TestContractOfLabels(NetworkContract):
    @pytest.fixture(params=params(LABELLED))
    def case(self, request):
        return request.param


# Sizes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "options", "trainable", "total"),
    [
        # The collection's, and the encoder by hand: 1024 * 124 + 124 outputs.
        (infogan.Generator, {}, 6_640_193, 6_640_193 + 2 * 7_360),
        (infogan.Discriminator, {}, 6_559_169, 6_559_169 + 2 * 1_152),
        (
            infogan.Encoder,
            {},
            6_559_169 - 1_025 + 124 * 1_025,
            6_559_169 - 1_025 + 124 * 1_025 + 2 * 1_152,
        ),
        (infogan.Discriminator, {"batch_norm": False}, 6_559_169 - 2_304, None),
        # InfoGAN's, computed from its code: z of 74, here with the biases
        # before a normalisation; Q's own head.
        (infogan.Generator, {"latent_dim": 74}, 6_645_121 + 7_360, None),
        (infogan.TwoHeadedDiscriminator, {"num_outputs": 14}, *_WITH_Q),
        # By hand: ten more inputs of the first layers, a head of ten classes.
        (
            infogan.Generator,
            {"latent_dim": 74, "num_classes": 10},
            6_652_481 + 10 * 1024,
            None,
        ),
        (
            infogan.Discriminator,
            {"num_classes": 10},
            6_559_169 + 10 * 16 * 64,
            None,
        ),
        (
            infogan.TwoHeadedDiscriminator,
            {"num_outputs": 10, "hidden": False},
            6_559_169 + 10 * 1_025,
            None,
        ),
        # One u for the outputs of each layer.
        (
            infogan.Discriminator,
            {"batch_norm": False, "spectral_norm": True},
            6_559_169 - 2_304,
            6_559_169 - 2_304 + 64 + 128 + 1024 + 1,
        ),
        # "8.5M" and "1.3M" for 32x32x3 (compare_gan, BEGAN.py:49-52).
        (
            infogan.Discriminator,
            {"size": 32, "channels": 3, "batch_norm": False},
            8_524_993,
            None,
        ),
        (began.ConvAutoencoder, {"size": 32, "channels": 3}, 1_325_379, None),
        (began.ConvAutoencoder, {}, 1_073_601, None),
        # carpedm20's, computed from its code.
        (began.Generator, {}, 1_716_611, None),
        (began.Autoencoder, {}, 13_405_379, None),
        (began.Generator, {"filters": 64}, 563_395, None),
        (began.Autoencoder, {"filters": 64}, 4_011_651, None),
        (
            began.Generator,
            {"size": 32, "channels": 1, "filters": 64},
            488_385,
            None,
        ),
        (
            began.Autoencoder,
            {"size": 32, "channels": 1, "filters": 64},
            2_308_673,
            None,
        ),
        # igul222's, and 2 averages for 8192 + 256 + 128 units.
        (wgan_gp.Generator, {}, 1_554_177, None),
        (wgan_gp.Critic, {}, 1_030_145, None),
        (wgan_gp.CifarGenerator, {}, 5_179_907, 5_179_907 + 2 * 8_576),
        (wgan_gp.CifarCritic, {}, 4_114_689, None),
    ],
)
def test_published_counts(network, options, trainable, total):
    check_count(network(**options), trainable, total)
    if not options:  # the docstrings have them, too
        assert f"{trainable:,}" in network.__doc__
        if total and network is not infogan.Encoder:
            assert f"{total:,}" in network.__doc__


@pytest.mark.parametrize(
    ("size", "channels"), [(8, 1), (12, 2), (20, 4), (36, 3)]
)
def test_sizes_and_channels(size, channels):
    options = {"size": size, "channels": channels}
    pairs = [
        (
            began.Generator(**options, filters=2),
            began.Autoencoder(**options, filters=2),
        ),
        (
            wgan_gp.Generator(**options, width=2),
            wgan_gp.Critic(**options, width=2),
        ),
    ]
    if size < 36:  # 10 million weights in a layer, otherwise
        generator = infogan.Generator(**options)
        pairs += [
            (generator, infogan.Discriminator(**options)),
            (generator, began.ConvAutoencoder(**options)),
        ]
    for generator, critic in pairs:
        x = generator(tf.zeros((2, generator.latent_dim)))
        assert x.shape == (2, size, size, channels)
        y = critic(x)
        is_autoencoder = isinstance(
            critic, (began.Autoencoder, began.ConvAutoencoder)
        )
        assert y.shape == (x.shape if is_autoencoder else (2, 1))


@pytest.mark.parametrize("network", NETWORKS)
def test_bad_size(network):
    for size in (0, 4, 6, 27, 30, -8, 32.0, "28", True):
        with pytest.raises(ValueError, match=f"`size` must be.*size={size!r}"):
            network(size=size)


BATCH_NORMS = [
    infogan.Generator,
    infogan.Discriminator,
    infogan.Encoder,
    began.ConvAutoencoder,
]
SQUASHED = [infogan.Generator, began.ConvAutoencoder, wgan_gp.Generator]


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        *((n, {"channels": 0}, "channels=0") for n in NETWORKS),
        *((n, {"bn_momentum": 1.0}, "bn_momentum=1.0") for n in BATCH_NORMS),
        *((n, {"output": "relu"}, "output='relu'") for n in SQUASHED),
        *(
            (n, {"latent_dim": 0}, "latent_dim=0")
            for n in (
                infogan.Generator,
                infogan.Encoder,
                began.Generator,
                wgan_gp.Generator,
            )
        ),
        (infogan.Generator, {"dropout": 1}, "dropout=1"),
        (infogan.Generator, {"dropout": -0.1}, "dropout=-0.1"),
        (infogan.Generator, {"slope": "0.2"}, "slope='0.2'"),
        (began.Generator, {"filters": 0}, "filters=0"),
        (began.Autoencoder, {"code_dim": 0}, "code_dim=0"),
        (began.ConvAutoencoder, {"code_dim": 1.5}, "code_dim=1.5"),
        (wgan_gp.Critic, {"width": 0}, "width=0"),
    ],
)
def test_bad_options(network, options, message):
    with pytest.raises(ValueError, match=f"`.* must be.*{message}"):
        network(**options)


# Initial weights -------------------------------------------------------------


def kernels(network):
    network.build()
    return {
        layer.name: layer.kernel.numpy()
        for layer in network._flatten_layers()
        if getattr(layer, "kernel", None) is not None
    }


@pytest.mark.parametrize(
    "network",
    [
        infogan.Generator(seed=0),
        infogan.Discriminator(seed=0),
        infogan.Encoder(seed=0),
        began.ConvAutoencoder(seed=0),
    ],
    ids=lambda network: type(network).__name__,
)
def test_infogan_initial_weights(network):
    for name, kernel in kernels(network).items():
        truncated = name.startswith("conv")
        # A standard normal that is cut at +-2 has deviation 0.8796.
        expected = 0.02 * (0.8796 if truncated else 1)
        assert np.std(kernel) == pytest.approx(expected, rel=0.08)
        assert (np.abs(kernel).max() <= 0.04) == truncated
    for variable in network.trainable_variables:
        if variable.name != "kernel":
            assert np.all(variable.numpy() == (variable.name == "gamma"))


def test_began_initial_weights():
    for network in (began.Generator(seed=0), began.Autoencoder(seed=0)):
        for name, kernel in kernels(network).items():
            receptive = np.prod(kernel.shape[:-2])
            bound = np.sqrt(6 / (receptive * sum(kernel.shape[-2:])))
            largest = np.abs(kernel).max()
            assert 0.99 * bound < largest <= bound * (1 + 1e-6), name
            assert np.std(kernel) == pytest.approx(bound / 3**0.5, rel=0.05)


@pytest.mark.parametrize(
    ("network", "deviations"),
    [
        # sqrt(2 / (fan_in + fan_out)) for the dense layers; for the
        # convolutions sqrt(4 / (fan_in + fan_out)), with a fan counted in
        # what one pixel meets: 25, or 25 / 4 where there is a stride.
        (
            wgan_gp.Generator(seed=0),
            {
                "dense": (2 / (128 + 4096)) ** 0.5,
                "deconv_0": (4 / (256 * 25 / 4 + 128 * 25)) ** 0.5,
                "deconv_1": (4 / (128 * 25 / 4 + 64 * 25)) ** 0.5,
                "deconv_2": (4 / (64 * 25 / 4 + 1 * 25)) ** 0.5,
            },
        ),
        (
            wgan_gp.CifarCritic(seed=0),
            {
                "conv_0": (4 / (3 * 25 + 128 * 25 / 4)) ** 0.5,
                "conv_1": (4 / (128 * 25 + 256 * 25 / 4)) ** 0.5,
                "conv_2": (4 / (256 * 25 + 512 * 25 / 4)) ** 0.5,
                "head": (2 / (8192 + 1)) ** 0.5,
            },
        ),
    ],
    ids=["mnist", "cifar"],
)
def test_wgan_gp_initial_weights(network, deviations):
    found = kernels(network)
    assert set(found) == set(deviations)
    for name, deviation in deviations.items():
        kernel = found[name]
        assert np.std(kernel) == pytest.approx(deviation, rel=0.04), name
        bound = 3**0.5 * deviation
        largest = np.abs(kernel).max()
        assert 0.99 * bound < largest <= bound * (1 + 1e-6), name


# Normalisation ---------------------------------------------------------------


def norms(network):
    return [
        layer
        for layer in network._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]


@pytest.mark.parametrize("network", BATCH_NORMS)
def test_batch_norm_is_an_option(network):
    with_norm, without = (network(size=8, batch_norm=b) for b in (True, False))
    with_norm.build()
    without.build()
    is_trunk = network in (infogan.Discriminator, infogan.Encoder)
    assert len(norms(with_norm)) == (2 if is_trunk else 3)
    assert not norms(without) and not has_batch_norm(without)
    assert (with_norm.batch_norm, without.batch_norm) == (True, False)
    # The rest is alike, down to the numbers that it starts with.
    with_norm, without = (
        kernels(network(size=8, batch_norm=b, seed=0)) for b in (True, False)
    )
    assert with_norm.keys() == without.keys()
    for name, kernel in with_norm.items():
        np.testing.assert_array_equal(kernel, without[name])


def test_no_critic_of_a_penalty_has_batch_norm():
    """Row 5 of the ledger: two collections leave it in WGAN-GP's critic."""
    for critic in (wgan_gp.Critic(), wgan_gp.CifarCritic()):
        assert critic.batch_norm is False and not has_batch_norm(critic)
    assert not has_batch_norm(wgan_gp.Generator())
    assert has_batch_norm(wgan_gp.CifarGenerator())
    assert not any(
        has_batch_norm(network())
        for network in (
            began.Generator,
            began.Autoencoder,
            began.ConvAutoencoder,
        )
    )


@pytest.mark.parametrize("network", BATCH_NORMS)
def test_batch_norm_options(network):
    made = network(
        size=8, batch_norm=True, bn_momentum=0.75, bn_epsilon=0.5, seed=0
    )
    made.build()
    assert {(n.momentum, n.epsilon) for n in norms(made)} == {(0.75, 0.5)}
    defaults = network(size=8, batch_norm=True)
    expected = (
        (0.999, 1e-3) if network is began.ConvAutoencoder else (0.9, 1e-5)
    )
    assert {(n.momentum, n.epsilon) for n in norms(defaults)} == {expected}


def test_spectral_norm_is_an_option():
    plain = infogan.Discriminator(size=8, batch_norm=False, seed=0)
    normal = infogan.Discriminator(
        size=8, batch_norm=False, spectral_norm=True, seed=0
    )
    of_plain, of_normal = kernels(plain), kernels(normal)
    assert of_plain.keys() == of_normal.keys()
    for name, kernel in of_plain.items():
        np.testing.assert_array_equal(kernel, of_normal[name])
    wrapped = [
        layer
        for layer in normal._flatten_layers()
        if isinstance(layer, SpectralNormalization)
    ]
    assert len(wrapped) == 4
    assert not any(
        isinstance(layer, SpectralNormalization)
        for layer in plain._flatten_layers()
    )
    # Kernels that start as N(0, 0.02) are far from length 1.
    x = Case(infogan.Discriminator, {"size": 8}).inputs(4)
    assert np.abs(plain(x) - normal(x)).max() > 1e-3


# Dropout ---------------------------------------------------------------------


def units(rate=0.5, batch=64, width=500, seed=1, latent_dim=62):
    z = np.random.default_rng(1).normal(size=(batch, latent_dim))
    x = tf.ones((batch, width))
    return layers.latent_dropout(x, z, rate, seed).numpy()


class TestDropout:
    @pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
    def test_share_and_scale(self, rate):
        x = units(rate)
        deviation = (rate * (1 - rate) / x.size) ** 0.5
        assert np.mean(x == 0) == pytest.approx(rate, abs=4 * deviation + 1e-9)
        np.testing.assert_allclose(x[x != 0], 1 / (1 - rate), rtol=1e-6)

    @pytest.mark.parametrize("latent_dim", [1, 62])
    def test_choices_are_independent(self, latent_dim):
        """Of the sample, of the unit and of the layer."""
        x = units(batch=300, width=400, latent_dim=latent_dim)
        for table in (x, x.T):
            correlations = np.corrcoef(table)
            off = correlations[~np.eye(len(correlations), dtype=bool)]
            # Correlations of n fair coins have deviation 1 / sqrt(n).
            deviation = table.shape[1] ** -0.5
            assert np.std(off) == pytest.approx(deviation, rel=0.05)
            assert np.abs(off).max() < 6 * deviation
        other = units(batch=300, width=400, latent_dim=latent_dim, seed=2)
        assert abs(np.corrcoef(x.ravel(), other.ravel())[0, 1]) < 0.015

    def test_a_z_has_one_image(self):
        network = infogan.Generator(size=8, dropout=0.5, seed=0)
        z = Case(infogan.Generator, {"size": 8}).inputs(8)
        images = network(z).numpy()
        np.testing.assert_allclose(network(z[5:6])[0], images[5], atol=1e-6)
        # Also when sampling; and not that of a network without.
        network.dropout = 0.0
        assert np.abs(network(z) - images).max() > 1e-4

    def test_other_seed_other_units(self):
        z = Case(infogan.Generator, {"size": 8}).inputs(8)
        one, other = (
            infogan.Generator(size=8, dropout=0.5, seed=seed) for seed in (0, 1)
        )
        one.build()
        other.build()
        other.set_weights(one.get_weights())
        assert np.abs(one(z) - other(z)).max() > 1e-4

    @pytest.mark.parametrize("layer", ["dense_0", "dense_1"])
    def test_each_dense_layer_loses_units(self, layer):
        """An unused unit's outgoing weights have no gradient."""
        network = infogan.Generator(
            size=8, dropout=0.5, slope=0.2, batch_norm=False, seed=0
        )
        z = Case(infogan.Generator, {"size": 8}).inputs(1)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(network(z) ** 2)
        kernel = getattr(network, layer).kernel
        gradient = tape.gradient(loss, kernel).numpy()  # (inputs, units)
        unused = np.mean(np.all(gradient == 0, axis=0))
        assert unused == pytest.approx(0.5, abs=0.08)

    def test_same_units_with_xla(self):
        z = tf.random.stateless_normal((9, 7), (3, 4))
        x = tf.random.stateless_normal((9, 100), (5, 6))
        function = tf.function(layers.latent_dropout, jit_compile=True)
        np.testing.assert_allclose(
            function(x, z, 0.3, 9),
            layers.latent_dropout(x, z, 0.3, 9),
            rtol=1e-6,
        )


# References by hand ----------------------------------------------------------


def normalise(x, gamma, beta, epsilon):
    mean, variance = tf.nn.moments(x, list(range(len(x.shape) - 1)))
    return gamma * (x - mean) / tf.sqrt(variance + epsilon) + beta


def disturbed(network):
    """The network with no weight at its start, and its weights by layer."""
    network.build()
    rng = np.random.default_rng(0)
    network.set_weights(
        [w + rng.normal(0, 0.05, w.shape) for w in network.get_weights()]
    )
    return {
        layer.name: [w.numpy() for w in layer.trainable_variables]
        for layer in network._flatten_layers(include_self=False)
        if layer.trainable_variables
    }


def deconv(x, weights):
    kernel, bias = weights
    batch, height, width, _ = x.shape
    shape = (batch, 2 * height, 2 * width, kernel.shape[2])
    return tf.nn.conv2d_transpose(x, kernel, shape, 2, "SAME") + bias


def conv(x, weights, strides=2):
    kernel, bias = weights
    return tf.nn.conv2d(x, kernel, strides, "SAME") + bias


def dense(x, weights):
    kernel, bias = weights
    return x @ kernel + bias


def lrelu(x):
    return tf.maximum(x, 0.2 * x)


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("slope", [0.0, 0.2])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_infogan_generator_by_hand(batch_norm, slope):
    options = {"size": 12, "batch_norm": batch_norm, "slope": slope}
    network = infogan.Generator(**options, seed=0)
    w = disturbed(network)
    z = Case(infogan.Generator, options).inputs(4)

    def hidden(x, norm):
        if batch_norm:
            x = normalise(x, *w[norm], 1e-5)
        return tf.maximum(x, slope * x)

    h = hidden(dense(z, w["dense_0"]), "norm_0")
    h = hidden(dense(h, w["dense_1"]), "norm_1")
    h = tf.reshape(h, (4, 3, 3, 128))  # no larger image to be cut
    h = hidden(deconv(h, w["deconv_0"]), "norm_2")
    h = deconv(h, w["deconv_1"])
    close(network(z, training=True), tf.sigmoid(h))


@pytest.mark.parametrize("output", ["sigmoid", "tanh"])
@pytest.mark.parametrize("network", SQUASHED)
def test_output_of_a_generator(network, output):
    small = {"width": 4} if network is wgan_gp.Generator else {}
    made = network(size=8, output=output, seed=0, **small)
    disturbed(made)
    x = made(Case(network, {"size": 8, **small}).inputs(6))
    assert made.value_range == {"sigmoid": (0, 1), "tanh": (-1, 1)}[output]
    assert (np.min(x) < 0) == (output == "tanh")


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("network", [infogan.Discriminator, infogan.Encoder])
def test_infogan_trunk_by_hand(network, batch_norm):
    made = network(size=12, batch_norm=batch_norm, seed=0)
    w = disturbed(made)
    x = Case(network, {"size": 12}).inputs(4)

    def hidden(x, norm):
        return lrelu(normalise(x, *w[norm], 1e-5) if batch_norm else x)

    h = lrelu(conv(x, w["conv_0"]))
    h = hidden(conv(h, w["conv_1"]), "norm_0")
    h = tf.reshape(h, (4, 3 * 3 * 128))
    h = hidden(dense(h, w["dense_0"]), "norm_1")
    y = dense(h, w["head"])
    outputs = made(x, training=True)
    if network is infogan.Encoder:
        mean, raw = outputs
        close(mean, y[:, :62])
        close(raw, y[:, 62:])
    else:
        close(outputs, y)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_conv_autoencoder_by_hand(batch_norm):
    network = began.ConvAutoencoder(batch_norm=batch_norm, seed=0)
    w = disturbed(network)
    x = Case(began.ConvAutoencoder).inputs(4)

    def hidden(x, norm):
        return lrelu(normalise(x, *w[norm], 1e-3) if batch_norm else x)

    h = conv(lrelu(conv(x, w["conv_0"])), w["conv_1"])
    h = hidden(dense(tf.reshape(h, (4, -1)), w["dense_0"]), "norm_0")
    assert h.shape == (4, 64)
    h = hidden(dense(h, w["dense_1"]), "norm_1")
    h = hidden(deconv(tf.reshape(h, (4, 7, 7, 128)), w["deconv_0"]), "norm_2")
    close(network(x, training=True), tf.sigmoid(deconv(h, w["deconv_1"])))


def began_decoder(code, w, side, pairs, filters):
    h = tf.reshape(dense(code, w["first_dense"]), (-1, side, side, filters))
    for i in range(pairs):
        if i:
            sides = 2 * h.shape[1]
            h = tf.image.resize(h, (sides, sides), "nearest")
        h = tf.nn.elu(conv(h, w[f"deconv_{2 * i}"], 1))
        h = tf.nn.elu(conv(h, w[f"deconv_{2 * i + 1}"], 1))
    return conv(h, w["last_conv"], 1)


@pytest.mark.parametrize(
    ("size", "side", "pairs"), [(64, 8, 4), (32, 8, 3), (28, 7, 3), (8, 8, 1)]
)
def test_began_by_hand(size, side, pairs):
    options = {"size": size, "channels": 2, "filters": 3, "seed": 0}
    generator = began.Generator(**options)
    autoencoder = began.Autoencoder(**options, code_dim=7)
    z = Case(began.Generator, options).inputs(2)
    x = Case(began.Autoencoder, options).inputs(2)
    w = disturbed(generator)
    close(generator(z), began_decoder(z, w, side, pairs, 3))

    w = disturbed(autoencoder)
    h = tf.nn.elu(conv(x, w["conv_in"], 1))
    for i in range(pairs):
        h = tf.nn.elu(conv(h, w[f"conv_{i}_0"], 1))
        h = tf.nn.elu(conv(h, w[f"conv_{i}_1"], 1))
        assert h.shape[3] == 3 * (i + 1)
        if i < pairs - 1:
            h = tf.nn.elu(conv(h, w[f"conv_{i}_2"], 2))
    assert h.shape[1] == side
    code = dense(tf.reshape(h, (2, -1)), w["code"])
    assert code.shape == (2, 7)
    close(autoencoder(x), began_decoder(code, w, side, pairs, 3))


@pytest.mark.parametrize("batch_norm", [True, False])
def test_wgan_gp_generator_by_hand(batch_norm):
    """Row 24 of the ledger: 8x8 is cut to 7x7; nothing else is padded."""
    network = wgan_gp.Generator(width=3, batch_norm=batch_norm, seed=0)
    w = disturbed(network)
    z = Case(wgan_gp.Generator, {"width": 3}).inputs(4)

    def hidden(x, norm):
        return tf.nn.relu(normalise(x, *w[norm], 1e-5) if batch_norm else x)

    h = hidden(dense(z, w["dense"]), "norm_0")
    h = hidden(deconv(tf.reshape(h, (4, 4, 4, 12)), w["deconv_0"]), "norm_1")
    assert h.shape == (4, 8, 8, 6)
    h = hidden(deconv(h[:, :7, :7], w["deconv_1"]), "norm_2")
    assert h.shape == (4, 14, 14, 3)
    close(network(z, training=True), tf.sigmoid(deconv(h, w["deconv_2"])))


def test_wgan_gp_for_cifar_cuts_nothing():
    network = wgan_gp.CifarGenerator(width=3, seed=0)
    w = disturbed(network)
    z = Case(wgan_gp.CifarGenerator, {"width": 3}).inputs(4)

    def hidden(x, norm):
        return tf.nn.relu(normalise(x, *w[norm], 1e-5))

    h = hidden(dense(z, w["dense"]), "norm_0")
    h = hidden(deconv(tf.reshape(h, (4, 4, 4, 12)), w["deconv_0"]), "norm_1")
    h = hidden(deconv(h, w["deconv_1"]), "norm_2")
    close(network(z, training=True), tf.tanh(deconv(h, w["deconv_2"])))


def test_first_images_of_the_three_generators():
    """Row 24: 7x7 by a dense layer for MNIST, the crop with WGAN-GP's."""
    first = {
        "dense_1": infogan.Generator().dense_1,
        "first_dense": began.Generator(28, 1).first_dense,
        "dense": wgan_gp.Generator().dense,
    }
    assert {name: layer.units for name, layer in first.items()} == {
        "dense_1": 7 * 7 * 128,
        "first_dense": 7 * 7 * 128,
        "dense": 4 * 4 * 256,
    }


@pytest.mark.parametrize(
    ("network", "size"),
    [(wgan_gp.Critic, 28), (wgan_gp.CifarCritic, 32)],
)
def test_wgan_gp_critic_by_hand(network, size):
    made = network(width=3, seed=0)
    w = disturbed(made)
    x = Case(network, {"width": 3}).inputs(4)
    assert x.shape[1] == size
    h = x
    for i in range(3):
        h = lrelu(conv(h, w[f"conv_{i}"]))
    assert h.shape == (4, 4, 4, 12)
    close(made(x), dense(tf.reshape(h, (4, -1)), w["head"]))


@pytest.mark.parametrize("width", [64, 16, 1])
def test_all_layers_of_infogan_have_multiples_of_the_width(width):
    """Units of each layer, by hand; the published networks' is 64."""
    generator = infogan.Generator(width=width)
    generator.build((None, 62))
    judge = infogan.Discriminator(width=width)
    judge.build((None, 28, 28, 1))
    autoencoder = began.ConvAutoencoder(width=width)
    autoencoder.build((None, 28, 28, 1))

    def units(network):
        return [
            layer.bias.shape[0]
            for layer in network.layers
            if getattr(layer, "bias", None) is not None
        ]

    w = width
    assert units(generator) == [16 * w, 98 * w, w, 1]
    assert units(judge) == [w, 2 * w, 16 * w, 1]
    assert units(autoencoder) == [w, 2 * w, 64, 98 * w, w, 1]
