"""A table on disk that grows by a row at a time, and outlives whatever kills its writer."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from math import isfinite, nan
from pathlib import Path

import pandas as pd

from iadtln.files import written_whole
from iadtln.monitoring.snapshots import in_order

FIRST = ("snapshot", "time")
LAST = ("note", "file")


class TrendTable:
    """``trend.csv``: one row for each snapshot: name and time, values, a note, the file's version.

    A row is written in one piece and forced to the disk before the next snapshot is read. What a
    killed writer left of a last row is cut off, and its snapshot is done again. Of a snapshot that
    was measured again the last row counts.

    Args:
        path: of the table.
        columns: names of the values.
        settings: all that the values depend on; noted beside the table, and another is refused.

    Raises:
        ValueError: If the table was made with other settings or columns.
    """

    def __init__(self, path: Path, columns: Sequence[str], settings: str) -> None:
        self.path, self.columns = path, list(columns)
        header = _line([*FIRST, *self.columns, *LAST])
        beside = path.with_name("settings.txt")
        if path.exists():
            known = beside.read_text(encoding="utf-8") if beside.exists() else ""
            if known != settings:
                raise ValueError(
                    f"'{path}' was measured with other settings than now (see {beside.name} "
                    f"there):\n{_difference(known, settings)}\nchoose another --output, or remove "
                    "that folder"
                )
            self._mend(header)
        else:  # settings first: a table without them is never left behind
            with written_whole(beside) as aside:
                aside.write_text(settings, encoding="utf-8")
            with written_whole(path) as aside:
                aside.write_text(header, encoding="utf-8", newline="")

    def _mend(self, header: str) -> None:
        with self.path.open("rb+") as file:
            content = file.read()
            whole = content.rfind(b"\n") + 1
            if not content.startswith(header.encode()):
                raise ValueError(
                    f"'{self.path}' has other columns than now: expected {header.strip()}; choose "
                    "another --output, or remove that folder"
                )
            file.truncate(whole)

    def append(
        self, name: str, stamp: str, values: Mapping[str, float], note: str = "", version: str = ""
    ) -> None:
        """Add a row; a value that is not there, or no number, stays empty."""
        known = [values.get(column, nan) for column in self.columns]
        numbers = [f"{value:.9g}" if isfinite(value) else "" for value in known]
        row = _line([name, stamp, *numbers, " ".join(note.split()), version])
        with self.path.open("ab") as file:
            file.write(row.encode())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> pd.DataFrame:
        """A row a snapshot in their order, in whatever order they came."""
        types = dict.fromkeys((*FIRST, *LAST), str) | dict.fromkeys(self.columns, float)
        table = pd.read_csv(
            self.path, dtype=types, keep_default_na=False, na_values={c: [""] for c in self.columns}
        )
        table = table.drop_duplicates("snapshot", keep="last")
        names = table["snapshot"].to_list()
        order = sorted(range(len(names)), key=lambda place: in_order(names[place]))
        return table.iloc[order].reset_index(drop=True)


def _line(fields: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return text.getvalue()


def _difference(known: str, settings: str) -> str:
    before, now = known.splitlines(), settings.splitlines()
    gone = [f"then: {line}" for line in before if line not in now]
    return "\n".join(gone + [f"now: {line}" for line in now if line not in before])
