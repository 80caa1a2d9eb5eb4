"""The lines of a manifest, read and checked before any signal."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datamodules.errors import EmptyDomainError, LeakageError, UnreadableFileError
from datamodules.formats import damaged_file
from datamodules.readers import require_file

REQUIRED = ("file", "domain")
OPTIONAL = ("label", "sampling_rate", "rpm", "channel", "bearing_id", "recording_id")


@dataclass(frozen=True)
class Row:
    """One line of a manifest; ``here`` names it in messages."""

    here: str
    file: str
    domain: str
    label: str | None
    sampling_rate: float | None
    rpm: float | None
    channel: str
    bearing_id: str
    recording_id: str


def read_manifest(path: Path, columns: dict[str, str]) -> list[Row]:
    """Read and check the lines of a manifest, not the files it names.

    Args:
        path: of the CSV file, separated by commas or semicolons.
        columns: names of columns that are called otherwise there.

    Raises:
        MissingFileError: If there is no such file.
        UnreadableFileError: If a column or a field is missing, or a number unreadable.
        LeakageError: If a recording is listed twice.
    """
    require_file(path, "give the path of your manifest")
    with damaged_file(path), path.open(encoding="utf-8-sig", newline="") as file:
        separator = ";" if ";" in file.readline() else ","
        file.seek(0)
        lines = csv.DictReader(file, delimiter=separator, skipinitialspace=True)
        names = _column_names(path, list(lines.fieldnames or []), columns)
        rows = [_row(f"'{path}' line {lines.line_num}", fields, names) for fields in lines]
    if not rows:
        raise EmptyDomainError(f"'{path}': expected a line for each recording, got none; add them")
    for what in ("recording_id", "file and channel"):
        seen: dict[object, Row] = {}
        for row in rows:
            key = row.recording_id if what == "recording_id" else (row.file, row.channel)
            if key in seen:
                raise LeakageError(
                    f"{row.here}: expected every recording once, got the {what} of "
                    f"{seen[key].here} again; remove one of the two lines"
                )
            seen[key] = row
    return rows


def _column_names(path: Path, found: list[str], columns: dict[str, str]) -> dict[str, str]:
    """Where each of our columns is found: ours -> theirs."""
    unknown = sorted(set(columns) - {*REQUIRED, *OPTIONAL})
    if unknown:
        raise UnreadableFileError(
            f"columns: expected names among {[*REQUIRED, *OPTIONAL]}, got {unknown}; "
            "write it as {ours: yours}"
        )
    names = {ours: columns.get(ours, ours) for ours in (*REQUIRED, *OPTIONAL)}
    missing = [n for ours, n in names.items() if n not in found and ours in (*REQUIRED, *columns)]
    if missing:
        raise UnreadableFileError(
            f"'{path}': expected the columns {missing}, found {found}; add them, or tell how they "
            "are called with columns: {ours: yours}"
        )
    return {ours: theirs for ours, theirs in names.items() if theirs in found}


def _row(here: str, fields: dict[str, Any], names: dict[str, str]) -> Row:
    if None in fields or None in fields.values():
        raise UnreadableFileError(
            f"{here}: expected one field for each column, got more or fewer; count its separators"
        )
    value = {ours: str(fields[theirs]).strip() for ours, theirs in names.items()}
    for name in REQUIRED:
        if not value[name]:
            raise UnreadableFileError(f"{here}: expected a '{name}', got an empty field; fill it")
    channel = value.get("channel", "")
    named = f"{value['file']}:{channel}" if channel else value["file"]
    return Row(
        here=here,
        file=value["file"],
        domain=value["domain"],
        label=value.get("label") or None,
        sampling_rate=_positive(here, "sampling_rate", value),
        rpm=_positive(here, "rpm", value),
        channel=channel,
        bearing_id=value.get("bearing_id", ""),
        recording_id=value.get("recording_id") or named,
    )


def _positive(here: str, name: str, value: dict[str, str]) -> float | None:
    text = value.get(name, "")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise UnreadableFileError(
            f"{here}: expected a positive number or nothing as '{name}', got '{text}'; mend it"
        )
    return number
