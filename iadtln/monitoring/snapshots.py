"""Snapshots of one machine in order of time, from a folder in any known format."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from datamodules import femto, ims
from datamodules.errors import (
    DataError,
    MissingFileError,
    MissingVariableError,
    SamplingRateError,
)
from datamodules.formats import READERS, damaged_file
from datamodules.readers import Signal, read_signal
from datamodules.recording import Recording, check_signal

IMS_CHANNELS = {
    4: [f"bearing_{number}" for number in range(1, 5)],
    8: [f"bearing_{number}_{axis}" for number in range(1, 5) for axis in "xy"],
}


@dataclass(frozen=True)
class Snapshot:
    """What a machine sounded like at one moment.

    Args:
        recording: the signal ``(channels, time)``, its rate, and notes on it.
        channels: name of each channel.
        stamp: when it was measured, ISO 8601 (FEMTO knows the time of day only); empty if unknown.
    """

    recording: Recording
    channels: tuple[str, ...]
    stamp: str


class Measured(NamedTuple):
    """What a file holds: ``signal`` of shape ``(channels, time)`` and what is known of it."""

    signal: Signal
    sampling_rate: float
    channels: Sequence[str]
    stamp: str = ""
    notes: tuple[str, ...] = ()


class SnapshotFolder(ABC):
    """A folder in one of the formats, to which files may be added while it is watched.

    Args:
        folder: where the files lie.
        sampling_rate: samples per second, if the format does not tell.
        channel: names of channels, or their numbers from 0, joined by ``+``; empty for all.
    """

    def __init__(self, folder: Path, sampling_rate: float | None = None, channel: str = "") -> None:
        self.folder, self.channel = folder, channel
        self.sampling_rate = sampling_rate

    def files(self) -> list[Path]:
        """What is there now, in order of time."""
        found = [path for path in self.folder.iterdir() if self.holds(path)]
        return sorted(found, key=lambda path: in_order(path.name))

    @staticmethod
    @abstractmethod
    def holds(path: Path) -> bool:
        """Whether a file is a snapshot of this format, by its name."""

    @abstractmethod
    def measured(self, path: Path) -> Measured:
        """Read the wanted channels of one file, unchecked."""

    def read(self, path: Path) -> Snapshot:
        """Read and check one file.

        Raises:
            DataError: If it is damaged, holds no such channel, or cannot be measured.
        """
        found = self.measured(path)
        recording = Recording(
            signal=torch.from_numpy(np.ascontiguousarray(found.signal)),
            sampling_rate=found.sampling_rate,
            rpm=None,
            label=None,
            domain=self.folder.name,
            recording_id=path.name,
            source=str(path),
            notes=found.notes,
        )
        check_signal(recording)
        return Snapshot(recording, tuple(found.channels), found.stamp)


class FEMTOFolder(SnapshotFolder):
    """Files ``acc_00001.csv`` of FEMTO-ST: horizontal and vertical at 25.6 kHz, time of day."""

    @staticmethod
    def holds(path: Path) -> bool:
        """Whether the name is one of FEMTO's vibration files."""
        return femto.FILE_NAME.fullmatch(path.name) is not None

    def measured(self, path: Path) -> Measured:
        """Read one file; clipped samples are noted."""
        signal, seconds = femto.read_femto_file(path)
        signal, names = chosen(signal, ["horizontal", "vertical"], self.channel, path)
        note = femto.clipped(signal)
        rate = self.sampling_rate or femto.SAMPLING_RATE
        return Measured(signal, rate, names, time_of_day(seconds), (note,) if note else ())


class IMSFolder(SnapshotFolder):
    """Files ``2003.10.22.12.06.24`` of NASA/IMS: four or eight channels at 20 kHz."""

    @staticmethod
    def holds(path: Path) -> bool:
        """Whether the name is a time."""
        return ims.FILE_NAME.fullmatch(path.name) is not None

    def measured(self, path: Path) -> Measured:
        """Read one file; its name is its stamp."""
        signal = ims.read_ims_file(path)
        signal, names = chosen(signal, IMS_CHANNELS[len(signal)], self.channel, path)
        with damaged_file(path):  # a name such as 2003.13.32.25.61.61
            stamp = datetime.strptime(path.name, ims.STAMP).isoformat()
        return Measured(signal, self.sampling_rate or ims.SAMPLING_RATE, names, stamp)


class PlainFolder(SnapshotFolder):
    """Files of any format that a manifest may list, in the order of the numbers in their names."""

    @staticmethod
    def holds(path: Path) -> bool:
        """Whether the suffix is known."""
        return path.suffix.lower() in READERS and not path.name.startswith(".")

    def measured(self, path: Path) -> Measured:
        """Read one file; nothing in it tells when it was measured."""
        signal, own_rate = read_signal(path, self.channel)
        rate = self.sampling_rate or own_rate
        if rate is None:
            raise SamplingRateError(
                f"'{path}': a {path.suffix} file does not tell its sampling rate; give "
                "--sampling_rate"
            )
        names = [name.strip() for name in self.channel.split("+")]
        if len(names) != len(signal) or not all(names):
            names = [str(number) for number in range(len(signal))]
        return Measured(signal, rate, names)


def open_folder(
    folder: Path, sampling_rate: float | None = None, channel: str = ""
) -> SnapshotFolder:
    """The format of a folder, told by the names of its files.

    Args:
        folder: where the files lie.
        sampling_rate: samples per second, if the format does not tell.
        channel: names of channels, or their numbers from 0, joined by ``+``; empty for all.

    Raises:
        MissingFileError: If there is no such folder, or nothing known in it.
    """
    if not folder.is_dir():
        raise MissingFileError(f"expected a folder of snapshots, there is none at '{folder}'")
    for kind in (FEMTOFolder, IMSFolder, PlainFolder):
        if any(kind.holds(path) for path in folder.iterdir()):
            return kind(folder, sampling_rate, channel)
    raise MissingFileError(
        f"'{folder}' holds no snapshots: expected FEMTO's acc_00001.csv, IMS's "
        f"2003.10.22.12.06.24, or files of {' '.join(READERS)}; name the folder of the files itself"
    )


def snapshots(
    folder: Path, sampling_rate: float | None = None, channel: str = ""
) -> Iterator[Snapshot]:
    """Read the snapshots of a folder in order of time; unusable ones are left out.

    The arguments, and what is raised, are those of ``open_folder``.
    """
    opened = open_folder(folder, sampling_rate, channel)
    for path in opened.files():
        try:
            yield opened.read(path)
        except DataError:
            continue


def in_order(name: str) -> list[tuple[bool, int, str]]:
    """Key by which names with numbers stand in the order of these numbers.

    Example:
        >>> sorted(["acc_10.csv", "acc_9.csv"], key=in_order)
        ['acc_9.csv', 'acc_10.csv']
    """
    parts = re.split(r"(\d+)", name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def time_of_day(seconds: float) -> str:
    """Seconds since midnight as ISO 8601.

    Example:
        >>> time_of_day(33039.5)
        '09:10:39.500000'
    """
    whole, part = divmod(round(1e6 * seconds) % (86400 * 10**6), 10**6)
    return time(whole // 3600, whole // 60 % 60, whole % 60, part).isoformat()


def chosen(
    signal: Signal, names: Sequence[str], channel: str, path: Path
) -> tuple[Signal, list[str]]:
    """The named or numbered channels of a signal, and their names; all if none is named.

    Args:
        signal: shape ``(channels, time)``.
        names: of its channels.
        channel: names, or numbers from 0, joined by ``+``.
        path: for the message.

    Raises:
        MissingVariableError: If there is no such channel.
    """
    rows = []
    for name in channel.split("+") if channel else names:
        wanted = name.strip()
        if wanted not in names and not (wanted.isdecimal() and int(wanted) < len(names)):
            raise MissingVariableError(
                f"'{path}': expected a channel '{wanted}', found {', '.join(names)}; name one of "
                "these, or its number from 0"
            )
        rows.append(list(names).index(wanted) if wanted in names else int(wanted))
    return signal[rows], [names[row] for row in rows]
