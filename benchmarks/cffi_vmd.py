"""CFFI-VMD on the paper's simulation and on simulated and measured bearing faults.

    python benchmarks/cffi_vmd.py [--only simulation ablation ...] [--signals 10] [--output FILE]

Parts: `simulation` (section 3 of the paper, ten trials), `ablation` (figure 10), `stability`
(figure 11), `faults` (bearing faults that nothing was tuned on; the margin and the aggregate of
IMPROVED were chosen on seeds 100 to 104 at -10 dB, here they start at 1000), `cwru` (measured
faults) and `speed`. One thread; ablation and stability take an IMS snapshot too, and `cwru` its
files, from IADTLN_DATA_DIR. A part that is done again replaces its numbers in the JSON, so one
whose data is not there is refused.
(Were it named cffi.py, this file would hide the package of that name, which numba imports.)
"""

import argparse
import json
import math
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.io
import torch
from torch import Tensor

from iadtln.files import written_whole
from iadtln.monitoring.band_choice import spectral_kurtosis_band
from iadtln.monitoring.denoising import IMPROVED, SURROGATE, Denoised, Denoiser, reconstruct
from iadtln.monitoring.fault_indicator import FaultIndicator, Norm
from iadtln.monitoring.mode_tuning import Rating, VMDSearch, tune_vmd
from iadtln.monitoring.scores import energy_retention, feature_retention
from iadtln.signals.bearing import BearingGeometry
from iadtln.signals.envelope import band_pass, envelope
from iadtln.signals.envelope_entropy import envelope_entropy, information_entropy
from iadtln.signals.envelope_spectrum import spectrum_axis
from iadtln.signals.indices import line_to_floor_db
from iadtln.signals.kurtogram import best_band
from iadtln.signals.permutation_entropy import permutation_entropy
from iadtln.signals.sample_entropy import sample_entropy

ROOT = Path(__file__).parents[1]
DATA = os.environ.get("IADTLN_DATA_DIR")
RATE, TIME = 20000.0, 20480
PUBLISHED = [0.31526, 0.41265, 0.34512, 0.31569, 0.36965, 0.37445, 0.40168, 0.35487, 0.30875,
             0.32588]  # fmt: skip
CWRU = {"inner": (105, 169, 209), "ball": (118, 185, 222), "outer": (130, 197, 234)}
NEAR = 600.0  # Hz between the centre of what is kept and the resonance
PAPER = Denoiser(indicator=FaultIndicator(segments=8))
ENTROPIES: dict[str, Rating] = {
    "envelope entropy": lambda modes: -envelope_entropy(modes),
    "information entropy": lambda modes: -information_entropy(modes, normalise=True),
    "sample entropy": lambda modes: -sample_entropy(modes[..., :2048]),
    "permutation entropy": lambda modes: -permutation_entropy(modes),
}
Row = dict[str, Any]


class Kept(NamedTuple):
    """What a method leaves of a window.

    Args:
        signal: in time.
        bumps: its envelope, where the fault's line is looked for.
        note: what was found.
    """

    signal: Tensor
    bumps: Tensor
    note: Row


class Fault(NamedTuple):
    """A window with a fault in it."""

    signal: Tensor
    rate: float
    line_hz: float
    resonance_hz: float | None


def decaying_tone(seed: int) -> tuple[Tensor, Tensor]:
    """Clean and noisy signal of section 3; 10 s at 100 Hz and r per sample are our reading."""
    draws = torch.Generator().manual_seed(seed)
    t = torch.arange(1000, dtype=torch.float64) / 100
    clean = torch.exp(-0.2 * t) * torch.sin(2 * torch.pi * 2 * torch.exp(-0.1 * t) * t)
    level = 0.1 + 2.9 * torch.rand(1000, dtype=torch.float64, generator=draws)
    return clean, clean + level * torch.randn(1000, dtype=torch.float64, generator=draws)


def struck_ringing(seed: int, decibels: float) -> Fault:
    """A resonance struck at a fault's rate, with slip, in white noise of the given ratio."""
    draws = torch.Generator().manual_seed(seed)

    def between(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand(1, generator=draws, dtype=torch.float64))

    resonance, line, decay = between(2000, 8000), between(60, 240), between(800, 2000)
    t = torch.arange(TIME, dtype=torch.float64) / RATE
    ringing = torch.zeros_like(t)
    strike = between(0, 1 / line)
    while strike < TIME / RATE:
        late = (t - strike).clamp(min=0)
        ringing += (
            between(0.8, 1.2) * torch.exp(-decay * late) * torch.sin(2 * math.pi * resonance * late)
        )
        strike += (1 + 0.01 * float(torch.randn(1, generator=draws))) / line
    noise = torch.randn(TIME, dtype=torch.float64, generator=draws)
    return Fault(ringing / ringing.std() * 10 ** (decibels / 20) + noise, RATE, line, resonance)


def ims_files() -> list[Path]:
    return sorted(Path(DATA or "missing").glob("ims/1st_test/*"))


def ims_snapshot() -> Tensor:
    """Bearing 3's first channel of the first healthy snapshot there is."""
    return torch.from_numpy(np.loadtxt(ims_files()[0])[:, 4])


def banded(fault: Fault, choose: Callable[..., tuple[Tensor, Tensor, Tensor]]) -> Kept:
    low, high, _ = choose(fault.signal, fault.rate)
    edges = max(float(low), 0.01 * fault.rate), min(float(high), 0.49 * fault.rate)
    passed = band_pass(fault.signal, fault.rate, *edges)
    return Kept(passed, envelope(passed), {"band_hz": edges})


def denoised(fault: Fault, denoise: Denoiser) -> Kept:
    found = denoise(fault.signal, fault.rate)
    note = {"modes": found.parameters.modes, "alpha": found.parameters.alpha}
    bumps = found.signal if denoise.domain == "envelope" else envelope(found.signal)
    return Kept(found.signal, bumps, note)


METHODS: dict[str, Callable[[Fault], Kept]] = {
    "nothing": lambda fault: Kept(fault.signal, envelope(fault.signal), {}),
    "kurtogram": lambda fault: banded(fault, best_band),
    "spectral kurtosis": lambda fault: banded(fault, spectral_kurtosis_band),
    "paper (min_max, envelope)": lambda fault: denoised(fault, PAPER),
    "surrogate + gate": lambda fault: denoised(fault, SURROGATE),
    "improved": lambda fault: denoised(fault, IMPROVED),
}


def rated(fault: Fault, method: str) -> Row:
    """Height of the line, whether it is above its own harmonics and all else, and the band."""
    begin = time.process_time()
    kept = METHODS[method](fault)
    row: Row = {"method": method, "seconds": round(time.process_time() - begin, 2), **kept.note}
    spectrum = torch.fft.rfft(kept.bumps - kept.bumps.mean()).abs()
    axis = spectrum_axis(len(fault.signal), fault.rate)
    row["line_db"] = round(float(line_to_floor_db(spectrum, axis, fault.line_hz)), 2)
    looked = (axis > 40) & (axis < 400)
    strongest = float(axis[looked][spectrum[looked].argmax()])
    row["fundamental_is_greatest"] = abs(strongest / fault.line_hz - 1) < 0.02
    if fault.resonance_hz and method != "paper (min_max, envelope)":  # it decomposes the envelope
        power = torch.fft.rfft(kept.signal).abs().square()
        centre = float((power * axis).sum() / power.sum())
        row["resonance_found"] = abs(centre - fault.resonance_hz) < NEAR
    return row


def mean_of(rows: list[Row], key: str, **where: Any) -> str:
    """Mean ± deviation, or the share where it is yes or no."""
    values = [row[key] for row in rows if key in row and row.items() >= where.items()]
    if not values:
        return "-"
    if isinstance(values[0], bool):
        return f"{sum(values)}/{len(values)}"
    deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
    return f"{np.mean(values):.3g} ± {deviation:.2g}"


def faults(options: argparse.Namespace) -> Iterator[Row]:
    """Bearing faults that nothing was tuned on."""
    for decibels in (5, 0, -5, -10):
        for seed in range(1000, 1000 + options.signals):
            fault = struck_ringing(seed, decibels)
            for method in METHODS:
                yield {"group": f"{decibels} dB", "seed": seed, **rated(fault, method)}


def cwru_file(number: int) -> Path:
    return Path(DATA or "missing") / "cwru" / f"{number}.mat"


def cwru(_: argparse.Namespace) -> Iterator[Row]:
    """Measured faults of 7, 14 and 21 mils without load, 12 kHz, the first second and a bit."""
    orders = BearingGeometry().orders()
    kinds = {"inner": orders.bpfi, "ball": 2 * orders.bsf, "outer": orders.bpfo}
    for kind, order in kinds.items():
        for number in CWRU[kind]:
            stored = scipy.io.loadmat(cwru_file(number))
            signal = torch.from_numpy(stored[f"X{number:03}_DE_time"][:16384, 0])
            rpm = float(stored.get(f"X{number:03}RPM", [[1797.0]])[0][0])
            fault = Fault(signal.double(), 12000.0, order * rpm / 60, None)
            for method in METHODS:
                yield {"group": kind, "file": number, **rated(fault, method)}


def finish(denoise: Denoiser, prepared: Tensor, modes: int, alpha: float) -> tuple[Tensor, Tensor]:
    """Sum of the modes that clustering keeps, and of the best three without it."""
    split = denoise.search.decompose(prepared, modes, alpha)
    index = denoise.indicator(split)
    best = torch.zeros(modes, dtype=torch.bool)
    best[index.topk(min(3, modes)).indices] = True
    return reconstruct(split, denoise.choose(split, index)), reconstruct(split, best)


def simulation(_: argparse.Namespace) -> Iterator[Row]:
    """Section 3: retention of energy beside table 1, and whether the clean signal comes back."""
    plain = Denoiser("whole", "signal")
    readings = {
        f"{norm}, {aggregate}": replace(
            plain, indicator=FaultIndicator(norm), search=VMDSearch(aggregate=aggregate)
        )
        for norm in ("min_max", "fixed", "surrogate")
        for aggregate in ("top3", "max", "mean")
    }
    readings["K = 10, alpha = 200 (the paper's optimum)"] = replace(
        plain, search=VMDSearch(1, modes_min=10, modes_max=10, alpha_min=200, alpha_max=200)
    )
    for seed in range(10):
        clean, noisy = decaying_tone(seed)
        for group, denoise in readings.items():
            found = denoise(noisy, 100.0)
            yield {"group": group, "seed": seed, **compared(found, found.chosen, clean)}
        best = torch.zeros_like(found.chosen)
        best[found.cffi.topk(4).indices] = True  # of ten, as many as the paper's cluster has
        yield {"group": f"{group}, best four", "seed": seed, **compared(found, best, clean)}


def compared(found: Denoised, chosen: Tensor, clean: Tensor) -> Row:
    signal = reconstruct(found.modes, chosen)
    pairs = torch.stack([signal, clean]), torch.stack([found.prepared, clean])
    after, before = (float(torch.corrcoef(pair)[0, 1]) for pair in pairs)
    return {
        "serr": float(energy_retention(signal, found.prepared)),
        "kept": int(chosen.sum()),
        "fitness": float(found.parameters.history[-1]),
        "modes": found.parameters.modes,
        "alpha": found.parameters.alpha,
        "correlation": after,
        "correlation_before": before,
    }


def subjects() -> Iterator[tuple[str, Tensor, float | None]]:
    """What ablation and stability look at: prepared as the paper says, with the fault's line."""
    fault = struck_ringing(999, 0.0)
    yield "simulated fault, 0 dB", PAPER.prepare(fault.signal, RATE)[0], fault.line_hz
    yield "IMS, healthy", PAPER.prepare(ims_snapshot(), RATE)[0], None


def retained(found: Tensor, prepared: Tensor, line_hz: float | None) -> Row:
    row: Row = {"serr": float(energy_retention(found, prepared))}
    if line_hz:
        row["serr_feature"] = float(feature_retention(found, prepared, RATE, line_hz))
        spectrum, axis = torch.fft.rfft(found).abs(), spectrum_axis(TIME, RATE)
        row["line_db"] = float(line_to_floor_db(spectrum, axis, line_hz))
    return row


def ablation(_: argparse.Namespace) -> Iterator[Row]:
    """Figure 10: the parts of the method taken out one at a time."""
    fixed = VMDSearch(1, modes_min=10, modes_max=10, alpha_min=400, alpha_max=400)
    grid = torch.cartesian_prod(torch.linspace(2, 25, 7).round(), torch.linspace(100, 3000, 7))
    for subject, prepared, line_hz in subjects():
        tuned = tune_vmd(prepared, PAPER.search, PAPER.indicator)
        values = PAPER.search.fitness(PAPER.search.part(prepared), grid, PAPER.indicator)
        on_grid = grid[values.argmax()].tolist()
        entropy = ENTROPIES["envelope entropy"]
        other = tune_vmd(prepared, VMDSearch(aggregate="max"), entropy)
        full, unclustered = finish(PAPER, prepared, tuned.modes, tuned.alpha)
        made = {
            "complete": (full, *tuned[:2]),
            "fixed K = 10, alpha = 400": (
                finish(PAPER, prepared, fixed.modes_min, fixed.alpha_min)[0], 10, 400.0
            ),
            "grid of 49": (finish(PAPER, prepared, int(on_grid[0]), on_grid[1])[0], *on_grid),
            "envelope entropy": (finish(PAPER, prepared, *other[:2])[0], *other[:2]),
            "no clustering, best three": (unclustered, *tuned[:2]),
        }  # fmt: skip
        for group, (found, modes, alpha) in made.items():
            own = {"group": group, "subject": subject, "modes": modes, "alpha": alpha}
            yield own | retained(found, prepared, line_hz)


def stability(_: argparse.Namespace) -> Iterator[Row]:
    """Figure 11: ten searches with other random numbers, for each fitness."""
    for subject, prepared, line_hz in subjects():
        ratings: dict[str, Rating] = {"CFFI": PAPER.indicator, **ENTROPIES}
        for group, rating in ratings.items():
            for seed in range(10):
                aggregate = "top3" if group == "CFFI" else "max"
                search = VMDSearch(aggregate=aggregate, seed=seed)  # type: ignore[arg-type]
                tuned = tune_vmd(prepared, search, rating)
                found = finish(PAPER, prepared, tuned.modes, tuned.alpha)[0]
                own = {"group": group, "subject": subject, "seed": seed}
                own |= {"modes": tuned.modes, "alpha": tuned.alpha}
                yield own | retained(found, prepared, line_hz)


def speed(_: argparse.Namespace) -> Iterator[Row]:
    """CPU seconds of a search of 50 evaluations on 20,480 samples, all segments and eight."""
    signal = struck_ringing(998, 0.0).signal
    norms: tuple[Norm, ...] = ("min_max", "surrogate")
    for norm in norms:
        for segments in (None, 8):
            rating = FaultIndicator(norm, segments=segments)
            tune_vmd(signal[:4096], VMDSearch(2), rating)  # compiles
            for seed in range(2):
                begin = time.process_time()
                tuned = tune_vmd(signal, VMDSearch(seed=seed), rating)
                seconds = time.process_time() - begin
                group = f"{norm}, {segments or 'all 20'} segments"
                yield {"group": group, "seconds": seconds, "evaluations": tuned.evaluations}


PARTS = {
    "speed": (speed, ["seconds", "evaluations"]),
    "simulation": (
        simulation,
        ["serr", "kept", "fitness", "modes", "alpha", "correlation", "correlation_before"],
    ),
    "ablation": (ablation, ["serr", "serr_feature", "line_db", "modes", "alpha"]),
    "stability": (stability, ["serr", "serr_feature", "line_db", "modes", "alpha"]),
    "cwru": (cwru, ["line_db", "fundamental_is_greatest", "seconds"]),
    "faults": (faults, ["line_db", "fundamental_is_greatest", "resonance_found", "seconds"]),
}


def summary(rows: list[Row], keys: list[str]) -> dict[str, Row]:
    """Mean ± deviation of each key, by group and method or subject."""
    names = dict.fromkeys(
        tuple((k, row[k]) for k in ("group", "method", "subject") if k in row) for row in rows
    )
    return {
        " | ".join(str(value) for _, value in name): {
            key: mean_of(rows, key, **dict(name)) for key in keys
        }
        for name in names
    }


def without_data(parts: list[str]) -> dict[str, str]:
    """What is not there of the data of each part that needs some."""
    away = [str(cwru_file(n)) for numbers in CWRU.values() for n in numbers]
    away = [name for name in away if not Path(name).is_file()]
    lacks = {"cwru": ", ".join(away)}
    if not ims_files():
        lacks |= dict.fromkeys(("ablation", "stability"), "ims/1st_test")
    return {part: lacks[part] for part in parts if lacks.get(part)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--signals", type=int, default=10, help="of each noise level")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/cffi.json")
    options = parser.parse_args()
    if lacking := without_data(options.only):
        said = "; ".join(f"{part} lacks {data}" for part, data in lacking.items())
        parser.error(f"{said}: set IADTLN_DATA_DIR, or name the other parts with --only")
    torch.set_num_threads(1)
    results = json.loads(options.output.read_text()) if options.output.is_file() else {}
    results["published"] = {
        "simulation, table 1": PUBLISHED,
        "simulation, text": {"serr": 0.31254, "fitness": 0.11976, "modes": 10, "alpha": 200},
        "IMS, text": {"serr": 0.21356, "modes": 10, "alpha": 400},
        "stability": {"CFFI": "about 0.20 to 0.24", "entropies": "about 0.50 to 0.60"},
    }
    for part in options.only:
        function, keys = PARTS[part]
        begin = time.process_time()
        rows = list(function(options))
        machine = {"threads": 1, "torch": torch.__version__, "processor": platform.machine()}
        results[part] = {
            "cpu_seconds": round(time.process_time() - begin, 1),
            **machine,
            "summary": summary(rows, keys),
            "rows": rows,
        }
        with written_whole(options.output) as aside:
            aside.write_text(json.dumps(results, indent=1) + "\n")
        print(f"\n{part}, {results[part]['cpu_seconds']} s")
        for name, values in results[part]["summary"].items():
            print(f"{name:55s}", *(f"{key} {value}" for key, value in values.items()), sep="  ")


if __name__ == "__main__":
    main()
