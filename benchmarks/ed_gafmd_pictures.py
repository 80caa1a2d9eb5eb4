"""Pictures of run-ups, as figures 3 to 9 (simulation) and 11 to 17 (recordings) of the paper."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from ed_gafmd_run import RULES, Run
from torch import Tensor

from iadtln.signals.order_tracking import envelope_order_spectrum

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def draw_spectrum(
    axes: Any, run: Run, signal: Tensor, title: str, method: str = "ED-GAFMD"
) -> None:
    rate = run.rate_of(method)
    orders, spectrum = envelope_order_spectrum(signal, rate)
    shown = (orders > 0.3) & (orders < 6.5 * run.order)
    axes.plot(orders[shown], spectrum[shown], linewidth=0.6)
    for harmonic in range(1, 7):
        axes.axvline(harmonic * run.order, color="C3", linewidth=0.6, linestyle=":")
    axes.set_title(f"{title}, line {float(run.height(signal, rate)):.1f} dB over floor", fontsize=8)
    axes.set_xlabel("order", fontsize=8)


def draw_signal(axes: Any, signal: Tensor, rate: float, title: str, unit: str) -> None:
    count = min(len(signal), int(4 * rate)) if unit == "turns" else len(signal)
    axes.plot(np.arange(count) / rate, signal[:count], linewidth=0.4)
    axes.set_title(title, fontsize=8)
    axes.set_xlabel(unit, fontsize=8)


def save(figure: Any, folder: Path, name: str) -> None:
    for axes in figure.axes:
        axes.tick_params(labelsize=7)
    figure.tight_layout()
    figure.savefig(folder / f"{name}.png", dpi=70)
    plt.close(figure)


def draw(runs: list[Run], kept: list[dict[str, Any]], folder: Path) -> None:
    """Draw the first two recordings, outer race above or left of inner."""
    pairs = list(zip(runs, kept, strict=True))
    figure, grid = plt.subplots(2, 3, figsize=(11, 4.5))
    for row, (run, _) in zip(grid, pairs, strict=True):
        draw_signal(row[0], run.signal, run.rate, f"{run.race}: measured, and speed", "seconds")
        speed = row[0].twinx()
        speed.plot(np.arange(len(run.rpm)) / run.rate, run.rpm / 60, color="C1")
        speed.set_ylabel("turns a second", fontsize=8)
        draw_signal(row[1], run.angle, run.samples_per_revolution, "order-tracked", "turns")
        draw_spectrum(row[2], run, run.angle, "order-tracked")
    save(figure, folder, "before")

    figure, grid = plt.subplots(2, 3, figsize=(11, 4.5))
    for row, (run, methods) in zip(grid, pairs, strict=True):
        modes, chosen, parameters, _ = methods["ED-GAFMD"]
        best = modes[chosen["kurtosis"]]
        draw_signal(
            row[0], best, run.samples_per_revolution, f"{run.race}: mode at {parameters}", "turns"
        )
        draw_spectrum(row[1], run, best, "chosen by kurtosis")
        optimisers = {"ED-GAFMD", "ED-SSA-AFMD", "ED-DBO-AFMD", "ED-WOA-AFMD"}
        for name in filter(optimisers.__contains__, methods):
            row[2].plot(methods[name][3], label=name, linewidth=0.9)
        row[2].legend(fontsize=7)
        row[2].set_xlabel("generation", fontsize=8)
        row[2].set_title("least permutation entropy", fontsize=8)
    save(figure, folder, "ed_gafmd")

    figure, grid = plt.subplots(4, 2, figsize=(10, 8))
    for column, (run, methods) in zip(grid.T, pairs, strict=True):
        modes = methods["ED-GAFMD"][0]
        tallest = (
            run.height(modes, run.samples_per_revolution).argsort(descending=True).tolist()[:4]
        )
        for axes, mode in zip(column, sorted(tallest), strict=False):
            draw_spectrum(axes, run, modes[mode], f"{run.race}: mode {mode + 1} of {len(modes)}")
    save(figure, folder, "modes")

    names = ("AFMD, L = 40", "ED-GAFMD", "GWO-FMD", "GWO-VMD")
    for rule in RULES[::2]:
        figure, grid = plt.subplots(len(names), 2, figsize=(10, 8))
        for column, (run, methods) in zip(grid.T, pairs, strict=True):
            for axes, name in zip(column, names, strict=True):
                modes, chosen, parameters, _ = methods[name]
                title = f"{run.race}: {name} {parameters}"
                draw_spectrum(axes, run, modes[chosen[rule]], title, name)
        save(figure, folder, f"compared_by_{rule}")
