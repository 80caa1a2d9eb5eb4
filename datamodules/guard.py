"""The leakage guard: it reads the windows that were really cut, and says what is on two sides."""

import hashlib
from collections.abc import Callable

from datamodules.domain import Domain, Part
from datamodules.errors import LeakageError
from datamodules.recording import Recording
from datamodules.setting import Protocol
from datamodules.splits import shared


def fingerprint(recording: Recording) -> str:
    """What the samples are, whatever their name."""
    return hashlib.sha256(recording.signal.contiguous().numpy().data).hexdigest()


def glimpse(recording: Recording) -> str:
    """A few samples from end to end: equal for equal recordings, and nearly never for others."""
    step = max(1, recording.num_samples // 64)
    return str((recording.signal.shape, recording.signal[:, ::step].tolist()))


def recording_of(recording: Recording) -> str:
    """Name of a recording."""
    return recording.recording_id


def bearing_of(recording: Recording) -> str:
    """Name of the physical bearing, empty if not known."""
    return recording.bearing_id


def guard(source: Domain, target: Domain, protocol: Protocol = "paper") -> list[str]:
    """Read what the two domains and their parts really share, and refuse what they must not.

    Args:
        source: the labelled side.
        target: the side to diagnose.
        protocol: what must not be shared.

    Returns:
        Lines that say what is shared although nothing forbids it.

    Raises:
        LeakageError: If a recording stands in both domains, a raw sample in two parts, or what the
            protocol keeps apart on two sides.
    """
    if protocol == "single":  # both sides are the same recordings, split alike
        return [
            "source and target are one domain",
            _parts_of(source, "training and test", protocol),
        ]
    _refuse_shared_recordings(source, target)
    return [
        "no recording stands in both domains",
        _bearings_between(source, target, protocol),
        _parts_of(source, "source training and validation", protocol),
        _parts_of(target, "target adaptation and test", protocol),
        *_labels_used(target, protocol),
    ]


def guard_fitted(names: list[str], source: Domain, target: Domain) -> list[str]:
    """Say what transforms give away that fit something to each recording.

    Args:
        names: of these transforms.
        source: the labelled side.
        target: the side to diagnose.

    Returns:
        A line for each, and one more if recordings whose labels train are tested too.
    """
    lines = [
        f"{name} was fitted to each recording as a whole, without labels: its unlabelled test "
        "samples are in every filter"
        for name in names
    ]
    labelled = _held(source, "first", recording_of)
    if "labelled" in target.windows:
        labelled |= _held(target, "labelled", recording_of)
    marked = len(labelled & _held(target, "second", recording_of))
    if names and marked:
        lines.append(
            f"{marked} recordings train with their labels and are tested, each with a filter of "
            "its own: a network can tell recordings by their filters, without any fault; split by "
            "recording or bearing"
        )
    return lines


def _refuse_shared_recordings(source: Domain, target: Domain) -> None:
    both = shared(source.recordings, target.recordings, recording_of)
    # a folder on disk is not read to its end for what a look can tell
    alike = set(shared(source.recordings, target.recordings, glimpse))
    ours, theirs = (
        [r for r in side.recordings if glimpse(r) in alike] for side in (source, target)
    )
    same = shared(ours, theirs, fingerprint)
    if same:
        names = [r.recording_id for r in ours if fingerprint(r) in same]
        raise LeakageError(
            f"the samples of {names} stand in both domains '{source.name}' and '{target.name}' "
            "under different names; list each measurement once"
        )
    if both:
        raise LeakageError(
            f"recordings {both} stand in both domains '{source.name}' and '{target.name}'; "
            "a target must be measured apart from its source"
        )


def _bearings_between(source: Domain, target: Domain, protocol: Protocol) -> str:
    bearings = shared(source.recordings, target.recordings, bearing_of)
    unnamed = [r.recording_id for r in (*source.recordings, *target.recordings) if not r.bearing_id]
    if protocol == "bearing" and bearings:
        raise LeakageError(
            f"protocol 'bearing': the physical bearings {', '.join(bearings)} were measured in "
            f"both '{source.name}' and '{target.name}'; choose domains with bearings of their own, "
            "or another protocol"
        )
    if protocol == "bearing" and unnamed:
        raise LeakageError(
            f"protocol 'bearing' needs the bearing_id of every recording, '{unnamed[0]}' has none; "
            "name it, or choose another protocol"
        )
    if bearings:
        return f"the same physical bearings were measured in both: {', '.join(bearings)}"
    if unnamed:
        return "whether they share physical bearings is not known (no bearing_id)"
    return "no physical bearing stands in both domains"


def _held(domain: Domain, part: Part, key: Callable[[Recording], str]) -> set[str]:
    """Names of what the windows of a part were cut from."""
    return {key(domain.recordings[i]) for i in set(domain.windows[part].recording.tolist())}


def _both(domain: Domain, one: Part, other: Part, key: Callable[[Recording], str]) -> list[str]:
    return sorted((_held(domain, one, key) & _held(domain, other, key)) - {""})


def _parts_of(domain: Domain, sides: str, protocol: Protocol) -> str:
    first, second = domain.windows["first"], domain.windows["second"]
    repeated = int(second.overlaps(first, domain.length).sum())
    if domain.transductive:
        return (
            f"{sides}: {repeated} of {len(second.start)} test windows stand on both sides, as "
            f"protocol '{protocol}' allows"
        )
    recordings = _both(domain, "first", "second", recording_of)
    if repeated or (recordings and protocol == "recording"):
        raise LeakageError(
            f"{sides} of '{domain.name}' share "
            + (f"raw samples in {repeated} windows" if repeated else f"recordings {recordings}")
            + "; choose another split"
        )
    _refuse_twins(domain, sides)
    said = f"{len(recordings)} recordings, apart in time" if recordings else "no recording"
    bearings = len(_both(domain, "first", "second", bearing_of)) or "no"
    return (
        f"{sides}: no raw sample stands on both sides; on both stand {said}, and {bearings} named "
        "bearings"
    )


def _refuse_twins(domain: Domain, sides: str) -> None:
    """Refuse recordings of the two parts that hold the same samples under different names."""
    by_name = {r.recording_id: r for r in domain.recordings}
    first, second = (_held(domain, "first", recording_of), _held(domain, "second", recording_of))
    alone = [{fingerprint(by_name[n]) for n in names} for names in (first - second, second - first)]
    if alone[0] & alone[1]:
        raise LeakageError(
            f"{sides} of '{domain.name}' hold the same samples under different names; "
            "list each measurement once"
        )


def _labels_used(target: Domain, protocol: Protocol) -> list[str]:
    if "labelled" not in target.windows:
        return []
    counts = target.counts("labelled")
    if target.windows["second"].overlaps(target.windows["labelled"], target.length).any():
        raise LeakageError(f"labelled windows of '{target.name}' share raw samples with its test")
    if len({fingerprint(r) for r in target.recordings}) < len(target.recordings):
        raise LeakageError(
            f"recordings of '{target.name}' hold the same samples under different names, which "
            "would be labelled and tested; list each measurement once"
        )
    bearings = _both(target, "labelled", "second", bearing_of)
    if protocol == "bearing" and bearings:
        raise LeakageError(
            f"protocol 'bearing': the bearings {', '.join(bearings)} of '{target.name}' would be "
            "trained on with labels and tested; set labelled_target: 0, split by BearingSplit, or "
            "choose another protocol"
        )
    each = ", ".join(f"{count} {name}" for name, count in counts.items())
    return [
        f"TARGET LABELS ARE USED: {counts.total()} target windows train with their labels ({each});"
        f" no raw sample of theirs is tested (recordings of both: "
        f"{len(_both(target, 'labelled', 'second', recording_of))})"
    ]
