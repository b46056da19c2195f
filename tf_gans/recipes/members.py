"""The members of the family: what each paper and each program says, as data.

One row here and, where it has a loss of its own, one class in
`tf_gans.losses` make a member: the names of `tf_gans.recipes.catalogue`, of the
command lines and of the points in the plane are those of the rows.

References:
- the comparison: [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), and
  compare_gan, its program: https://github.com/google/compare_gan, version 1.
  From it are the networks with leaky ReLUs in the generator, z of 64
  components from U(-1, 1), batches of 64, and 20 epochs of digits
- the collection: hwalsuklee's,
  https://github.com/hwalsuklee/tensorflow-generative-model-collections. From
  it are the momentum and the epsilon of the batch normalisation: compare_gan's
  momentum of 0.999 leaves 39 % of the initial statistics after an epoch
- SN-GAN's program: https://github.com/pfnet-research/sngan_projection
"""

import dataclasses
import functools
from typing import ClassVar

from tf_gans.recipes.objectives import (
    OPTIMIZERS,
    Adam,
    BEGANObjective,
    GANObjective,
    Lazy,
    Part,
    Recipe,
    RMSProp,
    VAEObjective,
)

# Networks --------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class InfoGAN(Part):
    """InfoGAN's pair, which the comparison has for all of its members.

    Attributes:
        batch_norm: whether the discriminator has batch normalisation.
        spectral_norm: whether the discriminator's kernels are normalised.
        dropout: float in [0, 1). Of the generator's dense layers.
        slope: of the generator's leaky ReLUs.
    """

    opponents: ClassVar[dict[str, Lazy]] = {
        "discriminator": Lazy("networks.infogan.Discriminator"),
        "autoencoder": Lazy("networks.began.ConvAutoencoder"),
        "encoder": Lazy("networks.infogan.Encoder"),
    }

    batch_norm: bool = True
    spectral_norm: bool = False
    dropout: float = 0.0
    slope: float = 0.2  # abstract_gan.py:82-113

    def pair(self, opponent, latent_dim, **shape):
        """The generator, and a network of the kind that plays against it.

        Args:
            opponent: `"discriminator"`, `"autoencoder"` or `"encoder"`.
            latent_dim: int.
            **shape: `size`, `channels`, `seed` and `dtype`.
        """
        own = {"batch_norm": self.batch_norm}
        if opponent == "discriminator":
            own["spectral_norm"] = self.spectral_norm
        if opponent == "encoder":
            own["latent_dim"] = latent_dim
        generator = Lazy("networks.infogan.Generator")(
            latent_dim=latent_dim,
            slope=self.slope,
            dropout=self.dropout,
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

    def pair(self, opponent, latent_dim, **shape):
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

    def pair(self, opponent, latent_dim, **shape):
        """The generator and the autoencoder; see `InfoGAN.pair`."""
        shape["filters"] = self.filters
        return (
            Lazy("networks.began.Generator")(latent_dim=latent_dim, **shape),
            Lazy("networks.began.Autoencoder")(code_dim=latent_dim, **shape),
        )


NETWORKS = {"infogan": InfoGAN, "wgan-gp": ImprovedWGAN, "began": BEGANPair}


# Members ---------------------------------------------------------------------


# What most have of the comparison.
_Recipe = functools.partial(
    Recipe,
    networks=InfoGAN(),
    latent_dim=64,
    optimizer=Adam(),
    batch_size=64,
    epochs=20,  # for digits
)


def _halving(rate):
    """carpedm20's clock: half each 100,000 steps, not below 2e-5."""
    least = 2e-5  # config.py:36-39
    rates = [rate]
    while rates[-1] > least:
        rates.append(max(rates[-1] / 2, least))
    if len(rates) == 1:
        return rate
    import keras

    # A rate holds up to and with its boundary, and steps count from 0.
    boundaries = [100_000 * i - 1 for i in range(1, len(rates))]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)


_WGAN_GP = GANObjective(
    Lazy("losses.Wasserstein"),
    penalty=Lazy("penalties.GradientPenalty"),
    critic_steps=5,
)

# By name, preset and, where a program has another set-up for it, by the images'
# size. A program of which nothing is said here does as the paper says.
RECIPES = {
    ("mm", "paper"): _Recipe(
        source="Goodfellow et al. 2014, equation 1; compare_gan's defaults",
        objective=GANObjective(Lazy("losses.Minimax")),
        optimizer=Adam(5e-5, 5e-5, beta_1=0.0),  # params.py:111-114
    ),
    ("ns", "paper"): _Recipe(
        source="Goodfellow et al. 2014, section 3; compare_gan's defaults",
        objective=GANObjective(Lazy("losses.NonSaturating")),
        optimizer=Adam(5e-5, 5e-5, beta_1=0.0),  # params.py:111-114
    ),
    ("ns", "code"): _Recipe(
        source="the collection's GAN.py, which has InfoGAN's rates",
        objective=GANObjective(
            Lazy("losses.NonSaturating"),
            fresh_latents=False,  # `train`: one batch_z for both players
        ),
        networks=InfoGAN(slope=0.0),  # `generator`: relu
        latent_dim=62,  # main.py:37
        # GAN.py:118-121: five times the other's
        optimizer=Adam(1e-3, 2e-4),
    ),
    ("ls", "paper"): _Recipe(
        source="Mao et al. 2017, equation 9, with a, b, c = 0, 1, 1",
        objective=GANObjective(Lazy("losses.LeastSquares")),
        optimizer=Adam(2e-4, 2e-4),  # section 4.1, for 28x28 characters
    ),
    ("ls", "code"): _Recipe(
        # Its loss is the sum over the batch, which Adam does not notice.
        source="xudonmao/LSGAN, train_chn.py: one z for both players",
        objective=GANObjective(
            Lazy("losses.LeastSquares"), fresh_latents=False
        ),
        latent_dim=1024,  # train_lsun.py:15-20
        optimizer=Adam(2e-4, 2e-4),  # train_chn.py:15-21
    ),
    ("hinge", "paper"): _Recipe(
        source="Lim & Ye 2017; Miyato et al. 2018 and their program, "
        "sn_cifar10_unconditional.yml",
        objective=GANObjective(Lazy("losses.Hinge"), critic_steps=5),
        # Miyato et al., tables 3 and 4: none in the discriminator.
        networks=InfoGAN(batch_norm=False, spectral_norm=True),
        latent_dim=128,
        normal=True,
        # There the rate falls to 0 in a straight line.
        optimizer=Adam(2e-4, 2e-4, beta_1=0.0, beta_2=0.9),
    ),
    ("wgan", "paper"): _Recipe(
        source="Arjovsky et al. 2017, algorithm 1",
        objective=GANObjective(
            Lazy("losses.Wasserstein"),
            constraint=Lazy("penalties.WeightClipping"),
            critic_steps=5,
        ),
        optimizer=RMSProp(5e-5, 5e-5),
    ),
    ("wgan", "code"): _Recipe(
        source="compare_gan's WGAN.py: Adam in place of RMSProp",
        objective=GANObjective(
            Lazy("losses.Wasserstein"),
            constraint=Lazy("penalties.WeightClipping"),
            critic_steps=5,
        ),
        optimizer=Adam(5e-5, 5e-5),  # params.py:146-151
    ),
    ("wgan-gp", "paper"): _Recipe(
        source="Gulrajani et al. 2017, algorithm 1",
        objective=_WGAN_GP,
        networks=InfoGAN(batch_norm=False),  # section 4
        optimizer=Adam(beta_1=0.0, beta_2=0.9),
    ),
    # The program has a set-up for digits, and one for CIFAR-10, which all other
    # sizes have.
    ("wgan-gp", "code", 28): _Recipe(
        source="igul222/improved_wgan_training, gan_mnist.py",
        objective=_WGAN_GP,
        networks=ImprovedWGAN(),
        latent_dim=128,
        normal=True,
        batch_size=50,  # gan_mnist.py:22-28
        optimizer=Adam(beta_1=0.5, beta_2=0.9),  # gan_mnist.py:150-159
    ),
    ("wgan-gp", "code"): _Recipe(
        source="igul222/improved_wgan_training, gan_cifar.py",
        objective=_WGAN_GP,
        networks=ImprovedWGAN(),
        latent_dim=128,
        normal=True,
        batch_size=64,  # gan_cifar.py:27-30
        optimizer=Adam(beta_1=0.5, beta_2=0.9),  # gan_cifar.py:137-138
    ),
    ("dragan", "paper"): _Recipe(
        source="Kodali et al. 2017: normal noise around the data, c = 10",
        objective=GANObjective(
            Lazy("losses.NonSaturating"),
            penalty=Lazy("penalties.DRAGAN", noise="gaussian"),
        ),
        networks=InfoGAN(batch_norm=False),
        optimizer=Adam(beta_2=0.9),
    ),
    ("dragan", "code"): _Recipe(
        source="kodalinaveen3/DRAGAN, DRAGAN.ipynb: uniform noise, upwards",
        objective=GANObjective(
            Lazy("losses.NonSaturating"), penalty=Lazy("penalties.DRAGAN")
        ),
        networks=InfoGAN(batch_norm=False),
        latent_dim=100,
        batch_size=128,
        optimizer=Adam(beta_2=0.9),
    ),
    ("began", "paper"): _Recipe(
        source="Berthelot et al. 2017, on the comparison's autoencoder",
        # The patience is this project's: the paper gives no number.
        objective=BEGANObjective(patience=20_000),
        networks=InfoGAN(batch_norm=False),  # the comparison's
        batch_size=16,
        # The paper names none but the rate: Adam's own.
        optimizer=Adam(beta_1=0.9),
    ),
    ("began", "code"): _Recipe(
        source="carpedm20/BEGAN-tensorflow, with its networks",
        objective=BEGANObjective(simultaneous=True),  # trainer.py:196-206
        networks=BEGANPair(),
        batch_size=16,
        optimizer=Adam(
            8e-5,  # config.py:36-39
            8e-5,
            schedule=_halving,  # trainer.py:163-164
            # A flag says 0.5, and trainer.py:194 does not pass it on.
            beta_1=0.9,
        ),
    ),
    ("vae", "paper"): _Recipe(
        source="Kingma & Welling 2014, appendix B; the collection's rate",
        objective=VAEObjective(),
        networks=InfoGAN(slope=0.0),  # as both programs below
        normal=True,
        optimizer=Adam(1e-3),
    ),
    ("vae", "code"): _Recipe(
        source="the collection's and compare_gan's VAE.py",
        objective=VAEObjective(spread="softplus"),  # VAE.py:60-66
        # Both decoders have relu: compare_gan's VAE does not take the
        # generator of its base class.
        networks=InfoGAN(slope=0.0),
        latent_dim=62,
        normal=True,
        optimizer=Adam(1e-3),  # the collection's VAE.py:124
    ),
}

NAMES = tuple(dict.fromkeys(name for name, *_ in RECIPES))
PRESETS = ("paper", "code")

OPTIONS = tuple(
    dict.fromkeys(
        option
        for part in (
            GANObjective,
            BEGANObjective,
            VAEObjective,
            *NETWORKS.values(),
            *OPTIMIZERS.values(),
        )
        for option in part.options()
    )
) + ("latent_dim", "normal", "networks", "optimizer")
"""What `tf_gans.recipes.family.build` can change of a recipe."""
