"""What a benchmark says, as ``table.md``."""

from math import isnan
from pathlib import Path

import pandas as pd

from iadtln.benchmark.figures import critical_difference_figure
from iadtln.benchmark.scoreboard import (
    Cell,
    Published,
    Scoreboard,
    criteria_of,
    scoreboards,
    together,
    words,
)
from iadtln.benchmark.words import NOTHING, findings, meaning, number
from iadtln.files import written_whole

ORACLE_NOTE = (
    "The epoch that each criterion picks without target labels, of those that Selection looked at "
    "(see its every_n_epochs), mean over all runs; in brackets how far the oracle is above it. The "
    "oracle picks with target labels: it is no result."
)
SECONDS = "seconds a run"


def write_table(
    folder: Path, results: pd.DataFrame, title: str, published: Published, published_from: str
) -> Path:
    """Write ``table.md``, and ``critical_difference*.png`` where there are ranks to compare.

    Args:
        folder: of the benchmark.
        results: one row a run; see ``results.csv``.
        title: of the table.
        published: percent by method and task, shown beside ours.
        published_from: where these come from, a sentence.

    Returns:
        The path of the table.
    """
    parts = [f"# {title}", caption(results, bool(published), published_from)]
    boards = scoreboards(results, published)
    parts += matrix(boards)
    for board in boards:
        parts += [*section(board), *picture(board, folder)]
    parts += failures(results)
    path = folder / "table.md"
    with written_whole(path) as aside:
        aside.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def caption(results: pd.DataFrame, has_published: bool, published_from: str) -> str:
    """What the numbers are."""
    said = (
        f"{meaning(results)} The best method of each task is bold; a smaller mean rank is better."
    )
    said += " In brackets: published." if has_published else ""
    said += " Seconds count what a run did itself: not what it took from another or from the cache."
    return f"{said} {published_from}".strip()


def matrix(boards: list[Scoreboard]) -> list[str]:
    """Methods against settings, where there are several: the mean of all tasks, and the cost."""
    if not (rows := together(boards)):
        return []
    lines = grid(["method", *(board.setting for board in boards), SECONDS])
    for row in rows:
        lines.append(line([row.method, *map(cell_text, row.cells), number(row.seconds, 0)]))
    return ["## Together: mean of all tasks", "\n".join(lines)]


def section(board: Scoreboard) -> list[str]:
    """One setting: its table, what the tests say, and what choosing an epoch costs."""
    table = [["method", *board.tasks, "mean", "mean rank", SECONDS]]
    for row in board.rows:
        rank = bold(number(row.rank), row.best_rank)
        cells = [cell_text(cell) for cell in (*row.cells, row.mean)]
        table.append([row.method, *cells, rank, number(row.seconds, 0)])
    if len(board.tasks) > len(board.rows):  # the longer side downwards, or nobody can read it
        table = [list(column) for column in zip(*table, strict=True)]
        table[0][0] = "task"
    lines = [*grid(table[0]), *(line(cells) for cells in table[1:])]
    parts = [f"## {board.setting}"] if board.setting else []
    parts += ["\n".join(lines), "\n".join(f"- {said}" for said in findings(board.comparison))]
    if len(board.selection):
        parts += [ORACLE_NOTE, "\n".join(selection_lines(board.selection))]
    return [part for part in parts if part]


def cell_text(cell: Cell) -> str:
    """One cell.

    Example:
        >>> cell_text(Cell(98.125, 0.5, seeds=2, missing=1, published=97.0, best=True))
        '**98.12 ± 0.50** (97.00), 2 of 3 seeds'
    """
    if isnan(cell.mean):
        text = NOTHING
    else:
        spread = "" if isnan(cell.std) else f" ± {cell.std:.2f}"
        text = bold(f"{cell.mean:.2f}{spread}", cell.best)
    if cell.published is not None:
        text += f" ({cell.published:.2f})"
    return text + (f", {cell.seeds} of {cell.seeds + cell.missing} seeds" if cell.missing else "")


def selection_lines(selection: pd.DataFrame) -> list[str]:
    """Table of label-free choice beside the oracle."""
    criteria = criteria_of(selection)
    lines = grid(["method", *criteria, "oracle"])
    for method, row in selection.iterrows():
        chosen = [
            NOTHING if isnan(row[name]) else f"{row[name]:.2f} ({row[f'below/{name}']:.2f})"
            for name in criteria
        ]
        lines.append(line([str(method), *chosen, f"*{row['oracle']:.2f}*"]))
    return lines


def picture(board: Scoreboard, folder: Path) -> list[str]:
    """Write the critical-difference picture of a setting, and say where."""
    comparison = board.comparison
    if comparison.critical_difference is None:
        return []
    suffix = "".join(c if c.isalnum() else "_" for c in f"_{board.setting}").rstrip("_")
    name = f"critical_difference{suffix}.png"
    figure = critical_difference_figure(comparison.ranks, comparison.critical_difference)
    with written_whole(folder / name) as aside:
        figure.savefig(aside, dpi=150, facecolor="white")
    return [f"![mean ranks and critical difference]({name})"]


def failures(results: pd.DataFrame) -> list[str]:
    """Failed runs, each with its sentence."""
    failed = results[results["status"] == "failed"]
    if failed.empty:
        return []
    columns = zip(
        failed["method"], failed["task"], words(failed["setting"]), failed["seed"],
        words(failed["error"]), strict=True,
    )  # fmt: skip
    lines = [
        f"- {method}, {task}{f' ({setting})' if setting else ''}, seed {seed}: "
        + " ".join(str(error).split())
        for method, task, setting, seed, error in columns
    ]
    return [f"## Failed runs ({len(failed)})", "\n".join(lines)]


def grid(columns: list[str]) -> list[str]:
    """Head of a Markdown table: names to the left, numbers to the right."""
    return [line(columns), "|---|" + "---:|" * (len(columns) - 1)]


def line(cells: list[str]) -> str:
    """One line of a Markdown table; a bar in a name would open a further column."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def bold(text: str, yes: bool) -> str:
    """Markdown's emphasis of the best."""
    return f"**{text}**" if yes else text
