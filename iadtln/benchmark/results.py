"""All runs of a benchmark in one table, a row each."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from iadtln.benchmark.plan import Run
from iadtln.benchmark.runs import state_of
from iadtln.files import written_whole
from iadtln.selection import ORACLE, selected

SCORES = ("accuracy", "macro_f1", "source_accuracy")
NOT_KNOWN = dict.fromkeys((*SCORES, "seconds"), float("nan"))
NEEDED = ("task", "method", "setting", "status", "error", "config_hash", "folder", "device")
# also where they look like numbers: a domain 007, a digest 12e5
WORDS = (
    *NEEDED,
    "source",
    "target",
    "protocol",
    "chosen_by",
    "python",
    "iadtln",
    "torch",
    "lightning",
)
FILE = "joined from"
Row = dict[str, Any]


def collect(
    runs: Sequence[Run], output: Path, elsewhere: Mapping[Path, Row] | None = None
) -> pd.DataFrame:
    """What is known of every run that has ended, well or not.

    Args:
        runs: of the benchmark.
        output: its folder.
        elsewhere: rows of runs that were finished in other folders, by their place in it.

    Returns:
        One row a run: its names, status, every metric (0 to 1), seconds, device and versions.
    """
    elsewhere = elsewhere or {}
    rows = [elsewhere.get(run.folder) or row_of(run, output) for run in runs]
    return pd.DataFrame([row for row in rows if row["status"] in ("finished", "failed")])


def read(files: Sequence[Path]) -> pd.DataFrame:
    """Rows of finished runs from the ``results.csv`` of other folders; the first file wins.

    Args:
        files: to read.

    Returns:
        Each run once, with the name of its file.

    Raises:
        ValueError: If a file is not one of ``benchmark``.
        FileNotFoundError: If it is not there.
    """
    tables = []
    for file in files:
        if not file.is_file():
            raise FileNotFoundError(
                f"expected results.csv of a benchmark, there is none at '{file}'"
            )
        try:
            table = pd.read_csv(
                file, dtype=dict.fromkeys(WORDS, str), keep_default_na=False, na_values=[""]
            )
            table = table.assign(**{name: table[name].fillna("") for name in NEEDED})
            finished = table[table["status"] == "finished"]
            tables.append(finished.astype({"seed": int}).assign(**{FILE: str(file)}))
        except (ValueError, KeyError) as error:
            raise ValueError(f"'{file}' is not results.csv of a benchmark: {error}") from error
    if not tables:
        return pd.DataFrame(columns=[*NEEDED, "seed", FILE])
    return pd.concat(tables).drop_duplicates(["setting", "task", "method", "seed"])


def rows_of(runs: Sequence[Run], known: pd.DataFrame) -> dict[Path, Row]:
    """The rows of a plan's runs.

    Args:
        runs: of the plan.
        known: what ``read`` returned.

    Returns:
        Rows by the run's folder, without those of runs that the plan does not have.

    Raises:
        ValueError: If a run had other options.
    """
    planned = {(run.setting, run.task, run.method, run.seed): run for run in runs}
    rows: dict[Path, Row] = {}
    for row in known.to_dict("records"):
        run = planned.get((row["setting"], row["task"], row["method"], row["seed"]))
        if run is None:
            continue
        file = row.pop(FILE)
        if row["config_hash"] != run.fingerprint:
            raise ValueError(
                f"in '{file}', '{run}' was run with other options than now; join tables of the "
                "same plan, or take that row out"
            )
        rows[run.folder] = NOT_KNOWN | {str(name): one for name, one in row.items()}
    return rows


def row_of(run: Run, output: Path) -> Row:
    """One run."""
    folder = output / run.folder
    names = {"task": run.task, "method": run.method, "setting": run.setting, "seed": run.seed}
    row: Row = {**names, "status": "open", "error": "", **state_of(folder)}
    row["folder"] = run.folder.as_posix()
    if row["status"] == "finished":
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        metrics |= {f"open_set/{name}": one for name, one in metrics.pop("open_set", {}).items()}
        row |= {name: one for name, one in metrics.items() if isinstance(one, (int, float, str))}
        history = folder / "selection.csv"
        if history.exists() and ORACLE in (epochs := pd.read_csv(history)):
            row |= {f"selected/{name}": value for name, value in selected(epochs).items()}
    return {**NOT_KNOWN, **row}


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
