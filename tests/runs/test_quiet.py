"""What is kept from the screen in the first step, and what is not."""

import os

import pytest

from tf_gans.runs.quiet import QuietFirstStep

NOISE = b"E0000 meta_optimizer.cc:967] remapper failed: INVALID_ARGUMENT\n"


def test_the_known_note_is_dropped_and_a_real_one_shown(capfd):
    with QuietFirstStep() as quiet:
        quiet.on_train_batch_begin(0)
        os.write(2, NOISE + b"E0000 the disk burns\n")
        assert capfd.readouterr().err == ""
        quiet.on_train_batch_end(0)
        assert capfd.readouterr().err == "E0000 the disk burns\n"
        quiet.on_train_batch_begin(1)
        os.write(2, b"later\n")
        assert capfd.readouterr().err == "later\n"


def test_what_was_said_before_a_failure_is_shown(capfd):
    def fail():
        with QuietFirstStep() as quiet:
            quiet.on_train_batch_begin(0)
            os.write(2, b"why\n" + NOISE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert capfd.readouterr().err == "why\n"
