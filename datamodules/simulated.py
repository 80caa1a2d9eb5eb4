"""A simulated bearing test rig: recordings without any file, the default data of the house."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from datamodules.base import PairedDataModule
from datamodules.bearing_rig import RigSignal, simulate
from datamodules.recording import Recording
from datamodules.rig_domain import DEFAULT_DOMAINS, RigDomain
from datamodules.rig_impacts import KNOWN_DEFECTS
from iadtln.signals.bearing import BearingGeometry

SKF_6205 = BearingGeometry()
HEALTHY = "NC"


def defects_of(label: str) -> list[str]:
    """Split the name of a class into the names of its defects.

    Args:
        label: ``NC``, a defect, or several joined by ``+``.

    Returns:
        Names of defects, none for ``NC``.

    Raises:
        ValueError: On an unknown or repeated defect.

    Example:
        >>> defects_of("IF+OF"), defects_of("NC")
        (['IF', 'OF'], [])
    """
    defects = [] if label == HEALTHY else label.split("+")
    if not set(defects) <= set(KNOWN_DEFECTS) or len(set(defects)) < len(defects):
        raise ValueError(
            f"a class is '{HEALTHY}', or one or more different ones of "
            f"{', '.join(KNOWN_DEFECTS)} joined by '+', got '{label}'"
        )
    return defects


class SimulatedDataModule(PairedDataModule):
    """A simulated bearing rig: needs no data, known physics, any speed, load, noise and path.

    Defects are struck at the rates that the geometry gives, with random slip; each impact makes
    the structure ring; inner-race impacts follow the load zone once a turn of the shaft, those of
    a ball once a turn of the cage. Shaft harmonics and coloured noise lie on top.

    Every domain mounts bearings of its own, with a defect of its own size, so no physical bearing
    stands in both domains, and splits by ``recording`` or ``bearing`` work with two bearings or
    more. A recording depends on ``simulation_seed``, its domain, class and bearing, not on what
    else is simulated.

    Args:
        source: labelled domain: ``A`` (2000 rpm), ``B`` (another machine: 1500 rpm, other
            resonances, more load and noise), ``C`` (a third machine, 1200 rpm), ``D`` (machine A,
            its speed rising from 1200 to 2000 rpm), or one of ``domain_settings``; or several as a
            list.
        target: unlabelled domain, likewise.
        faults: classes: ``NC`` (healthy), ``IF`` (inner race), ``BF`` (ball), ``OF`` (outer race),
            or compounds such as ``IF+OF``.
        bearings_per_class: bearings, each with one recording, of a class in a domain.
        seconds: length of each recording.
        sampling_rate: in Hz; above twice the highest resonance of the domains.
        geometry: of the bearing; the SKF 6205 by default.
        domain_settings: further domains by name; a name among ``A`` to ``D`` replaces it.
        simulation_seed: of everything random in the recordings, apart from the training's.
        kwargs: windows, splits and loaders, as for every data module.
    """

    def __init__(
        self,
        source: str | list[str] = "A",
        target: str = "B",
        faults: Sequence[str] = (HEALTHY, "IF", "BF", "OF"),
        bearings_per_class: int = 3,
        seconds: float = 6.0,
        sampling_rate: float = 12000.0,
        geometry: BearingGeometry = SKF_6205,
        domain_settings: dict[str, RigDomain] | None = None,
        simulation_seed: int = 0,
        **kwargs: Any,
    ) -> None:
        self.defects = {label: defects_of(label) for label in faults}
        if len(self.defects) < len(faults):
            raise ValueError(f"faults must differ, got {', '.join(faults)}")
        if bearings_per_class < 1 or simulation_seed < 0 or not seconds > 0:
            raise ValueError(
                "expected bearings_per_class >= 1, simulation_seed >= 0 and seconds > 0, "
                f"got {bearings_per_class}, {simulation_seed} and {seconds}"
            )
        self.bearings_per_class, self.num_samples = (
            bearings_per_class,
            round(seconds * sampling_rate),
        )
        self.sampling_rate = sampling_rate
        self.geometry = geometry
        self.settings = {**DEFAULT_DOMAINS, **(domain_settings or {})}
        self.simulation_seed = simulation_seed
        super().__init__(source, target, **kwargs)

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return list(self.defects)

    def domains(self) -> list[str]:
        """Machines and working conditions."""
        return list(self.settings)

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each recording of a domain, which simulates it when called."""
        return [
            partial(self.recording, domain, label, bearing)
            for label in self.defects
            for bearing in range(self.bearings_per_class)
        ]

    def parts(self, domain: str, label: str, bearing: int = 0) -> RigSignal:
        """Simulate one recording and keep shaft, impacts and noise apart.

        Args:
            domain: its name.
            label: of the class.
            bearing: number of the bearing.
        """
        return simulate(
            self.defects[label],
            self.settings[domain],
            self.geometry,
            sampling_rate=self.sampling_rate,
            num_samples=self.num_samples,
            seed=[self.simulation_seed, *f"{domain}/{label}/{bearing}/".encode()],
        )

    def recording(self, domain: str, label: str, bearing: int = 0) -> Recording:
        """Simulate one recording; arguments as for :meth:`parts`."""
        parts = self.parts(domain, label, bearing)
        rpm = self.settings[domain].rpm
        return Recording(
            signal=torch.from_numpy(parts.total).float()[None],
            sampling_rate=self.sampling_rate,
            rpm=float(rpm) if isinstance(rpm, int | float) else parts.rpm,
            label=label,
            domain=domain,
            recording_id=f"{domain}/{label}/{bearing}",
            bearing_id=f"{domain}/{label}/{bearing}",
            source="simulated",
        )
