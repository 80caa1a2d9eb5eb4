"""Runs an hour: `benchmark` beside the same runs one after another, on the same machine.

    python benchmarks/table.py [--config PLAN] [--only TEXT ...] [--seeds 0] [--jobs N]

One after another is what a person types without `benchmark`: `python -m iadtln compare --arms
adapted` for each run (train, test, pictures), with the threads that PyTorch chooses by itself. Both
ways do the same runs; how far their accuracies differ is printed too (other numbers of threads sum
in another order).
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from iadtln.benchmark.plan import Run, runs_of
from iadtln.benchmark.pool import run_all
from iadtln.benchmark.runs import jobs_at_once
from iadtln.verbs.benchmark import read_plan

ROOT = Path(__file__).parents[1]


def one_after_another(runs: list[Run], output: Path) -> float:
    """Seconds of all runs, each a process of its own with default threads."""
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    begin = time.perf_counter()
    for number, run in enumerate(runs):
        own = [f"--output={output / str(number)}", "--arms", "adapted", "--seeds", str(run.seed)]
        command = [sys.executable, "-m", "iadtln", "compare", *own, *run.arguments]
        subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - begin


def side_by_side(runs: list[Run], output: Path, jobs: int) -> float:
    """Seconds of the same runs as `benchmark` does them."""
    begin = time.perf_counter()
    run_all(runs, output, "loky", None, jobs, threads=1, retries=0)
    return time.perf_counter() - begin


def accuracy(folder: Path) -> float:
    return float(json.loads((folder / "metrics.json").read_text())["accuracy"])


def measure(runs: list[Run], jobs: int) -> dict[str, object]:
    """Both ways, and what came out."""
    with tempfile.TemporaryDirectory() as place:
        alone, together = Path(place) / "alone", Path(place) / "together"
        seconds = one_after_another(runs, alone), side_by_side(runs, together, jobs)
        differences = [
            abs(
                accuracy(alone / str(i) / "adapted" / f"seed_{run.seed}")
                - accuracy(together / run.folder)
            )
            for i, run in enumerate(runs)
        ]
    hourly = [3600 * len(runs) / one for one in seconds]
    return {
        "runs": len(runs),
        "jobs": jobs,
        "one after another, runs an hour": round(hourly[0], 1),
        "benchmark, runs an hour": round(hourly[1], 1),
        "times as many": round(hourly[1] / hourly[0], 2),
        "largest difference of accuracy, points": round(100 * max(differences), 2),
        "cores": len(os.sched_getaffinity(0)),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        "processor": platform.processor() or platform.machine(),
        "torch": torch.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=ROOT / "configs/benchmarks/overview.yaml")
    parser.add_argument("--only", nargs="+", default=["CWRU 9 faults 3→0 hp (paper)"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--jobs", type=int, default=jobs_at_once(threads=1, runs_per_gpu=4))
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/table.json")
    options = parser.parse_args()
    plan = read_plan(options.config)
    plan.seeds = options.seeds
    planned = runs_of(plan, options.config.parent)
    runs = [run for run in planned if any(text in str(run) for text in options.only)]
    found = measure(runs, options.jobs)
    options.output.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
