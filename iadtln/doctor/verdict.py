"""The tables of a diagnosis: on the terminal for people, on disk for programs."""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from iadtln import __version__
from iadtln.doctor.tally import Tally
from iadtln.doctor.trained import Trained
from iadtln.files import written_whole
from iadtln.trust import Judge
from iadtln.trust.temperature import expected_calibration_error

SHOWN = ["recording", "diagnosis", "possible", "confidence", "agreement", "warnings"]
Summary = dict[str, Any]


def summary(
    trained: Trained, tallies: Sequence[Tally | None], judge: Judge | None, checkpoint: str
) -> Summary:
    """What is said of all recordings together, and of the network.

    Args:
        trained: the network.
        tallies: of each recording, None where it failed.
        judge: of its confidence; None without calibration.
        checkpoint: its file.
    """
    said: Summary = {
        "iadtln": __version__,
        "checkpoint": checkpoint,
        "classes": trained.expected.class_names,
        "note": trained.note,
    }
    if judge is None:
        return said
    evidence, windows = judge.evidence, [tally.windows for tally in tallies if tally]
    hits = sum(tally.hits for tally in tallies if tally)
    foreign = sum(tally.foreign for tally in tallies if tally)
    is_known = 2 * foreign <= sum(windows) > 0  # far from all classes, confidence means nothing
    scaled = evidence.logits.double() / judge.temperature
    return {
        **said,
        "temperature": judge.temperature,
        "calibration_error": expected_calibration_error(scaled, evidence.label),
        "calibration_error_before": expected_calibration_error(evidence.logits, evidence.label),
        "source_accuracy": float(judge.correct.double().mean()),
        "estimated_accuracy": hits / sum(windows) if is_known else None,
        "reject_below": min(judge.rejection.threshold, 1.0),
        "risk_bound": judge.rejection.bound,
    }


def write(table: pd.DataFrame, folder: Path, said: Summary) -> None:
    """Write the tables, whole, and print what a person needs.

    Args:
        table: one row a recording.
        folder: where to.
        said: of all recordings together.
    """
    with written_whole(folder / "diagnosis.csv") as aside:
        table.to_csv(aside, index=False)
    if find_spec("pyarrow"):
        with written_whole(folder / "diagnosis.parquet") as aside:
            table.to_parquet(aside, index=False)
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    with written_whole(folder / "diagnosis.json") as aside:
        aside.write_text(json.dumps({**said, "recordings": rows}, indent=1, allow_nan=False))
    print(f"\n{shown(table)}\n")
    if not table["failed"].all():
        print("\n".join(remarks(said)))
    print(f"tables: {folder}")


def shown(table: pd.DataFrame) -> str:
    """The table as lines for a terminal."""
    own = table[SHOWN].copy()
    for name in ("confidence", "agreement"):
        own[name] = ["" if pd.isna(one) else f"{100 * one:.1f} %" for one in table[name]]
    own.loc[table["failed"], "diagnosis"] = "failed"
    if not own["possible"].any():
        own = own.drop(columns="possible")
    widths = {str(name): max(map(len, [str(name), *own[name]])) for name in own}
    lines = ["  ".join(name.ljust(width) for name, width in widths.items())]
    lines += [
        "  ".join(str(one).ljust(width) for width, one in zip(widths.values(), row, strict=True))
        for row in own.itertuples(index=False)
    ]
    return "\n".join(line.rstrip() for line in lines)


def remarks(said: Summary) -> list[str]:
    """What is said of all recordings together, as sentences."""
    lines = [said["note"]] if said["note"] else []
    if "temperature" not in said:
        return lines
    lines.append(
        f"confidence is scaled by the temperature {said['temperature']:.2f}: on held-out source "
        f"windows it is off by {100 * said['calibration_error']:.1f} %, "
        f"{100 * said['calibration_error_before']:.1f} % before"
    )
    if said["estimated_accuracy"] is not None:
        lines.append(
            f"estimated accuracy of windows here, without labels: "
            f"{100 * said['estimated_accuracy']:.0f} % (source: "
            f"{100 * said['source_accuracy']:.0f} %)"
        )
    else:
        lines.append(
            "no estimate of the accuracy here: most windows are unlike anything trained on"
        )
    return lines
