"""What watches a training: logs, checkpoints, guards, measurements."""

from tf_gans.callbacks.checkpoints import Checkpoints
from tf_gans.callbacks.guards import StopAtW1, StopOnNonFinite
from tf_gans.callbacks.probe import Probe
from tf_gans.callbacks.step_log import StepLog

__all__ = [
    "Checkpoints",
    "Probe",
    "StepLog",
    "StopAtW1",
    "StopOnNonFinite",
]
