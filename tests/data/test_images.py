"""Images as a source of batches."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gans
from tf_gans import data, latents, pixels


def numbered(num_images, shape=(2, 2, 1)):
    """Images that tell their own number, in their first two pixels."""
    images = np.zeros((num_images, *shape), np.uint8)
    flat = images.reshape(num_images, -1)
    flat[:, 0] = np.arange(num_images) % 256
    flat[:, 1] = np.arange(num_images) // 256
    return images


def numbers_of(samples, value_range=(-1.0, 1.0)):
    flat = pixels.to_pixels(samples.numpy(), value_range)
    flat = flat.reshape(*samples.shape[:2], -1).astype(int)
    return flat[..., 0] + 256 * flat[..., 1]


def epoch_of(source, epoch, seed=0):
    """The numbers of all images of an epoch, in their order."""
    steps = source.steps_per_epoch
    return numbers_of(source.draw(seed, epoch * steps, steps)).ravel()


class TestBatches:
    def test_what_a_source_has(self):
        source = data.Images(numbered(100, (4, 6, 3)), 8, name="some")
        assert isinstance(source, data.Source)
        assert source.batch_size == 8
        assert source.num_images == 100
        assert source.steps_per_epoch == 12
        assert tuple(source.sample_shape) == (4, 6, 3)
        assert source.num_classes is None
        assert source.name == "some"
        assert repr(source) == (
            "Images(name='some', num_images=100, sample_shape=(4, 6, 3), "
            "batch_size=8, num_classes=None, value_range=(-1.0, 1.0))"
        )
        x = source.draw(0, 0, 5)
        assert x.shape == (5, 8, 4, 6, 3)
        assert x.dtype == tf.float32

    @pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0)])
    def test_samples_are_the_images_in_their_range(self, value_range):
        images = np.random.default_rng(0).integers(
            0, 256, (50, 3, 3, 1), np.uint8
        )
        source = data.Images(images, 10, value_range=value_range)
        x = source.draw(0, 0, 5).numpy().reshape(50, 9)
        expected = pixels.to_samples(images, value_range).numpy()
        assert sorted(map(tuple, x)) == sorted(
            map(tuple, expected.reshape(50, 9))
        )
        assert x.min() >= value_range[0]
        assert x.max() <= value_range[1]
        assert source.value_range == value_range

    def test_the_range_may_be_that_of_a_generator_built_later(self):
        source = data.Images(numbered(300), 4)
        source.value_range = (0.0, 1.0)
        assert source.draw(0, 0, 1).numpy().min() == 0

    @pytest.mark.parametrize("num_images", [64, 1000, 1021])
    def test_an_epoch_holds_every_image_once(self, num_images):
        source = data.Images(numbered(num_images), 8)
        for epoch in (0, 1, 12345):
            numbers = epoch_of(source, epoch)
            assert len(numbers) == num_images // 8 * 8
            assert len(set(numbers)) == len(numbers)
            assert set(numbers) <= set(range(num_images))

    def test_what_does_not_fill_a_batch_is_another_part_every_epoch(self):
        source = data.Images(numbered(103), 10)
        left_out = [
            frozenset(range(103)) - set(epoch_of(source, i)) for i in range(20)
        ]
        assert {len(part) for part in left_out} == {3}
        assert len(set(left_out)) == 20
        assert len(frozenset.union(*left_out)) > 35

    def test_epochs_and_seeds_differ(self):
        source = data.Images(numbered(1000), 50)
        orders = [
            epoch_of(source, epoch, seed)
            for epoch in range(4)
            for seed in range(4)
        ]
        for i, a in enumerate(orders):
            for b in orders[:i]:
                assert np.sum(a == b) < 10
        np.testing.assert_array_equal(orders[5], epoch_of(source, 1, 1))

    @pytest.mark.parametrize("num_images", [100, 107])
    def test_a_block_is_its_steps(self, num_images):
        """Over the ends of epochs, too."""
        source = data.Images(numbered(num_images), 9)
        assert source.steps_per_epoch == 11
        block = source.draw(7, 8, 30).numpy()
        for i in range(30):
            np.testing.assert_array_equal(block[i], source.draw(7, 8 + i, 1)[0])

    @pytest.mark.parametrize("first_step", [2**31 // 1021, 2**31, 2**45])
    def test_steps_far_into_a_run(self, first_step):
        source = data.Images(numbered(1021), 10)
        begin = -(-first_step // 102) * 102  # of an epoch
        whole = numbers_of(source.draw(3, begin, 102)).ravel()
        assert len(set(whole)) == 1020
        following = numbers_of(source.draw(3, begin + 102, 102)).ravel()
        assert len(set(following)) == 1020
        assert np.sum(whole == following) < 10

    @pytest.mark.parametrize(
        "num_images",
        [
            1021,
            pytest.param(1000, marks=pytest.mark.slow),
            pytest.param(60_000, marks=pytest.mark.slow),
        ],
    )
    def test_xla_gives_the_same_bits(self, num_images):
        labels = np.arange(num_images) % 7
        source = data.Images(numbered(num_images, (5, 5, 1)), 16, labels)

        def draw(seed, first_step):
            return source.draw(seed, first_step, 9)

        programs = [
            draw,
            tf.function(draw),
            tf.function(draw, jit_compile=True),
        ]
        last = source.steps_per_epoch - 4  # the block goes into the next epoch
        for first_step in (0, last, 2**40):
            arguments = [
                tf.constant(5, tf.int64),
                tf.constant(first_step, tf.int64),
            ]
            results = [program(*arguments) for program in programs]
            for x, y in results[1:]:
                np.testing.assert_array_equal(x, results[0][0])
                np.testing.assert_array_equal(y, results[0][1])

    def test_a_batch_of_all(self):
        source = data.Images(numbered(6), 6)
        assert source.steps_per_epoch == 1
        orders = {tuple(epoch_of(source, epoch)) for epoch in range(20)}
        assert all(set(order) == set(range(6)) for order in orders)
        assert len(orders) > 15

    def test_the_images_are_no_part_of_the_program(self):
        """Not even small ones, once they are more than a few bytes."""
        source = data.Images(numbered(5000), 8, np.arange(5000) % 3)
        program = tf.function(lambda step: source.draw(0, step, 1))
        graph = program.get_concrete_function(tf.TensorSpec((), tf.int64)).graph
        assert graph.as_graph_def().ByteSize() < 100_000
        constants = [op for op in graph.get_operations() if op.type == "Const"]
        assert all(op.outputs[0].shape.num_elements() < 100 for op in constants)

    def test_later_changes_of_the_array_change_nothing(self):
        images = numbered(300)
        source = data.Images(images, 10)
        before = source.draw(0, 0, 30).numpy()
        images[:] = 0
        np.testing.assert_array_equal(source.draw(0, 0, 30), before)


class TestLabels:
    def test_labels_stay_with_their_images(self):
        labels = np.random.default_rng(0).integers(0, 10, 1021)
        source = data.Images(numbered(1021), 20, labels)
        assert source.num_classes == 10
        x, y = source.draw(0, 30, 51)
        assert x.shape == (51, 20, 2, 2, 1)
        assert y.shape == (51, 20)
        assert y.dtype == tf.int32
        np.testing.assert_array_equal(y, labels[numbers_of(x)])

    def test_labels_do_not_change_the_order(self):
        with_labels = data.Images(numbered(100), 10, np.zeros(100, int))
        np.testing.assert_array_equal(
            with_labels.draw(1, 0, 20)[0],
            data.Images(numbered(100), 10).draw(1, 0, 20),
        )

    @pytest.mark.parametrize("dtype", ["uint8", "int64", "uint16"])
    def test_any_integers(self, dtype):
        source = data.Images(numbered(4), 2, np.array([0, 2, 1, 2], dtype))
        assert source.num_classes == 3

    @pytest.mark.parametrize(
        "labels",
        [
            np.zeros(9, int),
            np.zeros((10, 1), int),
            np.zeros(10, np.float32),
            np.eye(10, dtype=int),
            np.full(10, -1),
        ],
    )
    def test_bad_labels(self, labels):
        with pytest.raises(ValueError, match=r"`labels` must be .*Received"):
            data.Images(numbered(10), 2, labels)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((10, 4, 4, 1), np.float32),
        np.zeros((10, 4, 4), np.uint8),
        np.zeros((10, 16), np.uint8),
    ],
)
def test_bad_images(images):
    with pytest.raises(ValueError, match=r"`images` must be a uint8 array"):
        data.Images(images, 2)


def test_bad_batch_sizes():
    with pytest.raises(ValueError, match="`batch_size` must be at most"):
        data.Images(numbered(10), 11)
    with pytest.raises(ValueError, match="`batch_size` must be a positive"):
        data.Images(numbered(10), 0)


def test_bad_ranges():
    with pytest.raises(ValueError, match="`value_range` must be a pair"):
        data.Images(numbered(10), 2, value_range=(1, -1))


@keras.saving.register_keras_serializable(package="test_images")
class Looker(keras.layers.Layer):
    """Keeps the greatest pixel of each batch that it sees first in a step."""

    def build(self, input_shape):
        self.seen = self.add_weight(
            shape=(40,), initializer="zeros", trainable=False, name="seen"
        )
        self.calls = self.add_weight(
            shape=(), initializer="zeros", dtype="int32", trainable=False
        )

    def call(self, x):
        # The discriminator sees real, fake and, for the generator, fake.
        place = tf.convert_to_tensor(self.calls) // 3
        is_real = tf.convert_to_tensor(self.calls) % 3 == 0
        value = tf.reduce_sum(x) * tf.cast(is_real, x.dtype)
        self.seen.assign_add(tf.one_hot(place, 40) * value)
        self.calls.assign_add(1)
        return x


def build_gan(jit_compile, steps_per_execution):
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, kernel_initializer="zeros"),
            keras.layers.Reshape((2, 2, 1)),
        ]
    )
    looker = Looker()
    discriminator = keras.Sequential(
        [
            keras.Input((2, 2, 1)),
            looker,
            keras.layers.Flatten(),
            keras.layers.Dense(1, kernel_initializer="zeros"),
        ]
    )
    gan = tf_gans.GAN(generator, discriminator, latents.Normal((3,)), seed=5)
    gan.compile(
        keras.optimizers.SGD(0.01),
        keras.optimizers.SGD(0.01),
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
    )
    return gan, looker


@pytest.mark.parametrize(
    ("steps_per_execution", "jit_compile"),
    [
        (1, False),
        (4, True),
        pytest.param(1, True, marks=pytest.mark.slow),
        pytest.param(4, False, marks=pytest.mark.slow),
    ],
)
def test_training_sees_the_batches_of_its_steps(
    jit_compile, steps_per_execution
):
    """In `GAN.fit`, over two epochs, whose length is the source's own."""
    gan, looker = build_gan(jit_compile, steps_per_execution)
    source = data.Images(numbered(307), 30)
    history = gan.fit(source, epochs=2, verbose=0)
    assert np.isfinite(history.history["d_loss"]).all()
    assert int(gan.step.numpy()) == 2 * 10
    expected = source.draw(5, 0, 20).numpy().sum((1, 2, 3, 4))
    np.testing.assert_allclose(
        np.array(looker.seen)[:20], expected, rtol=1e-4, atol=1e-3
    )
    assert np.ptp(expected) > 1


class Conditional(keras.layers.Layer):
    """A network of samples, or of z, and labels; it keeps sums of the pairs."""

    num_classes = 7

    def __init__(self, shape, **kwargs):
        super().__init__(**kwargs)
        self.shape = shape

    def build(self, input_shape):
        self.w = self.add_weight(shape=(), initializer="zeros")
        self.seen = self.add_weight(
            shape=(), initializer="zeros", trainable=False
        )
        self.built = True

    def call(self, inputs, training=None):
        x, labels = inputs
        x = tf.reshape(x, (tf.shape(x)[0], -1))
        value = tf.reduce_sum(x, -1) * tf.cast(1 + labels, x.dtype)
        self.seen.assign_add(tf.reduce_sum(value))
        return tf.reshape(
            tf.repeat(self.w * value, int(np.prod(self.shape))),
            (-1, *self.shape),
        )

    def compute_output_spec(self, inputs, training=None):
        return keras.KerasTensor((None, *self.shape), dtype="float32")


def test_a_conditional_model_sees_the_labels_of_its_images():
    generator, discriminator = Conditional((2, 2, 1)), Conditional((1,))
    gan = tf_gans.GAN(generator, discriminator, latents.Normal((3,)), seed=5)
    gan.compile(
        keras.optimizers.SGD(0.0),
        keras.optimizers.SGD(0.0),
        jit_compile=True,
        steps_per_execution=4,
    )
    source = data.Images(numbered(307), 30, np.arange(307) % 7)
    gan.fit(source, epochs=1, verbose=0)
    x, y = source.draw(5, 0, 10)
    # The generator's samples are zeros.
    expected = np.sum(x.numpy().sum((2, 3, 4)) * (1 + y.numpy()))
    assert float(discriminator.seen.numpy()) == pytest.approx(expected, 1e-4)
