"""The kind of a discriminator's output: a probability, a score, an error."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class DiscriminatorOutput:
    """The kind of number that a model's `discriminate` gives each sample.

    Args:
        name: str. The kind, in one word.
        label: str. The kind, as the label of an axis.
        ticks: three strings. The labels of what looks least real, of the
            middle and of what looks most real.
        bounds: pair of floats, or None. The least and the greatest value that
            there can be.
        higher_is_real: bool. Whether more of it is more real.
    """

    name: str
    label: str
    ticks: tuple[str, str, str] = ("least real", "", "most real")
    bounds: tuple[float, float] | None = None
    higher_is_real: bool = True


PROBABILITY = DiscriminatorOutput(
    "probability", "D(x), probability of real", ("0", "1/2", "1"), (0.0, 1.0)
)
LOGIT = DiscriminatorOutput("logit", "critic's output")
ERROR = DiscriminatorOutput(
    "error", "reconstruction error", higher_is_real=False
)
