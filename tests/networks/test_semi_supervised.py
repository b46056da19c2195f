"""The classifiers that are discriminators, and their generators."""

import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.networks import Case, NetworkContract, check_count
from tf_gans.networks import semi_supervised as networks


class ClassifierCase(Case):
    """A network with a logit for each of its classes."""

    def output_shapes(self, batch):
        return [(batch, self.fresh.classes)]


CASES = [
    (ClassifierCase(networks.Classifier, {"classes": 3}), ()),
    (Case(networks.DenseGenerator, {"latent_dim": 4}), ()),
    (ClassifierCase(networks.DenseClassifier, {"classes": 3}), "slow"),
    (Case(networks.Generator, {"latent_dim": 4}), "slow"),
]


class TestContract(NetworkContract):
    @pytest.fixture(
        params=[
            pytest.param(
                case, id=case.id, marks=pytest.mark.slow if slow else ()
            )
            for case, slow in CASES
        ]
    )
    def case(self, request):
        return request.param


def sizes(network):
    """How many numbers the weights of each name have, trained or not."""
    found: dict = {}
    for weight in network.weights:
        key = (weight.name, weight in network.trainable_weights)
        found[key] = found.get(key, 0) + int(np.prod(weight.shape))
    return found


def test_published_counts():
    """The paper's are of kernels and biases: its gains come to them."""
    check_count(networks.Generator(), 1_636_737, 1_637_121)
    check_count(networks.Classifier(), 113_546, 113_930)
    check_count(networks.DenseGenerator(), 693_784 + 784, 693_784 + 784 + 2000)
    check_count(
        networks.DenseClassifier(), 1_538_760 + 10, 1_538_760 + 10 + 2250
    )


@pytest.mark.parametrize(
    ("network", "gains"),
    [
        (networks.DenseGenerator, (784, 0)),
        (networks.DenseClassifier, (10, 2250)),
    ],
)
def test_which_gains_are_trained(network, gains):
    network = network()
    network.build()
    trained, kept = (
        sum(
            int(np.prod(w.shape))
            for w in network.weights
            if w.name == "g" and w.trainable == is_trained
        )
        for is_trained in (True, False)
    )
    assert (trained, kept) == gains


def test_features_of_the_dense_classifier():
    """Those of the last hidden layer, before its noise."""
    network = networks.DenseClassifier(seed=0)
    network.build()
    x = tf.random.stateless_uniform((4, 28, 28, 1), (0, 1))
    noise = [t[0] for t in network.draw_noise(1, "noise", 0, 1, 4)]
    assert [t.shape[1] for t in noise] == [784, 1000, 500, 250, 250, 250]
    features, logits = network.features_and_logits(x, True, noise)
    y = np.asarray(x, np.float64).reshape(4, -1)
    for layer, own in zip(network.hidden, noise, strict=False):
        y = (y + own) @ np.float64(layer.normalized_kernel())
        y = np.maximum(y + layer.layer.bias, 0)
    np.testing.assert_allclose(features, y, rtol=1e-3, atol=1e-4)
    y = (y + noise[-1]) @ np.float64(network.head.normalized_kernel())
    np.testing.assert_allclose(logits, y, rtol=1e-3, atol=1e-4)
    quiet = network.features_and_logits(x, True)[1]
    np.testing.assert_array_equal(quiet, network(x, training=False))


def test_noise_of_the_dense_classifier():
    network = networks.DenseClassifier()
    noise = network.draw_noise(1, "noise", 0, 2, 100)
    stds = [float(np.std(t)) for t in noise]
    np.testing.assert_allclose(stds, [0.3, *[0.5] * 5], rtol=0.02)
    later = network.draw_noise(1, "noise", 1, 1, 100)
    other = network.draw_noise(1, "other", 0, 2, 100)
    for a, b, c in zip(noise, later, other, strict=True):
        np.testing.assert_array_equal(a[1], b[0])
        assert not np.array_equal(a, c)


def test_dropout_of_the_classifier():
    """Half of the features, of each sample others, the rest doubled."""
    network = networks.Classifier(seed=0)
    network.build()
    (noise,) = network.draw_noise(1, "noise", 0, 1, 6)
    assert set(np.unique(noise)) == {0, 2}
    assert float(np.mean(noise)) == pytest.approx(1, abs=0.05)
    assert not np.array_equal(noise[0, 0], noise[0, 1])
    x = tf.random.stateless_uniform((6, 28, 28, 1), (0, 1), -1, 1)
    features, logits = network.features_and_logits(x, False, [noise[0]])
    kept = np.float64(features) * noise[0]
    np.testing.assert_allclose(
        logits, kept @ np.float64(network.head.kernel), rtol=1e-3, atol=1e-4
    )
