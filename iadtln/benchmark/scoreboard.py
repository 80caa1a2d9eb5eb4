"""The numbers of a result table, before anyone formats them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

import pandas as pd

from iadtln.benchmark.statistics import Comparison, compare

Published = Mapping[str, Mapping[str, float]]
CHOSEN = "selected/"
ORACLE = "selected/oracle"


@dataclass(frozen=True)
class Cell:
    """One method on one task, in percent.

    Attributes:
        mean: over the finished seeds, NaN without any.
        std: over the same, with their number as divisor (as in ``compare``); NaN below two.
        seeds: how many have finished.
        missing: how many more there should be.
        published: value beside ours, if there is one.
        best: no method of ours is better, in the digits shown.
    """

    mean: float = nan
    std: float = nan
    seeds: int = 0
    missing: int = 0
    published: float | None = None
    best: bool = False


@dataclass(frozen=True)
class Row:
    """One method.

    Attributes:
        method: its name.
        cells: in the order of the tasks.
        mean: over the tasks.
        rank: mean rank, or NaN.
        seconds: mean over the finished runs, or NaN.
        best_rank: no method's mean rank is better.
    """

    method: str
    cells: list[Cell]
    mean: Cell
    rank: float
    seconds: float = nan
    best_rank: bool = False


@dataclass(frozen=True)
class Scoreboard:
    """One setting: rows of methods, columns of tasks.

    Attributes:
        setting: its name, "" for the only one.
        tasks: names of the columns.
        rows: in the order of the benchmark; methods only published come last.
        comparison: ranks and tests.
        selection: mean accuracy in percent under each choice of the epoch, and below the oracle.
    """

    setting: str
    tasks: list[str]
    rows: list[Row]
    comparison: Comparison
    selection: pd.DataFrame


def scoreboards(results: pd.DataFrame, published: Published) -> list[Scoreboard]:
    """One scoreboard a setting.

    Args:
        results: one row a run; see ``results.csv``.
        published: percent by method and task.
    """
    setting = words(results["setting"])
    return [scoreboard(str(name), results[setting == name], published) for name in setting.unique()]


def words(column: pd.Series) -> pd.Series:
    """A column of texts; a table read back from a file has NaN for an empty one."""
    return column.map(lambda value: "" if pd.isna(value) else str(value))


def scoreboard(setting: str, results: pd.DataFrame, published: Published) -> Scoreboard:
    """The scoreboard of one setting; results hold no other."""
    tasks = [str(task) for task in results["task"].unique()]
    ours = [str(method) for method in results["method"].unique()]
    comparison = compare(results)
    rows = [_row(method, results, tasks, published.get(method, {})) for method in ours]
    rows = [replace(row, rank=float(comparison.ranks.get(row.method, nan))) for row in rows]
    others = [method for method in published if method not in ours]
    rows += [
        row
        for row in (_row(method, results, tasks, published[method]) for method in others)
        if any(cell.published is not None for cell in row.cells)
    ]
    return Scoreboard(setting, tasks, _with_best(rows), comparison, selection(results))


def together(boards: Sequence[Scoreboard]) -> list[Row]:
    """Settings side by side: a row a method, a cell a setting with the mean of all its tasks.

    Args:
        boards: one a setting.

    Returns:
        Empty for a single setting; seconds are the mean over those where the method has finished.
    """
    if len(boards) < 2:
        return []
    found = [{row.method: row for row in board.rows} for board in boards]
    rows = []
    for method in dict.fromkeys(method for board in found for method in board):
        own = [board.get(method, Row(method, [], Cell(), nan)) for board in found]
        seconds = float(pd.Series([row.seconds for row in own]).mean())
        rows.append(Row(method, [row.mean for row in own], Cell(), rank=nan, seconds=seconds))
    return rows


def _row(
    method: str, results: pd.DataFrame, tasks: list[str], published: Mapping[str, float]
) -> Row:
    own = results[results["method"] == method]
    seeds = results["seed"].nunique() if len(own) else 0
    cells = [_cell(own[own["task"] == task], seeds, published.get(task)) for task in tasks]
    known = [cell.published for cell in cells if cell.published is not None]
    mean = Cell(
        mean=sum(cell.mean for cell in cells) / len(cells),  # NaN if any is: others would mislead
        published=sum(known) / len(known) if len(known) == len(cells) else None,
    )
    seconds = own.loc[own["status"] == "finished", "seconds"].astype(float).mean()
    return Row(method, cells, mean, rank=nan, seconds=float(seconds))


def _cell(runs: pd.DataFrame, seeds: int, published: float | None) -> Cell:
    accuracy = 100 * runs.loc[runs["status"] == "finished", "accuracy"].astype(float)
    number = len(accuracy)
    return Cell(
        mean=float(accuracy.mean()) if number else nan,
        std=float(accuracy.std(ddof=0)) if number > 1 else nan,
        seeds=number,
        missing=seeds - number,
        published=published,
    )


def _with_best(rows: list[Row]) -> list[Row]:
    """Mark the best of each column, all of them if several show the same digits."""
    if sum(not isnan(row.rank) or any(cell.seeds for cell in row.cells) for row in rows) < 2:
        return rows  # the best of one says nothing
    columns = [[row.cells[i].mean for row in rows] for i in range(len(rows[0].cells))]
    tops = [_top(column) for column in columns]
    top_mean = _top([row.mean.mean for row in rows])
    top_rank = -_top([-row.rank for row in rows])
    return [
        replace(
            row,
            cells=[
                replace(cell, best=round(cell.mean, 2) == top)
                for cell, top in zip(row.cells, tops, strict=True)
            ],
            mean=replace(row.mean, best=round(row.mean.mean, 2) == top_mean),
            best_rank=round(row.rank, 2) == top_rank,
        )
        for row in rows
    ]


def _top(values: list[float]) -> float:
    return max((round(value, 2) for value in values if not isnan(value)), default=nan)


def selection(results: pd.DataFrame) -> pd.DataFrame:
    """How good the epoch is that each criterion picks, and how far below the oracle.

    Args:
        results: one row a run, with columns ``selected/...``; those of the oracle may be missing.

    Returns:
        A row a method; a column a criterion, percent, over the runs where it and the oracle are
        known; ``below/<criterion>``: points that the oracle is better; ``oracle`` last. Empty
        without such columns.
    """
    criteria = [c for c in map(str, results) if c.startswith(CHOSEN) and c != ORACLE]
    if ORACLE not in results or not criteria:
        return pd.DataFrame()
    finished = results[results["status"] == "finished"]
    percent = 100 * finished[[*criteria, ORACLE]].astype(float)
    percent = percent[percent[ORACLE].notna()]
    below = percent[criteria].rsub(percent[ORACLE], axis="index")
    below.columns = pd.Index([f"below/{name.removeprefix(CHOSEN)}" for name in criteria])
    percent.columns = percent.columns.str.removeprefix(CHOSEN)
    return percent.join(below).groupby(finished["method"], sort=False).mean()


def criteria_of(selection: pd.DataFrame) -> list[str]:
    """Columns of a selection table that are criteria: neither the oracle nor a distance to it."""
    return [str(name) for name in selection if f"below/{name}" in selection]
