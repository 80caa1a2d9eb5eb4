"""Seconds of a whole ED-GAFMD search: 20 wolves, 20 generations, one record of 65,536 samples.

    python benchmarks/search.py [--samples 65536] [--population 20] [--generations 20] [--threads 2]

The record is the simulated run-up of the paper's section 3, order-tracked; the search looks at all
of it. The goal is a minute on two cores.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import torch
from ed_gafmd_run import SAMPLES_PER_REVOLUTION, Run

from datamodules.ramp_simulation import FAULT_ORDERS, ramp_recording
from iadtln.front_ends.searched_modes import search_afmd


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Search both races' records once."""
    found: dict[str, object] = {}
    for race, order in FAULT_ORDERS.items():
        run = Run(ramp_recording(race), order, {"race": race, "seed": 0}, options)
        signal = run.angle[: options.samples]
        begin = time.perf_counter()
        result = search_afmd(signal, SAMPLES_PER_REVOLUTION, order, run.search())
        found[race] = {
            "samples": len(signal),
            "seconds": round(time.perf_counter() - begin, 1),
            "n, K, L": result.parameters,
            "decompositions": result.decompositions,
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=65536)
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--generations", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results/search.json"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings = {k: v for k, v in vars(options).items() if k != "output"}
    settings |= {"processor": platform.processor() or platform.machine()}
    settings |= {"torch": torch.__version__}
    found = measure(options)
    text = json.dumps({"settings": settings, **found}, indent=1)
    options.output.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
