"""Reads what may be bad as the verbs do, and says how that ended."""

import warnings
from pathlib import Path

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException

from datamodules.errors import DataError
from datamodules.manifest import read_row
from datamodules.manifest_rows import read_manifest
from datamodules.readers import read_signal
from datamodules.recording import Recording, check_signal
from datamodules.streams import stream_signal
from iadtln.doctor.blocks import Cutter
from iadtln.doctor.doctor import expect_channels

RATE = 8000.0


def whole(path: Path) -> None:
    """As for training."""
    signal, rate = read_signal(path, "0")
    check_signal(Recording(torch.from_numpy(signal), rate or RATE, None, None, "", path.name))


def streamed(path: Path) -> None:
    """As for a diagnosis, brought to another rate."""
    stream = stream_signal(path, "0", 2**12)
    cutter = Cutter(stream.sampling_rate or RATE, 256, expected_rate=RATE)
    for windows in cutter.windows(expect_channels(stream.blocks, 1)):
        if len(windows.signal):
            assert windows.signal.shape[1:] == (1, 256)
            assert torch.isfinite(windows.signal).all()


def listed(path: Path) -> None:
    """As a manifest, with the recordings that it names."""
    for row in read_manifest(path, {}):
        check_signal(read_row(row, path.parent, None))


def ending(read, path: Path) -> tuple[str, str]:
    """``sentence``, ``sound`` or ``traceback``, and what was said."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read(path)
        except (DataError, MisconfigurationException) as error:
            return "sentence", str(error)
        except Exception as error:
            return "traceback", f"{type(error).__name__}: {error}"
    return "sound", ""
