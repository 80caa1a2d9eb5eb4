"""The table of the README: source-only and IADTLN on measured recordings.

    python benchmarks/real_data.py --jobs 2 --seeds 0 1 2

Every cell is ``python -m iadtln compare`` on one task; finished runs are not repeated, so an
interrupted table goes on where it stopped. Protocol ``paper`` (transductive), last epoch; the
target's labels are read by the test alone.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from tqdm.auto import tqdm

SPEEDS = (600, 900, 1200)


@dataclass(frozen=True)
class Task:
    """One row of the table."""

    group: str
    config: str
    source: str
    target: str
    published: str = ""
    recipe: str = "tuned"

    @property
    def name(self) -> str:
        return f"{self.source}→{self.target}"

    @property
    def folder(self) -> Path:
        return Path(self.config) / f"{self.source}_{self.target}"


def tasks() -> list[Task]:
    """All rows, with the value of the paper's table 6 where the task stands there."""
    four = [("0hp", "3hp", "99.21"), ("3hp", "0hp", "")]
    types = [
        ("0hp", "1hp", "99.05"), ("0hp", "3hp", "99.21"), ("1hp", "3hp", "95.49"),
        ("2hp", "0hp", "94.64"), ("2hp", "1hp", "95.12"), ("3hp", "2hp", "96.01"),
    ]  # fmt: skip
    rows = [Task("CWRU, NC + 3 fault types", "cwru_0_to_3", *row) for row in four]
    rows += [Task("CWRU, 3 fault types", "cwru_types", *row) for row in types]
    nine = [("0hp", "3hp"), ("3hp", "0hp")]
    rows += [Task("CWRU, 9 faults", "cwru_nine_faults", *row) for row in nine]
    pairs = [(f"MFS-{a}", f"MFS-{b}", "", "tuned_long") for a in SPEEDS for b in SPEEDS if a != b]
    rows += [Task("HIT-SM, envelope in angle", "hit_sm_envelope_angle", *row) for row in pairs]
    rows += [Task("HIT-SM, raw signal", "hit_sm_raw", *row) for row in pairs]
    return rows


def run(task: Task, output: Path, own: list[str], extra: list[str]) -> int:
    """One task in a process of its own; returns its exit status."""
    folder = output / task.folder
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "iadtln", "compare", f"--output={folder}"),
        *("--config", f"configs/experiments/{task.config}.yaml"),
        *("--config", f"configs/recipe/{task.recipe}.yaml"),
        *("--data.init_args.source", task.source, "--data.init_args.target", task.target),
        *own,
        *extra,
    ]
    with (folder / "log.txt").open("a") as log:
        return subprocess.run(command, stdout=log, stderr=log, check=False).returncode


def table(output: Path) -> pd.DataFrame:
    """What is finished so far, a row a task."""
    rows = []
    for task in tasks():
        path = output / task.folder / "comparison.csv"
        if not path.exists():
            continue
        cell = pd.read_csv(path, index_col="arm")
        shown = {str(arm): mean_and_deviation(row) for arm, row in cell.iterrows()}
        rows.append({"data": task.group, "task": task.name, **shown, "paper": task.published})
    columns = ["data", "task", "source only", "adapted", "paper"]
    return pd.DataFrame(rows, columns=columns).fillna("")


def mean_and_deviation(row: pd.Series) -> str:
    """One cell; a single seed has no deviation and says so."""
    seeds = int(row.drop(["mean", "std"]).notna().sum())
    deviation = f" ± {row['std']:.2f}" if seeds > 1 else " (1 seed)"
    return f"{row['mean']:.2f}{deviation}"


def markdown(frame: pd.DataFrame) -> str:
    """The table as the README shows it."""
    lines = [list(frame.columns), ["---"] * len(frame.columns), *frame.astype(str).to_numpy()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--jobs", type=int, default=2, help="tasks side by side")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", default="", help="only tasks whose config starts so")
    parser.add_argument("--output", type=Path, default=Path("runs/real_data"))
    parser.add_argument("--arms", nargs="+", default=["source only", "adapted"])
    own, extra = parser.parse_known_args()
    passed = ["--seeds", *map(str, own.seeds), "--arms", *own.arms]
    chosen = [task for task in tasks() if task.config.startswith(own.only)]
    with ThreadPoolExecutor(own.jobs) as pool:
        codes = pool.map(lambda task: run(task, own.output, passed, extra), chosen)
        bar = tqdm(zip(chosen, codes, strict=True), total=len(chosen), unit="task")
        failed = [task for task, code in bar if code]
    print(markdown(table(own.output)))
    if failed:
        sys.exit(f"{len(failed)} tasks failed, see log.txt in their folders: {failed}")


if __name__ == "__main__":
    main()
