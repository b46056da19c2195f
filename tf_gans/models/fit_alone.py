"""The methods of a Keras model that have no meaning for one of these."""

import keras
import numpy as np


class FitAlone(keras.Model):
    """A model that is trained by `fit`, and has no loss on other samples.

    What Keras would answer from inside, each method says in a sentence.
    """

    def evaluate(self, *args, **kwargs):
        """Refused: measure samples with `tf_gans.metrics`."""
        raise NotImplementedError(self._without_loss("evaluate"))

    def test_on_batch(self, *args, **kwargs):
        """Refused: measure samples with `tf_gans.metrics`."""
        raise NotImplementedError(self._without_loss("test_on_batch"))

    def train_on_batch(self, *args, **kwargs):
        """Refused: `fit` counts the steps that all random numbers follow."""
        raise NotImplementedError(
            f"A {type(self).__name__} has no `train_on_batch`: a step takes "
            "its batches from `fit`. Call `fit(dataset, steps_per_epoch=1)`."
        )

    def _without_loss(self, name):
        return (
            f"A {type(self).__name__} has no `{name}`: its losses say how the "
            "training stands, not how good the samples are. Draw some with "
            "`sample` and measure them with tf_gans.metrics."
        )

    def _refuse_of_fit(self, options):
        """Refuses what Keras' `fit` takes and a training here cannot use.

        Args:
            options: dict of arguments of `keras.Model.fit` by name. Those that
                are None or 0, Keras' defaults, ask for nothing.
        """
        for name, value in options.items():
            # The default of `validation_split` is 0.
            if value is not None and not (np.isscalar(value) and value == 0):
                raise ValueError(
                    f"`fit` of a {type(self).__name__} does not take `{name}`: "
                    "it has neither a loss of samples that it is not trained "
                    "on nor weights of samples. See tf_gans.metrics."
                )

    def export(self, filepath, format="tf_saved_model", **kwargs):
        """Writes the next version of a SavedModel.

        Args:
            filepath: str or path. See `tf_gans.export.export_saved_model`.
            format: `"tf_saved_model"`, the only one.

        Returns:
            The `pathlib.Path` of the version.
        """
        # Not before it is asked for: training needs none of it.
        from tf_gans.export import export_saved_model

        if format != "tf_saved_model" or kwargs:
            raise ValueError(
                "`export` writes a SavedModel with the signatures of "
                f"tf_gans.export alone. Received: format={format!r}, {kwargs}"
            )
        return export_saved_model(self, filepath)
