"""A signal ends a training after the block that is running."""

import os
import signal
import types

import pytest

from tf_gans.runs.fitting import interruptible


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruptible(number):
    model = types.SimpleNamespace(stop_training=False, interrupted=False)
    before = signal.getsignal(number)
    with interruptible(model):
        assert not model.interrupted
        os.kill(os.getpid(), number)
        assert model.interrupted
        assert model.stop_training
        # A second one does what it always did.
        assert signal.getsignal(number) == before
    assert signal.getsignal(number) == before
