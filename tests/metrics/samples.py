"""What every measure of two sets of samples is given, to refuse it."""

import numpy as np

GOOD = np.random.default_rng(0).normal(size=(40, 3))


def _with(value):
    bad = GOOD.copy()
    bad[7, 1] = value
    return bad


# Pairs of real and fake, and what the message says.
BAD_PAIRS = {
    "nan": (_with(np.nan), GOOD, "`real` must be finite.*nan at"),
    "inf": (GOOD, _with(np.inf), "`fake` must be finite.*inf at"),
    "inf in 32 bits": (
        GOOD,
        _with(-np.inf).astype(np.float32),
        "`fake` must be finite.*inf at",
    ),
    "huge": (GOOD, _with(1e200), r"`fake` must be finite.*1e\+200"),
    "sizes": (GOOD, GOOD[:, :2], "as many numbers.*3 and 2"),
    "rank": (GOOD[:, :, None], GOOD, "`real` must be an array of numbers"),
    "scalar": (GOOD, 3.0, "`fake` must be an array of numbers"),
    "words": (GOOD, np.full((40, 3), "a"), "`fake` must be an array of num"),
    "complex": (GOOD + 0j, GOOD, "`real` must be an array of num.*complex"),
    "empty": (GOOD, GOOD[:0], r"`fake` must have at least.*\(0, 3\)"),
    "no numbers": (GOOD[:, :0], GOOD, "`real` must be an array of numbers"),
}
