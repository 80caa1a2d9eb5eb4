"""Raw files to recordings to paired windowed loaders; one file for each data set."""

from datamodules.band import KurtosisBand
from datamodules.base import PairedDataModule
from datamodules.cwru import CWRUDataModule
from datamodules.cwru_compound import CWRUCompoundDataModule
from datamodules.errors import DataError
from datamodules.femto import FEMTODataModule
from datamodules.hit_sm import HITSMDataModule
from datamodules.ims import IMSDataModule
from datamodules.jnu import JNUDataModule
from datamodules.manifest import ManifestDataModule
from datamodules.ottawa import OttawaDataModule
from datamodules.paderborn import PaderbornDataModule
from datamodules.recording import Recording
from datamodules.simulated import SimulatedDataModule
from datamodules.splits import BearingSplit, RecordingSplit, Split, TimeSplit, WindowSplit
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
    "CWRUCompoundDataModule",
    "CWRUDataModule",
    "DataError",
    "Envelope",
    "EnvelopeAngle",
    "FEMTODataModule",
    "HITSMDataModule",
    "IMSDataModule",
    "JNUDataModule",
    "KurtosisBand",
    "ManifestDataModule",
    "OttawaDataModule",
    "PaderbornDataModule",
    "PairedDataModule",
    "Recording",
    "RecordingSplit",
    "RecordingTransform",
    "Resample",
    "SimulatedDataModule",
    "Split",
    "TimeSplit",
    "WindowSplit",
    "Windowing",
]
