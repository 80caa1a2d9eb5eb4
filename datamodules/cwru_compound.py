"""Compound faults of Case Western Reserve University, made by adding up recordings."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import combinations
from typing import Any, TypeAlias

import torch

from datamodules.cwru import TYPES, CWRUDataModule
from datamodules.errors import LabelMismatchError, LeakageError
from datamodules.recording import Recording
from datamodules.splits import TimeSplit

Reader: TypeAlias = Callable[[], Recording]
COMPOUNDS = ["+".join(kinds) for number in (2, 3) for kinds in combinations(TYPES, number)]


def added(recordings: list[Recording], label: str, samples: int) -> Recording:
    """Sum of recordings, cut to so many samples: as if all faults sat in one bearing.

    Args:
        recordings: of one sampling rate and load, each with one fault.
        label: of the compound.
        samples: that each recording has at least.
    """
    first = recordings[0]
    parts = [recording.signal[:, :samples] for recording in recordings]
    speeds = [recording.mean_rpm for recording in recordings]
    names = [recording.recording_id for recording in recordings]
    known = [speed for speed in speeds if speed is not None]
    made_up = ("compound faults are made up: recordings of single faults, added",)
    return replace(
        first,
        signal=torch.stack(parts).sum(0),
        rpm=sum(known) / len(known) if len(known) == len(speeds) else None,
        label=label,
        recording_id="+".join(names),
        bearing_id="+".join(recording.bearing_id for recording in recordings),
        source=", ".join(recording.source for recording in recordings),
        notes=first.notes + (made_up if len(parts) > 1 else ()),
    )


@dataclass
class Faults:
    """The fault recordings of a domain, whose common length all of its sums share.

    Args:
        readers: of the recordings.
    """

    readers: list[Reader]

    @cached_property
    def samples(self) -> int:
        """Samples of the shortest."""
        return min(read().num_samples for read in self.readers)

    def add(self, parts: list[Reader], label: str) -> Recording:
        """Read and add up some of them."""
        return added([read() for read in parts], label, self.samples)


class CWRUCompoundDataModule(CWRUDataModule):
    """CWRU with compound faults: recordings of single faults of one size and load, added up.

    No such bearing was measured; the sum is how the AMOMCKD paper makes its eight classes. All
    fault recordings are cut to the length of the shortest, so that a split in time parts the sums
    where it parts what they are made of, and no sample of a summand stands on two sides.

    Args:
        source: labelled domain, a load such as ``0hp``.
        target: unlabelled domain, likewise.
        classes: of NC, IF, BF, OF and their sums such as IF+OF; all eight by default.
        kwargs: as for CWRUDataModule, but ``labels``.

    Raises:
        LabelMismatchError: If a class is not one of these.
        LeakageError: If the split is not in time.

    Reference: AMOMCKD-CNN, Scientific Reports 2025, s41598-025-96106-3, section on CWRU.
    """

    def __init__(
        self,
        source: str | list[str] = "0hp",
        target: str = "3hp",
        classes: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        every = ["NC", *TYPES, *COMPOUNDS]
        self.compounds = every if classes is None else list(classes)
        unknown = [name for name in self.compounds if name not in every]
        if unknown or len(set(self.compounds)) < len(self.compounds):
            raise LabelMismatchError(f"expected different classes of {every}, got {self.compounds}")
        super().__init__(source, target, labels="type", classes=["NC", *TYPES], **kwargs)
        if not isinstance(self.split, TimeSplit):
            raise LeakageError(
                "expected a split in time: a split by recordings or bearings would part sums from "
                f"what they are made of, got {type(self.split).__name__}"
            )

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return list(self.compounds)

    def readers(self, domain: str) -> list[Reader]:
        """One function for each recording and each sum of a domain, which reads it when called."""
        single = dict(zip(self._files(domain), super().readers(domain), strict=True))
        faults = Faults([read for (label, *_), read in single.items() if label != "NC"])
        made: list[Reader] = []
        for label in self.compounds:
            if label == "NC":
                made += [read for (name, *_), read in single.items() if name == "NC"]
                continue
            alike: dict[tuple[str, int], list[Reader]] = {}
            for (name, fault, load, _), read in single.items():
                if name in label.split("+"):
                    alike.setdefault((fault.removeprefix(name), load), []).append(read)
            made += [partial(faults.add, parts, label) for parts in alike.values()]
        return made
