"""Loaders whose order depends on the seed and the epoch only."""

import os
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from datamodules.datasets import JoinedDataset, WindowDataset
from datamodules.errors import EmptyDomainError


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
    dataset: Dataset[dict[str, torch.Tensor]],
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


def training_loader(
    name: str,
    dataset: WindowDataset | JoinedDataset,
    batch_size: int,
    trainer: pl.Trainer | None,
    order_seed: int | None = None,
    num_workers: int = 0,
) -> DataLoader[dict[str, torch.Tensor]]:
    """Shuffled full batches of one side, this process's share of them.

    Args:
        name: of the side, ``source`` or ``target``.
        dataset: its training windows.
        batch_size: windows of a batch in each process.
        trainer: says how many processes there are and which this is; one where there is none.
        order_seed: of the order; that of seed_everything by default.
        num_workers: processes that gather batches.

    Raises:
        EmptyDomainError: If there is not one batch for each process.
    """
    world, rank = (1, 0) if trainer is None else (trainer.world_size, trainer.global_rank)
    if len(dataset) // world < batch_size:
        raise EmptyDomainError(
            f"the {name} domain has {len(dataset)} training windows for {world} process(es), "
            f"fewer than one batch of {batch_size} each; lower batch_size or let windows overlap"
        )
    seed = int(os.environ.get("PL_GLOBAL_SEED", "0")) if order_seed is None else order_seed
    sampler = EpochSampler(dataset, world, rank, seed=stream(seed, name), drop_last=True)
    return make_loader(dataset, batch_size, sampler, num_workers)
