"""What a series of indicators says over the life of a machine."""

from collections.abc import Sequence
from datetime import datetime, time
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from iadtln.monitoring.alarm import Alarm, autocorrelation
from iadtln.monitoring.scores import monotonicity, saif, trendability

DAY_SECONDS = 86400.0


def elapsed_seconds(stamps: Sequence[str], interval_seconds: float) -> NDArray[np.float64]:
    """Seconds since the first snapshot.

    A stamp that knows no date tells the time of day: midnight lies between two of them if the clock
    goes back by more than half a day, so a gap of more than that cannot be seen.

    Args:
        stamps: ISO 8601 with a date, without one, or empty where the time is not known.
        interval_seconds: between two snapshots one of which has no stamp.

    Returns:
        Shape ``(snapshots,)``.

    Example:
        >>> elapsed_seconds(["23:59:50", "00:00:00", "", "00:00:20"], 10.0).tolist()
        [0.0, 10.0, 20.0, 30.0]
    """
    known = [(place, *_clock(stamp)) for place, stamp in enumerate(stamps) if stamp]
    steps = np.full(len(stamps), interval_seconds)
    steps[:1] = 0.0
    for (before, earlier, _), (place, later, has_date) in pairwise(known):
        gone = later - earlier
        if not has_date:
            gone = (gone + DAY_SECONDS / 2) % DAY_SECONDS - DAY_SECONDS / 2
        steps[before + 1 : place + 1] = gone / (place - before)
    return np.cumsum(steps)


def _clock(stamp: str) -> tuple[float, bool]:
    """Seconds of a stamp, and whether it knows the date."""
    if "T" in stamp or " " in stamp:
        return (datetime.fromisoformat(stamp) - datetime(1970, 1, 1)).total_seconds(), True
    clock = time.fromisoformat(stamp)
    seconds = 3600 * clock.hour + 60 * clock.minute + clock.second
    return seconds + clock.microsecond / 1e6, False


def smooth(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Median of each value and those before it, so that the future is not looked at.

    Args:
        values: shape ``(snapshots,)``; NaN is left out.
        width: values in a median; fewer at the beginning.

    Returns:
        The same shape.

    Example:
        >>> smooth(np.array([1.0, 9.0, 2.0, 3.0]), width=3).tolist()
        [1.0, 5.0, 2.0, 3.0]
    """
    rolling = pd.Series(values).rolling(width, min_periods=1).median()
    return rolling.to_numpy(dtype=np.float64, copy=True)


def summarise(
    table: pd.DataFrame, columns: Sequence[str], alarm: Alarm, width: int
) -> pd.DataFrame:
    """One row for each indicator and channel.

    Args:
        table: one row for each snapshot in order of time: ``snapshot``, ``seconds`` and the
            columns; NaN where a snapshot was unusable.
        columns: to look at.
        alarm: its rule.
        width: of the smoothing whose scores stand beside those of the values as they are.

    Returns:
        By column: ``tred``, ``mono`` (without its sign) and ``saif`` of the values, ``tred_smooth``
        and ``mono_smooth`` of the smoothed ones, ``healthy`` (median of the baseline),
        ``threshold``, ``correlation`` of the baseline's neighbours, ``alarm`` (name of the
        snapshot, or None), ``alarm_seconds`` since the first snapshot and ``before_end_seconds``
        until the last.
    """
    rows = {column: _row(table, column, alarm, width) for column in columns}
    summary = pd.DataFrame.from_dict(rows, orient="index")
    # as objects, for pandas makes NaN of None among strings
    told = [row["alarm"] for row in rows.values()]
    summary["alarm"] = pd.Series(told, index=summary.index, dtype=object)
    return summary


def _row(table: pd.DataFrame, column: str, alarm: Alarm, width: int) -> dict[str, object]:
    usable = table[table[column].notna()]
    values = torch.from_numpy(usable[column].to_numpy(dtype=np.float64).copy())
    seconds = usable["seconds"].to_numpy(dtype=np.float64)
    smoothed = torch.from_numpy(smooth(values.numpy(), width))
    threshold, place = alarm(values)
    healthy = alarm.healthy(values)
    row: dict[str, object] = {}
    for name, score in (("tred", trendability), ("mono", _steadiness)):
        row[name] = float(score(values)) if len(values) > 1 else np.nan
        row[f"{name}_smooth"] = float(score(smoothed)) if len(values) > 1 else np.nan
    row["saif"] = float(saif(values)) if len(values) else np.nan
    row["healthy"] = float(healthy.quantile(0.5)) if len(healthy) else np.nan
    row["correlation"] = autocorrelation(healthy) if len(healthy) > 1 else np.nan
    row["threshold"] = threshold
    row["alarm"] = None if place is None else str(usable["snapshot"].iloc[place])
    row["alarm_seconds"] = np.nan if place is None else seconds[place]
    row["before_end_seconds"] = np.nan if place is None else seconds[-1] - seconds[place]
    return row


def _steadiness(values: torch.Tensor) -> torch.Tensor:
    return monotonicity(values).abs()  # steady is steady, up or down
