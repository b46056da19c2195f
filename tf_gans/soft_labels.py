"""The loss of mnist_acgan.py, whose targets are soft on both sides."""

import keras
import tensorflow as tf

from tf_gans.losses import NonSaturating


@keras.saving.register_keras_serializable(package="tf_gans")
class SoftLabels(NonSaturating):
    """The non-saturating loss with targets of 1 - s and s.

    The discriminator's target is `1 - s` for real samples and `s` for
    generated ones, the generator's is `1 - s`, too, where s is
    `label_smoothing`. A discriminator is then rewarded for being unsure of
    samples that it knows, which one-sided smoothing avoids. At the equilibrium
    every probability is 1/2, as without smoothing.

    Args:
        label_smoothing: float in [0, 0.5). Defaults to `0.1`.

    Reference:
    - [keras-team/keras, examples/mnist_acgan.py](
      https://github.com/keras-team/keras), of Keras 2: 0.9 and 0.1
    """

    def __init__(self, label_smoothing=0.1):
        super().__init__(label_smoothing)

    @property
    def equilibrium(self):
        return NonSaturating().equilibrium

    def _fake(self, logits):
        # -s log D - (1 - s) log(1 - D)
        return tf.nn.softplus(logits) - self.label_smoothing * logits

    def _generator(self, logits):
        return self._real(logits)
