"""Loaders whose order depends on the seed and the epoch only."""

from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, DistributedSampler

from datamodules.datasets import WindowDataset


class EpochSampler(DistributedSampler[Any]):
    """A distributed sampler, on one process too.

    Its order is a function of (seed, epoch), which Lightning sets: a resumed run, another number of
    workers or another random draw elsewhere sees the same batches.
    """


def stream(seed: int, name: str) -> int:
    """Seed of one domain's order.

    One seed for both would draw one permutation for both, and wherever the domains list as many
    windows class by class, that would pair windows of equal class: a use of the target's labels.

    Args:
        seed: of the run.
        name: of the side, ``source`` or ``target``.
    """
    return int(np.random.SeedSequence([seed, *name.encode()]).generate_state(1)[0])


def as_is(batch: Any) -> Any:
    """Collate nothing: the data set has gathered the whole batch already."""
    return batch


def make_loader(
    dataset: WindowDataset,
    batch_size: int,
    sampler: EpochSampler | None = None,
    num_workers: int = 0,
) -> DataLoader[dict[str, torch.Tensor]]:
    """Shuffled full batches with a sampler, everything in order without one."""
    return DataLoader(
        dataset,
        batch_size=batch_size,
        sampler=sampler,
        drop_last=sampler is not None,
        collate_fn=as_is,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
        pin_memory=torch.cuda.is_available(),
    )
