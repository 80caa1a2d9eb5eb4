"""Pictures of an explanation: pure functions from numbers to a matplotlib ``Figure``."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MultipleLocator
from numpy.typing import NDArray

from iadtln.callbacks.figures import DPI, INK
from iadtln.explain.evidence import Evidence
from iadtln.explain.lines import FaultLines
from iadtln.explain.network import Look
from iadtln.explain.verdict import Verdict

Array = NDArray[np.float64]
FAINT, GRID = "#717581", "#e3e6ea"
FOR, AGAINST, SIGNAL = "#1f4fb4", "#d1495b", "#c3c8cf"
COLOURS = {"outer race": "#1f6fc4", "inner race": "#bd1f01", "ball": "#832db6", "cage": "#a96b59"}
TIMES = "\u00d7"
SHORT = {"outer race": "BPFO", "inner race": "BPFI", "ball": f"2{TIMES}BSF", "cage": "FTF"}
TAGS = {
    "agree": ("#2b8a3e", "physics and network agree"),
    "disagree": ("#c92a2a", "physics and network disagree"),
    "not confirmed": ("#b35c00", "no line confirms the network"),
    "not comparable": (FAINT, "physics and network are not comparable"),
}
SHARES = LinearSegmentedColormap.from_list("share", [AGAINST, SIGNAL, FOR])


def recording_figure(
    name: str, verdict: Verdict, look: Look | None, evidence: Evidence | None
) -> Figure:
    """Draw what was found of one recording: window with shares, spectrum with fault lines.

    Args:
        name: of the recording.
        verdict: on it.
        look: what the network looked at, None to leave it out.
        evidence: of the physics, None to leave it out.
    """
    parts = {"look": 2.3} if look is not None else {}
    parts |= {"score": 0.6} if look is not None and look.score is not None else {}
    parts |= {"spectrum": 2.6, "lanes": 1.35} if evidence is not None else {}
    figure = _figure(10.0, sum(parts.values()) + 1.9)
    rows = figure.subplots(len(parts), 1, height_ratios=list(parts.values()), squeeze=False)
    axes = dict(zip(parts, rows[:, 0], strict=True))
    if look is not None:
        _draw_look(axes["look"], axes.get("score"), look)
    if evidence is not None:
        _draw_evidence(axes["spectrum"], axes["lanes"], evidence)
    _head(figure, name, verdict)
    return figure


def _draw_look(window: Axes, strip: Axes | None, look: Look) -> None:
    x = np.arange(len(look.values)) * (look.extent / len(look.values))
    smooth = _smoothed(look.shares, max(1, len(x) // 128))
    limit = float(np.quantile(np.abs(smooth), 0.995)) or 1.0
    points = np.stack([x, look.values], axis=1)
    pieces = list(np.stack([points[:-1], points[1:]], axis=1))
    lines = LineCollection(pieces, cmap=SHARES, norm=TwoSlopeNorm(0.0, -limit, limit))
    lines.set(linewidths=1.0, array=smooth[:-1])
    window.add_collection(lines)
    window.set_xlim(x[0], x[-1])
    window.set_ylim(1.05 * look.values.min() - 1e-9, 1.05 * look.values.max() + 1e-9)
    window.set_ylabel("network's input")
    window.set_title(look.title, loc="left", fontsize=10, color=INK)
    words = {"speaks for it": FOR, "against it": AGAINST, "neither": SIGNAL}
    window.legend(
        handles=[Line2D([], [], color=c, linewidth=2.5, label=w) for w, c in words.items()],
        loc="lower right", bbox_to_anchor=(1.005, 0.985), ncols=3, frameon=False, fontsize=9,
        handlelength=1.2, columnspacing=1.2,
    )  # fmt: skip
    (strip or window).set_xlabel(look.unit)
    _plain(window)
    if strip is not None and look.score is not None:
        window.tick_params("x", labelbottom=False)
        strip.sharex(window)
        strip.fill_between(x, look.score, color="#94a4a2", linewidth=0)
        strip.set_ylabel("first layer,\n0 to 1")
        strip.set_ylim(0, 1.02)
        _plain(strip)


def _draw_evidence(spectrum: Axes, lanes: Axes, evidence: Evidence) -> None:
    orders, height = evidence.orders.numpy(), evidence.height_db.numpy()
    end = _last_order(evidence)
    shown = (orders <= end) & (orders > 0)
    top = max(12.0, float(height[shown].max()) + 4.0)
    spectrum.fill_between(orders[shown], 0, height[shown].clip(min=0), color=SIGNAL, linewidth=0)
    spectrum.plot(orders[shown], height[shown], color="#717581", linewidth=0.6)
    spectrum.axhline(evidence.level_db, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    spectrum.annotate(
        "chance level", (end, evidence.level_db), (-4, 3), textcoords="offset points",
        ha="right", fontsize=8.5, color=INK,
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )  # fmt: skip
    if evidence.named is not None:
        _mark(spectrum, evidence.named, top)
    spectrum.set_ylim(-1.0, top)
    spectrum.yaxis.set_major_locator(MultipleLocator(5))
    spectrum.set_xlim(0, end)
    spectrum.set_ylabel("envelope spectrum,\ndB over its floor")
    unit = "per revolution" if evidence.on_angle else "Hz"
    low, high = evidence.band
    spectrum.set_title(
        f"Envelope spectrum of the band {low:.0f} to {high:.0f} {unit}, whole recording",
        loc="left", fontsize=10, color=INK,
    )  # fmt: skip
    lanes.sharex(spectrum)
    spectrum.tick_params("x", labelbottom=False)
    _draw_lanes(lanes, evidence)
    _plain(spectrum)
    _plain(lanes)


def _last_order(evidence: Evidence) -> float:
    """Six harmonics of what was found, or of the outer race."""
    lines = evidence.named or evidence.lines[0]
    wanted = (max(len(lines.heights_db), 1) + 0.6) * max(lines.order, evidence.lines[0].order / 2)
    return float(min(float(evidence.orders[-1]), wanted))


def _mark(axes: Axes, lines: FaultLines, top: float) -> None:
    """Put its number above each harmonic of the named fault."""
    colour = COLOURS[lines.fault]
    states = zip(lines.heights_db, lines.stands, lines.hidden, strict=True)
    for number, (height, stands, hidden) in enumerate(states, start=1):
        x, y = number * lines.order, 0.0 if hidden else max(height, 0.0)
        axes.plot(
            [x], [y], marker="v", markersize=6, color=colour,
            markerfacecolor=colour if stands else "white", zorder=5,
        )  # fmt: skip
        name = f"{number}{TIMES}" + SHORT[lines.fault] * (number == 1)
        axes.annotate(
            name + "\non shaft" * hidden, (x, min(y, top - 3)), (0, 7), ha="center", fontsize=9,
            textcoords="offset points", color=colour, fontweight="bold",
            path_effects=[withStroke(linewidth=2.5, foreground="white")], zorder=6,
        )  # fmt: skip
    for order, stands in zip(lines.sidebands, lines.sidebands_stand, strict=True):
        if stands:
            axes.plot([order, order], [-1.0, 0.0], color=colour, linewidth=1.4, zorder=4)


def _draw_lanes(axes: Axes, evidence: Evidence) -> None:
    """One lane for each fault, with its harmonics filled where they stand out."""
    for lane, lines in enumerate(evidence.lines):
        colour = COLOURS[lines.fault]
        places = lines.order * np.arange(1, len(lines.stands) + 1)
        standing = np.array(lines.stands, dtype=bool)
        beside, seen = np.array(lines.sidebands), np.array(lines.sidebands_stand, dtype=bool)
        axes.axhline(lane, color=GRID, linewidth=1, zorder=0)
        axes.scatter(places[standing], [lane] * int(standing.sum()), s=34, color=colour, zorder=3)
        axes.scatter(
            places[~standing], [lane] * int((~standing).sum()), s=28, facecolors="white",
            edgecolors=colour, linewidths=1, zorder=3,
        )  # fmt: skip
        if len(beside):
            axes.vlines(beside[seen], lane - 0.28, lane + 0.28, colors=colour, linewidth=1.3)
        is_named = evidence.named is not None and evidence.named.fault == lines.fault
        found = f"{lines.count} of {len(lines.stands)}"
        found += f", {lines.height_db:.0f} dB" if lines.count else ""
        axes.annotate(
            found, (1.008, lane), xycoords=("axes fraction", "data"), va="center", fontsize=9,
            color=INK if is_named else FAINT, fontweight="bold" if is_named else "normal",
            annotation_clip=False,
        )  # fmt: skip
    names = [f"{one.fault} ({SHORT[one.fault]})" for one in evidence.lines]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    unit = "order: events per revolution of the shaft; ticks beside the circles are sidebands"
    if evidence.steady and evidence.shaft_hz is not None:
        unit += f"\norder 1 is {evidence.shaft_hz:.2f} Hz, {60 * evidence.shaft_hz:.0f} rpm"
    axes.set_xlabel(unit)


def channels_figure(weights: Array, class_names: Sequence[str], title: str) -> Figure:
    """Draw how far squeeze-excitation opens each channel, by the class that was diagnosed.

    Args:
        weights: between 0 and 1, shape ``(classes, channels)``; NaN for a class without windows.
        class_names: names in the order of the rows.
        title: which module, and of how many windows.
    """
    classes, channels = weights.shape
    known = weights[np.isfinite(weights).all(1)]
    figure = _figure(max(6.0, 0.42 * channels + 2.6), 0.42 * classes + 1.9)
    axes = figure.add_subplot()
    axes.set_facecolor("#eceef1")  # where there were no windows
    image = axes.imshow(np.ma.masked_invalid(weights), cmap="Blues", aspect="auto")
    if channels <= 24:
        _write_cells(axes, weights, float(known.max() + known.min()) / 2)
    axes.set_yticks(range(classes), list(class_names))
    axes.set_xticks(range(0, channels, max(1, channels // 16)))
    axes.set(xlabel="channel", ylabel="diagnosis")
    finding = f"{title}\nlargest difference between diagnoses: {np.ptp(known, axis=0).max():.2g}"
    axes.set_title(finding, loc="left", fontsize=10, color=INK)
    bar = figure.colorbar(image, ax=axes, pad=0.015)
    bar.set_label("mean factor", color=INK)
    bar.outline.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, colors=INK)
    return figure


def _write_cells(axes: Axes, weights: Array, middle: float) -> None:
    for row, column in np.argwhere(np.isfinite(weights)):
        value = float(weights[row, column])
        axes.text(
            column, row, f"{value:.2f}".removeprefix("0"), ha="center", va="center",
            fontsize=8, color="white" if value > middle else INK,
        )  # fmt: skip


def _head(figure: Figure, name: str, verdict: Verdict) -> None:
    colour, tag = TAGS[verdict.agreement]
    figure.suptitle(
        f"{name}: {tag}\n" + textwrap.fill(verdict.sentence, 100),
        x=0.012, ha="left", fontsize=11.5, color=colour, linespacing=1.35,
    )  # fmt: skip


def _smoothed(values: Array, width: int) -> Array:
    return np.convolve(values, np.ones(width) / width, mode="same")


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#c6cbd1")
    axes.tick_params(colors=INK, labelsize=9)
    axes.xaxis.label.set(color=INK, size=9.5)
    axes.yaxis.label.set(color=INK, size=9.5)


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure
