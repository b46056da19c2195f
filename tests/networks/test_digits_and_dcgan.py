"""The networks for images: sizes, seeds, and references by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.networks import (
    Case,
    NetworkContract,
    check_count,
    params,
)
from tf_gans import losses
from tf_gans.networks import dcgan, mnist

DIGITS = {"size": 28, "channels": 1, "num_classes": 10}


def dcgan_cases(**options):
    return [
        Case(network, options)
        for network in (dcgan.Generator, dcgan.Discriminator)
    ]


CASES = [
    Case(mnist.Generator),
    Case(mnist.Discriminator),
    Case(mnist.DenseGenerator),
    Case(mnist.DenseDiscriminator),
    *dcgan_cases(size=16, channels=2, width=4),
    *dcgan_cases(size=64, channels=3, width=2, variant="carpedm20"),
    *dcgan_cases(size=28, channels=1, width=4),
    *dcgan_cases(**DIGITS, width=4),
    *dcgan_cases(**DIGITS, width=4, variant="carpedm20"),
]


class TestContract(NetworkContract):
    @pytest.fixture(params=params(CASES))
    def case(self, request):
        return request.param


# Sizes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "options", "trainable", "total"),
    [
        # CS231n's, and the article's.
        (mnist.Generator, {}, 6_675_009, 6_689_729),
        (mnist.Generator, {"latent_dim": 4}, 6_580_801, 6_595_521),
        (mnist.Discriminator, {}, 1_102_721, None),
        (mnist.DenseGenerator, {}, 1_952_528, None),
        (mnist.DenseGenerator, {"latent_dim": 4}, 1_858_320, None),
        (mnist.DenseDiscriminator, {}, 267_009, None),
        # The paper's figure 1 at half and at full width.
        (dcgan.Generator, {}, 5_135_363, 5_137_283),
        (dcgan.Discriminator, {}, 4_316_545, 4_318_337),
        (dcgan.Generator, {"variant": "carpedm20"}, 5_135_363, 5_137_283),
        (dcgan.Generator, {"width": 128}, 18_872_323, None),
        (dcgan.Discriminator, {"width": 128}, 17_234_689, None),
        # carpedm20's, and by hand the authors' with biases and gains.
        (
            dcgan.Generator,
            {**DIGITS, "variant": "carpedm20"},
            7_065_211,
            None,
        ),
        (
            dcgan.Discriminator,
            {**DIGITS, "variant": "carpedm20"},
            3_769_479,
            None,
        ),
        (dcgan.Generator, DIGITS, 6_842_619, None),
        (dcgan.Discriminator, DIGITS, 6_691_723, None),
    ],
)
def test_published_counts(network, options, trainable, total):
    check_count(network(**options), trainable, total)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [16, 28, 32, 128])
def test_sizes_and_channels(size, channels):
    options = {"size": size, "channels": channels, "width": 2}
    images = dcgan.Generator(**options)(tf.zeros((2, 100)))
    assert images.shape == (2, size, size, channels)
    discriminator = dcgan.Discriminator(**options)
    assert discriminator(images).shape == (2, 1)
    sides = {16: 4, 28: 7, 32: 4, 128: 4}
    inside = discriminator.convs[-1].filters * sides[size] ** 2
    last = discriminator.denses[0] if size == 28 else discriminator.head
    assert last.kernel.shape[0] == inside


@pytest.mark.parametrize("network", [dcgan.Generator, dcgan.Discriminator])
def test_bad_size(network):
    small = (0, 1, 4, 8, 12, -16)
    for size in (*small, 20, 24, 27, 30, 48, 65, 64.0, "64", True):
        with pytest.raises(ValueError, match=f"`size` must be.*size={size!r}"):
            network(size=size)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": 0}, "channels=0"),
        ({"width": -1}, "width=-1"),
        ({"num_classes": 10}, "needs size=28.*size=64, num_classes=10"),
        ({**DIGITS, "num_classes": 0}, "num_classes=0"),
        ({"variant": "other"}, "variant='other'"),
    ],
)
@pytest.mark.parametrize("network", [dcgan.Generator, dcgan.Discriminator])
def test_bad_options(network, options, message):
    with pytest.raises(ValueError, match=message):
        network(**options)


@pytest.mark.parametrize(
    "network", [mnist.Generator, mnist.DenseGenerator, dcgan.Generator]
)
def test_bad_latent_dim(network):
    with pytest.raises(ValueError, match="latent_dim=0"):
        network(latent_dim=0)


# Initial weights -------------------------------------------------------------


def test_digit_kernels_are_glorot():
    network = mnist.DenseGenerator(seed=0)
    network.build()
    kernel = network.fc1.kernel.numpy()
    bound = np.sqrt(6 / (96 + 1024))
    assert 0.999 * bound < np.abs(kernel).max() <= bound
    assert np.std(kernel) == pytest.approx(bound / np.sqrt(3), rel=0.01)
    assert not network.fc1.bias.numpy().any()


@pytest.mark.parametrize("variant", dcgan.VARIANTS)
def test_dcgan_initial_weights(variant):
    generator = dcgan.Generator(size=32, variant=variant, seed=0)
    discriminator = dcgan.Discriminator(size=32, variant=variant, seed=0)
    for network in (generator, discriminator):
        network.build()
        for variable in network.trainable_variables:
            values = variable.numpy()
            if variable.name == "kernel":
                truncated = variant == "carpedm20" and "/conv_" in variable.path
                # A standard normal that is cut at +-2 has deviation 0.8796.
                expected = 0.02 * (0.8796 if truncated else 1)
                assert np.std(values) == pytest.approx(expected, rel=0.06)
                assert (np.abs(values).max() <= 0.04) == truncated
            elif variable.name == "gamma" and variant == "paper":
                assert np.std(values) == pytest.approx(0.02, rel=0.35)
                assert np.mean(values) == pytest.approx(1, abs=0.01)
            else:
                assert np.all(values == (variable.name == "gamma"))


# Batch normalisation ---------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "momentum"),
    [(mnist.Generator(seed=0), 0.99), (dcgan.Generator(16, seed=0), 0.9)],
    ids=["mnist", "dcgan"],
)
def test_training_uses_the_batch_and_keeps_averages(network, momentum):
    network.build()
    rng = np.random.default_rng(0)
    z = tf.constant(rng.uniform(-1, 1, (50, network.latent_dim)), tf.float32)
    averages = network.non_trainable_variables
    fresh = [v.numpy() for v in averages]
    alone, beside = network(z[:10]), network(z)[:10]
    np.testing.assert_allclose(alone, beside, rtol=1e-4, atol=1e-5)
    for before, variable in zip(fresh, averages, strict=True):
        np.testing.assert_array_equal(before, variable)

    alone, beside = network(z[:10], training=True), network(z, training=True)
    assert np.abs(alone - beside[:10]).max() > 1e-3
    norms = [
        layer
        for layer in network._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert {layer.momentum for layer in norms} == {momentum}
    for before, variable in zip(fresh, averages, strict=True):
        assert np.all(variable != before)
    for layer in norms:  # averages of one batch
        layer.momentum = 0.0
    last = network(z, training=True)
    np.testing.assert_allclose(network(z), last, atol=0.02)


# References by hand ----------------------------------------------------------


def normalise(x, gamma, beta, epsilon):
    mean, variance = tf.nn.moments(x, list(range(len(x.shape) - 1)))
    return gamma * (x - mean) / tf.sqrt(variance + epsilon) + beta


def arrays(network, *names):
    """The trainable weights of the layers, as float32 arrays."""
    layers = {layer.name: layer for layer in network._flatten_layers()}
    return [
        [w.numpy() for w in layers[name].trainable_variables] for name in names
    ]


class TestArticlesGraph:
    """The article's networks and losses as a graph of TensorFlow 1."""

    GENERATOR = ("fc1", "bn1", "fc2", "bn2", "deconv1", "bn3", "deconv2")
    DISCRIMINATOR = ("conv1", "conv2", "fc1", "fc2")

    @staticmethod
    def generate(z, weights):
        fc1, bn1, fc2, bn2, deconv1, bn3, deconv2 = weights
        h = normalise(tf.nn.relu(z @ fc1[0] + fc1[1]), *bn1, 1e-3)
        h = normalise(tf.nn.relu(h @ fc2[0] + fc2[1]), *bn2, 1e-3)
        h = tf.reshape(h, (-1, 7, 7, 128))
        batch = h.shape[0]
        h = tf.nn.conv2d_transpose(
            h, deconv1[0], (batch, 14, 14, 64), 2, "SAME"
        )
        h = normalise(tf.nn.relu(h + deconv1[1]), *bn3, 1e-3)
        h = tf.nn.conv2d_transpose(h, deconv2[0], (batch, 28, 28, 1), 2, "SAME")
        return tf.tanh(h + deconv2[1])

    @staticmethod
    def discriminate(x, weights):
        conv1, conv2, fc1, fc2 = weights

        def leaky_relu(x):
            return tf.maximum(x, 0.01 * x)

        h = leaky_relu(tf.nn.conv2d(x, conv1[0], 1, "VALID") + conv1[1])
        h = tf.nn.max_pool2d(h, 2, 2, "VALID")
        h = leaky_relu(tf.nn.conv2d(h, conv2[0], 1, "VALID") + conv2[1])
        h = tf.nn.max_pool2d(h, 2, 2, "VALID")
        h = tf.reshape(h, (-1, 1024))
        h = leaky_relu(h @ fc1[0] + fc1[1])
        return h @ fc2[0] + fc2[1]

    def test_outputs_losses_and_gradients(self):
        rng = np.random.default_rng(0)
        z = rng.uniform(-1, 1, (16, 96)).astype(np.float32)
        real = rng.uniform(-1, 1, (16, 28, 28, 1)).astype(np.float32)
        generator = mnist.Generator(seed=0)
        discriminator = mnist.Discriminator(seed=0)
        generator.build()
        discriminator.build()
        for network in (generator, discriminator):  # no weight at its start
            network.set_weights(
                [
                    w + rng.normal(0, 0.05, w.shape)
                    for w in network.get_weights()
                ]
            )
        g_arrays = arrays(generator, *self.GENERATOR)
        d_arrays = arrays(discriminator, *self.DISCRIMINATOR)

        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            g_weights, d_weights = tf.nest.map_structure(
                tf.constant, (g_arrays, d_arrays)
            )
            samples = self.generate(tf.constant(z), g_weights)
            real_logits = self.discriminate(tf.constant(real), d_weights)
            fake_logits = self.discriminate(samples, d_weights)

            def entropy(logits, label):
                return tf.nn.sigmoid_cross_entropy_with_logits(
                    labels=label * tf.ones_like(logits), logits=logits
                )

            d_loss = tf.reduce_mean(
                entropy(real_logits, 1) + entropy(fake_logits, 0)
            )
            g_loss = tf.reduce_mean(entropy(fake_logits, 1))
            expected = session.run(
                [
                    samples,
                    real_logits,
                    fake_logits,
                    d_loss,
                    g_loss,
                    *tf.gradients(d_loss, tf.nest.flatten(d_weights)),
                    *tf.gradients(g_loss, tf.nest.flatten(g_weights)),
                ]
            )

        loss = losses.NonSaturating()
        with tf.GradientTape(persistent=True) as tape:
            samples = generator(z, training=True)
            real_logits = discriminator(real, training=True)
            fake_logits = discriminator(samples, training=True)
            d_loss = loss.discriminator(real_logits, fake_logits)
            g_loss = loss.generator(fake_logits)
        received = [
            samples,
            real_logits,
            fake_logits,
            d_loss,
            g_loss,
            *tape.gradient(d_loss, discriminator.trainable_variables),
            *tape.gradient(g_loss, generator.trainable_variables),
        ]
        assert len(received) == len(expected) == 5 + 8 + 14
        for a, b in zip(received, expected, strict=True):
            scale = max(1, np.abs(b).max())
            np.testing.assert_allclose(a / scale, b / scale, atol=1e-4)


def lrelu(x):
    return tf.maximum(x, 0.2 * x)


def deconv(x, weights, channels):
    batch, height, width, _ = x.shape
    shape = (batch, 2 * height, 2 * width, channels)
    kernel, bias = weights
    return tf.nn.conv2d_transpose(x, kernel, shape, 2, "SAME") + bias


def conv(x, weights):
    kernel, bias = weights
    return tf.nn.conv2d(x, kernel, 2, "SAME") + bias


def test_dcgan_by_hand():
    """The 64x64 pair, stage by stage."""
    rng = np.random.default_rng(1)
    z = rng.uniform(-1, 1, (6, 100)).astype(np.float32)
    options = {"channels": 3, "width": 2, "seed": 0}
    generator = dcgan.Generator(**options)
    discriminator = dcgan.Discriminator(**options)
    images = generator(z, training=True)
    logits = discriminator(images, training=True)

    dense, *norms = arrays(
        generator, "dense_0", "norm_0", "norm_1", "norm_2", "norm_3"
    )
    deconvs = arrays(generator, *(f"deconv_{i}" for i in range(4)))
    h = tf.reshape(z @ dense[0] + dense[1], (-1, 4, 4, 16))
    for channels, norm, weights in zip(
        (8, 4, 2, 3), norms, deconvs, strict=True
    ):
        h = tf.nn.relu(normalise(h, *norm, 1e-5))
        h = deconv(h, weights, channels)
    np.testing.assert_allclose(images, tf.tanh(h), rtol=1e-3, atol=1e-5)

    first, *convs, head = arrays(
        discriminator, "conv_0", "conv_1", "conv_2", "conv_3", "head"
    )
    norms = arrays(discriminator, "norm_0", "norm_1", "norm_2")
    h = lrelu(conv(images, first))
    for norm, weights in zip(norms, convs, strict=True):
        h = lrelu(normalise(conv(h, weights), *norm, 1e-5))
    expected = tf.reshape(h, (6, 4 * 4 * 16)) @ head[0] + head[1]
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("variant", dcgan.VARIANTS)
def test_conditional_dcgan_by_hand(variant):
    """The 28x28 pair: the label joins the input of every layer."""
    rng = np.random.default_rng(2)
    z = rng.uniform(-1, 1, (7, 100)).astype(np.float32)
    labels = np.arange(7, dtype=np.int32)
    y = np.eye(10, dtype=np.float32)[labels]

    def join(x):
        if len(x.shape) == 2:
            return tf.concat([x, y], 1)
        sides = (1, *x.shape[1:3], 1)
        return tf.concat([x, np.tile(y[:, None, None], sides)], 3)

    options = {**DIGITS, "width": 2, "variant": variant, "seed": 0}
    generator = dcgan.Generator(**options)
    discriminator = dcgan.Discriminator(**options)
    images = generator((z, labels), training=True)
    logits = discriminator((images, labels), training=True)

    fc1, bn1, fc2, bn2, deconv1, bn3, deconv2 = arrays(
        generator,
        "dense_0", "norm_0", "dense_1", "norm_1",
        "deconv_0", "norm_2", "deconv_1",
    )  # fmt: skip
    h = tf.nn.relu(normalise(join(z) @ fc1[0] + fc1[1], *bn1, 1e-5))
    h = tf.nn.relu(normalise(join(h) @ fc2[0] + fc2[1], *bn2, 1e-5))
    h = join(tf.reshape(h, (-1, 7, 7, 4)))
    h = deconv(h, deconv1, 4 if variant == "carpedm20" else 2)
    h = join(tf.nn.relu(normalise(h, *bn3, 1e-5)))
    expected = tf.sigmoid(deconv(h, deconv2, 1))
    np.testing.assert_allclose(images, expected, rtol=1e-3, atol=1e-5)

    conv1, conv2, bn1, fc1, bn2, head = arrays(
        discriminator, "conv_0", "conv_1", "norm_0", "dense_0", "norm_1", "head"
    )
    h = join(lrelu(conv(join(images), conv1)))
    assert h.shape[3] == (21 if variant == "carpedm20" else 12)
    h = lrelu(normalise(conv(h, conv2), *bn1, 1e-5))
    h = join(tf.reshape(h, (7, -1)))
    h = join(lrelu(normalise(h @ fc1[0] + fc1[1], *bn2, 1e-5)))
    expected = h @ head[0] + head[1]
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "case", params(c for c in CASES if c.options.get("num_classes"))
)
def test_labels_matter(case):
    network = case.make(seed=0)
    x, _ = case.inputs(10)
    x = tf.repeat(x[:1], 10, axis=0)
    y = network((x, tf.range(10))).numpy().reshape(10, -1)
    differences = np.abs(y[:, None] - y).max(axis=2)
    assert differences[~np.eye(10, dtype=bool)].min() > 0
    again = network((x, tf.zeros(10, tf.int32))).numpy().reshape(10, -1)
    np.testing.assert_allclose(again, np.tile(y[:1], (10, 1)), rtol=1e-5)
