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

import numpy as np
import torch

from datamodules.ramp_simulation import FAULT_ORDERS, RampSettings, ramp_recording
from iadtln.front_ends.mode_search import ModeSearch
from iadtln.front_ends.searched_modes import search_afmd
from iadtln.search import GWO
from iadtln.signals.resampling import resample_by_angle

TURN = 512.0  # samples a revolution


def measure(samples: int, population: int, generations: int) -> dict[str, object]:
    """Search both races' records once."""
    found: dict[str, object] = {}
    search = ModeSearch(GWO(population), generations, samples=samples, seed=0)
    for race, order in FAULT_ORDERS.items():
        recording = ramp_recording(race, RampSettings(), seed=0)
        angle = resample_by_angle(
            recording.signal[0], recording.sampling_rate, np.asarray(recording.rpm), TURN
        )
        signal = angle[:samples]
        begin = time.perf_counter()
        result = search_afmd(signal, TURN, order, search)
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
    found = measure(options.samples, options.population, options.generations)
    text = json.dumps({"settings": settings, **found}, indent=1)
    options.output.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
