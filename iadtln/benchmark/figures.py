"""Pictures of a benchmark: pure functions from numbers to a matplotlib ``Figure``."""

from collections.abc import Mapping, Sequence
from itertools import cycle, islice, product
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from iadtln.benchmark.statistics import alike
from iadtln.callbacks.figures import INK, PALETTE

Dash = Literal["-", "--", ":"]
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
# inches of the critical-difference picture: between two names, beside the line of ranks, the line
ROW, SIDE, LINE = 0.25, 2.05, 3.5
NAMES = FontProperties(size=10.5, weight="bold")  # as wide as they can be
ACCENT = "#3f90da"


def critical_difference_figure(ranks: pd.Series, distance: float, ink: str = INK) -> Figure:
    """Draw mean ranks on a line, and a bar over those that cannot be told apart.

    Args:
        ranks: mean rank of each method, the best first.
        distance: critical difference of mean ranks.
        ink: colour of lines and letters; the background is left clear.

    Reference: Demšar, JMLR 2006, figure 1.
    """
    values, number = ranks.to_numpy(dtype=float), len(ranks)
    groups = alike(list(values), distance)
    left = (number + 1) // 2
    top, first_name = 0.75, 0.3 + 0.13 * len(groups)  # inches above and below the line of ranks
    height = top + first_name + ROW * left + 0.1
    names = [TextPath((0, 0), f"{name}  00.00", prop=NAMES) for name in ranks.index]
    side = max(SIDE, 0.2 + max(name.get_extents().width for name in names) / 72)
    width = 2 * side + LINE
    figure = Figure(figsize=(width, height), facecolor="none")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((side / width, 0, LINE / width, 1))
    axes.set(xlim=(1, max(number, 2)), ylim=(height - top, -top))  # y: inches below the line
    axes.axis("off")
    _ruler(axes, number, distance, ink)
    for i, (method, rank) in enumerate(zip(ranks.index, values, strict=True)):
        y = first_name + ROW * (i if i < left else number - 1 - i)
        edge, align, gap = (0.0, "right", -6) if i < left else (1.0, "left", 6)
        end = axes.get_xlim()[int(edge)]
        axes.plot([rank, rank, end], [0, y, y], color=ink, linewidth=0.9, clip_on=False)
        label = f"{method}  {rank:.2f}" if i < left else f"{rank:.2f}  {method}"
        axes.annotate(
            label, (end, y), (gap, 0), textcoords="offset points", ha=align, va="center",
            color=ink, fontsize=NAMES.get_size(),
            fontweight="bold" if rank == values[0] else "normal",
        )  # fmt: skip
    for i, (first, last) in enumerate(groups):
        y, more = 0.16 + 0.13 * i, 0.006 * number
        ends = [values[first] - more, values[last] + more]
        axes.plot(ends, [y, y], color=ACCENT, linewidth=4, solid_capstyle="round", clip_on=False)
    return figure


def _ruler(axes: Axes, number: int, distance: float, ink: str) -> None:
    """The line of ranks, its numbers, and the critical difference above it."""
    axes.plot([1, number], [0, 0], color=ink, linewidth=1.2, clip_on=False)
    for rank in range(1, number + 1):
        axes.plot([rank, rank], [-0.08, 0], color=ink, linewidth=1.2, clip_on=False)
        axes.text(rank, -0.13, str(rank), ha="center", va="bottom", color=ink, fontsize=9.5)
    ends = [1, 1 + distance]
    axes.plot(ends, [-0.45, -0.45], color=ACCENT, linewidth=2, marker="|", clip_on=False)
    axes.annotate(
        f"critical difference {distance:.2f}", (1, -0.45), (0, 5), textcoords="offset points",
        color=ink, fontsize=9.5, va="bottom",
    )  # fmt: skip


def styles(number: int) -> list[tuple[str, Dash]]:
    """Colour and dash of so many curves: ten colours, and another dash for each ten more."""
    dashes: tuple[Dash, ...] = ("-", "--", ":")
    every = ((colour, dash) for dash, colour in product(dashes, PALETTE))
    return list(islice(cycle(every), number))


def curves_figure(
    panels: Mapping[str, Mapping[str, Curve]], methods: Sequence[str], ink: str = INK
) -> Figure:
    """Draw the curves of one task: a panel a quantity, a line a method.

    Args:
        panels: by title, then method: epochs and values, each of shape ``(epochs,)``.
        methods: of the whole benchmark, so that a method has one colour in every picture.
        ink: colour of lines and letters; the background is left clear.
    """
    drawn = [method for method in methods if any(method in panel for panel in panels.values())]
    room = 32 * len(panels)  # letters in the width of the picture
    columns = max(1, min(5, room // (max(map(len, drawn), default=1) + 6)))
    lines = -(-len(drawn) // columns)
    height = 2.7 + 0.24 * lines
    figure = Figure(figsize=(3.5 * len(panels), height), layout="constrained", facecolor="none")
    FigureCanvasAgg(figure)
    style = dict(zip(methods, styles(len(methods)), strict=True))
    every_axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (title, curves) in zip(every_axes, panels.items(), strict=True):
        _dress(axes, title, ink)
        for method, (epoch, value) in curves.items():
            colour, dash = style[method]
            axes.plot(epoch, value, color=colour, linestyle=dash, linewidth=1.4, alpha=0.9)
    handles = [
        Line2D([], [], color=style[method][0], linestyle=style[method][1], label=method)
        for method in drawn
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=columns, frameon=False, labelcolor=ink,
        fontsize=9.5, handlelength=1.6, columnspacing=1.4,
    )  # fmt: skip
    return figure


def _dress(axes: Axes, title: str, ink: str) -> None:
    axes.set_title(title, color=ink, fontsize=10.5)
    axes.set_xlabel("epoch", color=ink, fontsize=9.5)
    axes.set_facecolor("none")
    axes.grid(color="#88909b", alpha=0.25, linewidth=0.7)
    axes.tick_params(colors=ink, length=0, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#88909b")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
