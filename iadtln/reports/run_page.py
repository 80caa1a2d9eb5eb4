"""``report.html`` of one run: what it was, what it found, and where it was wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm.auto import tqdm

from iadtln.benchmark.figures import Curve, curves_figure
from iadtln.reports.html import write_page
from iadtln.reports.pictures import TwoInks, in_two_inks
from iadtln.reports.window_figure import DrawnWindow, window_figure

LOSSES = "losses on training windows"
ACCURACY = "accuracy on source validation"
GAP = "gap between the domains"
LINES = {  # tag: panel and line; the target's accuracy is not among them
    "train/loss": (LOSSES, "sum"),
    "train/class_loss": (LOSSES, "classes"),
    "val/accuracy": (ACCURACY, "source validation"),
    "domain/gap": (GAP, "gap"),
}
NO_LOSSES = ("train/beta", "train/domain_accuracy")


@dataclass(frozen=True)
class Confusion:
    """Counts of a test.

    Args:
        names: of the classes, in the order of rows and columns.
        counts: rows are the truth.
        scores: precision, recall and F1 by class, 0 to 1, where they are known.
    """

    names: Sequence[str]
    counts: Sequence[Sequence[int]]
    scores: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class RecordingVerdict:
    """What is said of one recording.

    Args:
        name: of the recording.
        truth: its class.
        diagnosis: the vote of its windows.
        agreement: share of the windows with this diagnosis.
        confidence: mean probability of it.
        windows: how many.
        wrong: how many are diagnosed wrongly.
        physics: whether fault lines agree, empty where they were not looked for.
        needs_a_look: whether somebody should look at it.
        sentence: on lines and network.
    """

    name: str
    truth: str
    diagnosis: str
    agreement: float
    confidence: float
    windows: int
    wrong: int
    physics: str = ""
    needs_a_look: bool = False
    sentence: str = ""


@dataclass(frozen=True)
class WorstWindow:
    """A window with a great loss.

    Args:
        recording: it is cut from.
        begin: where it begins, in words.
        truth: its class.
        diagnosis: of it.
        p_truth: probability given to the truth.
        p_said: probability given to the diagnosis.
        drawn: its signal and spectrum, None where the data are gone.
    """

    recording: str
    begin: str
    truth: str
    diagnosis: str
    p_truth: float
    p_said: float
    drawn: DrawnWindow | None = None


@dataclass(frozen=True)
class DataSummary:
    """What the run learned from and was tested on.

    Args:
        parts: names of training, validation, adaptation and test.
        counts: windows of each part by class.
        lines: protocol, setting, guard and notes, by what they are.
    """

    parts: Sequence[str]
    counts: Mapping[str, Sequence[int]]
    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class RunPage:
    """All that the page shows; what is not there is empty, and told in ``absent``."""

    title: str
    accuracy: float | None
    about: str
    facts: Mapping[str, str]
    made: Mapping[str, str]
    absent: Sequence[str]
    confusion: Confusion | None
    open_set: str
    verdicts: Sequence[RecordingVerdict]
    bearing: str
    worst: Sequence[WorstWindow]
    curves: Mapping[str, Curve]
    embedding: str | None
    channels: Mapping[str, str]
    summary: DataSummary | None
    config: str


def write_run_page(path: Path, page: RunPage) -> Path:
    """Write the page.

    Args:
        path: of the HTML file.
        page: what it shows.

    Returns:
        The path.
    """
    bar = tqdm(page.worst, "drawing", disable=None, leave=False, delay=1)
    drawings = [
        in_two_inks(partial(window_figure, one.drawn)) if one.drawn else None for one in bar
    ]
    return write_page(
        path,
        "run.html.j2",
        {"percent": percent},
        **{name: getattr(page, name) for name in RunPage.__dataclass_fields__ if name != "curves"},
        curves=curve_pictures(page.curves),
        drawings=drawings,
    )


def curve_pictures(scalars: Mapping[str, Curve]) -> dict[str, TwoInks]:
    """A picture for each panel, as narrow as a telephone.

    Args:
        scalars: by tag, as the run logged them.
    """
    panels: dict[str, dict[str, Curve]] = {}
    for tag, curve in scalars.items():
        panel, line = LINES.get(tag, (LOSSES, tag.removeprefix("train/").upper()))
        if tag in LINES or (tag.startswith("train/") and tag not in NO_LOSSES):
            panels.setdefault(panel, {})[line] = curve
    order = [panel for panel in (LOSSES, ACCURACY, GAP) if panel in panels]
    return {
        panel: in_two_inks(partial(curves_figure, {panel: panels[panel]}, list(panels[panel])))
        for panel in order
    }


def percent(share: float | None, digits: int = 1) -> str:
    """A share for people; it does not claim all or nothing when it is not.

    Example:
        >>> percent(0.5), percent(1.0), percent(0.9996), percent(0.00001), percent(None)
        ('50.0 %', '100 %', '> 99.9 %', '< 0.1 %', '—')
    """
    if share is None or share != share:
        return "—"
    if share in (0.0, 1.0):
        return f"{100 * share:.0f} %"
    edge = 10.0**-digits
    if 100 * share > 100 - edge / 2:
        return f"> {100 - edge:.{digits}f} %"
    return f"< {edge:.{digits}f} %" if 100 * share < edge / 2 else f"{100 * share:.{digits}f} %"
