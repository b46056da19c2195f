"""Set-ups of the first GANs on digits.

References:
- the article: a tutorial by Mo (momodel.cn), in Chinese, that builds the
  convolutional pair in TensorFlow 1
- the assignment: [CS231n, assignment 3](https://cs231n.github.io/), GANs,
  which the article follows and which has the fully connected pair, too
"""

import dataclasses
from collections.abc import Callable

from tf_gans import latents
from tf_gans.losses import NonSaturating
from tf_gans.models.gan import GAN
from tf_gans.networks import mnist as networks
from tf_gans.recipes.adam import image_adam


@dataclasses.dataclass(frozen=True)
class MnistRecipe:
    """One set-up: networks, prior, optimizers, sizes.

    Attributes:
        source: where the values are from, for a reader.
        generator, discriminator: classes of `tf_gans.networks.mnist`.
        batch_size: images in a batch.
        epochs: passes through the training images.
        latent_dim: components of z, each from U(-1, 1).
        learning_rate, beta_1, beta_2, epsilon: of both players' Adam.
    """

    source: str
    generator: Callable
    discriminator: Callable
    batch_size: int = 128  # the article's `run_a_gan`
    epochs: int = 10  # the article's `run_a_gan`
    latent_dim: int = 96  # the assignment's NOISE_DIM
    learning_rate: float = 1e-3  # the assignment's `get_solvers`
    beta_1: float = 0.5  # the assignment's `get_solvers`
    beta_2: float = 0.999  # TensorFlow 1's default
    epsilon: float = 1e-8  # TensorFlow 1's default


_RECIPES = {
    "conv": MnistRecipe(
        source="the article's convolutional pair",
        generator=networks.Generator,
        discriminator=networks.Discriminator,
    ),
    "dense": MnistRecipe(
        source="the assignment's fully connected pair",
        generator=networks.DenseGenerator,
        discriminator=networks.DenseDiscriminator,
    ),
}

NAMES = tuple(_RECIPES)


def get(network="conv"):
    """The values of a recipe.

    Args:
        network: one of `NAMES`.

    Returns:
        An `MnistRecipe`.
    """
    return _RECIPES[network]


def build(
    network="conv",
    *,
    seed=0,
    ema_decay=None,
    dtype=None,
    jit_compile="auto",
):
    """Builds a compiled GAN for 28x28 images of one channel in [-1, 1].

    Args:
        network: one of `NAMES`.
        seed: int.
        ema_decay: as for `GAN`.
        dtype: the networks' dtype or dtype policy, for example
            `"mixed_bfloat16"`. Defaults to Keras' global one.
        jit_compile: as for `GAN.compile`.

    Returns:
        `tf_gans.GAN`, compiled.
    """
    recipe = get(network)
    generator = recipe.generator(recipe.latent_dim, seed=seed, dtype=dtype)
    gan = GAN(
        generator,
        recipe.discriminator(seed=seed, dtype=dtype),
        latents=latents.Uniform((recipe.latent_dim,), -1, 1),
        loss=NonSaturating(),
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
