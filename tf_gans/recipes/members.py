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
- R3GAN: [Huang et al., 2024](https://arxiv.org/abs/2501.05441); its program,
  https://github.com/brownvc/R3GAN, commit 19a7ddf
"""

import dataclasses
from typing import Any

from tf_gans.recipes import labelled
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
from tf_gans.recipes.pairs import NETWORKS, BEGANPair, ImprovedWGAN, InfoGAN

# Where the values are from that no row names.
_COMPARED = {
    "objective": "the paper",
    "updates": "the paper's algorithm",
    "networks": "compare_gan, abstract_gan.py:82-115 | its batch normalisation "
    "has momentum 0.999 and epsilon 0.001",
    "z": "compare_gan: 64 components; abstract_gan.py, `z_generator`",
    "batch_size": "compare_gan",
    "epochs": "compare_gan, for digits",
}


def _recipe(source, objective, sources=(), **values):
    """A recipe, with what most have of the comparison where nothing is said."""
    common: dict[str, Any] = {
        "networks": InfoGAN(),
        "latent_dim": 64,
        "batch_size": 64,
        "epochs": 20,
    }
    sources = _COMPARED | dict(sources)
    return Recipe(source, objective, sources=sources, **common | values)


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


_WGAN = GANObjective(
    Lazy("losses.Wasserstein"),
    constraint=Lazy("penalties.WeightClipping"),
    critic_steps=5,
)
_WGAN_GP = GANObjective(
    Lazy("losses.Wasserstein"),
    penalty=Lazy("penalties.GradientPenalty"),
    critic_steps=5,
)

# By name, preset and, where a program has another set-up for it, by the images'
# size. A program of which nothing is said here does as the paper says.
RECIPES: dict[tuple, Recipe] = {
    ("mm", "paper"): _recipe(
        source="Goodfellow et al. 2014; compare_gan",
        objective=GANObjective(Lazy("losses.Minimax")),
        optimizer=Adam(5e-5, 5e-5, beta_1=0.0),
        sources={
            "objective": "equation 1",
            "updates": "algorithm 1, k = 1 | one z for both in compare_gan",
            "optimizer": "compare_gan, params.py:111-114 | the paper: momentum",
        },
    ),
    ("ns", "paper"): _recipe(
        source="Goodfellow et al. 2014; compare_gan",
        objective=GANObjective(Lazy("losses.NonSaturating")),
        optimizer=Adam(5e-5, 5e-5, beta_1=0.0),
        sources={
            "objective": "section 3",
            "updates": "algorithm 1, k = 1 | one z for both in compare_gan",
            "optimizer": "compare_gan, params.py:111-114 | the paper: momentum",
        },
    ),
    ("ns", "code"): _recipe(
        source="the collection's GAN.py",
        objective=GANObjective(
            Lazy("losses.NonSaturating"), fresh_latents=False
        ),
        networks=InfoGAN(slope=0.0),
        latent_dim=62,
        optimizer=Adam(1e-3, 2e-4),
        sources={
            "objective": "GAN.py, `build_model`",
            "updates": "GAN.py, `train`: one batch_z for both players",
            "networks": "GAN.py:48-75: relu in the generator",
            "z": "main.py:37; GAN.py, `train`",
            "optimizer": "GAN.py:118-121: InfoGAN's, five times the other's",
            "batch_size": "main.py",
            "epochs": "main.py | of 70,000 images, test images among them",
        },
    ),
    ("ls", "paper"): _recipe(
        source="Mao et al. 2017; compare_gan",
        objective=GANObjective(Lazy("losses.LeastSquares")),
        optimizer=Adam(2e-4, 2e-4),
        sources={
            "objective": "equation 9, a, b, c = 0, 1, 1",
            "optimizer": "section 4.1, for 28x28 characters",
        },
    ),
    ("ls", "code"): _recipe(
        source="xudonmao/LSGAN, train_chn.py and mcgan.py",
        objective=GANObjective(
            Lazy("losses.LeastSquares"), fresh_latents=False
        ),
        latent_dim=1024,
        optimizer=Adam(2e-4, 2e-4),
        sources={
            "objective": "mcgan.py:131-135 | the sum over the batch, which "
            "Adam does not notice",
            "updates": "train_chn.py, `train`: one batch_z for both players",
            "networks": "compare_gan, abstract_gan.py:82-115 | a conditional "
            "pair of its own, for 3,740 characters",
            "z": "train_chn.py:15-21",
            "optimizer": "train_chn.py:15-21",
            "batch_size": "train_chn.py:15-21",
            "epochs": "compare_gan, for digits | 1,000,000 steps",
        },
    ),
    ("hinge", "paper"): _recipe(
        source="Lim & Ye 2017; Miyato et al. 2018 and their program, "
        "sn_cifar10_unconditional.yml",
        objective=GANObjective(Lazy("losses.Hinge"), critic_steps=5),
        networks=InfoGAN(batch_norm=False, spectral_norm=True),
        latent_dim=128,
        normal=True,
        optimizer=Adam(2e-4, 2e-4, beta_1=0.0, beta_2=0.9),
        sources={
            "objective": "Miyato et al., equations 16 and 17",
            "updates": "n_dis: 5 | the generator's comes before the others, "
            "on a batch of 128",
            "networks": "compare_gan, abstract_gan.py:82-115; no batch "
            "normalisation in the discriminator: Miyato et al., tables 3 and "
            "4 | residual networks for 32x32",
            "z": "dim_z: 128; random_samples.py, `sample_continuous`",
            "optimizer": "adam | the rate falls to 0 in a straight line",
            "batch_size": "batchsize: 64",
            "epochs": "compare_gan, for digits | 50,000 steps",
        },
    ),
    ("wgan", "paper"): _recipe(
        source="Arjovsky et al. 2017",
        objective=_WGAN,
        optimizer=RMSProp(5e-5, 5e-5),
        sources={
            "objective": "algorithm 1, c = 0.01",
            "updates": "algorithm 1, n_critic = 5",
            "optimizer": "algorithm 1, as PyTorch has RMSProp",
            "batch_size": "algorithm 1, m = 64",
        },
    ),
    ("wgan", "code"): _recipe(
        source="compare_gan, WGAN.py",
        objective=dataclasses.replace(_WGAN, generator_latents="last"),
        optimizer=Adam(5e-5, 5e-5),
        sources={
            "objective": "params.py:146-151 | clipped while the optimizer "
            "updates, in no certain order",
            "updates": "params.py:146-151; abstract_gan.py, "
            "`resample_before_generator`",
            "optimizer": "params.py:146-151; Adam: WGAN.py, `get_optimizer`",
        },
    ),
    ("wgan-gp", "paper"): _recipe(
        source="Gulrajani et al. 2017",
        objective=_WGAN_GP,
        networks=InfoGAN(batch_norm=False),
        optimizer=Adam(beta_1=0.0, beta_2=0.9),
        sources={
            "objective": "algorithm 1, lambda = 10",
            "updates": "algorithm 1, n_critic = 5",
            "networks": "compare_gan, abstract_gan.py:82-115; no batch "
            "normalisation in the critic: section 4",
            "optimizer": "algorithm 1",
            "batch_size": "algorithm 1, m = 64",
        },
    ),
    # The program has a set-up for digits, and one for CIFAR-10, which all other
    # sizes have.
    ("wgan-gp", "code", 28): _recipe(
        source="igul222/improved_wgan_training, gan_mnist.py",
        objective=_WGAN_GP,
        networks=ImprovedWGAN(),
        latent_dim=128,
        normal=True,
        batch_size=50,
        optimizer=Adam(beta_1=0.5, beta_2=0.9),
        sources={
            "objective": "gan_mnist.py:22-28, 138-148 | nothing below the root",
            "updates": "gan_mnist.py:22-28 | the generator's comes first, and "
            "not in step 0",
            "networks": "gan_mnist.py:55-101, without batch normalisation",
            "z": "gan_mnist.py, `Generator`",
            "optimizer": "gan_mnist.py:150-159",
            "batch_size": "gan_mnist.py:22-28",
            "epochs": "compare_gan, for digits | 200,000 steps",
        },
    ),
    ("wgan-gp", "code"): _recipe(
        source="igul222/improved_wgan_training, gan_cifar.py",
        objective=_WGAN_GP,
        networks=ImprovedWGAN(),
        latent_dim=128,
        normal=True,
        optimizer=Adam(beta_1=0.5, beta_2=0.9),
        sources={
            "objective": "gan_cifar.py:27-30 | nothing below the root",
            "updates": "gan_cifar.py:27-30 | the generator's comes first, and "
            "not in step 0",
            "networks": "gan_cifar.py, `Generator`, `Discriminator`, DIM 128",
            "z": "gan_cifar.py, `Generator`",
            "optimizer": "gan_cifar.py:137-138",
            "batch_size": "gan_cifar.py:27-30",
            "epochs": "compare_gan, for digits | 200,000 steps",
        },
    ),
    ("dragan", "paper"): _recipe(
        source="Kodali et al. 2017",
        objective=GANObjective(
            Lazy("losses.NonSaturating"),
            penalty=Lazy("penalties.DRAGAN", noise="gaussian"),
        ),
        networks=InfoGAN(batch_norm=False),
        optimizer=Adam(beta_2=0.9),
        sources={
            "objective": "lambda 10, k 1, c 10, the variance of the move",
            "networks": "compare_gan, abstract_gan.py:82-115; no batch "
            "normalisation in the discriminator: params.py:187-189",
            "optimizer": "the program's, DRAGAN.ipynb",
        },
    ),
    ("dragan", "code"): _recipe(
        source="kodalinaveen3/DRAGAN, DRAGAN.ipynb",
        objective=GANObjective(
            Lazy("losses.NonSaturating"), penalty=Lazy("penalties.DRAGAN")
        ),
        networks=InfoGAN(batch_norm=False),
        latent_dim=100,
        batch_size=128,
        optimizer=Adam(beta_2=0.9),
        sources={
            "objective": "`get_perturbed_batch`: upwards only; lambda 10",
            "updates": "the loop: z anew for each",
            "networks": "compare_gan, abstract_gan.py:82-115, without batch "
            "normalisation in the discriminator | one hidden layer of 128 in "
            "each",
            "z": "z_dim = 100; `sample_z`",
            "optimizer": "1e-4, 0.5, 0.9",
            "batch_size": "mb_size = 128",
            "epochs": "compare_gan, for digits | 200,000 steps",
        },
    ),
    ("r3gan", "paper"): _recipe(
        source="Huang et al. 2024 and their program, brownvc/R3GAN, CIFAR10",
        objective=GANObjective(
            Lazy("losses.RelativisticPairing"),
            penalty=Lazy("penalties.R1R2", weight=0.05),
        ),
        networks=InfoGAN(batch_norm=False),
        normal=True,
        optimizer=Adam(2e-4, 2e-4, beta_1=0.0, beta_2=0.9),
        sources={
            "objective": "Trainer.py:14-44; gamma: train.py:178-196 | gamma "
            "falls to 0.005, of images in [-1, 1]",
            "updates": "Trainer.py:14-44; training_loop.py:284-305: z anew | "
            "real images anew for the generator, too",
            "networks": "compare_gan, abstract_gan.py:82-115; no batch "
            "normalisation in the discriminator: section 3 | residual "
            "networks, no normalisation in either",
            "z": "train.py:183: 64 components; of N(0, 1): "
            "training_loop.py:288-291",
            "optimizer": "train.py:159-160, 194-196 | the rate falls to 5e-5, "
            "beta_2 rises to 0.99",
            "batch_size": "compare_gan | the paper, table 9: 512",
            "epochs": "compare_gan, for digits | the paper, table 9: 250 "
            "million images",
        },
    ),
    ("began", "paper"): _recipe(
        source="Berthelot et al. 2017",
        objective=BEGANObjective(patience=20_000),
        networks=InfoGAN(batch_norm=False),
        batch_size=16,
        optimizer=Adam(beta_1=0.9),
        sources={
            "objective": "sections 3.3 and 3.4 | the patience is this "
            "project's: the paper gives no number",
            "updates": "section 3.4: z_D and z_G",
            "networks": "compare_gan, BEGAN.py | the paper's are `code`'s",
            "optimizer": "section 4: 1e-4 | all else is Adam's own",
            "batch_size": "section 4",
            "epochs": "compare_gan, for digits",
        },
    ),
    ("began", "code"): _recipe(
        source="carpedm20/BEGAN-tensorflow",
        objective=BEGANObjective(simultaneous=True),
        networks=BEGANPair(),
        batch_size=16,
        # A flag says 0.5, and trainer.py:194 does not pass it on.
        optimizer=Adam(8e-5, 8e-5, beta_1=0.9, schedule=_halving),
        sources={
            "objective": "config.py, gamma and lambda_k; trainer.py:196-210",
            "updates": "trainer.py:196-206: one forward pass for both players",
            "networks": "models.py:5-50; config.py: conv_hidden_num is 128",
            "z": "config.py: z_num is 64; trainer.py, `build_model`",
            "optimizer": "config.py:36-39; trainer.py:163-164 | a flag for "
            "beta_1 says 0.5, and is not passed on",
            "batch_size": "config.py: 16",
            "epochs": "compare_gan, for digits | 500,000 steps",
        },
    ),
    ("vae", "paper"): _recipe(
        source="Kingma & Welling 2014, appendix B",
        objective=VAEObjective(),
        networks=InfoGAN(slope=0.0),
        normal=True,
        optimizer=Adam(1e-3),
        sources={
            "objective": "equation 10 and appendices B and C",
            "updates": "algorithm 1, L = 1",
            "networks": "the collection's VAE.py | one hidden layer of tanh",
            "z": "section 3; 64 components, the comparison's",
            "optimizer": "the collection's VAE.py:124 | Adagrad",
            "batch_size": "compare_gan | 100",
        },
    ),
    ("vae", "code"): _recipe(
        source="the collection's and compare_gan's VAE.py",
        objective=VAEObjective(spread="softplus"),
        networks=InfoGAN(slope=0.0),
        latent_dim=62,
        normal=True,
        optimizer=Adam(1e-3),
        sources={
            "objective": "VAE.py:60-66, 109-116 | outputs clipped to "
            "[1e-8, 1 - 1e-8]",
            "updates": "VAE.py, `build_model`",
            # compare_gan's VAE does not take the generator of its base class.
            "networks": "VAE.py, `encoder` and `decoder`: relu in the decoder",
            "z": "the collection's main.py:37",
            "optimizer": "the collection's VAE.py:124 | 5e-5 in compare_gan",
            "batch_size": "both",
        },
    ),
    **labelled.RECIPES,
}

NAMES = tuple(dict.fromkeys(name for name, *_ in RECIPES))
OF_POINTS = tuple(n for n in NAMES if (n, "paper") not in labelled.RECIPES)
"""The members that points in the plane can be learned with, too."""
PRESETS = ("paper", "code")

_PARTS: tuple[type[Part], ...] = (
    GANObjective,
    labelled.ACGANObjective,
    labelled.InfoGANObjective,
    BEGANObjective,
    VAEObjective,
    *NETWORKS.values(),
    *OPTIMIZERS.values(),
)
OPTIONS = tuple(
    dict.fromkeys(option for part in _PARTS for option in part.options())
) + ("latent_dim", "normal", "networks", "optimizer")
"""What `tf_gans.recipes.family.build` can change of a recipe."""
