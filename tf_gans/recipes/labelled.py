"""The members that learn labels, or codes that take their place, as data.

Their rows are among those of `tf_gans.recipes.members`. As there, nothing here
loads TensorFlow.

References:
- CGAN: [Mirza & Osindero, 2014](https://arxiv.org/abs/1411.1784);
  keras-io's conditional_gan.py, https://github.com/keras-team/keras-io
- ACGAN: [Odena et al., 2017](https://arxiv.org/abs/1610.09585); mnist_acgan.py
  of Keras 2, https://github.com/keras-team/keras
- InfoGAN: [Chen et al., 2016](https://arxiv.org/abs/1606.03657); its authors'
  program, https://github.com/openai/InfoGAN
"""

import dataclasses
from typing import Any, ClassVar

from tf_gans.recipes.objectives import Adam, GANObjective, Lazy, Recipe
from tf_gans.recipes.pairs import InfoGAN

_PAIR = "compare_gan, abstract_gan.py:82-115; labels as one-hot beside z"
_BOTH = f"{_PAIR} and as constant channels beside the image"
_HEAD = f"{_PAIR}, and a head of classes on the discriminator's dense layer"


@dataclasses.dataclass(frozen=True)
class ConditionalObjective(GANObjective):
    """A GAN's, of which both networks are given the label."""

    opponent: ClassVar[str] = "conditional discriminator"
    labelled: ClassVar[bool] = True

    def options_of_pair(self, num_classes):
        labels = {"num_classes": num_classes}
        return labels, labels


@dataclasses.dataclass(frozen=True)
class ACGANObjective(GANObjective):
    """ACGAN's: the generator is given the label, the discriminator tells it.

    Attributes:
        real_class_weight, fake_class_weight: as for `tf_gans.ACGAN`.
    """

    opponent: ClassVar[str] = "classifying discriminator"
    labelled: ClassVar[bool] = True
    kind: ClassVar[Lazy] = Lazy("models.acgan.ACGAN")
    own: ClassVar[tuple[str, ...]] = ("real_class_weight", "fake_class_weight")

    real_class_weight: float = 1.0
    fake_class_weight: float = 1.0

    def idle(self):
        return super().idle() | {"critic_norm"}

    def options_of_pair(self, num_classes):
        heads = {"num_outputs": num_classes, "hidden": False}
        return {"num_classes": num_classes}, heads


@dataclasses.dataclass(frozen=True)
class InfoGANObjective(GANObjective):
    """InfoGAN's: what can be told of the codes in z from a sample.

    Attributes:
        categories, continuous: the codes, as for `tf_gans.latents.Codes`. All
            other components of z are noise.
        information_weight, fixed_stddev: as for `tf_gans.InfoGAN`.
    """

    opponent: ClassVar[str] = "discriminator with Q"
    kind: ClassVar[Lazy] = Lazy("models.info_gan.InfoGAN")
    own: ClassVar[tuple[str, ...]] = ("information_weight", "fixed_stddev")

    categories: int = 10
    continuous: int = 2
    information_weight: float = 1.0
    fixed_stddev: bool = False

    def idle(self):
        return super().idle() | {"normal", "critic_norm"}

    def latents(self, latent_dim, normal):
        del normal
        noise = latent_dim - self.categories - self.continuous
        if noise < 0:
            raise ValueError(
                f"`categories` and `continuous` must fit into the {latent_dim} "
                f"components of z. Received: categories={self.categories}, "
                f"continuous={self.continuous}"
            )
        return Lazy("latents.Codes")(noise, self.categories, self.continuous)

    def options_of_pair(self, num_classes):
        del num_classes
        count = self.categories + 2 * self.continuous
        if not count:
            raise ValueError(
                "`categories` or `continuous` must be above 0. Received: "
                f"categories={self.categories}, continuous={self.continuous}"
            )
        return {}, {"num_outputs": count}


def _recipe(source, objective, networks, optimizer, sources, **values):
    common: dict[str, Any] = {"latent_dim": 100, "batch_size": 100}
    return Recipe(
        source,
        objective,
        networks=networks,
        optimizer=optimizer,
        sources=sources,
        **common | values,
    )


_NON_SATURATING = Lazy("losses.NonSaturating")

RECIPES: dict[tuple, Recipe] = {
    ("cgan", "paper"): _recipe(
        source="Mirza & Osindero 2014; compare_gan",
        objective=ConditionalObjective(_NON_SATURATING),
        networks=InfoGAN(),
        optimizer=Adam(2e-4, 2e-4),
        epochs=20,
        sources={
            "objective": "equation 2, in its non-saturating form",
            "updates": "Goodfellow et al. 2014, algorithm 1, k = 1",
            "networks": _BOTH
            + ": equation 2 | dense layers, of which those of "
            "the image and of the label are joined; maxout; dropout",
            "z": "section 4.1: 100 components | of U(0, 1)",
            "optimizer": "Radford et al. 2016, section 4 | the paper: momentum "
            "that rises to 0.7, and a rate that falls from 0.1 to 1e-6",
            "batch_size": "section 4.1",
            "epochs": "compare_gan, for digits",
        },
    ),
    ("cgan", "code"): _recipe(
        source="keras-io, conditional_gan.py",
        objective=ConditionalObjective(_NON_SATURATING),
        networks=InfoGAN(),
        latent_dim=128,
        normal=True,
        batch_size=64,
        optimizer=Adam(3e-4, 3e-4, beta_1=0.9),
        epochs=20,
        sources={
            "objective": "conditional_gan.py, `train_step`",
            "updates": "`train_step`: z anew for each, the labels of the real "
            "batch for both",
            "networks": _BOTH + ": `train_step` | no normalisation, and a "
            "maximum over the places at the discriminator's end",
            "z": "`latent_dim`; `train_step`",
            "optimizer": "`cond_gan.compile`, and Keras' defaults | epsilon "
            "1e-7",
            "batch_size": "`batch_size`",
            "epochs": "`cond_gan.fit` | of 70,000 images, test images among "
            "them",
        },
    ),
    ("acgan", "paper"): _recipe(
        source="Odena et al. 2017; compare_gan",
        objective=ACGANObjective(_NON_SATURATING),
        networks=InfoGAN(),
        optimizer=Adam(2e-4, 2e-4),
        epochs=20,
        sources={
            "objective": "equations 2 and 3: L_S + L_C, and L_C - L_S",
            "updates": "Goodfellow et al. 2014, algorithm 1, k = 1",
            "networks": _HEAD + " | six layers for 32x32, dropout",
            "z": "appendix A, table 2: 110 inputs, 10 of which are the class",
            "optimizer": "appendix A, table 2, the middle one of three rates",
            "batch_size": "appendix A, table 2",
            "epochs": "compare_gan, for digits | 50,000 steps",
        },
    ),
    ("acgan", "code"): _recipe(
        source="mnist_acgan.py of Keras 2",
        objective=ACGANObjective(
            Lazy("soft_labels.SoftLabels"),
            label_smoothing=0.1,
            real_class_weight=2.0,
            fake_class_weight=0.0,
        ),
        networks=InfoGAN(),
        optimizer=Adam(2e-4, 2e-4),
        epochs=50,
        sources={
            "objective": "mnist_acgan.py, `soft_zero`, `soft_one` and "
            "`disc_sample_weight` | the classes' loss is divided by the share "
            "of weights that are not 0",
            "updates": "mnist_acgan.py, `noise`: z anew for each | labels that "
            "are drawn, and twice as many images for G",
            "networks": _HEAD + " | an embedding of the label times z; four "
            "convolutions with dropout",
            "z": "mnist_acgan.py, `latent_size`; `np.random.uniform`",
            "optimizer": "mnist_acgan.py, `adam_lr`, `adam_beta_1` | epsilon "
            "1e-7",
            "batch_size": "mnist_acgan.py, `batch_size`",
            "epochs": "mnist_acgan.py, `epochs`",
        },
    ),
    ("infogan", "paper"): _recipe(
        source="Chen et al. 2016",
        objective=InfoGANObjective(_NON_SATURATING),
        networks=InfoGAN(slope=0.0),
        latent_dim=74,
        batch_size=128,
        optimizer=Adam(1e-3, 2e-4),
        epochs=20,
        sources={
            "objective": "equation 6; appendix C: lambda 1, and Q's standard "
            "deviations are learned | section 6: less of it for continuous "
            "codes, of which no number is said",
            "updates": "Goodfellow et al. 2014, algorithm 1, k = 1",
            "networks": "appendix C.1, table 1 | appendix C: leaky ReLUs of "
            "slope 0.1",
            "z": "appendix C.1: 62 components of noise, a category of 10, two "
            "codes; of U(-1, 1): section 7.2",
            "optimizer": "appendix C: Adam and its rates; beta_1: the "
            "program's infogan_trainer.py, `init_opt`",
            "batch_size": "the program's run_mnist_exp.py",
            "epochs": "compare_gan, for digits",
        },
    ),
    ("infogan", "code"): _recipe(
        source="openai/InfoGAN",
        objective=InfoGANObjective(_NON_SATURATING, fixed_stddev=True),
        networks=InfoGAN(slope=0.0),
        latent_dim=74,
        batch_size=128,
        optimizer=Adam(1e-3, 2e-4),
        epochs=11,
        sources={
            "objective": "infogan_trainer.py:58-97; run_mnist_exp.py: "
            "fix_std=True, info_reg_coeff=1.0 | 1e-8 in all logarithms",
            "updates": "infogan_trainer.py, `train`: z is drawn in each run "
            "of the graph",
            "networks": "regularized_gan.py; Q's in 44-49 | custom_ops.py:17, "
            "54: leaky ReLUs of slope 0.01; gains that start as N(1, 0.02)",
            "z": "run_mnist_exp.py, `latent_spec`",
            "optimizer": "run_mnist_exp.py; infogan_trainer.py, `init_opt`",
            "batch_size": "run_mnist_exp.py",
            "epochs": "run_mnist_exp.py: 50 of 100 updates, which are 10.7 "
            "passes through 60,000 images | through 55,000",
        },
    ),
}
