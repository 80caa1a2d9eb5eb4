"""What a monitor shows: curves in TensorBoard, the picture, the page and the printed summary."""

from collections.abc import Mapping
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter

from iadtln.callbacks.figures import DPI, pixels
from iadtln.files import written_whole
from iadtln.monitoring.alarm import Alarm
from iadtln.monitoring.table import TrendTable
from iadtln.monitoring.trend import elapsed_seconds, smooth, summarise
from iadtln.reports.trend import Curve, duration, trend_figure, write_trend_report


class Board:
    """Curves in TensorBoard, a step for each snapshot.

    What a killed process had not yet written is missing in its event file, so a resumed one draws
    the curves anew from the table.

    Args:
        folder: of the event file, and of nobody else's: the former ones in it are removed.
        table: so far.
    """

    def __init__(self, folder: Path, table: TrendTable) -> None:
        for path in folder.glob("events.out.tfevents.*"):
            path.unlink()
        self.writer = SummaryWriter(str(folder))
        self.steps: dict[str, int] = {}
        known = table.read()
        rows = known[table.columns].to_dict("records")
        for name, row in zip(known["snapshot"], rows, strict=True):
            self.show(name, {str(column): float(value) for column, value in row.items()})

    def show(self, snapshot: str, values: Mapping[str, float]) -> None:
        """Add the values of the next snapshot; one that is measured again keeps its step."""
        step = self.steps.setdefault(snapshot, len(self.steps))
        for name, value in values.items():
            if isfinite(value):
                self.writer.add_scalar(name, value, step)

    def picture(self, figure: Figure) -> None:
        """Show the trend under IMAGES."""
        self.writer.add_image("trend", pixels(figure), len(self.steps), dataformats="HWC")
        self.writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self.writer.close()


def publish(
    table: TrendTable, board: Board, source: Path, alarm: Alarm, width: int, interval_seconds: float
) -> pd.DataFrame:
    """Write and print what is known of a machine.

    Args:
        table: of all snapshots so far.
        board: TensorBoard's.
        source: folder of the snapshots, whose name is the title.
        alarm: its rule.
        width: of the smoothing.
        interval_seconds: from row to row, where they have no stamp.

    Returns:
        One row a column of the table, see ``summarise``.
    """
    folder = table.path.parent
    rows = table.read()
    rows["seconds"] = elapsed_seconds(rows["time"].to_list(), interval_seconds)
    summary = summarise(rows, table.columns, alarm, width)
    names = summary.index.to_series().str.partition("/")
    summary.insert(0, "indicator", names[0])
    summary.insert(1, "channel", names[2])
    with written_whole(folder / "summary.csv") as aside:
        summary.to_csv(aside, index=False)
    curves = [_curve(rows, str(column), row, width) for column, row in summary.iterrows()]
    usable = rows[rows[table.columns].notna().any(axis=1)]["seconds"].to_numpy(dtype=np.float64)
    complete = len(usable) >= alarm.begin
    healthy = (float(usable[alarm.skip]), float(usable[alarm.begin - 1])) if complete else None
    title = f"{source.parent.name} / {source.name}" if source.parent.name else source.name
    figure = trend_figure(curves, healthy, title)
    with written_whole(folder / "trend.png") as aside:
        figure.savefig(aside, dpi=DPI, facecolor="white")
    board.picture(figure)
    facts = facts_of(rows, usable, alarm)
    said = remarks(summary, alarm, len(usable))
    notes = {str(row["snapshot"]): str(row["note"]) for _, row in rows.iterrows() if row["note"]}
    page = folder / "report.html"
    write_trend_report(page, title, facts, summary, curves, healthy, said, notes)
    print(f"\n{in_words(summary)}\n\n" + "\n".join(said) + f"\nreport: {page}")
    return summary


def _curve(rows: pd.DataFrame, column: str, row: pd.Series, width: int) -> Curve:
    values = rows[column].to_numpy(dtype=np.float64)
    return Curve(
        indicator=str(row["indicator"]),
        channel=str(row["channel"]),
        seconds=rows["seconds"].to_numpy(dtype=np.float64),
        values=values,
        smoothed=smooth(values, width),
        threshold=float(row["threshold"]),
        alarm=float(row["alarm_seconds"]),
    )


def facts_of(rows: pd.DataFrame, usable: NDArray[np.float64], alarm: Alarm) -> dict[str, str]:
    """What was measured and how an alarm comes about: a few words each."""
    return {
        "snapshots": f"{len(usable)} of {len(rows)} usable",
        "time": duration(float(rows["seconds"].iloc[-1])) if len(rows) else "",
        "alarm": type(alarm).__name__,
        "baseline": f"{alarm.baseline} snapshots"
        + (f" after the first {alarm.skip}" if alarm.skip else ""),
        "in a row": str(alarm.consecutive),
        "margin": f"{100 * alarm.margin:g} % above the healthy median",
        "false alarms": f"{alarm.false_alarm_rate:g} a snapshot",
    }


def remarks(summary: pd.DataFrame, alarm: Alarm, snapshots: int) -> list[str]:
    """Sentences that a person needs to read the alarms rightly."""
    if snapshots < alarm.begin:
        return [
            f"No alarm is possible yet: the baseline needs {alarm.begin} usable snapshots, there "
            f"are {snapshots}."
        ]
    expected = alarm.false_alarm_rate * (snapshots - alarm.begin)
    said = [
        f"A machine that stays as in its baseline would be in alarm at {expected:.2g} of the "
        f"{snapshots - alarm.begin} later snapshots at most, on average, for each indicator and "
        "channel."
    ]
    limit = 2 / np.sqrt(alarm.baseline)
    linked = summary[summary["correlation"] > limit]
    if len(linked):
        listed = ", ".join(f"{name} ({row['correlation']:.2f})" for name, row in linked.iterrows())
        said.append(
            "That holds for values that do not depend on each other. Neighbours in the baseline "
            f"do, and false alarms are more frequent, for: {listed}."
        )
    return said


def in_words(summary: pd.DataFrame) -> str:
    """The summary as a table of text."""
    shown = summary[["tred", "mono", "saif", "healthy", "threshold"]].astype(float).round(3)
    shown["alarm"] = [name or "none" for name in summary["alarm"]]
    shown["after"] = [duration(float(value)) for value in summary["alarm_seconds"]]
    shown["before the end"] = [duration(float(value)) for value in summary["before_end_seconds"]]
    return shown.to_string()
