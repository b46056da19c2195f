"""Replicas do what one device does; what they would do wrong is refused."""

import json
import os
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import replicas_program
from tf_gans import GAN, latents, replicas

ROWS = list(replicas_program.ROWS)
FAST = ["plain", "minibatch, R1, noise, average"]


def start(how, path, names, **environment):
    command = [sys.executable, "-m", replicas_program.__name__, how, str(path)]
    return subprocess.Popen(
        [*command, *names],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process):
    try:
        output, _ = process.communicate(timeout=1500)
    finally:
        process.kill()  # of one that has ended this does nothing
    assert process.returncode == 0, output[-3000:]


def workers(directory, names):
    """Starts two workers; returns the processes and their files."""
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    paths = [directory / f"{index}.npz" for index in range(2)]
    return [
        start(
            "workers",
            path,
            names,
            TF_CONFIG=json.dumps(
                {"cluster": cluster, "task": {"type": "worker", "index": index}}
            ),
        )
        for index, path in enumerate(paths)
    ], paths


def check_equal(ours, alone, tolerance):
    """The weights' and the logs' largest relative difference."""
    with np.load(ours) as found, np.load(alone) as expected:
        assert set(found.files) == set(expected.files)
        assert any("/logs/" in name for name in found.files)
        for name in found.files:
            scale = max(1.0, np.abs(expected[name]).max(initial=0))
            difference = np.abs(found[name] - expected[name]).max(initial=0)
            bound = 1e-15 if "64 bits/weights" in name else tolerance
            assert difference <= bound * scale, name


def moved(path):
    """Whether the weights of each row are other ones than at the start."""
    with np.load(path) as arrays:
        return all(
            any(
                np.std(arrays[name]) > 0
                for name in arrays.files
                if name.startswith(f"{row}/weights")
            )
            for row in {name.split("/")[0] for name in arrays.files}
        )


class TestEqual:
    """Twenty steps of plain descent, against one device's."""

    def compare(self, directory, names):
        alone, mirrored = directory / "alone.npz", directory / "mirrored.npz"
        for how, path in (("alone", alone), ("mirrored", mirrored)):
            finish(start(how, path, names))
        check_equal(mirrored, alone, 1e-6)
        return alone

    def test_mirrored(self, tmp_path):
        assert moved(self.compare(tmp_path, FAST))

    @pytest.mark.slow
    def test_all_rows(self, tmp_path):
        alone = self.compare(tmp_path, ROWS)
        processes, paths = workers(tmp_path, ROWS)
        for process in processes:
            finish(process)
        for path in paths:
            check_equal(path, alone, 1e-6)
        with np.load(paths[0]) as first, np.load(paths[1]) as second:
            for name in first.files:
                np.testing.assert_array_equal(first[name], second[name])


class TestRefused:
    """What replicas would do differently, and nobody would see."""

    @pytest.fixture(scope="class")
    def strategy(self):
        # One device: what is refused does not depend on their number.
        return tf.distribute.MirroredStrategy(["CPU:0"])

    def make(self, **options):
        return replicas_program.scalars(**options)

    @pytest.mark.slow
    def test_trains_on_one(self, strategy):
        with strategy.scope():
            ours, source = self.make(minibatch=True)
            ours.fit(source, steps_per_epoch=3, verbose=0)  # inside, too
        ours.fit(source, steps_per_epoch=2, verbose=0)
        alone, source = self.make(minibatch=True)
        alone.fit(source, steps_per_epoch=5, verbose=0)
        for a, b in zip(ours.variables, alone.variables, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6)

    def test_networks_from_outside(self, strategy):
        generator, discriminator = (
            keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
            for _ in range(2)
        )
        with strategy.scope():
            gan = GAN(generator, discriminator, latents.Uniform((1,), -1, 1))
            with pytest.raises(ValueError, match="made in the strategy's"):
                gan.compile("sgd", "sgd")

    def test_optimizers_from_outside(self, strategy):
        rate = keras.optimizers.SGD(0.1, name="mine")
        with strategy.scope():
            gan, _ = self.make()
            with pytest.raises(ValueError, match="Received: mine, made out"):
                gan.compile(rate, "sgd")

    def test_another_scope(self, strategy):
        gan, source = self.make()
        with (
            strategy.scope(),
            pytest.raises(ValueError, match="made outside of a scope, and a"),
        ):
            gan.fit(source, steps_per_epoch=1)

    def test_float16(self, strategy):
        with (
            strategy.scope(),
            pytest.raises(ValueError, match='use "mixed_bfloat16" under'),
        ):
            self.make(dtype="mixed_float16")

    def test_eagerly(self, strategy):
        with strategy.scope():
            gan, _ = self.make()
            with pytest.raises(ValueError, match="run_eagerly=True under a M"):
                gan.compile("sgd", "sgd", run_eagerly=True)

    def test_other_strategies(self):
        other = tf.distribute.experimental.CentralStorageStrategy()
        with other.scope(), pytest.raises(ValueError, match="Received: Cent"):
            self.make()


class TestRows:
    def test_xla_does_not_exchange(self):
        with (
            replicas.without_exchange(),
            pytest.raises(ValueError, match="batch normalisation, minibatch"),
        ):
            replicas._check_exchange()
        replicas._check_exchange()

    def test_alone_nothing_changes(self):
        rows = tf.constant([[1.0, 2.0]])
        for function in (
            replicas.share,
            replicas.mean,
            replicas.total,
            replicas.gather,
            replicas.own_rows,
        ):
            assert function(rows) is rows
        assert replicas.count() == 1
