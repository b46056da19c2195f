"""Set-ups of the 1-D Gaussian demonstration.

`code` and `article` are the two variants that were published together: the
listing of gan-intro and the text around it. `stable` is this project's own.

References:
- gan-intro: https://github.com/AYLIEN/gan-intro, gan.py; lines are of that file
- the article: "An introduction to Generative Adversarial Networks", AYLIEN
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping

import keras

from tf_gans import latents, losses, penalties
from tf_gans.layers import check_groups, smooth_leaky_relu
from tf_gans.models.gan import GAN
from tf_gans.optimizers import FusedAdam
from tf_gans.recipes.catalogue import PROBLEMS, lookup
from tf_gans.toys.gaussian import networks
from tf_gans.toys.gaussian.data import Gaussian

# The range of z and of the picture's axis (gan.py:316).
RANGE = 8.0

LOSSES = {
    "logits": losses.NonSaturating,
    "clamped": losses.ClampedNonSaturating,
}


@dataclasses.dataclass(frozen=True)
class GaussianRecipe:
    """One set-up: networks, prior, optimizers, sizes.

    Attributes:
        source: where the values are from, for a reader.
        hidden_size: the generator's units; the discriminator has twice as many.
        batch_size: samples in a batch.
        num_steps: training steps. As in the original, step 0 counts extra.
        activation: the discriminator's.
        stddev: of the generator's initial kernels.
        optimizers: called with the number of steps, returns the generator's
            and the discriminator's.
        prior: called without arguments, returns the latents.
        spread: places where the discriminator's first units bend are spread
            over +-spread; 0 leaves them all at 0.
        penalty_weight: of R1, in units of the original task; 0 for none.
        ema_decay: of the generator that samples are drawn from, or None.
        follow_data: whether the networks' units are scaled to the data, so
            that any data look to them like the original task's N(4, 0.5).
        schedule: whether the optimizer depends on the number of steps, which
            can then not be changed when a run resumes.
        sources: a dict of where values are from, under their names; behind a
            bar, what is otherwise there.
    """

    source: str
    hidden_size: int
    batch_size: int
    num_steps: int
    activation: str | Callable
    optimizers: Callable
    prior: Callable
    stddev: float = 1.0
    spread: float = 0.0
    penalty_weight: float = 0.0
    ema_decay: float | None = None
    follow_data: bool = False
    schedule: bool = False
    sources: Mapping[str, str] = dataclasses.field(default_factory=dict)


def _code_optimizers(num_steps):
    # gan.py:95-103. TensorFlow 1's Adam has epsilon 1e-8, Keras' 1e-7.
    def adam():
        return FusedAdam(1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8)

    return adam(), adam()


def _article_optimizers(num_steps):
    # The article's `optimizer`: plain gradient descent, 0.005, times 0.95
    # every 150 steps. Each optimizer counts its own steps.
    def descent():
        rate = keras.optimizers.schedules.ExponentialDecay(
            0.005, decay_steps=150, decay_rate=0.95, staircase=True
        )
        return keras.optimizers.SGD(rate)

    return descent(), descent()


def _falling_optimizers(num_steps, generator_rate, discriminator_rate):
    # Rates well above the original's, to cross from 0 to 4 in time, falling
    # to 0 along half a cosine, to stand still at the end.
    def adam(rate):
        falling = keras.optimizers.schedules.CosineDecay(rate, num_steps + 1)
        # beta_1: Radford et al., 2015, arXiv 1511.06434, section 4.
        return FusedAdam(falling, beta_1=0.5, beta_2=0.999)

    return adam(generator_rate), adam(discriminator_rate)


_CODE = GaussianRecipe(
    source="gan-intro's gan.py",
    hidden_size=4,
    batch_size=8,
    num_steps=5000,
    activation="relu",
    optimizers=_code_optimizers,
    prior=lambda: latents.Stratified(-RANGE, RANGE, jitter=0.01),
    sources={
        "hidden_size": "gan.py, --hidden-size",
        "batch_size": "gan.py, --batch-size",
        "num_steps": "gan.py, --num-steps, and step 0",
        "activation": "gan.py:71-79",
        "optimizers": "gan.py:95-103",
        "prior": "gan.py:40-46, 316",
        "stddev": "gan.py:49-61",
    },
)

# The article gives no sizes: those of the script that came with it.
_ARTICLE = dataclasses.replace(
    _CODE,
    source="the article's text",
    activation="tanh",
    optimizers=_article_optimizers,
    sources={
        **dict.fromkeys(_CODE.sources, "the listing: the text gives none"),
        "activation": "`discriminator`",
        "optimizers": "`optimizer`",
        "prior": "`GeneratorDistribution`",
    },
)

# The values of these two were chosen by trials over seeds;
# docs/deviations.md says what each one is for.
_STABLE = GaussianRecipe(
    source="this project",
    hidden_size=16,
    batch_size=32,
    num_steps=5000,
    activation=smooth_leaky_relu,
    # A faster discriminator: Heusel et al., 2017, arXiv 1706.08500.
    optimizers=functools.partial(
        _falling_optimizers, generator_rate=1e-2, discriminator_rate=3e-2
    ),
    prior=lambda: latents.Normal((1,)),
    stddev=0.1,
    spread=RANGE,
    penalty_weight=0.1,
    ema_decay=0.998,
    follow_data=True,
    schedule=True,
    sources=dict.fromkeys(
        (
            "hidden_size",
            "batch_size",
            "num_steps",
            "activation",
            "optimizers",
            "prior",
            "stddev",
            "spread",
            "penalty_weight",
            "ema_decay",
        ),
        "trials over seeds; docs/deviations.md",
    ),
)
# Data of any shape: a generator that starts with bends all over the range of z
# can become any curve, and one that starts as a line seldom does.
_STABLE_ANY_MINIBATCH = dataclasses.replace(
    _STABLE,
    prior=lambda: latents.Uniform((1,), -RANGE, RANGE),
    stddev=1.0,
)
_STABLE_ANY = dataclasses.replace(_STABLE_ANY_MINIBATCH, batch_size=256)

_RECIPES = {"stable": _STABLE, "code": _CODE, "article": _ARTICLE}

NAMES = PROBLEMS["gaussian"].recipes


def get(name, minibatch=False, gaussian=True):
    """The values of a recipe.

    Args:
        name: one of `NAMES`.
        minibatch: bool. Whether the discriminator has minibatch
            discrimination.
        gaussian: bool. Whether the data are known to be Gaussian.

    Returns:
        A `GaussianRecipe`.

    Raises:
        ValueError: there is no such recipe.
    """
    if name == "stable" and not gaussian:
        return _STABLE_ANY_MINIBATCH if minibatch else _STABLE_ANY
    return lookup(_RECIPES, name)


def build(
    name,
    data,
    *,
    minibatch=False,
    group_size=None,
    hidden_size=None,
    num_steps=None,
    loss="logits",
    seed=0,
    jit_compile="auto",
    steps_per_execution="auto",
):
    """Builds a compiled GAN from a recipe.

    Args:
        name: one of `NAMES`.
        data: `tf_gans.data` distribution to learn, with `mean` and `std`.
        minibatch: bool. Whether the discriminator has minibatch
            discrimination in place of its third layer.
        group_size: int, or None. The samples that it compares; see
            `MinibatchDiscrimination`. Defaults to `None`: the batch.
        hidden_size: int, or None for the recipe's.
        num_steps: int, or None for the recipe's.
        loss: `"logits"`, or `"clamped"` for the original's arithmetic.
        seed: int.
        jit_compile: as for `GAN.compile`.
        steps_per_execution: as for `GAN.compile`.

    Returns:
        `tf_gans.GAN`, compiled.

    Raises:
        ValueError: `group_size` does not divide the batch, or there is no
            minibatch discrimination.
    """
    check_groups(data.batch_size, group_size)
    recipe = get(name, minibatch, isinstance(data, Gaussian))
    hidden_size = hidden_size or recipe.hidden_size
    num_steps = num_steps or recipe.num_steps
    shift, scale = frame(recipe, data)
    units = {"hidden_size": hidden_size, "shift": shift, "scale": scale}
    penalty = None
    if recipe.penalty_weight:
        # The gradient is taken in the data's units, 1 / scale times the
        # network's.
        penalty = penalties.R1(recipe.penalty_weight * scale**2)
    gan = GAN(
        networks.Generator(stddev=recipe.stddev, seed=seed, **units),
        networks.Discriminator(
            minibatch=minibatch,
            group_size=group_size,
            activation=recipe.activation,
            spread=recipe.spread,
            seed=seed,
            **units,
        ),
        latents=recipe.prior(),
        loss=lookup(LOSSES, loss, "loss")(),
        penalty=penalty,
        ema_decay=recipe.ema_decay,
        seed=seed,
    )
    generator_optimizer, discriminator_optimizer = recipe.optimizers(num_steps)
    gan.compile(
        generator_optimizer=generator_optimizer,
        discriminator_optimizer=discriminator_optimizer,
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
    )
    return gan


def frame(recipe, data):
    """Where the networks' units lie: `data = shift + scale * unit`.

    Returns:
        `(0, 1)` for the published recipes and, for those that follow the data,
        the map that takes N(4, 0.5) to the data's mean and deviation; for
        the original data these are the same.
    """
    if not recipe.follow_data:
        return 0.0, 1.0
    scale = data.std / 0.5
    return data.mean - 4.0 * scale, scale
