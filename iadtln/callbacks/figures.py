"""Pictures of a test: pure functions from numbers to a matplotlib ``Figure``.

Without pyplot, whose global state needs closing, a display, and the main thread.
"""

import textwrap
from collections.abc import Sequence
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

DPI = 120
# Petroff, Accessible Color Sequences for Data Visualization, 2021: ten colours, searched to be told
# apart under the common forms of colour blindness; here with the greys last
PALETTE = (
    "#3f90da", "#ffa90e", "#bd1f01", "#832db6", "#92dadd",
    "#a96b59", "#e76300", "#717581", "#b9ac70", "#94a4a2",
)  # fmt: skip
INK = "#222222"


def class_colours(num_classes: int) -> list[str]:
    """One colour a class; beyond ten a scale of lightness, which everyone can order."""
    if num_classes <= len(PALETTE):
        return list(PALETTE[:num_classes])
    scale = mpl.colormaps["viridis"]
    return [to_hex(scale(position)) for position in np.linspace(0, 1, num_classes)]


def confusion_figure(
    confusion: NDArray[np.int64], class_names: Sequence[str], source: str, target: str
) -> Figure:
    """Draw a confusion matrix: counts, and per cent of the truth as colour and number.

    Args:
        confusion: counts of shape ``(classes, classes)``, rows are the truth.
        class_names: names in the order of the rows.
        source: name of the source domain.
        target: name of the target domain, which was tested.
    """
    num_classes, total = len(class_names), int(confusion.sum())
    support = confusion.sum(1)
    percent = 100 * confusion / np.maximum(support, 1)[:, None]
    side = max(3.6, 0.74 * num_classes)
    figure = _figure(side + 3.4, side + 1.9, layout="compressed")
    axes = figure.add_subplot()
    image = axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
    for row in np.flatnonzero(support == 0):
        axes.axhspan(row - 0.5, row + 0.5, color="#eceef1")  # no windows: neither right nor wrong
    size = 9.5 if num_classes <= 12 else 7
    for row, column in np.argwhere(confusion > 0):
        axes.text(
            column, row, f"{confusion[row, column]}\n{_percent(percent[row, column])}",
            ha="center", va="center", fontsize=size, linespacing=1.3,
            color="white" if percent[row, column] > 55 else INK,
            fontweight="bold" if row == column else "normal",
        )  # fmt: skip
    _label_cells(axes, class_names, support)
    bar = figure.colorbar(image, ax=axes, shrink=0.9, aspect=30, pad=0.03)
    bar.set_label("% of the windows of a true class", color=INK)
    bar.outline.set_visible(False)
    share = 100 * np.trace(confusion) / total if total else np.nan
    _title(figure, source, target, f"{share:.2f} % of {total} target windows diagnosed rightly")
    return figure


def _percent(value: float) -> str:
    """A rounded share must not claim all or nothing: 99.96 is not 100."""
    if value in (0, 100):
        return f"{value:.0f} %"
    return f"{min(max(value, 0.1), 99.9):.1f} %"


def _label_cells(axes: Axes, class_names: Sequence[str], support: NDArray[np.int64]) -> None:
    count = len(class_names)
    names = [_readable(name) for name in class_names]
    axes.set_xticks(range(count), names)
    if any(len(name) > 7 for name in names):
        axes.tick_params("x", rotation=40)
        for tick in axes.get_xticklabels():
            tick.set(ha="right", rotation_mode="anchor")
    axes.set_yticks(range(count), [f"{n}  ({k})" for n, k in zip(names, support, strict=True)])
    axes.set_xlabel("diagnosis", color=INK, labelpad=8)
    axes.set_ylabel("truth (windows)", color=INK, labelpad=8)
    axes.set_xticks(np.arange(count - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(count - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="#e3e6ea", linewidth=1)
    axes.tick_params(which="both", length=0, colors=INK)
    axes.spines[:].set_color("#c6cbd1")


def _readable(name: str) -> str:
    return textwrap.fill(name.replace("_", " "), 18)


def embedding_figure(
    points: NDArray[np.float64],
    label: NDArray[np.int64],
    is_target: NDArray[np.bool_],
    is_wrong: NDArray[np.bool_],
    class_names: Sequence[str],
    source: str,
    target: str,
) -> Figure:
    """Draw features in the plane twice: by class, and by domain.

    Args:
        points: shape ``(windows, 2)``.
        label: true class numbers, shape ``(windows,)``.
        is_target: domain of each window, shape ``(windows,)``.
        is_wrong: windows diagnosed wrongly, drawn with a ring, shape ``(windows,)``.
        class_names: names in the order of the class numbers.
        source: name of the source domain.
        target: name of the target domain.
    """
    figure = _figure(12.6, 6.6)
    by_class, by_domain = figure.subplots(1, 2)
    colours = np.array(class_colours(len(class_names)))
    order = np.random.default_rng(0).permutation(len(points))  # so that no domain covers the other
    x, y = points[order].T
    late, wrong, colour = is_target[order], is_wrong[order], colours[label[order]]
    for axes, title, source_colour, target_colour in (
        (by_class, "by true class", colour[~late], colour[late]),
        (by_domain, "by domain", "#0072b2", "#e69f00"),  # Okabe and Ito's blue and orange
    ):
        axes.set_title(title, color=INK, fontsize=11)
        axes.scatter(x[~late], y[~late], s=26, c=source_colour, alpha=0.55, linewidths=0)
        axes.scatter(x[late], y[late], s=34, c=target_colour, marker="x", linewidths=1.3)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color("#c6cbd1")
        axes.margins(0.06)
    by_class.scatter(x[wrong], y[wrong], s=75, facecolors="none", edgecolors=INK, linewidths=0.7)
    _name_clusters(by_class, points, label, class_names)
    _legends(by_class, by_domain, class_names, (source, target), bool(wrong.any()))
    count = f"{int((~late).sum())} source and {int(late.sum())} target windows"
    _title(figure, source, target, f"t-SNE of the features of {count}")
    return figure


def _name_clusters(
    axes: Axes, points: NDArray[np.float64], label: NDArray[np.int64], class_names: Sequence[str]
) -> None:
    """Write each name above the centre of its windows: not everyone can look up a colour."""
    halo = [withStroke(linewidth=3, foreground="white")]
    for number, name in enumerate(class_names):
        own = points[label == number]
        if len(own):
            distance = np.linalg.norm(own[:, None] - own, axis=-1)
            centre = distance.sum(1).argmin()
            near = own[np.argsort(distance[centre])[: len(own) // 2 + 1]]
            axes.annotate(
                _readable(name), (own[centre, 0], near[:, 1].max()), (0, 7),
                textcoords="offset points", ha="center", va="bottom", fontsize=9,
                fontweight="bold", color=INK, path_effects=halo,
            )  # fmt: skip


def _legends(
    by_class: Axes, by_domain: Axes, class_names: Sequence[str], domains: tuple[str, str],
    any_wrong: bool,
) -> None:  # fmt: skip
    entries = [
        Line2D([], [], marker="s", linestyle="", markersize=8, color=colour, label=name)
        for name, colour in zip(class_names, class_colours(len(class_names)), strict=True)
    ]
    if any_wrong:
        entries.append(
            Line2D([], [], marker="o", linestyle="", markersize=9, markerfacecolor="none",
                   color=INK, label="diagnosed wrongly")
        )  # fmt: skip
    longest = max(len(str(entry.get_label())) for entry in entries)
    columns = max(1, min(len(entries), 64 // (longest + 4)))  # no wider than the axes
    place: dict[str, Any] = {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, -0.01),
        "frameon": False,
    }
    by_class.legend(handles=entries, ncols=columns, handletextpad=0.2, fontsize=9.5, **place)
    markers = [
        Line2D([], [], marker="o", linestyle="", color="#0072b2", alpha=0.7,
               label=f"source: {domains[0]}"),
        Line2D([], [], marker="x", linestyle="", color="#e69f00", markeredgewidth=1.6,
               label=f"target: {domains[1]}"),
    ]  # fmt: skip
    by_domain.legend(handles=markers, ncols=2, handletextpad=0.2, fontsize=9.5, **place)


def _figure(
    width: float, height: float, layout: Literal["constrained", "compressed"] = "constrained"
) -> Figure:
    figure = Figure(figsize=(width, height), dpi=DPI, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _title(figure: Figure, source: str, target: str, finding: str) -> None:
    fits = len(source) + len(target) < 8 * figure.get_figwidth()
    domains = f"{source} → {target}" if fits else f"{source} →\n{target}"
    figure.suptitle(f"{domains}\n{finding}", color=INK, fontsize=13)


def pixels(figure: Figure) -> NDArray[np.uint8]:
    """Return the picture, shape ``(height, width, 3)``."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # type: ignore[no-untyped-call]
