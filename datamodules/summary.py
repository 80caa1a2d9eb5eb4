"""What a run is about to use, in lines a person reads before the training starts."""

from collections.abc import Sequence

from datamodules.domain import Domain
from datamodules.guard import guard
from datamodules.setting import MEANING, Setting


def summarise(source: Domain, target: Domain, class_names: Sequence[str], setting: Setting) -> str:
    """Domains, classes, windows in each class, protocol, setting and guard, as text."""
    columns = {
        f"{source.name} train": source.counts("first"),
        f"{source.name} val": source.counts("second"),
        f"{target.name} adapt": target.counts("first"),
        f"{target.name} test": target.counts("second"),
    }
    unknown = sorted({str(r.label) for r in target.recordings if r.label} - set(class_names))
    rows = [*class_names, *unknown]
    rows += ["unlabelled"] if not all(r.label for r in target.recordings) else []
    titles = {row: f"{row} (unknown)" if row in unknown else row for row in rows}
    width = max(len(title) for title in (*titles.values(), "class")) + 2
    wide = max(16, *(len(title) + 2 for title in columns))
    lines = [
        f"source '{source.name}' -> target '{target.name}', windows of {source.length} samples",
        "class".ljust(width) + "".join(f"{title:>{wide}}" for title in columns),
    ]
    lines += [
        titles[row].ljust(width) + "".join(f"{count[row]:>{wide}}" for count in columns.values())
        for row in rows
    ]
    lines.append(f"protocol '{setting.protocol}': {MEANING[setting.protocol]}")
    lines += setting.lines(class_names, unknown)
    lines += [f"guard: {line}" for line in guard(source, target, setting.protocol)]
    notes = {note for r in (*source.recordings, *target.recordings) for note in r.notes}
    lines += [f"note: {note}" for note in sorted(notes)]
    return "\n".join(lines)
