"""Trains rows of models alone, on two devices, or as one of two workers.

`python -m tests.models.replicas_program HOW OUT ROW...` writes OUT.npz with
the weights and the logs of each row. HOW is `alone`, `mirrored` or `workers`
(TF_CONFIG says which). It is a program because the devices of a process are
chosen before its first step.
"""

import contextlib
import sys

import keras
import numpy as np
import tensorflow as tf

from tf_gans import GAN, latents, losses, noise, penalties
from tf_gans.data import Images, SemiSupervised
from tf_gans.optimizers import FusedAdam
from tf_gans.recipes import autoencoder, family, mnist, semi_supervised
from tf_gans.toys.gaussian.data import Gaussian
from tf_gans.toys.gaussian.networks import Discriminator, Generator

STEPS = 20


def scalars(
    minibatch=False,
    group_size=None,
    kind="sgd",
    rate=0.001,
    dtype=None,
    jit_compile=False,
    **options,
):
    """A model of the one-dimensional problem, and its data."""
    gan = GAN(
        Generator(seed=1, dtype=dtype),
        Discriminator(
            minibatch=minibatch, group_size=group_size, seed=2, dtype=dtype
        ),
        latents=latents.Stratified(-8, 8),
        **options,
    )
    make = {"sgd": keras.optimizers.SGD, "fused": FusedAdam}[kind]
    gan.compile(make(rate), make(rate), jit_compile=jit_compile)
    return gan, Gaussian(8)


def images(
    value_range=(-1, 1), size=16, channels=1, batch_size=8, num_classes=None
):
    """Smooth images that differ, as a source."""
    axis = np.linspace(0, 3, size)
    phase = np.arange(40)[:, None, None]
    wave = np.sin(axis[:, None] * (1 + phase / 20) + phase) * np.cos(axis)
    pixels = np.uint8(127.5 + 127 * wave)[..., None]
    pixels = np.repeat(pixels, channels, axis=-1)
    labels = np.arange(40) % num_classes if num_classes else None
    return Images(pixels, batch_size, labels, value_range=value_range)


def member(name, preset="paper", rate=0.001, **options):
    """A member of the family for images, with plain descent."""
    gan = family.build(
        name, preset, size=16, seed=3, jit_compile=False, **options
    )
    rates = [keras.optimizers.SGD(rate) for _ in gan.optimizers]
    gan.compile(*rates, jit_compile=False)
    return gan, images(gan.value_range, num_classes=gan.num_classes)


def coder(name, **options):
    """An autoencoder of images, with plain descent."""
    model = autoencoder.build(
        name, size=16, seed=3, jit_compile=False, **options
    )
    rates = [keras.optimizers.SGD(0.001) for _ in model.optimizers]
    model.compile(*rates, jit_compile=False)
    return model, images(model.value_range)


def digits(dtype=None, batch_size=32):
    """The MNIST GAN, which normalises batches."""
    gan = mnist.build(seed=3, dtype=dtype, jit_compile=False)
    # Small steps, for a leaky ReLU near 0 makes of a rounding a step's part.
    rates = [keras.optimizers.SGD(0.0003) for _ in range(2)]
    gan.compile(*rates, jit_compile=False)
    return gan, images(size=28, batch_size=batch_size)


def few_labels(preset):
    """A semi-supervised GAN, with plain descent."""
    gan = semi_supervised.build(preset, num_classes=4, seed=3)
    rates = [keras.optimizers.SGD(0.0003) for _ in gan.optimizers]
    gan.compile(*rates, jit_compile=False)
    pixels = images(size=28)._images.numpy()
    labels = np.arange(len(pixels)) % 4
    return gan, SemiSupervised(
        pixels, labels, 8, batch_size=8, value_range=gan.value_range
    )


ROWS = {
    "plain": scalars,
    "minibatch": lambda: scalars(minibatch=True),
    "minibatch, 64 bits": lambda: scalars(
        minibatch=True, dtype="float64", rate=0.01
    ),
    "minibatch in groups": lambda: scalars(minibatch=True, group_size=4),
    "minibatch, R1, noise, average": lambda: scalars(
        minibatch=True,
        penalty=penalties.R1(1.0),
        instance_noise=noise.InstanceNoise(0.1),
        ema_decay=0.9,
    ),
    "XLA": lambda: scalars(
        jit_compile=True, penalty=penalties.GradientPenalty(), rate=0.0001
    ),
    "FusedAdam": lambda: scalars(kind="fused"),
    "WGAN-GP, 5 critic steps": lambda: scalars(
        loss=losses.Wasserstein(),
        penalty=penalties.GradientPenalty(),
        critic_steps=5,
        rate=0.0001,
    ),
    "DRAGAN, simultaneous": lambda: scalars(
        penalty=penalties.DRAGAN(), simultaneous=True, rate=0.0001
    ),
    "R3GAN, noise": lambda: scalars(
        loss=losses.RelativisticPairing(),
        penalty=penalties.R1R2(1.0),
        instance_noise=noise.InstanceNoise(0.1),
        critic_steps=2,
        rate=0.0001,
    ),
    "features, minibatch, history": lambda: scalars(
        minibatch=True,
        feature_matching=True,
        historical_averaging=0.1,
        instance_noise=noise.InstanceNoise(0.1),
        rate=0.00001,
    ),
    "XLA, history": lambda: scalars(
        jit_compile=True, historical_averaging=0.1, simultaneous=True
    ),
    "MNIST": digits,
    "MNIST, 64 bits": lambda: digits("float64", batch_size=8),
    "images": lambda: member("ns", width=4, rate=0.0003),
    "images, WGAN-GP": lambda: member("wgan-gp", width=4),
    "BEGAN": lambda: member("began", width=4),
    "autoencoder": lambda: coder("dense", noise=0.1),
    "adversarial autoencoder": lambda: coder("aae", reconstruction="mse"),
    "VAE": lambda: member("vae", width=4, rate=0.0001),
    "CGAN": lambda: member("cgan", width=4, rate=0.0003, num_classes=3),
    "ACGAN": lambda: member("acgan", width=4, rate=0.0001, num_classes=3),
    "InfoGAN": lambda: member("infogan", width=4, rate=0.0003),
    "semi-supervised": lambda: few_labels("paper"),
    "semi-supervised, three updates": lambda: few_labels("book"),
}


def main(how, out, *names):
    """Trains the rows, and writes what came of them."""
    scope = contextlib.nullcontext
    if how == "mirrored":
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
        scope = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope
    elif how == "workers":
        scope = tf.distribute.MultiWorkerMirroredStrategy().scope
    arrays = {}
    for name in names:
        with scope():
            model, source = ROWS[name]()
        history = model.fit(
            source, steps_per_epoch=STEPS // 2, epochs=2, verbose=0
        )
        for number, variable in enumerate(model.variables):
            arrays[f"{name}/weights/{number:03d}"] = variable.numpy()
        for log, values in history.history.items():
            arrays[f"{name}/logs/{log}"] = np.float64(values)
    np.savez(out, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
