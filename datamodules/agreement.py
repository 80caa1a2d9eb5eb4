"""What recordings must have in common before windows of them stand side by side."""

import warnings
from collections.abc import Sequence

from datamodules.errors import (
    EmptyDomainError,
    LabelMismatchError,
    SamplingRateError,
    TooShortError,
)
from datamodules.loading import OnBad
from datamodules.recording import Recording
from datamodules.setting import Setting


def require_one_rate(recordings: Sequence[Recording]) -> None:
    """Raise unless all recordings share axis and sampling rate.

    Raises:
        SamplingRateError: Naming two that differ.
    """
    first = recordings[0]
    for other in recordings[1:]:
        if (other.axis, other.sampling_rate) != (first.axis, first.sampling_rate):
            raise SamplingRateError(
                f"recordings '{first.recording_id}' at {first.sampling_rate:g} and "
                f"'{other.recording_id}' at {other.sampling_rate:g} samples per "
                f"{'second' if first.axis == 'time' else 'revolution'} cannot stand side by side: "
                "the network would tell them by their bandwidth; set resample_hz to a common rate"
            )


def drop_short(recordings: Sequence[Recording], length: int, on_bad: OnBad) -> list[Recording]:
    """Recordings that hold at least one window.

    Raises:
        TooShortError: On the first shorter one, unless they are skipped.
        EmptyDomainError: If nothing is left.
    """
    short = [recording for recording in recordings if recording.num_samples < length]
    if short:
        listed = ", ".join(f"'{r.recording_id}' ({r.num_samples} samples)" for r in short)
        sentence = f"recordings shorter than one window of {length} samples: {listed}"
        if on_bad == "raise":
            raise TooShortError(f"{sentence}; shorten the window, or set on_bad: skip")
        warnings.warn(f"skipped {len(short)} {sentence}", stacklevel=2)
    long_enough = [recording for recording in recordings if recording.num_samples >= length]
    if not long_enough:
        raise EmptyDomainError(f"domain '{recordings[0].domain}' holds no recording of one window")
    return long_enough


def require_same_classes(
    class_names: Sequence[str],
    source: Sequence[Recording],
    target: Sequence[Recording],
    setting: Setting,
) -> None:
    """Raise unless the source holds every class, and the target's labels, if any, the same.

    A partial target may lack some; one of an open set must have others.

    Raises:
        LabelMismatchError: Naming the classes that only one side has.
    """
    asked, there = set(class_names), {str(r.label) for r in source}
    if asked != there:
        raise LabelMismatchError(
            f"source '{source[0].domain}' needs recordings of all classes {sorted(asked)}; "
            f"missing: {sorted(asked - there)}, not among them: {sorted(there - asked)}"
        )
    known = {r.label for r in target if r.label is not None}
    complete = len([r for r in target if r.label is not None]) == len(target)
    only_source = sorted(asked - known) if complete and setting.target_classes is None else []
    only_target = sorted(known - asked)
    if setting.source_classes is not None:
        if complete and not only_target:
            raise LabelMismatchError(
                f"source_classes makes an open set, but target '{target[0].domain}' has no class "
                f"beside {sorted(asked)}; restrict both domains by the data set's own options"
            )
        only_target = []
    if only_source or only_target:
        raise LabelMismatchError(
            f"the domains need the same classes: only source '{source[0].domain}' has "
            f"{only_source}, only target '{target[0].domain}' has {only_target}; "
            "restrict both to what they share, or say what each has (target_classes for a partial "
            "target, source_classes for an open set)"
        )
