"""The optimizer that the recipes for images share."""

import keras

from tf_gans import optimizers


def image_adam(recipe, network):
    """A recipe's Adam.

    Args:
        recipe: has `learning_rate`, `beta_1`, `beta_2` and `epsilon`.
        network: a network that is trained with it, for its dtype.

    Returns:
        A `keras.optimizers.Optimizer`, with a scaled loss for float16.
    """
    adam = optimizers.KernelAdam(
        recipe.learning_rate, recipe.beta_1, recipe.beta_2, recipe.epsilon
    )
    if network.compute_dtype == "float16":
        # Small gradients would be 0 in half precision.
        return keras.optimizers.LossScaleOptimizer(adam)
    return adam
