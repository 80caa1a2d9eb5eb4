"""The pictures of ``channel_scores.py``: windows, and over them where the network looks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from iadtln.callbacks.figures import DPI, INK
from iadtln.files import written_whole

LINE, HEAT = "#717581", "YlOrRd"
TRAINED = 2048  # samples of the windows that the networks learned from


class Shown(Protocol):
    """What is drawn of test windows."""

    @property
    def signal(self) -> Tensor: ...
    @property
    def score(self) -> Tensor: ...
    @property
    def truth(self) -> list[str]: ...


def draw(shown: Mapping[tuple[str, int], Shown], folder: Path) -> None:
    """Write a picture of all classes, and one of all lengths.

    Args:
        shown: windows by network and length.
        folder: where to.
    """
    networks = list(dict.fromkeys(network for network, _ in shown))
    lengths = sorted({length for _, length in shown})
    middle = TRAINED if TRAINED in lengths else lengths[0]
    classes = list(dict.fromkeys(shown[networks[0], middle].truth))
    by_class = [
        [(f"{name}, first kernel: {one}", shown[one, middle], name) for one in networks]
        for name in classes
    ]
    _write(by_class, folder / "scores_of_classes.png")
    name = classes[-1]
    by_length = [
        [(f"{name}, {n} samples, first kernel: {one}", shown[one, n], name) for one in networks]
        for n in lengths
    ]
    _write(by_length, folder / "scores_of_lengths.png")


def _write(cells: list[list[tuple[str, Shown, str]]], path: Path) -> None:
    figure = Figure((12, 1.5 * len(cells) + 0.4), dpi=DPI, layout="constrained", facecolor="white")
    all_axes = figure.subplots(len(cells), len(cells[0]), squeeze=False)
    for row, row_axes in zip(cells, all_axes, strict=True):
        for (title, seen, name), axes in zip(row, row_axes, strict=True):
            _window(axes, seen, name)
            axes.set_title(title, loc="left", fontsize=9, color=INK)
    for axes in all_axes[-1]:
        axes.set_xlabel("sample")
    last = figure.axes[-1].images[0]
    bar = figure.colorbar(last, ax=all_axes, shrink=0.3, aspect=30)
    bar.set_label("score over the first channels", color=INK)
    with written_whole(path) as aside:
        figure.savefig(aside, format="png")


def _window(axes: Axes, seen: Shown, name: str) -> None:
    """The first window of a class, on the colours of its score."""
    place = seen.truth.index(name)
    values, score = (one[place].numpy() for one in (seen.signal, seen.score))
    limit = 1.05 * float(np.abs(values).max())
    axes.imshow(
        score[None],
        extent=(0, len(values), -limit, limit),
        aspect="auto",
        cmap=HEAT,
        vmin=0,
        vmax=1,
    )
    axes.plot(values, color=LINE, linewidth=0.5)
    axes.set_yticks([])
    axes.tick_params(labelsize=8, colors=INK)
