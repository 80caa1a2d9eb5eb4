"""What the terminal, the disk and TensorBoard show of a run."""

from iadtln.callbacks.domain_gap import DomainGap
from iadtln.callbacks.finite import FiniteGuard
from iadtln.callbacks.predictions import PredictionWriter
from iadtln.callbacks.progress import PhaseProgressBar
from iadtln.callbacks.report import TestReport
from iadtln.callbacks.selection import Selection
from iadtln.callbacks.startup import StartupSummary

__all__ = [
    "DomainGap",
    "FiniteGuard",
    "PhaseProgressBar",
    "PredictionWriter",
    "Selection",
    "StartupSummary",
    "TestReport",
]
