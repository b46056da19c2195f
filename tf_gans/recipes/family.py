"""The family of GANs that the surveys compare, and the VAE beside it.

All stand on InfoGAN's networks (`tf_gans.networks.infogan`), as in the large
comparison, so that what differs is the objective. Each has a preset `paper`,
what its paper says, and where a well-known program does otherwise, `code`.

References:
- the comparison: [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), and
  compare_gan, its program: https://github.com/google/compare_gan, version 1.
  From it are the networks with leaky ReLUs in the generator, z of 64
  components from U(-1, 1), batches of 64, and 20 epochs of digits
- the collection: hwalsuklee's,
  https://github.com/hwalsuklee/tensorflow-generative-model-collections. From
  it are the momentum and the epsilon of the batch normalisation: compare_gan's
  momentum of 0.999 leaves 39 % of the initial statistics after an epoch
"""

import dataclasses
from collections.abc import Callable

import keras

from tf_gans import latents, losses, noise, optimizers, penalties
from tf_gans.models.began import BEGAN
from tf_gans.models.gan import GAN
from tf_gans.models.vae import VAE
from tf_gans.networks import began as began_networks
from tf_gans.networks import infogan, wgan_gp

_COMPARED_SLOPE = 0.2  # abstract_gan.py:82-113
_LEAST_RATE = 2e-5  # carpedm20's config.py:36-39
_CHOICES = {
    "model": ("gan", "began", "vae"),
    "networks": ("infogan", "wgan-gp", "began"),
    "optimizer": ("adam", "rmsprop"),
}


def _halving(rate):
    """carpedm20's clock: half each 100,000 steps, not below 2e-5."""
    rates = [rate]
    while rates[-1] > _LEAST_RATE:
        rates.append(max(rates[-1] / 2, _LEAST_RATE))
    if len(rates) == 1:
        return rate
    # A rate holds up to and with its boundary, and steps count from 0.
    boundaries = [100_000 * i - 1 for i in range(1, len(rates))]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)


@dataclasses.dataclass(frozen=True)
class FamilyRecipe:
    """One member of the family: its objective and how it is trained.

    Attributes:
        source: where the values are from, for a reader.
        model: `"gan"`, `"began"` or `"vae"`.
        loss: makes the adversarial loss; takes its options.
        penalty: makes the penalty, or None.
        constraint: makes the constraint, or None.
        critic_steps: discriminator updates in a step.
        fresh_latents, simultaneous: as for `GAN`.
        networks: `"infogan"`, or the name of the program's own networks.
        batch_norm: whether the discriminator has batch normalisation.
        latent_dim: components of z.
        normal: whether z ~ N(0, I), rather than U(-1, 1).
        batch_size: images in a batch.
        epochs: passes through the training images.
        optimizer: `"adam"` or `"rmsprop"`.
        generator_learning_rate, discriminator_learning_rate: floats.
        beta_1, beta_2, epsilon: of Adam.
        schedule: makes the learning rate's schedule of a rate, or None.
        gamma, lambda_k, patience: of `BEGAN`.
        spread: of `VAE`.
    """

    source: str
    model: str = "gan"
    loss: Callable = losses.NonSaturating
    penalty: Callable | None = None
    constraint: Callable | None = None
    critic_steps: int = 1
    fresh_latents: bool = True
    simultaneous: bool = False
    networks: str = "infogan"
    batch_norm: bool = True
    latent_dim: int = 64  # the comparison
    normal: bool = False
    batch_size: int = 64  # the comparison
    epochs: int = 20  # the comparison, for digits
    optimizer: str = "adam"
    generator_learning_rate: float = 1e-4
    discriminator_learning_rate: float = 1e-4
    beta_1: float = 0.5
    beta_2: float = 0.999  # TensorFlow's default
    epsilon: float = 1e-8  # TensorFlow 1's default
    schedule: Callable | None = None
    gamma: float = 0.5  # the paper's, section 4
    lambda_k: float = 0.001  # the paper's, section 3.4
    patience: int | None = None
    spread: str = "log_variance"

    def __post_init__(self):
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(
                    f"`{name}` must be one of {', '.join(choices)}. "
                    f"Received: {name}={value!r}"
                )

    def latents(self):
        """The prior of z."""
        if self.normal:
            return latents.Normal((self.latent_dim,))
        return latents.Uniform((self.latent_dim,), -1, 1)

    def make_optimizer(self, learning_rate, dtype="float32"):
        """An optimizer of this kind.

        Args:
            learning_rate: float.
            dtype: what the network computes in.
        """
        if self.schedule:
            learning_rate = self.schedule(learning_rate)
        if self.optimizer == "rmsprop":
            # PyTorch's defaults, which the authors' program has: it adds 1e-8
            # to the root, where Keras adds the square of that below it. A
            # critic whose weights are clipped has gradients of such a size.
            optimizer = keras.optimizers.RMSprop(
                learning_rate, rho=0.99, epsilon=1e-16
            )
        else:
            optimizer = optimizers.KernelAdam(
                learning_rate, self.beta_1, self.beta_2, self.epsilon
            )
        if dtype == "float16":
            # Small gradients would be 0 in half precision.
            return keras.optimizers.LossScaleOptimizer(optimizer)
        return optimizer


_RECIPES = {
    ("mm", "paper"): FamilyRecipe(
        source="Goodfellow et al. 2014, equation 1; compare_gan's defaults",
        loss=losses.Minimax,
        # params.py:111-114
        generator_learning_rate=5e-5,
        discriminator_learning_rate=5e-5,
        beta_1=0.0,
    ),
    ("ns", "paper"): FamilyRecipe(
        source="Goodfellow et al. 2014, section 3; compare_gan's defaults",
        # params.py:111-114
        generator_learning_rate=5e-5,
        discriminator_learning_rate=5e-5,
        beta_1=0.0,
    ),
    ("ns", "code"): FamilyRecipe(
        source="the collection's GAN.py, which has InfoGAN's rates",
        # GAN.py:118-121: five times the other's
        generator_learning_rate=1e-3,
        discriminator_learning_rate=2e-4,
        latent_dim=62,  # main.py:37
    ),
    ("ls", "paper"): FamilyRecipe(
        source="Mao et al. 2017, equation 9, with a, b, c = 0, 1, 1",
        loss=losses.LeastSquares,
        # Section 4.1, for 28x28 characters.
        generator_learning_rate=2e-4,
        discriminator_learning_rate=2e-4,
    ),
    ("ls", "code"): FamilyRecipe(
        # Its loss is the sum over the batch, which Adam does not notice.
        source="xudonmao/LSGAN, train_chn.py: one z for both players",
        loss=losses.LeastSquares,
        fresh_latents=False,
        latent_dim=1024,  # train_lsun.py:15-20
        generator_learning_rate=2e-4,  # train_chn.py:15-21
        discriminator_learning_rate=2e-4,
    ),
    ("wgan", "paper"): FamilyRecipe(
        source="Arjovsky et al. 2017, algorithm 1",
        loss=losses.Wasserstein,
        constraint=penalties.WeightClipping,
        critic_steps=5,
        optimizer="rmsprop",
        generator_learning_rate=5e-5,
        discriminator_learning_rate=5e-5,
    ),
    ("wgan", "code"): FamilyRecipe(
        source="compare_gan's WGAN.py: Adam in place of RMSProp",
        loss=losses.Wasserstein,
        constraint=penalties.WeightClipping,
        critic_steps=5,
        # params.py:146-151
        generator_learning_rate=5e-5,
        discriminator_learning_rate=5e-5,
    ),
    ("wgan-gp", "paper"): FamilyRecipe(
        source="Gulrajani et al. 2017, algorithm 1",
        loss=losses.Wasserstein,
        penalty=penalties.GradientPenalty,
        critic_steps=5,
        batch_norm=False,  # section 4
        beta_1=0.0,
        beta_2=0.9,
    ),
    ("wgan-gp", "code"): FamilyRecipe(
        source="igul222/improved_wgan_training, gan_mnist.py and gan_cifar.py",
        loss=losses.Wasserstein,
        penalty=penalties.GradientPenalty,
        critic_steps=5,
        networks="wgan-gp",
        batch_norm=False,
        latent_dim=128,
        normal=True,
        batch_size=50,  # gan_mnist.py:22-28
        beta_1=0.5,  # gan_mnist.py:150-159
        beta_2=0.9,
    ),
    ("dragan", "paper"): FamilyRecipe(
        source="Kodali et al. 2017: normal noise around the data, c = 10",
        penalty=lambda **options: penalties.DRAGAN(noise="gaussian", **options),
        batch_norm=False,
        beta_2=0.9,
    ),
    ("dragan", "code"): FamilyRecipe(
        source="kodalinaveen3/DRAGAN, DRAGAN.ipynb: uniform noise, upwards",
        penalty=penalties.DRAGAN,
        batch_norm=False,
        latent_dim=100,
        batch_size=128,
        beta_2=0.9,
    ),
    ("began", "paper"): FamilyRecipe(
        source="Berthelot et al. 2017, on the comparison's autoencoder",
        model="began",
        batch_norm=False,  # the comparison's
        batch_size=16,
        patience=20_000,  # this project's: the paper gives no number
        # The paper names none but the rate: Adam's own.
        beta_1=0.9,
    ),
    ("began", "code"): FamilyRecipe(
        source="carpedm20/BEGAN-tensorflow, with its networks",
        model="began",
        networks="began",
        simultaneous=True,  # trainer.py:196-206
        batch_norm=False,
        batch_size=16,
        generator_learning_rate=8e-5,  # config.py:36-39
        discriminator_learning_rate=8e-5,
        schedule=_halving,  # trainer.py:163-164
        # A flag says 0.5, and trainer.py:194 does not pass it on.
        beta_1=0.9,
    ),
    ("vae", "paper"): FamilyRecipe(
        source="Kingma & Welling 2014, appendix B; the collection's rate",
        model="vae",
        normal=True,
        generator_learning_rate=1e-3,
        discriminator_learning_rate=1e-3,
    ),
    ("vae", "code"): FamilyRecipe(
        source="the collection's and compare_gan's VAE.py",
        model="vae",
        normal=True,
        latent_dim=62,
        generator_learning_rate=1e-3,  # the collection's VAE.py:124
        discriminator_learning_rate=1e-3,
        spread="softplus",  # VAE.py:60-66
    ),
}

NAMES = ("mm", "ns", "ls", "wgan", "wgan-gp", "dragan", "began", "vae")
PRESETS = ("paper", "code")


def get(name, preset="paper"):
    """The values of a recipe.

    Args:
        name: one of `NAMES`.
        preset: one of `PRESETS`. A member whose well-known programs do as the
            paper says has one set-up under both names.

    Returns:
        A `FamilyRecipe`.

    Raises:
        ValueError: there is no such recipe.
    """
    if name not in NAMES:
        raise ValueError(
            f"`name` must be one of {', '.join(NAMES)}. Received: name={name!r}"
        )
    if preset not in PRESETS:
        raise ValueError(
            f"`preset` must be one of {', '.join(PRESETS)}. "
            f"Received: preset={preset!r}"
        )
    return _RECIPES.get((name, preset), _RECIPES[name, "paper"])


def build(
    name,
    preset="paper",
    *,
    size=28,
    channels=1,
    label_smoothing=0.0,
    instance_noise=None,
    instance_noise_steps=None,
    dropout=0.0,
    penalty_weight=None,
    clip=None,
    spectral_norm=False,
    seed=0,
    ema_decay=None,
    dtype=None,
    jit_compile="auto",
    **changes,
):
    """Builds a compiled member of the family for images.

    Args:
        name: one of `NAMES`.
        preset: one of `PRESETS`.
        size: int. The images' sides, a multiple of 4.
        channels: int.
        label_smoothing: float in [0, 0.5). The real label is 1 less this.
        instance_noise: float or None. The standard deviation of noise that is
            added to all that the discriminator sees.
        instance_noise_steps: int or None. In so many steps it falls to 0.
        dropout: float in [0, 1). Of the generator's dense layers.
        penalty_weight: float or None. Another weight of the recipe's penalty.
        clip: float or None. Another limit of the weights, or one for a recipe
            that has none.
        spectral_norm: bool. Whether the discriminator's kernels are normalised.
        seed: int.
        ema_decay: as for `GAN`.
        dtype: the networks' dtype or dtype policy. Defaults to Keras' global.
        jit_compile: as for `GAN.compile`.
        **changes: other values of the `FamilyRecipe`'s attributes, but for
            those of the data.

    Returns:
        A compiled `tf_gans.GAN`, `BEGAN` or `VAE`. Its `value_range` says what
        range the images must have.

    Raises:
        ValueError: options contradict each other or the recipe.
    """
    recipe = dataclasses.replace(get(name, preset), **changes)
    # Flags that are off ask for nothing; a change does, whatever its value.
    flags = {
        "label_smoothing": label_smoothing,
        "instance_noise": instance_noise,
        "instance_noise_steps": instance_noise_steps,
        "dropout": dropout,
        "penalty_weight": penalty_weight,
        "clip": clip,
        "spectral_norm": spectral_norm,
    }
    given = {k: v for k, v in flags.items() if v} | changes
    _refuse_idle(name, recipe, given)
    shape = {"size": size, "channels": channels, "seed": seed, "dtype": dtype}
    generator, other = _networks(recipe, shape, dropout, spectral_norm)
    common = {"latents": recipe.latents(), "ema_decay": ema_decay, "seed": seed}
    if recipe.model == "vae":
        vae = VAE(other, generator, spread=recipe.spread, **common)
        vae.compile(
            recipe.make_optimizer(
                recipe.generator_learning_rate, generator.compute_dtype
            ),
            jit_compile=jit_compile,
        )
        return vae
    if recipe.model == "began":
        gan = BEGAN(
            generator,
            other,
            gamma=recipe.gamma,
            lambda_k=recipe.lambda_k,
            simultaneous=recipe.simultaneous,
            patience=recipe.patience,
            **common,
        )
    else:
        gan = GAN(
            generator,
            other,
            loss=_loss(recipe, label_smoothing),
            penalty=_penalty(recipe, penalty_weight),
            constraint=_constraint(recipe, clip),
            critic_steps=recipe.critic_steps,
            fresh_latents=recipe.fresh_latents,
            simultaneous=recipe.simultaneous,
            instance_noise=None
            if instance_noise is None
            else noise.InstanceNoise(instance_noise, instance_noise_steps),
            track_outputs=True,
            **common,
        )
    dtype = generator.compute_dtype
    gan.compile(
        recipe.make_optimizer(recipe.generator_learning_rate, dtype),
        recipe.make_optimizer(recipe.discriminator_learning_rate, dtype),
        jit_compile=jit_compile,
    )
    return gan


def _refuse_idle(name, recipe, given):
    """Refuses options that would do nothing."""
    model = recipe.model
    players = model != "vae"
    places = {
        "loss": model == "gan",
        "penalty": model == "gan",
        "constraint": model == "gan" and "clip" not in given,
        "fresh_latents": model == "gan" and not recipe.simultaneous,
        "simultaneous": players,
        "label_smoothing": recipe.loss in (losses.Minimax, losses.NonSaturating)
        and model == "gan",
        "instance_noise": model == "gan",
        "instance_noise_steps": model == "gan",
        "penalty_weight": model == "gan" and recipe.penalty is not None,
        "clip": model == "gan",
        "critic_steps": model == "gan",
        "spectral_norm": model == "gan" and recipe.networks == "infogan",
        "dropout": recipe.networks == "infogan",
        "batch_norm": recipe.networks == "infogan",
        "discriminator_learning_rate": players,
        "beta_1": recipe.optimizer == "adam",
        "beta_2": recipe.optimizer == "adam",
        "epsilon": recipe.optimizer == "adam",
        "gamma": model == "began",
        "lambda_k": model == "began",
        "patience": model == "began",
        "spread": model == "vae",
        # Of the data, which are not given here.
        "batch_size": False,
        "epochs": False,
    }
    for option, value in given.items():
        if not places.get(option, True):
            raise ValueError(
                f"`{option}` does nothing in the recipe {name}, of "
                f"{recipe.source}. Received: {option}={value}"
            )
    if "instance_noise_steps" in given and "instance_noise" not in given:
        raise ValueError(
            "`instance_noise_steps` needs an `instance_noise` that falls. "
            f"Received: instance_noise_steps={given['instance_noise_steps']}"
        )


def _networks(recipe, shape, dropout, spectral_norm):
    """The generator, and the discriminator, autoencoder or encoder."""
    latent_dim = recipe.latent_dim
    if recipe.networks == "began":
        options = {**shape, "filters": 64}  # config.py: 64 or 128
        return (
            began_networks.Generator(latent_dim=latent_dim, **options),
            began_networks.Autoencoder(code_dim=latent_dim, **options),
        )
    if recipe.networks == "wgan-gp":
        # The program has a pair for digits, and a wider one for CIFAR-10.
        if shape["size"] == 28:
            generator, critic = wgan_gp.Generator, wgan_gp.Critic
        else:
            generator, critic = wgan_gp.CifarGenerator, wgan_gp.CifarCritic
        return generator(latent_dim=latent_dim, **shape), critic(**shape)
    generator = infogan.Generator(
        latent_dim=latent_dim, slope=_COMPARED_SLOPE, dropout=dropout, **shape
    )
    options = {**shape, "batch_norm": recipe.batch_norm}
    if recipe.model == "vae":
        return generator, infogan.Encoder(latent_dim=latent_dim, **options)
    if recipe.model == "began":
        return generator, began_networks.ConvAutoencoder(**options)
    return generator, infogan.Discriminator(
        spectral_norm=spectral_norm, **options
    )


def _loss(recipe, label_smoothing):
    if not label_smoothing:
        return recipe.loss()
    return recipe.loss(label_smoothing=label_smoothing)


def _penalty(recipe, weight):
    if recipe.penalty is None:
        return None
    return recipe.penalty() if weight is None else recipe.penalty(weight=weight)


def _constraint(recipe, clip):
    if clip is not None:
        return penalties.WeightClipping(clip)
    return recipe.constraint() if recipe.constraint else None
