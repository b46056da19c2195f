"""The settings that the comparison tries of each member of the family.

They are those of "Are GANs created equal?": a wide range, a narrow one, and the
settings of each member's authors, which are always sample 0. Loads no
TensorFlow.

Reference:
- [Lucic et al., 2018](https://arxiv.org/abs/1711.10337), section 5
- google/compare_gan, first commit, params.py:63-239
"""

import dataclasses
import math
import zlib

import numpy as np

from tf_gans.recipes.catalogue import lookup

RANGES = ("wide", "narrow")


@dataclasses.dataclass(frozen=True)
class Uniform:
    """Numbers from `low` to `high`, all alike."""

    low: float
    high: float

    def draw(self, generator):
        """One number."""
        return float(generator.uniform(self.low, self.high))


@dataclasses.dataclass(frozen=True)
class LogUniform:
    """Numbers from 10^`low` to 10^`high`, all exponents alike."""

    low: float
    high: float

    def draw(self, generator):
        """One number."""
        return float(10 ** generator.uniform(self.low, self.high))


@dataclasses.dataclass(frozen=True)
class Choice:
    """One of several values, all alike."""

    values: tuple

    def __init__(self, *values):
        object.__setattr__(self, "values", values)

    def draw(self, generator):
        """One value."""
        return self.values[generator.integers(len(self.values))]


@dataclasses.dataclass(frozen=True)
class Member:
    """What the comparison varies of one member, and what it keeps.

    Attributes:
        defaults: the settings of its authors, or of the comparison's program
            where these have none.
        own: distributions of what no other member has, by option and range.
        critic_steps: whether several updates of the opponent are tried.
        batch_norm: whether a discriminator with batch normalisation is tried.
        preset, fixed: the recipe, and the options that all samples have.
    """

    defaults: dict
    own: dict = dataclasses.field(default_factory=dict)
    critic_steps: bool = True
    batch_norm: bool = True
    preset: str = "paper"
    fixed: dict = dataclasses.field(default_factory=dict)

    def distributions(self, range):
        """What each option is drawn from, in the order of the draws."""
        wide = range == "wide"
        found = {
            "beta_1": Uniform(0.0, 1.0) if wide else Choice(0.5),
            "learning_rate": LogUniform(-5, -2) if wide else LogUniform(-4, -3),
        }
        if self.critic_steps:
            found["critic_steps"] = Choice(1, 5) if wide else Choice(1)
        if self.batch_norm:
            found["batch_norm"] = Choice(True, False)
        for option, by_range in self.own.items():
            found[option] = by_range[RANGES.index(range)]
        return found


def _defaults(beta_1, learning_rate, critic_steps=None, batch_norm=None, **own):
    values = {
        "beta_1": beta_1,
        "learning_rate": learning_rate,
        "critic_steps": critic_steps,
        "batch_norm": batch_norm,
    }
    return {n: v for n, v in values.items() if v is not None} | own


_ADAM = {"optimizer": "adam"}
_PENALTY = {"penalty_weight": (LogUniform(-1, 2), LogUniform(-1, 1))}

MEMBERS = {
    "mm": Member(_defaults(0.0, 5e-5, 1, True)),
    "ns": Member(_defaults(0.0, 5e-5, 1, True)),
    "ls": Member(_defaults(0.5, 2e-4, 1, True)),
    "wgan": Member(
        # The comparison trains it with Adam; the paper says RMSProp.
        _defaults(0.5, 5e-5, 5, True, clip=0.01),
        own={"clip": (LogUniform(-3, 0), LogUniform(-2, 0))},
        fixed=_ADAM,
    ),
    "wgan-gp": Member(
        _defaults(0.5, 1e-4, 5, penalty_weight=10.0),
        own=_PENALTY,
        batch_norm=False,
    ),
    "dragan": Member(
        # The noise of the authors' program, as in the comparison: the paper's
        # is far larger than images in [0, 1].
        _defaults(0.5, 1e-4, 1, penalty_weight=10.0),
        own=_PENALTY,
        batch_norm=False,
        preset="code",
        fixed={"latent_dim": 64},
    ),
    "began": Member(
        _defaults(0.5, 1e-4, batch_norm=False, lambda_k=0.001, gamma=0.75),
        own={
            "lambda_k": (LogUniform(-4, -2), Choice(0.001)),
            "gamma": (Uniform(0.0, 1.0), Uniform(0.6, 0.9)),
        },
        critic_steps=False,
    ),
    "vae": Member(
        _defaults(0.5, 5e-5),
        critic_steps=False,
        batch_norm=False,
        preset="code",
        fixed={"latent_dim": 64},
    ),
    # No part of the published comparison: the settings of SN-GAN's program.
    "hinge": Member(
        _defaults(0.0, 2e-4, 5),
        batch_norm=False,
        fixed={"latent_dim": 64, "normal": False, "beta_2": 0.999},
    ),
    # Nor was R3GAN: the settings of its program.
    "r3gan": Member(
        _defaults(0.0, 2e-4, 1, penalty_weight=0.05),
        own={"penalty_weight": (LogUniform(-3, 1), LogUniform(-2, 0))},
        batch_norm=False,
        fixed={"normal": False, "beta_2": 0.999},
    ),
}
"""The members, by name.

BEGAN's opponent is updated once a step here, and five times in the
comparison's defaults: its equilibrium is defined for one. The VAE has no
opponent.
"""


def settings(name, index, range="wide", seed=0):
    """The settings of one sample.

    Args:
        name: one of `MEMBERS`.
        index: int. Sample 0 is the authors' settings.
        range: one of `RANGES`.
        seed: int. Sample `index` does not depend on how many there are.

    Returns:
        A dict of options: `learning_rate`, of both players, and what
        `tf_gans.recipes.family.build` calls by the same names.

    Raises:
        ValueError: there is no such member or range.
    """
    member = lookup(MEMBERS, name, "gan")
    if range not in RANGES:
        raise ValueError(
            f"`range` must be one of {', '.join(RANGES)}. "
            f"Received: range={range!r}"
        )
    if not index:
        return dict(member.defaults)
    key = (seed, RANGES.index(range), zlib.crc32(name.encode()), index)
    generator = np.random.default_rng(key)
    return {
        option: _rounded(distribution.draw(generator))
        for option, distribution in member.distributions(range).items()
    }


def options(name, settings):
    """The options of `tf_gans.recipes.family.build` for these settings.

    Returns:
        A pair: the preset, and a dict.
    """
    member = MEMBERS[name]
    given = dict(settings)
    rate = given.pop("learning_rate")
    rates = {"generator_learning_rate": rate}
    if name != "vae":
        rates["discriminator_learning_rate"] = rate
    return member.preset, {**member.fixed, **rates, **given}


def _rounded(value):
    """The value to four digits, so that it can be read and typed again."""
    if not isinstance(value, float) or not value:
        return value
    return round(value, 3 - math.floor(math.log10(abs(value))))
