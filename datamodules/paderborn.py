"""Paderborn University bearings: nested ``.mat`` files, named after condition and bearing."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from datamodules.base import PairedDataModule
from datamodules.errors import LabelMismatchError
from datamodules.paderborn_files import BEARINGS, CONDITIONS, Channel, read_paderborn, type_of
from datamodules.readers import data_root
from datamodules.recording import Recording
from iadtln.signals.bearing import BearingGeometry

TYPES = ["NC", "IF", "OF", "IF+OF"]
FAG_6203 = BearingGeometry(8, 6.75, 28.55)


class PaderbornDataModule(PairedDataModule):
    """Paderborn University (KAt): 32 bearings, damaged by hand or by use, in four conditions.

    Domains are the conditions ``N15_M07_F10``, ``N09_M07_F10``, ``N15_M01_F10`` and
    ``N15_M07_F04``: speed (1500 or 900 rpm), torque (0.7 or 0.1 Nm) and radial force (1000 or
    400 N). All conditions share the same bearings, each measured twenty times for 4 s.

    Args:
        source: labelled domain, such as ``N15_M07_F10``, or a list of them.
        target: unlabelled domain, such as ``N09_M07_F10``.
        root: folder with a folder for each bearing, such as ``K001`` (files directly in it do as
            well); ``paderborn`` in ``$IADTLN_DATA_DIR`` by default.
        labels: ``type`` for NC (healthy), IF (inner race), OF (outer race) and IF+OF (both), or
            ``bearing`` for a class of its own for each bearing.
        bearings: codes of the bearings to take; by default the six healthy ones and those that
            use has damaged on one race.
        measurements: how many of the twenty measurements of each bearing to take.
        channel: which signal; the currents of the motor were sampled like the vibration.
        kwargs: windows, splits and loaders, as for every data module.

    Raises:
        LabelMismatchError: If a bearing is unknown or named twice.
        ValueError: If ``measurements`` is not between 1 and 20.

    Reference: Lessmeier et al., Condition monitoring of bearing damage in electromechanical drive
    systems by using motor current signals of electric motors, PHM Europe 2016
    (https://mb.uni-paderborn.de/kat/datacenter, CC BY-NC 4.0).
    """

    def __init__(
        self,
        source: str | list[str] = "N15_M07_F10",
        target: str = "N09_M07_F10",
        root: str | None = None,
        labels: Literal["type", "bearing"] = "type",
        bearings: list[str] | None = None,
        measurements: int = 20,
        channel: Channel = "vibration_1",
        **kwargs: Any,
    ) -> None:
        self.root = data_root("paderborn", root)
        self.labels: Literal["type", "bearing"] = labels
        self.bearings = bearings or [*BEARINGS["healthy"], *BEARINGS["used"]]
        known = [code for codes in BEARINGS.values() for code in codes]
        if not set(self.bearings) <= set(known) or len(set(self.bearings)) < len(self.bearings):
            raise LabelMismatchError(
                f"expected different bearings among {', '.join(known)}, got {self.bearings}"
            )
        if not 1 <= measurements <= 20:
            raise ValueError(f"expected 1 to 20 measurements of a bearing, got {measurements}")
        self.measurements = measurements
        self.channel: Channel = channel
        super().__init__(source, target, **kwargs)

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        if self.labels == "bearing":
            return list(self.bearings)
        held = {type_of(code) for code in self.bearings}
        return [name for name in TYPES if name in held]

    def domains(self) -> list[str]:
        """Conditions: speed, torque and force."""
        return list(CONDITIONS)

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each recording of a domain, which reads it when called."""
        return [
            partial(
                read_paderborn,
                self.root,
                domain,
                bearing,
                measurement,
                label=bearing if self.labels == "bearing" else type_of(bearing),
                channel=self.channel,
            )
            for bearing in self.bearings
            for measurement in range(1, self.measurements + 1)
        ]
