"""Length of the fault pulses in training windows after AMOMCKD: the first kernel of PulseCNN.

    python benchmarks/pulse_width.py [--source 0hp] [--labels type_size] [--output FILE.json]

For each share gamma of a pulse's peak, the median width over the windows of a class, and the mean
over the classes, all of them with a fault, rounded. Reads CWRU (12 kHz, drive end) from
$IADTLN_DATA_DIR; only the training part of the labelled domain is looked at. The paper (Scientific
Reports 2025, doi 10.1038/s41598-025-96106-3) measured 58 at gamma 0.5.
"""

import argparse
import json
import platform
import statistics
import time
from collections import defaultdict
from pathlib import Path

import torch

from datamodules import CWRUDataModule, Recording
from iadtln.front_ends import AMOMCKD
from iadtln.front_ends.amomckd import SearchedFilter
from iadtln.front_ends.filter_search import FilterSearch
from iadtln.front_ends.filtering import filtered_by
from iadtln.signals.indices import kurtosis
from iadtln.signals.pulse_width import pulse_width

GAMMAS = [step / 10 for step in range(1, 10)]
PUBLISHED = {"gamma": 0.5, "width": 58}
WINDOW = 2048


def measure(recording: Recording, search: SearchedFilter) -> dict[str, object]:
    """Search a filter, and measure the pulses in the windows of the filtered recording."""
    begin = time.perf_counter()
    found = search.find(recording)
    seconds = time.perf_counter() - begin
    filtered = filtered_by(recording.signal, found.filters[:, 0])
    windows = filtered.unfold(-1, WINDOW, WINDOW).flatten(0, 1)
    period = float(found.period[0, 0])
    return {
        "recording": recording.recording_id,
        "label": recording.label,
        "taps": int(found.taps[0, 0]),
        "period": period,
        "kurtosis": [float(kurtosis(recording.signal)[0]), float(kurtosis(filtered)[0])],
        "envelope_entropy": float(found.objectives[0, 0, 1]),
        "seconds": seconds,
        "windows": len(windows),
        "widths": [float(pulse_width(windows, period, gamma).nanmedian()) for gamma in GAMMAS],
    }


def by_class(rows: list[dict[str, object]]) -> dict[str, list[float]]:
    """Median widths of each class with a fault, one for each gamma."""
    widths = defaultdict(list)
    for row in rows:
        widths[str(row["label"])].append(row["widths"])
    return {
        label: [statistics.median(column) for column in zip(*own, strict=True)]
        for label, own in widths.items()
    }


def parser() -> argparse.ArgumentParser:
    """Options of the command."""
    own = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    own.add_argument("--source", default="0hp", help="labelled domain: a load of CWRU")
    own.add_argument("--labels", default="type_size", choices=("type", "type_size", "fault_size"))
    own.add_argument("--shifts", type=int, default=1, help="periods that a pulse train spans")
    own.add_argument("--threads", type=int, default=1)
    results = Path(__file__).parent / "results"
    own.add_argument("--output", type=Path, default=results / "pulse_width.json")
    return own


def data_of(options: argparse.Namespace) -> CWRUDataModule:
    """Faults of the labelled domain; the target is not looked at."""
    target = next(load for load in ("3hp", "0hp") if load != options.source)
    classes = [f"{kind}{size}" for kind in ("IF", "BF", "OF") for size in ("007", "014", "021")]
    if options.labels != "type_size":
        classes = ["IF", "BF", "OF"] if options.labels == "type" else ["007", "014", "021"]
    return CWRUDataModule(options.source, target, labels=options.labels, classes=classes)


def main() -> None:
    """Print a table and write it as JSON."""
    options = parser().parse_args()
    torch.set_num_threads(options.threads)
    (search,) = AMOMCKD(search=FilterSearch(shifts=options.shifts)).recording_transforms()
    assert isinstance(search, SearchedFilter)
    rows = []
    for recording in data_of(options).pair.source.training():
        rows.append(measure(recording, search))
        print({key: value for key, value in rows[-1].items() if key != "widths"}, flush=True)
    classes = by_class(rows)
    mean = [statistics.mean(column) for column in zip(*classes.values(), strict=True)]
    largest = [max(column) for column in zip(*classes.values(), strict=True)]
    print("\ngamma  " + "  ".join(f"{gamma:5.1f}" for gamma in GAMMAS))
    for label, widths in {**classes, "mean": mean, "max": largest}.items():
        print(f"{label:6} " + "  ".join(f"{width:5.1f}" for width in widths))
    report = {
        "data": f"CWRU 12 kHz drive end, {options.source}, training part, windows of {WINDOW}",
        "published": PUBLISHED,
        "gamma": GAMMAS,
        "width": [round(width) for width in mean],
        "width_of_the_widest_class": [round(width) for width in largest],
        "by_class": classes,
        "recordings": rows,
        "search": repr(search.search),
        "threads": options.threads,
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
    }
    options.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
