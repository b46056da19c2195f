"""What the panels of a training's curves show, by the names of the logs."""

from typing import NamedTuple

from tf_gans.plotting.picture import BLUE, GREEN, GREY, PINK, VERMILION


class Panel(NamedTuple):
    """What one pair of axes shows.

    Attributes:
        name: str, written at the axis of the values.
        height: float, in inches.
        series: dict from names to pairs of label and colour.
        limits: pair of floats, or None for limits that follow the values.
        from_zero: bool. Whether limits that follow the values take in 0.
    """

    name: str
    height: float
    series: dict
    limits: tuple[float, float] | None = None
    from_zero: bool = True


# In a GAN's panels blue is of the discriminator and of real samples, vermilion
# of the generator and of its own.
LOSSES = Panel(
    "Loss",
    2.2,
    {
        "d_loss": ("discriminator loss", BLUE),
        "g_loss": ("generator loss", VERMILION),
        "penalty": ("penalty", GREY),
        "loss": ("loss", BLUE),
        "reconstruction": ("reconstruction", VERMILION),
        "kl": ("KL divergence", GREY),
    },
)
PROBABILITIES = Panel(
    "Probability of real",
    1.7,
    {
        "d_real": ("D(x), of real samples", BLUE),
        "d_fake": ("D(G(z)), of generated samples", VERMILION),
    },
    limits=(-0.02, 1.02),  # lines at 0 and 1 are seen whole
)
# A critic may drift far from 0, and its differences are what counts.
OUTPUTS = PROBABILITIES._replace(
    name="Critic output", limits=None, from_zero=False
)
MEASURES = (
    Panel("Reconstruction", 1.4, {"reconstruction_loss": ("loss", GREEN)}),
    Panel(
        "Distance",
        1.4,
        {"wasserstein": ("estimate of the Wasserstein distance", GREEN)},
    ),
    Panel(
        "M_global",
        1.4,
        {"m_global": ("M_global, the measure of convergence", GREEN)},
    ),
    # Not all of [0, 1]: k may stay small.
    Panel(
        "k",
        1.2,
        {"k": ("k, the weight of generated samples", PINK)},
    ),
    Panel(
        "Pull",
        1.4,
        {
            "d_pull": ("discriminator, to its history", BLUE),
            "g_pull": ("generator, to its own", VERMILION),
        },
    ),
    Panel(
        "Information",
        1.4,
        {
            "mi_category": ("of the category, in nats", GREEN),
            "mi_continuous": ("of the continuous codes", PINK),
        },
    ),
    Panel(
        "Class entropy",
        1.4,
        {
            "class_real": ("of real samples' classes, in nats", BLUE),
            "class_fake": ("of generated samples' classes", VERMILION),
        },
    ),
)
# What is measured of samples, less often than losses are logged.
EVALUATIONS = (
    Panel("FID", 1.4, {"fid": ("FID of generated samples", GREEN)}),
    Panel("W1", 1.4, {"w1": ("W1 of generated samples", GREEN)}),
    Panel("Modes", 1.4, {"modes": ("modes that were found", GREEN)}),
    Panel(
        "Residual", 1.4, {"residual": ("residual of generated curves", GREEN)}
    ),
)
