"""``report.html``: a whole benchmark in one file that opens offline."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from iadtln.benchmark.figures import Curve, critical_difference_figure, curves_figure
from iadtln.benchmark.scoreboard import (
    Published,
    Scoreboard,
    criteria_of,
    scoreboards,
    together,
    words,
)
from iadtln.benchmark.words import findings, meaning, p_value
from iadtln.reports.curves import read_curves
from iadtln.reports.html import write_page
from iadtln.reports.pictures import Album, TwoInks, in_two_inks


@dataclass(frozen=True)
class Shown:
    """One method on one task, as its first finished seed left it."""

    method: str
    seed: int
    accuracy: float
    folder: str
    confusion: str | None
    embedding: str | None
    config: str | None


@dataclass(frozen=True)
class Task:
    """One task: the curves of its methods and what each left."""

    name: str
    curves: TwoInks | None
    cells: list[Shown]


@dataclass(frozen=True)
class Setting:
    """One setting of the page."""

    board: Scoreboard
    findings: list[str]
    ranks: TwoInks | None
    tasks: list[Task]


def write_report(
    folder: Path, results: pd.DataFrame, title: str, published: Published, published_from: str
) -> Path:
    """Write ``report.html`` into the folder of a benchmark.

    Pictures, curves and configurations are those of the first finished seed.

    Args:
        folder: of the benchmark; run folders are read where they are there.
        results: one row a run; see ``results.csv``.
        title: of the page.
        published: percent by method and task, shown beside ours.
        published_from: where these come from, a sentence.

    Returns:
        The path of the page.
    """
    results = results.assign(setting=words(results["setting"]), error=words(results["error"]))
    album = Album()
    boards = scoreboards(results, published)
    settings = [_setting(board, results, folder, album) for board in boards]
    return write_page(
        folder / "report.html",
        "report.html.j2",
        {"p": p_value},
        title=title,
        facts=facts(results),
        settings=settings,
        together=together(boards),
        meaning=meaning(results),
        has_published=bool(published),
        published_from=published_from,
        left_out=len(album.left_out),
        runs=results.to_dict("records"),
        failed=results[results["status"] == "failed"].to_dict("records"),
        criteria_of=criteria_of,
    )


def facts(results: pd.DataFrame) -> dict[str, str]:
    """What was run, where and with what: a few words each."""
    finished = results[results["status"] == "finished"]
    hours = results["seconds"].sum() / 3600
    said = {
        "runs": f"{len(finished)} of {len(results)} finished",
        "tasks": str(results["task"].nunique()),
        "methods": str(results["method"].nunique()),
        "seeds": ", ".join(map(str, sorted(results["seed"].unique()))),
        "time of all runs": f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.0f} min",
    }
    for name in ("device", "threads", "iadtln", "torch", "lightning", "python"):
        if name in results:
            values = results[name].dropna().unique()
            said[name] = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values)
    return {name: value for name, value in said.items() if value}


def _setting(board: Scoreboard, results: pd.DataFrame, folder: Path, album: Album) -> Setting:
    own = results[results["setting"] == board.setting]
    comparison, ranks = board.comparison, None
    if comparison.critical_difference is not None:
        distance = comparison.critical_difference
        ranks = in_two_inks(partial(critical_difference_figure, comparison.ranks, distance))
    methods = [str(method) for method in own["method"].unique()]
    finished = own[own["status"] == "finished"].sort_values("seed", kind="stable")
    tasks = []
    for name in board.tasks:
        first = finished[finished["task"] == name].drop_duplicates("method").set_index("method")
        runs = first.reindex([method for method in methods if method in first.index])
        cells = [_shown(str(method), run, folder, album) for method, run in runs.iterrows()]
        tasks.append(Task(name, _curves(cells, methods, folder), cells))
    return Setting(board, findings(comparison), ranks, tasks)


def _shown(method: str, run: pd.Series, folder: Path, album: Album) -> Shown:
    place = folder / str(run["folder"])
    config = place / "config.yaml"
    return Shown(
        method=method,
        seed=int(run["seed"]),
        accuracy=100 * float(run["accuracy"]),
        folder=str(run["folder"]),
        confusion=album.add(place / "confusion_matrix.png"),
        embedding=album.add(place / "embedding.png"),
        config=config.read_text(encoding="utf-8") if config.exists() else None,
    )


def _curves(cells: Sequence[Shown], methods: Sequence[str], folder: Path) -> TwoInks | None:
    panels: dict[str, dict[str, Curve]] = {}
    for cell in cells:
        for title, curve in read_curves(folder / cell.folder).items():
            panels.setdefault(title, {})[cell.method] = curve
    return in_two_inks(partial(curves_figure, panels, methods)) if panels else None
