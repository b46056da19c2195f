"""What clipping makes of a critic, beside a gradient penalty.

    python -m benchmarks.pictures clipping

Figure 1b of Gulrajani et al., 2017 (https://arxiv.org/abs/1704.00028): a deep
critic of ReLUs on the Swiss roll, trained as WGAN with three limits and as
WGAN-GP. Drawn are the slope of its output along each layer's activations,
and its weights. The weights that are clipped start evenly in their box, so
that those at its ends came there by training.
"""

import functools

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from tf_gans import data, latents, losses, penalties
from tf_gans.models.gan import GAN
from tf_gans.plotting.picture import (
    BLUE,
    GREEN,
    PINK,
    VERMILION,
    save_figure,
    style,
)
from tf_gans.recipes.objectives import RMSProp
from tf_gans.toys.mixtures import networks

LIMITS = (0.001, 0.01, 0.1)
# The paper's critic has 12 layers, through which at a limit of 0.001 or 0.01
# nothing comes that 32 bits could hold.
NUM_LAYERS, UNITS, BATCH = 5, 64, 128
NUM_STEPS, CRITIC_STEPS = 400, 5
# The toy program's, and Arjovsky et al.'s for clipping.
_adam = functools.partial(keras.optimizers.Adam, 1e-4, beta_1=0.5, beta_2=0.9)
_rmsprop = functools.partial(RMSProp().make, 5e-5)
NUM_BINS = 40


def train(limit):
    """Trains a critic.

    Args:
        limit: float, of its weights; or None for the gradient penalty.

    Returns:
        The critic, and the real points that it is looked at with.
    """
    source = data.SwissRoll(BATCH, scale=1 / 7.5, sigma=0.25 / 7.5)
    units = {"shift": tuple(source.mean), "scale": source.std, "seed": 1}
    critic = networks.Discriminator(
        hidden_size=UNITS, num_layers=NUM_LAYERS, activation="relu", **units
    )
    critic.build()
    rng = np.random.default_rng(1)
    if limit:
        for weight in critic.trainable_variables:
            weight.assign(rng.uniform(-limit, limit, weight.shape))
    gan = GAN(
        networks.Generator(latent_dim=2, **units),
        critic,
        latents=latents.Normal((2,)),
        loss=losses.Wasserstein(),
        penalty=None if limit else penalties.GradientPenalty(10.0),
        constraint=penalties.WeightClipping(limit) if limit else None,
        critic_steps=CRITIC_STEPS,
        seed=1,
    )
    make = _rmsprop if limit else _adam
    gan.compile(make(), make(), jit_compile=False)
    gan.fit(source, steps_per_epoch=NUM_STEPS, verbose=0)
    return critic, tf.constant(source.sample(rng, 1000), tf.float32)


def slopes(critic, points):
    """The mean norms of the output's gradients along each layer's activations.

    Returns:
        A list of floats: that along the points first, in the critic's units.
    """
    with tf.GradientTape() as tape:
        activations = [critic._to_units(points)]
        tape.watch(activations)
        for layer in critic.hidden:
            activations.append(layer(activations[-1]))
        output = critic.head(activations[-1])
    gradients = tape.gradient(output, activations)
    return [float(tf.reduce_mean(tf.norm(g, axis=-1))) for g in gradients]


def weights(critic):
    """All numbers of its kernels."""
    kernels = [layer.kernel.numpy() for layer in [*critic.hidden, critic.head]]
    return np.concatenate([kernel.ravel() for kernel in kernels])


def draw(path):
    """Trains all of them, prints the numbers and draws the figure."""
    names = [f"clipped to {limit:g}" for limit in LIMITS] + ["gradient penalty"]
    colours = (BLUE, GREEN, PINK, VERMILION)
    with style():
        figure = Figure(figsize=(8.4, 3.8), layout="constrained")
        left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1))
        axes = left.add_subplot()
        panels = right.subplots(2, 2).ravel()
        for i, limit in enumerate((*LIMITS, None)):
            critic, points = train(limit)
            found, values = slopes(critic, points), weights(critic)
            axes.plot(found, "o-", color=colours[i], label=names[i], ms=3)
            ends = (
                ""
                if limit is None
                else (
                    f", {np.mean(np.abs(values) > 0.95 * limit):.0%} of the "
                    "weights within 5 % of the limit"
                )
            )
            print(
                f"{names[i]}: slope {found[0]:.3g} at the points, "
                f"{found[-1]:.3g} at the last layer{ends}",
                flush=True,
            )
            width = limit or np.abs(values).max()
            bins = np.linspace(-width, width, NUM_BINS + 1)
            panels[i].hist(values, bins, color=colours[i], density=True)
            panels[i].set_title(names[i], fontsize=9)
            panels[i].set_xticks([-width, 0, width])
            panels[i].set_xticklabels([f"{-width:.2g}", "0", f"{width:.2g}"])
            panels[i].set_yticks([])
        axes.set_yscale("log")
        axes.set_xlabel("Layer: 0 is the points")
        axes.set_ylabel("Norm of the output's gradient")
        axes.legend(frameon=False)
        right.supxlabel("Weight", fontsize=10)
        save_figure(path, figure)
