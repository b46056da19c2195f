"""What the picture of generated curves shows, measured in the program."""

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.probe import Probe
from tf_gans.errors import check_positive_int

NUM_JUDGED = 500  # curves of each kind


class CurveProbe(Probe):
    """Measures the frames of a film of generated curves, in the program.

    A frame is the curves of some z that stay the same, and what the
    discriminator says: its loss; `d_real`, the mean of D(x) over real curves,
    which at the equilibrium is 1/2; and `accuracy`, the share of curves, half
    of them real and half of them generated, that it takes for what they are.

    The listing that this follows prints the mean of D(x) as "D_accuracy". A
    discriminator that calls everything real has a mean of D(x) of 1, and an
    accuracy of 1/2.

    The numbers are those of 500 real curves, whose coefficients are
    spread evenly over their range, and as many generated ones. The listing has
    those of the step's batch, which jump.

    Args:
        receiver: see `Probe`. A block's frames are `curves`, a float32 array
            of shape `(frames, num_curves, num_points)`, and `d_loss`, `d_real`
            and `accuracy`, of shape `(frames,)`.
        data: `tf_gans.toys.quadratics.data.Quadratics`.
        num_curves: int. How many curves a frame shows, at most 500. Defaults
            to `30`.
        every: int. See `Probe`.
    """

    def __init__(self, receiver, data, num_curves=30, every=1):
        super().__init__(receiver, every)
        self.num_curves = check_positive_int("num_curves", num_curves)
        if num_curves > NUM_JUDGED:
            raise ValueError(
                f"`num_curves` must be at most {NUM_JUDGED}. "
                f"Received: num_curves={num_curves}"
            )
        quantiles = (np.arange(NUM_JUDGED) + 0.5) / NUM_JUDGED
        self._real = data.curves(data.ppf(quantiles)).astype(np.float32)

    def measure(self, model):
        z = model.latents.draw(0, "probe", 0, 1, NUM_JUDGED)[0]
        fake = model.sampler(z, training=False)
        verdict = judge(model, tf.constant(self._real), fake)
        return {"curves": fake[: self.num_curves], **verdict}


def judge(gan, real, fake):
    """What the discriminator says of as many real as generated samples.

    Args:
        gan: `tf_gans.GAN`.
        real, fake: tensors of shape `(n, *sample_shape)`.

    Returns:
        A dict of scalars: `d_loss`, `d_real` and `accuracy`.
    """
    real_logits = gan.discriminator(real, training=False)
    fake_logits = gan.discriminator(fake, training=False)
    loss = gan.adversarial_loss
    right = tf.concat([real_logits > 0, fake_logits < 0], axis=0)
    return {
        "d_loss": loss.discriminator(real_logits, fake_logits),
        "d_real": tf.reduce_mean(loss.output(real_logits)),
        "accuracy": tf.reduce_mean(tf.cast(right, tf.float32)),
    }
