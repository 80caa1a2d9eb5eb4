"""Raw files to recordings to paired windowed loaders; one file for each data set."""

from datamodules.base import PairedDataModule
from datamodules.cwru import CWRUDataModule
from datamodules.recording import Recording
from datamodules.splits import BearingSplit, RecordingSplit, Split, TimeSplit
from datamodules.transforms import (
    AngleResample,
    BandPass,
    Envelope,
    EnvelopeAngle,
    RecordingTransform,
    Resample,
)
from datamodules.windows import Windowing

__all__ = [
    "AngleResample",
    "BandPass",
    "BearingSplit",
    "CWRUDataModule",
    "Envelope",
    "EnvelopeAngle",
    "PairedDataModule",
    "Recording",
    "RecordingSplit",
    "RecordingTransform",
    "Resample",
    "Split",
    "TimeSplit",
    "Windowing",
]
