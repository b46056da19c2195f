"""Real images, samples and features of an evaluation."""

import numpy as np
import pytest
import tensorflow as tf

from tf_gans import latents
from tf_gans.errors import UserError
from tf_gans.runs import evaluation
from tf_gans.runs.evaluation import load_real, make_images
from tf_gans.runs.sampler import Sampler


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def sampler(generator=None, shape=(6, 6, 1), **options):
    """Samples that are all the first component of z."""

    def constant(z, labels):
        ones = tf.ones((1, *shape))
        return tf.reshape(z[:, 0], (-1, 1, 1, 1)) * ones

    return Sampler(
        generator or constant,
        latents.Uniform((2,)),
        shape,
        (-1.0, 1.0),
        batch_size=8,
        **options,
    )


def load(path, num_real=100, num_fake=100, seed=0, resize=False, **options):
    return load_real(
        sampler(**options),
        {"dataset": None, "path": str(path)},
        *(num_real, num_fake, seed, resize, pytest.fail),
    )


def rows(images):
    return {image.tobytes() for image in images}


class TestRealImages:
    def test_test_images_are_the_reference(self, tmp_path):
        x, test = noise(30, 6, 6), noise(20, 6, 6, seed=1)
        np.savez(tmp_path / "x.npz", x_train=x, x_test=test)
        real = load(tmp_path / "x.npz", num_real=15, num_fake=12)
        assert real.held_out
        assert len(real.reference) == 15
        assert rows(real.reference) < rows(test)
        assert len(real.others) == 12
        assert rows(real.others) < rows(x)
        np.testing.assert_array_equal(real.training[..., 0], x)
        assert real.description == "test images of x"

    def test_else_the_training_images_are_halved(self, tmp_path):
        x = noise(31, 6, 6)
        np.savez(tmp_path / "x.npz", x_train=x)
        real = load(tmp_path / "x.npz")
        assert not real.held_out
        assert (len(real.reference), len(real.others)) == (15, 16)
        assert rows(real.reference) | rows(real.others) == rows(x)
        assert rows(real.reference) & rows(real.others) == set()

    def test_the_seed_chooses(self, tmp_path):
        np.savez(
            tmp_path / "x.npz",
            x_train=noise(30, 6, 6),
            x_test=noise(30, 6, 6, seed=1),
        )
        one, same, other = (
            load(tmp_path / "x.npz", 10, 10, seed) for seed in (0, 0, 1)
        )
        np.testing.assert_array_equal(one.reference, same.reference)
        np.testing.assert_array_equal(one.others, same.others)
        assert rows(one.reference) != rows(other.reference)
        assert one.digest == other.digest

    def test_other_shapes(self, tmp_path):
        np.savez(tmp_path / "x.npz", x_train=noise(30, 12, 12, 3))
        with pytest.raises(
            UserError, match=r"images of 6x6x1.*received 12x12x"
        ):
            load(tmp_path / "x.npz")
        real = load(tmp_path / "x.npz", resize=True)
        assert real.training.shape == (30, 6, 6, 1)
        with pytest.raises(UserError, match="not square"):
            load(tmp_path / "x.npz", resize=True, shape=(6, 8, 1))


class TestSamples:
    def test_seeds_have_no_sample_in_common(self):
        made = [rows(make_images(sampler(), 50, seed)[0]) for seed in (0, 1)]
        assert len(made[0] & made[1]) < 50
        z = sampler().draw_each(evaluation.SEEDS + np.arange(50))
        grey = np.round((z[:, 0] + 1) * 127.5)
        images, clipped = make_images(sampler(), 50, 1)
        assert np.abs(images[:, 0, 0, 0] - grey).max() <= 1
        assert clipped == 0

    def test_more_samples_begin_with_the_same(self):
        few, many = (make_images(sampler(), n, 3)[0] for n in (5, 21))
        np.testing.assert_array_equal(few, many[:5])

    def test_what_lies_beyond_the_range_is_counted(self):
        def generator(z, labels):
            values = tf.where(z[:, :1] > 0, 1.5, 1.001)
            return tf.reshape(values, (-1, 1, 1, 1)) * tf.ones((1, 6, 6, 1))

        images, clipped = make_images(sampler(generator), 200, 0)
        assert (images == 255).all()
        assert clipped == pytest.approx(0.5, abs=0.12)

    def test_labels_take_turns(self):
        def generator(z, labels):
            values = tf.cast(labels, tf.float32) / 10
            return tf.reshape(values, (-1, 1, 1, 1)) * tf.ones((1, 6, 6, 1))

        images, _ = make_images(sampler(generator, num_classes=3), 20, 0)
        levels = np.round((np.arange(20) % 3 / 10 + 1) * 127.5)
        assert np.abs(images[:, 0, 0, 0] - levels).max() <= 1
        labels = np.full(20, 2)
        images, _ = make_images(
            sampler(generator, num_classes=3), 20, 0, labels=labels
        )
        assert np.unique(images).size == 1

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_what_is_no_number(self, bad):
        def generator(z, labels):
            values = tf.where(z[:, :1] > 0, bad, 0.0)
            return tf.reshape(values, (-1, 1, 1, 1)) * tf.ones((1, 6, 6, 1))

        z = sampler().draw_each(np.arange(20))
        first = int(np.argmax(z[:, 0] > 0))
        with pytest.raises(UserError, match=f"that of seed {first} has NaN"):
            make_images(sampler(generator), 20, 0)


def test_a_generator_of_real_images_scores_the_baseline(tmp_path):
    """The whole way: what copies the training images is as good as they are,
    and is told from them by the distance to its neighbours alone."""
    from tf_gans.runs import measuring

    rng = np.random.default_rng(0)
    blobs = (
        rng.normal(size=(400, 1, 1, 1)) * 30
        + rng.normal(size=(400, 16, 16, 1)) * 10
        + 128
    )
    x = blobs.clip(0, 255).astype(np.uint8)
    np.savez(tmp_path / "x.npz", x_train=x[:300], x_test=x[300:])
    training = tf.constant(x[:300].astype(np.float32) / 127.5 - 1)

    def copies(z, labels):
        return tf.gather(training, tf.cast((z[:, 0] + 1) * 150, tf.int32))

    model = sampler(copies, shape=(16, 16, 1))
    real = load_real(
        model,
        {"dataset": None, "path": str(tmp_path / "x.npz")},
        *(100, 100, 0, False, pytest.fail),
    )
    fake, _ = make_images(model, 100, 0)
    flat = {
        name: (images.reshape(len(images), -1)[:, :8].astype(np.float32), None)
        for name, images in {
            "real": real.reference,
            "fake": fake,
            "others": real.others,
        }.items()
    }
    found = {
        row.name: row
        for row in measuring.measure_all(flat, fake, real.others, 0)
    }
    for name in ("precision", "recall", "coverage"):
        assert found[name].value == pytest.approx(
            found[name].baseline, abs=0.2
        ), name
    _, near = measuring.measure_neighbours(fake, real)
    assert {row.name: row.value for row in near} == pytest.approx(
        {"nearest": 0, "copies": 1}, abs=0.1
    )
