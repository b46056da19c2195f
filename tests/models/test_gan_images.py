"""What `GAN` does for images: labels, batch statistics, several updates."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import GAN, data, latents
from tf_gans.optimizers import FusedAdam

CLASSES = 3
BATCH = 6


@keras.saving.register_keras_serializable(package="tests.images")
class Conditional(keras.Model):
    """Inputs with a one-hot label, through a dense layer."""

    def __init__(self, units=2, num_classes=CLASSES, **kwargs):
        super().__init__(**kwargs)
        self.units, self.num_classes = units, num_classes
        self.dense = keras.layers.Dense(units)

    def build(self, input_shape):
        (_, width), _ = input_shape
        self.dense.build((None, width + self.num_classes))

    def call(self, inputs, training=None):
        inputs, labels = inputs
        return self.dense(
            tf.concat([inputs, tf.one_hot(labels, self.num_classes)], axis=1)
        )

    def get_config(self):
        return {"units": self.units, "num_classes": self.num_classes}


class Labelled(data.Source):
    """Class c lies at (c, -c)."""

    sample_shape = (2,)
    batch_size = BATCH

    def draw(self, seed, first_step, num_steps):
        labels = tf.tile(tf.range(BATCH)[None] % CLASSES, [num_steps, 1])
        places = tf.cast(labels, tf.float32)
        return tf.stack([places, -places], axis=-1), labels


def conditional_gan(discriminator=None, **options):
    gan = GAN(
        Conditional(2),
        discriminator or Conditional(1),
        latents=latents.Normal((4,)),
        **options,
    )
    gan.compile(FusedAdam(1e-2), FusedAdam(1e-2), steps_per_execution=4)
    return gan


@keras.saving.register_keras_serializable(package="tests.images")
class Normed(keras.Model):
    """A generator with batch normalisation and dropout."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(2)
        self.norm = keras.layers.BatchNormalization(momentum=0.5)

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.norm.build((None, 2))

    def call(self, z, training=None):
        return self.norm(self.dense(z), training=training)


def normed_gan(**options):
    gan = GAN(
        Normed(),
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]),
        latents=latents.Normal((4,)),
        **options,
    )
    gan.compile(FusedAdam(1e-2), FusedAdam(1e-2), steps_per_execution=4)
    return gan


class Plain(data.Source):
    sample_shape = (2,)
    batch_size = BATCH

    def draw(self, seed, first_step, num_steps):
        return tf.ones((num_steps, BATCH, 2))


class TestConditional:
    def test_trains_on_pairs_and_sees_the_labels(self):
        gan = conditional_gan()
        before = [v.numpy() for v in gan.trainable_variables]
        gan.fit(Labelled(), steps_per_epoch=6, verbose=0)
        for old, new in zip(before, gan.trainable_variables, strict=True):
            assert np.any(old != new.numpy())
        samples = gan.sample(6, labels=[0, 1, 2, 0, 1, 2]).numpy()
        kernel = gan.generator.dense.kernel.numpy()[4:]  # of the labels
        z = gan.latents.draw(0, "sample", 0, 1, 6)[0]
        rest = z @ gan.generator.dense.kernel[:4] + gan.generator.dense.bias
        np.testing.assert_allclose(
            samples - rest, kernel[[0, 1, 2, 0, 1, 2]], rtol=1e-4, atol=1e-5
        )

    @pytest.mark.slow
    def test_from_a_dataset_of_pairs(self):
        source = Labelled()
        samples, labels = (t.numpy() for t in source.draw(0, 0, 6))
        dataset = tf.data.Dataset.from_tensor_slices(
            (samples.reshape(-1, 2), labels.reshape(-1))
        ).batch(BATCH, drop_remainder=True)
        keras.utils.set_random_seed(0)
        one = conditional_gan()
        keras.utils.set_random_seed(0)
        other = conditional_gan()
        one.fit(source, steps_per_epoch=6, verbose=0)
        other.fit(dataset, verbose=0)
        for a, b in zip(one.weights, other.weights, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)

    def test_the_critic_steps_see_their_own_labels(self):
        gan = conditional_gan(critic_steps=2)
        gan.fit(Labelled(), steps_per_epoch=2, verbose=0)
        assert np.isfinite(gan.step_losses["d_loss"]).all()

    def test_labels_go_round_where_none_are_given(self):
        gan = conditional_gan()
        np.testing.assert_array_equal(
            gan.sample(4), gan.sample(4, labels=[0, 1, 2, 0])
        )

    def test_survives_saving(self, tmp_path):
        gan = conditional_gan()
        gan.fit(Labelled(), steps_per_epoch=3, verbose=0)
        gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        assert loaded.num_classes == CLASSES
        np.testing.assert_array_equal(gan.sample(5), loaded.sample(5))

    def test_data_without_labels(self):
        dataset = tf.data.Dataset.from_tensors(tf.ones((BATCH, 2))).repeat(8)
        with pytest.raises(ValueError, match="pairs of samples and labels"):
            conditional_gan().fit(dataset, verbose=0)

    def test_an_unconditional_model_ignores_labels(self):
        gan = normed_gan()
        gan.fit(Labelled(), steps_per_epoch=2, verbose=0)
        assert np.isfinite(gan.step_losses["d_loss"]).all()

    def test_a_source_without_labels(self):
        with pytest.raises(ValueError, match="pairs of samples and labels"):
            conditional_gan().fit(Plain(), steps_per_epoch=1, verbose=0)

    def test_the_networks_must_agree(self):
        with pytest.raises(ValueError, match="Received: 3 and 4"):
            conditional_gan(Conditional(1, num_classes=4))

    def test_labels_for_an_unconditional_model(self):
        with pytest.raises(ValueError, match="labels"):
            normed_gan().sample(2, labels=[0, 1])


class TestBatchStatistics:
    def test_are_the_batch_s_and_change_nothing(self):
        gan = normed_gan()
        gan.fit(Plain(), steps_per_epoch=4, verbose=0)
        before = [v.numpy() for v in gan.generator.weights]
        z = gan.latents.draw(1, "sample", 0, 1, 50)[0]
        samples = gan.call_with_batch_statistics(z).numpy()
        averaged = normed_gan(ema_decay=0.5)
        averaged.ema_generator.set_weights(gan.generator.get_weights())
        np.testing.assert_allclose(
            averaged.call_with_batch_statistics(z), samples, rtol=1e-6
        )
        for old, new in zip(before, gan.generator.weights, strict=True):
            np.testing.assert_array_equal(old, new)
        beta, gamma = gan.generator.norm.beta, gan.generator.norm.gamma
        np.testing.assert_allclose(samples.mean(axis=0), beta, atol=1e-4)
        np.testing.assert_allclose(samples.std(axis=0), gamma, rtol=1e-2)
        assert not np.allclose(samples, gan(z))

    def test_the_average_includes_the_moving_statistics(self):
        gan = normed_gan(ema_decay=0.0)  # follows at once
        gan.fit(Plain(), steps_per_epoch=3, verbose=0)
        before = gan.ema_generator.norm.moving_mean.numpy()
        gan.fit(Plain(), steps_per_epoch=1, verbose=0)
        moving = gan.generator.norm.moving_mean.numpy()
        assert (moving != before).all()
        # To the bit: it is moved by the difference, which is rounded.
        np.testing.assert_array_equal(
            gan.ema_generator.norm.moving_mean, before + (moving - before)
        )
        gan = normed_gan(ema_decay=0.9)
        gan.fit(Plain(), steps_per_epoch=1, verbose=0)
        # At t = 1 the decay is min(0.9, 2 / 11).
        np.testing.assert_allclose(
            gan.ema_generator.norm.moving_mean,
            9 / 11 * gan.generator.norm.moving_mean,
            rtol=1e-5,
        )


class Recording(GAN):
    """Keeps the z of each update, run eagerly."""

    def _update_discriminator(self, real, labels, numbers):
        self.seen.append(("d", numbers["z"].numpy()))
        return super()._update_discriminator(real, labels, numbers)

    def _update_generator(self, labels, numbers, real):
        self.seen.append(("g", numbers["z"].numpy()))
        return super()._update_generator(labels, numbers, real)


class TestUpdates:
    def record(self, **options):
        gan = Recording(
            Normed(),
            keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]),
            latents=latents.Normal((4,)),
            **options,
        )
        gan.seen = []
        gan.compile(FusedAdam(1e-2), FusedAdam(1e-2), run_eagerly=True)
        gan.fit(Plain(), steps_per_epoch=2, verbose=0)
        return gan

    @pytest.mark.parametrize(("critics", "generators"), [(1, 2), (3, 1)])
    def test_each_has_z_of_its_own(self, critics, generators):
        gan = self.record(critic_steps=critics, generator_steps=generators)
        order = "".join(who for who, _ in gan.seen)
        assert order == ("d" * critics + "g" * generators) * 2
        assert len({z.tobytes() for _, z in gan.seen}) == len(gan.seen)

    def test_or_all_of_a_step_share_one(self):
        gan = self.record(generator_steps=2, fresh_latents=False)
        assert "".join(who for who, _ in gan.seen) == "dggdgg"
        z = [z.tobytes() for _, z in gan.seen]
        assert z[0] == z[1] == z[2] != z[3] == z[4] == z[5]
        assert int(gan.generator_optimizer.iterations) == 4
        assert int(gan.discriminator_optimizer.iterations) == 2

    def test_or_the_generator_has_the_discriminator_s_last(self):
        gan = self.record(
            critic_steps=2, generator_steps=2, generator_latents="last"
        )
        assert "".join(who for who, _ in gan.seen) == "ddggddgg"
        z = [z.tobytes() for _, z in gan.seen]
        assert z[1] == z[2] == z[3] and z[5] == z[6] == z[7]
        assert len({*z}) == 4

    def test_options_survive(self):
        gan = normed_gan(
            generator_steps=2, fresh_latents=False, track_outputs=True
        )
        config = gan.get_config()
        assert config["generator_steps"] == 2
        assert config["fresh_latents"] is False
        assert config["track_outputs"] is True

    def test_bad_generator_steps(self):
        with pytest.raises(ValueError, match="generator_steps"):
            normed_gan(generator_steps=0)

    def test_outputs_are_the_discriminator_s(self):
        gan = normed_gan(track_outputs=True)
        gan.compile(FusedAdam(0.0), FusedAdam(0.0), steps_per_execution=1)
        gan.fit(Plain(), steps_per_epoch=1, verbose=0)
        expected = tf.sigmoid(gan.discriminator(tf.ones((1, 2))))
        np.testing.assert_allclose(
            gan.step_losses["d_real"], expected[0], rtol=1e-5
        )
        assert 0 < gan.step_losses["d_fake"][0] < 1


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(dtype):
    """Weights stay in 32 bits; a scaled loss leaves the losses as they are."""

    def dense(units, width):
        return keras.Sequential(
            [
                keras.Input((width,)),
                keras.layers.Dense(8, activation="relu", dtype=dtype),
                keras.layers.Dense(units, dtype="float32"),
            ]
        )

    def optimizer():
        adam = keras.optimizers.Adam(1e-2)
        if dtype == "mixed_float16":
            return keras.optimizers.LossScaleOptimizer(adam)
        return adam

    keras.utils.set_random_seed(0)
    gan = GAN(dense(2, 4), dense(1, 2), latents=latents.Normal((4,)))
    gan.compile(optimizer(), optimizer(), steps_per_execution=2)
    before = [v.numpy() for v in gan.trainable_variables]
    gan.fit(Plain(), steps_per_epoch=4, verbose=0)
    assert all(v.dtype == "float32" for v in gan.trainable_variables)
    assert any(
        np.any(old != new.numpy())
        for old, new in zip(before, gan.trainable_variables, strict=True)
    )
    assert np.all(gan.step_losses["d_loss"] < 10)
