"""What is refused before the first step, and in which words."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import BEGAN, GAN, data, latents, losses, recipes
from tf_gans.models import checks

SHAPE = (4, 4, 1)
BATCH = 4
IMAGES = np.random.default_rng(0).integers(0, 256, (12, *SHAPE), np.uint8)
SCALED = IMAGES.astype("float32") / 127.5 - 1


def generator(activation="tanh"):
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(16, activation=activation),
            keras.layers.Reshape(SHAPE),
        ]
    )


def discriminator(units=1, activation=None):
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation=activation),
        ]
    )


def make(made=None, judge=None, **options):
    gan = GAN(
        made or generator(),
        judge or discriminator(),
        latents.Normal((3,)),
        **options,
    )
    gan.compile(
        keras.optimizers.SGD(0.01),
        keras.optimizers.SGD(0.01),
        jit_compile=False,
        steps_per_execution=1,
    )
    return gan


def conditional():
    return recipes.dcgan.build(
        "paper",
        size=28,
        channels=1,
        width=2,
        num_classes=3,
        seed=0,
    )


def batches(samples):
    return tf.data.Dataset.from_tensor_slices(samples).batch(BATCH, True)


def refuses(gan, x, match, **options):
    options.setdefault("verbose", 0)
    with pytest.raises(ValueError, match=match):
        gan.fit(x, **options)
    assert int(gan.step) == 0


class Drawn(data.Source):
    """A user's source, which does not say its range."""

    sample_shape = SHAPE
    batch_size = 64
    steps_per_epoch = 1

    def __init__(self, low, high):
        self.low, self.high = low, high

    def draw(self, seed, first_step, num_steps):
        shape = (num_steps, self.batch_size, *SHAPE)
        return tf.random.stateless_uniform(
            shape, (seed, first_step), self.low, self.high
        )


class TestOneSide:
    """Pixels in [0, 1] lie within [-1, 1], and are wrong there."""

    @pytest.mark.parametrize("as_source", [False, True])
    def test_is_said_once(self, as_source):
        x = Drawn(0, 1)
        if not as_source:
            x = np.concatenate([x.draw(0, i, 1)[0] for i in range(3)])
        message = r"from .* to 0\.9.* never below 0.*\(-1, 1\).*to_samples"
        with pytest.warns(UserWarning, match=message) as caught:
            make().fit(x, batch_size=64, epochs=2, verbose=0)
        assert len(caught) == 1
        assert "\n" not in str(caught[0].message)

    @pytest.mark.parametrize(
        ("low", "high", "activation"),
        [(-1, 1, "tanh"), (0, 1, "sigmoid"), (0, 1, "linear")],
    )
    def test_of_none_nothing_is_said(self, low, high, activation):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            make(generator(activation)).fit(Drawn(low, high), verbose=0)

    def test_of_few_or_black_images_nothing_is_said(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for x in (np.full((4, *SHAPE), 0.5), np.zeros((64, *SHAPE))):
                make().fit(x, batch_size=len(x), verbose=0)

    def test_a_source_beyond_the_range(self):
        refuses(make(), Drawn(-3, 3), r"generator's range, \(-1, 1\)")


class TestRanges:
    def test_of_a_source(self):
        model = recipes.family.build("vae", size=8, channels=1, seed=0)
        images = np.zeros((8, 8, 8, 1), np.uint8)
        refuses(
            model,
            data.Images(images, BATCH),
            r"`value_range`.*\(-1, 1\) and \(0, 1\)",
        )
        model.fit(
            data.Images(images, BATCH, value_range=(0, 1)),
            steps_per_epoch=1,
            verbose=0,
        )

    @pytest.mark.parametrize("named", [True, False], ids=["named", "inferred"])
    @pytest.mark.parametrize("kind", [batches, np.asarray], ids=["tf", "numpy"])
    def test_of_pixels_for_a_tanh(self, named, kind):
        gan = make()
        if named:
            gan.generator.value_range = (-1, 1)
        refuses(gan, kind(IMAGES), r"\(-1, 1\)\. Received: samples from ")

    def test_rounding_is_no_difference(self):
        gan = make()
        gan.fit(batches(1.001 * SCALED), verbose=0)
        assert int(gan.step) == 3

    def test_began_has_one_for_data(self):
        model = recipes.family.build(
            "began", "code", size=8, channels=1, seed=0
        )
        images = np.zeros((8, 8, 8, 1), np.uint8)
        source = data.Images(images, BATCH, value_range=(0, 1))
        refuses(model, source, r"\(0, 1\) and \(-1, 1\)")

    def test_a_network_of_one_s_own_names_it(self, tmp_path):
        made = generator(None)
        made.value_range = (0, 1)
        gan = make(made)
        assert gan.value_range == (0, 1)
        gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        assert loaded.value_range == (0, 1)
        refuses(loaded, batches(SCALED), r"range, \(0, 1\)")

    def test_a_model_names_it(self, tmp_path):
        gan = make(generator(None), value_range=(0, 1))
        gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        assert gan.value_range == loaded.value_range == (0, 1)

    def test_other_configurations_are_as_they_were(self):
        assert "value_range" not in make().get_config()

    def test_bad_ones(self):
        with pytest.raises(ValueError, match="`value_range` must be a pair"):
            make(value_range=(1, 0))


class TestShapes:
    def test_of_a_source(self):
        images = np.zeros((8, 5, 5, 1), np.uint8)
        refuses(
            make(),
            data.Images(images, BATCH),
            r"\(4, 4, 1\)\. Received: samples of shape \(5, 5, 1\)",
        )

    def test_of_a_dataset(self):
        refuses(
            make(),
            batches(np.zeros((8, 5, 5, 1), "f4")),
            r"\(4, 4, 1\)\. Received: samples of shape \(5, 5, 1\)",
        )


class TestDiscriminators:
    @pytest.mark.parametrize("units", [2, 10])
    def test_outputs_that_are_no_logits(self, units):
        refuses(
            make(judge=discriminator(units)),
            batches(SCALED),
            rf"\(batch, 1\)\. Received: .*\(None, {units}\)",
        )

    def test_an_autoencoder_that_is_none(self):
        model = BEGAN(generator(), discriminator(), latents.Normal((3,)))
        model.compile("sgd", "sgd", jit_compile=False, steps_per_execution=1)
        refuses(model, batches(SCALED), r"\(4, 4, 1\)\. Received: .*\(1,\)")

    def test_two_outputs(self):
        samples = keras.Input(SHAPE)
        x = keras.layers.Flatten()(samples)
        outputs = [keras.layers.Dense(1)(x), keras.layers.Dense(1)(x)]
        judge = keras.Model(samples, outputs)
        refuses(make(judge=judge), batches(SCALED), r"\(batch, 1\)")

    @pytest.mark.parametrize(
        "loss", [losses.NonSaturating(), losses.Wasserstein()]
    )
    def test_a_sigmoid(self, loss):
        gan = make(judge=discriminator(1, "sigmoid"), loss=loss)
        if loss.probabilistic:
            refuses(gan, batches(SCALED), "ends in a sigmoid.*logits")
        else:
            with pytest.warns(UserWarning, match="ends in a sigmoid"):
                gan.fit(batches(SCALED), verbose=0)

    def test_a_sigmoid_that_is_a_layer(self):
        inner = keras.Sequential(
            [keras.Input((1,)), keras.layers.Activation("sigmoid")]
        )
        judge = keras.Sequential([*discriminator().layers, inner])
        assert checks.last_activation(judge) == "sigmoid"

    def test_hidden_activations_are_no_matter(self):
        judge = keras.Sequential(
            [
                keras.Input(SHAPE),
                keras.layers.Flatten(),
                keras.layers.Dense(2, activation="sigmoid"),
                keras.layers.Dense(1),
            ]
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            make(judge=judge).fit(batches(SCALED), verbose=0)


class TestClasses:
    images = np.zeros((12, 28, 28, 1), np.uint8)

    def test_of_a_source(self):
        source = data.Images(
            self.images, BATCH, np.arange(12) % 4, value_range=(0, 1)
        )
        refuses(conditional(), source, "3 classes.*num_classes=4")

    def test_of_a_source_without_labels(self):
        source = data.Images(self.images, BATCH, value_range=(0, 1))
        refuses(conditional(), source, "3 classes.*num_classes=None")

    @pytest.mark.parametrize("first", [-1, 1])
    def test_of_a_dataset(self, first):
        labels = first + np.arange(12) % 3
        pairs = (np.zeros((12, 28, 28, 1), "f4"), labels)
        refuses(
            conditional(),
            batches(pairs),
            f"less than 3.*from {first} to {first + 2}",
        )

    @pytest.mark.parametrize("labels", [[1, 3], [-1, 0], [0.5, 1]])
    def test_of_samples(self, labels):
        with pytest.raises(ValueError, match="`labels` must be"):
            conditional().sample(2, labels=labels)

    def test_of_fewer_samples(self):
        with pytest.raises(ValueError, match=r"one a sample.*\(1,\)"):
            conditional().sample(2, labels=[1])
