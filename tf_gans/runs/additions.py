"""The flags of what may be added to a GAN's objective, spelled once.

A recipe's `build` has keywords of their names, and a model options. Loads no
TensorFlow.

Reference:
- [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), sections 3.1 and
  3.3
"""

from tf_gans.runs import cli


def add_flags(add, default=False):
    """Adds `--feature-matching` and `--historical-averaging`.

    Args:
        add: the `add_argument` of a group.
        default: of the first, where it is not named.
    """
    add(
        "--feature-matching",
        action="store_true",
        default=default,
        help="the generator minimises how far the mean features of a batch of "
        "its samples are from those of real ones, in place of its own loss",
    )
    add(
        "--historical-averaging",
        type=cli.number(above=0, high=1e6),
        metavar="W",
        help="both players also minimise W times the squared distance of their "
        "parameters from the mean of all values that these had (default: no)",
    )
