"""Ours and the references on the same windows, in turns in one process: shared by benchmarks.

Whatever else the machine does then hits each of them. CPU time counts (of all threads), wall time
stands beside it.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BATCH = 64
RESULTS = Path(__file__).parent / "results"
Array = NDArray[np.float64]


class Case(NamedTuple):
    """One row of the table.

    Args:
        name: of the algorithm and its settings.
        samples: in a window.
        forms: what takes turns, with how many windows each works on in a call.
    """

    name: str
    samples: int
    forms: dict[str, tuple[Callable[[], object], int]]


def windows(samples: int, batch: int = BATCH) -> Tensor:
    """Ringing impulses every 100 samples in noise, float64."""
    generator = torch.Generator().manual_seed(0)
    ring = torch.arange(100, dtype=torch.float64)
    pulse = torch.exp(-0.1 * ring) * torch.sin(1.4 * ring)
    train = pulse.repeat(samples // 100 + 1)[:samples]
    return train + 0.5 * torch.randn(batch, samples, dtype=torch.float64, generator=generator)


def one_by_one(
    function: Callable[[Array], object], signal: Tensor, number: int
) -> tuple[Callable[[], object], int]:
    """A reference on ``number`` windows, one after another."""
    rows = [np.ascontiguousarray(row) for row in signal[:number].numpy()]
    return (lambda: [function(row) for row in rows]), number


def both(
    function: Callable[[Tensor], object], signal: Tensor
) -> dict[str, tuple[Callable[[], object], int]]:
    """Ours in both precisions."""
    single = signal.float()
    return {
        "ours float32": (lambda: function(single), len(signal)),
        "ours float64": (lambda: function(signal), len(signal)),
    }


def measure(case: Case, rounds: int) -> dict[str, object]:
    """Median milliseconds a window of each form, which take turns; a first round warms up."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in case.forms}
    for number in range(rounds + 1):
        for name, (call, count) in case.forms.items():
            begin = time.process_time(), time.perf_counter()
            call()
            took = time.process_time() - begin[0], time.perf_counter() - begin[1]
            if number:
                spent[name].append((1e3 * took[0] / count, 1e3 * took[1] / count))
    cpu, wall = (
        {name: round(statistics.median(t[i] for t in times), 4) for name, times in spent.items()}
        for i in (0, 1)
    )
    fastest = min(value for name, value in cpu.items() if not name.startswith("ours"))
    return {
        "case": case.name,
        "samples": case.samples,
        "CPU ms a window": cpu,
        "wall ms a window": wall,
        "times as fast, float32": round(fastest / cpu["ours float32"], 1),
        "times as fast, float64": round(fastest / cpu["ours float64"], 1),
    }


def compare(cases: Mapping[str, Callable[[], Iterator[Case]]], name: str, what: str) -> None:
    """Measure the cases that the command line asks for and write them as JSON.

    Args:
        cases: by the name that chooses them.
        name: of the file in ``benchmarks/results``.
        what: the benchmark, for ``--help``.
    """
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=cases, default=list(cases))
    parser.add_argument("--output", type=Path, default=RESULTS / f"{name}.json")
    options = parser.parse_args()
    rows = []
    for threads in options.threads:
        torch.set_num_threads(threads)
        for chosen in options.only:
            for case in cases[chosen]():
                row = {"threads": threads, **measure(case, options.rounds)}
                rows.append(row)
                print(json.dumps(row), flush=True)
    found = {
        "processor": platform.processor() or platform.machine(),
        "torch": torch.__version__,
        "batch": BATCH,
        "rows": rows,
    }
    options.output.write_text(json.dumps(found, indent=2) + "\n")
