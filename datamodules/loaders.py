"""Loaders whose order depends on the seed and the epoch only."""

import os
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.overrides.distributed import UnrepeatedDistributedSampler
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from datamodules.datasets import JoinedDataset, WindowDataset
from datamodules.errors import EmptyDomainError


class EpochSampler(DistributedSampler[Any]):
    """A distributed sampler, on one process too.

    Its order is a function of (seed, epoch), which Lightning sets: a resumed run, another number of
    workers or another random draw elsewhere sees the same batches.
    """


class EvenLoader(DataLoader[dict[str, torch.Tensor]]):
    """Draws a number at each pass over the data, as loaders without worker processes do.

    Workers that stay draw one at their first pass only. Where the shorter domain begins anew within
    an epoch, dropout behind it would then depend on the number of workers.
    """

    def __iter__(self) -> Any:
        """Begin a pass."""
        if self.persistent_workers and self._iterator is not None:
            torch.empty((), dtype=torch.int64).random_()
        return super().__iter__()


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
    sampler: DistributedSampler[Any] | None = None,
    num_workers: int = 0,
) -> DataLoader[dict[str, torch.Tensor]]:
    """Batches as the sampler says, everything in order without one; training takes full ones."""
    return EvenLoader(
        dataset,
        batch_size=batch_size,
        sampler=sampler,
        drop_last=isinstance(sampler, EpochSampler),
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
    world, rank = place(trainer)
    if len(dataset) // world < batch_size:
        raise EmptyDomainError(
            f"the {name} domain has {len(dataset)} training windows for {world} process(es), "
            f"fewer than one batch of {batch_size} each; lower batch_size or let windows overlap"
        )
    seed = int(os.environ.get("PL_GLOBAL_SEED", "0")) if order_seed is None else order_seed
    sampler = EpochSampler(dataset, world, rank, seed=stream(seed, name), drop_last=True)
    if trainer is not None:  # Lightning tells a resumed run's epoch after workers have drawn
        epoch = trainer.fit_loop.epoch_progress.current.processed  # type: ignore[attr-defined]
        sampler.set_epoch(epoch)
    return make_loader(dataset, batch_size, sampler, num_workers)


def place(trainer: pl.Trainer | None) -> tuple[int, int]:
    """How many processes there are and which this is; one where there is no trainer."""
    return (1, 0) if trainer is None else (trainer.world_size, trainer.global_rank)


def evaluation_loader(
    dataset: WindowDataset, batch_size: int, trainer: pl.Trainer | None
) -> DataLoader[dict[str, torch.Tensor]]:
    """This process's share of all windows, each of which one process sees once.

    Lightning would repeat windows until all processes have as many, and metrics would count those
    twice. Shares differ by a window at most, and so by a batch: DDP waits for others in the first
    forward of an evaluation only, which each process has.

    Args:
        dataset: windows to validate, test or diagnose.
        batch_size: windows of a batch in each process.
        trainer: says how many processes there are and which this is; one where there is none.

    Raises:
        EmptyDomainError: If there is not a window for each process.
    """
    world, rank = place(trainer)
    if world == 1:
        return make_loader(dataset, batch_size)
    if len(dataset) < world:
        raise EmptyDomainError(
            f"expected a window for each of {world} processes, got {len(dataset)}; evaluate on "
            "fewer devices"
        )
    sampler = UnrepeatedDistributedSampler(dataset, world, rank, shuffle=False)
    return make_loader(dataset, batch_size, sampler)
