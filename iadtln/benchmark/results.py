"""All runs of a benchmark in one table, a row each."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from iadtln.benchmark.plan import Run
from iadtln.benchmark.runs import state_of
from iadtln.files import written_whole
from iadtln.selection import ORACLE, selected

SCORES = ("accuracy", "macro_f1", "source_accuracy")


def collect(runs: Sequence[Run], output: Path) -> pd.DataFrame:
    """What is known of every run that has ended, well or not.

    Args:
        runs: of the benchmark.
        output: its folder.

    Returns:
        One row a run: its names, status, every metric (0 to 1), seconds, device and versions.
    """
    rows = [row_of(run, output) for run in runs]
    return pd.DataFrame([row for row in rows if row["status"] in ("finished", "failed")])


def row_of(run: Run, output: Path) -> dict[str, Any]:
    """One run."""
    folder = output / run.folder
    names = {"task": run.task, "method": run.method, "setting": run.setting, "seed": run.seed}
    row: dict[str, Any] = {**names, "status": "open", "error": "", **state_of(folder)}
    row["folder"] = run.folder.as_posix()
    if row["status"] == "finished":
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        metrics |= {f"open_set/{name}": one for name, one in metrics.pop("open_set", {}).items()}
        row |= {name: one for name, one in metrics.items() if isinstance(one, (int, float, str))}
        history = folder / "selection.csv"
        if history.exists() and ORACLE in (epochs := pd.read_csv(history)):
            row |= {f"selected/{name}": value for name, value in selected(epochs).items()}
    return {**dict.fromkeys((*SCORES, "seconds"), float("nan")), **row}


def write(results: pd.DataFrame, output: Path) -> None:
    """Write ``results.csv``, and ``results.parquet`` where pyarrow is installed."""
    with written_whole(output / "results.csv") as aside:
        results.to_csv(aside, index=False)
    try:
        import pyarrow  # noqa: F401 - extra 'readers'
    except ImportError:
        return
    with written_whole(output / "results.parquet") as aside:
        results.to_parquet(aside, index=False)
