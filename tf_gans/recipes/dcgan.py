"""Set-ups of the deep convolutional GAN.

`paper` is what the paper says, with the authors' code where it says nothing.
`carpedm20` is the program in TensorFlow 1 that most people met.

References:
- the paper: [Radford et al., 2015](https://arxiv.org/abs/1511.06434)
- the authors' code: https://github.com/Newmu/dcgan_code; for 64x64,
  faces/train_uncond_dcgan.py, for 28x28, mnist/train_cond_dcgan.py
- carpedm20's code: https://github.com/carpedm20/DCGAN-tensorflow, main.py and
  model.py
"""

import dataclasses

from tf_gans import latents
from tf_gans.losses import NonSaturating
from tf_gans.models.gan import GAN
from tf_gans.networks import dcgan as networks
from tf_gans.recipes.adam import image_adam


@dataclasses.dataclass(frozen=True)
class DCGANRecipe:
    """One set-up: variant of the networks, prior, optimizers, sizes.

    Attributes:
        source: where the values are from, for a reader.
        variant: of the networks, one of `tf_gans.networks.dcgan.VARIANTS`.
        batch_size: images in a batch.
        generator_steps: generator updates for each discriminator update.
        fresh_latents: whether each update draws z of its own.
        epochs: passes through the training images.
        latent_dim: components of z, each from U(-1, 1).
        learning_rate, beta_1, beta_2, epsilon: of both players' Adam.
    """

    source: str
    variant: str
    batch_size: int
    generator_steps: int
    fresh_latents: bool
    epochs: int = 25  # both programs, for faces
    latent_dim: int = 100  # the paper, section 4; both programs
    learning_rate: float = 2e-4  # the paper, section 4
    beta_1: float = 0.5  # the paper, section 4
    beta_2: float = 0.999  # both programs' default
    epsilon: float = 1e-8  # both programs' default


_RECIPES = {
    "paper": DCGANRecipe(
        source="the paper and its authors' code",
        variant="paper",
        batch_size=128,  # the paper, section 4
        generator_steps=1,  # the authors' code, k = 1
        fresh_latents=True,
    ),
    "carpedm20": DCGANRecipe(
        source="carpedm20's code",
        variant="carpedm20",
        batch_size=64,  # main.py, batch_size
        generator_steps=2,  # model.py:251-262 and 282-290
        fresh_latents=False,
    ),
}

NAMES = tuple(_RECIPES)


def get(name="paper"):
    """The values of a recipe.

    Args:
        name: one of `NAMES`.

    Returns:
        A `DCGANRecipe`.
    """
    return _RECIPES[name]


def build(
    name="paper",
    *,
    size=64,
    channels=3,
    width=64,
    num_classes=None,
    seed=0,
    ema_decay=None,
    dtype=None,
    jit_compile="auto",
):
    """Builds a compiled GAN from a recipe.

    Args:
        name: one of `NAMES`.
        size: int. The images' sides: 28, or 16, 32, 64, 128 and so on.
        channels: int.
        width: int. The channels next to the images.
        num_classes: int or None. The number of labels that the networks are
            conditioned on, with `size=28` only.
        seed: int.
        ema_decay: as for `GAN`.
        dtype: the networks' dtype or dtype policy, for example
            `"mixed_bfloat16"`. Defaults to Keras' global one.
        jit_compile: as for `GAN.compile`.

    Returns:
        `tf_gans.GAN`, compiled. Its `value_range` says what range the images
        must have.
    """
    recipe = get(name)
    options = {
        "size": size,
        "channels": channels,
        "width": width,
        "num_classes": num_classes,
        "variant": recipe.variant,
        "seed": seed,
        "dtype": dtype,
    }
    generator = networks.Generator(latent_dim=recipe.latent_dim, **options)
    gan = GAN(
        generator,
        networks.Discriminator(**options),
        latents=latents.Uniform((recipe.latent_dim,), -1, 1),
        loss=NonSaturating(),
        generator_steps=recipe.generator_steps,
        fresh_latents=recipe.fresh_latents,
        ema_decay=ema_decay,
        track_outputs=True,
        seed=seed,
    )

    gan.compile(
        generator_optimizer=image_adam(recipe, generator),
        discriminator_optimizer=image_adam(recipe, generator),
        jit_compile=jit_compile,
    )
    return gan
