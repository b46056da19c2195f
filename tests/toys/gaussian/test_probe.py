"""The frames of the 1-D demonstration, against numpy and brute force."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gans
from tf_gans import data, latents, networks
from tf_gans.toys.gaussian.probe import (
    DistributionProbe,
    density_histogram,
    generated_samples,
)

POINTS = 10_000
GRID = np.linspace(-8, 8, POINTS, dtype=np.float32)
DRAWN = np.linspace(0, POINTS - 1, 400).round().astype(int)


def make_gan(minibatch=True, batch_size=8, **kwargs):
    gan = tf_gans.GAN(
        networks.gaussian.Generator(seed=1),
        networks.gaussian.Discriminator(minibatch=minibatch, seed=2),
        **{"latents": latents.Stratified(-8, 8), **kwargs},
    )
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    if minibatch:
        # Its initial weights hardly tell one batch from another.
        weights = gan.discriminator.third.projection
        weights.kernel.assign(weights.kernel * 50)
    return gan


def brute_force(gan, batch_size, grid=GRID):
    """The probabilities of all points of the grid, group after group."""
    expected = np.full(POINTS, np.nan, np.float32)
    discriminate = tf.function(gan.discriminator, autograph=False)
    for start in range(0, POINTS, batch_size):
        first = min(start, POINTS - batch_size)
        group = grid[first : first + batch_size, np.newaxis]
        logits = discriminate(tf.constant(group), training=False)
        values = tf.sigmoid(logits).numpy()[:, 0]
        expected[start : first + batch_size] = values[start - first :]
    return expected


def measure(gan, jit_compile=True, **kwargs):
    probe = DistributionProbe(None, **kwargs)
    function = tf.function(
        lambda: probe.measure(gan), jit_compile=jit_compile, autograph=False
    )
    return {name: value.numpy() for name, value in function().items()}


def decision_boundary(gan, batch_size):
    return DistributionProbe(None, batch_size).once(gan)["boundary"]


class Recorder:
    def __init__(self):
        self.blocks = []

    def __call__(self, steps, boundary, density):
        self.blocks.append((steps, boundary, density))

    @property
    def frames(self):
        return [
            np.concatenate(parts) for parts in zip(*self.blocks, strict=True)
        ]


class TestDensityHistogram:
    def check(self, samples, low, high, bins):
        samples = np.asarray(samples, np.float32)
        # numpy makes its edges in the samples' precision, as we do.
        counts, edges = np.histogram(samples, bins, (low, high))
        expected = counts / max(counts.sum(), 1) / np.diff(edges)
        for jit_compile in (False, True):
            function = tf.function(density_histogram, jit_compile=jit_compile)
            actual = function(tf.constant(samples), low, high, bins).numpy()
            assert actual.dtype == np.float32
            np.testing.assert_allclose(actual, expected, rtol=1e-6)

    @pytest.mark.parametrize(
        ("low", "high", "bins"),
        [(-8, 8, 99), (-8, 8, 100), (0, 1, 7), (-0.3, 0.1, 33), (3, 3e4, 1)],
    )
    def test_is_numpys(self, low, high, bins):
        rng = np.random.default_rng(0)
        spread = rng.normal((low + high) / 2, (high - low) / 3, 10_000)
        self.check(spread, low, high, bins)

    @pytest.mark.parametrize("bins", [7, 99, 1000])
    def test_samples_on_the_edges(self, bins):
        edges = np.linspace(-8, 8, bins + 1, dtype=np.float32)
        below = np.nextafter(edges, np.float32(-np.inf))
        above = np.nextafter(edges, np.float32(np.inf))
        samples = np.concatenate([edges, below, above])
        # TensorFlow takes subnormal numbers for 0.
        samples[np.abs(samples) < 1e-30] = 0
        self.check(samples, -8, 8, bins)

    def test_right_edge_belongs_to_the_last_bin(self):
        self.check([8.0, 8.0, -8.0, 0.0], -8, 8, 99)

    def test_none_in_the_range(self):
        self.check([9.0, -8.1, 1e30, -np.inf], -8, 8, 99)

    def test_samples_that_are_no_numbers_are_left_out(self):
        samples = tf.constant([1.0, np.nan, np.inf, -np.inf, 2.0])
        actual = density_histogram(samples, -8.0, 8.0, 99).numpy()
        expected, _ = np.histogram([1.0, 2.0], 99, (-8, 8), density=True)
        np.testing.assert_allclose(actual, expected, rtol=1e-6)


class TestSamples:
    def test_are_all_there(self):
        gan = make_gan()
        samples = generated_samples(gan)
        z = np.linspace(-8, 8, POINTS)[:, np.newaxis]
        np.testing.assert_array_equal(samples, gan.generator(z)[:, 0])
        assert samples.dtype == np.float32

    def test_range_and_number(self):
        gan = make_gan(latents=latents.Stratified(-2, 2))
        samples = generated_samples(gan, 5)
        z = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
        np.testing.assert_allclose(samples, gan.generator(z)[:, 0])

    @pytest.mark.slow
    def test_are_of_the_average_where_one_is_kept(self):
        gan = make_gan(ema_decay=0.9)
        gan.fit(data.Gaussian(8), steps_per_epoch=3, verbose=0)
        z = np.linspace(-8, 8, POINTS)[:, np.newaxis]
        np.testing.assert_array_equal(
            generated_samples(gan), gan.ema_generator(z)[:, 0]
        )
        density = measure(gan, batch_size=8)["density"]
        expected, _ = np.histogram(
            gan.ema_generator(z), 99, (-8, 8), density=True
        )
        np.testing.assert_allclose(density, expected, atol=2e-3)

    @pytest.mark.parametrize("batch_size", [7, 8, 64])
    def test_density_is_of_all_samples(self, batch_size):
        gan = make_gan()
        density = measure(gan, batch_size=batch_size)["density"]
        samples = generated_samples(gan)
        expected, _ = np.histogram(samples, 99, (-8, 8), density=True)
        # XLA rounds the samples otherwise, and one may change its bin.
        np.testing.assert_allclose(density, expected, atol=2e-3)
        assert density.sum() * 16 / 99 == pytest.approx(1)


class TestBoundary:
    @pytest.mark.slow
    @pytest.mark.parametrize("batch_size", [7, 8, 25])
    def test_narrow_groups_are_averaged(self, batch_size):
        gan = make_gan()
        full = brute_force(gan, batch_size)
        first = np.minimum(DRAWN - DRAWN % batch_size, POINTS - batch_size)
        expected = [full[i : i + batch_size].mean() for i in first]
        actual = measure(gan, batch_size=batch_size)["boundary"]
        np.testing.assert_allclose(actual, expected, atol=2e-6)

    @pytest.mark.parametrize("batch_size", [26, 64])
    def test_wider_groups_are_averaged_around_each_point(self, batch_size):
        gan = make_gan()
        full = brute_force(gan, batch_size)
        first = np.clip(DRAWN - batch_size // 2, 0, POINTS - batch_size)
        expected = [full[i : i + batch_size].mean() for i in first]
        actual = measure(gan, batch_size=batch_size)["boundary"]
        np.testing.assert_allclose(actual, expected, atol=2e-6)

    @pytest.mark.parametrize("batch_size", [101, 512])
    def test_widest_groups_are_drawn_as_they_are(self, batch_size):
        gan = make_gan()
        expected = brute_force(gan, batch_size)[DRAWN]
        actual = decision_boundary(gan, batch_size)
        np.testing.assert_allclose(actual, expected, atol=2e-6)

    def test_depends_on_the_group(self):
        gan = make_gan()
        narrow, wide = brute_force(gan, 8), brute_force(gan, 64)
        assert np.abs(narrow - wide).max() > 0.01

    def test_is_a_smooth_line_where_the_place_in_the_group_matters(self):
        gan = make_gan()
        # Judges by the neighbours alone, even by near ones.
        discriminator = gan.discriminator
        projection = discriminator.third.projection.kernel
        projection.assign(projection * 20)
        judge = np.zeros(discriminator.head.kernel.shape)
        judge[-discriminator.third.num_kernels :] = 0.1
        discriminator.head.kernel.assign(judge)
        roughness = [
            np.abs(np.diff(values, 2)).mean()
            for values in (
                brute_force(gan, 8)[DRAWN],
                measure(gan, batch_size=8)["boundary"],
            )
        ]
        assert roughness[1] < roughness[0] / 5

    @pytest.mark.parametrize("batch_size", [7, 64, 512])
    def test_without_minibatch_discrimination(self, batch_size):
        gan = make_gan(minibatch=False)
        logits = gan.discriminator(GRID[DRAWN, np.newaxis])
        expected = tf.sigmoid(logits).numpy()[:, 0]
        for actual in (
            measure(gan, batch_size=batch_size)["boundary"],
            decision_boundary(gan, batch_size),
        ):
            np.testing.assert_allclose(actual, expected, atol=2e-6)

    @pytest.mark.parametrize("minibatch", [False, True])
    @pytest.mark.parametrize("batch_size", [7, 8, 64])
    def test_function_and_probe_agree(self, minibatch, batch_size):
        gan = make_gan(minibatch)
        np.testing.assert_allclose(
            decision_boundary(gan, batch_size),
            measure(gan, batch_size=batch_size)["boundary"],
            atol=2e-6,
        )

    def test_another_range(self):
        gan = make_gan()
        low, high = 2.0, 3.0
        actual = DistributionProbe(None, 101, low, high).once(gan)
        grid = np.linspace(low, high, POINTS, dtype=np.float32)
        expected = brute_force(gan, 101, grid)[DRAWN]
        np.testing.assert_allclose(actual["boundary"], expected, atol=2e-6)
        expected, _ = np.histogram(
            generated_samples(gan), 99, (low, high), density=True
        )
        np.testing.assert_allclose(actual["density"], expected, rtol=1e-5)

    def test_range_is_the_wrong_way_round(self):
        with pytest.raises(ValueError, match="low=1, high=1"):
            DistributionProbe(None, 8, low=1, high=1)

    def test_batch_is_larger_than_the_grid(self):
        with pytest.raises(ValueError, match="batch_size=10001"):
            DistributionProbe(None, 10_001)


class TestFit:
    @pytest.mark.parametrize(
        ("minibatch", "jit_compile"),
        [
            (False, True),
            pytest.param(True, False, marks=pytest.mark.slow),
            pytest.param(False, False, marks=pytest.mark.slow),
            pytest.param(True, True, marks=pytest.mark.slow),
        ],
    )
    def test_frames_are_those_of_the_steps(self, minibatch, jit_compile):
        source = data.Gaussian(8)

        def make():
            gan = make_gan(minibatch)
            gan.compile(
                keras.optimizers.Adam(1e-3),
                keras.optimizers.Adam(1e-3),
                jit_compile=jit_compile,
                steps_per_execution=4,
            )
            return gan

        recorder = Recorder()
        make().fit(
            source,
            steps_per_epoch=11,
            callbacks=[DistributionProbe(recorder, batch_size=8, every=3)],
            verbose=0,
        )
        steps, boundary, density = recorder.frames
        np.testing.assert_array_equal(steps, [0, 3, 6, 9])
        assert boundary.shape == (4, 400)
        assert density.shape == (4, 99)
        gan = make()
        for i, steps in enumerate([1, 3, 3, 3]):
            gan.fit(source, steps_per_epoch=steps, verbose=0)
            np.testing.assert_allclose(
                boundary[i], decision_boundary(gan, 8), atol=1e-4
            )
            expected, _ = np.histogram(
                generated_samples(gan), 99, (-8, 8), density=True
            )
            np.testing.assert_allclose(density[i], expected, atol=5e-3)

    @pytest.mark.slow
    def test_measuring_changes_nothing(self):
        weights = []
        for callbacks in ([], [DistributionProbe(Recorder(), batch_size=8)]):
            gan = make_gan()
            gan.fit(
                data.Gaussian(8),
                steps_per_epoch=50,
                callbacks=callbacks,
                verbose=0,
            )
            weights.append(
                np.concatenate([w.ravel() for w in gan.get_weights()])
            )
        np.testing.assert_allclose(weights[0], weights[1], atol=1e-5)

    @pytest.mark.slow
    def test_film_of_a_run(self, tmp_path):
        from tf_gans.toys.gaussian.picture import DistributionPicture

        source = data.Gaussian(8)
        picture = DistributionPicture.from_data(source)
        path = tmp_path / "film.gif"
        with picture.film(path, total_steps=20) as film:
            make_gan().fit(
                source,
                steps_per_epoch=21,
                callbacks=[DistributionProbe(film.add, batch_size=8, every=2)],
                verbose=0,
            )
        from PIL import Image

        with Image.open(path) as image:
            assert image.n_frames == 11
