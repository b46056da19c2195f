"""Images to features: batches, checks, and what a name stands for."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tf_gans.features import Features
from tf_gans.features.base import channels_as, digest_of, resized

DIGEST = "0123456789abcdef"


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def means(images):
    """Two features: the means of the upper and of the lower half."""
    x = np.asarray(images, np.float32)
    half = x.shape[1] // 2
    return np.stack(
        [x[:, :half].mean((1, 2, 3)), x[:, half:].mean((1, 2, 3))], axis=1
    )


def with_classes(images):
    shares = means(images)
    return shares, shares / shares.sum(axis=1, keepdims=True)


def make(compute=means, **options):
    options = {"size": 2, "resize": "none", "batch_size": 4, **options}
    return Features(compute, "means", DIGEST, **options)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 8, 11])
def test_batches_change_nothing(count):
    images = noise(count, 6, 5, 3)
    features = make()(images)
    assert (features.dtype, features.shape) == (np.float32, (count, 2))
    np.testing.assert_allclose(features, means(images), rtol=1e-6)


def test_every_batch_is_whole():
    """So that one program is compiled."""
    sizes = []

    def compute(images):
        sizes.append(len(images))
        return means(images)

    make(compute)(noise(9, 4, 4, 1))
    assert sizes == [4, 4, 4]


def test_probabilities():
    images = noise(6, 4, 4, 1)
    features = make(with_classes, num_classes=2)
    np.testing.assert_allclose(
        features.probabilities(images), with_classes(images)[1], rtol=1e-6
    )
    done = []
    both = features.both(images, done.append)
    np.testing.assert_array_equal(both[0], features(images))
    assert done == [4, 2]
    with pytest.raises(ValueError, match="which has none"):
        make().probabilities(images)


def test_the_name_tells_weights_apart():
    assert make().name == "means-01234567"
    other = Features(means, "means", "f" * 64, 2, "none")
    assert other.name == "means-ffffffff"
    assert "means-01234567" in repr(make())


@pytest.mark.parametrize(
    "images",
    [
        noise(3, 4, 4, 1).astype(np.float32),
        noise(3, 4, 4),
        noise(3, 4, 4, 2),
        noise(0, 4, 4, 1),
    ],
)
def test_what_are_no_images(images):
    with pytest.raises(ValueError, match="must be uint8 of shape"):
        make()(images)


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda x: means(x)[:, :1], r"must be of shape \(n, 2\)"),
        (lambda x: means(x)[:1], r"must be of shape \(n, 2\)"),
        (lambda x: means(x) * np.nan, "must be finite"),
    ],
)
def test_a_network_that_fails(compute, message):
    with pytest.raises(ValueError, match=f"means-01234567.*{message}"):
        make(compute)(noise(3, 4, 4, 1))


def test_the_digest_sees_every_weight_and_shape():
    a, b = np.arange(6.0).reshape(2, 3), np.ones(2)
    digests = {
        digest_of([a, b]),
        digest_of([b, a]),
        digest_of([a.T, b]),
        digest_of([a, b + 1e-6]),
    }
    assert len(digests) == 4
    assert digest_of([a, b]) == digest_of([a.astype(np.float32), b])


def test_resizing_is_pillows_bilinear_where_images_grow():
    """Pillow's places of pixels are the same; it filters only to shrink."""
    x = noise(1, 7, 9, 1)[0, ..., 0].astype(np.float32)
    grown = resized(tf.constant(x[None, ..., None]), (21, 18))[0, ..., 0]
    expected = Image.fromarray(x, "F").resize(
        (18, 21), Image.Resampling.BILINEAR
    )
    np.testing.assert_allclose(grown, np.asarray(expected), atol=1e-3)


def test_halving_without_filter_is_the_mean_of_four():
    x = noise(2, 8, 8, 3).astype(np.float32)
    expected = x.reshape(2, 4, 2, 4, 2, 3).mean((2, 4))
    np.testing.assert_allclose(resized(tf.constant(x), 4), expected, rtol=1e-6)


def test_channels():
    x = noise(2, 4, 4, 3).astype(np.float32)
    grey = channels_as(tf.constant(x), 1)
    np.testing.assert_allclose(
        grey[..., 0], x @ [0.299, 0.587, 0.114], atol=0.1
    )
    again = channels_as(grey, 3)
    np.testing.assert_array_equal(again, np.repeat(grey, 3, axis=-1))
    assert channels_as(grey, 1) is grey
