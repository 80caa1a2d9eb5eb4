"""The verb ``monitor``: from a folder of snapshots to a trend with an alarm."""

import os
import sys
import time
from contextlib import closing
from pathlib import Path

import pandas as pd
from jsonargparse import ArgumentParser

from iadtln.files import alone_in
from iadtln.monitoring.alarm import Alarm, RankAlarm
from iadtln.monitoring.indicators import CFFI, RMS, Indicator, Kurtosis
from iadtln.monitoring.snapshots import open_folder
from iadtln.monitoring.watch import SETTLE_SECONDS, Watch
from iadtln.verbs.monitor_report import Board, publish
from iadtln.verbs.options import stop


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
    report.html and curves for TensorBoard, these in tensorboard/. The same command goes on where it
    was stopped; a file that changed since is measured again, and its last row counts. A snapshot
    that cannot be used is noted and left out; the next start tries it again.

    Args:
        folder: of the snapshots: FEMTO's acc_00001.csv, IMS's 2003.10.22.12.06.24, or files of any
            format that a manifest may list, in the order of the numbers in their names; environment
            variables in it are filled in.
        output: folder of the results, another than that of the snapshots; runs/monitor/ and the
            folder's name by default.
        indicators: what is measured; RMS, Kurtosis and CFFI by default.
        alarm: its rule; RankAlarm by default.
        sampling_rate: in hertz, if the files do not tell.
        channel: names of channels, or their numbers from 0, joined by +; all by default.
        every: take each n-th snapshot only, counted from those in the table.
        smoothing: snapshots in the median that is drawn as a line; the alarm looks at the values as
            they are.
        interval_seconds: from one file of the folder to the next, where they do not tell their
            time; with every n, n times as long from row to row.
        follow: look for new snapshots every so many seconds, until Ctrl-C; a file is taken when
            nobody has written to it for as long, a second at least. By default the folder is gone
            through once.

    Returns:
        One row for each indicator and channel: scores, threshold and alarm, as in summary.csv.

    Raises:
        FileNotFoundError: If the folder is not there or holds nothing known.
        ValueError: If an option makes no sense, or the output was made with other settings.
        OSError: If the output cannot be written.
    """
    if every < 1 or smoothing < 1 or interval_seconds <= 0 or (follow is not None and follow <= 0):
        raise ValueError(
            "expected every and smoothing of 1 or more, interval_seconds and follow above 0, got "
            f"{every}, {smoothing}, {interval_seconds} and {follow}"
        )
    place = Path(os.path.expandvars(folder))
    target = Path(output or Path("runs") / "monitor" / place.resolve().name)
    if target.resolve() == place.resolve():
        raise ValueError(
            f"expected an output apart from the snapshots, got '{target}' for both: the tables "
            "written there would be taken for snapshots; choose another --output"
        )
    source = open_folder(place, sampling_rate, channel)
    measured = indicators or [RMS(), Kurtosis(), CFFI()]
    rule, interval = alarm or RankAlarm(), every * interval_seconds
    with alone_in(target, "monitor"):
        settle = max(follow or 0.0, SETTLE_SECONDS)
        watch = Watch(source, target, measured, every, settle)
        with closing(Board(target / "tensorboard", watch.table)) as board:

            def show() -> pd.DataFrame:
                return publish(watch.table, board, place, rule, smoothing, interval)

            try:
                watch.catch_up(board.show)
                while follow is not None:
                    show()
                    while not watch.catch_up(board.show):
                        time.sleep(follow)
                await_young(watch, board)
            except KeyboardInterrupt:
                if follow is None:
                    show()  # an interrupted trend is a trend of what is measured
                    raise
            return show()


def await_young(watch: Watch, board: Board) -> None:
    """Measure what was just being written a moment later; what still is, is left alone."""
    if watch.young:
        time.sleep(watch.settle_seconds)
        watch.catch_up(board.show)
    if watch.young:
        print(f"still being written and left for the next run: {watch.young} of the files")


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
    except (ValueError, OSError) as error:
        said = str(error)
        if isinstance(error, OSError) and error.strerror:  # not one of our own sentences
            said = f"'{error.filename}' cannot be used: {error.strerror}; see to its permissions"
        stop(said)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on where it was", file=sys.stderr)
        sys.exit(130)
