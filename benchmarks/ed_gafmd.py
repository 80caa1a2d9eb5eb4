"""ED-GAFMD on the simulated run-up of its section 3, beside what it is compared with.

    python benchmarks/ed_gafmd.py [--seeds 10] [--amplitudes 1 0.2 3] [--population 8] [--jobs 2]

For each method the height of the fault's line over the local floor of the envelope order
spectrum, in dB, of the mode that each rule chooses, and of the best mode there is. Writes the
numbers as JSON, a table and the pictures of figures 3 to 9. 'Measured, in time' is the envelope
spectrum over the mean speed, in which the run-up smears the line.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import matplotlib
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from datamodules.ramp_simulation import FAULT_ORDERS, Race, RampSettings, ramp_recording
from iadtln.front_ends.mode_search import ModeSearch, filling
from iadtln.front_ends.searched_modes import Choice, rating_of, search_afmd, search_fmd, search_vmd
from iadtln.search import DBO, GWO, SSA, WOA
from iadtln.signals.afmd import afmd
from iadtln.signals.envelope_spectrum import envelope_spectrum, spectrum_axis
from iadtln.signals.indices import line_to_floor_db
from iadtln.signals.order_tracking import envelope_order_spectrum
from iadtln.signals.resampling import resample_by_angle

matplotlib.use("Agg")
from matplotlib import pyplot as plt

ROOT = Path(__file__).parents[1]
SAMPLES_PER_REVOLUTION = 512
WIDE = 1024  # for modes found in time: keeps all frequencies at the lowest speed
RULES: tuple[Choice, ...] = ("kurtosis", "average_kurtosis", "feature_energy")
INTRODUCTION = """# ED-GAFMD on its simulated run-up

Line of the fault order over the local floor of the envelope order spectrum, dB, mean ± deviation
over seeds; about 8 dB is what noise alone gives. Signal-to-noise ratio -10 dB; outer order 5.0,
inner 6.4. Columns: the mode of greatest kurtosis (the paper's rule), of greatest average kurtosis
of fault periods, of greatest energy at the fault order, and the best mode there is (which nobody
could choose). The paper gives no amplitude of the fault's ringing, only those of the shocks: 8
and 2. Made by `python benchmarks/ed_gafmd.py`.
"""
IN_TIME = "GWO-FMD", "GWO-VMD"
EMPIRICAL = 3, 7, 40  # n and K of the paper's optima, L of its "general parameters"


class Run:
    """One simulated run-up and all that is done with it."""

    def __init__(
        self, race: Race, amplitude: float, seed: int, options: argparse.Namespace
    ) -> None:
        self.race, self.amplitude, self.seed, self.options = race, amplitude, seed, options
        self.order = FAULT_ORDERS[race]
        recording = ramp_recording(race, RampSettings(amplitude=amplitude), seed)
        self.signal, self.rate, self.rpm = (
            recording.signal[0],
            recording.sampling_rate,
            recording.rpm,
        )
        self.angle = self.tracked(self.signal)

    def tracked(
        self, signal: Tensor, samples_per_revolution: int = SAMPLES_PER_REVOLUTION
    ) -> Tensor:
        """Order tracking of signals that end where the recording ends."""
        rpm = np.asarray(self.rpm)[-signal.shape[-1] :]
        return resample_by_angle(signal, self.rate, rpm, samples_per_revolution)

    def search(self, optimiser: Callable[[int], Any] = GWO, **others: Any) -> ModeSearch:
        own = self.options
        return ModeSearch(
            optimiser(own.population),
            own.generations,
            samples=own.samples,
            seed=self.seed,
            **others,
        )

    def afmd(self, search: ModeSearch, **others: Any) -> tuple[Tensor, str, Tensor]:
        found = search_afmd(self.angle, SAMPLES_PER_REVOLUTION, self.order, search, **others)
        return found.modes, str(found.parameters), found.history

    def methods(self) -> dict[str, Callable[[], tuple[Tensor, str, Tensor | None]]]:
        """What gives modes in angle, the parameters and the convergence, by name."""
        compared = {
            "order-tracked only": lambda: (self.angle[None], "", None),
            "AFMD, L = 40": self.fixed,
            "ED-GAFMD": lambda: self.afmd(self.search()),
            "GWO-FMD": self.fmd,
            "GWO-VMD": self.vmd,
            "InfoEn in place of PE": lambda: self.afmd(self.search(fitness="information")),
        }
        if self.amplitude != self.options.amplitudes[0]:
            return compared
        return {
            **compared,
            "ED-SSA-AFMD": lambda: self.afmd(self.search(SSA)),
            "ED-DBO-AFMD": lambda: self.afmd(self.search(DBO)),
            "ED-WOA-AFMD": lambda: self.afmd(self.search(WOA)),
            "mean in place of min PE": lambda: self.afmd(self.search(reduce="mean")),
            "SampEn in place of PE": lambda: self.afmd(self.search(fitness="sample")),
            "cascaded sweeps": lambda: self.afmd(self.search(), cascade=True),
        }

    def fixed(self) -> tuple[Tensor, str, None]:
        modes, bands, taps = EMPIRICAL
        period = SAMPLES_PER_REVOLUTION / self.order
        found = afmd(
            self.angle, period, taps, bands, modes, 10, cascade=False, schedule="fixed"
        ).modes
        return found[:, filling(taps, 1, found.shape[-1]) :], str(EMPIRICAL), None

    def fmd(self) -> tuple[Tensor, str, Tensor]:
        found = search_fmd(self.signal, round(self.rate), self.search())
        return self.tracked(found.modes, WIDE), str(found.parameters), found.history

    def vmd(self) -> tuple[Tensor, str, Tensor]:
        found = search_vmd(self.signal, self.search())
        return self.tracked(found.modes, WIDE), str(found.parameters), found.history

    def height(self, signal: Tensor, rate: int = SAMPLES_PER_REVOLUTION) -> Tensor:
        orders, spectrum = envelope_order_spectrum(signal, rate)
        return line_to_floor_db(spectrum, orders, self.order)

    def in_time(self) -> dict[str, Any]:
        """The row of the recording as it was measured."""
        spectrum = envelope_spectrum(self.signal)
        orders = spectrum_axis(len(self.signal), self.rate) / float(
            np.mean(np.asarray(self.rpm)) / 60
        )
        height = round(float(line_to_floor_db(spectrum, orders, self.order)), 2)
        row = self.named("measured, in time")
        return row | dict.fromkeys([*RULES, "best mode"], height)

    def named(self, method: str) -> dict[str, Any]:
        """A row's first columns."""
        known = {"race": self.race, "amplitude": self.amplitude, "seed": self.seed}
        return {"method": method, **known}

    def __call__(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return a row for each method, and modes and convergence for the pictures."""
        torch.set_num_threads(1)
        rows, kept = [self.in_time()], {}
        for name, method in self.methods().items():
            if self.options.only and name not in self.options.only:
                continue
            rate = WIDE if name in IN_TIME else SAMPLES_PER_REVOLUTION
            begin = time.perf_counter()
            modes, parameters, history = method()
            seconds = time.perf_counter() - begin
            heights = self.height(modes, rate)
            chosen = {
                rule: int(rating_of(rule, rate, self.order)(modes).argmax()) for rule in RULES
            }
            row = self.named(name)
            row |= {rule: round(float(heights[index]), 2) for rule, index in chosen.items()}
            row |= {"best mode": round(float(heights.max()), 2), "seconds": round(seconds, 1)}
            rows.append(row | {"parameters": parameters})
            kept[name] = modes, chosen, parameters, history
        return rows, kept if self.seed == 0 else {}


def table(rows: list[dict[str, Any]], amplitude: float) -> pd.DataFrame:
    """Mean ± deviation over the seeds, by method and race."""
    frame = pd.DataFrame(rows).query("amplitude == @amplitude")
    columns = [*RULES, "best mode"]
    groups = frame.groupby(["method", "race"], sort=False)[columns]
    mean, deviation = groups.mean(), groups.std(ddof=1).fillna(0.0)
    text = mean.map("{:.1f}".format) + " ± " + deviation.map("{:.1f}".format)
    text = pd.DataFrame(text.unstack("race"))
    names = [" of ".join(reversed(name)).replace("_", " ") for name in text.columns.to_flat_index()]
    text.columns = pd.Index(names)
    return text.loc[frame["method"].unique()]


def markdown(text: pd.DataFrame) -> str:
    """A table in Markdown, without the package that pandas asks for."""
    head = ["method", *text.columns]
    lines = [
        head,
        ["---"] * len(head),
        *([name, *row] for name, row in zip(text.index, text.values, strict=True)),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def page(rows: list[dict[str, Any]]) -> str:
    """The tables of all amplitudes with what their columns are."""
    text = INTRODUCTION
    for amplitude in dict.fromkeys(row["amplitude"] for row in rows):
        seeds = {row["seed"] for row in rows if row["amplitude"] == amplitude}
        text += f"\n## Ringing of amplitude {amplitude:g}, {len(seeds)} seeds\n\n"
        text += markdown(table(rows, amplitude))
    return text


def draw_spectrum(
    axes: Any, run: Run, signal: Tensor, title: str, rate: int = SAMPLES_PER_REVOLUTION
) -> None:
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
    """Pictures as figures 3 to 9 of the paper, outer race above inner."""
    pairs = list(zip(runs, kept, strict=True))
    figure, grid = plt.subplots(2, 3, figsize=(11, 4.5))
    for row, (run, _) in zip(grid, pairs, strict=True):
        draw_signal(row[0], run.signal, run.rate, f"{run.race}: measured", "seconds")
        draw_signal(row[1], run.angle, SAMPLES_PER_REVOLUTION, "order-tracked", "turns")
        draw_spectrum(row[2], run, run.angle, "order-tracked")
    save(figure, folder, "before")

    figure, grid = plt.subplots(2, 3, figsize=(11, 4.5))
    for row, (run, methods) in zip(grid, pairs, strict=True):
        modes, chosen, parameters, _ = methods["ED-GAFMD"]
        best = modes[chosen["kurtosis"]]
        draw_signal(
            row[0], best, SAMPLES_PER_REVOLUTION, f"{run.race}: mode at {parameters}", "turns"
        )
        draw_spectrum(row[1], run, best, "chosen by kurtosis")
        for name in ("ED-GAFMD", "ED-SSA-AFMD", "ED-DBO-AFMD", "ED-WOA-AFMD"):
            row[2].plot(methods[name][3], label=name, linewidth=0.9)
        row[2].legend(fontsize=7)
        row[2].set_xlabel("generation", fontsize=8)
        row[2].set_title("least permutation entropy", fontsize=8)
    save(figure, folder, "ed_gafmd")

    figure, grid = plt.subplots(4, 2, figsize=(10, 8))
    for column, (run, methods) in zip(grid.T, pairs, strict=True):
        modes = methods["ED-GAFMD"][0]
        tallest = run.height(modes).argsort(descending=True).tolist()[:4]
        for axes, mode in zip(column, sorted(tallest), strict=False):
            draw_spectrum(axes, run, modes[mode], f"{run.race}: mode {mode + 1} of {len(modes)}")
    save(figure, folder, "modes")

    names = ("AFMD, L = 40", "ED-GAFMD", "GWO-FMD", "GWO-VMD")
    for rule in RULES[::2]:
        figure, grid = plt.subplots(len(names), 2, figsize=(10, 8))
        for column, (run, methods) in zip(grid.T, pairs, strict=True):
            for axes, name in zip(column, names, strict=True):
                modes, chosen, parameters, _ = methods[name]
                rate = WIDE if name in IN_TIME else SAMPLES_PER_REVOLUTION
                title = f"{run.race}: {name} {parameters}"
                draw_spectrum(axes, run, modes[chosen[rule]], title, rate)
        save(figure, folder, f"compared_by_{rule}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--amplitudes", type=float, nargs="+", default=[1.0, 0.2, 3.0])
    parser.add_argument("--population", type=int, default=8)
    parser.add_argument("--generations", type=int, default=8)
    parser.add_argument("--samples", type=int, default=8192, help="that a search looks at")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="+", help="methods to do again, in the numbers of before")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/ed_gafmd.json")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs/results/ed_gafmd")
    options = parser.parse_args()
    begin = time.perf_counter()
    # seeds outside, so that a run which is cut short has whole seeds
    runs = [
        Run(race, amplitude, seed, options)
        for amplitude in options.amplitudes
        for seed in range(options.seeds)
        for race in FAULT_ORDERS
    ]
    results = joblib.Parallel(options.jobs, verbose=10)(joblib.delayed(run)() for run in runs)
    rows = [row for found, _ in results for row in found]
    if options.only:
        is_there = options.output.is_file()
        former = json.loads(options.output.read_text())["rows"] if is_there else []
        fresh = {(row["method"], row["race"], row["amplitude"], row["seed"]) for row in rows}
        kept = [
            r for r in former if (r["method"], r["race"], r["amplitude"], r["seed"]) not in fresh
        ]
        names = ["measured, in time", *runs[0].methods()]
        rows = sorted(kept + rows, key=lambda row: names.index(row["method"]))
    options.folder.mkdir(parents=True, exist_ok=True)
    text = page(rows)
    (options.folder / "table.md").write_text(text)
    settings = {k: v for k, v in vars(options).items() if not isinstance(v, Path)}
    settings |= {"seconds": round(time.perf_counter() - begin), "torch": torch.__version__}
    settings |= {"threads a job": 1, "processor": platform.processor() or platform.machine()}
    options.output.write_text(json.dumps({"settings": settings, "rows": rows}, indent=1) + "\n")
    print(text)
    if options.only:
        return
    draw(runs[:2], [kept for _, kept in results[:2]], options.folder)


if __name__ == "__main__":
    main()
