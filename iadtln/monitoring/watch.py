"""Measures what is new in a folder of snapshots, and again what was written anew."""

import time
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path

from tqdm.auto import tqdm

from datamodules.errors import DataError
from iadtln.monitoring.indicators import Indicator
from iadtln.monitoring.snapshots import Snapshot, SnapshotFolder, in_order
from iadtln.monitoring.table import TrendTable

SETTLE_SECONDS = 1.0  # nobody pauses for so long in the middle of a file
SKIPPED = "skipped: "
Show = Callable[[str, Mapping[str, float]], None]  # name of a snapshot, values by column


class Watch:
    """Measures what is new in a folder.

    A file that changed since it was measured is measured again. One that could not be used is tried
    again when it changes and at the next start; one that could not be opened, at every look.

    Args:
        source: the folder.
        target: folder of the table.
        indicators: to be measured.
        every: takes each n-th snapshot only.
        settle_seconds: a file is left alone until nobody has written to it for so long.

    Raises:
        DataError: If no snapshot can be read.
    """

    def __init__(
        self,
        source: SnapshotFolder,
        target: Path,
        indicators: Sequence[Indicator],
        every: int = 1,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self.source, self.indicators = source, indicators
        self.every, self.settle_seconds = every, settle_seconds
        first = first_usable(source)
        self.channels, self.samples = first.channels, first.recording.signal.shape[-1]
        columns = [f"{one.name}/{channel}" for one in indicators for channel in self.channels]
        if len(set(columns)) < len(columns):
            raise ValueError(
                f"expected indicators of different names, got {[one.name for one in indicators]}; "
                "list each once"
            )
        self.table = TrendTable(target / "trend.csv", columns, self.settings())
        rows = self.table.read()
        written = zip(rows["file"], rows["note"], strict=True)
        self.rows = dict(zip(rows["snapshot"], written, strict=True))
        self.done = {
            name: "" if note.startswith(SKIPPED) else file
            for name, (file, note) in self.rows.items()
        }
        self.young = 0  # files that the last look left alone

    def settings(self) -> str:
        """All that a row depends on, a line each."""
        source = self.source
        lines = [f"folder: {source.folder.resolve()}", f"format: {type(source).__name__}"]
        lines += [f"sampling_rate: {source.sampling_rate}", f"channel: {source.channel}"]
        lines += [f"every: {self.every}", *(f"indicator: {one!r}" for one in self.indicators)]
        return "\n".join(lines) + "\n"

    def catch_up(self, show: Show | None = None) -> int:
        """Measure all that is due; returns how many rows came of it, and shows each."""
        rows = 0
        # disable=None: no bar where there is no terminal to draw it on
        for path in tqdm(self.waiting(), "monitor", unit="snapshot", disable=None):
            values = self.add(path)
            rows += values is not None
            if show and values is not None:
                show(path.name, values)
        return rows

    def waiting(self) -> list[Path]:
        """Files that are due, settled, and not in the table as they are now."""
        present = {path.name: path for path in self.source.files()}
        names = sorted({*present, *self.done}, key=in_order)
        chosen = [present[name] for name in due(names, self.done, self.every) if name in present]
        new = [path for path in chosen if self.done.get(path.name) != version(path)]
        settled = [path for path in new if abs(time.time() - changed(path)) >= self.settle_seconds]
        self.young = len(new) - len(settled)
        return settled

    def add(self, path: Path) -> Mapping[str, float] | None:
        """Measure one file and write its row; None if it is as useless as its row says."""
        file = version(path)  # before it is read: what is written meanwhile is another
        try:
            stamp, values, note = self.measure(path)
        except OSError as error:  # taken away or not to be opened, which no version tells
            file, stamp, values, note = "", "", {}, f"{SKIPPED}{error}"
        except ValueError as error:  # damaged or too short
            stamp, values, note = "", {}, f"{SKIPPED}{error}"
        note = " ".join(note.split())
        self.done[path.name] = file
        if not values and self.rows.get(path.name) == (file, note):
            return None
        if not values:
            tqdm.write(f"skipped {path.name}: {note.removeprefix(SKIPPED)}")
        self.table.append(path.name, stamp, values, note, file)
        self.rows[path.name] = file, note
        return values

    def measure(self, path: Path) -> tuple[str, dict[str, float], str]:
        """Stamp, values by column, and a note of one snapshot."""
        snapshot = self.source.read(path)
        if snapshot.channels != self.channels:
            raise DataError(
                f"'{path}': expected the channels {self.channels} of the first snapshot, "
                f"got {snapshot.channels}"
            )
        signal, rate = snapshot.recording.signal, snapshot.recording.sampling_rate
        values = {
            f"{one.name}/{channel}": value
            for one in self.indicators
            for channel, value in zip(self.channels, one(signal, rate).tolist(), strict=True)
        }
        notes = list(snapshot.recording.notes)
        if signal.shape[-1] != self.samples:
            notes.append(f"{signal.shape[-1]} samples, the first snapshot has {self.samples}")
        return snapshot.stamp, values, "; ".join(notes)


def due(names: Sequence[str], known: Container[str], every: int) -> list[str]:
    """Names that are known, and new ones at least so many places from these and from each other.

    So a file that was removed or comes late never starts a second series beside the first.

    Args:
        names: in order, of all that is or was there.
        known: names that are measured.
        every: places.

    Example:
        >>> due(["s1", "s2", "s3", "s4", "s5", "s6"], {"s2"}, every=3)
        ['s2', 's5']
    """
    taken = [name in known for name in names]
    chosen, last = [], -every
    for place, name in enumerate(names):
        if taken[place] or (place - last >= every and not any(taken[place : place + every])):
            chosen.append(name)
            last = place
    return chosen


def version(path: Path) -> str:
    """Size and time of the last change, which tell whether a file is the one that was read.

    Returns:
        Bytes and nanoseconds; empty if there is nothing to be seen.
    """
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def changed(path: Path) -> float:
    """When somebody last wrote to a file, in seconds; infinite if it has gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return float("inf")


def first_usable(source: SnapshotFolder) -> Snapshot:
    """The first snapshot that can be read, which tells the channels and the length.

    Raises:
        DataError: If there is none, with what is wrong with the first.
    """
    said = ""
    for path in source.files():
        try:
            return source.read(path)
        except (DataError, OSError) as error:
            said = said or str(error)
    raise DataError(f"'{source.folder}' holds no usable snapshot; of the first: {said}")
