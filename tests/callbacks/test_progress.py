"""What bars say before the first step; the rest is with the image callbacks."""

import io
import sys
import types
from unittest import mock

import keras
import pytest
import tensorflow as tf

from tf_gans import GAN, callbacks, data, recipes
from tf_gans.callbacks import progress
from tf_gans.networks import mnist


class Terminal(io.StringIO):
    def isatty(self):
        return True


def model(arrays, batches, jit_compile):
    return types.SimpleNamespace(
        trainable_variables=[None] * arrays,
        batches_per_step=batches,
        jit_compile=jit_compile,
    )


@pytest.mark.parametrize(
    ("arrays", "batches", "jit_compile", "seconds"),
    [
        (22, 1, False, 1),
        (22, 5, False, 3),  # each of five critic updates is compiled
        (52, 1, False, 3),
        (12, 1, True, 4),
        (1, 1, False, 1),  # never "about 0 s"
    ],
)
def test_about_how_long(arrays, batches, jit_compile, seconds):
    said = progress.compiling(model(arrays, batches, jit_compile))
    assert said == f"compiling, about {seconds} s"


def test_a_model_has_what_is_asked():
    gan = GAN(
        mnist.DenseGenerator(4),
        mnist.DenseDiscriminator(),
        critic_steps=5,
        latents=4,
    )
    gan.compile(keras.optimizers.SGD(), keras.optimizers.SGD())
    arrays = len(gan.trainable_variables)
    assert arrays == 12
    assert gan.jit_compile
    assert progress.compiling(gan) == "compiling, about 11 s"


def test_of_a_gpu_nothing_is_known():
    found = mock.patch.object(
        tf.config, "list_physical_devices", lambda kind: ["a GPU"]
    )
    with found:
        assert progress.compiling(model(20, 1, True)) == "compiling"


def test_the_bar_of_steps(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    gan = recipes.gaussian.build("code", data.Gaussian(8), jit_compile=False)
    bar = callbacks.StepProgress(20, 0)
    with bar:
        gan.fit(
            data.Gaussian(8), steps_per_epoch=20, verbose=0, callbacks=[bar]
        )
    states = terminal.getvalue().split("\r")
    arrays = len(gan.trainable_variables)
    expected = f"compiling, about {max(1, round(arrays * 0.05))} s:   0%"
    assert any(state.startswith(expected) for state in states)
    assert any(state.startswith("training: 100%") for state in states)
