"""HIT-SM bearing data: the same seven conditions on two machines at three speeds."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch

from datamodules.base import PairedDataModule
from datamodules.errors import MissingFileError, MissingVariableError
from datamodules.readers import data_root, read_signal
from datamodules.recording import Recording

SAMPLING_RATE = 51200.0
SPEEDS = (600, 900, 1200)  # revolutions per minute
FILES = {  # class -> first part of the file name, the only place where the class is told
    "N": "Normal",
    "IR2": "IR2",
    "IR5": "IR5",
    "IR8": "IR8",
    "OR2": "OR2",
    "OR5": "OR5",
    "OR8": "OR8",
}
FOLDERS = {  # machine -> folders to look into: the provider's name, a short one, the root
    "MFS": ("SpectraQuest MFS dataset", "MFS", "."),
    "self": ("Self-built dataset", "self"),
}


class HITSMDataModule(PairedDataModule):
    """HIT-SM: inner- and outer-race faults of 2, 5 and 8 degrees on two test rigs.

    Domains are a rig and a speed in rpm: ``MFS-600``, ``MFS-900``, ``MFS-1200`` (SpectraQuest MFS)
    and ``self-600``, ``self-900``, ``self-1200`` (self-built); a pair of both is a cross-machine
    task. Speeds of one rig share the same bearings. Amplitudes differ 10–100 times between classes
    because of the gain: keep windows standardised, or the label leaks.

    Args:
        source: labelled domain, such as ``MFS-600``, or a list of them.
        target: unlabelled domain, such as ``MFS-1200`` or ``self-600``.
        root: folder with the provider's folders ``SpectraQuest MFS dataset`` and ``Self-built
            dataset`` (or ``MFS`` and ``self``; files directly in it count as MFS); ``hit_sm`` in
            ``$IADTLN_DATA_DIR`` by default.
        labels: ``type_size`` for N, IR2, IR5, IR8, OR2, OR5, OR8, or ``type`` for N, IR, OR.
        kwargs: windows, splits and loaders, as for every data module.

    Reference: Wang et al., Measurement Science and Technology 33, 2022
    (https://github.com/hitwzc/Bearing-datasets).
    """

    def __init__(
        self,
        source: str | list[str] = "MFS-600",
        target: str = "MFS-1200",
        root: str | None = None,
        labels: Literal["type_size", "type"] = "type_size",
        **kwargs: Any,
    ) -> None:
        self.root = data_root("hit_sm", root)
        self.labels: Literal["type_size", "type"] = labels
        super().__init__(source, target, **kwargs)

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return list(FILES) if self.labels == "type_size" else ["N", "IR", "OR"]

    def domains(self) -> list[str]:
        """A rig and a speed."""
        return [f"{rig}-{rpm}" for rig in FOLDERS for rpm in SPEEDS]

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each recording of a domain, which reads it when called."""
        rig, rpm = domain.split("-")
        return [
            partial(
                read_hit_sm,
                self.root,
                f"{name}_{rpm}.mat",
                rig=rig,
                rpm=float(rpm),
                label=bearing if self.labels == "type_size" else bearing.rstrip("258"),
                domain=domain,
                bearing_id=f"{rig}-{bearing}",
            )
            for bearing, name in FILES.items()
        ]


def read_hit_sm(
    root: Path, name: str, *, rig: str, rpm: float, label: str, domain: str, bearing_id: str
) -> Recording:
    """Read one recording.

    Raises:
        MissingFileError: If the file is in none of the rig's folders.
        UnreadableFileError: If it is damaged.
        MissingVariableError: If it does not hold exactly one signal.
    """
    folders = [root / folder for folder in FOLDERS[rig]]
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise MissingFileError(
            f"expected the file '{name}' of rig '{rig}' in one of "
            f"{', '.join(str(folder) for folder in folders)}; "
            "get it from https://github.com/hitwzc/Bearing-datasets"
        )
    signal, _ = read_signal(path)  # its one variable has no telling name
    if signal.shape[0] != 1:
        raise MissingVariableError(
            f"'{path}': expected one channel, found {signal.shape[0]}; fetch the file again"
        )
    return Recording(
        signal=torch.from_numpy(signal),
        sampling_rate=SAMPLING_RATE,
        rpm=rpm,
        label=label,
        domain=domain,
        recording_id=f"{rig}/{path.stem}",
        bearing_id=bearing_id,
        source=str(path),
    )
