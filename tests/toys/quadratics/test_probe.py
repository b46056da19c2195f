"""The frames of a film of generated curves, against numpy."""

import types

import numpy as np
import pytest

from tf_gans import data, latents, losses
from tf_gans.toys.quadratics import recipes
from tf_gans.toys.quadratics.probe import CurveProbe, judge

SOURCE = data.Quadratics(16)


def make_gan(name="code", **options):
    return recipes.build(name, SOURCE, seed=3, **options)


class Recorder:
    def __init__(self):
        self.blocks = []

    def __call__(self, steps, **arrays):
        self.blocks.append({"steps": steps, **arrays})

    @property
    def frames(self):
        return {
            name: np.concatenate([block[name] for block in self.blocks])
            for name in self.blocks[0]
        }


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_frame_by_hand():
    gan = make_gan()
    # Away from 1/2, where the mean of D(x) and the accuracy differ.
    gan.discriminator.head.bias.assign([0.7])
    frame = CurveProbe(None, SOURCE, num_curves=7).once(gan)
    z = latents.Normal((5,)).draw(0, "probe", 0, 1, 500)[0]
    fake = gan.generator(z).numpy()
    np.testing.assert_allclose(frame["curves"], fake[:7], rtol=1e-5)
    a = 1 + 2 * (np.arange(500) + 0.5) / 500
    real = a[:, np.newaxis] * SOURCE.x**2 + a[:, np.newaxis] - 1
    real_logits = gan.discriminator(real).numpy().astype(np.float64)
    fake_logits = gan.discriminator(fake).numpy().astype(np.float64)
    d_loss = -np.mean(np.log(sigmoid(real_logits))) - np.mean(
        np.log(1 - sigmoid(fake_logits))
    )
    assert frame["d_loss"] == pytest.approx(d_loss, rel=1e-5)
    assert frame["d_real"] == pytest.approx(sigmoid(real_logits).mean())
    right = (real_logits > 0).sum() + (fake_logits < 0).sum()
    assert frame["accuracy"] == pytest.approx(right / 1000)
    assert abs(frame["accuracy"] - frame["d_real"]) > 0.02


def test_a_discriminator_that_calls_everything_real():
    """The mean of D(x), which was once printed as the accuracy, is 1."""
    gan = make_gan()
    gan.discriminator.head.kernel.assign(gan.discriminator.head.kernel * 0)
    gan.discriminator.head.bias.assign([9.0])
    frame = CurveProbe(None, SOURCE).once(gan)
    assert frame["d_real"] == pytest.approx(1, abs=1e-3)
    assert frame["accuracy"] == 0.5


def test_a_perfect_discriminator():
    def discriminator(samples, training=None):
        assert training is False
        return samples[:, :1]

    gan = types.SimpleNamespace(
        discriminator=discriminator, adversarial_loss=losses.Minimax()
    )
    real, fake = np.full((2, 4, 15), [[[20]], [[-20]]], np.float32)
    verdict = judge(gan, real, fake)
    assert list(verdict) == ["d_loss", "d_real", "accuracy"]
    assert float(verdict["d_loss"]) == pytest.approx(0, abs=1e-6)
    assert float(verdict["d_real"]) == pytest.approx(1)
    assert float(verdict["accuracy"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, True])
def test_frames_are_those_of_the_steps(jit_compile):
    recorder = Recorder()
    make_gan(jit_compile=jit_compile, steps_per_execution=4).fit(
        SOURCE,
        steps_per_epoch=11,
        callbacks=[CurveProbe(recorder, SOURCE, every=3)],
        verbose=0,
    )
    frames = recorder.frames
    np.testing.assert_array_equal(frames["steps"], [0, 3, 6, 9])
    assert frames["curves"].shape == (4, 30, 15)
    gan = make_gan(jit_compile=False)
    for i, steps in enumerate([1, 3, 3, 3]):
        gan.fit(SOURCE, steps_per_epoch=steps, verbose=0)
        expected = CurveProbe(None, SOURCE).once(gan)
        for name, value in expected.items():
            np.testing.assert_allclose(
                frames[name][i], value, atol=1e-4, err_msg=name
            )


def test_measuring_changes_nothing():
    weights = []
    for watchers in ([], [CurveProbe(Recorder(), SOURCE)]):
        gan = make_gan(jit_compile=False)
        gan.fit(SOURCE, steps_per_epoch=50, callbacks=watchers, verbose=0)
        weights.append(np.concatenate([w.ravel() for w in gan.get_weights()]))
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-5)


def test_mistakes():
    with pytest.raises(ValueError, match="num_curves=501"):
        CurveProbe(None, SOURCE, num_curves=501)
    with pytest.raises(ValueError, match="num_curves=0"):
        CurveProbe(None, SOURCE, num_curves=0)
