"""From files to checked, transformed recordings of one domain."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import lightning.pytorch as pl
import torch
from tqdm.auto import tqdm

from datamodules.cache import transformed
from datamodules.errors import (
    DataError,
    EmptyDomainError,
    LabelMismatchError,
    SamplingRateError,
    TooShortError,
)
from datamodules.recording import Recording, check_signal
from datamodules.setting import Setting
from datamodules.transforms import RecordingTransform

OnBad = Literal["raise", "skip"]
Sides = tuple[list[Recording], list[Recording]]  # source and target


def load_domain(
    domain: str,
    readers: Sequence[Callable[[], Recording]],
    transforms: Sequence[RecordingTransform],
    *,
    on_bad: OnBad = "raise",
    device: torch.device,
    cache_dir: Path,
) -> list[Recording]:
    """Read, check and transform every recording of a domain.

    Args:
        domain: its name, for messages.
        readers: one function a recording.
        transforms: applied in order, cached.
        on_bad: ``skip`` drops unusable recordings with a warning and a count.
        device: where transforms are computed.
        cache_dir: folder of the cache.

    Raises:
        DataError: On the first unusable recording, unless they are skipped.
        EmptyDomainError: If nothing is left.
    """
    recordings: list[Recording] = []
    skipped: list[str] = []
    # disable=None: no bar where there is no terminal to draw it on
    for read in tqdm(readers, f"reading {domain}", unit="file", leave=False, delay=1, disable=None):
        try:
            recordings.append(load_recording(read, transforms, device, cache_dir))
        except DataError as error:
            if on_bad == "raise":
                raise
            skipped.append(str(error))
    if skipped:
        listed = "\n  ".join(skipped)
        warnings.warn(
            f"domain '{domain}': skipped {len(skipped)} of {len(readers)} recordings:\n  {listed}",
            stacklevel=2,
        )
    if not recordings:
        raise EmptyDomainError(
            f"domain '{domain}' holds no usable recording ({len(skipped)} skipped); "
            "check its name and its files"
        )
    return recordings


def load_sides(
    setting: Setting,
    readers: Callable[[str], list[Callable[[], Recording]]],
    transforms: Sequence[RecordingTransform],
    *,
    on_bad: OnBad,
    device: torch.device,
    cache_dir: Path,
) -> Sides:
    """Read, check and transform the recordings of the source's domains and of the target.

    Args:
        setting: names the domains.
        readers: of a domain, one function a recording.
        transforms: applied in order, cached.
        on_bad: what to do with unusable recordings.
        device: where transforms are computed.
        cache_dir: folder of the cache.
    """

    def load(domain: str) -> list[Recording]:
        own = readers(domain)
        return load_domain(
            domain, own, transforms, on_bad=on_bad, device=device, cache_dir=cache_dir
        )

    source = [recording for domain in setting.sources for recording in load(domain)]
    return source, load(setting.target)


def load_recording(
    read: Callable[[], Recording],
    transforms: Sequence[RecordingTransform],
    device: torch.device,
    cache_dir: Path,
) -> Recording:
    """Read, check and transform one recording.

    Raises:
        DataError: If it is unusable.
    """
    recording = read()
    check_signal(recording)
    return transformed(recording, transforms, device, cache_dir)


def fit_transforms(
    transforms: Sequence[RecordingTransform],
    recordings: Sequence[Recording],
    device: torch.device,
) -> None:
    """Let each transform that has something to choose look at the recordings, one at a time.

    Args:
        transforms: in order; each sees what those before it left.
        recordings: what training may see, without labels.
        device: where transforms are computed.
    """

    def prepared(before: Sequence[RecordingTransform]) -> Iterator[Recording]:
        for recording in recordings:
            result = replace(recording, signal=recording.signal.to(device))
            for transform in before:
                result = transform.to(device)(result)
            yield result

    for place, transform in enumerate(transforms):
        if transform.needs_fit:
            transform.fit(prepared(transforms[:place]))


@contextmanager
def first_process_first(trainer: pl.Trainer | None) -> Iterator[None]:
    """Let process zero do what is slow and cached, before the others find it done."""
    if trainer is None or trainer.world_size == 1:
        yield
        return
    if not trainer.is_global_zero:
        trainer.strategy.barrier("the first process")
    try:
        yield
    finally:  # also where it failed, or the others would wait for ever
        if trainer.is_global_zero:
            trainer.strategy.barrier("the first process")


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


def usable_device(name: str) -> torch.device:
    """The device of this name, if a tensor can be put there."""
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"transform_device: cannot use '{name}' here ({str(error).splitlines()[0]}); "
            "expected cpu, or cuda where there is a GPU"
        ) from error
