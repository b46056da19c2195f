"""The semi-supervised GAN, and the classifier on labels alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import (
    BATCH,
    SEED,
    Classifier,
    Discriminator,
    FewLabels,
    Generator,
    Pictures,
    TrainingContract,
    adam,
    data_of,
    fit,
    names_of,
    prior,
    state,
)
from tests.paths import REAL
from tf_gans import (
    SemiSupervisedGAN,
    SupervisedClassifier,
    data,
    export,
    pixels,
    recipes,
)
from tf_gans.layers import WeightNormalization

LOGS = ("d_loss", "g_loss", "labelled", "unlabelled", "accuracy")


def make(options, dtype=None, **compile_options):
    gan = SemiSupervisedGAN(
        Generator(dtype=dtype),
        Classifier(dtype=dtype),
        latents=prior(),
        seed=SEED,
        **options,
    )
    three = options.get("updates") == "three"
    gan.compile(*(adam(dtype) for _ in range(2 + three)), **compile_options)
    return gan


class TestMatching(TrainingContract):
    """As the paper's program: one update, features, an average from 0."""

    options = {
        "unlabelled_weight": 0.5,
        "average_rate": 0.1,
        "average_from_zero": True,
        "ema_decay": 0.9,
    }
    logs = LOGS

    def make(self, dtype=None, **compile_options):
        return make(self.options, dtype, **compile_options)

    def expected_changes(self, model):
        names = super().expected_changes(model)
        average = model.average_classifier
        return names | names_of(model, average.weights if average else [])

    def test_losses_of_a_step(self):
        """The parts, by the formulas in float64, from before the updates."""
        gan = self.make(run_eagerly=True)
        real, draws, _ = data = data_of(gan)
        labelled, labels, unlabelled, _ = (part[0] for part in real)
        numbers = draws["discriminator"][0]
        fake = gan.generator.stateless_call(
            gan.generator.trainable_variables,
            gan.generator.non_trainable_variables,
            numbers["z"],
            training=True,
        )[0]

        def sums(samples, name):
            logits, _ = gan.discriminator.stateless_call(
                gan.discriminator.trainable_variables,
                gan.discriminator.non_trainable_variables,
                samples,
                training=True,
                **numbers[name],
            )
            logits = np.float64(logits)
            return logits, np.log(np.exp(logits).sum(1))

        logits, s = sums(labelled, "labelled")
        of_labels = np.mean(s - logits[np.arange(BATCH), labels])
        real_s = sums(unlabelled, "unlabelled")[1]
        fake_s = sums(fake, "fake")[1]
        of_others = (
            -real_s.mean()
            + np.logaddexp(0, real_s).mean()
            + np.logaddexp(0, fake_s).mean()
        ) / 2
        accuracy = np.mean(logits.argmax(1) == labels)
        logs = gan.train_step(data)
        assert float(logs["labelled"]) == pytest.approx(of_labels, rel=1e-4)
        assert float(logs["unlabelled"]) == pytest.approx(of_others, rel=1e-4)
        total = of_labels + 0.5 * of_others
        assert float(logs["d_loss"]) == pytest.approx(total, rel=1e-4)
        assert float(logs["accuracy"]) == pytest.approx(accuracy)

    def test_average_is_the_programs(self):
        """a <- a + rate (p - a), from 0; what is not trained is copied."""
        gan = self.make(run_eagerly=True)
        averages = [
            np.zeros(v.shape) for v in gan.discriminator.trainable_variables
        ]
        for step in range(3):
            gan.train_step(data_of(gan, step))
            averages = [
                a + 0.1 * (v.numpy() - a)
                for a, v in zip(
                    averages, gan.discriminator.trainable_variables, strict=True
                )
            ]
        by_name = dict(
            zip(
                [v.path for v in gan.discriminator.trainable_variables],
                averages,
                strict=True,
            )
        )
        for average, own in zip(
            gan.average_classifier.weights,
            gan.discriminator.weights,
            strict=True,
        ):
            expected = by_name.get(own.path, own.numpy())
            np.testing.assert_allclose(average, expected, atol=1e-6)


@pytest.mark.slow
class TestThreeUpdates(TestMatching):
    """As the book's program: three updates, and the loss of a GAN."""

    options = {"generator_loss": "adversarial", "updates": "three"}
    updates = ("classifier", "discriminator", "discriminator", "generator")

    def players(self, model):
        judge = model.discriminator.trainable_variables
        return {
            "classifier": (judge, "classifier_optimizer"),
            "discriminator": (judge, "discriminator_optimizer"),
            "generator": (
                model.generator.trainable_variables,
                "generator_optimizer",
            ),
        }

    test_losses_of_a_step = None
    test_average_is_the_programs = None


def test_average_without_a_start_is_the_weighted_mean():
    gan = make({"average_rate": 0.3}, run_eagerly=True)
    kernel = gan.discriminator.head.kernel
    values = []
    for step in range(4):
        gan.train_step(data_of(gan, step))
        values.append(kernel.numpy())
    weights = 0.7 ** np.arange(3, -1, -1)
    expected = np.tensordot(weights / weights.sum(), np.stack(values), 1)
    np.testing.assert_allclose(
        gan.average_classifier.head.kernel, expected, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("kind", ["squared", "absolute", "adversarial"])
def test_what_the_generator_minimises(kind):
    gan = make({"generator_loss": kind}, run_eagerly=True)
    for optimizer in gan.optimizers.values():
        optimizer.learning_rate = 0.0
    real, draws, step = data_of(gan)
    numbers = draws["generator"][0]
    fake = gan.generator(numbers["z"], training=True)

    def says(samples, name):
        return [
            np.float64(t)
            for t in gan.discriminator.features_and_logits(
                samples, True, **numbers[name]
            )
        ]

    features, logits = says(fake, "fake")
    # The second unlabelled batch.
    gap = says(real[3][0], "unlabelled")[0].mean(0) - features.mean(0)
    expected = {
        "squared": np.mean(gap**2),
        "absolute": np.mean(np.abs(gap)),
        "adversarial": np.logaddexp(0, -np.log(np.exp(logits).sum(1))).mean(),
    }[kind]
    found = float(gan.train_step((real, draws, step))["g_loss"])
    assert found == pytest.approx(expected, rel=1e-4)


def test_passes_have_noise_of_their_own():
    gan = make({})
    draws = data_of(gan)[1]
    noises = [
        numbers[name]["noise"]
        for player in ("discriminator", "generator")
        for numbers in draws[player]
        for name in numbers
        if name != "z"
    ]
    assert len(noises) == 5
    for i, one in enumerate(noises):
        assert all(not np.array_equal(one, other) for other in noises[:i])


@pytest.mark.slow
def test_classifies_by_the_average():
    gan = make({"average_rate": 0.5})
    fit(gan, 2)
    x = Pictures().draw(0, 0, 1)[0]
    said = gan.classify(x)
    logits = np.float64(gan.average_classifier(x, training=False))
    exp = np.exp(logits)
    np.testing.assert_allclose(
        said["probabilities"], exp / exp.sum(1, keepdims=True), rtol=1e-4
    )
    np.testing.assert_array_equal(said["labels"], logits.argmax(1))
    labels = said["labels"].numpy()
    assert gan.accuracy(x.numpy(), labels) == 1
    labels[:2] = (labels[:2] + 1) % 3
    assert gan.accuracy(x.numpy(), labels) == 1 - 2 / BATCH
    assert len(gan.classify(x[:0])["labels"]) == 0
    with pytest.raises(ValueError, match="one a sample"):
        gan.accuracy(x.numpy(), labels[:3])
    plain = make({})
    np.testing.assert_allclose(
        plain.discriminate(x),
        1 - 1 / (np.exp(plain.discriminator(x)).sum(1) + 1),
        rtol=1e-4,
    )


@pytest.mark.slow
def test_export_classifies(tmp_path):
    gan = make({"average_rate": 0.5})
    fit(gan, 2)
    path = export.export_saved_model(gan, tmp_path / "few", ["a", "b", "c"])
    loaded = tf.saved_model.load(str(path))
    x = Pictures().draw(0, 0, 1)[0]
    said = loaded.signatures["classify"](samples=x)
    for name, value in gan.classify(x).items():
        np.testing.assert_allclose(said[name], value, rtol=1e-5)
    real = loaded.signatures["discriminate"](samples=x)["probabilities"]
    np.testing.assert_allclose(real[:, 0], gan.discriminate(x), rtol=1e-5)


def normalised(seed=0):
    return keras.Sequential(
        [
            keras.Input(Pictures.sample_shape),
            keras.layers.Flatten(),
            WeightNormalization(keras.layers.Dense(3)),
        ]
    )


@pytest.mark.parametrize("is_source", [True, False])
def test_set_by_samples_before_the_first_step(is_source):
    """By unlabelled ones, once, whatever the training is fed with."""
    gan = SemiSupervisedGAN(
        Generator(),
        normalised(),
        prior(),
        generator_loss="adversarial",
        initial_samples=6,
        seed=SEED,
    )
    gan.compile(
        keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True
    )
    source = FewLabels()
    parts = [part[0] for part in source.draw(SEED, 0, 1)]
    x = source
    if not is_source:
        x = tf.data.Dataset.from_tensors(tuple(parts[:3])).repeat(4)
    gan.fit(x, steps_per_epoch=1, verbose=0)
    logits = gan.discriminator(parts[2][:6]).numpy()
    np.testing.assert_allclose(logits.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(logits.std(0), 1, rtol=1e-4)
    gan.discriminator.layers[-1].g.assign(np.ones(3))
    gan.fit(x, steps_per_epoch=1, verbose=0)
    np.testing.assert_array_equal(gan.discriminator.layers[-1].g, np.ones(3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"generator_loss": "hinge"}, "`generator_loss` must be one of"),
        ({"updates": "two"}, "`updates` must be one of"),
        ({"unlabelled_weight": 0}, "`unlabelled_weight` must be above 0"),
        (
            {"unlabelled_weight": 2, "updates": "three"},
            "weighs the parts of one loss",
        ),
        ({"average_rate": 0.0}, "`average_rate` must be above 0"),
        ({"average_rate": 1.5}, "`average_rate` must be above 0"),
        ({"average_from_zero": True}, "that `average_rate` makes"),
        ({"initial_samples": 0}, "`initial_samples` must be"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        SemiSupervisedGAN(Generator(), Classifier(), prior(), **options)


def test_bad_networks():
    def of(discriminator, **options):
        return SemiSupervisedGAN(Generator(), discriminator, prior(), **options)

    with pytest.raises(ValueError, match="`features_and_logits"):
        of(normalised())
    with pytest.raises(ValueError, match="logits, one a class"):
        of(Discriminator(), generator_loss="adversarial")
    softmax = keras.Sequential(
        [
            keras.Input(Pictures.sample_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    with pytest.raises(ValueError, match="ends in a softmax"):
        of(softmax, generator_loss="adversarial")


@pytest.mark.parametrize("updates", ["one", "three"])
def test_bad_optimizers(updates):
    gan = SemiSupervisedGAN(Generator(), Classifier(), prior(), updates=updates)
    count = 2 if updates == "three" else 3
    with pytest.raises(ValueError, match="`classifier_optimizer` is that of"):
        gan.compile(*(adam() for _ in range(count)))
    same = adam()
    with pytest.raises(ValueError, match="must be different optimizers"):
        gan.compile(same, same, *([adam()] if updates == "three" else []))


def test_bad_data():
    gan = make({})
    for x, message in (
        (Pictures(), "a source with num_classes=None"),
        (
            type("More", (FewLabels,), {"num_classes": 4})(),
            "of the classifier's 3 classes",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            gan.fit(x, steps_per_epoch=1, verbose=0)
    images, labels, *others = (p[0] for p in FewLabels().draw(0, 0, 1))
    dataset = tf.data.Dataset.from_tensors((images, labels))
    with pytest.raises(ValueError, match="must be triples"):
        gan.fit(dataset, verbose=0)
    dataset = tf.data.Dataset.from_tensors((images, labels + 3, others[0]))
    with pytest.raises(ValueError, match="less than 3"):
        gan.fit(dataset, verbose=0)


# On labels alone -------------------------------------------------------------


def alone(**options):
    model = SupervisedClassifier(
        Classifier(), sample_shape=Pictures.sample_shape, seed=SEED, **options
    )
    model.compile(adam(), jit_compile=False)
    return model


def test_labels_alone():
    """It learns, by the cross-entropy, and resumes with the same bits."""
    model = alone()
    whole = fit(model, 6)
    assert whole[-1, 0] < whole[0, 0]
    assert tuple(model.step_losses) == ("loss", "accuracy")
    other = alone()
    rows = np.concatenate([fit(other, 2), fit(other, 4)])
    np.testing.assert_array_equal(rows, whole)
    for a, b in zip(state(model).values(), state(other).values(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_labels_alone_survives_saving(tmp_path):
    model = alone()
    fit(model, 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(fit(loaded, 2), fit(model, 2))


@pytest.mark.slow
@pytest.mark.skipif(
    not (REAL / "mnist.npz").exists(), reason="needs shared/data"
)
def test_unlabelled_digits_help():
    """100 labels with the others' images beat the 100 labels alone.

    Five epochs: after one there is nothing between the two yet.
    """
    with np.load(REAL / "mnist.npz") as digits:
        source = data.SemiSupervised(
            *(digits["x_train"][..., None], digits["y_train"], 100, 100),
            value_range=(0, 1),
        )
        test = pixels.to_samples(digits["x_test"][:5000, ..., None], (0, 1))
        labels = digits["y_test"][:5000]
    module, accuracies = recipes.semi_supervised, []
    for model in (
        module.build(average_rate=0.01, average_from_zero=False),
        module.build_supervised(),
    ):
        model.fit(source, steps_per_epoch=3000, verbose=0)
        accuracies.append(model.accuracy(test, labels))
    assert accuracies[0] > accuracies[1] + 0.03
