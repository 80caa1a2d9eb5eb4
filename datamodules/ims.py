"""NASA/IMS: four bearings on one shaft, three tests to failure, official ASCII folders."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import torch

from datamodules.base import PairedDataModule
from datamodules.errors import LabelMismatchError, MissingFileError, MissingVariableError
from datamodules.formats import damaged_file
from datamodules.life import CLASSES, by_share_of_life, check_shares
from datamodules.readers import Signal, data_root, require_file
from datamodules.recording import Recording
from datamodules.splits import RecordingSplit
from iadtln.signals.bearing import BearingGeometry

SAMPLING_RATE = 20000.0
RPM = 2000.0
STAMP = "%Y.%m.%d.%H.%M.%S"  # names of the files
FILE_NAME = re.compile(r"\d{4}(\.\d\d){5}")
LIVES = {  # test -> begin and documented end; the third goes on after it, undocumented
    "1st_test": ("2003.10.22.12.06.24", "2003.11.25.23.39.56"),
    "2nd_test": ("2004.02.12.10.32.39", "2004.02.19.06.22.39"),
    "3rd_test": ("2004.03.04.09.27.46", "2004.04.04.19.01.57"),
}
FOLDERS = {  # where releases keep a test
    "1st_test": ("1st_test",),
    "2nd_test": ("2nd_test",),
    "3rd_test": ("3rd_test/4th_test/txt", "4th_test/txt", "4th_test", "3rd_test"),
}
FAILED = {  # domain -> test, number of columns, column of the x axis
    "test1_bearing3": ("1st_test", 8, 4),  # inner race
    "test1_bearing4": ("1st_test", 8, 6),  # roller
    "test2_bearing1": ("2nd_test", 4, 0),  # outer race
    "test3_bearing3": ("3rd_test", 4, 2),  # outer race
}
REXNORD_ZA_2115 = BearingGeometry(16, 8.4, 71.5, 15.17)

Axis: TypeAlias = Literal["x", "y"]


class IMSDataModule(PairedDataModule):
    """NASA/IMS (University of Cincinnati): bearings run to failure at 2000 rpm in weeks.

    Domains are the four bearings that failed: ``test1_bearing3`` (inner race), ``test1_bearing4``
    (roller), ``test2_bearing1`` and ``test3_bearing3`` (outer race). Nobody labelled the snapshots.
    The classes ``healthy`` and ``worn`` are the first and the last share of the documented time of
    each test; they say when a snapshot was taken, not that a fault was seen in it. The two bearings
    of the first test were measured at the same moments on one shaft, and hear each other.

    Args:
        source: labelled domain, such as ``test1_bearing3``, or a list of them.
        target: unlabelled domain, such as ``test2_bearing1``.
        root: folder of ``1st_test``, ``2nd_test`` and ``3rd_test`` (or ``4th_test/txt``, as the
            provider's archive of the third test unpacks); ``ims`` in ``$IADTLN_DATA_DIR`` by
            default.
        axis: of the accelerometers in the first test; the others measured one only.
        healthy_share: first part of a life that counts as healthy.
        worn_share: last part that counts as worn.
        per_class: snapshots of each class at most, evenly spaced.
        kwargs: windows, splits (whole snapshots by default) and loaders, as for every data module.

    Raises:
        ValueError: If the shares overlap or are empty.

    Reference: Lee, Qiu, Yu, Lin and Rexnord Technical Services, Bearing data set, IMS, University
    of Cincinnati, NASA prognostics data repository, 2007.
    """

    def __init__(
        self,
        source: str | list[str] = "test1_bearing3",
        target: str = "test2_bearing1",
        root: str | None = None,
        axis: Axis = "x",
        healthy_share: float = 0.3,
        worn_share: float = 0.05,
        per_class: int = 50,
        **kwargs: Any,
    ) -> None:
        check_shares(healthy_share, worn_share, per_class)
        self.root = data_root("ims", root)
        self.axis: Axis = axis
        self.healthy_share, self.worn_share = healthy_share, worn_share
        self.per_class = per_class
        kwargs["split"] = kwargs.get("split") or RecordingSplit()
        super().__init__(source, target, **kwargs)

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return list(CLASSES)

    def domains(self) -> list[str]:
        """Bearings that failed."""
        return list(FAILED)

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each chosen snapshot of a bearing, which reads it when called.

        Raises:
            LabelMismatchError: If the y axis of a test that has none is asked for.
            MissingFileError: If the test is not there.
        """
        test, columns, _ = FAILED[domain]
        if self.axis == "y" and columns == 4:
            raise LabelMismatchError(
                f"expected axis x for '{domain}', as only the first test measured two axes, got y; "
                "choose x"
            )
        paths = self._files(test)
        begin, end = (seconds_of(stamp) for stamp in LIVES[test])
        shares = [(seconds_of(path.name) - begin) / (end - begin) for path in paths]
        chosen = by_share_of_life(
            paths, shares, self.healthy_share, self.worn_share, self.per_class
        )
        return [partial(read_ims, path, domain, label, self.axis) for path, label in chosen]

    def _files(self, test: str) -> list[Path]:
        for folder in FOLDERS[test]:
            if (self.root / folder).is_dir() and (found := ims_files(self.root / folder)):
                return found
        raise MissingFileError(
            f"expected files such as '{LIVES[test][0]}' in '{self.root / FOLDERS[test][0]}'; get "
            "the bearing data set from NASA's prognostics data repository and unpack all of it"
        )


def seconds_of(stamp: str) -> float:
    """The moment that the name of a file tells, in seconds since 1970 on the rig's own clock.

    Example:
        >>> seconds_of("1970.01.02.00.00.07")
        86407.0
    """
    return (datetime.strptime(stamp, STAMP) - datetime(1970, 1, 1)).total_seconds()


def ims_files(folder: Path) -> list[Path]:
    """Snapshots of a folder in order of time."""
    return sorted(path for path in folder.iterdir() if FILE_NAME.fullmatch(path.name))


def read_ims_file(path: Path) -> Signal:
    """Read a snapshot: a row a sample, a column a channel, separated by tabs.

    Returns:
        Shape ``(channels, time)``: eight channels in the first test, four in the others.

    Raises:
        UnreadableFileError: If it is damaged.
        MissingVariableError: If it has another number of columns.
    """
    require_file(path, "check the name and the folder")
    with damaged_file(path):
        table = pd.read_csv(path, sep="\t", header=None, dtype=np.float32)
    if table.shape[1] not in (4, 8):
        raise MissingVariableError(
            f"'{path}': expected four or eight columns, found {table.shape[1]}; fetch it again"
        )
    return np.ascontiguousarray(table.to_numpy().T)


def read_ims(path: Path, domain: str, label: str, axis: Axis) -> Recording:
    """Read one bearing's channel of a snapshot as a recording.

    Raises:
        DataError: If the file is missing, damaged or of another test.
    """
    _, columns, column = FAILED[domain]
    signal = read_ims_file(path)
    if len(signal) != columns:
        raise MissingVariableError(
            f"'{path}': expected the {columns} columns of {domain}, found {len(signal)}; "
            "check which test the folder holds"
        )
    row = column + (axis == "y")
    return Recording(
        signal=torch.from_numpy(signal[row : row + 1].copy()),
        sampling_rate=SAMPLING_RATE,
        rpm=RPM,
        label=label,
        domain=domain,
        recording_id=f"{domain}/{path.name}",
        bearing_id=f"IMS-{domain}",
        source=str(path),
    )
