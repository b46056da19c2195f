"""The networks of autoencoders: counts, references by hand, units of codes."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.networks import Case, NetworkContract, check_count, params
from tf_gans.networks import autoencoder


@dataclasses.dataclass
class AutoencoderCase(Case):
    """Its output is the decoders' samples, or what `shapes` says."""

    shapes: tuple = ()

    def output_shapes(self, batch):
        shapes = self.shapes or (self.fresh.sample_shape,)
        return [(batch, *shape) for shape in shapes]


CASES = [
    AutoencoderCase(
        autoencoder.DenseEncoder,
        {"size": 8, "code_dim": 5, "hidden": (6,), "activation": "linear"}
        | {"code_scale": 2.0},
        shapes=((5,),),
    ),
    AutoencoderCase(
        autoencoder.GaussianEncoder,
        {"size": 8, "channels": 3, "hidden": (6,)},
        shapes=((2,), (2,)),
    ),
    AutoencoderCase(
        autoencoder.DenseDecoder,
        {"size": 8, "latent_dim": 4, "hidden": (6, 7), "stddev": 0.3}
        | {"code_scale": 3.0, "output": "tanh"},
    ),
    AutoencoderCase(
        autoencoder.CodeDiscriminator,
        {"code_dim": 3, "hidden": (6, 7), "code_scale": 5.0},
        shapes=((1,),),
    ),
    AutoencoderCase(
        autoencoder.ConvEncoder, {"size": 8, "channels": 3}, shapes=((2, 2, 8),)
    ),
    AutoencoderCase(autoencoder.ConvDecoder, {"size": 12}),
]


class TestContract(NetworkContract):
    @pytest.fixture(params=params(CASES))
    def case(self, request):
        return request.param


WIDE = {"hidden": (1000, 1000)}


@pytest.mark.parametrize(
    ("network", "options", "count"),
    [
        # The tutorial's: 101,200 and 3,217 together; the book's, 404,244.
        (autoencoder.DenseEncoder, {}, 50_240),
        (autoencoder.DenseDecoder, {}, 101_200 - 50_240),
        (autoencoder.ConvEncoder, {}, 160 + 1_160),
        (autoencoder.ConvDecoder, {}, 584 + 1_168 + 145),
        (autoencoder.GaussianEncoder, {}, 201_988),
        (
            autoencoder.DenseDecoder,
            {"latent_dim": 2, "hidden": (256,)},
            404_244 - 201_988,
        ),
        # The paper's by hand, of 8 components.
        (
            autoencoder.DenseEncoder,
            {"code_dim": 8, **WIDE},
            785_000 + 1_001_000 + 8_008,
        ),
        (
            autoencoder.DenseDecoder,
            {"latent_dim": 8, **WIDE},
            9_000 + 1_001_000 + 784_784,
        ),
        (autoencoder.CodeDiscriminator, {}, 9_000 + 1_001_000 + 1_001),
    ],
)
def test_published_counts(network, options, count):
    check_count(network(**options), count)


def test_the_code_is_in_units_of_the_prior():
    """What the head says over the scale, and back in the next network."""
    options = {"size": 8, "hidden": (6,), "seed": 1}
    x = tf.random.stateless_uniform((3, 8, 8, 1), (1, 2))
    code, scaled = (
        autoencoder.DenseEncoder(
            code_dim=4, activation="linear", code_scale=scale, **options
        )(x)
        for scale in (1, 5)
    )
    np.testing.assert_allclose(scaled, code / 5, rtol=1e-6)
    for network in (
        lambda scale: autoencoder.DenseDecoder(
            latent_dim=4, code_scale=scale, **options
        ),
        lambda scale: autoencoder.CodeDiscriminator(
            code_dim=4, hidden=(6,), code_scale=scale, seed=1
        ),
    ):
        np.testing.assert_allclose(
            network(1)(code), network(5)(scaled), rtol=1e-5
        )


def test_initial_weights():
    decoder = autoencoder.DenseDecoder(hidden=(300,), stddev=0.01, seed=1)
    decoder.build()
    for dense in (decoder.denses[0], decoder.head):
        assert np.std(dense.kernel) == pytest.approx(0.01, rel=0.03)
    plain = autoencoder.DenseDecoder(seed=1)
    plain.build()
    limit = (6 / (64 + 784)) ** 0.5
    assert np.abs(plain.head.kernel).max() == pytest.approx(limit, rel=1e-3)


def test_the_convolutions_by_hand():
    """Keras' own layers with the same weights."""
    encoder = autoencoder.ConvEncoder(8, seed=1)
    decoder = autoencoder.ConvDecoder(8, seed=2)
    x = tf.random.stateless_uniform((2, 8, 8, 1), (1, 2))
    y = decoder(encoder(x))
    same = {"padding": "same", "activation": "relu"}
    layers = keras.layers
    reference = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, 2, **same),
            layers.Conv2D(8, 3, 2, **same),
            layers.Conv2DTranspose(8, 3, 2, **same),
            layers.Conv2DTranspose(16, 3, 2, **same),
            layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
        ]
    )
    reference.set_weights(encoder.get_weights() + decoder.get_weights())
    assert reference.count_params() == 3_217
    np.testing.assert_allclose(reference(x), y, atol=1e-6)
    assert encoder(x).shape == (2, *encoder.code_shape)


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (autoencoder.DenseEncoder, {"size": 30}, "size=30"),
        (autoencoder.DenseEncoder, {"code_dim": 0}, "code_dim=0"),
        (autoencoder.DenseDecoder, {"hidden": (0,)}, "hidden=0"),
        (autoencoder.DenseDecoder, {"code_scale": 0}, "code_scale=0"),
        (autoencoder.ConvDecoder, {"output": "relu"}, "output='relu'"),
    ],
)
def test_bad_options(network, options, message):
    with pytest.raises(ValueError, match=message):
        network(**options)
