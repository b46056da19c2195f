"""What a recipe says, as data: the objective, the optimizers, the sizes.

Nothing here loads TensorFlow before a model is made, so that a command line can
read the recipes and answer a mistake in its flags at once. What a recipe names
and does not load is a `Lazy`; a class itself, or any other callable, stands as
well in its place.
"""

import dataclasses
import importlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar


class Lazy:
    """A class of this package, imported when an object of it is made.

    Args:
        name: str. Where it is in `tf_gans`, such as `"losses.Hinge"`.
        **options: what it is always called with, unless the call says
            otherwise.
    """

    def __init__(self, name, **options):
        self.name = name
        self.options = options

    def __call__(self, *args, **options):
        module, _, attribute = self.name.rpartition(".")
        module = importlib.import_module(f"tf_gans.{module}")
        return getattr(module, attribute)(*args, **self.options | options)

    def __eq__(self, other):
        return isinstance(other, Lazy) and vars(self) == vars(other)

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        options = "".join(f", {k}={v!r}" for k, v in self.options.items())
        return f"Lazy({self.name!r}{options})"


@dataclasses.dataclass(frozen=True)
class Part:
    """Base of a recipe's parts: a frozen dataclass, whose fields are options.

    `dataclasses.replace` refuses an option that a part does not have; what one
    option makes of another is said by `idle`.
    """

    @classmethod
    def options(cls):
        """The names of its fields, a tuple."""
        return tuple(field.name for field in dataclasses.fields(cls))

    def idle(self):
        """The options that do nothing, the others being as they are."""
        return set()


# Objectives ------------------------------------------------------------------


class Objective(Part):
    """Base of the objectives: what the networks of a recipe minimise.

    Any model with a step of its own becomes a member of the family by a
    subclass, which may stand above its row in `tf_gans.recipes.members`.
    """

    opponent: ClassVar[str] = "discriminator"
    """The kind of network that the generator is trained with."""

    players: ClassVar[tuple[str, ...]] = ("generator", "discriminator")
    """Those who have an optimizer, in the order of the model's `compile`."""

    labelled: ClassVar[bool] = False
    """Whether labels are learned, which the data then must have."""

    def latents(self, latent_dim, normal):
        """The prior of z; see `Recipe`."""
        if normal:
            return Lazy("latents.Normal")((latent_dim,))
        return Lazy("latents.Uniform")((latent_dim,), -1, 1)

    def options_of_pair(self, num_classes):
        """What the objective asks of the networks: two dicts of options.

        Args:
            num_classes: int or None. The labels that the data have.
        """
        del num_classes
        return {}, {}

    def make_penalty(self):
        """The penalty of the discriminator, or None."""
        return None

    def model(self, generator, opponent, latents, **common):
        """The model, not yet compiled.

        Args:
            generator, opponent: the networks.
            latents: the prior of z.
            **common: options of every model: `ema_decay` and `seed`.

        Returns:
            A `tf_gans.models.generative.GenerativeModel`.

        Raises:
            ValueError: the options contradict each other.
        """
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class GANObjective(Objective):
    """What a generator and a discriminator that judges minimise.

    Attributes:
        loss: makes the adversarial loss (`tf_gans.losses`).
        label_smoothing: float in [0, 0.5). The real label is 1 less this.
        penalty: makes the penalty (`tf_gans.penalties`), or None.
        penalty_weight: float, or None for the penalty's own.
        constraint: makes the constraint (`tf_gans.penalties`), or None.
        clip: float or None. The limit of the discriminator's weights, in place
            of a constraint.
        critic_steps, generator_steps, fresh_latents, generator_latents,
            simultaneous: as for `tf_gans.GAN`.
        instance_noise: float or None. The standard deviation of noise that is
            added to all that the discriminator sees.
        instance_noise_steps: int or None. Steps over which it falls to 0.
        feature_matching, historical_averaging: as for `tf_gans.GAN`.
    """

    kind: ClassVar[Lazy] = Lazy("models.gan.GAN")
    own: ClassVar[tuple[str, ...]] = ()  # options of it that no other GAN has

    loss: Callable
    label_smoothing: float = 0.0
    penalty: Callable | None = None
    penalty_weight: float | None = None
    constraint: Callable | None = None
    clip: float | None = None
    critic_steps: int = 1
    generator_steps: int = 1
    fresh_latents: bool = True
    generator_latents: str = "fresh"
    simultaneous: bool = False
    instance_noise: float | None = None
    instance_noise_steps: int | None = None
    feature_matching: bool = False
    historical_averaging: float | None = None

    def idle(self):
        found = {
            "label_smoothing": not hasattr(self.loss(), "label_smoothing"),
            "penalty_weight": self.penalty is None,
            "constraint": self.clip is not None,
            "fresh_latents": self.simultaneous,
            "generator_latents": self.simultaneous or not self.fresh_latents,
        }
        return {option for option, idle in found.items() if idle}

    def make_penalty(self):
        if self.penalty is None:
            return None
        if self.penalty_weight is None:
            return self.penalty()
        return self.penalty(weight=self.penalty_weight)

    def model(self, generator, opponent, latents, **common):
        smoothing, noise = {}, None
        if self.label_smoothing:
            smoothing = {"label_smoothing": self.label_smoothing}
        constraint = self.constraint and self.constraint()
        if self.clip is not None:
            constraint = Lazy("penalties.WeightClipping")(self.clip)
        if self.instance_noise is not None:
            noise = Lazy("noise.InstanceNoise")(
                self.instance_noise, self.instance_noise_steps
            )
        elif self.instance_noise_steps:
            raise ValueError(
                "`instance_noise_steps` needs an `instance_noise` that falls. "
                f"Received: instance_noise_steps={self.instance_noise_steps}"
            )
        return self.kind(
            generator,
            opponent,
            latents=latents,
            **{option: getattr(self, option) for option in self.own},
            loss=self.loss(**smoothing),
            penalty=self.make_penalty(),
            constraint=constraint,
            critic_steps=self.critic_steps,
            generator_steps=self.generator_steps,
            fresh_latents=self.fresh_latents,
            generator_latents=self.generator_latents,
            simultaneous=self.simultaneous,
            instance_noise=noise,
            feature_matching=self.feature_matching,
            historical_averaging=self.historical_averaging,
            track_outputs=True,
            **common,
        )


@dataclasses.dataclass(frozen=True)
class BEGANObjective(Objective):
    """BEGAN's: a generator and an autoencoder at an equilibrium.

    Attributes:
        gamma, lambda_k, simultaneous, patience, historical_averaging: as for
            `tf_gans.BEGAN`.
    """

    opponent: ClassVar[str] = "autoencoder"

    gamma: float = 0.5  # the paper's, section 4
    lambda_k: float = 0.001  # the paper's, section 3.4
    simultaneous: bool = False
    patience: int | None = None
    historical_averaging: float | None = None

    def model(self, generator, opponent, latents, **common):
        return Lazy("models.began.BEGAN")(
            generator,
            opponent,
            latents=latents,
            **dataclasses.asdict(self),
            **common,
        )


@dataclasses.dataclass(frozen=True)
class VAEObjective(Objective):
    """The variational autoencoder's bound; nobody plays against its generator.

    Attributes:
        likelihood, stddev, spread: as for `tf_gans.VAE`.
    """

    opponent: ClassVar[str] = "encoder"
    players: ClassVar[tuple[str, ...]] = ("generator",)

    likelihood: str = "bernoulli"
    stddev: float = 1.0
    spread: str = "log_variance"

    def idle(self):
        return {"stddev"} if self.likelihood == "bernoulli" else set()

    def model(self, generator, opponent, latents, **common):
        return Lazy("models.vae.VAE")(
            opponent,
            generator,
            latents=latents,
            **dataclasses.asdict(self),
            **common,
        )


# Optimizers ------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Optimizer(Part):
    """Base of the optimizers: one for each player, alike but for the rate.

    Attributes:
        generator_learning_rate, discriminator_learning_rate: floats.
        schedule: makes the learning rate's schedule of a rate, or None.
    """

    generator_learning_rate: float = 1e-4
    discriminator_learning_rate: float = 1e-4
    schedule: Callable | None = None

    def make_for(self, player, dtype="float32"):
        """The optimizer of a player, by its name; see `make`."""
        return self.make(getattr(self, f"{player}_learning_rate"), dtype)

    def make(self, learning_rate, dtype="float32"):
        """One player's optimizer.

        Args:
            learning_rate: float.
            dtype: what the networks compute in. With float16 the loss is
                scaled: small gradients would be 0 in half precision.

        Returns:
            A `keras.optimizers.Optimizer`.
        """
        if self.schedule:
            learning_rate = self.schedule(learning_rate)
        optimizer = self._make(learning_rate)
        if dtype != "float16":
            return optimizer
        import keras

        return keras.optimizers.LossScaleOptimizer(optimizer)

    def _make(self, learning_rate):
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class Adam(Optimizer):
    """Adam, for networks of images.

    Attributes:
        beta_1, beta_2, epsilon: floats.
    """

    beta_1: float = 0.5
    beta_2: float = 0.999  # TensorFlow's default
    epsilon: float = 1e-8  # TensorFlow 1's default

    def _make(self, learning_rate):
        return Lazy("optimizers.KernelAdam")(
            learning_rate, self.beta_1, self.beta_2, self.epsilon
        )


@dataclasses.dataclass(frozen=True)
class RMSProp(Optimizer):
    """RMSProp as PyTorch has it, which WGAN's program was written in.

    It adds 1e-8 to the root, where Keras adds the square of that below it. A
    critic whose weights are clipped has gradients of such a size.
    """

    def _make(self, learning_rate):
        import keras

        return keras.optimizers.RMSprop(learning_rate, rho=0.99, epsilon=1e-16)


OPTIMIZERS = {"adam": Adam, "rmsprop": RMSProp}


# The whole -------------------------------------------------------------------

VALUES = (
    "objective",
    "updates",
    "networks",
    "z",
    "optimizer",
    "batch_size",
    "epochs",
)
"""What a recipe says, as docs/recipes.md has it: what is minimised, the
updates of a step and the z that they see, and so on."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One published set-up for images.

    Attributes:
        source: where the values are from, for a reader.
        objective: what is minimised, such as `GANObjective`.
        networks: the pair of networks.
        latent_dim: the number of components of z.
        normal: whether z ~ N(0, I), rather than U(-1, 1).
        optimizer: `Adam` or `RMSProp`.
        batch_size: images in a batch.
        epochs: passes through the training images.
        sources: a dict of where each of `VALUES` is from, by file and line or
            by section; behind a bar, what is otherwise there.
    """

    source: str
    objective: Objective
    networks: Any
    latent_dim: int
    optimizer: Optimizer
    batch_size: int
    epochs: int
    normal: bool = False
    sources: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def with_objective(self, **options):
        """This recipe with other options of its objective."""
        changed = dataclasses.replace(self.objective, **options)
        return dataclasses.replace(self, objective=changed)

    def latents(self):
        """The prior of z."""
        return self.objective.latents(self.latent_dim, self.normal)

    def compiled(self, generator, opponent, jit_compile="auto", **common):
        """The model of these networks, compiled.

        Args:
            generator, opponent: the networks.
            jit_compile: as for `GAN.compile`.
            **common: options of every model: `ema_decay` and `seed`.

        Returns:
            A `tf_gans.GAN`, `BEGAN` or `VAE`.
        """
        model = self.objective.model(
            generator, opponent, self.latents(), **common
        )
        optimizers = [
            self.optimizer.make_for(player, generator.compute_dtype)
            for player in self.objective.players
        ]
        model.compile(*optimizers, jit_compile=jit_compile)
        return model
