"""What every adversarial loss promises."""

import keras
import numpy as np
import pytest
import tensorflow as tf

# The check vectors of CS231n's assignment 3 (gan-checks-tf.npz).
REAL_LOGITS = [
    0.93487311, -1.01698916, -0.57304769, -0.88162704, -1.40129389,
    -1.45395693, -1.54239755, -0.57273325, 0.98584429, 0.13312152,
]  # fmt: skip
FAKE_LOGITS = [
    -1.80865868, 0.09030055, -0.4428902, -0.07879368, -0.37655044,
    0.32084742, -0.28590837, 1.01376281, 0.99241439, 0.39394346,
]  # fmt: skip

# Those of TF-GAN's losses_impl_test.py.
TF_GAN_REAL = [-5.0, 1.4, 12.5, 2.7]
TF_GAN_FAKE = [10.0, 4.4, -5.5, 3.6]


def column(values, dtype=tf.float32):
    return tf.constant(values, dtype, shape=(len(values), 1))


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


class LossContract:
    """What every adversarial loss promises.

    A subclass sets:
        loss_class: the class.
        options: other options than the defaults, to be saved with it.
        real_value, fake_value, generator_value: static methods, what the loss
            is for each logit, from its paper's formula in float64. One that
            compares logits says `d_values` and `g_values` in their place.
        published: pairs of values, the discriminator's and the generator's,
            that others published for the vectors above: a dict with the keys
            "cs231n" and "tf_gan". None stands for one that is not published.
        rtol: how exact the values are.
        equilibrium: dict of the logs at the equilibrium.
        equilibrium_logit: the logit there, or None.
        undecided: logits at which the discriminator still learns from real
            and from generated samples.
        increasing: whether the loss never tires of pushing in its direction.
        dead: the ends at which a player who loses clearly gets no gradient:
            of "discriminator" and "generator".
        is_probability: whether the output is one.
    """

    loss_class = None
    options: dict = {}
    published: dict = {}
    rtol = 1e-6
    equilibrium: dict = {}
    equilibrium_logit = 0.0
    undecided = (-0.9, -0.2, 0.0, 0.3, 0.8)
    increasing = True
    dead = ()
    is_probability = False

    def d_values(self, real, fake):
        """What the discriminator pays for each pair of logits."""
        return self.real_value(real) + self.fake_value(fake)

    def g_values(self, fake, real):
        """What the generator pays for each fake logit."""
        del real
        return self.generator_value(fake)

    # Values ----------------------------------------------------------------

    @pytest.mark.parametrize(
        "real, fake",
        [(REAL_LOGITS, FAKE_LOGITS), (TF_GAN_REAL, TF_GAN_FAKE)],
        ids=["cs231n", "tf_gan"],
    )
    def test_values(self, real, fake):
        """Against the formula in float64, with probabilities where it has."""
        loss = self.loss_class()
        d_loss = loss.discriminator(column(real), column(fake))
        g_loss = loss.generator(column(fake), column(real))
        if not loss.pairs_real:
            np.testing.assert_array_equal(loss.generator(column(fake)), g_loss)
        real, fake = np.array(real), np.array(fake)
        assert d_loss.shape == g_loss.shape == ()
        np.testing.assert_allclose(
            d_loss, np.mean(self.d_values(real, fake)), rtol=self.rtol
        )
        np.testing.assert_allclose(
            g_loss, np.mean(self.g_values(fake, real)), rtol=self.rtol
        )

    def test_published_values(self):
        loss = self.loss_class()
        vectors = {
            "cs231n": (REAL_LOGITS, FAKE_LOGITS),
            "tf_gan": (TF_GAN_REAL, TF_GAN_FAKE),
        }
        for name, expected in self.published.items():
            real, fake = (column(values) for values in vectors[name])
            values = (
                loss.discriminator(real, fake),
                loss.generator(fake, real),
            )
            for value, published in zip(values, expected, strict=True):
                if published is not None:  # with five to eight places
                    np.testing.assert_allclose(value, published, atol=6e-6)

    def test_is_the_mean_of_its_samples(self):
        """Each sample costs what it costs alone."""
        loss = self.loss_class()
        real, fake = column(REAL_LOGITS), column(FAKE_LOGITS)
        pairs = [(real[i], fake[i]) for i in range(len(REAL_LOGITS))]
        for value, values in (
            (
                loss.discriminator(real, fake),
                [loss.discriminator(*pair) for pair in pairs],
            ),
            (
                loss.generator(fake, real),
                [loss.generator(*pair[::-1]) for pair in pairs],
            ),
        ):
            assert value.shape == values[0].shape == ()
            assert len(set(map(float, values))) > 1
            np.testing.assert_allclose(value, np.mean(values), rtol=1e-5)

    def test_mean_over_the_batch(self):
        """A batch twice as large, of the same samples, costs the same."""
        loss = self.loss_class()
        real, fake = column(REAL_LOGITS), column(FAKE_LOGITS)
        twice = [tf.concat([t, t], axis=0) for t in (real, fake)]
        for value, expected in (
            (loss.discriminator(*twice), loss.discriminator(real, fake)),
            (loss.generator(*twice[::-1]), loss.generator(fake, real)),
        ):
            np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-6)

    def test_logits_of_any_shape(self):
        """One logit for each patch of an image, for example."""
        loss = self.loss_class()
        real, fake = column(REAL_LOGITS), column(FAKE_LOGITS)
        shape = (1, 2, -1, 1)
        np.testing.assert_allclose(
            loss.discriminator(
                tf.reshape(real, shape), tf.reshape(fake, shape)
            ),
            loss.discriminator(real, fake),
            rtol=1e-6,
        )

    @pytest.mark.parametrize(
        "dtype", ["bfloat16", "float16", "float32", "float64"]
    )
    def test_computes_in_32_bits_at_least(self, dtype):
        """Exactly as if the logits had been widened before."""
        loss = self.loss_class()
        real, fake = column(REAL_LOGITS, dtype), column(FAKE_LOGITS, dtype)
        wide = "float64" if dtype == "float64" else "float32"
        wide_real, wide_fake = tf.cast(real, wide), tf.cast(fake, wide)
        for value, expected in (
            (
                loss.discriminator(real, fake),
                loss.discriminator(wide_real, wide_fake),
            ),
            (
                loss.generator(fake, real),
                loss.generator(wide_fake, wide_real),
            ),
            (loss.output(fake), loss.output(wide_fake)),
            *(
                (loss.measure(real, fake)[n], v)
                for n, v in loss.measure(wide_real, wide_fake).items()
            ),
        ):
            assert value.dtype == wide
            np.testing.assert_array_equal(value, expected)

    # Gradients -------------------------------------------------------------

    def _gradients(self, real, fake):
        """The sums over the batch, and each sample's own gradients.

        `real` and `fake` may be one tensor.
        """
        loss = self.loss_class()
        real, fake = tf.identity(real), tf.identity(fake)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch((real, fake))
            d_loss = real.shape[0] * loss.discriminator(real, fake)
            g_loss = real.shape[0] * loss.generator(fake, real)
        pulls = (*tape.gradient(d_loss, (real, fake)),)
        return (d_loss, g_loss), (*pulls, tape.gradient(g_loss, fake))

    def test_signs_of_the_gradients(self):
        """Real is 1: D wants its logits up, and G wants those of fakes up."""
        logits = column(self.undecided)
        _, (real, fake, generator) = self._gradients(logits, logits)
        assert np.all(real < 0)  # D wants real logits up
        assert np.all(fake > 0)  # and fake ones down,
        assert np.all(generator < 0)  # which G wants up

    def test_gradients_are_the_slopes_of_the_values(self):
        logits = column(self.undecided, tf.float64)
        _, gradients = self._gradients(logits, logits)
        x, step = np.array(self.undecided), 1e-5
        for gradient, value in zip(
            gradients,
            (
                lambda real: self.d_values(real, x),
                lambda fake: self.d_values(x, fake),
                lambda fake: self.g_values(fake, x),
            ),
            strict=True,
        ):
            slope = (value(x + step) - value(x - step)) / (2 * step)
            np.testing.assert_allclose(
                np.ravel(gradient), slope, rtol=1e-6, atol=1e-9
            )

    @pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
    @pytest.mark.parametrize("jit_compile", [False, True])
    def test_finite_at_huge_logits(self, jit_compile, dtype):
        logits = column([-1e4, -100.0, 0.0, 100.0, 1e4], dtype)

        @tf.function(jit_compile=jit_compile, autograph=False)
        def values_and_gradients(real, fake):
            return self._gradients(real, fake)

        values, gradients = values_and_gradients(logits, logits)
        for value in (*values, *gradients):
            assert np.all(np.isfinite(np.float32(value)))
        real, fake, generator = (np.float32(g)[:, 0] for g in gradients)
        # Where a player is clearly wrong it is told so, and never the wrong
        # way.
        if "discriminator" in self.dead:
            assert real[0] == fake[-1] == 0
        else:
            assert real[0] < 0 < fake[-1]
        if "generator" in self.dead:
            assert generator[0] == 0
        else:
            assert generator[0] < 0
        if self.increasing:
            assert np.all(real <= 0)
            assert np.all(fake >= 0)
            assert np.all(generator <= 0)

    # Logs ------------------------------------------------------------------

    def test_equilibrium(self):
        """The logs of a discriminator that says the same of everything."""
        loss = self.loss_class()
        assert loss.equilibrium.keys() == self.equilibrium.keys()
        if self.equilibrium_logit is None:
            assert not loss.equilibrium
            return
        logits = tf.fill((4, 1), self.equilibrium_logit)
        logs = {
            "d_loss": loss.discriminator(logits, logits),
            "g_loss": loss.generator(logits, logits),
            "d_real": tf.reduce_mean(loss.output(logits)),
            "d_fake": tf.reduce_mean(loss.output(logits)),
        }
        for name, value in self.equilibrium.items():
            assert loss.equilibrium[name] == pytest.approx(value, abs=1e-12)
            np.testing.assert_allclose(logs[name], value, rtol=1e-6)

    def test_no_discriminator_does_better_at_the_equilibrium(self):
        """Where real and generated samples are alike, so are the logits."""
        if self.equilibrium_logit is None:
            return
        loss = self.loss_class()
        others = [
            float(loss.discriminator(logits, logits))
            for logits in tf.linspace(-5.0, 5.0, 101)[:, tf.newaxis]
        ]
        best = loss.equilibrium["d_loss"]
        assert min(others) == pytest.approx(best, abs=1e-3)
        assert min(others) > best - 1e-6

    def test_output(self):
        logits = column(TF_GAN_REAL)
        expected = np.array(TF_GAN_REAL)[:, np.newaxis]
        if self.is_probability:
            expected = sigmoid(expected)
        np.testing.assert_allclose(
            self.loss_class().output(logits), expected, rtol=1e-6
        )

    def test_measures(self):
        loss = self.loss_class()
        measures = loss.measure(column(REAL_LOGITS), column(FAKE_LOGITS))
        assert tuple(measures) == tuple(loss.measures)
        assert all(m.shape == () for m in measures.values())

    # Saving ----------------------------------------------------------------

    def test_survives_saving(self):
        loss = self.loss_class(**self.options)
        assert loss.get_config() == self.options
        config = keras.saving.serialize_keras_object(loss)
        copy = keras.saving.deserialize_keras_object(config)
        assert type(copy) is self.loss_class
        assert copy.get_config() == self.options
        real, fake = column(REAL_LOGITS), column(FAKE_LOGITS)
        np.testing.assert_array_equal(
            copy.discriminator(real, fake), loss.discriminator(real, fake)
        )

    def test_configs_of_the_first_release(self):
        """They name a reduction; all that is left of it is the mean."""
        config = {**self.options, "reduction": "mean"}
        loss = self.loss_class.from_config(config)
        assert loss.get_config() == self.options
        assert config["reduction"] == "mean"  # the caller's own
        with pytest.raises(ValueError, match="reduction=None"):
            self.loss_class.from_config({**config, "reduction": None})
