"""Multi-scale structural similarity, against TensorFlow's."""

import numpy as np
import pytest
import tensorflow as tf

from tf_gans.metrics import ms_ssim, ms_ssim_diversity
from tf_gans.metrics.ms_ssim import _WEIGHTS, num_scales


def images(count, height, width, channels, seed=0):
    """Noise of several scales, as pictures have."""
    rng = np.random.default_rng(seed)
    total = np.zeros((count, height, width, channels))
    for step in (1, 4, 16):
        shape = (count, -(-height // step), -(-width // step), channels)
        noise = rng.normal(size=shape).repeat(step, 1).repeat(step, 2)
        total += noise[:, :height, :width]
    return (127 + 40 * total).clip(0, 255).astype(np.uint8)


def tensorflows(a, b):
    weights = _WEIGHTS[: num_scales(*a.shape[1:3])]
    return tf.image.ssim_multiscale(
        a, b, 255, power_factors=(weights / weights.sum()).tolist()
    ).numpy()


class TestMSSSIM:
    @pytest.mark.parametrize(
        "shape",
        [(180, 176, 3), (64, 64, 3), (28, 28, 1), (45, 51, 1), (12, 30, 3)],
    )
    def test_tensorflow(self, shape):
        a = images(3, *shape)
        b = (0.7 * a + 0.3 * images(3, *shape, seed=1)).astype(np.uint8)
        found = ms_ssim(a, b)
        np.testing.assert_allclose(found, tensorflows(a, b), rtol=2e-4)
        assert 0.2 < found.min() < found.max() < 0.98
        np.testing.assert_array_equal(found, ms_ssim(b, a))
        assert ms_ssim(a[1], b[1]) == pytest.approx(found[1])

    @pytest.mark.parametrize(
        ("side", "count"),
        [(11, 1), (21, 2), (28, 2), (44, 3), (64, 3), (88, 4), (176, 5)],
    )
    def test_scales(self, side, count):
        assert num_scales(side, 500) == num_scales(500, side) == count
        assert num_scales(1000, 1000) == 5
        assert num_scales(20, 20) == 1

    def test_equal_and_opposite(self):
        a = images(2, 32, 32, 1)
        np.testing.assert_allclose(ms_ssim(a, a), 1)
        assert ms_ssim(a, 255 - a).max() == 0

    def test_constant_images(self):
        black, white, grey = (
            np.full((1, 28, 28, 1), v, np.uint8) for v in (0, 255, 128)
        )
        for image in (black, white, grey):
            assert ms_ssim(image, image) == pytest.approx(1)
        assert ms_ssim(black, white)[0] < 0.1
        assert np.isfinite(ms_ssim(black, images(1, 28, 28, 1))[0])

    def test_many_pairs(self):
        a, b = images(70, 11, 11, 1), images(70, 11, 11, 1, seed=1)
        singly = [ms_ssim(x, y) for x, y in zip(a, b, strict=True)]
        np.testing.assert_allclose(ms_ssim(a, b), singly)

    @pytest.mark.parametrize(
        "a",
        [
            np.zeros((2, 28, 28, 1)),
            np.zeros((2, 28, 10, 1), np.uint8),
            np.zeros((28, 28), np.uint8),
            np.zeros((0, 28, 28, 1), np.uint8),
        ],
    )
    def test_no_images(self, a):
        with pytest.raises(ValueError, match="`a` must be uint8 of shape"):
            ms_ssim(a, a)

    def test_different_shapes(self):
        with pytest.raises(ValueError, match="`a` and `b` must have the same"):
            ms_ssim(images(2, 28, 28, 1), images(1, 28, 28, 1))


class TestDiversity:
    def test_of_all_pairs(self):
        x = images(4, 20, 20, 1)
        expected = np.mean(
            [ms_ssim(x[i], x[j]) for i in range(4) for j in range(4) if i != j]
        )
        found = ms_ssim_diversity(x, 4000)
        assert found == pytest.approx(expected, rel=0.05)

    def test_collapse(self):
        x = images(10, 28, 28, 1)
        assert ms_ssim_diversity(x, 50) < 0.5
        assert ms_ssim_diversity(x[[3] * 10], 50) == pytest.approx(1)

    def test_never_an_image_with_itself(self):
        x = images(2, 28, 28, 1)
        expected = ms_ssim(x[0], x[1])
        assert ms_ssim_diversity(x, 100) == pytest.approx(expected)

    def test_seed(self):
        x = images(10, 12, 12, 1)
        first, again, other = (ms_ssim_diversity(x, 9, s) for s in (0, 0, 1))
        assert first == again != other

    def test_refused(self):
        with pytest.raises(ValueError, match="`images` must be at least 2"):
            ms_ssim_diversity(images(1, 28, 28, 1))
        with pytest.raises(ValueError, match="`num_pairs` must be"):
            ms_ssim_diversity(images(2, 28, 28, 1), 0)
