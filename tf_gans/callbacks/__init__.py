"""Callbacks: logs, pictures, measures, checkpoints, guards, probes."""

from tf_gans import moved
from tf_gans.callbacks.checkpoints import Checkpoints
from tf_gans.callbacks.evaluate import Evaluate
from tf_gans.callbacks.every import moments
from tf_gans.callbacks.guards import StopAt, StopAtW1, StopOnNonFinite
from tf_gans.callbacks.probe import Probe
from tf_gans.callbacks.progress import ImageProgress, StepProgress
from tf_gans.callbacks.reconstructions import ReconstructionGrid
from tf_gans.callbacks.samples import SampleGrid
from tf_gans.callbacks.step_log import StepLog
from tf_gans.callbacks.tensorboard import TensorBoard

__all__ = [
    "Checkpoints",
    "Evaluate",
    "ImageProgress",
    "Probe",
    "ReconstructionGrid",
    "SampleGrid",
    "StepLog",
    "StepProgress",
    "StopAt",
    "StopAtW1",
    "StopOnNonFinite",
    "TensorBoard",
    "moments",
]
__getattr__ = moved.attributes(__name__)
