"""What a run left on disk, read with care: what is missing or damaged is said, not raised."""

import filecmp
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from lightning.fabric.utilities.exceptions import MisconfigurationException

from iadtln.callbacks.open_set import UNKNOWN
from iadtln.configurations import read_yaml

SECTIONS = ("trainer", "model", "data")  # of a configuration
NEEDED = {"recording", "start", "truth", "prediction"}
TEST_FIRST = (
    "scores, confusion matrix, verdicts, worst windows, features and channels: there are no test "
    "results; test the run (python -m iadtln test --config {config} --ckpt_path {checkpoint}), "
    "then ask for this page again"
)


@dataclass
class Left:
    """The files of a run.

    Args:
        folder: of the training, or of the test alone.
        tested: folder of the test's results, which is another one after the verb ``test``.
        text: of ``config.yaml``.
        config: its content.
        checkpoint: that was tested, else the last one.
        metrics: of the test.
        predictions: one row a window of the test.
        state: what the benchmark noted of a run: seconds, versions.
        absent: what is not there and why, in sentences.
    """

    folder: Path
    tested: Path | None = None
    text: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    checkpoint: Path | None = None
    metrics: dict[str, Any] | None = None
    predictions: pd.DataFrame | None = None
    state: dict[str, Any] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)


def read_left(named: Path) -> Left:
    """Read the folder of a run, and that of its newest test beside it.

    Args:
        named: folder of a training or of its test.

    Raises:
        FileNotFoundError: If it is no folder of a run.
    """
    if not (named / "config.yaml").is_file():
        what = "it is no folder" if not named.is_dir() else "it holds no config.yaml"
        raise FileNotFoundError(
            f"expected the folder of a run, such as runs/version_0, got '{named}': {what}"
        )
    folder = trained_in(named)
    tested = named if (named / "metrics.json").is_file() else newest_test(folder)
    left = Left(folder, tested)
    _read_config(left)
    left.state = read_json(folder / "run.json") or {}
    if tested is not None:
        left.metrics = _read_metrics(left, tested / "metrics.json")
        left.predictions = _read_predictions(left, tested / "predictions.csv")
        _take_data_of_test(left, tested / "config.yaml")
    left.checkpoint = _checkpoint(left)
    if tested is None:
        left.absent.append(
            TEST_FIRST.format(
                config=folder / "config.yaml", checkpoint=left.checkpoint or "its checkpoint"
            )
        )
    return left


def read_json(path: Path) -> dict[str, Any] | None:
    """An object in a file; None if it is missing, damaged or something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def weights_of(metrics: dict[str, Any] | None, beside: Path) -> Path | None:
    """Checkpoint that a test names, or the copy of it beside the test where runs have been moved.

    Args:
        metrics: of the test.
        beside: folder of the test.

    Returns:
        None if it names none, or it is not there.
    """
    named = (metrics or {}).get("checkpoint")
    if not isinstance(named, str):
        return None
    path = Path(named)
    moved = beside.resolve().parent.joinpath(*path.parts[-3:])
    if not path.is_file():
        return moved if moved.is_file() else None
    if not moved.is_file() or moved.samefile(path):  # and need not be read to be compared
        return path
    return moved if filecmp.cmp(path, moved, shallow=False) else path


def trained_in(named: Path) -> Path:
    """Folder of the training that a folder belongs to; itself, if it trained or nothing is known.

    Args:
        named: folder of a training, or of a test.
    """
    weights = weights_of(read_json(named / "metrics.json"), named)
    if (named / "checkpoints").is_dir() or weights is None:
        return named
    folder = weights.parent.parent
    return folder if (folder / "config.yaml").is_file() else named


def newest_test(folder: Path) -> Path | None:
    """Folder beside a run with the newest test of one of its checkpoints, None if there is none."""
    tests = []
    for path in folder.resolve().parent.glob("*/metrics.json"):
        weights = weights_of(read_json(path), path.parent)
        if weights is not None and weights.resolve().is_relative_to(folder.resolve()):
            tests.append(path)
    return max(tests, key=lambda path: path.stat().st_mtime).parent if tests else None


def _read_config(left: Left) -> None:
    try:
        left.text = (left.folder / "config.yaml").read_text(encoding="utf-8")
        content = read_yaml(left.folder / "config.yaml")
    except (OSError, ValueError, MisconfigurationException) as error:
        left.absent.append(f"the configuration: config.yaml cannot be read ({first_line(error)})")
        return
    left.config = content if isinstance(content, dict) else {}
    wrong = [n for n in SECTIONS if not isinstance(left.config.get(n, {}), dict)]
    if wrong or not left.config:
        left.absent.append(f"the configuration: config.yaml names no options {', '.join(wrong)}")
    left.config = {name: own for name, own in left.config.items() if name not in wrong}


def _take_data_of_test(left: Left, path: Path) -> None:
    """A test may name other domains than the training did; scores and windows are then of those."""
    try:
        content = read_yaml(path)
    except (OSError, MisconfigurationException):
        return
    data = content.get("data") if isinstance(content, dict) else None
    if isinstance(data, dict) and _domains(data) != _domains(left.config.get("data", {})):
        left.config["data"] = data
        left.absent.append(
            "data and guard of the training: the test read other data, which are shown instead"
        )


def _domains(data: dict[str, Any]) -> list[Any]:
    """What tells two data sets apart, wherever their files have been moved to."""
    options = data.get("init_args") or {}
    return [data.get("class_path"), options.get("source"), options.get("target")]


def _read_metrics(left: Left, path: Path) -> dict[str, Any] | None:
    metrics = read_json(path)
    needed = {"accuracy", "macro_f1", "per_class", "confusion", "source", "target", "protocol"}
    if metrics is None or not needed <= set(metrics) or not isinstance(metrics["per_class"], dict):
        left.absent.append(f"the test's scores: '{path}' is damaged; test the run again")
        return None
    return metrics


def _read_predictions(left: Left, path: Path) -> pd.DataFrame | None:
    names = {"recording": str, "truth": str, "prediction": str}  # may look like numbers
    try:
        table = pd.read_csv(path, dtype=names, keep_default_na=False)
    except (OSError, ValueError) as error:
        left.absent.append(f"verdicts and worst windows: no predictions ({first_line(error)})")
        return None
    known = set(table) >= NEEDED and {f"p({name})" for name in diagnoses_in(table)} <= set(table)
    if table.empty or not known:
        left.absent.append(
            f"verdicts and worst windows: expected the columns {', '.join(sorted(NEEDED))} and the "
            f"probabilities in '{path}', got {len(table)} rows of {', '.join(map(str, table))}; "
            "test the run again"
        )
        return None
    numbers = {f"p({name})": float for name in diagnoses_in(table)} | {"start": int}
    try:
        return table.astype(numbers)
    except ValueError as error:  # half a table
        left.absent.append(
            f"verdicts and worst windows: expected numbers in '{path}' ({first_line(error)}); test "
            "the run again"
        )
        return None


def diagnoses_in(table: pd.DataFrame) -> set[str]:
    """Classes that predictions name and that have a probability: in an open set, the known."""
    return (set(table["truth"]) | set(table["prediction"])) - {UNKNOWN}


def _checkpoint(left: Left) -> Path | None:
    tested = weights_of(left.metrics, left.tested) if left.tested is not None else None
    last = left.folder / "checkpoints" / "last.ckpt"
    return tested or (last if last.is_file() else None)


def first_line(error: BaseException) -> str:
    """What an error says first."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
