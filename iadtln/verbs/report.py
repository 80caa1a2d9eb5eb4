"""The verb ``report``: a run as one page that opens anywhere, offline."""

import argparse
from pathlib import Path

from datamodules import PairedDataModule
from iadtln.explain.bearings import find_bearing
from iadtln.explain.lines import Search
from iadtln.explain.recordings import Question
from iadtln.explain.verdict import parse_classes
from iadtln.reports.run_page import write_run_page
from iadtln.review.left import read_left
from iadtln.review.opened import open_run
from iadtln.review.story import page_of
from iadtln.review.windows import Viewer
from iadtln.signals.bearing import BearingGeometry
from iadtln.verbs.explain import add_physics, named_geometry, parse_band
from iadtln.verbs.options import stop

WHAT_IT_DOES = (
    "Write one HTML page about a run, which needs no second file and no network: scores, confusion "
    "matrix, the verdict on each recording, the worst windows of the test with their envelope "
    "spectra, curves, features, channels, data, protocol and guard, configuration. It reads what "
    "the run left and its data once more; what is gone is left out and said. The page shows the "
    "labels of the test: it explains a model, and must not be used to choose one."
)


def parser() -> argparse.ArgumentParser:
    """All options."""
    own = argparse.ArgumentParser(prog="python -m iadtln report", description=WHAT_IT_DOES)
    own.add_argument(
        "run",
        type=Path,
        help="folder of a training, such as runs/version_0, whose newest test beside it is taken; "
        "or of a test",
    )
    own.add_argument("--output", type=Path, help="the page; default: report.html in the folder")
    own.add_argument(
        "--worst", type=int, default=6, help="windows with the greatest loss, at most (6)"
    )
    add_physics(own)
    return own


def question_of(options: argparse.Namespace, data: PairedDataModule | None) -> Question | None:
    """What is asked of the physics, None where no bearing is known; wrong options are refused.

    Args:
        options: of the verb.
        data: which may know the bearing.

    Raises:
        ValueError: Naming the option.
    """
    last = len(data.pair.target.recordings[0].signal) - 1 if data is not None else options.channel
    if options.channel > last:
        raise ValueError(
            f"there is no channel {options.channel}: expected --channel from 0 to {last}"
        )
    geometry: BearingGeometry | None = named_geometry(options) or getattr(data, "geometry", None)
    search = Search(slip=options.slip, false_alarms=options.false_alarms)
    band, mapping = parse_band(options.band), parse_classes(options.classes)
    if options.worst < 0 or options.channel < 0:
        raise ValueError(
            "expected --worst and --channel of 0 or more, got "
            f"{options.worst} and {options.channel}"
        )
    if options.rpm is not None and not options.rpm > 0:
        raise ValueError(f"expected --rpm above 0, got {options.rpm:g}")
    if geometry is None:
        return None
    return Question(geometry, search, options.rpm, band, options.channel, mapping)


def bearing_name(options: argparse.Namespace, question: Question | None) -> str:
    """The bearing in words, empty if none is known."""
    if question is None:
        return ""
    if options.geometry:
        return f"bearing {options.geometry}"
    return find_bearing(options.bearing).title if options.bearing else "bearing that the data name"


def write(options: argparse.Namespace) -> Path:
    """Gather and write the page.

    Args:
        options: of the verb.

    Raises:
        FileNotFoundError: If the folder is that of no run.
        ValueError: If an option is wrong.
    """
    question_of(options, None)  # wrong options are refused before the data are read
    left = read_left(options.run)
    path: Path = options.output or options.run / "report.html"
    if path.is_dir():
        raise ValueError(f"expected a file as --output, '{path}' is a folder")
    path.parent.mkdir(parents=True, exist_ok=True)  # what cannot be written is told before the work
    opened = open_run(left)
    question = question_of(options, opened.data if opened else None)
    viewer = Viewer(left, opened, question, options.channel, options.rpm)
    bearing = bearing_name(options, question if opened else None)
    page = page_of(left, opened, question, viewer, bearing, options.worst)
    for said in left.absent:
        print(f"not on the page: {said}")
    return write_run_page(path, page)


def report(arguments: list[str]) -> Path:
    """Run ``python -m iadtln report``; bad input ends with a sentence and status 2.

    Args:
        arguments: own options.

    Returns:
        The path of the page.
    """
    options = parser().parse_args(arguments)
    try:
        path = write(options)
    except (ValueError, FileNotFoundError) as error:
        said = str(error)
        if isinstance(error, OSError) and error.strerror:  # not one of our own sentences
            said = f"'{error.filename}' cannot be made: {error.strerror}; choose another --output"
        stop(said)
    print(f"report: {path}")
    return path
