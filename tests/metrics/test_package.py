"""The names of `tf_gans.metrics`, and what they load."""

import subprocess
import sys

import pytest

from tests.paths import ROOT
from tf_gans import metrics


def test_loads_no_tensorflow():
    program = """
import sys
from tf_gans import metrics
metrics.frechet_distance([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
assert not {"tensorflow", "keras"} & set(sys.modules)
assert metrics.FrechetDistance(3).size == 3
assert "tensorflow" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@pytest.mark.parametrize("name", metrics.__all__)
def test_names(name):
    assert callable(getattr(metrics, name))
    assert name in dir(metrics)
    assert getattr(metrics, name).__doc__


def test_no_such_name():
    with pytest.raises(AttributeError, match="no attribute 'fid'"):
        _ = metrics.fid


def test_the_first_release_s_names():
    from tf_gans.toys.gaussian.metrics import scalar_metrics

    assert metrics.scalar_metrics is scalar_metrics
