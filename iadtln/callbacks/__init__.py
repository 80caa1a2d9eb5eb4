"""What the terminal, the disk and TensorBoard show of a run."""

from iadtln.callbacks.domain_gap import DomainGap
from iadtln.callbacks.finite import FiniteGuard
from iadtln.callbacks.folder import claim_folder
from iadtln.callbacks.predictions import PredictionWriter
from iadtln.callbacks.pretraining import share_pretraining
from iadtln.callbacks.progress import PhaseProgressBar
from iadtln.callbacks.report import TestReport
from iadtln.callbacks.resume import Resume
from iadtln.callbacks.selection import Selection
from iadtln.callbacks.startup import StartupSummary

__all__ = [
    "DomainGap",
    "FiniteGuard",
    "PhaseProgressBar",
    "PredictionWriter",
    "Resume",
    "Selection",
    "StartupSummary",
    "TestReport",
    "claim_folder",
    "share_pretraining",
]
