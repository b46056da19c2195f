"""Set-ups of autoencoders for images, with a prior of the codes and without.

References:
- the tutorial: "Intro to Autoencoders", https://github.com/tensorflow/docs,
  site/en/tutorials/generative/autoencoder.ipynb, commit 38360b0
- the paper: [Makhzani et al., 2015](https://arxiv.org/abs/1511.05644)
- the book: Langr & Bok, "GANs in Action", chapter 2, whose VAE has dense
  layers and two components of z; its program,
  https://github.com/GANs-in-Action/gans-in-action,
  chapter-2/Chapter_2_Autoencoder.ipynb
"""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from tf_gans.recipes.catalogue import PROBLEMS, lookup
from tf_gans.recipes.objectives import (
    Adam,
    Lazy,
    Objective,
    Optimizer,
    Part,
    Recipe,
    VAEObjective,
)

NAMES = PROBLEMS["autoencoder"].recipes


# Objectives ------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class AutoencoderObjective(Objective):
    """The reconstruction alone: there is no prior.

    Attributes:
        reconstruction, noise: as for `tf_gans.Autoencoder`.
    """

    opponent: ClassVar[str] = "encoder"
    players: ClassVar[tuple[str, ...]] = ("generator",)
    has_prior: ClassVar[bool] = False

    reconstruction: str = "mse"
    noise: float = 0.0

    def model(self, generator, opponent, latents, **common):
        del latents
        if common.pop("ema_decay", None) is not None:
            raise ValueError(
                "`ema` is an average of what makes samples, and an "
                "autoencoder without a prior makes none."
            )
        return Lazy("models.autoencoder.Autoencoder")(
            opponent, generator, **dataclasses.asdict(self), **common
        )


@dataclasses.dataclass(frozen=True)
class AAEObjective(Objective):
    """The reconstruction, and codes that are distributed as the prior.

    Attributes:
        reconstruction: as for `tf_gans.AdversarialAutoencoder`.
    """

    opponent: ClassVar[str] = "encoder"
    players: ClassVar[tuple[str, ...]] = (
        "reconstruction",
        "discriminator",
        "encoder",
    )
    phases: ClassVar[str] = (
        "one of encoder and decoder, one of the discriminator, one of the "
        "encoder against it"
    )

    reconstruction: str = "euclidean"

    def model(self, generator, opponent, latents, **common):
        encoder, discriminator = opponent
        return Lazy("models.aae.AdversarialAutoencoder")(
            *(encoder, generator, discriminator),
            latents=latents,
            **dataclasses.asdict(self),
            **common,
        )


# Networks --------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Dense(Part):
    """Dense layers: a code, and between it and the images the hidden ones.

    Attributes:
        hidden: the units of the encoder's hidden layers; the decoder has them
            in reverse.
        activation, stddev: as for `networks.autoencoder.DenseEncoder`.
    """

    hidden: tuple[int, ...] = ()
    activation: str = "relu"
    stddev: float | None = None

    def pair(self, code_dim, **shape):
        """The decoder, and the encoder with what else there is.

        Args:
            code_dim: int.
            **shape: `size`, `channels`, `seed` and `dtype`.
        """
        encoder = Lazy("networks.autoencoder.DenseEncoder")
        return (
            self._decoder(code_dim, **shape),
            encoder(code_dim=code_dim, **dataclasses.asdict(self), **shape),
        )

    def _decoder(self, code_dim, **options):
        return Lazy("networks.autoencoder.DenseDecoder")(
            latent_dim=code_dim,
            hidden=self.hidden[::-1],
            stddev=self.stddev,
            **options,
        )


@dataclasses.dataclass(frozen=True)
class DenseWithDiscriminator(Dense):
    """The same, with a discriminator of codes that has as many hidden units.

    Attributes:
        code_scale: the standard deviation of the paper's prior, which is
            N(0, I) here and is scaled in the networks.
    """

    code_scale: float = 1.0

    def pair(self, code_dim, **shape):
        """The decoder, and the pair of encoder and discriminator."""
        shape["code_scale"] = self.code_scale
        decoder = self._decoder(code_dim, **shape)
        encoder = Lazy("networks.autoencoder.DenseEncoder")(
            code_dim=code_dim, **dataclasses.asdict(self) | shape
        )
        own = {k: shape[k] for k in ("code_scale", "seed", "dtype")}
        discriminator = Lazy("networks.autoencoder.CodeDiscriminator")(
            code_dim=code_dim, hidden=self.hidden, stddev=self.stddev, **own
        )
        return decoder, (encoder, discriminator)


@dataclasses.dataclass(frozen=True)
class DenseGaussian(Dense):
    """The same, with an encoder that says a mean and a variance."""

    activation: str = "linear"

    def pair(self, code_dim, **shape):
        """The decoder and the encoder."""
        encoder = Lazy("networks.autoencoder.GaussianEncoder")(
            latent_dim=code_dim, hidden=self.hidden, **shape
        )
        return self._decoder(code_dim, **shape), encoder


@dataclasses.dataclass(frozen=True)
class Conv(Part):
    """Two convolutions, and two transposed ones back."""

    def pair(self, code_dim, **shape):
        """The decoder and the encoder, whose code is a map of 8 channels."""
        del code_dim
        return (
            Lazy("networks.autoencoder.ConvDecoder")(**shape),
            Lazy("networks.autoencoder.ConvEncoder")(**shape),
        )


# Optimizers ------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Momentum(Optimizer):
    """Stochastic gradient descent with momentum, in the phases of a step.

    Attributes:
        reconstruction_learning_rate, encoder_learning_rate: floats; the
            encoder's is that of its update against the discriminator.
        momentum: float, of the reconstruction.
        regularisation_momentum: float, of the other two: with 0.9 and the
            rate of the paper the discriminator diverges.
    """

    discriminator_learning_rate: float = 0.1
    reconstruction_learning_rate: float = 0.01
    encoder_learning_rate: float = 0.1
    momentum: float = 0.9
    regularisation_momentum: float = 0.1

    def make_for(self, player, dtype="float32"):
        if player == "reconstruction":
            return super().make_for(player, dtype)
        momentum = self.regularisation_momentum
        own = dataclasses.replace(self, momentum=momentum)
        return super(Momentum, own).make_for(player, dtype)

    def _make(self, learning_rate):
        import keras

        return keras.optimizers.SGD(learning_rate, momentum=self.momentum)


@dataclasses.dataclass(frozen=True)
class RMSProp(Optimizer):
    """RMSProp as Keras has it."""

    def _make(self, learning_rate):
        import keras

        return keras.optimizers.RMSprop(learning_rate)


# Recipes ---------------------------------------------------------------------

_TUTORIAL = {
    "objective": "the tutorial, `compile`",
    "updates": "the tutorial, `fit`",
    "optimizer": "the tutorial, `compile`: Keras' defaults",
    "batch_size": "the tutorial, `fit`: Keras' default",
    "epochs": "the tutorial, `fit`",
}
_BOOK = "the book's Chapter_2_Autoencoder.ipynb"

_RECIPES: Mapping[str, Recipe] = {
    "dense": Recipe(
        source="TensorFlow's tutorial, its first example",
        objective=AutoencoderObjective(),
        networks=Dense(),
        latent_dim=64,
        optimizer=Adam(1e-3, beta_1=0.9, epsilon=1e-7),
        batch_size=32,
        epochs=10,
        sources={
            **_TUTORIAL,
            "networks": "the tutorial, its first `Autoencoder`",
            "z": "the tutorial, `latent_dim`",
        },
    ),
    "denoising": Recipe(
        source="TensorFlow's tutorial, its second example",
        objective=AutoencoderObjective(noise=0.2),
        networks=Conv(),
        latent_dim=392,
        optimizer=Adam(1e-3, beta_1=0.9, epsilon=1e-7),
        batch_size=32,
        epochs=10,
        sources={
            **_TUTORIAL,
            "objective": "the tutorial, `noise_factor` and `compile` | the "
            "noise of an image is drawn once, and not anew for each epoch",
            "networks": "the tutorial, `Denoise`",
            "z": "the tutorial, `Denoise`: 7x7 maps, 8 of them",
        },
    ),
    "aae": Recipe(
        source="Makhzani et al. 2015",
        objective=AAEObjective(),
        networks=DenseWithDiscriminator(
            (1000, 1000), "linear", stddev=0.01, code_scale=5.0
        ),
        latent_dim=8,
        normal=True,
        optimizer=Momentum(),
        batch_size=100,
        epochs=50,
        sources={
            "objective": "section 2 and appendix A",
            "updates": "section 2: two phases on each minibatch",
            "networks": "appendix A",
            "z": "appendix A, for digits: 8 components of deviation 5, which "
            "is `code_scale` | 2 components in its pictures",
            "optimizer": "appendix A | a tenth of the rates after 50 epochs",
            "batch_size": "appendix A",
            "epochs": "appendix A: those of the first rates | many more",
        },
    ),
    "book": Recipe(
        source='Langr & Bok, "GANs in Action", chapter 2',
        objective=VAEObjective(),
        networks=DenseGaussian((256,)),
        latent_dim=2,
        normal=True,
        optimizer=RMSProp(1e-3),
        batch_size=100,
        epochs=50,
        sources={
            "objective": _BOOK,
            "updates": _BOOK,
            "networks": _BOOK,
            "z": _BOOK,
            "optimizer": f"{_BOOK}: Keras' defaults",
            "batch_size": _BOOK,
            "epochs": _BOOK,
        },
    ),
}


def get(name="dense"):
    """The values of a recipe.

    Args:
        name: one of `NAMES`.

    Returns:
        A `tf_gans.recipes.objectives.Recipe`.

    Raises:
        ValueError: there is no such recipe.
    """
    return lookup(_RECIPES, name, "recipe")


def has_prior(name):
    """Whether a recipe's model makes samples of a prior's z."""
    return getattr(get(name).objective, "has_prior", True)


def build(
    name="dense",
    *,
    size=28,
    channels=1,
    seed=0,
    ema_decay=None,
    dtype=None,
    jit_compile="auto",
    **options,
):
    """Builds a compiled autoencoder for images in [0, 1].

    Args:
        name: one of `NAMES`.
        size: int. The images' sides, a multiple of 4.
        channels: int.
        seed: int.
        ema_decay: as for `GAN`; of a recipe with a prior.
        dtype: the networks' dtype or dtype policy. Defaults to Keras' global.
        jit_compile: as for `GAN.compile`.
        **options: other values than the recipe's: `code_dim`, the components
            of the code; and those of its objective, `noise` and
            `reconstruction`.

    Returns:
        A compiled `tf_gans.Autoencoder`, `AdversarialAutoencoder` or `VAE`.

    Raises:
        ValueError: an option does nothing in the recipe.
    """
    recipe = _changed(name, get(name), options)
    pair = recipe.networks.pair(
        recipe.latent_dim, size=size, channels=channels, seed=seed, dtype=dtype
    )
    return recipe.compiled(
        *pair, jit_compile=jit_compile, ema_decay=ema_decay, seed=seed
    )


def _changed(name, recipe, options):
    """The recipe with other values."""
    own = {o: v for o, v in options.items() if o in _options_of(recipe)}
    for option, value in options.items():
        if option not in own:
            raise ValueError(
                f"`{option}` does nothing in the recipe {name}, of "
                f"{recipe.source}. Received: {option}={value}"
            )
    code_dim = own.pop("code_dim", recipe.latent_dim)
    objective = dataclasses.replace(recipe.objective, **own)
    return dataclasses.replace(recipe, objective=objective, latent_dim=code_dim)


def _options_of(recipe):
    """The names of what can be changed of a recipe."""
    named = {"noise", "reconstruction"} & {*recipe.objective.options()}
    return named | (
        {"code_dim"} if isinstance(recipe.networks, Dense) else set()
    )
