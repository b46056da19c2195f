"""A classifier on labels alone, and what all classifiers are asked."""

import keras
import numpy as np
import tensorflow as tf

from tf_gans import replicas, weight_norm
from tf_gans.class_losses import labelled_loss, share_right
from tf_gans.errors import check_positive_int
from tf_gans.models import checks, networks
from tf_gans.models.outputs import even_of_none
from tf_gans.models.trained import Trained

_ROWS = 500  # that are classified at once


class Classifying(Trained):
    """What can be asked of a model with a classifier.

    A subclass says which network classifies: `_classifier`.
    """

    @property
    def _classifier(self):
        raise NotImplementedError

    def classify(self, samples):
        """To which classes the samples belong.

        Args:
            samples: float tensor of shape `(batch, *sample_shape)`.

        Returns:
            A dict of `probabilities`, float32 of shape `(batch, classes)`,
            and `labels`, int32 of shape `(batch,)`: the most probable ones.
        """
        return even_of_none(self._classified)(samples)

    def _classified(self, samples):
        logits = self._classifier(samples, training=False)
        return {
            "probabilities": tf.nn.softmax(tf.cast(logits, tf.float32)),
            "labels": tf.argmax(logits, axis=-1, output_type=tf.int32),
        }

    def accuracy(self, samples, labels):
        """The share of samples whose class is found.

        Args:
            samples: float array of shape `(num_samples, *sample_shape)`, or
                any sequence of batches that slices to one.
            labels: integer array of shape `(num_samples,)`.

        Returns:
            float in [0, 1].
        """
        labels = np.asarray(labels)
        if not len(labels) or len(samples) != len(labels):
            raise ValueError(
                "`labels` must be one a sample, of at least one. Received: "
                f"{len(labels)} for {len(samples)} samples"
            )
        classify = tf.function(
            self.classify, autograph=False, reduce_retracing=True
        )
        found = [
            classify(tf.convert_to_tensor(samples[i : i + _ROWS]))["labels"]
            for i in range(0, len(labels), _ROWS)
        ]
        return float(np.mean(np.concatenate(found) == labels))

    def _noise(self, network, stream, *block):
        """The random numbers of passes through a network, or none.

        Args:
            network: the classifier.
            stream: str. Distinguishes the passes of a step.
            *block: `seed`, `first_step`, `num_steps` and `batch_size`.

        Returns:
            A dict to be a part of an update's numbers.
        """
        if not hasattr(network, "draw_noise"):
            return {}
        return {"noise": network.draw_noise(block[0], stream, *block[1:])}

    def _set_lengths(self, network, samples):
        """Sets weight-normalised layers by samples, before the first step."""
        noise = self._noise(
            network, "initial", int(self.seed.numpy()), 0, 1, len(samples)
        )
        noise = tf.nest.map_structure(lambda t: t[0], noise)
        weight_norm.initialize(network, samples, training=True, **noise)


@keras.saving.register_keras_serializable(package="tf_gans")
class SupervisedClassifier(Classifying):
    """Trains a classifier on labelled samples and nothing else.

    What a semi-supervised training is compared with: the same network on the
    same labels.

    Args:
        classifier: `keras.Model` from samples to logits, one a class. Where it
            has a method `draw_noise`, it gets random numbers as `noise`; see
            `tf_gans.networks.semi_supervised`.
        initial_samples: int or None. The labelled samples by which its
            weight-normalised layers are set before the first step. Defaults
            to `None`.
        sample_shape: tuple of ints. Defaults to the classifier's own
            `input_shape`, without the batch.
        seed: int, at least 0. Defaults to `0`.

    Logs:
        `loss`, the cross-entropy, and `accuracy`, on the batch.
    """

    headline = ("loss", "accuracy")
    _arguments = ("classifier", "initial_samples", "sample_shape")

    def __init__(
        self,
        classifier,
        initial_samples=None,
        sample_shape=None,
        seed=0,
        name="supervised_classifier",
        **kwargs,
    ):
        super().__init__(seed=seed, name=name, **kwargs)
        self.classifier = classifier
        self.initial_samples = initial_samples
        if initial_samples is not None:
            check_positive_int("initial_samples", initial_samples)
        self.sample_shape = tuple(sample_shape or classifier.input_shape[1:])
        networks.build(classifier, self.sample_shape)
        self.classes = count_classes(classifier, self.sample_shape)
        self._track(["loss", "accuracy"])

    @property
    def _classifier(self):
        return self.classifier

    def parts_of(self, element):
        """The labelled samples and their labels; what else there is, is not."""
        return list(element[:2])

    def prepared(self, parts):
        return prepared(parts)

    def check_source(self, source):
        checks.check_shape(tuple(source.sample_shape), self.sample_shape)
        check_classes(source, self.classes)
        if self.initial_samples and int(self.step.numpy()) == 0:
            size = -(-self.initial_samples // source.batch_size)
            samples = source.draw(int(self.seed.numpy()), 0, size)[0]
            samples = tf.reshape(samples, (-1, *self.sample_shape))
            self._set_lengths(self.classifier, samples[: self.initial_samples])

    def check_batches(self, parts, is_first):
        if is_first:
            checks.check_shape(tuple(parts[0].shape[3:]), self.sample_shape)
        checks.check_one_a_sample(parts[1])
        checks.check_labels(parts[1], self.classes)

    def _draw(self, seed, first_step, num_steps, batch_size):
        return self._noise(
            self.classifier, "noise", seed, first_step, num_steps, batch_size
        )

    def train_step(self, data):
        """One update."""
        (samples, labels), numbers, _ = data
        samples, labels = samples[0], labels[0]
        variables = self.classifier.trainable_variables

        def compute():
            with tf.GradientTape() as tape:
                logits = self.classifier(samples, training=True, **numbers)
                loss = labelled_loss(logits, labels)
                scaled = self.optimizer.scale_loss(replicas.share(loss))
            logs = {"loss": loss, "accuracy": share_right(logits, labels)}
            return tape.gradient(scaled, variables), logs

        gradients, logs = self._computed(compute)
        self.optimizer.apply(gradients, variables)
        return logs


def count_classes(classifier, sample_shape):
    """How many logits a classifier has.

    Raises:
        ValueError: they are fewer than two, or no logits.
    """
    spec = classifier.compute_output_spec(
        keras.KerasTensor((None, *sample_shape))
    )
    shapes = [tuple(t.shape) for t in tf.nest.flatten(spec)]
    if len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][1] < 2:
        raise ValueError(
            "A classifier must return logits, one a class, of shape (batch, "
            f"classes). Received: outputs of shape {shapes}"
        )
    if checks.last_activation(classifier) == "softmax":
        raise ValueError(
            "A classifier must return logits, and this one ends in a softmax. "
            "Build its last layer without an activation."
        )
    return shapes[0][1]


def check_classes(source, classes):
    """Refuses a source without labels, or with others than the classifier's."""
    received = getattr(source, "num_classes", None)
    if received is None or received > classes:
        raise ValueError(
            f"The source's labels must be of the classifier's {classes} "
            f"classes. Received: a source with num_classes={received}"
        )


def prepared(parts):
    """Samples as floats, and labels, the second part, one a sample."""
    samples, labels, *others = parts
    labels = tf.cast(labels, tf.int32)
    return [
        tf.cast(samples, tf.float32),
        labels if labels.shape.rank == 3 else labels[..., 0],
        *(tf.cast(each, tf.float32) for each in others),
    ]
