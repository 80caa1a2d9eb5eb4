"""How a table is written: separator, decimal comma, header and letters, told from its beginning."""

import codecs
import csv
from pathlib import Path
from typing import Any

MOST_COLUMNS = 4096  # of a table; a table of more lies on its side


def csv_layout(path: Path) -> dict[str, Any]:
    """Separator, decimal comma and header line, told from its first, as ``read_csv`` takes them."""
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        head = (file.readline(2**16) for _ in range(32))  # a file may be one line
        lines = [line for line in head if line.strip() and not line.startswith("#")]
    first, second = (lines * 2 or ["", ""])[:2]
    separator = next((s for s in (";", "\t", ",") if s in first), r"\s+")
    # of all: the first numbers may be whole ones
    decimal = "," if separator != "," and any("," in line for line in lines[1:] or lines) else "."
    fields, row = _fields(first, separator), _fields(second.rstrip("\r\n;\t, "), separator)
    if not len(row) <= len(fields) <= MOST_COLUMNS:
        raise ValueError(
            f"{len(fields)} columns in its first line and {len(row)} in the second; a column is a "
            "channel"
        )
    numbers = all(is_number(field.strip('" ').replace(decimal, ".")) for field in fields)
    return {
        "sep": separator,
        "decimal": decimal,
        "header": None if numbers else 0,
        "index_col": False,  # a separator at the end of each line makes no names of the first
        "comment": "#",
        "encoding": encoding,
    }


def _encoding(path: Path) -> str:
    """Of a table: recorders write units such as m/s² in the letters of their system."""
    with path.open("rb") as file:
        head = file.read(2**16)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _fields(line: str, separator: str) -> list[str]:
    if separator == r"\s+":
        return line.split()
    return next(csv.reader([line.strip("\r\n ")], delimiter=separator), [])


def is_number(text: str) -> bool:
    """Whether a field holds one."""
    try:
        float(text)
    except ValueError:
        return False
    return True
