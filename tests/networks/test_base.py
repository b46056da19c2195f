"""What the base promises a pair that is not one of the published ones."""

import pathlib
import textwrap

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.networks import Case, NetworkContract
from tf_gans import networks
from tf_gans.errors import check_positive_int
from tf_gans.layers import smooth_leaky_relu
from tf_gans.networks import base, began, dcgan, infogan, mnist, wgan_gp
from tf_gans.networks.base import Network, full_precision
from tf_gans.toys.gaussian import networks as gaussian
from tf_gans.toys.mixtures import networks as points
from tf_gans.toys.quadratics import networks as curves


def documented_generator():
    """The class that the base's docstring shows."""
    code = Network.__doc__.partition("```python\n")[2].partition("```")[0]
    names = {
        "keras": keras,
        "tf": tf,
        "Network": Network,
        "check_positive_int": check_positive_int,
        "full_precision": full_precision,
        "__name__": __name__,
    }
    exec(textwrap.dedent(code), names)
    return names["Generator"]


CASE = Case(documented_generator(), {"latent_dim": 5, "width": 4})


class TestDocumentedExample(NetworkContract):
    @pytest.fixture
    def case(self):
        return CASE

    def test_names(self, case):
        assert case.fresh.name == "generator"
        assert case.network(name="other").name == "other"
        paths = {v.path for v in case.fresh.variables}
        assert "generator/deconv_16/kernel" in paths
        assert set(case.fresh.get_config()) == {
            "name", "trainable", "dtype", "seed", "latent_dim", "width",
        }  # fmt: skip


# What the configurations hold, besides name, trainable and dtype: `.keras`
# files and checkpoints of any age are read by these names.
IMAGE = "seed size channels "
BATCH_NORM = IMAGE + "width batch_norm bn_momentum bn_epsilon "
DCGAN = IMAGE + "width num_classes variant "
GAUSSIAN = "seed hidden_size activation stddev shift scale "
POINTS = "seed hidden_size num_layers activation shift scale "
CURVES = "seed num_points hidden_size shift scale "
CONFIGS = [
    (mnist.Generator, "seed latent_dim"),
    (mnist.Discriminator, "seed"),
    (mnist.DenseGenerator, "seed latent_dim"),
    (mnist.DenseDiscriminator, "seed spectral_norm critic_norm"),
    (dcgan.Generator, DCGAN + "latent_dim"),
    (dcgan.Discriminator, DCGAN),
    (
        infogan.Generator,
        BATCH_NORM + "num_classes latent_dim slope dropout output",
    ),
    (
        infogan.Discriminator,
        BATCH_NORM + "num_classes spectral_norm critic_norm",
    ),
    (infogan.Encoder, BATCH_NORM + "latent_dim"),
    (began.Generator, IMAGE + "filters latent_dim"),
    (began.Autoencoder, IMAGE + "filters code_dim"),
    (began.ConvAutoencoder, BATCH_NORM + "code_dim output"),
    (wgan_gp.Generator, IMAGE + "width latent_dim batch_norm output"),
    (wgan_gp.CifarGenerator, IMAGE + "width latent_dim batch_norm output"),
    (wgan_gp.Critic, IMAGE + "width"),
    (wgan_gp.CifarCritic, IMAGE + "width"),
    (gaussian.Generator, GAUSSIAN),
    (gaussian.Discriminator, GAUSSIAN + "minibatch spread group_size"),
    (points.Generator, POINTS + "latent_dim"),
    (points.Discriminator, POINTS + "minibatch spectral_norm"),
    (points.Autoencoder, POINTS + "code_dim"),
    (points.Encoder, POINTS + "latent_dim"),
    (curves.Generator, CURVES + "latent_dim"),
    (curves.Discriminator, CURVES),
]


def test_a_pair_is_its_module():
    """No list has to name it, for its networks to be known to Keras."""
    directory = pathlib.Path(networks.__file__).parent
    pairs = {p.stem for p in directory.glob("[a-z]*.py")} - {"base"}
    assert set(networks.__all__) == pairs > {"mnist", "wgan_gp"}
    registered = keras.saving.get_custom_objects()
    for pair in pairs:
        module = vars(networks)[pair]
        assert any(v.__module__ == module.__name__ for v in registered.values())


def test_configurations_hold_what_they_always_held():
    for network, names in CONFIGS:
        config = network().get_config()
        expected = {"name", "trainable", "dtype", *names.split()}
        assert set(config) == expected, network
        assert network.from_config(config).get_config() == config


@pytest.mark.parametrize("activation", ["relu", keras.ops.tanh])
def test_activations_given_by_name_or_as_functions(activation):
    for network in (gaussian.Generator, points.Encoder):
        made = network(activation=activation)
        name = made.get_config()["activation"]
        assert name in ("relu", "tanh")


@pytest.mark.parametrize(
    "network", [gaussian.Discriminator, points.Autoencoder]
)
def test_a_registered_activation_survives_saving(network, tmp_path):
    case = Case(network, {"activation": smooth_leaky_relu})
    case.fresh.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.activation is smooth_leaky_relu
    x = case.inputs(3)
    np.testing.assert_array_equal(loaded(x), case.fresh(x))


def test_files_hold_layers_under_the_names_they_always_had(tmp_path):
    """Keras goes by the attributes: a list is a group, a layer its class."""
    network = Case(points.Autoencoder, {"num_layers": 2}).fresh
    network.save_weights(tmp_path / "network.weights.h5")
    names = []
    with h5py.File(tmp_path / "network.weights.h5") as file:
        file.visit(names.append)
    places = {n.removesuffix("/vars/0") for n in names if n.endswith("vars/0")}
    assert places == {
        "hidden/dense", "hidden/dense_1", "code",
        "decoder/dense", "decoder/dense_1", "head",
    }  # fmt: skip


def test_spectral_wrappers_are_named_for_their_layers():
    options = {"spectral_norm": True, "num_layers": 1}
    for _ in range(2):  # automatic names would count on
        made = Case(points.Discriminator, options).make()
        assert {v.path.split("/")[1] for v in made.variables} == {
            "sn_0", "sn_head",
        }  # fmt: skip


def test_a_shape_that_is_given_changes_nothing():
    network = wgan_gp.Critic(8, channels=3, width=2)
    network.build((None, 8, 8, 1))
    assert network.convs[0].kernel.shape == (5, 5, 3, 2)


def test_full_precision():
    for given, expected in (("float16", "float32"), ("bfloat16", "float32"),
                            ("float32", "float32"), ("float64", "float64")):  # fmt: skip
        assert full_precision(tf.zeros(1, given)).dtype == expected


def test_units():
    class Identity(base.ScaledNetwork):
        def call(self, x, training=None):
            return self._from_units(self._to_units(x))

    x = tf.constant([[1.0, 2.0]])
    for options in ({}, {"shift": 4.0}, {"scale": 0.5, "shift": (0.0, 3.0)}):
        network = Identity(**options)
        np.testing.assert_allclose(network(x), x)
    np.testing.assert_allclose(network._to_units(x), [[2.0, -2.0]])
