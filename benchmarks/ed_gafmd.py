"""ED-GAFMD on the simulated run-up of its section 3, beside what it is compared with.

    python benchmarks/ed_gafmd.py [--seeds 10] [--amplitudes 1 0.2 3] [--decay 800] [--population 8]

For each method the height of the fault's line over the local floor of the envelope order
spectrum, in dB, of the mode that each rule chooses, and of the best mode there is. Writes the
numbers as JSON, a table and the pictures of figures 3 to 9. 'Measured, in time' is the envelope
spectrum over the mean speed, in which the run-up smears the line. Numbers are written after
each recording; ``--resume`` goes on from there.
"""

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any, TypeAlias

import joblib
import torch
from ed_gafmd_pictures import draw
from ed_gafmd_run import Run
from ed_gafmd_tables import page
from tqdm import tqdm

from datamodules.ramp_simulation import FAULT_ORDERS, Race, RampSettings, ramp_recording
from iadtln.files import written_whole

ROOT = Path(__file__).parents[1]
Row: TypeAlias = dict[str, Any]
SAME = "decay", "population", "generations", "samples"  # of all rows of one file


def place(row: Row) -> tuple[Any, ...]:
    """What a row is of."""
    return row["method"], row["race"], row["amplitude"], row["seed"]


def former_rows(options: argparse.Namespace) -> list[Row]:
    """Rows of before: they stay until they are done again."""
    if not options.output.is_file():
        return []
    former = json.loads(options.output.read_text())
    settings = {"decay": 800.0, **former["settings"]}  # the first files do not say it
    other = [name for name in SAME if settings[name] != getattr(options, name)]
    if other:
        names = ", ".join(f"{name} {settings[name]:g}" for name in other)
        raise SystemExit(f"{options.output} was made with {names}; give another --output")
    return former["rows"]


def write(rows: list[Row], options: argparse.Namespace, seconds: float) -> None:
    """Write the numbers, whole or not at all."""
    settings = {k: v for k, v in vars(options).items() if not isinstance(v, Path)}
    settings |= {"seconds": round(seconds), "torch": torch.__version__, "threads a job": 1}
    settings |= {"processor": platform.processor() or platform.machine()}
    with written_whole(options.output) as aside:
        aside.write_text(json.dumps({"settings": settings, "rows": rows}, indent=1) + "\n")


def simulated(
    race: Race, amplitude: float, seed: int, options: argparse.Namespace, known: set[Any]
) -> Run:
    """One recording to be done; pictures show the first seed."""
    recording = ramp_recording(race, RampSettings(amplitude=amplitude, decay=options.decay), seed)
    named = {"race": race, "amplitude": amplitude, "seed": seed}
    first = amplitude == options.amplitudes[0]
    return Run(recording, FAULT_ORDERS[race], named, options, known, first, pictured=seed == 0)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--amplitudes", type=float, nargs="+", default=[1.0, 0.2, 3.0])
    parser.add_argument("--decay", type=float, default=800.0, help="of the ringing, per second")
    parser.add_argument("--population", type=int, default=8)
    parser.add_argument("--generations", type=int, default=8)
    parser.add_argument("--samples", type=int, default=8192, help="that a search looks at")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="+", help="methods to do; others stay as they are")
    parser.add_argument("--resume", action="store_true", help="do what the output does not hold")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/ed_gafmd.json")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs/results/ed_gafmd")
    return parser.parse_args()


def main() -> None:
    options = parse()
    begin = time.perf_counter()
    rows = former_rows(options)
    known = {place(row) for row in rows} if options.resume else set()
    # seeds outside, so that a run which is cut short has whole seeds
    runs = [
        simulated(race, amplitude, seed, options, known)
        for amplitude in options.amplitudes
        for seed in range(options.seeds)
        for race in FAULT_ORDERS
    ]
    names = ["measured, in time", *runs[0].methods()]
    side_by_side = joblib.Parallel(options.jobs, return_as="generator")
    pictured = []
    for found, kept in tqdm(side_by_side(joblib.delayed(run)() for run in runs), total=len(runs)):
        fresh = {place(row) for row in found}
        rows = [row for row in rows if place(row) not in fresh] + found
        rows.sort(key=lambda row: names.index(row["method"]))
        write(rows, options, time.perf_counter() - begin)
        pictured.append(kept)
    text = page(rows, options)
    with written_whole(options.folder / "table.md") as aside:
        aside.write_text(text)
    print(text)
    if not (options.only or options.resume):
        draw(runs[:2], pictured[:2], options.folder)


if __name__ == "__main__":
    main()
