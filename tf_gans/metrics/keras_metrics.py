"""Metrics of samples that come in batches, as Keras has them.

`update_state(real, fake)` takes batches of either set, `result()` what they
amount to, `reset_state()` begins anew and `merge_state(others)` adds what other
metrics of the kind have seen. States are in 64 bits.

They run eagerly and inside of compiled programs. `result()` is best called
outside of these: it decomposes matrices, and a `test_step` that returns it does
so at every batch.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gans.errors import check_positive_int
from tf_gans.metrics import frechet, neighbours
from tf_gans.metrics.arguments import check_features, check_same_size
from tf_gans.metrics.inception_score import check_probabilities


class _OfSamples(keras.metrics.Metric):
    """What they share: features, states in 64 bits, merging.

    Args:
        features: what turns a batch of samples into features, an array or
            tensor of shape `(n, size)`; None where they are features already.
            In compiled programs it must be made of TensorFlow's functions, as
            a `keras.Model` is.
        name: str or None.
    """

    _LEAST = 1  # samples of a batch

    def __init__(self, features=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        if features is not None and not callable(features):
            raise ValueError(
                "`features` must be a function or None. "
                f"Received: features={features!r}"
            )
        self.features = features

    def _state(self, name, shape=(), dtype="float64"):
        return self.add_variable(shape, "zeros", dtype=dtype, name=name)

    def _in_features(self, name, samples, size=None):
        """Returns a batch as float64 of shape `(n, size)`."""
        if self.features is not None:
            samples = self.features(samples)
        if tf.executing_eagerly():
            samples = check_features(name, np.asarray(samples), self._LEAST)
        samples = tf.cast(tf.convert_to_tensor(samples), tf.float64)
        if samples.shape.rank != 2:
            raise ValueError(
                f"`{name}` must have shape (n, d). "
                f"Received: shape {samples.shape}"
            )
        if size is not None:
            check_same_size(name, samples.shape[-1], "size", size)
        return tf.debugging.assert_all_finite(
            samples, f"`{name}` must be finite"
        )

    def merge_state(self, metrics):
        """Adds what other metrics of the kind, unchanged, have seen."""
        for metric in metrics:
            self._check_same(metric)
            for own, other in zip(
                self.variables, metric.variables, strict=True
            ):
                own.assign_add(other)

    def _check_same(self, metric):
        def shapes(m):
            return [tuple(v.shape) for v in m.variables]

        if type(metric) is not type(self) or shapes(metric) != shapes(self):
            raise ValueError(
                f"`metrics` must be of the class {type(self).__name__} and "
                f"have the same size. Received: {metric}"
            )

    def get_config(self):
        features = keras.saving.serialize_keras_object(self.features)
        return {**super().get_config(), "features": features}

    @classmethod
    def from_config(cls, config):
        features = keras.saving.deserialize_keras_object(config["features"])
        return cls(**{**config, "features": features})


class FrechetDistance(_OfSamples):
    """`tf_gans.metrics.frechet_distance` of batches.

    Lower is better, 0 is the least. It is not a number before there are 2
    samples of each set.

    Args:
        size: int. d, the numbers of a sample's features.
        features: see the module; defaults to `None`, batches of features.
        name: str. Defaults to `"frechet_distance"`.

    Example:

    >>> metric = FrechetDistance(64, features=classifier)
    >>> for real in dataset:
    ...     metric.update_state(real, gan.sample(len(real), seed=...))
    >>> float(metric.result())
    """

    def __init__(
        self, size, features=None, name="frechet_distance", dtype=None
    ):
        super().__init__(features, name, dtype)
        self.size = size = check_positive_int("size", size)
        self._moments = {
            name: (
                self._state(f"{name}_count"),
                self._state(f"{name}_mean", (size,)),
                self._state(f"{name}_scatter", (size, size)),
            )
            for name in ("real", "fake")
        }

    def update_state(self, real, fake):
        """Takes a batch of either set, of any sizes."""
        batches = {"real": real, "fake": fake}
        # All is checked before anything is changed.
        batches = {
            name: self._in_features(name, samples, self.size)
            for name, samples in batches.items()
        }
        for name, batch in batches.items():
            mean = tf.reduce_mean(batch, axis=0)
            apart = batch - mean
            count = tf.cast(tf.shape(batch)[0], tf.float64)
            scatter = tf.matmul(apart, apart, transpose_a=True)
            self._add(name, count, mean, scatter)

    def _add(self, name, count, mean, scatter):
        """Chan, Golub and LeVeque's formula; see `Moments`."""
        old_count, old_mean, old_scatter = self._moments[name]
        total = old_count + count
        apart = mean - old_mean
        share = tf.math.divide_no_nan(count, total)
        between = tf.tensordot(apart, apart, 0) * (old_count * share)
        old_scatter.assign_add(scatter + between)
        old_mean.assign_add(apart * share)
        old_count.assign(total)

    def merge_state(self, metrics):
        for metric in metrics:
            self._check_same(metric)
            for name, (count, mean, scatter) in metric._moments.items():
                self._add(name, *map(tf.identity, (count, mean, scatter)))

    def result(self):
        if not tf.executing_eagerly():
            return self._compiled_result()
        both = []
        for count, mean, scatter in self._moments.values():
            if count < 2:
                return tf.constant(np.nan, tf.float64)
            sums = (np.asarray(v) for v in (count, mean, scatter))
            both.append(frechet.Moments.from_sums(*sums))
        return tf.constant(frechet.frechet_distance(*both), tf.float64)

    def _compiled_result(self):
        """The same by TensorFlow's functions, which XLA has, too."""
        squared, halves = 0.0, []
        (_, mean, _), (_, other, _) = self._moments.values()
        for count, _, scatter in self._moments.values():
            covariance = scatter / (count - 1)
            squared += tf.linalg.trace(covariance)
            values, vectors = tf.linalg.eigh(covariance)
            rounding = np.sqrt(self.size) * np.finfo(np.float64).eps
            kept = values > rounding * values[-1]
            halves.append(vectors * tf.sqrt(tf.where(kept, values, 0.0)))
        squared += tf.reduce_sum(tf.square(mean - other))
        # The singular values of S1^(1/2) S2^(1/2), turned.
        root = tf.linalg.svd(
            tf.matmul(*halves, transpose_a=True), compute_uv=False
        )
        squared = tf.maximum(squared - 2 * tf.reduce_sum(root), 0.0)
        counts = [count for count, _, _ in self._moments.values()]
        is_defined = tf.minimum(*counts) >= 2
        return tf.where(is_defined, squared, np.float64(np.nan))

    def get_config(self):
        return {**super().get_config(), "size": self.size}


class KernelDistance(_OfSamples):
    """The kernel distance (KID) by blocks: each batch is a subset.

    The mean of the batches' unbiased estimates, so of the same expectation as
    `tf_gans.metrics.kernel_distance`, weighted by the real samples in each.
    The order of the samples must be random. Lower is better; it may be
    negative, and is not a number before the first batch.

    Args:
        features: see the module; defaults to `None`, batches of features.
        name: str. Defaults to `"kernel_distance"`.
    """

    _LEAST = 2

    def __init__(self, features=None, name="kernel_distance", dtype=None):
        super().__init__(features, name, dtype)
        self._total = self._state("total")
        self._weight = self._state("weight")

    def update_state(self, real, fake):
        """Takes a batch of either set, of at least 2 samples each."""
        real = self._in_features("real", real)
        fake = self._in_features("fake", fake, real.shape[-1])
        size = real.shape[-1]

        def kernel(x, y):
            return (tf.matmul(x, y, transpose_b=True) / size + 1.0) ** 3

        def within(x):
            values = kernel(x, x)
            n = tf.cast(tf.shape(x)[0], tf.float64)
            others = tf.reduce_sum(values) - tf.linalg.trace(values)
            return others / (n * (n - 1))

        between = tf.reduce_mean(kernel(real, fake))
        count = tf.cast(tf.shape(real)[0], tf.float64)
        squared = within(real) + within(fake) - 2 * between
        self._total.assign_add(count * squared)
        self._weight.assign_add(count)

    def result(self):
        return tf.convert_to_tensor(self._total) / self._weight


class InceptionScore(_OfSamples):
    """The Inception Score of all batches as one part.

    `tf_gans.metrics.inception_score` with `num_splits=1`. Higher is better; it
    is not a number before the first batch.

    Args:
        num_classes: int.
        features: what turns samples into probabilities, `(n, num_classes)`;
            defaults to `None`: batches of probabilities.
        name: str. Defaults to `"inception_score"`.
    """

    def __init__(
        self, num_classes, features=None, name="inception_score", dtype=None
    ):
        super().__init__(features, name, dtype)
        self.num_classes = check_positive_int("num_classes", num_classes)
        self._count = self._state("count")
        self._entropy = self._state("entropy")
        self._sums = self._state("sums", (num_classes,))

    def update_state(self, fake):
        """Takes a batch of generated samples, or of their probabilities."""
        p = self._in_features("fake", fake, self.num_classes)
        if tf.executing_eagerly():
            check_probabilities(p.numpy())
        self._count.assign_add(tf.cast(tf.shape(p)[0], tf.float64))
        self._entropy.assign_add(_entropy(p))
        self._sums.assign_add(tf.reduce_sum(p, axis=0))

    def result(self):
        mean = self._sums / self._count
        return tf.exp(_entropy(mean) - self._entropy / self._count)

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


class PrecisionRecall(_OfSamples):
    """`tf_gans.metrics.precision_recall` of batches, eagerly.

    It keeps all features, in 32 bits. `result()` is a dict of `precision` and
    `recall`, not numbers before there are k + 1 samples of each set.

    Args:
        size: int. d, the numbers of a sample's features.
        k: int. Defaults to `3`.
        features: see the module; defaults to `None`, batches of features.
        name: str. Defaults to `"precision_recall"`.

    Raises:
        ValueError: it is called inside of a compiled program.
    """

    def __init__(
        self, size, k=3, features=None, name="precision_recall", dtype=None
    ):
        super().__init__(features, name, dtype)
        self.size = check_positive_int("size", size)
        self.k = check_positive_int("k", k)
        self.reset_state()

    def reset_state(self):
        self._kept: dict[str, list] = {"real": [], "fake": []}

    def update_state(self, real, fake):
        """Takes a batch of either set, of any sizes."""
        if not tf.executing_eagerly():
            raise ValueError(
                "PrecisionRecall must be called eagerly (`run_eagerly=True`), "
                "for it keeps all samples. Received: a call in a graph"
            )
        batches = [
            self._in_features(name, samples, self.size).numpy()
            for name, samples in (("real", real), ("fake", fake))
        ]
        for kept, batch in zip(self._kept.values(), batches, strict=True):
            kept.append(batch.astype(np.float32))

    def merge_state(self, metrics):
        for metric in metrics:
            if type(metric) is not type(self) or metric.size != self.size:
                self._check_same(metric)
            for name, kept in metric._kept.items():
                self._kept[name] += kept

    def result(self):
        real, fake = (
            np.concatenate([np.empty((0, self.size), np.float32), *kept])
            for kept in self._kept.values()
        )
        if min(len(real), len(fake)) <= self.k:
            return {"precision": np.nan, "recall": np.nan}
        return neighbours.precision_recall(real, fake, self.k)._asdict()

    def get_config(self):
        return {**super().get_config(), "size": self.size, "k": self.k}


def _entropy(p):
    """The sum of the entropies of all rows, in nats; `0 log 0` is 0."""
    return -tf.reduce_sum(tf.math.xlogy(p, p))
