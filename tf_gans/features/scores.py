"""Numbers that remember how they were measured."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Score:
    """A measured number, with what it depends on besides the samples.

    Two scores are compared only where they were measured in the same way: FID,
    for one, falls with the number of samples for no reason but their number,
    and is another measure with every other network.

    Attributes:
        metric: str. What was measured, with its parameters, such as `"fid"`.
        value: float.
        features: str. The `name` of the `Features`, with the network's hash;
            or what else the samples were measured in.
        resize: str. How images were resized.
        num_real, num_fake: ints. Samples on each side.
        reference: str. Which real samples these were. Defaults to `""`.

    Example:

    >>> after - before  # the difference of their values
    -3.2
    """

    metric: str
    value: float
    features: str
    resize: str
    num_real: int
    num_fake: int
    reference: str = ""

    def compare(self, other):
        """The other's value less this one's.

        Raises:
            ValueError: they were not measured in the same way.
        """
        return other - self

    def __sub__(self, other):
        if not isinstance(other, Score):
            return NotImplemented
        for field in dataclasses.fields(self):
            if field.name == "value":
                continue
            mine, theirs = (getattr(s, field.name) for s in (self, other))
            if mine != theirs:
                raise ValueError(
                    f"Scores are compared only with the same {field.name}. "
                    f"Received: {mine!r} and {theirs!r}"
                )
        return self.value - other.value

    def __float__(self):
        return float(self.value)
