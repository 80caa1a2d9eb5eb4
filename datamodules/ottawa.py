"""University of Ottawa bearings under changing speed: vibration and the pulses of an encoder."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from datamodules.base import PairedDataModule
from datamodules.errors import LabelMismatchError, MissingFileError, SamplingRateError
from datamodules.readers import Signal, data_root, read_signal
from datamodules.recording import Recording
from iadtln.signals.bearing import BearingGeometry
from iadtln.signals.order_tracking import rising_edges, rpm_from_pulses

SAMPLING_RATE = 200000.0
PULSES_PER_REVOLUTION = 1024
# 25 turns a second are a pulse in 8 samples, and an edge is known to a sample: every 32nd edge
# gives the speed to 0.4 % or so, 32 times a turn
EVERY = 32
SPEEDS = ("A", "B", "C", "D")
TRIALS = (1, 2, 3)
HOME = "https://data.mendeley.com/datasets/v43hmbwxpm"
LETTERS = {"NC": "H", "IF": "I", "OF": "O", "BF": "B", "CF": "C"}  # class -> start of a file name
FOLDERS = {  # class -> folder of the second release
    "NC": "1 Data collected from a healthy bearing",
    "IF": "2 Data collected from a bearing with inner race fault",
    "OF": "3 Data collected from a bearing with outer race fault",
    "BF": "4 Data collected from a bearing with ball fault",
    "CF": "5 Data collected from a bearing with a combination of faults",
}
ER16K = BearingGeometry(9, 7.94, 38.52)  # the publishers give 3.57 (outer) and 5.43 (inner race)


class OttawaDataModule(PairedDataModule):
    """University of Ottawa: bearings at 200 kHz while the speed goes up, down or both.

    Domains are the ways the speed changes: ``A`` up, ``B`` down, ``C`` up then down, ``D`` down
    then up, each measured three times for 10 s. The speed of each sample comes from the encoder,
    so AngleResample follows it. All domains share the same bearings: NC (healthy), IF (inner
    race), OF (outer race), and in the second release BF (ball) and CF (a combination).

    Args:
        source: labelled domain, such as ``A``, or a list of them.
        target: unlabelled domain, such as ``B``.
        root: folder of the ``.mat`` files, as they are or in the provider's folders ``1 Data
            collected from a healthy bearing`` and so on; ``ottawa`` in ``$IADTLN_DATA_DIR`` by
            default.
        classes: only these classes; the three of the first release by default.
        kwargs: windows, splits and loaders, as for every data module.

    Raises:
        LabelMismatchError: If a class is unknown or named twice.

    Reference: Huang and Baddour, Bearing vibration data collected under time-varying rotational
    speed conditions, Data in Brief 21, 2018 (https://data.mendeley.com/datasets/v43hmbwxpm).
    """

    def __init__(
        self,
        source: str | list[str] = "A",
        target: str = "B",
        root: str | None = None,
        classes: Sequence[str] = ("NC", "IF", "OF"),
        **kwargs: Any,
    ) -> None:
        self.root = data_root("ottawa", root)
        self._classes = list(classes)
        if not set(classes) <= set(LETTERS) or len(set(classes)) < max(1, len(classes)):
            raise LabelMismatchError(
                f"expected different classes among {', '.join(LETTERS)}, got {self._classes}"
            )
        super().__init__(source, target, **kwargs)

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return list(self._classes)

    def domains(self) -> list[str]:
        """Ways the speed changes."""
        return list(SPEEDS)

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each recording of a domain, which reads it when called."""
        return [
            partial(read_ottawa, self.root, f"{LETTERS[label]}-{domain}-{trial}.mat", label, domain)
            for label in self._classes
            for trial in TRIALS
        ]


def read_ottawa(root: Path, name: str, label: str, domain: str) -> Recording:
    """Read one recording with the speed that its encoder tells.

    Raises:
        MissingFileError: If the file is neither in ``root`` nor in the folder of its class.
        UnreadableFileError: If it is damaged.
        MissingVariableError: If it does not hold ``Channel_1`` and ``Channel_2``.
        SamplingRateError: If the encoder does not pulse.
    """
    places = (root / name, root / FOLDERS[label] / name)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise MissingFileError(
            f"expected the file '{name}' in '{root}' or '{root / FOLDERS[label]}'; "
            f"get it from {HOME}, or leave its class out"
        )
    (vibration, pulses), _ = read_signal(path, "Channel_1+Channel_2")
    return Recording(
        signal=torch.from_numpy(vibration.copy())[None],  # lets go of the pulses
        sampling_rate=SAMPLING_RATE,
        rpm=_rpm(pulses, path),
        label=label,
        domain=domain,
        recording_id=path.stem,
        bearing_id=f"Ottawa-{label}",
        source=str(path),
    )


def _rpm(pulses: Signal, path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Revolutions per minute at each sample."""
    edges = rising_edges(pulses.astype(np.float64))
    if len(edges) <= 2 * EVERY:
        raise SamplingRateError(
            f"'{path}': expected the pulses of an encoder in Channel_2, {PULSES_PER_REVOLUTION} "
            f"a turn, found {len(edges)}; fetch the file again"
        )
    per_revolution = PULSES_PER_REVOLUTION / EVERY
    return rpm_from_pulses(edges[::EVERY], per_revolution, SAMPLING_RATE, len(pulses))
