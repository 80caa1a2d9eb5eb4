"""The trend of a machine: a picture, and a page around it that opens anywhere, offline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from iadtln.benchmark.words import NOTHING
from iadtln.callbacks.figures import DPI, INK, PALETTE
from iadtln.reports.html import write_page
from iadtln.reports.pictures import in_two_inks

STEEP = 30.0  # greatest over median value from which on an axis is logarithmic
SOFT = "#88909b"


@dataclass(frozen=True)
class Curve:
    """One indicator of one channel.

    Args:
        indicator: its panel.
        channel: its colour.
        seconds: shape ``(snapshots,)``.
        values: likewise, as measured.
        smoothed: likewise.
        threshold: of the alarm; NaN for none.
        alarm: second at which it was raised; NaN for none.
    """

    indicator: str
    channel: str
    seconds: NDArray[np.float64]
    values: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    threshold: float
    alarm: float


def trend_figure(
    curves: Sequence[Curve], healthy: tuple[float, float] | None, title: str, ink: str = INK
) -> Figure:
    """Draw a panel for each indicator and a colour for each channel, over the life.

    Points are the values, lines their smoothing, dashes the thresholds; triangles and thin lines
    are alarms, the grey stretch is the baseline.

    Args:
        curves: of all indicators and channels.
        healthy: begin and end of the baseline in seconds; None while it is not complete.
        title: above all panels.
        ink: colour of lines and letters; the background is left clear.
    """
    panels = list(dict.fromkeys(curve.indicator for curve in curves))
    channels = list(dict.fromkeys(curve.channel for curve in curves))
    colours = {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(channels)}
    last = max((float(curve.seconds[-1]) for curve in curves if len(curve.seconds)), default=1.0)
    unit, length = unit_of(last)
    figure = Figure(figsize=(10, 1.2 + 2.3 * len(panels)), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.patch.set_alpha(0.0)
    figure.suptitle(title, color=ink, fontsize=13)
    every_axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(every_axes, panels, strict=True):
        _dress(axes, panel, ink)
        if healthy:
            axes.axvspan(healthy[0] / length, healthy[1] / length, color=SOFT, alpha=0.15, lw=0)
        own = [curve for curve in curves if curve.indicator == panel]
        for curve in own:
            _draw(axes, curve, length, colours[curve.channel])
        _scale(axes, own)
    every_axes[-1].set_xlabel(f"{unit} since the first snapshot", color=ink, fontsize=9.5)
    if len(channels) > 1:
        handles = [line for line in every_axes[0].lines if line.get_label() in channels]
        figure.legend(
            handles=handles, loc="outside lower center", frameon=False, labelcolor=ink,
            ncols=max(1, 96 // (max(map(len, channels)) + 8)), fontsize=9.5,
        )  # fmt: skip
    return figure


def _draw(axes: Axes, curve: Curve, length: float, colour: str) -> None:
    time = curve.seconds / length
    # thousands of points as a picture: a page of vectors would be slow to open
    axes.scatter(time, curve.values, s=5, color=colour, alpha=0.3, linewidths=0, rasterized=True)
    axes.plot(time, curve.smoothed, color=colour, linewidth=1.4, label=curve.channel)
    if isfinite(curve.threshold):
        axes.axhline(curve.threshold, color=colour, linewidth=1.0, linestyle="--", alpha=0.8)
    if isfinite(curve.alarm):
        axes.axvline(curve.alarm / length, color=colour, linewidth=1.0, alpha=0.8)
        axes.plot(
            [curve.alarm / length], [1.0], marker="v", color=colour, markersize=8,
            transform=axes.get_xaxis_transform(), clip_on=False,
        )  # fmt: skip


def _scale(axes: Axes, curves: Sequence[Curve]) -> None:
    values = np.concatenate([curve.values for curve in curves])
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > STEEP * np.median(values):
        axes.set_yscale("log")


def _dress(axes: Axes, title: str, ink: str) -> None:
    axes.set_ylabel(title.replace("_", " "), color=ink, fontsize=10)
    axes.set_facecolor("none")
    axes.grid(color=SOFT, alpha=0.25, linewidth=0.7)
    axes.tick_params(which="both", colors=ink, length=0, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)


def unit_of(seconds: float) -> tuple[str, float]:
    """The unit in which a time reads well, and its seconds.

    Example:
        >>> unit_of(7200.0), unit_of(40000.0)
        (('minutes', 60.0), ('hours', 3600.0))
    """
    if seconds < 3 * 3600:
        return "minutes", 60.0
    return ("hours", 3600.0) if seconds < 3 * 86400 else ("days", 86400.0)


def duration(seconds: float) -> str:
    """A time in words; a dash for none.

    Example:
        >>> duration(4320.0), duration(50.0), duration(200000.0)
        ('1 h 12 min', '50 s', '2 d 7 h')
    """
    if not isfinite(seconds):
        return NOTHING
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def write_trend_report(
    path: Path,
    title: str,
    facts: Mapping[str, str],
    summary: pd.DataFrame,
    curves: Sequence[Curve],
    healthy: tuple[float, float] | None,
    remarks: Sequence[str],
    notes: Mapping[str, str],
) -> None:
    """Write the page.

    Args:
        path: of the HTML file.
        title: of the page.
        facts: what was measured, where and with what: a few words each.
        summary: one row a curve: indicator, channel and the columns of ``summarise``.
        curves: as for ``trend_figure``.
        healthy: likewise.
        remarks: sentences below the table.
        notes: what was wrong with snapshots, by name.
    """
    write_page(
        path,
        "trend.html.j2",
        {"duration": duration},
        title=title,
        facts=facts,
        rows=summary.to_dict("records"),
        picture=in_two_inks(partial(trend_figure, curves, healthy, "")),
        remarks=remarks,
        notes=notes,
    )
