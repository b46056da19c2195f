"""What every gradient penalty promises."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gans import losses, networks


def draw(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return tf.constant(values, tf.float32)


def noise_for(penalty, batch, sample_shape, seed=3, step=5):
    """One row of what a penalty draws; None for one that draws nothing."""
    block = penalty.draw(seed, step, 1, batch, sample_shape)
    if block is None:
        return None
    return tf.nest.map_structure(lambda t: t[0], block)


def value_of(penalty, critic, real, fake=None):
    """The penalty with the noise that it draws for the batch."""
    noise = noise_for(penalty, real.shape[0], real.shape[1:])
    fake = draw(*real.shape, seed=1) if fake is None else fake
    return penalty(critic, real, fake, noise)


def flat(structure):
    """A draw's tensors, of which there may be none."""
    return [] if structure is None else tf.nest.flatten(structure)


class Recorder:
    """A critic that keeps what it was asked about."""

    def __call__(self, samples):
        self.samples = samples
        axes = list(range(1, samples.shape.rank))
        return tf.reduce_sum(samples**2, axes)[:, tf.newaxis] / 2


class PenaltyContract:
    """What every gradient penalty promises.

    A subclass sets:
        penalty_class: the class.
        options: options that other than the defaults are tested with.
        saved_options: all options, none at its default, to be saved with it.
        linear_value(weight, norm): the penalty of a linear critic, whose
            gradient has that norm everywhere.
        batch_norm: what the class says of batch normalisation.
    """

    penalty_class = None
    options: dict = {}
    saved_options: dict = {}
    batch_norm = None

    def linear_value(self, weight, norm):
        raise NotImplementedError

    def make(self, **options):
        return self.penalty_class(**{**self.options, **options})

    # Values ----------------------------------------------------------------

    @pytest.mark.parametrize("batch", [1, 7, 64])
    def test_linear_critic(self, batch):
        """Known in closed form, and independent of samples and batch."""
        slope = tf.constant([[1.0], [-2.0], [2.0]])
        value = value_of(
            self.make(weight=10.0), lambda x: x @ slope, draw(batch, 3)
        )
        assert value.shape == ()
        np.testing.assert_allclose(
            value, self.linear_value(10.0, 3.0), rtol=1e-6
        )

    @pytest.mark.parametrize("sample_shape", [(6,), (5, 3), (4, 5, 3)])
    def test_ledger_3_the_norm_is_over_all_but_the_batch(self, sample_shape):
        """An image's gradient is one vector, not one for each row or column."""
        slope = draw(*sample_shape)
        norm = float(np.linalg.norm(np.ravel(slope)))

        def critic(samples):
            axes = list(range(1, samples.shape.rank))
            return tf.reduce_sum(samples * slope, axes)[:, tf.newaxis]

        value = value_of(self.make(weight=1.0), critic, draw(6, *sample_shape))
        np.testing.assert_allclose(
            value, self.linear_value(1.0, norm), rtol=1e-5
        )

    def test_mean_over_the_batch(self):
        """A batch twice as large, of the same samples, costs the same."""
        penalty = self.make()
        real, fake = draw(5, 3), draw(5, 3, seed=1)
        noise = noise_for(penalty, 5, (3,))
        critic = Recorder()
        once = penalty(critic, real, fake, noise)
        twice = [
            tf.nest.map_structure(lambda t: tf.concat([t, t], axis=0), x)
            for x in (real, fake, *([] if noise is None else [noise]))
        ]
        assert float(once) > 0
        np.testing.assert_allclose(penalty(critic, *twice), once, rtol=1e-5)

    def test_weight_zero_is_free(self):
        assert float(value_of(self.make(weight=0), Recorder(), draw(4, 2))) == 0

    # Gradients -------------------------------------------------------------

    def test_ledger_4_a_flat_critic_is_finite(self):
        """The square root of zero has no derivative; the penalty has one."""
        slope = tf.Variable([[0.0], [0.0]])
        with tf.GradientTape() as tape:
            value = value_of(self.make(), lambda x: x @ slope, draw(4, 2))
        np.testing.assert_allclose(
            value, self.linear_value(self.make().weight, 0.0), rtol=1e-5
        )
        assert np.all(np.isfinite(tape.gradient(value, slope)))

    def test_a_critic_that_does_not_look_is_flat(self):
        bias = tf.Variable([2.0])
        value = value_of(
            self.make(), lambda x: tf.tile(bias[None], (4, 1)), draw(4, 2)
        )
        np.testing.assert_allclose(
            value, self.linear_value(self.make().weight, 0.0), rtol=1e-5
        )

    def test_adds_to_a_loss(self):
        """A discriminator's loss and its penalty share a tape."""
        slope = tf.Variable([[3.0]])
        real, fake = draw(4, 1), draw(4, 1, seed=1)
        with tf.GradientTape() as tape:
            loss = losses.NonSaturating().discriminator(
                real @ slope, fake @ slope
            )
            total = loss + value_of(
                self.make(weight=2.0), lambda x: x @ slope, real, fake
            )
        with tf.GradientTape() as alone:
            loss = losses.NonSaturating().discriminator(
                real @ slope, fake @ slope
            )
        step = 1e-4
        expected = self.linear_value(2.0, 3 + step) - self.linear_value(
            2.0, 3 - step
        )
        np.testing.assert_allclose(
            tape.gradient(total, slope) - alone.gradient(loss, slope),
            [[expected / (2 * step)]],
            rtol=1e-5,
        )

    @pytest.mark.parametrize("jit_compile", [False, True])
    def test_second_order_through_a_discriminator(self, jit_compile):
        """The penalty's gradient to the weights, against finite differences."""
        critic = networks.gaussian.Discriminator(
            minibatch=True, activation="tanh", seed=1
        )
        real, fake = draw(6, 1), draw(6, 1, seed=1)
        critic.build((None, 1))
        kernel = critic.second.kernel
        penalty = self.make()

        @tf.function(jit_compile=jit_compile, autograph=False)
        def value_and_gradient():
            with tf.GradientTape() as tape:
                value = value_of(penalty, critic, real, fake)
            return value, tape.gradient(value, kernel)

        _, gradient = value_and_gradient()
        direction = np.sign(gradient) / math.sqrt(np.size(gradient))
        start, step = kernel.numpy(), 1e-3
        values = []
        for sign in (1, -1):
            kernel.assign(start + sign * step * direction)
            values.append(float(value_and_gradient()[0]))
        slope = np.sum(gradient * direction)
        assert slope > 0.1
        assert (values[0] - values[1]) / (2 * step) == pytest.approx(
            slope, rel=0.02
        )

    # Precision -------------------------------------------------------------

    @pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
    def test_mixed_precision(self, policy):
        """The critic computes in 16 bits, the norms are taken in 32."""

        def critic(dtype):
            network = keras.Sequential(
                [
                    keras.layers.Dense(16, activation="tanh", dtype=dtype),
                    keras.layers.Dense(1, dtype="float32"),
                ]
            )
            network.build((None, 3))
            return network

        # With other weights a gradient may be the difference of two large ones,
        # of which 16 bits keep little.
        keras.utils.set_random_seed(2)
        half, full = critic(policy), critic("float32")
        half.set_weights(full.get_weights())
        penalty, real = self.make(weight=1.0), draw(32, 3)

        def value_and_gradients(network):
            with tf.GradientTape() as tape:
                value = value_of(penalty, network, real)
            return value, tape.gradient(value, network.trainable_variables)

        value, gradients = value_and_gradients(half)
        expected, expected_gradients = value_and_gradients(full)
        assert value.dtype == "float32"
        np.testing.assert_allclose(value, expected, rtol=0.03)
        # The last bias moves no gradient.
        pairs = list(zip(gradients, expected_gradients, strict=True))[:-1]
        for gradient, exact in pairs:
            scale = np.max(np.abs(exact))
            np.testing.assert_allclose(gradient, exact, atol=0.05 * scale)

    @pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
    def test_samples_in_16_bits(self, dtype):
        """A float16 cannot hold the square of a gradient of 300."""
        slope = tf.constant([[300.0], [400.0]])
        real = tf.cast(draw(4, 2), dtype)
        fake = tf.cast(draw(4, 2, seed=1), dtype)
        value = value_of(
            self.make(weight=1.0),
            lambda x: tf.cast(x, tf.float32) @ slope,
            real,
            fake,
        )
        assert value.dtype == "float32"
        np.testing.assert_allclose(
            value, self.linear_value(1.0, 500.0), rtol=1e-5
        )

    # Random numbers --------------------------------------------------------

    def test_noise_is_a_function_of_seed_and_step(self):
        penalty = self.make()
        block = flat(penalty.draw(7, 10, 6, 4, (3, 2)))
        for i in range(6):
            one = flat(penalty.draw(7, 10 + i, 1, 4, (3, 2)))
            for whole, part in zip(block, one, strict=True):
                np.testing.assert_array_equal(whole[i], part[0])
        for tensor in block:
            assert tensor.dtype == "float32"
            assert tensor.shape[:2] == (6, 4)
            assert len(np.unique(tensor, axis=0)) == 6
        for other in (penalty.draw(8, 10, 6, 4, (3, 2)),
                      penalty.draw(7, 16, 6, 4, (3, 2))):  # fmt: skip
            for tensor, another in zip(block, flat(other), strict=True):
                assert np.mean(np.equal(tensor, another)) < 0.01

    def test_the_penalty_is_a_function_of_its_noise(self):
        penalty, critic = self.make(), Recorder()
        values = [float(value_of(penalty, critic, draw(4, 2))) for _ in "12"]
        assert values[0] == values[1]

    @pytest.mark.parametrize("jit_compile", [False, True])
    def test_a_block_of_updates(self, jit_compile):
        """Drawn at once inside a program, whose batch has any size."""
        penalty, critic = self.make(), Recorder()

        @tf.function(
            jit_compile=jit_compile,
            autograph=False,
            input_signature=[tf.TensorSpec((None, 4, 4, 1))] * 2,
        )
        def values(real, fake):
            seed, first = tf.constant(3, tf.int64), tf.constant(8, tf.int64)
            block = penalty.draw(seed, first, 2, tf.shape(real)[0], (4, 4, 1))

            def value(i):
                row = None
                if block is not None:
                    row = tf.nest.map_structure(lambda t: t[i], block)
                # A network's layers ask for the shape.
                assert real.shape[1:] == (4, 4, 1)
                result = penalty(critic, real, fake, row)
                assert critic.samples.shape[1:] == (4, 4, 1)
                return result

            return tf.stack([value(0), value(1)])

        for batch in (1, 6):
            real, fake = draw(batch, 4, 4, 1), draw(batch, 4, 4, 1, seed=1)
            expected = [
                penalty(
                    critic,
                    real,
                    fake,
                    noise_for(penalty, batch, (4, 4, 1), seed=3, step=step),
                )
                for step in (8, 9)
            ]
            np.testing.assert_allclose(values(real, fake), expected, rtol=1e-5)

    # The rest --------------------------------------------------------------

    def test_batch_norm(self):
        assert self.penalty_class.batch_norm == self.batch_norm

    def test_survives_saving(self):
        penalty = self.penalty_class(**self.saved_options)
        assert penalty.get_config() == self.saved_options
        default = self.penalty_class().get_config()
        assert default.keys() == self.saved_options.keys()
        assert not any(default[k] == v for k, v in self.saved_options.items())
        config = keras.saving.serialize_keras_object(penalty)
        copy = keras.saving.deserialize_keras_object(config)
        assert type(copy) is self.penalty_class
        assert copy.get_config() == self.saved_options

    @pytest.mark.parametrize("weight", [-1, math.nan, math.inf])
    def test_bad_weight(self, weight):
        with pytest.raises(ValueError, match=f"weight={weight}"):
            self.penalty_class(weight=weight)


class NormPenaltyContract(PenaltyContract):
    """What penalties on the distance of the norm from a target promise."""

    def linear_value(self, weight, norm):
        return weight * (norm - 1) ** 2

    @pytest.mark.parametrize("target", [0.0, 2.0])
    def test_target(self, target):
        slope = tf.constant([[3.0], [4.0]])
        value = value_of(
            self.make(weight=0.5, target=target),
            lambda x: x @ slope,
            draw(4, 2),
        )
        np.testing.assert_allclose(value, 0.5 * (5 - target) ** 2, rtol=1e-6)

    def test_without_its_noise(self):
        name = self.penalty_class.__name__
        with pytest.raises(ValueError, match=rf"`noise`.*{name}\.draw"):
            self.make()(Recorder(), draw(4, 2), draw(4, 2))

    @pytest.mark.parametrize("target", [-1, math.nan, math.inf])
    def test_bad_target(self, target):
        with pytest.raises(ValueError, match=f"target={target}"):
            self.penalty_class(target=target)
