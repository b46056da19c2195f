"""Set-ups of the semi-supervised GAN for digits.

References:
- the paper: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498); its
  program, https://github.com/openai/improved-gan,
  mnist_svhn_cifar10/train_mnist_feature_matching.py and nn.py
- the book: Langr and Bok, 2019, GANs in Action, chapter 7; its program,
  https://github.com/GANs-in-Action/gans-in-action, chapter-7
"""

import dataclasses
from typing import ClassVar

from tf_gans.recipes.catalogue import PROBLEMS, lookup
from tf_gans.recipes.objectives import Adam, Lazy, Objective, Part, Recipe

NAMES = PROBLEMS["semi_supervised"].recipes


@dataclasses.dataclass(frozen=True)
class SemiSupervisedPair(Part):
    """A pair of `tf_gans.networks.semi_supervised`.

    Attributes:
        kind: how the names of its classes begin.
    """

    opponents: ClassVar[tuple[str, ...]] = ("discriminator",)

    kind: str = ""

    def pair(self, latent_dim, classes=10, **options):
        """The generator and the classifier.

        Args:
            latent_dim: int.
            classes: int.
            **options: `seed` and `dtype`.
        """
        where = f"networks.semi_supervised.{self.kind}"
        return (
            Lazy(f"{where}Generator")(latent_dim, **options),
            Lazy(f"{where}Classifier")(classes, **options),
        )


@dataclasses.dataclass(frozen=True)
class SemiSupervisedObjective(Objective):
    """What a generator and a classifier minimise.

    Attributes:
        generator_loss, updates, unlabelled_weight, average_rate,
            average_from_zero, initial_samples: as for
            `tf_gans.SemiSupervisedGAN`.
    """

    generator_loss: str = "squared"
    updates: str = "one"
    unlabelled_weight: float = 1.0
    average_rate: float | None = None
    average_from_zero: bool = False
    initial_samples: int | None = None

    @property
    def players(self):  # type: ignore[override]
        """Those who have an optimizer, in the order of `compile`."""
        three = ("classifier",) if self.updates == "three" else ()
        return ("generator", "discriminator", *three)

    def idle(self):
        idle = set()
        if self.updates == "three":
            idle.add("unlabelled_weight")
        if self.average_rate is None:
            idle.add("average_from_zero")
        return idle

    def model(self, generator, opponent, latents, **common):
        return Lazy("models.semi_supervised.SemiSupervisedGAN")(
            generator,
            opponent,
            latents=latents,
            **dataclasses.asdict(self),
            **common,
        )


@dataclasses.dataclass(frozen=True)
class ThreeAdams(Adam):
    """Adam for a classifier with an optimizer of its own, too.

    Attributes:
        classifier_learning_rate: float. Of the labelled loss.
    """

    classifier_learning_rate: float = 1e-3


@dataclasses.dataclass(frozen=True)
class SemiSupervisedRecipe(Recipe):
    """A set-up for images of which few have labels.

    Attributes:
        steps: int or None. The steps of a training, where its source counts
            those and not epochs.
        unlabelled: `"all"` or `"rest"`; see `tf_gans.data.SemiSupervised`.
        low: the least value of a uniform z, whose greatest is 1.
    """

    steps: int | None = None
    unlabelled: str = "all"
    low: float = -1.0

    def latents(self):
        if self.normal:
            return super().latents()
        return Lazy("latents.Uniform")((self.latent_dim,), self.low, 1)


_RECIPES = {
    "paper": SemiSupervisedRecipe(
        source="the paper's program",
        objective=SemiSupervisedObjective(
            average_rate=1e-4,
            average_from_zero=True,
            initial_samples=500,
        ),
        networks=SemiSupervisedPair("Dense"),
        latent_dim=100,
        low=0.0,
        # 1e-8 is added below the root there, 1e-4 to it here.
        optimizer=Adam(3e-3, 3e-3, beta_1=0.5, epsilon=1e-4),
        batch_size=100,
        epochs=300,
        sources={
            "objective": "train_mnist_feature_matching.py:64-76, 86-88, 119 "
            "| the average is moved by the parameters from before the step",
            "updates": "train_mnist_feature_matching.py:142-148",
            "networks": "train_mnist_feature_matching.py:29-49; nn.py | the "
            "moving variance of batch normalisation is of n - 1",
            "z": "train_mnist_feature_matching.py:29",
            "optimizer": "train_mnist_feature_matching.py:83-90, 122; nn.py, "
            "`adam_updates` | 1e-8 below the root, in place of 1e-4 beside it",
            "batch_size": "train_mnist_feature_matching.py, batch_size",
            "epochs": "train_mnist_feature_matching.py:123",
            "unlabelled": "train_mnist_feature_matching.py:97-117, 126-136",
        },
    ),
    "book": SemiSupervisedRecipe(
        source="the book's program",
        objective=SemiSupervisedObjective("adversarial", "three"),
        networks=SemiSupervisedPair(),
        latent_dim=100,
        normal=True,
        # Keras' defaults.
        optimizer=ThreeAdams(1e-3, 1e-3, beta_1=0.9, epsilon=1e-7),
        batch_size=32,
        epochs=4,
        steps=8000,
        unlabelled="rest",
        sources={
            "objective": "`build_discriminator_supervised` and "
            "`build_discriminator_unsupervised` | the sum of exponentials, "
            "which overflows",
            "updates": "`train` | the generated samples for the "
            "discriminator are made with the moving averages",
            "networks": "`build_generator` and `build_discriminator_net`",
            "z": "`train`",
            "optimizer": "`Adam()`, Keras' defaults",
            "batch_size": "the call of `train`",
            "epochs": "its 8,000 iterations are 4.3",
            "unlabelled": "`Dataset` | batches are drawn with repetition, and "
            "the first 100 images are the labelled ones",
        },
    ),
}


def get(name="paper"):
    """The values of a recipe.

    Args:
        name: one of `NAMES`.

    Returns:
        A `SemiSupervisedRecipe`.

    Raises:
        ValueError: there is no such recipe.
    """
    return lookup(_RECIPES, name, "preset")


def build(
    preset="paper",
    *,
    num_classes=10,
    seed=0,
    ema_decay=None,
    dtype=None,
    jit_compile="auto",
    **options,
):
    """Builds a compiled semi-supervised GAN for 28x28 images in grey.

    Args:
        preset: one of `NAMES`.
        num_classes: int. The labels that there are.
        seed: int.
        ema_decay: as for `GAN`, of the generator.
        dtype: the networks' dtype or dtype policy, for example
            `"mixed_bfloat16"`. Defaults to Keras' global one.
        jit_compile: as for `GAN.compile`.
        **options: other values than the recipe's of `SemiSupervisedObjective`,
            such as `average_rate`; not of its `updates`, which the optimizers
            follow.

    Returns:
        `tf_gans.SemiSupervisedGAN`, compiled. Its `value_range` says what
        range the images must have.

    Raises:
        ValueError: options contradict each other or the recipe.
    """
    recipe = _changed(preset, options)
    pair = recipe.networks.pair(
        recipe.latent_dim, classes=num_classes, seed=seed, dtype=dtype
    )
    return recipe.compiled(
        *pair, jit_compile=jit_compile, ema_decay=ema_decay, seed=seed
    )


def build_supervised(
    preset="paper",
    *,
    num_classes=10,
    seed=0,
    dtype=None,
    jit_compile="auto",
):
    """Builds the recipe's classifier for a training on labels alone.

    Args:
        preset, num_classes, seed, dtype, jit_compile: as for `build`.

    Returns:
        `tf_gans.SupervisedClassifier`, compiled with the optimizer that the
        labelled loss has in `build`, and started from the same weights.
    """
    recipe = get(preset)
    _, classifier = recipe.networks.pair(
        recipe.latent_dim, classes=num_classes, seed=seed, dtype=dtype
    )
    model = Lazy("models.classifier.SupervisedClassifier")(
        classifier,
        initial_samples=recipe.objective.initial_samples,
        seed=seed,
    )
    optimizer = recipe.optimizer
    rate = getattr(
        optimizer,
        "classifier_learning_rate",
        optimizer.discriminator_learning_rate,
    )
    made = optimizer.make(rate, classifier.compute_dtype)
    model.compile(made, jit_compile=jit_compile)
    return model


def _changed(preset, options):
    """The recipe with another objective."""
    recipe = get(preset)
    if options.get("updates", recipe.objective.updates) != (
        recipe.objective.updates
    ):
        raise ValueError(
            "`updates` cannot be changed: the recipe's optimizers follow it. "
            f"Received: updates={options['updates']!r}"
        )
    objective = dataclasses.replace(recipe.objective, **options)
    idle = objective.idle() & set(options)
    if idle:
        option = min(idle)
        raise ValueError(
            f"`{option}` does nothing in the recipe {preset}, of "
            f"{recipe.source}. Received: {option}={options[option]}"
        )
    return dataclasses.replace(recipe, objective=objective)
