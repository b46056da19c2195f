"""Data that are a single point."""

import tensorflow as tf

from tf_gans.data.source import Source
from tf_gans.errors import check_positive_int


class Point(Source):
    """Samples that are all 0: the distribution with all of its mass there.

    Args:
        batch_size: int. More than one sample differ in their noise alone, for
            the recipes that have some.

    Reference:
    - [Mescheder et al., 2018](https://arxiv.org/abs/1801.04406), definition 2.1
    """

    sample_shape = (1,)

    def __init__(self, batch_size):
        self.batch_size = check_positive_int("batch_size", batch_size)

    def draw(self, seed, first_step, num_steps):
        del seed, first_step
        return tf.zeros((num_steps, self.batch_size, 1))
