"""What the picture of generated curves shows, measured in the program."""

import numpy as np
import tensorflow as tf

from tf_gans.callbacks.probe import Probe
from tf_gans.errors import check_positive_int

# What the discriminator says, beside the curves themselves.
VERDICTS = ("d_loss", "d_real", "accuracy")


class CurveProbe(Probe):
    """Measures the frames of a film of generated curves, in the program.

    A frame is the curves of some z that stay the same, and what the
    discriminator says: its loss; `d_real`, the mean of D(x) over real curves,
    which at the equilibrium is 1/2; and `accuracy`, the share of curves, half
    of them real and half of them generated, that it takes for what they are.

    The listing that this follows prints the mean of D(x) as "D_accuracy". A
    discriminator that calls everything real has a mean of D(x) of 1, and an
    accuracy of 1/2.

    The numbers are those of `num_judged` real curves, whose coefficients are
    spread evenly over their range, and as many generated ones. The listing has
    those of the step's batch, which jump.

    Args:
        receiver: function that takes each block's frames: `steps`, an int
            array of shape `(frames,)`, `curves`, of shape `(frames,
            num_curves, num_points)`, and `d_loss`, `d_real` and `accuracy`, of
            shape `(frames,)`.
        data: `tf_gans.data.Quadratics`.
        num_curves: int. How many curves a frame shows. Defaults to `30`.
        num_judged: int. At least `num_curves`. Defaults to `500`.
        every: int. See `Probe`.
    """

    def __init__(self, receiver, data, num_curves=30, num_judged=500, every=1):
        super().__init__(every)
        self.receiver = receiver
        self.num_curves = check_positive_int("num_curves", num_curves)
        self.num_judged = check_positive_int("num_judged", num_judged)
        if num_judged < num_curves:
            raise ValueError(
                "`num_judged` must be at least `num_curves`. "
                f"Received: num_judged={num_judged}, num_curves={num_curves}"
            )
        quantiles = (np.arange(num_judged) + 0.5) / num_judged
        self._real = data.curves(data.ppf(quantiles)).astype(np.float32)

    def measure(self, gan):
        z = gan.latents.draw(0, "probe", 0, 1, self.num_judged)[0]
        fake = gan.sampler(z, training=False)
        verdict = judge(gan, tf.constant(self._real), fake)
        return {"curves": fake[: self.num_curves], **verdict}

    def on_measured(self, steps, values):
        self.receiver(steps, **values)


def measured_curves(gan, data, num_curves=30, num_judged=500):
    """What a frame shows, of the model as it is now.

    Args:
        gan: `tf_gans.GAN`.
        data, num_curves, num_judged: see `CurveProbe`.

    Returns:
        A dict: `curves`, an array of shape `(num_curves, num_points)`, and the
        floats `d_loss`, `d_real` and `accuracy`.
    """
    probe = CurveProbe(None, data, num_curves, num_judged)
    # Not XLA: for a single call, compiling takes longer than running.
    values = tf.function(probe.measure, autograph=False)(gan)
    return {
        name: value.numpy() if value.shape.rank else float(value)
        for name, value in values.items()
    }


def judge(gan, real, fake):
    """What the discriminator says of as many real as generated samples.

    Args:
        gan: `tf_gans.GAN`.
        real, fake: tensors of shape `(n, *sample_shape)`.

    Returns:
        A dict of scalars, one for each name in `VERDICTS`.
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
