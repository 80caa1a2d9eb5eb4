"""The verb ``monitor``: from a folder of snapshots to a trend with an alarm."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout
from jsonargparse import ArgumentParser
from tqdm.auto import tqdm

from datamodules.errors import DataError
from iadtln.monitoring.alarm import Alarm, RankAlarm
from iadtln.monitoring.indicators import CFFI, RMS, Indicator, Kurtosis
from iadtln.monitoring.snapshots import Snapshot, SnapshotFolder, open_folder
from iadtln.monitoring.table import TrendTable
from iadtln.verbs.monitor_report import Board, publish


def monitor(
    folder: str,
    output: str | None = None,
    indicators: list[Indicator] | None = None,
    alarm: Alarm | None = None,
    sampling_rate: float | None = None,
    channel: str = "",
    every: int = 1,
    smoothing: int = 9,
    interval_seconds: float = 10.0,
    follow: float | None = None,
) -> pd.DataFrame:
    """Measure the snapshots of one machine in order of time, and tell when it began to fail.

    Writes trend.csv (one row a snapshot, as soon as it is measured), trend.png, summary.csv,
    report.html and curves for TensorBoard. The same command goes on where it was stopped. A
    snapshot that cannot be used is noted and left out.

    Args:
        folder: of the snapshots: FEMTO's acc_00001.csv, IMS's 2003.10.22.12.06.24, or files of any
            format that a manifest may list, in the order of the numbers in their names; environment
            variables in it are filled in.
        output: folder of the results; runs/monitor/ and the folder's name by default.
        indicators: what is measured; RMS, Kurtosis and CFFI by default.
        alarm: its rule; RankAlarm by default.
        sampling_rate: in hertz, if the files do not tell.
        channel: names of channels, or their numbers from 0, joined by +; all by default.
        every: take each n-th snapshot only.
        smoothing: snapshots in the median that is drawn as a line; the alarm looks at the values as
            they are.
        interval_seconds: between snapshots that do not tell their time.
        follow: look for new snapshots every so many seconds, until Ctrl-C; a file is taken when
            nobody has written to it for as long. By default the folder is gone through once.

    Returns:
        One row for each indicator and channel: scores, threshold and alarm, as in summary.csv.

    Raises:
        FileNotFoundError: If the folder is not there or holds nothing known.
        ValueError: If an option makes no sense, or the output was made with other settings.
    """
    if every < 1 or smoothing < 1 or interval_seconds <= 0 or (follow is not None and follow <= 0):
        raise ValueError(
            "expected every and smoothing of 1 or more, interval_seconds and follow above 0, got "
            f"{every}, {smoothing}, {interval_seconds} and {follow}"
        )
    place = Path(os.path.expandvars(folder))
    target = Path(output or Path("runs") / "monitor" / place.resolve().name)
    source = open_folder(place, sampling_rate, channel)
    measured = indicators or [RMS(), Kurtosis(), CFFI()]
    with alone_in(target):
        watch = Watch(source, target, measured, every, follow or 0.0)

        def show() -> pd.DataFrame:
            rule = alarm or RankAlarm()
            return publish(watch.table, watch.board, place, rule, smoothing, interval_seconds)

        with closing(watch.board):
            try:
                watch.catch_up()
                while follow is not None:
                    show()
                    while not watch.catch_up():
                        time.sleep(follow)
            except KeyboardInterrupt:
                if follow is None:
                    show()  # an interrupted trend is a trend of what is measured
                    raise
            return show()


class Watch:
    """Measures what is new in a folder.

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
        settle_seconds: float = 0.0,
    ) -> None:
        self.source, self.indicators = source, indicators
        self.every, self.settle_seconds = every, settle_seconds
        self.channels = first_usable(source).channels
        columns = [f"{one.name}/{channel}" for one in indicators for channel in self.channels]
        if len(set(columns)) < len(columns):
            raise ValueError(
                f"expected indicators of different names, got {[one.name for one in indicators]}; "
                "list each once"
            )
        self.table = TrendTable(target / "trend.csv", columns, self.settings())
        known = self.table.read()
        self.done = set(known["snapshot"])
        self.board = Board(target, known, columns)

    def settings(self) -> str:
        """All that a row depends on, a line each."""
        source = self.source
        lines = [f"folder: {source.folder.resolve()}", f"format: {type(source).__name__}"]
        lines += [f"sampling_rate: {source.sampling_rate}", f"channel: {source.channel}"]
        lines += [f"every: {self.every}", *(f"indicator: {one!r}" for one in self.indicators)]
        return "\n".join(lines) + "\n"

    def catch_up(self) -> int:
        """Measure all that is there and not yet in the table; returns how many that were."""
        latest = time.time() - self.settle_seconds
        new = [
            path
            for path in self.source.files()[:: self.every]
            if path.name not in self.done and (not self.settle_seconds or changed(path) <= latest)
        ]
        # disable=None: no bar where there is no terminal to draw it on
        for path in tqdm(new, "monitor", unit="snapshot", disable=None):
            stamp, values, note = self.measure(path)
            self.table.append(path.name, stamp, values, note)
            self.board.show(values)
            self.done.add(path.name)
        return len(new)

    def measure(self, path: Path) -> tuple[str, dict[str, float], str]:
        """Stamp, values by column, and a note of one snapshot; what is wrong with it is a note."""
        try:
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
        except (ValueError, FileNotFoundError) as error:  # damaged, too short, or taken away
            tqdm.write(f"skipped {path.name}: {error}")
            return "", {}, f"skipped: {error}"
        return snapshot.stamp, values, "; ".join(snapshot.recording.notes)


def changed(path: Path) -> float:
    """When somebody last wrote to a file; never if it has gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def first_usable(source: SnapshotFolder) -> Snapshot:
    """The first snapshot that can be read, which tells the channels.

    Raises:
        DataError: If there is none, with what is wrong with the first.
    """
    said = ""
    for path in source.files():
        try:
            return source.read(path)
        except DataError as error:
            said = said or str(error)
    raise DataError(f"'{source.folder}' holds no usable snapshot; of the first: {said}")


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder, so that no second monitor writes the same table; a dead holder lets go."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise ValueError(
            f"another monitor is at work in '{folder}'; wait for it, or choose another --output"
        ) from None


def main(arguments: list[str]) -> pd.DataFrame:
    """Run ``python -m iadtln monitor``; bad input ends with a sentence and status 2."""
    what_it_does = str(monitor.__doc__).split("Args:")[0]
    parser = ArgumentParser(
        prog="python -m iadtln monitor", description=what_it_does,
        usage="python -m iadtln monitor [FOLDER] [--config FILE] [options]",
    )  # fmt: skip
    parser.add_argument("--config", action="config", help="file with any of these options")
    parser.add_function_arguments(monitor)
    if arguments and not arguments[0].startswith("-"):
        arguments = ["--folder", *arguments]
    parsed = parser.parse_args(arguments)
    try:
        options = parser.instantiate(parsed).as_dict()
        options.pop("config")
        return monitor(**options)
    except (ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on where it was", file=sys.stderr)
        sys.exit(130)
