"""Bearing data of Jiangnan University: the provider's twelve CSV files of one column."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from datamodules.base import PairedDataModule
from datamodules.errors import MissingVariableError
from datamodules.readers import data_root, read_signal, require_file
from datamodules.recording import Recording

SAMPLING_RATE = 50000.0
SPEEDS = (600, 800, 1000)  # revolutions per minute
FILES = {  # class -> name of the file at a speed
    "NC": "n{rpm}_3_2.csv",
    "IF": "ib{rpm}_2.csv",
    "BF": "tb{rpm}_2.csv",
    "OF": "ob{rpm}_2.csv",
}


class JNUDataModule(PairedDataModule):
    """Jiangnan University: a healthy bearing and three faults at three speeds.

    Domains are the speeds ``600rpm``, ``800rpm`` and ``1000rpm``. The provider does not name its
    bearings; they are taken as one for each class, the same at all speeds: NC (healthy), IF (inner
    race), BF (roller), OF (outer race).

    Args:
        source: labelled domain, such as ``600rpm``, or a list of them.
        target: unlabelled domain, such as ``800rpm``.
        root: folder of the ``.csv`` files; ``jnu`` in ``$IADTLN_DATA_DIR`` by default.
        kwargs: windows, splits and loaders, as for every data module.

    Reference: Li et al., Sequential fuzzy diagnosis method for motor roller bearing in variable
    operating conditions based on vibration analysis, Sensors 13, 2013
    (https://github.com/ClarkGableWang/JNU-Bearing-Dataset).
    """

    def __init__(
        self,
        source: str | list[str] = "600rpm",
        target: str = "800rpm",
        root: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.root = data_root("jnu", root)
        super().__init__(source, target, **kwargs)

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return list(FILES)

    def domains(self) -> list[str]:
        """Speeds."""
        return [f"{rpm}rpm" for rpm in SPEEDS]

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each recording of a domain, which reads it when called."""
        rpm = domain.removesuffix("rpm")
        return [
            partial(read_jnu, self.root / name.format(rpm=rpm), float(rpm), label, domain)
            for label, name in FILES.items()
        ]


def read_jnu(path: Path, rpm: float, label: str, domain: str) -> Recording:
    """Read one recording.

    Raises:
        MissingFileError: If the file is missing.
        UnreadableFileError: If it is damaged.
        MissingVariableError: If it does not hold exactly one column.
    """
    require_file(path, "get it from https://github.com/ClarkGableWang/JNU-Bearing-Dataset")
    signal, _ = read_signal(path)
    if signal.shape[0] != 1:
        raise MissingVariableError(
            f"'{path}': expected one column, found {signal.shape[0]}; fetch the file again"
        )
    return Recording(
        signal=torch.from_numpy(signal),
        sampling_rate=SAMPLING_RATE,
        rpm=rpm,
        label=label,
        domain=domain,
        recording_id=path.stem,
        bearing_id=f"JNU-{label}",
        source=str(path),
    )
