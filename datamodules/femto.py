"""FEMTO-ST (PRONOSTIA): seventeen bearings from new to failed, a CSV file every ten seconds."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import torch

from datamodules.base import PairedDataModule
from datamodules.errors import MissingFileError, MissingVariableError
from datamodules.life import CLASSES, by_share_of_life, check_shares
from datamodules.readers import Signal, data_root, read_signal, require_file
from datamodules.recording import Recording
from datamodules.splits import RecordingSplit
from iadtln.signals.bearing import BearingGeometry

SAMPLING_RATE = 25600.0
INTERVAL_SECONDS = 10.0
SPEEDS = {"1": 1800.0, "2": 1650.0, "3": 1500.0}  # condition -> rpm; 4000, 4200 and 5000 N
LIVES = {  # bearing -> snapshots from new to failed
    "Bearing1_1": 2803, "Bearing1_2": 871, "Bearing1_3": 2375, "Bearing1_4": 1428,
    "Bearing1_5": 2463, "Bearing1_6": 2448, "Bearing1_7": 2259, "Bearing2_1": 911,
    "Bearing2_2": 797, "Bearing2_3": 1955, "Bearing2_4": 751, "Bearing2_5": 2311,
    "Bearing2_6": 701, "Bearing2_7": 230, "Bearing3_1": 515, "Bearing3_2": 1637, "Bearing3_3": 434,
}  # fmt: skip
FOLDERS = ("Learning_set", "Full_Test_Set", "Validation_Set/Full_Test_Set", "Test_set", ".")
FILE_NAME = re.compile(r"acc_(\d+)\.csv")
LIMIT_G = 48.148  # where the sensor clips
NSK_6804DD = BearingGeometry(13, 3.5, 25.6)

Channel: TypeAlias = Literal["horizontal", "vertical", "both"]
ROWS = {"horizontal": slice(0, 1), "vertical": slice(1, 2), "both": slice(0, 2)}


class FEMTODataModule(PairedDataModule):
    """FEMTO-ST (PRONOSTIA, PHM 2012 challenge): bearings run from new to failure in hours.

    Domains are the bearings ``Bearing1_1`` to ``Bearing3_3``; the first digit is the condition:
    1800 rpm and 4000 N, 1650 rpm and 4200 N, 1500 rpm and 5000 N. Nobody labelled the snapshots.
    The classes ``healthy`` and ``worn`` are the first and the last share of each life by the number
    of its snapshots; they say when a snapshot was taken, not that a fault was seen in it. Snapshots
    follow each other by ten seconds and are split as wholes, so validation in the source knows
    close neighbours in time: believe the target only, which is another bearing.

    Args:
        source: labelled domain, such as ``Bearing1_1``, or a list of them.
        target: unlabelled domain, such as ``Bearing1_2``.
        root: folder of ``Learning_set`` and ``Full_Test_Set``, or of the bearings' folders
            themselves; ``femto`` in ``$IADTLN_DATA_DIR`` by default. A life cut short (the
            challenge's ``Test_set``) has no worn part.
        channel: the horizontal or the vertical accelerometer, or both as two channels.
        healthy_share: first part of a life that counts as healthy.
        worn_share: last part that counts as worn.
        per_class: snapshots of each class at most, evenly spaced.
        kwargs: windows (a snapshot has 2560 samples), splits (whole snapshots by default) and
            loaders, as for every data module.

    Raises:
        ValueError: If the shares overlap or are empty.

    Reference: Nectoux et al., PRONOSTIA: an experimental platform for bearings accelerated
    degradation tests, IEEE PHM 2012.
    """

    def __init__(
        self,
        source: str | list[str] = "Bearing1_1",
        target: str = "Bearing1_2",
        root: str | None = None,
        channel: Channel = "horizontal",
        healthy_share: float = 0.3,
        worn_share: float = 0.1,
        per_class: int = 50,
        **kwargs: Any,
    ) -> None:
        check_shares(healthy_share, worn_share, per_class)
        self.root = data_root("femto", root)
        self.channel: Channel = channel
        self.healthy_share, self.worn_share = healthy_share, worn_share
        self.per_class = per_class
        # a snapshot is a tenth of a second: too short to be cut in two
        kwargs["split"] = kwargs.get("split") or RecordingSplit()
        super().__init__(source, target, **kwargs)

    @property
    def channels(self) -> int:
        """Channels of a window."""
        return 2 if self.channel == "both" else 1

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return list(CLASSES)

    def domains(self) -> list[str]:
        """Bearings."""
        return list(LIVES)

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each chosen snapshot of a bearing, which reads it when called."""
        paths = femto_files(self.bearing_folder(domain))
        shares = [number_of(path) / LIVES[domain] for path in paths]
        chosen = by_share_of_life(
            paths, shares, self.healthy_share, self.worn_share, self.per_class
        )
        return [partial(read_femto, path, domain, label, self.channel) for path, label in chosen]

    def bearing_folder(self, bearing: str) -> Path:
        """Where the snapshots of a bearing lie.

        Raises:
            MissingFileError: If there is no such folder.
        """
        for folder in FOLDERS:
            if (self.root / folder / bearing).is_dir():
                return self.root / folder / bearing
        raise MissingFileError(
            f"expected the folder '{bearing}' in 'Learning_set' or 'Full_Test_Set' of "
            f"'{self.root}'; get FEMTOBearingDataSet.zip from NASA's prognostics data repository"
        )


def number_of(path: Path) -> int:
    """The number of a snapshot, counted from 1.

    Example:
        >>> number_of(Path("acc_00042.csv"))
        42
    """
    return int(path.stem.rpartition("_")[2])


def femto_files(folder: Path) -> list[Path]:
    """Vibration snapshots of a folder in order of time; those of temperature are left out."""
    found = [path for path in folder.iterdir() if FILE_NAME.fullmatch(path.name)]
    return sorted(found, key=number_of)


def read_femto_file(path: Path) -> tuple[Signal, float]:
    """Read a snapshot: hour, minute, second, microsecond, horizontal and vertical in each row.

    Some files of the provider are separated by semicolons.

    Returns:
        Horizontal and vertical acceleration in g, shape ``(2, time)``, and the time of day at
        which it began, in seconds.

    Raises:
        UnreadableFileError: If it is damaged.
        MissingVariableError: If it has not six columns.
    """
    try:
        columns, _ = read_signal(path, "0+1+2+3+4+5")
    except MissingVariableError as error:
        raise MissingVariableError(
            f"'{path}': expected six columns (hour, minute, second, microsecond, horizontal, "
            f"vertical), got others ({error}); fetch the file again"
        ) from error
    hour, minute, second, microsecond = columns[:4, 0].astype(np.float64)
    return columns[4:], float(3600 * hour + 60 * minute + second + microsecond / 1e6)


def clipped(signal: Signal) -> str | None:
    """A sentence if samples lie at the limit of PRONOSTIA's sensors, 48.148 g."""
    samples = int((np.abs(signal) >= LIMIT_G).sum())
    return f"{samples} samples clipped at {LIMIT_G} g" if samples else None


def read_femto(path: Path, bearing: str, label: str, channel: Channel) -> Recording:
    """Read one snapshot as a recording.

    Raises:
        DataError: If the file is missing or damaged.
    """
    require_file(path, "get it from NASA's prognostics data repository")
    signal, _ = read_femto_file(path)
    note = clipped(signal[ROWS[channel]])
    return Recording(
        signal=torch.from_numpy(signal[ROWS[channel]].copy()),
        sampling_rate=SAMPLING_RATE,
        rpm=SPEEDS[bearing.removeprefix("Bearing")[0]],
        label=label,
        domain=bearing,
        recording_id=f"{bearing}/{path.stem}",
        bearing_id=f"FEMTO-{bearing}",
        source=str(path),
        notes=(f"{path.name}: {note}",) if note else (),
    )
