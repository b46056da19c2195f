"""The area under a detector's curve, against all pairs."""

import numpy as np
import pytest

from tf_gans import metrics


@pytest.mark.parametrize("seed", range(4))
def test_is_the_share_of_the_pairs(seed):
    """Half for equal ones, of which there are many here."""
    rng = np.random.default_rng(seed)
    usual = rng.integers(0, 6, 30 + seed)
    unusual = rng.integers(2, 9, 17)
    pairs = np.subtract.outer(unusual, usual)
    expected = np.mean((pairs > 0) + 0.5 * (pairs == 0))
    area = metrics.detection_auc(usual, unusual)
    assert area == pytest.approx(expected, rel=1e-12)
    opposite = metrics.detection_auc(unusual, usual)
    assert area + opposite == pytest.approx(1, rel=1e-12)


def test_ends():
    assert metrics.detection_auc([0.1, 0.2], [0.3]) == 1
    assert metrics.detection_auc([0.3], [0.1, 0.2]) == 0
    assert metrics.detection_auc([1.0], [1.0]) == 0.5


def test_bad_scores():
    with pytest.raises(ValueError, match=r"one score or more.*0 and 1"):
        metrics.detection_auc([], [1.0])
    with pytest.raises(ValueError, match="finite"):
        metrics.detection_auc([1.0], [np.nan])
