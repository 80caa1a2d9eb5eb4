"""Bearing data of Case Western Reserve University: its official numbered ``.mat`` files."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeAlias

from datamodules.base import PairedDataModule
from datamodules.cwru_files import FAULTS, NORMAL, Position, Sensor, download_cwru, read_cwru
from datamodules.errors import DataError, EmptyDomainError, LabelMismatchError, LeakageError
from datamodules.readers import data_root
from datamodules.recording import Recording
from datamodules.setting import listed

Labels: TypeAlias = Literal["type", "type_size", "fault_size"]

LOADS = [f"{load}hp" for load in range(4)]
SIZES = ["007", "014", "021"]
TYPES = ["IF", "BF", "OF"]


def whole_name(domain: str) -> str:
    """Name of a fault size with the zeros that a command line takes from a number.

    Example:
        >>> whole_name("7"), whole_name("021"), whole_name("0hp")
        ('007', '021', '0hp')
    """
    return domain.zfill(3) if domain.isdigit() else domain


class CWRUDataModule(PairedDataModule):
    """Case Western Reserve University: drive-end and fan-end bearings with seeded faults.

    Tasks across loads (``0hp``, ``1hp``, ``2hp``, ``3hp``) share the same physical bearings; tasks
    across fault sizes (``007``, ``014``, ``021``, in thousandths of an inch) do not.

    Args:
        source: labelled domain: a load such as ``0hp``, or a fault size such as ``"007"`` (in
            quotes in YAML, or it is the number 7); or a list of one kind.
        target: unlabelled domain, of the same kind.
        root: folder of the ``.mat`` files; ``cwru`` in ``$IADTLN_DATA_DIR`` by default.
        sampling_rate: 12000 or 48000 Hz. Normal recordings exist at 48 kHz only and are decimated
            for 12000.
        sensor: accelerometer at the drive end (DE) or the fan end (FE).
        bearing_position: which bearing has the fault.
        labels: ``type`` for NC, IF, BF, OF (normal, inner race, ball, outer race at 6 o'clock),
            ``type_size`` for NC and nine faults from IF007 to OF021, ``fault_size`` for NC, 007,
            014, 021.
        classes: only these classes; all that ``labels`` gives by default.
        loads: with fault sizes as domains, the loads (in hp) to take; all by default.
        normal_load: with a load as domain, take the normal recording of this one (in hp), where
            that of the domain is missing; the guard then refuses a task across loads.
        download: fetch missing files from the official addresses.
        kwargs: windows, splits and loaders, as for every data module.

    Raises:
        DataError: If the options do not go together, or the classes are not in both domains.

    Reference: Smith and Randall, Mechanical Systems and Signal Processing 64–65, 2015.
    """

    def __init__(
        self,
        source: str | list[str] = "0hp",
        target: str = "3hp",
        root: str | None = None,
        sampling_rate: Literal[12000, 48000] = 12000,
        sensor: Sensor = "DE",
        bearing_position: Position = "drive",
        labels: Labels = "type",
        classes: list[str] | None = None,
        loads: list[int] | None = None,
        normal_load: int | None = None,
        download: bool = False,
        **kwargs: Any,
    ) -> None:
        self.root = data_root("cwru", root)
        self.sampling_rate: Literal[12000, 48000] = sampling_rate
        self.sensor: Sensor = sensor
        self.labels: Labels = labels
        self.position: Position = bearing_position
        source, target = [whole_name(name) for name in listed(source)], whole_name(target)
        domains = [*source, target]
        self.by_size = domains[0] in SIZES
        self.loads = list(range(4)) if loads is None else loads
        self.normal_load = normal_load
        self._check_options(domains)
        self.download = download
        self._classes = classes if classes is not None else self._default_classes()
        self._check_classes(domains)
        super().__init__(source, target, **kwargs)

    def _check_options(self, domains: list[str]) -> None:
        if (self.position, self.sampling_rate) not in FAULTS:
            raise DataError("fan-end faults were recorded at 12 kHz only; set sampling_rate: 12000")
        if not {*self.loads, self.normal_load or 0} <= set(range(4)):
            raise DataError(
                f"expected loads among 0, 1, 2, 3 (hp), got {self.loads} and normal_load "
                f"{self.normal_load}; correct them"
            )
        for domain in domains:
            if domain not in (*LOADS, *SIZES):
                raise EmptyDomainError(
                    f"there is no domain '{domain}'; choose from {', '.join([*LOADS, *SIZES])}"
                )
        if len({domain in SIZES for domain in domains}) > 1:
            got = " and ".join(f"'{domain}'" for domain in domains)
            raise LeakageError(
                f"expected two loads or two fault sizes, got {got}: the same "
                "recordings would stand in both domains; choose all of one kind"
            )

    def _default_classes(self) -> list[str]:
        names = {
            "type": TYPES,
            "type_size": [f"{kind}{size}" for kind in TYPES for size in SIZES],
            "fault_size": SIZES,
        }[self.labels]
        # one normal bearing serves all fault sizes: it would stand in both domains
        return names if self.by_size else ["NC", *names]

    def _check_classes(self, domains: list[str]) -> None:
        if self.by_size and self.labels != "type":
            raise LabelMismatchError(
                f"between fault sizes only the fault types are shared, got labels: {self.labels}; "
                "set labels: type"
            )
        known = self._default_classes()
        if len(set(self._classes)) < max(1, len(self._classes)):
            raise LabelMismatchError(f"expected different classes, got {self._classes}")
        for name in self._classes:
            if name not in known:
                why = " (normal recordings belong to no fault size)" if name == "NC" else ""
                raise LabelMismatchError(f"expected classes among {known}, got '{name}'{why}")
        for domain in domains:
            held = {label for label, *_ in self._files(domain)}
            missing = [name for name in self._classes if name not in held]
            if missing and domain in self.domains():
                shared = [name for name in self._classes if name in held]
                raise LabelMismatchError(
                    f"the provider measured no {', '.join(missing)} in domain '{domain}' "
                    f"({self.position} end); set classes: {shared}"
                )

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return list(self._classes)

    def domains(self) -> list[str]:
        """Loads and fault sizes."""
        return [*LOADS, *SIZES]

    def _files(self, domain: str) -> list[tuple[str, str, int, int]]:
        """Label, fault (type and size), load and file number of each recording in a domain."""
        loads = self.loads if self.by_size else [i for i in range(4) if LOADS[i] == domain]
        normal = loads if self.normal_load is None else [self.normal_load]
        files = [] if self.by_size else [("NC", "NC", load, NORMAL[load]) for load in normal]
        for (kind, size), numbers in FAULTS[self.position, self.sampling_rate].items():
            if self.by_size and size != domain:
                continue
            label = {"type": kind, "type_size": kind + size, "fault_size": size}[self.labels]
            for load in loads:
                number = numbers[load]
                if number is not None:
                    files.append((label, kind + size, load, number))
        return [file for file in files if file[0] in self._classes]

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each recording of a domain, which reads it when called."""
        end = "DE" if self.position == "drive" else "FE"
        return [
            partial(
                read_cwru,
                self.root / f"{number}.mat",
                number,
                sensor=self.sensor,
                sampling_rate=self.sampling_rate,
                load=load,
                label=label,
                domain=domain,
                bearing_id=f"{end}-{fault}",
            )
            for label, fault, load, number in self._files(domain)
        ]

    def prepare_data(self) -> None:
        """Fetch the missing files of the two domains, if ``download`` is set."""
        if self.download:
            domains = (*self.setting.sources, self.target)
            numbers = {file[-1] for domain in domains for file in self._files(domain)}
            for number in sorted(numbers):
                download_cwru(number, self.root)
        super().prepare_data()
