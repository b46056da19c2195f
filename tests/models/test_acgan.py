"""ACGAN: its losses by hand, whom they teach, and what it says of classes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.training import (
    SEED,
    Discriminator,
    Generator,
    LabelledGenerator,
    LabelledPictures,
    Pictures,
    TrainingContract,
    TwoHeads,
    adam,
    data_of,
    drawn,
    prior,
)
from tf_gans import ACGAN, losses


def make(dtype=None, **options):
    return ACGAN(
        LabelledGenerator(dtype=dtype),
        TwoHeads(dtype=dtype),
        latents=prior(),
        seed=SEED,
        **options,
    )


@pytest.mark.slow
class TestTraining(TrainingContract):
    logs = ("d_loss", "g_loss", "class_real", "class_fake")

    def make(self, dtype=None, **compile_options):
        gan = make(dtype, ema_decay=0.9)
        gan.compile(adam(dtype), adam(dtype), **compile_options)
        return gan


@pytest.mark.slow
class TestBothAtOnce(TrainingContract):
    logs = ("d_loss", "g_loss", "class_real", "class_fake")

    def make(self, dtype=None, **compile_options):
        gan = make(dtype, simultaneous=True, fake_class_weight=0.0)
        gan.compile(adam(dtype), adam(dtype), **compile_options)
        return gan


def cross_entropy(logits, labels):
    logits = np.asarray(logits, np.float64)
    chosen = logits[np.arange(len(labels)), labels]
    return np.mean(np.log(np.exp(logits).sum(axis=1)) - chosen)


def test_the_losses():
    gan = make()
    gan.compile(
        keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True
    )
    data = data_of(gan)
    (real,), (labels,) = data[0]
    z, z_g = drawn(data, "z")
    logs = gan.train_step(data)
    labels = labels.numpy()
    fake = gan.generator((z, labels), training=True)
    real_logits, real_classes = gan.discriminator(real)
    fake_logits, fake_classes = gan.discriminator(fake)
    loss = losses.NonSaturating()
    again = gan.discriminator(gan.generator((z_g, labels), training=True))
    for name, value in {
        "d_loss": loss.discriminator(real_logits, fake_logits),
        "g_loss": loss.generator(again[0]),
        "class_real": cross_entropy(real_classes, labels),
        "class_fake": cross_entropy(fake_classes, labels),
    }.items():
        assert float(logs[name]) == pytest.approx(float(value), rel=1e-5), name


@pytest.mark.parametrize("weights", [(1.0, 1.0), (2.0, 0.0)])
def test_whom_the_classes_teach(weights, monkeypatch):
    """D by its weights; G always, towards the class that it was given."""
    gan = make(real_class_weight=weights[0], fake_class_weight=weights[1])
    gan.compile("sgd", "sgd", run_eagerly=True)
    data, seen = data_of(gan), []
    (real,), (labels,) = data[0]
    z, z_g = drawn(data, "z")
    loss = losses.NonSaturating()
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits
    with tf.GradientTape() as tape:
        a, real_said = gan.discriminator(real)
        b, fake_said = gan.discriminator(
            gan.generator((z, labels), training=True)
        )
        value = loss.discriminator(a, b)
        value += weights[0] * tf.reduce_mean(entropy(labels, real_said))
        value += weights[1] * tf.reduce_mean(entropy(labels, fake_said))
    wanted = tape.gradient(value, gan.discriminator.trainable_variables)
    with tf.GradientTape() as tape:
        a, said = gan.discriminator(gan.generator((z_g, labels), training=True))
        value = loss.generator(a) + tf.reduce_mean(entropy(labels, said))
    wanted += tape.gradient(value, gan.generator.trainable_variables)
    for optimizer in gan.optimizers.values():
        monkeypatch.setattr(
            optimizer, "apply", lambda got, variables: seen.extend(got)
        )
    gan.train_step(data)
    for a, b in zip(seen, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_what_it_says_of_samples():
    gan = make()
    x, labels = (t[0] for t in LabelledPictures().draw(0, 0, 1))
    said = gan.signatures()["classify"](x)["class_probabilities"]
    _, logits = gan.discriminator(x)
    np.testing.assert_allclose(
        said, keras.ops.softmax(logits, axis=1), rtol=1e-5
    )
    # The discriminator is asked about samples alone.
    assert gan.discriminate(x).shape == (8,)
    assert gan.judged_classes is None and gan.num_classes == 3
    assert gan.sample(4, labels=labels[:4].numpy()).shape == (4, 4, 4, 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"real_class_weight": -1}, "`real_class_weight`.*=-1"),
        ({"fake_class_weight": float("inf")}, "`fake_class_weight`.*=inf"),
    ],
)
def test_bad_values(options, words):
    with pytest.raises(ValueError, match=words):
        make(**options)


def test_networks_that_do_not_fit():
    with pytest.raises(ValueError, match="`generator` of an ACGAN must take"):
        ACGAN(Generator(), TwoHeads(), prior())
    gan = ACGAN(LabelledGenerator(), TwoHeads(2), prior())
    gan.compile(adam(), adam())
    with pytest.raises(ValueError, match=r"\(batch, 3\).*\(None, 2\)"):
        gan.fit(LabelledPictures(), steps_per_epoch=1)
    gan = ACGAN(LabelledGenerator(), Discriminator(), prior())
    gan.compile(adam(), adam())
    with pytest.raises(ValueError, match="second head"):
        gan.fit(LabelledPictures(), steps_per_epoch=1)


def test_samples_without_labels():
    gan = make()
    gan.compile(adam(), adam())
    images = tf.data.Dataset.from_tensors(Pictures().draw(0, 0, 1)[0])
    with pytest.raises(ValueError, match="needs pairs of samples and labels"):
        gan.fit(images)
