"""The pairs of networks of the family, as data: made when a model is.

As in `tf_gans.recipes.objectives`, nothing here loads TensorFlow.
"""

import dataclasses
from typing import Any, ClassVar

from tf_gans.recipes.objectives import Lazy, Part

_TWO_HEADED = Lazy("networks.infogan.TwoHeadedDiscriminator")


@dataclasses.dataclass(frozen=True)
class InfoGAN(Part):
    """InfoGAN's pair, which the comparison has for all of its members.

    Attributes:
        batch_norm: whether the discriminator has batch normalisation.
        spectral_norm: whether the discriminator's kernels are normalised.
        critic_norm: how the discriminator is normalised, of
            `tf_gans.networks.base.CRITIC_NORMS`.
        dropout: float in [0, 1). Of the generator's dense layers.
        slope: of the generator's leaky ReLUs.
        width: filters of the widest images' layer, of which all layers have
            multiples.
    """

    opponents: ClassVar[dict[str, Lazy]] = {
        "discriminator": Lazy("networks.infogan.Discriminator"),
        "conditional discriminator": Lazy("networks.infogan.Discriminator"),
        "classifying discriminator": _TWO_HEADED,
        "discriminator with Q": _TWO_HEADED,
        "autoencoder": Lazy("networks.began.ConvAutoencoder"),
        "encoder": Lazy("networks.infogan.Encoder"),
    }

    batch_norm: bool = True
    spectral_norm: bool = False
    critic_norm: str = "none"
    dropout: float = 0.0
    slope: float = 0.2  # abstract_gan.py:82-115
    width: int = 64

    def pair(self, opponent, latent_dim, options=({}, {}), **shape):
        """The generator, and a network of the kind that plays against it.

        Args:
            opponent: one of `opponents`.
            latent_dim: int.
            options: two dicts: of the generator, and of the other.
            **shape: `size`, `channels`, `seed` and `dtype`.
        """
        shape["width"] = self.width
        own: dict[str, Any] = {"batch_norm": self.batch_norm, **options[1]}
        if "discriminator" in opponent:
            own["spectral_norm"] = self.spectral_norm
        if self.opponents[opponent] == self.opponents["discriminator"]:
            own["critic_norm"] = self.critic_norm
        if opponent == "encoder":
            own["latent_dim"] = latent_dim
        generator = Lazy("networks.infogan.Generator")(
            latent_dim=latent_dim,
            slope=self.slope,
            dropout=self.dropout,
            **options[0],
            **shape,
        )
        return generator, self.opponents[opponent](**own, **shape)


@dataclasses.dataclass(frozen=True)
class ImprovedWGAN(Part):
    """The pairs of igul222/improved_wgan_training.

    The program has a pair for digits, and a wider one for CIFAR-10.
    """

    opponents: ClassVar[tuple[str, ...]] = ("discriminator",)
    batch_norm: ClassVar[bool] = False

    def pair(self, opponent, latent_dim, options=({}, {}), **shape):
        """The generator and the critic; see `InfoGAN.pair`."""
        kind = "" if shape["size"] == 28 else "Cifar"
        generator = Lazy(f"networks.wgan_gp.{kind}Generator")
        critic = Lazy(f"networks.wgan_gp.{kind}Critic")
        return generator(latent_dim=latent_dim, **shape), critic(**shape)


@dataclasses.dataclass(frozen=True)
class BEGANPair(Part):
    """The pair of carpedm20/BEGAN-tensorflow.

    Attributes:
        filters: of every convolution.
    """

    opponents: ClassVar[tuple[str, ...]] = ("autoencoder",)
    batch_norm: ClassVar[bool] = False

    filters: int = 128  # the default of config.py; 64 is its other choice

    def pair(self, opponent, latent_dim, options=({}, {}), **shape):
        """The generator and the autoencoder; see `InfoGAN.pair`."""
        shape["filters"] = self.filters
        return (
            Lazy("networks.began.Generator")(latent_dim=latent_dim, **shape),
            Lazy("networks.began.Autoencoder")(code_dim=latent_dim, **shape),
        )


@dataclasses.dataclass(frozen=True)
class DensePair(Part):
    """The dense pair of CS231n's third assignment, for grey 28x28 images.

    Attributes:
        spectral_norm: whether the discriminator's kernels are normalised.
        critic_norm: how the discriminator is normalised, of
            `tf_gans.networks.base.CRITIC_NORMS`.
    """

    opponents: ClassVar[tuple[str, ...]] = ("discriminator",)
    batch_norm: ClassVar[bool] = False

    spectral_norm: bool = False
    critic_norm: str = "none"

    def pair(
        self, opponent, latent_dim, options=({}, {}), *, size, channels, **shape
    ):
        """The generator and the discriminator; see `InfoGAN.pair`.

        Raises:
            ValueError: the images are of another shape.
        """
        if (size, channels) != (28, 1):
            raise ValueError(
                "`networks` of dense layers are for grey images of 28x28. "
                f"Received: size={size}, channels={channels}"
            )
        generator = Lazy("networks.mnist.DenseGenerator")
        return generator(latent_dim, **shape), Lazy(
            "networks.mnist.DenseDiscriminator"
        )(**dataclasses.asdict(self), **shape)


NETWORKS = {
    "infogan": InfoGAN,
    "wgan-gp": ImprovedWGAN,
    "began": BEGANPair,
    "dense": DensePair,
}
