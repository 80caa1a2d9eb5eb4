"""What a run is about to use, in lines a person reads before the training starts."""

import hashlib
from collections.abc import Sequence

from datamodules.domain import Domain
from datamodules.errors import LeakageError
from datamodules.recording import Recording
from datamodules.splits import shared


def fingerprint(recording: Recording) -> str:
    """What the samples are, whatever their name."""
    return hashlib.sha256(recording.signal.contiguous().numpy().tobytes()).hexdigest()


def guard(source: Domain, target: Domain) -> list[str]:
    """Read what the two domains really share, and refuse what they must not.

    Returns:
        Lines that say what is shared although nothing forbids it.

    Raises:
        LeakageError: If a recording stands in both domains.
    """
    both = shared(source.recordings, target.recordings, lambda r: r.recording_id)
    same = shared(source.recordings, target.recordings, fingerprint)
    if same:
        names = [r.recording_id for r in source.recordings if fingerprint(r) in same]
        raise LeakageError(
            f"the samples of {names} stand in both domains '{source.name}' and '{target.name}' "
            "under different names; list each measurement once"
        )
    if both:
        raise LeakageError(
            f"recordings {both} stand in both domains '{source.name}' and '{target.name}'; "
            "a target must be measured apart from its source"
        )
    lines = ["no recording stands in both domains"]
    bearings = shared(source.recordings, target.recordings, lambda r: r.bearing_id)
    if bearings:
        lines.append(f"the same physical bearings were measured in both: {', '.join(bearings)}")
    elif all(r.bearing_id for r in (*source.recordings, *target.recordings)):
        lines.append("no physical bearing stands in both domains")
    else:
        lines.append("whether they share physical bearings is not known (no bearing_id)")
    return lines


def summarise(
    source: Domain, target: Domain, class_names: Sequence[str], protocol: str, length: int
) -> str:
    """Domains, classes, windows in each class, protocol and guard, as text."""
    columns = {
        f"{source.name} train": source.counts("first"),
        f"{source.name} val": source.counts("second"),
        f"{target.name} adapt": target.counts("first"),
        f"{target.name} test": target.counts("second"),
    }
    rows = [*class_names, *(["unlabelled"] if not all(r.label for r in target.recordings) else [])]
    width = max(len(name) for name in (*rows, "class")) + 2
    lines = [
        f"source '{source.name}' -> target '{target.name}', windows of {length} samples",
        "class".ljust(width) + "".join(f"{title:>16}" for title in columns),
    ]
    lines += [
        row.ljust(width) + "".join(f"{count[row]:>16}" for count in columns.values())
        for row in rows
    ]
    meaning = {
        "paper": "the unlabelled target windows are also the test windows (transductive)",
        "inductive": "adaptation on the first part of the target, test on the second part",
    }
    lines.append(f"protocol '{protocol}': {meaning[protocol]}")
    lines += [f"guard: {line}" for line in guard(source, target)]
    notes = {note for r in (*source.recordings, *target.recordings) for note in r.notes}
    lines += [f"note: {note}" for note in sorted(notes)]
    return "\n".join(lines)
