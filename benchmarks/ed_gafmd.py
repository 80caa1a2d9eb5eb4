"""ED-GAFMD on the simulated run-up of its section 3, beside what it is compared with.

    python benchmarks/ed_gafmd.py [--seeds 10] [--amplitudes 1 0.2 3] [--decay 800] [--population 8]

For each method the height of the fault's line over the local floor of the envelope order
spectrum, in dB, of the mode that each rule chooses, and of the best mode there is. Writes the
numbers as JSON, a table and the pictures of figures 3 to 9. 'Measured, in time' is the envelope
spectrum over the mean speed, in which the run-up smears the line.
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

from datamodules.ramp_simulation import FAULT_ORDERS

ROOT = Path(__file__).parents[1]
Row: TypeAlias = dict[str, Any]


def with_former(rows: list[Row], output: Path, names: list[str]) -> list[Row]:
    """Rows of before and the new ones in their place, in the order of the names."""
    former = json.loads(output.read_text())["rows"] if output.is_file() else []

    def place(row: Row) -> tuple[Any, ...]:
        return row["method"], row["race"], row["amplitude"], row["seed"]

    fresh = {place(row) for row in rows}
    kept = [row for row in former if place(row) not in fresh]
    return sorted(kept + rows, key=lambda row: names.index(row["method"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--amplitudes", type=float, nargs="+", default=[1.0, 0.2, 3.0])
    parser.add_argument("--decay", type=float, default=800.0, help="of the ringing, per second")
    parser.add_argument("--population", type=int, default=8)
    parser.add_argument("--generations", type=int, default=8)
    parser.add_argument("--samples", type=int, default=8192, help="that a search looks at")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="+", help="methods to do again, in the numbers of before")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/ed_gafmd.json")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs/results/ed_gafmd")
    options = parser.parse_args()
    if options.only and options.output.is_file():
        settings = json.loads(options.output.read_text())["settings"]
        if settings.get("decay", 800.0) != options.decay:
            parser.error(f"{options.output} is of another decay; give another --output")
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
        rows = with_former(rows, options.output, ["measured, in time", *runs[0].methods()])
    options.folder.mkdir(parents=True, exist_ok=True)
    text = page(rows, options.decay)
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
