"""One window as a picture: its signal, what the network answers to, its envelope spectrum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from iadtln.callbacks.figures import INK

Array = NDArray[np.float64]
SIGNAL, SOFT = "#3f90da", "#88909b"
MOST = 1500  # points of a drawn line: more are a slow page and no more ink


@dataclass(frozen=True)
class Mark:
    """Where a fault would show.

    Args:
        name: short, such as BPFO.
        colour: of its lines.
        places: of its harmonics, on the axis of the spectrum.
    """

    name: str
    colour: str
    places: Sequence[float]


@dataclass(frozen=True, eq=False)
class DrawnWindow:
    """What is drawn of a window.

    Args:
        values: its signal, shape ``(time,)``.
        extent: its length in ``unit``.
        unit: in words.
        score: how much the first layer answers, 0 to 1, over the same extent; None to leave it out.
        axis: of the envelope spectrum, shape ``(bins,)``.
        spectrum: shape ``(bins,)``.
        axis_unit: in words.
        marks: fault lines.
    """

    values: Array
    extent: float
    unit: str
    score: Array | None
    axis: Array
    spectrum: Array
    axis_unit: str
    marks: Sequence[Mark] = ()


def window_figure(window: DrawnWindow, ink: str = INK) -> Figure:
    """Draw a window on a clear background, as wide as a telephone.

    Args:
        window: what to draw.
        ink: colour of lines and letters.
    """
    parts = {"signal": 1.5} | ({"score": 0.45} if window.score is not None else {})
    parts |= {"spectrum": 1.7}
    figure = Figure(figsize=(4.5, 3.5 + 0.4 * ("score" in parts)), layout="constrained")
    figure.set_facecolor("none")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(parts), 1, height_ratios=list(parts.values()))
    axes = dict(zip(parts, rows, strict=True))
    time = np.linspace(0, window.extent, len(window.values), endpoint=False)
    axes["signal"].plot(*thinned(time, window.values), color=SIGNAL, linewidth=0.7)
    lowest = axes["signal"]
    if window.score is not None:
        lowest = axes["score"]
        place = np.linspace(0, window.extent, len(window.score), endpoint=False)
        lowest.fill_between(
            place, window.score, color=SOFT, alpha=0.6, linewidth=0, rasterized=True
        )
        lowest.set(ylim=(0, 1.02), yticks=[0, 1], ylabel="layer 1")
        axes["signal"].tick_params(labelbottom=False)
    for one in (axes["signal"], lowest):
        one.set_xlim(0, window.extent)
    axes["signal"].set_ylabel("signal")
    lowest.set_xlabel(window.unit)
    _draw_spectrum(axes["spectrum"], window, ink)
    for one in axes.values():
        _dress(one, ink)
    return figure


def _draw_spectrum(axes: Axes, window: DrawnWindow, ink: str) -> None:
    axes.plot(window.axis, window.spectrum, color=ink, linewidth=0.8, zorder=3)
    axes.set_xlim(0, float(window.axis[-1]))
    axes.set_ylim(0, 1.05 * (float(window.spectrum.max()) or 1.0))
    axes.set(xlabel=window.axis_unit, ylabel="envelope", yticks=[])
    for mark in window.marks:
        for number, place in enumerate(mark.places):
            style = "-" if number == 0 else (0, (3, 2))
            axes.axvline(place, color=mark.colour, linewidth=1.3, linestyle=style, alpha=0.9)
    if window.marks:
        lines = [Line2D([], [], color=mark.colour, label=mark.name) for mark in window.marks]
        axes.legend(
            handles=lines, loc="lower center", bbox_to_anchor=(0.5, 0.98), ncols=4, frameon=False,
            fontsize=8.5, labelcolor=ink, handlelength=1.1, columnspacing=1.2,
        )  # fmt: skip


def thinned(place: Array, values: Array, at_most: int = MOST) -> tuple[Array, Array]:
    """The least and the greatest value of each of equal stretches: no peak is lost.

    Args:
        place: of the values, ascending, shape ``(points,)``.
        values: shape ``(points,)``.
        at_most: points to draw; fewer stay as they are.

    Example:
        >>> thinned(np.arange(6.0), np.array([0.0, 9, 1, 2, -5, 3]), at_most=4)
        (array([0., 1., 4., 5.]), array([ 0.,  9., -5.,  3.]))
    """
    if len(values) <= at_most:
        return place, values
    chosen = set[int]()
    for part in np.array_split(np.arange(len(values)), at_most // 2):
        chosen |= {int(part[values[part].argmin()]), int(part[values[part].argmax()])}
    order = np.array(sorted(chosen))
    return place[order], values[order]


def _dress(axes: Axes, ink: str) -> None:
    axes.set_facecolor("none")
    axes.tick_params(colors=ink, length=0, labelsize=8.5)
    axes.xaxis.label.set(color=ink, size=9)
    axes.yaxis.label.set(color=ink, size=9)
    axes.grid(color=SOFT, alpha=0.25, linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)
