"""From files to checked, transformed recordings of one domain."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as pl
import torch
from tqdm.auto import tqdm

from datamodules.cache import transformed
from datamodules.errors import DataError, EmptyDomainError
from datamodules.recording import Recording, check_signal
from datamodules.setting import Setting
from datamodules.tracks import Storage, keep_on_disk
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
    storage: Storage = "memory",
) -> list[Recording]:
    """Read, check and transform every recording of a domain.

    Args:
        domain: its name, for messages.
        readers: one function a recording.
        transforms: applied in order, cached.
        on_bad: ``skip`` drops unusable recordings with a warning and a count.
        device: where transforms are computed.
        cache_dir: folder of the cache.
        storage: where the recordings lie afterwards.

    Raises:
        DataError: On the first unusable recording, unless they are skipped.
        EmptyDomainError: If nothing is left.
    """
    recordings: list[Recording] = []
    skipped: list[str] = []
    # disable=None: no bar where there is no terminal to draw it on
    for read in tqdm(readers, f"reading {domain}", unit="file", leave=False, delay=1, disable=None):
        try:
            recordings.append(load_recording(read, transforms, device, cache_dir, storage))
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
    storage: Storage = "memory",
) -> Sides:
    """Read, check and transform the recordings of the source's domains and of the target.

    Args:
        setting: names the domains.
        readers: of a domain, one function a recording.
        transforms: applied in order, cached.
        on_bad: what to do with unusable recordings.
        device: where transforms are computed.
        cache_dir: folder of the cache.
        storage: where the recordings lie afterwards.
    """
    place: dict[str, Any] = {"device": device, "cache_dir": cache_dir, "storage": storage}

    def load(domain: str) -> list[Recording]:
        return load_domain(domain, readers(domain), transforms, on_bad=on_bad, **place)

    source = [recording for domain in setting.sources for recording in load(domain)]
    return source, load(setting.target)


def load_recording(
    read: Callable[[], Recording],
    transforms: Sequence[RecordingTransform],
    device: torch.device,
    cache_dir: Path,
    storage: Storage = "memory",
) -> Recording:
    """Read, check and transform one recording.

    Raises:
        DataError: If it is unusable.
    """
    recording = read()
    check_signal(recording)
    recording = transformed(recording, transforms, device, cache_dir)
    return keep_on_disk(recording, cache_dir) if storage == "disk" else recording


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
    """Let one process do what is slow and cached, before the others find it done.

    The first of all begins, then come the first of the other nodes, whose caches may be their own
    disks, then all others.
    """
    if trainer is None or trainer.world_size == 1:
        yield
        return
    turn = 0 if trainer.is_global_zero else 1 if trainer.local_rank == 0 else 2
    for _ in range(turn):
        trainer.strategy.barrier("those before")
    try:
        yield
    finally:  # also where it failed, or the others would wait for ever
        for _ in range(2 - turn):
            trainer.strategy.barrier("those after")


def usable_device(name: str) -> torch.device:
    """The device of this name, if a tensor can be put there."""
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"transform_device: cannot use '{name}' here ({str(error).splitlines()[0]}); "
            "expected cpu, or cuda where there is a GPU"
        ) from error
