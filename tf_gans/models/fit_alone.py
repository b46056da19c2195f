"""The methods of a Keras model that have no meaning for one of these."""

import keras


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
